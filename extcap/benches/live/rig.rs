//! What is measured, and with what: the programs, their processor time, memory and losses, as the kernel counts them.

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, waitid};

use crate::support::flood::{Flood, SAMPLES};
use crate::support::process::Running;
use crate::support::{Home, SFLOWDUMP, free_port, queues, wait_for};

/// The socket buffer of whoever receives, in bytes: some milliseconds of a fast feed, so that it hides no slowness.
pub const RECEIVE_BUFFER: usize = 4 * 1024 * 1024;

/// The argument that makes this program the bare loop, and the one that makes it nap.
pub const BARE: &str = "bare";
pub const BARE_WITH_NAP: &str = "bare-with-nap";

/// Who receives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    Bare { nap: bool },
    Null,
    Fifo { comments: bool },
}

/// A receiver at work.
pub struct Rig {
    pub receiver: Running,
    pub reader: Option<Running>,
    pub port: u16,
    /// Its files are there as long as this is.
    _home: Home,
}

impl Rig {
    pub fn start(subject: Subject, options: &[&str]) -> Self {
        let (home, port) = (Home::new(), free_port());
        let mut reader = None;
        let mut command = match subject {
            Subject::Bare { nap } => {
                let mut command = Command::new(env::current_exe().expect("this program"));
                command.args([if nap { BARE_WITH_NAP } else { BARE }, &port.to_string()]);
                command
            }
            Subject::Null => sflowdump(&home, port, Path::new("/dev/null")),
            Subject::Fifo { comments } => {
                let fifo = home.file("fifo");
                make_fifo(&fifo);
                let mut cat = home.command("cat");
                reader = Some(Running::start(&home, "cat", cat.arg(&fifo)));
                let mut command = sflowdump(&home, port, &fifo);
                command.args(["--comments", if comments { "true" } else { "false" }]);
                command
            }
        };
        let mut receiver = Running::start(&home, "receiver", command.args(options));
        receiver.wait_for_port(port);
        Rig { receiver, reader, port, _home: home }
    }

    /// Waits until all that was sent is taken.
    pub fn settle(&self) {
        wait_for("the socket's queue to be empty", || {
            (queues(self.receiver.pid(), self.port).iter().all(|queue| *queue == 0)).then_some(())
        });
        sleep(Duration::from_millis(20));
    }

    /// The receiver's processor time for a datagram, in microseconds, at a rate for a time, once each of so many agents' ports
    /// was heard of.
    pub fn cost(&self, [agents, ports]: [u64; 2], rate: u64, time: Duration) -> f64 {
        let mut flood = Flood::new(self.port, agents, ports);
        // So that interfaces are known, and buffers are there.
        flood.send((agents * ports.div_ceil(SAMPLES)).max(rate / 20), rate);
        self.settle();
        let before = cpu(self.receiver.pid());
        let count = rate * time.as_millis() as u64 / 1000;
        flood.send(count, rate);
        self.settle();
        cpu(self.receiver.pid()).saturating_sub(before).as_secs_f64() * 1e6 / count as f64
    }

    /// The rate that a feed really had, and whether all of it was taken and handed on.
    pub fn carries(mut self, rate: u64, time: Duration) -> (u64, bool) {
        let mut flood = Flood::new(self.port, 10, 48);
        let count = rate * time.as_millis() as u64 / 1000;
        let started = Instant::now();
        let mut took = Duration::ZERO;
        // A sender that cannot keep the rate is not waited for.
        while flood.sent() < count && took < time {
            flood.send((rate / 50).min(count - flood.sent()), rate);
            took = started.elapsed();
        }
        self.settle();
        let in_kernel = dropped(self.receiver.pid(), self.port);
        let [_, slow, _] = self.end();
        ((flood.sent() as f64 / took.as_secs_f64()) as u64, in_kernel + slow == 0)
    }

    /// Ends the receiver; returns the packets that it says to have written, lost to a slow reader, and lost in the kernel.
    pub fn end(&mut self) -> [u64; 3] {
        self.settle();
        self.receiver.signal(Signal::TERM);
        _ = self.receiver.end();
        let summary = self.receiver.stderr();
        let told = |what| {
            let count = summary.lines().find_map(|line| line.strip_suffix(what)?.trim().parse().ok());
            count.unwrap_or(0_u64)
        };
        let in_kernel = told("datagrams dropped by kernel") * SAMPLES;
        [told("packets captured"), told("packets dropped for a slow reader"), in_kernel]
    }
}

fn sflowdump(home: &Home, port: u16, file: &Path) -> Command {
    let mut command = home.command(SFLOWDUMP);
    let mib = RECEIVE_BUFFER / 1024 / 1024;
    command.args(["--port", &port.to_string(), "--receive-buffer", &mib.to_string(), "--listen", "0.0.0.0"]);
    command.arg("-w").arg(file);
    command
}

pub fn make_fifo(path: &Path) {
    use rustix::fs::{CWD, FileType, Mode, mknodat};
    mknodat(CWD, path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).expect("a FIFO");
}

/// The processor time of a process and its threads; one that has ended, but was not waited for, included.
pub fn cpu(pid: u32) -> Duration {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).expect("a process");
    let nanoseconds = tasks.filter_map(|task| {
        let text = fs::read_to_string(task.ok()?.path().join("schedstat")).ok()?;
        text.split_whitespace().next()?.parse::<u64>().ok()
    });
    Duration::from_nanos(nanoseconds.sum())
}

/// The share of the machine's processor time that is not idle, while nothing is measured.
pub fn others() -> f64 {
    let times = || -> Vec<u64> {
        let text = fs::read_to_string("/proc/stat").expect("/proc/stat");
        let line = text.lines().next().expect("a line");
        line.split_whitespace().skip(1).map(|time| time.parse().expect("a number")).collect()
    };
    let before = times();
    sleep(Duration::from_secs(2));
    let spent: Vec<u64> = times().iter().zip(before).map(|(after, before)| after - before).collect();
    // user, nice, system, idle, waiting for disks
    1.0 - (spent[3] + spent[4]) as f64 / spent.iter().sum::<u64>() as f64
}

/// Runs a command to its end; returns its processor time and the time that it took.
pub fn run(home: &Home, command: &mut Command) -> (Duration, Duration) {
    let started = Instant::now();
    let mut program = Running::start(home, "program", command);
    let pid = Pid::from_raw(program.pid() as i32);
    // Without taking its number from it: its times are still there then.
    waitid(WaitId::Pid(pid.expect("a number")), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT).expect("a child");
    let took = started.elapsed();
    let cpu = cpu(program.pid());
    assert!(program.end().success(), "{}", program.stderr());
    (cpu, took)
}

/// Memory in MiB, by its name in /proc: VmRSS now, VmHWM at its highest.
pub fn memory(pid: u32, name: &str) -> f64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("a process");
    let line = status.lines().find(|line| line.starts_with(name)).expect("a line for it");
    line.split_whitespace().nth(1).and_then(|kib| kib.parse::<f64>().ok()).expect("KiB") / 1024.0
}

/// Datagrams that the kernel dropped at the sockets of a port.
fn dropped(pid: u32, port: u16) -> u64 {
    let tables =
        ["udp", "udp6"].map(|table| fs::read_to_string(format!("/proc/{pid}/net/{table}")).unwrap_or_default());
    let end = format!(":{port:04X}");
    let lines = tables.iter().flat_map(|table| table.lines().skip(1));
    lines
        .filter(|line| line.split_whitespace().nth(1).is_some_and(|local| local.ends_with(&end)))
        .filter_map(|line| line.split_whitespace().last()?.parse::<u64>().ok())
        .sum()
}
