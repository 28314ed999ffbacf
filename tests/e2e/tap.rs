//! Watching sFlow that goes to somebody else, through a real dumpcap.

mod support;

use std::net::UdpSocket;
use std::process::Command;
use std::time::Duration;

use rustix::process::Signal;
use support::feed::{Feed, Sample, datagram};
use support::fifo::Fifo;
use support::frames;
use support::process::Running;
use support::tools::have;
use support::{Home, SFLOWDUMP, free_port, may_capture};

/// Another program that owns a port.
fn collector(port: u16) -> UdpSocket {
    let socket = UdpSocket::bind(("127.0.0.1", port)).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    socket
}

/// A capture that watches an interface.
struct Watching {
    program: Running,
    fifo: Fifo,
    _home: Home,
}

fn watch(interface: &str, port: u16) -> Watching {
    let home = Home::new();
    let fifo = Fifo::new(&home, "fifo");
    let mut command = home.command(SFLOWDUMP);
    command.args(["--capture", "--extcap-interface", "sflow", "--tap", interface, "--port", &port.to_string()]);
    command.arg("--fifo").arg(&fifo.path);
    Watching { program: Running::start(&home, "sflowdump", &mut command), fifo, _home: home }
}

/// A collector on a free port, and a capture that watches loopback already.
fn watch_a_collector() -> (u16, UdpSocket, Watching) {
    let port = free_port();
    let owner = collector(port);
    let mut watching = watch("lo", port);
    watching.fifo.wait_for("the beginning", |capture| !capture.interfaces.is_empty());
    (port, owner, watching)
}

#[test]
fn what_goes_to_another_program_is_seen_and_that_program_gets_it_all() {
    if !may_capture() {
        return;
    }
    let (port, owner, mut watching) = watch_a_collector();
    let feed = Feed::to_port(port);
    let mut buffer = [0; 2000];
    for number in 0..500 {
        let samples = [Sample::of(frames::numbered(number)), Sample::of(frames::numbered(1000 + number))];
        feed.send(&samples);
        let length = owner.recv(&mut buffer).unwrap();
        assert_eq!(buffer[..length], datagram([10, 0, 0, 1].into(), &samples));
    }
    let capture = watching.fifo.wait_for_packets(1000);
    let expected: Vec<Vec<u8>> = (0..500).flat_map(|number| [number, 1000 + number]).map(frames::numbered).collect();
    for (packet, frame) in capture.packets.iter().zip(&expected) {
        assert_eq!(packet.data[..], frame[..packet.data.len()]);
    }
    watching.program.signal(Signal::TERM);
    let capture = watching.fifo.read_to_end();
    watching.program.end_quietly();
    assert_eq!(capture.packets.len(), 1000);
    assert!(watching.program.group().is_empty(), "dumpcap ends with the capture");
}

#[test]
fn what_is_on_its_way_at_the_end_is_not_lost() {
    if !may_capture() {
        return;
    }
    let (port, _owner, mut watching) = watch_a_collector();
    Feed::to_port(port).send_frames((0..2000).map(frames::numbered));
    watching.program.signal(Signal::TERM);
    let capture = watching.fifo.read_to_end();
    watching.program.end_quietly();
    let lost = capture.statistics[0].dropped.unwrap();
    assert_eq!(capture.packets.len() as u64 + lost, 2000);
}

#[test]
fn the_time_is_the_one_of_capture() {
    if !may_capture() {
        return;
    }
    let (port, _owner, mut watching) = watch_a_collector();
    let now = || std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos() as u64;
    let before = now();
    Feed::to_port(port).send_frames([frames::numbered(1)]);
    let sent = now();
    let capture = watching.fifo.wait_for_packets(1);
    // dumpcap's times may be in microseconds.
    assert!((before - 1000..=sent).contains(&capture.packets[0].timestamp));
}

#[test]
fn an_interface_that_is_not_there_is_told_in_dumpcaps_words() {
    if !may_capture() {
        return;
    }
    let mut watching = watch("nosuchinterface", free_port());
    assert!(!watching.program.end().success());
    let told = watching.program.stderr();
    assert!(told.starts_with("--tap: nosuchinterface: There is no device named"), "{told}");
    assert_eq!(told.lines().count(), 1);
}

#[test]
fn a_user_who_may_not_capture_is_told_what_to_do() {
    if !have(&["setpriv"]) || !may_capture() {
        return;
    }
    // A copy of dumpcap without privileges.
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    for program in [SFLOWDUMP, "/usr/bin/dumpcap"] {
        let copy = here.join(program.rsplit('/').next().unwrap());
        std::fs::copy(program, &copy).unwrap();
    }
    let open = Command::new("chmod").args(["-R", "a+rx"]).arg(here).status().unwrap();
    assert!(open.success());
    let output = Command::new("/usr/bin/setpriv")
        .args(["--reuid=65534", "--regid=65534", "--clear-groups", "--bounding-set=-all", "--inh-caps=-all"])
        .arg(here.join("sflowdump"))
        .args(["--tap", "lo", "-w", "/dev/null"])
        .env("PATH", here)
        .output()
        .unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.starts_with("sflowdump: --tap: lo: dumpcap may not capture for this user"), "{told}");
    assert!(!output.status.success());
}

#[test]
fn the_dialogs_scan_lists_the_interfaces() {
    if !have(&["dumpcap"]) {
        return;
    }
    let question =
        ["--extcap-config", "--extcap-interface", "sflow", "--extcap-reload-option", "tap", "--port", "6343"];
    let text = Home::bare().output(SFLOWDUMP, &question);
    let mut lines = text.lines();
    assert!(lines.next().unwrap().contains("{value=none}"), "{text}");
    if may_capture() {
        assert!(lines.any(|line| line.contains("{value=lo}{display=lo (Loopback)}{default=false}")), "{text}");
    }
    assert!(text.lines().all(|line| line.starts_with("value {arg=")));
}
