//! Flow records: what a flow sample or a discarded packet tells about its packet.

mod header;

pub use header::{HeaderProtocol, SampledHeader};
