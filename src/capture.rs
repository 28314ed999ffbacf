//! From datagrams to a capture file: [`Converter`] selects the sampled packets and writes them as pcapng.

use core::fmt;
use std::net::IpAddr;

use crate::datagram::Datagram;
use crate::flow::SampledHeader;
use crate::interfaces::{Interfaces, Key};
use crate::link::{Framing, LinkType};
use crate::pcapng::{EnhancedPacket, InterfaceDescription, InterfaceStatistics, Section};
use crate::sample::{DataSource, Direction, Records, Sample};
use crate::select::{Selection, canonical};
use crate::xdr::Error;

/// The most interfaces that a file gets; packets of further ones go to interface 0.
pub const MAX_INTERFACES: usize = 131_072;

/// Decides on a packet by its contents.
pub trait PacketFilter: fmt::Debug {
    /// Whether to keep a packet whose first bytes are `packet` and whose length on the wire is `original_length`.
    fn matches(&self, packet: &[u8], original_length: u32, link_type: LinkType) -> bool;
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
    /// How link layers share the file.
    pub framing: Framing,
    /// The program that captures, with its version.
    pub application: String,
    /// The operating system it runs on.
    pub os: String,
    /// What interface 0, the capture as a whole, is called.
    pub description: String,
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

/// A fault in a datagram.
#[derive(Clone, Copy, Debug)]
pub struct Fault {
    /// The agent, or the sender where the datagram does not get as far as to name one.
    pub agent: IpAddr,
    /// What was wrong, and where.
    pub error: Error,
}

/// Everything that was counted.
///
/// Samples: `flow_samples + discarded_packets` = those left out by kind, interface or direction + those without header +
/// those that gave packets. Packets: `packets = no_link_type + filtered + dropped + written`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// UDP datagrams handed in.
    pub datagrams: u64,
    /// Datagrams with at least one fault; what could be read of them was read.
    pub malformed: u64,
    /// Datagrams of agents that were not selected.
    pub other_agents: u64,
    /// Packets sampled at a rate.
    pub flow_samples: u64,
    /// Discarded packets.
    pub discarded_packets: u64,
    /// Samples that hold counters, and no packet.
    pub counter_samples: u64,
    /// Samples of unknown kinds.
    pub unknown_samples: u64,
    /// Samples left out because of their kind.
    pub other_kinds: u64,
    /// Samples left out because of the interface that took them.
    pub other_interfaces: u64,
    /// Samples left out because of their direction.
    pub other_directions: u64,
    /// Selected samples without a sampled header.
    pub without_header: u64,
    /// Sampled headers of selected samples.
    pub packets: u64,
    /// Packets of a protocol that the file has no link type for.
    pub no_link_type: u64,
    /// Packets that the packet filter left out.
    pub filtered: u64,
    /// Packets lost because the reader was too slow.
    pub dropped: u64,
    /// Packets written.
    pub written: u64,
    /// Packets written to interface 0 because there were too many interfaces.
    pub past_interface_bound: u64,
}

impl fmt::Display for Totals {
    /// One line that names what is not zero.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} packets written, {} datagrams received", self.written, self.datagrams)?;
        for (count, what) in [
            (self.malformed, "malformed datagrams"),
            (self.other_agents, "datagrams of other agents"),
            (self.flow_samples, "flow samples"),
            (self.discarded_packets, "discarded packets"),
            (self.counter_samples, "counter samples"),
            (self.unknown_samples, "samples of unknown kind"),
            (self.other_kinds, "samples of other kinds"),
            (self.other_interfaces, "samples of other interfaces"),
            (self.other_directions, "samples of other directions"),
            (self.without_header, "samples without header"),
            (self.no_link_type, "packets without link type"),
            (self.filtered, "packets filtered out"),
            (self.dropped, "packets lost to a slow reader"),
            (self.past_interface_bound, "packets past the interface bound"),
        ] {
            if count > 0 {
                write!(f, ", {count} {what}")?;
            }
        }
        Ok(())
    }
}

/// A flow sample or discarded packet, as far as every packet needs it.
#[derive(Clone, Copy, Debug)]
struct Origin {
    agent: IpAddr,
    source: DataSource,
    direction: Direction,
    /// The sampling rate; none for a discard, which is no statistical sample.
    sampling_rate: Option<u32>,
    timestamp: u64,
}

/// Turns datagrams into the bytes of a capture file.
#[derive(Debug)]
pub struct Converter {
    options: Options,
    interfaces: Interfaces,
    totals: Totals,
    start_time: u64,
    /// A packet with its made header, for the filter.
    scratch: Vec<u8>,
}

impl Converter {
    /// A converter that has seen nothing yet.
    pub fn new(options: Options) -> Self {
        let interfaces = Interfaces::new(MAX_INTERFACES);
        Converter { options, interfaces, totals: Totals::default(), start_time: 0, scratch: Vec::new() }
    }

    /// What was counted so far.
    pub fn totals(&self) -> &Totals {
        &self.totals
    }

    /// Appends what a file begins with: the section header and interface 0. `now` is in nanoseconds since 1970.
    pub fn begin(&mut self, now: u64, out: &mut Vec<u8>) {
        self.start_time = now;
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
    /// Without `out`, because the reader is too slow, packets are counted as lost. Faults are counted and handed to `report`;
    /// they cost no good sample.
    pub fn datagram(&mut self, received: &Received<'_>, mut out: Option<&mut Vec<u8>>, mut report: impl FnMut(&Fault)) {
        self.totals.datagrams += 1;
        let sender = canonical(received.sender);
        let datagram = match Datagram::parse(received.bytes) {
            Ok(datagram) => datagram,
            Err(error) => {
                self.totals.malformed += 1;
                report(&Fault { agent: sender, error });
                return;
            }
        };
        let agent = datagram.agent.ip().map_or(sender, canonical);
        if !self.options.selection.agents.contains(agent) {
            self.totals.other_agents += 1;
            return;
        }
        let mut faults = 0;
        let mut fault = |error| {
            faults += 1;
            report(&Fault { agent, error });
        };
        for sample in datagram.samples() {
            match sample {
                Ok(Sample::Flow(sample)) => {
                    self.totals.flow_samples += 1;
                    if !self.options.selection.kinds.flow {
                        self.totals.other_kinds += 1;
                        continue;
                    }
                    let origin = Origin {
                        agent,
                        source: sample.source,
                        direction: sample.direction(),
                        sampling_rate: Some(sample.sampling_rate),
                        timestamp: received.timestamp,
                    };
                    self.sample(&origin, sample.records(), out.as_deref_mut(), &mut fault);
                }
                Ok(Sample::Discarded(sample)) => {
                    self.totals.discarded_packets += 1;
                    if !self.options.selection.kinds.discard {
                        self.totals.other_kinds += 1;
                        continue;
                    }
                    let origin = Origin {
                        agent,
                        source: sample.source,
                        direction: sample.direction(),
                        sampling_rate: None,
                        timestamp: received.timestamp,
                    };
                    self.sample(&origin, sample.records(), out.as_deref_mut(), &mut fault);
                }
                Ok(Sample::Counters(_)) => self.totals.counter_samples += 1,
                Ok(Sample::RtMetric(_) | Sample::RtFlow(_) | Sample::Unknown(_)) => self.totals.unknown_samples += 1,
                Err(error) => fault(error),
            }
        }
        self.totals.malformed += u64::from(faults > 0);
    }

    /// A sample of a selected agent and kind.
    fn sample(
        &mut self,
        origin: &Origin,
        records: Records<'_>,
        mut out: Option<&mut Vec<u8>>,
        fault: &mut impl FnMut(Error),
    ) {
        if !self.options.selection.has_source(origin.source) {
            self.totals.other_interfaces += 1;
            return;
        }
        if !self.options.selection.has_direction(origin.direction) {
            self.totals.other_directions += 1;
            return;
        }
        let mut has_header = false;
        for record in records {
            match record.map(|record| SampledHeader::decode(&record)) {
                Ok(Some(Ok(header))) => {
                    has_header = true;
                    self.packet(origin, &header, out.as_deref_mut());
                }
                Ok(None) => {}
                Ok(Some(Err(error))) | Err(error) => fault(error),
            }
        }
        self.totals.without_header += u64::from(!has_header);
    }

    /// A packet of a selected sample.
    fn packet(&mut self, origin: &Origin, header: &SampledHeader<'_>, out: Option<&mut Vec<u8>>) {
        self.totals.packets += 1;
        let Some(home) = self.options.framing.home(header.protocol, header.header) else {
            self.totals.no_link_type += 1;
            return;
        };
        let key = Key { agent: origin.agent, source: origin.source, link_type: home.link_type };
        let slot = self.interfaces.slot(key);
        self.interfaces.get(slot).counters.received += 1;
        let original_length = header.original_length().saturating_add(home.prefix.len() as u32);
        if let Some(filter) = &self.options.filter {
            let packet = if home.prefix.is_empty() {
                header.header
            } else {
                self.scratch.clear();
                self.scratch.extend_from_slice(home.prefix);
                self.scratch.extend_from_slice(header.header);
                &self.scratch
            };
            if !filter.matches(packet, original_length, home.link_type) {
                self.totals.filtered += 1;
                return;
            }
        }
        let interface = self.interfaces.get(slot);
        interface.counters.accepted += 1;
        let Some(out) = out else {
            interface.counters.dropped += 1;
            interface.counters.drops_to_tell += 1;
            self.totals.dropped += 1;
            return;
        };
        interface.counters.written += 1;
        let drop_count = core::mem::take(&mut interface.counters.drops_to_tell);
        let interface_id = match interface.id {
            Some(id) => id,
            None => self.describe(slot, origin, home.link_type, out),
        };
        self.totals.past_interface_bound += u64::from(slot == 0);
        self.totals.written += 1;
        let packet = EnhancedPacket {
            interface_id,
            timestamp: origin.timestamp,
            prefix: home.prefix,
            data: header.header,
            original_length,
            flags: match origin.direction {
                Direction::In => 1,
                Direction::Out => 2,
                Direction::Unknown => 0,
            },
            drop_count,
        };
        packet.write(out, |_| ());
    }

    /// Appends the description of an interface that appears for the first time; returns its number in the file.
    #[cold]
    fn describe(&mut self, slot: u32, origin: &Origin, link_type: LinkType, out: &mut Vec<u8>) -> u32 {
        let Origin { agent, source, .. } = origin;
        let kind = if source.if_index().is_some() { "ifIndex" } else { "data source" };
        let rate = match origin.sampling_rate {
            Some(0) => ", sampling rate unknown".to_owned(),
            Some(rate) => format!(", sampling 1 in {rate}"),
            None => String::new(),
        };
        let description = InterfaceDescription {
            link_type,
            name: &match agent {
                IpAddr::V4(ip) => format!("{ip}:{source}"),
                IpAddr::V6(ip) => format!("[{ip}]:{source}"),
            },
            description: &format!("sFlow agent {agent}, {kind} {source}{rate}"),
            speed: None,
            filter: &self.options.filter_text,
        };
        description.write(out);
        self.interfaces.number(slot)
    }

    /// Appends what a file ends with: the statistics of each interface. Interface 0's tell the totals in a comment, and
    /// `lost_datagrams`, those that were lost before they came here.
    pub fn finish(&mut self, now: u64, lost_datagrams: u64, out: &mut Vec<u8>) {
        let lost =
            if lost_datagrams > 0 { format!(", {lost_datagrams} datagrams lost in the kernel") } else { String::new() };
        let totals = format!("{}{lost}", self.totals);
        for (interface_id, counters) in self.interfaces.described() {
            let of_all = interface_id == 0;
            let statistics = InterfaceStatistics {
                interface_id,
                timestamp: now,
                start_time: Some(self.start_time),
                end_time: Some(now),
                received: Some(counters.received),
                dropped: of_all.then_some(lost_datagrams),
                accepted: Some(counters.accepted),
                os_dropped: Some(counters.dropped),
                delivered: Some(counters.written),
                comment: if of_all { &totals } else { "" },
            };
            statistics.write(out);
        }
    }
}
