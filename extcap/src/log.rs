//! The log: a file when one is given; else, in the shell, standard error; else nothing. Wireshark shows every byte on standard
//! error as an error, so that a capture for it never logs there.

use std::fs::File;
use std::io::{self, Write};
use std::mem;
use std::sync::{Arc, Mutex, PoisonError};

use tracing::{Level, Metadata};
use tracing_subscriber::filter::{FilterFn, filter_fn};
use tracing_subscriber::fmt;
use tracing_subscriber::fmt::writer::{BoxMakeWriter, MakeWriterExt};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::Failure;
use crate::config::Log;

/// Starts logging: to the file or the shell as asked for, and to the toolbar's window where there is one.
pub fn start(log: &Log, for_wireshark: bool, window: Option<&Window>) -> Result<(), Failure> {
    let file = log.file.as_ref().map(|path| {
        let file = File::options().append(true).create(true).open(path);
        file.map_err(|error| Failure::new(format!("--log-file: {}: {error}", path.display())))
    });
    let file = file.transpose()?.map(|file| Mutex::new(file).with_max_level(log.level));
    // A log that cannot be written, on a disk that is full, is not told on standard error, line by line.
    let format = fmt().with_ansi(false).with_target(false).log_internal_errors(false);
    // The window is there to be looked into: it has more than a log nobody asked for.
    let level = log.level.max(Level::INFO);
    match (file, window.cloned()) {
        (Some(file), Some(window)) => {
            let both = BoxMakeWriter::new(file.and(move || window.clone()));
            format.with_max_level(level).with_writer(both).finish().with(ours(log.level)).init();
        }
        (Some(file), None) => {
            format
                .with_max_level(log.level)
                .with_writer(BoxMakeWriter::new(file))
                .finish()
                .with(ours(log.level))
                .init();
        }
        (None, Some(window)) => {
            format.with_max_level(level).with_writer(move || window.clone()).finish().with(ours(log.level)).init();
        }
        (None, None) if for_wireshark => {}
        (None, None) => {
            let format = format.with_max_level(log.level).without_time().with_writer(io::stderr);
            format.finish().with(ours(log.level)).init();
        }
    }
    Ok(())
}

/// What is logged at a level: what libraries say of their work only where all is asked for, since it says little to others.
fn ours(level: Level) -> FilterFn<impl Fn(&Metadata<'_>) -> bool> {
    filter_fn(move |metadata| level >= Level::DEBUG || metadata.target().starts_with(env!("CARGO_CRATE_NAME")))
}

/// Lines on their way to the toolbar's log window. Those that it has no room for are counted.
#[derive(Clone, Debug, Default)]
pub struct Window(Arc<Mutex<Lines>>);

#[derive(Debug, Default)]
struct Lines {
    text: Vec<u8>,
    untold: u64,
}

impl Window {
    /// Bytes that may wait.
    const ROOM: usize = 32 * 1024;

    /// Takes the lines that wait.
    pub fn take(&self) -> Vec<u8> {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let untold = mem::take(&mut lines.untold);
        let mut text = mem::take(&mut lines.text);
        if untold > 0 {
            text.extend(format!("{untold} more lines\n").bytes());
        }
        text
    }
}

impl Write for Window {
    /// Is called with a line at a time.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.text.len() + line.len() <= Self::ROOM {
            lines.text.extend_from_slice(line);
        } else {
            lines.untold += 1;
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
