//! A feed of somebody who means harm: every datagram is of an agent that nobody heard before, of random ports, with numbers that
//! go nowhere, or is no sFlow at all. It is the same each time, and shares no line with the decoder.

use std::net::{IpAddr, Ipv4Addr};

use super::wire::Wire;

/// What is sent.
#[derive(Clone, Debug)]
pub struct Hostile {
    random: u64,
    /// Agents are of so many, if not of all that there can be.
    agents: Option<u32>,
    /// Datagrams with a fault.
    pub malformed: u64,
}

impl Hostile {
    pub fn new(agents: Option<u32>) -> Self {
        Hostile { random: 0x9e37_79b9_7f4a_7c15, agents, malformed: 0 }
    }

    /// A random number (xorshift64).
    fn next(&mut self) -> u32 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        (self.random >> 32) as u32
    }

    fn below(&mut self, bound: u32) -> u32 {
        self.next() % bound
    }

    /// Who sends the next datagram.
    pub fn sender(&mut self) -> IpAddr {
        IpAddr::V4(Ipv4Addr::from_bits(self.next()))
    }

    /// The next datagram.
    pub fn datagram(&mut self) -> Vec<u8> {
        let samples = 1 + self.below(2);
        let agent = match self.agents {
            Some(agents) => 0x0a00_0000 + self.below(agents),
            None => self.next(),
        };
        let header = match self.below(4) {
            0 => Wire::new().u32s([5, 2, 0x2001_0db8, self.next(), 0, agent]),
            _ => Wire::new().u32s([5, 1, agent]),
        };
        let sub_agent = self.below(2);
        let mut datagram = header.u32s([sub_agent, self.next(), self.next(), samples]);
        for _ in 0..samples {
            datagram = datagram.raw(self.sample().0);
        }
        match self.below(32) {
            0 => {
                let length = datagram.0.len() - 4;
                datagram.0.truncate(length);
                self.malformed += 1;
            }
            1 => {
                datagram.0[3] = 77;
                self.malformed += 1;
            }
            _ => {}
        }
        datagram.0
    }

    fn sample(&mut self) -> Wire {
        let (number, port, drops) = (self.next(), self.below(1 << 24), self.next());
        match self.below(8) {
            0 => {
                let name: String = (0..64).map(|_| char::from(b'a' + self.below(26) as u8)).collect();
                let records = Wire::new().framed(0, 1005, Wire::new().opaque(&name));
                Wire::new().framed(0, 2, Wire::new().u32s([number, port, 1]).raw(records.0))
            }
            1 => {
                let header = Wire::new().sampled_header(1, 64, 4, &[0x5a; 64]);
                Wire::new().framed(0, 5, Wire::new().u32s([number, 0, port, drops, port, 0, 258, 1]).raw(header.0))
            }
            _ => {
                let header = Wire::new().sampled_header(1, 64, 4, &[0x5a; 64]);
                let fields = [number, port, 1, number, drops, port, self.next(), 1];
                Wire::new().framed(0, 1, Wire::new().u32s(fields).raw(header.0))
            }
        }
    }
}
