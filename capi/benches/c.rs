//! What the library costs from C, beside the same work from Rust: in turns, and what counts are medians.
#![allow(missing_docs, clippy::cast_precision_loss, reason = "a benchmark")]

use std::hint::black_box;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use sflowcap::Datagram;
use sflowcap::capture::{Converter, Options, Received};
use sflowcap::flow::{ExtendedTimestamp, SampledHeader};
use sflowcap::sample::{Direction, Interface, Sample};
use sflowcap::structure::{Field, Structure};

use support::{ROOT, run};
use wire::Wire;

#[path = "../tests/support/mod.rs"]
mod support;
#[path = "../../tests/support/wire.rs"]
#[allow(dead_code, missing_docs, unreachable_pub, reason = "a benchmark uses a part of it")]
mod wire;

const SAMPLES: u32 = 7;
const ROUNDS: u32 = 500_000;
const TURNS: usize = 15;

/// From C it is to cost no more than this times what it costs from Rust.
const BAR: f64 = 1.5;

/// A datagram as switches send it.
fn datagram() -> Vec<u8> {
    let samples = (0..SAMPLES).map(|port| {
        let switch = Wire::new().u32s([10, 0, 20, 0]);
        let body = Wire::new().u32s([1, 3 + port, 1000, 10_000, 0, 3 + port, 40, 2]);
        let body = body.sampled_header(1, 1518, 4, &[0x5a; 128]).framed(0, 1001, switch);
        Wire::new().framed(0, 1, body)
    });
    let start = Wire::new().u32s([5, 1, 0x0a00_0001, 0, 1, 1000, SAMPLES]);
    samples.fold(start, |datagram, sample| datagram.raw(&sample.0)).0
}

/// As the function of this name in C.
fn headers(bytes: &[u8]) -> u64 {
    let Ok(datagram) = Datagram::parse(bytes) else { return 0 };
    let mut sum = 0;
    for sample in datagram.samples() {
        let Ok(Sample::Flow(sample)) = sample else { continue };
        for record in sample.records().flatten() {
            if let Some(Ok(header)) = SampledHeader::decode(&record) {
                let last = header.header.last().copied().unwrap_or_default();
                sum += u64::from(last) + u64::from(header.original_length()) + u64::from(sample.sampling_rate());
            }
        }
    }
    sum
}

fn value(interface: Interface) -> u32 {
    match interface {
        Interface::Index(value) | Interface::Multiple(value) | Interface::Undefined { value, .. } => value,
        Interface::Discarded(reason) => reason.0,
        Interface::Unknown | Interface::Internal => 0,
    }
}

/// As the function of this name in C.
fn samples(bytes: &[u8]) -> u64 {
    let Ok(datagram) = Datagram::parse(bytes) else { return 0 };
    let mut sum = 0;
    for sample in datagram.samples() {
        let Ok(Sample::Flow(sample)) = sample else { continue };
        let (source, input, output) = (sample.source(), sample.input(), sample.output());
        for number in [
            sample.sequence_number(),
            source.class,
            source.index,
            sample.sampling_rate(),
            sample.sample_pool(),
            sample.drops(),
            value(input),
            value(output),
            u32::from(sample.direction() == Direction::In),
        ] {
            sum += u64::from(number);
        }
        for record in sample.records() {
            let Ok(record) = record else {
                sum += 1;
                continue;
            };
            match SampledHeader::decode(&record) {
                Some(Ok(header)) => {
                    let last = header.header.last().copied().unwrap_or_default();
                    sum += u64::from(last) + u64::from(header.original_length()) + u64::from(header.protocol.0);
                    sum += u64::from(header.frame_length) + u64::from(header.stripped);
                }
                Some(Err(_)) => sum += 1,
                None if record.tag == ExtendedTimestamp::TAG => {
                    sum += ExtendedTimestamp::read(&mut record.xdr()).map_or(1, |clock| clock.nanoseconds);
                }
                None => {}
            }
        }
    }
    sum
}

/// As `main` of C: nanoseconds a round, and a sum of what was read.
fn rust(bytes: &[u8], work: &str) -> (f64, u64) {
    let mut sum = 0;
    let mut converter = Converter::new(Options { comments: true, synthetic: true, ..Options::default() });
    let mut out = Vec::with_capacity(128 * 1024);
    converter.begin(1, &mut out);
    let start = Instant::now();
    match work {
        "headers" => (0..ROUNDS).for_each(|_| sum += headers(black_box(bytes))),
        "samples" => (0..ROUNDS).for_each(|_| sum += samples(black_box(bytes))),
        _ => (0..ROUNDS).for_each(|_| {
            let received = Received { timestamp: 1, sender: [127, 0, 0, 1].into(), bytes: black_box(bytes) };
            converter.datagram(&received, Some(&mut out), |_| ());
            if out.len() >= 64 * 1024 {
                sum += black_box(&out).len() as u64;
                out.clear();
            }
        }),
    }
    let elapsed = start.elapsed();
    (elapsed.as_nanos() as f64 / f64::from(ROUNDS), sum + out.len() as u64)
}

fn c(program: &Path, library: &Path, datagram: &Path, work: &str) -> (f64, u64) {
    let mut command = Command::new(program);
    command.env("LD_LIBRARY_PATH", library).arg(datagram).arg(ROUNDS.to_string()).arg(work);
    let printed = String::from_utf8(run(&mut command).stdout).expect("text");
    let (nanoseconds, sum) = printed.trim().split_once(' ').expect("two numbers");
    let nanoseconds: f64 = nanoseconds.parse().expect("a number");
    (nanoseconds / f64::from(ROUNDS), sum.parse().expect("a number"))
}

fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}

fn main() {
    let library = support::library(support::Profile::Release);
    let folder = tempfile::tempdir().expect("a folder");
    let (program, file) = (folder.path().join("c"), folder.path().join("datagram"));
    let bytes = datagram();
    std::fs::write(&file, &bytes).expect("a datagram");
    let mut compiler = support::compiler(support::Language::C, "capi/benches/c.c");
    compiler.args(["-O2", "-I"]).arg(Path::new(ROOT).join("include")).arg("-L").arg(library).arg("-lsflowcap");
    run(compiler.arg("-o").arg(&program));
    for work in ["headers", "samples", "convert"] {
        let (mut of_c, mut of_rust, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..TURNS {
            let (from_c, from_rust) = (c(&program, library, &file, work), rust(&bytes, work));
            assert_eq!(from_c.1, from_rust.1, "{work}: not the same work");
            of_c.push(from_c.0);
            of_rust.push(from_rust.0);
            ratios.push(from_c.0 / from_rust.0);
        }
        let ratio = median(ratios);
        let kept = if ratio <= BAR { "kept" } else { "MISSED" };
        println!(
            "{work:8} C {:6.1} ns a datagram of {SAMPLES} samples, Rust {:6.1} ns: {ratio:.2} times (bar {BAR}: {kept})",
            median(of_c),
            median(of_rust)
        );
    }
}
