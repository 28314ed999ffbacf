//! The walk over a datagram's samples. Its state is in memory of the caller, who allocates and frees nothing.

use core::ffi::c_void;
use core::mem::{align_of, needs_drop, size_of};

use sflowcap::datagram::{Samples, Version};
use sflowcap::flow::{ExtendedTimestamp, SampledHeader};
use sflowcap::sample::{DataSource, Direction, Interface, Records, Sample};
use sflowcap::structure::{Field, Structure};
use sflowcap::{Datagram, Error};

use crate::address::sflowcap_address;
use crate::border::{bytes, given, guarded, place};
use crate::status::{SFLOWCAP_END, SFLOWCAP_FAULT, failed, sflowcap_status};

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

/// A datagram, on the way through its samples. sflowcap_open fills it in; read it, copy it, forget it.
#[repr(C)]
pub struct sflowcap_datagram {
    /// The version of sFlow: 2, 4 or 5.
    pub version: u32,
    /// The agent.
    pub agent: sflowcap_address,
    /// Tells apart the series of datagrams of one agent.
    pub sub_agent_id: u32,
    /// Counts the datagrams of this agent and sub-agent.
    pub sequence_number: u32,
    /// The agent's clock, in milliseconds since it started.
    pub uptime: u32,
    /// The samples that the datagram says it has.
    pub num_samples: u32,
    /// The library's own.
    pub walk: [u64; 48],
}

type Walk = Option<Samples<'static>>;
const _: () = assert!(size_of::<Walk>() <= 48 * 8 && align_of::<Walk>() <= 8 && !needs_drop::<Walk>());

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
    pub walk: [u64; 12],
}

pub(crate) type RecordWalk = Option<Records<'static>>;
const _: () =
    assert!(size_of::<RecordWalk>() <= 12 * 8 && align_of::<RecordWalk>() <= 8 && !needs_drop::<RecordWalk>());

impl sflowcap_sample {
    const EMPTY: Self = sflowcap_sample {
        kind: SFLOWCAP_OTHER,
        sequence_number: 0,
        source_class: 0,
        source_index: 0,
        sampling_rate: 0,
        sample_pool: 0,
        drops: 0,
        input: sflowcap_interface { form: SFLOWCAP_INTERFACE_UNKNOWN, value: 0 },
        output: sflowcap_interface { form: SFLOWCAP_INTERFACE_UNKNOWN, value: 0 },
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
        walk: [0; 12],
    };

    /// With its records, which are left to be written to `walk`.
    #[inline]
    fn of<'a>(sample: &Sample<'a>) -> (Self, Option<Records<'a>>) {
        let mut told = Self::EMPTY;
        let records = match sample {
            Sample::Flow(flow) => {
                told.kind = SFLOWCAP_FLOW;
                told.sequence_number = flow.sequence_number();
                told.set_source(flow.source());
                told.sampling_rate = flow.sampling_rate();
                told.sample_pool = flow.sample_pool();
                told.drops = flow.drops();
                told.input = flow.input().into();
                told.output = flow.output().into();
                if told.output.form == SFLOWCAP_INTERFACE_DISCARDED {
                    told.reason = told.output.value;
                }
                told.set_direction(flow.direction());
                told.read(flow.records());
                Some(flow.records())
            }
            Sample::Discarded(discarded) => {
                told.kind = SFLOWCAP_DISCARD;
                told.sequence_number = discarded.sequence_number();
                told.set_source(discarded.source());
                told.drops = discarded.drops();
                told.input = discarded.input().into();
                told.output = discarded.output().into();
                told.reason = discarded.reason().0;
                told.set_direction(discarded.direction());
                told.read(discarded.records());
                Some(discarded.records())
            }
            Sample::Counters(counters) => {
                told.kind = SFLOWCAP_COUNTERS;
                told.sequence_number = counters.sequence_number();
                told.set_source(counters.source());
                Some(counters.records())
            }
            _ => None,
        };
        (told, records)
    }

    #[inline]
    fn set_source(&mut self, source: DataSource) {
        self.source_class = source.class;
        self.source_index = source.index;
    }

    #[inline]
    fn set_direction(&mut self, direction: Direction) {
        self.direction = match direction {
            Direction::In => SFLOWCAP_IN,
            Direction::Out => SFLOWCAP_OUT,
            Direction::Unknown => SFLOWCAP_UNKNOWN,
        };
    }

    /// The first sampled header among the records, and the time.
    #[inline]
    fn read(&mut self, records: Records<'_>) {
        for record in records {
            let record = match record {
                Ok(record) => record,
                Err(error) => {
                    self.fault(&error);
                    continue;
                }
            };
            match SampledHeader::decode(&record) {
                Some(Ok(header)) if self.header.is_null() => {
                    self.header_protocol = header.protocol.0;
                    self.frame_length = header.frame_length;
                    self.stripped = header.stripped;
                    self.original_length = header.original_length();
                    self.header = header.header.as_ptr();
                    self.header_length = header.header.len();
                }
                Some(Err(error)) => self.fault(&error),
                None if record.tag == ExtendedTimestamp::TAG => match ExtendedTimestamp::read(&mut record.xdr()) {
                    Ok(clock) => self.time = clock.nanoseconds,
                    Err(error) => self.fault(&error),
                },
                Some(Ok(_)) | None => {}
            }
        }
    }

    #[cold]
    fn fault(&mut self, error: &Error) {
        self.faults += 1;
        _ = failed(SFLOWCAP_FAULT, error);
    }
}

/// Reads the header of the sFlow datagram in `length` bytes at `payload`, the payload of a UDP packet. They must stay as they are
/// until the last use of `datagram` and its samples. SFLOWCAP_FAULT if they are no sFlow datagram; `datagram` then has no samples.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sflowcap_open(
    datagram: *mut sflowcap_datagram,
    payload: *const c_void,
    length: usize,
) -> sflowcap_status {
    guarded(|| {
        let datagram = place(datagram, "datagram")?;
        let mut opened = sflowcap_datagram {
            version: 0,
            agent: sflowcap::Address::Unknown.into(),
            sub_agent_id: 0,
            sequence_number: 0,
            uptime: 0,
            num_samples: 0,
            walk: [0; 48],
        };
        // SAFETY: the header demands it.
        let parsed = unsafe { bytes(payload, length) }
            .and_then(|bytes| Datagram::parse(bytes).map_err(|error| failed(SFLOWCAP_FAULT, &error)));
        let mut walk: Walk = None;
        if let Ok(parsed) = &parsed {
            opened.version = match parsed.version {
                Version::V2 => 2,
                Version::V4 => 4,
                Version::V5 => 5,
            };
            opened.agent = parsed.agent.into();
            opened.sub_agent_id = parsed.sub_agent_id;
            opened.sequence_number = parsed.sequence_number;
            opened.uptime = parsed.uptime;
            opened.num_samples = parsed.num_samples;
            walk = Some(parsed.samples());
        }
        // SAFETY: not NULL, and the header demands that it is a place for a datagram; a `Walk` fits in `walk`, asserted above.
        unsafe {
            datagram.write(opened);
            (&raw mut (*datagram).walk).cast::<Walk>().write(walk);
        }
        parsed.map(|_| ())
    })
}

/// Fills in `sample` with the next sample of `datagram`, which must have been through sflowcap_open. SFLOWCAP_END after the
/// last; SFLOWCAP_FAULT where something cannot be read: `sample` is left as it was, and the next call goes on behind that.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sflowcap_next(
    datagram: *mut sflowcap_datagram,
    sample: *mut sflowcap_sample,
) -> sflowcap_status {
    guarded(|| {
        // SAFETY: the header demands it.
        unsafe { given(datagram, "datagram") }?;
        let sample = place(sample, "sample")?;
        // SAFETY: not NULL, and sflowcap_open wrote a `Walk` there.
        let walk = unsafe { &mut *(&raw mut (*datagram).walk).cast::<Walk>() };
        match walk.as_mut().and_then(Iterator::next) {
            Some(Ok(next)) => {
                let (told, records): (_, RecordWalk) = sflowcap_sample::of(&next);
                // SAFETY: not NULL, and the header demands that it is a place for a sample; a `RecordWalk` fits in `walk`.
                unsafe {
                    sample.write(told);
                    (&raw mut (*sample).walk).cast::<RecordWalk>().write(records);
                }
                Ok(())
            }
            Some(Err(error)) => Err(failed(SFLOWCAP_FAULT, &error)),
            None => Err(SFLOWCAP_END),
        }
    })
}
