//! What the end-to-end tests share: a home of its own for each test, the tools, free ports, and waiting for things to happen.
#![allow(dead_code, reason = "each test uses a part of it")]

use std::collections::HashMap;
use std::env;
use std::fs;
use std::net::UdpSocket;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU16, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

pub mod broker;
pub mod capture;
pub mod certificates;
pub mod demo;
pub mod doorkeeper;
pub mod feed;
pub mod fifo;
pub mod flood;
pub mod frames;
#[path = "../../support/hostile.rs"]
pub mod hostile;
pub mod kcat;
pub mod mock_cluster;
pub mod objects;
pub mod process;
pub mod tools;
#[path = "../../support/wire.rs"]
pub mod wire;

use tools::{have, search_path};

/// The program under test.
pub const SFLOWDUMP: &str = env!("CARGO_BIN_EXE_sflowdump");

/// Long enough for anything that happens at all, however busy the machine.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// A test's own home, with the program linked where Wireshark looks for extcaps, and its own place for temporary files.
#[derive(Debug)]
pub struct Home {
    directory: TempDir,
}

impl Home {
    pub fn new() -> Self {
        let home = Home::bare();
        // Wireshark 4.0 looks in the first, later versions in the second.
        for extcaps in [".config/wireshark/extcap", ".local/lib/wireshark/extcap"] {
            let extcaps = home.file(extcaps);
            fs::create_dir_all(&extcaps).expect("a directory for extcaps");
            symlink(SFLOWDUMP, extcaps.join("sflowdump")).expect("a link to the program");
        }
        home
    }

    /// A home without the program.
    pub fn bare() -> Self {
        // Not below the working directory: names of Unix sockets must be short.
        let directory = tempfile::Builder::new().prefix("sd").tempdir().expect("a temporary directory");
        fs::create_dir(directory.path().join("tmp")).expect("a directory for temporary files");
        Home { directory }
    }

    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    /// A command that lives in this home.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        for (name, _) in env::vars_os() {
            let inherited = name.to_string_lossy();
            if inherited.starts_with("XDG_") || inherited.starts_with("WIRESHARK_") {
                command.env_remove(name);
            }
        }
        command
            .env("HOME", self.path())
            .env("TMPDIR", self.path().join("tmp"))
            .env("PATH", search_path())
            .env("LC_ALL", "C.UTF-8")
            .current_dir(self.path());
        command
    }

    /// What a command prints on standard output. It must succeed.
    pub fn output(&self, program: &str, arguments: &[&str]) -> String {
        let output =
            self.command(program).args(arguments).output().unwrap_or_else(|error| panic!("{program}: {error}"));
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{program} {arguments:?}: {}: {stderr}", output.status);
        String::from_utf8(output.stdout).expect("text")
    }
}

/// Whether an address can be used on this host: containers often have no IPv6.
pub fn has_family_of(address: &str) -> bool {
    let has = !address.contains(':') || UdpSocket::bind(("::1", 0)).is_ok();
    if !has {
        println!("skipped: this host has no IPv6");
    }
    has
}

/// Whether there is a dumpcap that may capture on loopback: not every container lets it.
pub fn may_capture() -> bool {
    if !have(&["dumpcap"]) {
        return false;
    }
    let tried = Command::new("dumpcap").args(["-i", "lo", "-a", "duration:0", "-w", "/dev/null"]).output();
    let may = tried.is_ok_and(|output| output.status.success());
    if !may {
        println!("skipped: dumpcap may not capture here");
    }
    may
}

/// A UDP port that nobody uses. Below the ports that the system hands out by itself, and never the same for two tests.
pub fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let start = (std::process::id() % 97) as u16 * 100;
    loop {
        let port = 20_000 + (start + NEXT.fetch_add(1, Ordering::Relaxed)) % 12_000;
        // Of either family where there are both.
        if UdpSocket::bind(("::", port)).or_else(|_| UdpSocket::bind(("0.0.0.0", port))).is_ok() {
            return port;
        }
    }
}

/// Waits until something is there.
pub fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(started.elapsed() < PATIENCE, "waited in vain for {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

/// Whether a UDP socket is bound to this port, in the network namespace of this process.
pub fn is_bound(pid: u32, port: u16) -> bool {
    !queues(pid, port).is_empty()
}

/// The bytes that wait in each UDP socket bound to this port.
pub fn queues(pid: u32, port: u16) -> Vec<u32> {
    let tables =
        ["udp", "udp6"].map(|table| fs::read_to_string(format!("/proc/{pid}/net/{table}")).unwrap_or_default());
    let queue = |line: &str| {
        let mut words = line.split_whitespace().skip(1);
        let (_, local) = words.next()?.rsplit_once(':')?;
        let (_, received) = words.nth(2)?.split_once(':')?;
        (u16::from_str_radix(local, 16) == Ok(port)).then_some(u32::from_str_radix(received, 16).ok()?)
    };
    tables.iter().flat_map(|table| table.lines().skip(1)).filter_map(queue).collect()
}

/// How often each item occurs.
pub fn count<T: std::hash::Hash + Eq>(items: impl IntoIterator<Item = T>) -> HashMap<T, u32> {
    items.into_iter().fold(HashMap::new(), |mut counts, item| {
        *counts.entry(item).or_default() += 1;
        counts
    })
}
