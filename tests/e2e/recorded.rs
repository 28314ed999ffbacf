//! Recorded feeds (`-r`): whatever file they come in, what comes out is what was recorded, with the times of the recording.
#![cfg(target_os = "linux")]

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use sflowcap::capture::Options;

use files::{Classic, ETHERNET, Frame, Order, PcapNg, pcap};
use library::{captures, convert};
use support::capture::Capture;
use support::feed::{AGENT, Sample, datagram};
use support::tools;
use support::{Home, SFLOWDUMP, demo, frames};

#[path = "recorded/files.rs"]
mod files;
#[path = "recorded/library.rs"]
mod library;
mod support;

/// What came of a recording.
struct Read {
    capture: Capture,
    stderr: String,
    code: Option<i32>,
}

impl Read {
    /// A number of the totals.
    fn total(&self, what: &str) -> u64 {
        let line = self.stderr.lines().find(|line| line.ends_with(what));
        line.and_then(|line| line.split(' ').next()?.parse().ok()).unwrap_or(0)
    }
}

/// Reads a recording with these options.
fn read(home: &Home, path: &Path, options: &[&str]) -> Read {
    let out = home.file("out.pcapng");
    _ = fs::remove_file(&out);
    let mut command = home.command(SFLOWDUMP);
    let output = command.arg("-r").arg(path).arg("-w").arg(&out).args(options).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    let capture = if out.exists() { Capture::read_whole(&out) } else { Capture::default() };
    Read { capture, stderr, code: output.status.code() }
}

fn read_bytes(home: &Home, bytes: &[u8], options: &[&str]) -> Read {
    let path = home.file("recording");
    fs::write(&path, bytes).unwrap();
    read(home, &path, options)
}

// Real recordings.

#[test]
fn every_recording_gives_the_packets_that_its_index_counts() {
    let Some(index) = tools::captures("INDEX.md") else { return };
    let directory = index.parent().unwrap();
    let index = captures::index(directory);
    let feeds = captures::feeds(directory);
    assert!(feeds.len() >= 80, "{} feeds", feeds.len());
    let home = Home::new();
    for feed in feeds {
        let read = read(&home, &feed.path, &["--synthetic", "false"]);
        assert_eq!(read.code, Some(0), "{}: {}", feed.name, read.stderr);
        let row = &index[&feed.name];
        // Tables of public captures have origin, kind and agent before the version, and a column for discards.
        let (version, discards) = if row[1].contains(' ') { (4, 8) } else { (2, usize::MAX) };
        let number = |column: usize| row.get(column).map_or(0, |cell| cell.parse::<u64>().unwrap_or(0));
        let mut counted = [number(version + 1), number(version + 2) + number(discards)];
        if feed.name == "ovs/base-h128-modified.sflow.pcap" {
            // What made the index could not read this container; the capture is that of base-h128.
            counted = [35, 205];
        }
        let samples = read.total("packets captured")
            + read.total("samples without a packet header")
            + read.total("packets of link layers left out (--link-type native has them)");
        assert_eq!([read.total("sFlow datagrams received"), samples], counted, "{}", feed.name);
    }
}

#[test]
fn every_recording_gives_what_its_datagrams_give_when_others_read_the_file() {
    let Some(index) = tools::captures("INDEX.md") else { return };
    let home = Home::new();
    let mut packets = 0;
    for feed in captures::feeds(index.parent().unwrap()) {
        let read = read(&home, &feed.path, &[]);
        let expected =
            convert::feed(&feed.datagrams, Options { comments: true, synthetic: true, ..Options::default() });
        assert_eq!(read.capture.packets.len(), expected.file.packets.len(), "{}", feed.name);
        for (packet, expected) in read.capture.packets.iter().zip(&expected.file.packets) {
            assert_eq!(packet.timestamp, expected.timestamp, "{}", feed.name);
            assert_eq!((&packet.data, packet.original_length), (&expected.data, expected.original_length));
            assert_eq!(packet.interface, expected.interface as usize);
            assert_eq!(packet.comment, expected.comments.concat());
        }
        packets += read.capture.packets.len();
    }
    assert!(packets > 9000, "{packets}");
}

#[test]
fn the_containers_of_one_capture_give_the_same_packets() {
    let Some(plain) = tools::captures("agents/ovs/base-h128.sflow.pcap") else { return };
    let home = Home::new();
    let expected = read(&home, &plain, &[]).capture.packets;
    assert_eq!(expected.len(), 205);
    for name in ["base-h128-modified.sflow.pcap", "base-h128-nsec.sflow.pcap", "base-h128.sflow.pcapng"] {
        let read = read(&home, &plain.with_file_name(name), &[]);
        let packets: Vec<_> = read.capture.packets.iter().map(|packet| &packet.data).collect();
        assert_eq!(packets, expected.iter().map(|packet| &packet.data).collect::<Vec<_>>(), "{name}");
    }
}

// The containers, of the same few datagrams.

const START: u64 = 1_700_000_000_123_456_789;
const STEP: u64 = 1_000_000_007;

/// Numbered packets, each in a datagram of its own.
const COUNT: u32 = 6;

/// Open vSwitch samples as a bridge, not by port: its ports are those that packets came in and went out by.
#[test]
fn the_ports_of_a_bridge_are_selected_by_the_way_of_its_packets() {
    let Some(feed) = tools::captures("agents/ovs/base-h128.sflow.pcap") else { return };
    let home = Home::new();
    let all = read(&home, &feed, &[]);
    let by_port = ["2", "3"].map(|port| read(&home, &feed, &["--interfaces", port]));
    for (port, read) in ["2", "3"].iter().zip(&by_port) {
        let ways = [format!("in={port}"), format!("out={port}")];
        let on_the_way = |comment: &str| comment.split(' ').any(|word| ways.iter().any(|way| way == word));
        let expected = all.capture.packets.iter().filter(|packet| on_the_way(&packet.comment)).count();
        assert!(expected > 50 && read.capture.packets.len() == expected, "{port}: {expected}, {}", read.stderr);
    }
    assert_eq!(read(&home, &feed, &["--interfaces", "17"]).capture.packets.len(), 0);
}

fn times() -> Vec<u64> {
    (0..u64::from(COUNT)).map(|number| START + number * STEP).collect()
}

fn payload(number: u32) -> Vec<u8> {
    datagram(AGENT, &[Sample::of(frames::numbered(number))])
}

/// The datagrams' IP packets, to a port.
fn packets_to(port: u16) -> Vec<Vec<u8>> {
    (0..COUNT).map(|number| frames::ipv4(frames::UDP, &frames::udp(50_000, port, &payload(number)))).collect()
}

/// Frames of these bytes at the times.
fn recorded(frames: impl IntoIterator<Item = Vec<u8>>) -> Vec<Frame> {
    frames.into_iter().zip(times()).map(|(data, time)| Frame { time, data }).collect()
}

fn ethernet_frames() -> Vec<Frame> {
    recorded(packets_to(6343).iter().map(|packet| frames::ethernet(0x0800, packet)))
}

/// That the numbered packets came out, with their times, which the file may have in coarser units, and nothing is wrong.
#[track_caller]
fn assert_all(read: &Read, unit: u64) {
    assert_eq!(read.code, Some(0), "{}", read.stderr);
    assert_packets(read, COUNT, unit);
    assert_eq!(read.stderr, format!("{COUNT} packets captured\n{COUNT} sFlow datagrams received\n"));
}

/// That the first of the numbered packets came out.
#[track_caller]
fn assert_packets(read: &Read, count: u32, unit: u64) {
    assert_eq!(read.capture.data(), (0..count).map(frames::numbered).collect::<Vec<_>>());
    let told: Vec<u64> = read.capture.packets.iter().map(|packet| packet.timestamp).collect();
    let times = times();
    assert_eq!(told, times[..count as usize].iter().map(|time| time / unit * unit).collect::<Vec<_>>());
}

#[test]
fn classic_files_of_each_byte_order_and_kind_are_read_with_their_exact_times() {
    let home = Home::new();
    for (kind, order, unit) in [
        (Classic::Microseconds, Order::Little, 1000),
        (Classic::Microseconds, Order::Big, 1000),
        (Classic::Nanoseconds, Order::Little, 1),
        (Classic::Nanoseconds, Order::Big, 1),
        (Classic::Modified, Order::Little, 1000),
    ] {
        let (file, _) = pcap(kind, order, ETHERNET, &ethernet_frames());
        assert_all(&read_bytes(&home, &file, &[]), unit);
    }
}

#[test]
fn pcapng_files_of_each_byte_order_and_unit_of_time_are_read() {
    let home = Home::new();
    for order in [Order::Little, Order::Big] {
        // Microseconds are the default.
        for (resolution, unit) in [(None, 1000), (Some(6), 1000), (Some(9), 1), (Some(3), 1_000_000)] {
            let mut file = PcapNg::new(order).interface(1, resolution, None);
            for frame in ethernet_frames() {
                file = file.packet(0, frame.time / unit, &frame.data);
            }
            assert_all(&read_bytes(&home, &file.bytes, &[]), unit);
            file = PcapNg::new(order).without_end_of_options().interface(1, resolution, None);
            for frame in ethernet_frames() {
                file = file.packet(0, frame.time / unit, &frame.data);
            }
            assert_all(&read_bytes(&home, &file.bytes, &[]), unit);
        }
    }
}

#[test]
fn units_of_time_that_are_powers_of_two_and_offsets_count() {
    let home = Home::new();
    let frames = ethernet_frames();
    for order in [Order::Little, Order::Big] {
        let file = PcapNg::new(order)
            .interface(1, Some(0x81), None) // half seconds
            .interface(1, Some(9), Some(1_700_000_000))
            .interface(1, Some(9), Some(-10))
            .interface(1, Some(0x9e), None) // 2^-30 seconds
            .packet(0, 3_400_000_001, &frames[0].data)
            .packet(1, 123, &frames[1].data)
            .packet(2, 30_000_000_000, &frames[2].data)
            .packet(3, (1_700_000_000 << 30) + (1 << 28), &frames[3].data);
        let read = read_bytes(&home, &file.bytes, &[]);
        let times: Vec<u64> = read.capture.packets.iter().map(|packet| packet.timestamp).collect();
        assert_eq!(
            times,
            [1_700_000_000_500_000_000, 1_700_000_000_000_000_123, 20_000_000_000, 1_700_000_000_250_000_000],
        );
    }
}

#[test]
fn several_interfaces_and_sections_and_unknown_blocks_make_no_difference() {
    let home = Home::new();
    let frames = ethernet_frames();
    let raw = packets_to(6343);
    let file = PcapNg::new(Order::Little)
        .interface(1, Some(9), None)
        .unknown()
        .packet(0, frames[0].time, &frames[0].data)
        .interface(101, Some(9), None)
        .packet(1, frames[1].time, &raw[1])
        .packet(0, frames[2].time, &frames[2].data)
        .section(Order::Big)
        .interface(101, Some(9), None)
        .packet(0, frames[3].time, &raw[3])
        .unknown()
        .interface(1, Some(9), None)
        .packet(1, frames[4].time, &frames[4].data)
        .section(Order::Little)
        .interface(1, Some(9), None)
        .packet(0, frames[5].time, &frames[5].data);
    assert_all(&read_bytes(&home, &file.bytes, &[]), 1);
}

#[test]
fn packets_without_a_time_or_of_an_unknown_interface_do_no_harm() {
    let home = Home::new();
    let frames = ethernet_frames();
    let file = PcapNg::new(Order::Little)
        .interface(1, Some(9), None)
        .packet(7, frames[1].time, &frames[1].data)
        .simple_packet(&frames[0].data);
    let read = read_bytes(&home, &file.bytes, &[]);
    assert_eq!(read.code, Some(0));
    assert_eq!(read.capture.data(), [frames::numbered(0)]);
    assert_eq!(read.capture.packets[0].timestamp, 0);
}

#[test]
fn gzipped_files_are_read_in_one_part_or_more() {
    let home = Home::new();
    let gzip = |bytes: &[u8]| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    };
    let (file, _) = pcap(Classic::Nanoseconds, Order::Little, ETHERNET, &ethernet_frames());
    assert_all(&read_bytes(&home, &gzip(&file), &[]), 1);
    let (start, end) = file.split_at(500);
    assert_all(&read_bytes(&home, &[gzip(start), gzip(end)].concat(), &[]), 1);
    // One that is cut.
    let zipped = gzip(&file);
    let read = read_bytes(&home, &zipped[..zipped.len() / 2], &[]);
    assert_eq!(read.code, Some(1), "{}", read.stderr);
    assert!(read.stderr.contains("damaged at offset"), "{}", read.stderr);
    assert!(read.capture.packets.len() < COUNT as usize);
}

// What the datagrams come in.

#[test]
fn frames_of_each_link_layer_are_read() {
    let home = Home::new();
    let packet = |before: Vec<u8>| move |packet: Vec<u8>| [before.clone(), packet].concat();
    let cooked = [&[0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0][..], &[8, 0]].concat();
    let cooked2 = [&[8, 0, 0, 0, 0, 0, 0, 2, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1][..], &[0, 0]].concat();
    let tag = |ether_type: u16, id: u16| [ether_type.to_be_bytes(), id.to_be_bytes()].concat();
    let addresses = vec![2, 0, 0, 0, 0, 0xb, 2, 0, 0, 0, 0, 0xa];
    let ip = vec![8, 0];
    let tagged = [addresses.clone(), tag(0x8100, 10), ip.clone()].concat();
    let tagged_twice = [addresses.clone(), tag(0x88a8, 10), tag(0x8100, 20), ip.clone()].concat();
    for (link_type, before) in [
        (1, [addresses, ip].concat()),
        (1, tagged),
        (1, tagged_twice),
        (113, cooked),
        (276, cooked2),
        (101, vec![]),
        (228, vec![]),
        (12, vec![]),
        (0, 2_u32.to_le_bytes().to_vec()),
        (108, 2_u32.to_be_bytes().to_vec()),
    ] {
        let frames = recorded(packets_to(6343).into_iter().map(packet(before)));
        let (file, _) = pcap(Classic::Nanoseconds, Order::Little, link_type, &frames);
        let read = read_bytes(&home, &file, &[]);
        assert_eq!(read.capture.packets.len(), COUNT as usize, "link type {link_type}");
        assert_all(&read, 1);
    }
}

#[test]
fn frames_with_a_check_sequence_are_read() {
    let home = Home::new();
    let frames = recorded(ethernet_frames().into_iter().map(|frame| [&frame.data[..], &[1, 2, 3, 4]].concat()));
    let four_bytes = 4 << 28 | 1 << 26;
    let (file, _) = pcap(Classic::Nanoseconds, Order::Little, four_bytes | ETHERNET, &frames);
    assert_all(&read_bytes(&home, &file, &[]), 1);
}

#[test]
fn a_link_type_that_is_not_read_is_told() {
    let home = Home::new();
    let (file, _) = pcap(Classic::Nanoseconds, Order::Little, 127, &ethernet_frames());
    let read = read_bytes(&home, &file, &["--log-level", "info"]);
    assert_eq!(read.code, Some(0));
    assert!(read.stderr.contains(&format!("{COUNT} frames read")), "{}", read.stderr);
    assert!(read.stderr.contains(&format!("{COUNT} of link types that are not read")), "{}", read.stderr);
}

#[test]
fn datagrams_of_ipv6_are_read() {
    let home = Home::new();
    let frame =
        |number| frames::ethernet(0x86dd, &frames::ipv6(frames::UDP, &frames::udp(50_000, 6343, &payload(number))));
    let (file, _) = pcap(Classic::Nanoseconds, Order::Little, ETHERNET, &recorded((0..COUNT).map(frame)));
    assert_all(&read_bytes(&home, &file, &[]), 1);
}

/// An IPv4 packet in fragments of 64 bytes.
fn fragments(identification: u16, payload: &[u8]) -> Vec<Vec<u8>> {
    let count = payload.len().div_ceil(64);
    let fragment = |(place, part): (usize, &[u8])| {
        let mut packet = frames::ipv4(frames::UDP, part);
        let more = if place + 1 < count { 0x2000 } else { 0 };
        packet[4..6].copy_from_slice(&identification.to_be_bytes());
        packet[6..8].copy_from_slice(&(more | (place * 8) as u16).to_be_bytes());
        frames::ethernet(0x0800, &packet)
    };
    payload.chunks(64).enumerate().map(fragment).collect()
}

/// The same of IPv6.
fn fragments6(identification: u32, payload: &[u8]) -> Vec<Vec<u8>> {
    let count = payload.len().div_ceil(64);
    let fragment = |(place, part): (usize, &[u8])| {
        let more = u16::from(place + 1 < count);
        let head = [&[frames::UDP, 0][..], &((place * 64) as u16 | more).to_be_bytes(), &identification.to_be_bytes()];
        frames::ethernet(0x86dd, &frames::ipv6(44, &[&head.concat(), part].concat()))
    };
    payload.chunks(64).enumerate().map(fragment).collect()
}

#[test]
fn fragments_are_put_together_whatever_their_order() {
    let home = Home::new();
    for reversed in [false, true] {
        let mut frames = Vec::new();
        for (number, time) in (0..COUNT).zip(times()) {
            let datagram = frames::udp(50_000, 6343, &payload(number));
            let mut parts =
                if number % 2 == 0 { fragments(number as u16, &datagram) } else { fragments6(number, &datagram) };
            assert!(parts.len() > 2);
            if reversed {
                parts.reverse();
            }
            // The datagram is there with its last fragment.
            let early = (parts.len() - 1) as u64;
            frames.extend(
                parts
                    .into_iter()
                    .enumerate()
                    .map(|(place, data)| Frame { time: time - (early - place as u64) * 1000, data }),
            );
        }
        let (file, _) = pcap(Classic::Nanoseconds, Order::Little, ETHERNET, &frames);
        assert_all(&read_bytes(&home, &file, &[]), 1);
    }
}

#[test]
fn fragments_of_datagrams_that_never_become_whole_are_no_trouble() {
    let home = Home::new();
    let mut frames = ethernet_frames();
    let lost = fragments(77, &frames::udp(50_000, 6343, &payload(99))).swap_remove(1);
    frames.insert(2, Frame { time: frames[1].time + 1, data: lost });
    let (file, _) = pcap(Classic::Nanoseconds, Order::Little, ETHERNET, &frames);
    assert_all(&read_bytes(&home, &file, &[]), 1);
}

#[test]
fn recordings_whose_udp_length_is_wrong_are_read() {
    let home = Home::new();
    for change in [-8_i32, -1, 1, 1000] {
        let frames = ethernet_frames().into_iter().map(|mut frame| {
            // Ethernet, IPv4, and the ports before it.
            let length = i32::from(u16::from_be_bytes([frame.data[38], frame.data[39]]));
            frame.data[38..40].copy_from_slice(&((length + change) as u16).to_be_bytes());
            frame
        });
        let (file, _) = pcap(Classic::Nanoseconds, Order::Little, ETHERNET, &frames.collect::<Vec<_>>());
        assert_all(&read_bytes(&home, &file, &[]), 1);
    }
}

#[test]
fn only_datagrams_to_the_port_are_the_feed() {
    let home = Home::new();
    let mut mixed = Vec::new();
    for (ours, others) in packets_to(7000).iter().zip(packets_to(6343)) {
        mixed.extend([frames::ethernet(0x0800, ours), frames::ethernet(0x0800, &others)]);
        mixed.push(frames::ethernet(0x0806, &[0; 28]));
        mixed.push(frames::ethernet(0x0800, &frames::ipv4(frames::TCP, &frames::tcp(1, 7000, frames::SYN, b""))));
    }
    let mixed: Vec<Frame> = mixed.into_iter().map(|data| Frame { time: START, data }).collect();
    let (file, _) = pcap(Classic::Nanoseconds, Order::Little, ETHERNET, &mixed);
    for port in ["7000", "6343"] {
        let read = read_bytes(&home, &file, &["--port", port, "--log-level", "info"]);
        assert_eq!(read.code, Some(0));
        assert_eq!(read.capture.data(), (0..COUNT).map(frames::numbered).collect::<Vec<_>>(), "{port}");
        assert!(read.stderr.contains("24 frames read, 18 of them no sFlow"), "{}", read.stderr);
    }
    let read = read_bytes(&home, &file, &["--port", "9"]);
    assert_eq!((read.code, read.capture.packets.len()), (Some(0), 0), "a capture with no packets is one too");
}

/// A recording of these UDP payloads, each to its port.
fn udp_to(datagrams: &[(u16, Vec<u8>)]) -> Vec<u8> {
    let frame = |(port, payload): &(u16, Vec<u8>)| {
        frames::ethernet(0x0800, &frames::ipv4(frames::UDP, &frames::udp(50_000, *port, payload)))
    };
    let frames: Vec<Frame> = datagrams.iter().map(|datagram| Frame { time: START, data: frame(datagram) }).collect();
    pcap(Classic::Nanoseconds, Order::Little, ETHERNET, &frames).0
}

#[test]
fn a_feed_on_another_port_is_told_with_what_to_type() {
    let home = Home::new();
    let sflow = || datagram(AGENT, &[Sample::of(frames::numbered(1))]);
    let dns = || b"\x12\x34\x01\0\0\x01\0\0\0\0\0\0\x07example\0\0\x01\0\x01".to_vec();
    // The header of an sFlow datagram alone, as other protocols may begin.
    let header = || datagram(AGENT, &[]);
    let file = home.file("recording");
    let file = file.to_str().unwrap();
    for (datagrams, hint) in [
        (vec![(9995, sflow()), (53, dns())], "; port 9995 carries it: --port 9995"),
        (
            vec![(7000, sflow()), (9995, sflow()), (9995, sflow())],
            "; ports (datagrams) 9995 (2), 7000 (1) carry it: --port 9995",
        ),
        (vec![(53, dns()), (9995, header())], ", nor on another: 2 UDP datagrams to other ports"),
        (vec![], ", nor on another: 0 UDP datagrams to other ports"),
    ] {
        let read = read_bytes(&home, &udp_to(&datagrams), &[]);
        let expected = format!("no sFlow on port 6343 in {file}{hint}");
        assert_eq!((read.code, read.stderr.lines().last()), (Some(0), Some(&expected[..])));
    }
    // What is sent on needs it as much.
    let sent = home.command(SFLOWDUMP).args(["-r", file, "--forward", "127.0.0.1:9"]).output().unwrap();
    assert!(String::from_utf8_lossy(&sent.stderr).contains("no sFlow on port 6343"));
    // One datagram on the port is enough: the others are no business of ours.
    let read = read_bytes(&home, &udp_to(&[(9995, sflow()), (6343, sflow()), (9995, sflow())]), &[]);
    assert!(!read.stderr.contains("no sFlow"), "{}", read.stderr);
}

#[test]
fn the_totals_tell_what_was_lost_before_it_came() {
    let home = Home::new();
    let numbered = |number: u32, drops: u32| {
        let mut datagram = datagram(AGENT, &[Sample::of(frames::numbered(number))]);
        // Of the datagram the sequence number; of its sample the sequence number and the drops.
        datagram[16..20].copy_from_slice(&number.to_be_bytes());
        datagram[36..40].copy_from_slice(&number.to_be_bytes());
        datagram[52..56].copy_from_slice(&drops.to_be_bytes());
        (6343, datagram)
    };
    let read = read_bytes(&home, &udp_to(&[numbered(1, 5), numbered(2, 5), numbered(6, 25)]), &[]);
    assert_eq!(read.total("sFlow datagrams lost on the way from the agents"), 3, "{}", read.stderr);
    assert_eq!(read.total("samples dropped by the agents"), 20, "{}", read.stderr);
    let read = read_bytes(&home, &udp_to(&[numbered(1, 5), numbered(2, 5)]), &[]);
    assert!(!read.stderr.contains("lost") && !read.stderr.contains("dropped"), "{}", read.stderr);
}

#[test]
fn frames_that_were_recorded_in_part_give_the_samples_that_are_whole() {
    let home = Home::new();
    let samples: Vec<Sample> = (0..5).map(|number| Sample::of(frames::numbered(number))).collect();
    let packet = frames::ipv4(frames::UDP, &frames::udp(50_000, 6343, &datagram(AGENT, &samples)));
    let mut frame = frames::ethernet(0x0800, &packet);
    frame.truncate(frame.len() - 60);
    let (file, _) = pcap(Classic::Nanoseconds, Order::Little, ETHERNET, &[Frame { time: START, data: frame }]);
    let read = read_bytes(&home, &file, &[]);
    assert_eq!(read.code, Some(0));
    assert_eq!(read.capture.data(), (0..4).map(frames::numbered).collect::<Vec<_>>());
    assert_eq!(read.total("malformed datagrams"), 1);
}

// Damage.

/// That reading found the file damaged at this offset.
#[track_caller]
fn assert_damaged(read: &Read, offset: usize, what: &str) {
    assert_eq!(read.code, Some(1), "{}", read.stderr);
    let told = format!("recording: damaged at offset {offset}: ");
    let last = read.stderr.lines().last().unwrap_or_default();
    assert!(last.starts_with("sflowdump: -r: ") && last.contains(&told), "{last}");
    assert!(last.contains(what) && last.ends_with("everything before that was read"), "{last}");
}

/// Cuts a file anywhere. `ends` are the places where it may end well, each with the number of packets before it.
fn cut_everywhere(file: &[u8], header: usize, ends: &[(usize, u32)]) {
    let home = Home::new();
    // Every place near a border, and some of all others.
    let is_near = |cut: usize| ends.iter().any(|(end, _)| end.abs_diff(cut) < 3);
    for cut in (0..=file.len()).filter(|cut| cut % 7 == 0 || is_near(*cut)) {
        let read = read_bytes(&home, &file[..cut], &[]);
        if cut < header {
            assert_eq!(read.code, Some(1));
            let line = read.stderr.trim_end();
            // Of a few bytes nobody knows what they begin.
            let is_told = |what| line.ends_with(&format!("recording: {what}"));
            let told = is_told("the file ends within its header") || cut < 12 && is_told("neither pcap nor pcapng");
            assert!(told, "{cut}: {line}");
            assert!(!home.file("out.pcapng").exists(), "no output where there is no input");
            continue;
        }
        let (end, packets) = *ends.iter().rfind(|(end, _)| *end <= cut).unwrap();
        assert_packets(&read, packets, 1);
        if cut == end {
            assert_eq!(read.code, Some(0), "{cut}: {}", read.stderr);
        } else {
            assert_damaged(&read, end, "the file ends within a packet");
        }
    }
}

#[test]
fn a_classic_file_that_is_cut_anywhere_gives_all_that_is_whole() {
    let (file, starts) = pcap(Classic::Nanoseconds, Order::Little, ETHERNET, &ethernet_frames()[..3]);
    let ends: Vec<_> = starts.into_iter().chain([file.len()]).zip(0..).collect();
    cut_everywhere(&file, 24, &ends);
}

#[test]
fn a_pcapng_file_that_is_cut_anywhere_gives_all_that_is_whole() {
    let mut file = PcapNg::new(Order::Little).interface(1, Some(9), None);
    let header = file.starts[1];
    for frame in &ethernet_frames()[..2] {
        file = file.packet(0, frame.time, &frame.data);
    }
    // The section header, the interface, and the packets.
    let ends: Vec<_> = file.starts[1..].iter().copied().chain([file.bytes.len()]).zip([0, 0, 1, 2]).collect();
    cut_everywhere(&file.bytes, header, &ends);
}

#[test]
fn a_classic_file_with_an_impossible_length_gives_all_before_it() {
    let home = Home::new();
    let (file, starts) = pcap(Classic::Nanoseconds, Order::Little, ETHERNET, &ethernet_frames());
    for length in [u32::MAX, 0x7fff_ffff, 1 << 30] {
        let mut file = file.clone();
        file[starts[3] + 8..starts[3] + 12].copy_from_slice(&length.to_le_bytes());
        let read = read_bytes(&home, &file, &[]);
        assert_packets(&read, 3, 1);
        assert_damaged(&read, starts[3], "a packet claims an impossible length");
    }
}

#[test]
fn a_pcapng_file_with_bad_lengths_gives_all_before_them() {
    let home = Home::new();
    let mut file = PcapNg::new(Order::Little).interface(1, Some(9), None);
    for frame in ethernet_frames() {
        file = file.packet(0, frame.time, &frame.data);
    }
    let block = file.starts[2 + 3];
    let next = file.starts[2 + 4];
    let damages: [(usize, u32); 7] = [
        (block + 4, 0),
        (block + 4, 8),
        (block + 4, (next - block) as u32 + 4),
        (block + 4, u32::MAX),
        (block + 4, (next - block) as u32 - 1),
        (next - 4, 12),        // the length behind the block
        (block + 20, 100_000), // more captured than the block holds
    ];
    for (place, value) in damages {
        let mut bytes = file.bytes.clone();
        bytes[place..place + 4].copy_from_slice(&value.to_le_bytes());
        let read = read_bytes(&home, &bytes, &[]);
        assert!(read.capture.packets.len() >= 3, "{value} at {place}: {}", read.stderr);
        let mut before = read;
        before.capture.packets.truncate(3);
        assert_packets(&before, 3, 1);
        assert_damaged(&before, block, "");
    }
}

#[test]
fn what_is_no_capture_is_told_as_such() {
    let home = Home::new();
    for (bytes, message) in [
        (&b"#!/bin/sh\necho this is no capture file at all\n"[..], "neither pcap nor pcapng"),
        (&[0; 4096], "neither pcap nor pcapng"),
        (b"", "the file ends within its header"),
        (&[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 1, 2, 3], ""),
    ] {
        let read = read_bytes(&home, bytes, &[]);
        assert_eq!(read.code, Some(1));
        assert!(read.stderr.starts_with("sflowdump: -r: ") && read.stderr.contains(message), "{}", read.stderr);
        assert_eq!(read.stderr.lines().count(), 1, "{}", read.stderr);
        assert!(!home.file("out.pcapng").exists());
    }
    let read = read(&home, Path::new("missing.pcap"), &[]);
    assert_eq!(
        (read.code, &read.stderr[..]),
        (Some(1), "sflowdump: -r: missing.pcap: No such file or directory (os error 2)\n")
    );
}

#[test]
fn the_generated_recording_gives_its_packets_with_the_times_of_their_datagrams() {
    let home = Home::new();
    let read = read(&home, &demo::recording(), &[]);
    let expected: Vec<_> = demo::datagrams()
        .iter()
        .flat_map(|(time, datagram)| demo::sampled(datagram).into_iter().map(move |packet| (time * 1000, packet)))
        .collect();
    assert_eq!(read.capture.packets.len(), expected.len());
    for (packet, (time, expected)) in read.capture.packets.iter().zip(expected) {
        assert_eq!(packet.timestamp, time);
        assert_eq!((&packet.data, packet.original_length), (&expected.data, expected.original_length));
    }
}

/// A recording that takes a moment to read: the generated one many times over.
fn long_recording(home: &Home) -> PathBuf {
    let one = fs::read(demo::recording()).unwrap();
    let (header, packets) = one.split_at(24);
    let path = home.file("long.pcap");
    fs::write(&path, [header.to_vec(), packets.repeat(20 * 1024 * 1024 / packets.len())].concat()).unwrap();
    path
}

/// What appears on a terminal.
fn on_terminal(home: &Home, line: &str) -> String {
    let line = line.replace("sflowdump", SFLOWDUMP);
    let arguments = ["-q", "-e", "-c", &line, "typescript"];
    let output = home.command("script").env("TERM", "xterm").args(arguments).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{text}");
    text
}

#[test]
fn a_terminal_shows_how_far_a_long_recording_is_read() {
    if !tools::have(&["script"]) {
        return;
    }
    let home = Home::new();
    let long = long_recording(&home);
    let long = long.to_str().unwrap();
    let text = on_terminal(&home, &format!("sflowdump -r {long} -w out port 53 2>&1"));
    let length = fs::metadata(long).unwrap().len();
    assert!(text.contains(&format!("{:.2} MiB, ", f64::from(length as u32) / 1_048_576.0)), "{text}");
    assert!(text.contains("packets captured"), "{text}");
    let bar = "MiB";
    // Neither of a short one, nor where others write, nor without a terminal.
    let short = demo::recording();
    let short = short.to_str().unwrap();
    assert!(!on_terminal(&home, &format!("sflowdump -r {short} -w out port 53")).contains(bar));
    assert!(!on_terminal(&home, &format!("sflowdump -r {long} -w - port 53 | cat > out")).contains(bar));
    assert!(!on_terminal(&home, &format!("sflowdump -r {long} -w out port 53 2> stderr")).contains(bar));
    let totals = fs::read_to_string(home.file("stderr")).unwrap();
    assert!(totals.contains("packets captured") && !totals.contains(bar), "{totals}");
}
