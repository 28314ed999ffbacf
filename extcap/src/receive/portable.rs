//! The receiver for other systems: one `recvfrom` a datagram, the time of reading as time of arrival.

use std::io;
use std::net::{IpAddr, UdpSocket};
use std::os::fd::{AsFd, BorrowedFd};

use sflowcap::capture::Received;

use super::{BATCH, SLOT, now};

/// What came with a datagram.
#[derive(Clone, Copy, Debug)]
struct Arrival {
    timestamp: u64,
    sender: IpAddr,
    length: usize,
}

/// A socket and the last batch of datagrams read from it.
pub struct Receiver {
    socket: UdpSocket,
    bytes: Box<[u8]>,
    arrivals: Vec<Arrival>,
}

impl Receiver {
    /// Takes over a socket.
    pub fn new(socket: UdpSocket) -> Self {
        Receiver { socket, bytes: vec![0; BATCH * SLOT].into(), arrivals: Vec::with_capacity(BATCH) }
    }

    /// The descriptor to wait on.
    pub fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }

    /// Reads the datagrams that wait, up to a batch of them, without waiting. Returns how many there are.
    pub fn receive(&mut self) -> io::Result<usize> {
        self.arrivals.clear();
        for slot in self.bytes.chunks_exact_mut(SLOT) {
            match self.socket.recv_from(slot) {
                Ok((length, sender)) => {
                    self.arrivals.push(Arrival { timestamp: now(), sender: sender.ip(), length });
                }
                Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => break,
                Err(error) if self.arrivals.is_empty() => return Err(error),
                Err(_) => break,
            }
        }
        Ok(self.arrivals.len())
    }

    /// A datagram of the last batch.
    pub fn datagram(&self, place: usize) -> Received<'_> {
        let Arrival { timestamp, sender, length } = self.arrivals[place];
        Received { timestamp, sender, bytes: &self.bytes[place * SLOT..][..length] }
    }

    /// Whether a datagram of the last batch was longer than its slot, and lost its end.
    pub fn is_cut(&self, place: usize) -> bool {
        self.arrivals[place].length == SLOT
    }

    /// Whether more datagrams may wait.
    pub fn is_full(&self) -> bool {
        self.arrivals.len() == BATCH
    }

    /// Other systems do not tell what they dropped.
    #[allow(clippy::unused_self, reason = "the interface is the same everywhere")]
    pub fn lost(&self) -> Option<u32> {
        None
    }
}
