//! The outer headers of the packet, where a tunnel begins or ends here: formats 1021 to 1030.
//!
//! Egress records tell of a tunnel that the packet was put into after it was sampled, ingress records of one that it was taken
//! out of before.

use super::{SampledEthernet, SampledIpv4, SampledIpv6};
use crate::structure::structure;

structure! {
    /// `extended_L2_tunnel_egress`, flow record 0:1021. [sFlow tunnels]
    ExtendedL2TunnelEgress = "extended_L2_tunnel_egress" 0:1021 {
        /// The outer Ethernet header put before the packet.
        header: SampledEthernet,
    }

    /// `extended_L2_tunnel_ingress`, flow record 0:1022. [sFlow tunnels]
    ExtendedL2TunnelIngress = "extended_L2_tunnel_ingress" 0:1022 {
        /// The outer Ethernet header that the packet came with.
        header: SampledEthernet,
    }

    /// `extended_ipv4_tunnel_egress`, flow record 0:1023. [sFlow tunnels]
    ExtendedIpv4TunnelEgress = "extended_ipv4_tunnel_egress" 0:1023 {
        /// The outer IPv4 header put before the packet.
        header: SampledIpv4,
    }

    /// `extended_ipv4_tunnel_ingress`, flow record 0:1024. [sFlow tunnels]
    ExtendedIpv4TunnelIngress = "extended_ipv4_tunnel_ingress" 0:1024 {
        /// The outer IPv4 header that the packet came with.
        header: SampledIpv4,
    }

    /// `extended_ipv6_tunnel_egress`, flow record 0:1025. [sFlow tunnels]
    ExtendedIpv6TunnelEgress = "extended_ipv6_tunnel_egress" 0:1025 {
        /// The outer IPv6 header put before the packet.
        header: SampledIpv6,
    }

    /// `extended_ipv6_tunnel_ingress`, flow record 0:1026. [sFlow tunnels]
    ExtendedIpv6TunnelIngress = "extended_ipv6_tunnel_ingress" 0:1026 {
        /// The outer IPv6 header that the packet came with.
        header: SampledIpv6,
    }

    /// `extended_decapsulate_egress`, flow record 0:1027: a tunnel ends on the way out. [sFlow tunnels]
    ExtendedDecapsulateEgress = "extended_decapsulate_egress" 0:1027 {
        /// Where the inner header begins, in bytes from the start of the sampled header.
        inner_header_offset: u32,
    }

    /// `extended_decapsulate_ingress`, flow record 0:1028: a tunnel ends on the way in. [sFlow tunnels]
    ExtendedDecapsulateIngress = "extended_decapsulate_ingress" 0:1028 {
        /// Where the inner header begins, in bytes from the start of the sampled header.
        inner_header_offset: u32,
    }

    /// `extended_vni_egress`, flow record 0:1029: the virtual network that the packet went into. [sFlow tunnels]
    ExtendedVniEgress = "extended_vni_egress" 0:1029 {
        /// Virtual network identifier.
        vni: u32,
    }

    /// `extended_vni_ingress`, flow record 0:1030: the virtual network that the packet came from. [sFlow tunnels]
    ExtendedVniIngress = "extended_vni_ingress" 0:1030 {
        /// Virtual network identifier.
        vni: u32,
    }
}
