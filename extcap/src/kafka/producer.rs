//! Writing to a partition: one request at a time, with all that has come meanwhile.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use rskafka::client::Client;
use rskafka::client::error::{Error, ProtocolError};
use rskafka::client::partition::{PartitionClient, UnknownTopicHandling};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::sleep;

use super::partition::{Again, in_time, protocol_error};
use super::publisher::{Counts, Publish, Waiting};
use super::{message, reason};

/// Bytes of a request, before they are compressed: brokers take a mebibyte, if they are not told otherwise.
const REQUEST: usize = 900 * 1024;

/// Bytes that requests are no smaller than for all, whatever a broker refuses.
const LEAST: usize = 64 * 1024;

/// Datagrams of a request.
const MOST: usize = 10_000;

/// How long datagrams wait for others: an agent that sends alone is soon in Kafka, and many make few requests.
const LINGER: Duration = Duration::from_millis(10);

pub struct Producer {
    publish: Arc<Publish>,
    client: Arc<Client>,
    partition: i32,
    /// Its place among those that are written to.
    lane: usize,
    connected: Option<PartitionClient>,
    /// Bytes of a request that the broker takes, as far as is known.
    most: usize,
    counts: Arc<Counts>,
}

impl Producer {
    pub fn new(publish: Arc<Publish>, client: Arc<Client>, partition: i32, lane: usize, counts: Arc<Counts>) -> Self {
        Producer { publish, client, partition, lane, connected: None, most: REQUEST, counts }
    }

    /// Writes what comes until there is no more.
    pub async fn run(mut self, mut waiting: UnboundedReceiver<Waiting>) {
        let mut datagrams = Vec::new();
        while !datagrams.is_empty() || waiting.recv_many(&mut datagrams, MOST).await > 0 {
            if fitting(&datagrams, self.most) == datagrams.len() && !waiting.is_closed() {
                sleep(LINGER).await;
            }
            while datagrams.len() < MOST {
                let Ok(next) = waiting.try_recv() else { break };
                datagrams.push(next);
            }
            let request = datagrams.drain(..fitting(&datagrams, self.most)).collect::<Vec<_>>();
            self.write(&request).await;
        }
    }

    /// Writes these, in as many requests as the broker wants.
    async fn write(&mut self, mut datagrams: &[Waiting]) {
        let mut most = self.most;
        let mut again = Again::default();
        let mut is_told = false;
        while !datagrams.is_empty() {
            let (request, rest) = datagrams.split_at(fitting(datagrams, most));
            let error = match self.request(request).await {
                Ok(()) => {
                    self.counts.published.fetch_add(request.len() as u64, Ordering::Relaxed);
                    self.release(request);
                    if std::mem::take(&mut is_told) {
                        tracing::info!("Kafka: partition {}: writing on", self.partition);
                    }
                    datagrams = rest;
                    most = self.most;
                    again = Again::default();
                    continue;
                }
                Err(error) => error,
            };
            let partition = self.partition;
            match protocol_error(&error) {
                // One of them, or all together: the others are not to suffer.
                Some(kind) if is_of_messages(kind) && request.len() > 1 => {
                    most = size(request) / 2;
                    if is_too_large(kind) {
                        // The next need not be tried in vain.
                        self.most = most.max(LEAST);
                    }
                }
                Some(kind) if is_of_messages(kind) || is_final(kind) => {
                    let count = request.len();
                    tracing::warn!("Kafka: partition {partition}: {count} datagrams are refused: {}", reason(&error));
                    self.counts.refused.fetch_add(count as u64, Ordering::Relaxed);
                    self.release(request);
                    datagrams = rest;
                    most = self.most;
                }
                _ => {
                    if !std::mem::replace(&mut is_told, true) {
                        tracing::warn!("Kafka: partition {partition}: {}; trying again", reason(&error));
                    }
                    self.connected = None;
                    again.wait().await;
                    match self.publish.connection.open().await {
                        Ok(client) => self.client = Arc::new(client),
                        Err(what) => tracing::debug!("Kafka: {what}; trying again"),
                    }
                }
            }
        }
    }

    async fn request(&mut self, datagrams: &[Waiting]) -> Result<(), Error> {
        let Publish { connection, format, .. } = &*self.publish;
        let connected = if let Some(connected) = self.connected.take() {
            connected
        } else {
            let topic = connection.topic.name.clone();
            in_time(self.client.partition_client(topic, self.partition, UnknownTopicHandling::Error)).await?
        };
        let record = |waiting: &Waiting| message::write(&waiting.received(), waiting.key, *format);
        let records = datagrams.iter().map(record).collect();
        let outcome = in_time(connected.produce(records, connection.properties.compression)).await;
        self.connected = Some(connected);
        outcome.map(|_offsets| ())
    }

    /// Gives back the room of datagrams that are done with.
    fn release(&self, datagrams: &[Waiting]) {
        self.counts.release(self.lane, size(datagrams));
    }
}

fn size(datagrams: &[Waiting]) -> usize {
    datagrams.iter().map(Waiting::size).sum()
}

/// How many datagrams fit into so many bytes; at least one.
fn fitting(datagrams: &[Waiting], bytes: usize) -> usize {
    let mut sum = 0;
    let more = datagrams.iter().take_while(|datagram| {
        sum += datagram.size();
        sum <= bytes
    });
    more.count().max(1).min(datagrams.len())
}

/// Whether it is messages that are refused.
fn is_of_messages(error: ProtocolError) -> bool {
    is_too_large(error)
        || matches!(
            error,
            ProtocolError::InvalidRecord | ProtocolError::InvalidTimestamp | ProtocolError::PolicyViolation
        )
}

fn is_too_large(error: ProtocolError) -> bool {
    matches!(error, ProtocolError::MessageTooLarge | ProtocolError::RecordListTooLarge)
}

/// Whether sending anything again is no use.
fn is_final(error: ProtocolError) -> bool {
    matches!(
        error,
        ProtocolError::UnsupportedForMessageFormat
            | ProtocolError::UnsupportedCompressionType
            | ProtocolError::TopicAuthorizationFailed
            | ProtocolError::ClusterAuthorizationFailed
            | ProtocolError::InvalidTopicException
    )
}
