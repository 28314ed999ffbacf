//! The examples of C do what they say.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};
use std::net::UdpSocket;
use std::path::Path;
use std::process::{Child, ChildStderr, Command, Stdio};

use sflowcap::Datagram;
use sflowcap::capture::{Converter, Options};
use sflowcap::sample::Sample;

use support::recording::{RECORDING, recorded};
use support::{EVERY_WAY, Form, Language, build, command, run, under_valgrind};
use tools::have;

mod support;
#[path = "../../tests/e2e/support/tools.rs"]
#[allow(dead_code, reason = "the tests of the program use more of it")]
mod tools;

#[test]
fn topcapng_writes_the_packets_of_a_recording() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options { comments: true, synthetic: true, application: "topcapng".into(), ..Options::default() };
    let mut converter = Converter::new(options);
    let (mut expected, mut now) = (Vec::new(), 0);
    recorded(|received| {
        if now == 0 {
            converter.begin(received.timestamp, &mut expected);
        }
        now = received.timestamp;
        converter.datagram(received, Some(&mut expected), |_| ());
    });
    converter.statistics(now, 0, "", &mut expected);

    let written = folder.path().join("packets.pcapng");
    for way in EVERY_WAY {
        let program = build("examples/c/topcapng.c", way, folder.path());
        let mut commands = vec![command(&program)];
        if way == EVERY_WAY[0] && have(&["valgrind"]) {
            commands.push(under_valgrind(&program));
        }
        for mut command in commands {
            let output = run(command.arg(RECORDING).arg(&written));
            assert_eq!(output.stdout, b"951 packets of 157 datagrams\n", "{way:?}");
            assert!(std::fs::read(&written).unwrap() == expected, "{way:?}");
        }
    }
}

#[test]
fn topcapng_says_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let program = build("examples/c/topcapng.c", (Language::C, Form::Shared), folder.path());
    let written = folder.path().join("packets.pcapng");
    let fails = |recording: &Path, words: &str| {
        let output = command(&program).arg(recording).arg(&written).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(1) && stderr.contains(words), "{words}: {output:?}");
    };
    fails(Path::new("/nowhere"), "/nowhere: No such file");
    fails(Path::new("Makefile"), "no pcap file");
    let full = command(&program).args([RECORDING, "/dev/full"]).output().unwrap();
    assert_eq!(full.status.code(), Some(1), "{full:?}");
    // What can be read of a cut recording is converted.
    let cut = folder.path().join("cut.pcap");
    let file = std::fs::read(format!("{}/{RECORDING}", support::ROOT)).unwrap();
    std::fs::write(&cut, &file[..file.len() - 100]).unwrap();
    let output = run(command(&program).arg(&cut).arg(&written));
    assert!(String::from_utf8_lossy(&output.stderr).contains("damaged or cut"), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stdout).ends_with("packets of 156 datagrams\n"), "{output:?}");
}

/// A collector that runs, what it says, and where it listens.
struct Collector {
    child: Child,
    stderr: BufReader<ChildStderr>,
    port: u16,
}

impl Collector {
    fn start(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        stderr.read_line(&mut line).unwrap();
        let port = line.trim_end().strip_prefix("listening on UDP port ").and_then(|port| port.parse().ok());
        let port = port.unwrap_or_else(|| panic!("{line:?}"));
        Collector { child, stderr, port }
    }

    /// The table, after a good end.
    fn end(mut self) -> String {
        let (mut table, mut complaints) = (String::new(), String::new());
        self.child.stdout.take().unwrap().read_to_string(&mut table).unwrap();
        self.stderr.read_to_string(&mut complaints).unwrap();
        let status = self.child.wait().unwrap();
        assert!(status.success() && complaints.is_empty(), "{status}: {complaints}");
        table
    }
}

/// What there is in a line of the table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Counts {
    datagrams: u64,
    lost: u64,
    packets: u64,
    estimated: u64,
    discards: u64,
    faults: u64,
}

type Table = BTreeMap<(String, u32), Counts>;

fn table(printed: &str) -> Table {
    let line = |line: &str| {
        let mut words = line.split_whitespace();
        let agent = words.next().unwrap().to_owned();
        let mut number = || words.next().unwrap().parse::<u64>().unwrap();
        let sub_agent = number() as u32;
        let [datagrams, lost, packets, estimated, discards, faults] = std::array::from_fn(|_| number());
        ((agent, sub_agent), Counts { datagrams, lost, packets, estimated, discards, faults })
    };
    printed.lines().skip(1).take_while(|line| !line.contains("no sFlow")).map(line).collect()
}

fn key(payload: &[u8]) -> (String, u32) {
    let datagram = Datagram::parse(payload).unwrap();
    (datagram.agent.to_string(), datagram.sub_agent_id)
}

/// As many datagrams as a socket takes before anybody reads, and what there is to count in them: some do not come, one comes late.
fn feed() -> (Vec<Vec<u8>>, Table) {
    let mut datagrams = Vec::new();
    recorded(|received| datagrams.push(received.bytes.to_vec()));
    datagrams.truncate(70);
    let (mut expected, mut numbers) = (Table::new(), BTreeMap::<_, Vec<u32>>::new());
    for lost in [40, 30, 31] {
        datagrams.remove(lost);
    }
    // The last two of an agent in the wrong order: a gap, and then none.
    let last = datagrams.len() - 1;
    let before = datagrams[..last].iter().rposition(|other| key(other) == key(&datagrams[last])).unwrap();
    datagrams.swap(before, last);
    for payload in &datagrams {
        let counts = expected.entry(key(payload)).or_default();
        counts.datagrams += 1;
        numbers.entry(key(payload)).or_default().push(Datagram::parse(payload).unwrap().sequence_number);
        for sample in Datagram::parse(payload).unwrap().samples() {
            match sample.unwrap() {
                Sample::Flow(sample) => {
                    counts.packets += 1;
                    counts.estimated += u64::from(sample.sampling_rate());
                }
                Sample::Discarded(_) => counts.discards += 1,
                _ => {}
            }
        }
    }
    for (agent, numbers) in &numbers {
        let range = numbers.iter().max().unwrap() - numbers.iter().min().unwrap() + 1;
        expected.get_mut(agent).unwrap().lost = u64::from(range) - numbers.len() as u64;
    }
    (datagrams, expected)
}

#[test]
fn agents_counts_what_each_agent_sends_and_what_did_not_come() {
    let folder = tempfile::tempdir().unwrap();
    let (mut datagrams, expected) = feed();
    assert!(expected.len() > 2 && expected.values().any(|counts| counts.lost > 0));
    datagrams.push(b"no sFlow at all".to_vec());
    let count = datagrams.len().to_string();
    for way in EVERY_WAY {
        let program = build("examples/c/agents.c", way, folder.path());
        let mut commands = vec![command(&program)];
        if way == EVERY_WAY[0] && have(&["valgrind"]) {
            commands.push(under_valgrind(&program));
        }
        for mut command in commands {
            let collector = Collector::start(command.args(["-p", "0", "-n", &count, "-i", "1"]));
            let sender = UdpSocket::bind("127.0.0.1:0").unwrap();
            for datagram in &datagrams {
                sender.send_to(datagram, ("127.0.0.1", collector.port)).unwrap();
            }
            let printed = collector.end();
            // The last of the tables.
            let last = &printed[printed.rfind("agent  ").unwrap()..];
            assert_eq!(table(last), expected, "{way:?}: {printed}");
            assert!(last.ends_with("\n1 datagrams that are no sFlow\n"), "{way:?}: {printed}");
        }
    }
}

#[test]
fn agents_ends_with_its_table_when_it_is_interrupted_or_its_time_is_over() {
    let folder = tempfile::tempdir().unwrap();
    let program = build("examples/c/agents.c", (Language::C, Form::Shared), folder.path());
    let collector = Collector::start(command(&program).args(["-p", "0"]));
    run(Command::new("kill").arg("-INT").arg(collector.child.id().to_string()));
    assert!(collector.end().starts_with("agent "));
    assert!(Collector::start(command(&program).args(["-p", "0", "-t", "1"])).end().starts_with("agent "));
    // A port that is taken is told.
    let taken = Collector::start(command(&program).args(["-p", "0", "-t", "60"]));
    let second = command(&program).args(["-p", &taken.port.to_string()]).output().unwrap();
    assert_eq!(second.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&second.stderr).contains("in use"), "{second:?}");
    run(Command::new("kill").arg("-TERM").arg(taken.child.id().to_string()));
    taken.end();
    let wrong = command(&program).args(["-p", "65536"]).output().unwrap();
    assert_eq!(wrong.status.code(), Some(2), "{wrong:?}");
}
