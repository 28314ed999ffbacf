//! The agents and interfaces that are heard, with the names that their counter samples tell.
//!
//! Both are bounded: anybody can send datagrams in the name of any number of agents.

use std::collections::BTreeMap;
use std::net::IpAddr;

use sflowcap::Datagram;
use sflowcap::counters::CounterRecord;
use sflowcap::sample::Sample;

/// The most agents; more cannot be chosen from.
const MOST_AGENTS: usize = 1000;

/// The most interfaces of an agent.
const MOST_INTERFACES: usize = 1000;

/// The longest name, in characters.
const MOST_NAME: usize = 40;

/// What is heard of an agent.
#[derive(Clone, Debug, Default)]
pub struct Agent {
    pub name: Option<String>,
    /// The interfaces that took samples, or whose counters came.
    pub interfaces: BTreeMap<u32, Option<String>>,
}

/// What is heard.
#[derive(Debug, Default)]
pub struct Heard {
    pub agents: BTreeMap<IpAddr, Agent>,
}

impl Heard {
    /// Takes a datagram. Returns its agent, if that is new or has a new name.
    pub fn datagram(&mut self, sender: IpAddr, bytes: &[u8]) -> Option<IpAddr> {
        let datagram = Datagram::parse(bytes).ok()?;
        let address = datagram.agent.ip().unwrap_or(sender).to_canonical();
        let is_new = !self.agents.contains_key(&address);
        if is_new && self.agents.len() >= MOST_AGENTS {
            return None;
        }
        let agent = self.agents.entry(address).or_default();
        let mut is_renamed = false;
        for sample in datagram.samples().flatten() {
            match sample {
                Sample::Flow(flow) => agent.interface(flow.source().if_index(), None),
                Sample::Discarded(discarded) => agent.interface(discarded.source().if_index(), None),
                Sample::Counters(counters) => {
                    for record in counters.records().flatten() {
                        match CounterRecord::decode(&record) {
                            Ok(CounterRecord::PortName(port)) => {
                                agent.interface(counters.source().if_index(), Some(port.name.0));
                            }
                            Ok(CounterRecord::HostDescr(host)) => is_renamed |= keep(&mut agent.name, host.hostname.0),
                            Ok(CounterRecord::IfCounters(_)) => agent.interface(counters.source().if_index(), None),
                            _ => {}
                        }
                    }
                }
                _ => {}
            }
        }
        (is_new || is_renamed).then_some(address)
    }
}

impl Agent {
    fn interface(&mut self, if_index: Option<u32>, name: Option<&[u8]>) {
        let Some(if_index) = if_index else { return };
        let is_known = self.interfaces.contains_key(&if_index);
        if is_known || self.interfaces.len() < MOST_INTERFACES {
            let kept = self.interfaces.entry(if_index).or_default();
            if let Some(name) = name {
                keep(kept, name);
            }
        }
    }
}

/// What something with this name is called in a list.
pub fn label(what: impl std::fmt::Display, name: Option<&str>) -> String {
    name.map_or_else(|| what.to_string(), |name| format!("{what} ({name})"))
}

/// Keeps a name, as far as lists can show it. Returns whether it is another one than before.
fn keep(kept: &mut Option<String>, name: &[u8]) -> bool {
    let name = String::from_utf8_lossy(name);
    // Braces would end a value of the dialog's sentences; a NUL one of the toolbar's.
    let shown = name.chars().filter(|letter| !letter.is_control() && !matches!(letter, '{' | '}')).take(MOST_NAME);
    if name.is_empty() || kept.as_ref().is_some_and(|kept| kept.chars().eq(shown.clone())) {
        return false;
    }
    *kept = Some(shown.collect());
    true
}
