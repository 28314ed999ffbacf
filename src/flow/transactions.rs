//! Transactions of servers, the packet's or sampled by themselves: formats 2000 to 2003.

use crate::structure::{Text, structure};

structure! {
    /// `transaction`, flow record 0:2000: how long a request took. [sFlow discussion 0282]
    Transaction = "transaction" 0:2000 {
        /// Seen by: 1 the client, 2 the server.
        direction: u32,
        /// Microseconds before it was begun.
        wait: u32,
        /// Microseconds from its beginning to its end.
        duration: u32,
        /// 0 success, 1 general failure, 2 out of memory, 3 timeout, 4 not permitted.
        status: u32,
        /// Bytes received.
        bytes_received: u64,
        /// Bytes sent.
        bytes_send: u64,
    }

    /// `extended_nfs_storage_transaction`, flow record 0:2001. [sFlow discussion 0282]
    ExtendedNfsStorageTransaction<'a> = "extended_nfs_storage_transaction" 0:2001 {
        /// Path of the file or directory, in UTF-8.
        path: &'a [u8],
        /// NFS operation.
        operation: u32,
        /// NFS status.
        status: u32,
    }

    /// `extended_scsi_storage_transaction`, flow record 0:2002. [sFlow discussion 0282]
    ExtendedScsiStorageTransaction = "extended_scsi_storage_transaction" 0:2002 {
        /// Logical unit.
        lun: u32,
        /// Operation code; 0xffff_ffff unknown.
        operation: u32,
        /// SCSI status.
        status: u32,
    }

    /// `extended_http_transaction`, flow record 0:2003. [sFlow discussion 0282]
    ExtendedHttpTransaction<'a> = "extended_http_transaction" 0:2003 {
        /// The request line.
        url: Text<'a>,
        /// The Host field.
        host: Text<'a>,
        /// The Referer field.
        referer: Text<'a>,
        /// The User-Agent field.
        useragent: Text<'a>,
        /// The authenticated user.
        user: Text<'a>,
        /// HTTP status.
        status: u32,
    }
}
