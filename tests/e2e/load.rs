//! A fast feed through tshark into files, with a reader that stalls: what was sent is what was written and what is told as lost,
//! to the packet.
//!
//! The tests last some seconds, at a rate that any machine carries. `make soak` finds out what this one carries, and goes on
//! for a minute at half of it, and for another at 50,000 datagrams/s (`SFLOWDUMP_SOAK=60`).
#![cfg(target_os = "linux")]

use std::env;
use std::fs;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::thread::{self, sleep};
use std::time::Duration;

use rustix::process::{Signal, kill_process};

use support::capture::Capture;
use support::flood::{Flood, SAMPLES, packet_number};
use support::process::Running;
use support::tools::have;
use support::{Home, free_port};

mod support;

/// How long dumpcap takes nothing.
const STALL: Duration = Duration::from_secs(2);

/// What became of a feed.
#[derive(Debug, Default, PartialEq, Eq)]
struct Outcome {
    sent: u64,
    written: u64,
    lost_to_reader: u64,
    lost_in_kernel: u64,
}

/// A capture in tshark into files of 20 MB, which are counted and removed as soon as they are full.
struct Soak {
    home: Home,
    tshark: Running,
    flood: Flood,
    /// Datagrams a second.
    rate: u64,
    written: Written,
}

/// What was found in files.
#[derive(Debug, Default, PartialEq, Eq)]
struct Written {
    packets: u64,
    /// The number of the last one.
    last: Option<u64>,
}

impl Soak {
    fn start(backlog: u32, rate: u64) -> Self {
        let (home, port) = (Home::new(), free_port());
        let mut command = home.command("tshark");
        command.args(["-i", "sflow", "-b", "filesize:20000", "-w"]).arg(home.file("out.pcapng"));
        for preference in [
            format!("port:{port}"),
            format!("backlog:{backlog}"),
            "loglevel:info".to_owned(),
            format!("logfile:{}", home.file("log").display()),
        ] {
            command.args(["-o", &format!("extcap.sflow.{preference}")]);
        }
        let mut tshark = Running::start(&home, "tshark", &mut command);
        tshark.wait_for_port(port);
        let flood = Flood::new(port, 10, 48);
        Soak { home, tshark, flood, rate: rate / SAMPLES, written: Written::default() }
    }

    /// Sends for so long.
    fn send(&mut self, time: Duration) {
        let Soak { home, flood, rate, written, .. } = self;
        let count = *rate * time.as_millis() as u64 / 1000;
        thread::scope(|scope| {
            let sender = scope.spawn(|| flood.send(count, *rate));
            while !sender.is_finished() {
                sleep(Duration::from_millis(100));
                written.take_files(home, 1);
            }
        });
    }

    /// The memory of the program under test, in KiB, and how many files it has open.
    fn held(&self) -> (u64, usize) {
        let program = self.tshark.member("sflowdump").expect("sflowdump").as_raw_nonzero();
        let status = fs::read_to_string(format!("/proc/{program}/status")).expect("a process");
        let resident =
            status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.strip_suffix("kB")?.trim().parse().ok());
        let open = fs::read_dir(format!("/proc/{program}/fd")).expect("a process").count();
        (resident.expect("a number"), open)
    }

    /// Sends while dumpcap stands still.
    fn send_into_a_stall(&mut self) {
        let dumpcap = self.tshark.member("dumpcap").expect("dumpcap");
        kill_process(dumpcap, Signal::STOP).expect("dumpcap runs");
        self.send(STALL);
        kill_process(dumpcap, Signal::CONT).expect("dumpcap stands");
    }

    /// Ends the capture with the end of the program under test: what it wrote before is then all in the files.
    fn stop(mut self) -> Outcome {
        let program = self.tshark.member("sflowdump").expect("sflowdump");
        self.wait_until_idle();
        kill_process(program, Signal::TERM).expect("sflowdump runs");
        assert!(self.tshark.end().success(), "{}", self.tshark.stderr());
        self.written.take_files(&self.home, 0);
        let log = fs::read_to_string(self.home.file("log")).expect("a log");
        let totals = log.lines().find_map(|line| line.split_once("end: ")).expect("the totals").1;
        let told = |what| {
            let count = totals.split(", ").find_map(|part| part.strip_suffix(what));
            count.map_or(0, |count| count.trim().parse::<u64>().expect("a number"))
        };
        Outcome {
            sent: self.flood.packets(),
            written: self.written.packets,
            lost_to_reader: told("packets lost to a slow reader"),
            lost_in_kernel: told("datagrams dropped by the kernel") * SAMPLES,
        }
    }

    /// Waits until dumpcap has written what it had to, and the files grow no more.
    fn wait_until_idle(&mut self) {
        let mut before = None;
        loop {
            sleep(Duration::from_millis(300));
            self.written.take_files(&self.home, 1);
            let files = fs::read_dir(self.home.path()).expect("a directory");
            let bytes: u64 = files.filter_map(|entry| Some(entry.ok()?.metadata().ok()?.len())).sum();
            let now = Some((self.written.packets, bytes));
            if now == before {
                return;
            }
            before = now;
        }
    }
}

impl Written {
    /// Counts the packets of the files that are there, but of the last `keep`, and removes them.
    fn take_files(&mut self, home: &Home, keep: usize) {
        let files = fs::read_dir(home.path()).expect("a directory").map(|entry| entry.expect("a file").path());
        let mut files: Vec<PathBuf> =
            files.filter(|path| path.extension().is_some_and(|end| end == "pcapng")).collect();
        // Their names have a number, and the time.
        files.sort();
        let full = files.len().saturating_sub(keep);
        for path in &files[..full] {
            for packet in Capture::read_whole(path).packets {
                let number = packet_number(&packet.data);
                assert!(self.last.is_none_or(|last| last < number), "{number} after {:?}", self.last);
                self.last = Some(number);
                self.packets += 1;
            }
            fs::remove_file(path).expect("a file");
        }
    }
}

/// How long to send, before and after the stall, and at how many packets a second.
fn plan() -> (Duration, u64) {
    static LOSS_FREE: OnceLock<u64> = OnceLock::new();
    match env::var("SFLOWDUMP_SOAK") {
        Ok(seconds) => {
            let time = Duration::from_secs(seconds.parse().expect("seconds"));
            (time.saturating_sub(STALL) / 2, LOSS_FREE.get_or_init(loss_free) / 2)
        }
        Err(_) => (Duration::from_millis(1500), 20_000),
    }
}

/// The packets a second that tshark takes without loss, as far as steps of a quarter show.
fn loss_free() -> u64 {
    let mut best = 20_000;
    loop {
        let rate = best * 5 / 4;
        let mut soak = Soak::start(1, rate);
        soak.send(Duration::from_secs(2));
        let outcome = soak.stop();
        if outcome.written < outcome.sent || rate > 1_000_000 {
            println!("tshark takes {best} packets a second");
            return best;
        }
        best = rate;
    }
}

fn through_a_stall(backlog: u32) -> Outcome {
    let (time, rate) = plan();
    let mut soak = Soak::start(backlog, rate);
    soak.send(time);
    soak.send_into_a_stall();
    soak.send(time);
    let outcome = soak.stop();
    println!("backlog of {backlog} MiB: {outcome:?}");
    outcome
}

#[test]
fn a_stall_that_the_backlog_holds_costs_nothing() {
    if !have(&["tshark", "dumpcap"]) {
        return;
    }
    let Outcome { sent, written, .. } = through_a_stall(512);
    assert_eq!(written, sent);
}

#[test]
fn a_stall_that_the_backlog_does_not_hold_costs_what_is_told() {
    if !have(&["tshark", "dumpcap"]) {
        return;
    }
    let Outcome { sent, written, lost_to_reader, lost_in_kernel } = through_a_stall(1);
    assert!(lost_to_reader > 0, "the stall is too short to fill a backlog");
    assert_eq!(sent, written + lost_to_reader + lost_in_kernel);
}

#[test]
fn a_long_feed_makes_neither_memory_nor_descriptors_grow() {
    const BACKLOG: u32 = 16;
    if !have(&["tshark", "dumpcap"]) {
        return;
    }
    let (time, rate) = match env::var("SFLOWDUMP_SOAK") {
        Ok(seconds) => (Duration::from_secs(seconds.parse().expect("seconds")), 50_000 * SAMPLES),
        Err(_) => (Duration::from_secs(3), 20_000),
    };
    let mut soak = Soak::start(BACKLOG, rate);
    // A backlog that dumpcap does not keep up with is full by then.
    soak.send(time / 5);
    let (resident, open) = soak.held();
    soak.send(time * 4 / 5);
    let (resident_at_end, open_at_end) = soak.held();
    let outcome = soak.stop();
    println!("{resident} → {resident_at_end} KiB, {open} → {open_at_end} descriptors: {outcome:?}");
    assert_eq!(open_at_end, open);
    assert!(resident_at_end < resident + u64::from(BACKLOG) * 1024 + 4096, "{resident} → {resident_at_end} KiB");
    assert_eq!(outcome.sent, outcome.written + outcome.lost_to_reader + outcome.lost_in_kernel);
}
