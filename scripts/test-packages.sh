#!/bin/bash
# Installs the Debian packages in a fresh Debian, uses them there as an ordinary user, and removes them without a trace.
#     scripts/test-packages.sh FOLDER SUITE...     as root; the packages are in FOLDER, suites are bookworm, trixie, sid
set -eu
[ "$(id -u)" = 0 ] || { echo "A chroot needs root: sudo make test-packages" >&2 && exit 1; }
# What is mounted here, nobody else sees, and it is gone at the end. Nor does anybody else see the feed.
[ "${OWN_NAMESPACES:-}" ] || exec env OWN_NAMESPACES=1 unshare --mount --pid --fork --kill-child "$0" "$@"
folder=$(realpath "$1")
shift
cd "$(dirname "$0")/.."
scripts/apt-install.sh debootstrap
work=$(mktemp -d)
trap 'umount "$work"/*/proc 2>/dev/null; rm -rf "$work"' EXIT

# In the Debian at $root, as root.
inside() {
    env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root DEBIAN_FRONTEND=noninteractive chroot "$root" "$@"
}

# The same as an ordinary user, with a loopback of its own.
as_user() {
    env -i PATH=/usr/bin:/bin:/usr/sbin HOME=/home/user LANG=C.UTF-8 \
        unshare --net sh -c 'ip link set lo up && exec chroot --userspec=1000:1000 "$@"' sh "$root" sh -euc "cd; $1"
}

# Every file but those that using the system changes.
files() {
    (cd "$root" && find . -path ./proc -prune -o -path ./var/lib/apt -prune -o -path ./var/lib/dpkg -prune -o \
        -path ./var/cache -prune -o -path ./var/log -prune -o -path ./home -prune -o -path ./tmp -prune -o -print | sort)
}

fail() {
    echo "$suite: $1" >&2
    exit 1
}

for suite; do
    root=$work/$suite
    echo "== Debian $suite"
    # Once more where the network failed.
    debootstrap --variant=minbase "$suite" "$root" ${MIRROR:+"$MIRROR"} >"$work/log" 2>&1 || {
        rm -rf "$root"
        debootstrap --variant=minbase "$suite" "$root" ${MIRROR:+"$MIRROR"} >"$work/log" 2>&1
    } || { tail "$work/log" >&2 && exit 1; }
    mount -t proc proc "$root/proc"
    cp "$folder"/*.deb fixtures/demo.pcap "$root/tmp/"
    rm -f "$root"/tmp/*-dbgsym_*.deb
    # A mirror may be a while behind: that is no matter here.
    echo 'Acquire::Check-Valid-Until "false";' >"$root/etc/apt/apt.conf.d/00mirror"
    # What the packages are for, and would otherwise be removed or kept by chance; no manual pages of their own are left out.
    inside sh -euc 'useradd --uid 1000 --create-home user && apt-get -qq update &&
        apt-get -qq install --yes --no-install-recommends tshark tcpdump man-db gcc libc6-dev pkg-config' >"$work/log" 2>&1 ||
        { tail -n 30 "$work/log" >&2 && exit 1; }
    files >"$work/before"

    # libpcap comes with tshark and tcpdump: it is what is recommended.
    inside sh -euc 'apt-get -qq install --yes /tmp/*.deb' >"$work/log" 2>&1 || { tail -n 30 "$work/log" >&2 && exit 1; }
    inside sh -c 'tshark --version' 2>/dev/null | head -n 1

    as_user 'tshark -D' 2>/dev/null | grep 'sflow (sFlow listener)' || fail "tshark does not list the interface"
    # shellcheck disable=SC2016 # that shell expands it
    as_user 'sflowdump -r /tmp/demo.pcap --forward 127.0.0.1:6343 --loop 1000 2>/dev/null & feed=$!
        status=0
        tshark -i sflow -c 5 -Y sflowdump.agent -T fields -e sflowdump.agent -e sflowdump.rate || status=$?
        kill $feed
        exit $status' >"$work/seen" 2>"$work/log" || { cat "$work/log" >&2 && fail "tshark does not capture"; }
    cat "$work/seen"
    [ "$(grep -c '^[0-9a-f:.]*	[0-9]' "$work/seen")" -ge 1 ] || { cat "$work/log" >&2 && fail "tshark shows no agents"; }
    [ "$(as_user 'sflowdump -r /tmp/demo.pcap -w - port 53 2>/dev/null | tcpdump -n -r - 2>/dev/null' | wc -l)" -gt 5 ] ||
        fail "tcpdump shows no packets of port 53"
    as_user 'grep -q "^MIT License" /usr/share/doc/sflowdump/THIRD-PARTY' || fail "there is no notice of third-party code"
    as_user 'man --pager=cat sflowdump' | grep -q 'sFlow' || fail "there is no manual page"
    # shellcheck disable=SC2016 # that shell expands it
    as_user 'cp /usr/share/doc/libsflowcap-dev/examples/agents.c . &&
        gcc agents.c -o agents $(pkg-config --cflags --libs sflowcap) && ./agents -h; test $? -le 2' >"$work/log" 2>&1 ||
        { cat "$work/log" >&2 && fail "a program in C does not build"; }

    inside sh -euc 'apt-get -qq purge --yes sflowdump libsflowcap1 libsflowcap-dev && apt-get -qq autoremove --yes --purge' \
        >"$work/log" 2>&1 || { tail -n 30 "$work/log" >&2 && exit 1; }
    files | diff "$work/before" - >"$work/left" || { cat "$work/left" >&2 && fail "files are left"; }
    echo "$suite: installed, used, and removed without a trace"
done
