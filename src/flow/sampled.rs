//! What an agent that sends no header tells of the packet: formats 2 to 4.

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::sample::Tag;
use crate::structure::{Field, Mac, Structure, structure};
use crate::xdr::{Result, Xdr};

/// `sampled_ethernet`, flow record 0:2: the Ethernet header of the packet. [sFlow v5]
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SampledEthernet {
    /// Bytes of the frame, the frame check sequence included.
    pub length: u32,
    /// Where it came from.
    pub src_mac: Mac,
    /// Where it is sent to.
    pub dst_mac: Mac,
    /// Ethernet packet type.
    pub packet_type: u32,
}

impl SampledEthernet {
    /// Bytes on the wire where the addresses are not padded to eight bytes each, as some agents have it.
    const UNPADDED: usize = 20;
}

impl<'a> Field<'a> for SampledEthernet {
    const LEAST: usize = Self::UNPADDED;

    fn read(xdr: &mut Xdr<'a>) -> Result<Self> {
        let read_mac = if xdr.left() == Self::UNPADDED { |xdr: &mut Xdr<'a>| xdr.array().copied() } else { Xdr::mac };
        Ok(SampledEthernet {
            length: xdr.u32()?,
            src_mac: read_mac(xdr).map(Mac)?,
            dst_mac: read_mac(xdr).map(Mac)?,
            packet_type: xdr.u32()?,
        })
    }
}

impl Structure<'_> for SampledEthernet {
    const TAG: Tag = Tag::new(0, 2);
    const NAME: &'static str = "sampled_ethernet";
}

structure! {
    /// `sampled_ipv4`, flow record 0:3: the IPv4 and transport headers of the packet. [sFlow v5]
    SampledIpv4 = "sampled_ipv4" 0:3 {
        /// Bytes of the IP packet, without lower layers.
        length: u32,
        /// IP protocol.
        protocol: u32,
        /// Where it came from.
        src_ip: Ipv4Addr,
        /// Where it is sent to.
        dst_ip: Ipv4Addr,
        /// TCP or UDP source port, or what stands for it.
        src_port: u32,
        /// TCP or UDP destination port, or what stands for it: type and code of ICMP.
        dst_port: u32,
        /// TCP flags, in the low byte.
        tcp_flags: u32,
        /// Type of service.
        tos: u32,
    }

    /// `sampled_ipv6`, flow record 0:4: the IPv6 and transport headers of the packet. [sFlow v5]
    SampledIpv6 = "sampled_ipv6" 0:4 {
        /// Bytes of the IP packet, without lower layers.
        length: u32,
        /// IP next header.
        protocol: u32,
        /// Where it came from.
        src_ip: Ipv6Addr,
        /// Where it is sent to.
        dst_ip: Ipv6Addr,
        /// TCP or UDP source port, or what stands for it.
        src_port: u32,
        /// TCP or UDP destination port, or what stands for it: type and code of ICMP.
        dst_port: u32,
        /// TCP flags, in the low byte.
        tcp_flags: u32,
        /// IP priority: the traffic class.
        priority: u32,
    }
}
