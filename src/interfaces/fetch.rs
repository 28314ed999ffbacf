//! Fetching what a datagram is followed by from memory, before it is followed.
//!
//! Where there are many agents and streams, most of them are in no cache. Each sample would wait for its stream, and then for its
//! interface, in turn; asked for together, all come in the time of one.

use super::{AgentKey, Interfaces, joined};
use crate::sample::DataSource;

/// So many streams, and what belongs to them, are in a processor's caches anyway.
const FEW: usize = 4096;

/// The most samples of a datagram that are fetched for.
const MOST: usize = 32;

/// What a datagram needs.
pub(crate) struct Fetch<'a> {
    interfaces: &'a Interfaces,
    agent: u32,
    /// First the hashes of the streams, and then their places.
    streams: [u32; MOST],
    count: usize,
}

impl Interfaces {
    /// Begins to fetch for a datagram of an agent, where that pays.
    #[inline]
    pub(crate) fn fetch(&self, agent: AgentKey) -> Option<Fetch<'_>> {
        (self.all_streams.len() > FEW).then(|| Fetch {
            interfaces: self,
            agent: agent.hash(&self.agents),
            streams: [0; MOST],
            count: 0,
        })
    }
}

impl Fetch<'_> {
    /// Adds the stream of a data source.
    #[inline]
    pub(crate) fn add(&mut self, source: DataSource) {
        if let Some(hash) = self.streams.get_mut(self.count) {
            *hash = self.interfaces.streams.hash(joined(source.class, source.index), self.agent.into());
            self.count += 1;
        }
    }

    /// Fetches. The loops are short so that a processor is at the last before the first has come.
    pub(crate) fn now(mut self) {
        let Interfaces { agents, all_agents, streams, all_streams, all, .. } = self.interfaces;
        let mut fetched = all_agents[agents.guess(self.agent) as usize].uptime;
        let places = &mut self.streams[..self.count];
        for place in &mut *places {
            *place = streams.guess(*place);
        }
        for place in places {
            let stream = &all_streams[*place as usize];
            fetched |= all[stream.interface as usize].counters.received as u32;
        }
        core::hint::black_box(fetched);
    }
}
