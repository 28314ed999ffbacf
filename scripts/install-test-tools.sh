#!/bin/sh
# Installs what the tests need beside Rust.
set -eu
"$(dirname "$0")"/apt-install.sh \
    gcc g++ libc6-dev ca-certificates `# to build` \
    make pkg-config valgrind `# the C library, as its users build with it` \
    tshark tcpdump wireshark-common libpcap0.8 `# readers of what we write, and the filter compiler` \
    wireshark xvfb xauth xdotool xclip imagemagick `# Wireshark's windows` \
    openvswitch-switch pmacct `# sFlow agents` \
    iproute2 iputils-ping ethtool nftables procps strace `# networks to run them in` \
    kcat librdkafka-dev stunnel4 openssl python3-pip `# Kafka: a client, its library, TLS, and what fetches a broker` \
    python3 shellcheck man-db mandoc bash zsh fish `# checks of our own files`
"$(dirname "$0")"/install-kafka-tools.sh
