//! Reading XDR (RFC 4506), the encoding of every sFlow datagram.
//!
//! Everything on the wire is big-endian and a multiple of four bytes. [`Xdr`] is a cursor over a datagram that never reads
//! past the end it was given and whose errors carry the offset from the datagram's first byte, so that a fault can be
//! found again in a hex dump.

use core::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::datagram::Version;
use crate::sample::Tag;

/// What was wrong in a datagram, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Error {
    /// The structure being read, under the name the sFlow specification gives it.
    pub structure: &'static str,
    /// Bytes from the start of the datagram to where the fault was met.
    pub offset: usize,
    /// What was wrong there.
    pub kind: ErrorKind,
}

/// The kinds of faults a datagram can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A field or structure needs more bytes than are left for it.
    Truncated {
        /// Bytes needed from `offset` on.
        needed: usize,
        /// Bytes there are.
        left: usize,
    },
    /// The datagram's first word is no sFlow version that this library reads (2, 4 or 5).
    Version(u32),
    /// An address of a type that is neither 0 (unknown), 1 (IPv4) nor 2 (IPv6), and so of unknown length.
    AddressType(u32),
    /// A count of items that cannot fit into the bytes that are left.
    Count {
        /// The items claimed.
        count: u32,
        /// Bytes there are for them.
        left: usize,
    },
    /// A sample says a length that its own records contradict. The sample was read by its records.
    SampleLength {
        /// The length that the sample claims.
        declared: u32,
        /// The length of its contents.
        actual: usize,
    },
    /// The bytes after a sample are no sample: the rest of the datagram cannot be read.
    NoSample {
        /// Samples the datagram announced that are lost with it.
        lost: u32,
    },
    /// A type that this library does not know, where no length says how to skip it: of a sample or record in versions 2 and
    /// 4, whose rest cannot be read, or of a value in `rtmetric` and `rtflow`.
    UnknownType(u32),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at offset {}: ", self.structure, self.offset)?;
        match self.kind {
            ErrorKind::Truncated { needed, left } => write!(f, "{needed} bytes needed, {left} left"),
            ErrorKind::Version(version) => write!(f, "version {version} is not sFlow 2, 4 or 5"),
            ErrorKind::AddressType(kind) => write!(f, "unknown address type {kind}"),
            ErrorKind::Count { count, left } => write!(f, "{count} items claimed, {left} bytes left"),
            ErrorKind::SampleLength { declared, actual } => {
                write!(f, "sample claims {declared} bytes, its records take {actual}")
            }
            ErrorKind::NoSample { lost } => write!(f, "no sample here, {lost} announced samples lost"),
            ErrorKind::UnknownType(kind) => write!(f, "unknown type {kind}, and no length to skip it by"),
        }
    }
}

impl std::error::Error for Error {}

/// The result of reading a part of a datagram.
pub type Result<T> = core::result::Result<T, Error>;

/// `address` of the sFlow specification: a network address that may be unknown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Address {
    /// Type 0: the sender does not know, or has none.
    #[default]
    Unknown,
    /// Type 1: an IPv4 address.
    V4(Ipv4Addr),
    /// Type 2: an IPv6 address.
    V6(Ipv6Addr),
}

impl Address {
    /// The address, if it is known.
    pub fn ip(self) -> Option<IpAddr> {
        match self {
            Address::Unknown => None,
            Address::V4(ip) => Some(IpAddr::V4(ip)),
            Address::V6(ip) => Some(IpAddr::V6(ip)),
        }
    }
}

impl From<IpAddr> for Address {
    fn from(ip: IpAddr) -> Self {
        match ip {
            IpAddr::V4(ip) => Address::V4(ip),
            IpAddr::V6(ip) => Address::V6(ip),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Address::Unknown => f.pad("unknown"),
            Address::V4(ip) => ip.fmt(f),
            Address::V6(ip) => ip.fmt(f),
        }
    }
}

/// A cursor over XDR data within a datagram.
///
/// Copies are cheap and independent: copy the cursor to look ahead.
#[derive(Clone, Copy, Debug)]
pub struct Xdr<'a> {
    /// What can be read yet.
    rest: &'a [u8],
    /// The offset in the datagram of the end of that. So reading moves the slice alone, and its length is the only thing to
    /// compare with.
    end: u32,
    structure: &'static str,
    layout: Layout,
}

/// How structures are laid out where a cursor is: in one word, which leaves no padding in a cursor. Compilers copy padding
/// byte by byte.
#[derive(Clone, Copy, Debug)]
struct Layout(u32);

impl Layout {
    const V5: Self = Layout(0);
    /// Whose layouts the structures have.
    const VERSION: u32 = 0b11;
    const V2: u32 = 1;
    const V4: u32 = 2;
    /// Four bytes follow an address of type 0: some agents' encoding.
    const PADDED_UNKNOWN: u32 = 0b100;
    /// One more record that this is within: none in a record that is no part of another record.
    const DEEPER: u32 = 0b1000;
}

impl<'a> Xdr<'a> {
    /// A cursor at the start of `bytes`, for the layouts of version 5; errors name `structure`.
    #[inline]
    pub fn new(bytes: &'a [u8], structure: &'static str) -> Self {
        // A datagram's offsets fit into 32 bits by far.
        let rest = &bytes[..bytes.len().min(u32::MAX as usize)];
        Xdr::ending_at(rest.len() as u32, rest, structure)
    }

    /// A cursor over bytes that end at an offset of a datagram of version 5.
    #[inline]
    pub(crate) fn ending_at(end: u32, rest: &'a [u8], structure: &'static str) -> Self {
        Xdr { rest, end, structure, layout: Layout::V5 }
    }

    /// The version whose layouts the structures have.
    #[inline]
    pub fn version(&self) -> Version {
        match self.layout.0 & Layout::VERSION {
            Layout::V2 => Version::V2,
            Layout::V4 => Version::V4,
            _ => Version::V5,
        }
    }

    /// Whether structures have the layouts of version 5.
    #[inline]
    pub(crate) fn is_v5(&self) -> bool {
        self.layout.0 & Layout::VERSION == 0
    }

    /// The same position, in a datagram of `version`.
    #[must_use]
    #[inline]
    pub fn of_version(self, version: Version) -> Self {
        let version = match version {
            Version::V2 => Layout::V2,
            Version::V4 => Layout::V4,
            Version::V5 => Layout::V5.0,
        };
        Xdr { layout: Layout(self.layout.0 & !Layout::VERSION | version), ..self }
    }

    /// The same position, where four bytes follow an address of type 0.
    #[must_use]
    pub(crate) fn with_padded_unknown_addresses(self) -> Self {
        Xdr { layout: Layout(self.layout.0 | Layout::PADDED_UNKNOWN), ..self }
    }

    /// How many records the cursor is within, beside the sample's own.
    pub(crate) fn depth(&self) -> u32 {
        self.layout.0 / Layout::DEEPER
    }

    /// The same position, in a record that is part of another record.
    #[must_use]
    pub(crate) fn deeper(self) -> Self {
        Xdr { layout: Layout(self.layout.0.saturating_add(Layout::DEEPER)), ..self }
    }

    /// Bytes from the start of the datagram to the cursor.
    #[inline]
    pub fn offset(&self) -> usize {
        self.end() - self.left()
    }

    /// Bytes from the start of the datagram to the cursor's end.
    #[inline]
    pub(crate) fn end(&self) -> usize {
        self.end as usize
    }

    /// Bytes between the cursor and its end.
    #[inline]
    pub fn left(&self) -> usize {
        self.rest.len()
    }

    /// The bytes between the cursor and its end.
    #[inline]
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// The same position, with errors named after `structure`.
    #[must_use]
    #[inline]
    pub fn named(self, structure: &'static str) -> Self {
        Xdr { structure, ..self }
    }

    /// The same position with an end at `end`, an offset in the datagram; never beyond the present end.
    #[must_use]
    #[inline]
    pub(crate) fn until(self, end: usize) -> Self {
        let length = end.saturating_sub(self.offset()).min(self.left());
        Xdr { rest: &self.rest[..length], end: (self.offset() + length) as u32, ..self }
    }

    /// The same end, at `at`, an offset in the datagram; never before the cursor, and never beyond the end.
    #[must_use]
    #[inline]
    pub(crate) fn moved_to(self, at: usize) -> Self {
        Xdr { rest: &self.rest[at.saturating_sub(self.offset()).min(self.left())..], ..self }
    }

    /// A cursor over the next `length` bytes, if they are there; this one moves behind them.
    #[inline]
    pub(crate) fn split(&mut self, length: usize) -> Option<Self> {
        let (part, rest) = self.rest.split_at_checked(length)?;
        let part = Xdr { rest: part, end: self.end - rest.len() as u32, ..*self };
        self.rest = rest;
        Some(part)
    }

    /// An error of this structure at the cursor.
    #[cold]
    pub fn error(&self, kind: ErrorKind) -> Error {
        Error { structure: self.structure, offset: self.offset(), kind }
    }

    #[cold]
    fn truncated(&self, needed: usize) -> Error {
        self.error(ErrorKind::Truncated { needed, left: self.left() })
    }

    /// The next `N` bytes.
    #[inline]
    pub fn array<const N: usize>(&mut self) -> Result<&'a [u8; N]> {
        match self.rest.split_first_chunk::<N>() {
            Some((chunk, rest)) => {
                self.rest = rest;
                Ok(chunk)
            }
            None => Err(self.truncated(N)),
        }
    }

    /// The next `length` bytes, without padding.
    #[inline]
    pub fn bytes(&mut self, length: usize) -> Result<&'a [u8]> {
        match self.rest.split_at_checked(length) {
            Some((bytes, rest)) => {
                self.rest = rest;
                Ok(bytes)
            }
            None => Err(self.truncated(length)),
        }
    }

    /// `unsigned int`.
    #[inline]
    pub fn u32(&mut self) -> Result<u32> {
        self.array().map(|bytes| u32::from_be_bytes(*bytes))
    }

    /// The tag and the length that stand before samples and records.
    #[inline]
    pub(crate) fn frame(&mut self) -> Result<(Tag, u32)> {
        let frame = self.u64()?;
        Ok((Tag((frame >> 32) as u32), frame as u32))
    }

    /// `int`.
    #[inline]
    pub fn i32(&mut self) -> Result<i32> {
        self.array().map(|bytes| i32::from_be_bytes(*bytes))
    }

    /// `unsigned hyper`.
    #[inline]
    pub fn u64(&mut self) -> Result<u64> {
        self.array().map(|bytes| u64::from_be_bytes(*bytes))
    }

    /// `float`.
    #[inline]
    pub fn f32(&mut self) -> Result<f32> {
        self.array().map(|bytes| f32::from_be_bytes(*bytes))
    }

    /// `double`.
    #[inline]
    pub fn f64(&mut self) -> Result<f64> {
        self.array().map(|bytes| f64::from_be_bytes(*bytes))
    }

    /// `opaque<>` and `string<>`: a byte count, the bytes, and padding to four bytes, which senders may leave out at the
    /// end of a structure.
    #[inline]
    pub fn opaque(&mut self) -> Result<&'a [u8]> {
        let length = self.u32()? as usize;
        let bytes = self.bytes(length)?;
        self.skip_padding(length);
        Ok(bytes)
    }

    /// Moves to the next multiple of four after `length` bytes, or to the end where that comes first.
    #[inline]
    pub fn skip_padding(&mut self, length: usize) {
        self.rest = &self.rest[(length.wrapping_neg() & 3).min(self.left())..];
    }

    /// `mac`: six bytes, padded to eight.
    pub fn mac(&mut self) -> Result<[u8; 6]> {
        let mac = *self.array::<6>()?;
        self.array::<2>()?;
        Ok(mac)
    }

    /// `address`: a type and, for the known types, the address.
    #[inline]
    pub fn address(&mut self) -> Result<Address> {
        let at_type = *self;
        match self.u32()? {
            0 if self.layout.0 & Layout::PADDED_UNKNOWN != 0 => self.array::<4>().map(|_| Address::Unknown),
            0 => Ok(Address::Unknown),
            1 => self.array::<4>().map(|octets| Address::V4((*octets).into())),
            2 => self.array::<16>().map(|octets| Address::V6((*octets).into())),
            other => Err(at_type.error(ErrorKind::AddressType(other))),
        }
    }

    /// A count of items, each of which takes at least `item` bytes: never more than can be there.
    pub fn count(&mut self, item: usize) -> Result<u32> {
        let at_count = *self;
        let count = self.u32()?;
        if (count as usize).saturating_mul(item.max(1)) > self.left() {
            return Err(at_count.error(ErrorKind::Count { count, left: self.left() }));
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_integers_big_endian_and_counts_offsets_from_the_datagram() {
        let bytes = [0, 0, 0, 5, 0xff, 0xff, 0xff, 0xfe, 0, 0, 0, 0, 0, 0, 1, 0];
        let mut xdr = Xdr::new(&bytes, "test");
        assert_eq!(xdr.u32(), Ok(5));
        assert_eq!(xdr.i32(), Ok(-2));
        let mut inner = xdr.until(16).named("inner");
        assert_eq!(inner.u64(), Ok(256));
        assert_eq!(
            inner.u32(),
            Err(Error { structure: "inner", offset: 16, kind: ErrorKind::Truncated { needed: 4, left: 0 } })
        );
        assert_eq!(inner.offset(), 16, "a failed read does not move the cursor");
    }

    #[test]
    fn opaque_skips_its_padding_and_takes_a_missing_one() {
        let bytes = [0, 0, 0, 2, b'a', b'b', 0xde, 0xad, 0, 0, 0, 1, b'c'];
        let mut xdr = Xdr::new(&bytes, "test");
        assert_eq!(xdr.opaque(), Ok(&b"ab"[..]));
        assert_eq!(xdr.opaque(), Ok(&b"c"[..]));
        assert_eq!(xdr.left(), 0);
    }

    #[test]
    fn an_opaque_longer_than_the_rest_is_an_error_with_both_lengths() {
        let bytes = [0xff, 0xff, 0xff, 0xff, 1, 2, 3];
        let error = Xdr::new(&bytes, "opaque").opaque().unwrap_err();
        assert_eq!(error.to_string(), "opaque at offset 4: 4294967295 bytes needed, 3 left");
    }

    #[test]
    fn addresses_of_each_type() {
        let bytes = [0, 0, 0, 0, 0, 0, 0, 1, 10, 0, 0, 1, 0, 0, 0, 3];
        let mut xdr = Xdr::new(&bytes, "address");
        assert_eq!(xdr.address(), Ok(Address::Unknown));
        assert_eq!(xdr.address(), Ok(Address::V4(Ipv4Addr::new(10, 0, 0, 1))));
        assert_eq!(xdr.address().unwrap_err().to_string(), "address at offset 12: unknown address type 3");
    }

    #[test]
    fn a_count_is_bounded_by_the_bytes_that_are_there() {
        let bytes = [0x40, 0, 0, 1, 0, 0, 0, 0];
        let error = Xdr::new(&bytes, "segments").count(4).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Count { count: 0x4000_0001, left: 4 });
    }
}
