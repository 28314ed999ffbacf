//! The datagram: who sent it, and the samples in it.

use crate::sample::Sample;
use crate::xdr::{Address, ErrorKind, Result, Xdr};
use crate::{v2v4, v5};

/// The UDP port registered for sFlow.
pub const PORT: u16 = 6343;

/// The most bytes that a UDP datagram over IPv4 carries.
pub const MAX_DATAGRAM: usize = 65507;

/// The version of a datagram, its first word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Version {
    /// sFlow version 2.
    V2,
    /// sFlow version 4, of RFC 3176.
    V4,
    /// sFlow version 5, the present one.
    V5,
}

/// `sample_datagram`: the header, and a body of samples that [`samples`](Datagram::samples) reads.
#[derive(Clone, Copy, Debug)]
pub struct Datagram<'a> {
    /// The layout of everything that follows.
    pub version: Version,
    /// The agent's address, its identity wherever the datagram was sent from.
    pub agent: Address,
    /// Tells apart the series of datagrams of one agent. Not in versions 2 and 4, and 0 there.
    pub sub_agent_id: u32,
    /// Counts the datagrams of this agent and sub-agent.
    pub sequence_number: u32,
    /// The agent's clock, in milliseconds since it started, modulo 2³².
    pub uptime: u32,
    /// The samples that the datagram says it has.
    pub num_samples: u32,
    body: Xdr<'a>,
}

impl<'a> Datagram<'a> {
    /// Reads the header of the datagram in `bytes`, the payload of a UDP packet.
    ///
    /// # Errors
    /// When `bytes` is no sFlow datagram of a known version, or ends within the header.
    pub fn parse(bytes: &'a [u8]) -> Result<Self> {
        let mut xdr = Xdr::new(bytes, "sample_datagram");
        let at_version = xdr;
        match xdr.u32()? {
            2 => v2v4::datagram(xdr, Version::V2),
            4 => v2v4::datagram(xdr, Version::V4),
            5 => v5::datagram(xdr),
            other => Err(at_version.error(ErrorKind::Version(other))),
        }
    }

    pub(crate) fn new(
        version: Version,
        agent: Address,
        [sub_agent_id, sequence_number, uptime, num_samples]: [u32; 4],
        body: Xdr<'a>,
    ) -> Self {
        Datagram { version, agent, sub_agent_id, sequence_number, uptime, num_samples, body }
    }

    /// The samples, in the order they stand in.
    ///
    /// An error between them tells of a fault; the iterator then goes on with the next sample that can be found beyond doubt.
    #[inline]
    pub fn samples(&self) -> Samples<'a> {
        Samples(match self.version {
            Version::V2 | Version::V4 => Walk::V2V4(v2v4::Walk::new(self.body, self.num_samples)),
            Version::V5 => Walk::V5(v5::Walk::new(self.body, self.num_samples)),
        })
    }
}

/// The samples of a datagram, and the faults between them.
#[derive(Clone, Debug)]
pub struct Samples<'a>(Walk<'a>);

#[derive(Clone, Debug)]
enum Walk<'a> {
    V2V4(v2v4::Walk<'a>),
    V5(v5::Walk<'a>),
}

impl<'a> Iterator for Samples<'a> {
    type Item = Result<Sample<'a>>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        match &mut self.0 {
            Walk::V2V4(walk) => walk.next(),
            Walk::V5(walk) => walk.next(),
        }
    }
}
