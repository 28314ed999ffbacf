//! `-r`: a recorded feed, turned into packets as fast as their reader takes them, or sent on with its own timing.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use indicatif::ProgressBar;
use sflowcap::capture::{Converter, Received};

use crate::Failure;
use crate::config::{Config, Replay};
use crate::files::Files;
use crate::forward::Forwarder;
use crate::input::{Feed, Passed};
#[cfg(feature = "kafka")]
use crate::kafka::Publisher;
use crate::progress;
use crate::receive::now;
use crate::sandbox::{self, Needs};
use crate::session::{EventLog, Lost, Stop, Summary, converter, rotate};
use crate::sink::{self, Flushed, Sink};

/// A recorded feed that is open.
pub struct Recording {
    path: PathBuf,
    port: u16,
    feed: Feed,
    progress: ProgressBar,
}

impl Recording {
    pub fn open(path: PathBuf, port: u16) -> Result<Self, Failure> {
        let progress = progress::of_file(&path);
        let feed = Feed::open(&path, port, &progress)?;
        Ok(Recording { path, port, feed, progress })
    }

    /// Begins anew.
    fn reopen(&mut self) -> Result<(), Failure> {
        self.progress.reset();
        self.feed = Feed::open(&self.path, self.port, &self.progress)?;
        Ok(())
    }
}

/// Reads a recording once, or as often as a replay wants. With no `output` it is only sent on.
pub fn run(config: &Config, mut recording: Recording, output: Option<Files>) -> Result<(), Failure> {
    // What reads standard output may well write to the terminal itself.
    if !output.as_ref().is_some_and(Files::are_standard_output) {
        progress::show(&recording.progress);
    }
    let stop = Stop::on_signals()?;
    let mut forwarder = Forwarder::open(&config.forward, None)?;
    #[cfg(feature = "kafka")]
    let mut publisher = config.publish.as_ref().map(Publisher::open).transpose()?;
    let mut packets = output.map(|files| Packets::new(config, files, recording.progress.clone())).transpose()?;
    if packets.is_none() {
        sandbox::enter(Needs { connections: config.publishes(), ..Needs::default() });
    }
    let mut pace = Pace::new(config.replay, config.duration, !config.forward.is_empty());
    let mut rounds = 1;
    let outcome = loop {
        let mut enough = false;
        let outcome = recording.feed.read(
            || stop.is_set(),
            |received| {
                let wait = pace.wait(received.timestamp);
                if let (Some(packets), false) = (&mut packets, wait.is_zero()) {
                    packets.keep_up(&stop)?;
                }
                #[cfg(feature = "kafka")]
                if let (Some(publisher), false) = (&mut publisher, wait.is_zero()) {
                    publisher.flush();
                }
                enough = stop.within(wait) || pace.is_over();
                if !enough {
                    forwarder.datagram(received.bytes);
                    enough = !packets.as_mut().map_or(Ok(true), |packets| packets.datagram(received, &stop))?;
                    #[cfg(feature = "kafka")]
                    if let Some(publisher) = &mut publisher {
                        // By now this thread can do no more than the publisher's may.
                        publisher.start();
                        // What is recorded can wait.
                        while publisher.is_full() && !pace.is_over() && !stop.within(Duration::from_millis(5)) {}
                        publisher.datagram(received, &config.selection);
                        publisher.flush_full();
                    }
                }
                Ok(!enough)
            },
        );
        let Passed { frames, other, link_types } = recording.feed.passed();
        tracing::info!("{frames} frames read, {other} of them no sFlow, {link_types} of link types that are not read");
        if outcome.is_err() || enough || stop.is_set() || config.replay.rounds == Some(rounds) || !pace.next_round() {
            break outcome;
        }
        rounds += 1;
        if let Err(failure) = recording.reopen() {
            break Err(failure);
        }
    };
    recording.progress.finish_and_clear();
    #[cfg(feature = "kafka")]
    if let Some(publisher) = &mut publisher {
        publisher.end_unhurried(|| stop.is_set());
        publisher.log();
        crate::tell(format_args!("{publisher}"));
    }
    match packets {
        Some(packets) => packets.end(forwarder, &stop)?,
        None => forwarder.print(),
    }
    if let (Some(ports), false) = (recording.feed.other_ports(), stop.is_set()) {
        crate::tell(format_args!("{}", ports.hint(recording.port, &recording.path.display().to_string())));
    }
    outcome
}

/// When each datagram is due.
#[derive(Debug)]
struct Pace {
    /// How many times faster than it was recorded; none where nothing waits.
    speed: Option<f64>,
    began: Instant,
    deadline: Option<Instant>,
    /// When this round began, since the beginning.
    round: Duration,
    /// Time stamps of the round's first and latest datagram.
    first: Option<u64>,
    latest: u64,
    datagrams: u32,
}

impl Pace {
    fn new(replay: Replay, duration: Option<Duration>, paced: bool) -> Self {
        let began = Instant::now();
        Pace {
            speed: paced.then_some(replay.speed),
            began,
            deadline: duration.and_then(|duration| began.checked_add(duration)),
            round: Duration::ZERO,
            first: None,
            latest: 0,
            datagrams: 0,
        }
    }

    /// How long to wait before a datagram, no longer than the whole may take.
    fn wait(&mut self, timestamp: u64) -> Duration {
        let first = *self.first.get_or_insert(timestamp);
        self.latest = self.latest.max(timestamp);
        self.datagrams = self.datagrams.saturating_add(1);
        let due = self.round.saturating_add(self.scaled(Duration::from_nanos(timestamp.saturating_sub(first))));
        let wait = due.saturating_sub(self.began.elapsed());
        self.deadline.map_or(wait, |deadline| wait.min(deadline.saturating_duration_since(Instant::now())))
    }

    fn scaled(&self, recorded: Duration) -> Duration {
        let scale = |speed| Duration::try_from_secs_f64(recorded.as_secs_f64() / speed).unwrap_or(Duration::MAX);
        self.speed.map_or(Duration::ZERO, scale)
    }

    fn is_over(&self) -> bool {
        self.deadline.is_some_and(|deadline| Instant::now() >= deadline)
    }

    /// Goes on with the first datagram, as long after the last as datagrams are apart on average. Returns false if there was
    /// none.
    fn next_round(&mut self) -> bool {
        let Some(first) = self.first.take() else { return false };
        let length = Duration::from_nanos(self.latest.saturating_sub(first));
        let gap = length.checked_div(self.datagrams - 1).unwrap_or(Duration::from_secs(1));
        self.round = self.round.saturating_add(self.scaled(length.saturating_add(gap)));
        self.latest = 0;
        self.datagrams = 0;
        true
    }
}

/// The packets of the feed, on their way to a file. Nothing is lost: the reader is waited for.
struct Packets {
    converter: Converter,
    files: Files,
    /// The first file is begun with the first datagram, whose time may be in its name.
    sink: Option<Sink>,
    backlog: usize,
    /// Datagrams go to Kafka, too.
    publishes: bool,
    events: EventLog,
    progress: ProgressBar,
    /// The time of the latest datagram.
    last: u64,
    /// The output failed: there is no end to be written.
    has_failed: bool,
}

impl Packets {
    fn new(config: &Config, files: Files, progress: ProgressBar) -> Result<Self, Failure> {
        let converter = converter(config, "recorded sFlow feed")?;
        let events = EventLog::default();
        Ok(Packets {
            converter,
            files,
            sink: None,
            backlog: config.backlog,
            publishes: config.publishes(),
            events,
            progress,
            last: 0,
            has_failed: false,
        })
    }

    /// Begins the first file, if it was not yet.
    fn begin(&mut self, time: u64) -> Result<(), Failure> {
        if self.sink.is_none() {
            let sink = Sink::new(sink::open_file(&self.files.first(time)?)?, self.backlog)?;
            self.converter.begin(time, self.sink.insert(sink).unbounded_room());
            let folder = self.files.folder();
            sandbox::enter(Needs { folder: folder.as_deref(), connections: self.publishes, pipe: None });
        }
        Ok(())
    }

    /// Returns whether more is wanted.
    fn datagram(&mut self, received: &Received<'_>, stop: &Stop) -> Result<bool, Failure> {
        let more = self.convert(received, stop);
        self.has_failed |= more.is_err();
        more
    }

    fn convert(&mut self, received: &Received<'_>, stop: &Stop) -> Result<bool, Failure> {
        self.last = received.timestamp;
        self.begin(self.last)?;
        let Packets { converter, files, sink: Some(sink), events, progress, .. } = self else { return Ok(false) };
        if !rotate(files, converter, sink, received.timestamp, Lost::default)? {
            return Ok(false);
        }
        converter.datagram(received, Some(sink.unbounded_room()), |event| {
            // A line of the log must not run into the bar.
            progress.suspend(|| events.tell(&event));
        });
        let open = !sink.is_due() || self.flush(stop)?;
        Ok(open && !self.converter.is_done())
    }

    /// Writes what waits before a pause of the feed.
    fn keep_up(&mut self, stop: &Stop) -> Result<bool, Failure> {
        let open = self.flush(stop);
        self.has_failed |= open.is_err();
        open
    }

    /// Returns false where the reader is gone, or a signal came before it took all.
    fn flush(&mut self, stop: &Stop) -> Result<bool, Failure> {
        let Some(sink) = &mut self.sink else { return Ok(true) };
        loop {
            match sink.flush()? {
                Flushed::Blocked if stop.is_set() => return Ok(false),
                // A signal that comes just before the wait is seen soon after it.
                Flushed::Blocked => sink.wait(Some(Duration::from_millis(200))),
                flushed => return Ok(flushed == Flushed::All),
            }
        }
    }

    /// Writes the file's end, unless it is the output that failed, and tells what the capture came to.
    fn end(mut self, forwarder: Forwarder, stop: &Stop) -> Result<(), Failure> {
        let failure = if self.has_failed { self.last_flush().err() } else { self.write_end(stop).err() };
        self.events.tell_rest();
        if self.sink.is_none() {
            // Not even the first file could be begun: there is nothing else to tell.
            return failure.map_or(Ok(()), Err);
        }
        Summary { totals: *self.converter.totals(), lost: None, left: Vec::new(), forwarder, failure }.print()
    }

    fn write_end(&mut self, stop: &Stop) -> Result<(), Failure> {
        let end = if self.sink.is_some() { self.last } else { now() };
        self.begin(end)?;
        if let Some(sink) = &mut self.sink {
            self.converter.statistics(end, 0, "", sink.unbounded_room());
        }
        if !stop.is_set() {
            self.flush(stop)?;
        }
        self.last_flush()
    }

    fn last_flush(&mut self) -> Result<(), Failure> {
        self.sink.as_mut().map_or(Ok(()), Sink::flush_last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    fn pace(speed: f64, paced: bool) -> Pace {
        Pace::new(Replay { speed, rounds: None }, None, paced)
    }

    /// Whether a time is this many seconds, or a bit less.
    fn about(time: Duration, seconds: u64) -> bool {
        time <= Duration::from_secs(seconds) && time + Duration::from_secs(5) > Duration::from_secs(seconds)
    }

    #[test]
    fn datagrams_are_as_far_apart_as_they_were_recorded() {
        let mut pace = pace(2.0, true);
        let start = 1_700_000_000 * SECOND;
        assert_eq!(pace.wait(start), Duration::ZERO);
        assert!(about(pace.wait(start + 200 * SECOND), 100));
        assert_eq!(pace.wait(start - SECOND), Duration::ZERO, "a clock that was set back");
        assert!(pace.next_round());
        // 200 s of three datagrams are gone, and the gap between two.
        assert!(about(pace.wait(start), 150));
        assert!(about(pace.wait(start + 20 * SECOND), 160));
    }

    #[test]
    fn a_conversion_waits_for_nothing() {
        let mut pace = pace(1.0, false);
        assert_eq!((pace.wait(0), pace.wait(u64::MAX)), (Duration::ZERO, Duration::ZERO));
    }

    #[test]
    fn a_single_datagram_comes_once_a_second() {
        let mut pace = pace(0.1, true);
        assert!(!pace.next_round(), "nothing was in the file");
        _ = pace.wait(SECOND);
        assert!(pace.next_round());
        assert!(about(pace.wait(SECOND), 10));
    }

    #[test]
    fn times_beyond_all_bounds_are_no_trouble() {
        let mut pace = pace(1e-300, true);
        _ = pace.wait(0);
        assert!(pace.wait(u64::MAX) > Duration::from_secs(u64::MAX - 5));
        assert!(pace.next_round());
    }
}
