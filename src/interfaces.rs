//! The interfaces of a capture file: one for each agent and data source that a packet came from.

use core::hash::{BuildHasher, Hasher};
use std::collections::HashMap;
use std::hash::RandomState;
use std::net::IpAddr;

use crate::link::LinkType;
use crate::sample::DataSource;

/// What makes an interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Key {
    pub(crate) agent: IpAddr,
    pub(crate) source: DataSource,
    pub(crate) link_type: LinkType,
}

impl core::hash::Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let (high, low) = match self.agent {
            IpAddr::V4(ip) => (0, u64::from(ip.to_bits())),
            IpAddr::V6(ip) => ((ip.to_bits() >> 64) as u64, ip.to_bits() as u64),
        };
        state.write_u64(high);
        state.write_u64(low);
        state.write_u64(u64::from(self.source.class) << 32 | u64::from(self.source.index));
        state.write_u64(u64::from(self.link_type.0));
    }
}

/// A hash for keys of a few words: each is folded in by a multiplication whose halves are added. The random seed keeps senders
/// from choosing agents that collide.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fold(u64);

impl Fold {
    fn new() -> Self {
        Fold(RandomState::new().build_hasher().finish())
    }
}

impl BuildHasher for Fold {
    type Hasher = Self;

    fn build_hasher(&self) -> Self {
        *self
    }
}

impl Hasher for Fold {
    #[inline]
    fn write_u64(&mut self, word: u64) {
        let product = u128::from(self.0 ^ word) * 0x9e37_79b9_7f4a_7c15;
        self.0 = (product >> 64) as u64 ^ product as u64;
    }

    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.write_u64(u64::from_le_bytes(word));
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// What an interface has counted, in packets.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counters {
    /// Packets of the chosen kinds and directions.
    pub(crate) received: u64,
    /// Those that the packet filter let pass.
    pub(crate) accepted: u64,
    /// Those written to the file.
    pub(crate) written: u64,
    /// Those lost because the reader was too slow.
    pub(crate) dropped: u64,
    /// Losses to be told with the interface's next packet.
    pub(crate) drops_to_tell: u64,
}

/// An interface.
#[derive(Clone, Debug)]
pub(crate) struct Interface {
    /// The interface's number in the file, once its description was written.
    pub(crate) id: Option<u32>,
    pub(crate) counters: Counters,
}

/// All interfaces, found by one hash.
#[derive(Debug)]
pub(crate) struct Interfaces {
    slots: HashMap<Key, u32, Fold>,
    /// Slot 0 is the file's interface 0: it takes the packets of interfaces past the bound.
    all: Vec<Interface>,
    next_id: u32,
    most: usize,
    /// The samples of a datagram often share a data source.
    last: Option<(Key, u32)>,
}

impl Interfaces {
    pub(crate) fn new(most: usize) -> Self {
        let first = Interface { id: Some(0), counters: Counters::default() };
        Interfaces { slots: HashMap::with_hasher(Fold::new()), all: vec![first], next_id: 1, most, last: None }
    }

    /// The slot of an interface, made when it is new. Past the bound it is slot 0.
    #[inline]
    pub(crate) fn slot(&mut self, key: Key) -> u32 {
        if let Some((last, slot)) = self.last {
            if last == key {
                return slot;
            }
        }
        let slot = match self.slots.get(&key) {
            Some(slot) => *slot,
            None => self.add(key),
        };
        self.last = Some((key, slot));
        slot
    }

    #[cold]
    fn add(&mut self, key: Key) -> u32 {
        if self.slots.len() >= self.most {
            return 0;
        }
        let slot = self.all.len() as u32;
        self.all.push(Interface { id: None, counters: Counters::default() });
        self.slots.insert(key, slot);
        slot
    }

    #[inline]
    pub(crate) fn get(&mut self, slot: u32) -> &mut Interface {
        &mut self.all[slot as usize]
    }

    /// Gives an interface its number in the file.
    pub(crate) fn number(&mut self, slot: u32) -> u32 {
        let id = self.next_id;
        self.next_id += 1;
        self.get(slot).id = Some(id);
        id
    }

    /// The interfaces that stand in the file.
    pub(crate) fn described(&self) -> impl Iterator<Item = (u32, &Counters)> {
        self.all.iter().filter_map(|interface| Some((interface.id?, &interface.counters)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(agent: u32, index: u32) -> Key {
        Key { agent: IpAddr::V4(agent.into()), source: DataSource { class: 0, index }, link_type: LinkType::ETHERNET }
    }

    #[test]
    fn an_interface_keeps_its_slot_and_others_get_their_own() {
        let mut interfaces = Interfaces::new(10);
        let slots = [key(1, 1), key(1, 2), key(2, 1)].map(|key| interfaces.slot(key));
        assert_eq!(slots, [1, 2, 3]);
        assert_eq!([key(2, 1), key(1, 1)].map(|key| interfaces.slot(key)), [3, 1]);
    }

    #[test]
    fn past_the_bound_packets_go_to_interface_zero_and_memory_does_not_grow() {
        let mut interfaces = Interfaces::new(100);
        for agent in 0..100_000 {
            interfaces.slot(key(agent, 1));
        }
        assert_eq!(interfaces.all.len(), 101);
        assert_eq!(interfaces.slot(key(100, 1)), 0);
        assert_eq!(interfaces.slot(key(99, 1)), 100);
    }

    #[test]
    fn numbers_follow_the_order_of_descriptions_not_of_slots() {
        let mut interfaces = Interfaces::new(10);
        let (first, second) = (interfaces.slot(key(1, 1)), interfaces.slot(key(1, 2)));
        assert_eq!(interfaces.number(second), 1);
        assert_eq!(interfaces.number(first), 2);
    }

    #[test]
    fn the_hash_spreads_neighbouring_keys() {
        let fold = Fold::new();
        let mut buckets = [0_u32; 1024];
        for agent in 0..64 {
            for index in 0..1024 {
                buckets[fold.hash_one(key(0x0a00_0000 + agent, index)) as usize % 1024] += 1;
            }
        }
        assert!(buckets.iter().all(|&count| count < 128), "64 on average, {buckets:?}");
    }
}
