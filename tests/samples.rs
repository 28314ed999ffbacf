//! Samples of version 5: the specification's, Foundry's announcements, and what programs send to sFlow-RT.

mod support;

use sflowcap::drop_reason::DropReason;
use sflowcap::flow::SampledHeader;
use sflowcap::rt::{FlowValue, MetricValue};
use sflowcap::sample::{DataSource, Interface, Sample, Tag};
use sflowcap::structure::{Mac, Text};
use sflowcap::{Datagram, Error, ErrorKind};
use support::wire::{Wire, datagram, flow_sample};

fn read(bytes: &[u8]) -> Vec<Result<Sample<'_>, Error>> {
    Datagram::parse(bytes).unwrap().samples().collect()
}

/// A datagram that counts `counted` samples, and has these.
fn datagram_counting(counted: u32, samples: &[Wire]) -> Vec<u8> {
    let mut bytes = datagram(samples);
    bytes[24..28].copy_from_slice(&counted.to_be_bytes());
    bytes
}

/// A flow sample of a header of this byte.
fn packet(byte: u8) -> Wire {
    flow_sample(&[Wire::new().sampled_header(1, 64, 4, &[byte; 60])])
}

/// Foundry's announcement of a sample, and what else its length spans.
fn announcement(spanned: Wire) -> Wire {
    Wire::new().framed(1991, 1, Wire::new().u32s([1, 101]).raw(spanned.0))
}

/// The first bytes of the sampled headers.
fn packets(items: &[Result<Sample<'_>, Error>]) -> Vec<u8> {
    let flows = items.iter().filter_map(|item| match item {
        Ok(Sample::Flow(sample)) => Some(sample.records()),
        _ => None,
    });
    flows.flatten().map(|record| SampledHeader::decode(&record.unwrap()).unwrap().unwrap().header[0]).collect()
}

#[test]
fn the_specifications_samples_have_the_fields_that_it_gives_them() {
    let record = || Wire::new().framed(0, 1001, Wire::new().u32s([1, 2, 3, 4])).0;
    let sample =
        |format, words: &[u32]| Wire::new().framed(0, format, Wire::new().u32s(words.iter().copied()).raw(record()));
    let bytes = datagram(&[
        sample(1, &[1, 2 << 24 | 3, 4, 5, 6, 7, 0x4000_0102, 1]),
        sample(2, &[1, 1 << 24 | 3, 1]),
        sample(3, &[1, 2, 0x0300_0000, 4, 5, 6, 0, 7, 2, 0, 1]),
        sample(4, &[1, 3, 0x0300_0000, 1]),
        sample(5, &[1, 0, 3, 6, 3, 0, 289, 1]),
    ]);
    let items: Vec<_> = read(&bytes).into_iter().map(Result::unwrap).collect();
    let [
        Sample::Flow(flow),
        Sample::Counters(counters),
        Sample::Flow(expanded),
        Sample::Counters(hosts),
        Sample::Discarded(drop),
    ] = items.as_slice()
    else {
        panic!("{items:?}")
    };
    let source = |class, index| DataSource { class, index };
    assert_eq!((flow.sequence_number(), flow.source()), (1, source(DataSource::ENT_PHYSICAL, 3)));
    assert_eq!((flow.sampling_rate(), flow.sample_pool(), flow.drops()), (4, 5, 6));
    assert_eq!((flow.input(), flow.output()), (Interface::Index(7), Interface::Discarded(DropReason(258))));
    assert_eq!((counters.sequence_number(), counters.source()), (1, source(DataSource::SMON_VLAN, 3)));
    assert_eq!((expanded.sequence_number(), expanded.source()), (1, source(DataSource::ENT_PHYSICAL, 0x0300_0000)));
    assert_eq!((expanded.sampling_rate(), expanded.sample_pool(), expanded.drops()), (4, 5, 6));
    assert_eq!((expanded.input(), expanded.output()), (Interface::Index(7), Interface::Multiple(0)));
    assert_eq!((hosts.sequence_number(), hosts.source()), (1, source(DataSource::ENT_LOGICAL, 0x0300_0000)));
    assert_eq!((drop.sequence_number(), drop.source(), drop.drops()), (1, source(DataSource::IF_INDEX, 3), 6));
    assert_eq!(
        (drop.input(), drop.output(), drop.reason()),
        (Interface::Index(3), Interface::Unknown, DropReason(289))
    );
    for records in [flow.records(), counters.records(), expanded.records(), hosts.records(), drop.records()] {
        assert_eq!(records.map(|record| record.unwrap().tag).collect::<Vec<_>>(), [Tag::new(0, 1001)]);
    }
}

#[test]
fn a_sample_of_unknown_kind_is_handed_out_raw() {
    let bytes = datagram(&[packet(1), Wire::new().framed(8384, 7, Wire::new().u32s([1, 2])), packet(2)]);
    let items = read(&bytes);
    assert_eq!(packets(&items), [1, 2]);
    let Ok(Sample::Unknown(sample)) = &items[1] else { panic!("{items:?}") };
    assert_eq!((sample.tag, sample.body), (Tag::new(8384, 7), &[0, 0, 0, 1, 0, 0, 0, 2][..]));
}

#[test]
fn a_sample_that_foundry_announces_is_read_though_it_is_not_counted() {
    let announced = || announcement(Wire::new());
    for (counted, samples, expected) in [
        (1, vec![announced(), packet(1)], vec![1]),
        (2, vec![announced(), packet(1), packet(2)], vec![1, 2]),
        (2, vec![packet(1), announced(), packet(2)], vec![1, 2]),
        (2, vec![announced(), packet(1), announced(), packet(2)], vec![1, 2]),
        (4, vec![announced(), packet(1), announced(), packet(2), packet(3), packet(4)], vec![1, 2, 3, 4]),
    ] {
        let bytes = datagram_counting(counted, &samples);
        let items = read(&bytes);
        assert_eq!(packets(&items), expected, "{items:?}");
        assert!(items.iter().all(Result::is_ok), "{items:?}");
        assert_eq!(items.len(), samples.len());
    }
}

#[test]
fn a_sample_within_foundrys_announcement_is_read_and_not_read_twice() {
    let bytes = datagram(&[packet(1), announcement(packet(2)), announcement(packet(3)), packet(4)]);
    let items = read(&bytes);
    assert_eq!(packets(&items), [1, 2, 3, 4]);
    assert_eq!(items.len(), 4);
}

#[test]
fn an_announcement_that_nothing_follows_is_no_fault() {
    for (counted, samples) in [
        (1, vec![announcement(Wire::new())]),
        (1, vec![announcement(Wire::new()), Wire::new().u32s([0xdead_beef; 4])]),
        (2, vec![packet(1), announcement(Wire::new().u32s([0, 1, 4000, 0]))]),
    ] {
        let bytes = datagram_counting(counted, &samples);
        let items = read(&bytes);
        assert!(items.iter().all(Result::is_ok), "{items:?}");
        assert_eq!(items.len(), counted as usize);
        assert!(matches!(items.last(), Some(Ok(Sample::Unknown(sample))) if sample.tag.enterprise() == 1991));
    }
}

#[test]
fn without_an_announcement_the_number_of_samples_rules() {
    let bytes = datagram_counting(1, &[packet(1), packet(2)]);
    assert_eq!(packets(&read(&bytes)), [1]);
}

#[test]
fn announcements_without_end_come_to_an_end() {
    let announcements = vec![announcement(Wire::new()); 4000];
    assert_eq!(read(&datagram_counting(1, &announcements)).len(), 4000);
    assert_eq!(read(&datagram_counting(u32::MAX, &announcements)).iter().filter(|item| item.is_ok()).count(), 4000);
}

#[test]
fn rtmetric_hands_out_values_of_every_type_under_their_names() {
    let body = Wire::new().opaque("db.primary").u32(7);
    let body = body.opaque("state").u32(0).opaque("busy");
    let body = body.opaque("c32").u32s([1, u32::MAX]).opaque("c64").u32(2).u64(u64::MAX);
    let body = body.opaque("g32").u32s([3, 5]).opaque("g64").u32(4).u64(6);
    let body = body.opaque("load").u32(5).raw(0.25_f32.to_be_bytes()).opaque("d").u32(6).raw(1e-9_f64.to_be_bytes());
    let bytes = datagram(&[packet(1), Wire::new().framed(4300, 1002, body), packet(2)]);
    let items = read(&bytes);
    assert_eq!(packets(&items), [1, 2]);
    let Ok(Sample::RtMetric(sample)) = &items[1] else { panic!("{items:?}") };
    assert_eq!(sample.datasource, Text(b"db.primary"));
    let metrics: Vec<_> = sample.metrics().map(Result::unwrap).collect();
    let expected = [
        (Text(b"state"), MetricValue::Text(Text(b"busy"))),
        (Text(b"c32"), MetricValue::Counter32(u32::MAX)),
        (Text(b"c64"), MetricValue::Counter64(u64::MAX)),
        (Text(b"g32"), MetricValue::Gauge32(5)),
        (Text(b"g64"), MetricValue::Gauge64(6)),
        (Text(b"load"), MetricValue::GaugeFloat(0.25)),
        (Text(b"d"), MetricValue::GaugeDouble(1e-9)),
    ];
    assert_eq!(metrics, expected);
}

#[test]
fn rtflow_hands_out_values_of_every_type_under_their_names() {
    let body = Wire::new().opaque("web").u32s([10, 2000, 8]);
    let body = body.opaque("uri").u32(0).opaque("/").opaque("mac").u32(1).mac([2, 0, 0, 0, 0, 1]);
    let body = body.opaque("ip").u32s([2, 0x0a00_0001]).opaque("ip6").u32(3).raw([0xfd; 16]);
    let body = body.opaque("i").u32s([4, 5]).opaque("l").u32(5).u64(6);
    let body = body.opaque("f").u32(6).raw(0.25_f32.to_be_bytes()).opaque("d").u32(7).raw(1e-9_f64.to_be_bytes());
    let bytes = datagram(&[Wire::new().framed(4300, 1003, body), packet(1)]);
    let items = read(&bytes);
    assert_eq!(packets(&items), [1]);
    let Ok(Sample::RtFlow(sample)) = &items[0] else { panic!("{items:?}") };
    assert_eq!((sample.datasource, sample.sampling_rate, sample.sample_pool), (Text(b"web"), 10, 2000));
    let fields: Vec<_> = sample.fields().map(Result::unwrap).collect();
    let expected = [
        (Text(b"uri"), FlowValue::Text(Text(b"/"))),
        (Text(b"mac"), FlowValue::Mac(Mac([2, 0, 0, 0, 0, 1]))),
        (Text(b"ip"), FlowValue::Ipv4([10, 0, 0, 1].into())),
        (Text(b"ip6"), FlowValue::Ipv6([0xfd; 16].into())),
        (Text(b"i"), FlowValue::Int32(5)),
        (Text(b"l"), FlowValue::Int64(6)),
        (Text(b"f"), FlowValue::Float(0.25)),
        (Text(b"d"), FlowValue::Double(1e-9)),
    ];
    assert_eq!(fields, expected);
}

#[test]
fn a_value_of_unknown_type_ends_its_sample_and_no_other() {
    let body =
        Wire::new().opaque("db").u32(3).opaque("a").u32s([3, 5]).opaque("b").u32s([9, 5]).opaque("c").u32s([3, 5]);
    let bytes = datagram(&[Wire::new().framed(4300, 1002, body), packet(1)]);
    let items = read(&bytes);
    assert_eq!(packets(&items), [1]);
    let Ok(Sample::RtMetric(sample)) = &items[0] else { panic!("{items:?}") };
    let metrics: Vec<_> = sample.metrics().collect();
    assert_eq!(metrics[0], Ok((Text(b"a"), MetricValue::Gauge32(5))));
    assert_eq!((metrics[1].unwrap_err().kind, metrics.len()), (ErrorKind::UnknownType(9), 2));
}

#[test]
fn a_number_of_values_beyond_what_is_there_is_one_error() {
    let body = Wire::new().opaque("db").u32(u32::MAX).opaque("a").u32s([3, 5]);
    let bytes = datagram(&[Wire::new().framed(4300, 1002, body)]);
    let Ok(Sample::RtMetric(sample)) = &read(&bytes)[0] else { panic!() };
    assert_eq!(sample.metrics().count(), 2);
}
