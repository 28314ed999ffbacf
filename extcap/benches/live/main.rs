//! What the program costs and carries, measured beside a bare receive loop in the same run, against the bars that it is to keep.
//!
//! Everything runs on loopback, and for a few minutes at most. Machines are noisy: each measurement is short and repeated, and
//! what counts are medians and ratios.
#![allow(missing_docs, clippy::cast_precision_loss, reason = "a benchmark")]

mod bare;
mod rig;
#[path = "../../../tests/e2e/support/mod.rs"]
mod support;

use std::env;
use std::fmt::Display;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use rig::{BARE, BARE_WITH_NAP, Rig, Subject, cpu, memory};
use support::feed::{Feed, Sample};
use support::fifo::Fifo;
use support::flood::{Flood, SAMPLES};
use support::process::Running;
use support::tools::have;
use support::{Home, SFLOWDUMP, frames, free_port};

/// The argument, before port, rate and seconds, that makes this program a sender.
const SEND: &str = "send";

const SECOND: Duration = Duration::from_secs(1);

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [mode @ (BARE | BARE_WITH_NAP), port] => {
            bare::run(port.parse().expect("a port"), mode == BARE_WITH_NAP).expect("datagrams");
        }
        // A feed to look at the program with, by perf or by eye.
        [SEND, port, rate, seconds] => {
            let [port, rate, seconds] = [port, rate, seconds].map(|word| word.parse::<u64>().expect("a number"));
            Flood::new(port as u16, 10, 48).send(rate * seconds, rate);
        }
        ref words => {
            let chosen = words.iter().find(|word| !word.starts_with('-'));
            let busy = rig::others();
            println!("{:.0} % of this machine's processor time is taken by other programs", busy * 100.0);
            for (name, measure) in MEASUREMENTS {
                if chosen.is_none_or(|chosen| name.contains(chosen)) {
                    measure();
                }
            }
        }
    }
}

/// The measurements, by the names that choose one.
const MEASUREMENTS: [(&str, fn()); 8] = [
    ("cost", cost),
    ("pairs", pairs),
    ("latency", latency),
    ("rate", rate),
    ("dumpcap", dumpcap),
    ("memory", resident),
    ("stall", stall),
    ("recording", recording),
];

/// A line of the table.
fn row(what: &str, measured: impl Display, bar: impl Display, kept: bool) {
    println!("{what:<52} {measured:>34}   {bar:<14} {}", if kept { "kept" } else { "MISSED" });
    _ = io::stdout().flush();
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Processor time for a datagram, beside the bare loop's.
fn cost() {
    const RATE: u64 = 100_000;
    let subjects = [
        Subject::Bare { nap: false },
        Subject::Bare { nap: true },
        Subject::Fifo { comments: false },
        Subject::Fifo { comments: true },
    ];
    let costs: Vec<[f64; 4]> =
        (0..5).map(|_| subjects.map(|subject| Rig::start(subject, &[]).cost([10, 48], RATE, SECOND))).collect();
    let of = |place: usize| costs.iter().map(|costs| costs[place]).collect::<Vec<_>>();
    let [waking, napping] = [0, 1].map(|place| median(of(place)));
    println!("bare loop at {RATE} datagrams/s: {waking:.2} µs each; with naps {napping:.2} µs");
    for (place, what) in [(2, "without comments"), (3, "with comments")] {
        for (yardstick, name) in [(0, "bare"), (1, "bare with naps")] {
            let ratio = median(costs.iter().map(|costs| costs[place] / costs[yardstick]).collect());
            let measured = format!("{:.2} µs = {ratio:.2}×", median(of(place)));
            row(&format!("UDP → FIFO → cat, {what}: CPU over {name}"), measured, "≤ 1.6×", ratio <= 1.6);
        }
    }
}

/// Processor time for a datagram of ever more agents and ports.
fn pairs() {
    const RATE: u64 = 100_000;
    // Agents, and the ports of each: 7, 1,001 and 100,100 pairs. The samples of a datagram are of as many ports.
    let feeds = [[1, 7], [11, 91], [100, 1001]];
    for comments in [false, true] {
        let run = || feeds.map(|feed| Rig::start(Subject::Fifo { comments }, &[]).cost(feed, RATE, SECOND));
        let costs: Vec<[f64; 3]> = (0..5).map(|_| run()).collect();
        let of = |place: usize| median(costs.iter().map(|costs| costs[place]).collect());
        for place in 1..feeds.len() {
            let ratio = median(costs.iter().map(|costs| costs[place] / costs[0]).collect());
            let [agents, ports] = feeds[place];
            let what = format!("{} pairs over 7, comments {comments}: CPU", agents * ports);
            row(&what, format!("{:.2} µs over {:.2} = {ratio:.2}×", of(place), of(0)), "≤ 1.5×", ratio <= 1.5);
        }
    }
}

/// From sending a datagram to its block in the FIFO, one every 10 ms.
fn latency() {
    let (home, port) = (Home::new(), free_port());
    let mut fifo = Fifo::new(&home, "fifo");
    let mut command = home.command(SFLOWDUMP);
    command.args(["--port", &port.to_string(), "-w"]).arg(&fifo.path);
    let mut program = Running::start(&home, "sflowdump", &mut command);
    program.wait_for_port(port);
    let feed = Feed::to_port(port);
    let sample = [Sample::of(frames::numbered(0))];
    fifo.wait_for("the file's begin", |capture| !capture.interfaces.is_empty());
    let mut times: Vec<f64> = (0..600)
        .map(|_| {
            sleep(Duration::from_millis(10));
            fifo.is_untouched();
            let started = Instant::now();
            feed.send(&sample);
            fifo.wait_until_readable();
            started.elapsed().as_secs_f64() * 1e6
        })
        .collect();
    times.sort_by(f64::total_cmp);
    let [middle, most] = [50, 99].map(|percent| times[times.len() * percent / 100]);
    row("a datagram every 10 ms → FIFO: median", format!("{middle:.0} µs"), "≤ 70 µs", middle <= 70.0);
    row("a datagram every 10 ms → FIFO: 99 of 100", format!("{most:.0} µs"), "≤ 200 µs", most <= 200.0);
}

/// The highest rate at which nothing is lost: between the last that was carried and the first that was not, halved a few times.
fn loss_free(subject: Subject) -> f64 {
    const TIME: Duration = Duration::from_millis(400);
    let (mut low, mut high) = (50_000, 2_000_000);
    let mut best = 0;
    for _ in 0..7 {
        let rate = u64::midpoint(low, high);
        // Once more where something was lost: the machine may have been busy with something else.
        let attempt = || Rig::start(subject, &[]).carries(rate, TIME);
        let (real, carried) = Some(attempt()).filter(|(_, carried)| *carried).unwrap_or_else(&attempt);
        if carried {
            best = best.max(real);
            low = rate;
            if real < rate * 9 / 10 {
                break; // the sender can do no more
            }
        } else {
            high = rate.min(real);
        }
        if low >= high {
            break;
        }
    }
    best as f64
}

fn rate() {
    let subjects = [Subject::Bare { nap: true }, Subject::Null, Subject::Fifo { comments: true }];
    let rates: Vec<[f64; 3]> = (0..3).map(|_| subjects.map(loss_free)).collect();
    let of = |place: usize| median(rates.iter().map(|rates| rates[place]).collect());
    println!("bare loop: {:.0} k datagrams/s without loss", of(0) / 1e3);
    for (place, what) in [(1, "/dev/null"), (2, "FIFO → cat")] {
        let ratio = median(rates.iter().map(|rates| rates[place] / rates[0]).collect());
        let measured = format!("{:.0} k datagrams/s = {ratio:.2}×", of(place) / 1e3);
        row(&format!("highest rate without loss: UDP → {what}"), measured, "≥ 0.9×", ratio >= 0.9);
    }
}

/// What a capture in tshark costs us, and dumpcap.
fn dumpcap() {
    if !have(&["tshark", "dumpcap"]) {
        return;
    }
    let rate = 100_000 / SAMPLES;
    let shares = (0..3).map(|_| {
        let (home, port) = (Home::new(), free_port());
        let mut command = home.command("tshark");
        let file = home.file("out.pcapng");
        command.args(["-i", "sflow", "-o", &format!("extcap.sflow.port:{port}"), "-w"]).arg(&file);
        let mut tshark = Running::start(&home, "tshark", &mut command);
        tshark.wait_for_port(port);
        let mut flood = Flood::new(port, 10, 48);
        flood.send(rate / 10, rate);
        let pid = |name| tshark.member(name).expect("a part of tshark").as_raw_nonzero().get() as u32;
        let [us, them] = ["sflowdump", "dumpcap"].map(pid);
        let before = [us, them].map(cpu);
        flood.send(2 * rate, rate);
        let after = [us, them].map(cpu);
        tshark.signal_group(Signal::INT);
        _ = tshark.end();
        let [us, them] = [0, 1].map(|place| after[place].saturating_sub(before[place]).as_secs_f64());
        us / them * 100.0
    });
    let share = median(shares.collect());
    row("our CPU beside dumpcap's, 100 k packets/s", format!("{share:.0} %"), "≤ 15 %", share <= 15.0);
}

/// Memory: idle, under load, and after a stall.
fn resident() {
    let mut rig = Rig::start(Subject::Fifo { comments: true }, &[]);
    let pid = rig.receiver.pid();
    let idle = memory(pid, "VmRSS");
    row("memory idle", format!("{idle:.1} MiB"), "≤ 10 MiB", idle <= 10.0);
    let mut flood = Flood::new(rig.port, 100, 1000);
    flood.send(200_000, 100_000);
    rig.settle();
    let busy = memory(pid, "VmHWM");
    let what = format!("memory at 100 k datagrams/s of {} ports", flood.ports());
    row(&what, format!("{busy:.1} MiB"), "≤ 64 MiB", busy <= 64.0);
    let reader = rig.reader.take().expect("cat");
    reader.signal(Signal::STOP);
    flood.send(200_000, 100_000);
    rig.settle();
    let stalled = memory(pid, "VmHWM");
    row("memory while the reader stalls, backlog 64 MiB", format!("{stalled:.1} MiB"), "≤ 128 MiB", stalled <= 128.0);
    reader.signal(Signal::CONT);
    sleep(SECOND);
    let after = memory(pid, "VmRSS");
    row("memory after the stall", format!("{after:.1} MiB"), "≤ 64 MiB", after <= 64.0);
}

/// A reader that stands still for two seconds of a fast feed, with a backlog that holds them and with one that does not: what
/// was sent is written, or told.
fn stall() {
    for (backlog, holds) in [("512", true), ("64", false)] {
        // A socket buffer in which nothing gets lost where others use the machine too.
        let options = ["--backlog", backlog, "--receive-buffer", "256"];
        let mut rig = Rig::start(Subject::Fifo { comments: true }, &options);
        let reader = rig.reader.take().expect("cat");
        let mut flood = Flood::new(rig.port, 10, 48);
        flood.send(50_000, 100_000);
        reader.signal(Signal::STOP);
        flood.send(200_000, 100_000);
        reader.signal(Signal::CONT);
        flood.send(50_000, 100_000);
        let [written, slow, kernel] = rig.end();
        let measured = format!("{slow} packets, {kernel} in the kernel");
        let exact = written + slow + kernel == flood.packets();
        row(
            &format!("stall of 2 s at 700 k packets/s, backlog {backlog}: lost"),
            format!("{measured}{}", if exact { "" } else { ", not all told" }),
            if holds { "none" } else { "told exactly" },
            exact && !(holds && slow + kernel > 0),
        );
    }
}

/// A recording, converted, and with a filter.
fn recording() {
    const DATAGRAMS: u64 = 100_000;
    // The last byte of a packet's number.
    const FILTER: &str = "udp port 2000 and udp[15] & 0x7f = 0";
    let home = Home::new();
    let path = home.file("feed.pcap");
    write_recording(&path, DATAGRAMS).expect("a recording");
    let convert = |comments: &str, filter: &[&str]| {
        let mut command = home.command(SFLOWDUMP);
        command.args(["--comments", comments, "-w", "/dev/null", "-r"]).arg(&path).args(filter);
        rig::run(&home, &mut command)
    };
    for (comments, bar) in [("false", 6.0), ("true", 3.0)] {
        let times: Vec<_> = (0..7).map(|_| [convert(comments, &[]), convert(comments, &[FILTER])]).collect();
        let millions = |time: Duration| (DATAGRAMS * SAMPLES) as f64 / time.as_secs_f64() / 1e6;
        let cpu = median(times.iter().map(|[(cpu, _), _]| millions(*cpu)).collect());
        let wall = median(times.iter().map(|[(_, wall), _]| millions(*wall)).collect());
        row(
            &format!("recording → /dev/null, comments {comments}: packets/s"),
            format!("{cpu:.1} M of CPU time, {wall:.1} M"),
            format!("≥ {bar} M"),
            cpu >= bar && wall >= bar,
        );
        let ratio = |[(all, _), (few, _)]: &[(Duration, Duration); 2]| few.as_secs_f64() / all.as_secs_f64();
        let ratio = median(times.iter().map(ratio).collect());
        let what = format!("the same with a filter that keeps 1 in 128, comments {comments}");
        row(&what, format!("{ratio:.2}× of the time"), "≤ 1×", ratio <= 1.0);
    }
}

/// A capture file of a feed, as an agent's collector would record it.
fn write_recording(path: &std::path::Path, datagrams: u64) -> io::Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    for word in [0xa1b2_3c4d, 4 << 16 | 2, 0, 0, 262_144, 1] {
        file.write_all(&u32::to_ne_bytes(word))?;
    }
    let mut payload = support::flood::template();
    for place in 0..datagrams {
        support::flood::number(&mut payload, place, 10, 7);
        let frame = frames::ethernet(0x0800, &frames::ipv4(frames::UDP, &frames::udp(50_000, 6343, &payload)));
        for word in [place as u32 / 100_000, place as u32 % 100_000 * 10_000, frame.len() as u32, frame.len() as u32] {
            file.write_all(&word.to_ne_bytes())?;
        }
        file.write_all(&frame)?;
    }
    file.flush()
}
