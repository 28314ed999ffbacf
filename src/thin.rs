//! Thinning: so many packets a second at most, chosen at random from all that come, each standing for those left out.
//!
//! A packet is kept with the probability 1 in 2^k and then stands for 2^k. What k is depends only on what was kept before, so
//! that a packet's expected weight is 1 whatever the feed does: sums over kept packets estimate sums over all without bias, for
//! each port and protocol too.
//!
//! k grows with the level of a bucket. A kept packet fills it, time empties it at three quarters of the most packets a second,
//! and it holds one quarter of them: together no second can have more. A fast feed holds the bucket at the level where as many
//! packets come in as go out. The packet that would make it overflow is refused, but it hardly comes to that: just below, one
//! packet in 2^58 is kept.

use core::num::NonZeroU32;

/// Fewer packets than this are too few to steer by: a smaller limit holds for the longer time that they take.
const LEAST: u64 = 128;

const SECOND: u64 = 1_000_000_000;

/// The bucket's levels, by which k is chosen.
const LEVELS: u64 = 32;

/// Below this level all packets are kept; from there on k grows by one a level.
const THINS: u64 = 8;

/// At this level k is beyond what any network needs, and begins to grow faster.
const CLOSES: u64 = 24;

/// Decides which packets are kept. Levels are told by the time that it takes to empty them, in nanoseconds.
#[derive(Debug)]
pub(crate) struct Thinning {
    /// What a packet adds.
    packet: u64,
    /// What the bucket holds.
    bucket: u64,
    level: u64,
    last: u64,
    random: u64,
}

impl Thinning {
    /// At most `most` packets a second. The same seed makes the same choices.
    pub(crate) fn new(most: NonZeroU32, seed: u64) -> Self {
        let most = u64::from(most.get());
        Thinning {
            packet: (4 * SECOND).div_ceil(3 * most),
            bucket: SECOND.max(LEAST * SECOND / most) / 3,
            level: 0,
            last: 0,
            random: seed,
        }
    }

    /// Whether to keep a packet that came at this time, in nanoseconds. If so, it stands for two to the power of the result.
    #[inline]
    pub(crate) fn keep(&mut self, now: u64) -> Option<u32> {
        self.drain(now);
        let filled = self.level + self.packet;
        let k = match filled * LEVELS / self.bucket {
            LEVELS.. => return None,
            ..THINS => 0,
            level @ ..CLOSES => level - THINS,
            level => CLOSES - THINS + 6 * (level - CLOSES),
        };
        if k > 0 && self.draw() >> (64 - k) != 0 {
            return None;
        }
        self.level = filled;
        Some(k as u32)
    }

    /// Lets out what time has emptied. Datagrams may come somewhat in disorder; a larger step back is a clock that was set.
    #[inline]
    fn drain(&mut self, now: u64) {
        if now >= self.last {
            self.level = self.level.saturating_sub(now - self.last);
            self.last = now;
        } else if self.last - now > SECOND {
            self.last = now;
        }
    }

    /// The next of a series of random numbers: SplitMix64.
    #[inline]
    fn draw(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.random ^ self.random >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }
}
