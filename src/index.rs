//! Finding things by their keys: a hash table of places in a list, which holds the keys itself.
//!
//! A slot is a word: the hash and the place. A look-up of what is there nearly always touches one slot, and then the thing that
//! was looked for. Keys come from whoever sends datagrams, so the hash has a random seed, and lists are bounded.

use core::hash::{BuildHasher, Hasher};
use std::hash::RandomState;

/// A table of places.
#[derive(Clone, Debug)]
pub(crate) struct Index {
    seed: [u64; 2],
    /// The hash in the upper half, and the place plus one in the lower; 0 is an empty slot. Their number is a power of two.
    slots: Vec<u64>,
    used: usize,
}

impl Default for Index {
    fn default() -> Self {
        let seed = [0, 0].map(|_: u64| RandomState::new().build_hasher().finish());
        Index { seed, slots: vec![0; 16], used: 0 }
    }
}

/// A multiplication whose halves are joined: each bit of the product depends on others of both.
#[inline]
fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    (product >> 64) as u64 ^ product as u64
}

impl Index {
    /// The hash of a key of two words. Without the seed nobody can tell which keys collide.
    #[inline]
    pub(crate) fn hash(&self, a: u64, b: u64) -> u32 {
        fold(a ^ self.seed[0], b ^ self.seed[1]) as u32
    }

    /// The hash of a key of four words.
    #[inline]
    pub(crate) fn hash_long(&self, [a, b, c, d]: [u64; 4]) -> u32 {
        let first = fold(a ^ self.seed[0], b ^ self.seed[1]);
        fold(fold(c ^ first, d ^ self.seed[1]), self.seed[0] | 1) as u32
    }

    /// The place of a key by its hash. `is` tells whether the key that stands at a place is it.
    #[inline]
    pub(crate) fn find(&self, hash: u32, is: impl Fn(u32) -> bool) -> Option<u32> {
        let mask = self.slots.len() - 1;
        let mut at = hash as usize & mask;
        loop {
            let slot = self.slots[at];
            if slot == 0 {
                return None;
            }
            let place = slot as u32 - 1;
            if (slot >> 32) as u32 == hash && is(place) {
                return Some(place);
            }
            at = (at + 1) & mask;
        }
    }

    /// The place of a hash's key most of the time, if it has one; else 0. No branch depends on what is in memory: a processor does
    /// not wait for one look-up before it begins the next.
    #[inline]
    pub(crate) fn guess(&self, hash: u32) -> u32 {
        let mask = self.slots.len() - 1;
        let at = hash as usize & mask;
        let [first, second] = [self.slots[at], self.slots[(at + 1) & mask]];
        let place = |slot: u64, otherwise: u32| if (slot >> 32) as u32 == hash { slot as u32 } else { otherwise };
        place(first, place(second, 0)).saturating_sub(1)
    }

    /// Adds the place of a key that has none.
    pub(crate) fn add(&mut self, hash: u32, place: u32) {
        if self.used * 2 >= self.slots.len() {
            let larger = vec![0; self.slots.len() * 2];
            for slot in core::mem::replace(&mut self.slots, larger) {
                self.put(slot);
            }
        }
        self.used += 1;
        self.put(u64::from(hash) << 32 | u64::from(place + 1));
    }

    /// Puts a slot where its hash leads to.
    fn put(&mut self, slot: u64) {
        let mask = self.slots.len() - 1;
        let mut at = (slot >> 32) as usize & mask;
        while self.slots[at] != 0 {
            at = (at + 1) & mask;
        }
        self.slots[at] = slot;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_found_at_its_place_and_no_other_key_is() {
        let mut index = Index::default();
        let keys: Vec<u64> = (0..5000).map(|number| number * 3).collect();
        for (place, key) in keys.iter().enumerate() {
            index.add(index.hash(*key, 7), place as u32);
        }
        for key in 0..15_000 {
            let place = index.find(index.hash(key, 7), |place| keys[place as usize] == key);
            assert_eq!(place, (key % 3 == 0).then_some(key as u32 / 3));
        }
        let guessed = keys.iter().zip(0..).filter(|(key, place)| index.guess(index.hash(**key, 7)) == *place).count();
        assert!(guessed > keys.len() / 2, "{guessed}");
    }

    #[test]
    fn keys_of_equal_hashes_are_told_apart() {
        let mut index = Index::default();
        for place in 0..100 {
            index.add(1, place);
        }
        for place in 0..100 {
            assert_eq!(index.find(1, |found| found == place), Some(place));
        }
        assert_eq!(index.find(1, |_| false), None);
        assert_eq!(index.find(2, |_| true), None);
        assert_eq!([index.guess(1), index.guess(2)], [0; 2]);
    }

    /// How many keys share a slot's hash at most.
    fn most(hashes: impl Iterator<Item = u32>) -> u32 {
        let mut buckets = [0; 1024];
        hashes.for_each(|hash| buckets[hash as usize % 1024] += 1);
        *buckets.iter().max().unwrap()
    }

    #[test]
    fn the_hash_spreads_neighbouring_keys() {
        let index = Index::default();
        let pairs = || (0..64_u64).flat_map(|a| (0..1024_u64).map(move |b| (a, b)));
        // 64 on average.
        assert!(most(pairs().map(|(a, b)| index.hash(a, b))) < 128);
        assert!(most(pairs().map(|(a, b)| index.hash(b << 32, a << 20))) < 128);
        assert!(most(pairs().map(|(a, b)| index.hash_long([0, 0x0a00_0000 + b, a, 0]))) < 128);
        assert!(most(pairs().map(|(a, b)| index.hash_long([b << 32, a << 40, 0, 1]))) < 128);
    }
}
