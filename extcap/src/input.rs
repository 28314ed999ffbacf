//! Recorded feeds: the sFlow datagrams in a capture file.
//!
//! Files are pcap (both byte orders, microseconds and nanoseconds, and the old "modified" form) or pcapng, plain or gzipped.
//! Frames may be Ethernet with VLANs, Linux cooked (v1, v2), raw IP or loopback; IP fragments are put together. What is no UDP
//! datagram to the feed's port is passed over and counted.

use std::fs::File;
use std::io::{self, BufReader, Cursor, Read};
use std::net::IpAddr;
use std::path::Path;

use etherparse::defrag::IpDefragPool;
use etherparse::{EtherType, IpNumber, LaxNetSlice, LaxSlicedPacket, NetSlice, SlicedPacket, UdpHeaderSlice};
use flate2::read::MultiGzDecoder;
use indicatif::ProgressBar;
use pcap_parser::traits::PcapReaderIterator;
use pcap_parser::{Block, PcapBlockOwned, PcapError, create_reader};
use sflowcap::capture::Received;

use crate::Failure;
use crate::ports::OtherPorts;

/// What is read of a file at once. Where a block fills it and goes on, it grows.
const BUFFER: usize = 256 * 1024;

/// No block that a capture tool writes is larger.
const MOST_BUFFER: usize = 64 * 1024 * 1024;

/// Fragments whose others have not come within this time, in nanoseconds, are given up: as Linux does.
const FRAGMENT_TIME: u64 = 30_000_000_000;

/// Packets between looks for fragments to give up.
const FRAGMENT_CHECK: u64 = 4096;

/// What was passed over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Passed {
    /// Frames read.
    pub frames: u64,
    /// Frames that hold no UDP datagram to the feed's port.
    pub other: u64,
    /// Frames of link types that are not read.
    pub link_types: u64,
}

/// An interface of the file: how to read its frames and times.
#[derive(Clone, Copy, Debug)]
struct Interface {
    link_type: i32,
    /// Time stamps a second.
    resolution: u64,
    /// Seconds to add.
    offset: i64,
}

impl Interface {
    fn nanoseconds(self, timestamp: u64) -> u64 {
        let (seconds, fraction) = (timestamp / self.resolution, timestamp % self.resolution);
        let fraction = u128::from(fraction) * 1_000_000_000 / u128::from(self.resolution);
        seconds.saturating_add_signed(self.offset).saturating_mul(1_000_000_000).saturating_add(fraction as u64)
    }
}

/// A recorded feed.
pub struct Feed {
    name: String,
    reader: Box<dyn PcapReaderIterator + Send>,
    /// Bytes of the (unzipped) file before the block that is read next.
    offset: u64,
    buffer: usize,
    interfaces: Vec<Interface>,
    frames: Frames,
}

impl Feed {
    /// Opens a file; its datagrams to `port` are the feed. `progress` counts the bytes that are read.
    pub fn open(path: &Path, port: u16, progress: &ProgressBar) -> Result<Self, Failure> {
        let name = format!("-r: {}", path.display());
        let file = File::open(path).and_then(|file| unzipped(progress.wrap_read(file)));
        let file = file.map_err(|error| Failure::new(format!("{name}: {error}")))?;
        Self::of(&name, file, port)
    }

    /// The feed in a stream that is called `name`.
    pub fn of(name: &str, reader: Box<dyn Read + Send>, port: u16) -> Result<Self, Failure> {
        let failed = |what: &dyn std::fmt::Display| Failure::new(format!("{name}: {what}"));
        let reader = with_whole_header(reader).map_err(|error| failed(&error))?;
        let reader = create_reader(BUFFER, reader).map_err(|error| match error {
            PcapError::HeaderNotRecognized => failed(&"neither pcap nor pcapng"),
            PcapError::Eof | PcapError::Incomplete(_) => failed(&"the file ends within its header"),
            other => failed(&other),
        })?;
        let frames = Frames {
            port,
            passed: Passed::default(),
            other_ports: Some(OtherPorts::default()),
            fragments: IpDefragPool::new(),
            is_classic: false,
            big_endian: false,
        };
        Ok(Feed { name: name.to_owned(), reader, offset: 0, buffer: BUFFER, interfaces: Vec::new(), frames })
    }

    /// Hands over each datagram of the feed in turn, until `take` says that it is enough, or it is stopped, or the file ends.
    ///
    /// # Errors
    /// What `take` fails with; or where and how the file is damaged: everything before that was handed over.
    pub fn read(
        &mut self,
        is_stopped: impl Fn() -> bool,
        mut take: impl FnMut(&Received<'_>) -> Result<bool, Failure>,
    ) -> Result<(), Failure> {
        while !is_stopped() {
            if self.frames.is_no_block(self.reader.data()) {
                return Err(self.damaged("no packet stands there"));
            }
            let fault = match self.reader.next() {
                Ok((length, block)) => {
                    let more = self.frames.part(&mut self.interfaces, &block, &mut take)?;
                    self.offset += length as u64;
                    self.reader.consume(length);
                    if !more {
                        return Ok(());
                    }
                    continue;
                }
                Err(PcapError::Eof) => return Ok(()),
                Err(error) => Fault::of(&error),
            };
            match fault {
                Fault::Incomplete if !self.reader.reader_exhausted() => self.refill()?,
                // It may claim what the file does not have: room is made for what is there.
                Fault::TooSmall if self.reader.data().len() < self.buffer => self.refill()?,
                Fault::TooSmall if self.buffer < MOST_BUFFER => {
                    self.buffer *= 2;
                    self.reader.grow(self.buffer);
                }
                Fault::Incomplete
                    if self.frames.claimed(self.reader.data()).is_none_or(|length| length <= MOST_BUFFER) =>
                {
                    return Err(self.damaged("the file ends within a packet"));
                }
                Fault::Incomplete | Fault::TooSmall => {
                    return Err(self.damaged("a packet claims an impossible length"));
                }
                Fault::Damaged => return Err(self.damaged("no packet stands there")),
            }
        }
        Ok(())
    }

    fn refill(&mut self) -> Result<(), Failure> {
        match self.reader.refill() {
            Ok(()) => Ok(()),
            Err(_) => Err(self.damaged("the file cannot be read on")),
        }
    }

    fn damaged(&self, what: &str) -> Failure {
        let Feed { name, offset, .. } = self;
        Failure::new(format!("{name}: damaged at offset {offset}: {what}; everything before that was read"))
    }

    /// What was passed over so far.
    pub fn passed(&self) -> Passed {
        self.frames.passed
    }

    /// Where other datagrams went, if none so far went to the feed's port.
    pub fn other_ports(&self) -> Option<&OtherPorts> {
        self.frames.other_ports.as_ref()
    }
}

/// Why the parser gave no block.
enum Fault {
    /// There is not all of it in the buffer.
    Incomplete,
    /// It does not fit into the buffer.
    TooSmall,
    /// It is none.
    Damaged,
}

impl Fault {
    fn of(error: &PcapError<&[u8]>) -> Self {
        match error {
            PcapError::Incomplete(_) | PcapError::UnexpectedEof => Fault::Incomplete,
            PcapError::BufferTooSmall => Fault::TooSmall,
            _ => Fault::Damaged,
        }
    }
}

/// The file's bytes, unzipped where it is gzipped.
fn unzipped(file: impl Read + Send + 'static) -> io::Result<Box<dyn Read + Send>> {
    let (start, file) = with_start(file, 2)?;
    Ok(if start == [0x1f, 0x8b] {
        Box::new(BufReader::with_capacity(BUFFER, MultiGzDecoder::new(file)))
    } else {
        Box::new(file)
    })
}

/// The same bytes, of which the first read returns the file's whole header: the parser looks no further.
fn with_whole_header(reader: Box<dyn Read + Send>) -> io::Result<Box<dyn Read + Send>> {
    const SECTION_HEADER: [u8; 4] = [0x0a, 0x0d, 0x0d, 0x0a];
    const BIG_ENDIAN: [u8; 4] = [0x1a, 0x2b, 0x3c, 0x4d];
    let (start, reader) = with_start(reader, 24)?;
    if let Some(start) = start.first_chunk::<12>() {
        let [kind, length, order] = words(*start);
        let length = if order == BIG_ENDIAN { u32::from_be_bytes(length) } else { u32::from_le_bytes(length) };
        if kind == SECTION_HEADER && length as usize <= BUFFER / 2 {
            let (header, reader) = with_start(reader, length as usize)?;
            if header.len() < length as usize {
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the file ends within its header"));
            }
            return Ok(Box::new(Pausing { reader, reads: 0 }));
        }
    }
    Ok(Box::new(Pausing { reader, reads: 0 }))
}

/// A reader whose second read returns nothing, and does not wait for anything. The parser makes it before it says what the
/// header is, and a pipe may have no more than a header for a long time.
struct Pausing<R> {
    reader: R,
    reads: u8,
}

impl<R: Read> Read for Pausing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.reads = self.reads.saturating_add(1);
        if self.reads == 2 { Ok(0) } else { self.reader.read(buffer) }
    }
}

fn words(bytes: [u8; 12]) -> [[u8; 4]; 3] {
    let [a, b, c, d, e, f, g, h, i, j, k, l] = bytes;
    [[a, b, c, d], [e, f, g, h], [i, j, k, l]]
}

/// A reader whose first bytes were read already.
type Begun<R> = io::Chain<Cursor<Vec<u8>>, R>;

/// The first bytes, as many as there are, and a reader that begins with them.
fn with_start<R: Read>(mut reader: R, length: usize) -> io::Result<(Vec<u8>, Begun<R>)> {
    let mut start = Vec::with_capacity(length);
    reader.by_ref().take(length as u64).read_to_end(&mut start)?;
    let chained = Cursor::new(start.clone()).chain(reader);
    Ok((start, chained))
}

/// Finds the feed's datagrams in frames.
struct Frames {
    port: u16,
    passed: Passed,
    /// None once there was a datagram to the port.
    other_ports: Option<OtherPorts>,
    fragments: IpDefragPool<u64, ()>,
    /// Whether the file is pcap, not pcapng.
    is_classic: bool,
    /// Whether it is, or this section of a pcapng file.
    big_endian: bool,
}

impl Frames {
    /// How large the packet or block is said to be that stands first.
    #[inline]
    fn claimed(&self, data: &[u8]) -> Option<usize> {
        let length = data.get(if self.is_classic { 8 } else { 4 }..)?.first_chunk()?;
        Some(if self.big_endian { u32::from_be_bytes(*length) } else { u32::from_le_bytes(*length) } as usize)
    }

    /// Whether a block is said to be smaller than its own frame. The parser does not look, where it is one of a process.
    #[inline]
    fn is_no_block(&self, data: &[u8]) -> bool {
        !self.is_classic && self.claimed(data).is_some_and(|length| length < 12)
    }

    /// A part of a file: a header, or a packet.
    fn part(
        &mut self,
        interfaces: &mut Vec<Interface>,
        part: &PcapBlockOwned<'_>,
        take: &mut impl FnMut(&Received<'_>) -> Result<bool, Failure>,
    ) -> Result<bool, Failure> {
        match part {
            PcapBlockOwned::LegacyHeader(header) => {
                let resolution = if header.is_nanosecond_precision() { 1_000_000_000 } else { 1_000_000 };
                // Above the link type the word may tell the length of frame check sequences.
                (self.is_classic, self.big_endian) = (true, header.is_bigendian());
                *interfaces = vec![Interface { link_type: header.network.0 & 0xffff, resolution, offset: 0 }];
                Ok(true)
            }
            PcapBlockOwned::Legacy(packet) => {
                let interface = interfaces[0];
                let timestamp = u64::from(packet.ts_sec) * interface.resolution + u64::from(packet.ts_usec);
                self.frame(interface, timestamp, packet.data, take)
            }
            PcapBlockOwned::NG(block) => self.block(interfaces, block, take),
        }
    }

    /// A block of a pcapng file.
    fn block(
        &mut self,
        interfaces: &mut Vec<Interface>,
        block: &Block<'_>,
        take: &mut impl FnMut(&Received<'_>) -> Result<bool, Failure>,
    ) -> Result<bool, Failure> {
        match block {
            Block::SectionHeader(header) => {
                interfaces.clear();
                self.big_endian = header.big_endian();
            }
            Block::InterfaceDescription(description) => {
                // The parser takes this number for little-endian everywhere.
                let offset = description.if_tsoffset;
                interfaces.push(Interface {
                    link_type: description.linktype.0,
                    resolution: resolution(description.if_tsresol),
                    offset: if self.big_endian { offset.swap_bytes() } else { offset },
                });
            }
            Block::EnhancedPacket(packet) => {
                let timestamp = u64::from(packet.ts_high) << 32 | u64::from(packet.ts_low);
                let captured = packet.data.get(..packet.caplen as usize).unwrap_or(packet.data);
                match interfaces.get(packet.if_id as usize) {
                    Some(interface) => return self.frame(*interface, timestamp, captured, take),
                    None => self.pass(|passed| &mut passed.other),
                }
            }
            Block::SimplePacket(packet) => {
                let captured = packet.data.get(..packet.origlen as usize).unwrap_or(packet.data);
                match interfaces.first() {
                    Some(interface) => return self.frame(*interface, 0, captured, take),
                    None => self.pass(|passed| &mut passed.other),
                }
            }
            _ => {}
        }
        Ok(true)
    }

    /// A frame: hands over the datagram that it holds, or completes.
    fn frame(
        &mut self,
        interface: Interface,
        timestamp: u64,
        frame: &[u8],
        take: &mut impl FnMut(&Received<'_>) -> Result<bool, Failure>,
    ) -> Result<bool, Failure> {
        self.passed.frames += 1;
        let Some(link) = Link::of(interface.link_type, frame) else {
            self.pass(|passed| &mut passed.link_types);
            return Ok(true);
        };
        let timestamp = interface.nanoseconds(timestamp);
        if self.passed.frames % FRAGMENT_CHECK == 0 {
            self.fragments.retain(|began| timestamp < began.saturating_add(FRAGMENT_TIME));
        }
        if let Ok(packet) = link.slice() {
            let Some((sender, payload)) = packet.net.as_ref().and_then(ip) else {
                self.pass(|passed| &mut passed.other);
                return Ok(true);
            };
            if payload.fragmented {
                let Ok(Some(whole)) = self.fragments.process_sliced_packet(&packet, timestamp, ()) else {
                    return Ok(true);
                };
                let more = self.datagram(timestamp, sender, whole.ip_number, &whole.payload, take);
                self.fragments.return_buf(whole);
                return more;
            }
            return self.datagram(timestamp, sender, payload.ip_number, payload.payload, take);
        }
        // Cut short, or with lengths that lie: what is there may do.
        let packet = link.slice_lax();
        let Some((sender, number, payload)) = packet.as_ref().and_then(|packet| packet.net.as_ref()).and_then(lax_ip)
        else {
            self.pass(|passed| &mut passed.other);
            return Ok(true);
        };
        self.datagram(timestamp, sender, number, payload, take)
    }

    /// An IP payload. The length in its UDP header is not looked at: IP's is enough, and some recordings have it wrong.
    fn datagram(
        &mut self,
        timestamp: u64,
        sender: IpAddr,
        number: IpNumber,
        payload: &[u8],
        take: &mut impl FnMut(&Received<'_>) -> Result<bool, Failure>,
    ) -> Result<bool, Failure> {
        let udp = (number == IpNumber::UDP).then(|| UdpHeaderSlice::from_slice(payload).ok()).flatten();
        match udp {
            Some(header) if header.destination_port() == self.port => {
                self.other_ports = None;
                take(&Received { timestamp, sender, bytes: &payload[header.slice().len()..] })
            }
            header => {
                if let (Some(header), Some(ports)) = (header, &mut self.other_ports) {
                    ports.count(header.destination_port(), &payload[header.slice().len()..]);
                }
                self.pass(|passed| &mut passed.other);
                Ok(true)
            }
        }
    }

    fn pass(&mut self, counter: impl FnOnce(&mut Passed) -> &mut u64) {
        *counter(&mut self.passed) += 1;
    }
}

/// Time stamps a second, from `if_tsresol`: a power of ten, or of two. What is beyond all sense is taken for microseconds.
fn resolution(exponent: u8) -> u64 {
    let power = u32::from(exponent & 0x7f);
    let resolution = if exponent & 0x80 == 0 { 10_u64.checked_pow(power) } else { 1_u64.checked_shl(power) };
    resolution.unwrap_or(1_000_000)
}

/// What a frame begins with.
#[derive(Clone, Copy)]
enum Link<'a> {
    Ethernet(&'a [u8]),
    EtherType(EtherType, &'a [u8]),
    Ip(&'a [u8]),
}

impl<'a> Link<'a> {
    /// By the link type's number in the file.
    fn of(link_type: i32, frame: &'a [u8]) -> Option<Self> {
        let ether_type = |place: usize, header: usize| {
            let number = frame.get(place..place + 2).map_or(0, |bytes| u16::from_be_bytes([bytes[0], bytes[1]]));
            Link::EtherType(EtherType(number), frame.get(header..).unwrap_or_default())
        };
        match link_type {
            1 => Some(Link::Ethernet(frame)),
            113 => Some(ether_type(14, 16)), // Linux cooked v1
            276 => Some(ether_type(0, 20)),  // Linux cooked v2
            0 | 108 => Some(Link::Ip(frame.get(4..).unwrap_or_default())), // BSD loopback
            12 | 14 | 101 | 228 | 229 => Some(Link::Ip(frame)),
            _ => None,
        }
    }

    fn slice(self) -> Result<SlicedPacket<'a>, etherparse::err::packet::SliceError> {
        match self {
            Link::Ethernet(frame) => SlicedPacket::from_ethernet(frame),
            Link::EtherType(ether_type, rest) => SlicedPacket::from_ether_type(ether_type, rest),
            Link::Ip(packet) => SlicedPacket::from_ip(packet),
        }
    }

    fn slice_lax(self) -> Option<LaxSlicedPacket<'a>> {
        match self {
            Link::Ethernet(frame) => LaxSlicedPacket::from_ethernet(frame).ok(),
            Link::EtherType(ether_type, rest) => Some(LaxSlicedPacket::from_ether_type(ether_type, rest)),
            Link::Ip(packet) => LaxSlicedPacket::from_ip(packet).ok(),
        }
    }
}

/// The sender of an IP packet, and its payload.
fn ip<'p, 'a>(net: &'p NetSlice<'a>) -> Option<(IpAddr, &'p etherparse::IpPayloadSlice<'a>)> {
    match net {
        NetSlice::Ipv4(ip) => Some((ip.header().source_addr().into(), ip.payload())),
        NetSlice::Ipv6(ip) => Some((ip.header().source_addr().into(), ip.payload())),
        NetSlice::Arp(_) => None,
    }
}

/// The same of a packet that is cut short; its fragments cannot be put together.
fn lax_ip<'a>(net: &LaxNetSlice<'a>) -> Option<(IpAddr, IpNumber, &'a [u8])> {
    let (sender, payload) = match net {
        LaxNetSlice::Ipv4(ip) => (ip.header().source_addr().into(), ip.payload()),
        LaxNetSlice::Ipv6(ip) => (ip.header().source_addr().into(), ip.payload()),
        LaxNetSlice::Arp(_) => return None,
    };
    (!payload.fragmented).then_some((sender, payload.ip_number, payload.payload))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A packet of a pcap file that claims a length, and has another.
    fn packet(claimed: u32, length: usize) -> Vec<u8> {
        [0, 0, claimed, claimed].iter().flat_map(|word| word.to_le_bytes()).chain(vec![0; length]).collect()
    }

    /// Reads a pcap file of such packets. Returns the frames, how large the buffer became, and what the reader said.
    fn read(packets: &[Vec<u8>]) -> (u64, usize, String) {
        let header = [0xa1b2_c3d4_u32, 0x0004_0002, 0, 0, 262_144, 1].map(u32::to_le_bytes);
        let file = [header.concat(), packets.concat()].concat();
        let mut feed = Feed::of("recording", Box::new(Cursor::new(file)), 6343).unwrap();
        let ended = feed.read(|| false, |_| Ok(true));
        (feed.passed().frames, feed.buffer, ended.err().map(|failure| failure.to_string()).unwrap_or_default())
    }

    #[test]
    fn what_a_packet_claims_and_has_not_takes_no_memory() {
        let offset = 24 + 16 + 60;
        for (claimed, what) in [
            (BUFFER as u32, "the file ends within a packet"),
            (MOST_BUFFER as u32, "the file ends within a packet"),
            (MOST_BUFFER as u32 + 1, "a packet claims an impossible length"),
            (0x7fff_ffff, "a packet claims an impossible length"),
        ] {
            let said = format!("recording: damaged at offset {offset}: {what}; everything before that was read");
            assert_eq!(read(&[packet(60, 60), packet(claimed, 1000)]), (1, BUFFER, said), "{claimed}");
        }
    }

    #[test]
    fn a_block_smaller_than_its_frame_is_none() {
        let section = [0x0a0d_0d0a_u32, 28, 0x1a2b_3c4d, 1, u32::MAX, u32::MAX, 28];
        // Of a process, of an interface, and of a kind that there is not.
        for kind in [0x8000_0001, 1, 0x7777] {
            for length in [0, 4, 8, 11] {
                for order in [u32::to_le_bytes, u32::to_be_bytes] {
                    let words = section.into_iter().chain([kind, length, 0, 0, 0, 0]);
                    let file: Vec<u8> = words.flat_map(order).collect();
                    let mut feed = Feed::of("recording", Box::new(Cursor::new(file)), 6343).unwrap();
                    let said = feed.read(|| false, |_| Ok(true)).unwrap_err().to_string();
                    assert!(said.contains("damaged at offset 28: no packet stands there"), "{kind} {length}: {said}");
                }
            }
        }
    }

    #[test]
    fn a_packet_that_is_larger_than_the_buffer_is_read_and_so_is_what_follows() {
        for length in [BUFFER - 1, BUFFER, BUFFER + 1, 5 * BUFFER] {
            let (frames, buffer, said) = read(&[packet(60, 60), packet(length as u32, length), packet(60, 60)]);
            assert_eq!((frames, said.as_str()), (3, ""), "{length}");
            assert!(buffer <= 2 * (length + BUFFER), "{length}: {buffer}");
        }
    }

    #[test]
    fn more_than_any_packet_has_is_not_read() {
        let length = MOST_BUFFER + 1000;
        let (frames, buffer, said) = read(&[packet(60, 60), packet(length as u32, length)]);
        assert_eq!((frames, buffer), (1, MOST_BUFFER));
        assert!(said.contains("a packet claims an impossible length"), "{said}");
    }
}
