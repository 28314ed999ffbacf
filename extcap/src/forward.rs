//! `--forward`: copies of datagrams for other collectors, so that this program can stand before them.
//!
//! Every datagram is copied on as it came, before anything is selected. Nothing here waits: what the network does not take at
//! once is lost to that collector and counted, and so are the ICMP errors of one that does not listen. Collectors see this
//! host as the sender; which agent a datagram is of stands in the datagram itself.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs, UdpSocket};
use std::str::FromStr;

use sflowcap::datagram::PORT;

use crate::Failure;
use crate::config::Listen;

/// A collector as typed: `HOST`, `HOST:PORT`, and for IPv6 `ADDRESS`, `[ADDRESS]` or `[ADDRESS]:PORT`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destination {
    host: String,
    port: u16,
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Destination { host, port } = self;
        if host.contains(':') { write!(f, "[{host}]:{port}") } else { write!(f, "{host}:{port}") }
    }
}

/// Text that names no collector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoDestination(String);

impl fmt::Display for NoDestination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "'{}' is not HOST or HOST:PORT, or [ADDRESS]:PORT for IPv6", self.0)
    }
}

impl FromStr for Destination {
    type Err = NoDestination;

    fn from_str(text: &str) -> Result<Self, NoDestination> {
        let (host, port) = split(text, PORT).ok_or_else(|| NoDestination(text.to_owned()))?;
        Ok(Destination { host: host.to_owned(), port })
    }
}

/// A host, and its port or else the usual one.
pub fn split(text: &str, usual_port: u16) -> Option<(&str, u16)> {
    let with_port = |host, port: Option<&str>| {
        let is_number = |port: &&str| port.bytes().all(|digit| digit.is_ascii_digit());
        let number = |port: &str| Some(port).filter(is_number)?.parse().ok().filter(|port| *port > 0);
        let port = port.map_or(Some(usual_port), number)?;
        Some((host, port))
    };
    if let Some(bracketed) = text.strip_prefix('[') {
        let (address, rest) = bracketed.split_once(']')?;
        let address = address.parse::<Ipv6Addr>().is_ok().then_some(address)?;
        return if rest.is_empty() {
            with_port(address, None)
        } else {
            with_port(address, Some(rest.strip_prefix(':')?))
        };
    }
    if text.parse::<Ipv6Addr>().is_ok() {
        return with_port(text, None);
    }
    let (host, port) = text.split_once(':').map_or((text, None), |(host, port)| (host, Some(port)));
    let is_host = |character: char| !character.is_whitespace() && !matches!(character, '[' | ']' | '/');
    (!host.is_empty() && host.chars().all(is_host)).then(|| with_port(host, port))?
}

/// Collectors, separated by commas.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Destinations(Vec<Destination>);

impl Destinations {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromStr for Destinations {
    type Err = NoDestination;

    fn from_str(text: &str) -> Result<Self, NoDestination> {
        let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
        items.map(str::parse).collect::<Result<_, _>>().map(Destinations)
    }
}

/// A collector, and what it was sent.
#[derive(Debug)]
pub struct Target {
    name: String,
    socket: UdpSocket,
    /// Datagrams that the network took.
    sent: u64,
    /// Datagrams that it did not take.
    failed: u64,
    /// ICMP errors that came back for some that were sent.
    refused: u64,
}

impl Target {
    /// Looks the host up, and opens a socket to the first of its addresses that can be used.
    fn open(destination: &Destination, listen: Option<&Listen>) -> Result<Self, Failure> {
        let failed = |what: &dyn fmt::Display| Failure::new(format!("--forward: '{destination}': {what}"));
        let Destination { host, port } = destination;
        let addresses = (host.as_str(), *port)
            .to_socket_addrs()
            .map_err(|error| failed(&format_args!("no host of this name is known: {error}")))?;
        let mut outcome = Err(failed(&"the host has no address"));
        for address in addresses {
            if listen.is_some_and(|listen| hears(listen, address)) {
                return Err(failed(&"this is where sFlow is received; it would go round in circles"));
            }
            match connect(address) {
                Ok(socket) => {
                    tracing::info!("forwarding to {address}");
                    return Ok(Target { name: destination.to_string(), socket, sent: 0, failed: 0, refused: 0 });
                }
                Err(error) => outcome = Err(failed(&format_args!("{address} cannot be reached: {error}"))),
            }
        }
        outcome
    }

    fn send(&mut self, datagram: &[u8]) {
        let mut outcome = self.socket.send(datagram);
        // The socket reports an ICMP error in place of sending what comes next.
        if outcome.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::ConnectionRefused) {
            self.refused += 1;
            outcome = self.socket.send(datagram);
        }
        match outcome {
            Ok(_) => self.sent += 1,
            Err(_) => self.failed += 1,
        }
    }

    /// Counts an error that came since the last datagram was sent.
    fn settle(&mut self) {
        if let Ok(Some(_)) = self.socket.take_error() {
            self.refused += 1;
        }
    }

    fn is_well(&self) -> bool {
        self.failed == 0 && self.refused == 0
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Target { name, sent, failed, refused, .. } = self;
        write!(f, "{sent} datagrams forwarded to {name}")?;
        if *failed > 0 {
            write!(f, ", {failed} could not be sent")?;
        }
        if *refused > 0 {
            write!(f, ", {refused} ICMP errors came back")?;
        }
        Ok(())
    }
}

fn connect(address: SocketAddr) -> io::Result<UdpSocket> {
    let any: IpAddr = if address.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let socket = UdpSocket::bind((any, 0))?;
    socket.set_broadcast(true)?;
    socket.connect(address)?;
    socket.set_nonblocking(true)?;
    Ok(socket)
}

/// Whether what is sent to an address comes to the socket that we listen on.
fn hears(listen: &Listen, address: SocketAddr) -> bool {
    let target = actual(address.ip());
    address.port() == listen.port
        && match listen.address {
            Some(own) if !own.is_unspecified() => actual(own) == target,
            Some(own) if own.is_ipv4() != target.is_ipv4() => false,
            // Only an address of this host can be bound.
            _ => !target.is_multicast() && UdpSocket::bind((target, 0)).is_ok(),
        }
}

/// The address that a datagram to this one goes to.
fn actual(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(Ipv4Addr::UNSPECIFIED) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(Ipv6Addr::UNSPECIFIED) => Ipv6Addr::LOCALHOST.into(),
        other => other,
    }
}

/// Copies datagrams to each of some collectors.
#[derive(Debug, Default)]
pub struct Forwarder(Vec<Target>);

impl Forwarder {
    /// Looks all hosts up, once. With `listen`, where datagrams come in: none of them may be sent there.
    pub fn open(destinations: &Destinations, listen: Option<&Listen>) -> Result<Self, Failure> {
        destinations
            .0
            .iter()
            .map(|destination| Target::open(destination, listen))
            .collect::<Result<_, _>>()
            .map(Forwarder)
    }

    pub fn datagram(&mut self, datagram: &[u8]) {
        for target in &mut self.0 {
            target.send(datagram);
        }
    }

    /// The collectors, with what became of their datagrams so far.
    pub fn targets(&mut self) -> &[Target] {
        self.0.iter_mut().for_each(Target::settle);
        &self.0
    }

    /// Tells the same on standard error.
    pub fn print(mut self) {
        for target in self.targets() {
            crate::tell(format_args!("{target}"));
        }
    }

    pub fn log_end(&mut self) {
        for target in self.targets() {
            if target.is_well() {
                tracing::info!("end: {target}");
            } else {
                tracing::warn!("end: {target}");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    #[test]
    fn collectors_are_named_in_all_the_ways_that_people_write_them() {
        for (text, host, port) in [
            ("collector", "collector", 6343),
            ("collector.example.com:7000", "collector.example.com", 7000),
            ("192.0.2.1", "192.0.2.1", 6343),
            ("192.0.2.1:1", "192.0.2.1", 1),
            ("2001:db8::1", "2001:db8::1", 6343),
            ("[2001:db8::1]", "2001:db8::1", 6343),
            ("[2001:db8::1]:7000", "2001:db8::1", 7000),
        ] {
            assert_eq!(text.parse(), Ok(Destination { host: host.to_owned(), port }), "{text}");
        }
        for text in
            [":7000", "host:", "host:0", "host:65536", "host:1:2", "[::1", "[::1]7000", "[host]:1", "a b", "10.0.0.0/8"]
        {
            let error = text.parse::<Destination>().unwrap_err().to_string();
            assert!(error.contains(&format!("'{text}'")), "{error}");
        }
        let list: Destinations = " a:1, [::1]:2 ,,b".parse().unwrap();
        assert_eq!(list.0.iter().map(ToString::to_string).collect::<Vec<_>>(), ["a:1", "[::1]:2", "b:6343"]);
    }

    fn receiver() -> (UdpSocket, Destinations) {
        let receiver = UdpSocket::bind("127.0.0.1:0").unwrap();
        receiver.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let list = receiver.local_addr().unwrap().to_string().parse().unwrap();
        (receiver, list)
    }

    #[test]
    fn a_copy_is_the_datagram_byte_for_byte_however_long() {
        let (receiver, list) = receiver();
        let mut forwarder = Forwarder::open(&list, None).unwrap();
        let mut buffer = vec![0; 65_536];
        for length in [0, 1, 1400, 9000, 65_507] {
            let sent: Vec<u8> = (0..length).map(|place| (place * 7) as u8).collect();
            forwarder.datagram(&sent);
            let count = receiver.recv(&mut buffer).unwrap();
            assert!(buffer[..count] == sent, "{length}");
        }
        assert_eq!(forwarder.targets()[0].sent, 5);
        assert!(forwarder.targets()[0].is_well());
    }

    #[test]
    fn what_the_network_does_not_take_is_counted() {
        let (_receiver, list) = receiver();
        let mut forwarder = Forwarder::open(&list, None).unwrap();
        forwarder.datagram(&vec![0; 65_508]); // longer than UDP can be
        forwarder.datagram(b"fits");
        let target = &forwarder.targets()[0];
        assert_eq!((target.sent, target.failed, target.refused), (1, 1, 0));
    }

    #[test]
    fn a_collector_that_is_gone_costs_nothing_and_the_other_gets_all() {
        let (gone, list) = receiver();
        drop(gone);
        let (receiver, other) = receiver();
        let mut forwarder = Forwarder::open(&Destinations([list.0, other.0].concat()), None).unwrap();
        let started = Instant::now();
        let mut buffer = [0; 8];
        for number in 0..100_u32 {
            forwarder.datagram(&number.to_be_bytes());
            assert_eq!(receiver.recv(&mut buffer).unwrap(), 4);
            assert_eq!(buffer[..4], number.to_be_bytes());
        }
        assert!(started.elapsed() < Duration::from_secs(5));
        let [gone, other] = forwarder.targets() else { panic!("two targets") };
        // Every datagram went out. Errors came back, of which a socket keeps one at a time.
        assert_eq!((gone.sent, gone.failed), (100, 0));
        assert!((1..=100).contains(&gone.refused), "{}", gone.refused);
        assert!(gone.to_string().ends_with(&format!(", {} ICMP errors came back", gone.refused)), "{gone}");
        assert_eq!((other.sent, other.is_well()), (100, true));
    }

    #[test]
    fn a_collector_that_stalls_is_not_waited_for() {
        let (_stalled, list) = receiver();
        let mut forwarder = Forwarder::open(&list, None).unwrap();
        let started = Instant::now();
        for _ in 0..20_000 {
            forwarder.datagram(&[0; 1400]);
        }
        assert!(started.elapsed() < Duration::from_secs(10));
    }

    #[test]
    fn nothing_is_forwarded_to_where_it_comes_from() {
        let listen = |address: Option<&str>| Listen {
            port: 7000,
            address: address.map(|address| address.parse().unwrap()),
            receive_buffer: None,
        };
        for (own, target, expected) in [
            (None, "127.0.0.1:7000", true),
            (None, "127.0.0.9:7000", true),
            (None, "0.0.0.0:7000", true),
            (None, "[::ffff:127.0.0.1]:7000", true),
            (None, "127.0.0.1:7001", false),
            (None, "192.0.2.1:7000", false),
            (None, "239.1.2.3:7000", false),
            (Some("127.0.0.1"), "127.0.0.1:7000", true),
            (Some("127.0.0.1"), "0.0.0.0:7000", true),
            (Some("127.0.0.1"), "127.0.0.2:7000", false),
            (Some("239.1.2.3"), "239.1.2.3:7000", true),
            (Some("0.0.0.0"), "127.0.0.1:7000", true),
            (Some("::"), "127.0.0.1:7000", false),
        ] {
            assert_eq!(hears(&listen(own), target.parse().unwrap()), expected, "{own:?} {target}");
        }
        let refused = Forwarder::open(&"127.0.0.1:7000".parse().unwrap(), Some(&listen(None))).unwrap_err();
        assert!(refused.to_string().starts_with("--forward: '127.0.0.1:7000': "), "{refused}");
    }

    #[test]
    fn a_name_that_nobody_knows_is_told() {
        let failure = Forwarder::open(&"no-such-host.invalid".parse().unwrap(), None).unwrap_err().to_string();
        assert!(
            failure.starts_with("--forward: 'no-such-host.invalid:6343': no host of this name is known"),
            "{failure}"
        );
    }
}
