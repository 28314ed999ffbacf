#!/bin/sh
# Links the program and the script with its fields into this user's own Wireshark folders, or removes the links.
#     scripts/link.sh PROGRAM
#     scripts/link.sh --remove
set -eu

script=$(realpath "$(dirname "$0")/../packaging/wireshark/sflowdump.lua")
plugins=$HOME/.local/lib/wireshark/plugins
if [ "$1" = --remove ]; then
    rm -f "$plugins/sflowdump.lua"
else
    mkdir -p "$plugins"
    ln -sf "$script" "$plugins"
fi

# Capture programs ("extcap"): Wireshark 4.0 looks in the first, later versions in the second.
for folder in "${XDG_CONFIG_HOME:-$HOME/.config}/wireshark/extcap" "$HOME/.local/lib/wireshark/extcap"; do
    if [ "$1" = --remove ]; then
        rm -f "$folder/sflowdump"
    else
        mkdir -p "$folder"
        ln -sf "$(realpath "$1")" "$folder/sflowdump"
    fi
done
