//! The datagrams in a topic. A thread reads its partitions, each by itself; the capture loop takes what has come in the order of
//! its time, and is woken through a socket, so that it waits for Kafka as it waits for a UDP socket.
//!
//! What the loop does not take stays in Kafka: there is room here for two fetches of each partition.

use std::io;
use std::os::fd::BorrowedFd;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::thread;

use rskafka::client::Client;
use sflowcap::capture::Received;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;

use super::merge::Merge;
use super::message::{Format, Message};
use super::partition::{Event, News, Reader};
use super::wake::Wake;
use super::{Connection, Partitions, Start};
use crate::Failure;

/// Messages that are taken at once.
const BATCH: usize = 64;

/// What is read.
#[derive(Clone, Debug)]
pub struct Consume {
    pub connection: Connection,
    /// How datagrams stand in messages; found message by message if not given.
    pub format: Option<Format>,
    pub start: Start,
    pub partitions: Partitions,
}

/// What a consumer has to tell besides datagrams.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// Messages in Kafka that are still to be taken.
    pub lag: u64,
    /// Messages that are no sFlow datagrams.
    pub other: u64,
    /// Messages that Kafka deleted before they were read.
    pub lost: u64,
}

/// A topic that is read.
#[derive(Debug)]
pub struct Consumer {
    /// The thread, before it is started.
    thread: Option<Thread>,
    /// Ends it when dropped.
    _end: oneshot::Sender<()>,
    events: Receiver<Event>,
    wake: Wake,
    merge: Merge,
    current: Vec<Message>,
    status: Status,
}

/// What the thread takes with it.
#[derive(Debug)]
struct Thread {
    runtime: Runtime,
    client: Client,
    reader: Reader,
    partitions: Vec<i32>,
    ended: oneshot::Receiver<()>,
}

impl Consumer {
    /// Connects, and looks the topic up.
    ///
    /// # Errors
    /// When no broker lets us in, or there is no such topic or partition.
    pub fn open(consume: &Consume) -> Result<Self, Failure> {
        let topic = &consume.connection.topic;
        let failed = |what: String| Failure::new(format!("--kafka: {topic}: {what}"));
        let (runtime, client, partitions) = consume.connection.look_up().map_err(failed)?;
        let count = partitions.len();
        let partitions: Vec<i32> = partitions.into_iter().filter(|id| consume.partitions.contains(*id)).collect();
        if partitions.is_empty() {
            return Err(failed(format!("the topic has {count} partitions, and --partitions leaves them all out")));
        }
        tracing::info!("{topic}: reading {} of {count} partitions", partitions.len());
        let wake = Wake::new().map_err(|error| Failure::new(format!("Kafka: {error}")))?;
        let waker = wake.waker().map_err(|error| Failure::new(format!("Kafka: {error}")))?;
        let (sender, events) = channel();
        let (end, ended) = oneshot::channel();
        let mut merge = Merge::default();
        for partition in &partitions {
            merge.add(*partition);
        }
        let reader = Reader { consume: Arc::new(consume.clone()), news: News { sender, waker } };
        Ok(Consumer {
            thread: Some(Thread { runtime, client, reader, partitions, ended }),
            _end: end,
            events,
            wake,
            merge,
            current: Vec::with_capacity(BATCH),
            status: Status::default(),
        })
    }

    /// Starts reading, in a thread that can do what this one can by now.
    pub fn start(&mut self) {
        if let Some(Thread { runtime, client, reader, partitions, ended }) = self.thread.take() {
            thread::spawn(move || {
                runtime.block_on(async {
                    tokio::select! {
                        () = reader.read_all(client, partitions) => {}
                        _ = ended => {}
                    }
                });
            });
        }
    }

    /// The descriptor to wait on.
    pub fn as_fd(&self) -> BorrowedFd<'_> {
        self.wake.as_fd()
    }

    /// Takes the messages that are next, up to a batch of them. As long as there are some the descriptor is ready.
    pub fn receive(&mut self) -> io::Result<usize> {
        self.current.clear();
        self.take_events()?;
        self.merge.take(BATCH, &mut self.current);
        if self.current.is_empty() {
            self.wake.clear();
            // What came before it was cleared.
            self.take_events()?;
            self.merge.take(BATCH, &mut self.current);
            if !self.current.is_empty() {
                self.wake.set();
            }
        }
        Ok(self.current.len())
    }

    /// A datagram of the last batch.
    pub fn datagram(&self, place: usize) -> Received<'_> {
        self.current[place].received()
    }

    pub fn status(&self) -> Status {
        Status { lag: self.merge.lag(), ..self.status }
    }

    fn take_events(&mut self) -> io::Result<()> {
        loop {
            match self.events.try_recv() {
                Ok(Event::Found(partition)) => self.merge.add(partition),
                Ok(Event::Batch { partition, batch, other }) => {
                    if other > 0 && self.status.other == 0 {
                        tracing::warn!(
                            "Kafka: partition {partition} has messages that are no sFlow datagrams (see --kafka-format)"
                        );
                    }
                    self.status.other += other;
                    self.merge.push(partition, batch);
                }
                Ok(Event::Late(partition)) => self.merge.skip(partition),
                Ok(Event::Lost { partition, messages }) => {
                    tracing::warn!(
                        "Kafka: partition {partition}: {messages} messages were deleted before they were read"
                    );
                    self.status.lost += messages;
                }
                Ok(Event::Failed(reason)) => return Err(io::Error::other(reason)),
                Err(TryRecvError::Empty) => return Ok(()),
                Err(TryRecvError::Disconnected) => return Err(io::Error::other("Kafka: its thread has ended")),
            }
        }
    }
}
