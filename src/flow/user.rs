//! Who and what the packet is for: formats 1004 and 1005.

use crate::structure::{Text, structure};

structure! {
    /// `extended_user`, flow record 0:1004: the users at the packet's ends. [sFlow v5]
    ExtendedUser<'a> = "extended_user" 0:1004 {
        /// Character set of `src_user`, an IANA MIBenum; 0 unknown. Not in versions 2 and 4.
        src_charset: u32 [since V5],
        /// User at the source; empty if unknown.
        src_user: Text<'a>,
        /// Character set of `dst_user`, an IANA MIBenum; 0 unknown. Not in versions 2 and 4.
        dst_charset: u32 [since V5],
        /// User at the destination; empty if unknown.
        dst_user: Text<'a>,
    }

    /// `extended_url`, flow record 0:1005, deprecated: the HTTP request that the packet is for. [sFlow v5]
    ExtendedUrl<'a> = "extended_url" 0:1005 {
        /// 1: the packet's source is the server; 2: its destination is.
        direction: u32,
        /// The request line.
        url: Text<'a>,
        /// The Host field of the request. Not in versions 2 and 4, and empty there.
        host: Text<'a> [since V5],
    }
}
