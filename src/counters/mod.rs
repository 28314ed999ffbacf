//! Counter records: what a counter sample tells about its data source.

mod interface;

pub use interface::*;

use crate::structure::records;

records! {
    /// A counter record, decoded.
    CounterRecord<'a> {
        IfCounters(IfCounters),
    }
}
