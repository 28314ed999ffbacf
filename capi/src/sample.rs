//! A sample, as C is told it.

use core::mem::{MaybeUninit, align_of, needs_drop, size_of};

use sflowcap::Error;
use sflowcap::flow::{ExtendedTimestamp, SampledHeader};
use sflowcap::sample::{CounterSample, Direction, DiscardedPacket, FlowSample, Interface, Records};
use sflowcap::structure::{Field, Structure};

use crate::status::{SFLOWCAP_FAULT, failed};

/// No discard reason.
pub const SFLOWCAP_NO_REASON: u32 = 0xffff_ffff;

/// What a sample is.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum sflowcap_kind {
    /// One packet in `sampling_rate`.
    SFLOWCAP_FLOW = 0,
    /// A packet that the device discarded: an event, never to be scaled.
    SFLOWCAP_DISCARD = 1,
    /// Counters of a port or host.
    SFLOWCAP_COUNTERS = 2,
    /// Anything else; no field of it is read.
    SFLOWCAP_OTHER = 3,
}
use sflowcap_kind::*;

/// Which way a packet went through the data source.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum sflowcap_direction {
    /// The sample does not tell.
    SFLOWCAP_UNKNOWN = 0,
    /// In.
    SFLOWCAP_IN = 1,
    /// Out.
    SFLOWCAP_OUT = 2,
}
use sflowcap_direction::*;

/// What an interface's value is.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum sflowcap_interface_form {
    /// Nothing: the agent does not know the interface.
    SFLOWCAP_INTERFACE_UNKNOWN = 0,
    /// An ifIndex.
    SFLOWCAP_INTERFACE_INDEX = 1,
    /// Nothing: the device itself sent or received the packet.
    SFLOWCAP_INTERFACE_INTERNAL = 2,
    /// The reason that the packet was discarded for.
    SFLOWCAP_INTERFACE_DISCARDED = 3,
    /// How many interfaces the packet went out of; 0 when the agent does not know.
    SFLOWCAP_INTERFACE_MULTIPLE = 4,
    /// Something that the specification does not define.
    SFLOWCAP_INTERFACE_UNDEFINED = 5,
}
use sflowcap_interface_form::*;

/// Where a packet came in or went out.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct sflowcap_interface {
    /// What `value` is.
    pub form: sflowcap_interface_form,
    /// See there.
    pub value: u32,
}

impl From<Interface> for sflowcap_interface {
    #[inline]
    fn from(interface: Interface) -> Self {
        let (form, value) = match interface {
            Interface::Unknown => (SFLOWCAP_INTERFACE_UNKNOWN, 0),
            Interface::Index(index) => (SFLOWCAP_INTERFACE_INDEX, index),
            Interface::Internal => (SFLOWCAP_INTERFACE_INTERNAL, 0),
            Interface::Discarded(reason) => (SFLOWCAP_INTERFACE_DISCARDED, reason.0),
            Interface::Multiple(count) => (SFLOWCAP_INTERFACE_MULTIPLE, count),
            Interface::Undefined { value, .. } => (SFLOWCAP_INTERFACE_UNDEFINED, value),
        };
        sflowcap_interface { form, value }
    }
}

/// The library's own part of a datagram or sample.
pub(crate) type Kept<const WORDS: usize> = MaybeUninit<[u64; WORDS]>;

/// Puts into the library's own part what does not refer to it and needs no drop.
#[inline]
pub(crate) fn kept<T, const WORDS: usize>(value: T) -> Kept<WORDS> {
    const { assert!(size_of::<T>() <= WORDS * 8 && align_of::<T>() <= 8 && !needs_drop::<T>()) };
    let mut kept = Kept::uninit();
    // SAFETY: it fits, as asserted.
    unsafe { kept.as_mut_ptr().cast::<T>().write(value) };
    kept
}

/// A sample. What the sample's kind does not have is 0.
#[repr(C)]
pub struct sflowcap_sample {
    /// What it is.
    pub kind: sflowcap_kind,
    /// Counts the samples of this kind and data source.
    pub sequence_number: u32,
    /// What kind of thing took the sample: 0 for an interface.
    pub source_class: u32,
    /// Its number: an ifIndex for an interface.
    pub source_index: u32,
    /// One packet in this many was sampled; 0 when the agent does not say.
    pub sampling_rate: u32,
    /// Packets that could have been sampled so far, modulo 2^32.
    pub sample_pool: u32,
    /// Samples that the agent dropped so far, modulo 2^32.
    pub drops: u32,
    /// Where the packet came in.
    pub input: sflowcap_interface,
    /// Where it went.
    pub output: sflowcap_interface,
    /// Why it was discarded, or SFLOWCAP_NO_REASON.
    pub reason: u32,
    /// Which way it went through the data source.
    pub direction: sflowcap_direction,
    /// Records of a packet that cannot be read; sflowcap_last_error tells of the last of them.
    pub faults: u32,
    /// What the first byte of `header` belongs to: 1 Ethernet, 11 IPv4, 12 IPv6, ...
    pub header_protocol: u32,
    /// Bytes of the packet on the medium, the frame check sequence included.
    pub frame_length: u32,
    /// Bytes removed before `header` and after the packet's end.
    pub stripped: u32,
    /// The packet's length as a capture on the medium would have it.
    pub original_length: u32,
    /// The packet's first bytes, in the memory of the datagram; NULL if the sample has none. Of several headers, the first.
    pub header: *const u8,
    /// How many those are.
    pub header_length: usize,
    /// The agent's own time stamp of the packet, in nanoseconds since 1970; 0 if it sends none.
    pub time: u64,
    /// The library's own.
    pub walk: MaybeUninit<[u64; 12]>,
}

pub(crate) type RecordWalk<'a> = Option<Records<'a>>;

/// What is found in the records of a packet: the first sampled header, and the time.
struct Found {
    faults: u32,
    header_protocol: u32,
    frame_length: u32,
    stripped: u32,
    original_length: u32,
    header: *const u8,
    header_length: usize,
    time: u64,
}

impl Found {
    const NOTHING: Self = Found {
        faults: 0,
        header_protocol: 0,
        frame_length: 0,
        stripped: 0,
        original_length: 0,
        header: core::ptr::null(),
        header_length: 0,
        time: 0,
    };

    #[allow(clippy::inline_always, reason = "to hand it over in memory costs more than to read it")]
    #[inline(always)]
    fn of(records: Records<'_>) -> Self {
        let mut found = Self::NOTHING;
        for record in records {
            match record {
                Ok(record) if record.tag == SampledHeader::TAG => match SampledHeader::decode(&record) {
                    Some(Ok(header)) if found.header.is_null() => {
                        found.header_protocol = header.protocol.0;
                        found.frame_length = header.frame_length;
                        found.stripped = header.stripped;
                        found.original_length = header.original_length();
                        found.header = header.header.as_ptr();
                        found.header_length = header.header.len();
                    }
                    Some(Err(error)) => found.faults += fault(&error),
                    Some(Ok(_)) | None => {}
                },
                Ok(record) if record.tag == ExtendedTimestamp::TAG => {
                    match ExtendedTimestamp::read(&mut record.xdr()) {
                        Ok(clock) => found.time = clock.nanoseconds,
                        Err(error) => found.faults += fault(&error),
                    }
                }
                Ok(_) => {}
                Err(error) => found.faults += fault(&error),
            }
        }
        found
    }
}

/// Keeps what there is to say about a fault; one more.
#[cold]
fn fault(error: &Error) -> u32 {
    _ = failed(SFLOWCAP_FAULT, error);
    1
}

impl From<Direction> for sflowcap_direction {
    #[inline]
    fn from(direction: Direction) -> Self {
        match direction {
            Direction::In => SFLOWCAP_IN,
            Direction::Out => SFLOWCAP_OUT,
            Direction::Unknown => SFLOWCAP_UNKNOWN,
        }
    }
}

impl sflowcap_sample {
    #[allow(clippy::inline_always, reason = "to hand it over in memory costs more than to read it")]
    #[inline(always)]
    pub(crate) fn of_flow(flow: &FlowSample<'_>) -> Self {
        let records = flow.records();
        let found = Found::of(records.clone());
        let (source, output) = (flow.source(), sflowcap_interface::from(flow.output()));
        sflowcap_sample {
            kind: SFLOWCAP_FLOW,
            sequence_number: flow.sequence_number(),
            source_class: source.class,
            source_index: source.index,
            sampling_rate: flow.sampling_rate(),
            sample_pool: flow.sample_pool(),
            drops: flow.drops(),
            input: flow.input().into(),
            output,
            reason: if output.form == SFLOWCAP_INTERFACE_DISCARDED { output.value } else { SFLOWCAP_NO_REASON },
            direction: flow.direction().into(),
            faults: found.faults,
            header_protocol: found.header_protocol,
            frame_length: found.frame_length,
            stripped: found.stripped,
            original_length: found.original_length,
            header: found.header,
            header_length: found.header_length,
            time: found.time,
            walk: kept(RecordWalk::Some(records)),
        }
    }

    #[cold]
    pub(crate) fn of_discarded(sample: &DiscardedPacket<'_>) -> Self {
        let found = Found::of(sample.records());
        let source = sample.source();
        sflowcap_sample {
            kind: SFLOWCAP_DISCARD,
            sequence_number: sample.sequence_number(),
            source_class: source.class,
            source_index: source.index,
            drops: sample.drops(),
            input: sample.input().into(),
            output: sample.output().into(),
            reason: sample.reason().0,
            direction: sample.direction().into(),
            faults: found.faults,
            header_protocol: found.header_protocol,
            frame_length: found.frame_length,
            stripped: found.stripped,
            original_length: found.original_length,
            header: found.header,
            header_length: found.header_length,
            time: found.time,
            walk: kept(RecordWalk::Some(sample.records())),
            ..Self::other()
        }
    }

    #[cold]
    pub(crate) fn of_counters(sample: &CounterSample<'_>) -> Self {
        let source = sample.source();
        sflowcap_sample {
            kind: SFLOWCAP_COUNTERS,
            sequence_number: sample.sequence_number(),
            source_class: source.class,
            source_index: source.index,
            walk: kept(RecordWalk::Some(sample.records())),
            ..Self::other()
        }
    }

    #[cold]
    pub(crate) fn other() -> Self {
        const UNKNOWN: sflowcap_interface = sflowcap_interface { form: SFLOWCAP_INTERFACE_UNKNOWN, value: 0 };
        sflowcap_sample {
            kind: SFLOWCAP_OTHER,
            sequence_number: 0,
            source_class: 0,
            source_index: 0,
            sampling_rate: 0,
            sample_pool: 0,
            drops: 0,
            input: UNKNOWN,
            output: UNKNOWN,
            reason: SFLOWCAP_NO_REASON,
            direction: SFLOWCAP_UNKNOWN,
            faults: 0,
            header_protocol: 0,
            frame_length: 0,
            stripped: 0,
            original_length: 0,
            header: core::ptr::null(),
            header_length: 0,
            time: 0,
            walk: kept(RecordWalk::None),
        }
    }
}
