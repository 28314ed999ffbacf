//! Counters of interfaces: enterprise 0, formats 1 to 11 and 1001 to 1005.

use crate::counters::Percent;
use crate::structure::{Field, List, Mac, Text, structure};
use crate::xdr::{Result, Xdr};

structure! {
    /// `if_counters`, counter record 0:1: the interface group of RFC 2233.
    /// [sFlow v5](https://sflow.org/sflow_version_5.txt), generic interface counters
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

    /// `ethernet_counters`, counter record 0:2: dot3StatsEntry of RFC 2358.
    /// [sFlow v5](https://sflow.org/sflow_version_5.txt), Ethernet interface counters
    EthernetCounters = "ethernet_counters" 0:2 {
        /// Frames received that were no whole number of bytes.
        dot3_stats_alignment_errors: u32,
        /// Frames received with a wrong frame check sequence.
        dot3_stats_fcs_errors: u32,
        /// Frames sent after exactly one collision.
        dot3_stats_single_collision_frames: u32,
        /// Frames sent after more than one collision.
        dot3_stats_multiple_collision_frames: u32,
        /// Signal quality error tests that failed.
        dot3_stats_sqe_test_errors: u32,
        /// Frames whose first transmission waited for a busy medium.
        dot3_stats_deferred_transmissions: u32,
        /// Collisions later than 512 bit times into a frame.
        dot3_stats_late_collisions: u32,
        /// Frames given up after too many collisions.
        dot3_stats_excessive_collisions: u32,
        /// Frames not sent because of an error within the MAC.
        dot3_stats_internal_mac_transmit_errors: u32,
        /// Times the carrier was lost while sending.
        dot3_stats_carrier_sense_errors: u32,
        /// Frames received that were longer than permitted.
        dot3_stats_frame_too_longs: u32,
        /// Frames not received because of an error within the MAC.
        dot3_stats_internal_mac_receive_errors: u32,
        /// Invalid symbols received.
        dot3_stats_symbol_errors: u32,
    }

    /// `tokenring_counters`, counter record 0:3: dot5StatsEntry of RFC 1748.
    /// [sFlow v5](https://sflow.org/sflow_version_5.txt), token ring counters
    TokenringCounters = "tokenring_counters" 0:3 {
        /// Frames or tokens with a code violation or a wrong check sequence.
        dot5_stats_line_errors: u32,
        /// Five half-bit times without a transition.
        dot5_stats_burst_errors: u32,
        /// Address recognised and frame copied bits that cannot be.
        dot5_stats_ac_errors: u32,
        /// Abort delimiters sent.
        dot5_stats_abort_trans_errors: u32,
        /// Internal errors recognised.
        dot5_stats_internal_errors: u32,
        /// Frames sent whose trailer did not come back.
        dot5_stats_lost_frame_errors: u32,
        /// Frames for this station without a buffer to copy them to.
        dot5_stats_receive_congestions: u32,
        /// Frames for this station that somebody had marked as copied.
        dot5_stats_frame_copied_errors: u32,
        /// Errors that the active monitor mended with a new token.
        dot5_stats_token_errors: u32,
        /// Soft errors.
        dot5_stats_soft_errors: u32,
        /// Times of beaconing, sent or received.
        dot5_stats_hard_errors: u32,
        /// Losses of the ring's signal.
        dot5_stats_signal_loss: u32,
        /// Beacon frames sent.
        dot5_stats_transmit_beacons: u32,
        /// Claim token frames, sent or received.
        dot5_stats_recoverys: u32,
        /// Open or short circuits in the lobe.
        dot5_stats_lobe_wires: u32,
        /// Remove frames received.
        dot5_stats_removes: u32,
        /// Times this station was the only one on the ring.
        dot5_stats_singles: u32,
        /// Times the signal's frequency was wrong.
        dot5_stats_freq_errors: u32,
    }

    /// `vg_counters`, counter record 0:4: 100BASE-VG interfaces, dot12StatTable of RFC 2020.
    /// [sFlow v5](https://sflow.org/sflow_version_5.txt), 100 BaseVG interface counters
    ///
    /// Agents that take the length from a C compiler may append 16 bytes.
    VgCounters = "vg_counters" 0:4 {
        /// High priority frames received.
        dot12_in_high_priority_frames: u32,
        /// Bytes in high priority frames received.
        dot12_in_high_priority_octets: u64,
        /// Normal priority frames received.
        dot12_in_norm_priority_frames: u32,
        /// Bytes in normal priority frames received.
        dot12_in_norm_priority_octets: u64,
        /// Frames received with an invalid packet marker.
        dot12_in_ipm_errors: u32,
        /// Frames received that were longer than permitted.
        dot12_in_oversize_frame_errors: u32,
        /// Frames received with errors in their data.
        dot12_in_data_errors: u32,
        /// Frames received whose destination address was null.
        dot12_in_null_addressed_frames: u32,
        /// High priority frames sent.
        dot12_out_high_priority_frames: u32,
        /// Bytes in high priority frames sent.
        dot12_out_high_priority_octets: u64,
        /// Times the interface went into training.
        dot12_transition_into_trainings: u32,
        /// As `dot12_in_high_priority_octets`: the MIB's own 64 bit counter.
        dot12_hc_in_high_priority_octets: u64,
        /// As `dot12_in_norm_priority_octets`: the MIB's own 64 bit counter.
        dot12_hc_in_norm_priority_octets: u64,
        /// As `dot12_out_high_priority_octets`: the MIB's own 64 bit counter.
        dot12_hc_out_high_priority_octets: u64,
    }

    /// `vlan_counters`, counter record 0:5. [sFlow v5](https://sflow.org/sflow_version_5.txt), VLAN counters
    ///
    /// Agents that take the length from a C compiler may append 4 bytes.
    VlanCounters = "vlan_counters" 0:5 {
        /// The VLAN's number.
        vlan_id: u32,
        /// Bytes.
        octets: u64,
        /// Unicast packets.
        ucast_pkts: u32,
        /// Multicast packets.
        multicast_pkts: u32,
        /// Broadcast packets.
        broadcast_pkts: u32,
        /// Packets discarded.
        discards: u32,
    }

    /// `ieee80211_counters`, counter record 0:6: see IEEE802dot11-MIB.
    /// [sFlow 802.11 structures](https://sflow.org/sflow_80211.txt)
    Ieee80211Counters = "ieee80211_counters" 0:6 {
        /// Fragments sent and acknowledged, to one or to many.
        dot11_transmitted_fragment_count: u32,
        /// Multicast frames sent.
        dot11_multicast_transmitted_frame_count: u32,
        /// Frames given up after too many attempts.
        dot11_failed_count: u32,
        /// Frames sent after one or more attempts that failed.
        dot11_retry_count: u32,
        /// Frames sent after more than one attempt that failed.
        dot11_multiple_retry_count: u32,
        /// Frames received twice.
        dot11_frame_duplicate_count: u32,
        /// CTS received for an RTS.
        dot11_rts_success_count: u32,
        /// RTS that no CTS answered.
        dot11_rts_failure_count: u32,
        /// Acknowledgements that did not come.
        dot11_ack_failure_count: u32,
        /// Fragments received.
        dot11_received_fragment_count: u32,
        /// Multicast frames received.
        dot11_multicast_received_frame_count: u32,
        /// Frames received with a wrong frame check sequence.
        dot11_fcs_error_count: u32,
        /// Frames sent.
        dot11_transmitted_frame_count: u32,
        /// Frames that could not be decrypted with the key at hand.
        dot11_wep_undecryptable_count: u32,
        /// QoS fragments discarded.
        dot11_qos_discarded_fragment_count: u32,
        /// Stations associated now.
        dot11_associated_station_count: u32,
        /// QoS (+)CF-Polls received.
        dot11_qos_cf_polls_received_count: u32,
        /// QoS (+)CF-Polls received and not used.
        dot11_qos_cf_polls_unused_count: u32,
        /// QoS (+)CF-Polls received that could not be used.
        dot11_qos_cf_polls_unusable_count: u32,
        /// QoS (+)CF-Polls sent that nothing answered.
        dot11_qos_cf_polls_lost_count: u32,
    }

    /// `lag_port_stats`, counter record 0:7: a port of a link aggregation group, see IEEE8023-LAG-MIB.
    /// [sFlow LAG counters](https://sflow.org/sflow_lag.txt)
    LagPortStats = "lag_port_stats" 0:7 {
        /// The system that the port belongs to.
        dot3ad_agg_port_actor_system_id: Mac,
        /// The system at the other end.
        dot3ad_agg_port_partner_oper_system_id: Mac,
        /// ifIndex of the aggregator; 0 for none.
        dot3ad_agg_port_attached_agg_id: u32,
        /// LACP's state at both ends.
        dot3ad_agg_port_state: LagPortState,
        /// LACPDUs received.
        dot3ad_agg_port_stats_lacpdus_rx: u32,
        /// Marker PDUs received.
        dot3ad_agg_port_stats_marker_pdus_rx: u32,
        /// Marker Response PDUs received.
        dot3ad_agg_port_stats_marker_response_pdus_rx: u32,
        /// Slow protocol frames received of an unknown kind.
        dot3ad_agg_port_stats_unknown_rx: u32,
        /// Slow protocol frames received that were badly formed.
        dot3ad_agg_port_stats_illegal_rx: u32,
        /// LACPDUs sent.
        dot3ad_agg_port_stats_lacpdus_tx: u32,
        /// Marker PDUs sent.
        dot3ad_agg_port_stats_marker_pdus_tx: u32,
        /// Marker Response PDUs sent.
        dot3ad_agg_port_stats_marker_response_pdus_tx: u32,
    }

    /// `slow_path_counts`, counter record 0:8: packets that software forwarded, by the reason why.
    /// [sFlow discussion](https://groups.google.com/g/sflow/c/4JM1_Mmoz7w)
    SlowPathCounts = "slow_path_counts" 0:8 {
        /// For a reason that is not known.
        unknown: u32,
        /// For another reason.
        other: u32,
        /// No entry in the forwarding table.
        cam_miss: u32,
        /// The forwarding table was full.
        cam_full: u32,
        /// Hardware cannot forward such packets.
        no_hw_support: u32,
        /// Control packets.
        cntrl: u32,
    }

    /// `ib_counters`, counter record 0:9: an InfiniBand port.
    /// [sFlow InfiniBand structures](https://sflow.org/draft_sflow_infiniband_2.txt)
    IbCounters = "ib_counters" 0:9 {
        /// Packets sent on all virtual lanes.
        port_xmit_pkts: u64,
        /// Packets received on all virtual lanes; those with errors may be among them.
        port_rcv_pkts: u64,
        /// SymbolErrorCounter: minor link errors.
        symbol_error_counter: u32,
        /// Times the link recovered from an error.
        link_error_recovery_counter: u32,
        /// Times the link could not recover and went down.
        link_downed_counter: u32,
        /// Packets received with errors.
        port_rcv_errors: u32,
        /// Packets received that were marked bad on their way.
        port_rcv_remote_physical_errors: u32,
        /// Packets received that the switch could not relay.
        port_rcv_switch_relay_errors: u32,
        /// Packets discarded on the way out.
        port_xmit_discards: u32,
        /// Packets not sent because of a constraint (partition, raw filter).
        port_xmit_constraint_errors: u32,
        /// Packets received and discarded because of a constraint.
        port_rcv_constraint_errors: u32,
        /// Times that local physical errors went over their threshold.
        local_link_integrity_errors: u32,
        /// Times that buffers overran in successive updates.
        excessive_buffer_overrun_errors: u32,
        /// VL15Dropped: management packets dropped for want of resources.
        vl15_dropped: u32,
    }

    /// `lane` of [`Sfp`].
    Lane = "lane" {
        /// Counted from 1 within the module; 0 unknown.
        index: u32,
        /// Microamperes.
        tx_bias_current: u32,
        /// Microwatts.
        tx_power: u32,
        /// Microwatts.
        tx_power_min: u32,
        /// Microwatts.
        tx_power_max: u32,
        /// Nanometres.
        tx_wavelength: u32,
        /// Microwatts.
        rx_power: u32,
        /// Microwatts.
        rx_power_min: u32,
        /// Microwatts.
        rx_power_max: u32,
        /// Nanometres.
        rx_wavelength: u32,
    }

    /// `sfp`, counter record 0:10: an optical module.
    /// [sFlow optical interface structures](https://sflow.org/sflow_optics.txt)
    Sfp<'a> = "sfp" 0:10 {
        /// ifIndex of the module, or the lowest of the ports that share it.
        module_id: u32,
        /// Lanes that the module has.
        module_num_lanes: u32,
        /// Millivolts.
        module_supply_voltage: u32,
        /// Thousandths of a degree Celsius.
        module_temperature: i32,
        /// The lanes that this port uses.
        lanes: List<'a, Lane>,
    }

    /// `pfc`, counter record 0:11: priority flow control; a draft. All ones: not available.
    Pfc = "pfc" 0:11 {
        /// Pause frames received, all priorities together.
        requests: u32,
        /// Pause frames sent, all priorities together.
        indications: u32,
        /// Microseconds paused.
        pause: u32,
        /// Pause storms that were detected.
        storm_detected: u32,
        /// Pause storms that were over.
        storm_restored: u32,
    }

    /// `processor`, counter record 0:1001: the device's own processor.
    /// [sFlow v5](https://sflow.org/sflow_version_5.txt), processor information
    Processor = "processor" 0:1001 {
        /// Utilization over five seconds (5s_cpu).
        cpu_5s: Percent,
        /// Utilization over a minute (1m_cpu).
        cpu_1m: Percent,
        /// Utilization over five minutes (5m_cpu).
        cpu_5m: Percent,
        /// Bytes.
        total_memory: u64,
        /// Bytes.
        free_memory: u64,
    }

    /// `radio_utilization`, counter record 0:1002. [sFlow 802.11 structures](https://sflow.org/sflow_80211.txt)
    RadioUtilization = "radio_utilization" 0:1002 {
        /// Milliseconds that passed.
        elapsed_time: u32,
        /// Milliseconds on the assigned channel.
        on_channel_time: u32,
        /// Milliseconds that the assigned channel was busy.
        on_channel_busy_time: u32,
    }

    /// `queue_length`, counter record 0:1003: how many packets found how long a queue before them, in segments.
    /// [sFlow discussion](https://groups.google.com/group/sflow/browse_thread/thread/773d27b17a81600c)
    QueueLength = "queue_length" 0:1003 {
        /// Number of the queue within the port.
        queue_index: u32,
        /// Bytes of a segment.
        segment_size: u32,
        /// Segments allocated to the queue.
        queue_segments: u32,
        /// Packets that found the queue empty.
        queue_length_0: u32,
        /// Packets that found 1 segment.
        queue_length_1: u32,
        /// Packets that found 2 segments.
        queue_length_2: u32,
        /// Packets that found 3 or 4 segments.
        queue_length_4: u32,
        /// Packets that found 5 to 8 segments.
        queue_length_8: u32,
        /// Packets that found 9 to 32 segments.
        queue_length_32: u32,
        /// Packets that found 33 to 128 segments.
        queue_length_128: u32,
        /// Packets that found 129 to 1024 segments.
        queue_length_1024: u32,
        /// Packets that found more than 1024 segments.
        queue_length_more: u32,
        /// Packets dropped instead of queued.
        dropped: u32,
    }

    /// `of_port`, counter record 0:1004: a port as OpenFlow numbers it.
    /// [sFlow OpenFlow structures](https://sflow.org/sflow_openflow.txt)
    OfPort = "of_port" 0:1004 {
        /// The datapath's identity.
        datapath_id: u64,
        /// The port's number there.
        port_no: u32,
    }

    /// `port_name`, counter record 0:1005. [sFlow OpenFlow structures](https://sflow.org/sflow_openflow.txt)
    PortName<'a> = "port_name" 0:1005 {
        /// The interface's name, such as `eth0`.
        name: Text<'a>,
    }
}

/// `dot3adAggPortState` of [`LagPortStats`], the word as it stood on the wire: LACP's state at both ends, as it was set
/// (admin) and as it is (oper). From the lowest bit: activity, short timeout, aggregation, synchronization, collecting,
/// distributing, defaulted, expired.
///
/// The memo puts `actor_admin` into the first byte. hsflowd on a little-endian host writes the bytes in reverse, and
/// nothing on the wire tells; who knows the agent to be such a one calls [`reversed`](Self::reversed) first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct LagPortState(pub u32);

impl LagPortState {
    /// dot3adAggPortActorAdminState.
    pub const fn actor_admin(self) -> u8 {
        self.0.to_be_bytes()[0]
    }

    /// dot3adAggPortActorOperState.
    pub const fn actor_oper(self) -> u8 {
        self.0.to_be_bytes()[1]
    }

    /// dot3adAggPortPartnerAdminState.
    pub const fn partner_admin(self) -> u8 {
        self.0.to_be_bytes()[2]
    }

    /// dot3adAggPortPartnerOperState.
    pub const fn partner_oper(self) -> u8 {
        self.0.to_be_bytes()[3]
    }

    /// The same bytes in reverse.
    #[must_use]
    pub const fn reversed(self) -> Self {
        LagPortState(self.0.swap_bytes())
    }
}

impl<'a> Field<'a> for LagPortState {
    const LEAST: usize = 4;

    fn read(xdr: &mut Xdr<'a>) -> Result<Self> {
        xdr.u32().map(LagPortState)
    }
}
