//! A capture step by step: one datagram goes in after the other, and what becomes of each can be looked at. And the datagrams
//! for it, of agents that count as they like.

use std::net::IpAddr;

use sflowcap::capture::{Converter, Event, Options, Received, Totals};

use super::convert::{BEGIN, END};
use super::pcapng::{self, File};
use super::wire::Wire;

/// A capture that runs.
#[derive(Debug)]
pub struct Capture {
    converter: Converter,
    bytes: Vec<u8>,
    events: Vec<Event>,
}

/// A capture that ended.
#[derive(Clone, Debug)]
pub struct Captured {
    pub file: File,
    pub totals: Totals,
    pub events: Vec<Event>,
}

impl Capture {
    pub fn new(options: Options) -> Self {
        let mut capture = Capture { converter: Converter::new(options), bytes: Vec::new(), events: Vec::new() };
        capture.converter.begin(BEGIN, &mut capture.bytes);
        capture
    }

    /// Hands in a datagram.
    pub fn datagram(&mut self, payload: &[u8]) -> &mut Self {
        self.from([192, 0, 2, 1], payload)
    }

    /// Hands in a datagram that this address sent.
    pub fn from(&mut self, sender: impl Into<IpAddr>, payload: &[u8]) -> &mut Self {
        let received = Received { timestamp: BEGIN + 1_000_000_000, sender: sender.into(), bytes: payload };
        self.converter.datagram(&received, Some(&mut self.bytes), |event| self.events.push(event));
        self
    }

    pub fn pause(&mut self, paused: bool) {
        self.converter.pause(paused);
    }

    /// The file.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Ends the file and reads it.
    pub fn end(&mut self) -> Captured {
        self.converter.statistics(END, 0, "", &mut self.bytes);
        Captured { file: pcapng::read(&self.bytes), totals: *self.converter.totals(), events: self.events.clone() }
    }
}

impl Captured {
    /// The place of an interface in the file.
    pub fn interface(&self, name: &str) -> usize {
        let found = self.file.interfaces.iter().position(|interface| interface.name == name);
        found.unwrap_or_else(|| panic!("no interface {name}"))
    }

    /// The losses told with each packet of an interface.
    pub fn drop_counts(&self, name: &str) -> Vec<u64> {
        let interface = self.interface(name) as u32;
        let packets = self.file.packets.iter().filter(|packet| packet.interface == interface);
        packets.map(|packet| packet.drop_count.unwrap_or(0)).collect()
    }

    /// The losses that the statistics of an interface tell.
    pub fn dropped(&self, name: &str) -> u64 {
        let interface = self.interface(name) as u32;
        self.file.statistics.iter().find(|block| block.interface == interface).unwrap().dropped.unwrap()
    }

    /// The only comment of the only packet.
    pub fn comment(&self) -> &str {
        match &self.file.packets[..] {
            [packet] => match &packet.comments[..] {
                [comment] => comment,
                comments => panic!("one comment, not {comments:?}"),
            },
            packets => panic!("one packet, not {packets:?}"),
        }
    }
}

/// What stands in a datagram's header.
#[derive(Clone, Copy, Debug)]
pub struct Header {
    /// The last byte of the agent's address, which is in 10.0.0.0/24.
    pub agent: u8,
    pub sub_agent_id: u32,
    pub sequence_number: u32,
    pub uptime: u32,
}

impl Header {
    /// Of agent 10.0.0.1, which sends a datagram a second.
    pub fn numbered(sequence_number: u32) -> Self {
        let uptime = 1_000_000_u32.wrapping_add(sequence_number.wrapping_mul(1000)) % 0x7000_0000;
        Header { agent: 1, sub_agent_id: 0, sequence_number, uptime }
    }

    /// A datagram of version 5.
    pub fn datagram(self, samples: &[Wire]) -> Vec<u8> {
        let header = Wire::new().u32s([5, 1, 0x0a00_0000 | u32::from(self.agent), self.sub_agent_id]);
        let header = header.u32s([self.sequence_number, self.uptime, samples.len() as u32]);
        samples.iter().fold(header, |datagram, sample| datagram.raw(&sample.0)).0
    }
}

/// An Ethernet frame of nothing in particular.
pub const FRAME: [u8; 18] = [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x88, 0xb5, 1, 2, 3, 4];

/// A sampled header of [`FRAME`], which was 60 bytes long.
pub fn frame() -> Wire {
    Wire::new().sampled_header(1, 64, 4, &FRAME)
}

/// A flow sample of a port that a packet came in at.
pub fn flow(sequence_number: u32, port: u32, drops: u32) -> Wire {
    flow_with(sequence_number, port, drops, &[frame()])
}

/// The same with these framed records.
pub fn flow_with(sequence_number: u32, port: u32, drops: u32, records: &[Wire]) -> Wire {
    let fields = Wire::new().u32s([sequence_number, port, 100, 0, drops, port, 99, records.len() as u32]);
    Wire::new().framed(0, 1, records.iter().fold(fields, |sample, record| sample.raw(&record.0)))
}

/// A packet discarded at the port that it came in at.
pub fn discard(sequence_number: u32, port: u32, drops: u32) -> Wire {
    let fields = [sequence_number, 0, port, drops, port, 0, 258, 1];
    Wire::new().framed(0, 5, Wire::new().u32s(fields).raw(frame().0))
}

/// A counters sample of a port.
pub fn counters(port: u32, records: &[Wire]) -> Wire {
    let fields = Wire::new().u32s([1, port, records.len() as u32]);
    Wire::new().framed(0, 2, records.iter().fold(fields, |sample, record| sample.raw(&record.0)))
}
