//! The patterns of the dialog's fields agree with what the program itself checks.

use proptest::prelude::*;
use proptest::sample::select;
use regex_lite::Regex;

use super::Config;
use crate::cli;
use crate::options::{Kind, OPTIONS};

/// The text fields of the dialog, with their patterns.
fn fields() -> Vec<(&'static str, &'static str)> {
    let field = |option: &crate::options::Opt| match option.kind {
        Kind::Text { pattern, .. } | Kind::Needed { pattern, .. } => Some((option.name, pattern)),
        _ => None,
    };
    OPTIONS.iter().filter_map(field).collect()
}

/// Whether the dialog takes a value, and whether the program does.
fn verdicts(name: &str, pattern: &str, value: &str) -> (bool, bool) {
    // Those of Kafka say nothing without a topic, and nothing else may be said with it.
    let is_kafkas = name != "kafka" && OF_A_TOPIC.contains(&name);
    let topic = is_kafkas.then(|| "--kafka=kafka1/sflow".into());
    let words = ["sflowdump".into(), format!("--{name}={value}").into()].into_iter().chain(topic);
    let words = cli::read(words).unwrap();
    // An empty field is not looked at.
    let dialog = value.is_empty() || Regex::new(pattern).unwrap().is_match(value);
    (dialog, Config::check(&words).is_ok())
}

/// The fields that are for a topic.
const OF_A_TOPIC: &[&str] = &["kafka-start", "partitions"];

/// Entries of lists, good and bad ones for one field or another.
const ENTRIES: &[&str] = &[
    "10.0.0.1",
    "255.255.255.255",
    "10.0.0.256",
    "10.0.0",
    "01.2.3.4",
    "10.0.0.0/8",
    "10.0.0.0/32",
    "10.0.0.0/33",
    "10.0.0.0/",
    "!10.1.0.1",
    "!!10.1.0.1",
    "!",
    "2001:db8::1",
    "::",
    "::/0",
    "2001:db8::/128",
    "2001:db8::/129",
    "::ffff:10.0.0.1",
    "10.0.0.1:6343",
    "10.0.0.1:65536",
    "10.0.0.1:",
    "10.0.0.1:+80",
    "[::1]",
    "[::1]:80",
    "[::1]80",
    "[::1]:0",
    "[x]:80",
    "host",
    "host:6343",
    "host:0",
    "host:x",
    "host/path",
    "http://host",
    "HTTP://host:8008/sub",
    "http://",
    "http:///x",
    "http://host?x",
    "https://host",
    "17",
    "1-48",
    "4294967295",
    "4-",
    "-4",
    "1-2-3",
    "+1",
    "eth0",
    "fe80::1%eth0",
    "kafka1/sflow",
    "kafka1:9093/a.b_c-1",
    "[::1]:9092/sflow",
    "kafka1/",
    "/sflow",
    "1/4",
    "0-3",
    "latest",
    "Earliest",
    "-15m",
    "-7D",
    "-15x",
    "2026-01-31T03:00:00Z",
    "2026-01-31",
    "2026-13-01T03:00",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn entries_and_lists_of_them_are_judged_alike(
        entries in prop::collection::vec(select(ENTRIES), 1..4),
        separator in select(&[",", ", ", " ", ",,"]),
    ) {
        let value = entries.join(separator);
        for (name, pattern) in fields() {
            let (dialog, program) = verdicts(name, pattern, &value);
            prop_assert_eq!(dialog, program, "--{}={}", name, value);
        }
    }

    #[test]
    fn the_dialog_refuses_nothing_that_the_program_takes(value in "[0-9a-fhtp:.,/!%? \\[\\]-]{0,24}") {
        for (name, pattern) in fields() {
            let (dialog, program) = verdicts(name, pattern, &value);
            prop_assert!(dialog || !program, "--{}={}", name, value);
        }
    }
}

#[test]
fn every_entry_is_judged_alike_alone() {
    for (name, pattern) in fields() {
        let judged = ENTRIES.iter().map(|value| (verdicts(name, pattern, value), value));
        for ((dialog, program), value) in judged.clone() {
            assert_eq!(dialog, program, "--{name}={value}");
        }
        assert!(
            judged.clone().any(|((dialog, _), _)| dialog) && judged.clone().any(|((dialog, _), _)| !dialog),
            "{name}"
        );
    }
}
