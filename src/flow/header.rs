//! The sampled packet itself: its first bytes, as they were on the medium.

use core::fmt;

use crate::sample::{Record, words};
use crate::structure::{Field, Structure, field, structure};
use crate::xdr::{Result, Xdr};

/// `header_protocol`: the outermost protocol of a sampled header.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HeaderProtocol(pub u32);

#[allow(missing_docs, reason = "the specification's own names say all there is")]
impl HeaderProtocol {
    pub const ETHERNET: Self = Self(1);
    pub const TOKEN_BUS: Self = Self(2);
    pub const TOKEN_RING: Self = Self(3);
    pub const FDDI: Self = Self(4);
    pub const FRAME_RELAY: Self = Self(5);
    pub const X25: Self = Self(6);
    pub const PPP: Self = Self(7);
    pub const SMDS: Self = Self(8);
    pub const AAL5: Self = Self(9);
    pub const AAL5_IP: Self = Self(10);
    pub const IPV4: Self = Self(11);
    pub const IPV6: Self = Self(12);
    pub const MPLS: Self = Self(13);
    pub const POS: Self = Self(14);
    pub const IEEE80211_MAC: Self = Self(15);
    pub const IEEE80211_AMPDU: Self = Self(16);
    pub const IEEE80211_AMSDU_SUBFRAME: Self = Self(17);
    pub const INFINIBAND: Self = Self(18);

    /// The name, for the numbers that have one.
    pub fn name(self) -> Option<&'static str> {
        const NAMES: [&str; 18] = [
            "Ethernet",
            "token bus",
            "token ring",
            "FDDI",
            "Frame Relay",
            "X.25",
            "PPP",
            "SMDS",
            "AAL5",
            "AAL5-IP",
            "IPv4",
            "IPv6",
            "MPLS",
            "POS",
            "802.11 MAC",
            "802.11 A-MPDU",
            "802.11 A-MSDU subframe",
            "InfiniBand",
        ];
        NAMES.get((self.0 as usize).checked_sub(1)?).copied()
    }
}

field! { HeaderProtocol, 4, |xdr| xdr.u32().map(HeaderProtocol); }

impl fmt::Display for HeaderProtocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "header protocol {}", self.0),
        }
    }
}

impl fmt::Debug for HeaderProtocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HeaderProtocol({}, {self})", self.0)
    }
}

structure! {
    /// `sampled_header`, flow record 0:1: the first bytes of the packet. [sFlow v5]
    SampledHeader<'a> = "sampled_header" 0:1 {
        /// What the header's first byte belongs to.
        protocol: HeaderProtocol,
        /// Bytes of the packet on the medium, the frame check sequence included, framing bytes not.
        frame_length: u32,
        /// Bytes removed before the header and after the packet's end (frame check sequence, outer layers). Not in versions 2
        /// and 4, and 0 there.
        stripped: u32 [since V5],
        /// The header, without XDR's padding. It may be cut anywhere, and may be empty.
        header: &'a [u8],
    }
}

impl<'a> SampledHeader<'a> {
    /// No link layer's header and frame check sequence are longer than this together.
    const MOST_STRIPPED: u32 = 64;

    /// Reads `record` if it is a sampled header.
    #[inline]
    pub fn decode(record: &Record<'a>) -> Option<Result<Self>> {
        if record.tag != Self::TAG {
            return None;
        }
        Some(match Self::plain(record) {
            Some(header) => Ok(header),
            None => Self::read_with_care(record.xdr().named(Self::NAME)),
        })
    }

    /// The header of a record of version 5, if it is whole: read at once, for it is in nearly every sample.
    #[inline]
    fn plain(record: &Record<'a>) -> Option<Self> {
        if !record.xdr().is_v5() {
            return None;
        }
        let (fields, rest) = record.body().split_first_chunk::<16>()?;
        let [protocol, frame_length, stripped, length] = words(fields);
        let header = rest.get(..length as usize)?;
        Some(SampledHeader { protocol: HeaderProtocol(protocol), frame_length, stripped, header })
    }

    #[cold]
    #[inline(never)]
    fn read_with_care(mut xdr: Xdr<'a>) -> Result<Self> {
        Self::read(&mut xdr)
    }

    /// The packet's length as a capture on the medium would have it: `frame_length` without what was stripped, and never less
    /// than what was captured.
    ///
    /// Some agents count the bytes that they did not carry as stripped; their `frame_length` is taken as it is.
    pub fn original_length(&self) -> u32 {
        let captured = self.header.len() as u32;
        let not_carried = self.frame_length.saturating_sub(captured);
        let length = if self.stripped > Self::MOST_STRIPPED && self.stripped == not_carried {
            self.frame_length
        } else {
            self.frame_length.saturating_sub(self.stripped)
        };
        length.max(captured)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn original_length(frame_length: u32, stripped: u32, captured: usize) -> u32 {
        let header = &[0; 256][..captured];
        SampledHeader { protocol: HeaderProtocol::ETHERNET, frame_length, stripped, header }.original_length()
    }

    #[test]
    fn the_frame_check_sequence_is_no_part_of_the_packet() {
        assert_eq!(original_length(1518, 4, 128), 1514);
    }

    #[test]
    fn a_packet_is_never_shorter_than_what_was_captured() {
        assert_eq!(original_length(64, 4, 64), 64, "FCS in the header, and said to be stripped");
        assert_eq!(original_length(0, 4, 60), 60);
        assert_eq!(original_length(60, 4, 60), 60);
    }

    #[test]
    fn bytes_not_carried_are_not_taken_off() {
        assert_eq!(original_length(1390, 1262, 128), 1390);
    }

    #[test]
    fn a_link_layer_header_taken_off_a_packet_that_is_all_there_is_no_payload() {
        assert_eq!(original_length(78, 18, 60), 60);
    }

    #[test]
    fn protocols_have_names_and_unknown_ones_numbers() {
        assert_eq!(HeaderProtocol::ETHERNET.to_string(), "Ethernet");
        assert_eq!(HeaderProtocol::INFINIBAND.to_string(), "InfiniBand");
        assert_eq!(HeaderProtocol(0).to_string(), "header protocol 0");
        assert_eq!(HeaderProtocol(19).to_string(), "header protocol 19");
    }
}
