#!/usr/bin/env python3
"""Finds sampled packets from and to addresses of bad repute.

    tshark -n -l -i sflow -T ek | threat_intel.py LIST...

A LIST is a file or an http(s) URL with an address or prefix at the beginning of each line; # and ; begin comments. Each match
is printed when it comes; a summary follows at the end, or after Ctrl-C.
"""

import argparse
import collections
import datetime
import ipaddress
import json
import re
import signal
import sys
import urllib.request


class Blocklist:
    """Addresses and prefixes. A look-up takes a step for each prefix length that occurs."""

    def __init__(self):
        # By version and prefix length, the longest first: the first bits, and the text.
        self.networks = {4: {}, 6: {}}

    def add(self, text):
        network = ipaddress.ip_network(text, strict=False)
        lengths = self.networks[network.version]
        if network.prefixlen not in lengths:
            lengths[network.prefixlen] = {}
            self.networks[network.version] = lengths = dict(sorted(lengths.items(), reverse=True))
        is_host = network.prefixlen == network.max_prefixlen
        name = str(network.network_address if is_host else network)
        lengths[network.prefixlen][first_bits(network.network_address, network.prefixlen)] = name

    def find(self, address):
        """The longest prefix with this address, if there is one."""
        for length, networks in self.networks[address.version].items():
            if found := networks.get(first_bits(address, length)):
                return found
        return None

    def __len__(self):
        return sum(len(networks) for lengths in self.networks.values() for networks in lengths.values())


def first_bits(address, length):
    return int(address) >> (address.max_prefixlen - length)


def lines(source):
    if re.match("https?://", source):
        with urllib.request.urlopen(source, timeout=30) as response:
            return response.read().decode(errors="replace").splitlines()
    with open(source, encoding="utf-8", errors="replace") as file:
        return file.read().splitlines()


def load(sources):
    blocklist = Blocklist()
    for source in sources:
        skipped = 0
        for line in lines(source):
            word = re.split(r"[\s,;#]", line.strip(), maxsplit=1)[0]
            try:
                if word:
                    blocklist.add(word)
            except ValueError:
                skipped += 1
        if skipped:
            print(f"{source}: {skipped} lines skipped that begin with no address", file=sys.stderr)
    return blocklist


def layers(packet, name):
    """The layers of this name: a tunnel's packet has several."""
    found = packet["layers"].get(name, [])
    return found if isinstance(found, list) else [found]


def comment(packet):
    """The words of the comment that sflowdump gives each packet."""
    # Versions of Wireshark differ in where it stands.
    for layer in layers(packet, "pkt_comment") + layers(packet, "frame"):
        text = layer.get("frame_frame_comment", "")
        text = " ".join(text) if isinstance(text, list) else text
        if text.startswith("sflow "):
            return dict(word.split("=", 1) for word in text.split() if "=" in word)
    return {}


def conversations(packet):
    """Source and destination of each IP header, the outermost first."""
    for version in ["ip", "ipv6"]:
        for layer in layers(packet, version):
            ends = layer.get(f"{version}_{version}_src"), layer.get(f"{version}_{version}_dst")
            if all(isinstance(end, str) for end in ends):
                yield tuple(map(ipaddress.ip_address, ends))


def watch(blocklist, stream):
    """Prints what matches. Returns the estimated packets and bytes of each entry of the list."""
    totals = collections.defaultdict(lambda: [0, 0])
    for line in stream:
        packet = json.loads(line)
        if "layers" not in packet:
            continue  # what Elasticsearch wants to know of the next line
        for source, destination in conversations(packet):
            entry = blocklist.find(source) or blocklist.find(destination)
            if not entry:
                continue
            told = comment(packet)
            # A packet that was discarded stands for itself: agents tell of each.
            behind = int(told.get("rate", told.get("thinned", 1)))
            totals[entry][0] += behind
            totals[entry][1] += behind * int(layers(packet, "frame")[0]["frame_frame_len"])
            time = datetime.datetime.fromtimestamp(int(packet["timestamp"]) / 1000, datetime.timezone.utc)
            words = [time.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z", f"{source} > {destination}"]
            words += [f"agent={told.get('agent', '?')}", f"port={told.get('source', '?')}", f"packets={behind}"]
            words += [f"listed={entry}"] + ([f"discarded={told['reason']}"] if "reason" in told else [])
            print(*words, flush=True)
            break  # one match is enough for a packet
    return totals


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("list", nargs="+", help="file or URL")
    blocklist = load(parser.parse_args().list)
    print(f"watching for {len(blocklist)} addresses and prefixes", file=sys.stderr)
    # Ctrl-C ends tshark, and with it our input.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    totals = watch(blocklist, sys.stdin)
    for entry, (packets, octets) in sorted(totals.items(), key=lambda total: -total[1][0]):
        print(f"{entry}: about {packets} packets, {octets} bytes", file=sys.stderr)


if __name__ == "__main__":
    try:
        main()
    except BrokenPipeError:
        sys.stderr.close()  # a reader that has enough is no failure
    except (OSError, ValueError) as error:
        sys.exit(f"threat_intel.py: {error}")
