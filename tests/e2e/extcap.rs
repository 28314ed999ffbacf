//! The program as Wireshark calls it, with the test in Wireshark's place.
#![cfg(target_os = "linux")]

use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::Read;
use std::net::{SocketAddr, UdpSocket};
use std::os::unix::ffi::OsStrExt;
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use support::capture::{Capture, Packet};
use support::feed::{AGENT, Feed, Sample, datagram, without_header};
use support::fifo::Fifo;
use support::process::Running;
use support::{Home, SFLOWDUMP, count, frames, free_port, has_family_of, is_bound, queues, wait_for};

mod support;

// ---- Questions ----

fn ask(arguments: &[&str]) -> Output {
    Command::new(SFLOWDUMP).args(arguments).stdin(Stdio::null()).output().expect("the program")
}

/// The answer on standard output. There must be one, and nothing on standard error.
fn answer(arguments: &[&str]) -> String {
    let output = ask(arguments);
    assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{arguments:?}");
    assert!(output.status.success(), "{arguments:?}: {}", output.status);
    String::from_utf8(output.stdout).expect("text")
}

/// A sentence of an answer.
#[derive(Debug)]
struct Sentence<'a> {
    word: &'a str,
    pairs: Vec<(&'a str, &'a str)>,
}

impl<'a> Sentence<'a> {
    /// Reads a line by the grammar that hosts read it by: a value ends at a brace that a brace, white space or the line's end
    /// follows.
    fn parse(line: &'a str) -> Self {
        let (word, mut rest) = line.split_once(' ').unwrap_or_else(|| panic!("no word: {line}"));
        let mut pairs = Vec::new();
        while !rest.is_empty() {
            let inner = rest.strip_prefix('{').unwrap_or_else(|| panic!("no brace before {rest}: {line}"));
            let ends = |(at, _): &(usize, &str)| {
                inner[at + 1..].chars().next().is_none_or(|next| next == '{' || next.is_whitespace())
            };
            let (end, _) = inner.match_indices('}').find(ends).unwrap_or_else(|| panic!("no end of {rest}: {line}"));
            let (key, value) = inner[..end].split_once('=').unwrap_or_else(|| panic!("no key in {rest}: {line}"));
            assert!(pairs.iter().all(|(other, _)| *other != key), "{key} twice: {line}");
            pairs.push((key, value));
            rest = &inner[end + 1..];
        }
        Sentence { word, pairs }
    }

    fn find(&self, key: &str) -> Option<&'a str> {
        self.pairs.iter().find(|(other, _)| *other == key).map(|(_, value)| *value)
    }

    fn get(&self, key: &str) -> &'a str {
        self.find(key).unwrap_or_else(|| panic!("no {key}: {self:?}"))
    }

    fn number(&self, key: &str) -> u32 {
        self.get(key).parse().unwrap_or_else(|_| panic!("{key} is no number: {self:?}"))
    }
}

fn sentences(text: &str) -> Vec<Sentence<'_>> {
    text.lines().map(Sentence::parse).collect()
}

#[test]
fn the_interface_is_listed_after_the_version() {
    for arguments in [&["--extcap-interfaces", "--extcap-version=4.0"][..], &["--extcap-interfaces"]] {
        let text = answer(arguments);
        let [extcap, interface, ..] = &sentences(&text)[..] else { panic!("{text}") };
        assert_eq!((extcap.word, interface.word), ("extcap", "interface"));
        assert_eq!(extcap.get("version"), env!("CARGO_PKG_VERSION"));
        assert_eq!((interface.get("value"), interface.get("display")), ("sflow", "sFlow listener"));
    }
}

#[test]
fn the_link_type_is_told_in_either_order_of_arguments() {
    for arguments in
        [["--extcap-dlts", "--extcap-interface", "sflow"], ["--extcap-interface", "sflow", "--extcap-dlts"]]
    {
        let text = answer(&arguments);
        let [dlt] = &sentences(&text)[..] else { panic!("{text}") };
        assert_eq!((dlt.word, dlt.get("number"), dlt.get("name")), ("dlt", "1", "EN10MB"));
    }
}

#[test]
fn the_dialogs_options_are_such_as_every_host_understands() {
    for arguments in [
        &["--extcap-config", "--extcap-interface", "sflow"][..],
        &["--extcap-interface", "sflow", "--extcap-config"],
        &[
            "--extcap-config",
            "--extcap-interface",
            "sflow",
            "--extcap-reload-option",
            "counters",
            "--counters",
            "false",
            "--agents",
            "any",
        ],
    ] {
        let text = answer(arguments);
        let mut arguments = Vec::new();
        for sentence in sentences(&text) {
            match sentence.word {
                "arg" => {
                    // Those of the interface for Kafka are between.
                    let (number, place) = (sentence.number("number") as usize, arguments.len());
                    let is_after_kafkas = cfg!(feature = "kafka") && number == place + 5;
                    assert!(number == place || is_after_kafkas, "numbers follow each other: {number}");
                    arguments.push((sentence, Vec::new()));
                }
                "value" => {
                    let (_, values) = arguments.last_mut().expect("an argument");
                    values.push(sentence);
                }
                other => panic!("{other}"),
            }
        }
        let mut calls = HashSet::new();
        for (argument, values) in &arguments {
            let call = argument.get("call");
            assert!(call.starts_with("--") && calls.insert(call), "{call}");
            for key in ["display", "tooltip", "group"] {
                assert!(!argument.get(key).is_empty(), "{call}: {key}");
            }
            assert!(values.iter().all(|value| value.get("arg") == argument.get("number")), "{call}");
            let defaults = values.iter().filter(|value| value.get("default") == "true").count();
            match argument.get("type") {
                "unsigned" => {
                    let (least, most) = argument.get("range").split_once(',').expect("two bounds");
                    let (least, most): (u32, u32) = (least.parse().unwrap(), most.parse().unwrap());
                    let default = argument.find("default").map(|default| default.parse().unwrap());
                    assert!(default.is_none_or(|default| (least..=most).contains(&default)), "{call}");
                }
                "string" => assert!(argument.find("validation").is_some(), "{call}"),
                "selector" => assert_eq!(defaults, 1, "{call}: hosts choose the one default"),
                "multicheck" => assert!(values.iter().all(|value| value.get("enabled") == "true"), "{call}"),
                "boolean" => assert!(["true", "false"].contains(&argument.get("default")), "{call}"),
                "fileselect" => assert_eq!(argument.get("mustexist"), "false"),
                other => panic!("{call}: {other}"),
            }
        }
        for call in ["--port", "--listen", "--agents", "--log-level", "--log-file"] {
            assert!(calls.contains(call), "{call}");
        }
    }
}

#[test]
fn the_clean_up_after_a_kill_and_help_and_version_succeed() {
    assert_eq!(answer(&["--extcap-cleanup-postkill"]), "");
    assert!(answer(&["--help"]).contains("--port"));
    assert!(answer(&["--version"]).contains(env!("CARGO_PKG_VERSION")));
}

#[test]
fn another_interface_is_refused_by_name() {
    for question in ["--extcap-dlts", "--extcap-config"] {
        let output = ask(&[question, "--extcap-interface", "eth0"]);
        assert!(!output.status.success());
        let known = if cfg!(feature = "kafka") { "sflow or sflow-kafka" } else { "sflow" };
        let expected = format!("--extcap-interface: 'eth0' is not {known}\n");
        assert_eq!(String::from_utf8_lossy(&output.stderr), expected);
    }
}

#[test]
fn options_of_hosts_to_come_are_ignored() {
    let plain = answer(&["--extcap-interfaces"]);
    assert_eq!(answer(&["--extcap-interfaces", "--extcap-version=9.9", "--extcap-future", "x", "--flag"]), plain);
}

#[test]
fn a_good_filter_makes_the_field_green_and_a_bad_one_red_with_libpcaps_words() {
    let check = |filter| answer(&["--extcap-capture-filter", filter, "--extcap-interface", "sflow"]);
    for good in ["", " ", "port 53", "tcp[tcpflags] & tcp-syn != 0", "vlan and ip6", "-1 > len", "not (host ::1)"] {
        assert_eq!(check(good), "", "{good}");
    }
    for (bad, message) in
        [("port", "syntax error"), ("prt 53", "syntax error"), ("vlan 5000", "5000"), ("(ip", "syntax")]
    {
        let red = check(bad);
        assert!(red.contains(bad) && red.contains(message) && red.lines().count() == 1, "{red}");
    }
}

// ---- A capture's life ----

/// A capture in a home of its own: the program, its port, and the FIFO it writes.
struct Session {
    program: Running,
    fifo: Fifo,
    port: u16,
    feed: Feed,
    _home: Home,
}

fn command(home: &Home, fifo: &OsStr, options: &[&str]) -> Command {
    let mut command = home.command(SFLOWDUMP);
    command.args(["--capture", "--extcap-interface", "sflow"]).arg("--fifo").arg(fifo).args(options);
    command
}

impl Session {
    /// Starts a capture, and waits until it listens.
    fn start(options: &[&str]) -> Self {
        let (home, port) = (Home::new(), free_port());
        let fifo = Fifo::new(&home, "fifo");
        let number = port.to_string();
        let options = [&["--port", &number], options].concat();
        let mut program = Running::start(&home, "sflowdump", &mut command(&home, fifo.path.as_os_str(), &options));
        program.wait_for_port(port);
        Session { program, fifo, port, feed: Feed::to_port(port), _home: home }
    }

    /// Ends the capture as hosts do; returns all of it.
    fn stop(mut self) -> Capture {
        self.program.signal(Signal::TERM);
        let capture = self.fifo.read_to_end();
        self.program.end_quietly();
        capture
    }
}

fn marker() -> Vec<u8> {
    frames::ethernet(0x88b5, b"this is the last one")
}

#[test]
fn the_file_begins_before_the_first_datagram() {
    let mut session = Session::start(&[]);
    let capture = session.fifo.wait_for("an interface", |capture| !capture.interfaces.is_empty());
    assert_eq!(capture.application, format!("sflowdump {}", env!("CARGO_PKG_VERSION")));
    assert_eq!(capture.interfaces.len(), 1);
    assert_eq!((capture.interfaces[0].link_type, capture.interfaces[0].snaplen), (1, 262_144));
    assert!(capture.interfaces[0].description.contains(&format!("UDP port {}", session.port)));
    assert_eq!(session.stop().packets, []);
}

#[test]
fn a_packet_is_handed_on_at_once() {
    let mut session = Session::start(&[]);
    for number in 0..5 {
        session.feed.send_frames([frames::numbered(number)]);
        session.fifo.wait_for_packets(number as usize + 1);
    }
}

#[test]
fn signals_to_stop_end_the_file_with_all_that_was_sent_and_statistics() {
    for signal in [Signal::TERM, Signal::INT, Signal::HUP] {
        let mut session = Session::start(&[]);
        session.feed.send_frames((0..500).map(frames::numbered));
        session.program.signal(signal);
        let capture = session.fifo.read_to_end();
        session.program.end_quietly();
        assert_eq!(capture.data(), (0..500).map(frames::numbered).collect::<Vec<_>>());
        let [whole, port] = &capture.statistics[..] else { panic!("{:?}", capture.statistics) };
        assert_eq!((whole.interface, whole.dropped, whole.delivered), (0, Some(0), Some(0)));
        assert!(whole.comment.starts_with("500 packets written, 500 datagrams received"), "{}", whole.comment);
        assert_eq!((port.interface, port.received, port.accepted), (1, Some(500), Some(500)));
        assert_eq!((port.os_dropped, port.delivered), (Some(0), Some(500)));
        assert_eq!(capture.interfaces[1].name, "10.0.0.1:3");
    }
}

#[test]
fn a_feed_that_is_too_fast_keeps_no_capture_from_ending() {
    let feed_lasts = Duration::from_secs(12);
    let bytes = datagram(AGENT, &vec![Sample::of([0; 128]); 7]);
    for options in [&["--duration", "1"][..], &[]] {
        let (home, port) = (Home::new(), free_port());
        let mut program = home.command(SFLOWDUMP);
        program.args(["-w", "/dev/null", "--port", &port.to_string()]).args(options);
        let mut program = Running::start(&home, "sflowdump", &mut program);
        program.wait_for_port(port);
        let (feed, started, over) = (Feed::to_port(port), Instant::now(), AtomicBool::new(false));
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    while started.elapsed() < feed_lasts && !over.load(Ordering::Relaxed) {
                        feed.send_bytes(&bytes);
                    }
                });
            }
            thread::sleep(Duration::from_secs(1));
            if options.is_empty() {
                program.signal(Signal::TERM);
            }
            let status = program.end();
            over.store(true, Ordering::Relaxed);
            assert!(status.success(), "{status}: {}", program.stderr());
        });
        assert!(started.elapsed() < feed_lasts, "{options:?}: the capture lasted as long as its feed");
    }
}

#[test]
fn what_waits_for_a_slow_reader_is_written_before_the_end() {
    let mut session = Session::start(&[]);
    // More than the FIFO holds.
    let sent: Vec<Vec<u8>> = (0..20_000).map(frames::numbered).collect();
    for frames in sent.chunks(10) {
        session.feed.send(&frames.iter().map(|frame| Sample::of(&frame[..])).collect::<Vec<_>>());
    }
    session.program.signal(Signal::TERM);
    let capture = session.fifo.read_to_end();
    session.program.end_quietly();
    let lost = capture.statistics[0].dropped.unwrap();
    assert_eq!(capture.packets.len() + 10 * lost as usize, sent.len());
}

#[test]
fn a_reader_that_goes_away_ends_the_capture_with_and_without_traffic() {
    for with_traffic in [false, true] {
        let mut session = Session::start(&[]);
        session.fifo.wait_for("an interface", |capture| !capture.interfaces.is_empty());
        session.fifo.close();
        if with_traffic {
            session.feed.send_frames((0..100).map(frames::numbered));
        }
        session.program.end_quietly();
    }
}

#[test]
fn the_death_of_the_parent_ends_the_capture_and_frees_the_port() {
    let (home, port) = (Home::new(), free_port());
    let mut fifo = Fifo::new(&home, "fifo");
    let number = port.to_string();
    let program = command(&home, fifo.path.as_os_str(), &["--port", &number]);
    let mut parent = home.command("sh");
    parent.args(["-c", "\"$@\" & wait", "sh", SFLOWDUMP]).args(program.get_args());
    let mut parent = Running::start(&home, "sh", &mut parent);
    parent.wait_for_port(port);
    fifo.wait_for("an interface", |capture| !capture.interfaces.is_empty());
    parent.signal(Signal::KILL);
    parent.end();
    parent.wait_for_group(Duration::from_secs(2));
    assert!(!is_bound(std::process::id(), port));
    assert_eq!(parent.stderr(), "");
}

// ---- Failures ----

/// Starts a capture that must fail; returns what it says. Its FIFO is read as a host does that waits for its extcap to open it.
fn failure<O: AsRef<OsStr>>(options: &[O]) -> String {
    let home = Home::new();
    let fifo = Fifo::new(&home, "fifo");
    let Fifo { path, .. } = &fifo;
    let path = path.clone();
    drop(fifo);
    let mut call = home.command(SFLOWDUMP);
    call.args(["--capture", "--extcap-interface", "sflow"]).args(options).arg("--fifo").arg(&path);
    let mut program = Running::start(&home, "sflowdump", &mut call);
    let stderr = home.file("sflowdump.stderr");
    let reader = thread::spawn(move || {
        let mut bytes = Vec::new();
        File::open(path).and_then(|mut fifo| fifo.read_to_end(&mut bytes)).expect("the FIFO");
        // The host takes the end of the FIFO for the end of all: it may not look for what is said later.
        (bytes, fs::read_to_string(stderr).expect("text"))
    });
    wait_for("the FIFO to be opened and closed", || reader.is_finished().then_some(()));
    let (bytes, message) = reader.join().unwrap();
    assert_eq!(bytes, b"", "an error leaves nothing to decode");
    assert_eq!(program.end().code(), Some(1));
    assert_eq!((program.stdout(), program.stderr()), (String::new(), message.clone()));
    assert_eq!(message.lines().count(), 1, "one line, which the host shows: {message}");
    message
}

#[test]
fn a_bad_value_is_told_in_one_line_that_names_option_value_and_what_is_allowed() {
    for (option, value, allowed) in [
        ("--port", "99999", "1 to 65535"),
        ("--port", "0", "1 to 65535"),
        ("--port", "sflow", "1 to 65535"),
        ("--listen", "eth0", "IPv4 or IPv6 address"),
        ("--listen", "192.0.2.1", "an address of this host"),
        ("--receive-buffer", "-1", "0 to 2047"),
        ("--agents", "10.0.0.0/33", "10.0.0.0/8"),
        ("--agents", "switch1", "10.0.0.0/8"),
        ("--agent", "switch1", "IP address"),
        ("--interface", "17", "10.0.0.1:17"),
        ("--interfaces", "eth0", "1-48"),
        ("--direction", "up", "both or in or out"),
        ("--packets", "flow,none", "flow or discard"),
        ("--link-type", "ppp", "ethernet or native"),
        ("--backlog", "0", "1 to 65536"),
        ("--log-level", "loud", "message or info or debug or noisy"),
        ("--log-file", "/there/is/no/such.log", "No such file"),
        ("--extcap-capture-filter", "port", "syntax error"),
    ] {
        let message = failure(&[option, value]);
        let shown = if option == "--extcap-capture-filter" { "capture filter" } else { option };
        let bad = value.rsplit(',').next().unwrap();
        assert!(message.starts_with(shown) && message.contains(bad) && message.contains(allowed), "{message}");
    }
}

#[test]
fn senders_cannot_be_matched_with_a_list_that_is_not_there() {
    let message = failure(&["--match-source", "true"]);
    assert_eq!(message, "--match-source: senders are held against --agents, and that list is empty\n");
}

#[test]
fn a_call_that_cannot_be_read_is_told_too() {
    assert!(failure(&["--port"]).contains("--port"));
    assert!(failure(&[OsStr::new("--agents"), OsStr::from_bytes(b"\xff")]).contains("UTF-8"));
}

#[test]
fn a_taken_port_is_told_with_who_has_it_and_what_to_do() {
    for (owner, listen) in
        [("[::]", None), ("127.0.0.1", None), ("127.0.0.1", Some("127.0.0.1")), ("[::1]", Some("::1"))]
    {
        if !has_family_of(owner) {
            continue;
        }
        let port = free_port().to_string();
        let owner: SocketAddr = format!("{owner}:{port}").parse().unwrap();
        let _owner = UdpSocket::bind(owner).unwrap();
        let mut options = vec!["--port", &port];
        options.extend(listen.map(|listen| ["--listen", listen]).into_iter().flatten());
        let message = failure(&options);
        assert!(message.starts_with(&format!("UDP port {port}")), "{message}");
        let name = fs::read_to_string("/proc/self/comm").unwrap();
        let by = format!("is taken by {} (process {}); ", name.trim_end(), std::process::id());
        assert!(message.contains(&by) && message.contains("--tap") && message.contains("--port"), "{message}");
    }
}

// ---- Options ----

#[test]
fn datagrams_to_other_addresses_are_not_heard() {
    for (listen, other) in [("127.0.0.1", "127.0.0.2"), ("::1", "127.0.0.1"), ("127.0.0.1", "::1")] {
        if !has_family_of(listen) || !has_family_of(other) {
            continue;
        }
        let session = Session::start(&["--listen", listen]);
        // Nobody listens there: the kernel may tell the sender so.
        let stray = Feed::to(other.parse().unwrap(), session.port);
        stray.send_frames([frames::numbered(1)]);
        Feed::to(listen.parse().unwrap(), session.port).send_frames([frames::numbered(2)]);
        assert_eq!(session.stop().data(), [frames::numbered(2)], "{listen}");
    }
}

#[test]
fn all_addresses_means_both_families() {
    let session = Session::start(&[]);
    let addresses = ["127.0.0.1", "127.0.0.2", "::1"].into_iter().filter(|address| has_family_of(address));
    let sent: Vec<_> = (0..).map(frames::numbered).zip(addresses).collect();
    for (frame, address) in &sent {
        Feed::to(address.parse().unwrap(), session.port).send_frames([&frame[..]]);
    }
    assert_eq!(session.stop().data(), sent.iter().map(|(frame, _)| frame).collect::<Vec<_>>());
}

/// Everything that the options below tell apart, one packet each, numbered.
fn assorted(feed: &Feed) {
    let numbered = |number| Sample::of(frames::numbered(number));
    feed.send(&[
        numbered(0),                                   // in through ifIndex 3
        Sample { input: 9, output: 3, ..numbered(1) }, // out of ifIndex 3
        Sample { input: 9, output: 8, ..numbered(2) }, // neither
        numbered(3).source(5),                         // another interface
        numbered(4).discarded(258),                    // a discard
    ]);
    feed.send_bytes(&datagram("10.1.0.1".parse().unwrap(), &[numbered(5)]));
    feed.send_bytes(&datagram("2001:db8::1".parse().unwrap(), &[numbered(6)]));
}

#[test]
fn each_filter_option_selects_exactly_its_packets() {
    for (option, value, expected) in [
        ("--agents", "", &[0, 1, 2, 3, 4, 5, 6][..]),
        ("--agents", "10.0.0.0/8", &[0, 1, 2, 3, 4, 5]),
        ("--agents", "10.0.0.0/8,!10.1.0.1", &[0, 1, 2, 3, 4]),
        ("--agents", "2001:db8::/32", &[6]),
        ("--interfaces", "4-6", &[3]),
        ("--interfaces", "3", &[0, 1, 2, 4, 5, 6]),
        ("--direction", "in", &[0, 4, 5, 6]),
        ("--direction", "out", &[1]),
        ("--direction", "both", &[0, 1, 2, 3, 4, 5, 6]),
        ("--packets", "flow", &[0, 1, 2, 3, 5, 6]),
        ("--packets", "discard", &[4]),
        ("--packets", "discard,flow", &[0, 1, 2, 3, 4, 5, 6]),
        ("--receive-buffer", "1", &[0, 1, 2, 3, 4, 5, 6]),
        ("--backlog", "1", &[0, 1, 2, 3, 4, 5, 6]),
    ] {
        let session = Session::start(&[option, value]);
        assorted(&session.feed);
        let capture = session.stop();
        let expected: Vec<_> = expected.iter().copied().map(frames::numbered).collect();
        assert_eq!(capture.data(), expected, "{option} {value}");
    }
}

#[test]
fn with_match_source_a_datagram_must_come_from_a_listed_address_too() {
    for (value, taken) in [("false", &[1, 2, 4][..]), ("true", &[1, 4])] {
        let log = Home::bare();
        let file = log.file("log");
        let options = ["--agents", "10.0.0.0/24,127.0.0.1", "--match-source", value, "--log-level", "info"];
        let session = Session::start(&[&options[..], &["--log-file", file.to_str().unwrap()]].concat());
        let port = session.port;
        let from = |address: &str, agent: &str, number| {
            let socket = UdpSocket::bind((address, 0)).expect("an address of this host");
            let bytes = datagram(agent.parse().unwrap(), &[Sample::of(frames::numbered(number))]);
            socket.send_to(&bytes, ("127.0.0.1", port)).expect("loopback takes it");
        };
        from("127.0.0.1", "10.0.0.1", 1);
        from("127.0.0.2", "10.0.0.1", 2);
        from("127.0.0.1", "10.0.1.1", 3);
        from("127.0.0.1", "10.0.0.2", 4);
        let capture = session.stop();
        let expected: Vec<_> = taken.iter().copied().map(frames::numbered).collect();
        assert_eq!(capture.data(), expected, "{value}");
        let log = fs::read_to_string(file).expect("a log");
        assert!(log.contains("1 datagrams of other agents"), "{log}");
        assert_eq!(log.contains("1 datagrams from other senders"), value == "true", "{log}");
    }
}

#[test]
fn interfaces_are_named_after_agent_and_port_and_directions_are_flagged() {
    let session = Session::start(&[]);
    assorted(&session.feed);
    let capture = session.stop();
    let told: Vec<_> =
        capture.packets.iter().map(|packet| (&capture.interface(packet).name[..], packet.flags & 3)).collect();
    assert_eq!(
        told,
        [
            ("10.0.0.1:3", 1),
            ("10.0.0.1:3", 2),
            ("10.0.0.1:3", 0),
            ("10.0.0.1:5", 0),
            ("10.0.0.1:3", 1),
            ("10.1.0.1:3", 1),
            ("[2001:db8::1]:3", 1),
        ]
    );
    assert_eq!(count(capture.interfaces.iter().map(|interface| interface.link_type)), count([1; 5]));
}

#[test]
fn a_capture_filter_applies_to_the_packets_and_stands_in_the_interfaces() {
    let session = Session::start(&["--extcap-capture-filter", "udp[8:4] >= 2 and udp[8:4] < 5"]);
    assorted(&session.feed);
    let capture = session.stop();
    assert_eq!(capture.data(), [2, 3, 4].map(frames::numbered));
    assert!(capture.interfaces.iter().all(|interface| interface.filter == "udp[8:4] >= 2 and udp[8:4] < 5"));
}

#[test]
fn link_types_are_ethernet_or_each_protocols_own() {
    let packet = frames::ipv4(frames::UDP, &frames::udp(1, 2, b"x"));
    let samples = [(1, 1, 1), (7, 0, 9), (11, 1, 228), (12, 1, 229), (13, 1, 1), (15, 0, 105)];
    for (value, column) in [("ethernet", 1), ("native", 2)] {
        let session = Session::start(&["--link-type", value]);
        for (protocol, _, _) in samples {
            session.feed.send(&[Sample::of(&packet[..]).protocol(protocol)]);
        }
        let capture = session.stop();
        let link_types: Vec<_> = capture.packets.iter().map(|packet| capture.interface(packet).link_type).collect();
        let expected = samples.map(|(_, ethernet, native)| if column == 1 { ethernet } else { native });
        assert_eq!(link_types, expected.into_iter().filter(|link_type| *link_type != 0).collect::<Vec<_>>());
    }
}

#[test]
fn packets_are_made_from_fields_unless_they_are_not_wanted() {
    for (value, packets) in [("true", 1), ("false", 0)] {
        let session = Session::start(&["--synthetic", value]);
        session.feed.send_bytes(&without_header());
        assert_eq!(session.stop().packets.len(), packets, "{value}");
    }
}

#[test]
fn packets_have_comments_unless_they_are_not_wanted() {
    for (value, has_comments) in [("true", true), ("false", false)] {
        let session = Session::start(&["--comments", value]);
        assorted(&session.feed);
        let capture = session.stop();
        assert_eq!(capture.packets.len(), 7);
        let agents = ["10.0.0.1"; 5].into_iter().chain(["10.1.0.1", "2001:db8::1"]);
        for (packet, agent) in capture.packets.iter().zip(agents) {
            let expected = if has_comments { format!("sflow agent={agent} ") } else { String::new() };
            assert!(packet.comment.starts_with(&expected), "{}", packet.comment);
            assert_eq!(packet.comment.is_empty(), !has_comments);
        }
    }
}

#[test]
fn content_is_packets_or_whole_datagrams_or_both() {
    for (value, datagrams, packets) in [("packets", 0, 7), ("datagrams", 3, 0), ("both", 3, 7)] {
        let session = Session::start(&["--content", value]);
        assorted(&session.feed);
        let capture = session.stop();
        let whole = |packet: &&Packet| packet.data.len() > 100;
        assert_eq!(capture.packets.iter().filter(whole).count(), datagrams, "{value}");
        assert_eq!(capture.packets.len(), datagrams + packets, "{value}");
    }
}

#[test]
fn options_that_are_not_known_are_ignored_in_a_capture_too() {
    let session = Session::start(&["--future", "value", "--flag", "--agents", "10.0.0.1"]);
    assorted(&session.feed);
    assert_eq!(session.stop().packets.len(), 5);
}

// ---- Faults ----

/// A sample that the datagram cuts off.
fn truncated() -> Vec<u8> {
    let whole = datagram(AGENT, &[Sample::of(frames::payload(100))]);
    whole[..60].to_vec()
}

/// A good sample, and another whose record says that it is longer than the datagram.
fn lying() -> Vec<u8> {
    let mut bytes = datagram(AGENT, &[Sample::of(frames::numbered(77)), Sample::of(frames::payload(64))]);
    let record_length = bytes.len() - 64 - 16 - 4;
    bytes[record_length..record_length + 4].copy_from_slice(&0x7000_0000_u32.to_be_bytes());
    bytes
}

#[test]
fn malformed_datagrams_are_logged_with_place_and_structure_and_cost_no_good_packet() {
    let home = Home::new();
    let log = home.file("log");
    let session = Session::start(&["--log-file", log.to_str().unwrap()]);
    session.feed.send_frames([frames::numbered(0)]);
    for (number, bad) in (1..).zip([truncated(), lying(), b"\xde\xad\xbe\xef random bytes".to_vec(), Vec::new()]) {
        session.feed.send_bytes(&bad);
        session.feed.send_frames([frames::numbered(number)]);
    }
    let capture = session.stop();
    let mut expected: Vec<_> = [0, 1, 77, 2, 3, 4].map(frames::numbered).into();
    expected.insert(3, frames::payload(64)); // the header with the lying record is whole
    assert_eq!(capture.data(), expected);
    assert!(capture.statistics[0].comment.contains("4 malformed datagrams"), "{}", capture.statistics[0].comment);

    let log = fs::read_to_string(&log).unwrap();
    for (agent, place, expected) in [
        ("10.0.0.1", "sample at offset 36", 1),
        ("10.0.0.1", "flow_sample at offset 36", 1),
        ("10.0.0.1", "record at offset 188", 1),
        ("127.0.0.1", "sample_datagram at offset 0", 2),
    ] {
        let words = format!(" WARN malformed datagram of agent {agent}: {place}");
        assert_eq!(log.matches(&words).count(), expected, "{words}: {log}");
    }
    assert_eq!(log.lines().count(), 5, "{log}");
}

#[test]
fn a_flood_of_faults_is_counted_and_not_logged_one_by_one() {
    let home = Home::new();
    let log = home.file("log");
    let session = Session::start(&["--log-file", log.to_str().unwrap()]);
    for _ in 0..2000 {
        session.feed.send_bytes(b"no sFlow");
    }
    let capture = session.stop();
    let comment = &capture.statistics[0].comment;
    let lost = capture.statistics[0].dropped.unwrap();
    assert!(comment.contains(&format!("{} malformed datagrams", 2000 - lost)), "{comment}");
    let log = fs::read_to_string(&log).unwrap();
    let told = log.lines().filter(|line| line.contains("malformed datagram of")).count() as u64;
    let more: u64 =
        log.lines().filter_map(|line| line.split_once(" more faults")?.0.rsplit(' ').next()?.parse::<u64>().ok()).sum();
    assert_eq!(told + more, 2000 - lost, "{log}");
    assert!(told <= 100, "{told} lines");
}

#[test]
fn each_log_level_tells_more_than_the_one_before() {
    let lines = |level: &str| {
        let home = Home::new();
        let log = home.file("log");
        let session = Session::start(&["--log-level", level, "--log-file", log.to_str().unwrap()]);
        session.feed.send_frames([frames::numbered(1)]);
        assert_eq!(session.stop().packets.len(), 1);
        fs::read_to_string(&log).unwrap().lines().count()
    };
    let [message, info, debug, noisy] = ["message", "info", "debug", "noisy"].map(lines);
    assert_eq!(message, 0, "nothing happened");
    assert!(info > message, "{info} {message}");
    assert!(debug >= info && noisy >= debug, "{info} {debug} {noisy}");
}

#[test]
fn without_a_log_file_nothing_is_said() {
    let session = Session::start(&["--log-level", "noisy"]);
    session.feed.send_bytes(b"no sFlow");
    assert_eq!(session.stop().packets, []); // ends quietly
}

// ---- Losses ----

#[test]
fn packets_lost_to_a_stalled_reader_are_counted_to_the_last_one() {
    let mut session = Session::start(&["--backlog", "1"]);
    let mut sent = 0;
    // Several times what backlog and FIFO hold together.
    for number in 0..3000 {
        session.feed.send(&vec![Sample::of(frames::numbered(number)); 10]);
        sent += 10;
    }
    wait_for("all to be taken", || (queues(session.program.pid(), session.port) == [0]).then_some(()));
    // Now the reader wakes up. Sooner or later there is room for a packet again, which tells what was lost before it.
    let last = marker();
    session.fifo.wait_for("a packet after the stall", |capture| {
        session.feed.send_frames([&last[..]]);
        sent += 1;
        capture.packets.last().is_some_and(|packet| packet.data == last)
    });
    let capture = session.stop();
    let [whole, port] = &capture.statistics[..] else { panic!("{:?}", capture.statistics) };
    let lost_in_kernel = 10 * whole.dropped.unwrap();
    let lost = port.os_dropped.unwrap();
    let written = capture.packets.len() as u64;
    assert!(lost > 0, "a backlog of 1 MiB is too small for this");
    assert_eq!(written + lost + lost_in_kernel, sent, "every packet is written or counted");
    assert_eq!(port.delivered, Some(written));
    assert_eq!(port.received, Some(written + lost));
    assert_eq!(capture.packets.iter().map(|packet| packet.drop_count).sum::<u64>(), lost, "told with the packets too");
    assert!(whole.comment.contains(&format!("{lost} packets lost to a slow reader")), "{}", whole.comment);
}

#[test]
fn datagrams_lost_in_the_kernel_are_counted_to_the_last_one() {
    let mut session = Session::start(&["--receive-buffer", "1"]);
    session.fifo.wait_for("an interface", |capture| !capture.interfaces.is_empty());
    session.program.signal(Signal::STOP);
    let sent = 10_000;
    session.feed.send_frames((0..sent).map(frames::numbered));
    session.program.signal(Signal::CONT);
    let capture = session.stop();
    let lost = capture.statistics[0].dropped.unwrap();
    assert!(lost > 0, "a buffer of 1 MiB is too small for this");
    assert_eq!(capture.packets.len() as u64 + lost, u64::from(sent));
    let expected: Vec<Vec<u8>> = (0..sent - lost as u32).map(frames::numbered).collect();
    assert_eq!(capture.data(), expected, "what came first was kept, in its order");
}

#[test]
fn time_stamps_are_those_of_the_arrival() {
    let now = || std::time::UNIX_EPOCH.elapsed().unwrap().as_nanos() as u64;
    let session = Session::start(&[]);
    // The kernel begins to stamp a moment after the first socket asks for it.
    thread::sleep(Duration::from_millis(300));
    session.program.signal(Signal::STOP);
    let before = now();
    session.feed.send_frames([frames::numbered(1)]);
    let after = now();
    let pause = Instant::now();
    while pause.elapsed() < Duration::from_millis(50) {
        thread::sleep(Duration::from_millis(5));
    }
    session.program.signal(Signal::CONT);
    let capture = session.stop();
    assert!((before..=after).contains(&capture.packets[0].timestamp), "the kernel's time, not that of reading");
}

#[test]
fn losses_of_an_interface_that_has_no_packet_in_the_file_are_counted_too() {
    let mut session = Session::start(&["--backlog", "1"]);
    for number in 0..3000 {
        session.feed.send(&vec![Sample::of(frames::numbered(number)); 10]);
    }
    wait_for("all to be taken", || (queues(session.program.pid(), session.port) == [0]).then_some(()));
    // The reader has stalled; these have no chance.
    session.feed.send(&vec![Sample::of(frames::numbered(0)).source(99); 10]);
    wait_for("all to be taken", || (queues(session.program.pid(), session.port) == [0]).then_some(()));
    session.program.signal(Signal::TERM);
    let capture = session.fifo.read_to_end();
    session.program.end_quietly();
    let lost: u64 = capture.statistics.iter().filter_map(|statistics| statistics.os_dropped).sum();
    let lost_in_kernel = 10 * capture.statistics[0].dropped.unwrap();
    assert_eq!(capture.packets.len() as u64 + lost + lost_in_kernel, 30_010);
}
