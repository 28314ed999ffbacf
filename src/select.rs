//! Which samples to keep, told by what is cheap to see: agent, interface, direction and kind.
//!
//! Packet contents are for a [`PacketFilter`](crate::capture::PacketFilter), which is asked last.

use core::fmt;
use core::ops::RangeInclusive;
use core::str::FromStr;
use std::net::{IpAddr, Ipv6Addr};

use crate::metadata::Told;
use crate::sample::Direction;

/// An entry of a list that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListError {
    entry: String,
    expected: &'static str,
}

impl fmt::Display for ListError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "'{}' is not {}", self.entry, self.expected)
    }
}

impl std::error::Error for ListError {}

/// The entries of a list: separated by commas or white space.
fn entries(list: &str) -> impl Iterator<Item = &str> {
    list.split([',', ' ', '\t']).filter(|entry| !entry.is_empty())
}

/// A prefix of IPv6 addresses; IPv4 stands in it as IPv4-mapped addresses (`::ffff:a.b.c.d`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Prefix {
    address: u128,
    mask: u128,
}

fn as_bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(ip) => ip.to_ipv6_mapped().to_bits(),
        IpAddr::V6(ip) => ip.to_bits(),
    }
}

impl Prefix {
    fn contains(&self, address: u128) -> bool {
        address & self.mask == self.address
    }

    fn parse(entry: &str) -> Option<Self> {
        let (address, length) = match entry.split_once('/') {
            Some((address, length)) => (address, Some(length)),
            None => (entry, None),
        };
        let address: IpAddr = address.parse().ok()?;
        let width: u32 = if address.is_ipv4() { 32 } else { 128 };
        let length = match length {
            // "+8" is a number to Rust, but no prefix length.
            Some(digits) if digits.bytes().all(|digit| digit.is_ascii_digit()) => digits.parse().ok()?,
            Some(_) => return None,
            None => width,
        };
        let host_bits = width.checked_sub(length)?;
        let mask = u128::MAX.checked_shl(host_bits).unwrap_or(0);
        Some(Prefix { address: as_bits(address) & mask, mask })
    }
}

/// A list of agents or senders: addresses and prefixes, with `!` before those to leave out.
///
/// An agent is taken if an entry without `!` has it, or there are only entries with `!`, and no entry with `!` has it.
///
/// ```
/// let agents: sflowcap::select::AgentList = "10.0.0.0/8, !10.1.0.0/16, 2001:db8::1".parse()?;
/// assert!(agents.contains("10.0.0.1".parse().unwrap()));
/// assert!(!agents.contains("10.1.0.1".parse().unwrap()));
/// # Ok::<(), sflowcap::select::ListError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AgentList {
    taken: Vec<Prefix>,
    left_out: Vec<Prefix>,
}

impl AgentList {
    /// Every agent is taken.
    pub fn is_empty(&self) -> bool {
        self.taken.is_empty() && self.left_out.is_empty()
    }

    /// Whether the agent with this address is taken.
    #[inline]
    pub fn contains(&self, agent: IpAddr) -> bool {
        if self.is_empty() {
            return true;
        }
        let agent = as_bits(agent);
        let listed = |list: &[Prefix]| list.iter().any(|prefix| prefix.contains(agent));
        (self.taken.is_empty() || listed(&self.taken)) && !listed(&self.left_out)
    }
}

impl From<IpAddr> for AgentList {
    /// One agent.
    fn from(agent: IpAddr) -> Self {
        AgentList { taken: vec![Prefix { address: as_bits(agent), mask: u128::MAX }], left_out: Vec::new() }
    }
}

impl FromStr for AgentList {
    type Err = ListError;

    fn from_str(list: &str) -> Result<Self, ListError> {
        let mut agents = AgentList::default();
        for entry in entries(list) {
            let (list, prefix) = match entry.strip_prefix('!') {
                Some(prefix) => (&mut agents.left_out, prefix),
                None => (&mut agents.taken, entry),
            };
            list.push(Prefix::parse(prefix).ok_or_else(|| ListError {
                entry: entry.to_owned(),
                expected: "an IP address or prefix (10.0.0.1, 10.0.0.0/8, 2001:db8::/32; ! before it excludes)",
            })?);
        }
        Ok(agents)
    }
}

/// A list of interfaces: ifIndex numbers and ranges of them.
///
/// ```
/// let interfaces: sflowcap::select::InterfaceList = "1-4,17".parse()?;
/// assert!(interfaces.contains(3) && !interfaces.contains(5));
/// # Ok::<(), sflowcap::select::ListError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InterfaceList(Vec<RangeInclusive<u32>>);

impl InterfaceList {
    /// Every interface is taken.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the interface with this ifIndex is taken.
    #[inline]
    pub fn contains(&self, if_index: u32) -> bool {
        self.is_empty() || self.0.iter().any(|range| range.contains(&if_index))
    }
}

impl From<u32> for InterfaceList {
    /// One interface.
    fn from(index: u32) -> Self {
        InterfaceList(vec![index..=index])
    }
}

impl FromStr for InterfaceList {
    type Err = ListError;

    fn from_str(list: &str) -> Result<Self, ListError> {
        let number = |digits: &str| {
            digits.bytes().all(|digit| digit.is_ascii_digit()).then(|| digits.parse::<u32>().ok()).flatten()
        };
        entries(list)
            .map(|entry| {
                let (first, last) = entry.split_once('-').unwrap_or((entry, entry));
                match (number(first), number(last)) {
                    (Some(first), Some(last)) if first <= last => Ok(first..=last),
                    _ => Err(ListError {
                        entry: entry.to_owned(),
                        expected: "an ifIndex number or a range of them (17, 1-48)",
                    }),
                }
            })
            .collect::<Result<_, _>>()
            .map(InterfaceList)
    }
}

/// The kinds of samples that hold packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kinds {
    /// Packets sampled at a rate (`flow_sample`).
    pub flow: bool,
    /// Packets that a device discarded (`discarded_packet`).
    pub discard: bool,
}

impl Default for Kinds {
    fn default() -> Self {
        Kinds { flow: true, discard: true }
    }
}

/// What a sample must be to be kept.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// The agents whose datagrams are read.
    pub agents: AgentList,
    /// The addresses that datagrams may come from. Anybody can write the name of an agent into a datagram; to send it from that
    /// agent's address is harder.
    pub senders: AgentList,
    /// The interfaces that took the sample; or where none did, those that the packet came in and went out by.
    pub interfaces: InterfaceList,
    /// The direction relative to that interface; both when there is none.
    pub direction: Option<Direction>,
    /// The kinds of samples.
    pub kinds: Kinds,
}

impl Selection {
    /// Whether every packet of the selected agents is kept.
    pub fn takes_all_packets(&self) -> bool {
        self.interfaces.is_empty() && self.direction.is_none() && self.kinds == Kinds::default()
    }

    pub(crate) fn has_kind(&self, told: Told<'_, '_>) -> bool {
        match told {
            Told::Flow(_) => self.kinds.flow,
            Told::Discarded(_) => self.kinds.discard,
        }
    }

    /// Whether samples of these interfaces are kept: of the one that took the sample, or where that is none (a bridge samples
    /// as a whole), of those that the packet came in and went out by.
    #[inline]
    pub(crate) fn has_interface(&self, told: Told<'_, '_>) -> bool {
        if self.interfaces.is_empty() {
            return true;
        }
        match told.source().if_index() {
            None | Some(0) => {
                let on_the_way = [told.input(), told.output()];
                on_the_way.iter().filter_map(|interface| interface.index()).any(|index| self.interfaces.contains(index))
            }
            Some(index) => self.interfaces.contains(index),
        }
    }

    /// Whether packets that went this way are kept. The direction is only asked for where it matters.
    #[inline]
    pub(crate) fn has_direction(&self, direction: impl FnOnce() -> Direction) -> bool {
        self.direction.is_none_or(|wanted| wanted == direction())
    }
}

/// The agent's address as it is told to people: IPv4-mapped addresses as IPv4.
pub(crate) fn canonical(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(ip) => canonical_v6(ip),
        IpAddr::V4(_) => address,
    }
}

fn canonical_v6(ip: Ipv6Addr) -> IpAddr {
    ip.to_ipv4_mapped().map_or(IpAddr::V6(ip), IpAddr::V4)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn agents(list: &str) -> AgentList {
        list.parse().unwrap()
    }

    fn has(list: &str, agent: &str) -> bool {
        agents(list).contains(agent.parse().unwrap())
    }

    #[test]
    fn an_empty_list_takes_every_agent() {
        assert!(has("", "10.0.0.1") && has(" , ", "2001:db8::1"));
    }

    #[test]
    fn prefixes_take_their_addresses_and_no_others() {
        assert!(has("10.0.0.0/8", "10.255.0.1") && !has("10.0.0.0/8", "11.0.0.0"));
        assert!(has("10.1.2.3/8", "10.9.9.9"), "host bits of a prefix do not matter");
        assert!(has("0.0.0.0/0", "1.2.3.4") && !has("0.0.0.0/0", "2001:db8::1"));
        assert!(has("::/0", "2001:db8::1"));
        assert!(has("2001:db8::/32", "2001:db8:ffff::1") && !has("2001:db8::/32", "2001:db9::1"));
        assert!(has("192.0.2.7", "192.0.2.7") && !has("192.0.2.7", "192.0.2.8"));
        assert!(has("192.0.2.7", "::ffff:192.0.2.7"));
    }

    #[test]
    fn exclusions_win_and_stand_alone() {
        assert!(!has("!10.0.0.1", "10.0.0.1") && has("!10.0.0.1", "10.0.0.2"));
        assert!(!has("10.0.0.0/8 !10.1.0.0/16", "10.1.2.3") && has("10.0.0.0/8 !10.1.0.0/16", "10.2.2.3"));
    }

    #[test]
    fn bad_entries_are_named() {
        for bad in ["10.0.0", "10.0.0.0/33", "::1/129", "10.0.0.0/", "10.0.0.0/+8", "host", "!", "!!1.2.3.4"] {
            let error = format!("10.0.0.1,{bad}").parse::<AgentList>().unwrap_err().to_string();
            assert!(error.starts_with(&format!("'{bad}' is not an IP address or prefix")), "{error}");
        }
    }

    #[test]
    fn interface_lists_take_numbers_and_ranges() {
        let list: InterfaceList = "1-4, 17,4294967295".parse().unwrap();
        for (index, taken) in [(0, false), (1, true), (4, true), (5, false), (17, true), (u32::MAX, true)] {
            assert_eq!(list.contains(index), taken, "{index}");
        }
        assert!("".parse::<InterfaceList>().unwrap().contains(7));
        for bad in ["x", "4-1", "1-", "-1", "4294967296", "1-2-3", "+1"] {
            assert!(bad.parse::<InterfaceList>().is_err(), "{bad}");
        }
    }
}
