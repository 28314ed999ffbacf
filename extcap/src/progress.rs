//! How far a long recording has been read, for those who watch a terminal.

use std::fs;
use std::path::Path;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A shorter file is read before a bar is of any use.
const LONG: u64 = 16 * 1024 * 1024;

/// Counts the bytes that are read of a file, and does not show them yet.
pub fn of_file(path: &Path) -> ProgressBar {
    // What is no file, such as a pipe, has no length.
    let length = fs::metadata(path).ok().filter(fs::Metadata::is_file).map_or(0, |metadata| metadata.len());
    ProgressBar::with_draw_target(Some(length), ProgressDrawTarget::hidden())
}

/// Shows a bar on standard error, if that is a terminal and the file is long.
pub fn show(progress: &ProgressBar) {
    if progress.length().is_some_and(|length| length >= LONG) {
        let style = ProgressStyle::with_template("{wide_bar} {binary_bytes} of {binary_total_bytes}, {eta} left");
        progress.set_style(style.expect("the template is sound"));
        progress.set_draw_target(ProgressDrawTarget::stderr());
    }
}
