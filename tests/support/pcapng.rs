//! A reader for the files that the library writes. It shares nothing with the writer, and panics on whatever the pcapng
//! specification does not allow or our files must not have.

use pcap_parser::Block;
use pcap_parser::nom::IResult;

/// A file of one section.
#[derive(Clone, Debug, Default)]
pub struct File {
    /// The types of all blocks, in their order.
    pub blocks: Vec<u32>,
    /// The section header block's length.
    pub section_length: usize,
    pub os: Option<String>,
    pub application: Option<String>,
    pub interfaces: Vec<Interface>,
    pub packets: Vec<Packet>,
    pub statistics: Vec<Statistics>,
}

/// An interface description block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interface {
    pub link_type: u16,
    pub snaplen: u32,
    pub name: String,
    pub description: Option<String>,
    pub speed: Option<u64>,
    /// The text of a libpcap filter.
    pub filter: Option<Vec<u8>>,
}

/// An enhanced packet block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet {
    /// Where the block begins in the file.
    pub offset: usize,
    pub interface: u32,
    /// Nanoseconds since 1970.
    pub timestamp: u64,
    pub data: Vec<u8>,
    pub original_length: u32,
    pub flags: Option<u32>,
    pub drop_count: Option<u64>,
    pub comments: Vec<String>,
}

/// An interface statistics block.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    pub interface: u32,
    pub timestamp: u64,
    pub start_time: Option<u64>,
    pub end_time: Option<u64>,
    pub received: Option<u64>,
    pub dropped: Option<u64>,
    pub accepted: Option<u64>,
    pub os_dropped: Option<u64>,
    pub delivered: Option<u64>,
    pub comment: Option<String>,
}

/// Reads a file.
pub fn read(bytes: &[u8]) -> File {
    let mut file = File::default();
    let mut rest = bytes;
    while !rest.is_empty() {
        let offset = bytes.len() - rest.len();
        assert!(rest.len() >= 12, "{} bytes after the last block, at {offset}", rest.len());
        let length = word(&rest[4..]) as usize;
        assert!(length >= 12 && length % 4 == 0, "block length {length} at {offset}");
        assert!(length <= rest.len(), "block of {length} bytes at {offset}, {} left", rest.len());
        let (raw, behind) = rest.split_at(length);
        assert_eq!(word(&raw[length - 4..]) as usize, length, "the lengths of the block at {offset} differ");
        let (unread, block) = parse(raw).unwrap_or_else(|error| panic!("block at {offset}: {error}"));
        assert!(unread.is_empty(), "block at {offset}: {} bytes too many", unread.len());
        file.blocks.push(word(raw));
        file.block(offset, raw, &block);
        rest = behind;
    }
    file
}

fn parse(raw: &[u8]) -> IResult<&[u8], Block<'_>, pcap_parser::PcapError<&[u8]>> {
    // The section header says the byte order: it must be the host's.
    if cfg!(target_endian = "big") {
        pcap_parser::pcapng::parse_block_be(raw)
    } else {
        pcap_parser::pcapng::parse_block_le(raw)
    }
}

impl File {
    fn block(&mut self, offset: usize, raw: &[u8], block: &Block<'_>) {
        assert_eq!(matches!(block, Block::SectionHeader(_)), offset == 0, "one section header, and first");
        let options = |fixed: usize| options(&raw[fixed..raw.len() - 4], offset);
        match block {
            Block::SectionHeader(section) => {
                assert_eq!(
                    (word(&raw[8..]), section.section_len),
                    (0x1a2b_3c4d, -1),
                    "host byte order, unknown length"
                );
                assert_eq!((section.major_version, section.minor_version), (1, 0));
                self.section_length = raw.len();
                for (code, value) in options(24) {
                    match code {
                        3 => set(&mut self.os, text(value)),
                        4 => set(&mut self.application, text(value)),
                        _ => panic!("option {code} of a section header"),
                    }
                }
            }
            Block::InterfaceDescription(interface) => {
                assert_eq!(interface.reserved, 0);
                let link_type = u16::try_from(interface.linktype.0).expect("a link type");
                self.interface(link_type, interface.snaplen, options(16));
            }
            Block::EnhancedPacket(packet) => {
                let captured = packet.caplen as usize;
                assert!((packet.if_id as usize) < self.interfaces.len(), "interface {} not described", packet.if_id);
                assert!(packet.caplen <= packet.origlen, "{} of {} bytes", packet.caplen, packet.origlen);
                assert!(packet.caplen <= self.interfaces[packet.if_id as usize].snaplen);
                let mut read = Packet {
                    offset,
                    interface: packet.if_id,
                    timestamp: u64::from(packet.ts_high) << 32 | u64::from(packet.ts_low),
                    data: raw[28..28 + captured].to_vec(),
                    original_length: packet.origlen,
                    flags: None,
                    drop_count: None,
                    comments: Vec::new(),
                };
                zeros(&raw[28 + captured..28 + captured.next_multiple_of(4)]);
                for (code, value) in options(28 + captured.next_multiple_of(4)) {
                    match code {
                        1 => read.comments.push(text(value)),
                        2 => set(&mut read.flags, u32::from_ne_bytes(value.try_into().unwrap())),
                        4 => set(&mut read.drop_count, count(value)),
                        _ => panic!("option {code} of a packet"),
                    }
                }
                self.packets.push(read);
            }
            Block::InterfaceStatistics(block) => {
                assert!((block.if_id as usize) < self.interfaces.len(), "interface {} not described", block.if_id);
                let timestamp = u64::from(block.ts_high) << 32 | u64::from(block.ts_low);
                self.statistics(Statistics { interface: block.if_id, timestamp, ..Statistics::default() }, options(20));
            }
            other => panic!("a block that our files do not have: {other:?}"),
        }
    }

    fn interface(&mut self, link_type: u16, snaplen: u32, options: Vec<(u16, &[u8])>) {
        let [mut name, mut description] = [None, None];
        let [mut speed, mut filter, mut resolution] = [None, None, None];
        for (code, value) in options {
            match code {
                2 => set(&mut name, text(value)),
                3 => set(&mut description, text(value)),
                8 => set(&mut speed, value),
                9 => set(&mut resolution, value),
                11 => set(&mut filter, value),
                _ => panic!("option {code} of an interface description"),
            }
        }
        assert_eq!(resolution, Some(&[9][..]), "nanoseconds");
        self.interfaces.push(Interface {
            link_type,
            snaplen,
            name: name.expect("every interface has a name"),
            description,
            speed: speed.map(count),
            filter: filter.map(|filter: &[u8]| {
                assert_eq!(filter[0], 0, "a libpcap filter");
                filter[1..].to_vec()
            }),
        });
    }

    fn statistics(&mut self, mut read: Statistics, options: Vec<(u16, &[u8])>) {
        for (code, value) in options {
            let time = |value: &[u8]| u64::from(word(value)) << 32 | u64::from(word(&value[4..]));
            match code {
                1 => set(&mut read.comment, text(value)),
                2 => set(&mut read.start_time, time(value)),
                3 => set(&mut read.end_time, time(value)),
                4 => set(&mut read.received, count(value)),
                5 => set(&mut read.dropped, count(value)),
                6 => set(&mut read.accepted, count(value)),
                7 => set(&mut read.os_dropped, count(value)),
                8 => set(&mut read.delivered, count(value)),
                _ => panic!("option {code} of interface statistics"),
            }
        }
        self.statistics.push(read);
    }
}

/// The options of a block, which end with an end marker.
fn options(mut rest: &[u8], offset: usize) -> Vec<(u16, &[u8])> {
    let half = |at: usize, bytes: &[u8]| u16::from_ne_bytes([bytes[at], bytes[at + 1]]);
    let mut options = Vec::new();
    loop {
        assert!(rest.len() >= 4, "block at {offset}: no end of options");
        let (code, length) = (half(0, rest), usize::from(half(2, rest)));
        if code == 0 {
            assert_eq!((length, rest.len()), (0, 4), "block at {offset}: the end of options is the end");
            return options;
        }
        let padded = length.next_multiple_of(4);
        assert!(rest.len() >= 4 + padded, "block at {offset}: option {code} of {length} bytes");
        zeros(&rest[4 + length..4 + padded]);
        options.push((code, &rest[4..4 + length]));
        rest = &rest[4 + padded..];
    }
}

fn word(bytes: &[u8]) -> u32 {
    u32::from_ne_bytes(bytes[..4].try_into().unwrap())
}

fn count(value: &[u8]) -> u64 {
    u64::from_ne_bytes(value.try_into().expect("a count of 64 bits"))
}

fn text(value: &[u8]) -> String {
    String::from_utf8(value.to_vec()).expect("UTF-8")
}

fn zeros(padding: &[u8]) {
    assert!(padding.iter().all(|byte| *byte == 0), "padding of zeros, not {padding:?}");
}

/// Options of these codes may stand once.
fn set<T>(slot: &mut Option<T>, value: T) {
    assert!(slot.replace(value).is_none(), "an option twice");
}
