//! What every call goes through on its way into Rust.

use core::ffi::{CStr, c_char, c_void};
use core::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::status::{SFLOWCAP_INVALID, SFLOWCAP_NULL, SFLOWCAP_PANIC, failed, sflowcap_status};

/// Runs `call` and stops a panic, for which it returns `otherwise`.
#[inline]
pub(crate) fn guarded_or<T>(otherwise: T, call: impl FnOnce() -> T) -> T {
    // A walk that a panic left half done ends or goes on: its steps move a cursor that every read checks.
    catch_unwind(AssertUnwindSafe(call)).unwrap_or(otherwise)
}

/// Runs `call` and makes a status of a panic.
#[inline]
pub(crate) fn guarded(call: impl FnOnce() -> Result<(), sflowcap_status>) -> sflowcap_status {
    match guarded_or(Err(SFLOWCAP_PANIC), call) {
        Ok(()) => sflowcap_status::SFLOWCAP_OK,
        Err(SFLOWCAP_PANIC) => failed(SFLOWCAP_PANIC, &"a defect of libsflowcap; please report it"),
        Err(status) => status,
    }
}

#[cold]
fn null(name: &str) -> sflowcap_status {
    failed(SFLOWCAP_NULL, &format_args!("{name} is NULL"))
}

/// What a pointer points to.
///
/// # Safety
/// It is NULL or points to a live `T` that nobody changes for as long as the reference is used.
#[inline]
pub(crate) unsafe fn given<'a, T>(pointer: *const T, name: &str) -> Result<&'a T, sflowcap_status> {
    // SAFETY: as promised by the caller.
    unsafe { pointer.as_ref() }.ok_or_else(|| null(name))
}

/// A place to write a `T` to, whatever is there now.
#[inline]
pub(crate) fn place<T>(pointer: *mut T, name: &str) -> Result<*mut T, sflowcap_status> {
    if pointer.is_null() { Err(null(name)) } else { Ok(pointer) }
}

/// `length` bytes; no bytes may be at NULL.
///
/// # Safety
/// `bytes` is NULL or points to so many bytes, which nobody changes for as long as the slice is used.
#[inline]
pub(crate) unsafe fn bytes<'a>(bytes: *const c_void, length: usize) -> Result<&'a [u8], sflowcap_status> {
    if length == 0 {
        return Ok(&[]);
    }
    if bytes.is_null() {
        return Err(null("bytes"));
    }
    if length > isize::MAX as usize {
        return Err(failed(SFLOWCAP_INVALID, &"the length is longer than memory"));
    }
    // SAFETY: not NULL, not too long, and the rest as promised by the caller.
    Ok(unsafe { core::slice::from_raw_parts(bytes.cast(), length) })
}

/// A text of C.
///
/// # Safety
/// `text` is NULL or ends in a zero byte, and nobody changes it for as long as the reference is used.
pub(crate) unsafe fn text<'a>(text: *const c_char, name: &str) -> Result<&'a str, sflowcap_status> {
    if text.is_null() {
        return Err(null(name));
    }
    // SAFETY: not NULL, and the rest as promised by the caller.
    let text = unsafe { CStr::from_ptr(text) };
    text.to_str().map_err(|_| failed(SFLOWCAP_INVALID, &format_args!("{name} is not UTF-8")))
}

/// A text for C: at most `N` bytes with the zero at its end; what is longer is cut.
pub(crate) struct Text<const N: usize> {
    bytes: [u8; N],
    length: usize,
}

impl<const N: usize> Text<N> {
    pub(crate) const fn new() -> Self {
        Text { bytes: [0; N], length: 0 }
    }

    pub(crate) fn clear(&mut self) {
        *self = Text::new();
    }

    pub(crate) fn as_ptr(&self) -> *const c_char {
        self.bytes.as_ptr().cast()
    }

    /// With the zero at its end.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.bytes[..=self.length]
    }
}

impl<const N: usize> fmt::Write for Text<N> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let left = N - 1 - self.length;
        let mut end = text.len().min(left);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        self.bytes[self.length..self.length + end].copy_from_slice(&text.as_bytes()[..end]);
        self.length += end;
        Ok(())
    }
}
