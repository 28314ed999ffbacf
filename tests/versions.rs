//! Datagrams of versions 2 and 4, which carry no lengths, and streams in which versions change.

mod support;

use std::fmt::Write as _;
use std::process::Command;

use proptest::prelude::*;
use sflowcap::capture::{Converter, Options, Received};
use sflowcap::counters::{CounterRecord, IfCounters};
use sflowcap::flow::{
    AsPathSegmentType, ExtendedGateway, ExtendedRouter, ExtendedSwitch, ExtendedUrl, ExtendedUser, FlowRecord,
    HeaderProtocol, SampledHeader, SampledIpv4, SampledIpv6,
};
use sflowcap::sample::{CounterSample, FlowSample, Interface, Sample};
use sflowcap::structure::Text;
use sflowcap::{Address, Datagram, Error, ErrorKind, Version};
use support::wire::Wire;
use support::{feed, old, wire};

const FRAME: [u8; 22] = *b"\x02\0\0\0\0\x01\x02\0\0\0\0\x02\x08\0payload!";

/// What a datagram has: its samples, and the faults between them.
fn read(bytes: &[u8]) -> Vec<Result<Sample<'_>, Error>> {
    Datagram::parse(bytes).unwrap().samples().collect()
}

fn flow<'a>(item: &Result<Sample<'a>, Error>) -> FlowSample<'a> {
    let Ok(Sample::Flow(sample)) = item else { panic!("{item:?}") };
    sample.clone()
}

fn counters<'a>(item: &Result<Sample<'a>, Error>) -> CounterSample<'a> {
    let Ok(Sample::Counters(sample)) = item else { panic!("{item:?}") };
    sample.clone()
}

/// The records of a flow sample, none of them faulty.
fn records<'a>(item: &Result<Sample<'a>, Error>) -> Vec<FlowRecord<'a>> {
    flow(item).records().map(|record| FlowRecord::decode(&record.unwrap()).unwrap()).collect()
}

fn kind(item: &Result<Sample<'_>, Error>) -> ErrorKind {
    item.as_ref().unwrap_err().kind
}

fn sampled_header() -> FlowRecord<'static> {
    let protocol = HeaderProtocol::ETHERNET;
    FlowRecord::SampledHeader(SampledHeader { protocol, frame_length: 1518, stripped: 0, header: &FRAME })
}

fn gateway_of(version: u32) -> Wire {
    match version {
        2 => old::gateway_v2(&[7, 8]),
        _ => old::gateway_v4(&[(2, &[7, 8]), (1, &[9])], &[0xfde8_0001], 100),
    }
}

/// A datagram with one of everything that the version has.
fn everything(version: u32) -> Vec<u8> {
    let header = || old::header(1, 1518, &FRAME);
    let extensions = [old::switch(), old::router(), gateway_of(version), old::user(), old::url()];
    let blocks: [(u32, &[u32]); 7] =
        [(1, &[88]), (2, &[88, 52]), (3, &[88, 72]), (4, &[88]), (5, &[88, 80]), (6, &[88]), (7, &[28])];
    let mut samples = vec![
        old::flow_sample(header(), &extensions),
        old::flow_sample(old::ipv4(), &[]),
        old::flow_sample(old::ipv6(), &[old::switch()]),
    ];
    for (version, lengths) in blocks {
        samples
            .push(old::counters_sample(version, &lengths.iter().map(|bytes| old::block(*bytes)).collect::<Vec<_>>()));
    }
    samples.push(old::flow_sample(header(), &[]));
    old::datagram(version, &samples)
}

#[test]
fn the_header_has_no_sub_agent() {
    for (number, version) in [(2, Version::V2), (4, Version::V4)] {
        let bytes = old::datagram(number, &[]);
        let datagram = Datagram::parse(&bytes).unwrap();
        assert_eq!(datagram.version, version);
        assert_eq!(datagram.agent, Address::V4([10, 0, 0, 1].into()));
        let numbers = (datagram.sub_agent_id, datagram.sequence_number, datagram.uptime, datagram.num_samples);
        assert_eq!(numbers, (0, 7, 1000, 0));
        assert_eq!(datagram.samples().count(), 0);
    }
    for number in [0, 1, 3, 6] {
        let error = Datagram::parse(&old::datagram(number, &[])).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Version(number));
    }
}

#[test]
fn packet_data_of_each_type_is_the_record_that_version_5_has_for_it() {
    let ipv4 = SampledIpv4 {
        length: 60,
        protocol: 6,
        src_ip: [192, 0, 2, 1].into(),
        dst_ip: [192, 0, 2, 2].into(),
        src_port: 1234,
        dst_port: 80,
        tcp_flags: 0x12,
        tos: 0x20,
    };
    let ipv6 = SampledIpv6 {
        length: 80,
        protocol: 17,
        src_ip: [0xfd; 16].into(),
        dst_ip: [0xfe; 16].into(),
        src_port: 4321,
        dst_port: 53,
        tcp_flags: 0,
        priority: 7,
    };
    for version in [2, 4] {
        for (data, expected) in [
            (old::header(1, 1518, &FRAME), sampled_header()),
            (old::ipv4(), FlowRecord::SampledIpv4(ipv4)),
            (old::ipv6(), FlowRecord::SampledIpv6(ipv6)),
        ] {
            let bytes = old::datagram(version, &[old::flow_sample(data, &[])]);
            let items = read(&bytes);
            assert_eq!(items.len(), 1);
            assert_eq!(records(&items[0]), [expected]);
            let sample = flow(&items[0]);
            assert_eq!(
                (
                    sample.sequence_number(),
                    sample.source().if_index(),
                    sample.sampling_rate(),
                    sample.sample_pool(),
                    sample.drops()
                ),
                (21, Some(3), 100, 10_000, 5)
            );
        }
    }
}

#[test]
fn extensions_of_each_type_are_the_records_that_version_5_has_for_them() {
    for version in [2, 4] {
        let extensions = [old::switch(), old::router(), gateway_of(version), old::user(), old::url()];
        let bytes = old::datagram(version, &[old::flow_sample(old::header(1, 1518, &FRAME), &extensions)]);
        let items = read(&bytes);
        let records = records(&items[0]);
        let nexthop = Address::V4([10, 0, 0, 254].into());
        let FlowRecord::ExtendedGateway(gateway) = records[3] else { panic!("{records:?}") };
        let expected = [
            sampled_header(),
            FlowRecord::ExtendedSwitch(ExtendedSwitch { src_vlan: 10, src_priority: 2, dst_vlan: 20, dst_priority: 5 }),
            FlowRecord::ExtendedRouter(ExtendedRouter { nexthop, src_mask_len: 24, dst_mask_len: 16 }),
            FlowRecord::ExtendedGateway(gateway),
            FlowRecord::ExtendedUser(ExtendedUser {
                src_charset: 0,
                src_user: Text(b"alice"),
                dst_charset: 0,
                dst_user: Text(b"bob"),
            }),
            FlowRecord::ExtendedUrl(ExtendedUrl { direction: 2, url: Text(b"/index.html"), host: Text(b"") }),
        ];
        assert_eq!((records.as_slice(), items.len()), (expected.as_slice(), 1));

        let ExtendedGateway { nexthop, as_number, src_as, src_peer_as, dst_as_path, communities, localpref } = gateway;
        assert_eq!((nexthop, as_number, src_as, src_peer_as), (Address::Unknown, 65000, 65001, 65002));
        let segments: Vec<_> = dst_as_path.segments().iter().map(|s| (s.kind, s.as_numbers.iter().collect())).collect();
        let sequence = (AsPathSegmentType::AS_SEQUENCE, vec![7, 8]);
        if version == 2 {
            assert_eq!(segments, [sequence], "one segment, of no stated type");
            assert_eq!((communities.len(), localpref), (0, 0));
        } else {
            assert_eq!(segments, [sequence, (AsPathSegmentType::AS_SET, vec![9])]);
            assert_eq!((communities.iter().collect(), localpref), (vec![0xfde8_0001], 100));
        }
    }
}

#[test]
fn counters_of_each_version_are_the_records_that_version_5_has_for_them() {
    let generic = (1, 88);
    for (version, blocks) in [
        (1, vec![generic]),
        (2, vec![generic, (2, 52)]),
        (3, vec![generic, (3, 72)]),
        (4, vec![generic]),
        (5, vec![generic, (4, 80)]),
        (6, vec![generic]),
        (7, vec![(5, 28)]),
    ] {
        let wire: Vec<_> = blocks.iter().map(|(_, bytes)| old::block(*bytes)).collect();
        let bytes = old::datagram(4, &[old::counters_sample(version, &wire)]);
        let items = read(&bytes);
        assert_eq!(items.len(), 1, "{items:?}");
        let sample = counters(&items[0]);
        assert_eq!((sample.sequence_number(), sample.source().if_index()), (22, Some(3)));
        let records: Vec<_> = sample.records().map(Result::unwrap).collect();
        for ((record, (format, _)), wire) in records.iter().zip(&blocks).zip(&wire) {
            assert_eq!((record.tag.enterprise(), record.tag.format()), (0, *format));
            assert_eq!(record.body(), wire.0);
        }
        assert_eq!(records.len(), blocks.len());
        if version != 7 {
            let Ok(CounterRecord::IfCounters(IfCounters { if_index, if_speed, if_promiscuous_mode, .. })) =
                CounterRecord::decode(&records[0])
            else {
                panic!("{records:?}")
            };
            assert_eq!((if_index, if_speed, if_promiscuous_mode), (1, 3 << 32 | 4, 22));
        }
    }
}

#[test]
fn the_output_tells_an_interface_or_a_number_of_them_and_never_a_discard() {
    for (input, output, expected) in [
        (0, 0, (Interface::Unknown, Interface::Unknown)),
        (1, 0x4000_0102, (Interface::Index(1), Interface::Index(0x4000_0102))),
        (0x8000_0001, 0x8000_0000, (Interface::Index(0x8000_0001), Interface::Multiple(0))),
        (1, 0xffff_ffff, (Interface::Index(1), Interface::Multiple(0x7fff_ffff))),
    ] {
        let bytes = old::datagram(4, &[old::flow_sample_between(input, output, old::ipv4(), &[])]);
        let sample = flow(&read(&bytes)[0]);
        assert_eq!((sample.input(), sample.output()), expected);
    }
}

#[test]
fn every_sample_is_found_by_the_end_of_the_one_before() {
    for version in [2, 4] {
        let bytes = everything(version);
        let items = read(&bytes);
        assert_eq!(items.len(), 11, "{items:?}");
        assert!(items.iter().all(Result::is_ok), "{items:?}");
        assert_eq!(records(&items[10]), [sampled_header()]);
    }
}

#[test]
fn a_sample_of_unknown_type_ends_the_datagram_after_the_samples_before_it() {
    let known = || old::flow_sample(old::header(1, 1518, &FRAME), &[]);
    let bytes = old::datagram(4, &[known(), Wire::new().u32s([3, 1, 2]), known()]);
    let items = read(&bytes);
    assert_eq!(records(&items[0]), [sampled_header()]);
    assert_eq!((kind(&items[1]), items.len()), (ErrorKind::UnknownType(3), 2));
}

#[test]
fn packet_data_of_unknown_type_leaves_its_sample_without_records() {
    let known = || old::flow_sample(old::header(1, 1518, &FRAME), &[]);
    let bytes = old::datagram(4, &[known(), old::flow_sample(Wire::new().u32s([4, 1, 2]), &[]), known()]);
    let items = read(&bytes);
    assert_eq!(records(&items[1]), []);
    assert_eq!(flow(&items[1]).sequence_number(), 21);
    assert_eq!((kind(&items[2]), items.len()), (ErrorKind::UnknownType(4), 3));
}

#[test]
fn an_extension_of_unknown_type_leaves_its_sample_what_stands_before() {
    let extensions = [old::switch(), Wire::new().u32s([6, 1]), old::router()];
    let sample = || old::flow_sample(old::header(1, 1518, &FRAME), &extensions);
    let bytes = old::datagram(4, &[sample(), sample()]);
    let items = read(&bytes);
    assert_eq!(records(&items[0])[0], sampled_header());
    assert_eq!(records(&items[0]).len(), 2);
    assert_eq!((kind(&items[1]), items.len()), (ErrorKind::UnknownType(6), 2));
    let error = items[1].as_ref().unwrap_err();
    // Header 24, fixed part 32, header data 16 + 24, number of extensions 4, switch 20.
    assert_eq!((error.structure, error.offset), ("extended_information_type", 24 + 32 + 40 + 4 + 20));
}

#[test]
fn counters_of_an_unknown_version_leave_their_sample_without_records() {
    for version in [0, 8] {
        let sample = || old::counters_sample(version, &[old::block(88)]);
        let bytes = old::datagram(4, &[sample(), sample()]);
        let items = read(&bytes);
        assert_eq!(counters(&items[0]).records().count(), 0);
        assert_eq!((kind(&items[1]), items.len()), (ErrorKind::UnknownType(version), 2));
    }
}

#[test]
fn an_address_of_unknown_type_ends_the_datagram_but_one_that_is_not_known_does_not() {
    let sample = |kind| {
        let router = Wire::new().u32s([2, kind, 24, 16]);
        old::flow_sample(old::header(1, 1518, &FRAME), &[router, old::switch()])
    };
    let bytes = old::datagram(4, &[sample(0), sample(3), sample(0)]);
    let items = read(&bytes);
    assert_eq!(records(&items[0]).len(), 3);
    assert_eq!(records(&items[1]), [sampled_header()]);
    assert_eq!((kind(&items[2]), items.len()), (ErrorKind::AddressType(3), 3));
}

#[test]
fn a_cut_datagram_keeps_every_sample_and_record_before_the_cut() {
    for version in [2, 4] {
        let bytes = everything(version);
        let whole = read(&bytes);
        let texts = |items: &[Result<Sample<'_>, Error>]| -> Vec<Vec<String>> {
            let samples = items.iter().flatten();
            samples
                .map(|sample| match sample {
                    Sample::Flow(sample) => {
                        sample.records().map(|record| format!("{:?}", record.unwrap().tag)).collect()
                    }
                    Sample::Counters(sample) => {
                        sample.records().map(|record| format!("{:?}", record.unwrap().tag)).collect()
                    }
                    other => panic!("{other:?}"),
                })
                .collect()
        };
        let expected = texts(&whole);
        for cut in 24..bytes.len() {
            let items = read(&bytes[..cut]);
            let (errors, samples): (Vec<_>, Vec<_>) = items.iter().partition(|item| item.is_err());
            assert_eq!(errors.len(), 1, "cut at {cut}: {items:?}");
            assert!(items.last().unwrap().is_err(), "cut at {cut}: the error is last");
            let read = texts(&items);
            assert_eq!(read.len(), samples.len());
            for (sample, expected) in read.iter().zip(&expected) {
                assert!(expected.starts_with(sample), "cut at {cut}: {sample:?}");
            }
            assert!(
                read.iter().rev().skip(1).eq(expected[..read.len().saturating_sub(1)].iter().rev()),
                "cut at {cut}"
            );
            // Sample type, fixed part and header data of the first sample.
            if cut >= 24 + 32 + 16 + FRAME.len() {
                assert_eq!(records(&items[0])[0], sampled_header(), "cut at {cut}");
            }
        }
    }
}

#[test]
fn a_number_of_samples_beyond_what_is_there_is_one_error() {
    let mut bytes = old::datagram(4, &[old::flow_sample(old::ipv4(), &[])]);
    bytes[20..24].copy_from_slice(&u32::MAX.to_be_bytes());
    let items = read(&bytes);
    assert_eq!((kind(&items[1]), items.len()), (ErrorKind::Truncated { needed: 4, left: 0 }, 2));
}

#[test]
fn bytes_after_the_last_sample_are_ignored() {
    let mut bytes = everything(4);
    bytes.extend([0xff; 20]);
    assert!(read(&bytes).iter().all(Result::is_ok));
}

proptest! {
    #[test]
    fn damage_leads_to_at_most_one_error_and_no_endless_work(
        version in prop_oneof![Just(2_u32), Just(4)],
        damage in proptest::collection::vec((24_usize..1200, any::<u8>()), 1..6),
    ) {
        let mut bytes = everything(version);
        for (at, byte) in damage {
            if let Some(there) = bytes.get_mut(at) {
                *there = byte;
            }
        }
        let items = read(&bytes);
        prop_assert!(items.iter().filter(|item| item.is_err()).count() <= 1);
        for item in items.iter().flatten() {
            let (Sample::Flow(FlowSample { .. }) | Sample::Counters(_)) = item else { panic!("{item:?}") };
            if let Sample::Flow(sample) = item {
                for record in sample.records() {
                    // Records that a sample hands out were read to their end once, and can be again.
                    prop_assert!(FlowRecord::decode(&record.unwrap()).is_ok());
                }
            }
        }
    }
}

#[test]
fn versions_may_change_within_a_stream() {
    let old_sample = || old::flow_sample(old::header(1, 1518, &FRAME), &[old::switch()]);
    let new_sample = wire::flow_sample(&[Wire::new().sampled_header(1, 1518, 4, &FRAME)]);
    let v5 = wire::datagram(&[new_sample]);
    let datagrams = [
        v5.clone(),
        old::datagram(2, &[old_sample(), old_sample()]),
        old::datagram(4, &[old_sample()]),
        v5.clone(),
        old::datagram(4, &[old_sample()]),
        v5,
    ];
    let mut converter = Converter::new(Options::default());
    let mut out = Vec::new();
    for bytes in &datagrams {
        let received = Received { timestamp: 0, sender: [10, 0, 0, 1].into(), bytes };
        converter.datagram(&received, Some(&mut out), |fault| panic!("{fault:?}"));
    }
    let totals = converter.totals();
    assert_eq!((totals.datagrams, totals.flow_samples, totals.written, totals.malformed), (6, 7, 7, 0));
    assert_eq!(out.windows(FRAME.len()).filter(|window| *window == FRAME).count(), 7);
}

#[test]
fn tshark_reads_the_same_from_what_the_encoder_writes() {
    if Command::new("tshark").arg("-v").output().is_err() {
        println!("skipped: no tshark");
        return;
    }
    // tshark does not read packet data of types 2 and 3 nor extensions 4 and 5.
    let datagram = |version: u32| {
        let extensions = [old::switch(), old::router(), gateway_of(version)];
        old::datagram(
            version,
            &[
                old::flow_sample(old::header(1, 1518, &FRAME), &extensions),
                old::counters_sample(2, &[old::block(88), old::block(52)]),
                old::counters_sample(5, &[old::block(88), old::block(80)]),
                old::counters_sample(7, &[old::block(28)]),
            ],
        )
    };
    let path = concat!(env!("CARGO_TARGET_TMPDIR"), "/versions.pcap");
    std::fs::write(path, feed::file(&[datagram(2), datagram(4)])).unwrap();
    let fields = [
        ("version", "2", "4"),
        ("agent", "10.0.0.1", "10.0.0.1"),
        ("sequence_number", "7", "7"),
        ("sysuptime", "1000", "1000"),
        ("numsamples", "4", "4"),
        ("sampletype", "1,2,2,2", "1,2,2,2"),
        ("header_protocol", "1", "1"),
        ("header.frame_length", "1518", "1518"),
        ("vlan.in", "10", "10"),
        ("pri.in", "2", "2"),
        ("vlan.out", "20", "20"),
        ("pri.out", "5", "5"),
        ("nexthop", "10.0.0.254", "10.0.0.254"),
        ("nexthop.src_mask", "24", "24"),
        ("nexthop.dst_mask", "16", "16"),
        ("as", "65000", "65000"),
        ("srcAS", "65001", "65001"),
        ("peerAS", "65002", "65002"),
        // In version 4 the community too.
        ("dstAS", "7,8", "7,8,9,4259840001"),
        ("localpref", "", "100"),
        ("ifindex", "1,1", "1,1"),
        ("ifpromisc", "22,22", "22,22"),
        ("dot12InHighPriorityFrames", "1", "1"),
        ("vlan_id", "1", "1"),
        ("discards", "7", "7"),
    ];
    let mut command = Command::new("tshark");
    command.args(["-n", "-r", path, "-d", "udp.port==6343,sflow", "-T", "fields", "-E", "separator=;"]);
    for (name, _, _) in fields {
        command.args(["-e", &format!("sflow_245.{name}")]);
    }
    command.args(["-e", "_ws.malformed"]);
    let output = command.output().unwrap();
    let mut expected = String::new();
    for version in [2, 4] {
        for (_, in_v2, in_v4) in fields {
            write!(expected, "{};", if version == 2 { in_v2 } else { in_v4 }).unwrap();
        }
        expected.push('\n');
    }
    assert_eq!(String::from_utf8_lossy(&output.stdout), expected, "{}", String::from_utf8_lossy(&output.stderr));
}
