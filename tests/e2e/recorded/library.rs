//! What the library's tests have too: a reader of recorded feeds, and the index of the captures.
#![allow(dead_code, unreachable_pub, reason = "each test uses a part of it")]

#[path = "../../support/captures.rs"]
pub mod captures;
#[path = "../../support/convert.rs"]
pub mod convert;
#[path = "../../support/feed.rs"]
pub mod feed;
#[path = "../../support/pcapng.rs"]
pub mod pcapng;
