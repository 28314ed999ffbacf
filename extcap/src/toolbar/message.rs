//! Messages of Wireshark's control pipes: `T`, a length of three bytes, the control's number, a command, and a payload.

/// The most bytes of a payload.
pub const MOST_PAYLOAD: usize = 65535;

const MARK: u8 = b'T';
const HEADER: usize = 6;

/// The commands that we send or understand. Others are ignored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Command {
    /// The host has opened its ends.
    Initialized = 0,
    Set = 1,
    Add = 2,
    Remove = 3,
    Disable = 5,
    /// Text for the status bar.
    Status = 6,
    /// Text for a box.
    Information = 7,
}

impl Command {
    fn of(byte: u8) -> Option<Self> {
        [Self::Initialized, Self::Set, Self::Add, Self::Remove, Self::Disable, Self::Status, Self::Information]
            .into_iter()
            .find(|command| *command as u8 == byte)
    }
}

/// A message from the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    pub control: u8,
    pub command: Command,
    pub payload: Vec<u8>,
}

/// Appends a message. A payload that is too long is cut.
pub fn write(out: &mut Vec<u8>, control: u8, command: Command, payload: &[u8]) {
    let payload = &payload[..payload.len().min(MOST_PAYLOAD)];
    out.push(MARK);
    out.extend_from_slice(&(payload.len() as u32 + 2).to_be_bytes()[1..]);
    out.extend_from_slice(&[control, command as u8]);
    out.extend_from_slice(payload);
}

/// Finds messages in the bytes of a pipe. What is none is skipped.
#[derive(Debug, Default)]
pub struct Parser {
    /// The beginning of a message whose end has not come: never more than one message's bytes before more are pushed.
    bytes: Vec<u8>,
}

impl Parser {
    /// Takes bytes, and hands over the messages that they complete.
    pub fn push(&mut self, bytes: &[u8], mut each: impl FnMut(Message)) {
        self.bytes.extend_from_slice(bytes);
        let mut at = 0;
        loop {
            let rest = &self.bytes[at..];
            let Some(start) = rest.iter().position(|byte| *byte == MARK) else {
                at = self.bytes.len();
                break;
            };
            at += start;
            let Some(&[_, high, middle, low, control, command]) = self.bytes[at..].first_chunk::<HEADER>() else {
                break;
            };
            let length = u32::from_be_bytes([0, high, middle, low]) as usize;
            let Some(payload) = length.checked_sub(2).filter(|length| *length <= MOST_PAYLOAD) else {
                at += 1;
                continue;
            };
            let Some(payload) = self.bytes[at + HEADER..].get(..payload) else { break };
            if let Some(command) = Command::of(command) {
                each(Message { control, command, payload: payload.to_vec() });
            }
            at += HEADER + payload.len();
        }
        self.bytes.drain(..at);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn messages<'a>(chunks: impl IntoIterator<Item = &'a [u8]>) -> Vec<Message> {
        let (mut parser, mut found) = (Parser::default(), Vec::new());
        for chunk in chunks {
            parser.push(chunk, |message| found.push(message));
            assert!(parser.bytes.len() < HEADER + MOST_PAYLOAD, "no more is kept than one message");
        }
        found
    }

    #[test]
    fn the_bytes_are_those_of_the_protocol() {
        let mut out = Vec::new();
        write(&mut out, 3, Command::Add, b"a\0b");
        assert_eq!(out, b"T\0\0\x05\x03\x02a\0b");
        write(&mut out, 0, Command::Set, &vec![7; 70_000]);
        assert_eq!(out[9..15], *b"T\x01\0\x01\0\x01");
        assert_eq!(out.len(), 9 + HEADER + MOST_PAYLOAD);
    }

    #[test]
    fn commands_of_newer_hosts_are_skipped() {
        let bytes = b"T\0\0\x04\x01\xc8TTT\0\0\x02\x00\x00";
        let expected = Message { control: 0, command: Command::Initialized, payload: Vec::new() };
        assert_eq!(messages([&bytes[..]]), [expected]);
    }

    proptest! {
        #[test]
        fn any_bytes_in_any_pieces_are_the_same_and_no_message_is_lost_behind_garbage(
            garbage in prop::collection::vec(any::<u8>().prop_filter("the mark", |byte| *byte != MARK), 0..50),
            parts in prop::collection::vec((any::<u8>(), 0_u8..4, prop::collection::vec(any::<u8>(), 0..300)), 0..20),
            size in 1_usize..40,
        ) {
            let mut bytes = Vec::new();
            let mut expected = Vec::new();
            for (control, command, payload) in parts {
                let command = Command::of(command).unwrap();
                bytes.extend(&garbage);
                write(&mut bytes, control, command, &payload);
                expected.push(Message { control, command, payload });
            }
            prop_assert_eq!(&messages([&bytes[..]]), &expected);
            prop_assert_eq!(&messages(bytes.chunks(size)), &expected);
        }

        #[test]
        fn hostile_bytes_do_no_harm(chunks in prop::collection::vec(
            prop::collection::vec(prop_oneof![Just(MARK), Just(0), Just(1), any::<u8>()], 0..300), 0..20)) {
            let pieces = chunks.iter().map(Vec::as_slice);
            let whole = chunks.concat();
            prop_assert_eq!(messages(pieces), messages([&whole[..]]));
        }
    }
}
