# nix build 'github:sflowdump/sflowdump?dir=packaging/nix'
{
  description = "See sampled packets (sFlow) in Wireshark, tshark and tcpdump";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";

  outputs =
    { nixpkgs, ... }:
    let
      systems = [
        "x86_64-linux"
        "aarch64-linux"
      ];
      package =
        pkgs:
        pkgs.rustPlatform.buildRustPackage {
          pname = "sflowdump";
          version = "0.1.0";
          src = ../..;
          cargoLock.lockFile = ../../Cargo.lock;
          cargoBuildFlags = [
            "--package=sflowdump"
            "--package=libsflowcap"
            "--features=sflowdump/kafka"
          ];
          # The tests need Wireshark, agents and a network; `make test` runs them.
          doCheck = false;
          # Capture filters load libpcap when one is used.
          nativeBuildInputs = [ pkgs.makeWrapper ];
          installPhase = ''
            runHook preInstall
            make install-program PREFIX=$out WIRESHARK_PREFIX=$out LIBDIR=$out/lib \
              CARGO=true CARGO_TARGET_DIR=built release=target/${pkgs.stdenv.hostPlatform.rust.rustcTarget}/release
            wrapProgram $out/bin/sflowdump --prefix LD_LIBRARY_PATH : ${pkgs.lib.getLib pkgs.libpcap}/lib
            runHook postInstall
          '';
          meta = {
            homepage = "https://github.com/sflowdump/sflowdump";
            license = with pkgs.lib.licenses; [
              mit
              asl20
            ];
            mainProgram = "sflowdump";
          };
        };
    in
    {
      packages = nixpkgs.lib.genAttrs systems (system: rec {
        sflowdump = package nixpkgs.legacyPackages.${system};
        default = sflowdump;
      });
    };
}
