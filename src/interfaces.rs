//! The interfaces of a capture file, and the streams of samples that feed them.
//!
//! A *stream* is what one data source of one agent and sub-agent sends: sequence numbers and drops are counted by it. An agent
//! that sends several versions at once counts in each of them. An *interface* is what the file has for an agent's data source:
//! its packets, its name, its statistics. Both are bounded, for anybody can send datagrams in the name of any number of agents.

mod fetch;

use std::net::IpAddr;

use crate::datagram::Version;
use crate::index::Index;
use crate::link::LinkType;
use crate::sample::DataSource;
use crate::sequence::{RunningTotal, Sequence, Step};

pub(crate) use fetch::Fetch;

/// An address as two words.
fn address_words(address: IpAddr) -> [u64; 2] {
    match address {
        IpAddr::V4(ip) => [0, u64::from(ip.to_bits())],
        IpAddr::V6(ip) => [(ip.to_bits() >> 64) as u64, ip.to_bits() as u64],
    }
}

#[inline]
fn joined(high: u32, low: u32) -> u64 {
    u64::from(high) << 32 | u64::from(low)
}

/// What makes an agent's series of datagrams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AgentKey {
    pub(crate) agent: IpAddr,
    pub(crate) sub_agent_id: u32,
    pub(crate) version: Version,
}

impl AgentKey {
    #[inline]
    fn hash(&self, index: &Index) -> u32 {
        let [high, low] = address_words(self.agent);
        index.hash_long([high, low, joined(self.version as u32, self.sub_agent_id), 0])
    }
}

/// The series of datagrams of an agent and sub-agent.
#[derive(Clone, Debug)]
#[repr(align(64))]
pub(crate) struct Agent {
    key: AgentKey,
    hash: u32,
    sequence: Sequence,
    uptime: u32,
    /// How often it began anew: its streams then do too.
    restarts: u32,
    /// The host's name, if the agent told it (`host_descr`).
    pub(crate) host_name: Option<Box<str>>,
}

impl Agent {
    /// The uptime is in milliseconds and wraps: from there it is no restart.
    const NEAR_WRAP: u32 = u32::MAX - 600_000;

    fn new(key: AgentKey, hash: u32) -> Self {
        Agent { key, hash, sequence: Sequence::default(), uptime: 0, restarts: 0, host_name: None }
    }

    /// How often the agent began anew.
    pub(crate) fn restarts(&self) -> u32 {
        self.restarts
    }

    /// Takes a datagram's sequence number and uptime.
    pub(crate) fn step(&mut self, sequence_number: u32, uptime: u32) -> Step {
        // Datagrams may come in another order than they were sent in; a clock that is set back by minutes was restarted.
        let restarted = uptime.saturating_add(10_000) < self.uptime && self.uptime < Self::NEAR_WRAP;
        let step = if restarted { self.sequence.restart(sequence_number) } else { self.sequence.step(sequence_number) };
        if step == Step::Restart {
            self.restarts += 1;
        }
        if !matches!(step, Step::Late | Step::Again) {
            self.uptime = uptime;
        }
        step
    }
}

/// The samples of one kind of a stream.
#[derive(Clone, Copy, Debug, Default)]
struct Series {
    sequence: Sequence,
    drops: RunningTotal,
}

/// The kinds of samples that are numbered apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Flow,
    Discard,
}

/// What a sample's numbers say about those before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Losses {
    /// Samples that did not come; less than none when one came late.
    pub(crate) missing: i64,
    /// Samples that the agent itself dropped.
    pub(crate) dropped: u32,
}

impl Losses {
    fn sum(self) -> i64 {
        self.missing + i64::from(self.dropped)
    }
}

/// What one data source of one agent and sub-agent sends. As large as a line of a processor's cache.
#[derive(Clone, Debug)]
#[repr(align(64))]
pub(crate) struct Stream {
    /// The place of the agent, and the data source: what makes the stream.
    agent: u32,
    source: DataSource,
    /// The agent's restarts when the last sample came.
    restarts: u32,
    series: [Series; 2],
    /// Samples lost that no interface has counted yet.
    untold: i64,
    /// The interface that the last packet went to, and its link type, if there was one.
    interface: u32,
    link_type: Option<LinkType>,
}

/// What is known of a stream's port.
#[derive(Clone, Debug, Default)]
pub(crate) struct Port {
    /// Its name (`port_name`).
    pub(crate) name: Option<Box<str>>,
    /// Its speed (`if_counters`).
    pub(crate) speed: Option<u64>,
}

impl Stream {
    /// Takes a sample's sequence number and drops. `restarts` is the agent's.
    #[inline]
    pub(crate) fn step(&mut self, kind: Kind, sequence_number: u32, drops: u32, restarts: u32) -> Losses {
        if restarts != self.restarts {
            self.restarts = restarts;
            self.series = <[Series; 2]>::default();
        }
        let series = &mut self.series[kind as usize];
        if series.sequence.is_new() {
            series.drops.start(drops);
        }
        let missing = match series.sequence.step(sequence_number) {
            Step::Next => 0,
            Step::Gap(gap) => i64::from(gap),
            // An older reading of the running total says nothing about its growth.
            Step::Late => {
                self.lose(-1);
                return Losses { missing: -1, dropped: 0 };
            }
            Step::Again => return Losses::default(),
            Step::Restart => {
                series.drops.start(drops);
                0
            }
        };
        let losses = Losses { missing, dropped: series.drops.grow(drops) };
        self.lose(losses.sum());
        losses
    }

    /// Takes note of losses, to be counted by the interface that the next packet goes to; less than none when some came late.
    #[inline]
    pub(crate) fn lose(&mut self, lost: i64) {
        self.untold += lost;
    }
}

/// What an interface has counted, in packets.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counters {
    /// Packets of the chosen kinds and directions.
    pub(crate) received: u64,
    /// Those that the packet filter and the thinning let pass.
    pub(crate) accepted: u64,
    /// Those thinned out.
    pub(crate) thinned: u64,
    /// Those written to the file.
    pub(crate) written: u64,
    /// Samples lost before they came here: in the agent and on the way.
    pub(crate) lost: u64,
    /// Packets lost because the reader was too slow.
    pub(crate) dropped: u64,
    /// Losses to be told with the interface's next packet.
    pub(crate) drops_to_tell: u64,
}

impl Counters {
    /// Counts samples that did not come; less than none when some came after all.
    fn lose(&mut self, lost: i64) {
        self.lost = self.lost.saturating_add_signed(lost);
        self.drops_to_tell = self.drops_to_tell.saturating_add_signed(lost);
    }

    fn add(&mut self, other: &Counters) {
        self.received += other.received;
        self.accepted += other.accepted;
        self.thinned += other.thinned;
        self.written += other.written;
        self.lost += other.lost;
        self.dropped += other.dropped;
    }

    /// Counts a packet that the reader was too slow for.
    pub(crate) fn drop_packet(&mut self) {
        self.dropped += 1;
        self.drops_to_tell += 1;
    }
}

/// An interface.
#[derive(Clone, Debug, Default)]
#[repr(align(64))]
pub(crate) struct Interface {
    /// The interface's number in the file, once its description was written.
    pub(crate) id: Option<u32>,
    pub(crate) counters: Counters,
}

/// All agents, streams and interfaces.
#[derive(Debug)]
pub(crate) struct Interfaces {
    most: usize,
    agents: Index,
    all_agents: Vec<Agent>,
    streams: Index,
    all_streams: Vec<Stream>,
    /// Of each stream.
    ports: Vec<Port>,
    places: Index,
    keys: Vec<InterfaceKey>,
    /// The first is the file's interface 0: it takes the packets of interfaces past the bound.
    all: Vec<Interface>,
    next_id: u32,
}

/// What makes an interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct InterfaceKey {
    agent: IpAddr,
    source: DataSource,
    link_type: LinkType,
}

impl InterfaceKey {
    fn hash(&self, index: &Index) -> u32 {
        let [high, low] = address_words(self.agent);
        index.hash_long([high, low, joined(self.source.class, self.source.index), u64::from(self.link_type.0)])
    }
}

impl Interfaces {
    pub(crate) fn new(most: usize) -> Self {
        Interfaces {
            most,
            agents: Index::default(),
            all_agents: Vec::new(),
            streams: Index::default(),
            all_streams: Vec::new(),
            ports: Vec::new(),
            places: Index::default(),
            keys: Vec::new(),
            all: vec![Interface { id: Some(0), ..Interface::default() }],
            next_id: 1,
        }
    }

    /// The place of an agent, unless there are too many.
    #[inline]
    pub(crate) fn agent(&mut self, key: AgentKey) -> Option<u32> {
        let hash = key.hash(&self.agents);
        match self.agents.find(hash, |place| self.all_agents[place as usize].key == key) {
            Some(place) => Some(place),
            None => self.add_agent(key, hash),
        }
    }

    #[cold]
    fn add_agent(&mut self, key: AgentKey, hash: u32) -> Option<u32> {
        let place = self.all_agents.len();
        (place < self.most).then(|| {
            self.all_agents.push(Agent::new(key, hash));
            self.agents.add(hash, place as u32);
            place as u32
        })
    }

    #[inline]
    pub(crate) fn agent_at(&mut self, place: u32) -> &mut Agent {
        &mut self.all_agents[place as usize]
    }

    /// The place of the stream of an agent's data source, unless there are too many.
    #[inline]
    pub(crate) fn stream(&mut self, agent: u32, source: DataSource) -> Option<u32> {
        // By the agent's hash, not its place: so that streams can be looked for before the agent is found.
        let agent_hash = self.all_agents[agent as usize].hash;
        let hash = self.streams.hash(joined(source.class, source.index), agent_hash.into());
        let is = |place: u32| {
            let stream = &self.all_streams[place as usize];
            stream.agent == agent && stream.source == source
        };
        match self.streams.find(hash, is) {
            Some(place) => Some(place),
            None => self.add_stream(agent, source, hash),
        }
    }

    #[cold]
    fn add_stream(&mut self, agent: u32, source: DataSource, hash: u32) -> Option<u32> {
        let place = self.all_streams.len();
        (place < self.most).then(|| {
            self.all_streams.push(Stream {
                agent,
                source,
                restarts: 0,
                series: <[Series; 2]>::default(),
                untold: 0,
                interface: 0,
                link_type: None,
            });
            self.ports.push(Port::default());
            self.streams.add(hash, place as u32);
            place as u32
        })
    }

    #[inline]
    pub(crate) fn stream_at(&mut self, place: u32) -> &mut Stream {
        &mut self.all_streams[place as usize]
    }

    /// The port of the stream at a place.
    pub(crate) fn port_at(&mut self, place: u32) -> &mut Port {
        &mut self.ports[place as usize]
    }

    /// The place of the interface that a stream's packets of a link type go to; 0 for those past the bound. The stream's losses
    /// are counted there.
    #[inline]
    pub(crate) fn interface(&mut self, stream: Option<u32>, link_type: LinkType) -> u32 {
        let Some(stream) = stream else { return 0 };
        if self.all_streams[stream as usize].link_type != Some(link_type) {
            self.find_interface(stream, link_type);
        }
        let stream = &mut self.all_streams[stream as usize];
        if stream.untold != 0 {
            self.all[stream.interface as usize].counters.lose(core::mem::take(&mut stream.untold));
        }
        stream.interface
    }

    #[cold]
    fn find_interface(&mut self, stream: u32, link_type: LinkType) {
        let Stream { agent, source, .. } = self.all_streams[stream as usize];
        let key = InterfaceKey { agent: self.all_agents[agent as usize].key.agent, source, link_type };
        let hash = key.hash(&self.places);
        let next = self.all.len();
        // Interface 0 has no key.
        let place = match self.places.find(hash, |place| self.keys[place as usize - 1] == key) {
            Some(place) => place,
            None if next > self.most => 0,
            None => {
                self.all.push(Interface::default());
                self.keys.push(key);
                self.places.add(hash, next as u32);
                next as u32
            }
        };
        let stream = &mut self.all_streams[stream as usize];
        (stream.interface, stream.link_type) = (place, Some(link_type));
    }

    #[inline]
    pub(crate) fn at(&mut self, place: u32) -> &mut Interface {
        &mut self.all[place as usize]
    }

    /// Gives an interface its number in the file.
    pub(crate) fn number(&mut self, place: u32) -> u32 {
        let id = self.next_id;
        self.next_id += 1;
        self.at(place).id = Some(id);
        id
    }

    /// Forgets which sequence numbers came last.
    pub(crate) fn forget_sequences(&mut self) {
        for agent in &mut self.all_agents {
            agent.sequence = Sequence::default();
        }
        for stream in &mut self.all_streams {
            stream.series = <[Series; 2]>::default();
        }
    }

    /// Takes back every number: a new file begins.
    pub(crate) fn forget_numbers(&mut self) {
        for interface in &mut self.all[1..] {
            interface.id = None;
        }
        self.next_id = 1;
    }

    /// Counts the losses after which no packet has come yet.
    pub(crate) fn settle(&mut self) {
        for stream in &mut self.all_streams {
            if stream.link_type.is_some() {
                self.all[stream.interface as usize].counters.lose(core::mem::take(&mut stream.untold));
            }
        }
    }

    /// The interfaces that stand in the file. Interface 0 answers for those that do not, because no packet of theirs was
    /// written.
    pub(crate) fn described(&self) -> impl Iterator<Item = (u32, Counters)> {
        let mut first = self.all[0].counters;
        for unwritten in self.all.iter().filter(|interface| interface.id.is_none()) {
            first.add(&unwritten.counters);
        }
        let others = self.all[1..].iter().filter_map(|interface| Some((interface.id?, interface.counters)));
        core::iter::once((0, first)).chain(others)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(agent: u32) -> AgentKey {
        AgentKey { agent: IpAddr::V4(agent.into()), sub_agent_id: 0, version: Version::V5 }
    }

    const fn port(index: u32) -> DataSource {
        DataSource { class: 0, index }
    }

    fn stream(interfaces: &mut Interfaces, series: AgentKey, index: u32) -> Option<u32> {
        let agent = interfaces.agent(series)?;
        interfaces.stream(agent, port(index))
    }

    fn interface(interfaces: &mut Interfaces, agent: u32, index: u32) -> u32 {
        let stream = stream(interfaces, series(agent), index);
        interfaces.interface(stream, LinkType::ETHERNET)
    }

    #[test]
    fn an_interface_keeps_its_place_and_others_get_their_own() {
        let mut interfaces = Interfaces::new(10);
        let places = [(1, 1), (1, 2), (2, 1)].map(|(agent, index)| interface(&mut interfaces, agent, index));
        assert_eq!(places, [1, 2, 3]);
        assert_eq!([(2, 1), (1, 1)].map(|(agent, index)| interface(&mut interfaces, agent, index)), [3, 1]);
    }

    #[test]
    fn sub_agents_are_streams_of_their_own_and_share_the_interface() {
        let mut interfaces = Interfaces::new(10);
        let series = [0, 1].map(|sub_agent_id| AgentKey { sub_agent_id, ..series(1) });
        let streams = series.map(|series| stream(&mut interfaces, series, 1));
        assert_eq!(streams, [Some(0), Some(1)]);
        assert_eq!(streams.map(|stream| interfaces.interface(stream, LinkType::ETHERNET)), [1, 1]);
    }

    #[test]
    fn each_link_type_is_an_interface_of_its_own() {
        let mut interfaces = Interfaces::new(10);
        let stream = stream(&mut interfaces, series(1), 1);
        let types = [LinkType::ETHERNET, LinkType::PPP, LinkType::ETHERNET, LinkType::PPP];
        assert_eq!(types.map(|link_type| interfaces.interface(stream, link_type)), [1, 2, 1, 2]);
    }

    #[test]
    fn past_the_bound_packets_go_to_interface_zero_and_memory_does_not_grow() {
        let mut interfaces = Interfaces::new(100);
        for agent in 0..100_000 {
            interface(&mut interfaces, agent, 1);
        }
        assert_eq!([interfaces.all.len(), interfaces.all_streams.len(), interfaces.all_agents.len()], [101, 100, 100]);
        assert_eq!(interface(&mut interfaces, 100, 1), 0);
        assert_eq!(interface(&mut interfaces, 99, 2), 0);
        assert_eq!(interface(&mut interfaces, 99, 1), 100);
    }

    #[test]
    fn a_stream_is_a_line_of_the_cache() {
        assert_eq!([size_of::<Agent>(), size_of::<Stream>(), size_of::<Interface>()], [64; 3]);
    }

    #[test]
    fn numbers_follow_the_order_of_descriptions_not_of_places() {
        let mut interfaces = Interfaces::new(10);
        let (first, second) = (interface(&mut interfaces, 1, 1), interface(&mut interfaces, 1, 2));
        assert_eq!(interfaces.number(second), 1);
        assert_eq!(interfaces.number(first), 2);
    }

    #[test]
    fn an_agent_that_restarts_loses_nothing_nor_do_its_streams() {
        let mut interfaces = Interfaces::new(10);
        let place = interfaces.agent(series(1));
        let stream = stream(&mut interfaces, series(1), 1).unwrap();
        let mut steps = Vec::new();
        let mut losses = Losses::default();
        // The agent restarts after its third datagram, with numbers that look like late ones.
        for (number, uptime, drops) in
            [(70, 500_000, 9), (71, 501_000, 9), (73, 502_000, 12), (1, 1000, 0), (2, 2000, 1)]
        {
            steps.push(interfaces.agent_at(place.unwrap()).step(number, uptime));
            let restarts = interfaces.agent_at(place.unwrap()).restarts();
            let step = interfaces.stream_at(stream).step(Kind::Flow, number, drops, restarts);
            losses = Losses { missing: losses.missing + step.missing, dropped: losses.dropped + step.dropped };
        }
        assert_eq!(steps, [Step::Next, Step::Next, Step::Gap(1), Step::Restart, Step::Next]);
        assert_eq!(losses, Losses { missing: 1, dropped: 3 + 1 });
    }

    #[test]
    fn an_uptime_that_wraps_is_no_restart() {
        let mut agent = Agent::new(series(1), 0);
        let steps = [(1, u32::MAX - 500), (2, 500), (4, 1500)].map(|(number, uptime)| agent.step(number, uptime));
        assert_eq!(steps, [Step::Next, Step::Next, Step::Gap(1)]);
    }

    #[test]
    fn flow_samples_and_discards_are_numbered_apart() {
        let mut interfaces = Interfaces::new(10);
        let stream = stream(&mut interfaces, series(1), 1).unwrap();
        let stream = interfaces.stream_at(stream);
        for (kind, number) in [(Kind::Flow, 1), (Kind::Discard, 500), (Kind::Flow, 2), (Kind::Discard, 501)] {
            assert_eq!(stream.step(kind, number, 0, 0), Losses::default());
        }
        assert_eq!(stream.step(Kind::Flow, 5, 0, 0).missing, 2);
    }
}
