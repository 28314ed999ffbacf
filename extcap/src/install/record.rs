//! What `--install` made, and how it was then: only that is ever replaced or removed.
//!
//! A line each, written before the thing is made: `folder`, `link` with where it leads, or `file` with its CRC-32, and the path.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use flate2::Crc;

use super::folders::folder_of_user;
use crate::Failure;

/// What stood at a path when it was made.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Made {
    Folder,
    /// A link to this program.
    Link(PathBuf),
    /// A file with this CRC-32.
    File(u32),
}

impl Made {
    /// A file of these bytes.
    pub fn file(contents: &[u8]) -> Self {
        let mut crc = Crc::new();
        crc.update(contents);
        Made::File(crc.sum())
    }

    /// What stands at a path now.
    pub fn at(path: &Path) -> io::Result<Option<Self>> {
        let kind = match fs::symlink_metadata(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            metadata => metadata?.file_type(),
        };
        Ok(Some(if kind.is_symlink() {
            Made::Link(fs::read_link(path)?)
        } else if kind.is_dir() {
            Made::Folder
        } else {
            Made::file(&fs::read(path)?)
        }))
    }
}

/// The record of what was made.
pub struct Record {
    path: PathBuf,
    made: Vec<(PathBuf, Made)>,
}

impl Record {
    /// Reads the record of this user, if there is one.
    pub fn open() -> Result<Self, Failure> {
        let state = folder_of_user("XDG_STATE_HOME", ".local/state")?;
        let path = state.join("sflowdump/installed");
        let text = match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            text => text.map_err(|error| Failure::new(format!("{}: {error}", path.display())))?,
        };
        // A line that was not written to its end stands for nothing that was made.
        let made =
            text.split_inclusive(|byte| *byte == b'\n').filter_map(|line| entry(line.strip_suffix(b"\n")?)).collect();
        Ok(Record { path, made })
    }

    /// Whether what stands there now was made, and is still as it was.
    pub fn has(&self, path: &Path, now: &Made) -> bool {
        self.made.iter().any(|(made, how)| made == path && how == now)
    }

    /// Whether something was made there, whatever it is now.
    pub fn knows(&self, path: &Path) -> bool {
        self.made.iter().any(|(made, _)| made == path)
    }

    /// Each path at which something was made, the latest first.
    pub fn paths(&self) -> Vec<PathBuf> {
        let mut seen = HashSet::new();
        self.made.iter().rev().map(|(path, _)| path).filter(|path| seen.insert(*path)).cloned().collect()
    }

    /// Makes a folder, and those above it that are missing.
    pub fn make_folder(&mut self, folder: &Path) -> io::Result<()> {
        self.begin()?;
        for folder in missing(folder) {
            self.write(&folder, Made::Folder)?;
            fs::create_dir(folder)?;
        }
        Ok(())
    }

    /// Writes down what is about to be made.
    pub fn note(&mut self, path: &Path, made: Made) -> io::Result<()> {
        self.begin()?;
        self.write(path, made)
    }

    /// Makes the record's own folder, which can be written down only once it is there.
    fn begin(&mut self) -> io::Result<()> {
        let own = self.path.parent().expect("the record is in a folder");
        let missing = missing(own);
        fs::create_dir_all(own)?;
        missing.iter().try_for_each(|folder| self.write(folder, Made::Folder))
    }

    fn write(&mut self, path: &Path, made: Made) -> io::Result<()> {
        let mut file = File::options().append(true).create(true).open(&self.path)?;
        file.write_all(&line(path, &made))?;
        self.made.push((path.to_owned(), made));
        Ok(())
    }

    /// Removes the record, when nothing of what it tells is there any more.
    pub fn remove(&self) -> io::Result<()> {
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

/// The folders of a path that are not there, the outermost first.
fn missing(folder: &Path) -> Vec<PathBuf> {
    let mut missing: Vec<_> = folder.ancestors().take_while(|folder| !folder.exists()).map(Path::to_owned).collect();
    missing.reverse();
    missing
}

fn line(path: &Path, made: &Made) -> Vec<u8> {
    let made = match made {
        Made::Folder => b"folder".to_vec(),
        Made::Link(to) => [b"link\t", to.as_os_str().as_bytes()].concat(),
        Made::File(crc) => format!("file\t{crc:08x}").into_bytes(),
    };
    [&made, &b"\t"[..], path.as_os_str().as_bytes(), b"\n"].concat()
}

fn entry(line: &[u8]) -> Option<(PathBuf, Made)> {
    let path = |bytes| PathBuf::from(OsStr::from_bytes(bytes));
    let words: Vec<&[u8]> = line.split(|byte| *byte == b'\t').collect();
    match words[..] {
        [b"folder", folder] => Some((path(folder), Made::Folder)),
        [b"link", to, link] => Some((path(link), Made::Link(path(to)))),
        [b"file", crc, file] => {
            Some((path(file), Made::File(u32::from_str_radix(std::str::from_utf8(crc).ok()?, 16).ok()?)))
        }
        _ => None,
    }
}
