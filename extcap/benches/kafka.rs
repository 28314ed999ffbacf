//! What Kafka costs the program: processor time for a datagram of seven samples, published and consumed, beside what the plain
//! way over UDP costs. The broker runs on the same machine; only the program's own time counts.
#![allow(missing_docs, clippy::cast_precision_loss, reason = "a benchmark")]

#[path = "live/rig.rs"]
#[allow(dead_code, reason = "shared with another benchmark")]
mod rig;
#[path = "../../tests/e2e/support/mod.rs"]
mod support;

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use rig::{Rig, Subject, cpu};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, waitid};
use support::broker::{Broker, have_kafka};
use support::flood::{self, Flood};
use support::process::Running;
use support::{Home, SFLOWDUMP, free_port};

/// Datagrams that are written and read.
const DATAGRAMS: u64 = 200_000;

/// Datagrams a second that are received.
const RATE: u64 = 50_000;

const AGENTS: u64 = 100;
const PARTITIONS: u32 = 4;

fn main() {
    if !have_kafka() {
        println!("without a broker nothing is measured: make test-tools");
        return;
    }
    println!("{:.0} % of this machine's processor time is taken by other programs", rig::others() * 100.0);
    let (home, broker) = (Home::new(), Broker::start());
    let file = home.file("feed.pcap");
    record(&file).expect("a file");
    let plain =
        median(|| Rig::start(Subject::Null, &["--comments", "false"]).cost([10, 48], RATE, Duration::from_secs(3)));
    row("received over UDP, written to /dev/null", plain, "");
    let read = median(|| {
        per_datagram(&home, sflowdump(&home).args(["-w", "/dev/null", "--comments", "false", "-r"]).arg(&file))
    });
    row("the same of a recording", read, "");
    for compression in ["none", "snappy", "lz4", "zstd", "gzip"] {
        let properties = home.file("properties");
        fs::write(&properties, format!("compression.type={compression}\n")).expect("a file");
        broker.create_topic(compression, PARTITIONS);
        let topic = format!("{}/{compression}", broker.address());
        let mut publish = sflowdump(&home);
        publish.args(["--publish", &topic, "--kafka-config"]).arg(&properties).arg("-r").arg(&file);
        row(&format!("published, {compression}"), per_datagram(&home, &mut publish), "of a recording");
        let mut consume = sflowdump(&home);
        let count = (DATAGRAMS * flood::SAMPLES).to_string();
        consume.args(["--kafka", &topic, "--kafka-start", "earliest", "-c", &count, "--duration", "30"]);
        consume.args(["-w", "/dev/null", "--comments", "false"]);
        row(&format!("consumed, {compression}"), per_datagram(&home, &mut consume), "written to /dev/null");
    }
    broker.create_topic("live", PARTITIONS);
    row("published, lz4", live(&home, &broker), &format!("of UDP, {RATE} datagrams/s"));
}

fn row(what: &str, microseconds: f64, note: &str) {
    println!("{what:<44} {microseconds:>6.2} µs a datagram {:>9.0} a second and core   {note}", 1e6 / microseconds);
    _ = io::stdout().flush();
}

fn median(mut measure: impl FnMut() -> f64) -> f64 {
    let mut values: Vec<f64> = (0..3).map(|_| measure()).collect();
    values.sort_by(f64::total_cmp);
    values[1]
}

fn sflowdump(home: &Home) -> Command {
    home.command(SFLOWDUMP)
}

/// The processor time that a call takes for each datagram, in microseconds.
fn per_datagram(home: &Home, command: &mut Command) -> f64 {
    let mut program = Running::start(home, "program", command);
    let pid = Pid::from_raw(program.pid() as i32);
    // Without taking its number from it: its times are still there then, those of threads that have ended, too.
    waitid(WaitId::Pid(pid.expect("a number")), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT).expect("a child");
    let stat = fs::read_to_string(format!("/proc/{}/stat", program.pid())).expect("a process");
    let (_, fields) = stat.rsplit_once(") ").expect("its name");
    let ticks: Vec<u64> = fields.split(' ').skip(11).take(2).map(|ticks| ticks.parse().expect("ticks")).collect();
    assert!(program.end().success(), "{}", program.stderr());
    let seconds = ticks.iter().sum::<u64>() as f64 / rustix::param::clock_ticks_per_second() as f64;
    seconds * 1e6 / DATAGRAMS as f64
}

/// The same of a collector.
fn live(home: &Home, broker: &Broker) -> f64 {
    let port = free_port();
    let topic = format!("{}/live", broker.address());
    let mut command = sflowdump(home);
    command.args(["--publish", &topic, "--listen", "0.0.0.0", "--port", &port.to_string()]);
    let mut collector = Running::start(home, "collector", &mut command);
    collector.wait_for_port(port);
    let mut flood = Flood::new(port, AGENTS, 48);
    flood.send(RATE / 5, RATE);
    let (before, began, sent) = (cpu(collector.pid()), Instant::now(), flood.sent());
    flood.send(RATE * 3, RATE);
    sleep(Duration::from_secs(1));
    let busy = cpu(collector.pid()).saturating_sub(before);
    let count = flood.sent() - sent;
    assert!(began.elapsed() < Duration::from_secs(30));
    collector.signal(Signal::TERM);
    _ = collector.end();
    println!("{}", collector.stderr().trim().replace('\n', "; "));
    busy.as_secs_f64() * 1e6 / count as f64
}

/// A recording, raw IP, of as many datagrams, a second of ten thousand.
fn record(path: &Path) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(1 << 20, File::create(path)?);
    for word in [0xa1b2_3c4d_u32, 0x0004_0002, 0, 0, 262_144, 101] {
        out.write_all(&word.to_le_bytes())?;
    }
    let mut datagram = flood::template();
    for place in 0..DATAGRAMS {
        flood::number(&mut datagram, place, AGENTS, 7);
        let length = 28 + datagram.len() as u32;
        let time = place * 100_000;
        for word in [1_700_000_000 + (time / 1_000_000_000) as u32, (time % 1_000_000_000) as u32, length, length] {
            out.write_all(&word.to_le_bytes())?;
        }
        let header = [0x4500_0000 | length, 0, 0x4011_0000, 0x0a00_0001, 0x7f00_0001, 0x18c7_18c7, (length - 20) << 16];
        for word in header {
            out.write_all(&word.to_be_bytes())?;
        }
        out.write_all(&datagram)?;
    }
    out.flush()
}
