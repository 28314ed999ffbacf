//! The yardstick: a loop that takes datagrams as the program does, and only counts them.

#![allow(unsafe_code, reason = "recvmmsg has no safe interface that does not allocate")]

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::fd::AsRawFd;
use std::ptr;
use std::thread::sleep;
use std::time::Duration;

use socket2::{Domain, Socket, Type};

use crate::rig::RECEIVE_BUFFER;

const BATCH: usize = 64;
const SLOT: usize = 65_508;

/// Takes datagrams until the process is ended, with or without a nap after each batch that is not full.
pub fn run(port: u16, nap: bool) -> io::Result<()> {
    let socket = Socket::new(Domain::IPV4, Type::DGRAM, None)?;
    rustix::net::sockopt::set_socket_recv_buffer_size_force(&socket, RECEIVE_BUFFER)
        .or_else(|_| rustix::net::sockopt::set_socket_recv_buffer_size(&socket, RECEIVE_BUFFER))?;
    socket.bind(&SocketAddr::from((Ipv4Addr::UNSPECIFIED, port)).into())?;
    let mut bytes = vec![0_u8; BATCH * SLOT];
    let mut vectors: Vec<libc::iovec> = bytes
        .chunks_exact_mut(SLOT)
        .map(|slot| libc::iovec { iov_base: slot.as_mut_ptr().cast(), iov_len: slot.len() })
        .collect();
    let mut headers: Vec<libc::mmsghdr> = vectors
        .iter_mut()
        .map(|vector| {
            // SAFETY: mmsghdr is plain data, for which zeros and null pointers are valid.
            let mut header: libc::mmsghdr = unsafe { std::mem::zeroed() };
            header.msg_hdr.msg_iov = vector;
            header.msg_hdr.msg_iovlen = 1;
            header
        })
        .collect();
    let mut counted = 0_u64;
    loop {
        // SAFETY: each header points to a vector, and that to a slot, all of which live as long as this loop.
        let count = unsafe {
            libc::recvmmsg(
                socket.as_raw_fd(),
                headers.as_mut_ptr(),
                BATCH as libc::c_uint,
                libc::MSG_WAITFORONE as _,
                ptr::null_mut(),
            )
        };
        match usize::try_from(count) {
            Err(_) => return Err(io::Error::last_os_error()),
            Ok(count) => {
                counted = std::hint::black_box(counted + count as u64);
                if nap && count < BATCH {
                    sleep(Duration::from_micros(100));
                }
            }
        }
    }
}
