//! The files that the library writes: what is promised of their blocks, and that tshark, capinfos and tcpdump read them.

mod support;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use sflowcap::capture::{Content, Converter, Options, Received};
use sflowcap::link::Framing;
use tempfile::NamedTempFile;

use support::captures;
use support::convert::{self, BEGIN, Converted, END};
use support::feed::Datagram;
use support::pcapng;
use support::wire::{Wire, datagram, flow_sample};

/// The block types there may be: section header, interface description, interface statistics, enhanced packet.
const BLOCKS: [u32; 4] = [0x0a0d_0d0a, 1, 5, 6];

/// An IPv4 packet of UDP, which every tool dissects without complaint.
const IPV4: [u8; 28] =
    [0x45, 0, 0, 28, 0, 1, 0, 0, 64, 17, 0xf6, 0xcf, 192, 0, 2, 1, 192, 0, 2, 2, 0x30, 0x39, 0x30, 0x39, 0, 8, 0, 0];

/// The same over IPv6.
const IPV6: [u8; 48] = [
    0x60, 0, 0, 0, 0, 8, 17, 64, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0x20, 1, 0xd, 0xb8, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 2, 0x30, 0x39, 0x30, 0x39, 0, 8, 0x3c, 0x64,
];

/// A packet for each header protocol: its number, its bytes, and what tshark calls its outermost layers under native framing.
fn protocols() -> Vec<(u32, Vec<u8>, &'static str)> {
    let with = |before: &[u8]| [before, &IPV4].concat();
    let ethernet = with(&[2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0]);
    let mut wlan = vec![0x08, 0, 0, 0];
    wlan.extend([[2, 0, 0, 0, 0, 1], [2, 0, 0, 0, 0, 2], [2, 0, 0, 0, 0, 3]].concat());
    wlan.extend([0, 0, 0xaa, 0xaa, 3, 0, 0, 0, 8, 0]);
    vec![
        (1, ethernet, "eth:ethertype:ip"),
        (3, with(&[0x10, 0x40, 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0xaa, 0xaa, 3, 0, 0, 0, 8, 0]), "tr:llc:ip"),
        (4, with(&[0x50, 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0xaa, 0xaa, 3, 0, 0, 0, 8, 0]), "fddi:llc:ip"),
        (5, with(&[0x04, 0x01, 0x03, 0xcc]), "fr:ip"),
        (7, with(&[0xff, 0x03, 0x00, 0x21]), "ppp:ip"),
        (9, with(&[0xaa, 0xaa, 3, 0, 0, 0, 8, 0]), "llc:ip"),
        (10, IPV4.to_vec(), "raw:ip"),
        (10, IPV6.to_vec(), "raw:ipv6"),
        (11, IPV4.to_vec(), "ip:udp"),
        (12, IPV6.to_vec(), "ipv6:udp"),
        (13, with(&[0, 1, 0x01, 64]), "eth:ethertype:mpls:ip"),
        (14, with(&[0xff, 0x03, 0x00, 0x21]), "ppp:ip"),
        (15, [&wlan[..], &IPV4].concat(), "wlan:llc:ip"),
    ]
}

/// A feed of three agents with packets of every protocol, ports of two directions, discards, counters and a lost datagram.
fn feed() -> Vec<Datagram> {
    let of = |protocol: u32, packet: &[u8]| {
        let length = packet.len() as u32 + 4;
        flow_sample(&[Wire::new().sampled_header(protocol, length, 4, packet)])
    };
    let one_of_each: Vec<Wire> = protocols().iter().map(|(protocol, packet, _)| of(*protocol, packet)).collect();
    let mut out_of_port = of(1, &protocols()[0].1);
    out_of_port.0[12..16].copy_from_slice(&4_u32.to_be_bytes());
    let discard = Wire::new().u32s([1, 0, 5, 0, 5, 0, 258, 1]).sampled_header(1, 46, 0, &protocols()[0].1);
    let counters = Wire::new().u32s([1, 3, 0]);
    let rest = [out_of_port, Wire::new().framed(0, 5, discard), Wire::new().framed(0, 2, counters)];
    let mut feed = Vec::new();
    for (number, samples) in [&one_of_each[..], &rest, &[], &one_of_each].into_iter().enumerate() {
        for agent in [[1, 0xc000_0201, 0, 0, 0], [2, 0x2001_0db8, 0, 0, 9], [0, 0, 0, 0, 0]] {
            let address = &agent[..[1, 2, 5][agent[0] as usize]];
            let sequence_number = 7 + 2 * number as u32;
            let header = Wire::new().u32(5).u32s(address.iter().copied());
            let header = header.u32s([0, sequence_number, 1000, samples.len() as u32]);
            let payload = samples.iter().fold(header, |datagram, sample| datagram.raw(&sample.0)).0;
            feed.push(Datagram { timestamp: 1_650_000_000_000_000_001 + number as u64, ..convert::received(&payload) });
        }
    }
    feed
}

fn told() -> Options {
    Options {
        application: "sflowdump 0.1".to_owned(),
        os: "Linux".to_owned(),
        description: "sFlow listener".to_owned(),
        filter_text: "udp port 53".to_owned(),
        comments: true,
        ..Options::default()
    }
}

/// What holds of every file.
fn check(converted: &Converted, framing: Framing) {
    let file = &converted.file;
    assert!(file.section_length <= 2048, "dumpcap takes no longer section header");
    assert!(file.blocks.iter().all(|block| BLOCKS.contains(block)), "{:?}", file.blocks);
    assert_eq!(file.blocks[..2], [BLOCKS[0], 1], "an interface from the first byte on");
    for interface in &file.interfaces {
        assert_eq!(interface.snaplen, 262_144, "libpcap wants all alike, and takes no more");
        assert!(framing == Framing::Native || interface.link_type == 1, "{interface:?}");
    }
    let ids: Vec<u32> = file.statistics.iter().map(|statistics| statistics.interface).collect();
    assert_eq!(ids, (0..file.interfaces.len() as u32).collect::<Vec<_>>(), "statistics of each interface");
    for statistics in &file.statistics {
        assert_eq!((statistics.timestamp, statistics.start_time, statistics.end_time), (END, Some(BEGIN), Some(END)));
        let delivered = file.packets.iter().filter(|packet| packet.interface == statistics.interface).count() as u64;
        assert_eq!(statistics.delivered, Some(delivered));
    }
    assert!(file.packets.iter().all(|packet| packet.flags.is_some()), "each packet tells its direction");
    // The last option of a packet says so: the reader has checked ends, lengths and padding of all blocks.
    assert_eq!(file.packets.len() as u64, converted.totals.written + converted.totals.written_datagrams);
}

#[test]
fn every_file_keeps_what_its_readers_rely_on() {
    for framing in [Framing::Ethernet, Framing::Native] {
        for content in [Content::Packets, Content::Datagrams, Content::Both] {
            let feed = feed();
            let converted = convert::feed(&feed, Options { framing, content, ..told() });
            check(&converted, framing);
            for (place, datagram) in feed.iter().enumerate() {
                let packets = converted.packets_of(place);
                assert!(packets.iter().all(|packet| packet.timestamp == datagram.timestamp));
            }
            assert!(converted.file.packets.len() >= 12);
        }
    }
    check(&convert::feed(&[], Options::default()), Framing::Ethernet);
}

#[test]
fn every_interface_has_its_own_name_and_direction_stands_with_the_packet() {
    let converted = convert::feed(&feed(), told());
    let names: Vec<&str> = converted.file.interfaces.iter().map(|interface| &interface.name[..]).collect();
    let agents = ["192.0.2.1", "[2001:db8::9]", "192.0.2.1"];
    assert_eq!(names[0], "sflow");
    for port in [3, 4, 5] {
        for agent in agents {
            assert!(names.contains(&&format!("{agent}:{port}")[..]), "{agent}:{port} is not among {names:?}");
        }
    }
    for packet in &converted.file.packets {
        let port = names[packet.interface as usize].rsplit(':').next().unwrap();
        assert_eq!(packet.flags, Some(if port == "4" { 2 } else { 1 }), "port {port}");
    }
}

#[test]
fn texts_of_any_length_and_script_are_cut_where_a_character_ends() {
    for text in ["x".repeat(70_000), "é".repeat(40_000), "x".to_owned() + &"🦀".repeat(20_000), String::new()] {
        let options = Options {
            application: text.clone(),
            os: text.clone(),
            description: text.clone(),
            filter_text: text.clone(),
            ..Options::default()
        };
        let converted = convert::feed(&feed(), options);
        check(&converted, Framing::Ethernet);
        let file = &converted.file;
        let texts = [&file.os, &file.application, &file.interfaces[0].description];
        for written in texts {
            assert_eq!(written.is_some(), !text.is_empty());
            assert!(text.starts_with(&written.clone().unwrap_or_default()));
        }
        let filter = file.interfaces[1].filter.clone();
        assert_eq!(filter.is_some(), !text.is_empty());
        let filter = String::from_utf8(filter.unwrap_or_default()).expect("a filter in UTF-8");
        assert!(text.starts_with(&filter));
    }
}

#[test]
fn a_long_filter_is_written_in_full() {
    let filter_text = vec!["host 192.0.2.1"; 1000].join(" or ");
    let converted = convert::feed(&feed(), Options { filter_text: filter_text.clone(), ..Options::default() });
    assert!(
        converted.file.interfaces.iter().all(|interface| interface.filter.as_deref() == Some(filter_text.as_bytes()))
    );
}

#[test]
fn packets_lost_to_a_slow_reader_are_told_with_the_next_packet_of_their_interface() {
    let payload = datagram(&[flow_sample(&[Wire::new().sampled_header(11, 32, 4, &IPV4)])]);
    let received = Received { timestamp: 1, sender: [192, 0, 2, 1].into(), bytes: &payload };
    let mut converter = Converter::new(Options::default());
    let mut bytes = Vec::new();
    converter.begin(BEGIN, &mut bytes);
    for reader_is_slow in [false, true, true, true, false, false] {
        converter.datagram(&received, (!reader_is_slow).then_some(&mut bytes), |_| ());
    }
    converter.statistics(END, 0, "", &mut bytes);
    let file = pcapng::read(&bytes);
    assert_eq!(file.packets.iter().map(|packet| packet.drop_count).collect::<Vec<_>>(), [None, Some(3), None]);
    assert_eq!((file.statistics[1].os_dropped, file.statistics[1].delivered), (Some(3), Some(3)));
    assert_eq!((converter.totals().dropped, converter.totals().written), (3, 3));
}

/// Runs a tool; nothing if it is not there. It must succeed, and complain of nothing but who runs it.
fn run(tool: &str, arguments: &[&str], file: &Path) -> Option<String> {
    let output = Command::new(tool).args(arguments).arg(file).stdin(Stdio::null()).output();
    let Ok(output) = output else {
        println!("skipped: no {tool}");
        return None;
    };
    let complaints = String::from_utf8_lossy(&output.stderr).into_owned();
    let is_complaint = |line: &&str| {
        !line.is_empty() && !line.starts_with("Running as user") && !line.starts_with("reading from file")
    };
    assert!(output.status.success(), "{tool}: {complaints}");
    assert_eq!(complaints.lines().filter(is_complaint).collect::<Vec<_>>(), Vec::<&str>::new(), "{tool}");
    Some(String::from_utf8(output.stdout).expect("UTF-8"))
}

/// The file on disk.
fn saved(converted: &Converted) -> NamedTempFile {
    let file = NamedTempFile::with_suffix(".pcapng").unwrap();
    fs::write(file.path(), &converted.bytes).unwrap();
    file
}

const FIELDS: [&str; 6] = [
    "frame.time_epoch",
    "frame.interface_name",
    "frame.len",
    "frame.cap_len",
    "frame.packet_flags_direction",
    "frame.protocols",
];

/// What tshark reads must be what was written. Returns each packet's protocols.
fn check_with_tshark(converted: &Converted, file: &Path) -> Option<Vec<String>> {
    let fields: Vec<&str> = FIELDS.into_iter().flat_map(|field| ["-e", field]).collect();
    let arguments = [&["-n", "-t", "u", "-T", "fields"], &fields[..], &["-r"]].concat();
    let read = run("tshark", &arguments, file)?;
    let read: Vec<Vec<&str>> = read.lines().map(|line| line.split('\t').collect()).collect();
    assert_eq!(read.len(), converted.file.packets.len(), "packets that tshark reads");
    for (read, packet) in read.iter().zip(&converted.file.packets) {
        let (seconds, fraction) = (packet.timestamp / 1_000_000_000, packet.timestamp % 1_000_000_000);
        assert_eq!(read[0], format!("{seconds}.{fraction:09}"));
        assert_eq!(read[1], converted.file.interfaces[packet.interface as usize].name);
        assert_eq!(read[2], packet.original_length.to_string());
        assert_eq!(read[3], packet.data.len().to_string());
        let direction = u32::from_str_radix(read[4].trim_start_matches("0x"), 16).expect("a direction");
        assert_eq!(Some(direction), packet.flags);
    }
    Some(read.iter().map(|read| read[5].to_owned()).collect())
}

fn check_with_capinfos(converted: &Converted, file: &Path) {
    let Some(read) = run("capinfos", &["-M", "-c", "-I"], file) else { return };
    let number = |line: &str| line.rsplit('=').next()?.trim().parse::<usize>().ok();
    let packets = read.lines().find_map(|line| line.strip_prefix("Number of packets:")).expect("a number of packets");
    assert_eq!(packets.trim(), converted.file.packets.len().to_string());
    let of_interfaces: Vec<usize> =
        read.lines().filter(|line| line.trim_start().starts_with("Number of packets =")).filter_map(number).collect();
    let written = |id| converted.file.packets.iter().filter(|packet| packet.interface == id).count();
    let written: Vec<usize> = (0..converted.file.interfaces.len() as u32).map(written).collect();
    assert_eq!(of_interfaces, written, "packets of each interface");
}

fn check_with_tcpdump(converted: &Converted, file: &Path) {
    let Some(read) = run("tcpdump", &["-n", "--count", "-r"], file) else { return };
    let packets = read.trim().trim_end_matches('s').strip_suffix(" packet").expect("a number of packets");
    assert_eq!(packets, converted.file.packets.len().to_string(), "packets that tcpdump reads");
    // And dissects, down to the last.
    run("tcpdump", &["-n", "-e", "-v", "-r"], file);
}

#[test]
fn tshark_capinfos_and_tcpdump_read_every_packet() {
    for content in [Content::Packets, Content::Both] {
        let converted = convert::feed(&feed(), Options { content, ..told() });
        let file = saved(&converted);
        check_with_tshark(&converted, file.path());
        check_with_capinfos(&converted, file.path());
        check_with_tcpdump(&converted, file.path());
    }
}

#[test]
fn a_file_without_packets_or_without_an_end_is_read_as_well() {
    let empty = convert::feed(&[], told());
    let mut cut = convert::feed(&feed(), told());
    // As when the program was killed: no statistics.
    let last = cut.file.packets.last().unwrap().offset;
    let length = u32::from_ne_bytes(cut.bytes[last + 4..last + 8].try_into().unwrap()) as usize;
    cut.bytes.truncate(last + length);
    for converted in [empty, cut] {
        let file = saved(&converted);
        check_with_tshark(&converted, file.path());
        check_with_tcpdump(&converted, file.path());
    }
}

#[test]
fn tshark_dissects_the_native_link_type_of_each_protocol() {
    let converted = convert::feed(&feed()[..1], Options { framing: Framing::Native, ..told() });
    let file = saved(&converted);
    let Some(read) = check_with_tshark(&converted, file.path()) else { return };
    check_with_capinfos(&converted, file.path());
    for ((protocol, _, layers), read) in protocols().iter().zip(&read) {
        assert!(read.starts_with(layers), "header protocol {protocol} is {read} to tshark, not {layers}");
    }
    assert_eq!(read.len(), protocols().len());
}

#[test]
fn all_recorded_captures_in_one_file_are_read_by_tshark_capinfos_and_tcpdump() {
    let Some(directory) = captures::directory() else { return };
    let datagrams: Vec<Datagram> = captures::feeds(&directory).into_iter().flat_map(|feed| feed.datagrams).collect();
    let converted = convert::feed(&datagrams, Options { comments: true, ..Options::default() });
    check(&converted, Framing::Ethernet);
    let file = saved(&converted);
    check_with_tshark(&converted, file.path());
    check_with_capinfos(&converted, file.path());
    check_with_tcpdump(&converted, file.path());
    println!("{} packets of {} interfaces", converted.file.packets.len(), converted.file.interfaces.len());
}
