//! Direct files, one after the other: `-C`, `-G` and `-W`.

#[path = "../support/pcapng.rs"]
#[allow(dead_code, reason = "each test uses a part of it")]
mod pcapng;
#[path = "../support/wire.rs"]
#[allow(dead_code, reason = "each test uses a part of it")]
mod wire;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use wire::Wire;

/// A recording of so many datagrams, one a second, of one numbered packet each.
fn recording(path: &Path, datagrams: u32) {
    let mut file = Vec::new();
    for word in [0xa1b2_c3d4_u32, 0x0004_0002, 0, 0, 262_144, 101] {
        file.extend(word.to_le_bytes());
    }
    for number in 0..datagrams {
        let mut packet = [0x5a; 100];
        packet[..4].copy_from_slice(&number.to_be_bytes());
        let sample = wire::flow_sample(&[Wire::new().sampled_header(1, 1518, 4, &packet)]);
        let payload = wire::datagram(&[sample]);
        let length = 28 + payload.len() as u32;
        // Raw IP: a header without checksums.
        let header = [0x4500_0000 | length, 0, 0x4011_0000, 0x0a00_0001, 0x7f00_0001];
        let udp = [0x18c7_18c7, (length - 20) << 16];
        for word in [1_700_000_000 + number, 0, length, length] {
            file.extend(word.to_le_bytes());
        }
        for word in header.into_iter().chain(udp) {
            file.extend(word.to_be_bytes());
        }
        file.extend(payload);
    }
    fs::write(path, file).unwrap();
}

fn sflowdump(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_sflowdump")).current_dir(folder).args(arguments).output().unwrap()
}

/// The numbers of a file's packets. The file must be whole: every interface described, every total told.
fn numbers(path: &Path) -> Vec<u32> {
    let file = pcapng::read(&fs::read(path).unwrap());
    assert_eq!(file.statistics.len(), file.interfaces.len(), "{}", path.display());
    file.packets.iter().map(|packet| u32::from_be_bytes(packet.data[..4].try_into().unwrap())).collect()
}

/// The files of a folder but the recording, by name.
fn files(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = entries.filter(|name| name != "feed.pcap").collect();
    names.sort();
    names
}

#[test]
fn files_by_size_hold_every_packet_once_and_are_whole() {
    let folder = tempfile::tempdir().unwrap();
    recording(&folder.path().join("feed.pcap"), 20_000);
    let output = sflowdump(folder.path(), &["-r", "feed.pcap", "-w", "out", "-C", "1"]);
    assert!(output.status.success(), "{output:?}");
    let names = files(folder.path());
    assert!(names.len() > 3, "{names:?}");
    let in_order = (0..names.len()).map(|number| match number {
        0 => "out".to_owned(),
        number => format!("out{number}"),
    });
    let all: Vec<u32> = in_order.flat_map(|name| numbers(&folder.path().join(name))).collect();
    assert!(all.into_iter().eq(0..20_000));
    for name in &names {
        // A file that has a million bytes is full; the last packet and the statistics come on top.
        let length = fs::metadata(folder.path().join(name)).unwrap().len();
        assert!(length < 1_002_000, "{name}: {length}");
    }
}

#[test]
fn a_ring_keeps_the_last_files() {
    let folder = tempfile::tempdir().unwrap();
    recording(&folder.path().join("feed.pcap"), 20_000);
    let output = sflowdump(folder.path(), &["-r", "feed.pcap", "-w", "ring", "-C", "1", "-W", "2"]);
    assert!(output.status.success(), "{output:?}");
    assert_eq!(files(folder.path()), ["ring0", "ring1"]);
    let mut kept: Vec<u32> = ["ring0", "ring1"].iter().flat_map(|name| numbers(&folder.path().join(name))).collect();
    kept.sort_unstable();
    assert!(kept.len() > 3000 && kept.len() < 20_000);
    assert!(kept.iter().copied().eq(20_000 - kept.len() as u32..20_000), "the last ones, none missing between");
}

#[test]
fn files_by_time_are_named_by_it_and_end_after_so_many() {
    let folder = tempfile::tempdir().unwrap();
    recording(&folder.path().join("feed.pcap"), 50);
    let output = sflowdump(folder.path(), &["-r", "feed.pcap", "-w", "at-%s", "-G", "10", "-W", "3"]);
    assert!(output.status.success(), "{output:?}");
    let names = files(folder.path());
    assert_eq!(names, ["at-1700000000", "at-1700000010", "at-1700000020"]);
    let all: Vec<u32> = names.iter().flat_map(|name| numbers(&folder.path().join(name))).collect();
    assert!(all.into_iter().eq(0..30));
}

#[test]
fn bounds_that_make_no_sense_are_told() {
    let folder = tempfile::tempdir().unwrap();
    for (arguments, message) in [
        (&["-W", "3", "-w", "out"][..], "sflowdump: -W: it bounds the files of -C or -G, and neither is given"),
        (&["-C", "1"], "sflowdump: -C and -G begin new files: they need -w FILE"),
        (&["-C", "0", "-w", "out"], "sflowdump: -C: '0' is not a whole number from 1 up"),
    ] {
        let output = sflowdump(folder.path(), arguments);
        assert_eq!(String::from_utf8(output.stderr).unwrap().trim_end(), message);
        assert!(!output.status.success());
    }
    assert!(files(folder.path()).is_empty());
}
