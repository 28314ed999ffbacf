//! What the library reads of every recorded capture, held against a second decoder, the crate sflow-parser.

mod support;

use std::collections::BTreeMap;
use std::fmt::{Debug, Write as _};

use sflow_parser::models::{self, SampleData};
use sflowcap::Datagram;
use sflowcap::counters::CounterRecord;
use sflowcap::flow::{FlowRecord, MplsLabel};
use sflowcap::sample::{Record, Records, Sample, Tag};
use sflowcap::structure::List;

use support::atoms::atoms;
use support::captures;
use support::told::{self, Numbers, compact_interface, compact_source, one};

/// A datagram as either side has it: its header, its agent, and its samples.
type Whole = (Numbers, String, Vec<(Numbers, Vec<Values>)>);

/// A record: its number, and what its fields hold, one after the other.
type Values = (Tag, Vec<String>);

fn tag(format: models::DataFormat) -> Tag {
    Tag(format.0)
}

fn theirs(datagram: &models::SFlowDatagram) -> Whole {
    let header = Numbers::from([
        ("sub-agent", one(datagram.sub_agent_id)),
        ("sequence number", one(datagram.sequence_number)),
        ("uptime", one(datagram.uptime)),
    ]);
    let agent = match &datagram.agent_address {
        models::Address::IPv4(ip) => ip.to_string(),
        models::Address::IPv6(ip) => ip.to_string(),
        models::Address::Unknown => String::new(),
    };
    (header, agent, datagram.samples.iter().map(|sample| their_sample(&sample.sample_data)).collect())
}

fn their_sample(sample: &SampleData) -> (Numbers, Vec<Values>) {
    let source = |source: &models::DataSourceExpanded| [source.source_id_type, source.source_id_index];
    let interface = |interface: &models::InterfaceExpanded| [interface.format, interface.value];
    let flows = |records: &[models::FlowRecord]| {
        records.iter().map(|record| (tag(record.flow_format), values(&record.flow_data))).collect()
    };
    let counters = |records: &[models::CounterRecord]| {
        records.iter().map(|record| (tag(record.counter_format), values(&record.counter_data))).collect()
    };
    match sample {
        SampleData::FlowSample(it) => (
            Numbers::from([
                ("sequence number", one(it.sequence_number)),
                ("source", compact_source(it.source_id.0)),
                ("rate", one(it.sampling_rate)),
                ("pool", one(it.sample_pool)),
                ("drops", one(it.drops)),
                ("input", compact_interface(it.input.0)),
                ("output", compact_interface(it.output.0)),
            ]),
            flows(&it.flow_records),
        ),
        SampleData::FlowSampleExpanded(it) => (
            Numbers::from([
                ("sequence number", one(it.sequence_number)),
                ("source", source(&it.source_id)),
                ("rate", one(it.sampling_rate)),
                ("pool", one(it.sample_pool)),
                ("drops", one(it.drops)),
                ("input", interface(&it.input)),
                ("output", interface(&it.output)),
            ]),
            flows(&it.flow_records),
        ),
        SampleData::DiscardedPacket(it) => (
            Numbers::from([
                ("sequence number", one(it.sequence_number)),
                ("source", source(&it.source_id)),
                ("drops", one(it.drops)),
                ("input", [0, it.input_ifindex]),
                ("output", [0, it.output_ifindex]),
                ("reason", one(it.reason as u32)),
            ]),
            flows(&it.flow_records),
        ),
        SampleData::CountersSample(it) => (
            Numbers::from([("sequence number", one(it.sequence_number)), ("source", compact_source(it.source_id.0))]),
            counters(&it.counters),
        ),
        SampleData::CountersSampleExpanded(it) => (
            Numbers::from([("sequence number", one(it.sequence_number)), ("source", source(&it.source_id))]),
            counters(&it.counters),
        ),
        other => panic!("{other:?}"),
    }
}

fn ours(payload: &[u8]) -> Whole {
    let datagram = Datagram::parse(payload).unwrap();
    let header = Numbers::from([
        ("sub-agent", one(datagram.sub_agent_id)),
        ("sequence number", one(datagram.sequence_number)),
        ("uptime", one(datagram.uptime)),
    ]);
    let agent = datagram.agent.ip().map(|ip| ip.to_string()).unwrap_or_default();
    let samples = datagram.samples().flatten().map(|sample| {
        let records = match &sample {
            Sample::Flow(sample) => records(sample.records(), our_flow),
            Sample::Discarded(sample) => records(sample.records(), our_flow),
            Sample::Counters(sample) => records(sample.records(), our_counters),
            _ => Vec::new(),
        };
        (told::sample(&sample), records)
    });
    (header, agent, samples.collect())
}

fn records<'a>(records: Records<'a>, values: impl Fn(&Record<'a>) -> Vec<String>) -> Vec<Values> {
    records.flatten().map(|record| (record.tag, values(&record))).collect()
}

fn values(record: &impl Debug) -> Vec<String> {
    atoms(&format!("{record:?}"))
}

/// What the fields of a flow record hold, as sflow-parser shows them.
fn our_flow(record: &Record<'_>) -> Vec<String> {
    let read = FlowRecord::decode(record).unwrap();
    match &read {
        // It shows these numbers by name.
        FlowRecord::SampledHeader(_) | FlowRecord::ExtendedUrl(_) | FlowRecord::ExtendedTcpInfo(_) => {
            values(&read).split_off(1)
        }
        // Labels are words to it, and segments of a path have a length instead of a type.
        FlowRecord::ExtendedMpls(mpls) => {
            let labels = |labels: &List<'_, MplsLabel>| labels.iter().map(|label| label.0).collect::<Vec<_>>();
            values(&(mpls.nexthop, labels(&mpls.in_stack), labels(&mpls.out_stack)))
        }
        FlowRecord::ExtendedGateway(it) => {
            let segments = it.dst_as_path.segments();
            let path: Vec<_> = segments.iter().map(|segment| (segment.as_numbers.len(), segment.as_numbers)).collect();
            values(&(it.nexthop, it.as_number, it.src_as, it.src_peer_as, path, it.communities, it.localpref))
        }
        // Vendors' records it hands out raw.
        FlowRecord::PmacctTag(_) | FlowRecord::OldPmacctTag(_) => values(&(record.tag.0, record.body())),
        _ => values(&read),
    }
}

/// What the fields of a counter record hold, as sflow-parser shows them.
fn our_counters(record: &Record<'_>) -> Vec<String> {
    let read = CounterRecord::decode(record).unwrap();
    match &read {
        // Machine and operating system it shows by name.
        CounterRecord::HostDescr(it) => values(&(it.hostname, it.uuid, it.os_release)),
        // Loads are words to it, and it does not read what was appended in 2014.
        CounterRecord::HostCpu(it) => {
            let loads = [it.load_one, it.load_five, it.load_fifteen].map(f32::to_bits);
            [&values(&loads), &values(&read)[3..17]].concat()
        }
        CounterRecord::XenServerVif(_) => values(&(record.tag.0, record.body())),
        _ => values(&read),
    }
}

/// The first thing that both sides do not have alike.
fn difference(theirs: &Whole, ours: &Whole) -> Option<String> {
    let apart = |theirs: &dyn Debug, ours: &dyn Debug| Some(format!("{theirs:?}\n    {ours:?}"));
    let outline = |whole: &Whole| (whole.0.clone(), whole.1.clone(), whole.2.len());
    if outline(theirs) != outline(ours) {
        return apart(&outline(theirs), &outline(ours));
    }
    let (theirs, ours) = theirs.2.iter().zip(&ours.2).find(|(theirs, ours)| theirs != ours)?;
    match theirs.1.iter().zip(&ours.1).find(|(theirs, ours)| theirs != ours) {
        Some((theirs, ours)) if theirs.0 == ours.0 => apart(theirs, ours),
        _ => apart(theirs, ours),
    }
}

/// Structures whose MAC addresses it reads without their padding, so that nothing behind them is right.
const MISREAD: [(&str, Tag); 2] = [("flow", Tag::new(0, 2)), ("counters", Tag::new(0, 7))];

/// Datagrams that it refuses as a whole: the file, the frame, and the fault in it. The library reads all else of them.
const REFUSED: [(&str, usize, &str); 9] = [
    ("Edgio__vflow/sflow-decoder_test.pcap", 5, "the datagram ends within its sample"),
    ("f1shl3gs__vertex/datagram.pcap", 1, "a record of 10 bytes is not padded"),
    ("google__gopacket/layers-sflow_test.pcap", 1, "the name of an application is no UTF-8"),
    ("gopacket__gopacket/layers-sflow_test.pcap", 3, "a sample is longer than it says"),
    ("gopacket__gopacket/layers-sflow_test.pcap", 6, "a sample is longer than it says"),
    ("gopacket__gopacket/layers-sflow_test.pcap", 9, "a sample is longer than the datagram"),
    ("gopacket__gopacket/layers-sflow_test.pcap", 13, "the name of a port is no UTF-8"),
    ("gopacket__gopacket/layers-sflow_test.pcap", 14, "an address of unknown type"),
    ("netsampler__goflow2/sflow-sflow_test.pcap", 5, "a record of 10 bytes is not padded"),
];

#[test]
fn every_capture_is_read_as_a_second_decoder_reads_it() {
    let Some(directory) = captures::directory() else { return };
    let (mut differences, mut refused) = (String::new(), Vec::new());
    let mut compared: BTreeMap<Tag, usize> = BTreeMap::new();
    for feed in captures::feeds(&directory) {
        for datagram in &feed.datagrams {
            let Ok(parsed) = sflow_parser::parse_datagram(&datagram.payload) else {
                refused.push((feed.name.clone(), datagram.frame));
                continue;
            };
            let [mut theirs, mut ours] = [theirs(&parsed), ours(&datagram.payload)];
            for (numbers, records) in theirs.2.iter_mut().chain(&mut ours.2) {
                let kind = if numbers.contains_key("drops") { "flow" } else { "counters" };
                records
                    .iter_mut()
                    .filter(|record| MISREAD.contains(&(kind, record.0)))
                    .for_each(|record| record.1.clear());
            }
            if let Some(difference) = difference(&theirs, &ours) {
                writeln!(differences, "{}, frame {}: {difference}", feed.name, datagram.frame).unwrap();
            }
            for (tag, _) in ours.2.iter().flat_map(|(_, records)| records) {
                *compared.entry(*tag).or_default() += 1;
            }
        }
    }
    assert_eq!(differences, "");
    assert!(refused.iter().map(|(name, frame)| (&name[..], *frame)).eq(REFUSED.map(|(name, frame, _)| (name, frame))));
    println!("records compared: {compared:?}");
    assert!(compared.len() >= 45 && compared.values().sum::<usize>() > 28_000, "too little was compared: {compared:?}");
}
