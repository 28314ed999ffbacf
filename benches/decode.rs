//! Decoding and converting datagrams that are in memory: nanoseconds a datagram, and samples a second.
#![allow(missing_docs, reason = "a benchmark")]

mod made;

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use made::{SAMPLES, datagram, headers_in};
use sflowcap::Datagram;
use sflowcap::capture::{Converter, MAX_INTERFACES, Options, Received};
use sflowcap::flow::FlowRecord;
use sflowcap::sample::Sample;

fn main() {
    divan::main();
}

/// Walk to every sampled header.
#[divan::bench]
fn headers(bencher: Bencher<'_, '_>) {
    let bytes = datagram(0);
    bencher.counter(ItemsCount::new(SAMPLES)).bench_local(|| headers_in(black_box(&bytes)));
}

/// Decode every record.
#[divan::bench]
fn records(bencher: Bencher<'_, '_>) {
    let bytes = datagram(0);
    bencher.counter(ItemsCount::new(SAMPLES)).bench_local(|| {
        for sample in Datagram::parse(black_box(&bytes)).unwrap().samples() {
            if let Ok(Sample::Flow(sample)) = sample {
                for record in sample.records().flatten() {
                    _ = black_box(FlowRecord::decode(&record));
                }
            }
        }
    });
}

/// The crate sflow-parser on the same bytes.
#[divan::bench]
fn sflow_parser(bencher: Bencher<'_, '_>) {
    let bytes = datagram(0);
    bencher.counter(ItemsCount::new(SAMPLES)).bench_local(|| sflow_parser::parse_datagram(black_box(&bytes)).unwrap());
}

/// Where numbers stand in the datagram.
const AGENT: usize = 8;
const SEQUENCE_NUMBER: usize = 16;
const FIRST_SAMPLE: usize = 28;

/// The next random number, however bad.
fn random(state: &mut u64) -> u32 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*state >> 32) as u32
}

/// To pcapng, with as many pairs of agent and port as an argument says. One buffer serves for all datagrams, as that of a
/// socket does, and numbers go on as they do on the wire; in chaos, agents come and numbers go as chance has it.
fn convert(bencher: Bencher<'_, '_>, pairs: u32, comments: bool, chaos: bool) {
    let agents = pairs.div_ceil(SAMPLES as u32);
    let mut bytes = datagram(0);
    let sample = (bytes.len() - FIRST_SAMPLE) / SAMPLES;
    let mut converter = Converter::new(Options { comments, ..Options::default() });
    let mut out = Vec::with_capacity(1 << 20);
    let mut turn = 0_u32;
    let mut state = 1;
    let mut next = || {
        // Each agent first comes once.
        let (agent, number) = if chaos && turn >= agents {
            (random(&mut state) % agents, random(&mut state))
        } else {
            (turn % agents, turn / agents)
        };
        let (agent, number) = (0x0a00_0000 + agent, number.to_be_bytes());
        turn += 1;
        bytes[AGENT..AGENT + 4].copy_from_slice(&agent.to_be_bytes());
        bytes[SEQUENCE_NUMBER..SEQUENCE_NUMBER + 4].copy_from_slice(&number);
        for sample in bytes[FIRST_SAMPLE..].chunks_exact_mut(sample) {
            sample[8..12].copy_from_slice(&number);
        }
        let received = Received { timestamp: 1, sender: [127, 0, 0, 1].into(), bytes: &bytes };
        converter.datagram(&received, Some(&mut out), |_| ());
        let length = out.len();
        if length > 1 << 19 {
            out.clear();
        }
        length
    };
    // Interfaces are described when they appear first.
    for _ in 0..agents {
        next();
    }
    bencher.counter(ItemsCount::new(SAMPLES)).bench_local(next);
}

const PAIRS: [u32; 3] = [10, 1_000, 100_000];

#[divan::bench(args = PAIRS, sample_size = 1000)]
fn pcapng(bencher: Bencher<'_, '_>, pairs: u32) {
    convert(bencher, pairs, false, false);
}

#[divan::bench(args = PAIRS, sample_size = 1000)]
fn pcapng_with_comments(bencher: Bencher<'_, '_>, pairs: u32) {
    convert(bencher, pairs, true, false);
}

/// What somebody sends who means harm and has filled all that is kept of agents and ports: each datagram is of any of those agents,
/// with numbers that go nowhere. Nothing is where a cache has it. It may cost twice what [`pcapng`] does of ten pairs.
#[divan::bench(args = [false, true], sample_size = 1000)]
fn pcapng_attacked(bencher: Bencher<'_, '_>, comments: bool) {
    convert(bencher, MAX_INTERFACES as u32, comments, true);
}

/// The same of agents and ports that nobody heard before.
#[divan::bench(sample_size = 1000)]
fn pcapng_hostile(bencher: Bencher<'_, '_>) {
    let mut bytes = datagram(0);
    let sample = (bytes.len() - FIRST_SAMPLE) / SAMPLES;
    let mut converter = Converter::new(Options::default());
    let mut out = Vec::with_capacity(1 << 20);
    let mut state = 1;
    let mut next = || {
        let mut set = |at: usize| bytes[at..at + 4].copy_from_slice(&random(&mut state).to_be_bytes());
        set(AGENT);
        set(SEQUENCE_NUMBER);
        for place in 0..SAMPLES {
            let start = FIRST_SAMPLE + place * sample;
            set(start + 8);
            // Of the class 0: an interface.
            set(start + 12);
            set(start + 28);
        }
        for place in 0..SAMPLES {
            bytes[FIRST_SAMPLE + place * sample + 12] = 0;
        }
        let received = Received { timestamp: 1, sender: [127, 0, 0, 1].into(), bytes: &bytes };
        converter.datagram(&received, Some(&mut out), |_| ());
        let length = out.len();
        if length > 1 << 19 {
            out.clear();
        }
        length
    };
    for _ in 0..2 * MAX_INTERFACES {
        next();
    }
    bencher.counter(ItemsCount::new(SAMPLES)).bench_local(next);
}
