//! What agents call things: counter samples name ports and hosts, and tell how fast a port is.

use core::fmt::{self, Write};

use crate::counters::CounterRecord;
use crate::sample::CounterSample;
use crate::structure::Text;

/// The longest name that is kept, in bytes.
const MOST: usize = 64;

/// What a counter sample says about its data source.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Names<'a> {
    /// `port_name`.
    pub(crate) port: Option<Text<'a>>,
    /// `host_descr`: the agent's host.
    pub(crate) host: Option<Text<'a>>,
    /// `if_counters`: bits per second.
    pub(crate) speed: Option<u64>,
}

impl<'a> Names<'a> {
    pub(crate) fn of(sample: &CounterSample<'a>) -> Self {
        let mut names = Names::default();
        for record in sample.records().flatten() {
            match CounterRecord::decode(&record) {
                Ok(CounterRecord::PortName(port)) => names.port = Some(port.name),
                Ok(CounterRecord::HostDescr(host)) => names.host = Some(host.hostname),
                Ok(CounterRecord::IfCounters(counters)) if counters.if_speed != 0 => {
                    names.speed = Some(counters.if_speed);
                }
                _ => {}
            }
        }
        names
    }
}

/// Keeps a name, unless it is the one that is kept already: agents repeat theirs all the time.
pub(crate) fn keep(kept: &mut Option<Box<str>>, name: Option<Text<'_>>) {
    let Some(name) = name.filter(|name| !name.0.is_empty()) else { return };
    let name = Text(&name.0[..name.0.len().min(MOST)]);
    if kept.as_ref().is_none_or(|kept| kept.as_bytes() != name.0 && !is_shown_as(name, kept)) {
        *kept = Some(name.to_string().into());
    }
}

/// Whether a text, with what cannot be shown escaped, is this one.
fn is_shown_as(text: Text<'_>, shown: &str) -> bool {
    let mut rest = Rest(shown);
    write!(rest, "{text}").is_ok() && rest.0.is_empty()
}

/// What is left of a text to be written once more.
struct Rest<'a>(&'a str);

impl Write for Rest<'_> {
    fn write_str(&mut self, piece: &str) -> fmt::Result {
        self.0 = self.0.strip_prefix(piece).ok_or(fmt::Error)?;
        Ok(())
    }
}
