//! What a converter counted.

use sflowcap::capture::Totals;

use crate::border::{given, guarded, place};
use crate::converter::sflowcap_converter;
use crate::status::{SFLOWCAP_INVALID, failed, sflowcap_status};

/// What was counted.
///
/// Samples: `flow_samples + discarded_packets` = `other_kinds + other_interfaces + other_directions + without_header` + those
/// that gave packets. Packets: `packets = no_link_type + filtered + thinned + written`; with synthetic ones, which are among
/// them.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct sflowcap_totals {
    /// UDP datagrams handed in.
    pub datagrams: u64,
    /// Datagrams with at least one fault; what could be read of them was read.
    pub malformed: u64,
    /// Datagrams of agents that were not selected.
    pub other_agents: u64,
    /// Datagrams that did not come, by the agents' sequence numbers.
    pub lost_datagrams: u64,
    /// Samples that did not come, by the data sources' sequence numbers; those of lost datagrams are among them.
    pub lost_samples: u64,
    /// Samples that the agents dropped themselves, by their own count.
    pub agent_drops: u64,
    /// Agents that began anew.
    pub restarts: u64,
    /// Packets sampled at a rate.
    pub flow_samples: u64,
    /// Discarded packets.
    pub discarded_packets: u64,
    /// Samples that hold counters, and no packet.
    pub counter_samples: u64,
    /// Samples that this library takes no packet from: of unknown kinds, and InMon's rtmetric and rtflow.
    pub unknown_samples: u64,
    /// Samples left out because of their kind.
    pub other_kinds: u64,
    /// Samples left out because of the interface that took them.
    pub other_interfaces: u64,
    /// Samples left out because of their direction.
    pub other_directions: u64,
    /// Selected samples that hold no packet: neither a sampled header nor fields to make one from.
    pub without_header: u64,
    /// Packets of selected samples.
    pub packets: u64,
    /// Packets made from fields, because the agent sent no header.
    pub synthetic: u64,
    /// Packets of a protocol that the file has no link type for.
    pub no_link_type: u64,
    /// Packets that the packet filter left out.
    pub filtered: u64,
    /// Packets left out so that there are not too many a second; those written stand for them.
    pub thinned: u64,
    /// Packets written.
    pub written: u64,
    /// Packets written to interface 0 because there were too many interfaces.
    pub past_interface_bound: u64,
    /// Whole datagrams written.
    pub written_datagrams: u64,
    /// Whole datagrams left out so that there are not too many a second.
    pub thinned_datagrams: u64,
    /// Datagrams of selected agents that came from addresses that were not.
    pub other_senders: u64,
    /// Datagrams of agents past the bound: what is lost of theirs cannot be told.
    pub untracked_datagrams: u64,
    /// Samples of data sources past the bound, and of agents past it: what is lost of theirs cannot be told.
    pub untracked_samples: u64,
}

impl From<Totals> for sflowcap_totals {
    fn from(totals: Totals) -> Self {
        // All are named, so that none is forgotten. A reader who is too slow is the business of whoever gets the bytes, and nothing
        // pauses here.
        macro_rules! copied {
            ($($name:ident)*) => {{
                let Totals { dropped: _, dropped_datagrams: _, paused: _, $($name),* } = totals;
                sflowcap_totals { $($name),* }
            }};
        }
        copied! {
            datagrams malformed other_agents lost_datagrams lost_samples agent_drops restarts flow_samples
            discarded_packets counter_samples unknown_samples other_kinds other_interfaces other_directions
            without_header packets synthetic no_link_type filtered thinned written past_interface_bound
            written_datagrams thinned_datagrams other_senders untracked_datagrams untracked_samples
        }
    }
}

/// Fills in what was counted so far. `size` is sizeof(struct sflowcap_totals).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sflowcap_converter_totals(
    converter: *const sflowcap_converter,
    totals: *mut sflowcap_totals,
    size: usize,
) -> sflowcap_status {
    guarded(|| {
        // SAFETY: the header demands it.
        let converter = unsafe { given(converter, "converter") }?;
        let totals = place(totals, "totals")?;
        let Some(more) = size.checked_sub(size_of::<sflowcap_totals>()) else {
            return Err(failed(SFLOWCAP_INVALID, &format_args!("{size} bytes are no sflowcap_totals")));
        };
        let counted = sflowcap_totals::from(converter.totals()?);
        // SAFETY: not NULL, and the header demands that it is a place of `size` bytes. A program of a later version has counts
        // that this one does not know.
        unsafe {
            totals.write(counted);
            totals.add(1).cast::<u8>().write_bytes(0, more);
        }
        Ok(())
    })
}
