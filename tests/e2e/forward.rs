//! Copies for other collectors: of what comes in live, and of recordings.
#![cfg(target_os = "linux")]

use std::fs;
use std::io;
use std::net::UdpSocket;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::process::Signal;

use support::capture::Capture;
use support::feed::{AGENT, Feed, Sample, datagram};
use support::fifo::Fifo;
use support::process::Running;
use support::{Home, PATIENCE, SFLOWDUMP, demo, frames, free_port, has_family_of};

mod support;

/// A collector that keeps what it gets.
struct Collector(UdpSocket);

impl Collector {
    fn new(address: &str) -> Self {
        let socket = UdpSocket::bind(address).expect("a socket");
        socket.set_read_timeout(Some(PATIENCE)).expect("a socket option");
        Collector(socket)
    }

    fn address(&self) -> String {
        self.0.local_addr().expect("an address").to_string()
    }

    fn take(&self) -> Vec<u8> {
        let mut buffer = vec![0; 65_536];
        let count = loop {
            match self.0.recv(&mut buffer) {
                // Unlike other waiting, waiting with a limit is not taken up again.
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                outcome => break outcome.expect("a datagram"),
            }
        };
        buffer.truncate(count);
        buffer
    }

    /// Whether nothing more waits.
    fn is_empty(&self) -> bool {
        self.0.set_nonblocking(true).expect("a socket option");
        self.0.recv(&mut [0; 1]).is_err()
    }
}

/// Starts the program in the shell's way.
fn start(home: &Home, port: u16, arguments: &[&str]) -> Running {
    let mut command = home.command(SFLOWDUMP);
    Running::start(home, "sflowdump", command.args(["--port", &port.to_string()]).args(arguments))
}

#[test]
fn every_datagram_is_copied_on_whatever_is_selected_or_wrong_with_it() {
    let (home, port) = (Home::new(), free_port());
    let mut collectors = vec![Collector::new("127.0.0.1:0"), Collector::new("127.0.0.1:0")];
    if has_family_of("::1") {
        collectors.push(Collector::new("[::1]:0"));
    }
    let gone = Collector::new("127.0.0.1:0").address();
    let list = collectors.iter().map(Collector::address).chain([gone.clone()]).collect::<Vec<_>>().join(",");
    let file = home.file("out.pcapng");
    let mut program =
        start(&home, port, &["--forward", &list, "--agents", "10.0.0.1", "-w", file.to_str().unwrap(), "udp"]);
    program.wait_for_port(port);
    let feed = Feed::to_port(port);
    let sample = || [Sample::of(frames::numbered(1))];
    let sent = [
        datagram(AGENT, &sample()),
        datagram("10.0.0.2".parse().unwrap(), &sample()),
        b"no sFlow at all".to_vec(),
        vec![],
        datagram(AGENT, &[Sample::of(frames::payload(9000))]),
    ];
    for datagram in &sent {
        feed.send_bytes(datagram);
    }
    for collector in &collectors {
        for datagram in &sent {
            assert_eq!(collector.take(), *datagram);
        }
    }
    program.signal(Signal::INT);
    assert!(program.end().success(), "{}", program.stderr());
    assert!(collectors.iter().all(Collector::is_empty));
    assert_eq!(Capture::read_whole(&file).data(), [frames::numbered(1)]);
    let totals = program.stderr();
    for collector in &collectors {
        let line = format!("5 datagrams forwarded to {}", collector.address());
        assert!(totals.lines().any(|told| told == line), "{totals}");
    }
    assert!(totals.contains(&format!("5 datagrams forwarded to {gone}, ")), "{totals}");
    assert!(totals.contains(" ICMP errors came back"), "{totals}");
}

#[test]
fn a_capture_of_wireshark_forwards_too_and_logs_what_it_sent() {
    let (home, port) = (Home::new(), free_port());
    let collector = Collector::new("127.0.0.1:0");
    let mut fifo = Fifo::new(&home, "fifo");
    let log = home.file("log");
    let mut command = home.command(SFLOWDUMP);
    command.args(["--capture", "--extcap-interface", "sflow", "--port", &port.to_string()]);
    command.args(["--forward", &collector.address(), "--log-level", "info", "--log-file"]).arg(&log);
    command.arg("--fifo").arg(&fifo.path);
    let mut program = Running::start(&home, "sflowdump", &mut command);
    program.wait_for_port(port);
    let sent = datagram(AGENT, &[Sample::of(frames::numbered(7))]);
    Feed::to_port(port).send_bytes(&sent);
    assert_eq!(collector.take(), sent);
    fifo.wait_for_packets(1);
    program.signal(Signal::TERM);
    program.end_quietly();
    let log = fs::read_to_string(log).unwrap();
    assert!(log.contains(&format!("1 datagrams forwarded to {}", collector.address())), "{log}");
}

#[test]
fn what_cannot_be_forwarded_to_is_told_at_the_start() {
    let (home, port) = (Home::new(), free_port());
    for (list, message) in [
        (format!("127.0.0.1:{port}"), "this is where sFlow is received"),
        (format!("192.0.2.1,localhost:{port}"), "this is where sFlow is received"),
        ("no-such-host.invalid".to_owned(), "no host of this name is known"),
        ("10.0.0.0/8".to_owned(), "'10.0.0.0/8' is not HOST or HOST:PORT"),
    ] {
        let mut program = start(&home, port, &["--forward", &list, "-w", "out"]);
        assert_eq!(program.end().code(), Some(1));
        let stderr = program.stderr();
        assert!(stderr.starts_with("sflowdump: --forward: ") && stderr.contains(message), "{stderr}");
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
    }
}

/// The recording that the tests send, and its datagrams.
fn demo() -> (PathBuf, Vec<(u64, Vec<u8>)>) {
    (demo::recording(), demo::datagrams())
}

fn replay(home: &Home, recording: &Path, arguments: &[&str]) -> Running {
    let mut command = home.command(SFLOWDUMP);
    Running::start(home, "replay", command.arg("-r").arg(recording).args(arguments))
}

#[test]
fn a_recording_is_sent_again_byte_for_byte_with_its_own_timing() {
    let (recording, datagrams) = demo();
    let home = Home::new();
    let collector = Collector::new("127.0.0.1:0");
    let mut program = replay(&home, &recording, &["--forward", &collector.address(), "--speed", "5"]);
    let mut first = None;
    for (place, (timestamp, payload)) in datagrams.iter().enumerate() {
        assert!(collector.take() == *payload, "datagram {place}");
        let first = *first.get_or_insert_with(Instant::now);
        // Never too soon; how much too late says more about the machine.
        let due = Duration::from_micros((timestamp - datagrams[0].0) / 5);
        assert!(first.elapsed() + Duration::from_millis(100) > due, "datagram {place}");
        assert!(first.elapsed() < due + Duration::from_secs(5), "datagram {place}");
    }
    assert!(program.end().success());
    assert!(collector.is_empty());
    assert_eq!(program.stdout(), "");
    assert_eq!(program.stderr(), format!("{} datagrams forwarded to {}\n", datagrams.len(), collector.address()));
}

#[test]
fn a_replay_goes_round_as_often_as_wished() {
    let (recording, datagrams) = demo();
    let home = Home::new();
    let collector = Collector::new("127.0.0.1:0");
    let fast = ["--forward", &collector.address(), "--speed", "10", "--loop"];
    let mut program = replay(&home, &recording, &[&fast[..], &["3"]].concat());
    for place in 0..3 * datagrams.len() {
        assert!(collector.take() == datagrams[place % datagrams.len()].1, "datagram {place}");
    }
    assert!(program.end().success());
    assert!(collector.is_empty());
    assert!(program.stderr().starts_with(&format!("{} datagrams forwarded", 3 * datagrams.len())));
}

#[test]
fn a_replay_ends_with_a_signal_or_its_time_and_tells_what_it_sent() {
    let (recording, datagrams) = demo();
    for signal in [Some(Signal::INT), Some(Signal::TERM), None] {
        let home = Home::new();
        let collector = Collector::new("127.0.0.1:0");
        let mut arguments = vec!["--forward", &*collector.address().leak(), "--loop", "0", "--speed", "0.5"];
        if signal.is_none() {
            arguments.extend(["--duration", "1"]);
        }
        let mut program = replay(&home, &recording, &arguments);
        assert!(collector.take() == datagrams[0].1);
        if let Some(signal) = signal {
            program.signal(signal);
        }
        let status = program.end();
        assert!(status.success(), "{signal:?}: {status}: {}", program.stderr());
        let sent = 1 + std::iter::from_fn(|| (!collector.is_empty()).then_some(())).count();
        assert_eq!(program.stderr(), format!("{sent} datagrams forwarded to {}\n", collector.address()));
    }
}

#[test]
fn a_replay_with_a_file_writes_the_packets_that_a_conversion_would() {
    let (recording, datagrams) = demo();
    let home = Home::new();
    let collector = Collector::new("127.0.0.1:0");
    let filter = ["-w", "replayed", "udp", "port", "53"];
    let options = ["--forward", &collector.address(), "--speed", "10"];
    let mut program = replay(&home, &recording, &[&options[..], &filter].concat());
    for (_, payload) in &datagrams {
        assert!(collector.take() == *payload);
    }
    assert!(program.end().success(), "{}", program.stderr());
    home.output(SFLOWDUMP, &["-r", recording.to_str().unwrap(), "-w", "converted", "udp", "port", "53"]);
    let [replayed, converted] = ["replayed", "converted"].map(|name| Capture::read_whole(&home.file(name)));
    assert!(replayed.packets.len() > 10);
    assert_eq!(replayed, converted);
}

#[test]
fn options_that_do_nothing_are_refused() {
    let (recording, _) = demo();
    let recording = recording.to_str().unwrap();
    let home = Home::new();
    for (arguments, message) in [
        (&["--speed", "2", "-w", "out"][..], "--speed and --loop are for sending a recording"),
        (&["-r", recording, "-w", "out", "--loop", "2"], "--speed and --loop are for sending a recording"),
        (&["-r", recording, "--forward", "127.0.0.1", "-c", "1"], "-c and filters choose packets to write"),
        (&["-r", recording, "--forward", "127.0.0.1", "port", "53"], "-c and filters choose packets to write"),
        (&["-r", recording, "--forward", "127.0.0.1", "--speed", "0"], "--speed: '0' is not a number above 0"),
        (&["-r", recording, "--forward", "127.0.0.1", "--speed", "fast"], "--speed: 'fast' is not a number above 0"),
        (&["-r", recording, "--forward", "127.0.0.1", "--loop", "-1"], "--loop: '-1' is not a whole number"),
    ] {
        let output = home.command(SFLOWDUMP).args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(stderr.starts_with(&format!("sflowdump: {message}")), "{stderr}");
    }
}
