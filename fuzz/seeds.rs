//! Writes what the targets begin with: FOLDER/TARGET/… from recordings.
//!     seeds FOLDER RECORDING…

use std::fs;
use std::path::{Path, PathBuf};

use indicatif::ProgressBar;

#[path = "../extcap/src/failure.rs"]
#[allow(dead_code)]
mod failure;
#[path = "../extcap/src/input.rs"]
#[allow(dead_code)]
mod input;
#[path = "../extcap/src/ports.rs"]
#[allow(dead_code)]
mod ports;

use failure::Failure;
use input::Feed;

/// The most datagrams of a recording: more are alike.
const MOST: usize = 40;

/// The largest recording that is a seed as a whole.
const MOST_BYTES: usize = 100_000;

fn write(folder: &Path, target: &str, name: &str, bytes: &[u8]) {
    let folder = folder.join(target);
    fs::create_dir_all(&folder).expect("a folder");
    fs::write(folder.join(name), bytes).expect("a file");
}

fn main() {
    let mut words = std::env::args_os().skip(1).map(PathBuf::from);
    let folder = words.next().expect("a folder");
    for (number, path) in words.enumerate() {
        let file = fs::read(&path).expect("a recording");
        if file.len() < MOST_BYTES {
            write(&folder, "recording", &format!("{number}"), &file);
        }
        let Ok(mut feed) = Feed::open(&path, sflowcap::datagram::PORT, &ProgressBar::hidden()) else { continue };
        let mut taken = 0;
        _ = feed.read(
            || false,
            |received| {
                let name = format!("{number}-{taken}");
                write(&folder, "datagram", &name, received.bytes);
                write(&folder, "library", &name, received.bytes);
                let length = received.bytes.len() as u16;
                write(&folder, "convert", &name, &[&[0, 0, 0][..], &length.to_be_bytes(), received.bytes].concat());
                taken += 1;
                Ok::<_, Failure>(taken < MOST)
            },
        );
    }
    for (name, list) in ["10.0.0.0/8,!10.1.0.0/16 2001:db8::/32", "1-4,17", "::ffff:1.2.3.4/128"].iter().enumerate() {
        write(&folder, "lists", &name.to_string(), list.as_bytes());
    }
    write(&folder, "messages", "0", b"\x03T\0\0\x05\x01\x01allT\0\0\x02\x03\x01");
    // ldh [12]; jeq 0x800; ldxb 4*([14]&0xf); ldh [x+14]; jeq 53; ret
    let program = b"\x05\x01\0\0\0\x0c\x12\0\x03\x08\0\x09\0\0\0\x0e\x04\0\0\0\x0e\x12\0\0\0\x35\x2e\0\0\0\x60";
    let packet = [&[0; 12][..], &[8, 0, 0x45], &[0; 21], &[0, 53, 0, 53]].concat();
    write(&folder, "filter", "0", &[&program[..], &packet].concat());
}
