#!/bin/sh
# Checks that every option of the program is in the README and in the manual page.
#     scripts/check-options.sh PROGRAM
set -eu
cd "$(dirname "$0")/.."

result=0
options=$("$1" --help | grep -oE '^ +(-[a-z], |-[a-z] |    --)[a-z-]*' | grep -oE -- '-+[a-z]+[a-z-]*')
for option in $options; do
    grep -q -- "\`${option}[ \`]" README.md || { echo "README.md does not tell of $option" && result=1; }
    escaped=$(echo "$option" | sed 's/-/\\\\-/g')
    grep -qE -- "(^|[^a-z])$escaped([^a-z\\\\]|\$)" packaging/man/sflowdump.1 ||
        { echo "packaging/man/sflowdump.1 does not tell of $option" && result=1; }
done
exit $result
