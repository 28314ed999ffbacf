//! Both receivers keep the same promises.

use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::time::{SystemTime, UNIX_EPOCH};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::*;

fn nanoseconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos() as u64
}

/// The loopback addresses that this host has: containers often have no IPv6.
fn loopbacks() -> impl Iterator<Item = &'static str> {
    ["127.0.0.1", "::1"].into_iter().filter(|address| {
        let is_there = UdpSocket::bind((*address, 0)).is_ok();
        if !is_there {
            println!("skipped: {address} is not there");
        }
        is_there
    })
}

/// A listening socket on a free port of an address, and a socket that sends to it.
fn pair(address: &str) -> (UdpSocket, UdpSocket) {
    let address: IpAddr = address.parse().unwrap();
    let receiver = open(&Listen { port: 0, address: Some(address), receive_buffer: None }).unwrap();
    let sender = UdpSocket::bind(SocketAddr::new(address, 0)).unwrap();
    sender.connect(receiver.local_addr().unwrap()).unwrap();
    (receiver, sender)
}

macro_rules! receiver_tests {
    ($name:ident) => {
        mod $name {
            use super::*;
            use crate::receive::$name::Receiver;

            /// Loopback delivers while it sends: what was sent is there to be read.
            fn received(receiver: &mut Receiver) -> Vec<(u64, IpAddr, Vec<u8>)> {
                let mut all = Vec::new();
                loop {
                    let count = receiver.receive().unwrap();
                    if count == 0 {
                        return all;
                    }
                    for place in 0..count {
                        let datagram = receiver.datagram(place);
                        all.push((datagram.timestamp, datagram.sender, datagram.bytes.to_vec()));
                    }
                }
            }

            #[test]
            fn datagrams_come_whole_in_order_and_with_their_time_and_sender() {
                for address in loopbacks() {
                    let (socket, sender) = pair(address);
                    let mut receiver = Receiver::new(socket);
                    let before = nanoseconds();
                    for number in 0..200_u32 {
                        sender.send(&number.to_be_bytes()).unwrap();
                    }
                    let all = received(&mut receiver);
                    let after = nanoseconds();
                    assert_eq!(all.len(), 200);
                    for (number, (timestamp, from, bytes)) in all.iter().enumerate() {
                        assert_eq!(bytes[..], (number as u32).to_be_bytes());
                        assert!((before..=after).contains(timestamp), "{before} {timestamp} {after}");
                        assert_eq!(*from, address.parse::<IpAddr>().unwrap());
                    }
                }
            }

            #[test]
            fn receiving_allocates_nothing() {
                let (socket, sender) = pair("127.0.0.1");
                let mut receiver = Receiver::new(socket);
                let mut all = 0;
                let allocations = allocation_counter::measure(|| {
                    for _ in 0..3 {
                        for _ in 0..=BATCH {
                            sender.send(&[5; 1372]).unwrap();
                        }
                        for waiting in [BATCH, 1, 0] {
                            assert_eq!(receiver.receive().unwrap(), waiting);
                            all += (0..waiting).map(|place| receiver.datagram(place).bytes.len()).sum::<usize>();
                        }
                        _ = receiver.lost();
                    }
                });
                assert_eq!((all, allocations.count_total), (3 * (BATCH + 1) * 1372, 0));
            }

            #[test]
            fn the_largest_datagram_fits() {
                let (socket, sender) = pair("127.0.0.1");
                let mut receiver = Receiver::new(socket);
                let bytes: Vec<u8> = (0..MAX_DATAGRAM).map(|place| place as u8).collect();
                sender.send(&bytes).unwrap();
                sender.send(b"after").unwrap();
                let all = received(&mut receiver);
                assert_eq!(all[0].2, bytes);
                assert_eq!(all[1].2, b"after");
            }

            #[test]
            fn a_datagram_that_is_too_long_is_known_as_cut() {
                // Only IPv6 can carry one.
                if !loopbacks().any(|address| address == "::1") {
                    return;
                }
                let (socket, sender) = pair("::1");
                let mut receiver = Receiver::new(socket);
                for length in [SLOT + 1, MAX_DATAGRAM] {
                    sender.send(&vec![7; length]).unwrap();
                }
                assert_eq!(receiver.receive().unwrap(), 2);
                assert_eq!([0, 1].map(|place| receiver.is_cut(place)), [true, false]);
                assert_eq!([0, 1].map(|place| receiver.datagram(place).bytes.len()), [SLOT, MAX_DATAGRAM]);
            }

            #[test]
            fn nothing_waiting_is_no_error() {
                let (socket, _sender) = pair("127.0.0.1");
                let mut receiver = Receiver::new(socket);
                assert_eq!(receiver.receive().unwrap(), 0);
                assert!(!receiver.is_full());
                assert_eq!(receiver.lost().unwrap_or(0), 0);
            }

            #[test]
            fn a_full_batch_says_that_more_may_wait_and_so_does_poll() {
                let (socket, sender) = pair("127.0.0.1");
                let mut receiver = Receiver::new(socket);
                for _ in 0..=BATCH {
                    sender.send(b"x").unwrap();
                }
                for (count, waiting) in [(BATCH, 1), (1, 0)] {
                    assert_eq!(receiver.receive().unwrap(), count);
                    assert_eq!(receiver.is_full(), count == BATCH);
                    let mut readable = [PollFd::from_borrowed_fd(receiver.as_fd(), PollFlags::IN)];
                    assert_eq!(poll(&mut readable, Some(&Timespec::default())).unwrap(), waiting);
                }
            }
        }
    };
}

receiver_tests!(portable);
#[cfg(target_os = "linux")]
receiver_tests!(linux);

#[cfg(target_os = "linux")]
#[test]
fn the_kernels_drops_are_counted_to_the_datagram() {
    let (socket, sender) = pair("127.0.0.1");
    socket2::SockRef::from(&socket).set_recv_buffer_size(4096).unwrap();
    let mut receiver = Receiver::new(socket);
    for _ in 0..100 {
        sender.send(&[0; 1000]).unwrap();
    }
    let mut taken = 0;
    loop {
        match receiver.receive().unwrap() {
            0 => break,
            count => taken += count,
        }
    }
    assert!(taken < 100);
    assert_eq!(taken + receiver.lost().unwrap() as usize, 100);
}

#[test]
fn a_socket_for_all_addresses_hears_both_families() {
    let socket = open(&Listen { port: 0, address: None, receive_buffer: None }).unwrap();
    let port = socket.local_addr().unwrap().port();
    let mut receiver = Receiver::new(socket);
    for address in loopbacks() {
        let address: IpAddr = address.parse().unwrap();
        let sender = UdpSocket::bind(SocketAddr::new(address, 0)).unwrap();
        sender.send_to(b"x", SocketAddr::new(address, port)).unwrap();
        assert_eq!(receiver.receive().unwrap(), 1, "{address}");
    }
}

#[test]
fn a_taken_port_is_told_with_its_holder_or_how_to_find_it() {
    let (socket, _sender) = pair("127.0.0.1");
    let port = socket.local_addr().unwrap().port();
    let listen = Listen { port, address: Some("127.0.0.1".parse().unwrap()), receive_buffer: None };
    let failure = open(&listen).unwrap_err().to_string();
    assert!(failure.starts_with(&format!("UDP port {port} on 127.0.0.1 is taken by ")), "{failure}");
    assert!(failure.contains(&format!(" (process {}); stop it", std::process::id())), "{failure}");
    // Of another user's program, who it is cannot be known.
    assert!(holder(port, None).contains(&format!("another program: \"ss -ulpn sport = :{port}\"")));
}

#[test]
fn an_address_that_is_not_ours_is_told() {
    let listen = Listen { port: 0, address: Some("192.0.2.1".parse().unwrap()), receive_buffer: None };
    let failure = open(&listen).unwrap_err().to_string();
    assert!(failure.starts_with("--listen: '192.0.2.1' is not an address of this host"), "{failure}");
}

#[test]
fn a_multicast_group_is_joined() {
    let group: IpAddr = "239.192.0.1".parse().unwrap();
    let socket = open(&Listen { port: 0, address: Some(group), receive_buffer: None });
    // A host without a route for multicast refuses to join, and says so.
    if let Err(failure) = &socket {
        assert!(failure.to_string().contains("multicast group '239.192.0.1' cannot be joined"), "{failure}");
    }
}
