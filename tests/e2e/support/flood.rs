//! Many made sFlow agents that send at a steady rate, with the sequence numbers that real ones would have.
//!
//! Everything in a datagram follows from its place in the feed, so that a feed can be bounded, paused, gone on with, and known
//! again at its other end.

use std::hint::spin_loop;
use std::io::IoSlice;
use std::net::{Ipv4Addr, UdpSocket};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::net::{MMsgHdr, SendAncillaryBuffer, SendFlags, sendmmsg};

use super::frames;
use super::wire::Wire;

/// Samples in a datagram.
pub const SAMPLES: u64 = 7;

/// Bytes of a datagram.
pub const DATAGRAM: usize = 1372;

/// Bytes of a sampled header.
const HEADER: usize = 128;

/// Datagrams that one call sends at most; at lower rates they are sent one by one.
const BATCH: usize = 8;

/// Where the numbers that change stand: in a datagram, in each of its samples, and in a sample's frame (the UDP payload).
const FIRST_SAMPLE: usize = 28;
const SAMPLE: usize = (DATAGRAM - FIRST_SAMPLE) / SAMPLES as usize;
const FRAME: usize = 64;
const NUMBER: usize = 42;

/// A feed of so many agents, each with so many ports that sample.
#[derive(Debug)]
pub struct Flood {
    socket: UdpSocket,
    agents: u64,
    /// The samples of a datagram are of different ports, and ports take turns: each group has as many as a datagram has samples.
    groups: u64,
    buffers: Vec<Vec<u8>>,
    sent: u64,
}

impl Flood {
    /// A feed to a port of this host. Ports are rounded up to groups of [`SAMPLES`].
    pub fn new(port: u16, agents: u64, ports: u64) -> Self {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a socket");
        socket.connect((Ipv4Addr::LOCALHOST, port)).expect("loopback");
        Flood { socket, agents, groups: ports.div_ceil(SAMPLES), buffers: vec![template(); BATCH], sent: 0 }
    }

    /// Datagrams sent so far.
    pub fn sent(&self) -> u64 {
        self.sent
    }

    /// Packets sent so far.
    pub fn packets(&self) -> u64 {
        self.sent * SAMPLES
    }

    /// Different ports that were sent for so far.
    pub fn ports(&self) -> u64 {
        self.sent.min(self.agents * self.groups) * SAMPLES
    }

    /// Sends so many datagrams, so many a second. Returns the time that it took: more than it should where the host is too slow.
    pub fn send(&mut self, count: u64, rate: u64) -> Duration {
        let started = Instant::now();
        let batch = (rate / 2000).clamp(1, BATCH as u64);
        let mut done = 0;
        while done < count {
            let due = Duration::from_nanos(done * 1_000_000_000 / rate);
            // Sleeping is not exact enough for the last bit.
            sleep(due.saturating_sub(started.elapsed()).saturating_sub(Duration::from_micros(200)));
            while started.elapsed() < due {
                spin_loop();
            }
            let some = batch.min(count - done);
            self.send_batch(some as usize);
            done += some;
        }
        started.elapsed()
    }

    fn send_batch(&mut self, count: usize) {
        for buffer in &mut self.buffers[..count] {
            number(buffer, self.sent, self.agents, self.groups);
            self.sent += 1;
        }
        let slices: Vec<[IoSlice<'_>; 1]> = self.buffers[..count].iter().map(|bytes| [IoSlice::new(bytes)]).collect();
        let mut controls: Vec<_> = (0..count).map(|_| SendAncillaryBuffer::default()).collect();
        let mut messages: Vec<_> =
            slices.iter().zip(&mut controls).map(|(slice, control)| MMsgHdr::new(slice, control)).collect();
        let mut left = &mut messages[..];
        while !left.is_empty() {
            let sent = sendmmsg(&self.socket, left, SendFlags::empty()).expect("loopback takes it");
            left = &mut left[sent..];
        }
    }
}

/// The number of the packet, counted from the feed's begin, that a frame of it is.
pub fn packet_number(frame: &[u8]) -> u64 {
    u64::from_be_bytes(frame[NUMBER..NUMBER + 8].try_into().expect("eight bytes"))
}

/// A datagram in which every number is still to be set.
pub fn template() -> Vec<u8> {
    let frame = frames::ethernet(0x0800, &frames::ipv4(frames::UDP, &frames::udp(1000, 2000, &[0; 1476])));
    // sequence number, source, rate, pool, drops, input, output, records
    let sample = Wire::new().u32s([0, 0, 1000, 0, 0, 0, 40, 1]).sampled_header(1, 1522, 4, &frame[..HEADER]);
    let sample = Wire::new().framed(0, 1, sample);
    // version, agent, sub-agent, sequence number, uptime, samples
    let datagram = Wire::new().u32s([5, 1, 0, 0, 0, 0, SAMPLES as u32]);
    let datagram = (0..SAMPLES).fold(datagram, |datagram, _| datagram.raw(&sample.0)).0;
    assert_eq!(datagram.len(), DATAGRAM);
    datagram
}

/// Sets the numbers of the datagram at a place of the feed.
pub fn number(datagram: &mut [u8], place: u64, agents: u64, groups: u64) {
    let (turn, agent) = (place / agents, place % agents);
    let (round, group) = (turn / groups, turn % groups);
    let mut set = |at: usize, value: u32| datagram[at..at + 4].copy_from_slice(&value.to_be_bytes());
    set(8, 0x0a00_0001 + agent as u32);
    set(16, turn as u32 + 1);
    set(20, 1000 + turn as u32);
    for sample in 0..SAMPLES {
        let at = FIRST_SAMPLE + sample as usize * SAMPLE;
        let port = (group * SAMPLES + sample + 1) as u32;
        set(at + 8, round as u32 + 1);
        set(at + 12, port);
        set(at + 20, (round as u32 + 1).wrapping_mul(1000));
        set(at + 28, port);
        let number = place * SAMPLES + sample;
        set(at + FRAME + NUMBER, (number >> 32) as u32);
        set(at + FRAME + NUMBER + 4, number as u32);
    }
}
