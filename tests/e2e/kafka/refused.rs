//! What is told where a topic cannot be read: one line, which names the option, the topic and the reason.

use std::fs;
use std::path::Path;

use super::library::{Reading, failure, numbered, numbers};
use crate::support::broker::{Broker, have_kafka};
use crate::support::certificates::Certificates;
use crate::support::doorkeeper;
use crate::support::fifo::Fifo;
use crate::support::{Home, free_port};

/// A file of client properties.
fn properties(home: &Home, name: &str, properties: &[(&str, &str)]) -> String {
    let path = home.file(name);
    let lines: Vec<String> = properties.iter().map(|(name, value)| format!("{name}={value}\n")).collect();
    fs::write(&path, lines.concat()).unwrap();
    path.display().to_string()
}

/// What a capture with these options says, and that no file was made.
fn refusal(home: &Home, topic: &str, options: &[&str]) -> String {
    let said = failure(home, &[&["--kafka", topic, "-w", "refused.pcapng"], options].concat());
    assert!(!home.file("refused.pcapng").exists());
    said
}

#[test]
fn an_unreachable_broker_and_a_missing_topic_are_told() {
    if !have_kafka() {
        return;
    }
    let home = Home::new();
    let nobody = format!("127.0.0.1:{}/sflow", free_port());
    let said = refusal(&home, &nobody, &[]);
    assert!(said.starts_with(&format!("sflowdump: --kafka: {nobody}: ")), "{said}");
    assert!(said.ends_with("Connection refused (os error 111)"), "{said}");
    let said = refusal(&home, "no-such-host.invalid/sflow", &[]);
    assert!(said.starts_with("sflowdump: --kafka: no-such-host.invalid:9092/sflow: "), "{said}");
    assert!(said.contains("lookup") || said.contains("not known"), "{said}");

    let broker = Broker::start();
    broker.create_topic("flows", 2);
    let address = broker.address();
    let said = refusal(&home, &format!("{address}/sflow"), &[]);
    let expected = "there is no topic 'sflow'; those that we may see: flows";
    assert_eq!(said, format!("sflowdump: --kafka: {address}/sflow: {expected}"));
    let said = refusal(&home, &format!("{address}/flows"), &["--partitions", "2-7"]);
    let expected = "the topic has 2 partitions, and --partitions leaves them all out";
    assert_eq!(said, format!("sflowdump: --kafka: {address}/flows: {expected}"));
    // Asked for by us, no topic was made.
    assert!(refusal(&home, &format!("{address}/sflow"), &[]).ends_with("see: flows"));
}

#[test]
fn what_cannot_go_together_is_told_before_anybody_is_asked() {
    let home = Home::new();
    let topic = "127.0.0.1:1/sflow";
    for (options, expected) in [
        (&["--port", "6344"][..], "--port: with --kafka, datagrams come from nowhere else"),
        (&["-r", "feed.pcap"], "-r: with --kafka, datagrams come from nowhere else"),
        (
            &["--kafka-start", "noon"],
            "--kafka-start: 'noon' is not latest, earliest, a time ago such as -15m, or a time such as 2026-01-31T03:00:00Z",
        ),
        (
            &["--partitions", "5/4"],
            "--partitions: '5/4' is neither a list such as 0-3,7 nor a share such as 1/4, the first of four",
        ),
        (&["--kafka-format", "json"], "--kafka-format: 'json' is not auto or raw or akvorado"),
        (&["--kafka-config", "none"], "--kafka-config: none: No such file or directory (os error 2)"),
    ] {
        assert_eq!(refusal(&home, topic, options), format!("sflowdump: {expected}"));
    }
    let said = failure(&home, &["--partitions", "1/4"]);
    assert_eq!(said, "sflowdump: --partitions: this is for --kafka, which is not given");
    let said = failure(&home, &["--kafka", "kafka1"]);
    let expected = "'kafka1' is not BROKER[:PORT],.../TOPIC, such as kafka1:9092,kafka2:9092/sflow";
    assert_eq!(said, format!("sflowdump: --kafka: {expected}"));
}

#[test]
fn tls_lets_in_with_the_right_certificates_and_a_wrong_one_is_told() {
    if !have_kafka() {
        return;
    }
    let home = Home::new();
    let others = home.file("others");
    fs::create_dir(&others).unwrap();
    let others = Certificates::make(&others);
    let text = |path: &Path| path.display().to_string();
    for broker in [Broker::with_tls(), Broker::with_mutual_tls()] {
        let topic = format!("{}/sflow", broker.address());
        broker.create_topic("sflow", 1);
        broker.kcat().produce("sflow", Some(0), None, &[], &[&numbered([10, 0, 0, 1], 1)]);
        let Certificates { authority, client, client_key, .. } = broker.certificates();
        let [authority, client, key] = [authority, client, client_key].map(|path| text(path));
        let full = [
            ("security.protocol", "ssl"),
            ("ssl.ca.location", &authority),
            ("ssl.certificate.location", &client),
            ("ssl.key.location", &key),
        ];
        let file = properties(&home, "full.properties", &full);
        let mut reading = Reading::start(&home, "tls", &topic, &["--kafka-start", "earliest", "--kafka-config", &file]);
        reading.wait_for_packets(1);
        assert_eq!(numbers(&reading.stop()), [1]);

        let begin = format!("sflowdump: --kafka: {topic}: ");
        let wrong = [full[0], ("ssl.ca.location", &text(&others.authority))];
        let file = properties(&home, "wrong.properties", &wrong);
        let said = refusal(&home, &topic, &["--kafka-config", &file]);
        assert!(said.starts_with(&begin) && said.contains("invalid peer certificate"), "{said}");
        let said = refusal(&home, &topic, &[]);
        assert!(said.starts_with(&begin), "{said}");
    }

    let broker = Broker::with_mutual_tls();
    let topic = format!("{}/sflow", broker.address());
    let file = properties(
        &home,
        "bare.properties",
        &[("security.protocol", "ssl"), ("ssl.ca.location", &text(&broker.certificates().authority))],
    );
    let said = refusal(&home, &topic, &["--kafka-config", &file]);
    assert!(said.starts_with(&format!("sflowdump: --kafka: {topic}: ")), "{said}");
    assert!(said.to_lowercase().contains("certificate"), "{said}");
}

#[test]
fn a_refused_password_is_told_and_not_shown() {
    if !have_kafka() {
        return;
    }
    let (home, broker) = (Home::new(), Broker::that_refuses());
    let topic = format!("{}/sflow", broker.address());
    for mechanism in ["SCRAM-SHA-256", "SCRAM-SHA-512"] {
        let file = properties(
            &home,
            "user.properties",
            &[
                ("security.protocol", "sasl_plaintext"),
                ("sasl.mechanism", mechanism),
                ("sasl.username", "collector"),
                ("sasl.password", "hunter2"),
            ],
        );
        let said = refusal(&home, &topic, &["--kafka-config", &file]);
        assert!(said.starts_with(&format!("sflowdump: --kafka: {topic}: ")), "{said}");
        // On a busy host working the password out takes longer than an answer may.
        assert!(said.contains("Sasl") || said.ends_with("no answer within 10 seconds"), "{said}");
        assert!(!said.contains("hunter2"), "{said}");
    }
    let said = refusal(&home, &topic, &[]);
    assert!(said.starts_with(&format!("sflowdump: --kafka: {topic}: ")), "{said}");
}

#[test]
fn a_right_password_lets_in_and_a_wrong_one_does_not() {
    if !have_kafka() {
        return;
    }
    let (home, broker) = (Home::new(), Broker::with_password());
    let topic = format!("{}/sflow", broker.address());
    broker.create_topic("sflow", 1);
    broker.kcat().produce("sflow", Some(0), None, &[], &[&numbered([10, 0, 0, 1], 1)]);
    let user = |password| {
        let plain = [("security.protocol", "sasl_plaintext"), ("sasl.mechanism", "PLAIN")];
        let user = [("sasl.username", doorkeeper::USER), ("sasl.password", password)];
        properties(&home, "plain.properties", &[plain, user].concat())
    };
    let file = user(doorkeeper::PASSWORD);
    let mut reading = Reading::start(&home, "plain", &topic, &["--kafka-start", "earliest", "--kafka-config", &file]);
    reading.wait_for_packets(1);
    assert_eq!(numbers(&reading.stop()), [1]);
    for options in [&["--kafka-config", &user("open barley")][..], &[]] {
        let said = refusal(&home, &topic, options);
        assert!(said.starts_with(&format!("sflowdump: --kafka: {topic}: ")), "{said}");
        assert_eq!(said.contains("Sasl") || said.contains("SASL"), !options.is_empty(), "{said}");
        assert!(!said.contains("barley"), "{said}");
    }
}

#[test]
fn wireshark_is_told_what_is_missing() {
    let home = Home::new();
    let capture = |interface: &str, options: &[&str]| {
        // A FIFO that is there and read, or the program would wait.
        let fifo = Fifo::new(&home, &format!("fifo-{interface}-{}", options.concat().len()));
        let path = fifo.path.display().to_string();
        failure(&home, &[&["--capture", "--extcap-interface", interface, "--fifo", &path], options].concat())
    };
    let expected = "--kafka is missing: Brokers and topic, such as kafka1:9092,kafka2:9092/sflow (for tshark: \
                    -o extcap.sflow_kafka.kafka:kafka1:9092,kafka2:9092/sflow)";
    let log = home.file("log").display().to_string();
    for empty in [&[][..], &["--kafka", " "], &["--log-file", &log]] {
        let said = capture("sflow-kafka", empty);
        assert!(said.ends_with(expected), "{said}");
    }
    let nobody = format!("127.0.0.1:{}/sflow", free_port());
    let said = capture("sflow-kafka", &["--kafka", &nobody]);
    assert!(said.contains(&format!("--kafka: {nobody}: ")) && said.contains("refused"), "{said}");
    let said = capture("kafka", &[]);
    assert!(said.ends_with("--extcap-interface: 'kafka' is not sflow or sflow-kafka"), "{said}");
}
