#!/bin/sh
# Checks that every option of the program is in the README.
#     scripts/check-options.sh PROGRAM
set -eu
cd "$(dirname "$0")/.."

result=0
# Of "-h, --help" only the long name.
options=$("$1" --help | sed -nE 's/^ +(-[a-zA-Z], )?(--?[a-z-]+).*/\2/p')
for option in $options; do
    grep -q -- "\`${option}[ \`]" README.md || { echo "README.md does not tell of $option" && result=1; }
done
exit $result
