//! The datagram that the benchmarks take apart.

use sflowcap::Datagram;
use sflowcap::flow::SampledHeader;
use sflowcap::sample::Sample;

#[path = "../../tests/support/wire.rs"]
#[allow(dead_code, missing_docs, unreachable_pub, reason = "a benchmark uses a part of it")]
mod wire;

use wire::Wire;

/// Samples in a datagram.
pub(crate) const SAMPLES: usize = 7;

/// A datagram as switches send it: 7 samples with a header of 128 bytes and a switch record, 1372 bytes or so.
pub(crate) fn datagram(agent: u32) -> Vec<u8> {
    let header = [0x5a; 128];
    let samples = (0..SAMPLES as u32).map(|port| {
        let switch = Wire::new().u32s([10, 0, 20, 0]);
        let body = Wire::new().u32s([1, 3 + port, 1000, 10_000, 0, 3 + port, 40, 2]);
        let body = body.sampled_header(1, 1518, 4, &header).framed(0, 1001, switch);
        Wire::new().framed(0, 1, body)
    });
    let start = Wire::new().u32s([5, 1, 0x0a00_0000 + agent, 0, 1, 1000, SAMPLES as u32]);
    samples.fold(start, |datagram, sample| datagram.raw(&sample.0)).0
}

/// Walks to every sampled header. Returns how many bytes they have.
pub(crate) fn headers_in(bytes: &[u8]) -> usize {
    let mut captured = 0;
    for sample in Datagram::parse(bytes).unwrap().samples() {
        if let Ok(Sample::Flow(sample)) = sample {
            for record in sample.records() {
                if let Some(Ok(header)) = record.ok().and_then(|record| SampledHeader::decode(&record)) {
                    captured += header.header.len();
                }
            }
        }
    }
    captured
}
