//! What the hot path takes in instructions, which do not depend on what else the machine does.
//!
//! Needs valgrind, and gungraun's runner of the same version: `make bench` installs it.
#![allow(missing_docs, reason = "a benchmark")]

mod made;

use gungraun::{library_benchmark, library_benchmark_group, main};
use made::{datagram, headers_in};
use sflowcap::capture::{Converter, Options, Received};

/// A datagram, and a converter that knows its interfaces.
struct Feed {
    bytes: Vec<u8>,
    converter: Converter,
    out: Vec<u8>,
}

impl Feed {
    fn new(comments: bool) -> Self {
        let converter = Converter::new(Options { comments, ..Options::default() });
        let feed = Feed { bytes: datagram(0), converter, out: Vec::with_capacity(1 << 20) };
        feed.convert()
    }

    fn convert(mut self) -> Self {
        let received = Received { timestamp: 1, sender: [127, 0, 0, 1].into(), bytes: &self.bytes };
        self.converter.datagram(&received, Some(&mut self.out), |_| ());
        self
    }
}

// A datagram of seven samples: a walk to their headers.
#[library_benchmark]
#[bench::datagram(args = (0), setup = datagram)]
fn headers(bytes: Vec<u8>) -> (usize, Vec<u8>) {
    (headers_in(&bytes), bytes)
}

// The same datagram to pcapng.
#[library_benchmark]
#[bench::plain(args = (false), setup = Feed::new)]
#[bench::comments(args = (true), setup = Feed::new)]
fn pcapng(feed: Feed) -> Feed {
    feed.convert()
}

library_benchmark_group!(name = datagrams, benchmarks = [headers, pcapng]);
main!(library_benchmark_groups = datagrams);
