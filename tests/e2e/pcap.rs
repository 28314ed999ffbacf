//! `--format pcap` and `--max-rate`, as tcpdump and Wireshark's programs read what they write.

#[path = "support/tools.rs"]
#[allow(dead_code, reason = "each test uses a part of it")]
mod tools;

use std::fs;
use std::fs::File;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use tools::have;

const DEMO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/demo.pcap");

/// The magic number of a classic capture file with nanoseconds.
const NANOSECONDS: u32 = 0xa1b2_3c4d;

fn sflowdump(arguments: &[&str], out: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sflowdump"));
    command.args(["-r", DEMO]).args(arguments).arg("-w").arg(out).output().unwrap()
}

fn lines(program: &str, arguments: &[&str], file: &Path) -> Vec<String> {
    let input = File::open(file).unwrap();
    let output = Command::new(program).args(arguments).stdin(input).env("TZ", "UTC").output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

/// What tshark says of each packet of a file.
fn fields(file: &Path, names: &[&str]) -> Vec<String> {
    let names = names.iter().flat_map(|name| ["-e", name]);
    lines("tshark", &["-r", "-", "-T", "fields"].into_iter().chain(names).collect::<Vec<_>>(), file)
}

#[test]
fn tshark_and_tcpdump_read_the_same_packets_from_pcap_as_from_pcapng() {
    if !have(&["tshark", "tcpdump"]) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let [pcapng, pcap] = ["packets.pcapng", "packets.pcap"].map(|name| folder.path().join(name));
    assert!(sflowdump(&[], &pcapng).status.success());
    assert!(sflowdump(&["--format", "pcap"], &pcap).status.success());
    assert_eq!(fs::read(&pcap).unwrap()[..4], NANOSECONDS.to_ne_bytes());
    let names = ["frame.time_epoch", "frame.len", "frame.cap_len", "frame.protocols", "eth.src", "ip.src", "ip.id"];
    let expected = fields(&pcapng, &names);
    assert_eq!(expected.len(), 951);
    assert_eq!(fields(&pcap, &names), expected);
    let arguments = ["-nnttttexr", "-", "--nano"];
    assert_eq!(lines("tcpdump", &arguments, &pcap), lines("tcpdump", &arguments, &pcapng));
}

#[test]
fn a_pipe_to_tcpdump_needs_no_pcapng() {
    if !have(&["tcpdump"]) {
        return;
    }
    let mut command = Command::new(env!("CARGO_BIN_EXE_sflowdump"));
    command.args(["-r", DEMO, "--format", "pcap", "-c", "5", "-w", "-", "tcp"]);
    let mut sflowdump = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let feed = sflowdump.stdout.take().unwrap();
    let tcpdump = Command::new("tcpdump").args(["-nqr", "-"]).stdin(feed).output().unwrap();
    assert!(sflowdump.wait().unwrap().success());
    let text = String::from_utf8(tcpdump.stdout).unwrap();
    assert_eq!(text.lines().count(), 5, "{text}");
    assert!(text.lines().all(|line| line.contains(" tcp ")), "{text}");
}

#[test]
fn each_of_several_pcap_files_is_whole() {
    if !have(&["tshark"]) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let output = sflowdump(&["--format", "pcap", "-G", "3"], &folder.path().join("at-%s.pcap"));
    assert!(output.status.success(), "{output:?}");
    let files: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(files.len() > 2, "{files:?}");
    let packets: usize = files.iter().map(|file| fields(file, &["frame.number"]).len()).sum();
    assert_eq!(packets, 951);
}

#[test]
fn native_link_types_and_pcap_do_not_go_together() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("packets.pcap");
    let output = sflowdump(&["--format", "pcap", "--link-type", "native"], &file);
    assert!(!output.status.success() && !file.exists());
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(message.starts_with("sflowdump: --format pcap: such a file has one link type"), "{message}");
}

#[test]
fn a_thinned_feed_tells_what_each_packet_stands_for_and_how_many_were_left_out() {
    if !have(&["tshark"]) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("thin.pcapng");
    let output = sflowdump(&["--max-rate", "20"], &file);
    assert!(output.status.success(), "{output:?}");
    let totals = String::from_utf8(output.stderr).unwrap();
    let told = |what: &str| -> usize {
        let line = totals.lines().find_map(|line| line.strip_suffix(what));
        line.unwrap_or_else(|| panic!("{what}: {totals}")).trim().parse().unwrap()
    };
    let left_out = told("packets left out by --max-rate");
    let comments = fields(&file, &["frame.comment"]);
    assert_eq!(comments.len(), told("packets captured"));
    assert_eq!(comments.len() + left_out, 951);
    let factor = |comment: &String| {
        let words = comment.split(' ').find_map(|word| word.strip_prefix("thinned="));
        words.map_or(1, |factor| factor.parse::<u64>().unwrap())
    };
    assert!(comments.iter().any(|comment| factor(comment) > 1));
    let epochs = fields(&file, &["frame.time_epoch"]);
    let times: Vec<f64> = epochs.iter().map(|epoch| epoch.parse().unwrap()).collect();
    // Below 128 packets a second the limit holds for the time that 128 take.
    let most = times.iter().map(|from| times.iter().filter(|time| (*from..from + 128.0 / 20.0).contains(time)).count());
    assert!(most.max().unwrap() <= 128);
    let bytes = fs::read(&file).unwrap();
    let text = format!("{left_out} packets thinned out");
    assert!(bytes.windows(text.len()).any(|window| window == text.as_bytes()), "the statistics tell of them");
}
