//! `--publish`: datagrams into a topic, as a client that is not ours reads them.
#![cfg(target_os = "linux")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::net::IpAddr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustix::process::Signal;

use support::broker::{Broker, have_kafka};
use support::capture::Capture;
use support::feed::{AGENT, Feed, Sample, datagram};
use support::fifo::Fifo;
use support::kcat::{Kcat, Record};
use support::mock_cluster::MockCluster;
use support::process::Running;
use support::tools::have;
use support::{Home, SFLOWDUMP, demo, frames, free_port, queues, wait_for};

mod support;

const TOPIC: &str = "flows";

/// `MESSAGE_TOO_LARGE` and `NOT_ENOUGH_REPLICAS`, of Kafka's protocol.
const TOO_LARGE: i16 = 10;
const NOT_ENOUGH_REPLICAS: i16 = 19;

/// A program that publishes what comes to its port.
struct Collector {
    program: Running,
    port: u16,
    feed: Feed,
}

impl Collector {
    fn start(home: &Home, brokers: &str, arguments: &[&str]) -> Self {
        let port = free_port();
        let mut command = home.command(SFLOWDUMP);
        command.args(["--port", &port.to_string(), "--log-level", "info"]);
        command.args(["--publish", &format!("{brokers}/{TOPIC}")]).args(arguments);
        let mut program = Running::start(home, "sflowdump", &mut command);
        program.wait_for_port(port);
        Collector { program, port, feed: Feed::to_port(port) }
    }

    /// Sends datagrams, no faster than they are taken.
    fn send<D: AsRef<[u8]>>(&self, datagrams: &[D]) {
        for some in datagrams.chunks(50) {
            for datagram in some {
                self.feed.send_bytes(datagram.as_ref());
            }
            wait_for("an empty socket", || {
                queues(self.program.pid(), self.port).iter().all(|bytes| *bytes == 0).then_some(())
            });
        }
    }

    fn wait_for_line(&self, text: &str) {
        wait_for(&format!("'{text}'"), || self.program.stderr().contains(text).then_some(()));
    }

    /// Ends it, and reads what it tells.
    fn end(mut self) -> Totals {
        self.program.signal(Signal::INT);
        let status = self.program.end();
        let said = self.program.stderr();
        assert!(status.success(), "{said}");
        assert_eq!(self.program.stdout(), "");
        Totals::read(&said)
    }
}

/// What became of datagrams, as it is told at the end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Totals {
    received: usize,
    published: usize,
    unacknowledged: usize,
    refused: usize,
    not_taken: usize,
    no_sflow: usize,
    said: String,
}

impl Totals {
    fn read(said: &str) -> Self {
        let line =
            said.lines().rfind(|line| line.contains(" datagrams published to ")).unwrap_or_else(|| panic!("{said}"));
        let mut totals = Totals { said: said.to_owned(), ..Totals::default() };
        let received = said.lines().find_map(|line| line.strip_suffix(" datagrams received")?.parse().ok());
        totals.received = received.unwrap_or(0);
        for part in line.split(", ").filter(|part| !part.starts_with("for ")) {
            let (number, what) = part.split_once(' ').expect("a number and what it is of");
            let number = number.parse().unwrap_or_else(|_| panic!("{line}"));
            match what {
                "not acknowledged" => totals.unacknowledged = number,
                "refused" => totals.refused = number,
                "not taken" => totals.not_taken = number,
                "left out" => totals.no_sflow = number,
                published => {
                    assert!(published.starts_with("datagrams published to "), "{line}");
                    totals.published = number;
                }
            }
        }
        totals
    }

    /// All of them.
    fn sum(&self) -> usize {
        self.published + self.unacknowledged + self.refused + self.not_taken + self.no_sflow
    }
}

/// Agents, of both families.
fn agents() -> Vec<IpAddr> {
    let v4 = (1..=8).map(|host| IpAddr::from([10, 0, host, 200 + host]));
    let v6 = (1..=4).map(|host| IpAddr::from([0x2001, 0xdb8, 0, 0, 0, 0, 0xa, host]));
    v4.chain(v6).collect()
}

/// So many datagrams of each of these agents in turn, each another one.
fn feed(agents: &[IpAddr], rounds: u32) -> Vec<Vec<u8>> {
    let numbered = |round| [Sample::of(frames::numbered(round))];
    (0..rounds).flat_map(|round| agents.iter().map(move |agent| datagram(*agent, &numbered(round)))).collect()
}

fn consume(kcat: &Kcat, partitions: i32) -> Vec<Record> {
    (0..partitions).flat_map(|partition| kcat.consume(TOPIC, partition)).collect()
}

/// The agent of a datagram, as text.
fn agent(datagram: &[u8]) -> String {
    let octets = &datagram[8..];
    match datagram[7] {
        1 => IpAddr::from(<[u8; 4]>::try_from(&octets[..4]).unwrap()).to_string(),
        _ => IpAddr::from(<[u8; 16]>::try_from(&octets[..16]).unwrap()).to_string(),
    }
}

/// Datagrams by their agents, in their order.
fn by_agent<'a, D: AsRef<[u8]> + 'a>(datagrams: impl IntoIterator<Item = &'a D>) -> BTreeMap<String, Vec<&'a [u8]>> {
    let mut found: BTreeMap<String, Vec<&[u8]>> = BTreeMap::new();
    for datagram in datagrams {
        found.entry(agent(datagram.as_ref())).or_default().push(datagram.as_ref());
    }
    found
}

/// Values by keys, in their order in the partition.
fn by_key(records: &[Record]) -> BTreeMap<String, Vec<&[u8]>> {
    let mut found: BTreeMap<String, Vec<&[u8]>> = BTreeMap::new();
    for record in records {
        let key = String::from_utf8(record.key.clone().expect("a key")).expect("text");
        found.entry(key).or_default().push(&record.value);
    }
    found
}

/// The values by keys without those that were there before: what was not acknowledged was sent again.
fn first_of_each(records: &[Record]) -> BTreeMap<String, Vec<&[u8]>> {
    let mut found = by_key(records);
    for values in found.values_mut() {
        let mut seen = BTreeSet::new();
        values.retain(|value| seen.insert(*value));
    }
    found
}

fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock")
}

#[test]
fn every_datagram_is_in_the_partition_of_its_agent_byte_for_byte() {
    if !have_kafka() {
        return;
    }
    let (home, broker) = (Home::new(), Broker::start());
    broker.create_topic(TOPIC, 3);
    let began = now();
    let collector = Collector::start(&home, &broker.address(), &[]);
    let sent = feed(&agents(), 20);
    collector.send(&sent);
    let totals = collector.end();
    assert_eq!((totals.published, totals.sum(), totals.received), (sent.len(), sent.len(), sent.len()), "{totals:?}");
    let kcat = broker.kcat();
    let records = consume(&kcat, 3);
    assert_eq!(by_key(&records), by_agent(&sent));
    let headers: Vec<_> = (0..3).flat_map(|partition| kcat.whole_headers(TOPIC, partition)).collect();
    assert_eq!(headers.len(), records.len());
    let (began, ended) = (began.as_nanos() as u64, now().as_nanos() as u64);
    for (record, headers) in records.iter().zip(&headers) {
        let [(received, time), (sender, address)] = &headers[..] else { panic!("{record:?}") };
        assert_eq!((received.as_str(), sender.as_str()), ("received", "sender"));
        let time = u64::from_be_bytes(time[..].try_into().expect("8 bytes"));
        assert!((began..ended).contains(&time), "{time}");
        assert_eq!(record.timestamp as u64, time / 1_000_000);
        assert_eq!(address, &[127, 0, 0, 1]);
    }
    // As another client's partitioner has it, which is made after Java's.
    broker.create_topic("others", 3);
    let other = broker.kcat().set("partitioner", "murmur2_random");
    let keys: BTreeSet<String> = sent.iter().map(|datagram| agent(datagram)).collect();
    for key in &keys {
        other.produce("others", None, Some(key), &[], &[b"x"]);
    }
    let places = |records: Vec<Record>| -> BTreeSet<_> {
        records.into_iter().map(|record| (record.key, record.partition)).collect()
    };
    let expected = places((0..3).flat_map(|partition| other.consume("others", partition)).collect());
    assert_eq!(expected.len(), keys.len());
    assert_eq!(expected.iter().map(|(_, partition)| *partition).collect::<BTreeSet<_>>().len(), 3, "{expected:?}");
    assert_eq!(places(records), expected);
}

#[test]
fn a_recording_is_published_with_its_own_times_and_written_too() {
    if !have_kafka() {
        return;
    }
    let (home, broker) = (Home::new(), Broker::start());
    let (recording, datagrams) = (demo::recording(), demo::datagrams());
    let recording = recording.to_str().expect("text");
    broker.create_topic(TOPIC, 2);
    let to = format!("{}/{TOPIC}", broker.address());
    for (round, arguments) in [&[][..], &["-w", "beside.pcapng"]].into_iter().enumerate() {
        let mut command = home.command(SFLOWDUMP);
        let mut program =
            Running::start(&home, "replay", command.args(["-r", recording, "--publish", &to]).args(arguments));
        assert!(program.end().success(), "{}", program.stderr());
        assert_eq!(Totals::read(&program.stderr()).published, datagrams.len());
        let records = consume(&broker.kcat(), 2);
        let again = |sent: &[u8]| records.iter().filter(|record| record.value == sent).count();
        assert!(datagrams.iter().all(|(_, sent)| again(sent) > round));
        assert_eq!(records.len(), datagrams.len() * (round + 1));
        let times: BTreeSet<i64> = records.iter().map(|record| record.timestamp).collect();
        let expected: BTreeSet<i64> = datagrams.iter().map(|(micros, _)| *micros as i64 / 1000).collect();
        assert_eq!(times, expected);
    }
    home.output(SFLOWDUMP, &["-r", recording, "-w", "alone.pcapng"]);
    let [beside, alone] = ["beside.pcapng", "alone.pcapng"].map(|name| Capture::read_whole(&home.file(name)));
    assert!(beside == alone);
}

/// The fields of a protobuf message, without knowing what they are: numbers, and bytes.
fn fields(mut message: &[u8]) -> BTreeMap<u64, (u64, Vec<u8>)> {
    fn varint(message: &mut &[u8]) -> u64 {
        let length = 1 + message.iter().position(|byte| byte & 0x80 == 0).expect("a last byte");
        let (bytes, rest) = message.split_at(length);
        *message = rest;
        bytes.iter().rev().fold(0, |number, byte| number << 7 | u64::from(byte & 0x7f))
    }
    let mut fields = BTreeMap::new();
    while !message.is_empty() {
        let tag = varint(&mut message);
        let number = varint(&mut message);
        let bytes = match tag & 7 {
            0 => Vec::new(),
            2 => {
                let (bytes, rest) = message.split_at(number as usize);
                message = rest;
                bytes.to_vec()
            }
            other => panic!("wire type {other}"),
        };
        assert!(fields.insert(tag >> 3, (number, bytes)).is_none(), "field {} twice", tag >> 3);
    }
    fields
}

#[test]
fn akvorado_finds_datagrams_in_its_own_envelopes() {
    if !have_kafka() {
        return;
    }
    let (home, broker) = (Home::new(), Broker::start());
    broker.create_topic(TOPIC, 2);
    let began = now().as_secs();
    let collector = Collector::start(&home, &broker.address(), &["--kafka-format", "akvorado"]);
    let sent = feed(&agents(), 3);
    collector.send(&sent);
    assert_eq!(collector.end().published, sent.len());
    let mut records = consume(&broker.kcat(), 2);
    for record in &mut records {
        let mut fields = fields(&record.value);
        let seconds = fields.remove(&1).expect("time_received").0;
        assert!((began..=now().as_secs()).contains(&seconds));
        assert_eq!(seconds, record.timestamp as u64 / 1000);
        let sender = "::ffff:127.0.0.1".parse::<std::net::Ipv6Addr>().unwrap().octets();
        assert_eq!(fields.remove(&3).expect("source_address").1, sender);
        assert_eq!(fields.remove(&5).expect("decoder").0, 2, "DECODER_SFLOW");
        record.value = fields.remove(&2).expect("payload").1;
        assert!(fields.is_empty(), "{fields:?}");
        assert_eq!(record.headers, []);
    }
    assert_eq!(by_key(&records), by_agent(&sent));
}

#[test]
fn other_clients_read_every_compression() {
    if !have_kafka() {
        return;
    }
    let (home, broker) = (Home::new(), Broker::start());
    broker.create_topic(TOPIC, 1);
    let sent = feed(&agents(), 4);
    for (round, name) in ["none", "gzip", "snappy", "lz4", "zstd"].into_iter().enumerate() {
        let properties = home.file("properties");
        fs::write(&properties, format!("compression.type={name}\n")).unwrap();
        let collector =
            Collector::start(&home, &broker.address(), &["--kafka-config", properties.to_str().expect("text")]);
        collector.send(&sent);
        assert_eq!(collector.end().published, sent.len(), "{name}");
        let records = broker.kcat().consume(TOPIC, 0);
        assert_eq!(by_key(&records[sent.len() * round..]), by_agent(&sent), "{name}");
    }
}

#[test]
fn what_is_published_and_read_again_is_the_capture_of_the_feed() {
    if !have_kafka() || !have(&["tshark"]) {
        return;
    }
    let (home, broker) = (Home::new(), Broker::start());
    broker.create_topic(TOPIC, 3);
    let collector = Collector::start(&home, &broker.address(), &["-w", "direct.pcapng"]);
    let datagrams: Vec<Vec<u8>> = demo::datagrams().into_iter().map(|(_, datagram)| datagram).collect();
    collector.send(&datagrams);
    assert_eq!(collector.end().published, datagrams.len());
    let direct = Capture::read_whole(&home.file("direct.pcapng"));
    assert_eq!(direct.packets.len(), demo::packets().len());
    let topic = format!("{}/{TOPIC}", broker.address());
    let count = direct.packets.len().to_string();
    let from = ["--kafka", &topic, "--kafka-start", "earliest", "-c", &count, "-w", "again.pcapng"];
    let mut command = home.command(SFLOWDUMP);
    let mut program = Running::start(&home, "consumer", command.args(from));
    assert!(program.end().success(), "{}", program.stderr());
    let mut command = home.command("tshark");
    command.args(["-n", "-i", "sflow-kafka", "-c", &count, "-w", "shark.pcapng"]);
    command.args(["-o", &format!("extcap.sflow_kafka.kafka:{topic}")]);
    command.args(["-o", "extcap.sflow_kafka.kafkastart:earliest"]);
    let mut program = Running::start(&home, "tshark", &mut command);
    assert!(program.end().success(), "{}", program.stderr());
    // What a packet is, and where it came from: interfaces may be met in another order.
    let packets = |capture: &Capture| -> Vec<_> {
        let told = |packet: &support::capture::Packet| {
            let interface = capture.interface(packet);
            let of = (interface.name.clone(), interface.description.clone(), interface.link_type);
            (packet.timestamp, of, support::capture::Packet { interface: 0, ..packet.clone() })
        };
        capture.packets.iter().map(told).collect()
    };
    for name in ["again.pcapng", "shark.pcapng"] {
        let again = Capture::read_whole(&home.file(name));
        let (direct, again) = (packets(&direct), packets(&again));
        assert_eq!(again.len(), direct.len(), "{name}");
        for (again, direct) in again.iter().zip(&direct) {
            assert_eq!(again, direct, "{name}");
        }
    }
}

#[test]
fn a_broker_that_is_killed_and_comes_back_has_all_that_was_counted_as_published() {
    if !have_kafka() {
        return;
    }
    let (home, mut broker) = (Home::new(), Broker::start());
    broker.create_topic(TOPIC, 3);
    let collector = Collector::start(&home, &broker.address(), &["--backlog", "64"]);
    let sent = feed(&agents(), 300);
    let (before, rest) = sent.split_at(sent.len() / 3);
    let (during, after) = rest.split_at(rest.len() / 2);
    collector.send(before);
    broker.kill();
    collector.send(during);
    collector.wait_for_line("trying again");
    broker.restart();
    collector.send(after);
    // All that waits for the broker is there before the end is.
    let is_there = || first_of_each(&consume(&broker.kcat(), 3)) == by_agent(&sent);
    wait_for("all datagrams, in order", || is_there().then_some(()));
    let totals = collector.end();
    assert_eq!((totals.published, totals.sum()), (sent.len(), sent.len()), "{totals:?}");
    assert!(totals.said.contains("sandbox: system calls by seccomp"), "{totals:?}");
}

#[test]
fn without_a_broker_memory_is_bounded_and_what_it_does_not_hold_is_counted() {
    if !have_kafka() {
        return;
    }
    let (home, mut broker) = (Home::new(), Broker::start());
    broker.create_topic(TOPIC, 3);
    let collector = Collector::start(&home, &broker.address(), &["--backlog", "1"]);
    let big = |agent: &IpAddr| datagram(*agent, &vec![Sample::of(frames::payload(128)); 7]);
    let some: Vec<Vec<u8>> = agents().iter().map(big).collect();
    collector.send(&some);
    wait_for("the first", || (consume(&broker.kcat(), 3).len() == some.len()).then_some(()));
    let resident = || {
        let status = fs::read_to_string(format!("/proc/{}/status", collector.program.pid())).expect("a process");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("its memory");
        line.trim_end_matches("kB").trim().parse::<usize>().expect("a number") * 1024
    };
    let empty = resident();
    broker.kill();
    let (mut count, one) = (some.len(), some[0].len());
    while count * one < 40_000_000 {
        collector.send(&some);
        count += some.len();
    }
    collector.wait_for_line("Kafka does not keep up: ");
    assert!(resident() < empty + 15_000_000, "{empty} {}", resident());
    let totals = collector.end();
    assert_eq!((totals.published, totals.received, totals.sum()), (some.len(), count, count), "{totals:?}");
    assert!((500_000..1_100_000).contains(&(totals.unacknowledged * one)), "{totals:?}");
}

#[test]
fn what_comes_from_kafka_waits_while_it_cannot_be_published() {
    if !have_kafka() {
        return;
    }
    for arguments in [&[][..], &["-w", "packets.pcapng"]] {
        let (home, from, mut to) = (Home::new(), Broker::start(), Broker::start());
        for broker in [&from, &to] {
            broker.create_topic(TOPIC, 2);
        }
        let topic = |broker: &Broker| format!("{}/{TOPIC}", broker.address());
        let mut command = home.command(SFLOWDUMP);
        command.args(["--kafka", &topic(&from), "--kafka-start", "earliest", "--publish", &topic(&to)]);
        let mut program = Running::start(&home, "again", command.args(["--backlog", "1"]).args(arguments));
        let collector = Collector::start(&home, &from.address(), &[]);
        let numbered = |number| vec![Sample::of([frames::numbered(number), frames::payload(86)].concat()); 6];
        let sent: Vec<_> = (0..200)
            .flat_map(|number| agents().into_iter().map(move |agent| datagram(agent, &numbered(number))))
            .collect();
        assert!(sent.len() * sent[0].len() > 2_000_000);
        collector.send(&sent[..12]);
        wait_for("the first", || (consume(&to.kcat(), 2).len() == 12).then_some(()));
        to.kill();
        collector.send(&sent[12..]);
        let totals = collector.end();
        assert_eq!(totals.published, sent.len(), "{totals:?}");
        wait_for("a warning", || program.stderr().contains("trying again").then_some(()));
        to.restart();
        wait_for("all datagrams, in order", || {
            (first_of_each(&consume(&to.kcat(), 2)) == by_agent(&sent)).then_some(())
        });
        program.signal(Signal::INT);
        assert!(program.end().success(), "{}", program.stderr());
        let totals = Totals::read(&program.stderr());
        assert_eq!((totals.published, totals.sum()), (sent.len(), sent.len()), "{totals:?}");
    }
}

#[test]
fn partitions_that_move_and_brokers_that_go_lose_nothing_and_keep_the_order() {
    if !have_kafka() {
        return;
    }
    let (home, mut cluster) = (Home::new(), MockCluster::start(TOPIC, 2));
    for partition in [0, 1] {
        cluster.lead(partition, 1);
    }
    let collector = Collector::start(&home, cluster.address(), &[]);
    let sent = feed(&agents(), 60);
    let mut parts = sent.chunks(sent.len() / 3);
    let mut send = || collector.send(parts.next().expect("another part"));
    send();
    cluster.lead(0, 2);
    send();
    cluster.down(1);
    send();
    // Longer than the client itself tries.
    collector.wait_for_line("Kafka: partition 1: ");
    cluster.lead(1, 3);
    let totals = collector.end();
    assert_eq!((totals.published, totals.sum()), (sent.len(), sent.len()), "{totals:?}");
    assert_eq!(first_of_each(&consume(&cluster.kcat(), 2)), by_agent(&sent));
}

#[test]
fn agents_and_senders_choose_and_what_is_no_sflow_is_left_out_and_counted() {
    if !have_kafka() {
        return;
    }
    let (home, broker) = (Home::new(), Broker::start());
    broker.create_topic(TOPIC, 1);
    let listed = |address: &IpAddr| address.to_string().starts_with("10.0.") && *address != agents()[2];
    let except = format!("10.0.0.0/16,!{}", agents()[2]);
    let with_sender = format!("{except},127.0.0.1");
    let sent = feed(&agents(), 5);
    let noise = [b"no sFlow at all".to_vec(), vec![], vec![0, 0, 0, 5]];
    let mut expected = Vec::new();
    for (arguments, is_chosen) in [
        (&["--agents", &*except][..], true),
        // 127.0.0.1, which sends all of this, is none of the agents.
        (&["--agents", &except, "--match-source", "true"], false),
        (&["--agents", &with_sender, "--match-source", "true"], true),
    ] {
        let collector = Collector::start(&home, &broker.address(), arguments);
        collector.send(&sent);
        collector.send(&noise);
        if is_chosen {
            expected.extend(feed(&agents().into_iter().filter(listed).collect::<Vec<_>>(), 5));
        }
        let totals = collector.end();
        let published = if is_chosen { 7 * 5 } else { 0 };
        assert_eq!((totals.published, totals.no_sflow), (published, noise.len()), "{arguments:?}: {totals:?}");
        assert_eq!(totals.received, sent.len() + noise.len());
        assert_eq!(by_key(&broker.kcat().consume(TOPIC, 0)), by_agent(&expected), "{arguments:?}");
    }
}

#[test]
fn what_a_broker_refuses_for_good_is_counted_and_others_go_on() {
    if !have_kafka() {
        return;
    }
    let (home, mut cluster) = (Home::new(), MockCluster::start(TOPIC, 1));
    let collector = Collector::start(&home, cluster.address(), &[]);
    let sent = feed(&[AGENT], 103);
    cluster.refuse(TOO_LARGE, 1);
    collector.send(&sent[..1]);
    collector.wait_for_line("1 datagrams are refused: ");
    // What passes is sent again.
    cluster.refuse(NOT_ENOUGH_REPLICAS, 2);
    collector.send(&sent[1..2]);
    wait_for("the second", || (consume(&cluster.kcat(), 1).len() == 1).then_some(()));
    // A request that is too large is sent in parts; of a datagram alone there are none.
    cluster.refuse(TOO_LARGE, 3);
    collector.send(&sent[2..]);
    let totals = collector.end();
    assert_eq!(totals.sum(), sent.len(), "{totals:?}");
    assert!((1..=4).contains(&totals.refused), "{totals:?}");
    let records = consume(&cluster.kcat(), 1);
    assert_eq!(records.len(), totals.published);
    let places = records.iter().map(|record| sent.iter().position(|sent| *sent == record.value).expect("one of them"));
    assert!(places.clone().is_sorted() && places.clone().next() == Some(1), "{:?}", places.collect::<Vec<_>>());
}

#[test]
fn what_cannot_be_published_is_told_in_one_line() {
    if !have_kafka() {
        return;
    }
    let (home, broker, closed) = (Home::new(), Broker::start(), Broker::that_refuses());
    broker.create_topic("others", 1);
    let nobody = format!("127.0.0.1:{}/{TOPIC}", free_port());
    let [others, unknown] = ["others", "flowz"].map(|topic| format!("{}/{topic}", broker.address()));
    let closed = format!("{}/{TOPIC}", closed.address());
    let properties = home.file("properties");
    let lines =
        ["security.protocol=sasl_plaintext", "sasl.mechanism=SCRAM-SHA-256", "sasl.username=me", "sasl.password=pw"];
    fs::write(&properties, lines.join("\n")).unwrap();
    let properties = properties.to_str().expect("text");
    let packets = |what| format!("--publish: {what} chooses or makes packets to write: this needs -w FILE");
    for (topic, arguments, message) in [
        (&*nobody, &[][..], format!("--publish: {nobody}: error connecting to broker ")),
        (&unknown, &[], format!("--publish: {unknown}: there is no topic 'flowz'; those that we may see: others")),
        (&closed, &["--kafka-config", properties], format!("--publish: {closed}: Sasl handshake failed: ")),
        ("kafka1", &[], "--publish: 'kafka1' is not BROKER[:PORT],.../TOPIC, such as ".to_owned()),
        (&others, &["port", "53"], packets("a filter")),
        (&others, &["-c", "1"], packets("-c")),
        (&others, &["--content", "both"], packets("--content")),
        (&others, &["--format", "pcap"], packets("--format")),
        (&others, &["-C", "1"], "-C and -G begin new files: they need -w FILE".to_owned()),
        (
            &others,
            &["--kafka", &others],
            format!("--publish: {others}: --kafka reads this topic; it would go round in circles"),
        ),
        (&others, &["--kafka-start", "earliest"], "--kafka-start: this is for --kafka, which is not given".to_owned()),
    ] {
        let mut command = home.command(SFLOWDUMP);
        let mut program = Running::start(&home, "refused", command.args(["--publish", topic]).args(arguments));
        let status = program.end();
        let said = program.stderr();
        assert_eq!(status.code(), Some(1), "{said}");
        assert!(said.starts_with(&format!("sflowdump: {message}")), "{said}");
        assert_eq!(said.lines().count(), 1, "{said}");
        assert!(!said.contains("pw"), "{said}");
    }
}

#[test]
fn a_capture_of_wireshark_publishes_only_beside_its_packets_and_never_keeps_its_host_waiting() {
    if !have_kafka() {
        return;
    }
    let (home, broker, port) = (Home::new(), Broker::start(), free_port());
    broker.create_topic(TOPIC, 1);
    let nobody = format!("127.0.0.1:{}", free_port());
    for (brokers, is_there) in [(broker.address(), true), (nobody, false)] {
        let mut fifo = Fifo::new(&home, &format!("fifo-{is_there}"));
        let mut command = home.command(SFLOWDUMP);
        command.args(["--capture", "--extcap-interface", "sflow", "--port", &port.to_string()]);
        command.args(["--publish", &format!("{brokers}/{TOPIC}"), "--fifo"]).arg(&fifo.path);
        let mut program = Running::start(&home, "sflowdump", &mut command);
        if !is_there {
            assert_eq!(program.end().code(), Some(1));
            assert!(program.stderr().starts_with("--publish: "), "{}", program.stderr());
            continue;
        }
        program.wait_for_port(port);
        let sent = datagram(AGENT, &[Sample::of(frames::numbered(1))]);
        Feed::to_port(port).send_bytes(&sent);
        fifo.wait_for_packets(1);
        program.signal(Signal::TERM);
        assert!(program.end().success());
        assert_eq!(by_key(&consume(&broker.kcat(), 1)), by_agent(&[sent]));
    }
}
