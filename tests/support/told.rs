//! What the library reads, in words that other decoders can be asked for: the numbers of a sample, and records in the words of
//! Wireshark's dissector.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::{Ipv4Addr, Ipv6Addr};

use sflowcap::Address;
use sflowcap::counters::{CounterRecord, Percent};
use sflowcap::flow::{AsPath, FlowRecord};
use sflowcap::sample::{DataSource, Interface, Sample};
use sflowcap::structure::{List, Mac, Text};

/// Numbers by name; of what consists of two, both.
pub type Numbers = BTreeMap<&'static str, [u32; 2]>;

pub fn one(number: u32) -> [u32; 2] {
    [0, number]
}

/// The class and the index of a compact data source.
pub fn compact_source(word: u32) -> [u32; 2] {
    [word >> 24, word & 0x00ff_ffff]
}

/// The format and the value of a compact interface.
pub fn compact_interface(word: u32) -> [u32; 2] {
    [word >> 30, word & 0x3fff_ffff]
}

fn interface(interface: Interface) -> [u32; 2] {
    match interface {
        Interface::Unknown => [0, 0],
        Interface::Index(index) => [0, index],
        Interface::Internal => [0, 0x3fff_ffff],
        Interface::Discarded(reason) => [1, reason.0],
        Interface::Multiple(count) => [2, count],
        Interface::Undefined { format, value } => [format, value],
    }
}

/// The numbers of a sample.
pub fn sample(sample: &Sample<'_>) -> Numbers {
    let source = |source: DataSource| [source.class, source.index];
    match sample {
        Sample::Flow(sample) => Numbers::from([
            ("sequence number", one(sample.sequence_number())),
            ("source", source(sample.source())),
            ("rate", one(sample.sampling_rate())),
            ("pool", one(sample.sample_pool())),
            ("drops", one(sample.drops())),
            ("input", interface(sample.input())),
            ("output", interface(sample.output())),
        ]),
        Sample::Counters(sample) => {
            Numbers::from([("sequence number", one(sample.sequence_number())), ("source", source(sample.source()))])
        }
        Sample::Discarded(sample) => Numbers::from([
            ("sequence number", one(sample.sequence_number())),
            ("source", source(sample.source())),
            ("drops", one(sample.drops())),
            ("input", interface(sample.input())),
            ("output", interface(sample.output())),
            ("reason", one(sample.reason().0)),
        ]),
        _ => Numbers::new(),
    }
}

/// A field by the dissector's name, without the protocol before its first dot, and the bytes that it is read from, hexadecimal.
pub type Told = (&'static str, String);

/// The bytes on the wire that a value is read from.
trait Bytes {
    fn bytes(&self) -> Vec<u8>;
}

macro_rules! bytes {
    ($($type:ty: |$value:ident| $bytes:expr;)*) => {
        $(impl Bytes for $type {
            fn bytes(&self) -> Vec<u8> {
                let $value = self;
                $bytes
            }
        })*
    };
}

bytes! {
    u32: |value| value.to_be_bytes().to_vec();
    u64: |value| value.to_be_bytes().to_vec();
    Percent: |value| value.0.to_be_bytes().to_vec();
    Mac: |value| value.0.to_vec();
    Ipv4Addr: |value| value.octets().to_vec();
    Ipv6Addr: |value| value.octets().to_vec();
    Text<'_>: |value| value.0.to_vec();
    &[u8]: |value| value.to_vec();
}

fn hex(value: &impl Bytes) -> String {
    value.bytes().iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").unwrap();
        hex
    })
}

macro_rules! told {
    ($($name:literal: $value:expr,)*) => { vec![$(($name, hex(&$value)),)*] };
}

/// An address, under one name if it is of IPv4 and another if it is of IPv6. The dissector has no field for one of type 0.
fn address([v4, v6]: [&'static str; 2], address: Address) -> Vec<Told> {
    match address {
        Address::Unknown => Vec::new(),
        Address::V4(ip) => vec![(v4, hex(&ip))],
        Address::V6(ip) => vec![(v6, hex(&ip))],
    }
}

const NEXT_HOP: [&str; 2] = ["nexthop", "nexthop.v6"];

/// A list, its length before it.
fn list<'a, T: sflowcap::structure::Field<'a>>(
    [length, item]: [&'static str; 2],
    list: &List<'a, T>,
    word: impl Fn(T) -> u32,
) -> Vec<Told> {
    let items = list.iter().map(|each| (item, hex(&word(each))));
    [(length, hex(&(list.len() as u32)))].into_iter().chain(items).collect()
}

fn as_path(path: &AsPath<'_>) -> Vec<Told> {
    let segments = path.segments();
    let mut told = told! { "dstASentries": segments.len() as u32, };
    for segment in segments.iter() {
        // The dissector takes type and length together.
        let (kind, length) = (u64::from(segment.kind.0), segment.as_numbers.len() as u64);
        told.extend(told! { "as_type": kind << 32 | length, });
        told.extend(segment.as_numbers.iter().map(|number| ("dstAS", hex(&number))));
    }
    told
}

/// What the dissector tells of a flow record; nothing if it does not know such records.
#[allow(clippy::too_many_lines, reason = "a line for each field")]
pub fn flow(record: &FlowRecord<'_>) -> Option<Vec<Told>> {
    Some(match record {
        FlowRecord::SampledHeader(it) => told! {
            "header_protocol": it.protocol.0,
            "header.frame_length": it.frame_length,
            "header.payload_stripped": it.stripped,
            "header.sampled_header_length": it.header.len() as u32,
            "header": it.header,
        },
        FlowRecord::SampledEthernet(it) => told! {
            "ethernet.length": it.length,
            "ethernet.source_mac_address": it.src_mac,
            "ethernet.destination_mac_address": it.dst_mac,
            "ethernet.packet_type": it.packet_type,
        },
        FlowRecord::SampledIpv4(it) => told! {
            "ip.length": it.length,
            "ip_protocol": it.protocol,
            "ipv4_src": it.src_ip,
            "ipv4_dst": it.dst_ip,
            "ip.source_port": it.src_port,
            "ip.destination_port": it.dst_port,
        },
        FlowRecord::SampledIpv6(it) => told! {
            "ip.length": it.length,
            "ip_protocol": it.protocol,
            "ipv6_src": it.src_ip,
            "ipv6_dst": it.dst_ip,
            "ip.source_port": it.src_port,
            "ip.destination_port": it.dst_port,
            "ipv6_priority": it.priority,
        },
        FlowRecord::ExtendedSwitch(it) => told! {
            "vlan.in": it.src_vlan,
            "pri.in": it.src_priority,
            "vlan.out": it.dst_vlan,
            "pri.out": it.dst_priority,
        },
        FlowRecord::ExtendedRouter(it) => [
            address(NEXT_HOP, it.nexthop),
            told! { "nexthop.src_mask": it.src_mask_len, "nexthop.dst_mask": it.dst_mask_len, },
        ]
        .concat(),
        FlowRecord::ExtendedGateway(it) => [
            address(NEXT_HOP, it.nexthop),
            told! { "as": it.as_number, "srcAS": it.src_as, "peerAS": it.src_peer_as, },
            as_path(&it.dst_as_path),
            list(["communityEntries", "dstAS"], &it.communities, |community| community),
            told! { "localpref": it.localpref, },
        ]
        .concat(),
        FlowRecord::ExtendedUser(it) => told! {
            "extended_user.source_character_set": it.src_charset,
            "extended_user.source_user_string_length": it.src_user.0.len() as u32,
            "extended_user.source_user": it.src_user,
            "extended_user.destination_character_set": it.dst_charset,
            "extended_user.destination_user_string_length": it.dst_user.0.len() as u32,
            "extended_user.destination_user": it.dst_user,
        },
        FlowRecord::ExtendedUrl(it) => told! {
            "extended_url.direction": it.direction,
            "extended_url.url_length": it.url.0.len() as u32,
            "extended_url.url": it.url,
            "extended_url.host_length": it.host.0.len() as u32,
            "extended_url.host": it.host,
        },
        FlowRecord::ExtendedMpls(it) => {
            let (ins, outs) = ("extended_mpls.in_label_stack_entries", "extended_mpls.out_label_stack_entries");
            [
                address(NEXT_HOP, it.nexthop),
                list([ins, "extended_mpls.in_label"], &it.in_stack, |label| label.0),
                list([outs, "extended_mpls.out_label"], &it.out_stack, |label| label.0),
            ]
            .concat()
        }
        FlowRecord::ExtendedNat(it) => {
            [address(["ipv4_src", "ipv6_src"], it.src_address), address(["ipv4_dst", "ipv6_dst"], it.dst_address)]
                .concat()
        }
        FlowRecord::ExtendedMplsTunnel(it) => told! {
            "extended_mpls_tunnel.name_length": it.tunnel_lsp_name.0.len() as u32,
            "extended_mpls_tunnel.tunnel_name": it.tunnel_lsp_name,
            "extended_mpls_tunnel.id": it.tunnel_id,
            "extended_mpls_tunnel.cos_value": it.tunnel_cos,
        },
        FlowRecord::ExtendedMplsVc(it) => told! {
            "extended_mpls_vc.instance_name_length": it.vc_instance_name.0.len() as u32,
            "extended_mpls_vc.vc_instance_name": it.vc_instance_name,
            "extended_mpls_vc.id": it.vll_vc_id,
            "extended_mpls_vc.label_cos_value": it.vc_label_cos,
        },
        FlowRecord::ExtendedMplsFtn(it) => told! {
            "extended_mpls.ftn_description_length": it.mpls_ftn_descr.0.len() as u32,
            "extended_mpls.ftn_description": it.mpls_ftn_descr,
            "extended_mpls.ftn_mask": it.mpls_ftn_mask,
        },
        FlowRecord::ExtendedMplsLdpFec(it) => told! {
            "extended_mpls.fec_address_prefix_length": it.mpls_fec_addr_prefix_length,
        },
        FlowRecord::ExtendedVlanTunnel(it) => {
            let names = ["extended_vlan_tunnel.number_of_layers", "extended_vlan_tunnel.tpid_tci_pair"];
            list(names, &it.stack, |tag| tag.0)
        }
        FlowRecord::Extended80211Payload(it) => told! {
            "extended_80211.oui": &it.cipher_suite.to_be_bytes()[..3],
            "extended_80211.suite_type": &it.cipher_suite.to_be_bytes()[3..],
            "extended_80211.payload_length": it.data.len() as u32,
            "extended_80211.payload": it.data,
        },
        FlowRecord::Extended80211Rx(it) => told! {
            "extended_80211.rx.ssid": it.ssid,
            "extended_80211.rx.bssid": it.bssid,
            "extended_80211.rx.version": it.version,
            "extended_80211.rx.channel": it.channel,
            "extended_80211.rx.speed": it.speed,
            "extended_80211.rx.rsni": it.rsni,
            "extended_80211.rx.rcpi": it.rcpi,
            "extended_80211.rx.packet_duration": it.packet_duration,
        },
        FlowRecord::Extended80211Tx(it) => told! {
            "extended_80211.tx.ssid": it.ssid,
            "extended_80211.tx.bssid": it.bssid,
            "extended_80211.tx.version": it.version,
            "extended_80211.tx.retransmissions": it.transmissions,
            "extended_80211.tx.packet_duration": it.packet_duration,
            "extended_80211.tx.retransmission_duration": it.retrans_duration,
            "extended_80211.tx.channel": it.channel,
            "extended_80211.tx.speed": it.speed,
            "extended_80211.tx.power": it.power,
        },
        _ => return None,
    })
}

/// What the dissector tells of a counter record; nothing if it does not know such records.
#[allow(clippy::too_many_lines, reason = "a line for each field")]
pub fn counters(record: &CounterRecord<'_>) -> Option<Vec<Told>> {
    Some(match record {
        CounterRecord::IfCounters(it) => told! {
            "ifindex": it.if_index,
            "iftype": it.if_type,
            "ifspeed": it.if_speed,
            "ifdirection": it.if_direction,
            "ifadmin_status": it.if_status,
            "ifoper_status": it.if_status,
            "ifinoct": it.if_in_octets,
            "ifinpkt": it.if_in_ucast_pkts,
            "ifinmcast": it.if_in_multicast_pkts,
            "ifinbcast": it.if_in_broadcast_pkts,
            "ifindisc": it.if_in_discards,
            "ifinerr": it.if_in_errors,
            "ifinunk": it.if_in_unknown_protos,
            "ifoutoct": it.if_out_octets,
            "ifoutpkt": it.if_out_ucast_pkts,
            "ifoutmcast": it.if_out_multicast_pkts,
            "ifoutbcast": it.if_out_broadcast_pkts,
            "ifoutdisc": it.if_out_discards,
            "ifouterr": it.if_out_errors,
            "ifpromisc": it.if_promiscuous_mode,
        },
        CounterRecord::EthernetCounters(it) => told! {
            "dot3StatsAlignmentErrors": it.dot3_stats_alignment_errors,
            "dot3StatsFCSErrors": it.dot3_stats_fcs_errors,
            "dot3StatsSingleCollisionFrames": it.dot3_stats_single_collision_frames,
            "dot3StatsMultipleCollisionFrames": it.dot3_stats_multiple_collision_frames,
            "dot3StatsSQETestErrors": it.dot3_stats_sqe_test_errors,
            "dot3StatsDeferredTransmissions": it.dot3_stats_deferred_transmissions,
            "dot3StatsLateCollisions": it.dot3_stats_late_collisions,
            "dot3StatsExcessiveCollisions": it.dot3_stats_excessive_collisions,
            "dot3StatsInternalMacTransmitErrors": it.dot3_stats_internal_mac_transmit_errors,
            "dot3StatsCarrierSenseErrors": it.dot3_stats_carrier_sense_errors,
            "dot3StatsFrameTooLongs": it.dot3_stats_frame_too_longs,
            "dot3StatsInternalMacReceiveErrors": it.dot3_stats_internal_mac_receive_errors,
            "dot3StatsSymbolErrors": it.dot3_stats_symbol_errors,
        },
        CounterRecord::TokenringCounters(it) => told! {
            "dot5StatsLineErrors": it.dot5_stats_line_errors,
            "dot5StatsBurstErrors": it.dot5_stats_burst_errors,
            "dot5StatsACErrors": it.dot5_stats_ac_errors,
            "dot5StatsAbortTransErrors": it.dot5_stats_abort_trans_errors,
            "dot5StatsInternalErrors": it.dot5_stats_internal_errors,
            "dot5StatsLostFrameErrors": it.dot5_stats_lost_frame_errors,
            "dot5StatsReceiveCongestions": it.dot5_stats_receive_congestions,
            "dot5StatsFrameCopiedErrors": it.dot5_stats_frame_copied_errors,
            "dot5StatsTokenErrors": it.dot5_stats_token_errors,
            "dot5StatsSoftErrors": it.dot5_stats_soft_errors,
            "dot5StatsHardErrors": it.dot5_stats_hard_errors,
            "dot5StatsSignalLoss": it.dot5_stats_signal_loss,
            "dot5StatsTransmitBeacons": it.dot5_stats_transmit_beacons,
            "dot5StatsRecoveries": it.dot5_stats_recoverys,
            "dot5StatsLobeWires": it.dot5_stats_lobe_wires,
            "dot5StatsRemoves": it.dot5_stats_removes,
            "dot5StatsSingles": it.dot5_stats_singles,
            "dot5StatsFreqErrors": it.dot5_stats_freq_errors,
        },
        CounterRecord::VgCounters(it) => told! {
            "dot12InHighPriorityFrames": it.dot12_in_high_priority_frames,
            "dot12InHighPriorityOctets": it.dot12_in_high_priority_octets,
            "dot12InNormPriorityFrames": it.dot12_in_norm_priority_frames,
            "dot12InNormPriorityOctets": it.dot12_in_norm_priority_octets,
            "dot12InIPMErrors": it.dot12_in_ipm_errors,
            "dot12InOversizeFrameErrors": it.dot12_in_oversize_frame_errors,
            "dot12InDataErrors": it.dot12_in_data_errors,
            "dot12InNullAddressedFrames": it.dot12_in_null_addressed_frames,
            "dot12OutHighPriorityFrames": it.dot12_out_high_priority_frames,
            "dot12OutHighPriorityOctets": it.dot12_out_high_priority_octets,
            "dot12TransitionIntoTrainings": it.dot12_transition_into_trainings,
            "dot12HCInHighPriorityOctets": it.dot12_hc_in_high_priority_octets,
            "dot12HCInNormPriorityOctets": it.dot12_hc_in_norm_priority_octets,
            "dot12HCOutHighPriorityOctets": it.dot12_hc_out_high_priority_octets,
        },
        CounterRecord::VlanCounters(it) => told! {
            "vlan_id": it.vlan_id,
            "octets": it.octets,
            "ucastPkts": it.ucast_pkts,
            "multicastPkts": it.multicast_pkts,
            "broadcastPkts": it.broadcast_pkts,
            "discards": it.discards,
        },
        CounterRecord::Ieee80211Counters(it) => told! {
            "dot11TransmittedFragmentCount": it.dot11_transmitted_fragment_count,
            "dot11MulticastTransmittedFrameCount": it.dot11_multicast_transmitted_frame_count,
            "dot11FailedCount": it.dot11_failed_count,
            "dot11RetryCount": it.dot11_retry_count,
            "dot11MultipleRetryCount": it.dot11_multiple_retry_count,
            "dot11FrameDuplicateCount": it.dot11_frame_duplicate_count,
            "dot11RTSSuccessCount": it.dot11_rts_success_count,
            "dot11RTSFailureCount": it.dot11_rts_failure_count,
            "dot11ACKFailureCount": it.dot11_ack_failure_count,
            "dot11ReceivedFragmentCount": it.dot11_received_fragment_count,
            "dot11MulticastReceivedFrameCount": it.dot11_multicast_received_frame_count,
            "dot11FCSErrorCount": it.dot11_fcs_error_count,
            "dot11TransmittedFrameCount": it.dot11_transmitted_frame_count,
            "dot11WEPUndecryptableCount": it.dot11_wep_undecryptable_count,
            "dot11QoSDiscardedFragmentCount": it.dot11_qos_discarded_fragment_count,
            "dot11AssociatedStationCount": it.dot11_associated_station_count,
            "dot11QoSCFPollsReceivedCount": it.dot11_qos_cf_polls_received_count,
            "dot11QoSCFPollsUnusedCount": it.dot11_qos_cf_polls_unused_count,
            "dot11QoSCFPollsUnusableCount": it.dot11_qos_cf_polls_unusable_count,
            "dot11QoSCFPollsLostCount": it.dot11_qos_cf_polls_lost_count,
        },
        CounterRecord::LagPortStats(it) => told! {
            "lag_port.actor_system_id": it.dot3ad_agg_port_actor_system_id,
            "lag_port.partner_oper_system_id": it.dot3ad_agg_port_partner_oper_system_id,
            "lag_port.attached_agg_id": it.dot3ad_agg_port_attached_agg_id,
            "lag_port.state": it.dot3ad_agg_port_state.0,
            "lag_port.lacpdus.rx": it.dot3ad_agg_port_stats_lacpdus_rx,
            "lag_port.marker_pdus.rx": it.dot3ad_agg_port_stats_marker_pdus_rx,
            "lag_port.marker_response_pdus.rx": it.dot3ad_agg_port_stats_marker_response_pdus_rx,
            "lag_port.unknown.rx": it.dot3ad_agg_port_stats_unknown_rx,
            "lag_port.illegal.rx": it.dot3ad_agg_port_stats_illegal_rx,
            "lag_port.lacpdus.tx": it.dot3ad_agg_port_stats_lacpdus_tx,
            "lag_port.marker_pdus.tx": it.dot3ad_agg_port_stats_marker_pdus_tx,
            "lag_port.marker_response_pdus.tx": it.dot3ad_agg_port_stats_marker_response_pdus_tx,
        },
        CounterRecord::Processor(it) => told! {
            "cpu_5s": it.cpu_5s,
            "cpu_1m": it.cpu_1m,
            "cpu_5m": it.cpu_5m,
            "total_memory": it.total_memory,
            "free_memory": it.free_memory,
        },
        CounterRecord::RadioUtilization(it) => told! {
            "elapsed_time": it.elapsed_time,
            "on_channel_time": it.on_channel_time,
            "channel_busy_time": it.on_channel_busy_time,
        },
        _ => return None,
    })
}
