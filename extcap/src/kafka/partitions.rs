//! `--partitions`: which of a topic's partitions are read, so that several programs can share them.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

/// A choice of partitions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Partitions {
    #[default]
    All,
    List(Vec<RangeInclusive<u32>>),
    /// The share of one of several readers.
    Share {
        reader: u32,
        of: u32,
    },
}

impl Partitions {
    pub fn contains(&self, partition: i32) -> bool {
        let Ok(partition) = u32::try_from(partition) else { return false };
        match self {
            Partitions::All => true,
            Partitions::List(ranges) => ranges.iter().any(|range| range.contains(&partition)),
            Partitions::Share { reader, of } => partition % of == reader - 1,
        }
    }
}

/// Text that names no partitions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoPartitions(String);

impl fmt::Display for NoPartitions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "'{}' is neither a list such as 0-3,7 nor a share such as 1/4, the first of four", self.0)
    }
}

impl FromStr for Partitions {
    type Err = NoPartitions;

    fn from_str(text: &str) -> Result<Self, NoPartitions> {
        let wrong = || NoPartitions(text.to_owned());
        // Not "+1".
        let number = |text: &str| text.bytes().all(|digit| digit.is_ascii_digit()).then(|| text.parse().ok())?;
        if let Some((reader, of)) = text.trim().split_once('/') {
            let (reader, of) = number(reader).zip(number(of)).ok_or_else(wrong)?;
            return if (1..=of).contains(&reader) { Ok(Partitions::Share { reader, of }) } else { Err(wrong()) };
        }
        let range = |item: &str| {
            let (first, last) = item.split_once('-').unwrap_or((item, item));
            let (first, last) = number(first).zip(number(last))?;
            (first <= last).then_some(first..=last)
        };
        let items = text.split(|letter: char| letter == ',' || letter.is_whitespace()).filter(|item| !item.is_empty());
        let ranges: Vec<RangeInclusive<u32>> = items.map(range).collect::<Option<_>>().ok_or_else(wrong)?;
        Ok(if ranges.is_empty() { Partitions::All } else { Partitions::List(ranges) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_eight(text: &str) -> Vec<i32> {
        let partitions: Partitions = text.parse().unwrap();
        (0..8).filter(|partition| partitions.contains(*partition)).collect()
    }

    #[test]
    fn partitions_are_listed_or_shared() {
        assert_eq!(of_eight(" , "), [0, 1, 2, 3, 4, 5, 6, 7]);
        assert_eq!(of_eight("0-1, 7,,5-5"), [0, 1, 5, 7]);
        assert_eq!([of_eight("1/3"), of_eight("2/3"), of_eight("3/3")], [vec![0, 3, 6], vec![1, 4, 7], vec![2, 5]]);
        for text in ["0/3", "4/3", "1/", "/3", "1/0", "-1", "1-", "3-2", "+1", "a", "1/2/3", "4294967296"] {
            assert!(text.parse::<Partitions>().is_err(), "{text}");
        }
    }
}
