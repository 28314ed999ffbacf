//! From datagrams to a capture file: [`Converter`] selects the sampled packets and writes them as pcapng or pcap.

use core::fmt;
use core::num::NonZeroU32;
use std::net::IpAddr;

use crate::datagram::Datagram;
use crate::flow::{ExtendedTimestamp, SampledHeader};
use crate::interfaces::{AgentKey, Fetch, Interfaces, Kind};
use crate::link::{Framing, Home, LinkType};
use crate::metadata::{self, Making, Told};
use crate::names::{self, Names};
use crate::pcap;
use crate::pcapng::{EnhancedPacket, InterfaceDescription, InterfaceStatistics, Section};
use crate::rebuilt::Headers;
use crate::sample::{CounterSample, DataSource, Direction, Records, Sample};
use crate::select::{Selection, canonical};
use crate::sequence::Step;
use crate::structure::{Field, Structure};
use crate::synthetic::Synthetic;
use crate::thin::Thinning;
use crate::xdr::{Error, Result};

pub use crate::totals::Totals;

/// The most interfaces that a file gets; packets of further ones go to interface 0.
pub const MAX_INTERFACES: usize = 131_072;

/// Decides on a packet by its contents.
pub trait PacketFilter: fmt::Debug {
    /// Whether to keep a packet whose first bytes are `packet` and whose length on the wire is `original_length`.
    fn matches(&self, packet: &[u8], original_length: u32, link_type: LinkType) -> bool;
}

/// What the file is to hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Content {
    /// The packets that were sampled.
    #[default]
    Packets,
    /// The sFlow datagrams, whole, for Wireshark's own sFlow dissector.
    Datagrams,
    /// Each datagram, and then its packets.
    Both,
}

impl Content {
    fn has_packets(self) -> bool {
        self != Content::Datagrams
    }

    fn has_datagrams(self) -> bool {
        self != Content::Packets
    }
}

/// What kind of file is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// pcapng, with interfaces, comments and statistics.
    #[default]
    Pcapng,
    /// Classic pcap with times in nanoseconds: the packets alone, as Ethernet.
    Pcap,
}

/// What a [`Converter`] is to do.
#[derive(Debug, Default)]
pub struct Options {
    /// Which samples are kept.
    pub selection: Selection,
    /// Which packets of those are kept; all when there is none.
    pub filter: Option<Box<dyn PacketFilter>>,
    /// The filter as its user wrote it, for the interfaces' descriptions.
    pub filter_text: String,
    /// The most packets a second: beyond it they are thinned evenly, and those kept stand for more. In any second of the
    /// datagrams' arrival times no more are kept (a limit below 128 holds for the time in which it makes 128 packets); a feed
    /// that is faster is thinned to three quarters of it on average.
    pub max_rate: Option<NonZeroU32>,
    /// What thinning draws its random numbers from: the same seed keeps the same packets.
    pub seed: u64,
    /// What the file holds.
    pub content: Content,
    /// What kind of file it is. In a [`Format::Pcap`] all packets should be Ethernet: [`Framing::Ethernet`].
    pub format: Format,
    /// Whether each packet gets a comment that tells what sFlow knows of it.
    pub comments: bool,
    /// Whether packets are made from fields (`sampled_ethernet`, `sampled_ipv4`, `sampled_ipv6`) where an agent sends no header.
    pub synthetic: bool,
    /// How link layers share the file.
    pub framing: Framing,
    /// The program that captures, with its version.
    pub application: String,
    /// The operating system it runs on.
    pub os: String,
    /// What interface 0, the capture as a whole, is called.
    pub description: String,
    /// Packets after which the capture is over.
    pub most_packets: Option<u64>,
}

/// A UDP datagram as it came in.
#[derive(Clone, Copy, Debug)]
pub struct Received<'a> {
    /// When it came, in nanoseconds since 1970.
    pub timestamp: u64,
    /// Who sent it: stands for the agent in datagrams that do not know their own.
    pub sender: IpAddr,
    /// Its payload.
    pub bytes: &'a [u8],
}

/// Something to tell the user about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// A fault in a datagram.
    Fault(Fault),
    /// Datagrams of an agent and sub-agent that did not come, by their sequence numbers.
    Lost {
        /// The agent.
        agent: IpAddr,
        /// Its sub-agent.
        sub_agent_id: u32,
        /// How many.
        datagrams: u32,
    },
    /// An agent and sub-agent that began anew: its numbers say nothing about losses at this point.
    Restarted {
        /// The agent.
        agent: IpAddr,
        /// Its sub-agent.
        sub_agent_id: u32,
    },
}

/// A fault in a datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The agent, or the sender where the datagram does not get as far as to name one.
    pub agent: IpAddr,
    /// What was wrong, and where.
    pub error: Error,
}

/// Turns datagrams into the bytes of a capture file.
#[derive(Debug)]
pub struct Converter {
    options: Options,
    thinning: Option<Thinning>,
    interfaces: Interfaces,
    totals: Totals,
    paused: bool,
    start_time: u64,
    /// A packet with its made header, for the filter.
    scratch: Vec<u8>,
    /// How the comments of an agent and sub-agent begin.
    comment_start: Vec<u8>,
    comment_agent: Option<AgentKey>,
}

/// The datagram that samples are taken from.
struct Context<'a> {
    key: AgentKey,
    /// The agent's place, unless there are too many.
    agent: Option<u32>,
    received: &'a Received<'a>,
    /// How often the agent began anew.
    restarts: u32,
}

/// A packet to be written.
struct Packet<'a> {
    home: Home,
    data: &'a [u8],
    /// The length on the wire, with the home's prefix.
    original_length: u32,
    timestamp: u64,
    making: Making,
}

/// The data source that stands for an agent's datagrams as a whole.
const DATAGRAMS: DataSource = DataSource { class: u32::MAX, index: u32::MAX };

impl Converter {
    /// A converter that has seen nothing yet.
    pub fn new(options: Options) -> Self {
        Converter {
            thinning: options.max_rate.map(|most| Thinning::new(most, options.seed)),
            options,
            interfaces: Interfaces::new(MAX_INTERFACES),
            totals: Totals::default(),
            paused: false,
            start_time: 0,
            scratch: Vec::new(),
            comment_start: Vec::new(),
            comment_agent: None,
        }
    }

    /// What was counted so far.
    pub fn totals(&self) -> &Totals {
        &self.totals
    }

    /// Selects otherwise from now on. What was not followed meanwhile must not pass for lost: every series of sequence numbers
    /// begins anew.
    pub fn select(&mut self, selection: Selection) {
        self.options.selection = selection;
        self.interfaces.forget_sequences();
    }

    /// Takes no samples until this is undone. They are counted, and are no losses.
    pub fn pause(&mut self, paused: bool) {
        self.paused = paused;
        self.interfaces.forget_sequences();
    }

    /// Whether as many packets were written as there should be.
    pub fn is_done(&self) -> bool {
        self.options.most_packets.is_some_and(|most| self.totals.written + self.totals.written_datagrams >= most)
    }

    /// Appends what a file begins with: the section header and interface 0. `now` is in nanoseconds since 1970.
    pub fn begin(&mut self, now: u64, out: &mut Vec<u8>) {
        self.start_time = now;
        self.begin_file(out);
    }

    /// Appends what a further file of the same capture begins with; every interface is described in it anew.
    pub fn begin_file(&mut self, out: &mut Vec<u8>) {
        if self.options.format == Format::Pcap {
            return pcap::write_header(out);
        }
        self.interfaces.forget_numbers();
        Section { os: &self.options.os, application: &self.options.application }.write(out);
        let description = InterfaceDescription {
            link_type: LinkType::ETHERNET,
            name: "sflow",
            description: &self.options.description,
            speed: None,
            filter: &self.options.filter_text,
        };
        description.write(out);
    }

    /// Appends the packets of a datagram, each after the description of its interface where that is new.
    ///
    /// Without `out`, because the reader is too slow, packets are counted as lost. Faults and losses are counted and handed to
    /// `report`; a fault costs no good sample.
    pub fn datagram(&mut self, received: &Received<'_>, mut out: Option<&mut Vec<u8>>, mut report: impl FnMut(Event)) {
        self.totals.datagrams += 1;
        let sender = canonical(received.sender);
        let datagram = match Datagram::parse(received.bytes) {
            Ok(datagram) => datagram,
            Err(error) => {
                self.totals.malformed += 1;
                report(Event::Fault(Fault { agent: sender, error }));
                return;
            }
        };
        let agent = datagram.agent.ip().map_or(sender, canonical);
        if !self.options.selection.agents.contains(agent) {
            self.totals.other_agents += 1;
            return;
        }
        if !self.options.selection.senders.contains(sender) {
            self.totals.other_senders += 1;
            return;
        }
        let key = AgentKey { agent, sub_agent_id: datagram.sub_agent_id, version: datagram.version };
        if let Some(fetch) = self.interfaces.fetch(key) {
            fetch_for(&datagram, fetch);
        }
        let place = self.interfaces.agent(key);
        self.totals.untracked_datagrams += u64::from(place.is_none());
        let restarts = place.map_or(0, |place| self.follow(&datagram, place, key, &mut report));
        if self.options.comments && self.comment_agent != Some(key) {
            self.comment_agent = Some(key);
            self.comment_start.clear();
            metadata::write_agent(&mut self.comment_start, agent, datagram.sub_agent_id);
        }
        let context = Context { key, agent: place, received, restarts };
        if self.options.content.has_datagrams() {
            self.whole(&context, &datagram, out.as_deref_mut());
        }
        let mut faults = 0;
        for sample in datagram.samples() {
            self.sample(&context, &sample, out.as_deref_mut(), &mut |error| {
                faults += 1;
                report(Event::Fault(Fault { agent, error }));
            });
        }
        self.totals.malformed += u64::from(faults > 0);
    }

    /// Follows an agent's datagrams by their sequence numbers. Returns how often the agent began anew.
    fn follow(
        &mut self,
        datagram: &Datagram<'_>,
        place: u32,
        AgentKey { agent, sub_agent_id, .. }: AgentKey,
        report: &mut impl FnMut(Event),
    ) -> u32 {
        let known = self.interfaces.agent_at(place);
        let step = known.step(datagram.sequence_number, datagram.uptime);
        let restarts = known.restarts();
        match step {
            Step::Next | Step::Again => {}
            Step::Late => {
                self.totals.lost_datagrams = self.totals.lost_datagrams.saturating_sub(1);
                self.lose_datagrams(place, -1);
            }
            Step::Gap(datagrams) => {
                self.totals.lost_datagrams += u64::from(datagrams);
                self.lose_datagrams(place, datagrams.into());
                report(Event::Lost { agent, sub_agent_id, datagrams });
            }
            Step::Restart => {
                self.totals.restarts += 1;
                report(Event::Restarted { agent, sub_agent_id });
            }
        }
        restarts
    }

    /// Where whole datagrams are written, the next one tells how many are missing before it.
    fn lose_datagrams(&mut self, agent: u32, lost: i64) {
        if self.options.content.has_datagrams() {
            if let Some(stream) = self.interfaces.stream(agent, DATAGRAMS) {
                self.interfaces.stream_at(stream).lose(lost);
            }
        }
    }

    /// A whole datagram, if a packet in it is kept; without conditions on packets, all are.
    fn whole(&mut self, context: &Context<'_>, datagram: &Datagram<'_>, out: Option<&mut Vec<u8>>) {
        if self.is_done() || !self.is_wanted(datagram) {
            return;
        }
        let stream = context.agent.and_then(|agent| self.interfaces.stream(agent, DATAGRAMS));
        let place = self.interfaces.interface(stream, LinkType::ETHERNET);
        let interface = self.interfaces.at(place);
        interface.counters.received += 1;
        let Some(thinned) = keep(&mut self.thinning, context.received) else {
            interface.counters.thinned += 1;
            self.totals.thinned_datagrams += 1;
            return;
        };
        interface.counters.accepted += 1;
        let Some(out) = out else {
            interface.counters.drop_packet();
            self.totals.dropped_datagrams += 1;
            return;
        };
        let headers = Headers::new(canonical(context.received.sender), context.received.bytes);
        let packet = Packet {
            home: Home { link_type: LinkType::ETHERNET, prefix: &[] },
            data: context.received.bytes,
            original_length: (headers.as_slice().len() + context.received.bytes.len()) as u32,
            timestamp: context.received.timestamp,
            making: Making { thinned, ..Making::default() },
        };
        self.totals.written_datagrams += 1;
        self.write(context, stream, place, headers.as_slice(), &packet, None, out);
    }

    /// Whether a packet of the datagram is kept.
    fn is_wanted(&mut self, datagram: &Datagram<'_>) -> bool {
        if self.paused {
            return false;
        }
        if self.options.filter.is_none() && self.options.selection.takes_all_packets() {
            return true;
        }
        datagram.samples().flatten().any(|sample| {
            let Some(told) = Told::of(&sample) else { return false };
            let selection = &self.options.selection;
            selection.has_kind(told)
                && selection.has_interface(told)
                && selection.has_direction(|| told.direction())
                && headers(told.records()).flatten().any(|header| {
                    let placed = self.place(&header);
                    placed.is_some_and(|(home, original_length)| self.passes(home, header.header, original_length))
                })
        })
    }

    /// Where a sampled header goes in the file, and how long its packet is there; none where there is no link type for it.
    fn place(&self, header: &SampledHeader<'_>) -> Option<(Home, u32)> {
        let home = self.options.framing.home(header.protocol, header.header)?;
        Some((home, header.original_length().saturating_add(home.prefix.len() as u32)))
    }

    /// A sample, or what stands in the place of one.
    fn sample(
        &mut self,
        context: &Context<'_>,
        sample: &Result<Sample<'_>>,
        out: Option<&mut Vec<u8>>,
        fault: &mut impl FnMut(Error),
    ) {
        match sample {
            Ok(Sample::Flow(_)) => self.totals.flow_samples += 1,
            Ok(Sample::Discarded(_)) => self.totals.discarded_packets += 1,
            Ok(Sample::Counters(counters)) => {
                self.totals.counter_samples += 1;
                self.learn(context, counters);
            }
            Ok(_) => self.totals.unknown_samples += 1,
            Err(error) => fault(*error),
        }
        let Some(told) = sample.as_ref().ok().and_then(Told::of) else { return };
        if self.paused {
            self.totals.paused += 1;
            return;
        }
        if !self.options.selection.has_kind(told) {
            self.totals.other_kinds += 1;
            return;
        }
        if !self.options.selection.has_interface(told) {
            self.totals.other_interfaces += 1;
            return;
        }
        let stream = self.stream(context, told);
        if !self.options.selection.has_direction(|| told.direction()) {
            self.totals.other_directions += 1;
            return;
        }
        if self.options.content.has_packets() {
            self.packets(context, told, stream, out, fault);
        }
    }

    /// The stream that a sample belongs to, with what the sample's numbers say about those before it.
    fn stream(&mut self, context: &Context<'_>, told: Told<'_, '_>) -> Option<u32> {
        let stream = context.agent.and_then(|agent| self.interfaces.stream(agent, told.source()));
        let Some(place) = stream else {
            self.totals.untracked_samples += 1;
            return None;
        };
        let (kind, sequence_number, drops) = match told {
            Told::Flow(sample) => (Kind::Flow, sample.sequence_number(), sample.drops()),
            Told::Discarded(sample) => (Kind::Discard, sample.sequence_number(), sample.drops()),
        };
        let losses = self.interfaces.stream_at(place).step(kind, sequence_number, drops, context.restarts);
        self.totals.lost_samples = self.totals.lost_samples.saturating_add_signed(losses.missing);
        self.totals.agent_drops += u64::from(losses.dropped);
        Some(place)
    }

    /// The packets of a selected sample.
    fn packets(
        &mut self,
        context: &Context<'_>,
        told: Told<'_, '_>,
        stream: Option<u32>,
        mut out: Option<&mut Vec<u8>>,
        fault: &mut impl FnMut(Error),
    ) {
        let (mut header, mut is_only, mut agent_clock) = (None, true, None);
        for record in told.records() {
            match record {
                Ok(record) if record.tag == ExtendedTimestamp::TAG => {
                    agent_clock = ExtendedTimestamp::read(&mut record.xdr()).ok();
                }
                Ok(record) => {
                    if let Some(decoded) = SampledHeader::decode(&record) {
                        is_only &= header.is_none();
                        header = Some(decoded);
                    }
                }
                Err(error) => fault(error),
            }
        }
        let timestamp = agent_clock.map_or(context.received.timestamp, |clock| clock.nanoseconds);
        let making = Making { agent_clock: agent_clock.is_some(), ..Making::default() };
        let mut has_packet = false;
        let mut one = |converter: &mut Self, header: Result<SampledHeader<'_>>| match header {
            Ok(_) if converter.is_done() => {}
            Ok(header) => {
                has_packet = true;
                converter.header(context, told, stream, &header, timestamp, making, out.as_deref_mut());
            }
            Err(error) => fault(error),
        };
        if !is_only {
            for header in headers(told.records()) {
                one(self, header);
            }
        } else if let Some(header) = header {
            one(self, header);
        }
        if has_packet || self.is_done() {
            return;
        }
        let made = if self.options.synthetic { Synthetic::of(told.records()) } else { None };
        let Some(made) = made else {
            self.totals.without_header += 1;
            return;
        };
        self.totals.packets += 1;
        self.totals.synthetic += 1;
        let mut packet = Packet {
            home: Home { link_type: LinkType::ETHERNET, prefix: &[] },
            data: made.as_slice(),
            original_length: made.original_length,
            timestamp,
            making: Making { synthetic: Some(made.structure), ..making },
        };
        self.packet(context, told, stream, &mut packet, out);
    }

    /// A sampled header of a selected sample.
    #[allow(clippy::too_many_arguments, reason = "each is another thing that makes a packet")]
    #[inline]
    fn header(
        &mut self,
        context: &Context<'_>,
        told: Told<'_, '_>,
        stream: Option<u32>,
        header: &SampledHeader<'_>,
        timestamp: u64,
        making: Making,
        out: Option<&mut Vec<u8>>,
    ) {
        self.totals.packets += 1;
        let Some((home, original_length)) = self.place(header) else {
            self.totals.no_link_type += 1;
            return;
        };
        let making = Making { header: (!home.prefix.is_empty()).then_some(header.protocol), ..making };
        let mut packet = Packet { home, data: header.header, original_length, timestamp, making };
        self.packet(context, told, stream, &mut packet, out);
    }

    /// A packet of a selected sample.
    fn packet(
        &mut self,
        context: &Context<'_>,
        told: Told<'_, '_>,
        stream: Option<u32>,
        packet: &mut Packet<'_>,
        out: Option<&mut Vec<u8>>,
    ) {
        let place = self.interfaces.interface(stream, packet.home.link_type);
        self.interfaces.at(place).counters.received += 1;
        if !self.passes(packet.home, packet.data, packet.original_length) {
            self.totals.filtered += 1;
            return;
        }
        let interface = self.interfaces.at(place);
        let Some(thinned) = keep(&mut self.thinning, context.received) else {
            interface.counters.thinned += 1;
            self.totals.thinned += 1;
            return;
        };
        packet.making.thinned = thinned;
        interface.counters.accepted += 1;
        let Some(out) = out else {
            interface.counters.drop_packet();
            self.totals.dropped += 1;
            return;
        };
        self.totals.written += 1;
        self.totals.past_interface_bound += u64::from(place == 0);
        self.write(context, stream, place, packet.home.prefix, packet, Some(told), out);
    }

    /// Whether the packet filter keeps a packet.
    fn passes(&mut self, home: Home, data: &[u8], original_length: u32) -> bool {
        let Some(filter) = &self.options.filter else { return true };
        if home.prefix.is_empty() {
            return filter.matches(data, original_length, home.link_type);
        }
        self.scratch.clear();
        self.scratch.extend_from_slice(home.prefix);
        self.scratch.extend_from_slice(data);
        filter.matches(&self.scratch, original_length, home.link_type)
    }

    /// Appends a packet, and before it the description of its interface where that is new.
    #[allow(clippy::too_many_arguments, reason = "each is another thing that makes a block")]
    fn write(
        &mut self,
        context: &Context<'_>,
        stream: Option<u32>,
        place: u32,
        prefix: &[u8],
        packet: &Packet<'_>,
        told: Option<Told<'_, '_>>,
        out: &mut Vec<u8>,
    ) {
        if self.options.format == Format::Pcap {
            self.interfaces.at(place).counters.written += 1;
            let Packet { timestamp, data, original_length, .. } = *packet;
            return pcap::Packet { timestamp, prefix, data, original_length }.write(out);
        }
        let interface_id = match self.interfaces.at(place).id {
            Some(id) => id,
            None => self.describe(context, stream, place, packet, told, out),
        };
        let counters = &mut self.interfaces.at(place).counters;
        counters.written += 1;
        let direction = told.map_or(Direction::In, |told| told.direction());
        let block = EnhancedPacket {
            interface_id,
            timestamp: packet.timestamp,
            prefix,
            data: packet.data,
            original_length: packet.original_length,
            flags: match direction {
                Direction::In => 1,
                Direction::Out => 2,
                Direction::Unknown => 0,
            },
            drop_count: core::mem::take(&mut counters.drops_to_tell),
        };
        block.write(out, |out| {
            if self.options.comments {
                out.extend_from_slice(&self.comment_start);
                match told {
                    Some(told) => metadata::write(out, told, direction, &packet.making),
                    None => metadata::write_thinned(out, &packet.making),
                }
            }
        });
    }

    /// Keeps what a counter sample calls its port and host.
    fn learn(&mut self, context: &Context<'_>, sample: &CounterSample<'_>) {
        let names = Names::of(sample);
        let Some(agent) = context.agent else { return };
        names::keep(&mut self.interfaces.agent_at(agent).host_name, names.host);
        if names.port.is_none() && names.speed.is_none() {
            return;
        }
        if let Some(place) = self.interfaces.stream(agent, sample.source()) {
            let port = self.interfaces.port_at(place);
            names::keep(&mut port.name, names.port);
            port.speed = names.speed.or(port.speed);
        }
    }

    /// Appends the description of an interface that appears for the first time; returns its number in the file.
    #[cold]
    fn describe(
        &mut self,
        context: &Context<'_>,
        stream: Option<u32>,
        place: u32,
        packet: &Packet<'_>,
        told: Option<Told<'_, '_>>,
        out: &mut Vec<u8>,
    ) -> u32 {
        let agent = context.key.agent;
        let host = context.agent.and_then(|place| self.interfaces.agent_at(place).host_name.clone());
        let (port, speed) = stream.map_or((None, None), |place| {
            let port = self.interfaces.port_at(place);
            (port.name.clone(), port.speed)
        });
        let in_brackets = |name: Option<Box<str>>| name.map(|name| format!(" ({name})")).unwrap_or_default();
        let (host, port) = (in_brackets(host), in_brackets(port));
        let address = match agent {
            IpAddr::V4(ip) => ip.to_string(),
            IpAddr::V6(ip) => format!("[{ip}]"),
        };
        let (name, description) = match told {
            None => (address, format!("sFlow datagrams of agent {agent}{host}")),
            Some(told) => {
                let source = told.source();
                let kind = if source.if_index().is_some() { "ifIndex" } else { "data source" };
                let rate = match told.sampling_rate() {
                    Some(0) => ", sampling rate unknown".to_owned(),
                    Some(rate) => format!(", sampling 1 in {rate}"),
                    None => String::new(),
                };
                let description = format!("sFlow agent {agent}{host}, {kind} {source}{port}{rate}");
                (format!("{address}:{source}"), description)
            }
        };
        let description = InterfaceDescription {
            link_type: packet.home.link_type,
            name: &name,
            description: &description,
            speed,
            filter: &self.options.filter_text,
        };
        description.write(out);
        self.interfaces.number(place)
    }

    /// Appends the statistics of each interface. Interface 0's count `lost_datagrams`, those that were lost before they came
    /// here, and tell the totals in a comment, which ends with `note`. A file ends with them; on long captures they are told in
    /// between, too. A pcap file has no room for them.
    pub fn statistics(&mut self, now: u64, lost_datagrams: u64, note: &str, out: &mut Vec<u8>) {
        if self.options.format == Format::Pcap {
            return;
        }
        let totals = format!("{}{note}", self.totals);
        self.interfaces.settle();
        for (interface_id, counters) in self.interfaces.described() {
            let of_all = interface_id == 0;
            let thinned = match counters.thinned {
                0 => String::new(),
                thinned => format!("{thinned} packets thinned out"),
            };
            let statistics = InterfaceStatistics {
                interface_id,
                timestamp: now,
                start_time: Some(self.start_time),
                end_time: Some(now),
                received: Some(counters.received),
                dropped: Some(counters.lost + if of_all { lost_datagrams } else { 0 }),
                accepted: Some(counters.accepted),
                os_dropped: Some(counters.dropped),
                delivered: Some(counters.written),
                comment: if of_all { &totals } else { &thinned },
            };
            statistics.write(out);
        }
    }
}

/// Fetches what a datagram's samples need.
#[inline(never)]
fn fetch_for(datagram: &Datagram<'_>, mut fetch: Fetch<'_>) {
    for sample in datagram.samples().flatten() {
        match sample {
            Sample::Flow(sample) => fetch.add(sample.source()),
            Sample::Discarded(sample) => fetch.add(sample.source()),
            Sample::Counters(sample) => fetch.add(sample.source()),
            _ => {}
        }
    }
    fetch.now();
}

/// Whether thinning keeps a packet of a datagram. If so, it stands for two to the power of the result.
#[inline]
fn keep(thinning: &mut Option<Thinning>, received: &Received<'_>) -> Option<u32> {
    thinning.as_mut().map_or(Some(0), |thinning| thinning.keep(received.timestamp))
}

/// The sampled headers among the records of a sample.
fn headers(records: Records<'_>) -> impl Iterator<Item = Result<SampledHeader<'_>>> {
    records.flatten().filter_map(|record| SampledHeader::decode(&record))
}
