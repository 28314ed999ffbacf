//! Flow records that vendors defined: enterprises 4413 (Broadcom), 4300 (InMon), 43874 and 8800 (pmacct).

use crate::sample::{Record, Tag};
use crate::structure::{Field, List, Structure, Text, structure};
use crate::xdr::{Result, Xdr};

/// Text in a fixed number of bytes, filled up with NUL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FixedText<const N: usize>(pub [u8; N]);

impl<const N: usize> FixedText<N> {
    /// The text, without what it is filled up with.
    pub fn text(&self) -> Text<'_> {
        let end = self.0.iter().position(|byte| *byte == 0).unwrap_or(N);
        Text(&self.0[..end])
    }
}

impl<'a, const N: usize> Field<'a> for FixedText<N> {
    const LEAST: usize = N;

    fn read(xdr: &mut Xdr<'a>) -> Result<Self> {
        xdr.array().copied().map(FixedText)
    }
}

structure! {
    /// `extended_bst_egress_queue`, flow record 4413:1: the queue chosen for the packet. [sFlow Broadcom buffers]
    ExtendedBstEgressQueue = "extended_bst_egress_queue" 4413:1 {
        /// The queue's number on the egress port.
        queue: u32,
    }

    /// `extended_process`, flow record 4300:3: the processes that the packet belongs to. [pmacct, sflow.h]
    ExtendedProcess<'a> = "extended_process" 4300:3 {
        /// Numbers of the processes.
        processes: List<'a, u32>,
    }

    /// pmacct's class, flow record 43874:1: the class of the packet, by pmacct's own classifier. [pmacct, sflow.h]
    PmacctClass = "class" 43874:1 {
        /// Its name.
        class: FixedText<16>,
    }

    /// pmacct's tag, flow record 43874:2: the tags that pmacct's user gave the packet. [pmacct, sflow.h]
    PmacctTag = "tag" 43874:2 {
        /// The first tag.
        tag: u64,
        /// The second.
        tag2: u64,
    }

    /// pmacct's class2, flow record 43874:3: the class of the packet, by nDPI. [pmacct, sflow.h]
    PmacctNdpiClass = "class2" 43874:3 {
        /// nDPI's number of the master protocol.
        master_protocol: u32,
        /// nDPI's number of the application protocol.
        app_protocol: u32,
    }

    /// pmacct's class before it had a number of its own, flow record 8800:1. [pmacct, sflow.h]
    OldPmacctClass = "class" 8800:1 {
        /// Its name.
        class: FixedText<16>,
    }
}

impl OldPmacctClass {
    /// Another enterprise's number: the record holds this if it is as long.
    pub(super) fn fills(record: &Record<'_>) -> bool {
        record.body().len() == 16
    }
}

/// pmacct's tags before they had a number of their own, flow record 8800:2. [pmacct, sflow.h]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OldPmacctTag {
    /// The first tag.
    pub tag: u64,
    /// The second.
    pub tag2: u64,
}

impl OldPmacctTag {
    /// Bytes on the wire when tags had 32 bits.
    const NARROW: usize = 8;
    /// Bytes on the wire since they have 64.
    const WIDE: usize = 16;

    /// Another enterprise's number: the record holds this if it is as long.
    pub(super) fn fills(record: &Record<'_>) -> bool {
        matches!(record.body().len(), Self::NARROW | Self::WIDE)
    }
}

impl<'a> Field<'a> for OldPmacctTag {
    const LEAST: usize = Self::NARROW;

    fn read(xdr: &mut Xdr<'a>) -> Result<Self> {
        Ok(if xdr.left() < Self::WIDE {
            OldPmacctTag { tag: xdr.u32()?.into(), tag2: xdr.u32()?.into() }
        } else {
            OldPmacctTag { tag: xdr.u64()?, tag2: xdr.u64()? }
        })
    }
}

impl Structure<'_> for OldPmacctTag {
    const TAG: Tag = Tag::new(8800, 2);
    const NAME: &'static str = "tag";
}
