#!/bin/sh
# Installs the Debian packages that are missing: without questions, and without starting their services.
#     scripts/apt-install.sh PACKAGE...
set -eu

missing=
for package; do
    status=$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null) || status=none
    [ "$status" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if ! command -v apt-get >/dev/null; then
    echo "This system has no apt-get. Please install these, or what it calls them:$missing" >&2
    exit 1
fi
as_root=
if [ "$(id -u)" != 0 ]; then
    as_root=sudo
    command -v sudo >/dev/null || { echo "Please install as root:$missing" >&2 && exit 1; }
fi
echo "Installing$missing"

# Debian starts a service when it installs it, unless this file says no.
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
    trap '$as_root rm -f $policy' EXIT
    printf '#!/bin/sh\nexit 101\n' | $as_root tee $policy >/dev/null
    $as_root chmod 755 $policy
fi
apt="$as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0"
log=$(mktemp)
# A source that cannot be reached may not be one that is needed: what counts is the installation.
$apt update >"$log" 2>&1 </dev/null || true
# shellcheck disable=SC2086 # the list is meant to be split
if ! $apt install --yes --no-install-recommends $missing >>"$log" 2>&1 </dev/null; then
    cat "$log" >&2
    exit 1
fi
rm -f "$log"
