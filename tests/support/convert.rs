//! Datagrams through the converter, and its file read back.

use std::net::{IpAddr, Ipv4Addr};

use sflowcap::capture::{Converter, Event, Fault, Options, Received, Totals};

use super::feed::Datagram;
use super::pcapng::{self, File, Packet};

/// What became of a feed.
#[derive(Clone, Debug)]
pub struct Converted {
    /// The file.
    pub bytes: Vec<u8>,
    /// The file, read.
    pub file: File,
    pub totals: Totals,
    pub faults: Vec<Fault>,
    /// For each datagram, where its packets end in the file.
    ends: Vec<usize>,
}

impl Converted {
    /// The packets of the datagram at this place in the feed.
    pub fn packets_of(&self, datagram: usize) -> &[Packet] {
        let place = |end: usize| self.file.packets.partition_point(|packet| packet.offset < end);
        let start = if datagram == 0 { 0 } else { place(self.ends[datagram - 1]) };
        &self.file.packets[start..place(self.ends[datagram])]
    }
}

/// When the files of [`feed`] and [`payload`] begin and end, in nanoseconds since 1970.
pub const BEGIN: u64 = 1_600_000_000_000_000_001;
pub const END: u64 = 1_700_000_000_000_000_002;

/// A whole feed through a converter.
pub fn feed(datagrams: &[Datagram], options: Options) -> Converted {
    let Written { bytes, totals, faults, ends } = written(datagrams, options);
    Converted { file: pcapng::read(&bytes), bytes, totals, faults, ends }
}

/// What a converter made of a feed.
#[derive(Clone, Debug)]
pub struct Written {
    /// The file.
    pub bytes: Vec<u8>,
    totals: Totals,
    faults: Vec<Fault>,
    ends: Vec<usize>,
}

/// A whole feed through a converter, into a file of whatever format.
pub fn written(datagrams: &[Datagram], options: Options) -> Written {
    let mut converter = Converter::new(options);
    let (mut bytes, mut faults, mut ends) = (Vec::new(), Vec::new(), Vec::new());
    converter.begin(BEGIN, &mut bytes);
    for datagram in datagrams {
        let received = Received { timestamp: datagram.timestamp, sender: datagram.source, bytes: &datagram.payload };
        converter.datagram(&received, Some(&mut bytes), |event| {
            if let Event::Fault(fault) = event {
                faults.push(fault);
            }
        });
        ends.push(bytes.len());
    }
    converter.statistics(END, 0, "", &mut bytes);
    let totals = *converter.totals();
    Written { bytes, totals, faults, ends }
}

/// One datagram through a converter.
pub fn payload(bytes: &[u8]) -> Converted {
    feed(&[received(bytes)], Options::default())
}

/// A datagram that came in with this payload.
pub fn received(payload: &[u8]) -> Datagram {
    Datagram {
        frame: 1,
        timestamp: 1_650_000_000_123_456_789,
        source: IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)),
        destination_port: sflowcap::datagram::PORT,
        payload: payload.to_vec(),
    }
}
