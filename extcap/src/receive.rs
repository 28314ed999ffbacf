//! Receiving datagrams: one UDP socket, read in batches.
//!
//! On Linux `recvmmsg` takes many datagrams a call, each with the kernel's time of arrival, and the socket tells how many it
//! had to drop. Elsewhere they are read one by one.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::time::{SystemTime, UNIX_EPOCH};

use sflowcap::datagram::MAX_DATAGRAM;
use socket2::{Domain, Protocol, Socket, Type};

use crate::Failure;
use crate::config::Listen;
use holder::Holder;

mod holder;
#[cfg(target_os = "linux")]
mod linux;
pub mod pace;
#[cfg(any(test, not(target_os = "linux")))]
mod portable;

#[cfg(target_os = "linux")]
pub use linux::Receiver;
#[cfg(not(target_os = "linux"))]
pub use portable::Receiver;

/// Datagrams that one call may take.
const BATCH: usize = 64;

/// Room for a datagram, and for a byte more, so that one that is too long shows: IPv6 can carry 20 bytes more than IPv4.
const SLOT: usize = MAX_DATAGRAM + 1;

/// The time in nanoseconds since 1970.
pub fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_nanos() as u64)
}

/// Whether a failure to receive is one that passes: the network or the memory is not there for a moment.
pub fn passes(error: &io::Error) -> bool {
    use rustix::io::Errno;
    let passing = [
        Errno::NOMEM,
        Errno::NOBUFS,
        Errno::NETDOWN,
        Errno::NETUNREACH,
        Errno::HOSTDOWN,
        Errno::HOSTUNREACH,
        Errno::CONNREFUSED,
    ];
    Errno::from_io_error(error).is_some_and(|errno| passing.contains(&errno))
}

/// Opens the socket that a capture listens on.
pub fn open(listen: &Listen) -> Result<UdpSocket, Failure> {
    let (address, socket) = match listen.address {
        Some(address) => (address, socket(address)),
        // One socket for both families. Hosts without IPv6 have only the other.
        None => match socket(Ipv6Addr::UNSPECIFIED.into()) {
            Ok(socket) => (Ipv6Addr::UNSPECIFIED.into(), Ok(socket)),
            Err(_) => (Ipv4Addr::UNSPECIFIED.into(), socket(Ipv4Addr::UNSPECIFIED.into())),
        },
    };
    let socket = socket.map_err(|error| Failure::new(format!("no UDP socket for {address}: {error}")))?;
    if address.is_ipv6() {
        let both = listen.address.is_none();
        socket.set_only_v6(!both).map_err(|error| Failure::new(format!("IPv6 socket: {error}")))?;
    }
    enlarge(&socket, listen.receive_buffer);
    // Without SO_REUSEADDR: with it a second listener would silently take the first one's datagrams.
    let bound = socket.bind(&SocketAddr::new(address, listen.port).into());
    bound.map_err(|error| cannot_bind(listen, address, &error))?;
    join(&socket, address)?;
    socket.set_nonblocking(true).map_err(|error| Failure::new(format!("UDP socket: {error}")))?;
    Ok(socket.into())
}

fn socket(address: IpAddr) -> io::Result<Socket> {
    let domain = if address.is_ipv4() { Domain::IPV4 } else { Domain::IPV6 };
    Socket::new(domain, Type::DGRAM, Some(Protocol::UDP))
}

fn cannot_bind(listen: &Listen, address: IpAddr, error: &io::Error) -> Failure {
    let port = listen.port;
    let at = listen.address.map(|address| format!(" on {address}")).unwrap_or_default();
    Failure::new(match error.kind() {
        io::ErrorKind::AddrInUse => {
            let holder = holder(port, holder::of_port(port));
            format!(
                "UDP port {port}{at} is taken by {holder}; stop it, or watch its sFlow with --tap, or send sFlow to another port \
                 and choose that with --port (for tshark: -o extcap.sflow.port:N)"
            )
        }
        io::ErrorKind::AddrNotAvailable => {
            format!("--listen: '{address}' is not an address of this host: \"ip address\" lists those that are")
        }
        io::ErrorKind::PermissionDenied => {
            format!(
                "--port: '{port}' is not allowed for this user: ports below 1024 need privileges, choose a higher one"
            )
        }
        _ => format!("UDP port {port}{at}: {error}"),
    })
}

/// Who has a port, or how to find that out.
fn holder(port: u16, holder: Option<Holder>) -> String {
    let unknown = || format!("another program: \"ss -ulpn sport = :{port}\" as root tells which");
    holder.map_or_else(unknown, |holder| holder.to_string())
}

/// A multicast group must be joined to be heard.
fn join(socket: &Socket, group: IpAddr) -> Result<(), Failure> {
    let joined = match group {
        IpAddr::V4(group) if group.is_multicast() => socket.join_multicast_v4(&group, &Ipv4Addr::UNSPECIFIED),
        IpAddr::V6(group) if group.is_multicast() => socket.join_multicast_v6(&group, 0),
        _ => Ok(()),
    };
    joined.map_err(|error| Failure::new(format!("--listen: the multicast group '{group}' cannot be joined: {error}")))
}

/// What is asked for when there is no wish: more than any burst needs, and the kernel cuts it to what it allows.
const LARGE_BUFFER: usize = 256 * 1024 * 1024;

/// Asks for a large socket buffer, and tells what came of it. Less than asked for is no failure.
fn enlarge(socket: &Socket, wish: Option<usize>) {
    let bytes = wish.unwrap_or(LARGE_BUFFER);
    if !force_buffer(socket, bytes) {
        if let Err(error) = socket.set_recv_buffer_size(bytes) {
            tracing::warn!("receive buffer: {error}");
        }
    }
    // Linux reports twice the size, half of it for its own bookkeeping.
    let got = socket.recv_buffer_size().unwrap_or(0) / if cfg!(target_os = "linux") { 2 } else { 1 };
    if wish.is_some_and(|wish| got < wish) {
        tracing::warn!(
            "receive buffer: {got} bytes instead of {bytes}: sysctl -w net.core.rmem_max={bytes} allows more"
        );
    } else {
        tracing::info!("receive buffer: {got} bytes; sysctl net.core.rmem_max is the limit without privileges");
    }
}

/// Past the limit for ordinary users, where privileges allow it.
#[cfg(target_os = "linux")]
fn force_buffer(socket: &Socket, bytes: usize) -> bool {
    rustix::net::sockopt::set_socket_recv_buffer_size_force(socket, bytes).is_ok()
}

#[cfg(not(target_os = "linux"))]
fn force_buffer(_: &Socket, _: usize) -> bool {
    false
}

#[cfg(test)]
mod tests;
