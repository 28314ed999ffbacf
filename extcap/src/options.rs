//! Every option, once: the command line, Wireshark's dialog and the documentation are made from this table.
//!
//! Wireshark stores the names in its preferences (`extcap.sflow.<name without dashes>`): they stay as they are.

/// A tab of Wireshark's dialog, and a heading of `--help`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    Listen,
    Filter,
    Content,
    Debug,
}

impl Group {
    pub fn name(self) -> &'static str {
        match self {
            Group::Listen => "Listen",
            Group::Filter => "Filter",
            Group::Content => "Content",
            Group::Debug => "Debug",
        }
    }
}

/// What an option's value is, and how Wireshark's dialog asks for it.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// A whole number within bounds. Without a default 0 stands for none: the dialog of a number cannot be empty.
    Number { least: u32, most: u32, default: Option<u32> },
    /// Text that matches a regular expression; the dialog shows a hint while it is empty.
    Text { hint: &'static str, pattern: &'static str },
    /// One of these; the first is the default.
    Choice(&'static [Value<'static>]),
    /// Any of these, separated by commas; all are the default.
    Several(&'static [Value<'static>]),
    /// On or off; on is the default.
    Switch,
    /// One of those that Scan finds, or this one that stands for none.
    Scanned(Value<'static>),
    /// A file to write.
    File,
}

/// A value of a choice.
#[derive(Clone, Copy, Debug)]
pub struct Value<'a> {
    pub value: &'a str,
    pub label: &'a str,
}

const fn value(value: &'static str, label: &'static str) -> Value<'static> {
    Value { value, label }
}

/// What `--format` can be; the first is the default.
pub const FORMATS: &[Value<'static>] = &[value("pcapng", "pcapng"), value("pcap", "pcap")];

/// An option.
#[derive(Clone, Copy, Debug)]
pub struct Opt {
    /// Its name, without the dashes before it.
    pub name: &'static str,
    pub group: Group,
    /// What stands for the value in `--help`.
    pub placeholder: &'static str,
    /// The field's label in the dialog.
    pub label: &'static str,
    /// What it does, in one sentence: the dialog's tooltip and the line of `--help`.
    pub help: &'static str,
    pub kind: Kind,
}

/// The options of the interface `sflow`, in the order of the dialog.
pub const OPTIONS: &[Opt] = &[
    Opt {
        name: "port",
        group: Group::Listen,
        placeholder: "N",
        label: "UDP port",
        help: "UDP port that switches send sFlow to",
        kind: Kind::Number { least: 1, most: 65535, default: Some(6343) },
    },
    Opt {
        name: "listen",
        group: Group::Listen,
        placeholder: "ADDR",
        label: "Listen on address",
        help: "Address or multicast group to receive on (default: all)",
        kind: Kind::Text { hint: "all addresses", pattern: r"^\s*([0-9.]+|[0-9A-Fa-f:.]+(%[^\s]+)?)?\s*$" },
    },
    Opt {
        name: "receive-buffer",
        group: Group::Listen,
        placeholder: "MIB",
        label: "Receive buffer (MiB)",
        help: "Kernel's socket buffer in MiB (default: 0, as large as allowed)",
        kind: Kind::Number { least: 0, most: 2047, default: None },
    },
    Opt {
        name: "tap",
        group: Group::Listen,
        placeholder: "INTERFACE",
        label: "Tap",
        help: "Let dumpcap watch sFlow pass this interface, instead of listening",
        kind: Kind::Scanned(value("none", "None: listen on the port")),
    },
    Opt {
        name: "sflow-rt",
        group: Group::Listen,
        placeholder: "URL",
        label: "sFlow-RT",
        help: "Ask this sFlow-RT to forward here, such as http://10.0.0.9:8008",
        kind: Kind::Text { hint: "http://host:8008", pattern: r"^\s*(http://[^\s]+)?\s*$" },
    },
    Opt {
        name: "advertise",
        group: Group::Listen,
        placeholder: "ADDR[:PORT]",
        label: "Advertised address",
        help: "Where sFlow-RT is to send to (default: this host, and the port)",
        kind: Kind::Text { hint: "this host", pattern: r"^\s*[0-9A-Fa-f:.\[\]]*\s*$" },
    },
    Opt {
        name: "forward",
        group: Group::Listen,
        placeholder: "LIST",
        label: "Forward to",
        help: "Copy every datagram on to other collectors: HOST[:PORT],...",
        kind: Kind::Text { hint: "none, or collector:6343,[2001:db8::1]:6343", pattern: r"^[^\s/]*(,\s*[^\s/]+)*\s*$" },
    },
    Opt {
        name: "agent",
        group: Group::Filter,
        placeholder: "ADDR",
        label: "Agent",
        help: "Only this agent; in Wireshark, Scan lists those heard in 2 seconds",
        kind: Kind::Scanned(value("all", "All agents")),
    },
    Opt {
        name: "interface",
        group: Group::Filter,
        placeholder: "ADDR:N",
        label: "Interface",
        help: "Only this agent's port, by ifIndex: 10.0.0.1:17; Scan lists them",
        kind: Kind::Scanned(value("all", "All interfaces")),
    },
    Opt {
        name: "agents",
        group: Group::Filter,
        placeholder: "LIST",
        label: "List of agents",
        help: "Only these agents, ! to leave out, such as 10.0.0.0/8,!10.1.0.1",
        kind: Kind::Text { hint: "all, or 10.0.0.0/8,!10.1.0.1,2001:db8::/32", pattern: r"^[\s,!0-9A-Fa-f:./]*$" },
    },
    Opt {
        name: "interfaces",
        group: Group::Filter,
        placeholder: "LIST",
        label: "List of interfaces",
        help: "Only samples taken by these ifIndex numbers, such as 17,1-48",
        kind: Kind::Text { hint: "all, or 17,1-48", pattern: r"^[\s,0-9-]*$" },
    },
    Opt {
        name: "direction",
        group: Group::Filter,
        placeholder: "WAY",
        label: "Direction",
        help: "Only packets that went this way at the port",
        kind: Kind::Choice(&[value("both", "Both"), value("in", "In"), value("out", "Out")]),
    },
    Opt {
        name: "packets",
        group: Group::Filter,
        placeholder: "KINDS",
        // None are ticked at first, and that means all.
        label: "Only these kinds",
        help: "Only these kinds; none chosen: both",
        kind: Kind::Several(&[value("flow", "Sampled packets"), value("discard", "Discarded packets")]),
    },
    Opt {
        name: "max-rate",
        group: Group::Filter,
        placeholder: "N",
        label: "Most packets a second",
        help: "At most N packets a second, thinned evenly (default: 0, no limit)",
        kind: Kind::Number { least: 0, most: 10_000_000, default: None },
    },
    Opt {
        name: "content",
        group: Group::Content,
        placeholder: "WHAT",
        label: "Content",
        help: "Sampled packets or whole datagrams",
        kind: Kind::Choice(&[
            value("packets", "Sampled packets"),
            value("datagrams", "sFlow datagrams"),
            value("both", "Both"),
        ]),
    },
    Opt {
        name: "comments",
        group: Group::Content,
        placeholder: "BOOL",
        label: "Comments",
        help: "Tell agent, ports, rate and more in packet comments",
        kind: Kind::Switch,
    },
    Opt {
        name: "synthetic",
        group: Group::Content,
        placeholder: "BOOL",
        label: "Packets without header",
        help: "Make packets from fields where no header is sent",
        kind: Kind::Switch,
    },
    Opt {
        name: "link-type",
        group: Group::Content,
        placeholder: "TYPE",
        label: "Link type",
        help: "All as Ethernet, or each with its link type",
        kind: Kind::Choice(&[value("ethernet", "Ethernet"), value("native", "Each protocol's own")]),
    },
    Opt {
        name: "backlog",
        group: Group::Content,
        placeholder: "MIB",
        label: "Backlog (MiB)",
        help: "Memory in MiB for packets that the reader has yet to take",
        kind: Kind::Number { least: 1, most: 65536, default: Some(64) },
    },
    Opt {
        name: "log-level",
        group: Group::Debug,
        placeholder: "LEVEL",
        label: "Set the log level",
        help: "How much is logged",
        kind: Kind::Choice(&[
            value("message", "Message"),
            value("info", "Info"),
            value("debug", "Debug"),
            value("noisy", "Noisy"),
        ]),
    },
    Opt {
        name: "log-file",
        group: Group::Debug,
        placeholder: "FILE",
        label: "Use a file for logging",
        help: "File that log messages are written to",
        kind: Kind::File,
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_so_are_the_preferences_made_of_them() {
        let mut preferences: Vec<String> = OPTIONS.iter().map(|option| option.name.replace('-', "")).collect();
        preferences.sort();
        preferences.dedup();
        assert_eq!(preferences.len(), OPTIONS.len());
    }
}
