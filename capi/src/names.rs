//! Names of discard reasons and structures, as texts of C.

use core::ffi::{CStr, c_char};
use std::ffi::CString;
use std::sync::LazyLock;

use sflowcap::counters::CounterRecord;
use sflowcap::drop_reason::DropReason;
use sflowcap::flow::FlowRecord;
use sflowcap::sample::Tag;

use crate::border::guarded_or;

type Names = Vec<(u32, CString)>;

/// In the order of their numbers. Where two structures share a number the later is the present one.
fn sorted(names: impl Iterator<Item = (u32, &'static str)>) -> Names {
    let mut names: Names = names.filter_map(|(number, name)| Some((number, CString::new(name).ok()?))).collect();
    names.reverse();
    names.sort_by_key(|(number, _)| *number);
    names.dedup_by_key(|(number, _)| *number);
    names
}

fn structures(tags: &'static [(Tag, &'static str, &'static str)]) -> Names {
    sorted(tags.iter().map(|(tag, name, _)| (tag.0, *name)))
}

static REASONS: LazyLock<Names> =
    LazyLock::new(|| sorted((0..1024).filter_map(|code| Some((code, DropReason(code).name()?)))));
static FLOW_RECORDS: LazyLock<Names> = LazyLock::new(|| structures(FlowRecord::TAGS));
static COUNTER_RECORDS: LazyLock<Names> = LazyLock::new(|| structures(CounterRecord::TAGS));

fn find(names: &'static LazyLock<Names>, number: u32) -> *const c_char {
    let find = || {
        let place = names.binary_search_by_key(&number, |(number, _)| *number).ok()?;
        Some(names[place].1.as_c_str())
    };
    guarded_or(None, find).map_or(core::ptr::null(), CStr::as_ptr)
}

/// The name of a discard reason, such as "acl"; NULL if it has none. It holds for good.
#[unsafe(no_mangle)]
pub extern "C" fn sflowcap_reason_name(reason: u32) -> *const c_char {
    find(&REASONS, reason)
}

/// The specification's name of a flow record's structure, such as "sampled_header"; NULL if this library does not know it. It
/// holds for good.
#[unsafe(no_mangle)]
pub extern "C" fn sflowcap_flow_record_name(enterprise: u32, format: u32) -> *const c_char {
    find(&FLOW_RECORDS, Tag::new(enterprise, format).0)
}

/// The specification's name of a counter record's structure, such as "if_counters"; NULL if this library does not know it. It
/// holds for good.
#[unsafe(no_mangle)]
pub extern "C" fn sflowcap_counter_record_name(enterprise: u32, format: u32) -> *const c_char {
    find(&COUNTER_RECORDS, Tag::new(enterprise, format).0)
}
