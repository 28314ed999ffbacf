//! Counters of switch chips: enterprise 4413, Broadcom.

use crate::counters::Percent;
use crate::structure::{List, structure};

structure! {
    /// `bst_device_buffers`, counter record 4413:1: the most of the device's buffers used since the last export.
    /// [sFlow Broadcom peak buffer utilization](https://sflow.org/bv-sflow.txt)
    BstDeviceBuffers = "bst_device_buffers" 4413:1 {
        /// Unicast buffers.
        uc_pc: Percent,
        /// Multicast buffers.
        mc_pc: Percent,
    }

    /// `bst_port_buffers`, counter record 4413:2: the most of a port's buffers used since the last export.
    /// [sFlow Broadcom peak buffer utilization](https://sflow.org/bv-sflow.txt)
    BstPortBuffers<'a> = "bst_port_buffers" 4413:2 {
        /// Unicast buffers on the way in.
        ingress_uc_pc: Percent,
        /// Multicast buffers on the way in.
        ingress_mc_pc: Percent,
        /// Unicast buffers on the way out.
        egress_uc_pc: Percent,
        /// Multicast buffers on the way out.
        egress_mc_pc: Percent,
        /// Unicast buffers of each egress queue.
        egress_queue_uc_pc: List<'a, Percent>,
        /// Multicast buffers of each egress queue.
        egress_queue_mc_pc: List<'a, Percent>,
    }

    /// `hw_tables`, counter record 4413:3: how full the chip's tables are; each number of entries with the most that there
    /// can be. [sFlow Broadcom table utilization](https://sflow.org/sflow_broadcom_tables.txt)
    HwTables = "hw_tables" 4413:3 {
        /// Entries of the host table.
        host_entries: u32,
        /// Their maximum.
        host_entries_max: u32,
        /// Entries of the IPv4 routing table.
        ipv4_entries: u32,
        /// Their maximum.
        ipv4_entries_max: u32,
        /// Entries of the IPv6 routing table.
        ipv6_entries: u32,
        /// Their maximum.
        ipv6_entries_max: u32,
        /// Entries of the routing table that IPv4 and IPv6 share.
        ipv4_ipv6_entries: u32,
        /// Their maximum; the memo has the slip `ipv6_ipv6_entries_max`.
        ipv4_ipv6_entries_max: u32,
        /// Entries of the routing table for long IPv6 prefixes.
        long_ipv6_entries: u32,
        /// Their maximum.
        long_ipv6_entries_max: u32,
        /// Routes.
        total_routes: u32,
        /// Their maximum.
        total_routes_max: u32,
        /// Next hops of multipath routes.
        ecmp_nexthops: u32,
        /// Their maximum.
        ecmp_nexthops_max: u32,
        /// Entries of the MAC address table.
        mac_entries: u32,
        /// Their maximum.
        mac_entries_max: u32,
        /// IPv4 neighbours.
        ipv4_neighbors: u32,
        /// IPv6 neighbours.
        ipv6_neighbors: u32,
        /// IPv4 routes.
        ipv4_routes: u32,
        /// IPv6 routes.
        ipv6_routes: u32,
        /// Entries of the ingress access lists.
        acl_ingress_entries: u32,
        /// Their maximum.
        acl_ingress_entries_max: u32,
        /// Counters of the ingress access lists.
        acl_ingress_counters: u32,
        /// Their maximum.
        acl_ingress_counters_max: u32,
        /// Meters of the ingress access lists.
        acl_ingress_meters: u32,
        /// Their maximum.
        acl_ingress_meters_max: u32,
        /// Slices of the ingress access lists.
        acl_ingress_slices: u32,
        /// Their maximum.
        acl_ingress_slices_max: u32,
        /// Entries of the egress access lists.
        acl_egress_entries: u32,
        /// Their maximum.
        acl_egress_entries_max: u32,
        /// Counters of the egress access lists.
        acl_egress_counters: u32,
        /// Their maximum.
        acl_egress_counters_max: u32,
        /// Meters of the egress access lists.
        acl_egress_meters: u32,
        /// Their maximum.
        acl_egress_meters_max: u32,
        /// Slices of the egress access lists.
        acl_egress_slices: u32,
        /// Their maximum.
        acl_egress_slices_max: u32,
    }
}
