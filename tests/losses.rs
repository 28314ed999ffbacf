//! What did not come is told: with the next packet of its port, in the statistics at the file's end, in the totals, and as an
//! event. What came late, twice or from an agent that began anew is not taken for lost.

mod support;

use std::net::IpAddr;

use sflowcap::capture::{Content, Event, Options, PacketFilter};
use sflowcap::link::LinkType;
use sflowcap::sample::Direction;
use sflowcap::select::Selection;

use support::capture::{Capture, Captured, FRAME, Header, counters, discard, flow, flow_with};
use support::old;
use support::wire::Wire;

const AGENT: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 1));

fn lost(datagrams: u32) -> Event {
    Event::Lost { agent: AGENT, sub_agent_id: 0, datagrams }
}

const RESTARTED: Event = Event::Restarted { agent: AGENT, sub_agent_id: 0 };

/// Datagrams with these numbers, each with a sample of port 3 that has the same number and no drops.
fn numbered(numbers: &[u32]) -> Captured {
    let mut capture = Capture::new(Options::default());
    for number in numbers {
        capture.datagram(&Header::numbered(*number).datagram(&[flow(*number, 3, 0)]));
    }
    capture.end()
}

/// Samples of port 3 in datagrams that all come, by their numbers and drops.
fn samples(samples: &[Wire]) -> Captured {
    let mut capture = Capture::new(Options::default());
    for (number, sample) in (1..).zip(samples) {
        capture.datagram(&Header::numbered(number).datagram(std::slice::from_ref(sample)));
    }
    capture.end()
}

const PORT: &str = "10.0.0.1:3";

#[test]
fn a_gap_is_told_everywhere_and_numbers_wrap() {
    for (numbers, gap) in [
        (&[10, 11, 12][..], 0),
        (&[10, 11, 15], 3),
        (&[u32::MAX - 1, u32::MAX, 0], 0),
        (&[u32::MAX - 1, u32::MAX, 3], 3),
        (&[10, 11, 50_000], 49_988),
    ] {
        let captured = numbered(numbers);
        let expected = if gap == 0 { vec![] } else { vec![lost(gap)] };
        assert_eq!(captured.events, expected, "{numbers:?}");
        assert_eq!(captured.drop_counts(PORT), [0, 0, u64::from(gap)], "{numbers:?}");
        assert_eq!(captured.dropped(PORT), u64::from(gap), "{numbers:?}");
        let totals = captured.totals;
        assert_eq!((totals.lost_datagrams, totals.lost_samples), (gap.into(), gap.into()), "{numbers:?}");
        assert_eq!((totals.agent_drops, totals.restarts), (0, 0), "{numbers:?}");
    }
}

#[test]
fn the_first_number_may_be_any() {
    for first in [0, 1, 77, u32::MAX] {
        let captured = numbered(&[first]);
        assert_eq!((&captured.events[..], captured.drop_counts(PORT)), (&[][..], vec![0]), "{first}");
    }
}

#[test]
fn samples_may_be_missing_where_no_datagram_is() {
    let captured = samples(&[flow(1, 3, 0), flow(2, 3, 0), flow(6, 3, 0), flow(7, 3, 0)]);
    assert_eq!(captured.events, []);
    assert_eq!((captured.drop_counts(PORT), captured.dropped(PORT)), (vec![0, 0, 3, 0], 3));
    assert_eq!((captured.totals.lost_datagrams, captured.totals.lost_samples), (0, 3));
}

#[test]
fn losses_stand_with_the_port_that_they_are_of() {
    let mut capture = Capture::new(Options::default());
    for (number, [of_3, of_4]) in (1..).zip([[1, 1], [2, 2], [6, 3], [7, 9]]) {
        capture.datagram(&Header::numbered(number).datagram(&[flow(of_3, 3, 0), flow(of_4, 4, 0)]));
    }
    // Another agent's port 3 is another port.
    let other = Header { agent: 2, ..Header::numbered(500) };
    capture.datagram(&other.datagram(&[flow(500, 3, 0)]));
    let captured = capture.end();
    assert_eq!((captured.drop_counts(PORT), captured.dropped(PORT)), (vec![0, 0, 3, 0], 3));
    assert_eq!((captured.drop_counts("10.0.0.1:4"), captured.dropped("10.0.0.1:4")), (vec![0, 0, 0, 5], 5));
    assert_eq!((captured.drop_counts("10.0.0.2:3"), captured.dropped("10.0.0.2:3")), (vec![0], 0));
    assert_eq!((captured.totals.lost_samples, captured.dropped("sflow")), (8, 0));
}

#[test]
fn a_latecomer_is_taken_back_from_what_was_lost() {
    let captured = numbered(&[1, 2, 5, 3, 4, 6]);
    assert_eq!(captured.events, [lost(2)]);
    assert_eq!(captured.drop_counts(PORT), [0, 0, 2, 0, 0, 0]);
    assert_eq!(captured.dropped(PORT), 0);
    assert_eq!((captured.totals.lost_datagrams, captured.totals.lost_samples), (0, 0));
    assert_eq!(captured.totals.written, 6);
}

#[test]
fn what_comes_twice_is_written_twice_and_no_loss() {
    let captured = numbered(&[1, 2, 2, 1, 3]);
    assert_eq!((&captured.events[..], captured.drop_counts(PORT)), (&[][..], vec![0; 5]));
    let captured = numbered(&[1, 4, 4, 4, 5]);
    assert_eq!((&captured.events[..], captured.drop_counts(PORT)), (&[lost(2)][..], vec![0, 2, 0, 0, 0]));
}

#[test]
fn an_agent_whose_clock_goes_back_began_anew_and_so_did_its_ports() {
    let mut capture = Capture::new(Options::default());
    // Number, uptime, sample and drops; the numbers after the restart look like late ones.
    for (sequence_number, uptime, sample, drops) in
        [(70, 500_000, 170, 40), (71, 501_000, 171, 40), (1, 1_000, 1, 0), (2, 2_000, 2, 0), (4, 4_000, 5, 1)]
    {
        let header = Header { uptime, ..Header::numbered(sequence_number) };
        capture.datagram(&header.datagram(&[flow(sample, 3, drops)]));
    }
    let captured = capture.end();
    assert_eq!(captured.events, [RESTARTED, lost(1)]);
    assert_eq!((captured.drop_counts(PORT), captured.dropped(PORT)), (vec![0, 0, 0, 0, 2 + 1], 3));
    let totals = captured.totals;
    assert_eq!((totals.restarts, totals.lost_datagrams, totals.lost_samples, totals.agent_drops), (1, 1, 2, 1));
}

#[test]
fn an_agent_whose_numbers_jump_began_anew() {
    for jump in [[500_000, 1, 2], [1, 4_000_000, 4_000_001]] {
        let captured = numbered(&jump);
        assert_eq!((&captured.events[..], captured.drop_counts(PORT)), (&[RESTARTED][..], vec![0; 3]), "{jump:?}");
        assert_eq!((captured.totals.lost_datagrams, captured.totals.lost_samples), (0, 0), "{jump:?}");
    }
}

#[test]
fn a_clock_that_wraps_is_no_restart() {
    let mut capture = Capture::new(Options::default());
    for (sequence_number, uptime) in [(1, u32::MAX - 1000), (2, 500), (5, 3500)] {
        let header = Header { uptime, ..Header::numbered(sequence_number) };
        capture.datagram(&header.datagram(&[flow(sequence_number, 3, 0)]));
    }
    assert_eq!(capture.end().events, [lost(2)]);
}

#[test]
fn sub_agents_count_apart_on_the_same_port() {
    let mut capture = Capture::new(Options::default());
    for (sub_agent_id, sequence_number) in [(0, 5), (9, 5000), (0, 6), (9, 5001), (9, 5004), (0, 7)] {
        let header = Header { sub_agent_id, ..Header::numbered(sequence_number) };
        capture.datagram(&header.datagram(&[flow(sequence_number, 3, sequence_number)]));
    }
    let captured = capture.end();
    assert_eq!(captured.events, [Event::Lost { agent: AGENT, sub_agent_id: 9, datagrams: 2 }]);
    // Two samples are missing, and three more were dropped; each of the other steps is one drop.
    assert_eq!((captured.drop_counts(PORT), captured.dropped(PORT)), (vec![0, 0, 1, 1, 2 + 3, 1], 8));
}

#[test]
fn what_the_agent_dropped_is_lost_too_and_its_count_wraps() {
    let drops = [7, 7, 11, u32::MAX, 2, 2];
    let sent: Vec<Wire> = (1..).zip(drops).map(|(number, drops)| flow(number, 3, drops)).collect();
    let captured = samples(&sent);
    // From 11 to the largest number nothing grew: that is no count of drops.
    assert_eq!((captured.drop_counts(PORT), captured.dropped(PORT)), (vec![0, 0, 4, 0, 3, 0], 7));
    assert_eq!((captured.totals.agent_drops, captured.totals.lost_samples), (7, 0));
    assert_eq!(captured.events, []);
}

#[test]
fn discards_are_counted_apart_from_sampled_packets_and_stand_with_the_same_port() {
    let captured = samples(&[
        flow(1, 3, 100),
        discard(800, 3, 5),
        flow(2, 3, 100),
        discard(801, 3, 9),
        flow(3, 3, 101),
        discard(804, 3, 9),
    ]);
    assert_eq!((captured.drop_counts(PORT), captured.dropped(PORT)), (vec![0, 0, 0, 4, 1, 2], 7));
    assert_eq!((captured.totals.agent_drops, captured.totals.lost_samples), (5, 2));
}

#[test]
fn counter_samples_have_numbers_of_their_own() {
    // All of them are numbered 1.
    let captured = samples(&[flow(60, 3, 0), counters(3, &[]), flow(61, 3, 0), counters(3, &[]), flow(62, 3, 0)]);
    assert_eq!((captured.drop_counts(PORT), captured.totals.lost_samples), (vec![0; 3], 0));
}

/// Keeps packets of this length.
#[derive(Debug)]
struct OfLength(u32);

impl PacketFilter for OfLength {
    fn matches(&self, _: &[u8], original_length: u32, _: LinkType) -> bool {
        original_length == self.0
    }
}

#[test]
fn losses_wait_for_a_packet_that_the_filter_keeps() {
    let long = |number| flow_with(number, 3, 0, &[Wire::new().sampled_header(1, 1504, 4, &FRAME)]);
    let mut capture = Capture::new(Options { filter: Some(Box::new(OfLength(1500))), ..Options::default() });
    for (number, sample) in (1..).zip([long(1), flow(3, 3, 0), flow(6, 3, 0), long(7), long(8), flow(10, 3, 0)]) {
        capture.datagram(&Header::numbered(number).datagram(&[sample]));
    }
    let captured = capture.end();
    assert_eq!((captured.drop_counts(PORT), captured.dropped(PORT)), (vec![0, 1 + 2, 0], 4));
    assert_eq!((captured.totals.filtered, captured.totals.lost_samples), (3, 4));
}

#[test]
fn losses_wait_for_a_packet_of_the_selected_direction() {
    let selection = Selection { direction: Some(Direction::Out), ..Selection::default() };
    let mut capture = Capture::new(Options { selection, ..Options::default() });
    // The packet of a sample in between goes out of the port that sampled it.
    let out = |number| {
        let mut sample = flow(number, 3, 0);
        sample.0[8 + 5 * 4..][..8].copy_from_slice(&[0, 0, 0, 99, 0, 0, 0, 3]);
        sample
    };
    for (number, sample) in (1..).zip([flow(1, 3, 0), flow(4, 3, 0), out(5), out(6), flow(8, 3, 0)]) {
        capture.datagram(&Header::numbered(number).datagram(&[sample]));
    }
    let captured = capture.end();
    assert_eq!((captured.drop_counts(PORT), captured.dropped(PORT)), (vec![2, 0], 3));
}

#[test]
fn samples_of_a_pause_are_counted_as_such_and_are_no_losses() {
    for (content, packets) in [(Content::Packets, 2), (Content::Datagrams, 2), (Content::Both, 4)] {
        let mut capture = Capture::new(Options { content, ..Options::default() });
        for (number, paused) in [(1, false), (2, true), (3, true), (9, false)] {
            capture.pause(paused);
            capture.datagram(&Header::numbered(number).datagram(&[flow(number, 3, 0)]));
        }
        let Captured { totals, file, .. } = capture.end();
        assert_eq!((totals.flow_samples, totals.paused, totals.other_kinds), (4, 2, 0));
        assert_eq!((file.packets.len(), totals.lost_samples, totals.lost_datagrams), (packets, 0, 0));
        assert!(totals.to_string().contains("2 samples left out by a pause"));
    }
}

#[test]
fn for_a_port_that_no_packet_is_written_of_the_capture_as_a_whole_answers() {
    let mut capture = Capture::new(Options { filter: Some(Box::new(OfLength(0))), ..Options::default() });
    for number in [1, 5] {
        capture.datagram(&Header::numbered(number).datagram(&[flow(number, 3, 0)]));
    }
    let captured = capture.end();
    assert_eq!(captured.file.interfaces.len(), 1);
    assert_eq!((captured.totals.lost_samples, captured.dropped("sflow")), (3, 3));
}

#[test]
fn lost_datagrams_stand_with_the_agents_next_datagram_where_these_are_written() {
    for content in [Content::Datagrams, Content::Both] {
        let mut capture = Capture::new(Options { content, ..Options::default() });
        for number in [1, 2, 5, 4, 6] {
            capture.datagram(&Header::numbered(number).datagram(&[flow(number, 3, 0)]));
        }
        let captured = capture.end();
        assert_eq!(captured.events, [lost(2)]);
        assert_eq!((captured.drop_counts("10.0.0.1"), captured.dropped("10.0.0.1")), (vec![0, 0, 2, 0, 0], 1));
        if content == Content::Both {
            assert_eq!((captured.drop_counts(PORT), captured.dropped(PORT)), (vec![0, 0, 2, 0, 0], 1));
        }
    }
}

/// A datagram of version 2 or 4 with a sample of port 3, which all have these numbers.
fn old_datagram(version: u32, number: u32) -> Vec<u8> {
    let mut sample = old::flow_sample(old::header(1, 60, &FRAME), &[]);
    sample.0[4..8].copy_from_slice(&number.to_be_bytes());
    let mut datagram = old::datagram(version, &[sample]);
    datagram[12..16].copy_from_slice(&number.to_be_bytes());
    datagram
}

#[test]
fn an_agent_may_send_several_versions_and_each_counts_apart() {
    let mut capture = Capture::new(Options::default());
    for (version, number) in
        [(5, 10), (4, 600), (2, 70_000), (5, 11), (4, 601), (2, 70_001), (4, 603), (5, 12), (2, 70_002)]
    {
        capture.datagram(&match version {
            5 => Header { uptime: 1000, ..Header::numbered(number) }.datagram(&[flow(number, 3, 5)]),
            _ => old_datagram(version, number),
        });
    }
    let captured = capture.end();
    assert_eq!(captured.events, [lost(1)]);
    assert_eq!(captured.drop_counts(PORT), [0, 0, 0, 0, 0, 0, 1, 0, 0]);
    assert_eq!((captured.totals.lost_datagrams, captured.totals.lost_samples, captured.totals.restarts), (1, 1, 0));
}
