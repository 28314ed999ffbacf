//! Where the capture goes: Wireshark's FIFO, a file, or standard output.
//!
//! The source never waits for the reader. What the reader has not taken yet waits in a backlog of chunks; when that is full
//! the sink takes no more packets until there is room again, and the converter counts them as lost.

use std::collections::VecDeque;
use std::fmt::Display;
use std::fs::{self, File};
use std::io::{self, Seek, Write};
use std::mem;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags};

use crate::Failure;

/// Bytes worth a system call: at this many the chunk is written, or waits for its turn.
const CHUNK: usize = 64 * 1024;

/// Room of a chunk: the packets of a datagram of the usual size fit in after it was not yet full. Little more than what is
/// filled, so that the backlog's bound is what memory it takes.
const CHUNK_ROOM: usize = CHUNK + 16 * 1024;

/// Bytes written in one go. A reader that comes back may take the whole backlog, and datagrams must not wait for that.
const TURN: usize = 8 * CHUNK;

/// Emptied chunks that are kept.
const SPARE: usize = 4;

/// How a FIFO takes the bytes of a stall.
const PIPE_SIZE: usize = 1024 * 1024;

/// How long a reader that stalls at the end may take for what is left. Wireshark kills an extcap after 30 s.
const LAST_FLUSH: Duration = Duration::from_secs(10);

/// How often it is looked whether the reader has taken everything: 5 ms.
const READ_CHECK: Timespec = Timespec { tv_sec: 0, tv_nsec: 5_000_000 };

/// What became of a flush.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flushed {
    /// Everything was written.
    All,
    /// Some waits: for the reader, or for the next turn.
    Blocked,
    /// The reader is gone.
    Closed,
}

/// The writing end of the capture.
#[derive(Debug)]
pub struct Sink {
    file: File,
    /// Chunks that wait, oldest first; the last is being filled.
    chunks: VecDeque<Vec<u8>>,
    /// Emptied chunks, to be filled again.
    spare: Vec<Vec<u8>>,
    /// Bytes of the first chunk that are written.
    written: usize,
    /// Bytes that wait, in all chunks but the last.
    waiting: usize,
    /// Bytes of the file before those that wait.
    before: u64,
    /// Bytes of the file up to where it was whole when it was last written to.
    whole: u64,
    bound: usize,
}

/// Opens the FIFO that Wireshark's dumpcap reads. It waits until there is a reader.
pub fn open_fifo(path: &Path) -> Result<File, Failure> {
    let failed = |error| Failure::new(format!("--fifo: {}: {error}", path.display()));
    let fifo = File::options().write(true).open(path).map_err(failed)?;
    // A second handle keeps the FIFO open until the process ends. Its end is what the host takes for ours: an error message
    // that came after it would go unseen.
    mem::forget(fifo.try_clone().map_err(failed)?);
    Ok(fifo)
}

/// Opens what `-w` names. `-` is standard output, which must not be a terminal.
pub fn open_file(path: &Path) -> Result<File, Failure> {
    if path != Path::new("-") {
        return File::create(path).map_err(|error| Failure::new(format!("-w: {}: {error}", path.display())));
    }
    let stdout = io::stdout();
    if rustix::termios::isatty(&stdout) {
        return Err(Failure::of_user(
            "a capture is not for a terminal: write a file with -w FILE, or pipe it: sflowdump -w - | tcpdump -r -",
        ));
    }
    // An open file description of our own, so that making it non-blocking changes nothing for others that share the pipe.
    let own = fs::metadata("/proc/self/fd/1")
        .ok()
        .filter(|metadata| !metadata.is_file())
        .and_then(|_| rustix::fs::open("/proc/self/fd/1", OFlags::WRONLY | OFlags::CLOEXEC, Mode::empty()).ok());
    match own {
        Some(descriptor) => Ok(descriptor.into()),
        None => stdout
            .as_fd()
            .try_clone_to_owned()
            .map(File::from)
            .map_err(|error| Failure::new(format!("standard output: {error}"))),
    }
}

impl Sink {
    /// A sink that lets `bound` bytes wait for the reader of `file`.
    pub fn new(file: File, bound: usize) -> Result<Self, Failure> {
        let status =
            rustix::fs::fcntl_getfl(&file).and_then(|flags| rustix::fs::fcntl_setfl(&file, flags | OFlags::NONBLOCK));
        status.map_err(|error| Failure::new(format!("output cannot be made non-blocking: {error}")))?;
        grow_pipe(&file);
        map_chunks();
        Ok(Sink {
            file,
            chunks: VecDeque::new(),
            spare: Vec::new(),
            written: 0,
            waiting: 0,
            before: 0,
            whole: 0,
            bound,
        })
    }

    /// The descriptor to wait on.
    pub fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }

    /// Where to append whole blocks; `None` when the backlog is full.
    pub fn room(&mut self) -> Option<&mut Vec<u8>> {
        if self.waiting >= self.bound {
            return None;
        }
        Some(self.unbounded_room())
    }

    /// Where to append blocks that must not get lost, such as those that end the file.
    pub fn unbounded_room(&mut self) -> &mut Vec<u8> {
        if self.chunks.back().is_none_or(|chunk| chunk.len() >= CHUNK) {
            self.waiting += self.chunks.back().map_or(0, Vec::len);
            self.chunks.push_back(self.spare.pop().unwrap_or_else(|| Vec::with_capacity(CHUNK_ROOM)));
        }
        self.chunks.back_mut().expect("there is a chunk to fill")
    }

    /// Bytes of the file so far, those that wait included.
    pub fn length(&self) -> u64 {
        self.before + self.waiting as u64 + self.chunks.back().map_or(0, |chunk| chunk.len() as u64)
    }

    /// Goes on with another file, once everything that waits is written.
    pub fn replace(&mut self, file: File) -> Result<(), Failure> {
        // Files that are begun anew are on disks: they take everything at once.
        while self.flush()? == Flushed::Blocked {
            self.wait(None);
        }
        (self.before, self.whole) = (0, 0);
        self.file = file;
        Ok(())
    }

    /// Whether there is enough to be worth a system call.
    pub fn is_due(&self) -> bool {
        self.chunks.len() > 1 || self.chunks.back().is_some_and(|chunk| chunk.len() >= CHUNK)
    }

    /// Writes what waits, as far as the reader takes it, but no more than a turn's bytes.
    pub fn flush(&mut self) -> Result<Flushed, Failure> {
        let mut turn = TURN;
        while let Some(chunk) = self.chunks.front() {
            if self.written == chunk.len() {
                self.recycle();
                continue;
            }
            if turn == 0 {
                return Ok(Flushed::Blocked);
            }
            match self.file.write(&chunk[self.written..]) {
                Ok(0) => return Err(self.failed(&"nothing more can be written")),
                Ok(count) => {
                    self.written += count;
                    if self.written == chunk.len() {
                        self.whole = self.before + self.written as u64;
                    }
                    turn = turn.saturating_sub(count);
                }
                Err(error) => match error.kind() {
                    io::ErrorKind::WouldBlock => return Ok(Flushed::Blocked),
                    io::ErrorKind::BrokenPipe => return Ok(Flushed::Closed),
                    io::ErrorKind::Interrupted => {}
                    _ => return Err(self.failed(&error)),
                },
            }
        }
        Ok(Flushed::All)
    }

    /// Gives up what waits, and cuts a file back to where it is whole: a full disk takes a part of a packet.
    fn failed(&mut self, error: &dyn Display) -> Failure {
        let (lost, torn) = (self.length() - self.whole, self.before + self.written as u64 - self.whole);
        self.chunks.clear();
        (self.written, self.waiting) = (0, 0);
        if torn > 0 {
            if let Err(error) = self.cut(torn) {
                tracing::warn!("the file ends within a packet: {error}");
            }
        }
        Failure::new(format!("output: {error}; the last {lost} bytes are lost"))
    }

    /// Takes back the last bytes of a file. In one that others may append to they need not be ours.
    fn cut(&mut self, torn: u64) -> io::Result<()> {
        if !self.file.metadata()?.is_file() || rustix::fs::fcntl_getfl(&self.file)?.contains(OFlags::APPEND) {
            return Ok(());
        }
        let end = self.file.stream_position()?;
        self.file.set_len(end.saturating_sub(torn))
    }

    /// Writes what is left at the end, as long as there is hope that the reader takes it.
    pub fn flush_last(&mut self) -> Result<(), Failure> {
        let began = Instant::now();
        while self.flush()? == Flushed::Blocked {
            let left = LAST_FLUSH.saturating_sub(began.elapsed());
            if left.is_zero() {
                tracing::warn!("the reader takes nothing: the end of the capture is lost");
                break;
            }
            self.wait(Some(left));
        }
        Ok(())
    }

    /// Waits until the reader of a FIFO has taken what was written, or is gone, or it is in vain. Wireshark tells dumpcap to stop
    /// once we have ended; what is in the FIFO then is lost, and with it the end of the file.
    pub fn wait_until_read(&self, is_vain: impl Fn() -> bool) {
        let began = Instant::now();
        // Systems that cannot tell say nothing, or an error.
        while rustix::io::ioctl_fionread(&self.file).is_ok_and(|unread| unread > 0) {
            let mut reader = [PollFd::from_borrowed_fd(self.as_fd(), PollFlags::empty())];
            // No event tells that a pipe is empty; that nobody reads it is one.
            let is_gone = poll(&mut reader, Some(&READ_CHECK)).is_ok_and(|count| count > 0);
            if is_gone || is_vain() {
                break;
            }
            if began.elapsed() > LAST_FLUSH {
                tracing::warn!("the reader takes nothing: the end of the capture is lost");
                break;
            }
        }
    }

    /// Waits until the reader takes some more, or is gone, or the time is over.
    pub fn wait(&self, time: Option<Duration>) {
        let mut reader = [PollFd::from_borrowed_fd(self.as_fd(), PollFlags::OUT)];
        let timeout = time.and_then(|time| Timespec::try_from(time).ok());
        // Interrupted or not, the next write tells.
        _ = poll(&mut reader, timeout.as_ref());
    }

    /// Takes back the first chunk, all of which is written.
    fn recycle(&mut self) {
        self.written = 0;
        if let Some(mut chunk) = self.chunks.pop_front() {
            self.before += chunk.len() as u64;
            if !self.chunks.is_empty() {
                self.waiting -= chunk.len();
            }
            // Others are there only after a stall, and freed.
            if self.spare.len() < SPARE && chunk.capacity() <= CHUNK_ROOM {
                chunk.clear();
                self.spare.push(chunk);
            }
        }
    }
}

/// Makes chunks memory maps of their own, which the system gets back as each is freed. The GNU allocator would keep them behind
/// whatever else was allocated meanwhile; to give all of them back at once takes longer than a socket's queue lasts.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[allow(unsafe_code, reason = "mallopt is a foreign function")]
fn map_chunks() {
    // SAFETY: mallopt changes where memory comes from, and nothing else.
    let done = unsafe { libc::mallopt(libc::M_MMAP_THRESHOLD, CHUNK as libc::c_int) };
    if done == 0 {
        tracing::debug!("chunks are not memory maps of their own");
    }
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn map_chunks() {}

/// A larger pipe saves waiting: a reader that stalls for a moment costs no backlog. Not every output is a pipe.
#[cfg(target_os = "linux")]
fn grow_pipe(file: &File) {
    if let Err(error) = rustix::pipe::fcntl_setpipe_size(file, PIPE_SIZE) {
        tracing::debug!("pipe size: {error}");
    }
}

#[cfg(not(target_os = "linux"))]
fn grow_pipe(_: &File) {}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    /// A sink into a pipe, and the pipe's reading end.
    fn pipe(bound: usize) -> (Sink, File) {
        let (reader, writer) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC).unwrap();
        (Sink::new(writer.into(), bound).unwrap(), reader.into())
    }

    /// Numbered blocks of 1000 bytes, as many as the sink takes of `count`.
    fn fill(sink: &mut Sink, count: usize) -> usize {
        (0..count)
            .take_while(|number| sink.room().map(|room| room.extend_from_slice(&[*number as u8; 1000])).is_some())
            .count()
    }

    #[test]
    fn a_reader_that_keeps_up_gets_everything_in_order() {
        let (mut sink, mut reader) = pipe(CHUNK);
        for number in 0..1000_u32 {
            sink.room().unwrap().extend_from_slice(&number.to_be_bytes());
            assert_eq!(sink.flush().unwrap(), Flushed::All);
            let mut bytes = [0; 4];
            reader.read_exact(&mut bytes).unwrap();
            assert_eq!(bytes, number.to_be_bytes());
        }
    }

    #[test]
    fn a_stalled_reader_fills_the_backlog_to_its_bound_and_loses_nothing_that_was_taken() {
        let bound = 3 * 1024 * 1024;
        let (mut sink, mut reader) = pipe(bound);
        let mut taken = 0;
        loop {
            let some = fill(&mut sink, 256);
            taken += some;
            _ = sink.flush().unwrap();
            if some < 256 {
                break;
            }
        }
        assert_eq!(sink.flush().unwrap(), Flushed::Blocked);
        assert!((taken * 1000).abs_diff(bound + PIPE_SIZE) < 2 * CHUNK_ROOM, "{taken}");
        let expected: Vec<u8> = (0..taken).flat_map(|number| [(number % 256) as u8; 1000]).collect();
        let mut got = Vec::new();
        let mut buffer = vec![0; 100_000];
        while got.len() < expected.len() {
            let count = reader.read(&mut buffer).unwrap();
            got.extend_from_slice(&buffer[..count]);
            _ = sink.flush().unwrap();
        }
        assert!(got == expected);
        assert_eq!(sink.flush().unwrap(), Flushed::All);
        assert_eq!(fill(&mut sink, 10), 10, "there is room again");
    }

    #[test]
    fn writing_to_a_reader_that_keeps_up_allocates_nothing() {
        let mut sink = Sink::new(File::create("/dev/null").unwrap(), 2 * CHUNK).unwrap();
        let mut write = || {
            for _ in 0..100 {
                assert_eq!(fill(&mut sink, 100), 100);
                assert_eq!(sink.flush().unwrap(), Flushed::All);
            }
        };
        write();
        assert_eq!(allocation_counter::measure(write).count_total, 0);
    }

    #[test]
    fn a_reader_that_is_gone_is_told_as_such() {
        let (mut sink, reader) = pipe(CHUNK);
        drop(reader);
        fill(&mut sink, 1);
        assert_eq!(sink.flush().unwrap(), Flushed::Closed);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_late_reader_is_waited_for_at_the_end_and_one_that_goes_is_not() {
        let (mut sink, mut reader) = pipe(CHUNK);
        fill(&mut sink, 50);
        sink.flush_last().unwrap();
        let reading = std::thread::spawn(move || {
            let mut buffer = [0; 1000];
            for _ in 0..50 {
                std::thread::sleep(Duration::from_millis(2));
                reader.read_exact(&mut buffer).unwrap();
            }
            reader
        });
        sink.wait_until_read(|| false);
        assert_eq!(rustix::io::ioctl_fionread(&sink.file).unwrap(), 0);
        let reader = reading.join().unwrap();
        fill(&mut sink, 1);
        sink.flush_last().unwrap();
        let leaving = std::thread::spawn(move || drop(reader));
        sink.wait_until_read(|| false);
        leaving.join().unwrap();
        assert_eq!(rustix::io::ioctl_fionread(&sink.file).unwrap(), 1000);
    }

    #[test]
    fn a_large_backlog_is_written_in_turns_so_that_datagrams_need_not_wait_for_it() {
        let mut sink = Sink::new(File::create("/dev/null").unwrap(), usize::MAX).unwrap();
        assert_eq!(fill(&mut sink, 10 * TURN / 1000), 10 * TURN / 1000);
        let turns = (1..100).find(|_| sink.flush().unwrap() == Flushed::All).unwrap();
        assert!((9..=10).contains(&turns), "{turns}");
    }

    #[test]
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    fn the_memory_of_a_stall_is_given_back() {
        let resident = || {
            let pages: usize =
                fs::read_to_string("/proc/self/statm").unwrap().split(' ').nth(1).unwrap().parse().unwrap();
            pages * rustix::param::page_size()
        };
        let mut sink = Sink::new(File::create("/dev/null").unwrap(), usize::MAX).unwrap();
        let before = resident();
        let mut interfaces = Vec::new();
        for _ in 0..100 {
            fill(&mut sink, 1000);
            // What was learned in the meantime lies between.
            interfaces.push(vec![0_u8; 200]);
        }
        assert!(resident() > before + 90_000_000);
        while sink.flush().unwrap() != Flushed::All {}
        assert!(resident() < before + 20_000_000, "{before} {}", resident());
    }
}
