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
    #[inline]
    pub fn parse(bytes: &'a [u8]) -> Result<Self> {
        match v5::plain_datagram(bytes) {
            Some(datagram) => Ok(datagram),
            None => Datagram::parse_with_care(bytes),
        }
    }

    fn parse_with_care(bytes: &'a [u8]) -> Result<Self> {
        let mut xdr = Xdr::new(bytes, "sample_datagram");
        let at_version = xdr;
        match xdr.u32()? {
            2 => v2v4::datagram(xdr, Version::V2),
            4 => v2v4::datagram(xdr, Version::V4),
            5 => v5::datagram(xdr),
            other => Err(at_version.error(ErrorKind::Version(other))),
        }
    }

    #[inline]
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
        let (walk, old) = match self.version {
            Version::V2 | Version::V4 => {
                (v5::Walk::new(self.body, 0), Some(v2v4::Walk::new(self.body, self.num_samples)))
            }
            Version::V5 => (v5::Walk::new(self.body, self.num_samples), None),
        };
        Samples { walk, old }
    }
}

/// The samples of a datagram, and the faults between them.
#[derive(Clone, Debug)]
pub struct Samples<'a> {
    /// Over before it begins for versions 2 and 4.
    walk: v5::Walk<'a>,
    /// Versions 2 and 4.
    old: Option<v2v4::Walk<'a>>,
}

impl<'a> Samples<'a> {
    /// What stands where no plain sample does.
    ///
    /// Takes and gives back the iterator as a value: a reference would keep it, and so every step of a plain walk, in memory.
    #[cold]
    #[inline(never)]
    fn next_with_care(mut self) -> (Self, Option<Result<Sample<'a>>>) {
        let next = match &mut self.old {
            Some(old) => old.next(),
            None => self.walk.next_with_care(),
        };
        (self, next)
    }
}

impl<'a> Iterator for Samples<'a> {
    type Item = Result<Sample<'a>>;

    #[allow(clippy::inline_always, reason = "to hand the sample over in memory costs more than the step")]
    #[inline(always)]
    fn next(&mut self) -> Option<Self::Item> {
        if let Some(sample) = self.walk.plain() {
            return Some(Ok(Sample::Flow(sample)));
        }
        if self.walk.is_over() && self.old.is_none() {
            return None;
        }
        let next;
        (*self, next) = self.clone().next_with_care();
        next
    }
}
