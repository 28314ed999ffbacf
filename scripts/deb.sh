#!/bin/bash
# Builds the Debian packages from what git knows, in a folder of its own. The crates are fetched before; the build itself uses no
# network.
#     scripts/deb.sh FOLDER
set -eu
# What a make around this was told is not for the one in the package.
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES CARGO_TARGET_DIR
folder=$(realpath -m "$1")
cd "$(dirname "$0")/.."
scripts/apt-install.sh dpkg-dev debhelper gcc libc6-dev

version=$(dpkg-parsechangelog --file packaging/debian/changelog --show-field Version)
source=$folder/sflowdump-${version%-*}
rm -rf "$folder"
mkdir -p "$source"
git ls-files -z | xargs -0 cp --parents --no-dereference -t "$source"
cp -r packaging/debian "$source/debian"
cargo vendor --quiet --locked "$source/vendor" >/dev/null

# Debian's own compiler, or one of rustup's, which is in the home that debhelper hides.
cd "$source"
unchecked=
if ! dpkg-checkbuilddeps 2>/dev/null; then
    cargo --version
    export RUSTUP_HOME=${RUSTUP_HOME:-$HOME/.rustup}
    unchecked=--no-check-builddeps
fi
dpkg-buildpackage --build=binary --no-sign $unchecked
ls "$folder"/*.deb
