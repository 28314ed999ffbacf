//! What a label switching router did with the packet: formats 1006 and 1008 to 1011.

use core::fmt;

use crate::structure::{List, Text, field, structure};
use crate::xdr::Address;

/// An entry of an MPLS label stack, as it is in the packet (RFC 3032).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct MplsLabel(pub u32);

impl MplsLabel {
    /// The label, 20 bits.
    pub const fn label(self) -> u32 {
        self.0 >> 12
    }

    /// The experimental bits, now the traffic class.
    pub const fn exp(self) -> u8 {
        (self.0 >> 9) as u8 & 7
    }

    /// Whether this is the bottom of the stack.
    pub const fn s(self) -> bool {
        self.0 & 0x100 != 0
    }

    /// Time to live.
    pub const fn ttl(self) -> u8 {
        self.0 as u8
    }
}

field! { MplsLabel, 4, |xdr| xdr.u32().map(MplsLabel); }

impl fmt::Debug for MplsLabel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let s = u8::from(self.s());
        write!(f, "MplsLabel({} exp {} s {s} ttl {})", self.label(), self.exp(), self.ttl())
    }
}

structure! {
    /// `extended_mpls`, flow record 0:1006: the packet's labels. [sFlow v5]
    ExtendedMpls<'a> = "extended_mpls" 0:1006 {
        /// The next hop.
        nexthop: Address,
        /// The stack that the packet came with, top first.
        in_stack: List<'a, MplsLabel>,
        /// The stack that it left with, top first.
        out_stack: List<'a, MplsLabel>,
    }

    /// `extended_mpls_tunnel`, flow record 0:1008: the tunnel that the packet went into. [sFlow v5]
    ExtendedMplsTunnel<'a> = "extended_mpls_tunnel" 0:1008 {
        /// The tunnel's name.
        tunnel_lsp_name: Text<'a>,
        /// Its number.
        tunnel_id: u32,
        /// Its class of service.
        tunnel_cos: u32,
    }

    /// `extended_mpls_vc`, flow record 0:1009: the virtual circuit that the packet went into. [sFlow v5]
    ExtendedMplsVc<'a> = "extended_mpls_vc" 0:1009 {
        /// The circuit's name.
        vc_instance_name: Text<'a>,
        /// Its number.
        vll_vc_id: u32,
        /// Its label's class of service.
        vc_label_cos: u32,
    }

    /// `extended_mpls_FTN`, flow record 0:1010: the rule that gave the packet its label. [sFlow v5]
    ExtendedMplsFtn<'a> = "extended_mpls_FTN" 0:1010 {
        /// mplsFTNDescr.
        mpls_ftn_descr: Text<'a>,
        /// mplsFTNMask.
        mpls_ftn_mask: u32,
    }

    /// `extended_mpls_LDP_FEC`, flow record 0:1011: the equivalence class of the packet. [sFlow v5]
    ExtendedMplsLdpFec = "extended_mpls_LDP_FEC" 0:1011 {
        /// mplsFecAddrPrefixLength, in bits.
        mpls_fec_addr_prefix_length: u32,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_has_the_parts_that_rfc_3032_gives_it() {
        let label = MplsLabel(0x1234_5bff);
        assert_eq!((label.label(), label.exp(), label.s(), label.ttl()), (0x12345, 5, true, 255));
        let label = MplsLabel(0x0000_0040);
        assert_eq!((label.label(), label.exp(), label.s(), label.ttl()), (0, 0, false, 64));
    }
}
