//! Wakes a loop that waits on descriptors from another thread.

use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;

/// The loop's end.
#[derive(Debug)]
pub struct Wake {
    stream: UnixStream,
    own: Waker,
}

/// The other thread's end.
#[derive(Debug)]
pub struct Waker(UnixStream);

impl Waker {
    pub fn wake(&self) {
        // Where there is no room for one more the loop is woken anyway.
        _ = (&self.0).write(&[1]);
    }
}

impl Wake {
    pub fn new() -> io::Result<Self> {
        let (stream, other) = UnixStream::pair()?;
        stream.set_nonblocking(true)?;
        other.set_nonblocking(true)?;
        Ok(Wake { stream, own: Waker(other) })
    }

    pub fn waker(&self) -> io::Result<Waker> {
        self.own.0.try_clone().map(Waker)
    }

    pub fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }

    pub fn set(&self) {
        self.own.wake();
    }

    pub fn clear(&mut self) {
        let mut bytes = [0; 256];
        while self.stream.read(&mut bytes).is_ok_and(|count| count == bytes.len()) {}
    }
}
