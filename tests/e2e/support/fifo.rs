//! A FIFO read as dumpcap reads it: opened without waiting for a writer.

use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::{CWD, FileType, Mode, OFlags};

use super::capture::Capture;
use super::{Home, wait_for};

/// The reading end of a FIFO, and what was read so far.
#[derive(Debug)]
pub struct Fifo {
    pub path: PathBuf,
    reader: Option<File>,
    bytes: Vec<u8>,
}

impl Fifo {
    /// A FIFO that has a reader.
    pub fn new(home: &Home, name: &str) -> Self {
        let path = home.file(name);
        rustix::fs::mknodat(CWD, &path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).expect("a FIFO");
        let reader = rustix::fs::open(&path, OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC, Mode::empty());
        Fifo { path, reader: Some(reader.expect("the FIFO's reading end").into()), bytes: Vec::new() }
    }

    /// Takes what is there. Returns whether the writer is gone, or not there yet.
    fn take(&mut self) -> bool {
        let reader = self.reader.as_mut().expect("a reader that is open");
        let mut buffer = vec![0; 64 * 1024];
        loop {
            match reader.read(&mut buffer) {
                Ok(0) => return true,
                Ok(count) => self.bytes.extend_from_slice(&buffer[..count]),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return false,
                Err(error) => panic!("reading a FIFO: {error}"),
            }
        }
    }

    /// Reads on until the capture is as wished.
    pub fn wait_for(&mut self, what: &str, mut is_there: impl FnMut(&Capture) -> bool) -> Capture {
        wait_for(what, || {
            self.take();
            let capture = self.capture();
            is_there(&capture).then_some(capture)
        })
    }

    /// Reads on until there are this many packets.
    pub fn wait_for_packets(&mut self, count: usize) -> Capture {
        self.wait_for(&format!("{count} packets"), |capture| capture.packets.len() >= count)
    }

    /// Reads on until the writer closes, which it has opened.
    pub fn read_to_end(&mut self) -> Capture {
        wait_for("the end of the stream", || (self.take() && !self.bytes.is_empty()).then_some(()));
        let capture = self.capture();
        assert_eq!(capture.left, 0, "the stream ends within a block");
        capture
    }

    pub fn capture(&self) -> Capture {
        Capture::parse(&self.bytes)
    }

    /// Whether the writer has written nothing at all.
    pub fn is_untouched(&mut self) -> bool {
        self.take();
        self.bytes.is_empty()
    }

    /// Waits until there is something to take.
    pub fn wait_until_readable(&self) {
        let reader = self.reader.as_ref().expect("a reader that is open");
        poll(&mut [PollFd::new(reader, PollFlags::IN)], None).expect("a FIFO");
    }

    pub fn close(&mut self) {
        self.reader = None;
    }
}
