//! `--kafka`: what a topic gives is what its datagrams give, whatever happens to brokers meanwhile.
#![cfg(target_os = "linux")]

use std::collections::BTreeSet;

use library::{Dated, Reading, demo, envelope, numbered, numbers, read, seen, write};
use support::Home;
use support::broker::{Broker, have_kafka};
use support::capture::Capture;
use support::mock_cluster::MockCluster;

#[path = "kafka/library.rs"]
mod library;
mod support;

/// A topic of three partitions with the demo recording in it, and the recording.
fn with_demo(home: &Home, broker: &Broker) -> (String, Vec<Dated>, std::path::PathBuf) {
    let (datagrams, recording) = demo(home);
    broker.create_topic("sflow", 3);
    write(&broker.kcat(), "sflow", &datagrams);
    (format!("{}/sflow", broker.address()), datagrams, recording)
}

/// The totals in the last statistics of a capture.
fn totals(capture: &Capture) -> &str {
    &capture.statistics.iter().rev().find(|statistics| statistics.interface == 0).expect("statistics").comment
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
    for options in [&[][..], &["udp or icmp"], &["--agents", "!10.0.0.1"], &["--content", "both"]] {
        let recorded = read(&home, &recording, options);
        let mut reading =
            Reading::start(&home, "all", &topic, &[&["--kafka-start", "earliest"], options].concat());
        reading.wait_for_packets(recorded.packets.len());
        let capture = reading.stop();
        assert!(!recorded.packets.is_empty());
        assert_eq!(seen(&capture), seen(&recorded), "{options:?}");
        assert!(capture.interfaces.iter().all(|interface| interface.description.contains("Kafka") || interface.description.contains("agent")));
        assert_eq!(reading.total("sFlow datagrams received"), datagrams.len() as u64);
        assert!(!totals(&capture).contains("to be read"), "{}", totals(&capture));
    }
}
