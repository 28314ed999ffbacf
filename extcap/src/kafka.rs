//! Kafka, where datagrams come from ([`Consumer`]) or go to ([`Publisher`]): what the collectors of a large network share.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use rskafka::BackoffConfig;
use rskafka::client::{Client, ClientBuilder};
use tokio::runtime::{Builder, Runtime};
use tokio::time::timeout;

use crate::forward::split;

mod consumer;
mod merge;
pub mod message;
mod partition;
mod partitioner;
mod partitions;
mod producer;
mod properties;
mod publisher;
mod start;
mod wake;

pub use consumer::{Consume, Consumer};
pub use partitions::Partitions;
pub use properties::Properties;
pub use publisher::{Publish, Publisher};
pub use start::Start;

/// The port that brokers listen on, if no other is given.
const BROKER_PORT: u16 = 9092;

/// How long a broker may take to answer the first question of all.
const FIRST_ANSWER: Duration = Duration::from_secs(10);

/// How long the client itself tries again, before a failure comes to us: to be told.
const CLIENT_TRIES: Duration = Duration::from_secs(2);

/// The longest frame that a broker may send.
const MAX_FRAME: usize = 64 * 1024 * 1024;

/// A topic, and brokers that know where its partitions are: `BROKER[:PORT],…/TOPIC`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topic {
    /// Each as `host:port`.
    brokers: Vec<String>,
    pub name: String,
}

impl Topic {
    /// Whether both are the same topic, as far as the brokers' names tell.
    pub fn is(&self, other: &Topic) -> bool {
        self.name == other.name && self.brokers.iter().any(|broker| other.brokers.contains(broker))
    }
}

/// Text that names no topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoTopic(String);

impl fmt::Display for NoTopic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "'{}' is not BROKER[:PORT],.../TOPIC, such as kafka1:9092,kafka2:9092/sflow", self.0)
    }
}

impl FromStr for Topic {
    type Err = NoTopic;

    fn from_str(text: &str) -> Result<Self, NoTopic> {
        let wrong = || NoTopic(text.to_owned());
        let (brokers, name) = text.rsplit_once('/').ok_or_else(wrong)?;
        // Kafka's own rule for names.
        let is_legal = |letter: u8| letter.is_ascii_alphanumeric() || matches!(letter, b'.' | b'_' | b'-');
        if !(1..=249).contains(&name.len()) || !name.bytes().all(is_legal) || matches!(name, "." | "..") {
            return Err(wrong());
        }
        let broker = |text| {
            let (host, port) = split(text, BROKER_PORT)?;
            Some(if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") })
        };
        let brokers: Option<Vec<String>> = brokers.split(',').map(str::trim).map(broker).collect();
        Ok(Topic { brokers: brokers.ok_or_else(wrong)?, name: name.to_owned() })
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.brokers.join(","), self.name)
    }
}

/// A topic, and how its brokers are spoken to.
#[derive(Clone, Debug)]
pub struct Connection {
    pub topic: Topic,
    pub properties: Properties,
}

impl Connection {
    /// Connects, and finds the topic's partitions. The runtime may go on in another thread.
    ///
    /// # Errors
    /// When no broker lets us in, or there is no such topic.
    pub fn look_up(&self) -> Result<(Runtime, Client, Vec<i32>), String> {
        let runtime = Builder::new_current_thread().enable_io().enable_time().build();
        let runtime = runtime.map_err(|error| error.to_string())?;
        let client = runtime.block_on(self.open())?;
        let partitions = runtime.block_on(self.partitions(&client))?;
        Ok((runtime, client, partitions))
    }

    /// Connects to one of the brokers.
    ///
    /// # Errors
    /// When none of them answers in time, or lets us in: with the reason.
    pub async fn open(&self) -> Result<Client, String> {
        let Connection { topic, properties } = self;
        let mut builder = ClientBuilder::new(topic.brokers.clone())
            .client_id("sflowdump")
            .max_message_size(MAX_FRAME)
            .backoff_config(BackoffConfig {
                max_backoff: Duration::from_secs(1),
                deadline: Some(CLIENT_TRIES),
                ..BackoffConfig::default()
            });
        if let Some(tls) = &properties.tls {
            builder = builder.tls_config(tls.clone());
        }
        if let Some(sasl) = &properties.sasl {
            builder = builder.sasl_config(sasl.clone());
        }
        match timeout(FIRST_ANSWER, builder.build()).await {
            Ok(client) => client.map_err(|error| reason(&error)),
            Err(_) => Err(format!("no answer within {} seconds", FIRST_ANSWER.as_secs())),
        }
    }

    /// The topic's partitions.
    ///
    /// # Errors
    /// When there is no such topic, or it cannot be asked for.
    pub async fn partitions(&self, client: &Client) -> Result<Vec<i32>, String> {
        let topics = timeout(FIRST_ANSWER, client.list_topics()).await.map_err(|_| "no answer".to_owned())?;
        let topics = topics.map_err(|error| reason(&error))?;
        let name = &self.topic.name;
        if let Some(topic) = topics.iter().find(|topic| topic.name == *name) {
            return Ok(topic.partitions.iter().copied().collect());
        }
        let names: Vec<&str> = topics.iter().map(|topic| topic.name.as_str()).take(MOST_NAMES).collect();
        let others = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
        Err(format!("there is no topic '{name}'; those that we may see: {others}"))
    }
}

/// The most names of topics in a message.
const MOST_NAMES: usize = 10;

/// What a failure says, down to its cause, in one line.
pub fn reason(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        // Many errors tell their causes themselves.
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    // The client's own retries are not what failed.
    let text = text.rsplit("Source: ").next().unwrap_or_default();
    text.replace(['\n', '\r'], " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_are_named_with_their_brokers() {
        for (text, brokers, name) in [
            ("kafka1/sflow", &["kafka1:9092"][..], "sflow"),
            (
                "kafka1:9093, 192.0.2.1,[2001:db8::1]:1,2001:db8::2/a.b_c-1",
                &["kafka1:9093", "192.0.2.1:9092", "[2001:db8::1]:1", "[2001:db8::2]:9092"],
                "a.b_c-1",
            ),
        ] {
            let brokers = brokers.iter().map(|&broker| broker.to_owned()).collect();
            assert_eq!(text.parse(), Ok(Topic { brokers, name: name.to_owned() }), "{text}");
        }
        for text in ["kafka1", "kafka1/", "/sflow", "a,,b/sflow", "a/b/c", "a:0/sflow", "a/s flow", "a/..", "a/ü", ""]
        {
            assert!(text.parse::<Topic>().unwrap_err().to_string().contains(&format!("'{text}' is not")), "{text}");
        }
    }
}
