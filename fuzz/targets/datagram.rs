//! Every sample and record of a datagram: nothing panics, nothing lies outside of the datagram, and the work has a bound that
//! grows with its length and not with the counts that it claims.
#![no_main]

use std::fmt::Write;

use libfuzzer_sys::fuzz_target;
use sflowcap::Datagram;
use sflowcap::counters::CounterRecord;
use sflowcap::flow::{FlowRecord, SampledHeader};
use sflowcap::sample::{Record, Records, Sample};

/// Counts what is formatted, and keeps none of it.
struct Length(usize);

impl Write for Length {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        self.0 += text.len();
        Ok(())
    }
}

struct Walk<'a> {
    datagram: &'a [u8],
    steps: usize,
}

impl<'a> Walk<'a> {
    /// A step of an iterator: each takes at least four bytes, or is one of a few that tell of a fault.
    fn step(&mut self) {
        self.steps += 1;
        assert!(self.steps <= self.datagram.len() / 4 + 16, "{} steps", self.steps);
    }

    fn inside(&self, part: &[u8]) {
        let whole = self.datagram.as_ptr_range();
        let part = part.as_ptr_range();
        assert!(part.start >= whole.start && part.end <= whole.end);
    }

    fn records(&mut self, records: Records<'a>, read: impl Fn(&Record<'a>) -> Option<String>) {
        for record in records {
            self.step();
            let Ok(record) = record else { continue };
            self.inside(record.body());
            if let Some(shown) = read(&record) {
                // Lists are walked when they are shown.
                assert!(shown.len() <= 400 * (record.body().len() + 16), "{} bytes of text", shown.len());
            }
        }
    }
}

fuzz_target!(|bytes: &[u8]| {
    let Ok(datagram) = Datagram::parse(bytes) else { return };
    let mut walk = Walk { datagram: bytes, steps: 0 };
    for sample in datagram.samples() {
        walk.step();
        let Ok(sample) = sample else { continue };
        write!(Length(0), "{sample:?}").unwrap();
        let flow = |record: &Record<'_>| {
            if let Some(Ok(header)) = SampledHeader::decode(record) {
                let (whole, part) = (record.body().as_ptr_range(), header.header.as_ptr_range());
                assert!(header.header.is_empty() || part.start >= whole.start && part.end <= whole.end);
            }
            FlowRecord::decode(record).ok().map(|read| format!("{read:?}"))
        };
        match &sample {
            Sample::Flow(sample) => {
                _ = (sample.source(), sample.input(), sample.output(), sample.direction(), sample.sampling_rate());
                walk.records(sample.records(), flow);
            }
            Sample::Discarded(sample) => {
                _ = format!("{} {:?}", sample.reason(), sample.direction());
                walk.records(sample.records(), flow);
            }
            Sample::Counters(sample) => {
                walk.records(sample.records(), |record| {
                    CounterRecord::decode(record).ok().map(|read| format!("{read:?}"))
                });
            }
            _ => {}
        }
    }
});
