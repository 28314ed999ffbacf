//! A recorded file, whatever it is: what is no datagram to the port is passed over, what is damaged ends it with a message.
#![no_main]

use std::io::Cursor;

use libfuzzer_sys::fuzz_target;

#[path = "../../extcap/src/failure.rs"]
#[allow(dead_code)]
mod failure;
#[path = "../../extcap/src/input.rs"]
#[allow(dead_code)]
mod input;
#[path = "../../extcap/src/ports.rs"]
mod ports;

use failure::Failure;
use input::Feed;

fuzz_target!(|bytes: &[u8]| {
    let Ok(mut feed) = Feed::of("recording", Box::new(Cursor::new(bytes.to_vec())), 6343) else { return };
    let mut taken = 0;
    let ended = feed.read(
        || false,
        |received| {
            assert!(received.bytes.len() <= bytes.len().max(65_535));
            taken += 1;
            Ok(true)
        },
    );
    if let Err(failure) = ended {
        assert!(!failure.to_string().is_empty());
    }
    assert!(taken <= feed.passed().frames);
    if let Some(ports) = feed.other_ports() {
        _ = ports.hint(6343, "recording");
    }
});
