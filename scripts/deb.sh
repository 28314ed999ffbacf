#!/bin/bash
# Builds the Debian packages of the last commit in FOLDER, from a source with all crates: the build itself uses no network.
#     scripts/deb.sh FOLDER
set -eu
# What a make around this was told is not for the one in the package.
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES CARGO_TARGET_DIR
folder=$(realpath -m "$1")
cd "$(dirname "$0")/.."
scripts/apt-install.sh dpkg-dev debhelper gcc libc6-dev

rm -rf "$folder"
scripts/dist.sh "$folder"
tar -x -C "$folder" -f "$folder"/sflowdump-*.tar.xz
cd "$folder"/sflowdump-*/
cp -r packaging/debian debian
# Debian's own compiler, or one of rustup's, which is in the home that debhelper hides.
unchecked=
if ! dpkg-checkbuilddeps 2>/dev/null; then
    cargo --version
    export RUSTUP_HOME=${RUSTUP_HOME:-$HOME/.rustup}
    unchecked=--no-check-builddeps
fi
dpkg-buildpackage --build=binary --no-sign $unchecked
ls "$folder"/*.deb
