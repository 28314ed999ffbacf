//! Whole datagrams as packets: the Ethernet, IP and UDP headers that the socket took off are made again, so that Wireshark's
//! own sFlow dissector shows them.

use std::net::IpAddr;

use crate::datagram::{MAX_DATAGRAM, PORT};

/// Ethernet, IPv6 and UDP: the longest headers.
const MOST: usize = 14 + 40 + 8;

const UDP: u8 = 17;

/// The headers before a datagram.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Headers {
    bytes: [u8; MOST],
    length: usize,
}

impl Headers {
    /// The headers of a datagram from `sender` to port 6343, by which Wireshark knows it. Where it went to is not told: it
    /// stands as the unspecified address.
    pub(crate) fn new(sender: IpAddr, payload: &[u8]) -> Self {
        let mut headers = Headers { bytes: [0; MOST], length: 0 };
        let udp_length = (8 + payload.len()).min(8 + MAX_DATAGRAM) as u16;
        let mut udp = [0_u8; 8];
        udp[0..2].copy_from_slice(&PORT.to_be_bytes());
        udp[2..4].copy_from_slice(&PORT.to_be_bytes());
        udp[4..6].copy_from_slice(&udp_length.to_be_bytes());
        match sender {
            IpAddr::V4(sender) => {
                let mut ip = [0_u8; 20];
                ip[0] = 0x45;
                ip[2..4].copy_from_slice(&(20 + udp_length).to_be_bytes());
                ip[8] = 64;
                ip[9] = UDP;
                ip[12..16].copy_from_slice(&sender.octets());
                let sum = checksum(0, &ip);
                ip[10..12].copy_from_slice(&sum.to_be_bytes());
                headers.push(&[0; 12]).push(&[0x08, 0x00]).push(&ip);
            }
            IpAddr::V6(sender) => {
                let mut ip = [0_u8; 40];
                ip[0] = 0x60;
                ip[4..6].copy_from_slice(&udp_length.to_be_bytes());
                ip[6] = UDP;
                ip[7] = 64;
                ip[8..24].copy_from_slice(&sender.octets());
                headers.push(&[0; 12]).push(&[0x86, 0xdd]).push(&ip);
                // UDP over IPv6 must have a checksum: over a pseudo header, whose addresses stand in the header's last 32 bytes.
                let pseudo = sum(sum(u64::from(udp_length) + u64::from(UDP), &ip[8..]), &udp);
                let sum = checksum(pseudo, payload);
                udp[6..8].copy_from_slice(&(if sum == 0 { u16::MAX } else { sum }).to_be_bytes());
            }
        }
        headers.push(&udp);
        headers
    }

    fn push(&mut self, bytes: &[u8]) -> &mut Self {
        self.bytes[self.length..][..bytes.len()].copy_from_slice(bytes);
        self.length += bytes.len();
        self
    }

    pub(crate) fn as_slice(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

/// Adds 16-bit words, an odd last byte as the upper half of one.
fn sum(start: u64, bytes: &[u8]) -> u64 {
    let chunks = bytes.chunks_exact(2);
    let odd = chunks.remainder().first().map_or(0, |byte| u64::from(*byte) << 8);
    chunks.fold(start + odd, |sum, word| sum + u64::from(u16::from_be_bytes([word[0], word[1]])))
}

/// The Internet checksum (RFC 1071) of `bytes` after what was added already.
pub(crate) fn checksum(start: u64, bytes: &[u8]) -> u16 {
    let mut sum = sum(start, bytes);
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !(sum as u16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ipv4_header_sums_to_zero_and_lengths_are_those_of_the_payload() {
        let headers = Headers::new("192.0.2.1".parse().unwrap(), &[7; 101]);
        let bytes = headers.as_slice();
        assert_eq!(bytes.len(), 14 + 20 + 8);
        assert_eq!(checksum(0, &bytes[14..34]), 0);
        assert_eq!(bytes[16..18], (20 + 8 + 101_u16).to_be_bytes());
        assert_eq!(bytes[26..30], [192, 0, 2, 1]);
        assert_eq!(bytes[34..40], [0x18, 0xc7, 0x18, 0xc7, 0, 109]);
    }

    #[test]
    fn the_udp_checksum_over_ipv6_is_right_for_odd_and_even_lengths() {
        for length in [0, 1, 100, 101] {
            let payload: Vec<u8> = (0..length).collect();
            let headers = Headers::new("2001:db8::1".parse().unwrap(), &payload);
            let bytes = headers.as_slice();
            assert_eq!(bytes.len(), 14 + 40 + 8);
            let mut summed = bytes[22..54].to_vec();
            summed.extend((8 + u32::from(length)).to_be_bytes());
            summed.extend([0, 0, 0, 17]);
            summed.extend(&bytes[54..]);
            summed.extend(&payload);
            assert_eq!(checksum(0, &summed), 0, "{length}");
        }
    }
}
