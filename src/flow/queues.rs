//! Queues, delays and times: formats 1019, 1036, 1039, 1040 and 1043.

use crate::structure::structure;

structure! {
    /// `extended_queue_length`, flow record 0:1019: the queue that the packet met. [sFlow discussion]
    ExtendedQueueLength = "extended_queue_length" 0:1019 {
        /// The queue's index within the port.
        queue_index: u32,
        /// Its length just before the packet joined it, in segments.
        queue_length: u32,
    }

    /// `extended_egress_queue`, flow record 0:1036: the queue chosen for the packet. [sFlow drops]
    ExtendedEgressQueue = "extended_egress_queue" 0:1036 {
        /// The queue's number on the egress port.
        queue: u32,
    }

    /// `extended_transit`, flow record 0:1039: how long the packet was on its way through the device. [sFlow transit]
    ExtendedTransit = "extended_transit" 0:1039 {
        /// Nanoseconds; 0xffff_ffff stands for that or more.
        delay: u32,
    }

    /// `extended_queue`, flow record 0:1040: the queue that the packet met, in bytes. [sFlow transit]
    ExtendedQueue = "extended_queue" 0:1040 {
        /// Bytes in the queue.
        depth: u32,
    }

    /// `extended_timestamp`, flow record 0:1043: when the packet was seen. [host-sflow, sflow.h]
    ExtendedTimestamp = "extended_timestamp" 0:1043 {
        /// Nanoseconds since the start of 1970, UTC.
        nanoseconds: u64,
    }
}
