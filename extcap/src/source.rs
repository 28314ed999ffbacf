//! Where a live capture's datagrams come from: a socket of our own, or a tap on somebody else's.

use std::io;
use std::os::fd::BorrowedFd;

use sflowcap::capture::Received;

use crate::Failure;
use crate::config::Config;
use crate::receive::{self, Receiver};
use crate::sflow_rt::Forwarding;
use crate::tap::Tap;

/// A live source.
pub enum Source {
    Udp(Receiver),
    Tap(Tap),
}

impl Source {
    /// Opens what a configuration names. sFlow-RT, where it is asked to send, stops when the second value is dropped.
    pub fn open(config: &Config) -> Result<(Self, Option<Forwarding>), Failure> {
        let source = match &config.tap {
            Some(interface) => Source::Tap(Tap::start(interface, config.listen.port)?),
            None => Source::Udp(Receiver::new(receive::open(&config.listen)?)),
        };
        let sflow_rt = config.sflow_rt.as_ref();
        let forwarding = sflow_rt.map(|url| Forwarding::start(url, config.listen.port, config.advertise));
        Ok((source, forwarding.transpose()?))
    }

    /// The descriptor to wait on.
    pub fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Source::Udp(receiver) => receiver.as_fd(),
            Source::Tap(tap) => tap.as_fd(),
        }
    }

    /// Takes the datagrams that wait, up to a batch of them, without waiting. Returns how many there are.
    pub fn receive(&mut self) -> io::Result<usize> {
        match self {
            Source::Udp(receiver) => receiver.receive(),
            Source::Tap(tap) => tap.receive(),
        }
    }

    /// A datagram of the last batch.
    pub fn datagram(&self, place: usize) -> Received<'_> {
        match self {
            Source::Udp(receiver) => receiver.datagram(place),
            Source::Tap(tap) => tap.datagram(),
        }
    }

    /// Whether a datagram of the last batch was longer than there is room for.
    pub fn is_cut(&self, place: usize) -> bool {
        match self {
            Source::Udp(receiver) => receiver.is_cut(place),
            Source::Tap(_) => false,
        }
    }

    /// Whether more datagrams may wait.
    pub fn is_full(&self) -> bool {
        match self {
            Source::Udp(receiver) => receiver.is_full(),
            // It takes them one by one.
            Source::Tap(_) => true,
        }
    }

    /// The kernel's 32-bit count of what it dropped, where it is known.
    pub fn lost(&mut self) -> Option<u32> {
        match self {
            Source::Udp(receiver) => receiver.lost(),
            Source::Tap(tap) => tap.lost(),
        }
    }

    /// Takes no more from outside; what is on its way can still be received.
    pub fn stop(&mut self) {
        match self {
            Source::Udp(_) => {}
            Source::Tap(tap) => tap.stop(),
        }
    }

    /// Whether nothing is on its way any more, after a stop.
    pub fn is_over(&self) -> bool {
        match self {
            // What a socket has it hands over without waiting.
            Source::Udp(_) => true,
            Source::Tap(tap) => tap.is_over(),
        }
    }
}
