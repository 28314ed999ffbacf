//! Reading capture files, with a reader that shares no line with the writer under test.

use std::fs;
use std::path::Path;

use pcap_parser::pcapng::{Block, OptionCode, PcapNGOption, parse_block_le};

/// A pcapng file, or as much of it as is there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Capture {
    /// `shb_userappl`.
    pub application: String,
    pub interfaces: Vec<Interface>,
    pub packets: Vec<Packet>,
    pub statistics: Vec<Statistics>,
    /// Bytes of a block that is not whole.
    pub left: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interface {
    pub link_type: i32,
    pub snaplen: u32,
    pub name: String,
    pub description: String,
    /// Without the byte before it that tells its kind.
    pub filter: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet {
    pub interface: usize,
    /// In nanoseconds since 1970.
    pub timestamp: u64,
    pub data: Vec<u8>,
    pub original_length: u32,
    pub flags: u32,
    pub drop_count: u64,
    pub comment: String,
}

/// The counters of an interface statistics block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statistics {
    pub interface: u32,
    pub received: Option<u64>,
    pub dropped: Option<u64>,
    pub accepted: Option<u64>,
    pub os_dropped: Option<u64>,
    pub delivered: Option<u64>,
    pub comment: String,
}

impl Capture {
    /// Reads the whole blocks of `bytes`, which must be in order: what is told first, what packets refer to, what lengths say.
    pub fn parse(bytes: &[u8]) -> Self {
        let mut capture = Capture::default();
        let mut rest = bytes;
        while let Some(length) = block_length(rest) {
            let (block, after) = rest.split_at(length);
            let (nothing, block) = parse_block_le(block).unwrap_or_else(|error| panic!("a bad block: {error:?}"));
            assert!(nothing.is_empty(), "a block that is shorter than it says");
            capture.add(block);
            rest = after;
        }
        capture.left = rest.len();
        capture
    }

    /// Reads a file, or what is there of it.
    pub fn read(path: &Path) -> Self {
        Capture::parse(&fs::read(path).unwrap_or_default())
    }

    /// A file that must be whole.
    pub fn read_whole(path: &Path) -> Self {
        let capture = Capture::read(path);
        assert!(!capture.interfaces.is_empty(), "{} is empty", path.display());
        assert_eq!(capture.left, 0, "{} ends within a block", path.display());
        capture
    }

    fn add(&mut self, block: Block<'_>) {
        match block {
            Block::SectionHeader(block) => {
                assert!(self.interfaces.is_empty(), "a second section");
                self.application = text(&block.options, 4);
            }
            Block::InterfaceDescription(block) => {
                assert_eq!(value(&block.options, 9), Some(&[9][..]), "time stamps in nanoseconds");
                self.interfaces.push(Interface {
                    link_type: block.linktype.0,
                    snaplen: block.snaplen,
                    name: text(&block.options, 2),
                    description: text(&block.options, 3),
                    filter: text(&block.options, 11).trim_start_matches('\0').to_owned(),
                });
            }
            Block::EnhancedPacket(block) => {
                let interface = block.if_id as usize;
                assert!(interface < self.interfaces.len(), "a packet before its interface");
                let number = |code| value(&block.options, code).map(le).unwrap_or_default();
                self.packets.push(Packet {
                    interface,
                    timestamp: u64::from(block.ts_high) << 32 | u64::from(block.ts_low),
                    data: block.data[..block.caplen as usize].to_vec(),
                    original_length: block.origlen,
                    flags: number(2) as u32,
                    drop_count: number(4),
                    comment: text(&block.options, 1),
                });
            }
            Block::InterfaceStatistics(block) => {
                assert!((block.if_id as usize) < self.interfaces.len(), "statistics before their interface");
                let number = |code| value(&block.options, code).map(le);
                self.statistics.push(Statistics {
                    interface: block.if_id,
                    received: number(4),
                    dropped: number(5),
                    accepted: number(6),
                    os_dropped: number(7),
                    delivered: number(8),
                    comment: text(&block.options, 1),
                });
            }
            other => panic!("a block that hosts do not expect: {other:?}"),
        }
    }

    pub fn interface(&self, packet: &Packet) -> &Interface {
        &self.interfaces[packet.interface]
    }

    /// The bytes of the packets, in their order.
    pub fn data(&self) -> Vec<&[u8]> {
        self.packets.iter().map(|packet| packet.data.as_slice()).collect()
    }
}

/// The length of the block that `bytes` begins with, if it is all there.
fn block_length(bytes: &[u8]) -> Option<usize> {
    let length = u32::from_le_bytes(*bytes.get(4..)?.first_chunk()?) as usize;
    assert!(length >= 12 && length % 4 == 0 && length <= 262_144, "a block of {length} bytes");
    (length <= bytes.len()).then_some(length)
}

fn value<'a>(options: &'a [PcapNGOption<'_>], code: u16) -> Option<&'a [u8]> {
    options.iter().find(|option| option.code == OptionCode(code)).map(|option| &option.value[..option.len.into()])
}

fn text(options: &[PcapNGOption<'_>], code: u16) -> String {
    String::from_utf8(value(options, code).unwrap_or_default().to_vec()).expect("text")
}

fn le(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// A frame of a classic capture file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// In microseconds since 1970.
    pub timestamp: u64,
    pub data: Vec<u8>,
    pub original_length: u32,
}

/// Reads the whole frames of a little-endian classic capture file with microseconds, which may still be growing.
pub fn read_classic(path: &Path) -> Vec<Frame> {
    let bytes = fs::read(path).unwrap_or_default();
    let mut rest = bytes.get(24..).unwrap_or_default();
    assert!(bytes.is_empty() || bytes.starts_with(&0xa1b2_c3d4_u32.to_le_bytes()), "{}", path.display());
    let mut frames = Vec::new();
    while let Some((header, after)) = rest.split_first_chunk::<16>() {
        let [seconds, micros, captured, original_length] = [0, 4, 8, 12].map(|at| le(&header[at..at + 4]));
        let Some((data, after)) = after.split_at_checked(captured as usize) else { break };
        frames.push(Frame {
            timestamp: seconds * 1_000_000 + micros,
            data: data.to_vec(),
            original_length: original_length as u32,
        });
        rest = after;
    }
    frames
}

/// A classic capture file of these frames. Each frame's time stamp is its place, so that it can be known again.
pub fn classic(link_type: u32, frames: &[impl AsRef<[u8]>]) -> Vec<u8> {
    let mut file = Vec::new();
    for word in [0xa1b2_c3d4, 4 << 16 | 2, 0, 0, 262_144, link_type] {
        file.extend(u32::to_ne_bytes(word));
    }
    for (place, frame) in frames.iter().enumerate() {
        let frame = frame.as_ref();
        for word in [place as u32, 0, frame.len() as u32, frame.len() as u32] {
            file.extend(word.to_ne_bytes());
        }
        file.extend(frame);
    }
    file
}
