//! What a router did with the packet: formats 1002, 1003, 1007, 1018 and 1020.

use crate::datagram::Version;
use crate::structure::{Field, List, field, structure};
use crate::xdr::{Address, Result, Xdr};

/// `as_path_segment_type`: how the numbers of a segment are ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AsPathSegmentType(pub u32);

impl AsPathSegmentType {
    /// Unordered.
    pub const AS_SET: Self = Self(1);
    /// Ordered, the neighbour first.
    pub const AS_SEQUENCE: Self = Self(2);
}

impl Default for AsPathSegmentType {
    fn default() -> Self {
        Self::AS_SEQUENCE
    }
}

field! { AsPathSegmentType, 4, |xdr| xdr.u32().map(AsPathSegmentType); }

structure! {
    /// `as_path_type`: a part of an AS path.
    AsPathSegment<'a> = "as_path_type" {
        /// How the numbers are ordered. In version 2 every path is one sequence.
        kind: AsPathSegmentType [since V4],
        /// Numbers of autonomous systems.
        as_numbers: List<'a, u32>,
    }
}

/// `as_path_type<>`: the path to a destination, in segments.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AsPath<'a>(List<'a, AsPathSegment<'a>>);

impl<'a> AsPath<'a> {
    /// The segments, from the router on.
    pub fn segments(&self) -> List<'a, AsPathSegment<'a>> {
        self.0
    }

    /// The numbers of all segments.
    pub fn as_numbers(&self) -> impl Iterator<Item = u32> + use<'a> {
        self.0.iter().flat_map(|segment| segment.as_numbers.iter())
    }
}

impl<'a> Field<'a> for AsPath<'a> {
    const LEAST: usize = 4;

    fn read(xdr: &mut Xdr<'a>) -> Result<Self> {
        if xdr.version() == Version::V2 { List::read_counted(xdr, 1) } else { List::read(xdr) }.map(AsPath)
    }
}

structure! {
    /// `extended_router`, flow record 0:1002: how the packet was routed. [sFlow v5]
    ExtendedRouter = "extended_router" 0:1002 {
        /// The next hop.
        nexthop: Address,
        /// Bits of the source address that its route covers.
        src_mask_len: u32,
        /// Bits of the destination address that its route covers.
        dst_mask_len: u32,
    }

    /// `extended_gateway`, flow record 0:1003: what BGP knows of the packet's ends. [sFlow v5]
    ExtendedGateway<'a> = "extended_gateway" 0:1003 {
        /// The border router that is the next hop. Not in versions 2 and 4.
        nexthop: Address [since V5],
        /// The router's own autonomous system.
        as_number: u32,
        /// Autonomous system of the source.
        src_as: u32,
        /// Autonomous system of the peer that the source is reached by.
        src_peer_as: u32,
        /// Path to the destination.
        dst_as_path: AsPath<'a>,
        /// Communities of the route. Not in version 2.
        communities: List<'a, u32> [since V4],
        /// Local preference of the route. Not in version 2.
        localpref: u32 [since V4],
    }

    /// `extended_nat`, flow record 0:1007: the packet's addresses after translation. [sFlow v5]
    ///
    /// An address that was not translated is the one in the sampled header.
    ExtendedNat = "extended_nat" 0:1007 {
        /// Where it comes from.
        src_address: Address,
        /// Where it is sent to.
        dst_address: Address,
    }

    /// `extended_fc`, flow record 0:1018: how a Fibre Channel frame was routed. [RFC 4625, sFlow discussion]
    ExtendedFc = "extended_fc" 0:1018 {
        /// Bits of the source address that its route covers, t11FcRouteSrcMask.
        src_mask_len: u32,
        /// Bits of the destination address that its route covers, t11FcRouteDestMask.
        dst_mask_len: u32,
        /// The next switch, a 24-bit Fibre Channel address.
        next_hop: u32,
        /// Top bit t11FcRouteType, next seven t11FcRouteProto, low three bytes t11FcRouteMetric.
        metric: u32,
    }

    /// `extended_nat_port`, flow record 0:1020: the packet's ports after translation. [sFlow discussion]
    ExtendedNatPort = "extended_nat_port" 0:1020 {
        /// Source port.
        src_port: u32,
        /// Destination port.
        dst_port: u32,
    }
}
