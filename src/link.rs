//! Where a sampled header goes in a capture file: its link type, and the Ethernet header made for what has none.

use core::fmt;

use crate::flow::HeaderProtocol;

/// A link type of the [tcpdump.org registry](https://www.tcpdump.org/linktypes.html), as capture files carry it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LinkType(pub u16);

#[allow(missing_docs, reason = "the registry's own names")]
impl LinkType {
    pub const ETHERNET: Self = Self(1);
    pub const IEEE802_5: Self = Self(6);
    pub const PPP: Self = Self(9);
    pub const FDDI: Self = Self(10);
    pub const PPP_HDLC: Self = Self(50);
    pub const ATM_RFC1483: Self = Self(100);
    pub const RAW: Self = Self(101);
    pub const IEEE802_11: Self = Self(105);
    pub const FRELAY: Self = Self(107);
    pub const IPV4: Self = Self(228);
    pub const IPV6: Self = Self(229);
    pub const INFINIBAND: Self = Self(247);

    /// Every link type that [`Framing::Native`] gives to packets.
    pub const NATIVE: [Self; 12] = [
        Self::ETHERNET,
        Self::IEEE802_5,
        Self::PPP,
        Self::FDDI,
        Self::PPP_HDLC,
        Self::ATM_RFC1483,
        Self::RAW,
        Self::IEEE802_11,
        Self::FRELAY,
        Self::IPV4,
        Self::IPV6,
        Self::INFINIBAND,
    ];
}

/// How packets of different link layers share a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Framing {
    /// Everything as Ethernet, so that every tool reads the file: IPv4, IPv6 and MPLS behind a made Ethernet header, other
    /// link layers left out.
    #[default]
    Ethernet,
    /// Each protocol with its own link type. Wireshark reads such files, libpcap (tcpdump) refuses them.
    Native,
}

impl fmt::Display for Framing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Framing::Ethernet => "ethernet",
            Framing::Native => "native",
        })
    }
}

/// The bytes of an Ethernet header.
const ETHERNET_HEADER: usize = 14;

/// An Ethernet header from nowhere to nowhere (all-zero addresses, as Linux's loopback has them) with this type.
const fn made_header(ether_type: u16) -> [u8; ETHERNET_HEADER] {
    let mut header = [0; ETHERNET_HEADER];
    [header[12], header[13]] = ether_type.to_be_bytes();
    header
}

static IPV4_HEADER: [u8; ETHERNET_HEADER] = made_header(0x0800);
static IPV6_HEADER: [u8; ETHERNET_HEADER] = made_header(0x86dd);
static MPLS_HEADER: [u8; ETHERNET_HEADER] = made_header(0x8847);

/// How a packet is put into the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Home {
    /// The link type of the interface it belongs to.
    pub link_type: LinkType,
    /// Bytes to put before the packet: a made Ethernet header, or nothing.
    pub prefix: &'static [u8],
}

impl Framing {
    /// Where a sampled header goes, if there is a link type for its protocol.
    #[inline]
    pub fn home(self, protocol: HeaderProtocol, header: &[u8]) -> Option<Home> {
        use HeaderProtocol as P;
        let ethernet = |prefix| Some(Home { link_type: LinkType::ETHERNET, prefix });
        let native = |link_type| Some(Home { link_type, prefix: &[] });
        match (protocol, self) {
            (P::ETHERNET | P::IEEE80211_AMSDU_SUBFRAME, _) => ethernet(&[]),
            (P::IPV4, Framing::Ethernet) => ethernet(&IPV4_HEADER),
            (P::IPV6, Framing::Ethernet) => ethernet(&IPV6_HEADER),
            // Either version of IP: the packet's first four bits say which.
            (P::AAL5_IP, Framing::Ethernet) => match header.first()? >> 4 {
                4 => ethernet(&IPV4_HEADER),
                6 => ethernet(&IPV6_HEADER),
                _ => None,
            },
            // The registry's link type for MPLS (219) is decoded by no known tool.
            (P::MPLS, _) => ethernet(&MPLS_HEADER),
            (P::TOKEN_RING, Framing::Native) => native(LinkType::IEEE802_5),
            (P::FDDI, Framing::Native) => native(LinkType::FDDI),
            (P::FRAME_RELAY, Framing::Native) => native(LinkType::FRELAY),
            (P::PPP, Framing::Native) => native(LinkType::PPP),
            (P::AAL5, Framing::Native) => native(LinkType::ATM_RFC1483),
            (P::AAL5_IP, Framing::Native) => native(LinkType::RAW),
            (P::IPV4, Framing::Native) => native(LinkType::IPV4),
            (P::IPV6, Framing::Native) => native(LinkType::IPV6),
            (P::POS, Framing::Native) => native(LinkType::PPP_HDLC),
            (P::IEEE80211_MAC, Framing::Native) => native(LinkType::IEEE802_11),
            (P::INFINIBAND, Framing::Native) => native(LinkType::INFINIBAND),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ethernet_framing_gives_ip_and_mpls_a_header_and_everything_else_no_home() {
        for number in 0..=20 {
            let protocol = HeaderProtocol(number);
            let home = Framing::Ethernet.home(protocol, &[0x45]);
            match number {
                1 | 17 => assert_eq!(home.unwrap().prefix, b""),
                10 | 11 => assert_eq!(home.unwrap().prefix[12..], [0x08, 0x00]),
                12 => assert_eq!(home.unwrap().prefix[12..], [0x86, 0xdd]),
                13 => assert_eq!(home.unwrap().prefix[12..], [0x88, 0x47]),
                _ => assert_eq!(home, None, "{protocol:?}"),
            }
            assert!(home.is_none_or(|home| home.link_type == LinkType::ETHERNET));
        }
    }

    #[test]
    fn native_framing_gives_each_protocol_its_own_link_type() {
        let expected =
            [1, 0, 6, 10, 107, 0, 9, 0, 100, 101, 228, 229, 1, 50, 105, 0, 1, 247].map(|number| match number {
                0 => None,
                number => Some(LinkType(number)),
            });
        for (number, expected) in (1..).zip(expected) {
            let home = Framing::Native.home(HeaderProtocol(number), &[0x45]);
            assert_eq!(home.map(|home| home.link_type), expected, "{:?}", HeaderProtocol(number));
            assert!(expected.is_none_or(|link_type| LinkType::NATIVE.contains(&link_type)));
        }
    }

    #[test]
    fn aal5_ip_that_is_neither_version_has_no_home() {
        for header in [&[][..], &[0x05]] {
            assert_eq!(Framing::Ethernet.home(HeaderProtocol::AAL5_IP, header), None);
        }
    }
}
