//! kcat: a client of Kafka that is not ours.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::process::{Command, Output, Stdio};

use super::broker::TOOLS;
use super::{Home, wait_for};

/// A record as it was read, or as it is to be written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    pub partition: i32,
    pub offset: i64,
    /// In milliseconds since 1970.
    pub timestamp: i64,
    pub key: Option<Vec<u8>>,
    pub value: Vec<u8>,
    pub headers: Vec<(String, Vec<u8>)>,
}

/// Ends a record in what kcat prints: no record has this in it.
const END: &[u8] = b"\x01\x02-end-of-record-\x02\x01\n";
const HEADERS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/e2e/support/headers.c");
const FORMAT: &str = r"%p %o %T %K %S %k%s%h\x01\x02-end-of-record-\x02\x01\n";

/// How kcat gets to brokers.
#[derive(Clone, Debug)]
pub struct Kcat {
    brokers: String,
    settings: Vec<String>,
}

impl Kcat {
    pub fn to(brokers: &str) -> Self {
        Kcat { brokers: brokers.to_owned(), settings: Vec::new() }
    }

    /// With a property of the client.
    #[must_use]
    pub fn set(mut self, name: &str, value: &str) -> Self {
        self.settings.push(format!("{name}={value}"));
        self
    }

    /// The command, which ends by itself in any case.
    pub fn command(&self) -> Command {
        let mut command = Command::new("timeout");
        command.args(["60", "kcat", "-b", &self.brokers]).env("LD_LIBRARY_PATH", TOOLS).stdin(Stdio::null());
        for setting in &self.settings {
            command.args(["-X", setting]);
        }
        command
    }

    fn output<S: AsRef<OsStr>>(&self, words: impl IntoIterator<Item = S>) -> Output {
        self.command().args(words).output().expect("kcat")
    }

    fn must<S: AsRef<OsStr>>(&self, words: impl IntoIterator<Item = S>) -> Vec<u8> {
        let output = self.output(words);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "kcat: {}: {said}", output.status);
        output.stdout
    }

    /// What kcat says of a cluster that it cannot get to, or that does not let it in.
    pub fn refusal(&self) -> String {
        let output = self.output(["-L", "-m", "5"]);
        assert!(!output.status.success(), "let in: {}", String::from_utf8_lossy(&output.stdout));
        String::from_utf8_lossy(&output.stderr).into_owned()
    }

    pub fn wait_until_answered(&self) {
        wait_for("an answer to kcat", || self.output(["-L", "-m", "5"]).status.success().then_some(()));
    }

    /// What the cluster tells of the partitions of a topic.
    fn told(&self, topic: &str) -> Vec<serde_json::Value> {
        let mut told: serde_json::Value =
            serde_json::from_slice(&self.must(["-L", "-J", "-m", "20", "-t", topic])).expect("JSON");
        serde_json::from_value(told["topics"][0]["partitions"].take()).expect("partitions")
    }

    /// The partitions of a topic.
    pub fn partitions(&self, topic: &str) -> Vec<i64> {
        self.told(topic).iter().map(|told| told["partition"].as_i64().expect("a number")).collect()
    }

    /// The broker that leads a partition.
    pub fn leader(&self, topic: &str, partition: usize) -> i64 {
        self.told(topic)[partition]["leader"].as_i64().expect("a number")
    }

    /// Writes values to a topic, each with this key and these headers, and waits until they are acknowledged. Without a partition
    /// the key says which. No key or header may have a NUL byte in it, and no value may be empty: kcat cannot.
    pub fn produce(
        &self,
        topic: &str,
        partition: Option<i32>,
        key: Option<&str>,
        headers: &[(&str, &[u8])],
        values: &[&[u8]],
    ) {
        let folder = tempfile::tempdir().expect("a folder for values");
        let mut words: Vec<OsString> = ["-P", "-t", topic].map(OsString::from).to_vec();
        if let Some(partition) = partition {
            words.extend(["-p".into(), partition.to_string().into()]);
        }
        if let Some(key) = key {
            words.extend(["-k".into(), key.into()]);
        }
        for (name, value) in headers {
            let header = [name.as_bytes(), b"=", value].concat();
            words.extend(["-H".into(), OsStr::from_bytes(&header).to_owned()]);
        }
        for (number, value) in values.iter().enumerate() {
            let file = folder.path().join(number.to_string());
            fs::write(&file, value).expect("a file for a value");
            words.push(file.into());
        }
        self.must(words);
    }

    /// The headers of all records of a partition, whole: kcat ends each with its first NUL byte.
    pub fn whole_headers(&self, topic: &str, partition: i32) -> Vec<Vec<(String, Vec<u8>)>> {
        let home = Home::bare();
        let program = home.file("headers").display().to_string();
        home.output("cc", &["-Wall", "-Wextra", "-Werror", "-o", &program, HEADERS, "-lrdkafka"]);
        let mut command = home.command(&program);
        command.args([&self.brokers, topic, &partition.to_string()]).env("LD_LIBRARY_PATH", TOOLS);
        let output = command.output().expect("the program");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).expect("text"), 16).expect("a byte");
        let bytes = |text: &str| text.as_bytes().chunks(2).map(byte).collect();
        let line = |line: &str| {
            let words: Vec<&str> = line.split_whitespace().collect();
            words.chunks(2).map(|words| (words[0].to_owned(), bytes(words[1]))).collect()
        };
        String::from_utf8(output.stdout).expect("text").lines().map(line).collect()
    }

    /// All records of a partition, from its first to its present end.
    pub fn consume(&self, topic: &str, partition: i32) -> Vec<Record> {
        records(&self.must(["-C", "-e", "-o", "beginning", "-t", topic, "-p", &partition.to_string(), "-f", FORMAT]))
    }

    /// The offset that the next record of a partition gets. (Asked for it, tansu forgets all records of the last batch but one.)
    pub fn end(&self, topic: &str, partition: i32) -> i64 {
        let output = self.output(["-C", "-e", "-o", "beginning", "-t", topic, "-p", &partition.to_string()]);
        let said = String::from_utf8_lossy(&output.stderr);
        let end = said
            .lines()
            .find_map(|line| line.split_once("Reached end of topic")?.1.split_once("at offset ")?.1.split(':').next());
        end.and_then(|end| end.parse().ok()).unwrap_or_else(|| panic!("no end: {said}"))
    }
}

/// What kcat printed in our format.
fn records(mut printed: &[u8]) -> Vec<Record> {
    let mut records = Vec::new();
    while !printed.is_empty() {
        let mut number = || -> i64 {
            let end = printed.iter().position(|byte| *byte == b' ').expect("a number");
            let text = std::str::from_utf8(&printed[..end]).expect("a number");
            printed = &printed[end + 1..];
            text.parse().expect("a number")
        };
        let (partition, offset, timestamp, key, value) = (number(), number(), number(), number(), number());
        let mut take = |length: i64| {
            let (taken, rest) = printed.split_at(usize::try_from(length).unwrap_or(0));
            printed = rest;
            taken.to_vec()
        };
        let (key, value) = ((key >= 0).then(|| take(key)), take(value));
        let end = printed.windows(END.len()).position(|window| window == END).expect("the end of a record");
        records.push(Record {
            partition: partition as i32,
            offset,
            timestamp,
            key,
            value,
            headers: headers(&printed[..end]),
        });
        printed = &printed[end + END.len()..];
    }
    records
}

/// `name=value,name=value`: a comma is between two if a name follows it, for values may have commas in them.
fn headers(mut printed: &[u8]) -> Vec<(String, Vec<u8>)> {
    let is_name = |text: &[u8]| {
        let name = text.split(|byte| *byte == b'=').next().unwrap_or_default();
        name.len() < text.len()
            && !name.is_empty()
            && name.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
    };
    let mut headers = Vec::new();
    while !printed.is_empty() {
        let equals = printed.iter().position(|byte| *byte == b'=').expect("a header's name");
        let name = String::from_utf8(printed[..equals].to_vec()).expect("a header's name");
        let rest = &printed[equals + 1..];
        let end = (0..rest.len()).find(|at| rest[*at] == b',' && is_name(&rest[at + 1..])).unwrap_or(rest.len());
        headers.push((name, rest[..end].to_vec()));
        printed = rest.get(end + 1..).unwrap_or_default();
    }
    headers
}
