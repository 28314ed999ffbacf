//! Where a live capture's datagrams come from: a socket of our own, a tap on somebody else's, or Kafka.

use std::io;
use std::os::fd::BorrowedFd;

use sflowcap::capture::Received;

use crate::Failure;
use crate::config::Config;
#[cfg(feature = "kafka")]
use crate::kafka::Consumer;
use crate::receive::{self, Receiver};
use crate::sflow_rt::Forwarding;
use crate::tap::Tap;

/// A live source.
pub enum Source {
    Udp(Receiver),
    Tap(Tap),
    #[cfg(feature = "kafka")]
    Kafka(Consumer),
}

impl Source {
    /// Opens what a configuration names. sFlow-RT, where it is asked to send, stops when the second value is dropped.
    pub fn open(config: &Config) -> Result<(Self, Option<Forwarding>), Failure> {
        #[cfg(feature = "kafka")]
        if let Some(consume) = &config.consume {
            return Ok((Source::Kafka(Consumer::open(consume)?), None));
        }
        let source = match &config.tap {
            Some(interface) => Source::Tap(Tap::start(interface, config.listen.port)?),
            None => Source::Udp(Receiver::new(receive::open(&config.listen)?)),
        };
        let sflow_rt = config.sflow_rt.as_ref();
        let forwarding = sflow_rt.map(|url| Forwarding::start(url, config.listen.port, config.advertise));
        Ok((source, forwarding.transpose()?))
    }

    /// Begins, where there is more to do than to take what comes: a thread that is started can do what this one can by now.
    pub fn start(&mut self) {
        match self {
            Source::Udp(_) | Source::Tap(_) => {}
            #[cfg(feature = "kafka")]
            Source::Kafka(consumer) => consumer.start(),
        }
    }

    /// The descriptor to wait on.
    pub fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Source::Udp(receiver) => receiver.as_fd(),
            Source::Tap(tap) => tap.as_fd(),
            #[cfg(feature = "kafka")]
            Source::Kafka(consumer) => consumer.as_fd(),
        }
    }

    /// Takes the datagrams that wait, up to a batch of them, without waiting. Returns how many there are.
    pub fn receive(&mut self) -> io::Result<usize> {
        match self {
            Source::Udp(receiver) => receiver.receive(),
            Source::Tap(tap) => tap.receive(),
            #[cfg(feature = "kafka")]
            Source::Kafka(consumer) => consumer.receive(),
        }
    }

    /// A datagram of the last batch.
    pub fn datagram(&self, place: usize) -> Received<'_> {
        match self {
            Source::Udp(receiver) => receiver.datagram(place),
            Source::Tap(tap) => tap.datagram(),
            #[cfg(feature = "kafka")]
            Source::Kafka(consumer) => consumer.datagram(place),
        }
    }

    /// Whether a datagram of the last batch was longer than there is room for.
    pub fn is_cut(&self, place: usize) -> bool {
        match self {
            Source::Udp(receiver) => receiver.is_cut(place),
            Source::Tap(_) => false,
            #[cfg(feature = "kafka")]
            Source::Kafka(_) => false,
        }
    }

    /// Whether what is not taken now can be taken later, so that nothing need be lost to a slow reader.
    pub fn is_patient(&self) -> bool {
        match self {
            Source::Udp(_) | Source::Tap(_) => false,
            #[cfg(feature = "kafka")]
            Source::Kafka(_) => true,
        }
    }

    /// Whether more datagrams may wait.
    pub fn is_full(&self) -> bool {
        match self {
            Source::Udp(receiver) => receiver.is_full(),
            // It takes them one by one.
            Source::Tap(_) => true,
            #[cfg(feature = "kafka")]
            Source::Kafka(_) => true,
        }
    }

    /// A 32-bit count of what was dropped before it came here, where it is known.
    pub fn lost(&mut self) -> Option<u32> {
        match self {
            Source::Udp(receiver) => receiver.lost(),
            Source::Tap(tap) => tap.lost(),
            #[cfg(feature = "kafka")]
            Source::Kafka(consumer) => Some(consumer.status().lost as u32),
        }
    }

    /// What that count is of.
    pub fn lost_where(&self) -> &'static str {
        match self {
            Source::Udp(_) | Source::Tap(_) => "datagrams dropped by kernel",
            #[cfg(feature = "kafka")]
            Source::Kafka(_) => "messages deleted from Kafka before they were read",
        }
    }

    /// What is still to be taken from a source that waits; none where it doesn't.
    pub fn lag(&self) -> Option<u64> {
        match self {
            Source::Udp(_) | Source::Tap(_) => None,
            #[cfg(feature = "kafka")]
            Source::Kafka(consumer) => Some(consumer.status().lag),
        }
    }

    /// What else there is to tell of it at the end.
    pub fn left(&self) -> [(u64, &'static str); 2] {
        let other = match self {
            Source::Udp(_) | Source::Tap(_) => 0,
            #[cfg(feature = "kafka")]
            Source::Kafka(consumer) => consumer.status().other,
        };
        [(other, "messages that are no sFlow"), (self.lag().unwrap_or(0), "messages still to be read")]
    }

    /// Takes no more from outside; what is on its way can still be received.
    pub fn stop(&mut self) {
        match self {
            Source::Udp(_) => {}
            Source::Tap(tap) => tap.stop(),
            #[cfg(feature = "kafka")]
            Source::Kafka(_) => {}
        }
    }

    /// Whether nothing is on its way any more, after a stop.
    pub fn is_over(&self) -> bool {
        match self {
            // What a socket has it hands over without waiting.
            Source::Udp(_) => true,
            Source::Tap(tap) => tap.is_over(),
            // What it has it keeps.
            #[cfg(feature = "kafka")]
            Source::Kafka(_) => true,
        }
    }
}
