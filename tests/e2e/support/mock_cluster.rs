//! A cluster of three brokers whose partitions can be moved, and whose brokers can go: librdkafka's mock.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use super::Home;
use super::broker::TOOLS;
use super::kcat::Kcat;

const SOURCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/e2e/support/mock_cluster.c");

/// The cluster. What it was given is gone with it.
#[derive(Debug)]
pub struct MockCluster {
    child: Child,
    commands: ChildStdin,
    answers: BufReader<ChildStdout>,
    brokers: String,
    _home: Home,
}

impl MockCluster {
    /// Builds and starts a cluster with one topic.
    pub fn start(topic: &str, partitions: u32) -> Self {
        let home = Home::bare();
        let program = home.file("mock_cluster").display().to_string();
        // Built with Debian's header, and run with the library that kcat runs with.
        home.output("cc", &["-Wall", "-Wextra", "-Werror", "-o", &program, SOURCE, "-lrdkafka"]);
        let mut command = Command::new(program);
        command.args([topic, &partitions.to_string()]).env("LD_LIBRARY_PATH", TOOLS);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the cluster");
        let commands = child.stdin.take().expect("a pipe");
        let answers = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut cluster = MockCluster { child, commands, answers, brokers: String::new(), _home: home };
        cluster.brokers = cluster.answer();
        cluster
    }

    fn answer(&mut self) -> String {
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("an answer of the cluster");
        line.trim_end().to_owned()
    }

    fn tell(&mut self, command: &str) {
        writeln!(self.commands, "{command}").expect("a cluster that listens");
        assert_eq!(self.answer(), "done", "{command}");
    }

    /// Where clients connect: the brokers, with commas between.
    pub fn address(&self) -> &str {
        &self.brokers
    }

    /// The address of each broker: the first has number 1.
    pub fn addresses(&self) -> Vec<&str> {
        self.brokers.split(',').collect()
    }

    pub fn kcat(&self) -> Kcat {
        Kcat::to(&self.brokers)
    }

    /// Makes a broker the leader of a partition.
    pub fn lead(&mut self, partition: i32, broker: i64) {
        self.tell(&format!("lead {partition} {broker}"));
    }

    /// Closes a broker's connections, and lets nobody connect to it.
    pub fn down(&mut self, broker: i64) {
        self.tell(&format!("down {broker}"));
    }

    pub fn up(&mut self, broker: i64) {
        self.tell(&format!("up {broker}"));
    }

    /// Answers the next so many requests to write something with an error of Kafka's protocol.
    pub fn refuse(&mut self, error: i16, count: u32) {
        self.tell(&format!("refuse {count} {error}"));
    }
}

impl Drop for MockCluster {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}
