//! The C face of the library. Its documentation is `include/sflowcap.h`, which is made from this crate.
//!
//! A crate of its own, so that the crate `sflowcap` forbids unsafe code and its users build no shared library. [`border`] is
//! what every call goes through: NULL is noticed, and no panic gets across. Then there are the walk ([`datagram`],
//! [`record`]) and the converter ([`converter`], with its [`options`] and [`totals`]).
#![allow(unsafe_code, reason = "pointers of C; each function says what it demands of them")]
#![allow(non_camel_case_types, reason = "the names are C's")]
#![allow(
    clippy::missing_safety_doc,
    reason = "the header's introduction says what pointers must be, for all functions"
)]
#![allow(clippy::enum_glob_use, reason = "the variants' names are C's, and unique")]

// The header has their contents in this order.
mod address;
mod border;
mod datagram;
mod names;
mod record;
mod sample;
mod status;

mod converter;
mod options;
mod totals;
