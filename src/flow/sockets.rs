//! The sockets that a host sent the packet from or received it by: formats 2100 to 2103, 2209 and 2210.

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::sample::DataSource;
use crate::structure::structure;

structure! {
    /// `extended_socket_ipv4`, flow record 0:2100: the socket of an application. [sFlow host]
    ExtendedSocketIpv4 = "extended_socket_ipv4" 0:2100 {
        /// IP protocol.
        protocol: u32,
        /// This end's address.
        local_ip: Ipv4Addr,
        /// The other end's address.
        remote_ip: Ipv4Addr,
        /// This end's port.
        local_port: u32,
        /// The other end's port.
        remote_port: u32,
    }

    /// `extended_socket_ipv6`, flow record 0:2101: the socket of an application. [sFlow host]
    ExtendedSocketIpv6 = "extended_socket_ipv6" 0:2101 {
        /// IP protocol.
        protocol: u32,
        /// This end's address.
        local_ip: Ipv6Addr,
        /// The other end's address.
        remote_ip: Ipv6Addr,
        /// This end's port.
        local_port: u32,
        /// The other end's port.
        remote_port: u32,
    }

    /// `extended_proxy_socket_ipv4`, flow record 0:2102: a proxy's socket to the server. [sFlow HTTP]
    ExtendedProxySocketIpv4 = "extended_proxy_socket_ipv4" 0:2102 {
        /// The socket.
        socket: ExtendedSocketIpv4,
    }

    /// `extended_proxy_socket_ipv6`, flow record 0:2103: a proxy's socket to the server. [sFlow HTTP]
    ExtendedProxySocketIpv6 = "extended_proxy_socket_ipv6" 0:2103 {
        /// The socket.
        socket: ExtendedSocketIpv6,
    }

    /// `extended_tcp_info`, flow record 0:2209: the state of the packet's TCP connection, after Linux's tcp_info.
    /// [sFlow discussion]
    ExtendedTcpInfo = "extended_tcp_info" 0:2209 {
        /// The packet was: 0 unknown, 1 received, 2 sent.
        dir: u32,
        /// Maximum segment size for sending.
        snd_mss: u32,
        /// Maximum segment size for receiving.
        rcv_mss: u32,
        /// Packets in flight.
        unacked: u32,
        /// Packets lost.
        lost: u32,
        /// Packets sent again.
        retrans: u32,
        /// Path MTU last seen.
        pmtu: u32,
        /// Smoothed round trip time, microseconds.
        rtt: u32,
        /// Variance of the round trip time, microseconds.
        rttvar: u32,
        /// Congestion window for sending, packets.
        snd_cwnd: u32,
        /// Reordering, packets.
        reordering: u32,
        /// Shortest round trip time, microseconds.
        min_rtt: u32,
    }

    /// `extended_entities`, flow record 0:2210: what the packet's ends belong to. [sFlow discussion]
    ///
    /// Class 0 and index 0 stand for unknown.
    ExtendedEntities = "extended_entities" 0:2210 {
        /// Where it came from.
        src_ds: DataSource,
        /// Where it is sent to.
        dst_ds: DataSource,
    }
}
