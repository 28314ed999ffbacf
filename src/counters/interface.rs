//! Counters of interfaces: enterprise 0, formats 1 to 11 and 1001 to 1005.

use crate::structure::structure;

structure! {
    /// `if_counters`, counter record 0:1: the interface group of RFC 2233. [sFlow v5, generic interface counters]
    IfCounters = "if_counters" 0:1 {
        /// ifIndex.
        if_index: u32,
        /// ifType, an IANAifType.
        if_type: u32,
        /// Bits per second.
        if_speed: u64,
        /// Derived from MAU MIB (RFC 2668): 0 unknown, 1 full duplex, 2 half duplex, 3 in, 4 out.
        if_direction: u32,
        /// Bit 0: ifAdminStatus up; bit 1: ifOperStatus up.
        if_status: u32,
        /// Bytes received.
        if_in_octets: u64,
        /// Unicast packets received.
        if_in_ucast_pkts: u32,
        /// Multicast packets received.
        if_in_multicast_pkts: u32,
        /// Broadcast packets received.
        if_in_broadcast_pkts: u32,
        /// Packets discarded on the way in.
        if_in_discards: u32,
        /// Packets received with errors.
        if_in_errors: u32,
        /// Packets received of unknown protocols.
        if_in_unknown_protos: u32,
        /// Bytes sent.
        if_out_octets: u64,
        /// Unicast packets sent.
        if_out_ucast_pkts: u32,
        /// Multicast packets sent.
        if_out_multicast_pkts: u32,
        /// Broadcast packets sent.
        if_out_broadcast_pkts: u32,
        /// Packets discarded on the way out.
        if_out_discards: u32,
        /// Packets not sent because of errors.
        if_out_errors: u32,
        /// 1 for promiscuous mode, 2 for none.
        if_promiscuous_mode: u32,
    }
}
