//! Scan, in Wireshark's dialog: the calls that the dialog makes, with agents that send meanwhile.
#![cfg(target_os = "linux")]

mod support;

use std::fs;
use std::net::UdpSocket;

use support::feed::{Feed, Sample, datagram};
use support::process::Running;
use support::wire::{self, Wire};
use support::{Home, SFLOWDUMP, demo, frames, free_port};

const QUESTION: [&str; 3] = ["--extcap-config", "--extcap-interface", "sflow"];

/// Value, label and whether it is the default, of each line of an answer.
fn values(answer: &str) -> Vec<(&str, &str, bool)> {
    let value = |line: &'_ str| -> Option<(usize, usize, usize, usize, bool)> {
        let at = |key: &str| Some(line.find(key)? + key.len());
        let end = |from: usize| line[from..].find('}').map(|length| from + length);
        let (value, label) = (at("{value=")?, at("{display=")?);
        Some((value, end(value)?, label, end(label)?, line.contains("{default=true}")))
    };
    let lines = answer.lines().filter(|line| line.starts_with("value {arg="));
    lines.map(|line| value(line).map(|(a, b, c, d, is)| (&line[a..b], &line[c..d], is)).expect(line)).collect()
}

/// The arguments of a Scan of an option, as the dialog gives them: with what is entered.
fn scan<'a>(option: &'a str, entered: &[&'a str]) -> Vec<&'a str> {
    // Empty fields of numbers are 0 in the dialog.
    let others = ["--extcap-reload-option", option, "--receive-buffer", "0", "--max-rate", "0", "--comments", "true"];
    [&QUESTION[..], &others, entered].concat()
}

/// What a Scan prints while `send` sends to its port.
fn scan_while(home: &Home, option: &str, entered: &[&str], send: impl Fn(&Feed)) -> String {
    let port = free_port();
    let number = port.to_string();
    let mut command = home.command(SFLOWDUMP);
    let mut scan = Running::start(home, "scan", command.args(scan(option, &[entered, &["--port", &number]].concat())));
    scan.wait_for_port(port);
    send(&Feed::to_port(port));
    scan.end_quietly();
    scan.stdout()
}

/// A counter sample of 10.0.0.1, host "leaf1", whose port 17 is called "swp{17}".
fn names() -> Vec<u8> {
    let host = Wire::new().opaque("leaf1").u32s([0; 4]).u32s([1, 2]).opaque("6.1");
    let counters = Wire::new().u32s([1, 17, 2]).framed(0, 2000, host).framed(0, 1005, Wire::new().opaque("swp{17}"));
    wire::datagram(&[Wire::new().framed(0, 2, counters)])
}

fn send_some(feed: &Feed) {
    feed.send_bytes(&names());
    feed.send_bytes(&datagram([10, 0, 0, 1].into(), &[Sample::of(frames::numbered(1))]));
    feed.send_bytes(&datagram([10, 0, 0, 2].into(), &[Sample::of(frames::numbered(2)).source(5)]));
    feed.send_bytes(&datagram("2001:db8::1".parse().unwrap(), &[Sample::of(frames::numbered(3)).discarded(256)]));
}

#[test]
fn the_agents_that_are_heard_are_listed_with_their_names() {
    let answer = scan_while(&Home::new(), "agent", &["--agent", "all", "--agents", "!10.0.0.2"], send_some);
    let agents = [("10.0.0.1", "10.0.0.1 (leaf1)", false), ("2001:db8::1", "2001:db8::1", false)];
    assert_eq!(values(&answer), [&[("all", "All agents", true)][..], &agents].concat());
}

#[test]
fn the_interfaces_that_are_heard_are_listed_with_their_names() {
    let home = Home::new();
    let all = ("all", "All interfaces", true);
    let named = ("10.0.0.1:17", "10.0.0.1:17 (leaf1 swp17)", false);
    let unnamed = ("10.0.0.1:3", "10.0.0.1:3 (leaf1)", false);
    let answer = scan_while(&home, "interface", &["--interface", "all"], send_some);
    let others = [("10.0.0.2:5", "10.0.0.2:5", false), ("2001:db8::1:3", "2001:db8::1:3", false)];
    assert_eq!(values(&answer), [&[all, unnamed, named][..], &others].concat());
    let answer = scan_while(&home, "interface", &["--agent", "10.0.0.1"], send_some);
    assert_eq!(values(&answer), [all, unnamed, named], "of the chosen agent only");
}

#[test]
fn what_was_chosen_is_in_the_list_of_the_next_dialog() {
    let home = Home::new();
    let is_offered = |answer: &str| values(answer).iter().any(|(value, ..)| *value == "10.0.0.1");
    let config = || home.output(SFLOWDUMP, &QUESTION);
    assert!(!is_offered(&config()));
    scan_while(&home, "agent", &[], send_some);
    assert!(config().contains("{value=10.0.0.1}{display=10.0.0.1 (leaf1)}{default=false}{enabled=true}"));
    // It is silent now, and still chosen.
    let other = |feed: &Feed| feed.send_bytes(&datagram([10, 0, 0, 9].into(), &[Sample::of(frames::numbered(1))]));
    assert!(is_offered(&scan_while(&home, "agent", &["--agent", "10.0.0.1"], other)));
    assert!(is_offered(&config()) && config().contains("{value=10.0.0.9}"));
}

#[test]
fn a_scan_that_hears_nothing_says_why_and_offers_what_was_heard_before() {
    let home = Home::new();
    let answer = scan_while(&home, "agent", &[], |_| {});
    let [(value, label, true)] = values(&answer)[..] else { panic!("{answer}") };
    assert_eq!(value, "all");
    assert!(label.starts_with("nothing came to UDP port ") && label.ends_with(" in 2 seconds: all agents"), "{label}");
    let answer = scan_while(&home, "agent", &[], |feed| feed.send_bytes(b"GET / HTTP/1.0"));
    assert!(answer.contains(" is no sFlow: all agents}"), "{answer}");

    scan_while(&home, "agent", &[], send_some);
    let taken = UdpSocket::bind("0.0.0.0:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let answer = home.output(SFLOWDUMP, &scan("agent", &["--port", &port]));
    let comm = fs::read_to_string("/proc/self/comm").unwrap();
    let why = format!("UDP port {port} is taken by {} (process {}): all agents", comm.trim_end(), std::process::id());
    assert_eq!(values(&answer)[0], ("all", &why[..], true));
    assert_eq!(values(&answer).len(), 4, "{answer}");

    let answer = home.output(SFLOWDUMP, &scan("interface", &["--agents", "leaf{1} "]));
    assert_eq!(values(&answer)[0].0, "all");
    assert!(answer.contains("--agents: 'leaf1' is not an IP address or prefix"), "{answer}");
}

#[test]
fn a_chosen_interface_is_the_only_one_that_is_captured() {
    let home = Home::new();
    let recording = demo::recording();
    let mine = demo::packets().iter().filter(|packet| packet.agent == [10, 0, 0, 1]).count();
    let count = |arguments: &[&str]| {
        let all = [&["-r", recording.to_str().unwrap(), "-w", "out.pcapng"], arguments].concat();
        home.output(SFLOWDUMP, &all);
        support::capture::Capture::read_whole(&home.file("out.pcapng"))
    };
    assert_eq!(count(&["--agent", "10.0.0.1"]).packets.len(), mine);
    let capture = count(&["--interface", "10.0.0.1:2"]);
    assert!(!capture.packets.is_empty() && capture.packets.len() < mine);
    let ports = capture.packets.iter().map(|packet| &capture.interfaces[packet.interface].name[..]);
    assert!(ports.clone().all(|port| port == "10.0.0.1:2"), "{:?}", ports.collect::<Vec<_>>());
}
