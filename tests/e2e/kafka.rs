//! `--kafka`: what a topic gives is what its datagrams give, whatever happens to brokers meanwhile.
#![cfg(target_os = "linux")]

use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::time::Instant;

use rustix::process::Signal;

use library::{Dated, Reading, Slow, assert_same, demo, envelope, large, numbered, numbers, read, seen, totals, write};
use support::broker::{Broker, have_kafka};
use support::capture::Capture;
use support::mock_cluster::MockCluster;
use support::{Home, count};

#[path = "kafka/library.rs"]
mod library;
#[path = "kafka/refused.rs"]
mod refused;
#[path = "kafka/wireshark.rs"]
mod wireshark;

mod support;

/// A topic of three partitions with the demo recording in it: how it is named, what is in it, and the recording.
fn with_demo(home: &Home, broker: &Broker) -> (String, Vec<Dated>, PathBuf) {
    let (datagrams, recording) = demo(home);
    broker.create_topic("sflow", 3);
    write(&broker.kcat(), "sflow", &datagrams);
    (format!("{}/sflow", broker.address()), datagrams, recording)
}

#[test]
fn a_topic_gives_what_its_datagrams_give() {
    if !have_kafka() {
        return;
    }
    let (home, broker) = (Home::new(), Broker::start());
    let (topic, datagrams, recording) = with_demo(&home, &broker);
    let agents: BTreeSet<&str> = datagrams.iter().map(|datagram| datagram.agent.as_str()).collect();
    assert!(agents.len() >= 4);
    let filled = (0..3).filter(|partition| !broker.kcat().consume("sflow", *partition).is_empty());
    assert!(filled.count() >= 2, "agents in several partitions");
    for options in [&[][..], &["udp or icmp"], &["--agents", "!10.0.0.1"]] {
        let recorded = read(&home, &recording, options);
        assert!(!recorded.packets.is_empty());
        let mut reading = Reading::start(&home, "all", &topic, &[&["--kafka-start", "earliest"], options].concat());
        reading.wait_for_packets(recorded.packets.len());
        let capture = reading.stop();
        assert_same(&seen(&capture), &seen(&recorded), &format!("{options:?}"));
        assert!(!totals(&capture).contains("to be read"), "{}", totals(&capture));
    }
}

#[test]
fn shares_give_everything_together_and_nothing_twice() {
    if !have_kafka() {
        return;
    }
    let (home, broker) = (Home::new(), Broker::start());
    let (topic, _, recording) = with_demo(&home, &broker);
    let recorded = seen(&read(&home, &recording, &[]));
    let shares = ["1/2", "2/2"].map(|share| {
        let out = if share == "1/2" { "first" } else { "second" };
        Reading::start(&home, out, &topic, &["--kafka-start", "earliest", "--partitions", share])
    });
    support::wait_for("all packets, by both", || {
        let packets = shares.iter().map(|share| Capture::read(&share.out).packets.len());
        (packets.sum::<usize>() >= recorded.len()).then_some(())
    });
    let [first, second] = shares.map(|mut share| seen(&share.stop()));
    assert!(!first.is_empty() && !second.is_empty());
    assert_eq!(first.len() + second.len(), recorded.len());
    assert!(count(first.into_iter().chain(second)) == count(recorded), "other packets");
}

#[test]
fn reading_begins_with_what_is_new_or_at_a_time() {
    if !have_kafka() {
        return;
    }
    let (home, broker) = (Home::new(), Broker::start());
    let (kcat, topic) = (broker.kcat(), format!("{}/sflow", broker.address()));
    broker.create_topic("sflow", 2);
    let send = |partition, number| {
        kcat.produce("sflow", Some(partition), None, &[], &[&numbered([10, 0, 0, 1 + partition as u8], number)]);
    };
    send(0, 1);
    send(1, 2);
    // Messages have their times in milliseconds.
    let middle = jiff::Timestamp::now().as_millisecond() + 1;
    support::wait_for("the next millisecond", || (jiff::Timestamp::now().as_millisecond() > middle).then_some(()));
    send(0, 3);
    let mut latest = Reading::start(&home, "latest", &topic, &[]);
    latest.wait_until_said("from offset", 2);
    send(1, 4);
    send(0, 5);
    latest.wait_for_packets(2);
    assert_eq!(numbers(&latest.stop()), [4, 5]);
    let time = jiff::Timestamp::from_millisecond(middle).unwrap().to_string();
    for (start, expected) in [(&time[..], &[3, 4, 5][..]), ("-1h", &[1, 2, 3, 4, 5])] {
        let mut reading = Reading::start(&home, "since", &topic, &["--kafka-start", start]);
        reading.wait_for_packets(expected.len());
        assert_eq!(numbers(&reading.stop()), expected, "since {start}");
    }
}

#[test]
fn messages_of_other_kinds_are_counted_and_told() {
    if !have_kafka() {
        return;
    }
    let (home, broker) = (Home::new(), Broker::start());
    let topic = format!("{}/mixed", broker.address());
    broker.create_topic("mixed", 1);
    let sender = Ipv4Addr::new(192, 0, 2, 9);
    let (sflow, netflow) = (2, 1);
    let messages = [
        numbered([10, 0, 0, 1], 1),
        envelope(1_750_000_000, &numbered([10, 0, 0, 2], 2), sender, sflow),
        b"{\"type\": \"SFLOW_5\"}".to_vec(),
        envelope(1_750_000_001, &[0, 9, 0, 1], sender, netflow),
        numbered([10, 0, 0, 1], 3),
        envelope(1_750_000_002, &numbered([10, 0, 0, 2], 4), sender, sflow),
        // The last, and a datagram in either format: that it was seen tells that all was.
        numbered([10, 0, 0, 1], 5),
        envelope(1_750_000_003, &numbered([10, 0, 0, 2], 6), sender, sflow),
    ];
    let messages: Vec<&[u8]> = messages.iter().map(Vec::as_slice).collect();
    broker.kcat().produce("mixed", Some(0), None, &[], &messages);
    for (format, expected, other) in
        [("auto", &[1, 2, 3, 4, 5, 6][..], 2), ("raw", &[1, 3, 5], 5), ("akvorado", &[2, 4, 6], 5)]
    {
        let mut reading =
            Reading::start(&home, "mixed", &topic, &["--kafka-start", "earliest", "--kafka-format", format]);
        reading.wait_for_packets(expected.len());
        let capture = reading.stop();
        assert_eq!(numbers(&capture), expected, "{format}");
        assert!(totals(&capture).contains(&format!(", {other} messages that are no sFlow")), "{}", totals(&capture));
        assert_eq!(reading.total(" messages that are no sFlow"), other, "{}", reading.program.stderr());
        assert!(reading.program.stderr().contains("partition 0 has messages that are no sFlow datagrams"));
        if format == "akvorado" {
            let seconds = capture.packets.iter().map(|packet| packet.timestamp / 1_000_000_000);
            assert!(seconds.eq([1_750_000_000, 1_750_000_002, 1_750_000_003]));
        }
    }
}

#[test]
fn messages_are_read_however_they_were_compressed() {
    if !have_kafka() {
        return;
    }
    let (home, broker) = (Home::new(), Broker::start());
    let topic = format!("{}/sflow", broker.address());
    let codecs = ["none", "gzip", "snappy", "lz4", "zstd"];
    broker.create_topic("sflow", codecs.len() as u32);
    for (partition, codec) in (0..).zip(codecs) {
        produce(
            &broker.kcat().set("compression.codec", codec),
            partition,
            partition as u32 * 100..partition as u32 * 100 + 100,
        );
    }
    let mut reading = Reading::start(&home, "compressed", &topic, &["--kafka-start", "earliest"]);
    reading.wait_for_packets(500);
    let mut found = numbers(&reading.stop());
    found.sort_unstable();
    assert!(found.into_iter().eq(0..500), "not all, or some twice");
}

/// Writes the datagrams of an agent whose packets have these numbers.
fn produce(kcat: &support::kcat::Kcat, partition: i32, numbers: std::ops::Range<u32>) {
    let values: Vec<Vec<u8>> = numbers.map(|number| numbered([10, 0, 0, 1 + partition as u8], number)).collect();
    let values: Vec<&[u8]> = values.iter().map(Vec::as_slice).collect();
    kcat.produce("sflow", Some(partition), None, &[], &values);
}

/// The numbers of a capture, which are all of these, none twice, and in their order for each of two partitions.
fn assert_all(capture: &Capture, numbers_of: [std::ops::Range<u32>; 2]) {
    let found = numbers(capture);
    for range in numbers_of {
        let of_partition = found.iter().copied().filter(|number| range.contains(number));
        let wrong = of_partition.clone().zip(range.clone()).find(|(found, expected)| found != expected);
        assert_eq!((wrong, of_partition.count()), (None, range.len()));
    }
}

#[test]
fn nothing_is_lost_or_doubled_when_the_broker_is_killed_and_comes_back() {
    if !have_kafka() {
        return;
    }
    let (home, mut broker) = (Home::new(), Broker::start());
    let kcat = broker.kcat();
    broker.create_topic("sflow", 2);
    // Names are looked up again after the sandbox is closed.
    let topic = broker.address().replace("127.0.0.1", "localhost") + "/sflow";
    let mut reading = Reading::start(&home, "killed", &topic, &["--kafka-start", "earliest"]);
    for round in 0..3 {
        let (from, to) = (round * 100, round * 100 + 100);
        produce(&kcat, 0, from..to);
        produce(&kcat, 1, 1000 + from..1000 + to);
        if round == 1 {
            reading.wait_for_packets(2 * to as usize);
        }
        broker.kill();
        reading.wait_until_said("trying again", 1 + round as usize);
        broker.restart();
    }
    reading.wait_until_said("reading on", 1);
    produce(&kcat, 0, 300..301);
    produce(&kcat, 1, 1300..1301);
    reading.wait_for_packets(602);
    let said = reading.program.stderr();
    assert!(said.contains("Connection refused") && !said.contains("begins anew"), "{said}");
    assert_all(&reading.stop(), [0..301, 1000..1301]);
}

#[test]
fn a_capture_ends_at_once_while_the_broker_is_away() {
    if !have_kafka() {
        return;
    }
    let (home, mut broker) = (Home::new(), Broker::start());
    broker.create_topic("sflow", 2);
    produce(&broker.kcat(), 0, 0..3);
    let topic = format!("{}/sflow", broker.address());
    let mut reading = Reading::start(&home, "away", &topic, &["--kafka-start", "earliest"]);
    reading.wait_for_packets(3);
    broker.kill();
    reading.wait_until_said("trying again", 2);
    let stopped = Instant::now();
    assert_eq!(numbers(&reading.stop()), [0, 1, 2]);
    assert!(stopped.elapsed() < support::PATIENCE / 4, "it waited for the broker");
}

#[test]
fn everything_is_read_once_while_partitions_move_and_a_broker_goes() {
    if !have_kafka() {
        return;
    }
    let home = Home::new();
    let mut cluster = MockCluster::start("sflow", 2);
    let (kcat, topic) = (cluster.kcat(), format!("{}/sflow", cluster.address()));
    cluster.lead(0, 1);
    cluster.lead(1, 2);
    let mut reading = Reading::start(&home, "moved", &topic, &["--kafka-start", "earliest"]);
    for (round, leader) in [2, 3, 1, 2].into_iter().enumerate() {
        let (from, to) = (round as u32 * 50, round as u32 * 50 + 50);
        produce(&kcat, 0, from..to);
        produce(&kcat, 1, 1000 + from..1000 + to);
        if round % 2 == 0 {
            reading.wait_for_packets(2 * to as usize);
        }
        cluster.lead(0, leader);
        cluster.lead(1, leader % 3 + 1);
    }
    // It leads partition 0, until another one does.
    cluster.down(2);
    cluster.lead(0, 1);
    produce(&kcat, 0, 200..250);
    produce(&kcat, 1, 1200..1250);
    reading.wait_for_packets(500);
    cluster.up(2);
    cluster.lead(1, 2);
    produce(&kcat, 1, 1250..1251);
    reading.wait_for_packets(501);
    assert_all(&reading.stop(), [0..250, 1000..1251]);
}

#[test]
fn a_slow_reader_loses_nothing_and_the_topic_stays_where_it_is() {
    if !have_kafka() {
        return;
    }
    let (home, broker) = (Home::new(), Broker::start());
    let (kcat, topic) = (broker.kcat(), format!("{}/sflow", broker.address()));
    broker.create_topic("sflow", 3);
    let each = 1000;
    let all = 3 * each;
    for partition in 0..3 {
        let values = large(partition * each..(partition + 1) * each);
        let values: Vec<&[u8]> = values.iter().map(Vec::as_slice).collect();
        kcat.produce("sflow", Some(partition as i32), None, &[], &values);
    }
    let mut slow = Slow::start(
        &home,
        &topic,
        &["--kafka-start", "earliest", "--backlog", "1", "-c", &all.to_string(), "--duration", "100"],
    );
    slow.wait_until_idle();
    let capture = slow.read_to_end();
    let most = slow.most_memory;
    assert!((1..100 << 20).contains(&most), "{most} bytes of memory for a topic of 180 MB");
    let mut found = numbers(&capture);
    found.sort_unstable();
    assert!(found.into_iter().eq(0..all), "not all, or some twice");

    let mut slow = Slow::start(&home, &topic, &["--kafka-start", "earliest", "--backlog", "1"]);
    slow.wait_until_idle();
    slow.signal(Signal::TERM);
    let capture = slow.read_to_end();
    let told = totals(&capture);
    let lag = told.split(", ").find_map(|part| part.strip_suffix(" messages still to be read"));
    let lag: usize = lag.and_then(|lag| lag.parse().ok()).unwrap_or_else(|| panic!("no lag: {told}"));
    assert!(lag > 1000, "{told}");
    assert_eq!(capture.packets.len() + lag, all as usize, "{told}");
}
