//! The walk over a sample's records.

use crate::border::{given, guarded, place};
use crate::sample::{RecordWalk, sflowcap_sample};
use crate::status::{SFLOWCAP_END, SFLOWCAP_FAULT, failed, sflowcap_status};

/// A record of a sample: a structure of the specification or of a vendor.
#[repr(C)]
pub struct sflowcap_record {
    /// Who defined the structure: 0 is sFlow.org, else an IANA private enterprise number.
    pub enterprise: u32,
    /// The structure's number there. Flow records and counter records are numbered apart.
    pub format: u32,
    /// What is in it, as the specification lays it out, in the memory of the datagram.
    pub body: *const u8,
    /// How many bytes.
    pub length: usize,
}

/// Fills in `record` with the next record of `sample`, which must come from sflowcap_next, or be a copy of one that does.
/// SFLOWCAP_END after the last; SFLOWCAP_FAULT where something cannot be read: `record` is left as it was, and the next call
/// goes on behind that.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sflowcap_next_record(
    sample: *mut sflowcap_sample,
    record: *mut sflowcap_record,
) -> sflowcap_status {
    guarded(|| {
        // SAFETY: the header demands it.
        unsafe { given(sample, "sample") }?;
        let record = place(record, "record")?;
        // SAFETY: not NULL, and sflowcap_next wrote a `RecordWalk` there.
        let walk = unsafe { &mut *(&raw mut (*sample).walk).cast::<RecordWalk<'_>>() };
        match walk.as_mut().and_then(Iterator::next) {
            Some(Ok(next)) => {
                let (tag, body) = (next.tag, next.body());
                let (enterprise, format) = (tag.enterprise(), tag.format());
                let told = sflowcap_record { enterprise, format, body: body.as_ptr(), length: body.len() };
                // SAFETY: not NULL, and the header demands that it is a place for a record.
                unsafe { record.write(told) };
                Ok(())
            }
            Some(Err(error)) => Err(failed(SFLOWCAP_FAULT, &error)),
            None => Err(SFLOWCAP_END),
        }
    })
}
