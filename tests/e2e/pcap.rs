//! `--format pcap` and `--max-rate`, as tcpdump and Wireshark's programs read what they write.

mod support;

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use support::tools::have;
use support::{Home, SFLOWDUMP, demo};

/// The first word of a classic capture file with nanoseconds.
const NANOSECONDS: u32 = 0xa1b2_3c4d;

/// The program on the demo feed.
fn sflowdump(home: &Home, arguments: &[&str]) -> Command {
    let mut command = home.command(SFLOWDUMP);
    command.arg("-r").arg(demo::recording()).args(arguments);
    command
}

fn write(home: &Home, arguments: &[&str], out: &Path) -> Output {
    sflowdump(home, arguments).arg("-w").arg(out).output().unwrap()
}

/// What a reader prints of a file, by lines.
fn lines(home: &Home, program: &str, arguments: &[&str], file: &Path) -> Vec<String> {
    let arguments = [&["-r", file.to_str().unwrap()], arguments].concat();
    home.output(program, &arguments).lines().map(str::to_owned).collect()
}

/// What tshark says of each packet of a file.
fn fields(home: &Home, file: &Path, names: &[&str]) -> Vec<String> {
    let names = names.iter().flat_map(|name| ["-e", name]);
    lines(home, "tshark", &["-T", "fields"].into_iter().chain(names).collect::<Vec<_>>(), file)
}

#[test]
fn tshark_and_tcpdump_read_the_same_packets_from_pcap_as_from_pcapng() {
    if !have(&["tshark", "tcpdump"]) {
        return;
    }
    let home = Home::bare();
    let [pcapng, pcap] = ["packets.pcapng", "packets.pcap"].map(|name| home.file(name));
    assert!(write(&home, &[], &pcapng).status.success());
    assert!(write(&home, &["--format", "pcap"], &pcap).status.success());
    assert_eq!(fs::read(&pcap).unwrap()[..4], NANOSECONDS.to_ne_bytes());
    let names = ["frame.time_epoch", "frame.len", "frame.cap_len", "frame.protocols", "eth.src", "ip.src", "ip.id"];
    let expected = fields(&home, &pcapng, &names);
    assert_eq!(expected.len(), 951);
    assert_eq!(fields(&home, &pcap, &names), expected);
    let arguments = ["-nnttttex", "--nano"];
    assert_eq!(lines(&home, "tcpdump", &arguments, &pcap), lines(&home, "tcpdump", &arguments, &pcapng));
}

#[test]
fn a_pipe_to_tcpdump_needs_no_pcapng() {
    if !have(&["tcpdump"]) {
        return;
    }
    let home = Home::bare();
    let mut command = sflowdump(&home, &["--format", "pcap", "-c", "5", "-w", "-", "tcp"]);
    let mut writer = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let feed = writer.stdout.take().unwrap();
    let tcpdump = home.command("tcpdump").args(["-nqr", "-"]).stdin(feed).output().unwrap();
    assert!(writer.wait().unwrap().success());
    let text = String::from_utf8(tcpdump.stdout).unwrap();
    assert_eq!(text.lines().count(), 5, "{text}");
    assert!(text.lines().all(|line| line.contains(" tcp ")), "{text}");
}

#[test]
fn each_of_several_pcap_files_is_whole() {
    if !have(&["tshark"]) {
        return;
    }
    let home = Home::bare();
    fs::create_dir(home.file("files")).unwrap();
    let output = write(&home, &["--format", "pcap", "-G", "3"], &home.file("files/at-%s.pcap"));
    assert!(output.status.success(), "{output:?}");
    let files: Vec<_> = fs::read_dir(home.file("files")).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(files.len() > 2, "{files:?}");
    let packets: usize = files.iter().map(|file| fields(&home, file, &["frame.number"]).len()).sum();
    assert_eq!(packets, 951);
}

#[test]
fn native_link_types_and_pcap_do_not_go_together() {
    let home = Home::bare();
    let file = home.file("packets.pcap");
    let output = write(&home, &["--format", "pcap", "--link-type", "native"], &file);
    assert!(!output.status.success() && !file.exists());
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(message.starts_with("sflowdump: --format pcap: such a file has one link type"), "{message}");
}

#[test]
fn a_thinned_feed_tells_what_each_packet_stands_for_and_how_many_were_left_out() {
    if !have(&["tshark"]) {
        return;
    }
    let home = Home::bare();
    let file = home.file("thin.pcapng");
    let output = write(&home, &["--max-rate", "20"], &file);
    assert!(output.status.success(), "{output:?}");
    let totals = String::from_utf8(output.stderr).unwrap();
    let told = |what: &str| -> usize {
        let line = totals.lines().find_map(|line| line.strip_suffix(what));
        line.unwrap_or_else(|| panic!("{what}: {totals}")).trim().parse().unwrap()
    };
    let left_out = told("packets left out by --max-rate");
    let comments = fields(&home, &file, &["frame.comment"]);
    assert_eq!(comments.len(), told("packets captured"));
    assert_eq!(comments.len() + left_out, 951);
    let factor = |comment: &String| {
        let words = comment.split(' ').find_map(|word| word.strip_prefix("thinned="));
        words.map_or(1, |factor| factor.parse::<u64>().unwrap())
    };
    assert!(comments.iter().any(|comment| factor(comment) > 1));
    let epochs = fields(&home, &file, &["frame.time_epoch"]);
    let times: Vec<f64> = epochs.iter().map(|epoch| epoch.parse().unwrap()).collect();
    // Below 128 packets a second the limit holds for the time that 128 take.
    let most = times.iter().map(|from| times.iter().filter(|time| (*from..from + 128.0 / 20.0).contains(time)).count());
    assert!(most.max().unwrap() <= 128);
    let bytes = fs::read(&file).unwrap();
    let text = format!("{left_out} packets thinned out");
    assert!(bytes.windows(text.len()).any(|window| window == text.as_bytes()), "the statistics tell of them");
}
