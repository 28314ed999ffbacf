//! A capture from its start to its end: one thread, one loop.

use std::fmt::Write as _;
use std::fs::File;
use std::io;
use std::net::IpAddr;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use sflowcap::capture::{Converter, Event, Fault, Options, PacketFilter, Totals};
use sflowcap::datagram::MAX_DATAGRAM;
#[cfg(feature = "kafka")]
use sflowcap::select::Selection;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGXFSZ};

use crate::Failure;
use crate::bpf::Filter;
use crate::cli::Words;
#[cfg(feature = "kafka")]
use crate::collect;
use crate::config::{self, Config, Log};
use crate::files::{Files, Next};
use crate::forward::Forwarder;
#[cfg(feature = "kafka")]
use crate::kafka::Publisher;
use crate::log::{self, Window};
use crate::protocol::Interface;
use crate::receive::pace::{NAP, Pace};
use crate::receive::{self, now};
use crate::replay::{self, Recording};
use crate::sandbox::{self, Needs};
use crate::sink::{self, Flushed, Sink};
use crate::source::Source;
use crate::toolbar::{Pipes, Toolbar};

/// In a dense feed datagrams come anyway: only so often is it looked for anything else.
const LOOK: Duration = Duration::from_millis(5);

/// Batches of datagrams that are taken in a row. A feed that is faster than we are never lets the queue run empty: it must not
/// keep us from seeing that we are to stop.
const BATCHES: usize = 64;

/// How often a long capture tells its statistics before its end.
const STATISTICS: Duration = Duration::from_secs(60);

/// When receiving is tried again where it failed for a reason that passes.
pub const RECEIVE_AGAIN: Duration = Duration::from_millis(10);

/// How long datagrams that are on their way at the end are waited for.
const LAST_DATAGRAMS: Duration = Duration::from_secs(1);

/// A pause in which nothing is on its way any more: dumpcap hands on within a quarter of a second.
const PAUSE: Duration = Duration::from_millis(300);

/// `--capture`: a capture for Wireshark, tshark or dumpcap.
pub fn for_wireshark(words: &Words, fifo: Option<&Path>, pipes: &mut Option<Pipes>) -> Result<(), Failure> {
    end_with_parent()?;
    // The FIFO comes before anything that can fail: a host whose extcap ends without having opened it waits forever.
    let fifo = sink::open_fifo(fifo.ok_or_else(|| Failure::new("--fifo is missing"))?)?;
    let interface = Interface::of(words)?;
    let window = pipes.as_ref().map(|_| Window::default());
    log::start(&Log::check(words)?, true, window.as_ref())?;
    interface.is_ready(words)?;
    let config = Config::check(words)?;
    let toolbar = pipes.as_mut().zip(window).map(|(pipes, window)| Toolbar::new(pipes, window, &config.selection));
    run(&config, || Ok(fifo), None, toolbar)?.failure.map_or(Ok(()), Err)
}

/// A capture for the shell.
pub fn for_shell(words: &Words) -> Result<(), Failure> {
    log::start(&Log::check(words)?, false, None)?;
    let config = Config::check(words)?;
    // What is wrong with the input is told before an output is made.
    let recording = words.path("read");
    let recording = recording.map(|path| Recording::open(path, config.listen.port)).transpose()?;
    let rotation = config::rotation(words)?;
    #[cfg(feature = "kafka")]
    if let (Some(publish), None, None) = (&config.publish, &recording, words.path("write")) {
        return collect::run(&config, publish);
    }
    let files = Files::new(rotation);
    if let Some(recording) = recording {
        // A recording that is sent on need not be written too.
        let is_written = words.path("write").is_some() || !config.sends();
        return replay::run(&config, recording, is_written.then_some(files));
    }
    let (first, stdout) = (files.first(now())?, files.are_standard_output());
    let stdout = stdout.then(|| sink::open_file(&first)).transpose()?;
    run(&config, || stdout.map_or_else(|| sink::open_file(&first), Ok), Some(files), None)?.print()
}

/// What was lost before it came to a capture, and how it is told.
#[derive(Debug, Default)]
pub struct Lost {
    pub count: u64,
    /// What the totals in a file end with.
    pub note: String,
}

impl Lost {
    fn of(source: &Source, count: u64) -> Self {
        let mut note = String::new();
        for (count, what) in [(count, source.lost_where())].into_iter().chain(source.left()) {
            if count > 0 {
                _ = write!(note, ", {count} {what}");
            }
        }
        Lost { count, note }
    }
}

/// Goes on with the next file where this one is full. Returns whether the capture goes on.
pub fn rotate(
    files: &mut Files,
    converter: &mut Converter,
    sink: &mut Sink,
    time: u64,
    lost: impl FnOnce() -> Lost,
) -> Result<bool, Failure> {
    match files.next(sink.length(), time)? {
        Next::Same => Ok(true),
        Next::Nothing => Ok(false),
        Next::File(path) => {
            let Lost { count, note } = lost();
            converter.statistics(time, count, &note, sink.unbounded_room());
            sink.replace(sink::open_file(&path)?)?;
            converter.begin_file(sink.unbounded_room());
            Ok(true)
        }
    }
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
pub struct Summary {
    pub totals: Totals,
    /// What was lost before it came here, and how that is called; none where nothing can be.
    pub lost: Option<(u64, &'static str)>,
    /// What else is told of the source, where there is any.
    pub left: Vec<(u64, &'static str)>,
    pub forwarder: Forwarder,
    /// What ended it before its time.
    pub failure: Option<Failure>,
}

impl Summary {
    /// As tcpdump tells it. What went wrong comes last.
    pub fn print(self) -> Result<(), Failure> {
        let totals = self.totals;
        crate::tell(format_args!("{} packets captured", totals.written));
        crate::tell(format_args!("{} sFlow datagrams received", totals.datagrams));
        for (count, what) in [
            (totals.filtered, "packets left out by the filter"),
            (totals.thinned + totals.thinned_datagrams, "packets left out by --max-rate"),
            (totals.no_link_type, "packets of link layers left out (--link-type native has them)"),
            (totals.without_header, "samples without a packet header"),
            (totals.malformed, "malformed datagrams"),
            (totals.other_senders, "datagrams from senders that are not in --agents (--match-source)"),
            (totals.untracked_datagrams, "datagrams of too many agents: losses among them are not known"),
            (totals.lost_datagrams, "sFlow datagrams lost on the way from the agents"),
            (totals.agent_drops, "samples dropped by the agents"),
            (totals.dropped, "packets dropped for a slow reader"),
        ] {
            if count > 0 {
                crate::tell(format_args!("{count} {what}"));
            }
        }
        let left = self.left.into_iter().filter(|(count, _)| *count > 0);
        for (count, what) in self.lost.into_iter().chain(left) {
            crate::tell(format_args!("{count} {what}"));
        }
        self.forwarder.print();
        self.failure.map_or(Ok(()), Err)
    }
}

/// A capture into what `open` gives: it is not called, so that no file is made or emptied, where there is nothing to take
/// datagrams from.
fn run(
    config: &Config,
    open: impl FnOnce() -> Result<File, Failure>,
    files: Option<Files>,
    toolbar: Option<Toolbar<'_>>,
) -> Result<Summary, Failure> {
    let description = description(config);
    let converter = converter(config, &description)?;
    let stop = Stop::on_signals()?;
    let forwarder = Forwarder::open(&config.forward, config.tap.is_none().then_some(&config.listen))?;
    #[cfg(feature = "kafka")]
    let mut publisher = config.publish.as_ref().map(Publisher::open).transpose()?;
    let (mut source, _forwarding) = Source::open(config)?;
    let sink = Sink::new(open()?, config.backlog)?;
    tracing::info!("{description}");
    let folder = files.as_ref().and_then(Files::folder);
    sandbox::enter(Needs {
        folder: folder.as_deref(),
        pipe: toolbar.as_ref().and_then(Toolbar::pipe),
        connections: config.sflow_rt.is_some() || source.is_patient() || config.publishes(),
    });
    source.start();
    #[cfg(feature = "kafka")]
    if let Some(publisher) = &mut publisher {
        publisher.start();
    }
    let session = Session {
        source,
        forwarder,
        #[cfg(feature = "kafka")]
        publisher: publisher.map(|publisher| (publisher, config.selection.clone())),
        converter,
        sink,
        host: rustix::process::getppid(),
        files,
        toolbar,
        over: false,
        stop,
        event_log: EventLog::default(),
        lost: 0,
        last_lost: 0,
        pace: Pace::new(Instant::now()),
    };
    Ok(session.run(config.duration))
}

/// What is captured, in a line.
fn description(config: &Config) -> String {
    #[cfg(feature = "kafka")]
    if let Some(consume) = &config.consume {
        return format!("sFlow from Kafka, {}", consume.connection.topic);
    }
    let place = match (&config.tap, config.listen.address) {
        (Some(interface), _) => format!("on its way through {interface}"),
        (None, Some(address)) => format!("of {address}"),
        (None, None) => "of all addresses".to_owned(),
    };
    format!("sFlow listener on UDP port {} {place}", config.listen.port)
}

/// The converter that a configuration asks for.
pub fn converter(config: &Config, description: &str) -> Result<Converter, Failure> {
    let filter: Option<Box<dyn PacketFilter>> = match config.filter.trim() {
        "" => None,
        text => Some(Box::new(Filter::compile(text, config.framing)?)),
    };
    Ok(Converter::new(Options {
        selection: config.selection.clone(),
        filter,
        filter_text: config.filter.trim().to_owned(),
        max_rate: config.max_rate,
        // What is made of a recording is always the same.
        seed: 0,
        content: config.content,
        format: config.format,
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

/// Signals that end a capture, as something to wait on and something to look at.
pub struct Stop {
    stream: UnixStream,
    flag: Arc<AtomicBool>,
}

impl Stop {
    pub fn on_signals() -> Result<Self, Failure> {
        let failed = |error| Failure::new(format!("signals: {error}"));
        let (stream, writer) = UnixStream::pair().map_err(failed)?;
        let flag = Arc::new(AtomicBool::new(false));
        // One that writes more than it may (RLIMIT_FSIZE) would be ended at once; a handler lets the write fail instead.
        signal_hook::flag::register(SIGXFSZ, Arc::default()).map_err(failed)?;
        for signal in [SIGTERM, SIGINT, SIGHUP] {
            let writer = writer.try_clone().map_err(failed)?;
            signal_hook::flag::register(signal, Arc::clone(&flag)).map_err(failed)?;
            signal_hook::low_level::pipe::register(signal, writer).map_err(failed)?;
        }
        Ok(Stop { stream, flag })
    }

    /// Whether a signal came.
    pub fn is_set(&self) -> bool {
        self.flag.load(Ordering::Relaxed)
    }

    /// Waits. Returns at once, and true, when a signal comes.
    pub fn within(&self, time: Duration) -> bool {
        if !time.is_zero() {
            // A time beyond what poll knows is no limit.
            let timeout = Timespec::try_from(time).ok();
            // Interrupted or not, the flag tells.
            _ = poll(&mut [PollFd::new(&self.stream, PollFlags::IN)], timeout.as_ref());
        }
        self.is_set()
    }
}

impl AsFd for Stop {
    /// Can be read from once a signal came.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }
}

/// What woke the loop.
#[allow(clippy::struct_excessive_bools, reason = "each is a descriptor that was waited for")]
#[derive(Default)]
struct Woken {
    datagrams: bool,
    /// The toolbar was used.
    asked: bool,
    stopped: bool,
    reader_gone: bool,
}

struct Session<'a> {
    source: Source,
    forwarder: Forwarder,
    /// What writes datagrams to Kafka, and those of which agents.
    #[cfg(feature = "kafka")]
    publisher: Option<(Publisher, Selection)>,
    converter: Converter,
    sink: Sink,
    /// The process that started this one.
    host: Option<rustix::process::Pid>,
    /// The further files of a capture; none where it is for Wireshark.
    files: Option<Files>,
    /// Wireshark's toolbar, if it has one for us.
    toolbar: Option<Toolbar<'a>>,
    /// There is no further file.
    over: bool,
    stop: Stop,
    event_log: EventLog,
    /// Datagrams that were dropped before they came here, and the source's 32-bit count of them when it was last read.
    lost: u64,
    last_lost: u32,
    pace: Pace,
}

impl Session<'_> {
    fn run(mut self, duration: Option<Duration>) -> Summary {
        let outcome = self.capture(duration);
        if outcome.is_err() {
            // Where it is not the output that failed, all that was taken is written still.
            _ = self.sink.flush_last();
        }
        self.log_end();
        self.tell_toolbar();
        #[cfg(feature = "kafka")]
        if let Some((publisher, _)) = &mut self.publisher {
            publisher.end();
            publisher.log();
            crate::tell(format_args!("{publisher}"));
        }
        let Session { forwarder, converter, lost, source, .. } = self;
        let (lost, left) = (Some((lost, source.lost_where())), source.left().to_vec());
        Summary { totals: *converter.totals(), lost, left, forwarder, failure: outcome.err() }
    }

    fn capture(&mut self, duration: Option<Duration>) -> Result<(), Failure> {
        let deadline = duration.map(|duration| Instant::now() + duration);
        self.converter.begin(now(), self.sink.unbounded_room());
        let mut flushed = self.sink.flush()?;
        let mut next_statistics = Instant::now() + STATISTICS;
        let (mut napped, mut looked) = (false, Instant::now());
        while flushed != Flushed::Closed && !self.over && !self.converter.is_done() {
            let woken = if napped && flushed == Flushed::All && looked.elapsed() < LOOK {
                Woken { datagrams: true, ..Woken::default() }
            } else {
                looked = Instant::now();
                self.wait(flushed, deadline)?
            };
            if woken.reader_gone || woken.stopped || deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                break;
            }
            self.serve_toolbar(woken.asked);
            if Instant::now() >= next_statistics {
                next_statistics += STATISTICS;
                self.count_lost();
                if let Some(lag) = self.source.lag() {
                    tracing::info!("{lag} messages in Kafka are still to be read");
                }
                // Where there is no room for packets there is none for these.
                if let Some(room) = self.sink.room() {
                    let Lost { count, note } = Lost::of(&self.source, self.lost);
                    self.converter.statistics(now(), count, &note, room);
                }
            }
            flushed = self.take(woken.datagrams)?;
            // A nap is for a queue that is empty.
            napped = self.pace.is_dense(Instant::now()) && !self.source.is_full();
            if napped {
                sleep(NAP);
            }
        }
        if flushed == Flushed::Closed { Ok(()) } else { self.end() }
    }

    /// Waits for datagrams, for a signal, and for room where the reader is slow.
    fn wait(&mut self, flushed: Flushed, deadline: Option<Instant>) -> Result<Woken, Failure> {
        let for_source = if self.may_take() { PollFlags::IN } else { PollFlags::empty() };
        let for_sink = if flushed == Flushed::Blocked { PollFlags::OUT } else { PollFlags::empty() };
        let toolbar = self.toolbar.as_ref();
        let asked = toolbar.and_then(Toolbar::as_fd);
        let mut descriptors = [
            PollFd::from_borrowed_fd(self.source.as_fd(), for_source),
            PollFd::new(&self.stop.stream, PollFlags::IN),
            PollFd::from_borrowed_fd(self.sink.as_fd(), for_sink),
            // Without a toolbar there is one to wait for twice; not the source, which may wait for us.
            PollFd::from_borrowed_fd(asked.unwrap_or(self.stop.stream.as_fd()), PollFlags::IN),
        ];
        // No event tells that there is room in a publisher.
        let again = self.waits_for_publisher().then(|| Instant::now() + RECEIVE_AGAIN);
        let deadline = deadline.into_iter().chain(toolbar.map(Toolbar::due)).chain(again).min();
        // A time beyond what poll knows is no limit.
        let timeout =
            deadline.and_then(|deadline| Timespec::try_from(deadline.saturating_duration_since(Instant::now())).ok());
        match poll(&mut descriptors, timeout.as_ref()) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(Failure::new(format!("poll: {error}"))),
        }
        let has_asked = asked.is_some();
        let [datagrams, stopped, reader, asked] = descriptors.map(|descriptor| descriptor.revents());
        Ok(Woken {
            datagrams: !datagrams.is_empty(),
            asked: has_asked && !asked.is_empty(),
            stopped: !stopped.is_empty(),
            reader_gone: reader.contains(PollFlags::ERR),
        })
    }

    /// Does what was asked for with the toolbar, and tells it what there is to tell.
    fn serve_toolbar(&mut self, asked: bool) {
        let Some(toolbar) = &mut self.toolbar else { return };
        if asked && toolbar.take_requests() {
            self.converter.select(toolbar.selection());
            self.converter.pause(toolbar.is_paused());
        }
        if Instant::now() >= toolbar.due() {
            self.tell_toolbar();
        }
    }

    fn tell_toolbar(&mut self) {
        self.count_lost();
        if let Some(toolbar) = &mut self.toolbar {
            toolbar.tell(self.converter.totals(), self.lost, self.source.lag(), Instant::now());
        }
    }

    /// Takes the datagrams that wait, and hands the reader what came of them.
    fn take(&mut self, datagrams: bool) -> Result<Flushed, Failure> {
        for _ in 0..BATCHES {
            if !datagrams || self.converter.is_done() || !self.may_take() {
                break;
            }
            if self.rotate()? {
                self.over = true;
                break;
            }
            let count = self.receive()?;
            if self.sink.is_due() && self.sink.flush()? == Flushed::Closed {
                return Ok(Flushed::Closed);
            }
            if count == 0 || !self.source.is_full() {
                break;
            }
        }
        self.sink.flush()
    }

    /// Whether datagrams are taken now: there is room for them, or they would get lost anyway.
    fn may_take(&mut self) -> bool {
        !self.source.is_patient() || (self.sink.room().is_some() && !self.waits_for_publisher())
    }

    /// Whether what comes has to wait until more can be published.
    #[cfg(feature = "kafka")]
    fn waits_for_publisher(&self) -> bool {
        self.source.is_patient() && self.publisher.as_ref().is_some_and(|(publisher, _)| publisher.is_full())
    }

    #[cfg(not(feature = "kafka"))]
    #[allow(clippy::unused_self, reason = "the other of these looks")]
    fn waits_for_publisher(&self) -> bool {
        false
    }

    /// Goes on with the next file where this one is full. Returns whether there is none.
    fn rotate(&mut self) -> Result<bool, Failure> {
        let Some(files) = &mut self.files else { return Ok(false) };
        let lost = || Lost::of(&self.source, self.lost);
        rotate(files, &mut self.converter, &mut self.sink, now(), lost).map(|goes_on| !goes_on)
    }

    /// Takes a batch of datagrams.
    fn receive(&mut self) -> Result<usize, Failure> {
        let count = self.event_log.receive(&mut self.source)?;
        self.pace.take(count);
        for place in 0..count {
            let received = self.source.datagram(place);
            if self.source.is_cut(place) {
                self.event_log.tell_cut(received.sender);
            }
            self.forwarder.datagram(received.bytes);
            #[cfg(feature = "kafka")]
            if let Some((publisher, selection)) = &mut self.publisher {
                publisher.datagram(&received, selection);
            }
            if let Some(toolbar) = &mut self.toolbar {
                toolbar.datagram(&received);
            }
            // What is taken of a source that waits is never left out: there was room when the batch began.
            let room = if self.source.is_patient() { Some(self.sink.unbounded_room()) } else { self.sink.room() };
            self.converter.datagram(&received, room, |event| self.event_log.tell(&event));
        }
        #[cfg(feature = "kafka")]
        if let Some((publisher, _)) = &mut self.publisher {
            publisher.flush();
        }
        Ok(count)
    }

    /// Takes what had arrived before the end, and writes the file's end.
    fn end(&mut self) -> Result<(), Failure> {
        self.take_last()?;
        self.count_lost();
        let Lost { count, note } = Lost::of(&self.source, self.lost);
        self.converter.statistics(now(), count, &note, self.sink.unbounded_room());
        self.sink.flush_last()?;
        if self.files.is_none() {
            // Without the host there is nobody to read it for.
            let host = self.host;
            self.sink.wait_until_read(|| rustix::process::getppid() != host);
        }
        Ok(())
    }

    /// As many as a socket can hold of what came before the stop; a feed that never pauses must not keep us.
    fn take_last(&mut self) -> Result<(), Failure> {
        if self.source.is_patient() {
            return Ok(());
        }
        let stopped = Instant::now();
        while !self.converter.is_done() && stopped.elapsed() < LAST_DATAGRAMS {
            if self.receive()? > 0 {
                continue;
            }
            if self.source.is_over() {
                break;
            }
            let mut source = [PollFd::from_borrowed_fd(self.source.as_fd(), PollFlags::IN)];
            let nothing_came = poll(&mut source, Timespec::try_from(PAUSE).ok().as_ref()) == Ok(0);
            if nothing_came {
                self.source.stop();
            }
        }
        Ok(())
    }

    fn count_lost(&mut self) {
        if let Some(lost) = self.source.lost() {
            self.lost += u64::from(lost.wrapping_sub(self.last_lost));
            self.last_lost = lost;
        }
    }

    fn log_end(&mut self) {
        self.event_log.tell_rest();
        let totals = self.converter.totals();
        if self.lost > 0 || totals.dropped > 0 {
            tracing::warn!("end: {totals}, {} {}", self.lost, self.source.lost_where());
        } else {
            tracing::info!("end: {totals}");
        }
        self.forwarder.log_end();
    }
}

/// Faults and losses in the log: the first few of each second one by one, the others as a number.
#[derive(Debug, Default)]
pub struct EventLog {
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
    pub fn tell(&mut self, event: &Event) {
        if !self.may_tell() {
            return;
        }
        match event {
            Event::Fault(Fault { agent, error }) => tracing::warn!("malformed datagram of agent {agent}: {error}"),
            Event::Lost { agent, sub_agent_id, datagrams } => {
                tracing::warn!("agent {agent} sub-agent {sub_agent_id}: datagrams that did not arrive: {datagrams}");
            }
            Event::Restarted { agent, sub_agent_id } => {
                tracing::info!("agent {agent} sub-agent {sub_agent_id} began anew");
            }
        }
    }

    #[cold]
    pub fn tell_cut(&mut self, sender: IpAddr) {
        if self.may_tell() {
            tracing::warn!("a datagram from {sender} is longer than {MAX_DATAGRAM} bytes: its end is lost");
        }
    }

    /// Receives a batch; a failure that passes is told, and then there are none.
    pub fn receive(&mut self, source: &mut Source) -> Result<usize, Failure> {
        match source.receive() {
            Ok(count) => Ok(count),
            Err(error) if receive::passes(&error) => {
                self.tell_receive_error(&error);
                sleep(RECEIVE_AGAIN);
                Ok(0)
            }
            Err(error) => Err(Failure::new(format!("receiving: {error}"))),
        }
    }

    #[cold]
    fn tell_receive_error(&mut self, error: &io::Error) {
        if self.may_tell() {
            tracing::warn!("receiving: {error}; trying again");
        }
    }

    pub fn tell_rest(&mut self) {
        if self.untold > 0 {
            tracing::warn!("{} more faults and losses", self.untold);
            self.untold = 0;
        }
    }
}
