#!/bin/sh
# Counts the hot path's instructions, with valgrind and gungraun's runner, which must be of the library's version.
set -eu
cd "$(dirname "$0")/.."
command -v valgrind >/dev/null || scripts/apt-install.sh valgrind libc6-dbg
version=$(cargo tree --locked --package sflowcap --edges dev --depth 1 | sed -n 's/.* gungraun v\([0-9.]*\).*/\1/p')
root=${CARGO_TARGET_DIR:-target}/gungraun-$version
[ -x "$root/bin/gungraun-runner" ] ||
    cargo install --quiet --locked --root "$root" --version "$version" gungraun-runner
GUNGRAUN_RUNNER=$(realpath "$root/bin/gungraun-runner") \
    cargo bench --locked --package sflowcap --bench instructions
