#!/bin/bash
# The source of the last commit with all that it depends on, to be built without a network: FOLDER/sflowdump-VERSION.tar.xz.
# Beside it, where cargo-cyclonedx is installed, lists of what goes into program and library (CycloneDX). The same commit always
# gives the same bytes.
#     scripts/dist.sh FOLDER
set -eu
mkdir -p "$1"
folder=$(realpath "$1")
cd "$(dirname "$0")/.."
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml)
name=sflowdump-$version
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

git archive --prefix="$name/" HEAD | tar -x -C "$work"
mkdir "$work/$name/.cargo"
(cd "$work/$name" && cargo vendor --locked vendor 2>/dev/null >.cargo/config.toml)
grep -q vendored-sources "$work/$name/.cargo/config.toml" || { echo "cargo vendor did not say how to use what it fetched" >&2 && exit 1; }
# When the commit was made, for all that has a date.
date=$(git log -1 --format=%ct)
echo "$date" >"$work/$name/.date"
tar -C "$work" --sort=name --format=gnu --mtime="@$date" --owner=0 --group=0 --numeric-owner --mode=u+rw,go+r-w \
    -cf - "$name" | xz -T1 >"$folder/$name.tar.xz"

if command -v cargo-cyclonedx >/dev/null; then
    (cd "$work/$name" && SOURCE_DATE_EPOCH=$date cargo cyclonedx --quiet --format json --override-filename bom)
    for member in extcap:sflowdump capi:libsflowcap; do
        # Where the source lay while the list was made is of no interest.
        sed "s|file://$work/$name|file:///source|g" "$work/$name/${member%:*}/bom.json" >"$folder/${member#*:}-$version.cdx.json"
    done
else
    echo "cargo-cyclonedx is not installed: no list of what is in it" >&2
fi
(cd "$folder" && sha256sum "$name.tar.xz" >"$name.tar.xz.sha256")
echo "$folder/$name.tar.xz"
