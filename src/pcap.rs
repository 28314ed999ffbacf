//! Writing classic pcap: a header, then each packet behind its time and lengths. Times are in nanoseconds, which libpcap and
//! Wireshark have read since 2012. Everything is in host byte order, as the header's first word tells.

use crate::link::LinkType;
use crate::pcapng::SNAPLEN;

/// The first word of a file whose times are in nanoseconds.
const NANOSECOND_MAGIC: u32 = 0xa1b2_3c4d;

/// Version 2.4, as two numbers of 16 bits.
const VERSION: [u16; 2] = [2, 4];

const SECOND: u64 = 1_000_000_000;

/// Appends the file's header; all packets are Ethernet.
pub fn write_header(out: &mut Vec<u8>) {
    out.extend_from_slice(&NANOSECOND_MAGIC.to_ne_bytes());
    out.extend(VERSION.iter().flat_map(|number| number.to_ne_bytes()));
    // Two words that nobody uses: the time zone and the accuracy of time stamps.
    for word in [0, 0, SNAPLEN, u32::from(LinkType::ETHERNET.0)] {
        out.extend_from_slice(&word.to_ne_bytes());
    }
}

/// A packet.
#[derive(Clone, Copy, Debug)]
pub struct Packet<'a> {
    /// When the packet was captured, in nanoseconds since 1970. The format ends in 2106: a later time is written as its last.
    pub timestamp: u64,
    /// The packet's first bytes.
    pub prefix: &'a [u8],
    /// The bytes that follow the prefix.
    pub data: &'a [u8],
    /// The packet's length on the wire, the prefix included.
    pub original_length: u32,
}

impl Packet<'_> {
    /// Bytes before the packet: seconds, nanoseconds, captured and original length.
    const HEADER: usize = 16;

    /// Appends the packet.
    #[inline]
    pub fn write(&self, out: &mut Vec<u8>) {
        let captured = self.prefix.len() + self.data.len();
        let timestamp = self.timestamp.min((u64::from(u32::MAX) + 1) * SECOND - 1);
        let words = [(timestamp / SECOND) as u32, (timestamp % SECOND) as u32, captured as u32, self.original_length];
        let mut header = [0; Self::HEADER];
        for (bytes, word) in header.chunks_exact_mut(4).zip(words) {
            bytes.copy_from_slice(&word.to_ne_bytes());
        }
        out.reserve(Self::HEADER + captured);
        out.extend_from_slice(&header);
        out.extend_from_slice(self.prefix);
        out.extend_from_slice(self.data);
    }
}
