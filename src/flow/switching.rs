//! What a bridge or an OpenFlow switch did with the packet: formats 1001, 1012, 1017, 1034 and 1035.

use core::fmt;

use crate::structure::{List, field, structure};

/// A tag of IEEE 802.1Q as sFlow carries it: TPID in the upper half, TCI in the lower.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct VlanTag(pub u32);

impl VlanTag {
    /// Tag protocol identifier: 0x8100 of a customer's tag, 0x88a8 of a service provider's.
    pub const fn tpid(self) -> u16 {
        (self.0 >> 16) as u16
    }

    /// Priority code point.
    pub const fn pcp(self) -> u8 {
        (self.0 >> 13) as u8 & 7
    }

    /// Drop eligible indicator.
    pub const fn dei(self) -> bool {
        self.0 & 0x1000 != 0
    }

    /// VLAN identifier.
    pub const fn vid(self) -> u16 {
        self.0 as u16 & 0xfff
    }
}

field! { VlanTag, 4, |xdr| xdr.u32().map(VlanTag); }

impl fmt::Debug for VlanTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VlanTag({:#06x} vid {} pcp {} dei {})", self.tpid(), self.vid(), self.pcp(), u8::from(self.dei()))
    }
}

structure! {
    /// `extended_switch`, flow record 0:1001: the VLANs between which the packet was bridged. [sFlow v5]
    ///
    /// 0xffff_ffff stands for what the agent does not know; of an untagged port the VLAN assigned to it is given.
    ExtendedSwitch = "extended_switch" 0:1001 {
        /// 802.1Q VLAN of the incoming frame.
        src_vlan: u32,
        /// 802.1p priority of the incoming frame.
        src_priority: u32,
        /// 802.1Q VLAN of the outgoing frame.
        dst_vlan: u32,
        /// 802.1p priority of the outgoing frame.
        dst_priority: u32,
    }

    /// `extended_vlantunnel`, flow record 0:1012: the tags taken off before the sampled header. [sFlow v5]
    ExtendedVlanTunnel<'a> = "extended_vlantunnel" 0:1012 {
        /// The tags, outermost first.
        stack: List<'a, VlanTag>,
    }

    /// `extended_openflow_v1`, flow record 0:1017, deprecated: the OpenFlow 1.0 flow that matched. [sFlow OpenFlow, draft]
    ExtendedOpenflowV1 = "extended_openflow_v1" 0:1017 {
        /// The controller's cookie of the flow.
        flow_cookie: u64,
        /// The fields that were not wildcards, as bits.
        flow_match: u32,
        /// The actions applied, as bits.
        flow_actions: u32,
    }

    /// `extended_vlanin`, flow record 0:1034: the tags on the way in. [sFlow discussion 0199]
    ExtendedVlanIn<'a> = "extended_vlanin" 0:1034 {
        /// The tags, outermost first.
        stack: List<'a, VlanTag>,
    }

    /// `extended_vlanout`, flow record 0:1035: the tags on the way out. [sFlow discussion 0199]
    ExtendedVlanOut<'a> = "extended_vlanout" 0:1035 {
        /// The tags, outermost first.
        stack: List<'a, VlanTag>,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vlan_tag_has_the_parts_that_802_1q_gives_it() {
        let tag = VlanTag(0x88a8_bfff);
        assert_eq!((tag.tpid(), tag.pcp(), tag.dei(), tag.vid()), (0x88a8, 5, true, 0xfff));
        let tag = VlanTag(0x8100_4001);
        assert_eq!((tag.tpid(), tag.pcp(), tag.dei(), tag.vid()), (0x8100, 2, false, 1));
    }
}
