//! The Linux receiver: `recvmmsg` with time stamps and drop counts. See socket(7), ip(7) and recvmmsg(2).

#![allow(unsafe_code, reason = "recvmmsg and its control messages have no safe interface that does not allocate")]

use std::io;
use std::mem::{self, MaybeUninit};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, UdpSocket};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::ptr;

use sflowcap::capture::Received;

use super::{BATCH, SLOT, now};

/// From one slot to the next. At a distance of nearly 64 KiB the datagrams of a batch would all lie in the same few sets of a
/// processor's caches, and push each other out; so, those of usual size lie side by side.
const STRIDE: usize = (1 << 16) + 1536;

/// Room for the control messages of a datagram: a time stamp, aligned as the kernel wants it.
#[repr(C, align(8))]
#[derive(Clone, Copy)]
struct Control([u8; 64]);

/// The buffers that a call of `recvmmsg` fills. The headers point into the other vectors, which are never resized, so that
/// what they hold never moves.
struct Buffers {
    headers: Vec<libc::mmsghdr>,
    _vectors: Vec<libc::iovec>,
    names: Vec<libc::sockaddr_storage>,
    _controls: Vec<Control>,
    bytes: Vec<u8>,
}

impl Buffers {
    fn new() -> Self {
        // Pages of a slot that no datagram reaches are never touched, and so take no memory.
        let mut bytes = vec![0_u8; BATCH * STRIDE];
        let mut vectors: Vec<libc::iovec> = bytes
            .chunks_exact_mut(STRIDE)
            .map(|slot| libc::iovec { iov_base: slot.as_mut_ptr().cast(), iov_len: SLOT })
            .collect();
        // SAFETY: sockaddr_storage is plain data, for which zeros are valid.
        let zero_name: libc::sockaddr_storage = unsafe { mem::zeroed() };
        let mut names = vec![zero_name; BATCH];
        let mut controls = vec![Control([0; 64]); BATCH];
        let headers = (0..BATCH)
            .map(|slot| {
                // SAFETY: mmsghdr is plain data, for which zeros and null pointers are valid.
                let mut header: libc::mmsghdr = unsafe { mem::zeroed() };
                header.msg_hdr.msg_name = (&raw mut names[slot]).cast();
                header.msg_hdr.msg_iov = &raw mut vectors[slot];
                header.msg_hdr.msg_iovlen = 1;
                header.msg_hdr.msg_control = (&raw mut controls[slot]).cast();
                make_ready(&mut header.msg_hdr);
                header
            })
            .collect();
        Buffers { headers, _vectors: vectors, names, _controls: controls, bytes }
    }
}

/// States the room that a message's buffers have; the kernel states there what it has used of it.
fn make_ready(message: &mut libc::msghdr) {
    message.msg_namelen = mem::size_of::<libc::sockaddr_storage>() as _;
    message.msg_controllen = mem::size_of::<Control>() as _;
}

/// A socket and the last batch of datagrams read from it.
pub struct Receiver {
    socket: UdpSocket,
    buffers: Buffers,
    received: usize,
}

impl Receiver {
    /// Takes over a socket. A kernel that gives no time stamps is told of in the log; the time of reading stands in.
    pub fn new(socket: UdpSocket) -> Self {
        let on: libc::c_int = 1;
        // SAFETY: the option's value is an int, and lives during the call.
        let status = unsafe {
            libc::setsockopt(
                socket.as_raw_fd(),
                libc::SOL_SOCKET,
                libc::SO_TIMESTAMPNS,
                (&raw const on).cast(),
                mem::size_of_val(&on) as libc::socklen_t,
            )
        };
        if status < 0 {
            tracing::warn!("no kernel time stamps: {}", io::Error::last_os_error());
        }
        Receiver { socket, buffers: Buffers::new(), received: 0 }
    }

    /// The descriptor to wait on.
    pub fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }

    /// Reads the datagrams that wait, up to a batch of them, without waiting. Returns how many there are.
    pub fn receive(&mut self) -> io::Result<usize> {
        for header in &mut self.buffers.headers[..self.received] {
            make_ready(&mut header.msg_hdr);
        }
        self.received = 0;
        // SAFETY: each header points to a name, a vector and a control buffer of the lengths it states, all owned by
        // self.buffers, which nothing else reads or writes during the call.
        let count = unsafe {
            libc::recvmmsg(
                self.socket.as_raw_fd(),
                self.buffers.headers.as_mut_ptr(),
                BATCH as libc::c_uint,
                libc::MSG_DONTWAIT as _,
                ptr::null_mut(),
            )
        };
        match usize::try_from(count) {
            Ok(count) => {
                self.received = count;
                Ok(count)
            }
            Err(_) => match io::Error::last_os_error() {
                error if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => Ok(0),
                error => Err(error),
            },
        }
    }

    /// A datagram of the last batch.
    pub fn datagram(&self, place: usize) -> Received<'_> {
        let header = &self.buffers.headers[..self.received][place];
        let length = (header.msg_len as usize).min(SLOT);
        Received {
            timestamp: arrival(&header.msg_hdr).unwrap_or_else(now),
            sender: sender(&self.buffers.names[place]),
            bytes: &self.buffers.bytes[place * STRIDE..][..length],
        }
    }

    /// Whether a datagram of the last batch was longer than its slot, and lost its end.
    pub fn is_cut(&self, place: usize) -> bool {
        self.buffers.headers[place].msg_hdr.msg_flags & libc::MSG_TRUNC != 0
    }

    /// Whether more datagrams may wait.
    pub fn is_full(&self) -> bool {
        self.received == BATCH
    }

    /// Datagrams that the kernel dropped because the socket's buffer was full, since the socket was opened. `None` where the
    /// kernel does not tell.
    pub fn lost(&self) -> Option<u32> {
        let mut words = [0_u32; 9]; // SK_MEMINFO_VARS
        let mut length = mem::size_of_val(&words) as libc::socklen_t;
        // SAFETY: the kernel writes at most `length` bytes, which `words` has.
        let status = unsafe {
            libc::getsockopt(
                self.socket.as_raw_fd(),
                libc::SOL_SOCKET,
                libc::SO_MEMINFO,
                words.as_mut_ptr().cast(),
                &raw mut length,
            )
        };
        (status == 0 && length as usize == mem::size_of_val(&words)).then_some(words[8]) // SK_MEMINFO_DROPS
    }
}

/// The kernel's time stamp among a message's control messages.
fn arrival(message: &libc::msghdr) -> Option<u64> {
    // SAFETY: the kernel filled the control buffer that message describes; it is valid as long as message's owner is.
    let mut control = unsafe { libc::CMSG_FIRSTHDR(message) };
    while !control.is_null() {
        // SAFETY: CMSG_FIRSTHDR and CMSG_NXTHDR return null or a header within the control buffer.
        let header = unsafe { &*control };
        if header.cmsg_level == libc::SOL_SOCKET && header.cmsg_type == libc::SCM_TIMESTAMPNS {
            let mut time = MaybeUninit::<libc::timespec>::uninit();
            // SAFETY: a message of this type holds a timespec, maybe unaligned; the copy makes it aligned.
            let time = unsafe {
                ptr::copy_nonoverlapping(
                    libc::CMSG_DATA(control),
                    time.as_mut_ptr().cast::<u8>(),
                    mem::size_of::<libc::timespec>(),
                );
                time.assume_init()
            };
            return u64::try_from(time.tv_sec).ok()?.checked_mul(1_000_000_000)?.checked_add(time.tv_nsec as u64);
        }
        // SAFETY: as above.
        control = unsafe { libc::CMSG_NXTHDR(message, control) };
    }
    None
}

/// The sender's address.
fn sender(name: &libc::sockaddr_storage) -> IpAddr {
    let name: *const libc::sockaddr_storage = name;
    // SAFETY: sockaddr_storage is large and aligned enough for either address, and plain data throughout.
    unsafe {
        match libc::c_int::from((*name).ss_family) {
            libc::AF_INET => {
                let address = &*name.cast::<libc::sockaddr_in>();
                IpAddr::V4(Ipv4Addr::from_bits(u32::from_be(address.sin_addr.s_addr)))
            }
            libc::AF_INET6 => IpAddr::V6((*name.cast::<libc::sockaddr_in6>()).sin6_addr.s6_addr.into()),
            _ => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
        }
    }
}

// A time stamp's control message fits.
const _: () = assert!(mem::size_of::<Control>() >= 16 + mem::size_of::<libc::timespec>());
