//! Scan, in Wireshark's dialog: what is heard in two seconds of listening as a capture would, to choose from.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use sflowcap::Datagram;
use sflowcap::capture::Received;
use sflowcap::counters::PortName;
use sflowcap::sample::Sample;
use sflowcap::select::{AgentList, Selection};
use sflowcap::structure::{Field, Structure};

use crate::Failure;
use crate::choices::Choice;
use crate::cli::Words;
use crate::config::{self, Config, Port};
use crate::heard::{Heard, keep, label};
use crate::source::Source;

/// How long is listened.
const TIME: Duration = Duration::from_secs(2);

/// The most ports; more are a list that nobody looks through.
const MOST_PORTS: usize = 2000;

/// The agents that are heard, of those that the list of agents lets through.
pub fn agents(words: &Words) -> Result<Vec<Choice>, Failure> {
    let listed: AgentList = config::list(words, "agents")?;
    let mut heard = Heard::default();
    listen(words, |received| {
        heard.datagram(received.sender, received.bytes);
    })?;
    let choices = heard.agents.iter().filter(|(agent, _)| listed.contains(**agent));
    Ok(choices.map(|(agent, name)| Choice::new(agent.to_string(), label(agent, name.as_deref()))).collect())
}

/// The ports that are heard, of the agents and interfaces that are chosen.
pub fn interfaces(words: &Words) -> Result<Vec<Choice>, Failure> {
    let chosen = config::without_port(words)?;
    let (mut heard, mut ports) = (Heard::default(), Ports::default());
    listen(words, |received| {
        heard.datagram(received.sender, received.bytes);
        ports.datagram(received, &chosen);
    })?;
    let choices = ports.0.iter().map(|(port, name)| {
        let host = heard.agents.get(&port.agent).and_then(Option::as_deref);
        let names: Vec<&str> = [host, name.as_deref()].into_iter().flatten().collect();
        let names = (!names.is_empty()).then(|| names.join(" "));
        Choice::new(port.to_string(), label(port, names.as_deref()))
    });
    Ok(choices.collect())
}

/// Hands over what comes, from where a capture with these options would take it.
fn listen(words: &Words, mut take: impl FnMut(&Received<'_>)) -> Result<(), Failure> {
    let config = Config::check(words)?;
    let (mut source, _forwarding) = Source::open(&config)?;
    source.start();
    let end = Instant::now() + TIME;
    let (mut datagrams, mut sflow) = (0_u64, 0_u64);
    loop {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            break;
        }
        let mut descriptors = [PollFd::from_borrowed_fd(source.as_fd(), PollFlags::IN)];
        // Interrupted or not, the clock tells.
        _ = poll(&mut descriptors, Timespec::try_from(left).ok().as_ref());
        let count = source.receive().map_err(|error| Failure::new(format!("receiving: {error}")))?;
        for place in 0..count {
            let received = source.datagram(place);
            datagrams += 1;
            sflow += u64::from(Datagram::parse(received.bytes).is_ok());
            take(&received);
        }
    }
    let (place, seconds) = (config.place(), TIME.as_secs());
    match (datagrams, sflow) {
        (0, _) => Err(Failure::new(format!("nothing came to {place} in {seconds} seconds"))),
        (_, 0) => Err(Failure::new(format!("what comes to {place} is no sFlow"))),
        _ => Ok(()),
    }
}

/// The ports that took samples, with their names as far as they are told.
#[derive(Debug, Default)]
struct Ports(BTreeMap<Port, Option<String>>);

impl Ports {
    fn datagram(&mut self, received: &Received<'_>, chosen: &Selection) {
        let Ok(datagram) = Datagram::parse(received.bytes) else { return };
        let agent: IpAddr = datagram.agent.ip().unwrap_or(received.sender).to_canonical();
        if !chosen.agents.contains(agent) || !chosen.senders.contains(received.sender) {
            return;
        }
        for sample in datagram.samples().flatten() {
            let source = match &sample {
                Sample::Flow(flow) => flow.source(),
                Sample::Discarded(packet) => packet.source(),
                Sample::Counters(counters) => counters.source(),
                _ => continue,
            };
            let Some(index) = source.if_index().filter(|index| chosen.interfaces.contains(*index)) else { continue };
            let port = Port { agent, index };
            if !self.0.contains_key(&port) && self.0.len() >= MOST_PORTS {
                continue;
            }
            let name = self.0.entry(port).or_default();
            let Sample::Counters(counters) = sample else { continue };
            for record in counters.records().flatten().filter(|record| record.tag == PortName::TAG) {
                if let Ok(told) = PortName::read(&mut record.xdr()) {
                    keep(name, told.name.0);
                }
            }
        }
    }
}
