//! What several tests share.
#![allow(dead_code, unreachable_pub, reason = "each test uses a part of it")]

pub mod accounts;
pub mod atoms;
pub mod capture;
pub mod captures;
pub mod convert;
pub mod feed;
pub mod flow;
pub mod hostile;
pub mod old;
pub mod pcapng;
pub mod told;
pub mod tshark;
pub mod wire;
