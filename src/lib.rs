#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

pub mod capture;
pub mod counters;
pub mod datagram;
pub mod drop_reason;
pub mod flow;
mod interfaces;
pub mod link;
pub mod metadata;
mod names;
pub mod pcap;
pub mod pcapng;
mod rebuilt;
pub mod rt;
pub mod sample;
pub mod select;
mod sequence;
pub mod structure;
mod synthetic;
mod thin;
mod totals;
mod v2v4;
mod v5;
pub mod xdr;

pub use datagram::{Datagram, Version};
pub use xdr::{Address, Error, ErrorKind};
