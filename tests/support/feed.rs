//! Recorded feeds: the UDP datagrams in a capture file, by other people's parsers.
//!
//! Read are pcap in both byte orders (micro- and nanoseconds, and Kuznetzov's "modified" format) and pcapng; Ethernet with
//! VLAN tags, Linux cooked, loopback and raw IP; IPv4 and IPv6 with their fragments put together.

use std::net::IpAddr;

use etherparse::defrag::IpDefragPool;
use etherparse::{EtherType, NetSlice, SlicedPacket, TransportSlice, UdpSlice};
use pcap_parser::{Block, PcapNGSlice, traits::PcapNGPacketBlock};

/// A packet of a capture file.
#[derive(Clone, Debug)]
pub struct Frame {
    /// Its number in the file; the first is 1, as in Wireshark.
    pub number: usize,
    /// Nanoseconds since 1970.
    pub timestamp: u64,
    pub link_type: u32,
    pub original_length: u32,
    pub data: Vec<u8>,
}

/// A UDP datagram.
#[derive(Clone, Debug)]
pub struct Datagram {
    /// The frame that completed it.
    pub frame: usize,
    pub timestamp: u64,
    pub source: IpAddr,
    pub destination_port: u16,
    pub payload: Vec<u8>,
}

/// The packets of a capture file, up to where it is cut short.
pub fn frames(file: &[u8]) -> Vec<Frame> {
    let first_word: [u8; 4] = file[..4].try_into().unwrap();
    if first_word == [0x0a, 0x0d, 0x0d, 0x0a] { pcapng_frames(file) } else { pcap_frames(file, first_word) }
}

fn pcap_frames(file: &[u8], magic: [u8; 4]) -> Vec<Frame> {
    let (big_endian, magic) = match u32::from_be_bytes(magic) {
        magic if magic >> 16 == 0xa1b2 => (true, magic),
        magic => (false, magic.swap_bytes()),
    };
    let (unit, record_header) = match magic {
        0xa1b2_c3d4 => (1000, 16),
        0xa1b2_3c4d => (1, 16),
        0xa1b2_cd34 => (1000, 24),
        _ => panic!("no capture file"),
    };
    let word = |at: &[u8]| {
        let word = at[..4].try_into().unwrap();
        if big_endian { u32::from_be_bytes(word) } else { u32::from_le_bytes(word) }
    };
    let link_type = word(&file[20..]) & 0xffff;
    let mut rest = &file[24..];
    let mut frames = Vec::new();
    while let Some((header, behind)) = rest.split_at_checked(record_header) {
        let [seconds, fraction, captured, original_length] = [0, 4, 8, 12].map(|at| word(&header[at..]));
        let Some((data, behind)) = behind.split_at_checked(captured as usize) else { break };
        frames.push(Frame {
            number: frames.len() + 1,
            timestamp: u64::from(seconds) * 1_000_000_000 + u64::from(fraction) * unit,
            link_type,
            original_length,
            data: data.to_vec(),
        });
        rest = behind;
    }
    frames
}

fn pcapng_frames(file: &[u8]) -> Vec<Frame> {
    let mut interfaces = Vec::new();
    let mut frames = Vec::new();
    for block in PcapNGSlice::from_slice(file).expect("a section header").map_while(Result::ok) {
        let pcap_parser::PcapBlockOwned::NG(block) = block else { unreachable!("a pcapng file") };
        match block {
            Block::SectionHeader(_) => interfaces.clear(),
            Block::InterfaceDescription(interface) => {
                let units = interface.ts_resolution().expect("a sane if_tsresol");
                let link_type = u32::try_from(interface.linktype.0).expect("a link type");
                interfaces.push((link_type, u128::from(units)));
            }
            Block::EnhancedPacket(packet) => {
                let (link_type, units) = interfaces[packet.if_id as usize];
                let time = u128::from(u64::from(packet.ts_high) << 32 | u64::from(packet.ts_low));
                frames.push(Frame {
                    number: frames.len() + 1,
                    timestamp: (time * 1_000_000_000 / units) as u64,
                    link_type,
                    original_length: packet.origlen,
                    data: packet.packet_data().to_vec(),
                });
            }
            _ => {}
        }
    }
    frames
}

/// The UDP datagrams in `frames`, without those cut short.
pub fn datagrams(frames: &[Frame]) -> Vec<Datagram> {
    let mut fragments = IpDefragPool::<(), ()>::new();
    frames.iter().filter_map(|frame| datagram(frame, &mut fragments)).collect()
}

fn datagram(frame: &Frame, fragments: &mut IpDefragPool) -> Option<Datagram> {
    let packet = ip_packet(frame)?;
    let source = match packet.net.as_ref()? {
        NetSlice::Ipv4(ip) => IpAddr::V4(ip.header().source_addr()),
        NetSlice::Ipv6(ip) => IpAddr::V6(ip.header().source_addr()),
        NetSlice::Arp(_) => return None,
    };
    let (destination_port, payload) = match &packet.transport {
        Some(TransportSlice::Udp(udp)) => (udp.destination_port(), udp.payload().to_vec()),
        Some(_) => return None,
        None => {
            let whole = fragments.process_sliced_packet(&packet, (), ()).ok()??;
            let udp = UdpSlice::from_slice(&whole.payload).ok()?;
            (udp.destination_port(), udp.payload().to_vec())
        }
    };
    Some(Datagram { frame: frame.number, timestamp: frame.timestamp, source, destination_port, payload })
}

/// The layers of a frame, down to the first transport header.
fn ip_packet(frame: &Frame) -> Option<SlicedPacket<'_>> {
    let data = &frame.data[..];
    let ether_type = |at: usize| Some(EtherType(u16::from_be_bytes(data.get(at..at + 2)?.try_into().ok()?)));
    match frame.link_type {
        1 => SlicedPacket::from_ethernet(data).ok(),
        0 | 108 => SlicedPacket::from_ip(data.get(4..)?).ok(),
        12 | 14 | 101 | 228 | 229 => SlicedPacket::from_ip(data).ok(),
        113 => SlicedPacket::from_ether_type(ether_type(14)?, data.get(16..)?).ok(),
        276 => SlicedPacket::from_ether_type(ether_type(0)?, data.get(20..)?).ok(),
        _ => None,
    }
}

/// The length of the link layer's header, VLAN tags included.
pub fn link_header_length(frame: &Frame) -> usize {
    match frame.link_type {
        1 => {
            let mut at = 12;
            while let Some([0x81 | 0x88, 0x00 | 0xa8]) = frame.data.get(at..at + 2) {
                at += 4;
            }
            at + 2
        }
        0 | 108 => 4,
        113 => 16,
        276 => 20,
        _ => 0,
    }
}

/// A capture file with these payloads in UDP packets to port 6343.
pub fn file(payloads: &[impl AsRef<[u8]>]) -> Vec<u8> {
    let words = |words: &[u32]| words.iter().flat_map(|word| word.to_be_bytes()).collect::<Vec<u8>>();
    let mut file = words(&[0xa1b2_c3d4, 2 << 16 | 4, 0, 0, 65535, 1]);
    for payload in payloads.iter().map(AsRef::as_ref) {
        let (ip, udp) = (28 + payload.len() as u16, 8 + payload.len() as u16);
        let mut frame = b"\x02\0\0\0\0\x01\x02\0\0\0\0\x02\x08\0\x45\0".to_vec();
        frame.extend(ip.to_be_bytes());
        frame.extend(b"\0\0\0\0\x40\x11\0\0\x0a\0\0\x01\x0a\0\0\x02\x18\xc7\x18\xc7");
        frame.extend(udp.to_be_bytes());
        frame.extend([0, 0]);
        frame.extend(payload);
        file.extend(words(&[0, 0, frame.len() as u32, frame.len() as u32]));
        file.extend(frame);
    }
    file
}
