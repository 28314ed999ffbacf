//! `--publish` alone: datagrams are received and handed on, and nothing is made of them.

use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::Failure;
use crate::config::Config;
use crate::forward::Forwarder;
use crate::kafka::{Publish, Publisher};
use crate::receive::pace::{NAP, Pace};
use crate::sandbox::{self, Needs};
use crate::session::{EventLog, RECEIVE_AGAIN, Stop};
use crate::source::Source;

/// Batches that are taken before it is looked for anything else.
const BATCHES: usize = 64;

/// How often is told what came.
const TELL: Duration = Duration::from_secs(60);

/// Collects datagrams until it is stopped, or the time is over.
pub fn run(config: &Config, publish: &Publish) -> Result<(), Failure> {
    let stop = Stop::on_signals()?;
    let forwarder = Forwarder::open(&config.forward, config.tap.is_none().then_some(&config.listen))?;
    let publisher = Publisher::open(publish)?;
    let (source, _forwarding) = Source::open(config)?;
    sandbox::enter(Needs { connections: true, ..Needs::default() });
    let mut collector = Collector { config, source, forwarder, publisher, events: EventLog::default(), received: 0 };
    collector.source.start();
    collector.publisher.start();
    let outcome = collector.collect(&stop);
    collector.end(outcome)
}

struct Collector<'a> {
    config: &'a Config,
    source: Source,
    forwarder: Forwarder,
    publisher: Publisher,
    events: EventLog,
    received: u64,
}

impl Collector<'_> {
    fn collect(&mut self, stop: &Stop) -> Result<(), Failure> {
        let deadline = self.config.duration.and_then(|duration| Instant::now().checked_add(duration));
        let mut pace = Pace::new(Instant::now());
        let mut told = Instant::now();
        while !stop.is_set() && deadline.is_none_or(|deadline| Instant::now() < deadline) {
            self.wait(stop, deadline.into_iter().chain([told + TELL]).min())?;
            for _ in 0..BATCHES {
                // What can wait does; of all else as much is taken as there is room for.
                if self.source.is_patient() && self.publisher.is_full() {
                    sleep(RECEIVE_AGAIN);
                    break;
                }
                let count = self.receive()?;
                pace.take(count);
                if count == 0 || !self.source.is_full() {
                    break;
                }
            }
            if pace.is_dense(Instant::now()) && !self.source.is_full() {
                sleep(NAP);
            }
            if told.elapsed() >= TELL {
                told = Instant::now();
                self.publisher.log();
            }
        }
        Ok(())
    }

    fn wait(&self, stop: &Stop, until: Option<Instant>) -> Result<(), Failure> {
        let mut descriptors =
            [PollFd::from_borrowed_fd(self.source.as_fd(), PollFlags::IN), PollFd::new(stop, PollFlags::IN)];
        let left = until.map(|until| until.saturating_duration_since(Instant::now()));
        // A time beyond what poll knows is no limit.
        let timeout = left.and_then(|left| Timespec::try_from(left).ok());
        match poll(&mut descriptors, timeout.as_ref()) {
            Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
            Err(error) => Err(Failure::new(format!("poll: {error}"))),
        }
    }

    /// Takes a batch of datagrams, and hands it on.
    fn receive(&mut self) -> Result<usize, Failure> {
        let count = self.events.receive(&mut self.source)?;
        for place in 0..count {
            let received = self.source.datagram(place);
            if self.source.is_cut(place) {
                self.events.tell_cut(received.sender);
            }
            self.forwarder.datagram(received.bytes);
            self.publisher.datagram(&received, &self.config.selection);
        }
        self.publisher.flush();
        self.received += count as u64;
        Ok(count)
    }

    /// Takes what had come before the end, lets Kafka have it, and tells what became of all.
    fn end(mut self, outcome: Result<(), Failure>) -> Result<(), Failure> {
        if !self.source.is_patient() {
            let stopped = Instant::now();
            while outcome.is_ok()
                && stopped.elapsed() < Duration::from_secs(1)
                && self.receive().is_ok_and(|count| count > 0)
            {}
        }
        self.publisher.end();
        self.events.tell_rest();
        self.publisher.log();
        self.forwarder.log_end();
        crate::tell(format_args!("{} datagrams received", self.received));
        crate::tell(format_args!("{}", self.publisher));
        self.forwarder.print();
        if let Some(lost) = self.source.lost() {
            crate::tell(format_args!("{lost} {}", self.source.lost_where()));
        }
        outcome
    }
}
