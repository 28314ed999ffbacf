//! What stands between Rust and C, which no program of C can make fail: there is no known way to make the library panic.
#![allow(unsafe_code, reason = "pointers of C")]
#![allow(non_camel_case_types, unreachable_pub, dead_code, missing_docs, reason = "parts of the library, built in")]
#![allow(clippy::enum_glob_use, clippy::missing_safety_doc, reason = "as in the library")]

use std::ffi::CStr;

#[path = "../src/border.rs"]
mod border;
#[path = "../src/status.rs"]
mod status;

#[test]
fn a_panic_ends_at_the_border_as_a_status() {
    let status = border::guarded(|| panic!("this panic is part of a test"));
    assert_eq!(status, status::SFLOWCAP_PANIC);
    // SAFETY: a text of this thread's, which has no other failure.
    let told = unsafe { CStr::from_ptr(status::sflowcap_last_error()) };
    assert_eq!(told, c"a defect of libsflowcap; please report it");
    assert_eq!(border::guarded_or(7, || panic!("this panic is part of a test")), 7);
}
