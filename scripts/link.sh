#!/bin/sh
# Links a program into this user's own Wireshark folders for capture programs ("extcap"), or removes the links.
#     scripts/link.sh PROGRAM
#     scripts/link.sh --remove
set -eu

# Wireshark 4.0 looks in the first, later versions in the second.
for folder in "${XDG_CONFIG_HOME:-$HOME/.config}/wireshark/extcap" "$HOME/.local/lib/wireshark/extcap"; do
    if [ "$1" = --remove ]; then
        rm -f "$folder/sflowdump"
    else
        mkdir -p "$folder"
        ln -sf "$(realpath "$1")" "$folder/sflowdump"
    fi
done
