//! Writing pcapng blocks (draft-ietf-opsawg-pcapng) into a byte buffer.
//!
//! Blocks are in host byte order, as Wireshark's dumpcap wants them from a pipe, and are appended to a `Vec<u8>`: nothing is
//! allocated once that buffer has grown.

use crate::link::LinkType;

/// The snapshot length of every interface: the most that libpcap and Wireshark take. The same everywhere, because libpcap
/// refuses files whose interfaces differ.
pub const SNAPLEN: u32 = 262_144;

const SECTION_HEADER: u32 = 0x0a0d_0d0a;
const INTERFACE_DESCRIPTION: u32 = 1;
const INTERFACE_STATISTICS: u32 = 5;
const ENHANCED_PACKET: u32 = 6;

const END_OF_OPTIONS: u16 = 0;
const COMMENT: u16 = 1;
const FLAGS: u16 = 2;
const DROP_COUNT: u16 = 4;

/// The longest value of a text option. dumpcap refuses a section header of more than 2 KiB, and the others need no more.
const MAX_TEXT: usize = 400;

/// At most so many bytes of a text, cut at a character's border.
fn beginning(text: &str, most: usize) -> &str {
    let mut end = text.len().min(most);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// A block being written: its type and length stand before what the methods append.
#[derive(Debug)]
struct Block<'a> {
    out: &'a mut Vec<u8>,
    start: usize,
}

impl<'a> Block<'a> {
    #[inline]
    fn begin(out: &'a mut Vec<u8>, kind: u32) -> Self {
        let start = out.len();
        out.extend_from_slice(&kind.to_ne_bytes());
        out.extend_from_slice(&[0; 4]);
        Block { out, start }
    }

    #[inline]
    fn u16(&mut self, value: u16) {
        self.out.extend_from_slice(&value.to_ne_bytes());
    }

    #[inline]
    fn u32(&mut self, value: u32) {
        self.out.extend_from_slice(&value.to_ne_bytes());
    }

    fn u64(&mut self, value: u64) {
        self.out.extend_from_slice(&value.to_ne_bytes());
    }

    /// A time stamp: the upper half first, whatever the byte order.
    fn timestamp(&mut self, nanoseconds: u64) {
        self.u32((nanoseconds >> 32) as u32);
        self.u32(nanoseconds as u32);
    }

    #[inline]
    fn pad(&mut self) {
        let padded = self.start + (self.out.len() - self.start).next_multiple_of(4);
        self.out.resize(padded, 0);
    }

    #[inline]
    fn option(&mut self, code: u16, value: &[u8]) {
        self.option_header(code, value.len());
        self.out.extend_from_slice(value);
        self.pad();
    }

    #[inline]
    fn option_header(&mut self, code: u16, length: usize) {
        self.u16(code);
        self.u16(length as u16);
    }

    /// A text option; an empty text is left out, and a long one cut.
    fn text(&mut self, code: u16, text: &str) {
        let text = beginning(text, MAX_TEXT);
        if !text.is_empty() {
            self.option(code, text.as_bytes());
        }
    }

    fn count(&mut self, code: u16, count: Option<u64>) {
        if let Some(count) = count {
            self.option(code, &count.to_ne_bytes());
        }
    }

    #[inline]
    fn end_of_options(&mut self) {
        self.option_header(END_OF_OPTIONS, 0);
    }

    #[inline]
    fn end(self) {
        let length = (self.out.len() - self.start + 4) as u32;
        self.out.extend_from_slice(&length.to_ne_bytes());
        self.out[self.start + 4..self.start + 8].copy_from_slice(&length.to_ne_bytes());
    }
}

/// Who wrote the file: the options of the section header block.
#[derive(Clone, Copy, Debug, Default)]
pub struct Section<'a> {
    /// `shb_os`: the operating system.
    pub os: &'a str,
    /// `shb_userappl`: the program.
    pub application: &'a str,
}

impl Section<'_> {
    /// Appends the section header block.
    pub fn write(&self, out: &mut Vec<u8>) {
        let mut block = Block::begin(out, SECTION_HEADER);
        block.u32(0x1a2b_3c4d);
        block.u16(1);
        block.u16(0);
        block.u64(u64::MAX); // the section's length is not known
        block.text(3, self.os);
        block.text(4, self.application);
        block.end_of_options();
        block.end();
    }
}

/// An interface: the options of an interface description block. Time stamps are in nanoseconds.
#[derive(Clone, Copy, Debug)]
pub struct InterfaceDescription<'a> {
    /// The link type of its packets.
    pub link_type: LinkType,
    /// `if_name`.
    pub name: &'a str,
    /// `if_description`.
    pub description: &'a str,
    /// `if_speed` in bits per second, if known.
    pub speed: Option<u64>,
    /// `if_filter`: the capture filter, in tcpdump's syntax.
    pub filter: &'a str,
}

impl InterfaceDescription<'_> {
    /// Appends the interface description block.
    pub fn write(&self, out: &mut Vec<u8>) {
        let mut block = Block::begin(out, INTERFACE_DESCRIPTION);
        block.u16(self.link_type.0);
        block.u16(0);
        block.u32(SNAPLEN);
        block.text(2, self.name);
        block.text(3, self.description);
        block.count(8, self.speed);
        block.option(9, &[9]); // if_tsresol: 10⁻⁹ s
        if !self.filter.is_empty() {
            // Byte 0 says that a libpcap filter string follows.
            let filter = beginning(self.filter, usize::from(u16::MAX) - 1);
            block.option_header(11, filter.len() + 1);
            block.out.push(0);
            block.out.extend_from_slice(filter.as_bytes());
            block.pad();
        }
        block.end_of_options();
        block.end();
    }
}

/// An interface's totals: the options of an interface statistics block.
#[derive(Clone, Copy, Debug, Default)]
pub struct InterfaceStatistics<'a> {
    /// The interface, by its place among the interface description blocks.
    pub interface_id: u32,
    /// When the totals were read, and when the capture began and ended, in nanoseconds since 1970.
    pub timestamp: u64,
    /// `isb_starttime`.
    pub start_time: Option<u64>,
    /// `isb_endtime`.
    pub end_time: Option<u64>,
    /// `isb_ifrecv`: packets received.
    pub received: Option<u64>,
    /// `isb_ifdrop`: packets lost before they reached the capture.
    pub dropped: Option<u64>,
    /// `isb_filteraccept`: packets that the filters let pass.
    pub accepted: Option<u64>,
    /// `isb_osdrop`: packets lost within the capture.
    pub os_dropped: Option<u64>,
    /// `isb_usrdeliv`: packets written.
    pub delivered: Option<u64>,
    /// A comment; empty for none.
    pub comment: &'a str,
}

impl InterfaceStatistics<'_> {
    /// Appends the interface statistics block.
    pub fn write(&self, out: &mut Vec<u8>) {
        let mut block = Block::begin(out, INTERFACE_STATISTICS);
        block.u32(self.interface_id);
        block.timestamp(self.timestamp);
        for (code, time) in [(2, self.start_time), (3, self.end_time)] {
            if let Some(time) = time {
                block.option_header(code, 8);
                block.timestamp(time);
            }
        }
        block.count(4, self.received);
        block.count(5, self.dropped);
        block.count(6, self.accepted);
        block.count(7, self.os_dropped);
        block.count(8, self.delivered);
        block.text(COMMENT, self.comment);
        block.end_of_options();
        block.end();
    }
}

/// A packet: an enhanced packet block.
#[derive(Clone, Copy, Debug)]
pub struct EnhancedPacket<'a> {
    /// The interface, by its place among the interface description blocks.
    pub interface_id: u32,
    /// When the packet was captured, in nanoseconds since 1970.
    pub timestamp: u64,
    /// The packet's first bytes.
    pub prefix: &'a [u8],
    /// The bytes that follow the prefix.
    pub data: &'a [u8],
    /// The packet's length on the wire, the prefix included.
    pub original_length: u32,
    /// `epb_flags`: 1 for inbound, 2 for outbound, 0 for not known.
    pub flags: u32,
    /// `epb_dropcount`: packets lost on this interface since its packet before; 0 is not written.
    pub drop_count: u64,
}

impl EnhancedPacket<'_> {
    /// Bytes before the packet: block type and length, interface, time stamp, captured and original length.
    const HEADER: usize = 28;

    /// Appends the enhanced packet block. `comment` appends the packet's comment, which is left out when it is empty.
    ///
    /// A capture spends most of its time here: what is of fixed size goes out in as few pieces as there can be.
    #[inline]
    pub fn write(&self, out: &mut Vec<u8>, comment: impl FnOnce(&mut Vec<u8>)) {
        let start = out.len();
        let captured = self.prefix.len() + self.data.len();
        out.reserve(Self::HEADER + captured + 48);
        let mut header = [0; Self::HEADER];
        let words = [
            ENHANCED_PACKET,
            0, // the block's length, once it is known
            self.interface_id,
            (self.timestamp >> 32) as u32,
            self.timestamp as u32,
            captured as u32,
            self.original_length,
        ];
        for (bytes, word) in header.chunks_exact_mut(4).zip(words) {
            bytes.copy_from_slice(&word.to_ne_bytes());
        }
        out.extend_from_slice(&header);
        out.extend_from_slice(self.prefix);
        out.extend_from_slice(self.data);
        pad(out, captured);
        let [a, b, c, d] = self.flags.to_ne_bytes();
        let [e, f, g, h] = option_header(FLAGS, 4);
        out.extend_from_slice(&[e, f, g, h, a, b, c, d]);
        if self.drop_count > 0 {
            out.extend_from_slice(&option_header(DROP_COUNT, 8));
            out.extend_from_slice(&self.drop_count.to_ne_bytes());
        }
        let at_comment = out.len();
        out.extend_from_slice(&[0; 4]);
        comment(out);
        let length = out.len() - at_comment - 4;
        if length == 0 {
            out.truncate(at_comment);
        } else {
            let length = length.min(usize::from(u16::MAX));
            out.truncate(at_comment + 4 + length);
            out[at_comment..at_comment + 4].copy_from_slice(&option_header(COMMENT, length as u16));
            pad(out, length);
        }
        let length = (out.len() - start + 8) as u32;
        let [a, b, c, d] = length.to_ne_bytes();
        let [e, f, g, h] = option_header(END_OF_OPTIONS, 0);
        out.extend_from_slice(&[e, f, g, h, a, b, c, d]);
        out[start + 4..start + 8].copy_from_slice(&[a, b, c, d]);
    }
}

/// The code and length of an option.
#[inline]
fn option_header(code: u16, length: u16) -> [u8; 4] {
    let ([a, b], [c, d]) = (code.to_ne_bytes(), length.to_ne_bytes());
    [a, b, c, d]
}

/// Appends zeros up to a multiple of four, after `length` bytes.
#[inline]
fn pad(out: &mut Vec<u8>, length: usize) {
    let padded = out.len() + (length.wrapping_neg() & 3);
    // Four bytes are written faster than one to three are counted.
    out.extend_from_slice(&[0; 4]);
    out.truncate(padded);
}
