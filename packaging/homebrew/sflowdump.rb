class Sflowdump < Formula
  desc "See sampled packets (sFlow) in Wireshark, tshark and tcpdump"
  homepage "https://github.com/sflowdump/sflowdump"
  # Its sum is in the release's .sha256 file.
  url "https://github.com/sflowdump/sflowdump/releases/download/v0.1.0/sflowdump-0.1.0.tar.xz"
  license any_of: ["MIT", "Apache-2.0"]
  head "https://github.com/sflowdump/sflowdump.git", branch: "main"

  depends_on "rust" => :build

  uses_from_macos "libpcap"

  def install
    # Wireshark has folders of its own on macOS: `sflowdump --install` links the program into the user's.
    system "make", "build", "CARGO_TARGET_DIR=target"
    bin.install "target/release/sflowdump"
    man1.install "packaging/man/sflowdump.1"
    doc.install "packaging/wireshark/sflowdump.html", "packaging/THIRD-PARTY"
    bash_completion.install "packaging/completions/sflowdump.bash" => "sflowdump"
    zsh_completion.install "packaging/completions/_sflowdump"
    fish_completion.install "packaging/completions/sflowdump.fish"
  end

  def caveats
    <<~EOS
      To have sFlow in Wireshark's list of interfaces:
        sflowdump --install
    EOS
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/sflowdump --version")
    assert_match "interface {value=sflow}", shell_output("#{bin}/sflowdump --extcap-interfaces")
  end
end
