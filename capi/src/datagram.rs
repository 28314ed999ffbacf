//! The walk over a datagram's samples. Its state is in memory of the caller, who allocates and frees nothing.

use core::ffi::c_void;
use core::mem::MaybeUninit;

use sflowcap::Datagram;
use sflowcap::datagram::{Samples, Version};
use sflowcap::sample::Sample;

use crate::address::sflowcap_address;
use crate::border::{bytes, given, guarded, place};
use crate::sample::{kept, sflowcap_sample};
use crate::status::{SFLOWCAP_END, SFLOWCAP_FAULT, failed, sflowcap_status};

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
    pub walk: MaybeUninit<[u64; 48]>,
}

type Walk<'a> = Option<Samples<'a>>;

impl sflowcap_datagram {
    #[inline]
    fn of(datagram: &Datagram<'_>) -> Self {
        let walk: Walk<'_> = Some(datagram.samples());
        sflowcap_datagram {
            version: match datagram.version {
                Version::V2 => 2,
                Version::V4 => 4,
                Version::V5 => 5,
            },
            agent: datagram.agent.into(),
            sub_agent_id: datagram.sub_agent_id,
            sequence_number: datagram.sequence_number,
            uptime: datagram.uptime,
            num_samples: datagram.num_samples,
            walk: kept(walk),
        }
    }

    #[cold]
    fn of_nothing() -> Self {
        let walk: Walk<'_> = None;
        sflowcap_datagram {
            version: 0,
            agent: sflowcap::Address::Unknown.into(),
            sub_agent_id: 0,
            sequence_number: 0,
            uptime: 0,
            num_samples: 0,
            walk: kept(walk),
        }
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
        // SAFETY: the header demands it.
        let parsed = unsafe { bytes(payload, length) }
            .and_then(|bytes| Datagram::parse(bytes).map_err(|error| failed(SFLOWCAP_FAULT, &error)));
        // SAFETY: not NULL, and the header demands that it is a place for a datagram.
        unsafe {
            match &parsed {
                Ok(parsed) => datagram.write(sflowcap_datagram::of(parsed)),
                Err(_) => datagram.write(sflowcap_datagram::of_nothing()),
            }
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
        let walk = unsafe { &mut *(&raw mut (*datagram).walk).cast::<Walk<'_>>() };
        let next = match walk.as_mut().and_then(Iterator::next) {
            Some(Ok(next)) => next,
            Some(Err(error)) => return Err(failed(SFLOWCAP_FAULT, &error)),
            None => return Err(SFLOWCAP_END),
        };
        // SAFETY: not NULL, and the header demands that it is a place for a sample.
        unsafe {
            match &next {
                Sample::Flow(flow) => sample.write(sflowcap_sample::of_flow(flow)),
                Sample::Discarded(discarded) => sample.write(sflowcap_sample::of_discarded(discarded)),
                Sample::Counters(counters) => sample.write(sflowcap_sample::of_counters(counters)),
                _ => sample.write(sflowcap_sample::other()),
            }
        }
        Ok(())
    })
}
