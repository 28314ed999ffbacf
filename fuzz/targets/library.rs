//! The library as C sees it: a walk in C over what a datagram holds, and its converter. SFLOWCAP_LIBRARY is the library's file.
#![no_main]

use std::ffi::c_int;

use libfuzzer_sys::fuzz_target;

unsafe extern "C" {
    /// Walks over a datagram, and converts it. Otherwise than 0 is the line where something was wrong.
    fn walk(bytes: *const u8, length: usize) -> c_int;
}

fuzz_target!(|bytes: &[u8]| {
    // SAFETY: the bytes are there during the call.
    assert_eq!(unsafe { walk(bytes.as_ptr(), bytes.len()) }, 0, "a line of library.c");
});
