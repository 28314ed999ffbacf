//! libpcap's own interpreter is the oracle: tcpdump reads a file of frames with a filter, and must keep the same ones.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use super::*;

#[path = "../../../tests/e2e/support/capture.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod capture;
#[path = "../../../tests/e2e/support/frames.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod frames;
#[path = "../../../tests/e2e/support/tools.rs"]
mod tools;

use frames::{ACK, SYN, TCP, UDP, ethernet, ipv4, ipv6, mpls, payload, tcp, udp, vlan};

/// Conditions on every layer that libpcap knows, with every kind of load, jump and arithmetic. ("ip broadcast" needs a netmask,
/// for which tcpdump makes up one.)
const CONDITIONS: &[&str] = &[
    "ip",
    "ip6",
    "arp",
    "rarp",
    "tcp",
    "udp",
    "icmp",
    "icmp6",
    "sctp",
    "esp",
    "igmp",
    "pppoed",
    "pppoes",
    "pppoes and ip",
    "vlan",
    "vlan 10",
    "vlan 200 and vlan 30",
    "vlan and ip6",
    "vlan and udp port 2",
    "mpls",
    "mpls 18",
    "mpls and ip",
    "mpls 1000 and mpls 1048575",
    "llc",
    "llc u",
    "stp",
    "isis",
    "ipx",
    "ether broadcast",
    "ether multicast",
    "ether host 02:00:00:00:0a:01",
    "ether src 02:00:00:00:0b:01",
    "ether proto 0x88cc",
    "ether[0] & 1 = 1",
    "ether[12:2] = 0x0800",
    "ether[len - 1] > 0x40",
    "ether[len:1] = 0",
    "ether[0xffffffff] = 0",
    "ether[0xfffffffc:4] = 0",
    "ip multicast",
    "ip6 multicast",
    "host 10.9.0.1",
    "host fd09::1",
    "src host 10.9.0.1",
    "dst net 10.9.0.0/16",
    "net 1.0.0.0/8",
    "src net fd09::/64",
    "ip proto 47",
    "ip proto 4",
    "ip6 proto 44",
    "ip protochain 17",
    "ip6 protochain 17",
    "port 53",
    "src port 1111",
    "dst port 80",
    "udp portrange 1-9",
    "portrange 2000-2050",
    "greater 100",
    "less 60",
    "len = 60",
    "len > 1000",
    "tcp[tcpflags] == tcp-syn",
    "tcp[tcpflags] & (tcp-syn|tcp-fin) != 0",
    "tcp[13] & 2 != 0 and tcp[14:2] > 4096",
    "(((ip[2:2] - ((ip[0]&0xf)<<2)) - ((tcp[12]&0xf0)>>2)) != 0)",
    "icmp[icmptype] = icmp-echo",
    "icmp6[0] = 128",
    "udp[4:2] > 100",
    "udp[8:4] = 0x00010203",
    "ip[0] & 0xf > 5",
    "ip[6:2] & 0x1fff != 0",
    "ip[6] & 0x20 != 0",
    "ip[8] < 64",
    "ip[1] & 0xfc = 0xb8",
    "ip6[6] = 17",
    "ip6[4:2] > 100",
    "ip[2:2] + 14 = len",
    "ip[2:2] - len < 20",
    "ip[2:2] * ip[8] > 5000",
    "ip[2:2] * 0x10000001 > 5000",
    "ip[2:2] / 3 = 20",
    "ip[2:2] % 7 = 3",
    "1000 / ip[1] > 5",
    "1000 % ip[1] = 1",
    "ip[4:2] / udp[8] = 0",
    "ip[2:2] << 28 > 0x10000000",
    "ip[2:2] >> 4 = 5",
    "1 << ip[8] = 0",
    "0xffffffff >> ip[8] = 0",
    "(ip[2:2] ^ 0xff) > 0x80",
    "(ip[2:2] | 1) = ip[2:2]",
    "-ip[8] > 0x80000000",
    "ip[ip[8]] = 0",
    "ip[ip[2:2]:1] = 0",
    "ip[ip[16:4]:2] = 0",
    "(ip[12:4] & ip[16:4]) >= 0x0a090000",
    "ip[12:4] = ip[16:4]",
    "ip and not host 10.9.0.1 and (tcp or udp port 7 or icmp)",
    "ether[6:4] = 0x02000000 and ether[10:2] = 0x0a01",
    "not port 2000 and not (vlan or mpls)",
    "1 = 1",
    "1 = 2",
];

/// Conditions alone, negated, and in pairs.
fn filters() -> Vec<String> {
    let mut filters: Vec<String> = CONDITIONS.iter().map(|&condition| condition.to_owned()).collect();
    filters.extend(CONDITIONS.iter().map(|condition| format!("not ({condition})")));
    // Neighbours at two distances. "vlan" and "mpls" change what follows them: they stand last.
    for (distance, word) in [(7, "and"), (23, "or")] {
        let pairs = CONDITIONS.iter().zip(CONDITIONS.iter().cycle().skip(distance));
        filters.extend(pairs.map(|(first, second)| format!("({first}) {word} ({second})")));
    }
    filters
}

/// Frames that the filters tell apart, the same cut at many places, and where they are at hand those of real traffic.
fn ethernet_frames() -> Vec<Vec<u8>> {
    let datagram = udp(2000, 53, &payload(40));
    let stream = tcp(40_000, 80, SYN, b"");
    let mut frames = vec![
        ethernet(0x0800, &ipv4(UDP, &datagram)),
        ethernet(0x0800, &ipv4(UDP, &udp(1, 2, &payload(1200)))),
        ethernet(0x0800, &ipv4(TCP, &stream)),
        ethernet(0x0800, &ipv4(TCP, &tcp(80, 40_000, SYN | ACK, &payload(10)))),
        ethernet(0x0800, &ipv4(1, &[8, 0, 0, 0, 0, 1, 0, 1])),
        ethernet(0x0800, &ipv4(47, &payload(20))),
        ethernet(0x86dd, &ipv6(UDP, &datagram)),
        ethernet(0x86dd, &ipv6(TCP, &stream)),
        ethernet(0x86dd, &ipv6(58, &[128, 0, 0, 0, 0, 1, 0, 1])),
        ethernet(0x86dd, &ipv6(44, &[&[17, 0, 0, 1, 0, 0, 0, 9][..], &datagram].concat())),
        vlan(10, 0x0800, &ipv4(UDP, &datagram)),
        vlan(20, 0x86dd, &ipv6(UDP, &datagram)),
        vlan(200, 0x8100, &[&[0, 30, 8, 0][..], &ipv4(UDP, &datagram)].concat()),
        ethernet(0x8847, &mpls(18, &ipv4(UDP, &datagram))),
        ethernet(0x0806, &payload(28)),
        ethernet(0x8863, &payload(20)),
        ethernet(0x8864, &[&[0x11, 0, 0, 1, 0, 62, 0, 0x21][..], &ipv4(UDP, &datagram)].concat()),
        ethernet(38, &[&[0x42, 0x42, 3][..], &payload(35)].concat()),
        [&[0xff; 6][..], &payload(60)].concat(),
    ];
    frames.extend(recorded());
    let cut: Vec<Vec<u8>> = frames.iter().take(200).flat_map(|frame| cuts(frame)).collect();
    frames.extend(cut);
    // Each once.
    let frames: BTreeSet<Vec<u8>> = frames.into_iter().collect();
    frames.into_iter().collect()
}

/// A frame cut where its layers begin, and within them.
fn cuts(frame: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    (1..100).step_by(3).filter(|length| *length < frame.len()).map(|length| frame[..length].to_vec())
}

/// Frames of real traffic, some of each recording.
fn recorded() -> Vec<Vec<u8>> {
    let Some(agents) = tools::captures("agents") else { return Vec::new() };
    let files = ["ovs", "pmacct"].into_iter().flat_map(|agent| fs::read_dir(agents.join(agent)).unwrap());
    let files = files.map(|entry| entry.unwrap().path()).filter(|path| path.to_string_lossy().contains(".truth"));
    let ethernet = files.filter(|path| fs::read(path).unwrap().get(20) == Some(&1));
    ethernet
        .flat_map(|path| capture::read_classic(&path).into_iter().take(300))
        .filter(|frame| frame.data.len() == frame.original_length as usize)
        .map(|frame| frame.data)
        .collect()
}

/// The places of the frames that tcpdump keeps; none if it refuses the filter.
fn kept_by_tcpdump(file: &Path, filter: &str) -> Option<Vec<usize>> {
    let out = file.with_extension("out");
    let mut tcpdump = Command::new("tcpdump");
    tcpdump.env("PATH", tools::search_path()).arg("-r").arg(file).arg("-w").arg(&out).args(["--", filter]);
    let output = tcpdump.output().expect("tcpdump");
    let places = capture::read_classic(&out).into_iter().map(|frame| frame.timestamp as usize / 1_000_000);
    output.status.success().then(|| places.collect())
}

/// Every filter keeps the same of these frames as tcpdump does. Returns how many filters libpcap took, and how many of
/// their verdicts were to keep a frame.
fn assert_same_verdicts(link_type: LinkType, frames: &[Vec<u8>], filters: &[String]) -> (usize, usize) {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("frames.pcap");
    fs::write(&file, capture::classic(link_type.0.into(), frames)).unwrap();
    let libpcap = Libpcap::load().unwrap();
    let (mut taken, mut kept) = (0, 0);
    for filter in filters {
        let program = libpcap.compile(filter, link_type);
        let expected = kept_by_tcpdump(&file, filter);
        assert_eq!(program.is_ok(), expected.is_some(), "{link_type:?} {filter}: {:?}", program.err());
        let (Ok(program), Some(expected)) = (program, expected) else { continue };
        let matches = |place: &usize| program.run(&frames[*place], frames[*place].len() as u32);
        let ours: Vec<usize> = (0..frames.len()).filter(matches).collect();
        assert_eq!(ours, expected, "{link_type:?} {filter}");
        taken += 1;
        kept += ours.len();
    }
    (taken, kept)
}

#[test]
fn every_filter_keeps_the_same_frames_as_libpcaps_own_interpreter() {
    if !tools::have(&["tcpdump"]) {
        return;
    }
    let (frames, filters) = (ethernet_frames(), filters());
    let (taken, kept) = assert_same_verdicts(LinkType::ETHERNET, &frames, &filters);
    assert!(taken > 300, "{taken} of {} filters", filters.len());
    let verdicts = taken * frames.len();
    assert!((verdicts / 10..verdicts * 9 / 10).contains(&kept), "{kept} of {verdicts}");
}

#[test]
fn every_link_type_is_compiled_for_as_libpcap_numbers_it() {
    if !tools::have(&["tcpdump"]) {
        return;
    }
    let filters: Vec<String> =
        ["ip", "ip6", "udp port 53", "tcp", "host 198.51.100.2", "ip6 host 2001:db8::2", "ip[8] = 64", "len > 60"]
            .map(str::to_owned)
            .into();
    for link_type in LinkType::NATIVE {
        let packets = [ipv4(UDP, &udp(1, 53, b"")), ipv4(TCP, &tcp(1, 2, SYN, b"")), ipv6(UDP, &udp(1, 53, b""))];
        let addresses = [2, 0, 0, 0, 0, 0xb, 2, 0, 0, 0, 0, 0xa];
        let frames: Vec<Vec<u8>> = packets
            .iter()
            .flat_map(|packet| {
                let is_v6 = packet[0] >> 4 == 6;
                let ether_type = if is_v6 { [0x86, 0xdd] } else { [8, 0] };
                let snap = [&[0xaa, 0xaa, 3, 0, 0, 0][..], &ether_type, packet].concat();
                let ppp: &[u8] = if is_v6 { &[0, 0x57] } else { &[0, 0x21] };
                let frame = match link_type {
                    LinkType::ETHERNET => [&addresses[..], &ether_type, packet].concat(),
                    LinkType::IEEE802_5 => [&[0x10, 0x40][..], &addresses, &snap].concat(),
                    LinkType::FDDI => [&[0x50][..], &addresses, &snap].concat(),
                    LinkType::PPP | LinkType::PPP_HDLC => [&[0xff, 3][..], ppp, packet].concat(),
                    LinkType::ATM_RFC1483 => snap,
                    LinkType::IEEE802_11 => {
                        [&[8, 2, 0, 0][..], &addresses, &[2, 0, 0, 0, 0, 0xc, 0x10, 0], &snap].concat()
                    }
                    LinkType::FRELAY => {
                        let protocol = if is_v6 { 0x8e } else { 0xcc };
                        [&[0x18, 0x41, 3, protocol][..], packet].concat()
                    }
                    _ => packet.clone(),
                };
                cuts(&frame).chain([frame.clone()]).collect::<Vec<_>>()
            })
            .collect();
        let (_, kept) = assert_same_verdicts(link_type, &frames, &filters);
        assert_eq!(kept > 0, link_type != LinkType::INFINIBAND, "{link_type:?}");
    }
}

#[test]
fn the_length_is_that_on_the_wire_and_not_of_what_was_sampled() {
    let libpcap = Libpcap::load().unwrap();
    let frame = ethernet(0x0800, &ipv4(UDP, &payload(94)));
    for (filter, original_length, expected) in [
        ("greater 1000", 999, false),
        ("greater 1000", 1000, true),
        ("len = 1514", 1514, true),
        ("less 128", 1514, false),
    ] {
        let program = libpcap.compile(filter, LinkType::ETHERNET).unwrap();
        assert_eq!(program.run(&frame, original_length), expected, "{filter} {original_length}");
    }
}

#[test]
fn running_a_filter_allocates_nothing() {
    let filter = Filter::compile("port 53 or vlan and host 192.0.2.1 or ip protochain 6", Framing::Native).unwrap();
    let frames = ethernet_frames();
    let mut kept = 0;
    let allocations = allocation_counter::measure(|| {
        kept = frames.iter().filter(|frame| filter.matches(frame, 1500, LinkType::ETHERNET)).count();
    });
    assert!(kept > 0 && kept < frames.len());
    assert_eq!(allocations.count_total, 0);
}

#[test]
fn a_loop_that_leads_nowhere_ends_and_keeps_nothing() {
    const JA: u16 = 0x05;
    const RET_K: u16 = 0x06;
    let instruction = |code, k| Instruction { code, jump_true: 0, jump_false: 0, k };
    let around = instruction(JA, -1_i32 as u32);
    let program = Program::checked(&[around, instruction(RET_K, 1)]).unwrap();
    assert!(!program.run(&[0; 1500], 1500));
    let out = instruction(JA, -2_i32 as u32);
    assert_eq!(Program::checked(&[out, instruction(RET_K, 1)]), None, "a jump out of the program");
}
