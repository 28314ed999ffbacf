//! What the library reads of every recorded capture, and of structures that no capture has, field by field as Wireshark's own
//! sFlow dissector has it.
//!
//! The dissector of Wireshark 4.0 has gaps. Where it meets one it goes on in the middle of a structure, and what it shows from
//! there to the sample's end is not what was sent; so the comparison of a sample ends there. The gaps are these:
//!
//! - records that it does not know it does not skip by their length: [`NOT_DISSECTED`]. What follows often makes it report a
//!   malformed datagram, and leave it;
//! - of samples that it does not know, such as discarded_packet (0:5), it shows no field;
//! - flags of TCP and type of service it takes from the wrong byte of four: [`is_beside`];
//! - the padding of a sampled header it takes for a part of it: [`TheirSample::record`].

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use sflowcap::counters::CounterRecord;
use sflowcap::flow::FlowRecord;
use sflowcap::sample::{Interface, Sample, Tag};
use sflowcap::{Address, Datagram};

use support::flow::layouts;
use support::told::{self, Numbers, Told, compact_interface, compact_source, one};
use support::tshark::{self, Field};
use support::wire::{Wire, datagram, flow_sample};
use support::{captures, feed};

/// The kind of a record, and its number there.
type Number = (&'static str, Tag);

const fn flow(enterprise: u32, format: u32) -> Number {
    ("flow", Tag::new(enterprise, format))
}

const fn counters(enterprise: u32, format: u32) -> Number {
    ("counters", Tag::new(enterprise, format))
}

/// The records of the captures that tshark 4.0 does not know: it has no flow record from 0:1016 on, no counters from 0:8 on but
/// 0:1001 and 0:1002, and nothing of other enterprises. Of records behind one of these there is nothing to compare.
const NOT_DISSECTED: [Number; 15] = [
    // Tunnels, of Open vSwitch.
    flow(0, 1023),
    flow(0, 1024),
    flow(0, 1029),
    flow(0, 1030),
    // tcp_info, of host-sflow.
    flow(0, 2209),
    // Tags, of pmacct.
    flow(8800, 2),
    flow(43874, 2),
    // Ports and their names.
    counters(0, 1004),
    counters(0, 1005),
    // Hosts, virtual machines, applications, Open vSwitch's data path.
    counters(0, 2000),
    counters(0, 2001),
    counters(0, 2100),
    counters(0, 2201),
    counters(0, 2203),
    counters(4300, 2),
];

/// A record that the library refuses: `extended_router` with a next hop whose address is of type 3232235809, in hand-made test
/// vectors (gopacket__gopacket/layers-sflow_test.pcap). tshark shows it without a next hop.
const UNREADABLE: [Number; 1] = [flow(0, 1002)];

/// The datagram's header, and its samples, as tshark shows them.
#[derive(Debug, Default)]
struct Theirs {
    header: Numbers,
    agent: String,
    samples: Vec<TheirSample>,
    /// tshark met the datagram's end before it was done.
    malformed: bool,
}

#[derive(Debug)]
struct TheirSample {
    is_compact: bool,
    numbers: Numbers,
    records: Vec<(Tag, Vec<Field>)>,
}

fn word(field: &Field) -> u32 {
    u32::from_str_radix(&field.value, 16).unwrap_or_else(|_| panic!("{field:?}"))
}

impl Theirs {
    fn read(fields: &[Field]) -> Self {
        let mut theirs = Theirs::default();
        // Enterprise and format, which stand before samples and before records.
        let mut tag = Tag(0);
        for field in fields {
            match (&field.name[..], theirs.samples.last_mut()) {
                ("sub_agent_id", _) => _ = theirs.header.insert("sub-agent", one(word(field))),
                ("sequence_number", _) => _ = theirs.header.insert("sequence number", one(word(field))),
                ("sysuptime", _) => _ = theirs.header.insert("uptime", one(word(field))),
                ("numsamples", _) => _ = theirs.header.insert("samples", one(word(field))),
                ("agent" | "agent.v6", _) => theirs.agent.clone_from(&field.value),
                ("malformed", _) => theirs.malformed = true,
                ("enterprise", _) => tag = Tag(word(field)),
                ("sampletype", _) => {
                    let is_compact = word(field) <= 2;
                    theirs.samples.push(TheirSample { is_compact, numbers: Numbers::new(), records: Vec::new() });
                }
                // An enterprise's own record has no format.
                ("flow_record_format" | "counters_record_format" | "enterprise.length", Some(sample)) => {
                    sample.records.push((tag, Vec::new()));
                }
                (name, Some(sample)) => match sample.records.last_mut() {
                    Some((_, fields)) if !is_beside(name) => fields.push(field.clone()),
                    Some(_) => {}
                    None => sample.number(field),
                },
                _ => {}
            }
        }
        theirs
    }
}

impl TheirSample {
    /// Takes a field of the sample itself. Where two are parts of one word, each comes with the whole word.
    fn number(&mut self, field: &Field) {
        let Some((_, name)) = field.name.split_once("_sample.") else { return };
        let first_of = |name| self.numbers.get(name).map_or(0, |numbers: &[u32; 2]| numbers[0]);
        let (name, numbers) = match (name, self.is_compact) {
            ("sequence_number", _) => ("sequence number", one(word(field))),
            ("source_id_class" | "source_id_type", true) => ("source", compact_source(word(field))),
            ("source_id_type", false) => ("source", [word(field), 0]),
            ("source_id_index", false) => ("source", [first_of("source"), word(field)]),
            ("sampling_rate", _) => ("rate", one(word(field))),
            ("sample_pool", _) => ("pool", one(word(field))),
            ("dropped_packets", _) => ("drops", one(word(field))),
            ("input_interface", true) => ("input", compact_interface(word(field))),
            ("input_interface_format", false) => ("input", [word(field), 0]),
            ("input_interface_value", false) => ("input", [first_of("input"), word(field)]),
            ("output_interface", true) => ("output", compact_interface(word(field))),
            ("output_interface.format", false) => ("output", [word(field), 0]),
            ("output_interface_value", false) => ("output", [first_of("output"), word(field)]),
            _ => return,
        };
        self.numbers.insert(name, numbers);
    }

    /// The fields of a record, without the padding that tshark takes for a part of a sampled header.
    fn record(&self, place: usize) -> Option<(Tag, Vec<Field>)> {
        let (tag, mut fields) = self.records.get(place)?.clone();
        if let [.., length, header] = &mut fields[..] {
            if (&length.name[..], &header.name[..]) == ("header.sampled_header_length", "header") {
                header.value.truncate(2 * word(length) as usize);
            }
        }
        Some((tag, fields))
    }
}

/// Fields that the library has not, because they are no sFlow or told by others, and those that tshark reads from wrong bytes.
fn is_beside(name: &str) -> bool {
    match name.split_once('.') {
        // The highest of four bytes is shown; the lowest has the value.
        Some(("ip", flag)) => flag.starts_with("tcp_flag"),
        // Padding, and parts of a word that is shown whole too.
        Some(("lag_port", part)) => {
            ["padding", "actor_admin_state", "actor_oper_state", "partner_admin_state", "partner_oper_state"]
                .contains(&part)
        }
        // Of the next record.
        Some(("enterprise", _)) => true,
        _ => [
            "flow_data_length",
            // The highest of four bytes again.
            "ipv4_precedence_type",
            "ipv4_delay",
            "ipv4_throughput",
            "ipv4_reliability",
            "ipv4_cost",
        ]
        .contains(&name),
    }
}

/// What was compared.
#[derive(Debug, Default)]
struct Compared {
    datagrams: usize,
    samples: usize,
    fields: usize,
    /// How many records of each number.
    records: BTreeMap<Number, usize>,
    /// The forms that outputs had.
    outputs: BTreeSet<&'static str>,
    /// Records that tshark does not know.
    unknown: BTreeSet<Number>,
    /// Records that the library does not read, for a fault in them.
    unreadable: Vec<Number>,
}

impl Compared {
    /// Compares a datagram.
    fn datagram(&mut self, fields: &[Field], payload: &[u8]) -> Result<(), String> {
        let theirs = Theirs::read(fields);
        let datagram = Datagram::parse(payload).map_err(|error| error.to_string())?;
        let header = Numbers::from([
            ("sub-agent", one(datagram.sub_agent_id)),
            ("sequence number", one(datagram.sequence_number)),
            ("uptime", one(datagram.uptime)),
            ("samples", one(datagram.num_samples)),
        ]);
        let agent = match datagram.agent {
            Address::V4(ip) => format!("{:08x}", ip.to_bits()),
            Address::V6(ip) => format!("{:032x}", ip.to_bits()),
            Address::Unknown => String::new(),
        };
        same(&(&theirs.header, &theirs.agent), &(&header, &agent))?;
        self.datagrams += 1;
        self.fields += header.len() + 1;

        let mut their_samples = theirs.samples.iter();
        // Whether tshark met what it does not know, or what is no good: only then it may leave the datagram.
        let mut has_gap = false;
        for sample in datagram.samples() {
            let Ok(sample) = sample else {
                has_gap = true;
                continue;
            };
            let Some(theirs_sample) = their_samples.next() else {
                return if theirs.malformed && has_gap { Ok(()) } else { Err(format!("tshark has no {sample:?}")) };
            };
            let may_end = theirs.malformed && their_samples.len() == 0;
            has_gap |= self.sample(theirs_sample, &sample, may_end)?;
        }
        if their_samples.len() == 0 { Ok(()) } else { Err("tshark has more samples".to_owned()) }
    }

    /// Compares a sample; returns whether it has a record that tshark does not know. A sample that it left `may_end` early.
    fn sample(&mut self, theirs: &TheirSample, sample: &Sample<'_>, may_end: bool) -> Result<bool, String> {
        let told = |record: &_| match sample {
            Sample::Flow(_) => FlowRecord::decode(record).map(|read| told::flow(&read)),
            _ => CounterRecord::decode(record).map(|read| told::counters(&read)),
        };
        let (kind, records) = match sample {
            Sample::Flow(sample) => ("flow", sample.records()),
            Sample::Counters(sample) => ("counters", sample.records()),
            _ => return same(&theirs.numbers, &Numbers::new()).map(|()| true),
        };
        same(&theirs.numbers, &told::sample(sample))?;
        self.samples += 1;
        self.fields += theirs.numbers.len();
        if let Sample::Flow(sample) = sample {
            self.outputs.insert(match sample.output() {
                Interface::Unknown => "unknown",
                Interface::Index(_) => "index",
                Interface::Internal => "internal",
                Interface::Discarded(_) => "discarded",
                Interface::Multiple(_) => "multiple",
                Interface::Undefined { .. } => "undefined",
            });
        }
        for (place, record) in records.flatten().enumerate() {
            let ours = match told(&record) {
                Ok(Some(ours)) => ours,
                Ok(None) => {
                    self.unknown.insert((kind, record.tag));
                    return Ok(true);
                }
                Err(_) => {
                    self.unreadable.push((kind, record.tag));
                    return Ok(true);
                }
            };
            let Some((tag, fields)) = theirs.record(place) else {
                return if may_end { Ok(true) } else { Err(format!("tshark has no record {} {}", kind, record.tag)) };
            };
            same(&(tag, fields), &(record.tag, ours.into_iter().map(field).collect()))?;
            self.fields += theirs.records[place].1.len();
            *self.records.entry((kind, record.tag)).or_default() += 1;
        }
        Ok(false)
    }
}

/// Compares datagrams, each with what it is called. tshark gets them all in one file.
fn compare(datagrams: &[(String, Vec<u8>)]) -> Compared {
    let payloads: Vec<&[u8]> = datagrams.iter().map(|(_, payload)| &payload[..]).collect();
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), feed::file(&payloads)).unwrap();
    let theirs = tshark::fields(file.path());
    assert!(theirs.iter().map(|(frame, _)| *frame).eq(1..=datagrams.len()), "every datagram is sFlow to tshark");
    let mut compared = Compared::default();
    let mut differences = String::new();
    for ((_, fields), (name, payload)) in theirs.iter().zip(datagrams) {
        if let Err(difference) = compared.datagram(fields, payload) {
            writeln!(differences, "{name}: {difference}").unwrap();
        }
    }
    assert!(differences.is_empty(), "{differences}");
    compared
}

fn same<T: PartialEq + std::fmt::Debug>(theirs: &T, ours: &T) -> Result<(), String> {
    if theirs == ours { Ok(()) } else { Err(format!("tshark has {theirs:?}\n    we have {ours:?}")) }
}

fn field((name, value): Told) -> Field {
    Field { name: name.to_owned(), value }
}

#[test]
fn every_capture_is_read_as_wireshark_dissects_it_field_by_field() {
    let Some(directory) = captures::directory() else { return };
    if !tshark::is_there() {
        return;
    }
    let feeds = captures::feeds(&directory);
    let datagrams = feeds.iter().flat_map(|feed| {
        let name = |datagram: &feed::Datagram| format!("{}, frame {}", feed.name, datagram.frame);
        feed.datagrams.iter().map(move |datagram| (name(datagram), datagram.payload.clone()))
    });
    let compared = compare(&datagrams.collect::<Vec<_>>());
    assert_eq!(compared.unknown, BTreeSet::from(NOT_DISSECTED));
    assert_eq!(compared.unreadable, UNREADABLE);
    assert_eq!(compared.outputs, BTreeSet::from(["unknown", "index", "internal", "discarded", "multiple"]));
    let Compared { datagrams, samples, fields, records, .. } = compared;
    println!("{datagrams} datagrams, {samples} samples, {fields} fields; records: {records:?}");
    assert!(datagrams > 2000 && samples > 12_000 && fields > 150_000, "too little was compared");
}

/// How many random structures of each kind are compared.
const OF_EACH: usize = 12;

/// A datagram with a record of a flow sample, or of a counters sample.
fn datagram_with((kind, tag): Number, body: Wire) -> Vec<u8> {
    let record = Wire::new().framed(tag.enterprise(), tag.format(), body);
    datagram(&[match kind {
        "flow" => flow_sample(&[record]),
        _ => Wire::new().framed(0, 2, Wire::new().u32s([1, 3, 1]).raw(record.0)),
    }])
}

/// Random structures of each kind that tshark knows, always the same ones, in a datagram each.
fn made_up() -> Vec<(Number, Vec<u8>)> {
    let mut random = TestRunner::deterministic();
    let mut draw = |number, bodies: BoxedStrategy<Wire>| {
        let body = |_| bodies.new_tree(&mut random).unwrap().current();
        (0..OF_EACH).map(body).map(|body| (number, datagram_with(number, body))).collect::<Vec<_>>()
    };
    let mut made = Vec::new();
    for layout in layouts().filter(|layout| layout.enterprise == 0 && layout.format < 1016) {
        made.extend(draw(flow(0, layout.format), layout.any().prop_map(|structure| structure.wire()).boxed()));
    }
    // Counters are as long as the reference says, and any bytes make some.
    for (format, length) in [(1, 88), (2, 52), (3, 72), (4, 80), (5, 28), (6, 80), (7, 56), (1001, 28), (1002, 12)] {
        made.extend(draw(counters(0, format), vec(any::<u8>(), length).prop_map(Wire).boxed()));
    }
    made
}

#[test]
fn structures_are_read_as_wireshark_dissects_them_field_by_field() {
    if !tshark::is_there() {
        return;
    }
    let made = made_up();
    let datagrams = made.iter().map(|(number, payload)| (format!("{number:?}"), payload.clone()));
    let compared = compare(&datagrams.collect::<Vec<_>>());
    let numbers: BTreeSet<Number> = made.iter().map(|(number, _)| *number).collect();
    assert_eq!(compared.records, numbers.into_iter().map(|number| (number, OF_EACH)).collect());
}
