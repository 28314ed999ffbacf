//! The headers of an InfiniBand packet: formats 1031 to 1033.

use crate::structure::structure;

structure! {
    /// `extended_ib_lrh`, flow record 0:1031: the local routing header, on the way in and out. [sFlow InfiniBand, draft]
    ExtendedIbLrh = "extended_ib_lrh" 0:1031 {
        /// Virtual lane, on the way in.
        src_vl: u32,
        /// Service level, on the way in.
        src_sl: u32,
        /// Destination local identifier, on the way in.
        src_dlid: u32,
        /// Source local identifier, on the way in.
        src_slid: u32,
        /// Link next header, on the way in.
        src_lnh: u32,
        /// Virtual lane, on the way out.
        dst_vl: u32,
        /// Service level, on the way out.
        dst_sl: u32,
        /// Destination local identifier, on the way out.
        dst_dlid: u32,
        /// Source local identifier, on the way out.
        dst_slid: u32,
        /// Link next header, on the way out.
        dst_lnh: u32,
    }

    /// `extended_ib_grh`, flow record 0:1032: the global routing header. [sFlow InfiniBand, draft]
    ExtendedIbGrh = "extended_ib_grh" 0:1032 {
        /// Flow label.
        flow_label: u32,
        /// Traffic class.
        tc: u32,
        /// Global identifier of the source.
        s_gid: [u8; 16],
        /// Global identifier of the destination.
        d_gid: [u8; 16],
        /// Next header.
        next_header: u32,
        /// Bytes of payload.
        length: u32,
    }

    /// `extended_ib_bth`, flow record 0:1033: the base transport header. [sFlow InfiniBand, draft]
    ExtendedIbBth = "extended_ib_bth" 0:1033 {
        /// Partition key.
        pkey: u32,
        /// Queue pair of the destination.
        dst_qp: u32,
        /// Kind of packet.
        opcode: u32,
    }
}
