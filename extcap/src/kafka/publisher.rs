//! `--publish`: datagrams on their way into a topic.
//!
//! The capture thread copies each into a chunk; a second thread writes them to their partitions, one request of each at a time, so
//! that the order of an agent's datagrams stays. What a broker has not acknowledged is sent again, and again: a datagram is in
//! Kafka once or more. Meanwhile others wait in bounded memory; when that is full, new ones are not taken, and counted.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use rskafka::client::Client;
use sflowcap::capture::Received;
use sflowcap::select::Selection;
use tokio::runtime::Runtime;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinSet;

use super::Connection;
use super::message::{self, Format};
use super::partitioner::partition;
use super::producer::Producer;
use crate::Failure;

/// How long what waits at the end may take.
const LAST: Duration = Duration::from_secs(10);

/// Bytes that a recording hands over at once.
const CHUNK: usize = 64 * 1024;

/// What a datagram in memory needs besides its bytes.
const OVERHEAD: usize = 128;

/// A partition may hold so many times the room that is left: one that is stuck leaves room for the others.
const SHARE: usize = 8;

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
struct Chunk {
    bytes: Vec<u8>,
    datagrams: Vec<Place>,
}

/// Where a datagram stands in a chunk, and what is known of it.
#[derive(Clone, Copy, Debug)]
struct Place {
    timestamp: u64,
    sender: IpAddr,
    key: IpAddr,
    /// The place of its partition.
    lane: usize,
    start: usize,
    end: usize,
}

/// A datagram that waits for its partition.
#[derive(Debug)]
pub struct Waiting {
    timestamp: u64,
    sender: IpAddr,
    pub key: IpAddr,
    /// Of its own: a partition that is stuck keeps nothing of others.
    bytes: Box<[u8]>,
}

impl Waiting {
    pub fn received(&self) -> Received<'_> {
        Received { timestamp: self.timestamp, sender: self.sender, bytes: &self.bytes }
    }

    /// The bytes of memory that it takes.
    pub fn size(&self) -> usize {
        self.bytes.len() + OVERHEAD
    }
}

/// What became of datagrams.
#[derive(Debug, Default)]
pub struct Counts {
    /// Bytes that wait, in all and for each partition.
    waiting: AtomicUsize,
    lanes: Vec<AtomicUsize>,
    /// Datagrams that Kafka acknowledged.
    pub published: AtomicU64,
    /// Datagrams that it refused for good.
    pub refused: AtomicU64,
}

impl Counts {
    fn add(&self, lane: usize, size: usize) {
        self.waiting.fetch_add(size, Ordering::Relaxed);
        self.lanes[lane].fetch_add(size, Ordering::Relaxed);
    }

    /// Gives back room.
    pub fn release(&self, lane: usize, size: usize) {
        self.waiting.fetch_sub(size, Ordering::Relaxed);
        self.lanes[lane].fetch_sub(size, Ordering::Relaxed);
    }

    /// Datagrams that are done with.
    fn settled(&self) -> u64 {
        self.published.load(Ordering::Relaxed) + self.refused.load(Ordering::Relaxed)
    }
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
    /// A key as it is written.
    text: String,
    /// Datagrams that were taken, that there was no room for, of agents that are not selected, and what is no sFlow.
    taken: u64,
    left_out: u64,
    not_selected: u64,
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
        let failed = |what: &str| Failure::new(format!("--publish: {topic}: {what}"));
        let (runtime, client, mut partitions) = publish.connection.look_up().map_err(|what| failed(&what))?;
        if partitions.is_empty() {
            return Err(failed("the topic has no partitions"));
        }
        partitions.sort_unstable();
        let (sender, chunks) = unbounded_channel();
        let (end, ended) = channel();
        let (topic, count) = (topic.to_string(), partitions.len());
        let counts = Counts { lanes: (0..count).map(|_| AtomicUsize::new(0)).collect(), ..Counts::default() };
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
            counts: Arc::new(counts),
            text: String::new(),
            taken: 0,
            left_out: 0,
            not_selected: 0,
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

    /// Whether there is no room for a datagram of a partition.
    fn has_no_room(&self, lane: usize) -> bool {
        let left = self.backlog.saturating_sub(self.counts.waiting.load(Ordering::Relaxed));
        left == 0 || self.counts.lanes[lane].load(Ordering::Relaxed) / SHARE > left
    }

    /// Whether it is better to wait: up to here there is room for a datagram of any partition.
    pub fn is_full(&self) -> bool {
        self.counts.waiting.load(Ordering::Relaxed) > self.backlog / 2
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
            self.not_selected += 1;
            return;
        }
        message::write_key(key, &mut self.text);
        let lane = partition(self.text.as_bytes(), self.counts.lanes.len());
        if !self.is_patient && self.has_no_room(lane) {
            self.left_out += 1;
            self.tell_full();
            return;
        }
        self.taken += 1;
        self.counts.add(lane, received.bytes.len() + OVERHEAD);
        let start = self.chunk.bytes.len();
        self.chunk.bytes.extend_from_slice(received.bytes);
        let Received { timestamp, sender, .. } = *received;
        self.chunk.datagrams.push(Place { timestamp, sender, key, lane, start, end: self.chunk.bytes.len() });
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

    /// Lets Kafka take what waits, for some time. What it has not taken by then is counted.
    pub fn end(&mut self) {
        self.start();
        self.flush();
        self.chunks = None;
        _ = self.ended.recv_timeout(LAST);
    }

    /// Lets Kafka take all that waits, as long as it does take some.
    pub fn end_unhurried(&mut self, is_stopped: impl Fn() -> bool) {
        self.flush();
        self.chunks = None;
        self.start();
        let (mut settled, mut since) = (self.counts.settled(), Instant::now());
        while since.elapsed() < LAST && !is_stopped() {
            if self.ended.recv_timeout(Duration::from_millis(100)) != Err(RecvTimeoutError::Timeout) {
                return;
            }
            if self.counts.settled() != settled {
                (settled, since) = (self.counts.settled(), Instant::now());
            }
        }
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
        self.taken.saturating_sub(self.counts.settled())
    }
}

impl fmt::Display for Publisher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unacknowledged = self.unacknowledged();
        let Counts { published, refused, .. } = &*self.counts;
        let [published, refused] = [published, refused].map(|count| count.load(Ordering::Relaxed));
        write!(f, "{published} datagrams published to {}", self.topic)?;
        for (count, what) in [
            (unacknowledged, "not acknowledged"),
            (refused, "refused"),
            (self.left_out, "not taken, for Kafka did not keep up"),
            (self.not_selected, "of others than --agents"),
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
                .enumerate()
                .map(|(lane, partition)| {
                    let (queue, waiting) = unbounded_channel();
                    let (publish, client, counts) = (Arc::clone(&publish), Arc::clone(&client), Arc::clone(counts));
                    producers.spawn(Producer::new(publish, client, *partition, lane, counts).run(waiting));
                    queue
                })
                .collect();
            while let Some(Chunk { bytes, datagrams }) = chunks.recv().await {
                for Place { timestamp, sender, key, lane, start, end } in datagrams {
                    let waiting = Waiting { timestamp, sender, key, bytes: bytes[start..end].into() };
                    // Producers end only when there is nothing more to come.
                    _ = queues[lane].send(waiting);
                }
            }
            drop(queues);
            while producers.join_next().await.is_some() {}
        });
        // Nobody may be there to be told.
        _ = end.send(());
    }
}
