//! Frames, built from their layers.

/// The layers of frames, each around what it carries. Checksums are left zero: nobody here looks at them.
pub fn ethernet(ether_type: u16, payload: &[u8]) -> Vec<u8> {
    [&[2, 0, 0, 0, 0, 0xb, 2, 0, 0, 0, 0, 0xa][..], &ether_type.to_be_bytes(), payload].concat()
}

pub fn vlan(id: u16, ether_type: u16, payload: &[u8]) -> Vec<u8> {
    ethernet(0x8100, &[&id.to_be_bytes(), &ether_type.to_be_bytes(), payload].concat())
}

pub const TCP: u8 = 6;
pub const UDP: u8 = 17;

pub fn ipv4(protocol: u8, payload: &[u8]) -> Vec<u8> {
    let length = (20 + payload.len() as u16).to_be_bytes();
    let header = [0x45, 0, length[0], length[1], 0, 1, 0, 0, 64, protocol, 0, 0, 192, 0, 2, 1, 198, 51, 100, 2];
    [&header, payload].concat()
}

pub fn ipv6(next_header: u8, payload: &[u8]) -> Vec<u8> {
    let length = (payload.len() as u16).to_be_bytes();
    let mut packet = vec![0x60, 0, 0, 0, length[0], length[1], next_header, 64];
    for host in [1, 2] {
        packet.extend([0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, host]);
    }
    packet.extend(payload);
    packet
}

pub fn udp(from: u16, to: u16, payload: &[u8]) -> Vec<u8> {
    let length = 8 + payload.len() as u16;
    let header = [from, to, length, 0].map(u16::to_be_bytes).concat();
    [&header, payload].concat()
}

pub const FIN: u8 = 1;
pub const SYN: u8 = 2;
pub const ACK: u8 = 16;

pub fn tcp(from: u16, to: u16, flags: u8, payload: &[u8]) -> Vec<u8> {
    let ports = [from, to].map(u16::to_be_bytes).concat();
    let rest = [0, 0, 0, 1, 0, 0, 0, 2, 0x50, flags, 0x20, 0, 0, 0, 0, 0];
    [&ports, &rest[..], payload].concat()
}

/// An MPLS label stack of one label.
pub fn mpls(label: u32, payload: &[u8]) -> Vec<u8> {
    [&(label << 12 | 1 << 8 | 64).to_be_bytes(), payload].concat()
}

/// Bytes of which each differs from those before it.
pub fn payload(length: usize) -> Vec<u8> {
    (0..length).map(|place| place as u8).collect()
}

/// A UDP packet that carries this number; for whoever wants to know packets again.
pub fn numbered(number: u32) -> Vec<u8> {
    ethernet(0x0800, &ipv4(UDP, &udp(1000, 2000, &number.to_be_bytes())))
}
