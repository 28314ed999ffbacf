//! Damaged datagrams: what cannot be read costs no more than itself, is counted, and is told with its place.
//!
//! Most tests damage one of seven samples whose packets tell them apart, and look for the others.

mod support;

use std::time::{Duration, Instant};

use proptest::prelude::*;
use sflowcap::ErrorKind;
use sflowcap::capture::{Content, Options};
use sflowcap::datagram::MAX_DATAGRAM;
use sflowcap::sample::Direction;

use support::accounts;
use support::captures;
use support::convert::{self, Converted};
use support::wire::{Wire, datagram, flow_sample};

/// The samples of a datagram.
const SAMPLES: usize = 7;

/// The sample that is damaged.
const DAMAGED: usize = 3;

/// The bytes before the first sample.
const DATAGRAM_HEADER: usize = 28;

/// A frame that tells its number by its first address, and whose length is not always a multiple of four.
fn frame(number: usize) -> Vec<u8> {
    let mut frame = vec![2, 0, 0, 0, 0, number as u8, 2, 0, 0, 0, 0, 0xff, 0x88, 0xb5];
    frame.resize(60 + number, 0xee);
    frame
}

fn switch() -> Wire {
    Wire::new().framed(0, 1001, Wire::new().u32s([7, 0, 8, 0]))
}

fn header(number: usize) -> Wire {
    Wire::new().sampled_header(1, 1518, 4, &frame(number))
}

/// A flow sample with something before its header and after it.
fn sample(number: usize) -> Wire {
    flow_sample(&[switch(), header(number), switch()])
}

fn samples() -> Vec<Wire> {
    (0..SAMPLES).map(sample).collect()
}

/// Seven samples, with another one in the damaged one's place.
fn datagram_with(damaged: Wire) -> Vec<u8> {
    let mut samples = samples();
    samples[DAMAGED] = damaged;
    datagram(&samples)
}

/// Where a sample of an undamaged datagram begins.
fn start_of(number: usize) -> usize {
    DATAGRAM_HEADER + samples()[..number].iter().map(|sample| sample.0.len()).sum::<usize>()
}

/// Writes a word over the one at an offset.
fn put(bytes: &mut [u8], offset: usize, word: u32) {
    bytes[offset..offset + 4].copy_from_slice(&word.to_be_bytes());
}

/// Seven samples, with the word at this offset of the damaged one changed.
fn datagram_with_word(offset: usize, word: u32) -> Vec<u8> {
    let mut damaged = sample(DAMAGED);
    put(&mut damaged.0, offset, word);
    datagram_with(damaged)
}

/// Offsets in a sample.
const LENGTH: usize = 4;
const RECORDS: usize = 36;
const FIRST_RECORD: usize = 40;
/// The record of the sampled header, behind that of the switch.
const HEADER_RECORD: usize = FIRST_RECORD + 24;
const PROTOCOL: usize = HEADER_RECORD + 8;
const HEADER_LENGTH: usize = PROTOCOL + 12;
const HEADER: usize = HEADER_LENGTH + 4;

/// The numbers of the packets in a file, as far as they are long enough to tell. A packet must be what was sampled, or its
/// beginning; a header length that is wrong by less than the padding takes the padding in.
fn numbers(converted: &Converted) -> Vec<usize> {
    let packets = converted.file.packets.iter();
    packets
        .filter_map(|packet| {
            let number = packet.data.get(5).map(|number| usize::from(*number));
            let sampled = Wire(frame(number.unwrap_or(0))).pad().0;
            assert!(sampled.starts_with(&packet.data), "an invented packet: {packet:?}");
            number
        })
        .collect()
}

fn without(damaged: usize) -> Vec<usize> {
    (0..SAMPLES).filter(|number| *number != damaged).collect()
}

fn all() -> Vec<usize> {
    (0..SAMPLES).collect()
}

/// The faults told: structure, offset and kind.
fn faults(converted: &Converted) -> Vec<(&'static str, usize, ErrorKind)> {
    let errors = converted.faults.iter().map(|fault| fault.error);
    errors.map(|error| (error.structure, error.offset, error.kind)).collect()
}

#[test]
fn an_undamaged_datagram_gives_its_seven_packets() {
    let converted = convert::payload(&datagram(&samples()));
    assert_eq!(numbers(&converted), all());
    assert_eq!((converted.totals.malformed, converted.faults.len()), (0, 0));
    accounts::check(&converted);
}

#[test]
fn a_datagram_cut_anywhere_keeps_every_header_before_the_cut() {
    let whole = datagram(&samples());
    for cut in 0..whole.len() {
        let converted = convert::payload(&whole[..cut]);
        let header_is_whole = |number: &usize| start_of(*number) + HEADER + frame(*number).len() <= cut;
        assert_eq!(numbers(&converted), all().into_iter().filter(header_is_whole).collect::<Vec<_>>(), "cut at {cut}");
        assert!(converted.file.packets.iter().all(|packet| packet.data.len() >= 60), "cut at {cut}");
        assert_eq!(converted.totals.malformed, 1, "cut at {cut}");
        assert!(converted.faults.iter().all(|fault| fault.error.offset <= cut), "{:?}", converted.faults);
        accounts::check(&converted);
    }
}

#[test]
fn a_cut_is_told_with_the_bytes_that_are_missing() {
    let whole = datagram(&samples());
    let start = start_of(DAMAGED);
    let needed = sample(DAMAGED).0.len() - 8;
    let converted = convert::payload(&whole[..start + 100]);
    assert_eq!(faults(&converted)[0], ("sample", start + 8, ErrorKind::Truncated { needed, left: 92 }));
    let converted = convert::payload(&whole[..start + 6]);
    assert_eq!(faults(&converted), [("sample", start, ErrorKind::Truncated { needed: 8, left: 6 })]);
    let converted = convert::payload(&whole[..20]);
    assert_eq!(faults(&converted), [("sample_datagram", 12, ErrorKind::Truncated { needed: 16, left: 8 })]);
}

#[test]
fn padding_after_the_last_record_or_in_a_record_costs_nothing() {
    let mut after_records = sample(DAMAGED);
    let length = after_records.0.len() as u32 - 8;
    put(&mut after_records.0, LENGTH, length + 4);
    let in_record =
        flow_sample(&[Wire::new().framed(0, 1, Wire::new().u32s([1, 1518, 4]).opaque(frame(DAMAGED)).raw([0xa5; 4]))]);
    let many = flow_sample(&[header(DAMAGED)]);
    for damaged in [after_records.raw([0; 4]), in_record, many] {
        let converted = convert::payload(&datagram_with(damaged));
        assert_eq!(numbers(&converted), all());
        assert_eq!(faults(&converted), []);
    }
}

#[test]
fn bytes_after_the_last_sample_are_ignored() {
    for (count, byte) in [(1, 0xff), (4, 0), (20, 0), (20, 1), (332, 0), (964, 0xff)] {
        let converted = convert::payload(&[datagram(&samples()), vec![byte; count]].concat());
        assert_eq!(numbers(&converted), all());
        assert_eq!(faults(&converted), [], "{count} bytes of {byte:#x}");
    }
}

#[test]
fn a_wrong_sample_length_is_told_and_put_right_by_the_sample_s_records() {
    for damaged in 0..SAMPLES {
        let right = sample(damaged).0.len() as u32 - 8;
        // Twelve bytes into the next sample its source and rate look like another sample's tag and length.
        for wrong in [0, 1, 31, right - 4, right + 4, right + 12, right + 16, u32::MAX, u32::MAX - 3, 0x7fff_fffc] {
            let mut bytes = datagram(&samples());
            put(&mut bytes, start_of(damaged) + LENGTH, wrong);
            let converted = convert::payload(&bytes);
            assert_eq!(numbers(&converted), all(), "sample {damaged} of {right} bytes says {wrong}");
            let kind = ErrorKind::SampleLength { declared: wrong, actual: right as usize };
            assert_eq!(faults(&converted), [("sample", start_of(damaged), kind)]);
            assert_eq!(converted.totals.malformed, 1);
        }
    }
}

#[test]
fn where_records_prove_nothing_the_samples_behind_a_wrong_length_are_told_as_lost() {
    let length = sample(DAMAGED).0.len() as u32 - 8 + 24;
    let mut bytes = datagram_with_word(LENGTH, length);
    put(&mut bytes, start_of(DAMAGED) + FIRST_RECORD + 4, u32::MAX);
    let converted = convert::payload(&bytes);
    assert_eq!(numbers(&converted), all()[..DAMAGED]);
    let lost = (SAMPLES - DAMAGED - 1) as u32;
    let end = start_of(DAMAGED) + 8 + length as usize;
    assert_eq!(faults(&converted)[0], ("sample", end, ErrorKind::NoSample { lost }));
    assert_eq!(converted.totals.malformed, 1);
}

#[test]
fn samples_are_never_read_as_records_of_the_sample_before() {
    // A pool of 64 packets stands where a sampled header has its length.
    let small_pool = |number| {
        let body = Wire::new().u32s([1, 3, 100, 64, 0, 3, 4, 2]).raw(header(number).0).raw(switch().0);
        Wire::new().framed(0, 1, body)
    };
    let right = small_pool(DAMAGED).0.len() as u32 - 8;
    for length in [0, 12, right - 4, right, right + 4, right + 8] {
        for records in [1, 3, 4, 5, u32::MAX] {
            let mut damaged = small_pool(DAMAGED);
            put(&mut damaged.0, LENGTH, length);
            put(&mut damaged.0, RECORDS, records);
            let samples: Vec<Wire> =
                (0..SAMPLES).map(|at| if at == DAMAGED { damaged.clone() } else { small_pool(at) }).collect();
            let converted = convert::payload(&datagram(&samples));
            assert_eq!(numbers(&converted)[..DAMAGED], all()[..DAMAGED], "length {length}, {records} records");
            accounts::check(&converted);
        }
    }
}

#[test]
fn a_record_of_length_zero_costs_its_own_sample_at_most() {
    let converted = convert::payload(&datagram_with_word(HEADER_RECORD + 4, 0));
    assert_eq!(numbers(&converted), without(DAMAGED));
    let offset = start_of(DAMAGED) + PROTOCOL;
    assert!(faults(&converted).contains(&("sampled_header", offset, ErrorKind::Truncated { needed: 4, left: 0 })));
    assert_eq!(converted.totals.malformed, 1);
    accounts::check(&converted);
    // Of another record: the header behind it cannot be found.
    let converted = convert::payload(&datagram_with_word(FIRST_RECORD + 4, 0));
    assert!(numbers(&converted).iter().filter(|number| **number != DAMAGED).eq(&without(DAMAGED)));
}

#[test]
fn a_header_longer_than_its_record_costs_its_own_sample() {
    let left = frame(DAMAGED).len().next_multiple_of(4);
    for wrong in [left + 1, left + 4, left + 24, 1 << 16, u32::MAX as usize - 3, u32::MAX as usize] {
        let converted = convert::payload(&datagram_with_word(HEADER_LENGTH, wrong as u32));
        assert_eq!(numbers(&converted), without(DAMAGED), "{wrong}");
        let offset = start_of(DAMAGED) + HEADER;
        assert_eq!(faults(&converted), [("sampled_header", offset, ErrorKind::Truncated { needed: wrong, left })]);
        assert_eq!(converted.totals.malformed, 1);
        accounts::check(&converted);
    }
}

#[test]
fn a_record_longer_than_its_sample_is_told_and_costs_no_header_that_is_whole() {
    let header_record = start_of(DAMAGED) + HEADER_RECORD;
    let left = sample(DAMAGED).0.len() - HEADER_RECORD - 8;
    for wrong in [left + 1, left + 4, 1 << 20, u32::MAX as usize] {
        let converted = convert::payload(&datagram_with_word(HEADER_RECORD + 4, wrong as u32));
        assert_eq!(numbers(&converted), all(), "{wrong}");
        let kind = ErrorKind::Truncated { needed: wrong, left };
        assert_eq!(faults(&converted), [("record", header_record + 8, kind)]);
    }
}

#[test]
fn an_unknown_next_hop_is_no_fault() {
    let router = |next_hop: Wire| Wire::new().framed(0, 1002, next_hop.u32s([24, 16]));
    for next_hop in [Wire::new().u32(0), Wire::new().u32s([0, 0]), Wire::new().u32s([1, 0])] {
        let converted = convert::payload(&datagram_with(flow_sample(&[router(next_hop), header(DAMAGED)])));
        assert_eq!(numbers(&converted), all());
        assert_eq!(faults(&converted), []);
    }
}

/// A datagram with this agent, and these words between it and the samples.
fn datagram_of(agent: &[u32], samples: &[Wire]) -> Vec<u8> {
    let header = Wire::new().u32(5).u32s(agent.iter().copied()).u32s([0, 7, 1000, samples.len() as u32]);
    samples.iter().fold(header, |datagram, sample| datagram.raw(&sample.0)).0
}

#[test]
fn an_agent_without_an_address_is_told_by_its_sender_whether_or_not_four_bytes_follow_its_type() {
    let vendor = Wire::new().framed(4300, 1002, Wire::new().u32s([1, 2, 3]));
    let with_vendor: Vec<Wire> = [vendor].into_iter().chain(samples()).collect();
    for agent in [&[0][..], &[0, 0], &[0, 0xffff_ffff]] {
        for samples in [samples(), vec![sample(0)], with_vendor.clone()] {
            let converted = convert::payload(&datagram_of(agent, &samples));
            assert_eq!(faults(&converted), [], "{agent:?}, {} samples", samples.len());
            assert_eq!(numbers(&converted), all()[..samples.len().min(SAMPLES)]);
            assert!(converted.file.interfaces[1..].iter().all(|interface| interface.name == "192.0.2.1:3"));
        }
        let converted = convert::payload(&datagram_of(agent, &[]));
        assert_eq!((faults(&converted), converted.totals.datagrams), (vec![], 1));
    }
}

#[test]
fn an_agent_address_of_unknown_type_is_told() {
    for kind in [3, 0x0100_0000, u32::MAX] {
        let converted = convert::payload(&datagram_of(&[kind, 0x0a00_0001], &samples()));
        assert_eq!(numbers(&converted), []);
        assert_eq!(faults(&converted), [("sample_datagram", 4, ErrorKind::AddressType(kind))]);
        assert_eq!(converted.totals.malformed, 1);
    }
}

#[test]
fn other_versions_are_told() {
    for version in [0, 1, 3, 6, 0x0005_0000, 0x0900_0500] {
        let mut bytes = datagram(&samples());
        put(&mut bytes, 0, version);
        let converted = convert::payload(&bytes);
        assert_eq!(numbers(&converted), []);
        assert_eq!(faults(&converted), [("sample_datagram", 0, ErrorKind::Version(version))]);
    }
}

#[test]
fn samples_and_records_of_unknown_kinds_are_skipped_by_their_length_and_samples_counted() {
    for length in [0, 4, 9, 120] {
        for (enterprise, format) in [(4300, 1004), (0, 6), (0, 4095), (0xf_ffff, 4095), (9, 1)] {
            let unknown = Wire::new().framed(enterprise, format, Wire::new().raw(vec![0xff; length]));
            let converted = convert::payload(&datagram_with(unknown.clone().pad()));
            assert_eq!(numbers(&converted), without(DAMAGED), "{enterprise}:{format} of {length} bytes");
            assert_eq!((faults(&converted), converted.totals.unknown_samples), (vec![], 1));
            let converted = convert::payload(&datagram_with(flow_sample(&[unknown.pad(), header(DAMAGED)])));
            assert_eq!(numbers(&converted), all(), "{enterprise}:{format} of {length} bytes");
            assert_eq!((faults(&converted), converted.totals.unknown_samples), (vec![], 0));
        }
    }
}

#[test]
fn a_sample_too_short_for_its_kind_costs_itself() {
    for (enterprise, format) in [(0, 1), (0, 2), (0, 3), (0, 4), (0, 5), (4300, 1002), (4300, 1003)] {
        for length in [0, 4] {
            let short = Wire::new().framed(enterprise, format, Wire::new().raw(vec![0; length]));
            for place in 0..SAMPLES {
                let mut samples = samples();
                samples[place] = short.clone();
                let converted = convert::payload(&datagram(&samples));
                assert_eq!(numbers(&converted), without(place), "{enterprise}:{format} of {length} bytes at {place}");
                assert_eq!((faults(&converted).len(), converted.totals.malformed), (1, 1));
                accounts::check(&converted);
            }
        }
    }
}

#[test]
fn packets_of_unknown_protocols_are_counted_and_left_out() {
    for protocol in [0, 19, 600, u32::MAX] {
        let converted = convert::payload(&datagram_with_word(PROTOCOL, protocol));
        assert_eq!(numbers(&converted), without(DAMAGED));
        assert_eq!((faults(&converted), converted.totals.no_link_type), (vec![], 1));
        accounts::check(&converted);
    }
}

#[test]
fn more_samples_announced_than_sent_cost_nothing_and_are_told() {
    let mut bytes = datagram(&samples());
    for announced in [8, 255, 1 << 16, u32::MAX] {
        put(&mut bytes, 24, announced);
        let converted = convert::payload(&bytes);
        assert_eq!(numbers(&converted), all());
        let fault = ("sample", bytes.len(), ErrorKind::Truncated { needed: 8, left: 0 });
        assert_eq!(faults(&converted), [fault], "{announced}");
        // Where zeros follow instead.
        let converted = convert::payload(&[&bytes[..], &[0; 64]].concat());
        assert_eq!(numbers(&converted), all());
        let lost = announced - SAMPLES as u32;
        assert_eq!(faults(&converted), [("sample", bytes.len(), ErrorKind::NoSample { lost })]);
    }
}

#[test]
fn samples_that_were_not_announced_are_not_read() {
    let mut bytes = datagram(&samples());
    for announced in 0..SAMPLES as u32 {
        put(&mut bytes, 24, announced);
        let converted = convert::payload(&bytes);
        assert_eq!(numbers(&converted), all()[..announced as usize]);
        assert_eq!(faults(&converted), []);
    }
}

#[test]
fn a_sample_without_records_is_counted_and_no_fault() {
    let converted = convert::payload(&datagram_with(flow_sample(&[])));
    assert_eq!(numbers(&converted), without(DAMAGED));
    assert_eq!((faults(&converted), converted.totals.without_header), (vec![], 1));
    accounts::check(&converted);
}

#[test]
fn more_records_announced_than_sent_cost_nothing_and_are_told() {
    for announced in [4, 255, u32::MAX] {
        let converted = convert::payload(&datagram_with_word(RECORDS, announced));
        assert_eq!(numbers(&converted), all());
        let fault = ("record", start_of(DAMAGED + 1), ErrorKind::Truncated { needed: 8, left: 0 });
        assert_eq!(faults(&converted), [fault], "{announced}");
    }
}

#[test]
fn zeros_where_a_record_was_announced_are_padding() {
    for zeros in [8, 12, 64] {
        let mut padded = sample(DAMAGED).raw(vec![0; zeros]);
        let length = padded.0.len() as u32 - 8;
        put(&mut padded.0, LENGTH, length);
        put(&mut padded.0, RECORDS, 5);
        let converted = convert::payload(&datagram_with(padded));
        assert_eq!(numbers(&converted), all());
        assert_eq!(faults(&converted), []);
    }
}

#[test]
fn a_sampled_header_may_be_empty() {
    let empty = flow_sample(&[Wire::new().sampled_header(1, 64, 4, &[])]);
    let converted = convert::payload(&datagram_with(empty));
    let packet = &converted.file.packets[DAMAGED];
    assert_eq!((&packet.data[..], packet.original_length), (&[][..], 60));
    assert_eq!((converted.file.packets.len(), faults(&converted)), (SAMPLES, vec![]));
}

#[test]
fn lengths_that_are_no_multiple_of_four_are_taken_with_and_without_padding() {
    let header_without_padding = |number: usize| {
        Wire::new().framed(0, 1, Wire::new().u32s([1, 1518, 4, frame(number).len() as u32]).raw(frame(number)))
    };
    // Frames of 61, 62 and 63 bytes.
    for number in [1, 2, 3] {
        let unpadded = flow_sample(&[switch(), header_without_padding(number)]);
        assert_ne!(unpadded.0.len() % 4, 0);
        for damaged in [unpadded.clone(), unpadded.pad()] {
            for place in 0..SAMPLES {
                let mut samples = samples();
                samples[place] = damaged.clone();
                let converted = convert::payload(&datagram(&samples));
                let expected: Vec<usize> = (0..SAMPLES).map(|at| if at == place { number } else { at }).collect();
                assert_eq!(numbers(&converted), expected, "sample {place}");
                assert_eq!(faults(&converted), []);
            }
        }
    }
}

/// A datagram of version 2 or 4, whose structures have no lengths. The damaged sample has `extensions`, each a type and its
/// data; the others have one, of a switch.
fn old_datagram(version: u32, extensions: &[Wire]) -> Vec<u8> {
    let switch = [Wire::new().u32s([1, 7, 0, 8, 0])];
    let mut datagram = Wire::new().u32s([version, 1, 0x0a00_0001, 7, 1000, SAMPLES as u32]);
    for number in 0..SAMPLES {
        datagram = datagram.u32s([1, 1, 3, 100, 10_000, 0, 3, 4, 1, 1, 1514]).opaque(frame(number));
        let extensions = if number == DAMAGED { extensions } else { &switch };
        let count = datagram.u32(extensions.len() as u32);
        datagram = extensions.iter().fold(count, |datagram, extension| datagram.raw(&extension.0));
    }
    datagram.0
}

#[test]
fn an_unknown_extension_ends_a_datagram_of_versions_2_and_4_after_the_packet_that_it_belongs_to() {
    for version in [2, 4] {
        let converted = convert::payload(&old_datagram(version, &[]));
        assert_eq!((numbers(&converted), faults(&converted)), (all(), vec![]));
        let bytes = old_datagram(version, &[Wire::new().u32s([1, 7, 0, 8, 0]), Wire::new().u32s([600, 1])]);
        let offset = bytes.windows(4).position(|word| word == 600_u32.to_be_bytes()).unwrap();
        let converted = convert::payload(&bytes);
        assert_eq!(numbers(&converted), all()[..=DAMAGED]);
        let [(_, at, ErrorKind::UnknownType(600))] = faults(&converted)[..] else { panic!("{:?}", converted.faults) };
        assert_eq!((at, converted.totals.malformed), (offset, 1));
        accounts::check(&converted);
    }
}

#[test]
fn a_datagram_of_versions_2_and_4_cut_anywhere_keeps_every_header_before_the_cut() {
    for version in [2, 4] {
        let whole = old_datagram(version, &[]);
        let ends = (0..SAMPLES).map(|number| {
            let frame = frame(number);
            whole.windows(frame.len()).position(|bytes| bytes == frame).unwrap() + frame.len()
        });
        let ends: Vec<usize> = ends.collect();
        for cut in 0..whole.len() {
            let converted = convert::payload(&whole[..cut]);
            let kept = ends.iter().filter(|end| **end <= cut).count();
            assert_eq!(numbers(&converted), all()[..kept], "version {version}, cut at {cut}");
            assert_eq!(converted.totals.malformed, 1, "version {version}, cut at {cut}");
            accounts::check(&converted);
        }
    }
}

/// The place of each length and count of an undamaged datagram, and the sample that it belongs to.
fn lengths_and_counts() -> Vec<(usize, usize)> {
    let in_sample = [LENGTH, RECORDS, FIRST_RECORD + 4, HEADER_RECORD + 4, HEADER_LENGTH];
    let of_sample = |number: usize| {
        let last_record = HEADER + frame(number).len().next_multiple_of(4);
        in_sample.into_iter().chain([last_record + 4]).map(move |at| (number, start_of(number) + at))
    };
    (0..SAMPLES).flat_map(of_sample).collect()
}

#[test]
fn whatever_a_length_or_count_says_the_other_samples_survive_and_no_packet_is_invented() {
    let whole = datagram(&samples());
    for (number, offset) in lengths_and_counts() {
        let right = u32::from_be_bytes(whole[offset..offset + 4].try_into().unwrap());
        let near = (1..=9).flat_map(|by| [right.wrapping_sub(by), right + by]);
        for wrong in near.chain([0, 1, 4, 8, 1 << 16, 0x7fff_ffff, 0x8000_0000, u32::MAX - 7, u32::MAX]) {
            let mut bytes = whole.clone();
            put(&mut bytes, offset, wrong);
            let converted = convert::payload(&bytes);
            let numbers = numbers(&converted);
            let others: Vec<usize> = numbers.iter().copied().filter(|other| *other != number).collect();
            assert_eq!(others, without(number), "{wrong} at {offset} in place of {right}");
            assert!(converted.file.packets.len() <= SAMPLES);
            accounts::check(&converted);
        }
    }
}

/// Any bytes, or a datagram with words written over it and its end cut off.
fn damaged_datagram() -> impl Strategy<Value = Vec<u8>> {
    let word = prop_oneof![0..64_u32, any::<u32>(), Just(u32::MAX), (0..16_u32).prop_map(|n| n << 12 | 1)];
    let discard = Wire::new().framed(0, 5, Wire::new().u32s([1, 0, 3, 0, 3, 0, 258, 1]).raw(header(5).0));
    let expanded = Wire::new().framed(0, 3, Wire::new().u32s([1, 0, 3, 100, 0, 0, 0, 3, 0, 4, 1]).raw(header(6).0));
    let counters = Wire::new().framed(0, 2, Wire::new().u32s([1, 3, 0]));
    let whole = datagram(&[sample(0), discard, expanded, counters, sample(1), sample(2)]);
    let words = prop::collection::vec((0..whole.len() / 4, word), 0..6);
    let written_over = (words, 0..=whole.len()).prop_map(move |(words, end)| {
        let mut bytes = whole.clone();
        for (at, word) in words {
            put(&mut bytes, 4 * at, word);
        }
        // Half of them are whole.
        bytes.truncate(if end % 2 == 0 { bytes.len() } else { end });
        bytes
    });
    let old = (any::<bool>(), prop::collection::vec((any::<prop::sample::Index>(), 0..9_u32), 0..4), 0..800_usize);
    let old = old.prop_map(|(version_2, words, end)| {
        let mut bytes = old_datagram(if version_2 { 2 } else { 4 }, &[]);
        for (at, word) in words {
            let at = 4 * at.index(bytes.len() / 4);
            put(&mut bytes, at, word);
        }
        bytes.truncate(end);
        bytes
    });
    let any_bytes = |most| prop::collection::vec(any::<u8>(), 0..most);
    let with_version = any_bytes(600).prop_map(|bytes| [&[0, 0, 0, 5][..], &bytes].concat());
    prop_oneof![1 => any_bytes(600), 1 => with_version, 1 => old, 3 => written_over]
}

fn options() -> impl Strategy<Value = Options> {
    let direction = prop_oneof![Just(None), Just(Some(Direction::In)), Just(Some(Direction::Out))];
    let interfaces = prop_oneof![4 => Just(""), 1 => Just("3"), 1 => Just("4-9")];
    let content = prop_oneof![Just(Content::Packets), Just(Content::Both)];
    let flags = any::<[bool; 4]>();
    (direction, interfaces, content, flags).prop_map(|(direction, interfaces, content, flags)| {
        let [flow, discard, comments, synthetic] = flags;
        let mut options = Options { content, comments, synthetic, ..Options::default() };
        options.selection.direction = direction;
        options.selection.interfaces = interfaces.parse().unwrap();
        options.selection.kinds.flow = flow;
        options.selection.kinds.discard = discard;
        options
    })
}

proptest! {
    #[test]
    fn no_bytes_panic_or_spoil_the_file_or_the_accounts(
        datagrams in prop::collection::vec(damaged_datagram(), 1..8),
        options in options(),
    ) {
        let datagrams: Vec<_> = datagrams.iter().map(|bytes| convert::received(bytes)).collect();
        let converted = convert::feed(&datagrams, options);
        prop_assert_eq!(converted.totals.datagrams, datagrams.len() as u64);
        accounts::check(&converted);
    }
}

/// As many bytes as a datagram may have, these words over and over behind a header that announces `samples`.
fn longest(samples: u32, pattern: &[u32]) -> Vec<u8> {
    let header = Wire::new().u32s([5, 1, 0x0a00_0001, 0, 7, 1000, samples]);
    let mut bytes = header.u32s(pattern.iter().copied().cycle().take(MAX_DATAGRAM / 4 - 7)).0;
    bytes.truncate(MAX_DATAGRAM);
    bytes
}

#[test]
fn work_is_bounded_by_the_datagram_s_length_whatever_it_claims() {
    // Frames without a body, samples that claim too little or too much, records without a body, and a next sample that is
    // never where a length leads.
    let patterns: [&[u32]; 10] = [
        &[0],
        &[u32::MAX],
        &[1, 0],
        &[4300 << 12 | 1, 0],
        &[1, 32, 1, 3, 100, 1, 0, 3, 4, u32::MAX],
        &[1, 36, 1, 3, 100, 1, 0, 3, 4, u32::MAX],
        &[2, 12, 1, 3, u32::MAX],
        &[4300 << 12 | 1, 4, 0],
        &[1, 32, 1, 3, 100, 1, 0, 3, 4, 0, 4300 << 12 | 1, 4, 0],
        &[1, 32, 1, 3, 100, 1, 0, 3, 4, 0, 1, 4, 0],
    ];
    let started = Instant::now();
    for samples in [1, u32::MAX - 1, u32::MAX] {
        for pattern in patterns {
            for _ in 0..10 {
                accounts::check(&convert::payload(&longest(samples, pattern)));
            }
        }
    }
    // 300 datagrams take a fraction of a second, even unoptimized; work that is quadratic takes minutes.
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
}

#[test]
fn recorded_datagrams_cut_anywhere_give_the_packets_before_the_cut() {
    let Some(directory) = captures::directory() else { return };
    let mut all_cuts = 0;
    for feed in captures::feeds(&directory) {
        // The datagrams of large feeds are much alike: all are cut, each at other places.
        let bytes: usize = feed.datagrams.iter().map(|datagram| datagram.payload.len()).sum();
        let step = 1 + bytes / 5000;
        for (place, datagram) in feed.datagrams.iter().enumerate() {
            let cut_at = |end: usize| {
                let mut datagram = datagram.clone();
                datagram.payload.truncate(end);
                datagram
            };
            let cuts = (place % step..datagram.payload.len()).step_by(step).map(cut_at);
            let cuts: Vec<_> = cuts.chain([datagram.clone()]).collect();
            let converted = convert::feed(&cuts, Options::default());
            let whole = converted.packets_of(cuts.len() - 1);
            for (at, cut) in cuts.iter().enumerate() {
                let packets = converted.packets_of(at);
                let is_beginning = whole.len() >= packets.len()
                    && packets.iter().zip(whole).all(|(packet, whole)| {
                        (&packet.data, packet.original_length) == (&whole.data, whole.original_length)
                    });
                let end = cut.payload.len();
                assert!(is_beginning, "{}: datagram {place} cut at {end}: {packets:?}", feed.name);
            }
            all_cuts += cuts.len();
        }
    }
    println!("{all_cuts} cuts");
}
