//! Direct files, one after the other: tcpdump's `-C` (size), `-G` (seconds) and `-W` (how many).
//!
//! As with tcpdump, `-C` numbers the files after the first, and with `-W` begins again at the first when there are so many;
//! `-G` fills in the time (strftime) where the name has room for it, and with `-W` ends the capture after so many files.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::Failure;

const NANOSECONDS: u64 = 1_000_000_000;

/// When a file is full, and what the next one is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rotation {
    /// What `-w` says.
    pub name: String,
    /// Bytes after which a file is full.
    pub size: Option<u64>,
    /// Seconds after which a file is full.
    pub seconds: Option<u64>,
    /// How many files there may be.
    pub most: Option<u64>,
}

/// What comes after a file that is full.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// It is not full.
    Same,
    /// This file, begun anew if it is there already.
    File(PathBuf),
    /// The capture's end.
    Nothing,
}

/// The files of a capture.
#[derive(Clone, Debug)]
pub struct Files {
    rotation: Rotation,
    /// When the present file began, in nanoseconds since 1970; none before the first packet.
    began: Option<u64>,
    /// Files begun for reasons of size since the last one for reasons of time.
    number: u64,
    /// Files begun for reasons of time.
    periods: u64,
}

impl Files {
    pub fn new(rotation: Rotation) -> Self {
        Files { rotation, began: None, number: 0, periods: 1 }
    }

    /// Whether it is no file at all, but standard output.
    pub fn are_standard_output(&self) -> bool {
        self.rotation.name == "-"
    }

    /// The folder that further files are begun in, as far as it is always the same.
    pub fn folder(&self) -> Option<PathBuf> {
        let Rotation { name, size, seconds, .. } = &self.rotation;
        if size.is_none() && seconds.is_none() {
            return None;
        }
        let folders = Path::new(name).ancestors().skip(1);
        let mut folders = folders.filter(|folder| seconds.is_none() || !folder.to_string_lossy().contains('%'));
        let folder = folders.next().unwrap_or(Path::new(""));
        Some(if folder.as_os_str().is_empty() { ".".into() } else { folder.to_owned() })
    }

    /// The first file's name.
    pub fn first(&self, now: u64) -> Result<PathBuf, Failure> {
        if self.rotation.size.is_none() && self.rotation.seconds.is_none() {
            return Ok(PathBuf::from(&self.rotation.name));
        }
        self.path(now)
    }

    /// What comes after a file of `written` bytes. `now` is the capture's time, in nanoseconds since 1970.
    pub fn next(&mut self, written: u64, now: u64) -> Result<Next, Failure> {
        let Rotation { size, seconds, most, .. } = self.rotation;
        let began = *self.began.get_or_insert(now);
        if seconds.is_some_and(|seconds| now.saturating_sub(began) >= seconds * NANOSECONDS) {
            if size.is_none() && most.is_some_and(|most| self.periods >= most) {
                return Ok(Next::Nothing);
            }
            self.began = Some(now);
            self.periods += 1;
            self.number = 0;
            return self.path(now).map(Next::File);
        }
        if size.is_some_and(|size| written >= size) {
            self.number += 1;
            if most.is_some_and(|most| self.number >= most) {
                self.number = 0;
            }
            return self.path(began).map(Next::File);
        }
        Ok(Next::Same)
    }

    /// The name of the file that begins at `time`.
    fn path(&self, time: u64) -> Result<PathBuf, Failure> {
        let Rotation { name, size, seconds, most } = &self.rotation;
        let mut path = name.clone();
        if seconds.is_some() && name.contains('%') {
            let time =
                Timestamp::from_nanosecond(i128::from(time)).unwrap_or_default().to_zoned_datetime(TimeZone::system());
            path = jiff::fmt::strtime::format(name, &time)
                .map_err(|error| Failure::of_user(format!("-w: '{name}' is no strftime format: {error}")))?;
        }
        // With a bound all names are numbered and equally long, so that they sort; without one the first has no number.
        match (size, most) {
            (Some(_), Some(most)) => {
                let width = most.saturating_sub(1).to_string().len();
                path = format!("{path}{:0width$}", self.number);
            }
            (Some(_), None) if self.number > 0 => path = format!("{path}{}", self.number),
            _ => {}
        }
        Ok(path.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(name: &str, size: Option<u64>, seconds: Option<u64>, most: Option<u64>) -> Files {
        Files::new(Rotation { name: name.to_owned(), size, seconds, most })
    }

    /// The names of the files for these fillings: bytes written, and seconds since the start.
    fn names(files: &mut Files, fillings: &[(u64, u64)]) -> Vec<String> {
        let mut names = vec![files.first(0).unwrap().display().to_string()];
        for (written, seconds) in fillings {
            names.push(match files.next(*written, seconds * NANOSECONDS).unwrap() {
                Next::Same => "same".to_owned(),
                Next::File(path) => path.display().to_string(),
                Next::Nothing => "end".to_owned(),
            });
        }
        names
    }

    #[test]
    fn one_file_stays_one_file() {
        let mut one = files("a%d.pcapng", None, None, None);
        assert_eq!(names(&mut one, &[(u64::MAX, 0), (0, 1_000_000)]), ["a%d.pcapng", "same", "same"]);
    }

    #[test]
    fn sizes_number_the_files_after_the_first() {
        let mut sized = files("a.pcapng", Some(100), None, None);
        assert_eq!(names(&mut sized, &[(99, 0), (100, 0), (300, 0)]), ["a.pcapng", "same", "a.pcapng1", "a.pcapng2"]);
    }

    #[test]
    fn a_ring_begins_again_at_its_first_file() {
        let mut ring = files("a", Some(1), None, Some(3));
        assert_eq!(names(&mut ring, &[(1, 0); 4]), ["a0", "a1", "a2", "a0", "a1"]);
        let mut ring = files("a", Some(1), None, Some(11));
        assert_eq!(names(&mut ring, &[(1, 0); 2]), ["a00", "a01", "a02"]);
    }

    #[test]
    fn times_fill_in_the_name_and_end_after_so_many_files() {
        let mut timed = files("a-%s", None, Some(10), Some(3));
        let fillings = [(0, 0), (0, 9), (0, 10), (0, 25), (0, 35)];
        assert_eq!(names(&mut timed, &fillings), ["a-0", "same", "same", "a-10", "a-25", "end"]);
    }

    #[test]
    fn sizes_within_times_number_the_files_of_a_period() {
        let mut both = files("a-%s", Some(100), Some(10), None);
        let fillings = [(0, 0), (100, 5), (100, 6), (0, 10), (100, 11)];
        assert_eq!(names(&mut both, &fillings), ["a-0", "same", "a-01", "a-02", "a-10", "a-101"]);
    }

    #[test]
    fn further_files_are_begun_in_one_folder_or_below_it() {
        let folder = |name: &str, size, seconds| {
            files(name, size, seconds, None).folder().map(|folder| folder.display().to_string())
        };
        assert_eq!(folder("/var/a.pcapng", None, None), None, "there are none");
        for (name, size, seconds, expected) in [
            ("a.pcapng", Some(1), None, "."),
            ("b/a.pcapng", Some(1), None, "b"),
            ("/a", None, Some(1), "/"),
            ("b/%Y/c/%H.pcapng", None, Some(1), "b"),
            ("%Y/a", None, Some(1), "."),
            ("b/100%/a", Some(1), None, "b/100%"),
        ] {
            assert_eq!(folder(name, size, seconds).as_deref(), Some(expected), "{name}");
        }
    }

    #[test]
    fn a_name_that_is_no_format_is_told() {
        let bad = files("a-%!", None, Some(10), None);
        assert!(bad.first(0).unwrap_err().to_string().starts_with("-w: 'a-%!' is no strftime format"));
    }
}
