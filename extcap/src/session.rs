//! A capture from its start to its end: one thread, one loop.

use std::fs::File;
use std::net::IpAddr;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use sflowcap::capture::{Converter, Event, Fault, Options, PacketFilter, Totals};
use sflowcap::datagram::MAX_DATAGRAM;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use crate::Failure;
use crate::bpf::Filter;
use crate::cli::Words;
use crate::config::{Config, Log};
use crate::input::{Feed, Passed};
use crate::log;
use crate::protocol;
use crate::receive::pace::{NAP, Pace};
use crate::receive::{self, Receiver};
use crate::sink::{self, Flushed, Sink};

/// How often a long capture tells its statistics before its end.
const STATISTICS: Duration = Duration::from_secs(60);

/// How long a reader that stalls at the end may take for what is left. Wireshark kills an extcap after 30 s.
const LAST_FLUSH: Duration = Duration::from_secs(10);

/// `--capture`: a capture for Wireshark, tshark or dumpcap.
pub fn for_wireshark(words: &Words, fifo: Option<&Path>) -> Result<(), Failure> {
    end_with_parent()?;
    // The FIFO comes before anything that can fail: a host whose extcap ends without having opened it waits forever.
    let fifo = sink::open_fifo(fifo.ok_or_else(|| Failure::new("--fifo is missing"))?)?;
    protocol::known_interface(words)?;
    log::start(&Log::check(words)?, true)?;
    let config = Config::check(words)?;
    run(&config, fifo).map(|_| ())
}

/// A capture for the shell.
pub fn for_shell(words: &Words) -> Result<(), Failure> {
    log::start(&Log::check(words)?, false)?;
    let config = Config::check(words)?;
    // What is wrong with the input is told before an output is made.
    let feed = words.path("read").map(|path| Feed::open(&path, config.listen.port)).transpose()?;
    let file = sink::open_file(&words.path("write").unwrap_or_else(|| Path::new("-").into()))?;
    match feed {
        Some(feed) => convert(&config, feed, file),
        None => run(&config, file).map(|summary| summary.print()),
    }
}

/// `-r`: a recorded feed, as fast as its reader takes it. Nothing is lost: it is waited for.
fn convert(config: &Config, mut feed: Feed, file: File) -> Result<(), Failure> {
    let mut converter = converter(config, "recorded sFlow feed")?;
    let mut sink = Sink::new(file, config.backlog)?;
    let mut events = EventLog::default();
    let mut last = None;
    let outcome = feed.read(|received| {
        if last.is_none() {
            converter.begin(received.timestamp, sink.unbounded_room());
        }
        last = Some(received.timestamp);
        converter.datagram(received, Some(sink.unbounded_room()), |event| events.tell(&event));
        let open = !sink.is_due() || sink.flush_all()? == Flushed::All;
        Ok(open && !converter.is_done())
    });
    let end = last.unwrap_or_else(now);
    if last.is_none() {
        converter.begin(end, sink.unbounded_room());
    }
    converter.statistics(end, 0, sink.unbounded_room());
    sink.flush_all()?;
    events.tell_rest();
    let Passed { frames, other, link_types } = feed.passed();
    tracing::info!("{frames} frames read, {other} of them no sFlow, {link_types} of link types that are not read");
    Summary { totals: *converter.totals(), lost_datagrams: None }.print();
    outcome
}

/// Ends this process when Wireshark is killed: nobody else would, and the port would stay taken.
#[cfg(target_os = "linux")]
fn end_with_parent() -> Result<(), Failure> {
    let parent = rustix::process::getppid();
    rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::TERM))
        .map_err(|error| Failure::new(format!("cannot watch the parent process: {error}")))?;
    if rustix::process::getppid() == parent { Ok(()) } else { Err(Failure::new("the parent process is gone")) }
}

#[cfg(not(target_os = "linux"))]
fn end_with_parent() -> Result<(), Failure> {
    Ok(())
}

/// What a capture came to.
struct Summary {
    totals: Totals,
    /// None where no kernel was in the way.
    lost_datagrams: Option<u64>,
}

impl Summary {
    /// As tcpdump tells it.
    fn print(&self) {
        let Totals { datagrams, malformed, filtered, dropped, written, no_link_type, without_header, .. } = self.totals;
        eprintln!("{written} packets captured");
        eprintln!("{datagrams} sFlow datagrams received");
        for (count, what) in [
            (filtered, "packets left out by the filter"),
            (no_link_type, "packets of link layers left out (--link-type native has them)"),
            (without_header, "samples without a packet header"),
            (malformed, "malformed datagrams"),
            (dropped, "packets dropped for a slow reader"),
        ] {
            if count > 0 {
                eprintln!("{count} {what}");
            }
        }
        if let Some(lost) = self.lost_datagrams {
            eprintln!("{lost} datagrams dropped by kernel");
        }
    }
}

fn run(config: &Config, file: File) -> Result<Summary, Failure> {
    let at = config.listen.address.map_or_else(|| "all addresses".to_owned(), |address| address.to_string());
    let converter = converter(config, &format!("sFlow listener on UDP port {} of {at}", config.listen.port))?;
    let stop = Stop::on_signals()?;
    let receiver = Receiver::new(receive::open(&config.listen)?);
    let sink = Sink::new(file, config.backlog)?;
    tracing::info!("listening on UDP port {} of {at}", config.listen.port);
    Session {
        receiver,
        converter,
        sink,
        stop,
        event_log: EventLog::default(),
        lost: 0,
        last_lost: 0,
        pace: Pace::new(Instant::now()),
    }
    .run(config.duration)
}

/// The converter that a configuration asks for.
fn converter(config: &Config, description: &str) -> Result<Converter, Failure> {
    let filter: Option<Box<dyn PacketFilter>> = match config.filter.trim() {
        "" => None,
        text => Some(Box::new(Filter::compile(text, config.framing)?)),
    };
    Ok(Converter::new(Options {
        selection: config.selection.clone(),
        filter,
        filter_text: config.filter.trim().to_owned(),
        content: config.content,
        comments: config.comments,
        synthetic: config.synthetic,
        framing: config.framing,
        application: format!("sflowdump {}", env!("CARGO_PKG_VERSION")),
        os: operating_system(),
        description: description.to_owned(),
        most_packets: config.most_packets,
    }))
}

fn operating_system() -> String {
    let uname = rustix::system::uname();
    format!("{} {}", uname.sysname().to_string_lossy(), uname.release().to_string_lossy())
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_nanos() as u64)
}

/// Signals that end a capture, as something to wait on.
struct Stop(UnixStream);

impl Stop {
    fn on_signals() -> Result<Self, Failure> {
        let failed = |error| Failure::new(format!("signals: {error}"));
        let (reader, writer) = UnixStream::pair().map_err(failed)?;
        for signal in [SIGTERM, SIGINT, SIGHUP] {
            let writer = writer.try_clone().map_err(failed)?;
            signal_hook::low_level::pipe::register(signal, writer).map_err(failed)?;
        }
        Ok(Stop(reader))
    }
}

/// What woke the loop.
struct Woken {
    datagrams: bool,
    stopped: bool,
    reader_gone: bool,
}

struct Session {
    receiver: Receiver,
    converter: Converter,
    sink: Sink,
    stop: Stop,
    event_log: EventLog,
    /// Datagrams that the kernel dropped, and its own 32-bit count of them when it was last read.
    lost: u64,
    last_lost: u32,
    pace: Pace,
}

impl Session {
    fn run(mut self, duration: Option<Duration>) -> Result<Summary, Failure> {
        let deadline = duration.map(|duration| Instant::now() + duration);
        self.converter.begin(now(), self.sink.unbounded_room());
        let mut flushed = self.sink.flush()?;
        let mut next_statistics = Instant::now() + STATISTICS;
        while flushed != Flushed::Closed && !self.converter.is_done() {
            let woken = self.wait(flushed, deadline)?;
            if woken.reader_gone || woken.stopped || deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                break;
            }
            if Instant::now() >= next_statistics {
                next_statistics += STATISTICS;
                self.count_lost();
                // Where there is no room for packets there is none for these.
                if let Some(room) = self.sink.room() {
                    self.converter.statistics(now(), self.lost, room);
                }
            }
            flushed = self.take(woken.datagrams)?;
            if self.pace.is_dense(Instant::now()) {
                sleep(NAP);
            }
        }
        if flushed != Flushed::Closed {
            self.end()?;
        }
        let summary = Summary { totals: *self.converter.totals(), lost_datagrams: Some(self.lost) };
        self.log_end();
        Ok(summary)
    }

    /// Waits for datagrams, for a signal, and for room where the reader is slow.
    fn wait(&self, flushed: Flushed, deadline: Option<Instant>) -> Result<Woken, Failure> {
        let for_sink = if flushed == Flushed::Blocked { PollFlags::OUT } else { PollFlags::empty() };
        let mut descriptors = [
            PollFd::from_borrowed_fd(self.receiver.as_fd(), PollFlags::IN),
            PollFd::new(&self.stop.0, PollFlags::IN),
            PollFd::from_borrowed_fd(self.sink.as_fd(), for_sink),
        ];
        // A time beyond what poll knows is no limit.
        let timeout =
            deadline.and_then(|deadline| Timespec::try_from(deadline.saturating_duration_since(Instant::now())).ok());
        match poll(&mut descriptors, timeout.as_ref()) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(Failure::new(format!("poll: {error}"))),
        }
        let [datagrams, stopped, reader] = descriptors.map(|descriptor| descriptor.revents());
        Ok(Woken {
            datagrams: !datagrams.is_empty(),
            stopped: !stopped.is_empty(),
            reader_gone: reader.contains(PollFlags::ERR),
        })
    }

    /// Takes every datagram that waits, and hands the reader what came of them.
    fn take(&mut self, datagrams: bool) -> Result<Flushed, Failure> {
        while datagrams && !self.converter.is_done() {
            let count = self.receive()?;
            if self.sink.is_due() && self.sink.flush()? == Flushed::Closed {
                return Ok(Flushed::Closed);
            }
            if count == 0 || !self.receiver.is_full() {
                break;
            }
        }
        self.sink.flush()
    }

    /// Takes a batch of datagrams.
    fn receive(&mut self) -> Result<usize, Failure> {
        let count = match self.receiver.receive() {
            Ok(count) => count,
            Err(error) => return Err(Failure::new(format!("receiving: {error}"))),
        };
        self.pace.take(count);
        for place in 0..count {
            let received = self.receiver.datagram(place);
            if self.receiver.is_cut(place) {
                self.event_log.tell_cut(received.sender);
            }
            let room = self.sink.room();
            self.converter.datagram(&received, room, |event| self.event_log.tell(&event));
        }
        Ok(count)
    }

    /// Takes what had arrived before the end, and writes the file's end.
    fn end(&mut self) -> Result<(), Failure> {
        // As many as a socket can hold of what came before the stop; a feed that never pauses must not keep us.
        let stopped = Instant::now();
        while !self.converter.is_done() && stopped.elapsed() < Duration::from_millis(500) {
            if self.receive()? == 0 {
                break;
            }
        }
        self.count_lost();
        self.converter.statistics(now(), self.lost, self.sink.unbounded_room());
        while self.sink.flush()? == Flushed::Blocked {
            let left = LAST_FLUSH.saturating_sub(stopped.elapsed());
            if left.is_zero() {
                tracing::warn!("the reader takes nothing: the end of the capture is lost");
                break;
            }
            self.sink.wait(Some(left));
        }
        Ok(())
    }

    fn count_lost(&mut self) {
        if let Some(lost) = self.receiver.lost() {
            self.lost += u64::from(lost.wrapping_sub(self.last_lost));
            self.last_lost = lost;
        }
    }

    fn log_end(&mut self) {
        self.event_log.tell_rest();
        let totals = self.converter.totals();
        if self.lost > 0 || totals.dropped > 0 {
            tracing::warn!("end: {totals}, {} datagrams dropped by the kernel", self.lost);
        } else {
            tracing::info!("end: {totals}");
        }
    }
}

/// Faults and losses in the log: the first few of each second one by one, the others as a number.
#[derive(Debug, Default)]
struct EventLog {
    second: Option<Instant>,
    told: u32,
    untold: u64,
}

impl EventLog {
    const PER_SECOND: u32 = 10;

    /// Whether one more may be told; if not, it is counted.
    fn may_tell(&mut self) -> bool {
        if self.second.is_none_or(|second| second.elapsed() >= Duration::from_secs(1)) {
            self.tell_rest();
            self.second = Some(Instant::now());
            self.told = 0;
        }
        if self.told >= Self::PER_SECOND {
            self.untold += 1;
            return false;
        }
        self.told += 1;
        true
    }

    #[cold]
    fn tell(&mut self, event: &Event) {
        if !self.may_tell() {
            return;
        }
        match event {
            Event::Fault(Fault { agent, error }) => tracing::warn!("malformed datagram of agent {agent}: {error}"),
            Event::Lost { agent, sub_agent_id, datagrams } => {
                tracing::warn!("{datagrams} datagrams of agent {agent} sub-agent {sub_agent_id} did not arrive");
            }
            Event::Restarted { agent, sub_agent_id } => {
                tracing::info!("agent {agent} sub-agent {sub_agent_id} began anew");
            }
        }
    }

    #[cold]
    fn tell_cut(&mut self, sender: IpAddr) {
        if self.may_tell() {
            tracing::warn!("a datagram from {sender} is longer than {MAX_DATAGRAM} bytes: its end is lost");
        }
    }

    fn tell_rest(&mut self) {
        if self.untold > 0 {
            tracing::warn!("{} more faults and losses", self.untold);
            self.untold = 0;
        }
    }
}
