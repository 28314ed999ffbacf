//! Sequence numbers: what was lost, told apart from what came late, came twice, or began anew.
//!
//! sFlow counts the datagrams of each agent and sub-agent, and the samples of each data source. The numbers are 32 bits wide
//! and wrap; they may start anywhere; an agent that restarts begins anew.

/// A jump further ahead than this is no loss but a series that began anew.
const MOST_LOST: i32 = 100_000;

/// A number further behind than this is no latecomer but a series that began anew.
const MOST_LATE: i32 = -1_000;

/// What a number says about the series it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// The first of the series, or the one expected.
    Next,
    /// So many before it are missing.
    Gap(u32),
    /// One that was counted as missing has come after all.
    Late,
    /// One that has come already, or long ago.
    Again,
    /// The series began anew.
    Restart,
}

/// A series of sequence numbers.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sequence {
    /// The highest number so far.
    last: Option<u32>,
    /// How many below it are missing.
    missing: u32,
}

impl Sequence {
    /// Whether no number came yet.
    #[inline]
    pub(crate) fn is_new(&self) -> bool {
        self.last.is_none()
    }

    /// Takes the next number.
    #[inline]
    pub(crate) fn step(&mut self, number: u32) -> Step {
        let Some(last) = self.last else {
            self.last = Some(number);
            return Step::Next;
        };
        match number.wrapping_sub(last) as i32 {
            1 => {
                self.last = Some(number);
                Step::Next
            }
            ahead @ 2..=MOST_LOST => {
                let gap = ahead as u32 - 1;
                self.last = Some(number);
                self.missing += gap;
                Step::Gap(gap)
            }
            MOST_LATE..=-1 if self.missing > 0 => {
                self.missing -= 1;
                Step::Late
            }
            MOST_LATE..=0 => Step::Again,
            _ => self.restart(number),
        }
    }

    /// Begins anew with this number.
    pub(crate) fn restart(&mut self, number: u32) -> Step {
        *self = Sequence { last: Some(number), missing: 0 };
        Step::Restart
    }
}

/// A running total that a device keeps modulo 2³², and that starts from zero when the device does.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct RunningTotal(u32);

impl RunningTotal {
    /// A larger step is no growth: the device began anew, or wrote something else there.
    const MOST: u32 = 1 << 24;

    /// Takes the first reading.
    pub(crate) fn start(&mut self, total: u32) {
        self.0 = total;
    }

    /// Takes the next reading; returns the growth since the one before.
    #[inline]
    pub(crate) fn grow(&mut self, total: u32) -> u32 {
        let growth = total.wrapping_sub(self.0);
        self.0 = total;
        if growth > Self::MOST { 0 } else { growth }
    }
}

#[cfg(test)]
mod tests {
    use super::Step::*;
    use super::*;

    fn steps(numbers: &[u32]) -> Vec<Step> {
        let mut sequence = Sequence::default();
        numbers.iter().map(|number| sequence.step(*number)).collect()
    }

    #[test]
    fn a_series_may_start_anywhere_and_wraps() {
        assert_eq!(steps(&[u32::MAX - 1, u32::MAX, 0, 1]), [Next; 4]);
        assert_eq!(steps(&[u32::MAX - 1, 2]), [Next, Gap(3)]);
    }

    #[test]
    fn a_latecomer_fills_the_gap_that_it_left() {
        assert_eq!(steps(&[1, 2, 5, 3, 4, 6]), [Next, Next, Gap(2), Late, Late, Next]);
    }

    #[test]
    fn nothing_is_given_back_twice() {
        assert_eq!(steps(&[1, 3, 2, 2, 3]), [Next, Gap(1), Late, Again, Again]);
        assert_eq!(steps(&[7, 7, 6]), [Next, Again, Again]);
    }

    #[test]
    fn a_restart_is_no_loss() {
        assert_eq!(steps(&[500_000, 1, 2]), [Next, Restart, Next]);
        assert_eq!(steps(&[1, 4_000_000, 4_000_001]), [Next, Restart, Next]);
    }

    #[test]
    fn two_series_under_one_name_cost_no_more_than_their_distance_and_give_it_back() {
        let mut sequence = Sequence::default();
        let mut lost = 0_i64;
        for turn in 0..1000 {
            for number in [1000 + turn, 1500 + turn] {
                match sequence.step(number) {
                    Gap(gap) => lost += i64::from(gap),
                    Late => lost -= 1,
                    Next | Again => {}
                    Restart => panic!("at {number}"),
                }
            }
        }
        assert_eq!(lost, 0);
    }

    #[test]
    fn running_totals_grow_by_what_was_added_and_forgive_a_restart() {
        let mut drops = RunningTotal::default();
        drops.start(10);
        let growth = [10, 10, 15, u32::MAX - 1, 3].map(|total| drops.grow(total));
        assert_eq!(growth, [0, 0, 5, 0, 5]);
        assert_eq!(drops.grow(0), 0);
    }
}
