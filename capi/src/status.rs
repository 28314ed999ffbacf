//! Status codes, and what there is to say about the last that was not [`SFLOWCAP_OK`](sflowcap_status::SFLOWCAP_OK).

use core::cell::RefCell;
use core::ffi::{CStr, c_char, c_int};
use core::fmt::Write as _;

use crate::border::Text;

/// The version of the binary interface. A program built with a header of another one must not call this library; the dynamic
/// linker sees to that, by the library's name.
pub const SFLOWCAP_ABI_VERSION: u32 = 1;

/// What became of a call.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum sflowcap_status {
    /// It did what it should.
    SFLOWCAP_OK = 0,
    /// There is no more: of samples, of records, or of packets to convert.
    SFLOWCAP_END = 1,
    /// A part of the datagram cannot be read. A walk goes on behind it, or ends.
    SFLOWCAP_FAULT = 2,
    /// An argument is NULL that may not be.
    SFLOWCAP_NULL = 3,
    /// An argument has a value that it may not have.
    SFLOWCAP_INVALID = 4,
    /// A defect of the library. A converter that had it can only be freed.
    SFLOWCAP_PANIC = 5,
    /// The call cannot be made now: another is under way, or one that comes first is missing.
    SFLOWCAP_STATE = 6,
    /// The function that the bytes go to wanted no more.
    SFLOWCAP_STOPPED = 7,
}
pub(crate) use sflowcap_status::*;

const TEXTS: [&CStr; 8] = [
    c"success",
    c"no more",
    c"a part of the datagram cannot be read",
    c"an argument is NULL that may not be",
    c"an argument has a value that it may not have",
    c"a defect of libsflowcap; please report it",
    c"the call cannot be made now",
    c"the function that the bytes go to wanted no more",
];

/// Texts are cut to this.
const MOST: usize = 256;

thread_local! {
    static LAST: RefCell<Text<MOST>> = const { RefCell::new(Text::new()) };
}

/// Keeps what there is to say about a failure, for `sflowcap_last_error`, and returns its status.
#[cold]
pub(crate) fn failed(status: sflowcap_status, what: &dyn core::fmt::Display) -> sflowcap_status {
    LAST.with_borrow_mut(|last| {
        last.clear();
        // It cuts what is too long, and cannot fail.
        _ = write!(last, "{what}");
    });
    status
}

/// The version of the library, such as "0.1.0".
#[unsafe(no_mangle)]
pub extern "C" fn sflowcap_version() -> *const c_char {
    const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), "\0");
    VERSION.as_ptr().cast()
}

/// The library's SFLOWCAP_ABI_VERSION, for those who load it by dlopen.
#[unsafe(no_mangle)]
pub extern "C" fn sflowcap_abi_version() -> u32 {
    SFLOWCAP_ABI_VERSION
}

/// What a status means. Any number is allowed.
#[unsafe(no_mangle)]
pub extern "C" fn sflowcap_strerror(status: c_int) -> *const c_char {
    let text = usize::try_from(status).ok().and_then(|status| TEXTS.get(status));
    text.map_or(c"unknown status".as_ptr(), |text| text.as_ptr())
}

/// What was wrong when a call in this thread failed last, and where: "flow_sample at offset 68: 40 bytes needed, 12 left".
/// Empty as long as none has. SFLOWCAP_END is no failure. The text holds until the next failure in this thread.
#[unsafe(no_mangle)]
pub extern "C" fn sflowcap_last_error() -> *const c_char {
    LAST.with_borrow(Text::as_ptr)
}
