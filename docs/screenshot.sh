#!/bin/bash
# Makes docs/images/wireshark.png: Wireshark, on a screen that nobody sees, while it captures the replayed demo feed.
#     docs/screenshot.sh FOLDER   as root, on Debian; the folder has the built programs
set -eu
cd "$(dirname "$0")/.."
built=$1
picture=docs/images/wireshark.png

scripts/apt-install.sh wireshark xvfb xdotool imagemagick procps

# Wireshark wants an ordinary user, and this one has no settings of its own.
home=$(mktemp -d)
started=()
trap 'kill "${started[@]}" 2>/dev/null || true; wait; rm -rf "$home"' EXIT
config=$home/.config/wireshark
plugins=$home/.local/lib/wireshark
mkdir -p "$home/run" "$config/extcap" "$config/profiles" "$plugins/extcap" "$plugins/plugins"
cp "$built/sflowdump" "$config/extcap/"
cp "$built/sflowdump" "$plugins/extcap/"
cp packaging/wireshark/sflowdump.lua "$plugins/plugins/"
cp -r packaging/wireshark/profiles/sFlow "$config/profiles/"
echo "extcap.sflow.port: 16343" >>"$config/profiles/sFlow/preferences"
cat >"$config/profiles/sFlow/recent" <<'END'
gui.geometry_main_upper_pane: 300
gui.geometry_main_lower_pane: 900
column.width: %m, 60, %t, 95, %Cus:sflowdump.rate, 50, %Cus:sflowdump.reason, 135, %s, 150, %d, 150, %p, 65, %L, 50, %i, 385
END
chmod 700 "$home/run"
chown -R nobody "$home"

exec 3>"$home/display"
Xvfb -displayfd 3 -screen 0 1400x760x24 -nolisten tcp >/dev/null 2>&1 &
started+=($!)
until [ -s "$home/display" ]; do sleep 0.1; done
display=:$(cat "$home/display")
export DISPLAY=$display

# Waits for a window with this title, and prints its number.
window() {
    for _ in $(seq 300); do
        xdotool search --onlyvisible --name "$1" 2>/dev/null | grep -m 1 . && return
        sleep 0.1
    done
    echo "Wireshark shows no window '$1'" >&2
    cat "$home/log" >&2
    return 1
}

setpriv --reuid=nobody --regid=nogroup --clear-groups env -i PATH=/usr/bin:/bin HOME="$home" XDG_RUNTIME_DIR="$home/run" \
    DISPLAY="$display" QT_QPA_PLATFORM=xcb LC_ALL=C.UTF-8 wireshark -C sFlow -k -i sflow >"$home/log" 2>&1 &
started+=($!)
main=$(window '^Capturing from ')
xdotool windowmove "$main" 0 0 windowsize "$main" 1400 760
sleep 3
"$built/sflowdump" -r fixtures/demo.pcap --forward 127.0.0.1:16343 --speed 3
sleep 3
# Choose a packet, so that the list stays where it is; go back to where packets were discarded, and choose one of those. Open
# its comment, its frame, and there its interface: the port and its sampling rate.
xdotool mousemove 500 276 click 1 sleep 0.5 click --repeat 4 --delay 100 4 sleep 0.5
for place in "500 276" "11 550" "11 584" "27 618"; do
    # shellcheck disable=SC2086 # two numbers
    xdotool mousemove $place click 1
    sleep 0.5
done
xdotool mousemove 1390 730
import -window root +dither -colors 64 "png8:$picture"
ls -l "$picture"
