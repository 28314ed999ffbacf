//! The interface `sflow-kafka`, as tshark and Wireshark use it: the list, captures, the toolbar and Scan.

use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::time::Duration;

use rustix::fs::{CWD, FileType, Mode, OFlags};
use rustix::process::Signal;

use super::library::{assert_same, large, numbered, numbers, read, seen};
use super::with_demo;
use crate::support::broker::{Broker, have_kafka};
use crate::support::capture::Capture;
use crate::support::fifo::Fifo;
use crate::support::process::Running;
use crate::support::tools::have;
use crate::support::{Home, SFLOWDUMP, wait_for};

#[test]
fn tshark_lists_the_interface_and_reads_a_topic_through_it() {
    if !have(&["tshark", "dumpcap"]) || !have_kafka() {
        return;
    }
    let (home, broker) = (Home::new(), Broker::start());
    let interfaces = home.output("tshark", &["-D"]);
    for interface in [". sflow (sFlow listener)", ". sflow-kafka (sFlow from Kafka)"] {
        assert!(interfaces.lines().any(|line| line.ends_with(interface)), "{interfaces}");
    }
    assert!(home.output("tshark", &["-i", "sflow-kafka", "-L"]).contains("EN10MB (Ethernet)"));

    let (topic, _, recording) = with_demo(&home, &broker);
    let recorded = read(&home, &recording, &[]);
    let (count, out) = (recorded.packets.len().to_string(), home.file("tshark.pcapng"));
    let mut command = home.command("tshark");
    command.args(["-n", "-i", "sflow-kafka", "-c", &count, "-w", out.to_str().unwrap()]);
    command.args(["-o", &format!("extcap.sflow_kafka.kafka:{topic}"), "-o", "extcap.sflow_kafka.kafkastart:earliest"]);
    let mut tshark = Running::start(&home, "tshark", &mut command);
    let status = tshark.end();
    assert!(status.success(), "{status}: {}", tshark.stderr());
    tshark.wait_for_group(Duration::from_secs(5));
    assert_same(&seen(&Capture::read_whole(&out)), &seen(&recorded), "through tshark");
}

/// A message of the toolbar's protocol: control, command and payload.
type Message = (u8, u8, String);

#[test]
fn the_toolbar_tells_how_much_is_still_to_be_read() {
    if !have_kafka() {
        return;
    }
    let (home, broker) = (Home::new(), Broker::start());
    broker.create_topic("sflow", 1);
    let values = large(0..300);
    let values: Vec<&[u8]> = values.iter().map(Vec::as_slice).collect();
    broker.kcat().produce("sflow", Some(0), None, &[], &values);

    let mut fifo = Fifo::new(&home, "fifo");
    let [control_in, control_out] = ["control-in", "control-out"].map(|name| home.file(name));
    for path in [&control_in, &control_out] {
        rustix::fs::mknodat(CWD, path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    }
    let mut command = home.command(SFLOWDUMP);
    command.args(["--capture", "--extcap-interface", "sflow-kafka", "--backlog", "1", "--kafka-start", "earliest"]);
    command.args(["--kafka", &format!("{}/sflow", broker.address())]).arg("--fifo").arg(&fifo.path);
    command.arg("--extcap-control-in").arg(&control_in).arg("--extcap-control-out").arg(&control_out);
    let mut program = Running::start(&home, "sflowdump", &mut command);
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let mut from_program: File = rustix::fs::open(&control_out, flags, Mode::empty()).unwrap().into();
    let mut to_program = File::options().write(true).open(&control_in).unwrap();
    // That the toolbar is there.
    to_program.write_all(&[b'T', 0, 0, 2, 0, 0]).unwrap();

    let mut bytes = Vec::new();
    let mut counters = || -> Option<String> {
        let mut buffer = [0; 16384];
        match from_program.read(&mut buffer) {
            Ok(count) => bytes.extend(&buffer[..count]),
            Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock),
        }
        let mut last = None;
        while let Some(&[b'T', a, b, c, control, command]) = bytes.first_chunk::<6>() {
            let Some(message) = bytes.get(6..u32::from_be_bytes([0, a, b, c]) as usize + 4) else { break };
            let message: Message = (control, command, String::from_utf8(message.to_vec()).unwrap());
            bytes.drain(..message.2.len() + 6);
            if (message.0, message.1) == (0, 1) {
                last = Some(message.2);
            }
        }
        last
    };
    let lag = |text: &str| -> Option<u64> {
        text.split(", ").find_map(|part| part.strip_prefix("lag ")?.split(' ').next()?.parse().ok())
    };
    // Of 18 megabytes one fits in.
    wait_for("a lag", || counters().filter(|text| lag(text).is_some_and(|lag| lag > 200)));
    fifo.wait_for_packets(300);
    wait_for("no lag", || counters().filter(|text| lag(text) == Some(0)));
    program.signal(Signal::TERM);
    assert!(numbers(&fifo.read_to_end()).into_iter().eq(0..300));
    program.end_quietly();
}

#[test]
fn a_scan_lists_the_agents_that_come_meanwhile() {
    if !have_kafka() {
        return;
    }
    let (home, broker) = (Home::new(), Broker::start());
    broker.create_topic("sflow", 2);
    let (kcat, topic) = (broker.kcat(), format!("{}/sflow", broker.address()));
    kcat.produce("sflow", Some(0), None, &[], &[&numbered([10, 0, 0, 9], 1)]);
    let scan = |topic: &str| {
        let mut command = home.command(SFLOWDUMP);
        command.args(["--extcap-config", "--extcap-interface", "sflow-kafka", "--extcap-reload-option", "agent"]);
        command.args(["--kafka", topic, "--kafka-start", "", "--max-rate", "0", "--comments", "true"]);
        Running::start(&home, "scan", &mut command)
    };
    let mut running = scan(&topic);
    while running.is_running() {
        for partition in 0..2 {
            let datagram = numbered([10, 0, 0, 1 + partition as u8], 1);
            kcat.produce("sflow", Some(partition), None, &[], &[&datagram]);
        }
    }
    running.end_quietly();
    let answer = running.stdout();
    for agent in ["10.0.0.1", "10.0.0.2"] {
        assert!(answer.contains(&format!("{{value={agent}}}{{display={agent}}}")), "{answer}");
    }
    assert!(!answer.contains("10.0.0.9"), "it came before: {answer}");

    let mut silent = scan(&topic);
    silent.end_quietly();
    assert!(silent.stdout().contains("nothing came to topic sflow in 2 seconds: all agents"), "{}", silent.stdout());
    let address = broker.address();
    let mut missing = scan(&format!("{address}/missing"));
    missing.end_quietly();
    let why = format!("--kafka: {address}/missing: there is no topic 'missing': all agents");
    assert!(missing.stdout().contains(&why), "{}", missing.stdout());
}
