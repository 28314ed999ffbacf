//! Wireshark's toolbar of the interface: what a capture does is seen in it, and changed from it while the capture runs.
//!
//! Messages go through two pipes. What is to be told follows from what was not told yet, so that nothing piles up for a host
//! that does not listen.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::io::{self, Write};
use std::net::IpAddr;
use std::os::fd::BorrowedFd;
use std::path::Path;
use std::time::{Duration, Instant};

use sflowcap::capture::{Received, Totals};
use sflowcap::sample::Direction;
use sflowcap::select::Selection;

use crate::cli;
use crate::heard::{Heard, label};
use crate::log::Window;

mod message;
mod pipes;

use message::{Command, Message};
pub use pipes::Pipes;

/// How often counters are told.
const TURN: Duration = Duration::from_secs(1);

/// How soon what the host did not take is tried again.
const AGAIN: Duration = Duration::from_millis(200);

/// Names told in one turn: as much as a pipe takes.
const NAMES: usize = 200;

const COUNTERS: u8 = 0;
const AGENT: u8 = 1;
const DIRECTION: u8 = 2;
const PAUSE: u8 = 3;
const LOG: u8 = 4;
const DEFAULTS: u8 = 5;
const HELP: u8 = 6;

/// The choice of all agents.
const ALL: &str = "all";

/// The choices of direction.
const DIRECTIONS: [(&str, &str, Option<Direction>); 3] =
    [("both", "Both", None), ("in", "In", Some(Direction::In)), ("out", "Out", Some(Direction::Out))];

const HELP_TEXT: &str = "Counters: what came in the last second, and what was lost since the capture began.\n\n\
    Agent: packets of this agent only; the list has those that are heard. Direction: packets that went this way through the \
    port that sampled them. Both act at once, on packets to come.\n\n\
    Pause: no packets until Resume; datagrams are still forwarded. Log: what the capture has to tell.\n\n\
    Options are in the dialog of the interface (the gear beside it in the list). In a terminal: man sflowdump";

/// The toolbar's sentences.
pub fn controls(has_manual: bool, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "control {{number={COUNTERS}}}{{type=string}}{{display=Live}}{{placeholder=Counters, while a capture runs}}\
         {{tooltip=Agents heard; sFlow datagrams (dg) and packets (pkt) in the last second; what was lost since the \
         capture began}}"
    )?;
    writeln!(
        out,
        "control {{number={AGENT}}}{{type=selector}}{{display=Agent}}{{tooltip=Packets of this agent only, from now on}}"
    )?;
    writeln!(out, "value {{control={AGENT}}}{{value={ALL}}}{{display=All agents}}{{default=true}}")?;
    writeln!(
        out,
        "control {{number={DIRECTION}}}{{type=selector}}{{display=Direction}}\
         {{tooltip=Packets that went this way through the port that sampled them, from now on}}"
    )?;
    for (value, display, direction) in DIRECTIONS {
        let default = direction.is_none();
        writeln!(out, "value {{control={DIRECTION}}}{{value={value}}}{{display={display}}}{{default={default}}}")?;
    }
    // With the manual at hand it is at hand between captures, too.
    let help = if has_manual { "help" } else { "control" };
    for (number, role, display, tooltip) in [
        (PAUSE, "control", "Pause", "Take no packets until it is pressed again"),
        (LOG, "logger", "Log", "Faults and losses, one by one"),
        (DEFAULTS, "restore", "Defaults", "All agents, both directions; between captures"),
        (HELP, help, "Help", "What these are for"),
    ] {
        writeln!(
            out,
            "control {{number={number}}}{{type=button}}{{role={role}}}{{display={display}}}{{tooltip={tooltip}}}"
        )?;
    }
    Ok(())
}

/// Opens the pipes that a call names.
pub fn pipes(arguments: &[OsString]) -> Option<Pipes> {
    let [input, output] = ["--extcap-control-in", "--extcap-control-out"].map(|name| cli::pipe(arguments, name));
    // A capture without its toolbar is better than none.
    Pipes::open(&input?, &output?).ok()
}

/// The toolbar while a capture runs.
#[derive(Debug)]
#[allow(clippy::struct_excessive_bools, reason = "each is something to tell, apart from the others")]
pub struct Toolbar<'a> {
    pipes: &'a mut Pipes,
    window: Window,
    /// What the options select.
    options: Selection,
    /// What the toolbar selects of that.
    agent: Option<IpAddr>,
    direction: Option<Direction>,
    paused: bool,
    heard: Heard,
    /// Agents whose names are to be told.
    untold: Vec<IpAddr>,
    /// How the controls are is to be told.
    is_untold: bool,
    is_untold_pause: bool,
    has_host: bool,
    wants_help: bool,
    warned: Warned,
    last: Totals,
    told: Instant,
    due: Instant,
    /// What the host has not taken yet.
    bytes: Vec<u8>,
}

/// What was said in the status bar.
#[derive(Debug, Default)]
struct Warned {
    of_loss: bool,
    of_fault: bool,
}

impl<'a> Toolbar<'a> {
    pub fn new(pipes: &'a mut Pipes, window: Window, options: &Selection) -> Self {
        let now = Instant::now();
        Toolbar {
            pipes,
            window,
            options: options.clone(),
            agent: None,
            direction: options.direction,
            paused: false,
            heard: Heard::default(),
            untold: Vec::new(),
            is_untold: false,
            is_untold_pause: false,
            has_host: false,
            wants_help: false,
            warned: Warned::default(),
            last: Totals::default(),
            told: now,
            due: now + AGAIN,
            bytes: Vec::new(),
        }
    }

    /// The descriptor to wait on.
    pub fn as_fd(&self) -> Option<BorrowedFd<'_>> {
        self.pipes.as_fd()
    }

    /// The pipe that is still to be opened.
    pub fn pipe(&self) -> Option<&Path> {
        self.pipes.to_open()
    }

    /// When there is something to tell.
    pub fn due(&self) -> Instant {
        self.due
    }

    /// Takes note of who sends.
    pub fn datagram(&mut self, received: &Received<'_>) {
        if !self.options.senders.contains(received.sender) {
            return;
        }
        if let Some(agent) = self.heard.datagram(received.sender, received.bytes) {
            if self.options.agents.contains(agent) && !self.untold.contains(&agent) {
                self.untold.push(agent);
            }
        }
    }

    /// Takes what the user did. Returns whether that selects otherwise.
    pub fn take_requests(&mut self) -> bool {
        let before = (self.agent, self.direction, self.paused);
        let mut messages = Vec::new();
        self.pipes.receive(|message| messages.push(message));
        for message in messages {
            self.take(&message);
        }
        (self.agent, self.direction, self.paused) != before
    }

    fn take(&mut self, Message { control, command, payload }: &Message) {
        self.due = Instant::now();
        match (*command, *control) {
            (Command::Initialized, _) => {
                self.has_host = true;
                self.is_untold = true;
            }
            (Command::Set, AGENT) => {
                let agent = std::str::from_utf8(payload).ok().and_then(|value| value.parse().ok());
                // One that was chosen in an earlier capture may be none of this one's.
                self.agent = agent.filter(|agent| self.options.agents.contains(*agent));
                self.log_choice();
            }
            (Command::Set, DIRECTION) => {
                let chosen = DIRECTIONS.iter().find(|(value, ..)| value.as_bytes() == payload);
                if let Some((.., direction)) = chosen {
                    self.direction = *direction;
                    self.log_choice();
                }
            }
            (Command::Set, PAUSE) => {
                self.paused = !self.paused;
                self.is_untold_pause = true;
                tracing::info!("{}", if self.paused { "paused" } else { "resumed" });
            }
            (Command::Set, HELP) => self.wants_help = true,
            _ => {}
        }
    }

    fn log_choice(&self) {
        let agent = self.agent.map_or_else(|| "all agents".to_owned(), |agent| format!("agent {agent}"));
        tracing::info!("selected: {agent}, direction {}", self.direction_value());
    }

    fn direction_value(&self) -> &'static str {
        DIRECTIONS.iter().find(|(.., direction)| *direction == self.direction).map_or("both", |(value, ..)| value)
    }

    /// What is selected now: what the options select, and of that what the toolbar does.
    pub fn selection(&self) -> Selection {
        let mut selection = self.options.clone();
        if let Some(agent) = self.agent {
            selection.agents = agent.into();
        }
        selection.direction = self.direction;
        selection
    }

    pub fn is_paused(&self) -> bool {
        self.paused
    }

    /// Tells what is new, unless the host has not taken yet what was told before.
    pub fn tell(&mut self, totals: &Totals, lost_before: u64, lag: Option<u64>, now: Instant) {
        self.pipes.send(&mut self.bytes);
        self.due = now + AGAIN;
        if !self.bytes.is_empty() || !self.has_host {
            return;
        }
        if std::mem::take(&mut self.is_untold) {
            self.tell_state();
        }
        if std::mem::take(&mut self.is_untold_pause) {
            self.tell_pause();
        }
        if std::mem::take(&mut self.wants_help) {
            self.add(HELP, Command::Information, HELP_TEXT);
        }
        self.tell_agents();
        let log = self.window.take();
        if !log.is_empty() {
            message::write(&mut self.bytes, LOG, Command::Add, &log);
        }
        self.warn(totals, lost_before);
        if now >= self.told + TURN {
            let text = self.counters(totals, lost_before, lag, now - self.told);
            self.add(COUNTERS, Command::Set, &text);
            self.last = *totals;
            self.told = now;
        }
        self.pipes.send(&mut self.bytes);
        if self.bytes.is_empty() && self.untold.is_empty() {
            self.due = self.told + TURN;
        }
    }

    fn add(&mut self, control: u8, command: Command, text: &str) {
        message::write(&mut self.bytes, control, command, text.as_bytes());
    }

    /// How the controls are: those of an earlier capture are still there.
    fn tell_state(&mut self) {
        self.add(COUNTERS, Command::Disable, "");
        self.add(AGENT, Command::Remove, "");
        self.add(AGENT, Command::Add, &format!("{ALL}\0All agents"));
        if let Some(agent) = self.agent {
            self.add(AGENT, Command::Add, &agent.to_string());
            self.add(AGENT, Command::Set, &agent.to_string());
        } else {
            self.add(AGENT, Command::Set, ALL);
        }
        self.add(DIRECTION, Command::Set, self.direction_value());
        self.tell_pause();
        let options = &self.options.agents;
        self.untold = self.heard.agents.keys().copied().filter(|agent| options.contains(*agent)).collect();
    }

    fn tell_pause(&mut self) {
        self.add(PAUSE, Command::Set, if self.paused { "Resume" } else { "Pause" });
    }

    fn tell_agents(&mut self) {
        for agent in self.untold.split_off(self.untold.len().saturating_sub(NAMES)) {
            let name = self.heard.agents.get(&agent).and_then(Option::as_deref);
            let entry = format!("{agent}\0{}", label(agent, name));
            self.add(AGENT, Command::Add, &entry);
        }
    }

    /// A first loss and a first fault are told where the user looks; the log has the others.
    fn warn(&mut self, totals: &Totals, lost_before: u64) {
        if !self.warned.of_loss && lost(totals, lost_before) > 0 {
            self.warned.of_loss = true;
            self.add(
                0,
                Command::Status,
                "sFlow: datagrams or packets were lost; the toolbar counts them, its log tells which",
            );
        }
        if !self.warned.of_fault && totals.malformed > 0 {
            self.warned.of_fault = true;
            self.add(
                0,
                Command::Status,
                "sFlow: a malformed datagram came; the toolbar's log tells what is wrong with it",
            );
        }
    }

    /// In few letters, the most important ones last: of a long text the field shows the end.
    fn counters(&self, totals: &Totals, lost_before: u64, lag: Option<u64>, time: Duration) -> String {
        let written = |totals: &Totals| totals.written + totals.written_datagrams;
        let rate = |count: u64| u128::from(count) * 1000 / time.as_millis().max(1);
        let mut text = format!(
            "{} agents, {} dg/s, {} pkt/s, {} lost",
            self.heard.agents.len(),
            rate(totals.datagrams - self.last.datagrams),
            rate(written(totals) - written(&self.last)),
            lost(totals, lost_before),
        );
        if let Some(lag) = lag {
            _ = write!(text, ", lag {lag}");
        }
        if totals.malformed > 0 {
            _ = write!(text, ", {} malformed", totals.malformed);
        }
        if self.paused {
            text.push_str(" (paused)");
        }
        text
    }
}

/// Everything lost that is known of, in datagrams or packets, whichever they were when they got lost.
fn lost(totals: &Totals, lost_before: u64) -> u64 {
    totals.lost_datagrams + totals.dropped + totals.dropped_datagrams + lost_before
}
