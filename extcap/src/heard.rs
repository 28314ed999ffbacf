//! The agents that are heard, with the names that their counter samples tell.
//!
//! They are bounded: anybody can send datagrams in the name of any number of agents.

use std::collections::BTreeMap;
use std::net::IpAddr;

use sflowcap::Datagram;
use sflowcap::counters::HostDescr;
use sflowcap::sample::Sample;
use sflowcap::structure::{Field, Structure};

/// The most agents; more cannot be chosen from.
const MOST_AGENTS: usize = 1000;

/// The longest name, in characters.
const MOST_NAME: usize = 40;

/// What is heard.
#[derive(Debug, Default)]
pub struct Heard {
    /// The agents' names, where they are known.
    pub agents: BTreeMap<IpAddr, Option<String>>,
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
        let name = self.agents.entry(address).or_default();
        let mut is_renamed = false;
        for sample in datagram.samples().flatten() {
            let Sample::Counters(counters) = sample else { continue };
            for record in counters.records().flatten().filter(|record| record.tag == HostDescr::TAG) {
                if let Ok(host) = HostDescr::read(&mut record.xdr()) {
                    is_renamed |= keep(name, host.hostname.0);
                }
            }
        }
        (is_new || is_renamed).then_some(address)
    }
}

/// What something with this name is called in a list.
pub fn label(what: impl std::fmt::Display, name: Option<&str>) -> String {
    name.map_or_else(|| what.to_string(), |name| format!("{what} ({name})"))
}

/// Keeps a name, as far as lists can show it. Returns whether it is another one than before.
pub fn keep(kept: &mut Option<String>, name: &[u8]) -> bool {
    let name = String::from_utf8_lossy(name);
    // Braces would end a value of the dialog's sentences; a NUL one of the toolbar's.
    let shown = name.chars().filter(|letter| !letter.is_control() && !matches!(letter, '{' | '}')).take(MOST_NAME);
    if name.is_empty() || kept.as_ref().is_some_and(|kept| kept.chars().eq(shown.clone())) {
        return false;
    }
    *kept = Some(shown.collect());
    true
}
