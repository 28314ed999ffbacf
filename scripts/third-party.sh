#!/bin/bash
# The notice of third-party code that packages carry, packaging/THIRD-PARTY: the crates in the program, and their licences.
#     scripts/third-party.sh write      makes it anew (needs cargo-about: cargo install --locked --features cli cargo-about)
#     scripts/third-party.sh check      whether it names just the crates and versions that Cargo.lock has for the program
set -eu
cd "$(dirname "$0")/.."
notice=packaging/THIRD-PARTY
case "${1:-}" in
write)
    cargo about generate --locked --fail --all-features --config packaging/about.toml --manifest-path extcap/Cargo.toml \
        --output-file $notice packaging/about.hbs
    # Some licences have blanks at the ends of lines, or Windows' ends of lines.
    sed -i 's/[[:space:]]*$//' $notice
    ;;
check) ;;
*) sed -n '2,4s/^# *//p' "$0" >&2 && exit 2 ;;
esac

# Of all systems that the notice is for.
mapfile -t targets < <(sed -n '/^targets/,/^]/s/^ *"\(.*\)",/--target=\1/p' packaging/about.toml)
diff <(sed -n '/^------/q; s/^\([^ ]* [^ ]*\): .*/\1/p' $notice | sort -u) \
    <(cargo tree --locked --package sflowdump --all-features --edges normal "${targets[@]}" --prefix none --format '{p}' |
        sed -n '/(\/.*)/d; s/^\([^ ]*\) v\([^ ]*\).*/\1 \2/p' | sort -u) ||
    { echo "$notice is not of these crates: make third-party" >&2 && exit 1; }
