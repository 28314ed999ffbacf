#!/bin/bash
# Builds the container images, and runs each with a feed.
#     scripts/test-containers.sh FOLDER      as root, with FOLDER's tarball of `make dist`; Debian 13 is made by debootstrap
#     BASE=docker.io/library/debian:trixie-slim scripts/test-containers.sh FOLDER      with this base instead
set -eu
folder=$(realpath "$1")
cd "$(dirname "$0")/.."
[ "$(id -u)" = 0 ] || { echo "Images are built as root: sudo make test-containers" >&2 && exit 1; }
scripts/apt-install.sh buildah debootstrap xz-utils

work=$(mktemp -d)
feeder=
# Images and containers are in a store of their own, which nothing else sees.
images=(buildah --root "$work/store" --runroot "$work/run" --storage-driver vfs)
trap '[ -z "$feeder" ] || kill "$feeder"; rm -rf "$work"' EXIT
export BUILDAH_ISOLATION=chroot

if [ -z "${BASE:-}" ]; then
    echo "Making a Debian 13"
    debootstrap --variant=minbase trixie "$work/debian" >"$work/log" || { tail "$work/log" >&2 && exit 1; }
    container=$("${images[@]}" from scratch)
    "${images[@]}" add --quiet "$container" "$work/debian" / >/dev/null
    BASE=localhost/debian
    "${images[@]}" commit --quiet --rm "$container" "$BASE" >/dev/null
    rm -rf "$work/debian"
fi
mkdir "$work/source"
tar -C "$work/source" --strip-components=1 -xf "$folder"/sflowdump-*.tar.xz

for image in tcpdump tshark; do
    echo "Building sflowdump/$image"
    "${images[@]}" build --quiet --network host --build-arg BASE="$BASE" --build-arg READER="$image" \
        --tag "sflowdump/$image" --file "$work/source/packaging/docker/Dockerfile" "$work/source" >"$work/log" 2>&1 ||
        { tail -n 40 "$work/log" >&2 && exit 1; }
done

# The feed, again and again, from the image's own program: containers of this kind share the host's network.
sender=$("${images[@]}" from --pull-never sflowdump/tcpdump)
"${images[@]}" copy --quiet "$sender" fixtures/demo.pcap /home/sflow/demo.pcap >/dev/null
timeout 120 "${images[@]}" run "$sender" -- \
    sflowdump -r demo.pcap --forward 127.0.0.1:6343 --speed 10 --loop 1000 >"$work/sender" 2>&1 &
feeder=$!

# Runs an image with arguments, and shows what it printed.
run() {
    local image=$1 container
    shift
    container=$("${images[@]}" from --pull-never "sflowdump/$image")
    timeout 60 "${images[@]}" run "$container" -- /usr/local/bin/entry "$@" >"$work/out" 2>"$work/err" ||
        { cat "$work/out" "$work/err" "$work/sender" >&2 && exit 1; }
    "${images[@]}" run "$container" -- id -un
    "${images[@]}" run "$container" -- grep -q "^MIT License" /usr/share/doc/sflowdump/THIRD-PARTY ||
        { echo "There is no notice of third-party code" >&2 && exit 1; }
    cat "$work/out"
}

run tcpdump -c 5 -n -vv udp port 53 | tee "$work/seen"
grep -q '^sflow$' "$work/seen" || { echo "The image runs as another user than sflow" >&2 && exit 1; }
[ "$(grep -c '\.53[: ]' "$work/seen")" -ge 5 ] || { echo "tcpdump did not show five packets of port 53" >&2 && exit 1; }
cat "$work/err"
grep -q 'packets captured' "$work/err" || { echo "Nothing tells how the feed fares" >&2 && exit 1; }

run tshark -c 5 -T fields -e sflowdump.agent -e sflowdump.rate -e ip.dst | tee "$work/seen"
[ "$(grep -c '^[0-9a-f:.]*	[0-9]' "$work/seen")" = 5 ] || { echo "tshark did not show five packets and their agents" >&2 && exit 1; }
echo "Both images work"
