//! Addresses of agents and senders.

use core::ffi::c_char;
use core::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use sflowcap::Address;

use crate::border::{Text, given, guarded, place, text};
use crate::status::{SFLOWCAP_INVALID, failed, sflowcap_status};

/// The type of an address that is not known.
pub const SFLOWCAP_ADDRESS_UNKNOWN: u32 = 0;
/// The type of an IPv4 address.
pub const SFLOWCAP_ADDRESS_IPV4: u32 = 1;
/// The type of an IPv6 address.
pub const SFLOWCAP_ADDRESS_IPV6: u32 = 2;

/// Bytes that are enough for any address as text.
pub const SFLOWCAP_ADDRESS_TEXT: usize = 46;

/// A network address.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct sflowcap_address {
    /// SFLOWCAP_ADDRESS_UNKNOWN, SFLOWCAP_ADDRESS_IPV4 or SFLOWCAP_ADDRESS_IPV6.
    pub r#type: u32,
    /// In the order of the network: 4 bytes of an IPv4 address and then zeros, or 16 of an IPv6 address.
    pub bytes: [u8; 16],
}

impl From<Address> for sflowcap_address {
    #[inline]
    fn from(address: Address) -> Self {
        match address {
            Address::Unknown => sflowcap_address { r#type: SFLOWCAP_ADDRESS_UNKNOWN, bytes: [0; 16] },
            Address::V4(ip) => {
                let mut bytes = [0; 16];
                bytes[..4].copy_from_slice(&ip.octets());
                sflowcap_address { r#type: SFLOWCAP_ADDRESS_IPV4, bytes }
            }
            Address::V6(ip) => sflowcap_address { r#type: SFLOWCAP_ADDRESS_IPV6, bytes: ip.octets() },
        }
    }
}

impl sflowcap_address {
    /// The address, if its type is one of the three.
    pub(crate) fn get(&self) -> Result<Address, sflowcap_status> {
        match self.r#type {
            SFLOWCAP_ADDRESS_UNKNOWN => Ok(Address::Unknown),
            SFLOWCAP_ADDRESS_IPV4 => {
                let [a, b, c, d, ..] = self.bytes;
                Ok(Address::V4(Ipv4Addr::new(a, b, c, d)))
            }
            SFLOWCAP_ADDRESS_IPV6 => Ok(Address::V6(Ipv6Addr::from(self.bytes))),
            other => Err(failed(SFLOWCAP_INVALID, &format_args!("{other} is no type of an address"))),
        }
    }
}

/// Writes an address as text: "10.0.0.1", "2001:db8::1", or "unknown". SFLOWCAP_INVALID if `size` bytes at `buffer` are not
/// enough; SFLOWCAP_ADDRESS_TEXT are.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sflowcap_format_address(
    address: *const sflowcap_address,
    buffer: *mut c_char,
    size: usize,
) -> sflowcap_status {
    guarded(|| {
        // SAFETY: the header demands it.
        let address = unsafe { given(address, "address") }?.get()?;
        let buffer = place(buffer, "buffer")?;
        let mut text = Text::<SFLOWCAP_ADDRESS_TEXT>::new();
        _ = write!(text, "{address}");
        let text = text.as_bytes();
        if size < text.len() {
            return Err(failed(SFLOWCAP_INVALID, &format_args!("{size} bytes are too few for an address")));
        }
        // SAFETY: `size` bytes are there, and those of `text` are not among them.
        unsafe { core::ptr::copy_nonoverlapping(text.as_ptr(), buffer.cast(), text.len()) };
        Ok(())
    })
}

/// Reads an IPv4 or IPv6 address.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sflowcap_parse_address(
    address_text: *const c_char,
    address: *mut sflowcap_address,
) -> sflowcap_status {
    guarded(|| {
        let address = place(address, "address")?;
        // SAFETY: the header demands it.
        let text = unsafe { text(address_text, "address_text") }?;
        let ip: IpAddr =
            text.parse().map_err(|_| failed(SFLOWCAP_INVALID, &format_args!("'{text}' is no IP address")))?;
        // SAFETY: not NULL, and the header demands that it is a place for an address.
        unsafe { address.write(Address::from(ip).into()) };
        Ok(())
    })
}
