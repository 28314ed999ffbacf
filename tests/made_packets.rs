//! Packets that the library makes: of the fields that some agents send instead of a header, and of whole datagrams, whose
//! headers the socket took off. tshark must find in them what was sent, and nothing wrong.

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::net::IpAddr;
use std::process::Command;

use sflowcap::capture::{Content, Options};

use support::capture::{Capture, Captured, Header, flow, flow_with, frame};
use support::convert;
use support::pcapng::{File, Packet};
use support::wire::Wire;
use support::{captures, old, tshark};

/// What tshark says of the packets in a file: a line for each, with these fields. It must not complain of any.
fn dissect(bytes: &[u8], fields: &[&str]) -> Option<Vec<String>> {
    if !tshark::is_there() {
        return None;
    }
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), bytes).unwrap();
    let run = |arguments: &[&str]| {
        let output = Command::new("tshark")
            .args(["-n", "-o", "ip.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE", "-r"])
            .arg(file.path())
            .args(arguments)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect::<Vec<_>>()
    };
    let faults = "_ws.malformed || ip.checksum.status == 0 || udp.checksum.status == 0 || _ws.expert.severity == error";
    let faulty = run(&[
        "-T",
        "fields",
        "-E",
        "occurrence=a",
        "-e",
        "frame.number",
        "-e",
        "_ws.expert.message",
        "-e",
        "_ws.malformed",
        "-Y",
        faults,
    ]);
    assert_eq!(faulty, [""; 0], "faults");
    let fields = fields.iter().flat_map(|field| ["-e", field]);
    Some(run(&["-T", "fields", "-E", "separator= ", "-E", "occurrence=f"]
        .into_iter()
        .chain(fields)
        .collect::<Vec<_>>()))
}

// Packets made from fields ------------------------------------------------------------------------------------------------

fn synthetic() -> Options {
    Options { synthetic: true, comments: true, ..Options::default() }
}

/// `sampled_ethernet` of a frame of this length without check sequence.
fn ethernet(length: u32, ether_type: u32) -> Wire {
    let body = Wire::new().u32(length + 4).mac([2, 0, 0, 0, 0, 1]).mac([2, 0, 0, 0, 0, 2]).u32(ether_type);
    Wire::new().framed(0, 2, body)
}

/// The fields of an IP packet.
#[derive(Clone, Copy)]
struct Ip {
    length: u32,
    protocol: u32,
    ports: [u32; 2],
    tcp_flags: u32,
    tos: u32,
}

fn ip(length: u32, protocol: u32, ports: [u32; 2]) -> Ip {
    Ip { length, protocol, ports, tcp_flags: 0, tos: 0 }
}

fn tcp(length: u32, ports: [u32; 2], tcp_flags: u32) -> Ip {
    Ip { tcp_flags, tos: 0xb8, ..ip(length, 6, ports) }
}

impl Ip {
    /// `sampled_ipv4`, from 192.0.2.1 to 192.0.2.2.
    fn v4(self) -> Wire {
        let body = Wire::new().u32s([self.length, self.protocol, 0xc000_0201, 0xc000_0202]);
        Wire::new().framed(0, 3, body.u32s(self.ports).u32s([self.tcp_flags, self.tos]))
    }

    /// `sampled_ipv6`, from 2001:db8::1 to 2001:db8::2.
    fn v6(self) -> Wire {
        let address = |host| [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, host];
        let body = Wire::new().u32s([self.length, self.protocol]).raw(address(1)).raw(address(2));
        Wire::new().framed(0, 4, body.u32s(self.ports).u32s([self.tcp_flags, self.tos]))
    }
}

const SENT: &str = "eth.src=02:00:00:00:00:01 eth.dst=02:00:00:00:00:02";
const UNKNOWN: &str = "eth.src=00:00:00:00:00:00 eth.dst=00:00:00:00:00:00";
const V4: &str = "eth.type=0x0800 ip.src=192.0.2.1 ip.dst=192.0.2.2 ip.checksum.status=1";
const V6: &str = "eth.type=0x86dd ipv6.src=2001:db8::1 ipv6.dst=2001:db8::2";

/// Records of a sample, and what tshark says of the packet made from them: `field=value` words.
fn packets() -> Vec<(Vec<Wire>, [&'static str; 4])> {
    vec![
        (vec![ethernet(60, 0x0806)], ["frame.len=60 frame.cap_len=14", SENT, "eth.type=0x0806", ""]),
        (vec![ethernet(1514, 0x86dd)], ["frame.len=1514 frame.cap_len=14", SENT, "eth.type=0x86dd", ""]),
        (
            vec![tcp(1500, [1024, 443], 0x12).v4()],
            [
                "frame.len=1514 frame.cap_len=54",
                UNKNOWN,
                V4,
                "ip.proto=6 ip.len=1500 ip.dsfield=0xb8 tcp.srcport=1024 tcp.dstport=443 tcp.flags=0x0012 tcp.len=1460",
            ],
        ),
        (
            vec![tcp(40, [65_535, 1], 0x04).v4()],
            [
                "frame.len=54 frame.cap_len=54",
                UNKNOWN,
                V4,
                "ip.proto=6 ip.len=40 tcp.srcport=65535 tcp.dstport=1 tcp.flags=0x0004 tcp.len=0",
            ],
        ),
        (
            vec![ip(200, 17, [53, 5353]).v4()],
            [
                "frame.len=214 frame.cap_len=42",
                UNKNOWN,
                V4,
                "ip.proto=17 ip.len=200 udp.srcport=53 udp.dstport=5353 udp.length=180",
            ],
        ),
        // Type and code stand where the destination port would be.
        (
            vec![ip(84, 1, [0, 0x0303]).v4()],
            ["frame.len=98 frame.cap_len=42", UNKNOWN, V4, "ip.proto=1 ip.len=84 icmp.type=3 icmp.code=3"],
        ),
        (
            vec![ip(84, 132, [2905, 2906]).v4()],
            ["frame.len=98 frame.cap_len=46", UNKNOWN, V4, "ip.proto=132 sctp.srcport=2905 sctp.dstport=2906"],
        ),
        (
            vec![ip(84, 33, [2905, 2906]).v4()],
            ["frame.len=98 frame.cap_len=38", UNKNOWN, V4, "ip.proto=33 dccp.srcport=2905 dccp.dstport=2906"],
        ),
        (vec![ip(500, 47, [0, 0]).v4()], ["frame.len=514 frame.cap_len=34", UNKNOWN, V4, "ip.proto=47 ip.len=500"]),
        (
            vec![ethernet(518, 0x0800), tcp(500, [80, 1024], 0x18).v4()],
            [
                "frame.len=518 frame.cap_len=54",
                SENT,
                V4,
                "ip.proto=6 ip.len=500 tcp.srcport=80 tcp.dstport=1024 tcp.flags=0x0018",
            ],
        ),
        (
            vec![tcp(1500, [1024, 443], 0x02).v6()],
            [
                "frame.len=1514 frame.cap_len=74",
                UNKNOWN,
                V6,
                "ipv6.nxt=6 ipv6.plen=1460 ipv6.tclass=0x000000b8 tcp.srcport=1024 tcp.dstport=443 tcp.flags=0x0002",
            ],
        ),
        (
            vec![ip(108, 17, [53, 5353]).v6()],
            [
                "frame.len=122 frame.cap_len=62",
                UNKNOWN,
                V6,
                "ipv6.nxt=17 ipv6.plen=68 udp.srcport=53 udp.dstport=5353 udp.length=68 udp.checksum.status=2",
            ],
        ),
        // Without data nothing is unknown, and the checksum can be verified.
        (
            vec![ip(48, 17, [53, 5353]).v6()],
            ["frame.len=62 frame.cap_len=62", UNKNOWN, V6, "ipv6.nxt=17 udp.length=8 udp.checksum.status=1"],
        ),
        (
            vec![ip(64, 58, [0, 0x8700]).v6(), ethernet(78, 0x86dd)],
            ["frame.len=78 frame.cap_len=62", SENT, V6, "ipv6.nxt=58 ipv6.plen=24 icmpv6.type=135 icmpv6.code=0"],
        ),
    ]
}

#[test]
fn packets_made_from_fields_dissect_as_what_the_fields_tell() {
    let packets = packets();
    let mut capture = Capture::new(synthetic());
    for (number, (records, _)) in (1..).zip(&packets) {
        capture.datagram(&Header::numbered(number).datagram(&[flow_with(number, 3, 0, records)]));
    }
    let (captured, count) = (capture.end(), packets.len() as u64);
    assert_eq!((captured.totals.synthetic, captured.totals.packets, captured.totals.written), (count, count, count));

    let words = |expected: &[&'static str; 4]| {
        expected
            .iter()
            .flat_map(|part| part.split_whitespace())
            .map(|word| word.split_once('=').unwrap())
            .collect::<Vec<_>>()
    };
    let fields: BTreeSet<&str> = packets.iter().flat_map(|(_, expected)| words(expected)).map(|word| word.0).collect();
    let fields: Vec<&str> = fields.into_iter().collect();
    let Some(dissected) = dissect(capture.bytes(), &fields) else { return };
    assert_eq!(dissected.len(), packets.len());
    for (line, (_, expected)) in dissected.iter().zip(&packets) {
        let told: BTreeMap<&str, &str> = fields.iter().copied().zip(line.split(' ')).collect();
        let words = words(expected);
        let told: Vec<(&str, &str)> = words.iter().map(|(field, _)| (*field, told[field])).collect();
        assert_eq!(told, words);
    }
}

#[test]
fn versions_2_and_4_have_fields_instead_of_a_header_too() {
    for version in [2, 4] {
        let samples = [old::flow_sample(old::ipv4(), &[]), old::flow_sample(old::ipv6(), &[old::switch()])];
        let mut capture = Capture::new(synthetic());
        capture.datagram(&old::datagram(version, &samples)).end();
        let fields = ["frame.len", "ip.src", "ip.dst", "ipv6.plen", "tcp.dstport", "tcp.flags", "udp.dstport"];
        let Some(dissected) = dissect(capture.bytes(), &fields) else { return };
        assert_eq!(dissected, ["74 192.0.2.1 192.0.2.2  80 0x0012 ", "94   40   53"], "version {version}");
    }
}

#[test]
fn a_header_is_worth_more_than_fields() {
    let records = [ethernet(60, 0x0800), ip(46, 17, [1, 2]).v4(), frame(), ip(46, 17, [1, 2]).v6()];
    let mut capture = Capture::new(synthetic());
    let captured = capture.datagram(&Header::numbered(1).datagram(&[flow_with(1, 3, 0, &records)])).end();
    assert_eq!((captured.totals.synthetic, captured.totals.written), (0, 1));
    assert_eq!(captured.file.packets[0].data, support::capture::FRAME);
    assert!(!captured.comment().contains("synthetic"));
}

#[test]
fn no_packets_are_made_where_that_is_not_wanted_or_nothing_is_told() {
    let fields = flow_with(1, 3, 0, &[ip(46, 17, [1, 2]).v4()]);
    let nothing = flow_with(2, 3, 0, &[Wire::new().framed(0, 1001, Wire::new().u32s([1, 0, 2, 0]))]);
    for (synthetic, written) in [(true, 1), (false, 0)] {
        let options = Options { synthetic, ..Options::default() };
        let datagram = Header::numbered(1).datagram(&[fields.clone(), nothing.clone()]);
        let totals = Capture::new(options).datagram(&datagram).end().totals;
        assert_eq!((totals.synthetic, totals.written, totals.without_header), (written, written, 2 - written));
    }
}

#[test]
fn lengths_that_cannot_be_are_made_to_fit() {
    let mut capture = Capture::new(synthetic());
    // Nothing said, less than the headers, and more than an IP packet can have.
    for (number, length) in (1..).zip([0, 30, u32::MAX]) {
        for record in [ip(length, 17, [1, 2]).v4(), ip(length, 17, [1, 2]).v6()] {
            capture.datagram(&Header::numbered(number).datagram(&[flow_with(number, 3, 0, &[record])]));
        }
    }
    let lengths: Vec<u32> = capture.end().file.packets.iter().map(|packet| packet.original_length).collect();
    assert_eq!(lengths, [42, 62, 44, 62, u32::MAX, u32::MAX]);
}

#[test]
fn the_agents_own_clock_wins() {
    let time = 1_700_000_000_123_456_789;
    let clock = Wire::new().framed(0, 1043, Wire::new().u64(time));
    let mut capture = Capture::new(synthetic());
    let samples = [
        flow_with(1, 3, 0, &[clock.clone(), frame()]),
        flow_with(2, 3, 0, &[frame(), clock.clone()]),
        flow_with(3, 3, 0, &[ip(46, 17, [1, 2]).v4(), clock]),
        flow(4, 3, 0),
    ];
    let captured = capture.datagram(&Header::numbered(1).datagram(&samples)).end();
    let times: Vec<u64> = captured.file.packets.iter().map(|packet| packet.timestamp).collect();
    assert_eq!(times, [time, time, time, convert::BEGIN + 1_000_000_000]);
    let told = |packet: &Packet| packet.comments[0].contains(" clock=agent");
    assert_eq!(captured.file.packets.iter().map(told).collect::<Vec<_>>(), [true, true, true, false]);
    let Some(dissected) = dissect(capture.bytes(), &["frame.time_epoch"]) else { return };
    assert_eq!(dissected[0], "1700000000.123456789");
}

// Whole datagrams ---------------------------------------------------------------------------------------------------------

fn whole(content: Content) -> Options {
    Options { content, ..Options::default() }
}

#[test]
fn whole_datagrams_have_their_sender_and_good_checksums() {
    let sent = |samples: usize| Header::numbered(77).datagram(&vec![flow(1, 3, 0); samples]);
    // As long as UDP can carry, and of an odd length.
    let mut longest = sent(3);
    longest.resize(65_507, 0);
    let mut odd = sent(1);
    odd.push(1);
    let senders: [IpAddr; 4] =
        ["192.0.2.7", "2001:db8::7", "::ffff:198.51.100.1", "fe80::1"].map(|sender| sender.parse().unwrap());
    let payloads = [sent(0), sent(3), odd, longest];
    let mut capture = Capture::new(whole(Content::Datagrams));
    for sender in senders {
        for payload in &payloads {
            capture.from(sender, payload);
        }
    }
    let captured = capture.end();
    assert_eq!((captured.totals.written_datagrams, captured.totals.written), (16, 0));
    let fields = ["ip.src", "ipv6.src", "udp.dstport", "udp.length", "udp.checksum.status"];
    let Some(dissected) = dissect(capture.bytes(), &fields) else { return };
    // Over IPv4 the checksum is optional, and left out.
    let (absent, good) = (3, 1);
    let senders = [("192.0.2.7 ", absent), (" 2001:db8::7", good), ("198.51.100.1 ", absent), (" fe80::1", good)];
    let expected: Vec<String> = senders
        .iter()
        .flat_map(|(sender, status)| {
            payloads.iter().map(move |payload| format!("{sender} 6343 {} {status}", 8 + payload.len()))
        })
        .collect();
    assert_eq!(dissected, expected);
}

#[test]
fn a_datagram_comes_before_its_packets() {
    let mut capture = Capture::new(whole(Content::Both));
    for number in [1, 2] {
        capture.datagram(&Header::numbered(number).datagram(&[flow(2 * number, 3, 0), flow(2 * number + 1, 3, 0)]));
    }
    let Captured { file, totals, .. } = capture.end();
    let names: Vec<&str> =
        file.packets.iter().map(|packet| &file.interfaces[packet.interface as usize].name[..]).collect();
    let one = ["10.0.0.1", "10.0.0.1:3", "10.0.0.1:3"];
    assert_eq!(names, [one, one].concat());
    assert_eq!((totals.written, totals.written_datagrams), (4, 2));
}

/// Recorded feeds of several kinds: IPv4 and IPv6, fragments, Linux cooked headers, datagrams with faults, a host's counters.
const FEEDS: [&str; 8] = [
    "ovs/agent-v6.sflow.pcap",
    "ovs/any-sll2.sflow.pcap",
    "ovs/collector-v6.sflow.pcap",
    "ovs/frag-v4.sflow.pcap",
    "ovs/frag-v6.sflow.pcap",
    "pmacct/gateway.sflow.pcap",
    "Edgio__vflow/sflow-decoder_test.pcap",
    "f1shl3gs__vertex/mod.pcap",
];

/// The sources of a file's packets.
fn sources(file: &File) -> Vec<IpAddr> {
    let source = |packet: &Packet| match packet.data[14] >> 4 {
        4 => IpAddr::from(<[u8; 4]>::try_from(&packet.data[26..30]).unwrap()),
        _ => IpAddr::from(<[u8; 16]>::try_from(&packet.data[22..38]).unwrap()),
    };
    file.packets.iter().map(source).collect()
}

#[test]
fn tshark_dissects_whole_datagrams_as_it_does_the_recording_that_they_are_from() {
    let Some(directory) = captures::directory() else { return };
    if !tshark::is_there() {
        return;
    }
    let feeds = captures::feeds(&directory);
    let mut differences = String::new();
    for name in FEEDS {
        let feed = feeds.iter().find(|feed| feed.name == name).expect("a feed of that name");
        let converted = convert::feed(&feed.datagrams, whole(Content::Datagrams));
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), &converted.bytes).unwrap();
        let told = |file| {
            let dissected = tshark::dissect(file).into_iter();
            dissected.map(|datagram| format!("{:?}", tshark::Dissected { frame: 0, ..datagram })).collect::<Vec<_>>()
        };
        let [recorded, ours] = [&feed.path, &file.path().to_owned()].map(|file| told(file));
        assert!(!recorded.is_empty(), "{name}");
        if recorded != ours {
            writeln!(differences, "{name}: {recorded:?}\n    {ours:?}").unwrap();
        }
        assert!(
            sources(&converted.file).into_iter().eq(feed.datagrams.iter().map(|datagram| datagram.source)),
            "{name}"
        );
    }
    assert_eq!(differences, "");
}

/// Keeps the lengths that it is asked about.
#[derive(Debug, Default)]
struct Asked(std::rc::Rc<std::cell::RefCell<Vec<u32>>>);

impl sflowcap::capture::PacketFilter for Asked {
    fn matches(&self, _: &[u8], original_length: u32, _: sflowcap::link::LinkType) -> bool {
        self.0.borrow_mut().push(original_length);
        true
    }
}

#[test]
fn a_filter_is_asked_about_the_same_packet_for_the_datagram_and_for_itself() {
    let ipv4 = 11;
    let sample = support::wire::flow_sample(&[Wire::new().sampled_header(ipv4, 1018, 18, &[0x45; 60])]);
    let asked = Asked::default();
    let lengths = std::rc::Rc::clone(&asked.0);
    let options = Options { content: Content::Both, filter: Some(Box::new(asked)), ..Options::default() };
    let mut converter = sflowcap::capture::Converter::new(options);
    let bytes = support::wire::datagram(&[sample]);
    let received = sflowcap::capture::Received { timestamp: 1, sender: [127, 0, 0, 1].into(), bytes: &bytes };
    converter.datagram(&received, Some(&mut Vec::new()), |event| panic!("{event:?}"));
    assert_eq!(*lengths.borrow(), [1014, 1014], "with the made Ethernet header");
}
