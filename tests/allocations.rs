//! Once its agents and interfaces are known, a feed costs no allocation, whatever is in it and whatever is asked for.

mod support;

use std::fs;
use std::num::NonZeroU32;

use allocation_counter::measure;
use sflowcap::capture::{Content, Converter, Format, Options, PacketFilter, Received};
use sflowcap::link::{Framing, LinkType};
use sflowcap::select::Selection;

use support::capture::{self, Header, counters, discard, flow, flow_with};
use support::captures;
use support::feed::{self, Datagram};
use support::wire::Wire;

/// Feeds of one agent whose samples call the same thing by different names: each is kept anew.
const RENAMING: [&str; 1] = ["mikemiles-dev__flowparser-sflow/snapshot_tests.pcap"];

/// Keeps every second packet or so.
#[derive(Debug)]
struct Odd;

impl PacketFilter for Odd {
    fn matches(&self, packet: &[u8], original_length: u32, _: LinkType) -> bool {
        (packet.len() as u32 + original_length) % 2 == 1
    }
}

/// A way to run a converter, and its name.
type Way = (&'static str, fn() -> Options);

fn ways() -> Vec<Way> {
    fn comments() -> Options {
        Options { comments: true, synthetic: true, framing: Framing::Native, ..Options::default() }
    }
    vec![
        ("plain", Options::default),
        ("comments", comments),
        ("filter", || Options { filter: Some(Box::new(Odd)), framing: Framing::Ethernet, ..comments() }),
        ("selection", || {
            let selection = Selection { interfaces: "1-10".parse().unwrap(), ..Selection::default() };
            let selection = Selection { agents: "!192.0.2.1".parse().unwrap(), ..selection };
            Options { selection, content: Content::Both, ..comments() }
        }),
        ("thinned", || Options { max_rate: NonZeroU32::new(1000), ..comments() }),
        ("datagrams", || Options { content: Content::Datagrams, ..comments() }),
        ("pcap", || Options { format: Format::Pcap, framing: Framing::Ethernet, ..comments() }),
    ]
}

/// How often a converter that has seen the feed allocates when the feed comes once more.
fn allocations(datagrams: &[Datagram], options: Options, has_reader: bool) -> u64 {
    let mut converter = Converter::new(options);
    let mut out = Vec::with_capacity(1 << 20);
    converter.begin(0, &mut out);
    let mut events = 0_u64;
    let mut all = |is_written: bool, out: &mut Vec<u8>| {
        for datagram in datagrams {
            out.clear();
            let received =
                Received { timestamp: datagram.timestamp, sender: datagram.source, bytes: &datagram.payload };
            converter.datagram(&received, is_written.then_some(&mut *out), |_| events += 1);
        }
    };
    all(true, &mut out);
    measure(|| all(has_reader, &mut out)).count_total
}

fn assert_none(what: &str, datagrams: &[Datagram]) {
    for (way, options) in ways() {
        for has_reader in [true, false] {
            let counted = allocations(datagrams, options(), has_reader);
            assert_eq!(counted, 0, "allocations: {what}, {way}, with{} a reader", if has_reader { "" } else { "out" });
        }
    }
}

#[test]
fn the_counter_counts() {
    assert!(measure(|| drop(std::hint::black_box(Box::new(1)))).count_total > 0);
    // Interfaces and agents that are new are kept.
    let datagrams = [received(Header::numbered(1).datagram(&[flow(1, 3, 0)]))];
    let mut converter = Converter::new(Options::default());
    let mut out = Vec::with_capacity(1 << 20);
    let first = Received { timestamp: 1, sender: datagrams[0].source, bytes: &datagrams[0].payload };
    assert!(measure(|| converter.datagram(&first, Some(&mut out), |_| ())).count_total > 0);
}

fn received(payload: Vec<u8>) -> Datagram {
    Datagram { payload, ..support::convert::received(&[]) }
}

#[test]
fn datagrams_with_losses_faults_and_strange_names_allocate_nothing() {
    let named = |name: &[u8]| Wire::new().framed(0, 1005, Wire::new().opaque(name));
    let user = Wire::new().framed(0, 1004, Wire::new().u32(3).opaque(b"a\x07b").u32(3).opaque("ü\n".repeat(300)));
    let samples = [
        flow(1, 3, 0),
        flow(9, 3, 7),
        discard(1, 3, 0),
        discard(5, 4, 2),
        flow_with(1, 5, 0, &[capture::frame(), user]),
        counters(3, &[named(b"ge-0/0/3")]),
        counters(4, &[named(b"bell\x07, and \xff")]),
        counters(5, &[named(&[b'x'; 300])]),
        Wire::new().framed(0, 99, Wire::new().u32s([1, 2, 3])),
        Wire::new().framed(0, 1, Wire::new().u32s([1, 2])),
    ];
    let datagrams: Vec<Datagram> = [1, 2, 9, 8, 2, 900, 10]
        .map(|number| received(Header::numbered(number).datagram(&samples)))
        .into_iter()
        .chain([
            received(vec![]),
            received(vec![0; 40]),
            received(Header::numbered(3).datagram(&samples)[..99].to_vec()),
        ])
        .collect();
    assert_none("made datagrams", &datagrams);
}

#[test]
fn our_recorded_feed_allocates_nothing() {
    let demo = fs::read("fixtures/demo.pcap").unwrap();
    assert_none("demo.pcap", &feed::datagrams(&feed::frames(&demo)));
}

#[test]
fn recorded_feeds_allocate_nothing() {
    let Some(directory) = captures::directory() else { return };
    for feed in captures::feeds(&directory) {
        if RENAMING.contains(&feed.name.as_str()) {
            continue;
        }
        assert_none(&feed.name, &feed.datagrams);
    }
}
