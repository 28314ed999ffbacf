//! Every option, once: the command line, Wireshark's dialog and the documentation are made from this table.
//!
//! Wireshark stores the names in its preferences (`extcap.sflow.<name without dashes>`): they stay as they are.

/// A tab of Wireshark's dialog, and a heading of `--help`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    Listen,
    #[cfg(feature = "kafka")]
    Kafka,
    Filter,
    Content,
    Debug,
}

impl Group {
    pub fn name(self) -> &'static str {
        match self {
            Group::Listen => "Listen",
            #[cfg(feature = "kafka")]
            Group::Kafka => "Kafka",
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
    /// The same, without which nothing can be captured.
    #[cfg_attr(not(feature = "kafka"), expect(dead_code, reason = "a listener can do without anything"))]
    Needed { hint: &'static str, pattern: &'static str },
    /// One of these; the first is the default.
    Choice(&'static [Value<'static>]),
    /// Any of these, separated by commas; all are the default.
    Several(&'static [Value<'static>]),
    /// On or off, and which of them is the default.
    Switch(bool),
    /// One of those that Scan finds, or this one that stands for none.
    Scanned(Value<'static>),
    /// A file, that is there already or need not be.
    File { must_exist: bool },
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

/// Parts of the patterns, which say what the program itself checks: an IPv4 address, what looks like an IPv6 address, prefix
/// lengths, a port.
macro_rules! v4 {
    () => {
        r"(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])(\.(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])){3}"
    };
}
macro_rules! v6 {
    () => {
        r"[0-9A-Fa-f]*:[0-9A-Fa-f]*:[0-9A-Fa-f:.]*"
    };
}
macro_rules! agent {
    () => {
        concat!("!?(", v4!(), "(/0*(3[0-2]|[12]?[0-9]))?|", v6!(), "(/0*(12[0-8]|1[01][0-9]|[1-9]?[0-9]))?)")
    };
}
macro_rules! port {
    () => {
        "0*(6553[0-5]|655[0-2][0-9]|65[0-4][0-9][0-9]|6[0-4][0-9][0-9][0-9]|[1-5][0-9][0-9][0-9][0-9]|[1-9][0-9]?[0-9]?[0-9]?)"
    };
}
macro_rules! collector {
    () => {
        concat!(r"([^\]\[\s/:,]+(:", port!(), ")?|", v6!(), r"|\[", v6!(), r"\](:", port!(), ")?)")
    };
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
    /// What it does, in one sentence: the line of `--help`, and what the dialog's tooltip begins with.
    pub help: &'static str,
    /// What the tooltip says more: units, examples.
    pub more: &'static str,
    pub kind: Kind,
}

/// The options of all interfaces, in the order of the dialog.
pub const OPTIONS: &[Opt] = &[
    Opt {
        name: "port",
        group: Group::Listen,
        placeholder: "N",
        label: "UDP port",
        help: "UDP port that switches send sFlow to",
        more: "1 to 65535; most agents send to 6343",
        kind: Kind::Number { least: 1, most: 65535, default: Some(6343) },
    },
    Opt {
        name: "listen",
        group: Group::Listen,
        placeholder: "ADDR",
        label: "Listen on address",
        help: "Address or multicast group to receive on (default: all)",
        more: "For example 192.0.2.10, 2001:db8::10, or the multicast group 239.1.1.1",
        kind: Kind::Text { hint: "all addresses", pattern: concat!(r"^\s*(", v4!(), "|", v6!(), r")?\s*$") },
    },
    Opt {
        name: "receive-buffer",
        group: Group::Listen,
        placeholder: "MIB",
        label: "Receive buffer (MiB)",
        help: "Kernel's socket buffer in MiB (default: 0, as large as allowed)",
        more: "1 to 2047 MiB; sysctl net.core.rmem_max is the limit without privileges",
        kind: Kind::Number { least: 0, most: 2047, default: None },
    },
    Opt {
        name: "tap",
        group: Group::Listen,
        placeholder: "INTERFACE",
        label: "Tap",
        help: "Let dumpcap watch sFlow pass this interface, instead of listening",
        more: "The port stays with the program that has it; Scan lists the interfaces",
        kind: Kind::Scanned(value("none", "None: listen on the port")),
    },
    Opt {
        name: "sflow-rt",
        group: Group::Listen,
        placeholder: "URL",
        label: "sFlow-RT",
        help: "Ask this sFlow-RT to forward here, such as http://10.0.0.9:8008",
        more: "It is told to stop when the capture ends",
        kind: Kind::Text {
            hint: "http://host:8008",
            pattern: concat!(
                r"^\s*([Hh][Tt][Tt][Pp]://([^\s?/@]*@)?([^\s?/:,\[\]]+|\[",
                v6!(),
                r"\])(:(",
                port!(),
                r"|0*))?(/[^\s?]*)?)?\s*$"
            ),
        },
    },
    Opt {
        name: "advertise",
        group: Group::Listen,
        placeholder: "ADDR[:PORT]",
        label: "Advertised address",
        help: "Where sFlow-RT is to send to (default: this host, and the port)",
        more: "For example 192.0.2.10, or 192.0.2.10:6344 behind a NAT",
        kind: Kind::Text {
            hint: "this host",
            pattern: concat!(
                r"^\s*(",
                v4!(),
                "(:(",
                port!(),
                "|0+))?|",
                v6!(),
                r"|\[",
                v6!(),
                r"\]:(",
                port!(),
                r"|0+))?\s*$"
            ),
        },
    },
    Opt {
        name: "forward",
        group: Group::Listen,
        placeholder: "LIST",
        label: "Forward to",
        help: "Copy every datagram on to other collectors: HOST[:PORT],...",
        more: "For example collector,192.0.2.9:6344,[2001:db8::1]:6343; the port is 6343 where none is given",
        kind: Kind::Text {
            hint: "none, or collector:6343,[2001:db8::1]:6343",
            pattern: concat!(r"^[,\s]*(", collector!(), r"(\s*,[,\s]*|\s*$))*$"),
        },
    },
    #[cfg(feature = "kafka")]
    Opt {
        name: "kafka",
        group: Group::Kafka,
        placeholder: "TOPIC",
        label: "Brokers and topic",
        help: "Read datagrams from Kafka: BROKER[:PORT],.../TOPIC",
        more: "For example kafka1:9092,kafka2:9092/sflow; the port is 9092 where none is given",
        kind: Kind::Needed {
            hint: "kafka1:9092,kafka2:9092/sflow",
            pattern: concat!(r"^\s*", collector!(), r"(\s*,\s*", collector!(), r")*\s*/[A-Za-z0-9._-]{1,249}\s*$"),
        },
    },
    #[cfg(feature = "kafka")]
    Opt {
        name: "kafka-start",
        group: Group::Kafka,
        placeholder: "TIME",
        label: "Start",
        help: "Where to begin: latest (default), earliest, -15m, or a time",
        more: "A time is such as 2026-01-31T03:00:00Z, or local without Z; a time ago has s, m, h or d",
        kind: Kind::Text {
            hint: "latest, earliest, -15m or 2026-01-31T03:00",
            pattern: r"^\s*([Ll][Aa][Tt][Ee][Ss][Tt]|[Ee][Aa][Rr][Ll][Ii][Ee][Ss][Tt]|-[0-9]{1,9}[smhdSMHD]|[0-9]{4}-(0[1-9]|1[0-2])-([0-2][0-9]|3[01])([Tt ]([01][0-9]|2[0-3])([:Zz+-][^\s,]*)?)?)?\s*$",
        },
    },
    #[cfg(feature = "kafka")]
    Opt {
        name: "partitions",
        group: Group::Kafka,
        placeholder: "LIST",
        label: "Partitions",
        help: "Only these partitions, such as 0-3,7; or a share of them: 1/4",
        more: "Shares let several captures read a topic together: 1/4 to 4/4",
        kind: Kind::Text {
            hint: "all, or 0-3,7, or 1/4",
            pattern: r"^([,\s]*([0-9]+(-[0-9]+)?([,\s]+|$))*|\s*[0-9]+/[0-9]+\s*)$",
        },
    },
    #[cfg(feature = "kafka")]
    Opt {
        name: "kafka-format",
        group: Group::Kafka,
        placeholder: "FORMAT",
        label: "Format of messages",
        help: "What messages are",
        more: "A datagram each, as it came or in Akvorado's envelope",
        kind: Kind::Choice(&[
            value("auto", "Found by themselves"),
            value("raw", "Datagrams"),
            value("akvorado", "Akvorado's"),
        ]),
    },
    #[cfg(feature = "kafka")]
    Opt {
        name: "kafka-config",
        group: Group::Kafka,
        placeholder: "FILE",
        label: "Client properties",
        help: "File with Kafka's client properties: TLS, user and password",
        more: "As kcat reads it: security.protocol=sasl_ssl, sasl.mechanism=, sasl.username=, ssl.ca.location= and more",
        kind: Kind::File { must_exist: true },
    },
    Opt {
        name: "agent",
        group: Group::Filter,
        placeholder: "ADDR",
        label: "Agent",
        help: "Only this agent; in Wireshark, Scan lists those heard in 2 seconds",
        more: "It listens as the capture will, so the port must be free",
        kind: Kind::Scanned(value("all", "All agents")),
    },
    Opt {
        name: "interface",
        group: Group::Filter,
        placeholder: "ADDR:N",
        label: "Interface",
        help: "Only this agent's port, by ifIndex: 10.0.0.1:17; Scan lists them",
        more: "Of the chosen agent, or of all; with names where they are told meanwhile",
        kind: Kind::Scanned(value("all", "All interfaces")),
    },
    Opt {
        name: "agents",
        group: Group::Filter,
        placeholder: "LIST",
        label: "List of agents",
        help: "Only these agents, ! to leave out, such as 10.0.0.0/8,!10.1.0.1",
        more: "Separated by commas: addresses and prefixes, IPv4 and IPv6",
        kind: Kind::Text {
            hint: "all, or 10.0.0.0/8,!10.1.0.1,2001:db8::/32",
            pattern: concat!(r"^[,\s]*(", agent!(), r"([,\s]+|$))*$"),
        },
    },
    Opt {
        name: "match-source",
        group: Group::Filter,
        placeholder: "BOOL",
        label: "Match senders, too",
        help: "Only datagrams that come from one of --agents, too",
        more: "It needs a list of agents; a datagram can name any agent, whoever sent it",
        kind: Kind::Switch(false),
    },
    Opt {
        name: "interfaces",
        group: Group::Filter,
        placeholder: "LIST",
        label: "List of interfaces",
        help: "Only samples taken by these ifIndex numbers, such as 17,1-48",
        more: "Separated by commas; of all agents that are selected",
        kind: Kind::Text { hint: "all, or 17,1-48", pattern: r"^[,\s]*([0-9]+(-[0-9]+)?([,\s]+|$))*$" },
    },
    Opt {
        name: "direction",
        group: Group::Filter,
        placeholder: "WAY",
        label: "Direction",
        help: "Only packets that went this way at the port",
        more: "Seen from the port that took the sample",
        kind: Kind::Choice(&[value("both", "Both"), value("in", "In"), value("out", "Out")]),
    },
    Opt {
        name: "packets",
        group: Group::Filter,
        placeholder: "KINDS",
        // None are ticked at first, and that means all.
        label: "Only these kinds",
        help: "Only these kinds of packets",
        more: "None ticked: both. Sampled at a rate, or discarded by the device",
        kind: Kind::Several(&[value("flow", "Sampled packets"), value("discard", "Discarded packets")]),
    },
    Opt {
        name: "max-rate",
        group: Group::Filter,
        placeholder: "N",
        label: "Most packets a second",
        help: "At most N packets a second, thinned evenly (default: 0, no limit)",
        more: "Packets a second, for example 5000; the sampling rates are corrected, so that sums stay right",
        kind: Kind::Number { least: 0, most: 10_000_000, default: None },
    },
    Opt {
        name: "content",
        group: Group::Content,
        placeholder: "WHAT",
        label: "Content",
        help: "Sampled packets or whole datagrams",
        more: "Datagrams have the counters, too; Wireshark's own sFlow dissector shows them",
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
        more: "The Lua script makes fields such as sflowdump.agent of them",
        kind: Kind::Switch(true),
    },
    Opt {
        name: "synthetic",
        group: Group::Content,
        placeholder: "BOOL",
        label: "Packets without header",
        help: "Make packets from fields where no header is sent",
        more: "Some agents send addresses and ports, and not the packet's first bytes",
        kind: Kind::Switch(true),
    },
    Opt {
        name: "link-type",
        group: Group::Content,
        placeholder: "TYPE",
        label: "Link type",
        help: "All as Ethernet, or each with its link type",
        more: "Ethernet is what every tool reads",
        kind: Kind::Choice(&[value("ethernet", "Ethernet"), value("native", "Each protocol's own")]),
    },
    Opt {
        name: "backlog",
        group: Group::Content,
        placeholder: "MIB",
        label: "Backlog (MiB)",
        help: "Memory in MiB for packets that the reader has yet to take",
        more: "1 to 65536 MiB; past it packets are lost, and counted",
        kind: Kind::Number { least: 1, most: 65536, default: Some(64) },
    },
    Opt {
        name: "log-level",
        group: Group::Debug,
        placeholder: "LEVEL",
        label: "Set the log level",
        help: "How much is logged",
        more: "The toolbar's log has Info at least",
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
        more: "For example /tmp/sflow.log; what is there is kept",
        kind: Kind::File { must_exist: false },
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
