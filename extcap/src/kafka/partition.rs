//! Reading a topic's partitions, each by a task of its own, through whatever happens to their brokers.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use chrono::DateTime;
use rskafka::client::Client;
use rskafka::client::error::{Error, ProtocolError};
use rskafka::client::partition::{OffsetAt, PartitionClient, UnknownTopicHandling};
use rskafka::record::RecordAndOffset;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::consumer::Consume;
use super::merge::Batch;
use super::message::Message;
use super::wake::Waker;
use super::{Start, reason};

/// Fetches of a partition that may wait for the capture loop.
const FETCHES: usize = 2;

/// Bytes of a fetch; brokers send a single larger batch all the same.
const FETCH: i32 = 1024 * 1024;

/// How long a broker may wait for something new before it answers.
const WAIT: Duration = Duration::from_millis(500);

/// A partition that has not answered by then is not waited for by the others.
const LATE: Duration = Duration::from_secs(1);

/// A broker that has not answered by then is given up: its connection may be a dead one.
const ANSWER: Duration = Duration::from_secs(30);

/// A pause after an answer with nothing in it that came at once.
const PAUSE: Duration = Duration::from_millis(50);

/// How long to wait before trying again: the first time, and at most.
const AGAIN: [Duration; 2] = [Duration::from_millis(100), Duration::from_secs(5)];

/// Waits before trying again, longer each time.
#[derive(Debug)]
pub struct Again(Duration);

impl Default for Again {
    fn default() -> Self {
        Again(AGAIN[0])
    }
}

impl Again {
    pub async fn wait(&mut self) {
        sleep(self.0).await;
        self.0 = (self.0 * 2).min(AGAIN[1]);
    }
}

/// How often it is looked for partitions that were added.
const LOOK: Duration = Duration::from_secs(60);

/// What happens.
#[derive(Debug)]
pub enum Event {
    /// There is one more partition.
    Found(i32),
    /// What a fetch brought, without `other` messages that are no datagrams.
    Batch { partition: i32, batch: Batch, other: u64 },
    /// The partition's broker does not answer.
    Late(i32),
    /// What was to be read next is there no longer.
    Lost { partition: i32, messages: u64 },
    /// Nothing can be read any more.
    Failed(String),
}

/// The way to the capture loop.
#[derive(Debug)]
pub struct News {
    pub sender: Sender<Event>,
    pub waker: Waker,
}

impl News {
    fn tell(&self, event: Event) {
        // A loop that is gone needs no telling.
        if self.sender.send(event).is_ok() {
            self.waker.wake();
        }
    }
}

/// What all partitions are read by.
#[derive(Debug)]
pub struct Reader {
    pub consume: Arc<Consume>,
    pub news: News,
}

impl Reader {
    /// Reads these partitions, and those that are added.
    pub async fn read_all(self, client: Client, partitions: Vec<i32>) {
        let (reader, client) = (Arc::new(self), Arc::new(client));
        let mut known: BTreeSet<i32> = partitions.iter().copied().collect();
        let mut tasks = JoinSet::new();
        for partition in partitions {
            tasks.spawn(Task::new(&reader, &client, partition, reader.consume.start).run());
        }
        loop {
            sleep(LOOK).await;
            // One that can't be asked now can be asked next time.
            let Ok(found) = reader.consume.connection.partitions(&client).await else { continue };
            for partition in found.into_iter().filter(|id| reader.consume.partitions.contains(*id)) {
                if known.insert(partition) {
                    tracing::info!("Kafka: partition {partition} was added");
                    reader.news.tell(Event::Found(partition));
                    // All that is in it is new.
                    tasks.spawn(Task::new(&reader, &client, partition, Start::Earliest).run());
                }
            }
        }
    }
}

/// A partition that is read.
struct Task {
    reader: Arc<Reader>,
    client: Arc<Client>,
    partition: i32,
    start: Start,
    /// The offset to read next, once it is known.
    next: Option<i64>,
    /// Messages of before this time, in milliseconds, are passed over: offsets are found only roughly by time.
    not_before: i64,
    room: Arc<Semaphore>,
}

impl Task {
    fn new(reader: &Arc<Reader>, client: &Arc<Client>, partition: i32, start: Start) -> Self {
        let (reader, client) = (Arc::clone(reader), Arc::clone(client));
        let start = match start {
            Start::Ago(time) => {
                let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                Start::At(now.saturating_sub(time).as_millis() as i64)
            }
            other => other,
        };
        let not_before = if let Start::At(time) = start { time } else { i64::MIN };
        Task { reader, client, partition, start, next: None, not_before, room: Arc::new(Semaphore::new(FETCHES)) }
    }

    /// Reads on and on; whatever fails is told, and tried again.
    async fn run(mut self) {
        let (mut again, mut failures) = (Again::default(), 0_u32);
        let partition = self.partition;
        loop {
            let error = match self.read(&mut failures).await {
                Ok(never) => match never {},
                Err(error) => error,
            };
            if failures == 0 {
                again = Again::default();
            }
            failures += 1;
            if is_final(&error) {
                self.reader.news.tell(Event::Failed(format!("Kafka: partition {partition}: {}", reason(&error))));
                return;
            }
            if failures == 1 {
                tracing::warn!("Kafka: partition {partition}: {}; trying again", reason(&error));
            }
            self.reader.news.tell(Event::Late(partition));
            again.wait().await;
            // What the client knows of brokers may be as old as its connections.
            match self.reader.consume.connection.open().await {
                Ok(client) => self.client = Arc::new(client),
                Err(what) => tracing::debug!("Kafka: {what}; trying again"),
            }
        }
    }

    /// Reads until something fails. `failures` is set to none once something was read.
    async fn read(&mut self, failures: &mut u32) -> Result<std::convert::Infallible, Error> {
        let topic = self.reader.consume.connection.topic.name.clone();
        let client = self.client.partition_client(topic, self.partition, UnknownTopicHandling::Error);
        let client = in_time(client).await?;
        let mut next = if let Some(next) = self.next {
            next
        } else {
            let first = self.first(&client).await?;
            tracing::info!("Kafka: partition {}: from offset {first} on", self.partition);
            first
        };
        loop {
            self.next = Some(next);
            let Ok(room) = Arc::clone(&self.room).acquire_owned().await else { unreachable!("it is never closed") };
            let asked = Instant::now();
            let (records, end) = match self.fetch(&client, next).await {
                Ok(fetched) => fetched,
                Err(error) if protocol_error(&error) == Some(ProtocolError::OffsetOutOfRange) => {
                    next = self.still_there(&client, next).await?;
                    continue;
                }
                Err(error) => return Err(error),
            };
            if *failures > 0 {
                tracing::info!("Kafka: partition {}: reading on", self.partition);
                *failures = 0;
            }
            next = records.last().map_or(next, |last| last.offset + 1);
            let is_empty = records.is_empty();
            // What is left then is none of ours, such as the marks of transactions: nobody need wait for it.
            let end = if is_empty { next } else { end };
            self.hand_over(records, next, end, room);
            if is_empty && asked.elapsed() < PAUSE {
                sleep(PAUSE).await;
            }
        }
    }

    /// Fetches what comes next. If that takes long the others are told to go on.
    async fn fetch(&self, client: &PartitionClient, next: i64) -> Result<(Vec<RecordAndOffset>, i64), Error> {
        let fetch = in_time(client.fetch_records(next, 1..FETCH, WAIT.as_millis() as i32));
        tokio::pin!(fetch);
        if let Ok(fetched) = timeout(LATE, &mut fetch).await {
            return fetched;
        }
        self.reader.news.tell(Event::Late(self.partition));
        fetch.await
    }

    /// The offset to begin with.
    async fn first(&self, client: &PartitionClient) -> Result<i64, Error> {
        let at = match self.start {
            Start::Latest => OffsetAt::Latest,
            Start::Earliest => OffsetAt::Earliest,
            // What was sent later than it was received stands later, too.
            Start::At(time) => OffsetAt::Timestamp(DateTime::from_timestamp_millis(time).unwrap_or_default()),
            Start::Ago(_) => unreachable!("it is a time by now"),
        };
        let offset = in_time(client.get_offset(at)).await?;
        // Nothing is as new as that.
        if offset < 0 { in_time(client.get_offset(OffsetAt::Latest)).await } else { Ok(offset) }
    }

    /// The offset to go on with where what stood at `next` is deleted; or all of it was, and the topic begins anew.
    async fn still_there(&self, client: &PartitionClient, next: i64) -> Result<i64, Error> {
        let earliest = in_time(client.get_offset(OffsetAt::Earliest)).await?;
        let messages = u64::try_from(earliest - next).unwrap_or(0);
        if messages > 0 {
            self.reader.news.tell(Event::Lost { partition: self.partition, messages });
        } else {
            tracing::warn!("Kafka: partition {} begins anew", self.partition);
        }
        Ok(earliest)
    }

    fn hand_over(&self, records: Vec<RecordAndOffset>, next: i64, end: i64, room: tokio::sync::OwnedSemaphorePermit) {
        let mut other = 0;
        let mut message = |record: RecordAndOffset| {
            if record.record.timestamp.timestamp_millis() < self.not_before {
                return None;
            }
            let message = Message::read(record.record, self.reader.consume.format);
            other += u64::from(message.is_none());
            message
        };
        let messages = records.into_iter().filter_map(&mut message).collect();
        let batch = Batch { messages, next, end, _room: Some(room) };
        self.reader.news.tell(Event::Batch { partition: self.partition, batch, other });
    }
}

/// A call that a broker must answer some time.
pub async fn in_time<T>(call: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    match timeout(ANSWER, call).await {
        Ok(result) => result,
        Err(_) => Err(Error::InvalidResponse(format!("no answer within {} seconds", ANSWER.as_secs()))),
    }
}

pub fn protocol_error(error: &Error) -> Option<ProtocolError> {
    match error {
        Error::ServerError { protocol_error, .. } => Some(*protocol_error),
        _ => None,
    }
}

/// Whether trying again is no use: we may not read this.
fn is_final(error: &Error) -> bool {
    matches!(
        protocol_error(error),
        Some(
            ProtocolError::TopicAuthorizationFailed
                | ProtocolError::ClusterAuthorizationFailed
                | ProtocolError::SaslAuthenticationFailed
                | ProtocolError::UnsupportedSaslMechanism
                | ProtocolError::InvalidTopicException
        )
    )
}
