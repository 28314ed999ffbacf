//! sFlow on its way to somebody else: Wireshark's dumpcap captures it, and what it captures is read like a recorded feed.
//!
//! dumpcap has the privileges that capturing takes; we need none. It writes pcap into a pipe, which a thread reads; the thread
//! hands the datagrams over through a socket, so that the capture loop waits for them as it waits for a UDP socket.

use std::ffi::OsStr;
use std::io::{self, BufRead, BufReader, Read};
use std::net::{IpAddr, Ipv6Addr};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use rustix::io::Errno;
use rustix::net::{AddressFamily, RecvFlags, SendFlags, Shutdown, SocketFlags, SocketType};
use rustix::process::{Pid, Signal, kill_process};
use sflowcap::capture::Received;
use sflowcap::datagram::MAX_DATAGRAM;

use crate::Failure;
use crate::choices::Choice;
use crate::input::Feed;

/// Where dumpcap is, if it is not in the search path: folders for administrators are not in everybody's.
const FOLDERS: [&str; 4] = ["/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin"];

/// Time and sender before a datagram on its way to the capture loop.
const HEADER: usize = 8 + 16;

/// What dumpcap says, line by line.
type Lines = Arc<Mutex<Vec<String>>>;

/// A dumpcap that runs, and the datagram that was read last.
#[derive(Debug)]
pub struct Tap {
    child: Child,
    datagrams: OwnedFd,
    lines: Lines,
    telling: Option<JoinHandle<()>>,
    buffer: Vec<u8>,
    length: usize,
    /// It was told to stop: its end is no failure.
    stopping: bool,
    /// Its end was seen.
    over: bool,
}

impl Tap {
    /// Lets dumpcap capture the datagrams to `port` on an interface. When this returns, it does.
    ///
    /// # Errors
    /// When there is no dumpcap, or it cannot capture there: the reason is dumpcap's.
    pub fn start(interface: &str, port: u16) -> Result<Self, Failure> {
        let plain = format!("udp dst port {port} or (ip[6:2] & 0x1fff != 0) or ip6 proto 44");
        // Tags are part of the offsets in a filter, but not every link layer has them.
        match Self::capture(interface, port, &format!("{plain} or (vlan and ({plain}))")) {
            Err(failure) if failure.to_string().contains("VLAN") => Self::capture(interface, port, &plain),
            result => result,
        }
    }

    fn capture(interface: &str, port: u16, filter: &str) -> Result<Self, Failure> {
        let mut child = dumpcap()?
            .args(["-q", "-P", "-w", "-", "-i", interface, "-f", filter])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| Failure::new(format!("--tap: dumpcap cannot be started: {error}")))?;
        let (Some(stdout), Some(stderr)) = (child.stdout.take(), child.stderr.take()) else {
            unreachable!("both were asked for")
        };
        let lines = Lines::default();
        let telling = thread::spawn({
            let lines = Arc::clone(&lines);
            move || {
                for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                    lines.lock().unwrap_or_else(PoisonError::into_inner).push(line);
                }
            }
        });
        let (sender, datagrams) = pair().map_err(|error| Failure::new(format!("--tap: {error}")))?;
        let buffer = vec![0; HEADER + MAX_DATAGRAM + 1];
        let mut tap =
            Tap { child, datagrams, lines, telling: Some(telling), buffer, length: 0, stopping: false, over: false };
        // The header comes once dumpcap has opened the interface; else its output ends.
        let output: Box<dyn Read + Send> = Box::new(stdout);
        let Ok(feed) = Feed::of(&format!("dumpcap on {interface}"), output, port) else {
            return Err(tap.reason(interface));
        };
        thread::spawn(move || hand_over(feed, &sender));
        Ok(tap)
    }

    /// The descriptor to wait on.
    pub fn as_fd(&self) -> BorrowedFd<'_> {
        self.datagrams.as_fd()
    }

    /// Takes the next datagram, if there is one. Returns how many there are.
    pub fn receive(&mut self) -> io::Result<usize> {
        self.length = 0;
        match rustix::net::recv(&self.datagrams, self.buffer.as_mut_slice(), RecvFlags::DONTWAIT) {
            Ok((0, _)) => {
                self.over = true;
                if self.stopping { Ok(0) } else { Err(io::Error::other(self.ended())) }
            }
            Ok((length, _)) => {
                self.length = length.max(HEADER);
                Ok(1)
            }
            Err(Errno::AGAIN | Errno::INTR) => Ok(0),
            Err(error) => Err(error.into()),
        }
    }

    /// The datagram that was taken last.
    pub fn datagram(&self) -> Received<'_> {
        let (header, bytes) = self.buffer[..self.length].split_at(HEADER);
        let mut timestamp = [0; 8];
        timestamp.copy_from_slice(&header[..8]);
        let mut sender = [0; 16];
        sender.copy_from_slice(&header[8..]);
        Received { timestamp: u64::from_ne_bytes(timestamp), sender: IpAddr::V6(Ipv6Addr::from(sender)), bytes }
    }

    /// Tells dumpcap to end. What it has captured can still be received.
    pub fn stop(&mut self) {
        self.stopping = true;
        // Nothing is left to end where there is no such process any more.
        _ = kill_process(Pid::from_child(&self.child), Signal::INT);
    }

    /// Whether all it has captured was received.
    pub fn is_over(&self) -> bool {
        self.over
    }

    /// Packets that dumpcap could not take. It tells at its end.
    pub fn lost(&mut self) -> Option<u32> {
        if !self.over {
            return None;
        }
        self.reap();
        self.lines().iter().find_map(|line| dropped(line))
    }

    /// Waits for dumpcap's end, and for its last words.
    fn reap(&mut self) {
        if let Some(telling) = self.telling.take() {
            _ = self.child.wait();
            _ = telling.join();
        }
    }

    fn lines(&self) -> MutexGuard<'_, Vec<String>> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Why dumpcap did not begin, in one line.
    fn reason(&mut self, interface: &str) -> Failure {
        self.stop();
        self.reap();
        let lines = self.lines();
        let told = lines.iter().filter(|line| !line.starts_with("Capturing on") && !line.starts_with("File:"));
        let told: Vec<&str> = told.map(|line| line.trim()).take_while(|line| !line.is_empty()).collect();
        let told = told.join(" ");
        let told = told.trim_start_matches("dumpcap: ");
        if told.contains("permission") {
            return Failure::new(format!(
                "--tap: {interface}: dumpcap may not capture for this user: as root \"dpkg-reconfigure wireshark-common\", \
                 then \"adduser USER wireshark\", and log in anew"
            ));
        }
        Failure::new(format!("--tap: {interface}: {told}"))
    }

    /// What to say when dumpcap ends by itself.
    fn ended(&mut self) -> String {
        self.reap();
        let lines = self.lines();
        let told = lines.iter().find(|line| line.starts_with("dumpcap: "));
        told.map_or_else(|| "dumpcap ended".to_owned(), Clone::clone)
    }
}

impl Drop for Tap {
    fn drop(&mut self) {
        if self.telling.is_some() {
            self.stop();
            // The end of the channel ends the thread that reads dumpcap's output, and that ends dumpcap.
            _ = rustix::net::shutdown(&self.datagrams, Shutdown::Both);
            self.reap();
        }
    }
}

/// Sends each datagram of the feed on. It ends with the feed, or when nobody takes them.
fn hand_over(mut feed: Feed, sender: &OwnedFd) {
    let mut message = Vec::with_capacity(HEADER + MAX_DATAGRAM);
    let never = || false;
    let outcome = feed.read(never, |received| {
        message.clear();
        message.extend_from_slice(&received.timestamp.to_ne_bytes());
        let sender_address = match received.sender {
            IpAddr::V4(ip) => ip.to_ipv6_mapped(),
            IpAddr::V6(ip) => ip,
        };
        message.extend_from_slice(&sender_address.octets());
        message.extend_from_slice(received.bytes);
        Ok(rustix::net::send(sender, &message, SendFlags::NOSIGNAL).is_ok())
    });
    if let Err(failure) = outcome {
        tracing::warn!("{failure}");
    }
}

/// Two ends of a channel for whole messages, that ends when one of them does.
fn pair() -> Result<(OwnedFd, OwnedFd), Errno> {
    rustix::net::socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None)
}

/// The dropped packets of the line with which dumpcap ends:
/// `Packets received/dropped on interface 'lo': 10/2 (…)`.
fn dropped(line: &str) -> Option<u32> {
    let (_, counts) = line.strip_prefix("Packets received/dropped on interface ")?.rsplit_once("': ")?;
    let (_, dropped) = counts.split_once('/')?;
    dropped.split(' ').next()?.parse().ok()
}

fn dumpcap() -> Result<Command, Failure> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(FOLDERS.map(PathBuf::from));
    let found = folders.map(|folder| folder.join("dumpcap")).find(|dumpcap| dumpcap.is_file());
    found.map(|dumpcap| Command::new::<&OsStr>(dumpcap.as_ref())).ok_or_else(|| {
        Failure::new("--tap: needs Wireshark's dumpcap, and it is not installed (Debian: apt install wireshark-common)")
    })
}

/// The interfaces that dumpcap can capture on, for the dialog.
pub fn interfaces() -> Result<Vec<Choice>, Failure> {
    let output = dumpcap()?.arg("-D").output().map_err(|error| Failure::new(format!("dumpcap -D: {error}")))?;
    if !output.status.success() {
        let errors = String::from_utf8_lossy(&output.stderr);
        return Err(Failure::new(format!("dumpcap -D: {}", errors.lines().next().unwrap_or_default())));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    // `1. eth0`, or `3. lo (Loopback)`.
    let choice = |line: &str| {
        let (_, label) = line.split_once(". ")?;
        Some(Choice::new(label.split(' ').next()?, label))
    };
    Ok(text.lines().filter_map(choice).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dumpcaps_last_line_tells_its_drops() {
        let line = "Packets received/dropped on interface 'Loopback: lo': 1234/56 (pcap:56/dumpcap:0/flushed:0/ps_ifdrop:0) (95.6%)";
        assert_eq!(dropped(line), Some(56));
        assert_eq!(dropped("Packets captured: 0"), None);
        assert_eq!(dropped("Packets received/dropped on interface 'x': garbage"), None);
    }
}
