//! `fixtures/demo.pcap`, and what is sampled in it, read by hand: what its generator can write and no more.

use std::path::{Path, PathBuf};

use super::capture::read_classic;

/// Ethernet.
const LINK_TYPE: u32 = 1;

/// The recording.
pub fn recording() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/demo.pcap").canonicalize().expect("the recording")
}

/// The time, in microseconds, and the payload of each of its datagrams. It holds nothing else, over Ethernet, IPv4 without
/// options or IPv6 without extensions, and UDP.
pub fn datagrams() -> Vec<(u64, Vec<u8>)> {
    let payload = |frame: &[u8]| frame[14 + if frame[12] == 0x08 { 20 } else { 40 } + 8..].to_vec();
    let frames = read_classic(&recording());
    assert!(frames.len() > 100);
    frames.iter().map(|frame| (frame.timestamp, payload(&frame.data))).collect()
}

/// A packet that an agent sampled.
#[derive(Clone, Debug)]
pub struct Sampled {
    /// The agent's address.
    pub agent: Vec<u8>,
    /// Packets that it stands for; none if it was discarded.
    pub rate: Option<u32>,
    pub original_length: u32,
    /// With an Ethernet header, made where there was none.
    pub data: Vec<u8>,
}

/// The sampled packets of the recording, in their order.
pub fn packets() -> Vec<Sampled> {
    datagrams().iter().flat_map(|(_, datagram)| sampled(datagram)).collect()
}

/// A capture file of these packets, written by hand too.
pub fn classic(packets: &[Sampled]) -> Vec<u8> {
    let mut file: Vec<u8> =
        [0xa1b2_c3d4, 4 << 16 | 2, 0, 0, 262_144, LINK_TYPE].iter().flat_map(|word: &u32| word.to_ne_bytes()).collect();
    for (place, packet) in packets.iter().enumerate() {
        for word in [place as u32, 0, packet.data.len() as u32, packet.original_length] {
            file.extend(word.to_ne_bytes());
        }
        file.extend(&packet.data);
    }
    file
}

/// Takes words off the front.
struct Words<'a>(&'a [u8]);

impl<'a> Words<'a> {
    fn take(&mut self, count: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(count);
        self.0 = rest;
        taken
    }

    fn word(&mut self) -> u32 {
        u32::from_be_bytes(self.take(4).try_into().unwrap())
    }

    fn words<const N: usize>(&mut self) -> [u32; N] {
        [(); N].map(|()| self.word())
    }

    /// The number of a sample or record, and its body.
    fn framed(&mut self) -> (u32, Words<'a>) {
        let [number, length] = self.words();
        (number, Words(self.take(length as usize)))
    }
}

/// Those of a datagram.
pub fn sampled(datagram: &[u8]) -> Vec<Sampled> {
    let mut datagram = Words(datagram);
    let [version, address_type] = datagram.words();
    assert_eq!(version, 5);
    let agent = datagram.take(if address_type == 1 { 4 } else { 16 });
    let [_sub_agent, _sequence, _uptime, samples] = datagram.words();
    let packets = (0..samples).filter_map(|_| {
        let (kind, mut sample) = datagram.framed();
        let (rate, records) = match kind {
            // sequence, source, rate, pool, drops, input, output, records
            1 => {
                let [_, _, rate, _, _, _, _, records] = sample.words();
                (Some(rate), records)
            }
            // Expanded: the source, the input and the output take two words each.
            3 => {
                let [_, _, _, rate, _, _, _, _, _, _, records] = sample.words();
                (Some(rate), records)
            }
            // sequence, source of two words, drops, input, output, reason, records
            5 => {
                let [_, _, _, _, _, _, _, records] = sample.words();
                (None, records)
            }
            _ => return None,
        };
        (0..records).find_map(|_| match sample.framed() {
            (1, header) => Some(of_header(agent, rate, header)),
            _ => None,
        })
    });
    packets.collect()
}

/// A sampled header: protocol, length of the frame, bytes stripped from it, and its first bytes.
fn of_header(agent: &[u8], rate: Option<u32>, mut header: Words<'_>) -> Sampled {
    let [protocol, frame_length, stripped, length] = header.words();
    let bytes = header.take(length as usize);
    let made: &[u8] = match protocol {
        1 => &[],
        11 => &[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x08, 0x00],
        12 => &[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x86, 0xdd],
        other => panic!("header protocol {other}"),
    };
    let original_length = frame_length - stripped + made.len() as u32;
    Sampled { agent: agent.to_vec(), rate, original_length, data: [made, bytes].concat() }
}
