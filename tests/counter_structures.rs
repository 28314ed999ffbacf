//! Every counter record is read as the wire reference lays it out and as real agents send it.
#![allow(unreachable_pub, reason = "what tests share is in modules of their own")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use proptest::collection::vec;
use proptest::prelude::*;

use sflowcap::counters::{CounterRecord, LagPortState, Percent};
use sflowcap::sample::{CounterSample, DataSource, Record, Sample, Tag};
use sflowcap::{Datagram, ErrorKind};

mod support;

#[path = "support/counters.rs"]
mod layouts;

use layouts::{Draws, Layout, Value};
use support::wire::{Wire, datagram};

/// A datagram with one counter sample (0:2) of ifIndex 9, with these framed records.
fn counter_datagram(records: &[Wire]) -> Vec<u8> {
    let body = Wire::new().u32s([1, 9, records.len() as u32]);
    let body = records.iter().fold(body, |body, record| body.raw(&record.0));
    datagram(&[Wire::new().framed(0, 2, body)])
}

/// The counter samples of a datagram.
fn counter_samples<'a>(datagram: &Datagram<'a>) -> impl Iterator<Item = CounterSample<'a>> + use<'a> {
    datagram.samples().filter_map(|sample| match sample {
        Ok(Sample::Counters(sample)) => Some(sample),
        _ => None,
    })
}

/// The records of the only sample of `datagram`, none of them lost.
fn records(datagram: &[u8]) -> Vec<Record<'_>> {
    let samples: Vec<_> = Datagram::parse(datagram).unwrap().samples().collect();
    match &samples[..] {
        [Ok(Sample::Counters(sample))] => sample.records().map(Result::unwrap).collect(),
        other => panic!("one counter sample was sent, read: {other:?}"),
    }
}

/// Puts `body` into a record of this number with another behind it, and hands on what the library makes of it.
fn read<R>(tag: Tag, body: &[u8], then: impl FnOnce(sflowcap::xdr::Result<CounterRecord<'_>>) -> R) -> R {
    let record = Wire::new().framed(tag.enterprise(), tag.format(), Wire(body.to_vec())).pad();
    let datagram = counter_datagram(&[record, Wire::new().framed(0, 4095, Wire::new().u32(0x1234_5678))]);
    let [record, next] = records(&datagram)[..] else { panic!("two records were sent") };
    assert_eq!((next.tag, next.body()), (Tag::new(0, 4095), &[0x12, 0x34, 0x56, 0x78][..]), "the next record");
    assert_eq!((record.tag, record.body()), (tag, body), "raw");
    then(CounterRecord::decode(&record))
}

/// The older form of `host_memory` is as long as the newer one cut there.
fn is_older_form(tag: Tag, length: usize) -> bool {
    tag == Tag::new(0, 2004) && length == 44
}

/// What holds for every structure.
fn every_field_is_read_where_it_stands<L: Layout>() {
    let whole = |sent: &L, body: &[u8]| {
        read(L::TAG, body, |read| match read {
            Ok(read) => assert!(sent.is(&read, false), "sent {sent:?}, read {read:?}"),
            Err(error) => panic!("sent {sent:?}, read {error}"),
        });
    };
    let cut = |sent: &L, body: &[u8]| {
        read(L::TAG, body, |read| match read {
            Ok(read) => assert!(sent.is(&read, true), "sent {sent:?}, read {read:?}"),
            Err(error) => {
                assert_eq!(error.structure, L::NAME);
                assert!(matches!(error.kind, ErrorKind::Truncated { .. } | ErrorKind::Count { .. }), "{error}");
            }
        });
    };

    let seed = prop_oneof![any::<u64>(), Just(0), Just(u64::MAX)];
    proptest!(ProptestConfig::with_cases(64), |(seeds in vec(seed, 0..120), appended in vec(any::<u32>(), 1..5))| {
        let sent = L::draw(&mut Draws(seeds.iter()));
        let body = sent.append(Wire::new());
        if let Some(size) = L::SIZE {
            assert_eq!(body.0.len(), size, "the size in the reference");
        }
        whole(&sent, &body.0);
        for length in (0..body.0.len()).filter(|length| !is_older_form(L::TAG, *length)) {
            cut(&sent, &body.0[..length]);
        }
        whole(&sent, &body.u32s(appended).0);
    });
}

#[test]
fn every_structure_that_the_library_reads_is_laid_out_here() {
    assert_eq!(CounterRecord::TAGS, layouts::STRUCTURES);
    let numbers: BTreeSet<Tag> = CounterRecord::TAGS.iter().map(|structure| structure.0).collect();
    assert_eq!(numbers.len(), CounterRecord::TAGS.len(), "no number is read as two structures");
}

proptest! {
    #[test]
    fn a_record_that_the_library_does_not_know_is_handed_on_raw(
        enterprise in 0u32..1 << 20,
        format in 0u32..1 << 12,
        body in vec(any::<u8>(), 1..64),
    ) {
        let tag = Tag::new(enterprise, format);
        prop_assume!(CounterRecord::TAGS.iter().all(|known| known.0 != tag));
        read(tag, &body, |read| {
            assert_eq!(read, Ok(CounterRecord::Unknown { tag, body: &body }));
        });
    }

    #[test]
    fn no_body_makes_the_decoder_panic(
        at in 0..CounterRecord::TAGS.len(),
        body in vec(prop_oneof![any::<u8>(), Just(0), Just(0xff)], 0..256),
    ) {
        read(CounterRecord::TAGS[at].0, &body, |read| {
            // Lists are read when they are looked at.
            let _ = format!("{read:?}");
        });
    }

    #[test]
    fn the_older_host_memory_of_32_bit_sizes_is_read_into_the_same_type(words: [u32; 11]) {
        read(Tag::new(0, 2004), &Wire::new().u32s(words).0, |read| {
            let Ok(CounterRecord::HostMemory(memory)) = read else { panic!("{read:?}") };
            let sizes = [
                memory.mem_total,
                memory.mem_free,
                memory.mem_shared,
                memory.mem_buffers,
                memory.mem_cached,
                memory.swap_total,
                memory.swap_free,
            ];
            assert_eq!(sizes, std::array::from_fn(|i| u64::from(words[i])));
            assert_eq!([memory.page_in, memory.page_out, memory.swap_in, memory.swap_out], words[7..]);
        });
    }
}

#[test]
fn fields_that_older_agents_do_not_send_are_absent() {
    let ones = |words: usize| Wire::new().u32s(1..=words as u32).0;
    let tail = |body: &[u8]| {
        read(Tag::new(0, 2003), body, |read| match read {
            Ok(CounterRecord::HostCpu(cpu)) => (cpu.contexts, [cpu.cpu_steal, cpu.cpu_guest, cpu.cpu_guest_nice]),
            other => panic!("{other:?}"),
        })
    };
    assert_eq!(tail(&ones(17)), (17, [None; 3]), "before December 2014");
    assert_eq!(tail(&ones(20)), (17, [Some(18), Some(19), Some(20)]));

    let tail = |body: &[u8]| {
        read(Tag::new(0, 2106), body, |read| match read {
            Ok(CounterRecord::JvmStatistics(jvm)) => (jvm.thread_num_started, jvm.fd_open_count, jvm.fd_max_count),
            other => panic!("{other:?}"),
        })
    };
    assert_eq!(tail(&ones(25)), (25, None, None));
    assert_eq!(tail(&ones(27)), (25, Some(26), Some(27)));
}

#[test]
fn a_list_that_claims_more_items_than_there_is_room_for_is_an_error() {
    let count_of = |tag, body: Wire| {
        read(tag, &body.0, |read| match read.unwrap_err().kind {
            ErrorKind::Count { count, .. } => count,
            other => panic!("{other:?}"),
        })
    };
    assert_eq!(
        count_of(Tag::new(0, 10), Wire::new().u32s([1, 4, 3300, 0, 0x4000_0001]).u32s([0; 10])),
        0x4000_0001,
        "lanes"
    );
    assert_eq!(count_of(Tag::new(0, 2001), Wire::new().u32s([u32::MAX, 1, 0])), u32::MAX, "adapters");
    assert_eq!(count_of(Tag::new(0, 2001), Wire::new().u32s([1, 1, 0x2000_0001, 0, 0])), 0x2000_0001, "addresses");
    assert_eq!(count_of(Tag::new(4413, 2), Wire::new().u32s([1, 2, 3, 4, 5])), 5, "queues");
}

#[test]
fn an_unknown_percentage_is_told_from_zero() {
    assert_eq!(Percent(-1).percent(), None);
    assert_eq!(Percent(0).percent(), Some(0.0));
    assert_eq!(Percent(1234).percent(), Some(12.34));
    assert_eq!([Percent(-1), Percent(5), Percent(10_000)].map(|p| p.to_string()), ["unknown", "0.05%", "100.00%"]);
}

#[test]
fn lacp_states_are_told_apart_in_either_order_of_bytes() {
    let split =
        |state: LagPortState| [state.actor_admin(), state.actor_oper(), state.partner_admin(), state.partner_oper()];
    let state = LagPortState(0x453d_0002);
    assert_eq!(split(state), [0x45, 0x3d, 0, 2]);
    assert_eq!(split(state.reversed()), [2, 0, 0x3d, 0x45]);
}

#[test]
fn expanded_counter_samples_have_the_same_records() {
    let sent = layouts::OfPort { datapath_id: 0x0102_0304_0506_0708, port_no: 65534 };
    let body = Wire::new().u32s([1, 3, 70_000, 1]).framed(0, 1004, sent.append(Wire::new()));
    let bytes = datagram(&[Wire::new().framed(0, 4, Wire::new().raw(body.0))]);
    let sample = counter_samples(&Datagram::parse(&bytes).unwrap()).next().unwrap();
    assert_eq!(sample.source(), DataSource { class: DataSource::ENT_LOGICAL, index: 70_000 });
    let record = CounterRecord::decode(&sample.records().next().unwrap().unwrap()).unwrap();
    assert!(Layout::is(&sent, &record, false), "{record:?}");
}

/// Where recorded feeds are, if they are.
fn captures() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/captures");
    let captures = std::env::var_os("SFLOW_CAPTURES").map_or(beside, PathBuf::from);
    if !captures.is_dir() {
        println!("skipped: no recorded feeds at {}", captures.display());
        return None;
    }
    Some(captures)
}

/// All files named `*.pcap` below `folder`.
fn pcaps(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            found.extend(pcaps(&entry));
        } else if entry.extension().is_some_and(|extension| extension == "pcap") {
            found.push(entry);
        }
    }
    found.sort();
    found
}

/// The number and payload of each frame in `file` that is UDP over Ethernet. Files that are no classic pcap of Ethernet are
/// taken as empty, fragments are left out.
fn payloads(file: &[u8]) -> Vec<(usize, &[u8])> {
    let word = match file {
        [0xd4, 0xc3, 0xb2, 0xa1, ..] | [0x4d, 0x3c, 0xb2, 0xa1, ..] => u32::from_le_bytes,
        [0xa1, 0xb2, 0xc3, 0xd4, ..] | [0xa1, 0xb2, 0x3c, 0x4d, ..] => u32::from_be_bytes,
        _ => return Vec::new(),
    };
    let word = |at: usize| word(file[at..at + 4].try_into().unwrap()) as usize;
    if word(20) != 1 {
        return Vec::new();
    }
    let (mut payloads, mut at, mut number) = (Vec::new(), 24, 0);
    while at < file.len() {
        let frame = at + 16..at + 16 + word(at + 8);
        at = frame.end;
        number += 1;
        payloads.extend(udp_payload(&file[frame]).map(|payload| (number, payload)));
    }
    payloads
}

fn udp_payload(frame: &[u8]) -> Option<&[u8]> {
    let mut network = 14;
    while frame.get(network - 2..network)? == [0x81, 0] {
        network += 4;
    }
    let (protocol, transport) = match frame.get(network)? >> 4 {
        4 if matches!(frame.get(network + 6..network + 8)?, [0 | 0x40, 0]) => {
            (frame.get(network + 9)?, network + 4 * (frame[network] & 0xf) as usize)
        }
        6 => (frame.get(network + 6)?, network + 40),
        _ => return None,
    };
    let length = u16::from_be_bytes(frame.get(transport + 4..transport + 6)?.try_into().ok()?) as usize;
    if *protocol == 17 { frame.get(transport + 8..transport + length) } else { None }
}

/// What is told about the frame `number` of a recorded feed.
fn recorded<R>(file: &Path, number: usize, tell: impl Fn(&CounterRecord<'_>) -> Option<R>) -> R {
    let file = std::fs::read(file).unwrap();
    let (_, payload) = payloads(&file).into_iter().find(|frame| frame.0 == number).unwrap();
    counter_samples(&Datagram::parse(payload).unwrap())
        .flat_map(|sample| sample.records())
        .find_map(|record| tell(&CounterRecord::decode(&record.unwrap()).unwrap()))
        .unwrap()
}

#[test]
fn every_counter_record_of_real_agents_is_read() {
    let Some(captures) = captures() else { return };
    let mut seen = BTreeSet::new();
    let mut faults = Vec::new();
    for path in pcaps(&captures) {
        let file = std::fs::read(&path).unwrap();
        for (number, payload) in payloads(&file) {
            let Ok(datagram) = Datagram::parse(payload) else { continue };
            for record in counter_samples(&datagram).flat_map(|sample| sample.records()) {
                match record.and_then(|record| CounterRecord::decode(&record).map(|read| (record.tag, read))) {
                    Ok((tag, CounterRecord::Unknown { .. })) => {
                        faults.push(format!("{} frame {number}: {tag} is unknown", path.display()));
                    }
                    Ok((tag, _)) => {
                        seen.insert(tag);
                    }
                    Err(error) => faults.push(format!("{} frame {number}: {error}", path.display())),
                }
            }
        }
    }
    assert_eq!(faults, [""; 0]);

    let formats = [1, 2, 5, 7, 1001, 1004, 1005];
    let formats = formats.into_iter().chain(2000..=2010).chain(2100..=2106).chain([2201, 2203, 2207]);
    let mut expected: BTreeSet<Tag> = formats.map(|format| Tag::new(0, format)).collect();
    expected.insert(Tag::new(4300, 2));
    assert_eq!(seen, expected, "the structures that the recorded feeds have");
}

#[test]
fn a_hosts_counters_agree_with_each_other_and_with_linux() {
    let Some(captures) = captures() else { return };
    let feed = captures.join("public/f1shl3gs__vertex/datagram.pcap");

    let cpu = recorded(&feed, 2, |record| match record {
        CounterRecord::HostCpu(cpu) => Some(*cpu),
        _ => None,
    });
    let busy = [cpu.cpu_user, cpu.cpu_nice, cpu.cpu_system, cpu.cpu_wio, cpu.cpu_intr, cpu.cpu_sintr];
    let spent = busy.iter().map(|time| f64::from(*time)).sum::<f64>() + f64::from(cpu.cpu_idle);
    let passed = f64::from(cpu.uptime) * f64::from(cpu.cpu_num) * 1000.0;
    assert!((spent / passed - 1.0).abs() < 0.01, "{spent} ms of {passed} ms since the host started");

    let memory = recorded(&feed, 2, |record| match record {
        CounterRecord::HostMemory(memory) => Some(*memory),
        _ => None,
    });
    assert!(memory.mem_free + memory.mem_buffers + memory.mem_cached < memory.mem_total);

    let tcp = recorded(&feed, 2, |record| match record {
        CounterRecord::Mib2TcpGroup(tcp) => Some(*tcp),
        _ => None,
    });
    assert_eq!((tcp.tcp_rto_min, tcp.tcp_rto_max, tcp.tcp_max_conn), (200, 120_000, u32::MAX), "Linux's constants");

    let ip = recorded(&feed, 2, |record| match record {
        CounterRecord::Mib2IpGroup(ip) => Some(*ip),
        _ => None,
    });
    assert_eq!(ip.ip_default_ttl, 64);
    assert!(ip.ip_in_delivers <= ip.ip_in_receives);
}

#[test]
fn a_hosts_names_and_addresses_are_read_in_full() {
    let Some(captures) = captures() else { return };
    let feed = captures.join("public/Cistern__sflow/host_sample.pcap");
    let names = recorded(&feed, 1, |record| match record {
        CounterRecord::HostDescr(host) => Some((host.hostname.to_string(), host.os_release.to_string(), host.os_name)),
        _ => None,
    });
    assert_eq!(names, ("fractal".into(), "3.13.0-29-generic".into(), 2));
    let adapters = recorded(&feed, 1, |record| match record {
        CounterRecord::HostAdapters(host) => Some(
            host.adapters
                .iter()
                .flat_map(|adapter| {
                    adapter.mac_address.iter().map(move |mac| format!("{} {mac}", adapter.if_index)).collect::<Vec<_>>()
                })
                .collect::<Vec<_>>(),
        ),
        _ => None,
    });
    assert_eq!(adapters, ["2 3c:97:0e:25:f0:56", "3 9c:4e:36:59:b2:54"]);
}
