//! When to let datagrams gather.
//!
//! Waking up costs as much as several datagrams. A receiver that keeps up with a dense feed wakes for nearly each of them; left
//! asleep for a moment, it wakes once for all that came. A feed that is not dense is never kept waiting.

use std::mem;
use std::time::{Duration, Instant};

/// How long datagrams of a dense feed may gather. Socket buffers hold more than comes in this time.
pub const NAP: Duration = Duration::from_micros(100);

/// In a dense feed, this or less is between one datagram and the next, on average since the last ones were taken.
const DENSE: Duration = Duration::from_micros(50);

/// The density of a feed.
#[derive(Debug)]
pub struct Pace {
    last: Instant,
    /// Datagrams taken since then.
    taken: u32,
}

impl Pace {
    pub fn new(now: Instant) -> Self {
        Pace { last: now, taken: 0 }
    }

    /// So many datagrams were taken.
    pub fn take(&mut self, datagrams: usize) {
        self.taken += datagrams as u32;
    }

    /// Whether the feed was dense since this was last asked.
    pub fn is_dense(&mut self, now: Instant) -> bool {
        let since = now.duration_since(mem::replace(&mut self.last, now));
        since < DENSE * mem::take(&mut self.taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feed_is_dense_while_many_come_and_no_longer() {
        let mut now = Instant::now();
        let mut pace = Pace::new(now);
        let mut after = |micros, taken| {
            now += Duration::from_micros(micros);
            pace.take(taken);
            pace.is_dense(now)
        };
        assert!(!after(10_000, 1), "one every 10 ms");
        assert!(!after(10_000, 64), "a burst after a pause");
        assert!(after(20, 2), "a second one right behind it");
        assert!(after(150, 15), "as many as gather in a nap");
        assert!(!after(150, 2), "too few for another nap");
        assert!(!after(150, 0), "none");
    }
}
