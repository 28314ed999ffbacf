//! What a message of a topic is: a datagram as it came, or one in Akvorado's envelope.
//!
//! A datagram alone has its arrival in Kafka's own time stamp, in milliseconds. What a publisher of ours knows more exactly, and
//! who sent it, stands in the message's headers, which other consumers pass over.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::{IpAddr, Ipv6Addr};

use chrono::DateTime;
use prost::Message as _;
use prost::bytes::Bytes;
use rskafka::record::Record;
use sflowcap::Datagram;
use sflowcap::capture::Received;

/// The header that has the time of arrival: 8 bytes, big endian, nanoseconds since 1970.
const RECEIVED: &str = "received";

/// The header that has the sender's address: 4 or 16 bytes.
const SENDER: &str = "sender";

/// How datagrams stand in messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// As they came.
    Raw,
    /// In Akvorado's `RawFlow`.
    Akvorado,
}

/// Akvorado's envelope for what it receives (its `common/pb/rawflow.proto`), as far as it concerns us.
#[derive(Clone, PartialEq, prost::Message)]
struct RawFlow {
    /// In seconds since 1970.
    #[prost(uint64, tag = "1")]
    time_received: u64,
    #[prost(bytes = "bytes", tag = "2")]
    payload: Bytes,
    /// An IPv6 address, or an IPv4 address mapped to one.
    #[prost(bytes = "bytes", tag = "3")]
    source_address: Bytes,
    #[prost(int32, tag = "5")]
    decoder: i32,
}

/// `DECODER_UNSPECIFIED` and `DECODER_SFLOW`.
const DECODERS: [i32; 2] = [0, 2];

/// A datagram out of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// When it came, in nanoseconds since 1970.
    pub timestamp: u64,
    sender: IpAddr,
    bytes: Bytes,
}

impl Message {
    /// Reads a message. None if it is no sFlow datagram in this format, or in any where none is given.
    pub fn read(record: Record, format: Option<Format>) -> Option<Self> {
        let value = Bytes::from(record.value?);
        // A datagram begins with its version, 4 bytes of which the first is 0: that is no field's number.
        let is_raw = value.first() == Some(&0);
        let milliseconds = u64::try_from(record.timestamp.timestamp_millis()).unwrap_or(0);
        match format {
            None | Some(Format::Raw) if is_raw => {
                let header = |name| record.headers.get(name).map(Vec::as_slice);
                let exact = header(RECEIVED).and_then(|bytes| bytes.try_into().ok()).map(u64::from_be_bytes);
                Some(Message {
                    timestamp: exact.unwrap_or_else(|| milliseconds.saturating_mul(1_000_000)),
                    sender: header(SENDER).and_then(address).unwrap_or(UNKNOWN),
                    bytes: value,
                })
            }
            None | Some(Format::Akvorado) if !is_raw => {
                let flow = RawFlow::decode(value).ok()?;
                let is_sflow = DECODERS.contains(&flow.decoder) && flow.payload.first() == Some(&0);
                // Kafka's time stamp is that of sending, and the finer one where both tell the same second.
                let finer = (milliseconds / 1000 == flow.time_received).then_some(milliseconds);
                let milliseconds = finer.unwrap_or_else(|| flow.time_received.saturating_mul(1000));
                is_sflow.then(|| Message {
                    timestamp: milliseconds.saturating_mul(1_000_000),
                    sender: address(&flow.source_address).unwrap_or(UNKNOWN),
                    bytes: flow.payload,
                })
            }
            _ => None,
        }
    }

    /// The datagram.
    pub fn received(&self) -> Received<'_> {
        Received { timestamp: self.timestamp, sender: self.sender, bytes: &self.bytes }
    }
}

/// The sender of a datagram whose message does not tell it.
const UNKNOWN: IpAddr = IpAddr::V6(Ipv6Addr::UNSPECIFIED);

fn address(bytes: &[u8]) -> Option<IpAddr> {
    match bytes.len() {
        4 => <[u8; 4]>::try_from(bytes).ok().map(IpAddr::from),
        16 => <[u8; 16]>::try_from(bytes).ok().map(|octets| IpAddr::from(octets).to_canonical()),
        _ => None,
    }
}

/// The key of a datagram's message: its agent's address as text, or the sender's where it names none. So all of an agent's
/// datagrams are in one partition, in their order.
pub fn key(datagram: &Datagram<'_>, sender: IpAddr) -> IpAddr {
    datagram.agent.ip().unwrap_or(sender).to_canonical()
}

/// A key as it stands in a message.
pub fn write_key(key: IpAddr, text: &mut String) {
    text.clear();
    _ = write!(text, "{key}");
}

/// Makes a datagram's message.
pub fn write(received: &Received<'_>, key: IpAddr, format: Format) -> Record {
    let sender = received.sender.to_canonical();
    let (value, headers) = match format {
        Format::Raw => {
            let octets = match sender {
                IpAddr::V4(sender) => sender.octets().to_vec(),
                IpAddr::V6(sender) => sender.octets().to_vec(),
            };
            let received_at = received.timestamp.to_be_bytes().to_vec();
            let headers = BTreeMap::from([(RECEIVED.to_owned(), received_at), (SENDER.to_owned(), octets)]);
            (received.bytes.to_vec(), headers)
        }
        Format::Akvorado => {
            let mapped = match sender {
                IpAddr::V4(sender) => sender.to_ipv6_mapped(),
                IpAddr::V6(sender) => sender,
            };
            let flow = RawFlow {
                time_received: received.timestamp / 1_000_000_000,
                payload: Bytes::copy_from_slice(received.bytes),
                source_address: Bytes::copy_from_slice(&mapped.octets()),
                decoder: DECODERS[1],
            };
            (flow.encode_to_vec(), BTreeMap::new())
        }
    };
    // Whole milliseconds: the client cuts off differences within a request, which may then be one less.
    let timestamp = DateTime::from_timestamp_millis((received.timestamp / 1_000_000) as i64).unwrap_or_default();
    let mut text = String::new();
    write_key(key, &mut text);
    Record { key: Some(text.into_bytes()), value: Some(value), headers, timestamp }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn record(value: &[u8]) -> Record {
        let timestamp = DateTime::from_timestamp_nanos(1_700_000_000_123_456_789);
        Record { key: None, value: Some(value.to_vec()), headers: BTreeMap::new(), timestamp }
    }

    /// As Akvorado's own encoder writes it: fields in their order, addresses of 16 bytes.
    fn envelope(decoder: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0x08, 0x80, 0xe2, 0xcf, 0xaa, 0x06, 0x12, 4, 0, 0, 0, 5, 0x1a, 16];
        bytes.extend(std::net::Ipv4Addr::new(192, 0, 2, 9).to_ipv6_mapped().octets());
        bytes.extend(decoder);
        // Fields that do not concern us, and ones of later versions.
        bytes.extend([0x20, 1, 0x30, 1, 0xa2, 0x06, 1, 7]);
        bytes
    }

    #[test]
    fn formats_are_told_apart_by_themselves_or_as_asked_for() {
        let raw = [0, 0, 0, 5, 0, 0, 0, 1];
        let milliseconds = 1_700_000_000_123_000_000;
        let read = Message::read(record(&raw), None).unwrap();
        assert_eq!((read.timestamp, read.sender, &read.bytes[..]), (milliseconds, UNKNOWN, &raw[..]));
        let read = Message::read(record(&envelope(&[0x28, 2])), None).unwrap();
        assert_eq!(read.sender, IpAddr::from([192, 0, 2, 9]));
        assert_eq!((read.timestamp, &read.bytes[..]), (milliseconds, &[0, 0, 0, 5][..]));
        assert!(Message::read(record(&raw), Some(Format::Akvorado)).is_none());
        assert!(Message::read(record(&envelope(&[])), Some(Format::Raw)).is_none());
        assert!(Message::read(record(&envelope(&[])), Some(Format::Akvorado)).is_some());
        assert!(Message::read(record(&envelope(&[0x28, 1])), None).is_none(), "NetFlow");
        for other in [&b"{\"type\":\"SFLOW_5\"}"[..], b"", b"\x12\xff\xff\xff\xff\x0f"] {
            assert!(Message::read(record(other), None).is_none());
        }
        assert!(Message::read(Record { value: None, ..record(b"") }, None).is_none());
    }

    #[test]
    fn an_envelope_sent_late_has_its_own_time() {
        let late =
            Record { timestamp: DateTime::from_timestamp_nanos(1_700_000_007_000_000_000), ..record(&envelope(&[])) };
        assert_eq!(Message::read(late, None).unwrap().timestamp, 1_700_000_000_000_000_000);
    }

    proptest! {
        #[test]
        fn what_is_published_is_read_again(
            timestamp in 0..i64::MAX as u64,
            sender: IpAddr,
            bytes in prop::collection::vec(any::<u8>(), 0..64),
            is_raw: bool,
        ) {
            let bytes = [vec![0, 0, 0, 5], bytes].concat();
            let received = Received { timestamp, sender, bytes: &bytes };
            let format = if is_raw { Format::Raw } else { Format::Akvorado };
            let record = write(&received, sender.to_canonical(), format);
            prop_assert_eq!(record.timestamp.timestamp_subsec_nanos() % 1_000_000, 0);
            prop_assert_eq!(record.key.clone(), Some(sender.to_canonical().to_string().into_bytes()));
            let read = Message::read(record, None).unwrap();
            let unit = if is_raw { 1 } else { 1_000_000 };
            prop_assert_eq!(read.timestamp / unit, timestamp / unit);
            prop_assert_eq!(read.sender, sender.to_canonical());
            prop_assert_eq!(&read.bytes[..], &bytes[..]);
        }

        #[test]
        fn no_message_is_too_strange(value in prop::collection::vec(any::<u8>(), 0..100)) {
            for format in [None, Some(Format::Raw), Some(Format::Akvorado)] {
                if let Some(read) = Message::read(record(&value), format) {
                    prop_assert!(read.bytes.len() <= value.len());
                }
            }
        }
    }
}
