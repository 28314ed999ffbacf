//! Who has a UDP port: Linux tells it in `/proc`, to root of all programs, to others of their own.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

/// A program that has a port.
#[derive(Debug)]
pub struct Holder {
    pid: u32,
    name: String,
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (process {})", self.name, self.pid)
    }
}

/// The program that has a UDP socket on this port, if this user may know.
pub fn of_port(port: u16) -> Option<Holder> {
    let tables = ["/proc/net/udp", "/proc/net/udp6"].map(|table| fs::read_to_string(table).unwrap_or_default());
    let inodes = tables.iter().flat_map(|table| table.lines()).filter_map(|line| inode(line, port));
    let sockets: Vec<PathBuf> = inodes.map(|inode| format!("socket:[{inode}]").into()).collect();
    fs::read_dir("/proc").ok()?.flatten().find_map(|process| {
        let pid = process.file_name().to_str()?.parse().ok()?;
        if !has_open(&process.path(), &sockets) {
            return None;
        }
        let name = fs::read_to_string(process.path().join("comm")).ok()?;
        Some(Holder { pid, name: name.trim_end().to_owned() })
    })
}

/// The inode of a socket on a port, in a line of `/proc/net/udp`: see proc(5).
fn inode(line: &str, port: u16) -> Option<&str> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let (_, local) = words.get(1)?.rsplit_once(':')?;
    (u16::from_str_radix(local, 16) == Ok(port)).then(|| words.get(9).copied()).flatten()
}

/// Whether a process has one of these files open.
fn has_open(process: &Path, files: &[PathBuf]) -> bool {
    let open = fs::read_dir(process.join("fd")).into_iter().flatten().flatten();
    open.filter_map(|file| fs::read_link(file.path()).ok()).any(|file| files.contains(&file))
}
