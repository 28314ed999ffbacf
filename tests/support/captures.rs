//! Where the recorded captures are, and what their index says of them.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use super::feed::{self, Datagram};

/// The directory of the captures: `SFLOW_CAPTURES`, or `../shared/captures` beside the repository.
pub fn directory() -> Option<PathBuf> {
    let directory = env::var_os("SFLOW_CAPTURES")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/captures"), PathBuf::from);
    if directory.is_dir() {
        return Some(directory);
    }
    println!("skipped: no captures in {}", directory.display());
    None
}

/// A recorded feed.
#[derive(Clone, Debug)]
pub struct Feed {
    /// Its path below `public/` or `agents/`, as the index has it.
    pub name: String,
    pub path: PathBuf,
    /// Its datagrams to sFlow's port.
    pub datagrams: Vec<Datagram>,
}

/// Every recorded feed, by name.
pub fn feeds(directory: &Path) -> Vec<Feed> {
    let mut paths = Vec::new();
    walk(directory, &mut paths);
    paths.sort();
    paths.into_iter().filter_map(|path| feed(directory, path)).collect()
}

fn walk(directory: &Path, paths: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).expect("a readable directory").flatten() {
        if entry.path().is_dir() {
            walk(&entry.path(), paths);
        } else {
            paths.push(entry.path());
        }
    }
}

fn feed(directory: &Path, path: PathBuf) -> Option<Feed> {
    let below = path.strip_prefix(directory).ok()?.to_str()?;
    let (kind, name) = below.split_once('/')?;
    let is_feed = match kind {
        "public" => [".pcap", ".pcapng"].iter().any(|end| name.ends_with(end)),
        "agents" => [".sflow.pcap", ".sflow.pcapng"].iter().any(|end| name.ends_with(end)),
        _ => false,
    };
    if !is_feed {
        return None;
    }
    let name = name.to_owned();
    let mut datagrams = feed::datagrams(&feed::frames(&fs::read(&path).ok()?));
    datagrams.retain(|datagram| datagram.destination_port == sflowcap::datagram::PORT);
    Some(Feed { name, path, datagrams })
}

/// The tables of the captures' index: the cells of each row by the file that it is about.
pub fn index(directory: &Path) -> BTreeMap<String, Vec<String>> {
    let index = fs::read_to_string(directory.join("INDEX.md")).expect("an index beside the captures");
    let rows = index.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |"));
    let cells = |row: &str| row.split(" | ").map(|cell| cell.trim().to_owned()).collect::<Vec<_>>();
    rows.map(cells).filter(|cells| cells[0].contains(".pcap")).map(|cells| (cells[0].clone(), cells)).collect()
}
