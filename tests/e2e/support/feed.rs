//! A made sFlow agent: samples encoded after the wire reference, and a socket that sends them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

use super::wire::Wire;

/// The bytes of a frame that an agent copies into its sample.
pub const HEADER: usize = 128;

pub const ETHERNET: u32 = 1;

/// A packet as an agent saw it.
#[derive(Clone, Debug)]
pub struct Sample {
    /// The ifIndex that took the sample.
    pub source: u32,
    pub input: u32,
    pub output: u32,
    /// `header_protocol`.
    pub protocol: u32,
    /// Why the packet was discarded, if it was.
    pub reason: Option<u32>,
    pub frame: Vec<u8>,
}

impl Sample {
    /// A packet sampled on its way into ifIndex 3.
    pub fn of(frame: impl Into<Vec<u8>>) -> Self {
        Sample { source: 3, input: 3, output: 4, protocol: ETHERNET, reason: None, frame: frame.into() }
    }

    pub fn protocol(self, protocol: u32) -> Self {
        Sample { protocol, ..self }
    }

    pub fn source(self, source: u32) -> Self {
        Sample { source, ..self }
    }

    pub fn discarded(self, reason: u32) -> Self {
        Sample { reason: Some(reason), ..self }
    }

    /// The bytes of the frame that the sample carries.
    pub fn header(&self) -> &[u8] {
        &self.frame[..self.frame.len().min(HEADER)]
    }

    fn encode(&self) -> Wire {
        let Sample { source, input, output, .. } = *self;
        let fcs = 4;
        let header = Wire::new().sampled_header(self.protocol, self.frame.len() as u32 + fcs, fcs, self.header());
        match self.reason {
            // sequence number, source, rate, pool, drops, input, output, records
            None => {
                let words = [1, source, 100, 10_000, 0, input, output, 1];
                Wire::new().framed(0, 1, Wire::new().u32s(words).raw(header.0))
            }
            // sequence number, class and index of the source, drops, input, output, reason, records
            Some(reason) => {
                let words = [1, 0, source, 0, input, output, reason, 1];
                Wire::new().framed(0, 5, Wire::new().u32s(words).raw(header.0))
            }
        }
    }
}

/// A version 5 datagram of an agent with these samples.
pub fn datagram(agent: IpAddr, samples: &[Sample]) -> Vec<u8> {
    let header = match agent {
        IpAddr::V4(ip) => Wire::new().u32s([5, 1]).raw(ip.octets()),
        IpAddr::V6(ip) => Wire::new().u32s([5, 2]).raw(ip.octets()),
    };
    // sub-agent, sequence number, uptime, samples
    let header = header.u32s([0, 7, 1000, samples.len() as u32]);
    samples.iter().fold(header, |datagram, sample| datagram.raw(sample.encode().0)).0
}

/// A datagram whose one sample has the fields of an IPv4 packet instead of a header.
pub fn without_header() -> Vec<u8> {
    // length, protocol, source, destination, ports, flags, type of service
    let fields = Wire::new().u32s([100, 17]).raw([192, 0, 2, 1]).raw([198, 51, 100, 2]).u32s([1000, 2000, 0, 0]);
    let record = Wire::new().framed(0, 3, fields);
    let sample = Wire::new().framed(0, 1, Wire::new().u32s([1, 3, 100, 10_000, 0, 3, 4, 1]).raw(record.0));
    // version, agent, sub-agent, sequence number, uptime, samples
    Wire::new().u32s([5, 1]).raw([10, 0, 0, 1]).u32s([0, 7, 1000, 1]).raw(sample.0).0
}

/// The agent of feeds that do not care.
pub const AGENT: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1));

/// A socket of an agent, which sends to a port of this host.
#[derive(Debug)]
pub struct Feed {
    socket: UdpSocket,
    to: SocketAddr,
}

impl Feed {
    pub fn to_port(port: u16) -> Self {
        Feed::to(Ipv4Addr::LOCALHOST.into(), port)
    }

    pub fn to(address: IpAddr, port: u16) -> Self {
        let own: IpAddr = if address.is_ipv4() { Ipv4Addr::LOCALHOST.into() } else { Ipv6Addr::LOCALHOST.into() };
        Feed { socket: UdpSocket::bind((own, 0)).expect("a socket"), to: SocketAddr::new(address, port) }
    }

    pub fn send_bytes(&self, bytes: &[u8]) {
        self.socket.send_to(bytes, self.to).expect("loopback takes it");
    }

    /// Sends a datagram of [`AGENT`].
    pub fn send(&self, samples: &[Sample]) {
        self.send_bytes(&datagram(AGENT, samples));
    }

    /// Sends each frame as a datagram of its own.
    pub fn send_frames<F: Into<Vec<u8>>>(&self, frames: impl IntoIterator<Item = F>) {
        for frame in frames {
            self.send(&[Sample::of(frame)]);
        }
    }
}
