//! Messages of Wireshark's control pipe: however its bytes are cut up, the same messages come out, and those that we write are
//! read again.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../extcap/src/toolbar/message.rs"]
#[allow(dead_code)]
mod message;

use message::{Command, Message, Parser};

fn messages<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> Vec<Message> {
    let (mut parser, mut all) = (Parser::default(), Vec::new());
    for piece in pieces {
        parser.push(piece, |message| all.push(message));
    }
    all
}

fuzz_target!(|bytes: &[u8]| {
    let Some((size, bytes)) = bytes.split_first() else { return };
    let whole = messages([bytes].into_iter());
    assert_eq!(whole, messages(bytes.chunks(usize::from(*size).max(1))));
    let mut written = Vec::new();
    message::write(&mut written, *size, Command::Set, bytes);
    let read = messages([&written[..]].into_iter());
    assert_eq!(read.len(), 1);
    assert_eq!((read[0].control, &read[0].payload[..]), (*size, &bytes[..bytes.len().min(message::MOST_PAYLOAD)]));
});
