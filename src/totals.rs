//! Everything that a capture counts: nothing that came in goes unreported.

use core::fmt;

/// What was counted.
///
/// Samples: `flow_samples + discarded_packets` = `paused + other_kinds + other_interfaces + other_directions + without_header` +
/// those that gave packets. Packets: `packets = no_link_type + filtered + thinned + dropped + written`; with
/// [`synthetic`](Self::synthetic) ones, which are among them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// UDP datagrams handed in.
    pub datagrams: u64,
    /// Datagrams with at least one fault; what could be read of them was read.
    pub malformed: u64,
    /// Datagrams of agents that were not selected.
    pub other_agents: u64,
    /// Datagrams of selected agents that came from addresses that were not.
    pub other_senders: u64,
    /// Datagrams of agents past the bound: what is lost of theirs cannot be told.
    pub untracked_datagrams: u64,
    /// Datagrams that did not come, by the agents' sequence numbers.
    pub lost_datagrams: u64,
    /// Samples that did not come, by the data sources' sequence numbers; those of lost datagrams are among them.
    pub lost_samples: u64,
    /// Samples of data sources past the bound, and of agents past it: what is lost of theirs cannot be told.
    pub untracked_samples: u64,
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
    /// Samples that came during a pause.
    pub paused: u64,
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
    /// Packets lost because the reader was too slow.
    pub dropped: u64,
    /// Packets written.
    pub written: u64,
    /// Packets written to interface 0 because there were too many interfaces.
    pub past_interface_bound: u64,
    /// Whole datagrams written.
    pub written_datagrams: u64,
    /// Whole datagrams left out so that there are not too many a second.
    pub thinned_datagrams: u64,
    /// Whole datagrams lost because the reader was too slow.
    pub dropped_datagrams: u64,
}

impl fmt::Display for Totals {
    /// One line that names what is not zero.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} packets written, {} datagrams received", self.written, self.datagrams)?;
        for (count, what) in [
            (self.written_datagrams, "datagrams written"),
            (self.malformed, "malformed datagrams"),
            (self.other_agents, "datagrams of other agents"),
            (self.other_senders, "datagrams from other senders"),
            (self.untracked_datagrams, "datagrams of agents past the bound"),
            (self.untracked_samples, "samples of ports past the bound"),
            (self.lost_datagrams, "datagrams lost on the way"),
            (self.lost_samples, "samples lost on the way"),
            (self.agent_drops, "samples dropped by agents"),
            (self.restarts, "restarts of agents"),
            (self.flow_samples, "flow samples"),
            (self.discarded_packets, "discarded packets"),
            (self.counter_samples, "counter samples"),
            (self.unknown_samples, "samples of unknown kind"),
            (self.paused, "samples left out by a pause"),
            (self.other_kinds, "samples of other kinds"),
            (self.other_interfaces, "samples of other interfaces"),
            (self.other_directions, "samples of other directions"),
            (self.without_header, "samples without header"),
            (self.synthetic, "packets made from fields"),
            (self.no_link_type, "packets without link type"),
            (self.filtered, "packets filtered out"),
            (self.thinned, "packets thinned out"),
            (self.thinned_datagrams, "whole datagrams thinned out"),
            (self.dropped, "packets lost to a slow reader"),
            (self.dropped_datagrams, "whole datagrams lost to a slow reader"),
            (self.past_interface_bound, "packets past the interface bound"),
        ] {
            if count > 0 {
                write!(f, ", {count} {what}")?;
            }
        }
        Ok(())
    }
}
