//! The brokers and the client that the tests of Kafka stand on: they do what those tests take for granted.

mod support;

use support::broker::{Broker, have_kafka};
use support::kcat::Kcat;
use support::mock_cluster::MockCluster;

/// Values with all bytes, and as long as datagrams get.
fn values() -> Vec<Vec<u8>> {
    let all: Vec<u8> = (0..=255).collect();
    vec![all.clone(), vec![0], b"text\n\n".to_vec(), all.repeat(5)]
}

#[test]
fn what_is_produced_is_read_back() {
    if !have_kafka() {
        return;
    }
    let broker = Broker::start();
    let kcat = broker.kcat();
    broker.create_topic("flows", 3);
    assert_eq!(kcat.partitions("flows"), [0, 1, 2]);
    assert_eq!(kcat.end("flows", 1), 0);
    assert_eq!(kcat.consume("flows", 1), []);
    let values = values();
    let values: Vec<&[u8]> = values.iter().map(Vec::as_slice).collect();
    let headers: [(&str, &[u8]); 2] = [("received", b"\x18\x01,\xff=,"), ("sender", &[10, 1, 2, 3])];
    let begun = jiff::Timestamp::now().as_millisecond();
    kcat.produce("flows", Some(1), Some("192.0.2.1"), &headers, &values);
    kcat.produce("flows", Some(2), None, &[], &values[..1]);
    let records = kcat.consume("flows", 1);
    assert_eq!(records.len(), values.len());
    for (number, record) in records.iter().enumerate() {
        assert_eq!((record.partition, record.offset), (1, number as i64));
        assert!((begun..begun + 60_000).contains(&record.timestamp), "{record:?}");
        assert_eq!(record.key.as_deref(), Some(&b"192.0.2.1"[..]));
        assert_eq!(record.value, values[number]);
        assert_eq!(record.headers, headers.map(|(name, value)| (name.to_owned(), value.to_vec())));
    }
    let [other] = &kcat.consume("flows", 2)[..] else { panic!("not one record") };
    assert_eq!((&other.key, &other.headers[..], &other.value[..]), (&None, &[][..], values[0]));
    assert_eq!([0, 1, 2].map(|partition| kcat.end("flows", partition)), [0, 4, 1]);
}

#[test]
fn what_was_acknowledged_outlives_a_killed_broker() {
    if !have_kafka() {
        return;
    }
    let mut broker = Broker::start();
    let kcat = broker.kcat();
    broker.create_topic("flows", 2);
    for round in 0..3_u8 {
        let values: Vec<[u8; 2]> = (0..50).map(|number| [round, number]).collect();
        let values: Vec<&[u8]> = values.iter().map(<[u8; 2]>::as_slice).collect();
        kcat.produce("flows", Some(0), None, &[], &values);
        broker.kill();
        assert!(kcat.refusal().contains("refused"));
        broker.restart();
    }
    let records = kcat.consume("flows", 0);
    let expected = (0..3_u8).flat_map(|round| (0..50_u8).map(move |number| vec![round, number]));
    assert!(records.iter().map(|record| record.value.clone()).eq(expected), "{records:?}");
    assert!(records.iter().map(|record| record.offset).eq(0..150));
}

#[test]
fn tls_lets_in_who_trusts_the_authority_and_wants_certificates_if_told_so() {
    if !have_kafka() {
        return;
    }
    for broker in [Broker::with_tls(), Broker::with_mutual_tls()] {
        broker.create_topic("flows", 1);
        broker.kcat().produce("flows", Some(0), None, &[], &[b"through TLS"]);
        assert_eq!(broker.kcat().consume("flows", 0)[0].value, b"through TLS");
        // Nothing but TLS gets in.
        Kcat::to(&broker.address()).refusal();
    }
    let broker = Broker::with_mutual_tls();
    let authority = broker.certificates().authority.display().to_string();
    let bare = Kcat::to(&broker.address()).set("security.protocol", "ssl");
    assert!(bare.refusal().contains("verify"));
    bare.set("ssl.ca.location", &authority).refusal();
}

#[test]
fn a_broker_that_wants_passwords_refuses_wrong_ones_and_none() {
    if !have_kafka() {
        return;
    }
    let broker = Broker::that_refuses();
    for mechanism in ["SCRAM-SHA-256", "SCRAM-SHA-512"] {
        let said = broker.kcat().set("sasl.mechanism", mechanism).refusal();
        assert!(said.contains("SASL authentication error"), "{said}");
    }
    Kcat::to(&broker.address()).refusal();
}

#[test]
fn a_partition_moves_between_the_brokers_of_a_cluster() {
    if !have_kafka() {
        return;
    }
    let mut cluster = MockCluster::start("flows", 2);
    let kcat = cluster.kcat();
    assert_eq!(cluster.addresses().len(), 3);
    assert_eq!(kcat.partitions("flows"), [0, 1]);
    let mut expected = Vec::new();
    for (number, leader) in [2, 3, 1].into_iter().enumerate() {
        cluster.lead(1, leader);
        assert_eq!(kcat.leader("flows", 1), leader);
        let value = vec![number as u8 + 1];
        kcat.produce("flows", Some(1), None, &[], &[&value]);
        expected.push(value);
    }
    let values = |kcat: &Kcat| kcat.consume("flows", 1).into_iter().map(|record| record.value).collect::<Vec<_>>();
    assert_eq!(values(&kcat), expected);
    // Clients go on with the brokers that are left; what a broker had that is down is away, until it is up again.
    cluster.down(3);
    assert_eq!(values(&kcat), expected);
    cluster.lead(1, 3);
    cluster.lead(1, 2);
    assert_eq!(values(&kcat), expected);
    cluster.up(3);
    cluster.lead(1, 3);
    assert_eq!(values(&kcat), expected);
    assert_eq!(kcat.leader("flows", 1), 3);
}
