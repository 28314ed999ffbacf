#!/bin/sh
# Runs the tests of the Lua fields, the profile, the capture interface and Wireshark's windows with other versions of
# Wireshark than this machine's: the same test programs, in a Debian system of its own for each version.
#
#     sudo packaging/wireshark/test-versions.sh [TEST…]
#
# CHROOT_TRIXIE (Wireshark 4.4) and CHROOT_SID (4.6) are the folders of these systems. One that is not there is made with
# debootstrap, from MIRROR. SFLOW_CAPTURES is where the recordings are.
set -eu

if [ "$(id -u)" != 0 ]; then
    echo "$0: only root can enter another system: use sudo" >&2
    exit 1
fi
# What is mounted here, nobody else sees, and it is gone at the end.
[ "${OWN_MOUNTS:-}" ] || exec env OWN_MOUNTS=1 unshare --mount "$0" "$@"

repository=$(cd "$(dirname "$0")/../.." && pwd)
captures=$(realpath -m "${SFLOW_CAPTURES:-$repository/../shared/captures}")
cd "$repository"

# Cargo names the test programs in brackets.
tests=$(cargo test --package sflowdump --features kafka --test lua --test gui --no-run 2>&1 | sed -n 's/.*Executable.*(\(.*\)).*/\1/p')
if [ "$(echo "$tests" | wc -l)" != 2 ]; then
    echo "$0: the tests do not build" >&2
    exit 1
fi
tests=$(echo "$tests" | xargs realpath)
target=$(echo "$tests" | head -n 1 | xargs dirname | xargs dirname | xargs dirname)

# Shows a folder of this machine at the same place of another system.
show() {
    [ -d "$2" ] || return 0
    mkdir -p "$1$2"
    mount --bind "$2" "$1$2"
}

# Runs the tests in a Debian suite's system.
run() {
    suite=$1 root=$2
    shift 2
    if [ ! -x "$root/usr/bin/apt-get" ]; then
        debootstrap --variant=minbase "$suite" "$root" "${MIRROR:-http://deb.debian.org/debian}"
    fi
    if [ ! -x "$root/usr/bin/xclip" ]; then
        # A mirror that was frozen, or a clock that is wrong, is no reason not to test.
        chroot "$root" apt-get -o Acquire::Check-Valid-Until=false update
        DEBIAN_FRONTEND=noninteractive chroot "$root" apt-get install -y --no-install-recommends \
            tshark wireshark xvfb xauth xdotool xclip imagemagick
    fi
    mount -t proc proc "$root/proc"
    show "$root" "$repository"
    show "$root" "$target"
    show "$root" "$captures"
    echo "== Debian $suite: $(chroot "$root" tshark --version 2>/dev/null | head -n 1)"
    for test in $tests; do
        env -i PATH=/usr/bin:/bin:/usr/sbin:/sbin SFLOW_CAPTURES="$captures" \
            SFLOWDUMP_TEST_REQUIRE_TOOLS="${SFLOWDUMP_TEST_REQUIRE_TOOLS:-}" chroot "$root" "$test" "$@"
    done
}

run trixie "${CHROOT_TRIXIE:-/var/tmp/chroot-trixie}" "$@"
run sid "${CHROOT_SID:-/var/tmp/chroot-sid}" "$@"
