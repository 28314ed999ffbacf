#!/bin/bash
# Shows tshark decode what switches sample: replays a recorded feed over loopback, into `tshark -i sflow`.
#     scripts/demo.sh FOLDER      the folder with the built programs
set -eu
cd "$(dirname "$0")/.."
built=$1
capture=$built/demo.pcapng
errors=$(mktemp)
tshark=
trap '[ -z "$tshark" ] || kill "$tshark" 2>/dev/null; rm -f "$errors"' EXIT

# Whether a UDP socket is bound to a port.
bound() {
    cat /proc/net/udp /proc/net/udp6 2>/dev/null | awk '{ print $2 }' | grep -q ":$(printf %04X "$1")\$"
}

port=6343
while bound $port; do
    port=$((port + 1))
done
listen=(tshark -i sflow)
if [ $port != 6343 ]; then
    echo "UDP port 6343 is taken by another program: this demo uses $port."
    listen+=(-o "extcap.sflow.port:$port")
fi

echo "\$ ${listen[*]}"
# TCP analysis looks for missing packets; in samples nearly all are missing.
"${listen[@]}" -o tcp.analyze_sequence_numbers:FALSE -w "$capture" -P 2>"$errors" &
tshark=$!
for _ in $(seq 200); do
    bound $port && break
    kill -0 $tshark 2>/dev/null || break
    sleep 0.1
done
if ! bound $port; then
    echo "tshark does not listen:" >&2
    cat "$errors" >&2
    exit 1
fi
sent=$("$built/sflowdump" -r fixtures/demo.pcap --forward 127.0.0.1:$port --speed 2 2>&1)
sleep 1 # tshark shows packets after up to half a second
kill -TERM $tshark
wait $tshark || true
tshark=

packets=$(tshark -r "$capture" -T fields -e frame.number 2>/dev/null | wc -l)
if [ "$packets" = 0 ]; then
    echo "No packets came out:" >&2
    cat "$errors" >&2
    exit 1
fi
cat <<END

$sent: a recording of four agents.
tshark took $packets sampled packets out of them; they are in $capture.
Next: let a switch send sFlow to UDP port $port of this host, then run "${listen[*]}",
or start Wireshark and double-click "sFlow listener".
END
