//! The log: a file when one is given; else, in the shell, standard error; else nothing. Wireshark shows every byte on standard
//! error as an error, so that a capture for it never logs there.

use std::fs::File;
use std::io;
use std::sync::Mutex;

use tracing_subscriber::fmt;

use crate::Failure;
use crate::config::Log;

/// Starts logging.
pub fn start(log: &Log, for_wireshark: bool) -> Result<(), Failure> {
    let format = fmt().with_max_level(log.level).with_ansi(false).with_target(false);
    match &log.file {
        Some(path) => {
            let file = File::options().append(true).create(true).open(path);
            let file = file.map_err(|error| Failure::new(format!("--log-file: {}: {error}", path.display())))?;
            format.with_writer(Mutex::new(file)).init();
        }
        None if for_wireshark => {}
        None => format.without_time().with_writer(io::stderr).init(),
    }
    Ok(())
}
