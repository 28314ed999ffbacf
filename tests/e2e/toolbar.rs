//! The toolbar, with the test in Wireshark's place: it opens the control pipes as Wireshark does, and speaks their protocol.
#![cfg(target_os = "linux")]

mod support;

use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::net::UdpSocket;
use std::path::PathBuf;
use std::process::Command;

use rustix::fs::{CWD, FileType, Mode, OFlags};
use rustix::process::Signal;

use support::feed::{AGENT, Feed, Sample, datagram};
use support::fifo::Fifo;
use support::process::Running;
use support::wire::{self, Wire};
use support::{Home, SFLOWDUMP, frames, free_port, wait_for};

const COUNTERS: u8 = 0;
const AGENTS: u8 = 1;
const DIRECTION: u8 = 2;
const PAUSE: u8 = 3;
const LOG: u8 = 4;
const HELP: u8 = 6;

const INITIALIZED: u8 = 0;
const SET: u8 = 1;
const ADD: u8 = 2;
const REMOVE: u8 = 3;
const DISABLE: u8 = 5;
const STATUS: u8 = 6;
const INFORMATION: u8 = 7;

/// Control, command and payload.
type Message = (u8, u8, String);

/// A capture with control pipes.
struct Session {
    program: Running,
    fifo: Fifo,
    to_program: Option<File>,
    from_program: Option<File>,
    control_in: PathBuf,
    control_out: PathBuf,
    bytes: Vec<u8>,
    messages: Vec<Message>,
    port: u16,
    feed: Feed,
    home: Home,
}

impl Session {
    /// Starts a capture whose host has not opened its ends of the control pipes yet.
    fn start(options: &[&str]) -> Self {
        let (home, port) = (Home::new(), free_port());
        Session::on_port(home, port, options)
    }

    fn on_port(home: Home, port: u16, options: &[&str]) -> Self {
        let fifo = Fifo::new(&home, "fifo");
        let [control_in, control_out] = ["control-in", "control-out"].map(|name| home.file(name));
        for path in [&control_in, &control_out] {
            rustix::fs::mknodat(CWD, path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).expect("a FIFO");
        }
        let mut command = home.command(SFLOWDUMP);
        command.args(["--capture", "--extcap-interface", "sflow", "--port", &port.to_string()]).args(options);
        command.arg("--fifo").arg(&fifo.path);
        command.arg("--extcap-control-in").arg(&control_in).arg("--extcap-control-out").arg(&control_out);
        let program = Running::start(&home, "sflowdump", &mut command);
        let feed = Feed::to_port(port);
        Session {
            program,
            fifo,
            to_program: None,
            from_program: None,
            control_in,
            control_out,
            bytes: Vec::new(),
            messages: Vec::new(),
            port,
            feed,
            home,
        }
    }

    /// Opens the pipes as Wireshark does. The one to write to waits for the program, and the window with it.
    fn open_pipes(&mut self) {
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
        self.from_program = Some(rustix::fs::open(&self.control_out, flags, Mode::empty()).unwrap().into());
        self.to_program = Some(File::options().write(true).open(&self.control_in).unwrap());
    }

    /// A capture that listens, whose host is there.
    fn with_host(options: &[&str]) -> Self {
        let mut session = Session::start(options);
        session.open_pipes();
        session.say(0, INITIALIZED, b"");
        session.program.wait_for_port(session.port);
        session
    }

    fn say_bytes(&mut self, bytes: &[u8]) {
        self.to_program.as_mut().expect("open pipes").write_all(bytes).expect("the program reads");
    }

    fn say(&mut self, control: u8, command: u8, payload: &[u8]) {
        let mut message = vec![b'T'];
        message.extend(&(payload.len() as u32 + 2).to_be_bytes()[1..]);
        message.extend([control, command]);
        message.extend(payload);
        self.say_bytes(&message);
    }

    /// Takes what the program has said. It must be whole messages, and such as hosts know.
    fn listen(&mut self) {
        let mut buffer = [0; 16384];
        match self.from_program.as_mut().expect("open pipes").read(&mut buffer) {
            Ok(count) => self.bytes.extend(&buffer[..count]),
            Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock),
        }
        while let Some(&[mark, a, b, c, control, command]) = self.bytes.first_chunk::<6>() {
            let length = u32::from_be_bytes([0, a, b, c]) as usize + 4;
            assert!(mark == b'T' && (6..=65541).contains(&length), "{:?}", &self.bytes[..6]);
            assert!((SET..=INFORMATION).contains(&command));
            let Some(message) = self.bytes.get(6..length) else { break };
            self.messages.push((control, command, String::from_utf8(message.to_vec()).expect("text")));
            self.bytes.drain(..length);
        }
    }

    /// Waits for a message, and forgets those before it.
    fn hear(&mut self, what: &str, mut is_it: impl FnMut(&Message) -> bool) -> Message {
        wait_for(what, || {
            self.listen();
            let place = self.messages.iter().position(&mut is_it)?;
            self.messages.drain(..=place).next_back()
        })
    }

    fn hear_text(&mut self, control: u8, command: u8, text: &str) -> String {
        let is_it = |message: &Message| (message.0, message.1) == (control, command) && message.2.contains(text);
        self.hear(&format!("{text} of {control}"), is_it).2
    }

    /// Sends a packet of an agent.
    fn send_of(&self, agent: [u8; 4], number: u32) {
        self.feed.send_bytes(&datagram(agent.into(), &[Sample::of(frames::numbered(number))]));
    }

    fn stop(mut self) -> support::capture::Capture {
        self.program.signal(Signal::TERM);
        let capture = self.fifo.read_to_end();
        self.program.end_quietly();
        capture
    }
}

#[test]
fn the_toolbar_is_advertised_behind_its_interface() {
    let output = Command::new(SFLOWDUMP).arg("--extcap-interfaces").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let controls: Vec<&str> = text.lines().filter(|line| line.starts_with("control {")).collect();
    assert_eq!(controls.len(), 7);
    for (number, control) in controls.iter().enumerate() {
        assert!(control.starts_with(&format!("control {{number={number}}}{{type=")), "{control}");
    }
    for kind in ["role=logger", "role=restore", "type=selector", "type=string"] {
        assert!(text.contains(kind), "{kind}: {text}");
    }
    let defaults = text.lines().filter(|line| line.starts_with("value {") && line.ends_with("{default=true}")).count();
    assert_eq!(defaults, 2, "one for each selector: {text}");
}

#[test]
fn agents_are_listed_when_they_are_heard_and_one_can_be_chosen_while_the_capture_runs() {
    let mut session = Session::with_host(&[]);
    session.hear("the counters, not to be edited", |message| *message == (COUNTERS, DISABLE, String::new()));
    session.hear("an empty list", |message| *message == (AGENTS, REMOVE, String::new()));
    assert_eq!(session.hear_text(AGENTS, ADD, "all"), "all\0All agents");
    session.hear_text(AGENTS, SET, "all");
    session.hear_text(DIRECTION, SET, "both");
    session.hear_text(PAUSE, SET, "Pause");
    session.send_of([10, 0, 0, 1], 1);
    assert_eq!(session.hear_text(AGENTS, ADD, "10.0.0.1"), "10.0.0.1\x0010.0.0.1");
    session.send_of([10, 0, 0, 2], 2);
    session.hear_text(AGENTS, ADD, "10.0.0.2");
    session.fifo.wait_for_packets(2);

    session.say(AGENTS, SET, b"10.0.0.2");
    session.hear_text(LOG, ADD, "selected: agent 10.0.0.2");
    // Those that are left out are still heard.
    for (agent, number) in [(1, 3), (3, 4), (2, 5)] {
        session.send_of([10, 0, 0, agent], number);
    }
    session.hear_text(AGENTS, ADD, "10.0.0.3");
    session.fifo.wait_for_packets(3);

    session.say(AGENTS, SET, b"all");
    session.hear_text(LOG, ADD, "selected: all agents");
    session.send_of([10, 0, 0, 1], 6);
    session.fifo.wait_for_packets(4);
    let capture = session.stop();
    assert_eq!(capture.data(), [1, 2, 5, 6].map(frames::numbered));
    assert!(capture.packets.iter().all(|packet| packet.drop_count == 0), "what was left out is not lost");
}

#[test]
fn a_chosen_agent_may_send_from_every_address_that_match_source_allows_and_others_are_not_listed() {
    let mut session = Session::with_host(&["--agents", "10.0.0.0/8,127.0.0.1", "--match-source", "true"]);
    let other = UdpSocket::bind(("127.0.0.2", 0)).expect("an address of this host");
    let bytes = datagram([10, 0, 0, 9].into(), &[Sample::of(frames::numbered(9))]);
    other.send_to(&bytes, ("127.0.0.1", session.port)).expect("loopback takes it");
    session.send_of([10, 0, 0, 1], 1);
    // The first that is listed.
    let listed = session.hear("an agent", |message| message.0 == AGENTS && message.2.starts_with("10.")).2;
    assert!(listed.starts_with("10.0.0.1"), "{listed}");
    session.say(AGENTS, SET, b"10.0.0.1");
    session.hear_text(LOG, ADD, "selected: agent 10.0.0.1");
    session.send_of([10, 0, 0, 2], 2);
    session.send_of([10, 0, 0, 1], 3);
    session.fifo.wait_for_packets(2);
    assert_eq!(session.stop().data(), [1, 3].map(frames::numbered));
}

#[test]
fn an_agent_is_listed_by_the_name_that_its_counters_tell_once_it_is_known() {
    let mut session = Session::with_host(&[]);
    session.send_of([10, 0, 0, 1], 1);
    session.hear_text(AGENTS, ADD, "10.0.0.1");
    // host_descr (0:2000) of host "leaf\n1": a control character is left out.
    let host = Wire::new().opaque("leaf\n1").u32s([0; 4]).u32s([1, 2]).opaque("6.1");
    let counters = Wire::new().u32s([1, 1, 1]).framed(0, 2000, host);
    let datagram = wire::datagram(&[Wire::new().framed(0, 2, counters)]);
    session.feed.send_bytes(&datagram);
    assert_eq!(session.hear_text(AGENTS, ADD, "leaf"), "10.0.0.1\x0010.0.0.1 (leaf1)");
    session.stop();
}

#[test]
fn a_pause_takes_no_packets_and_is_no_loss() {
    let mut session = Session::with_host(&[]);
    session.send_of([10, 0, 0, 1], 1);
    session.fifo.wait_for_packets(1);
    session.say(PAUSE, SET, b"");
    session.hear_text(PAUSE, SET, "Resume");
    session.send_of([10, 0, 0, 1], 2);
    session.hear_text(COUNTERS, SET, "(paused)");
    session.say(PAUSE, SET, b"");
    session.hear_text(PAUSE, SET, "Pause");
    session.send_of([10, 0, 0, 1], 3);
    session.fifo.wait_for_packets(2);
    session.program.signal(Signal::TERM);
    session.hear_text(LOG, ADD, ", 1 samples left out by a pause");
    let capture = session.fifo.read_to_end();
    session.program.end_quietly();
    assert_eq!(capture.data(), [1, 3].map(frames::numbered));
    assert_eq!(capture.statistics[0].dropped, Some(0));
}

#[test]
fn the_direction_is_the_options_until_it_is_changed() {
    let mut session = Session::with_host(&["--direction", "out"]);
    session.hear_text(DIRECTION, SET, "out");
    session.send_of([10, 0, 0, 1], 1);
    session.hear_text(AGENTS, ADD, "10.0.0.1");
    session.say(DIRECTION, SET, b"in");
    session.hear_text(LOG, ADD, "direction in");
    session.send_of([10, 0, 0, 1], 2);
    session.fifo.wait_for_packets(1);
    assert_eq!(session.stop().data(), [frames::numbered(2)]);
}

#[test]
fn a_choice_of_an_earlier_capture_holds_from_the_first_packet_unless_the_options_exclude_it() {
    for (options, expected) in [(&[][..], vec![2]), (&["--agents", "10.0.0.1"], vec![1])] {
        let mut session = Session::start(options);
        session.open_pipes();
        session.say(AGENTS, SET, b"10.0.0.2");
        session.say(0, INITIALIZED, b"");
        session.hear_text(AGENTS, SET, if options.is_empty() { "10.0.0.2" } else { "all" });
        session.program.wait_for_port(session.port);
        for number in [1, 2] {
            session.send_of([10, 0, 0, number as u8], number);
        }
        session.fifo.wait_for_packets(1);
        let expected: Vec<_> = expected.into_iter().map(frames::numbered).collect();
        assert_eq!(session.stop().data(), expected);
    }
}

#[test]
fn counters_losses_and_faults_are_told_and_the_last_two_once() {
    let mut session = Session::with_host(&[]);
    session.send_of([10, 0, 0, 1], 1);
    session.hear_text(COUNTERS, SET, "1 agents, ");
    // The sequence number is 7 in all others.
    let mut later = datagram(AGENT, &[Sample::of(frames::numbered(2))]);
    later[19] += 5;
    for _ in 0..3 {
        session.feed.send_bytes(b"this is no sFlow");
        session.feed.send_bytes(&later);
        later[19] += 5;
    }
    session.hear_text(0, STATUS, "lost");
    session.hear_text(0, STATUS, "malformed");
    session.hear_text(COUNTERS, SET, "12 lost, 3 malformed");
    session.feed.send_bytes(b"again");
    session.hear_text(COUNTERS, SET, "4 malformed");
    session.listen();
    assert!(session.messages.iter().all(|message| message.1 != STATUS), "once is enough: {:?}", session.messages);
    session.stop();
}

#[test]
fn help_is_a_box_of_its_own() {
    let mut session = Session::with_host(&[]);
    session.say(HELP, SET, b"");
    assert!(session.hear_text(HELP, INFORMATION, "Counters").contains("man sflowdump"));
    session.stop();
}

#[test]
fn hostile_bytes_and_unknown_commands_change_nothing() {
    let mut session = Session::with_host(&[]);
    session.say_bytes(b"garbage \x00\xff T\x00\x00\x01 T\xff\xff\xff\xff\xff");
    for (control, command, payload) in
        [(200, SET, &b"x"[..]), (AGENTS, 99, b"10.0.0.9"), (AGENTS, SET, b"\xff\xfe"), (DIRECTION, SET, b"up")]
    {
        session.say(control, command, payload);
    }
    session.say(AGENTS, SET, &vec![b'9'; 65535]);
    session.say(PAUSE, SET, b"");
    session.hear_text(PAUSE, SET, "Resume");
    session.say(PAUSE, SET, b"");
    session.send_of([10, 0, 0, 1], 1);
    session.fifo.wait_for_packets(1);
    assert_eq!(session.stop().data(), [frames::numbered(1)]);
}

#[test]
fn a_host_that_does_not_read_slows_nothing_and_hears_all_agents_later() {
    let mut session = Session::with_host(&[]);
    let agents = 900;
    // More than the pipe takes: names, log lines, and what was not understood.
    for number in 0..6000_u32 {
        let [.., high, low] = (number % agents).to_be_bytes();
        session.send_of([10, 1, high, low], number);
        session.feed.send_bytes(b"this is no sFlow");
        if number % 20 == 0 {
            session.fifo.wait_for_packets(number as usize + 1);
        }
    }
    session.fifo.wait_for_packets(6000);
    let mut names = std::collections::HashSet::new();
    wait_for("all agents", || {
        session.listen();
        let added = session.messages.drain(..).filter(|message| (message.0, message.1) == (AGENTS, ADD));
        names.extend(added.map(|message| message.2));
        (names.len() == agents as usize + 1).then_some(())
    });
    session.stop();
}

#[test]
fn a_host_that_closes_the_pipes_ends_no_capture_and_costs_no_time() {
    let mut session = Session::with_host(&[]);
    session.hear_text(PAUSE, SET, "Pause");
    session.to_program = None;
    session.from_program = None;
    session.send_of([10, 0, 0, 1], 1);
    session.fifo.wait_for_packets(1);
    let pid = session.program.pid();
    let time = || {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
        let words: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
        words[11].parse::<u64>().unwrap() + words[12].parse::<u64>().unwrap()
    };
    let before = time();
    std::thread::sleep(std::time::Duration::from_millis(1500));
    assert!(time() - before < 50, "it does not spin");
    assert_eq!(session.stop().data(), [frames::numbered(1)]);
}

#[test]
fn a_capture_that_fails_at_once_lets_the_host_open_its_pipes() {
    let (home, port) = (Home::new(), free_port());
    let _owner = std::net::UdpSocket::bind(("0.0.0.0", port)).unwrap();
    let mut session = Session::on_port(home, port, &[]);
    // Wireshark opens them when it has started everything; its window would stand still if there were nobody.
    std::thread::sleep(std::time::Duration::from_millis(300));
    assert!(session.program.is_running());
    session.open_pipes();
    session.say(0, INITIALIZED, b"");
    assert!(!session.program.end().success());
    let told = session.program.stderr();
    assert!(told.contains(&format!("UDP port {port} is taken")), "{told}");
    drop(session.home);
}
