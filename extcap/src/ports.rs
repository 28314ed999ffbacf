//! Which UDP ports a recording has sFlow on, for those who asked for another one.

use std::collections::BTreeMap;
use std::fmt::Write;

use sflowcap::Datagram;

/// Ports named in the hint.
const NAMED: usize = 5;

/// Datagrams to other ports than the feed's.
#[derive(Debug, Default)]
pub struct OtherPorts {
    /// Those that are sFlow, by port.
    sflow: BTreeMap<u16, u64>,
    /// Those that are not.
    others: u64,
}

impl OtherPorts {
    /// Counts a datagram. What has an sFlow header and a first sample is taken for sFlow.
    pub fn count(&mut self, port: u16, payload: &[u8]) {
        let sample = Datagram::parse(payload).ok().and_then(|datagram| datagram.samples().next());
        if matches!(sample, Some(Ok(_))) {
            *self.sflow.entry(port).or_default() += 1;
        } else {
            self.others += 1;
        }
    }

    /// What to say of a file without a datagram to `port`.
    pub fn hint(&self, port: u16, file: &str) -> String {
        let mut hint = format!("no sFlow on port {port} in {file}");
        let mut ports: Vec<_> = self.sflow.iter().collect();
        ports.sort_by_key(|(port, datagrams)| (u64::MAX - **datagrams, **port));
        let wrote = match ports[..] {
            [] => write!(hint, ", nor on another: {} UDP datagrams to other ports", self.others),
            [(only, _)] => write!(hint, "; port {only} carries it: --port {only}"),
            [(most, _), ..] => {
                let named = ports.iter().take(NAMED).map(|(port, datagrams)| format!("{port} ({datagrams})"));
                let more = if ports.len() > NAMED { " and others" } else { "" };
                let named = named.collect::<Vec<_>>().join(", ");
                write!(hint, "; ports (datagrams) {named}{more} carry it: --port {most}")
            }
        };
        wrote.expect("a String takes everything");
        hint
    }
}
