//! `--publish`: datagrams on their way into a topic.
//!
//! The capture thread copies each into a chunk; a second thread writes them to their partitions, one request of each at a time, so
//! that the order of an agent's datagrams stays. What a broker has not acknowledged is sent again, and again: a datagram is in
//! Kafka once or more. Meanwhile others wait in bounded memory; when that is full, new ones are not taken, and counted.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use rskafka::client::Client;
use sflowcap::capture::Received;
use sflowcap::select::Selection;
use tokio::runtime::Runtime;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinSet;

use super::message::{self, Format};
use super::partitioner::partition;
use super::producer::Producer;
use super::{Connection, runtime};
use crate::Failure;

/// How long what waits at the end may take.
const LAST: Duration = Duration::from_secs(10);

/// Bytes that a recording hands over at once.
const CHUNK: usize = 64 * 1024;

/// What a datagram needs besides its bytes, in memory and in a request.
const OVERHEAD: usize = 96;

/// What is published, and where.
#[derive(Clone, Debug)]
pub struct Publish {
    pub connection: Connection,
    pub format: Format,
    /// Bytes that may wait for Kafka.
    pub backlog: usize,
    /// What comes can wait until there is room, so that none of it is left out.
    pub is_patient: bool,
}

/// Datagrams that came together.
#[derive(Debug, Default)]
pub struct Chunk {
    bytes: Vec<u8>,
    datagrams: Vec<Datagram>,
}

#[derive(Clone, Copy, Debug)]
struct Datagram {
    timestamp: u64,
    sender: IpAddr,
    key: IpAddr,
    start: usize,
    end: usize,
}

impl Chunk {
    fn push(&mut self, received: &Received<'_>, key: IpAddr) {
        let Received { timestamp, sender, bytes } = *received;
        let start = self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        self.datagrams.push(Datagram { timestamp, sender, key, start, end: self.bytes.len() });
    }

    fn received(&self, place: usize) -> Received<'_> {
        let Datagram { timestamp, sender, start, end, .. } = self.datagrams[place];
        Received { timestamp, sender, bytes: &self.bytes[start..end] }
    }

    /// A chunk for each partition: memory goes when its own partition has taken what is in it, whatever the others do.
    fn split(self, partitions: usize) -> Vec<Chunk> {
        if partitions == 1 {
            return vec![self];
        }
        let mut parts: Vec<Chunk> = std::iter::repeat_with(Chunk::default).take(partitions).collect();
        let mut text = String::new();
        for (place, Datagram { key, .. }) in self.datagrams.iter().enumerate() {
            message::write_key(*key, &mut text);
            parts[partition(text.as_bytes(), partitions)].push(&self.received(place), *key);
        }
        for part in &mut parts {
            part.bytes.shrink_to_fit();
            part.datagrams.shrink_to_fit();
        }
        parts
    }
}

/// A datagram in a chunk.
#[derive(Clone, Debug)]
pub struct Waiting {
    chunk: Arc<Chunk>,
    place: usize,
}

impl Waiting {
    pub fn key(&self) -> IpAddr {
        self.chunk.datagrams[self.place].key
    }

    pub fn received(&self) -> Received<'_> {
        self.chunk.received(self.place)
    }

    /// The bytes of memory that it takes.
    pub fn size(&self) -> usize {
        self.received().bytes.len() + OVERHEAD
    }
}

/// What became of datagrams.
#[derive(Debug, Default)]
pub struct Counts {
    /// Bytes that wait.
    pub waiting: AtomicUsize,
    /// Datagrams that Kafka acknowledged.
    pub published: AtomicU64,
    /// Datagrams that it refused for good.
    pub refused: AtomicU64,
}

/// Puts datagrams into a topic.
#[derive(Debug)]
pub struct Publisher {
    topic: String,
    backlog: usize,
    is_patient: bool,
    chunk: Chunk,
    chunks: Option<UnboundedSender<Chunk>>,
    thread: Option<Thread>,
    ended: Receiver<()>,
    counts: Arc<Counts>,
    /// Datagrams that were taken, that there was no room for, and what is no sFlow.
    taken: u64,
    left_out: u64,
    other: u64,
    /// When it was last told that there is no room.
    told: Option<Instant>,
}

/// What the thread takes with it.
#[derive(Debug)]
struct Thread {
    runtime: Runtime,
    client: Client,
    partitions: Vec<i32>,
    publish: Arc<Publish>,
    chunks: UnboundedReceiver<Chunk>,
    end: std::sync::mpsc::Sender<()>,
}

impl Publisher {
    /// Connects, and looks the topic up.
    ///
    /// # Errors
    /// When no broker lets us in, or there is no such topic.
    pub fn open(publish: &Publish) -> Result<Self, Failure> {
        let topic = &publish.connection.topic;
        let runtime = runtime()?;
        let (client, mut partitions) = runtime
            .block_on(async {
                let client = publish.connection.open().await?;
                let partitions = publish.connection.partitions(&client).await?;
                Ok((client, partitions))
            })
            .map_err(|what: String| Failure::new(format!("--publish: {topic}: {what}")))?;
        if partitions.is_empty() {
            return Err(Failure::new(format!("--publish: {topic}: the topic has no partitions")));
        }
        partitions.sort_unstable();
        let (sender, chunks) = unbounded_channel();
        let (end, ended) = channel();
        let (topic, count) = (topic.to_string(), partitions.len());
        tracing::info!("publishing to {topic}, {count} partitions");
        let publish = Arc::new(publish.clone());
        Ok(Publisher {
            topic,
            backlog: publish.backlog,
            is_patient: publish.is_patient,
            chunk: Chunk::default(),
            chunks: Some(sender),
            thread: Some(Thread { runtime, client, partitions, publish, chunks, end }),
            ended,
            counts: Arc::default(),
            taken: 0,
            left_out: 0,
            other: 0,
            told: None,
        })
    }

    /// Starts writing, in a thread that can do what this one can by now.
    pub fn start(&mut self) {
        if let Some(thread) = self.thread.take() {
            let counts = Arc::clone(&self.counts);
            thread::spawn(move || thread.run(&counts));
        }
    }

    /// Whether there is no room for more.
    pub fn is_full(&self) -> bool {
        self.counts.waiting.load(Ordering::Relaxed) >= self.backlog
    }

    /// Takes a datagram, if it is of one of the selected agents and there is room. For one that can wait there is: the rest of a
    /// batch, which was begun when there was.
    pub fn datagram(&mut self, received: &Received<'_>, selection: &Selection) {
        let Ok(datagram) = sflowcap::Datagram::parse(received.bytes) else {
            self.other += 1;
            return;
        };
        let key = message::key(&datagram, received.sender);
        if !selection.agents.contains(key) || !selection.senders.contains(received.sender.to_canonical()) {
            return;
        }
        if !self.is_patient && self.is_full() {
            self.left_out += 1;
            self.tell_full();
            return;
        }
        self.taken += 1;
        self.counts.waiting.fetch_add(received.bytes.len() + OVERHEAD, Ordering::Relaxed);
        self.chunk.push(received, key);
    }

    /// Hands over what was taken, once it is enough to be worth it.
    pub fn flush_full(&mut self) {
        if self.chunk.bytes.len() >= CHUNK {
            self.flush();
        }
    }

    /// Hands over what was taken.
    pub fn flush(&mut self) {
        if self.chunk.datagrams.is_empty() {
            return;
        }
        let room = Chunk {
            bytes: Vec::with_capacity(self.chunk.bytes.len()),
            datagrams: Vec::with_capacity(self.chunk.datagrams.len()),
        };
        let chunk = std::mem::replace(&mut self.chunk, room);
        if let Some(chunks) = &self.chunks {
            // A thread that is gone has told why; what it leaves is counted as not taken.
            _ = chunks.send(chunk);
        }
    }

    #[cold]
    fn tell_full(&mut self) {
        if self.told.is_none_or(|told| told.elapsed() >= Duration::from_secs(1)) {
            self.told = Some(Instant::now());
            tracing::warn!("Kafka does not keep up: {} datagrams were not taken", self.left_out);
        }
    }

    /// Lets Kafka take what waits, for some time.
    pub fn end(&mut self) {
        self.start();
        self.flush();
        self.chunks = None;
        // What it has not taken by then is counted.
        _ = self.ended.recv_timeout(LAST);
    }

    pub fn log(&self) {
        // Nobody waits any more after the end.
        let is_late = self.chunks.is_none() && self.unacknowledged() > 0;
        if is_late || self.left_out > 0 || self.counts.refused.load(Ordering::Relaxed) > 0 {
            tracing::warn!("{self}");
        } else {
            tracing::info!("{self}");
        }
    }

    fn unacknowledged(&self) -> u64 {
        let done = [&self.counts.published, &self.counts.refused].map(|count| count.load(Ordering::Relaxed));
        self.taken.saturating_sub(done.iter().sum())
    }
}

impl fmt::Display for Publisher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unacknowledged = self.unacknowledged();
        let [published, refused] =
            [&self.counts.published, &self.counts.refused].map(|count| count.load(Ordering::Relaxed));
        write!(f, "{published} datagrams published to {}", self.topic)?;
        for (count, what) in [
            (unacknowledged, "not acknowledged"),
            (refused, "refused"),
            (self.left_out, "not taken, for Kafka did not keep up"),
            (self.other, "left out, for they are no sFlow"),
        ] {
            if count > 0 {
                write!(f, ", {count} {what}")?;
            }
        }
        Ok(())
    }
}

impl Thread {
    fn run(self, counts: &Arc<Counts>) {
        let Thread { runtime, client, partitions, publish, mut chunks, end } = self;
        runtime.block_on(async move {
            let client = Arc::new(client);
            let mut producers = JoinSet::new();
            let queues: Vec<UnboundedSender<Waiting>> = partitions
                .iter()
                .map(|partition| {
                    let (queue, waiting) = unbounded_channel();
                    let (publish, client, counts) = (Arc::clone(&publish), Arc::clone(&client), Arc::clone(counts));
                    producers.spawn(Producer::new(publish, client, *partition, counts).run(waiting));
                    queue
                })
                .collect();
            while let Some(chunk) = chunks.recv().await {
                for (queue, chunk) in queues.iter().zip(chunk.split(queues.len())) {
                    let chunk = Arc::new(chunk);
                    for place in 0..chunk.datagrams.len() {
                        // Producers end only when there is nothing more to come.
                        _ = queue.send(Waiting { chunk: Arc::clone(&chunk), place });
                    }
                }
            }
            drop(queues);
            while producers.join_next().await.is_some() {}
        });
        // Nobody may be there to be told.
        _ = end.send(());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_split_by_partition_in_order_and_hold_no_more_than_their_own() {
        let mut chunk = Chunk::default();
        let keys: Vec<IpAddr> = (1..=20).map(|host| IpAddr::from([10, 0, 0, host])).collect();
        for number in 0..200_u8 {
            let bytes = vec![number; 100 + usize::from(number)];
            let received = Received { timestamp: number.into(), sender: keys[0], bytes: &bytes };
            chunk.push(&received, keys[usize::from(number) % keys.len()]);
        }
        let parts = chunk.split(3);
        assert_eq!(parts.iter().map(|part| part.datagrams.len()).sum::<usize>(), 200);
        for (place, part) in parts.iter().enumerate() {
            assert!(!part.datagrams.is_empty() && part.datagrams.is_sorted_by_key(|datagram| datagram.timestamp));
            assert_eq!(part.bytes.capacity(), part.bytes.len());
            for (at, datagram) in part.datagrams.iter().enumerate() {
                let number = datagram.timestamp as u8;
                assert_eq!(datagram.key, keys[usize::from(number) % keys.len()]);
                assert_eq!(partition(datagram.key.to_string().as_bytes(), 3), place);
                assert_eq!(part.received(at).bytes, vec![number; 100 + usize::from(number)]);
            }
        }
    }
}
