//! `--kafka-start`: where in a topic reading begins.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil;
use jiff::tz::TimeZone;

/// Where reading begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Start {
    /// With what comes from now on.
    #[default]
    Latest,
    /// With all that is kept.
    Earliest,
    /// So long ago.
    Ago(Duration),
    /// At a time, in milliseconds since 1970.
    At(i64),
}

/// Text that names no place to begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoStart(String);

impl fmt::Display for NoStart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "'{}' is not latest, earliest, a time ago such as -15m, or a time such as 2026-01-31T03:00:00Z",
            self.0
        )
    }
}

impl FromStr for Start {
    type Err = NoStart;

    fn from_str(text: &str) -> Result<Self, NoStart> {
        let start = match text.to_ascii_lowercase().as_str() {
            "latest" => Some(Start::Latest),
            "earliest" => Some(Start::Earliest),
            lower => match lower.strip_prefix('-') {
                Some(span) => ago(span).map(Start::Ago),
                None => at(text).map(|time| Start::At(time.as_millisecond())),
            },
        };
        start.ok_or_else(|| NoStart(text.to_owned()))
    }
}

/// A whole number of seconds, minutes, hours or days.
fn ago(text: &str) -> Option<Duration> {
    let (unit, seconds) =
        [('s', 1), ('m', 60), ('h', 3600), ('d', 86_400)].into_iter().find(|(unit, _)| text.ends_with(*unit))?;
    let number = text.strip_suffix(unit)?;
    let number: u32 = number.bytes().all(|digit| digit.is_ascii_digit()).then(|| number.parse().ok())??;
    Some(Duration::from_secs(u64::from(number) * seconds))
}

/// A time with its zone, or else in the local one.
fn at(text: &str) -> Option<Timestamp> {
    let with_zone = text.parse::<Timestamp>().ok();
    with_zone.or_else(|| TimeZone::system().to_timestamp(text.parse::<civil::DateTime>().ok()?).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_start_is_a_word_a_time_ago_or_a_time() {
        for (text, start) in [
            ("latest", Start::Latest),
            ("Earliest", Start::Earliest),
            ("-90s", Start::Ago(Duration::from_secs(90))),
            ("-15m", Start::Ago(Duration::from_secs(900))),
            ("-2h", Start::Ago(Duration::from_secs(7200))),
            ("-7D", Start::Ago(Duration::from_secs(604_800))),
            ("2023-11-14T22:13:20Z", Start::At(1_700_000_000_000)),
            ("2023-11-14 23:13:20.5+01:00", Start::At(1_700_000_000_500)),
        ] {
            assert_eq!(text.parse(), Ok(start), "{text}");
        }
        let local: Start = "2023-11-14T22:13".parse().unwrap();
        let Start::At(local) = local else { panic!("{local:?}") };
        assert!((local - 1_700_000_000_000).abs() < 86_400_000);
        for text in ["", "now", "-", "-m", "-1.5h", "-+1h", "15m", "2023-13-01T00:00", "22:13"] {
            assert!(
                text.parse::<Start>().unwrap_err().to_string().starts_with(&format!("'{text}' is not latest, ")),
                "{text}"
            );
        }
    }
}
