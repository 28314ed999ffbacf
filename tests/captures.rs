//! Every recorded capture through the converter, and the packets that come out held against three oracles: Wireshark's own
//! sFlow dissector, the traffic that real agents sampled, and the counts in the captures' index.

mod support;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::net::IpAddr;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use sflowcap::capture::Options;

use support::captures::{self, Feed};
use support::convert::{self, Converted};
use support::feed::{self, Frame};
use support::pcapng::Packet;
use support::tshark::{self, Dissected, Header};

/// Where tshark 4.0 goes through a whole datagram and yet misses packets: the file, the frame, how many, and why.
const TSHARK_MISSES: [(&str, usize, usize, &str); 2] = [
    ("Cistern__sflow/event_discarded_packet.pcap", 1, 1, "it does not know discarded_packet (0:5)"),
    (
        "issues__codeout-fluent-plugin-sflow-2/hsflowd-tcpinfo.pcap",
        1,
        1,
        "it does not skip the unknown record 0:2209 by its length, and so the header behind it is lost",
    ),
];

/// The faults there are in the captures. Everything else must be read without a word.
const FAULTS: [(&str, &[&str]); 2] = [
    // A datagram that ends within its sample; no header is whole.
    (
        "Edgio__vflow/sflow-decoder_test.pcap",
        &["sample at offset 36: 156 bytes needed, 142 left", "record at offset 176: 16 bytes needed, 2 left"],
    ),
    // Hand-made test vectors; sflowtool finds fault with the same two lengths of 52.
    (
        "gopacket__gopacket/layers-sflow_test.pcap",
        &[
            "sample at offset 28: sample claims 52 bytes, its records take 56",
            "sample at offset 28: sample claims 52 bytes, its records take 68",
            "sample at offset 28: sample claims 116 bytes, its records take 76",
        ],
    ),
];

fn converted(directory: &Path) -> Vec<(Feed, Converted)> {
    let feeds = captures::feeds(directory);
    assert!(feeds.len() >= 80, "{} feeds", feeds.len());
    feeds.into_iter().map(|feed| (feed.clone(), convert::feed(&feed.datagrams, Options::default()))).collect()
}

#[test]
fn every_datagram_and_sample_that_the_index_counts_is_read() {
    let Some(directory) = captures::directory() else { return };
    let index = captures::index(&directory);
    for (feed, converted) in converted(&directory) {
        let row = &index[&feed.name];
        // Tables of public captures have origin, kind and agent before the version, and a column for discards.
        let (version, discards) = if row[1].contains(' ') { (4, 8) } else { (2, usize::MAX) };
        let number = |column: usize| row.get(column).map_or(0, |cell| cell.parse::<u64>().unwrap_or(0));
        let counted = [number(version + 1), number(version + 2), number(version + 3), number(discards)];
        let totals = converted.totals;
        let read = [totals.datagrams, totals.flow_samples, totals.counter_samples, totals.discarded_packets];
        // What made the index could not read this container; the capture is that of base-h128.
        let counted = if feed.name == "ovs/base-h128-modified.sflow.pcap" { [35, 205, 20, 0] } else { counted };
        assert_eq!(read, counted, "{}: datagrams, flow samples, counter samples, discards", feed.name);
        assert_eq!(totals.unknown_samples, 0, "{}", feed.name);
    }
}

#[test]
fn only_the_known_faults_are_reported() {
    let Some(directory) = captures::directory() else { return };
    let known = BTreeMap::from(FAULTS);
    for (feed, converted) in converted(&directory) {
        let faults: Vec<String> = converted.faults.iter().map(|fault| fault.error.to_string()).collect();
        assert_eq!(faults, known.get(&feed.name[..]).copied().unwrap_or_default(), "{}", feed.name);
    }
}

/// A packet as both sides tell it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Told {
    interface: String,
    timestamp: u64,
    /// `epb_flags`.
    flags: u32,
    original_length: u32,
    data: Vec<u8>,
}

impl Told {
    fn by_us(converted: &Converted, packet: &Packet) -> Self {
        Told {
            interface: converted.file.interfaces[packet.interface as usize].name.clone(),
            timestamp: packet.timestamp,
            flags: packet.flags.unwrap_or(0),
            original_length: packet.original_length,
            data: packet.data.clone(),
        }
    }

    fn by_tshark(datagram: &Dissected, header: &Header) -> Self {
        let (made_header, made_length) = match header.protocol {
            11 => (&[&[0; 12][..], &[0x08, 0x00]].concat()[..], 14),
            12 => (&[&[0; 12][..], &[0x86, 0xdd]].concat()[..], 14),
            13 => (&[&[0; 12][..], &[0x88, 0x47]].concat()[..], 14),
            _ => (&[][..], 0),
        };
        let sample = &header.sample;
        let source = match sample.class {
            0 => sample.index.to_string(),
            2 => format!("entity{}", sample.index),
            class => panic!("no capture has packets of a data source of class {class}"),
        };
        let is_source =
            |interface: (u32, u32)| sample.class == 0 && sample.index != 0 && interface == (0, sample.index);
        Told {
            interface: match datagram.agent.expect("every agent of the captures knows its address") {
                IpAddr::V4(agent) => format!("{agent}:{source}"),
                IpAddr::V6(agent) => format!("[{agent}]:{source}"),
            },
            timestamp: datagram.timestamp,
            flags: match (is_source(sample.input), is_source(sample.output)) {
                (true, _) => 1,
                (_, true) => 2,
                _ => 0,
            },
            original_length: length_on_the_wire(header) + made_length,
            data: [made_header, &header.bytes].concat(),
        }
    }
}

/// The packet's length without what the agent stripped, and no shorter than what it sent; but some agents count as stripped
/// what they did not send, which is far more than a link layer's header and check sequence.
fn length_on_the_wire(header: &Header) -> u32 {
    let sent = header.bytes.len() as u32;
    if header.stripped > 64 && header.frame_length == header.stripped + sent {
        header.frame_length
    } else {
        sent.max(header.frame_length.saturating_sub(header.stripped))
    }
}

/// What is in `some` and not in `others`, as multisets.
fn without(some: &[Told], others: &[Told]) -> Vec<Told> {
    let mut others = others.to_vec();
    some.iter()
        .filter(|told| match others.iter().position(|other| other == *told) {
            Some(at) => {
                others.swap_remove(at);
                false
            }
            None => true,
        })
        .cloned()
        .collect()
}

/// What was compared, and the differences that nobody expected.
#[derive(Debug, Default)]
struct Comparison {
    datagrams: usize,
    packets: usize,
    differences: String,
}

fn compare(feed: &Feed, converted: &Converted, comparison: &mut Comparison) {
    let dissected: BTreeMap<usize, Dissected> =
        tshark::dissect(&feed.path).into_iter().map(|datagram| (datagram.frame, datagram)).collect();
    let mut described = vec![false; converted.file.interfaces.len()];
    for (place, datagram) in feed.datagrams.iter().enumerate() {
        let frame = datagram.frame;
        let Some(theirs) = dissected.get(&frame) else {
            writeln!(comparison.differences, "{}: frame {frame} is no sFlow to tshark", feed.name).unwrap();
            continue;
        };
        let packets = converted.packets_of(place);
        let by_us: Vec<Told> = packets.iter().map(|packet| Told::by_us(converted, packet)).collect();
        let by_tshark: Vec<Told> = theirs.headers.iter().map(|header| Told::by_tshark(theirs, header)).collect();
        let known = TSHARK_MISSES.iter().find(|(file, at, ..)| (*file, *at) == (&feed.name, frame));
        let [missing, only_ours] = [without(&by_tshark, &by_us), without(&by_us, &by_tshark)];
        // Where tshark gave up, what it saw until then is all there is to compare.
        let allowed = theirs.is_whole().then(|| known.map_or(0, |(_, _, misses, _)| *misses));
        let expected = only_ours.is_empty() || allowed.is_none_or(|allowed| only_ours.len() == allowed);
        if !missing.is_empty() || !expected {
            writeln!(comparison.differences, "{}: frame {frame}: tshark has {missing:?}", feed.name).unwrap();
            writeln!(comparison.differences, "    we have {only_ours:?}").unwrap();
        }
        if only_ours.is_empty() && by_us != by_tshark {
            writeln!(comparison.differences, "{}: frame {frame}: the order differs", feed.name).unwrap();
        }
        comparison.datagrams += usize::from(theirs.is_whole());
        comparison.packets += by_us.len() - only_ours.len();
        // An interface is described with the rate of its first packet.
        for (packet, header) in packets.iter().zip(&theirs.headers).filter(|_| only_ours.is_empty()) {
            let interface = packet.interface as usize;
            let rate = format!("sampling 1 in {}", header.sample.rate);
            let description = converted.file.interfaces[interface].description.as_deref().unwrap_or_default();
            if !described[interface] && !description.ends_with(&rate) {
                writeln!(comparison.differences, "{}: frame {frame}: {description}, not {rate}", feed.name).unwrap();
            }
            described[interface] = true;
        }
        for packet in packets {
            described[packet.interface as usize] = true;
        }
    }
}

#[test]
fn packets_ports_directions_and_rates_are_those_that_wireshark_dissects() {
    let Some(directory) = captures::directory() else { return };
    if !tshark::is_there() {
        return;
    }
    let feeds = converted(&directory);
    let next = AtomicUsize::new(0);
    let work = || {
        let mut comparison = Comparison::default();
        while let Some((feed, converted)) = feeds.get(next.fetch_add(1, Ordering::Relaxed)) {
            compare(feed, converted, &mut comparison);
        }
        comparison
    };
    let [first, second] =
        thread::scope(|scope| [scope.spawn(work), scope.spawn(work)].map(|work| work.join().unwrap()));
    assert!(
        first.differences.is_empty() && second.differences.is_empty(),
        "{}{}",
        first.differences,
        second.differences
    );
    let (datagrams, packets) = (first.datagrams + second.datagrams, first.packets + second.packets);
    println!("{datagrams} datagrams that tshark dissects to their end, {packets} packets as tshark has them");
    assert!(datagrams >= 1600 && packets >= 9000, "too little was compared: {datagrams} datagrams, {packets} packets");
}

/// How the packets of a feed stand to the traffic that its agent sampled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Truth {
    /// Packets that a recorded frame begins with, and whose length is the frame's.
    exact: usize,
    /// Packets that no recorded frame begins with.
    unmatched: usize,
    /// Packets that frames begin with, but frames of another length.
    other_length: usize,
}

impl Truth {
    /// From the index: `205 exact, 0 without truth, 0 other frame_length`.
    fn of_index(cell: &str) -> Option<Self> {
        let mut numbers = cell.split(", ").map(|part| part.split(' ').next()?.parse().ok());
        let mut number = || numbers.next()?;
        Some(Truth { exact: number()?, unmatched: number()?, other_length: number()? })
    }

    fn find(packets: &[Packet], frames: &[Frame]) -> Self {
        let mut truth = Truth::default();
        for packet in packets {
            let lengths: Vec<u32> = frames.iter().filter_map(|frame| length_if_prefix(packet, frame)).collect();
            if lengths.is_empty() {
                truth.unmatched += 1;
            } else if lengths.contains(&packet.original_length) {
                truth.exact += 1;
            } else {
                truth.other_length += 1;
            }
        }
        truth
    }
}

/// The length that a packet has if it is the beginning of this frame. An IP packet behind a made Ethernet header is compared
/// with the frame's IP packet.
fn length_if_prefix(packet: &Packet, frame: &Frame) -> Option<u32> {
    if frame.link_type == 1 && frame.data.starts_with(&packet.data) {
        return Some(frame.original_length);
    }
    let (header, ip) = packet.data.split_at_checked(14)?;
    let link_header = feed::link_header_length(frame);
    let is_prefix = header[..12] == [0; 12] && frame.data.get(link_header..)?.starts_with(ip);
    is_prefix.then(|| frame.original_length - link_header as u32 + 14)
}

#[test]
fn packets_are_the_beginnings_of_the_frames_that_real_agents_sampled() {
    let Some(directory) = captures::directory() else { return };
    let index = captures::index(&directory);
    let mut packets = 0;
    for (feed, converted) in converted(&directory) {
        // The index has no result for the container that it could not read; the capture is that of base-h128.
        let row = match &feed.name[..] {
            "ovs/base-h128-modified.sflow.pcap" => &index["ovs/base-h128.sflow.pcap"],
            name => &index[name],
        };
        let Some(expected) = row.get(9).and_then(|cell| Truth::of_index(cell)) else {
            assert!(!feed.path.starts_with(directory.join("agents")), "{}: no truth", feed.name);
            continue;
        };
        let beside = feed.path.parent().unwrap();
        let frames: Vec<Frame> =
            row[8].split(", ").flat_map(|file| feed::frames(&fs::read(beside.join(file)).unwrap())).collect();
        assert_eq!(Truth::find(&converted.file.packets, &frames), expected, "{}", feed.name);
        packets += expected.exact;
    }
    println!("{packets} packets are beginnings of frames that were recorded beside the agent");
    assert!(packets >= 5000, "too little was compared: {packets} packets");
}
