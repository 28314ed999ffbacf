//! Datagrams of versions 2 and 4, written after the wire reference.

use super::wire::Wire;

/// A datagram of agent 10.0.0.1, sequence number 7, uptime 1000 ms, with these samples.
pub fn datagram(version: u32, samples: &[Wire]) -> Vec<u8> {
    let header = Wire::new().u32s([version, 1, 0x0a00_0001, 7, 1000, samples.len() as u32]);
    samples.iter().fold(header, |datagram, sample| datagram.raw(&sample.0)).0
}

/// A flow sample of ifIndex 3, from 3 to 4, with this packet data and these extensions.
pub fn flow_sample(packet_data: Wire, extensions: &[Wire]) -> Wire {
    flow_sample_between(3, 4, packet_data, extensions)
}

pub fn flow_sample_between(input: u32, output: u32, packet_data: Wire, extensions: &[Wire]) -> Wire {
    let sample = Wire::new().u32s([1, 21, 3, 100, 10_000, 5, input, output]).raw(packet_data.0);
    extensions.iter().fold(sample.u32(extensions.len() as u32), |sample, extension| sample.raw(&extension.0))
}

/// A counters sample of ifIndex 3, every 20 seconds.
pub fn counters_sample(version: u32, blocks: &[Wire]) -> Wire {
    let sample = Wire::new().u32s([2, 22, 3, 20, version]);
    blocks.iter().fold(sample, |sample, block| sample.raw(&block.0))
}

/// Packet data of type 1.
pub fn header(protocol: u32, frame_length: u32, header: &[u8]) -> Wire {
    Wire::new().u32s([1, protocol, frame_length]).opaque(header)
}

/// Packet data of type 2.
pub fn ipv4() -> Wire {
    Wire::new().u32s([2, 60, 6, 0xc000_0201, 0xc000_0202, 1234, 80, 0x12, 0x20])
}

/// Packet data of type 3.
pub fn ipv6() -> Wire {
    Wire::new().u32s([3, 80, 17]).raw([0xfd; 16]).raw([0xfe; 16]).u32s([4321, 53, 0, 7])
}

/// Extension 1.
pub fn switch() -> Wire {
    Wire::new().u32s([1, 10, 2, 20, 5])
}

/// Extension 2.
pub fn router() -> Wire {
    Wire::new().u32s([2, 1, 0x0a00_00fe, 24, 16])
}

/// Extension 3 in version 2: no segments, communities or local preference.
pub fn gateway_v2(path: &[u32]) -> Wire {
    Wire::new().u32s([3, 65000, 65001, 65002]).u32(path.len() as u32).u32s(path.iter().copied())
}

/// Extension 3 in version 4: path of segments, communities, local preference, and no next hop.
pub fn gateway_v4(path: &[(u32, &[u32])], communities: &[u32], localpref: u32) -> Wire {
    let gateway = Wire::new().u32s([3, 65000, 65001, 65002]).u32(path.len() as u32);
    path.iter()
        .fold(gateway, |gateway, (kind, numbers)| {
            gateway.u32(*kind).u32(numbers.len() as u32).u32s(numbers.iter().copied())
        })
        .u32(communities.len() as u32)
        .u32s(communities.iter().copied())
        .u32(localpref)
}

/// Extension 4.
pub fn user() -> Wire {
    Wire::new().u32(4).opaque("alice").opaque("bob")
}

/// Extension 5.
pub fn url() -> Wire {
    Wire::new().u32s([5, 2]).opaque("/index.html")
}

/// A block of counters in words that count up.
pub fn block(bytes: u32) -> Wire {
    Wire::new().u32s(1..=bytes / 4)
}
