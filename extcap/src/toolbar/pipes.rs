//! The two control pipes. Neither is ever waited for: a host that stalls slows nothing.

use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags};

use super::message::{Message, Parser};

/// How long the host may take to open its end.
const HOST: Duration = Duration::from_secs(5);

/// The pipe that the host writes to, and the one that it reads.
#[derive(Debug)]
pub struct Pipes {
    input: Option<File>,
    parser: Parser,
    /// The host has opened its ends.
    has_host: bool,
    output: Output,
}

#[derive(Debug)]
enum Output {
    /// The host has not opened its end yet.
    Named(PathBuf),
    Open(File),
    Gone,
}

impl Pipes {
    /// Opens what the host writes to. It comes before all else: until it is open Wireshark's windows stand still.
    pub fn open(input: &Path, output: &Path) -> io::Result<Self> {
        let input = rustix::fs::open(input, OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC, Mode::empty())?;
        Ok(Pipes {
            input: Some(input.into()),
            parser: Parser::default(),
            has_host: false,
            output: Output::Named(output.to_owned()),
        })
    }

    /// The descriptor to wait on, until the host closes it.
    pub fn as_fd(&self) -> Option<BorrowedFd<'_>> {
        self.input.as_ref().map(AsFd::as_fd)
    }

    /// The pipe that the host reads, until it is open.
    pub fn to_open(&self) -> Option<&Path> {
        match &self.output {
            Output::Named(path) => Some(path),
            Output::Open(_) | Output::Gone => None,
        }
    }

    /// Takes what the host has written: a bounded part of it, for the capture goes on meanwhile.
    pub fn receive(&mut self, mut each: impl FnMut(Message)) {
        let Some(input) = &mut self.input else { return };
        let mut buffer = [0; 4096];
        match input.read(&mut buffer) {
            // Before the host has opened its end there is nothing to read either.
            Ok(0) if !self.has_host => {}
            Ok(0) => self.input = None,
            Ok(count) => {
                self.has_host = true;
                self.parser.push(&buffer[..count], &mut each);
            }
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {}
            Err(_) => self.input = None,
        }
    }

    /// Writes what the host takes of `bytes`, and leaves the rest there.
    pub fn send(&mut self, bytes: &mut Vec<u8>) {
        if let Output::Named(path) = &self.output {
            let flags = OFlags::WRONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
            // Without a reader there is no opening it.
            let Ok(file) = rustix::fs::open(path, flags, Mode::empty()) else { return };
            self.output = Output::Open(file.into());
        }
        let Output::Open(file) = &mut self.output else { return bytes.clear() };
        while !bytes.is_empty() {
            match file.write(bytes) {
                Ok(count) => _ = bytes.drain(..count),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => {
                    bytes.clear();
                    self.output = Output::Gone;
                    return;
                }
            }
        }
    }

    /// Waits, for a moment at most, until the host has opened its end. One that finds nobody at the other waits forever.
    pub fn wait_for_host(&mut self) {
        let began = Instant::now();
        while let (Some(input), false) = (&self.input, self.has_host) {
            let left = HOST.saturating_sub(began.elapsed());
            let mut input = [PollFd::new(input, PollFlags::IN)];
            if left.is_zero() || poll(&mut input, Timespec::try_from(left).ok().as_ref()) == Ok(0) {
                return;
            }
            self.receive(|_| {});
            // A host that has opened and closed it without a word is gone.
            if !self.has_host {
                return;
            }
        }
    }
}
