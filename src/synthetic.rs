//! Packets of agents that send no header, but fields of it: `sampled_ethernet`, `sampled_ipv4` and `sampled_ipv6`.
//!
//! What the fields tell is put where a packet has it, so that the packet shows in Wireshark, and filters and statistics work.
//! What they do not tell is zero (a hop limit of 64 aside, since zero would mean something else).

use crate::flow::{FlowRecord, SampledEthernet, SampledIpv4, SampledIpv6};
use crate::rebuilt::checksum;
use crate::sample::{Records, Tag};

const ETHERNET: usize = 14;

/// Ethernet, IPv6 and TCP: the longest headers.
const MOST: usize = ETHERNET + 40 + 20;

const ICMP: u32 = 1;
const TCP: u32 = 6;
const UDP: u32 = 17;
const DCCP: u32 = 33;
const ICMPV6: u32 = 58;
const SCTP: u32 = 132;
const UDP_LITE: u32 = 136;

const HOP_LIMIT: u8 = 64;

/// A packet made from fields.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Synthetic {
    bytes: [u8; MOST],
    length: usize,
    /// The packet's length on the wire, with an Ethernet header.
    pub(crate) original_length: u32,
    /// What it was made from.
    pub(crate) structure: &'static str,
}

impl Synthetic {
    /// Makes a packet from the records of a sample, if they have fields of one.
    pub(crate) fn of(records: Records<'_>) -> Option<Self> {
        let mut ethernet: Option<SampledEthernet> = None;
        let mut ip = None;
        for record in records.flatten().filter(|record| is_field_record(record.tag)) {
            match FlowRecord::decode(&record).ok()? {
                FlowRecord::SampledEthernet(fields) => ethernet = Some(fields),
                read => ip = Some(read),
            }
        }
        let mut packet = Synthetic { bytes: [0; MOST], length: 0, original_length: 0, structure: "ethernet" };
        let (dst, src) = ethernet.map_or(([0; 6], [0; 6]), |fields| (fields.dst_mac.0, fields.src_mac.0));
        packet.push(&dst).push(&src);
        match ip {
            Some(FlowRecord::SampledIpv4(fields)) => packet.ipv4(&fields),
            Some(FlowRecord::SampledIpv6(fields)) => packet.ipv6(&fields),
            _ => _ = packet.push(&(ethernet?.packet_type as u16).to_be_bytes()),
        }
        if let Some(fields) = ethernet {
            // Its length has the frame check sequence.
            packet.original_length = fields.length.saturating_sub(4);
        }
        packet.original_length = packet.original_length.max(packet.length as u32);
        Some(packet)
    }

    pub(crate) fn as_slice(&self) -> &[u8] {
        &self.bytes[..self.length]
    }

    fn push(&mut self, bytes: &[u8]) -> &mut Self {
        self.bytes[self.length..][..bytes.len()].copy_from_slice(bytes);
        self.length += bytes.len();
        self
    }

    fn ipv4(&mut self, fields: &SampledIpv4) {
        self.structure = "ipv4";
        self.original_length = fields.length.saturating_add(ETHERNET as u32);
        let length = fields.length.min(u32::from(u16::MAX)) as u16;
        let mut header = [0_u8; 20];
        header[0] = 0x45;
        header[1] = fields.tos as u8;
        header[2..4].copy_from_slice(&length.to_be_bytes());
        header[8] = HOP_LIMIT;
        header[9] = fields.protocol as u8;
        header[12..16].copy_from_slice(&fields.src_ip.octets());
        header[16..20].copy_from_slice(&fields.dst_ip.octets());
        let sum = checksum(0, &header);
        header[10..12].copy_from_slice(&sum.to_be_bytes());
        self.push(&[0x08, 0x00]).push(&header);
        let ports = [fields.src_port as u16, fields.dst_port as u16];
        self.transport(fields.protocol, ports, fields.tcp_flags as u8, length.saturating_sub(20));
    }

    fn ipv6(&mut self, fields: &SampledIpv6) {
        self.structure = "ipv6";
        self.original_length = fields.length.saturating_add(ETHERNET as u32);
        let payload = fields.length.saturating_sub(40).min(u32::from(u16::MAX)) as u16;
        let mut header = [0_u8; 40];
        header[0..4].copy_from_slice(&(6 << 28 | (fields.priority & 0xff) << 20).to_be_bytes());
        header[4..6].copy_from_slice(&payload.to_be_bytes());
        header[6] = fields.protocol as u8;
        header[7] = HOP_LIMIT;
        header[8..24].copy_from_slice(&fields.src_ip.octets());
        header[24..40].copy_from_slice(&fields.dst_ip.octets());
        self.push(&[0x86, 0xdd]).push(&header);
        let ports = [fields.src_port as u16, fields.dst_port as u16];
        self.transport(fields.protocol, ports, fields.tcp_flags as u8, payload);
        if fields.protocol == UDP {
            // Over IPv6 it must have a checksum: this one is right if the data is zeros too.
            let (addresses, udp) = (ETHERNET + 8, ETHERNET + 40);
            let sum = checksum(u64::from(payload) + u64::from(UDP), &self.bytes[addresses..self.length]);
            self.bytes[udp + 6..udp + 8].copy_from_slice(&(if sum == 0 { u16::MAX } else { sum }).to_be_bytes());
        }
    }

    fn transport(&mut self, protocol: u32, [src_port, dst_port]: [u16; 2], tcp_flags: u8, length: u16) {
        let (src, dst) = (src_port.to_be_bytes(), dst_port.to_be_bytes());
        match protocol {
            TCP => {
                self.push(&src).push(&dst).push(&[0; 8]).push(&[5 << 4, tcp_flags]).push(&[0; 6]);
            }
            UDP => {
                self.push(&src).push(&dst).push(&length.to_be_bytes()).push(&[0; 2]);
            }
            // Wireshark shows nothing of a shorter SCTP or ICMP header.
            SCTP => {
                self.push(&src).push(&dst).push(&[0; 8]);
            }
            DCCP | UDP_LITE => {
                self.push(&src).push(&dst);
            }
            // Agents put type and code where the destination port would be.
            ICMP | ICMPV6 => {
                self.push(&dst).push(&[0; 6]);
            }
            _ => {}
        }
    }
}

/// `sampled_ethernet`, `sampled_ipv4` or `sampled_ipv6`.
fn is_field_record(tag: Tag) -> bool {
    tag.enterprise() == 0 && (2..=4).contains(&tag.format())
}
