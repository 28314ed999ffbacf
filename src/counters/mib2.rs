//! Counters of hosts' protocols: enterprise 0, formats 2007 to 2010, the groups of MIB-II (RFC 1213) from the memo
//! [sFlow host TCP/IP counters](https://sflow.org/sflow_host_ip.txt).

use crate::structure::structure;

structure! {
    /// `mib2_ip_group`, counter record 0:2007: the ip group of MIB-II.
    /// [sFlow host TCP/IP](https://sflow.org/sflow_host_ip.txt)
    Mib2IpGroup = "mib2_ip_group" 0:2007 {
        /// 1 forwards datagrams, 2 does not.
        ip_forwarding: u32,
        /// Time to live of datagrams sent.
        ip_default_ttl: u32,
        /// Datagrams received, those with errors too.
        ip_in_receives: u32,
        /// Discarded for errors in the header.
        ip_in_hdr_errors: u32,
        /// Discarded for a destination address not valid here.
        ip_in_addr_errors: u32,
        /// Datagrams forwarded.
        ip_forw_datagrams: u32,
        /// Discarded for an unknown protocol.
        ip_in_unknown_protos: u32,
        /// Received in order, and discarded all the same.
        ip_in_discards: u32,
        /// Delivered to protocols above.
        ip_in_delivers: u32,
        /// Datagrams that protocols above sent.
        ip_out_requests: u32,
        /// To be sent in order, and discarded all the same.
        ip_out_discards: u32,
        /// Discarded for want of a route.
        ip_out_no_routes: u32,
        /// Seconds that fragments wait for the others.
        ip_reasm_timeout: u32,
        /// Fragments received.
        ip_reasm_reqds: u32,
        /// Datagrams reassembled.
        ip_reasm_oks: u32,
        /// Failures to reassemble.
        ip_reasm_fails: u32,
        /// Datagrams fragmented.
        ip_frag_oks: u32,
        /// Datagrams that needed fragmenting and must not be.
        ip_frag_fails: u32,
        /// Fragments made.
        ip_frag_creates: u32,
    }

    /// `mib2_icmp_group`, counter record 0:2008: the icmp group of MIB-II, but for icmpInTimestampReps.
    /// [sFlow host TCP/IP](https://sflow.org/sflow_host_ip.txt)
    ///
    /// hsflowd on Linux sends the first 25 columns that `/proc/net/snmp` has on ICMP. Since the kernel counts checksum
    /// errors and rate limits there too, they are other counters from `icmp_in_dest_unreachs` on.
    Mib2IcmpGroup = "mib2_icmp_group" 0:2008 {
        /// Messages received.
        icmp_in_msgs: u32,
        /// Messages received with errors.
        icmp_in_errors: u32,
        /// Destination Unreachable received.
        icmp_in_dest_unreachs: u32,
        /// Time Exceeded received.
        icmp_in_time_excds: u32,
        /// Parameter Problem received.
        icmp_in_param_probs: u32,
        /// Source Quench received.
        icmp_in_src_quenchs: u32,
        /// Redirect received.
        icmp_in_redirects: u32,
        /// Echo received.
        icmp_in_echos: u32,
        /// Echo Reply received.
        icmp_in_echo_reps: u32,
        /// Timestamp received.
        icmp_in_timestamps: u32,
        /// Address Mask Request received.
        icmp_in_addr_masks: u32,
        /// Address Mask Reply received.
        icmp_in_addr_mask_reps: u32,
        /// Messages sent.
        icmp_out_msgs: u32,
        /// Messages not sent because of errors.
        icmp_out_errors: u32,
        /// Destination Unreachable sent.
        icmp_out_dest_unreachs: u32,
        /// Time Exceeded sent.
        icmp_out_time_excds: u32,
        /// Parameter Problem sent.
        icmp_out_param_probs: u32,
        /// Source Quench sent.
        icmp_out_src_quenchs: u32,
        /// Redirect sent.
        icmp_out_redirects: u32,
        /// Echo sent.
        icmp_out_echos: u32,
        /// Echo Reply sent.
        icmp_out_echo_reps: u32,
        /// Timestamp sent.
        icmp_out_timestamps: u32,
        /// Timestamp Reply sent.
        icmp_out_timestamp_reps: u32,
        /// Address Mask Request sent.
        icmp_out_addr_masks: u32,
        /// Address Mask Reply sent.
        icmp_out_addr_mask_reps: u32,
    }

    /// `mib2_tcp_group`, counter record 0:2009: the tcp group of MIB-II.
    /// [sFlow host TCP/IP](https://sflow.org/sflow_host_ip.txt)
    Mib2TcpGroup = "mib2_tcp_group" 0:2009 {
        /// Retransmission timeouts by: 1 other, 2 constant, 3 MIL-STD-1778, 4 Van Jacobson.
        tcp_rto_algorithm: u32,
        /// The shortest retransmission timeout, in milliseconds.
        tcp_rto_min: u32,
        /// The longest retransmission timeout, in milliseconds.
        tcp_rto_max: u32,
        /// Connections that there can be; all ones for no limit.
        tcp_max_conn: u32,
        /// Connections opened from here.
        tcp_active_opens: u32,
        /// Connections accepted.
        tcp_passive_opens: u32,
        /// Connections that were never established.
        tcp_attempt_fails: u32,
        /// Established connections that were reset.
        tcp_estab_resets: u32,
        /// Connections established now.
        tcp_curr_estab: u32,
        /// Segments received.
        tcp_in_segs: u32,
        /// Segments sent.
        tcp_out_segs: u32,
        /// Segments sent again.
        tcp_retrans_segs: u32,
        /// Segments received with errors.
        tcp_in_errs: u32,
        /// Segments sent with the RST flag.
        tcp_out_rsts: u32,
        /// Segments received with a wrong checksum.
        tcp_in_csum_errs: u32,
    }

    /// `mib2_udp_group`, counter record 0:2010: the udp group of MIB-II.
    /// [sFlow host TCP/IP](https://sflow.org/sflow_host_ip.txt)
    Mib2UdpGroup = "mib2_udp_group" 0:2010 {
        /// Datagrams delivered.
        udp_in_datagrams: u32,
        /// Datagrams received that nobody listened for.
        udp_no_ports: u32,
        /// Datagrams received with errors.
        udp_in_errors: u32,
        /// Datagrams sent.
        udp_out_datagrams: u32,
        /// Datagrams dropped because a receive buffer was full.
        udp_rcvbuf_errors: u32,
        /// Datagrams dropped because a send buffer was full.
        udp_sndbuf_errors: u32,
        /// Datagrams received with a wrong checksum.
        udp_in_csum_errors: u32,
    }
}
