//! Datagrams to a capture file, under all options: another reader finds nothing wrong with the file, and every sample and packet
//! is counted once.
//!
//! Input: three bytes that choose options, and then datagrams, each with two bytes of length before it.
#![no_main]

use std::num::NonZeroU32;

use libfuzzer_sys::fuzz_target;
use sflowcap::capture::{Content, Options, PacketFilter};
use sflowcap::link::{Framing, LinkType};
use sflowcap::sample::Direction;

#[path = "../../tests/support/mod.rs"]
#[allow(dead_code, unused_imports)]
mod support;

use support::accounts;
use support::convert;

/// Keeps some packets.
#[derive(Debug)]
struct Part;

impl PacketFilter for Part {
    fn matches(&self, packet: &[u8], original_length: u32, _: LinkType) -> bool {
        packet.first().is_none_or(|byte| byte & 1 == 0) && original_length % 3 != 1
    }
}

fn options([a, b, c]: [u8; 3]) -> Options {
    let flag = |byte: u8, bit: u8| byte >> bit & 1 == 1;
    let mut options = Options {
        filter: flag(a, 0).then(|| Box::new(Part) as Box<dyn PacketFilter>),
        filter_text: if flag(a, 0) { "part".to_owned() } else { String::new() },
        max_rate: flag(a, 1).then(|| NonZeroU32::new(u32::from(c) + 1)).flatten(),
        seed: u64::from(c),
        content: [Content::Packets, Content::Datagrams, Content::Both, Content::Packets][usize::from(a >> 2 & 3)],
        comments: !flag(a, 4),
        synthetic: !flag(a, 5),
        framing: if flag(a, 6) { Framing::Native } else { Framing::Ethernet },
        ..Options::default()
    };
    if flag(b, 0) {
        options.selection.interfaces = "1-3,7,1000".parse().unwrap();
    }
    options.selection.direction = [None, Some(Direction::In), Some(Direction::Out), None][usize::from(b >> 1 & 3)];
    options.selection.kinds.flow = !flag(b, 3);
    options.selection.kinds.discard = !flag(b, 4);
    if flag(b, 5) {
        options.selection.agents = "10.0.0.0/8,!10.0.0.7,2001:db8::/32".parse().unwrap();
    }
    options
}

fuzz_target!(|bytes: &[u8]| {
    let Some((chosen, mut rest)) = bytes.split_first_chunk::<3>() else { return };
    let mut datagrams = Vec::new();
    while let Some((length, behind)) = rest.split_first_chunk::<2>() {
        let (payload, behind) = behind.split_at(usize::from(u16::from_be_bytes(*length)).min(behind.len()));
        datagrams.push(convert::received(payload));
        rest = behind;
    }
    let options = options(*chosen);
    let has_packets = options.content != Content::Datagrams;
    let converted = convert::feed(&datagrams, options);
    if has_packets { accounts::check(&converted) } else { accounts::check_file(&converted) }
});
