//! A recorded feed.

use sflowcap::capture::Received;

pub const RECORDING: &str = "fixtures/demo.pcap";

/// Its datagrams, which are those of UDP over Ethernet without options.
pub fn recorded(mut each: impl FnMut(&Received<'_>)) {
    let file = std::fs::read(format!("{}/{RECORDING}", super::ROOT)).unwrap();
    let mut rest = &file[24..];
    while !rest.is_empty() {
        let [seconds, microseconds, length] =
            [0, 4, 8].map(|at| u32::from_le_bytes(rest[at..at + 4].try_into().unwrap()));
        let (frame, behind) = rest[16..].split_at(length as usize);
        rest = behind;
        let (sender, bytes) = if frame[12] == 0x08 {
            (<[u8; 4]>::try_from(&frame[26..30]).unwrap().into(), &frame[42..])
        } else {
            (<[u8; 16]>::try_from(&frame[22..38]).unwrap().into(), &frame[62..])
        };
        let timestamp = u64::from(seconds) * 1_000_000_000 + u64::from(microseconds) * 1000;
        each(&Received { timestamp, sender, bytes });
    }
}
