//! Real agents: what they sample of real traffic, tshark saves, byte for byte and with nothing missing.
//!
//! The scripts that run the agents stand with the recorded feeds. The ground truth is a capture of the same traffic that does
//! not go through sFlow.
#![cfg(target_os = "linux")]

use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant, UNIX_EPOCH};

use rustix::process::Signal;

use support::capture::{Capture, Frame, Packet, classic, read_classic};
use support::process::Running;
use support::tools::{captures, have};
use support::{Home, count, free_port, has_family_of, wait_for};

mod support;

/// A packet as it can be told after sampling: the first bytes of its frame, and its length.
type Seen = (Vec<u8>, u32);

fn told(packet: &Packet) -> Seen {
    (packet.data.clone(), packet.original_length)
}

/// What an agent that samples `header` bytes tells of a frame.
fn sampled(frame: &Frame, header: usize) -> Seen {
    (frame.data[..frame.data.len().min(header)].to_vec(), frame.original_length)
}

/// What is in `all` more often than in `others`.
fn beyond(all: impl Iterator<Item = Seen>, others: impl Iterator<Item = Seen>) -> Vec<Seen> {
    let mut counts: HashMap<Seen, u32> = count(others);
    all.filter(|seen| match counts.get_mut(seen) {
        Some(left @ 1..) => {
            *left -= 1;
            false
        }
        _ => true,
    })
    .collect()
}

/// A script that runs an agent, which ends with the test.
struct Agent<'a> {
    home: &'a Home,
    script: PathBuf,
    variables: Vec<(&'static str, String)>,
}

impl<'a> Agent<'a> {
    fn new(home: &'a Home, script: PathBuf, variables: &[(&'static str, &str)]) -> Self {
        let mut variables: Vec<_> = variables.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        variables.push(("W", home.file("w").to_str().unwrap().to_owned()));
        Agent { home, script, variables }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.home.command(self.script.to_str().unwrap());
        command.envs(self.variables.iter().cloned()).args(arguments);
        command
    }

    fn run(&self, arguments: &[&str]) {
        let output = self.command(arguments).output().expect("the script");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{} {arguments:?}: {said}", self.script.display());
    }
}

impl Drop for Agent<'_> {
    fn drop(&mut self) {
        _ = self.command(&["down"]).output();
    }
}

/// A command in a network namespace, or in that of the test.
fn within(home: &Home, namespace: Option<&str>, program: &str) -> Command {
    match namespace {
        None => home.command(program),
        Some(namespace) => {
            let mut command = home.command("ip");
            command.args(["netns", "exec", namespace, program]);
            command
        }
    }
}

/// tshark, which saves what it captures on the interface `sflow`.
struct Recording {
    tshark: Running,
    file: PathBuf,
}

impl Recording {
    fn start(home: &Home, namespace: Option<&str>, port: u16) -> Self {
        let file = home.file("sflow.pcapng");
        let mut command = within(home, namespace, "tshark");
        command.args(["-n", "-i", "sflow", "-o", &format!("extcap.sflow.port:{port}"), "-w"]).arg(&file);
        let mut tshark = Running::start(home, "tshark", &mut command);
        tshark.wait_for_port(port);
        Recording { tshark, file }
    }

    fn read(&self) -> Capture {
        Capture::read(&self.file)
    }

    /// Waits until everything that must come is there, then ends; returns all of it.
    fn end(mut self, what: &str, missing: impl Fn(&Capture) -> Vec<Seen>) -> Capture {
        let mut left = Vec::new();
        let deadline = Instant::now() + Duration::from_secs(15);
        wait_for(what, || {
            left = missing(&self.read());
            (left.is_empty() || Instant::now() > deadline).then_some(())
        });
        assert!(left.is_empty(), "{} packets of {what} are missing: {left:02x?}", left.len());
        self.tshark.signal(Signal::INT);
        let status = self.tshark.end();
        assert!(status.success(), "{}", self.tshark.stderr());
        self.tshark.wait_for_group(Duration::from_secs(2));
        Capture::read_whole(&self.file)
    }
}

/// All packets come from this interface of this agent, with this direction.
fn assert_all_of(capture: &Capture, name: &str, direction: u32) {
    for packet in &capture.packets {
        assert_eq!((&capture.interface(packet).name[..], packet.flags & 3), (name, direction));
        assert_eq!(capture.interface(packet).link_type, 1);
        assert_eq!(packet.drop_count, 0);
    }
}

// ---- Open vSwitch ----

const OPEN_VSWITCH: [&str; 7] =
    ["tshark", "dumpcap", "ovsdb-tool", "ovsdb-server", "ovs-vswitchd", "ovs-vsctl", "python3"];

#[test]
fn open_vswitch_without_privileges() {
    let Some(script) = captures("agents/ovs/run-dummy.sh").filter(|_| have(&OPEN_VSWITCH)) else { return };
    for (address, header) in [("127.0.0.1", 128), ("[::1]", 64)] {
        if !has_family_of(address) {
            continue;
        }
        let (home, port) = (Home::new(), free_port());
        let variables = [("TARGET", &format!("{address}:{port}")[..]), ("HEADER", &header.to_string())];
        let recording = Recording::start(&home, None, port);
        let agent = Agent::new(&home, script.clone(), &variables);
        agent.run(&["up"]);
        agent.run(&["frames", "2"]);
        let truth = read_classic(&home.file("w/p1.rx.pcap"));
        assert!(truth.len() >= 100, "{} frames", truth.len());
        let expected = || truth.iter().map(|frame| sampled(frame, header));
        let capture = recording.end("Open vSwitch", |capture| beyond(expected(), capture.packets.iter().map(told)));
        assert_eq!(beyond(capture.packets.iter().map(told), expected()), [], "packets that never were");
        // The data source is a physical entity, not an interface: it has no direction.
        assert_all_of(&capture, "127.0.0.1:entity1000", 0);
    }
}

/// Whether this user may make network namespaces.
fn have_namespaces(home: &Home) -> bool {
    if !have(&["ip", "ethtool", "ping", "tcpdump"]) {
        return false;
    }
    let name = namespace("x");
    let made = home.command("ip").args(["netns", "add", &name]).output().is_ok_and(|output| output.status.success());
    if made {
        home.output("ip", &["netns", "del", &name]);
    } else {
        println!("skipped: this user may not make network namespaces");
    }
    made
}

/// The name of a namespace that is only this test's.
fn namespace(part: &str) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("sfdt{}-{}{part}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

/// The ground truth: tcpdump on an interface, up and running.
fn truth(home: &Home, namespace: &str, interface: &str, options: &[&str]) -> (Running, PathBuf) {
    let file = home.file(&format!("{interface}.pcap"));
    let mut command = within(home, Some(namespace), "tcpdump");
    command.args(["-Z", "root", "--immediate-mode", "-U", "-s", "0", "-i", interface, "-w"]).arg(&file).args(options);
    let running = Running::start(home, &format!("tcpdump-{interface}"), &mut command);
    wait_for("tcpdump's file", || fs::metadata(&file).is_ok_and(|file| file.len() >= 24).then_some(()));
    (running, file)
}

fn microseconds() -> u64 {
    UNIX_EPOCH.elapsed().unwrap().as_micros() as u64
}

#[test]
fn open_vswitch_between_two_hosts() {
    let home = Home::new();
    let Some(script) = captures("agents/ovs/run.sh").filter(|_| have(&OPEN_VSWITCH) && have_namespaces(&home)) else {
        return;
    };
    let (switch, port) = (namespace("s"), free_port());
    let (host_a, host_b, number) = (namespace("a"), namespace("b"), port.to_string());
    let variables = [("SW", &switch[..]), ("HA", &host_a), ("HB", &host_b), ("PORT", &number), ("NOSFLOW", "1")];
    let agent = Agent::new(&home, script, &variables);
    agent.run(&["up"]);
    // What comes into the switch, at either port.
    let truths = ["pa", "pb"].map(|interface| truth(&home, &switch, interface, &["-Q", "in"]));
    let recording = Recording::start(&home, Some(&switch), port);
    agent.run(&["sflow"]);
    let configured = microseconds();
    agent.run(&["ping"]);
    agent.run(&["frames"]);
    let frames = |after: u64| {
        let frames = truths.iter().flat_map(|(_, file)| read_classic(file));
        frames.filter(move |frame| frame.timestamp > after).map(|frame| sampled(&frame, 128))
    };
    wait_for("the traffic in the truth", || (frames(configured).count() >= 180).then_some(()));
    // Frames from before the agent was set up may have been sampled or not.
    let capture = recording.end("Open vSwitch", |capture| beyond(frames(configured), capture.packets.iter().map(told)));
    assert_eq!(beyond(capture.packets.iter().map(told), frames(0)), [], "packets that never were");
    assert_all_of(&capture, "127.0.0.1:entity1000", 0);
}

// ---- pmacct ----

/// Whether pmacct looks at a frame at all: it aggregates IP flows, and samples nothing else.
fn is_for_pmacct(frame: &[u8]) -> bool {
    let is_ip = |ether_type: &[u8], packet: &[u8]| match ether_type {
        // At least a header, of a length that fits.
        [8, 0] => packet.len() >= 20 && packet[0] == 0x45,
        [0x86, 0xdd] => packet.len() >= 40 && packet[0] >> 4 == 6,
        _ => false,
    };
    match &frame[12..14] {
        [0x81, 0] if frame.len() >= 18 => is_ip(&frame[16..18], &frame[18..]),
        ether_type => is_ip(ether_type, &frame[14..]),
    }
}

#[test]
fn pmacct_replays_a_file_without_privileges() {
    let Some(script) =
        captures("agents/pmacct/run-file-rootless.sh").filter(|_| have(&["tshark", "dumpcap", "pmacctd"]))
    else {
        return;
    };
    let Some(zoo) = captures("agents/ovs/dummy.truth-p1.pcap") else { return };
    let (home, port) = (Home::new(), free_port());
    let mut frames: Vec<Vec<u8>> = read_classic(&zoo).into_iter().map(|frame| frame.data).collect();
    // pmacct does not sample the last few frames of a file.
    let must = frames.len();
    frames.extend((0..20).map(support::frames::numbered));
    let file = home.file("truth.pcap");
    fs::write(&file, classic(1, &frames)).unwrap();
    let recording = Recording::start(&home, None, port);
    let mut agent = home.command(script.to_str().unwrap());
    agent.arg(&file).env("TARGET", format!("127.0.0.1:{port}")).env("W", home.file("w")).env("LIMIT", "4");
    let mut agent = Running::start(&home, "pmacct", &mut agent);
    assert!(agent.end().success(), "{}", agent.stderr());

    let frames = read_classic(&file);
    let expected = |all: &[Frame]| {
        let frames = all.iter().filter(|frame| is_for_pmacct(&frame.data));
        frames.map(|frame| sampled(frame, 128)).collect::<Vec<_>>().into_iter()
    };
    let capture =
        recording.end("pmacct", |capture| beyond(expected(&frames[..must]), capture.packets.iter().map(told)));
    let all = frames.iter().map(|frame| sampled(frame, 128));
    assert_eq!(beyond(capture.packets.iter().map(told), all), [], "packets that never were");
    assert_all_of(&capture, "192.0.2.77:1", 0);
}

/// Runs pmacct in one of its modes between two hosts.
fn pmacct(mode: &str, interface: &str, name: &str, direction: u32) {
    let home = Home::new();
    let tools = ["tshark", "dumpcap", "pmacctd", "python3"];
    let Some(script) = captures("agents/pmacct/run.sh").filter(|_| have(&tools) && have_namespaces(&home)) else {
        return;
    };
    let (host, other, port) = (namespace("p"), namespace("h"), free_port());
    let number = port.to_string();
    let agent = Agent::new(&home, script, &[("NS", &host), ("NH", &other), ("PORT", &number), ("FT", "1")]);
    // A replay of nothing makes the namespaces, so that all others are there before the agent.
    agent.run(&["file", "/dev/null"]);
    // On loopback goes the sFlow itself. (Elsewhere a filter would cost the frames that are too short for it.)
    let filter = if interface == "lo" { &["not", "port", &number][..] } else { &[] };
    let (_tcpdump, file) = truth(&home, &host, interface, filter);
    let recording = Recording::start(&home, Some(&host), port);
    agent.run(&["up", mode]);
    // It sets its capture up in its own time.
    let ping = |arguments: &[&str]| {
        let mut command = within(&home, Some(if interface == "lo" { &host } else { &other }), "ping");
        let output = command.args(["-q", "-i", "0.02"]).args(arguments).output().expect("ping");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    };
    let [four, six] = if interface == "lo" { ["127.0.0.1", "::1"] } else { ["10.9.0.2", "fd09::2"] };
    wait_for("a first sample", || {
        ping(&["-c", "5", four]);
        (!recording.read().packets.is_empty()).then_some(())
    });
    let started = microseconds();
    ping(&["-c", "30", four]);
    ping(&["-c", "30", six]);
    if interface != "lo" {
        agent.run(&["frames"]);
    }
    let all = || read_classic(&file).into_iter();
    let enough = if interface == "lo" { 120 } else { 180 };
    wait_for("the traffic in the truth", || {
        (all().filter(|frame| frame.timestamp > started).count() >= enough).then_some(())
    });
    let capture = recording.end("pmacct", |capture| {
        let expected = all().filter(|frame| frame.timestamp > started && is_for_pmacct(&frame.data));
        beyond(expected.map(|frame| sampled(&frame, 128)), capture.packets.iter().map(told))
    });
    let truth = all().map(|frame| sampled(&frame, 128));
    assert_eq!(beyond(capture.packets.iter().map(told), truth), [], "packets that never were");
    assert_all_of(&capture, name, direction);
}

#[test]
fn pmacct_between_two_hosts() {
    pmacct("live", "e0", "192.0.2.77:1", 0);
}

#[test]
fn pmacct_with_an_ipv6_agent_over_ipv6() {
    pmacct("v6", "e0", "[2001:db8::77]:1", 0);
}

/// It tells the input interface then, but as its data source another: that is no direction.
#[test]
fn pmacct_with_tags_in_records_of_its_own() {
    pmacct("tags", "e0", "192.0.2.77:1", 0);
}

/// On loopback pmacct samples IP packets without a link layer: the Ethernet header made for them is the one that was there.
#[test]
fn pmacct_on_loopback() {
    pmacct("lo", "lo", "192.0.2.77:1", 0);
}
