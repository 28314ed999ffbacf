//! Messages of several partitions, in the order of their times: what several collectors wrote, as one would have.
//!
//! A partition that is known to have more is waited for, since the next message may be its; one that has nothing new is not.

use std::collections::{BTreeMap, VecDeque};

use tokio::sync::OwnedSemaphorePermit;

use super::message::Message;

/// Messages of a partition that came together, in their order.
#[derive(Debug)]
pub struct Batch {
    pub messages: VecDeque<Message>,
    /// The offset of what follows.
    pub next: i64,
    /// The offset that the partition's next new message gets.
    pub end: i64,
    /// Room for these: given back when all are taken.
    pub _room: Option<OwnedSemaphorePermit>,
}

/// A partition.
#[derive(Debug, Default)]
struct Lane {
    batches: VecDeque<Batch>,
    /// It has more, and that is on its way.
    is_awaited: bool,
    /// Messages that are not taken yet, here or at the broker.
    lag: u64,
}

impl Lane {
    fn first(&self) -> Option<u64> {
        self.batches.front().and_then(|batch| batch.messages.front()).map(|message| message.timestamp)
    }

    fn take(&mut self) -> Option<Message> {
        let batch = self.batches.front_mut()?;
        let message = batch.messages.pop_front();
        if batch.messages.is_empty() {
            self.batches.pop_front();
        }
        self.lag = self.lag.saturating_sub(1);
        message
    }
}

/// The partitions that are read.
#[derive(Debug, Default)]
pub struct Merge(BTreeMap<i32, Lane>);

impl Merge {
    /// Begins with a partition: what it has is waited for.
    pub fn add(&mut self, partition: i32) {
        self.0.entry(partition).or_default().is_awaited = true;
    }

    /// Takes what came of a partition. No messages: there is nothing new, or nothing of sFlow.
    pub fn push(&mut self, partition: i32, batch: Batch) {
        let lane = self.0.entry(partition).or_default();
        let left = batch.end.saturating_sub(batch.next);
        lane.is_awaited = left > 0;
        let waiting: usize = lane.batches.iter().map(|batch| batch.messages.len()).sum();
        lane.lag = (left.max(0) as u64).saturating_add((waiting + batch.messages.len()) as u64);
        if !batch.messages.is_empty() {
            lane.batches.push_back(batch);
        }
    }

    /// Waits for a partition no longer, until something comes of it.
    pub fn skip(&mut self, partition: i32) {
        if let Some(lane) = self.0.get_mut(&partition) {
            lane.is_awaited = false;
        }
    }

    /// Messages that are not taken yet.
    pub fn lag(&self) -> u64 {
        self.0.values().map(|lane| lane.lag).sum()
    }

    /// Takes the messages that are next, up to `most`.
    pub fn take(&mut self, most: usize, out: &mut Vec<Message>) {
        while out.len() < most && !self.0.values().any(|lane| lane.is_awaited && lane.batches.is_empty()) {
            // As long as the first partition's messages are older than the second's first they are next.
            let (mut first, mut second) = (None, u64::MAX);
            for (partition, lane) in &self.0 {
                match (lane.first(), first) {
                    (Some(time), Some((_, least))) if time >= least => second = second.min(time),
                    (Some(time), earlier) => {
                        second = earlier.map_or(second, |(_, least)| least);
                        first = Some((*partition, time));
                    }
                    (None, _) => {}
                }
            }
            let Some((partition, _)) = first else { return };
            let lane = self.0.entry(partition).or_default();
            while out.len() < most && lane.first().is_some_and(|time| time <= second) {
                out.extend(lane.take());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use chrono::DateTime;
    use proptest::prelude::*;
    use rskafka::record::Record;

    use super::*;

    /// Messages of these times, of which the partition has `more` to come.
    fn batch(times: &[u64], more: i64) -> Batch {
        let message = |time: &u64| {
            let timestamp = DateTime::from_timestamp_millis(*time as i64).unwrap();
            let record = Record { key: None, value: Some(vec![0, 0, 0, 5]), headers: BTreeMap::new(), timestamp };
            Message::read(record, None).unwrap()
        };
        Batch { messages: times.iter().map(message).collect(), next: 0, end: more, _room: None }
    }

    fn taken(merge: &mut Merge, most: usize) -> Vec<u64> {
        let mut out = Vec::new();
        merge.take(most, &mut out);
        out.iter().map(|message| message.timestamp / 1_000_000).collect()
    }

    #[test]
    fn a_partition_that_has_more_is_waited_for_unless_it_is_skipped() {
        let mut merge = Merge::default();
        merge.add(0);
        merge.add(1);
        merge.push(0, batch(&[1, 5, 9], 0));
        assert_eq!(taken(&mut merge, 9), [] as [u64; 0], "of 1 nothing came yet");
        merge.push(1, batch(&[2, 6], 3));
        assert_eq!(merge.lag(), 8);
        assert_eq!(taken(&mut merge, 9), [1, 2, 5, 6], "the next may be one of 1");
        merge.skip(1);
        assert_eq!(taken(&mut merge, 9), [9]);
        assert_eq!(merge.lag(), 3);
        merge.push(1, batch(&[], 0));
        assert_eq!((merge.lag(), taken(&mut merge, 9)), (0, vec![]));
    }

    proptest! {
        #[test]
        fn what_is_there_is_taken_in_order_and_nothing_twice(
            partitions in prop::collection::vec(prop::collection::vec(prop::collection::vec(0..50_u64, 0..8), 0..4), 1..5),
            most in 1..7_usize,
        ) {
            let mut merge = Merge::default();
            let mut all = Vec::new();
            for (partition, batches) in (0..).zip(&partitions) {
                let mut times: Vec<u64> = batches.concat();
                times.sort_unstable();
                let mut rest = &times[..];
                for length in batches.iter().map(Vec::len) {
                    let (now, later) = rest.split_at(length);
                    merge.push(partition, batch(now, later.len() as i64));
                    rest = later;
                }
                all.extend(times);
            }
            all.sort_unstable();
            prop_assert_eq!(merge.lag(), all.len() as u64);
            let mut times = Vec::new();
            loop {
                let next = taken(&mut merge, most);
                if next.is_empty() { break; }
                prop_assert!(next.len() <= most);
                times.extend(next);
            }
            prop_assert_eq!(times, all);
            prop_assert_eq!(merge.lag(), 0);
        }
    }
}
