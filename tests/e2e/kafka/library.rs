//! Topics with datagrams in them, written by kcat, and captures that read them.

use std::fs;
use std::io::Read as _;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::support::capture::{Capture, read_classic};
use crate::support::feed::{Sample, datagram};
use crate::support::kcat::Kcat;
use crate::support::process::Running;
use crate::support::wire::{self, Wire};
use crate::support::{Home, SFLOWDUMP, demo, frames, wait_for};

/// A datagram, when it came and who sent it.
#[derive(Clone, Debug)]
pub struct Dated {
    /// In nanoseconds since 1970.
    pub time: u64,
    /// The agent's address as text.
    pub agent: String,
    pub bytes: Vec<u8>,
}

/// The datagrams of the demo recording, each with a time that kcat can write as a header: without a NUL byte. And a recording
/// of them with these times.
pub fn demo(home: &Home) -> (Vec<Dated>, PathBuf) {
    let mut file: Vec<u8> =
        [0xa1b2_c3d4, 4 << 16 | 2, 0, 0, 262_144, 1].iter().flat_map(|word: &u32| word.to_le_bytes()).collect();
    let mut last = 0;
    let datagrams = read_classic(&demo::recording()).into_iter().zip(demo::datagrams()).map(|(frame, (_, bytes))| {
        let next = frame.timestamp.max(last + 1);
        let micros = (next..next + 1_000_000).find(|micros| !(micros * 1000).to_be_bytes().contains(&0));
        let micros = micros.expect("a time");
        last = micros;
        let lengths = [frame.data.len() as u32; 2];
        for word in [(micros / 1_000_000) as u32, (micros % 1_000_000) as u32].into_iter().chain(lengths) {
            file.extend(word.to_le_bytes());
        }
        file.extend(&frame.data);
        let agent = match bytes[7] {
            1 => Ipv4Addr::from(*bytes[8..].first_chunk::<4>().unwrap()).to_string(),
            _ => Ipv6Addr::from(*bytes[8..].first_chunk::<16>().unwrap()).to_string(),
        };
        Dated { time: micros * 1000, agent, bytes }
    });
    let datagrams = datagrams.collect();
    let path = home.file("demo.pcap");
    fs::write(&path, file).unwrap();
    (datagrams, path)
}

/// Writes datagrams, each with its time and its agent as the key, which says the partition.
pub fn write(kcat: &Kcat, topic: &str, datagrams: &[Dated]) {
    for Dated { time, agent, bytes } in datagrams {
        kcat.produce(topic, None, Some(agent), &[("received", &time.to_be_bytes())], &[bytes]);
    }
}

/// Akvorado's envelope around a datagram, made by hand.
pub fn envelope(seconds: u64, bytes: &[u8], sender: Ipv4Addr, decoder: u8) -> Vec<u8> {
    let varint = |mut number: u64| {
        let mut out = Vec::new();
        while number > 0x7f {
            out.push(number as u8 | 0x80);
            number >>= 7;
        }
        out.push(number as u8);
        out
    };
    let length = varint(bytes.len() as u64);
    let sender = sender.to_ipv6_mapped().octets();
    [&[0x08][..], &varint(seconds), &[0x12], &length, bytes, &[0x1a, 16], &sender, &[0x28, decoder]].concat()
}

/// A datagram of an agent with one packet, which carries this number.
pub fn numbered(agent: [u8; 4], number: u32) -> Vec<u8> {
    datagram(agent.into(), &[Sample::of(frames::numbered(number))])
}

/// The numbers of the packets of a capture, in their order.
pub fn numbers(capture: &Capture) -> Vec<u32> {
    let number = |frame: &[u8]| u32::from_be_bytes(frame[42..46].try_into().unwrap());
    capture.packets.iter().map(|packet| number(&packet.data)).collect()
}

/// What can be compared of a packet: its time, its interface, its bytes, its length and its comment.
pub type Seen = (u64, String, Vec<u8>, u32, String);

pub fn seen(capture: &Capture) -> Vec<Seen> {
    let of = |packet| {
        let name = capture.interface(packet).name.clone();
        (packet.timestamp, name, packet.data.clone(), packet.original_length, packet.comment.clone())
    };
    capture.packets.iter().map(of).collect()
}

/// Holds what is seen against what should be, and tells the first difference.
pub fn assert_same(seen: &[Seen], expected: &[Seen], what: &str) {
    let differs = seen.iter().zip(expected).position(|(seen, expected)| seen != expected);
    assert_eq!(differs.map(|at| (at, &seen[at], &expected[at])), None, "{what}");
    assert_eq!(seen.len(), expected.len(), "{what}");
}

/// What a recording gives.
pub fn read(home: &Home, recording: &Path, options: &[&str]) -> Capture {
    let out = home.file("recorded.pcapng");
    let words = ["-r", recording.to_str().unwrap(), "-w", out.to_str().unwrap()];
    home.output(SFLOWDUMP, &[&words, options].concat());
    Capture::read_whole(&out)
}

/// A capture from Kafka, to a file.
pub struct Reading {
    pub program: Running,
    pub out: PathBuf,
}

impl Reading {
    /// Starts a capture of `ADDRESS/TOPIC`.
    pub fn start(home: &Home, name: &str, topic: &str, options: &[&str]) -> Self {
        let out = home.file(&format!("{name}.pcapng"));
        // One of before is not this one's.
        _ = fs::remove_file(&out);
        let mut command = home.command(SFLOWDUMP);
        command.args(["--kafka", topic, "--log-level", "info", "-w"]).arg(&out).args(options);
        Reading { program: Running::start(home, name, &mut command), out }
    }

    /// Waits until the capture says this so many times.
    pub fn wait_until_said(&mut self, text: &str, times: usize) {
        wait_for(&format!("{text}: {}", self.program.stderr()), || {
            let said = self.program.stderr();
            assert!(self.program.is_running(), "ended: {said}");
            (said.matches(text).count() >= times).then_some(())
        });
    }

    /// Waits until so many packets are in the file.
    pub fn wait_for_packets(&mut self, count: usize) -> Capture {
        wait_for(&format!("{count} packets: {}", self.program.stderr()), || {
            let capture = Capture::read(&self.out);
            assert!(self.program.is_running(), "ended: {}", self.program.stderr());
            (capture.packets.len() >= count).then_some(capture)
        })
    }

    /// Ends it as Ctrl-C does: the file is whole, and the program content.
    pub fn stop(&mut self) -> Capture {
        self.program.signal(Signal::INT);
        let status = self.program.end();
        assert!(status.success(), "{status}: {}", self.program.stderr());
        Capture::read_whole(&self.out)
    }

    /// A number of the totals on standard error; none if it is not told.
    pub fn total(&self, what: &str) -> u64 {
        let said = self.program.stderr();
        let line = said.lines().find(|line| line.ends_with(what));
        line.and_then(|line| line.split(' ').next()?.parse().ok()).unwrap_or(0)
    }
}

/// Starts a capture that must fail with one line, and gives it.
pub fn failure(home: &Home, words: &[&str]) -> String {
    let output = home.command("timeout").args(["60", SFLOWDUMP]).args(words).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    let [line] = said.lines().collect::<Vec<_>>()[..] else { panic!("not one line: {said}") };
    line.to_owned()
}

/// The totals in the last statistics of a capture.
pub fn totals(capture: &Capture) -> &str {
    &capture.statistics.iter().rev().find(|statistics| statistics.interface == 0).expect("statistics").comment
}

/// Datagrams with one packet each that has its number, and of which 60,000 bytes were sampled.
pub fn large(numbers: std::ops::Range<u32>) -> Vec<Vec<u8>> {
    let value = |number| {
        let frame = [frames::numbered(number), vec![0xa5; 60_000]].concat();
        let sample = Wire::new().u32s([1, 3, 100, 10_000, 0, 3, 4, 1]);
        let header = Wire::new().sampled_header(1, frame.len() as u32, 0, &frame);
        wire::datagram(&[Wire::new().framed(0, 1, sample.raw(header.0))])
    };
    numbers.map(value).collect()
}

/// A capture to a pipe that nobody reads for a while.
pub struct Slow {
    program: Child,
    pipe: ChildStdout,
    /// The most memory that it was seen to have had, in bytes.
    pub most_memory: u64,
}

impl Slow {
    pub fn start(home: &Home, topic: &str, options: &[&str]) -> Self {
        let mut command = home.command(SFLOWDUMP);
        command.args(["--kafka", topic, "-w", "-"]).args(options).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut program = command.spawn().unwrap();
        let pipe = program.stdout.take().unwrap();
        Slow { program, pipe, most_memory: 0 }
    }

    /// The time, in ticks, that its threads have worked.
    fn worked(&self) -> u64 {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.program.id())).unwrap();
        let (_, after) = stat.rsplit_once(')').unwrap();
        after.split_whitespace().skip(11).take(2).map(|ticks| ticks.parse::<u64>().unwrap()).sum()
    }

    /// Waits until the pipe is full, and nothing more is done.
    pub fn wait_until_idle(&self) {
        wait_for("a full pipe", || (rustix::io::ioctl_fionread(&self.pipe).unwrap() >= 32 * 1024).then_some(()));
        let (mut last, mut since) = (self.worked(), Instant::now());
        wait_for("a capture that waits", || {
            let now = self.worked();
            if now > last + 1 {
                (last, since) = (now, Instant::now());
            }
            (since.elapsed() > Duration::from_secs(2)).then_some(())
        });
    }

    fn look_at_memory(&mut self) {
        let status = fs::read_to_string(format!("/proc/{}/status", self.program.id())).unwrap();
        // One that has ended has none.
        if let Some(most) = status.lines().find_map(|line| line.strip_prefix("VmHWM:")) {
            self.most_memory = most.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024;
        }
    }

    pub fn read_to_end(&mut self) -> Capture {
        let mut bytes = Vec::new();
        loop {
            self.look_at_memory();
            if self.pipe.by_ref().take(8 << 20).read_to_end(&mut bytes).unwrap() == 0 {
                break;
            }
        }
        let capture = Capture::parse(&bytes);
        assert_eq!(capture.left, 0, "the stream ends within a block");
        capture
    }

    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.program), signal).unwrap();
    }
}

impl Drop for Slow {
    fn drop(&mut self) {
        _ = self.program.kill();
        _ = self.program.wait();
    }
}
