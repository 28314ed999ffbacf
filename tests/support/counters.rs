//! Every counter record as the wire reference lays it out: values to send, and the bytes that an agent sends for them.
//!
//! The layouts say again, apart from the library, in what order and width the fields stand; so a slip in one of the two
//! does not pass unseen.

use std::fmt::Debug;
use std::net::Ipv4Addr;

use sflowcap::counters::{self, CounterRecord, LagPortState, Percent};
use sflowcap::sample::Tag;
use sflowcap::structure::{Field, List, Mac, Text};

use crate::support::wire::Wire;

/// Where values come from: numbers that a test was given, and zeros behind them.
pub struct Draws<'a>(pub std::slice::Iter<'a, u64>);

impl Draws<'_> {
    fn next(&mut self) -> u64 {
        self.0.next().copied().unwrap_or(0)
    }

    /// Up to 40 bytes, any.
    fn bytes(&mut self) -> Vec<u8> {
        let seed = self.next();
        (0..seed % 41).map(|i| seed.rotate_left(7 * i as u32) as u8).collect()
    }
}

/// What a field holds.
pub trait Value: Debug {
    fn draw(draws: &mut Draws<'_>) -> Self;
    fn append(&self, wire: Wire) -> Wire;
}

/// A value, and the type in the library that it is read into.
pub trait ReadAs<Read>: Value {
    /// Whether `read` is what was sent. A record that was `cut` may lack appended fields.
    fn is(&self, read: &Read, cut: bool) -> bool;
}

/// A structure with a number of its own.
pub trait Layout: Value {
    const TAG: Tag;
    const NAME: &'static str;
    /// The bytes that the reference says it takes, where it says.
    const SIZE: Option<usize>;
    /// Whether `record` is this structure, as sent.
    fn is(&self, record: &CounterRecord<'_>, cut: bool) -> bool;
}

/// `string<>`.
#[derive(Debug)]
pub struct Str(Vec<u8>);

macro_rules! values {
    ($($type:ty: |$draws:ident| $draw:expr, |$self:ident, $wire:ident| $append:expr;)*) => {$(
        impl Value for $type {
            fn draw($draws: &mut Draws<'_>) -> Self {
                $draw
            }

            fn append(&$self, $wire: Wire) -> Wire {
                $append
            }
        }
    )*};
}

values! {
    u32: |draws| draws.next() as u32, |self, wire| wire.u32(*self);
    i32: |draws| draws.next() as i32, |self, wire| wire.raw(self.to_be_bytes());
    u64: |draws| draws.next(), |self, wire| wire.u64(*self);
    f32: |draws| f32::from_bits(draws.next() as u32), |self, wire| wire.u32(self.to_bits());
    [u8; 4]: |draws| (draws.next() as u32).to_le_bytes(), |self, wire| wire.raw(self);
    [u8; 6]: |draws| std::array::from_fn(|_| draws.next() as u8), |self, wire| wire.mac(*self);
    [u8; 16]: |draws| std::array::from_fn(|_| draws.next() as u8), |self, wire| wire.raw(self);
    Str: |draws| Str(draws.bytes()), |self, wire| wire.opaque(&self.0);
    Option<u32>: |draws| Some(u32::draw(draws)), |self, wire| self.iter().fold(wire, |wire, value| wire.u32(*value));
}

impl<T: Value> Value for Vec<T> {
    fn draw(draws: &mut Draws<'_>) -> Self {
        (0..draws.next() % 5).map(|_| T::draw(draws)).collect()
    }

    fn append(&self, wire: Wire) -> Wire {
        self.iter().fold(wire.u32(self.len() as u32), |wire, item| item.append(wire))
    }
}

macro_rules! read_as {
    ($($sent:ty => $read:ty: |$self:ident, $value:ident| $is:expr;)*) => {
        $(impl ReadAs<$read> for $sent {
            fn is(&$self, $value: &$read, _cut: bool) -> bool {
                $is
            }
        })*
    };
}

read_as! {
    u32 => u32: |self, read| self == read;
    i32 => i32: |self, read| self == read;
    u64 => u64: |self, read| self == read;
    f32 => f32: |self, read| self.to_bits() == read.to_bits();
    [u8; 4] => Ipv4Addr: |self, read| *self == read.octets();
    [u8; 6] => Mac: |self, read| *self == read.0;
    [u8; 16] => [u8; 16]: |self, read| self == read;
    i32 => Percent: |self, read| *self == read.0;
    [u8; 4] => LagPortState: |self, read|
        *self == [read.actor_admin(), read.actor_oper(), read.partner_admin(), read.partner_oper()];
    Str => Text<'_>: |self, read| self.0 == read.0;
}

impl ReadAs<Option<u32>> for Option<u32> {
    fn is(&self, read: &Option<u32>, cut: bool) -> bool {
        self == read || cut && read.is_none()
    }
}

impl<'a, Read: Field<'a>, T: ReadAs<Read>> ReadAs<List<'a, Read>> for Vec<T> {
    fn is(&self, read: &List<'a, Read>, cut: bool) -> bool {
        self.len() == read.len()
            && self.len() == read.iter().count()
            && self.iter().zip(read.iter()).all(|(sent, read)| sent.is(&read, cut))
    }
}

/// Declares the fields of a structure as they are sent.
macro_rules! fields {
    ($name:ident $(<$lifetime:lifetime>)? { $($field:ident: $type:ty,)* }) => {
        #[derive(Debug)]
        #[allow(clippy::struct_field_names, reason = "the specification's names")]
        pub struct $name {
            $(pub $field: $type,)*
        }

        impl Value for $name {
            fn draw(draws: &mut Draws<'_>) -> Self {
                $name { $($field: Value::draw(draws),)* }
            }

            fn append(&self, wire: Wire) -> Wire {
                $(let wire = self.$field.append(wire);)*
                wire
            }
        }

        impl ReadAs<counters::$name $(<$lifetime>)?> for $name {
            fn is(&self, read: &counters::$name $(<$lifetime>)?, cut: bool) -> bool {
                $(self.$field.is(&read.$field, cut))&&*
            }
        }
    };
}

/// Declares layouts, `NAME type enterprise:format size { fields }`, and a test of each.
macro_rules! layouts {
    (@size v) => { None };
    (@size $size:literal) => { Some($size) };
    ($($spec:ident $name:ident $(<$lifetime:lifetime>)? $enterprise:literal:$format:literal $size:tt $fields:tt)*) => {
        $(
            fields!($name $(<$lifetime>)? $fields);

            impl Layout for $name {
                const TAG: Tag = Tag::new($enterprise, $format);
                const NAME: &'static str = stringify!($spec);
                const SIZE: Option<usize> = layouts!(@size $size);

                fn is(&self, record: &CounterRecord<'_>, cut: bool) -> bool {
                    matches!(record, CounterRecord::$name(read) if ReadAs::is(self, read, cut))
                }
            }
        )*

        /// All layouts: number, the specification's name, the type's name in the library.
        pub const STRUCTURES: &[(Tag, &str, &str)] =
            &[$((Tag::new($enterprise, $format), stringify!($spec), stringify!($name)),)*];

        mod every_field_is_read_where_it_stands {
            $(
                #[test]
                fn $spec() {
                    crate::every_field_is_read_where_it_stands::<super::$name>();
                }
            )*
        }
    };
}

fields!(Lane {
    index: u32,
    tx_bias_current: u32,
    tx_power: u32,
    tx_power_min: u32,
    tx_power_max: u32,
    tx_wavelength: u32,
    rx_power: u32,
    rx_power_min: u32,
    rx_power_max: u32,
    rx_wavelength: u32,
});

fields!(HostAdapter<'_> {
    if_index: u32,
    mac_address: Vec<[u8; 6]>,
});

layouts! {
    if_counters IfCounters 0:1 88 {
        if_index: u32,
        if_type: u32,
        if_speed: u64,
        if_direction: u32,
        if_status: u32,
        if_in_octets: u64,
        if_in_ucast_pkts: u32,
        if_in_multicast_pkts: u32,
        if_in_broadcast_pkts: u32,
        if_in_discards: u32,
        if_in_errors: u32,
        if_in_unknown_protos: u32,
        if_out_octets: u64,
        if_out_ucast_pkts: u32,
        if_out_multicast_pkts: u32,
        if_out_broadcast_pkts: u32,
        if_out_discards: u32,
        if_out_errors: u32,
        if_promiscuous_mode: u32,
    }
    ethernet_counters EthernetCounters 0:2 52 {
        dot3_stats_alignment_errors: u32,
        dot3_stats_fcs_errors: u32,
        dot3_stats_single_collision_frames: u32,
        dot3_stats_multiple_collision_frames: u32,
        dot3_stats_sqe_test_errors: u32,
        dot3_stats_deferred_transmissions: u32,
        dot3_stats_late_collisions: u32,
        dot3_stats_excessive_collisions: u32,
        dot3_stats_internal_mac_transmit_errors: u32,
        dot3_stats_carrier_sense_errors: u32,
        dot3_stats_frame_too_longs: u32,
        dot3_stats_internal_mac_receive_errors: u32,
        dot3_stats_symbol_errors: u32,
    }
    tokenring_counters TokenringCounters 0:3 72 {
        dot5_stats_line_errors: u32,
        dot5_stats_burst_errors: u32,
        dot5_stats_ac_errors: u32,
        dot5_stats_abort_trans_errors: u32,
        dot5_stats_internal_errors: u32,
        dot5_stats_lost_frame_errors: u32,
        dot5_stats_receive_congestions: u32,
        dot5_stats_frame_copied_errors: u32,
        dot5_stats_token_errors: u32,
        dot5_stats_soft_errors: u32,
        dot5_stats_hard_errors: u32,
        dot5_stats_signal_loss: u32,
        dot5_stats_transmit_beacons: u32,
        dot5_stats_recoverys: u32,
        dot5_stats_lobe_wires: u32,
        dot5_stats_removes: u32,
        dot5_stats_singles: u32,
        dot5_stats_freq_errors: u32,
    }
    vg_counters VgCounters 0:4 80 {
        dot12_in_high_priority_frames: u32,
        dot12_in_high_priority_octets: u64,
        dot12_in_norm_priority_frames: u32,
        dot12_in_norm_priority_octets: u64,
        dot12_in_ipm_errors: u32,
        dot12_in_oversize_frame_errors: u32,
        dot12_in_data_errors: u32,
        dot12_in_null_addressed_frames: u32,
        dot12_out_high_priority_frames: u32,
        dot12_out_high_priority_octets: u64,
        dot12_transition_into_trainings: u32,
        dot12_hc_in_high_priority_octets: u64,
        dot12_hc_in_norm_priority_octets: u64,
        dot12_hc_out_high_priority_octets: u64,
    }
    vlan_counters VlanCounters 0:5 28 {
        vlan_id: u32,
        octets: u64,
        ucast_pkts: u32,
        multicast_pkts: u32,
        broadcast_pkts: u32,
        discards: u32,
    }
    ieee80211_counters Ieee80211Counters 0:6 80 {
        dot11_transmitted_fragment_count: u32,
        dot11_multicast_transmitted_frame_count: u32,
        dot11_failed_count: u32,
        dot11_retry_count: u32,
        dot11_multiple_retry_count: u32,
        dot11_frame_duplicate_count: u32,
        dot11_rts_success_count: u32,
        dot11_rts_failure_count: u32,
        dot11_ack_failure_count: u32,
        dot11_received_fragment_count: u32,
        dot11_multicast_received_frame_count: u32,
        dot11_fcs_error_count: u32,
        dot11_transmitted_frame_count: u32,
        dot11_wep_undecryptable_count: u32,
        dot11_qos_discarded_fragment_count: u32,
        dot11_associated_station_count: u32,
        dot11_qos_cf_polls_received_count: u32,
        dot11_qos_cf_polls_unused_count: u32,
        dot11_qos_cf_polls_unusable_count: u32,
        dot11_qos_cf_polls_lost_count: u32,
    }
    lag_port_stats LagPortStats 0:7 56 {
        dot3ad_agg_port_actor_system_id: [u8; 6],
        dot3ad_agg_port_partner_oper_system_id: [u8; 6],
        dot3ad_agg_port_attached_agg_id: u32,
        dot3ad_agg_port_state: [u8; 4],
        dot3ad_agg_port_stats_lacpdus_rx: u32,
        dot3ad_agg_port_stats_marker_pdus_rx: u32,
        dot3ad_agg_port_stats_marker_response_pdus_rx: u32,
        dot3ad_agg_port_stats_unknown_rx: u32,
        dot3ad_agg_port_stats_illegal_rx: u32,
        dot3ad_agg_port_stats_lacpdus_tx: u32,
        dot3ad_agg_port_stats_marker_pdus_tx: u32,
        dot3ad_agg_port_stats_marker_response_pdus_tx: u32,
    }
    slow_path_counts SlowPathCounts 0:8 24 {
        unknown: u32,
        other: u32,
        cam_miss: u32,
        cam_full: u32,
        no_hw_support: u32,
        cntrl: u32,
    }
    ib_counters IbCounters 0:9 64 {
        port_xmit_pkts: u64,
        port_rcv_pkts: u64,
        symbol_error_counter: u32,
        link_error_recovery_counter: u32,
        link_downed_counter: u32,
        port_rcv_errors: u32,
        port_rcv_remote_physical_errors: u32,
        port_rcv_switch_relay_errors: u32,
        port_xmit_discards: u32,
        port_xmit_constraint_errors: u32,
        port_rcv_constraint_errors: u32,
        local_link_integrity_errors: u32,
        excessive_buffer_overrun_errors: u32,
        vl15_dropped: u32,
    }
    sfp Sfp<'_> 0:10 v {
        module_id: u32,
        module_num_lanes: u32,
        module_supply_voltage: u32,
        module_temperature: i32,
        lanes: Vec<Lane>,
    }
    pfc Pfc 0:11 20 {
        requests: u32,
        indications: u32,
        pause: u32,
        storm_detected: u32,
        storm_restored: u32,
    }
    processor Processor 0:1001 28 {
        cpu_5s: i32,
        cpu_1m: i32,
        cpu_5m: i32,
        total_memory: u64,
        free_memory: u64,
    }
    radio_utilization RadioUtilization 0:1002 12 {
        elapsed_time: u32,
        on_channel_time: u32,
        on_channel_busy_time: u32,
    }
    queue_length QueueLength 0:1003 52 {
        queue_index: u32,
        segment_size: u32,
        queue_segments: u32,
        queue_length_0: u32,
        queue_length_1: u32,
        queue_length_2: u32,
        queue_length_4: u32,
        queue_length_8: u32,
        queue_length_32: u32,
        queue_length_128: u32,
        queue_length_1024: u32,
        queue_length_more: u32,
        dropped: u32,
    }
    of_port OfPort 0:1004 12 {
        datapath_id: u64,
        port_no: u32,
    }
    port_name PortName<'_> 0:1005 v {
        name: Str,
    }
    host_descr HostDescr<'_> 0:2000 v {
        hostname: Str,
        uuid: [u8; 16],
        machine_type: u32,
        os_name: u32,
        os_release: Str,
    }
    host_adapters HostAdapters<'_> 0:2001 v {
        adapters: Vec<HostAdapter>,
    }
    host_parent HostParent 0:2002 8 {
        container_type: u32,
        container_index: u32,
    }
    host_cpu HostCpu 0:2003 80 {
        load_one: f32,
        load_five: f32,
        load_fifteen: f32,
        proc_run: u32,
        proc_total: u32,
        cpu_num: u32,
        cpu_speed: u32,
        uptime: u32,
        cpu_user: u32,
        cpu_nice: u32,
        cpu_system: u32,
        cpu_idle: u32,
        cpu_wio: u32,
        cpu_intr: u32,
        cpu_sintr: u32,
        interrupts: u32,
        contexts: u32,
        cpu_steal: Option<u32>,
        cpu_guest: Option<u32>,
        cpu_guest_nice: Option<u32>,
    }
    host_memory HostMemory 0:2004 72 {
        mem_total: u64,
        mem_free: u64,
        mem_shared: u64,
        mem_buffers: u64,
        mem_cached: u64,
        swap_total: u64,
        swap_free: u64,
        page_in: u32,
        page_out: u32,
        swap_in: u32,
        swap_out: u32,
    }
    host_disk_io HostDiskIo 0:2005 52 {
        disk_total: u64,
        disk_free: u64,
        part_max_used: i32,
        reads: u32,
        bytes_read: u64,
        read_time: u32,
        writes: u32,
        bytes_written: u64,
        write_time: u32,
    }
    host_net_io HostNetIo 0:2006 40 {
        bytes_in: u64,
        pkts_in: u32,
        errs_in: u32,
        drops_in: u32,
        bytes_out: u64,
        packets_out: u32,
        errs_out: u32,
        drops_out: u32,
    }
    mib2_ip_group Mib2IpGroup 0:2007 76 {
        ip_forwarding: u32,
        ip_default_ttl: u32,
        ip_in_receives: u32,
        ip_in_hdr_errors: u32,
        ip_in_addr_errors: u32,
        ip_forw_datagrams: u32,
        ip_in_unknown_protos: u32,
        ip_in_discards: u32,
        ip_in_delivers: u32,
        ip_out_requests: u32,
        ip_out_discards: u32,
        ip_out_no_routes: u32,
        ip_reasm_timeout: u32,
        ip_reasm_reqds: u32,
        ip_reasm_oks: u32,
        ip_reasm_fails: u32,
        ip_frag_oks: u32,
        ip_frag_fails: u32,
        ip_frag_creates: u32,
    }
    mib2_icmp_group Mib2IcmpGroup 0:2008 100 {
        icmp_in_msgs: u32,
        icmp_in_errors: u32,
        icmp_in_dest_unreachs: u32,
        icmp_in_time_excds: u32,
        icmp_in_param_probs: u32,
        icmp_in_src_quenchs: u32,
        icmp_in_redirects: u32,
        icmp_in_echos: u32,
        icmp_in_echo_reps: u32,
        icmp_in_timestamps: u32,
        icmp_in_addr_masks: u32,
        icmp_in_addr_mask_reps: u32,
        icmp_out_msgs: u32,
        icmp_out_errors: u32,
        icmp_out_dest_unreachs: u32,
        icmp_out_time_excds: u32,
        icmp_out_param_probs: u32,
        icmp_out_src_quenchs: u32,
        icmp_out_redirects: u32,
        icmp_out_echos: u32,
        icmp_out_echo_reps: u32,
        icmp_out_timestamps: u32,
        icmp_out_timestamp_reps: u32,
        icmp_out_addr_masks: u32,
        icmp_out_addr_mask_reps: u32,
    }
    mib2_tcp_group Mib2TcpGroup 0:2009 60 {
        tcp_rto_algorithm: u32,
        tcp_rto_min: u32,
        tcp_rto_max: u32,
        tcp_max_conn: u32,
        tcp_active_opens: u32,
        tcp_passive_opens: u32,
        tcp_attempt_fails: u32,
        tcp_estab_resets: u32,
        tcp_curr_estab: u32,
        tcp_in_segs: u32,
        tcp_out_segs: u32,
        tcp_retrans_segs: u32,
        tcp_in_errs: u32,
        tcp_out_rsts: u32,
        tcp_in_csum_errs: u32,
    }
    mib2_udp_group Mib2UdpGroup 0:2010 28 {
        udp_in_datagrams: u32,
        udp_no_ports: u32,
        udp_in_errors: u32,
        udp_out_datagrams: u32,
        udp_rcvbuf_errors: u32,
        udp_sndbuf_errors: u32,
        udp_in_csum_errors: u32,
    }
    virt_node VirtNode 0:2100 28 {
        mhz: u32,
        cpus: u32,
        memory: u64,
        memory_free: u64,
        num_domains: u32,
    }
    virt_cpu VirtCpu 0:2101 12 {
        state: u32,
        cpu_time: u32,
        nr_virt_cpu: u32,
    }
    virt_memory VirtMemory 0:2102 16 {
        memory: u64,
        max_memory: u64,
    }
    virt_disk_io VirtDiskIo 0:2103 52 {
        capacity: u64,
        allocation: u64,
        available: u64,
        rd_req: u32,
        rd_bytes: u64,
        wr_req: u32,
        wr_bytes: u64,
        errs: u32,
    }
    virt_net_io VirtNetIo 0:2104 40 {
        rx_bytes: u64,
        rx_packets: u32,
        rx_errs: u32,
        rx_drop: u32,
        tx_bytes: u64,
        tx_packets: u32,
        tx_errs: u32,
        tx_drop: u32,
    }
    jvm_runtime JvmRuntime<'_> 0:2105 v {
        vm_name: Str,
        vm_vendor: Str,
        vm_version: Str,
    }
    jvm_statistics JvmStatistics 0:2106 108 {
        heap_initial: u64,
        heap_used: u64,
        heap_committed: u64,
        heap_max: u64,
        non_heap_initial: u64,
        non_heap_used: u64,
        non_heap_committed: u64,
        non_heap_max: u64,
        gc_count: u32,
        gc_time: u32,
        classes_loaded: u32,
        classes_total: u32,
        classes_unloaded: u32,
        compilation_time: u32,
        thread_num_live: u32,
        thread_num_daemon: u32,
        thread_num_started: u32,
        fd_open_count: Option<u32>,
        fd_max_count: Option<u32>,
    }
    memcached_counters MemcachedCounters 0:2200 144 {
        uptime: u32,
        rusage_user: u32,
        rusage_system: u32,
        curr_connections: u32,
        total_connections: u32,
        connection_structures: u32,
        cmd_get: u32,
        cmd_set: u32,
        cmd_flush: u32,
        get_hits: u32,
        get_misses: u32,
        delete_misses: u32,
        delete_hits: u32,
        incr_misses: u32,
        incr_hits: u32,
        decr_misses: u32,
        decr_hits: u32,
        cas_misses: u32,
        cas_hits: u32,
        cas_badval: u32,
        auth_cmds: u32,
        auth_errors: u32,
        bytes_read: u64,
        bytes_written: u64,
        limit_maxbytes: u32,
        accepting_conns: u32,
        listen_disabled_num: u32,
        threads: u32,
        conn_yields: u32,
        bytes: u64,
        curr_items: u32,
        total_items: u32,
        evictions: u32,
    }
    http_counters HttpCounters 0:2201 60 {
        method_option_count: u32,
        method_get_count: u32,
        method_head_count: u32,
        method_post_count: u32,
        method_put_count: u32,
        method_delete_count: u32,
        method_trace_count: u32,
        method_connect_count: u32,
        method_other_count: u32,
        status_1xx_count: u32,
        status_2xx_count: u32,
        status_3xx_count: u32,
        status_4xx_count: u32,
        status_5xx_count: u32,
        status_other_count: u32,
    }
    app_operations AppOperations<'_> 0:2202 v {
        application: Str,
        success: u32,
        other: u32,
        timeout: u32,
        internal_error: u32,
        bad_request: u32,
        forbidden: u32,
        too_large: u32,
        not_implemented: u32,
        not_found: u32,
        unavailable: u32,
        unauthorized: u32,
    }
    app_resources AppResources 0:2203 40 {
        user_time: u32,
        system_time: u32,
        mem_used: u64,
        mem_max: u64,
        fd_open: u32,
        fd_max: u32,
        conn_open: u32,
        conn_max: u32,
    }
    memcache_counters MemcacheCounters 0:2204 140 {
        cmd_set: u32,
        cmd_touch: u32,
        cmd_flush: u32,
        get_hits: u32,
        get_misses: u32,
        delete_hits: u32,
        delete_misses: u32,
        incr_hits: u32,
        incr_misses: u32,
        decr_hits: u32,
        decr_misses: u32,
        cas_hits: u32,
        cas_misses: u32,
        cas_badval: u32,
        auth_cmds: u32,
        auth_errors: u32,
        threads: u32,
        conn_yields: u32,
        listen_disabled_num: u32,
        curr_connections: u32,
        rejected_connections: u32,
        total_connections: u32,
        connection_structures: u32,
        evictions: u32,
        reclaimed: u32,
        curr_items: u32,
        total_items: u32,
        bytes_read: u64,
        bytes_written: u64,
        bytes: u64,
        limit_maxbytes: u64,
    }
    vdi Vdi 0:2205 92 {
        sessions_current: u32,
        sessions_total: u32,
        sessions_duration: u32,
        rx_bytes: u32,
        tx_bytes: u32,
        rx_packets: u32,
        tx_packets: u32,
        rx_packets_lost: u32,
        tx_packets_lost: u32,
        rtt_min_ms: u32,
        rtt_max_ms: u32,
        rtt_avg_ms: u32,
        audio_rx_bytes: u32,
        audio_tx_bytes: u32,
        audio_tx_limit: u32,
        img_rx_bytes: u32,
        img_tx_bytes: u32,
        img_frames: u32,
        img_qual_min: u32,
        img_qual_max: u32,
        img_qual_avg: u32,
        usb_rx_bytes: u32,
        usb_tx_bytes: u32,
    }
    app_workers AppWorkers 0:2206 20 {
        workers_active: u32,
        workers_idle: u32,
        workers_max: u32,
        req_delayed: u32,
        req_dropped: u32,
    }
    ovs_dp_stats OvsDpStats 0:2207 24 {
        hits: u32,
        misses: u32,
        lost: u32,
        mask_hits: u32,
        flows: u32,
        masks: u32,
    }
    energy Energy 0:3000 24 {
        voltage: u32,
        current: u32,
        real_power: u32,
        power_factor: i32,
        energy: u32,
        errors: u32,
    }
    temperature Temperature 0:3001 12 {
        minimum: i32,
        maximum: i32,
        errors: u32,
    }
    humidity Humidity 0:3002 4 {
        relative: i32,
    }
    fans Fans 0:3003 12 {
        total: u32,
        failed: u32,
        speed: u32,
    }
    bst_device_buffers BstDeviceBuffers 4413:1 8 {
        uc_pc: i32,
        mc_pc: i32,
    }
    bst_port_buffers BstPortBuffers<'_> 4413:2 v {
        ingress_uc_pc: i32,
        ingress_mc_pc: i32,
        egress_uc_pc: i32,
        egress_mc_pc: i32,
        egress_queue_uc_pc: Vec<i32>,
        egress_queue_mc_pc: Vec<i32>,
    }
    hw_tables HwTables 4413:3 144 {
        host_entries: u32,
        host_entries_max: u32,
        ipv4_entries: u32,
        ipv4_entries_max: u32,
        ipv6_entries: u32,
        ipv6_entries_max: u32,
        ipv4_ipv6_entries: u32,
        ipv4_ipv6_entries_max: u32,
        long_ipv6_entries: u32,
        long_ipv6_entries_max: u32,
        total_routes: u32,
        total_routes_max: u32,
        ecmp_nexthops: u32,
        ecmp_nexthops_max: u32,
        mac_entries: u32,
        mac_entries_max: u32,
        ipv4_neighbors: u32,
        ipv6_neighbors: u32,
        ipv4_routes: u32,
        ipv6_routes: u32,
        acl_ingress_entries: u32,
        acl_ingress_entries_max: u32,
        acl_ingress_counters: u32,
        acl_ingress_counters_max: u32,
        acl_ingress_meters: u32,
        acl_ingress_meters_max: u32,
        acl_ingress_slices: u32,
        acl_ingress_slices_max: u32,
        acl_egress_entries: u32,
        acl_egress_entries_max: u32,
        acl_egress_counters: u32,
        acl_egress_counters_max: u32,
        acl_egress_meters: u32,
        acl_egress_meters_max: u32,
        acl_egress_slices: u32,
        acl_egress_slices_max: u32,
    }
    nvidia_gpu NvidiaGpu 5703:1 48 {
        device_count: u32,
        processes: u32,
        gpu_time: u32,
        mem_time: u32,
        mem_total: u64,
        mem_free: u64,
        ecc_errors: u32,
        energy: u32,
        temperature: u32,
        fan_speed: u32,
    }
    xenserver_vif XenServerVif 4300:2 20 {
        vif_index: u32,
        ip: [u8; 4],
        domain_id: u32,
        network_index: u32,
        flags: u32,
    }
}
