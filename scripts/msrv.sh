#!/bin/bash
# Builds the workspace with Debian 13's compiler, the oldest that is promised to work.
#     scripts/msrv.sh             as root: a chroot is made, and removed again
#     MSRV_CHROOT=/var/tmp/trixie scripts/msrv.sh      keeps it there, for the next time
set -eu
cd "$(dirname "$0")/.."
[ "$(id -u)" = 0 ] || { echo "A chroot needs root: sudo make msrv" >&2 && exit 1; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chroot=${MSRV_CHROOT:-$work/chroot}
if [ ! -x "$chroot/usr/bin/cargo" ]; then
    command -v debootstrap >/dev/null || scripts/apt-install.sh debootstrap
    echo "Making a Debian 13 in $chroot"
    debootstrap --variant=minbase --include=cargo,rustc,gcc,libc6-dev trixie "$chroot" >"$work/log" ||
        { tail "$work/log" >&2 && exit 1; }
fi

# The source and all it depends on, so that the chroot needs no network.
mkdir -p "$work/source/.cargo"
git ls-files -z | xargs -0 cp --parents --no-dereference -t "$work/source"
cargo vendor --quiet --locked "$work/source/vendor" >/dev/null
cat >"$work/source/.cargo/config.toml" <<'END'
[source.crates-io]
replace-with = "vendored"
[source.vendored]
directory = "vendor"
END

# In a mount namespace, so that nothing stays mounted whatever happens.
mkdir -p "$chroot/source"
unshare --mount bash -eu -s "$chroot" "$work/source" <<'END'
mount --bind "$2" "$1/source"
mount -t proc proc "$1/proc"
chroot "$1" env -i PATH=/usr/bin:/bin HOME=/root sh -euc '
    rustc --version
    cd /source
    cargo build --quiet --workspace --features sflowdump/kafka --locked --offline
    target/debug/sflowdump --version
'
END
rmdir "$chroot/source"
