//! The interfaces of a file: what agents call their ports tells what they are, and there may be many.

mod support;

use sflowcap::capture::{Content, MAX_INTERFACES, Options};
use sflowcap::sample::Direction;
use sflowcap::select::Selection;

use support::capture::{Capture, Captured, FRAME, Header, counters, discard, flow};
use support::wire::Wire;

/// `if_counters` of a port with this speed.
fn speed(port: u32, bits_per_second: u64) -> Wire {
    Wire::new().framed(0, 1, Wire::new().u32s([port, 6]).u64(bits_per_second).u32s([0; 18]))
}

/// `port_name`.
fn port_name(name: impl AsRef<[u8]>) -> Wire {
    Wire::new().framed(0, 1005, Wire::new().opaque(name))
}

/// `host_descr` of a Linux host.
fn host(name: &str) -> Wire {
    Wire::new().framed(0, 2000, Wire::new().opaque(name).raw([0; 16]).u32s([3, 2]).opaque("6.1.0"))
}

/// What becomes of these samples, each in a datagram of its own.
fn captured(samples: &[Wire]) -> Captured {
    let mut capture = Capture::new(Options::default());
    for (number, sample) in (1..).zip(samples) {
        capture.datagram(&Header::numbered(number).datagram(std::slice::from_ref(sample)));
    }
    capture.end()
}

fn described(captured: &Captured, name: &str) -> (String, Option<u64>) {
    let interface = &captured.file.interfaces[captured.interface(name)];
    (interface.description.clone().unwrap(), interface.speed)
}

#[test]
fn counters_name_the_interfaces_that_appear_after_them() {
    let captured = captured(&[
        flow(1, 5, 0),
        counters(3, &[speed(3, 10_000_000_000), port_name("swp3")]),
        counters(5, &[port_name("swp5")]),
        counters(200, &[host("leaf-1")]),
        counters(6, &[speed(6, 400_000_000_000)]),
        flow(1, 3, 0),
        flow(1, 4, 0),
        discard(1, 6, 0),
        flow(2, 5, 0),
    ]);
    for (name, description, speed) in [
        ("10.0.0.1:5", "sFlow agent 10.0.0.1, ifIndex 5, sampling 1 in 100", None),
        ("10.0.0.1:3", "sFlow agent 10.0.0.1 (leaf-1), ifIndex 3 (swp3), sampling 1 in 100", Some(10_000_000_000)),
        ("10.0.0.1:4", "sFlow agent 10.0.0.1 (leaf-1), ifIndex 4, sampling 1 in 100", None),
        ("10.0.0.1:6", "sFlow agent 10.0.0.1 (leaf-1), ifIndex 6", Some(400_000_000_000)),
    ] {
        assert_eq!(described(&captured, name), (description.to_owned(), speed));
    }
    // Ports of which only counters came have no interface, and counters are no packets.
    assert_eq!((captured.file.interfaces.len(), captured.file.packets.len()), (1 + 4, 5));
}

#[test]
fn the_host_that_sends_whole_datagrams_is_named_where_it_is_known_before_the_first_is_written() {
    let selection = Selection { direction: Some(Direction::In), ..Selection::default() };
    let mut capture = Capture::new(Options { content: Content::Datagrams, selection, ..Options::default() });
    // A datagram without a selected packet is not written.
    for (number, sample) in (1..).zip([counters(200, &[host("leaf-1")]), flow(1, 3, 0)]) {
        capture.datagram(&Header::numbered(number).datagram(&[sample]));
    }
    capture.datagram(&Header { agent: 2, ..Header::numbered(1) }.datagram(&[flow(1, 3, 0)]));
    let captured = capture.end();
    assert_eq!(described(&captured, "10.0.0.1").0, "sFlow datagrams of agent 10.0.0.1 (leaf-1)");
    assert_eq!(described(&captured, "10.0.0.2").0, "sFlow datagrams of agent 10.0.0.2");
}

#[test]
fn the_last_name_that_is_one_counts() {
    let captured = captured(&[
        counters(3, &[speed(3, 1_000_000), port_name("old")]),
        counters(3, &[speed(3, 100_000_000), port_name("new")]),
        counters(3, &[speed(3, 0), port_name("")]),
        flow(1, 3, 0),
    ]);
    let expected = "sFlow agent 10.0.0.1, ifIndex 3 (new), sampling 1 in 100";
    assert_eq!(described(&captured, "10.0.0.1:3"), (expected.to_owned(), Some(100_000_000)));
}

#[test]
fn names_may_hold_anything() {
    let long = "x".repeat(1000);
    for (name, shown) in [
        (&b"Ethernet1/1 (uplink)"[..], "Ethernet1/1 (uplink)"),
        ("Stra\u{df}e".as_bytes(), "Stra\u{df}e"),
        (b"a\nb\0\xff", "a\\nb\\u{0}\\xff"),
        (long.as_bytes(), &long[..64]),
    ] {
        let captured = captured(&[counters(3, &[port_name(name)]), flow(1, 3, 0)]);
        let expected = format!("sFlow agent 10.0.0.1, ifIndex 3 ({shown}), sampling 1 in 100");
        assert_eq!(described(&captured, "10.0.0.1:3").0, expected);
    }
}

#[test]
fn names_belong_to_the_agent_that_told_them() {
    let mut capture = Capture::new(Options::default());
    capture.datagram(&Header::numbered(1).datagram(&[counters(3, &[port_name("swp3"), host("leaf-1")])]));
    let other = Header { agent: 2, ..Header::numbered(1) };
    capture.datagram(&other.datagram(&[flow(1, 3, 0)]));
    let expected = "sFlow agent 10.0.0.2, ifIndex 3, sampling 1 in 100";
    assert_eq!(described(&capture.end(), "10.0.0.2:3").0, expected);
}

/// A flow sample of a data source of class 2, with a header of one byte.
fn smallest(index: u32) -> Wire {
    let header = Wire::new().sampled_header(1, 64, 4, &FRAME[..1]);
    Wire::new().framed(0, 3, Wire::new().u32s([1, 2, index, 100, 0, 0, 0, 0, 0, 0, 1]).raw(header.0))
}

/// Captures a sample of each of these data sources.
fn many(indices: impl Iterator<Item = u32>) -> Captured {
    let mut capture = Capture::new(Options { comments: false, ..Options::default() });
    let samples: Vec<Wire> = indices.map(smallest).collect();
    for (number, samples) in (1..).zip(samples.chunks(600)) {
        capture.datagram(&Header::numbered(number).datagram(samples));
    }
    capture.end()
}

#[test]
fn an_agent_may_have_thousands_of_interfaces() {
    let captured = many((0..5000).chain((0..5000).rev()));
    let names = captured.file.interfaces[1..].iter().map(|interface| interface.name.clone());
    assert!(names.eq((0..5000).map(|index| format!("10.0.0.1:entity{index}"))));
    let packets = captured.file.packets.iter().map(|packet| packet.interface - 1);
    assert!(packets.eq((0..5000).chain((0..5000).rev())));
    assert!(captured.file.statistics[1..].iter().all(|block| block.delivered == Some(2)));
}

#[test]
fn past_the_bound_packets_go_to_interface_zero_and_are_counted() {
    let most = MAX_INTERFACES as u32;
    let captured = many((0..most + 8).chain([0, most - 1, most]));
    assert_eq!(captured.file.interfaces.len(), 1 + MAX_INTERFACES);
    let packets: Vec<u32> = captured.file.packets.iter().map(|packet| packet.interface).collect();
    assert!(packets[..MAX_INTERFACES].iter().copied().eq(1..=most));
    assert_eq!(packets[MAX_INTERFACES..], [0, 0, 0, 0, 0, 0, 0, 0, 1, most, 0]);
    assert_eq!((captured.totals.past_interface_bound, captured.totals.written), (9, u64::from(most) + 11));
    assert_eq!(captured.file.statistics[0].delivered, Some(9));
}

/// A flow sample of a compact data source, between two compact interfaces.
fn between(source: u32, input: u32, output: u32) -> Wire {
    let fields = Wire::new().u32s([1, source, 100, 0, 0, input, output, 1]);
    Wire::new().framed(0, 1, fields.raw(support::capture::frame().0))
}

#[test]
fn an_interface_is_selected_by_what_sampled_or_by_the_way_where_no_interface_did() {
    const ENTITY: u32 = 0x0200_03e8;
    const VLAN: u32 = 0x0100_0005;
    const MANY: u32 = 0x8000_0005;
    for (source, input, output, taken) in [
        (5, 5, 6, true),
        (5, 7, 8, true),
        (6, 5, 6, false),
        (6, 6, 5, false),
        (ENTITY, 5, 6, true),
        (ENTITY, 6, 5, true),
        (ENTITY, 6, 7, false),
        (ENTITY, 6, MANY, false),
        (VLAN, 6, 7, false),
        (VLAN, 5, 0, true),
        (0, 0, 5, true),
        (0, 0, 0, false),
    ] {
        let selection = Selection { interfaces: "5".parse().unwrap(), ..Selection::default() };
        let mut capture = Capture::new(Options { selection, ..Options::default() });
        capture.datagram(&Header::numbered(1).datagram(&[between(source, input, output)]));
        let totals = capture.end().totals;
        let expected = if taken { (1, 0) } else { (0, 1) };
        assert_eq!((totals.written, totals.other_interfaces), expected, "{source:x} {input} {output:x}");
    }
}
