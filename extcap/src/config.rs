//! What to do: the words of the command line, checked.
//!
//! Wireshark checks values only in its dialog, and tshark not at all: everything is checked again here, and a message names
//! the option, the value and what is allowed.

use std::fmt::{self, Display};
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use sflowcap::capture::{Content, Format};
use sflowcap::link::Framing;
use sflowcap::sample::Direction;
use sflowcap::select::{AgentList, Kinds, Selection};

use crate::Failure;
use crate::cli::Words;
use crate::files::Rotation;
use crate::forward::Destinations;
#[cfg(feature = "kafka")]
use crate::kafka::{Connection, Consume, Properties, Publish, Topic, message};
#[cfg(feature = "kafka")]
use crate::options::Group;
use crate::options::{FORMATS, Kind, OPTIONS, Opt, Value};
use crate::sflow_rt::{Advertised, Url};

/// A capture, ready to start.
#[derive(Debug)]
pub struct Config {
    pub listen: Listen,
    /// The topic that is read, instead of listening.
    #[cfg(feature = "kafka")]
    pub consume: Option<Consume>,
    /// The topic that datagrams are written to.
    #[cfg(feature = "kafka")]
    pub publish: Option<Publish>,
    /// The interface that dumpcap captures on, instead of listening.
    pub tap: Option<String>,
    /// The sFlow-RT that is asked to forward to us.
    pub sflow_rt: Option<Url>,
    /// Where it is to send to.
    pub advertise: Option<Advertised>,
    /// Collectors that datagrams are copied on to.
    pub forward: Destinations,
    pub selection: Selection,
    /// The capture filter, in tcpdump's syntax; empty for none.
    pub filter: String,
    /// The most packets a second.
    pub max_rate: Option<NonZeroU32>,
    pub content: Content,
    pub format: Format,
    pub comments: bool,
    pub synthetic: bool,
    pub framing: Framing,
    /// Bytes that may wait for the reader.
    pub backlog: usize,
    /// Stop after this many packets.
    pub most_packets: Option<u64>,
    /// Stop after this time.
    pub duration: Option<Duration>,
    pub replay: Replay,
}

/// How a recording is sent again.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Replay {
    /// How many times faster than it was recorded.
    pub speed: f64,
    /// How many times; until stopped when there is no number.
    pub rounds: Option<u64>,
}

/// Where datagrams come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listen {
    pub port: u16,
    /// An address of this host or a multicast group; all when there is none.
    pub address: Option<IpAddr>,
    /// Bytes of the kernel's socket buffer; as many as allowed when there is none.
    pub receive_buffer: Option<usize>,
}

/// What is logged, and where to.
#[derive(Debug)]
pub struct Log {
    pub level: tracing::Level,
    pub file: Option<PathBuf>,
}

const MIB: usize = 1024 * 1024;

impl Config {
    pub fn check(words: &Words) -> Result<Self, Failure> {
        let packets = several(words, "packets")?;
        let framing = if choice(words, "link-type")? == "native" { Framing::Native } else { Framing::Ethernet };
        Ok(Config {
            listen: Listen {
                port: number(words, "port")?.unwrap_or_default() as u16,
                address: parsed(words, "listen", "an IPv4 or IPv6 address")?,
                receive_buffer: number(words, "receive-buffer")?.map(|mib| mib as usize * MIB),
            },
            #[cfg(feature = "kafka")]
            consume: consume(words)?,
            #[cfg(feature = "kafka")]
            publish: publish(words)?,
            tap: scanned(words, "tap").map(str::to_owned),
            sflow_rt: parsed(words, "sflow-rt", "a URL such as http://10.0.0.9:8008")?,
            advertise: parsed(words, "advertise", "an address, or ADDRESS:PORT")?,
            forward: list(words, "forward")?,
            selection: Selection {
                direction: match choice(words, "direction")? {
                    "in" => Some(Direction::In),
                    "out" => Some(Direction::Out),
                    _ => None,
                },
                kinds: Kinds { flow: packets.contains(&"flow"), discard: packets.contains(&"discard") },
                ..with_port(words)?
            },
            filter: words.filter(),
            max_rate: number(words, "max-rate")?.and_then(NonZeroU32::new),
            content: match choice(words, "content")? {
                "datagrams" => Content::Datagrams,
                "both" => Content::Both,
                _ => Content::Packets,
            },
            format: format(words, framing)?,
            comments: switch(words, "comments")?,
            synthetic: switch(words, "synthetic")?,
            framing,
            backlog: number(words, "backlog")?.unwrap_or_default() as usize * MIB,
            most_packets: shell_number(words, "count", "-c")?,
            duration: shell_number(words, "duration", "--duration")?.map(Duration::from_secs),
            replay: Replay::check(words)?,
        })
    }

    /// Whether datagrams are sent on.
    pub fn sends(&self) -> bool {
        !self.forward.is_empty() || self.publishes()
    }

    /// Whether they are written to Kafka.
    #[cfg(feature = "kafka")]
    pub fn publishes(&self) -> bool {
        self.publish.is_some()
    }

    #[cfg(not(feature = "kafka"))]
    #[allow(clippy::unused_self, reason = "the other of these looks")]
    pub fn publishes(&self) -> bool {
        false
    }

    /// Where datagrams come to.
    pub fn place(&self) -> String {
        #[cfg(feature = "kafka")]
        if let Some(consume) = &self.consume {
            return format!("topic {}", consume.connection.topic.name);
        }
        format!("UDP port {}", self.listen.port)
    }
}

/// The topic that is read instead of listening.
#[cfg(feature = "kafka")]
fn consume(words: &Words) -> Result<Option<Consume>, Failure> {
    let of_group = |group| OPTIONS.iter().filter(move |option| option.group == group);
    let Some(topic) = text(words, "kafka") else {
        let is_used = |option: &Opt| text(words, "publish").is_some() && is_publishers(option);
        let without = of_group(Group::Kafka).find(|option| !is_used(option) && is_given(words, option.name));
        return match without {
            Some(option) => {
                Err(Failure::of_user(format!("--{}: this is for --kafka, which is not given", option.name)))
            }
            None => Ok(None),
        };
    };
    let otherwise = of_group(Group::Listen).map(|option| option.name).filter(|name| *name != "forward");
    if let Some(name) = otherwise.chain(["read"]).find(|name| is_given(words, name)) {
        let name = if name == "read" { "-r".to_owned() } else { format!("--{name}") };
        return Err(Failure::of_user(format!("{name}: with --kafka, datagrams come from nowhere else")));
    }
    let topic = topic.parse().map_err(|error| Failure::new(format!("--kafka: {error}")))?;
    let start = text(words, "kafka-start").map(str::parse).transpose();
    Ok(Some(Consume {
        connection: Connection { topic, properties: properties(words)? },
        format: kafka_format(words)?,
        start: start.map_err(|error| Failure::new(format!("--kafka-start: {error}")))?.unwrap_or_default(),
        partitions: list(words, "partitions")?,
    }))
}

/// The topic that datagrams are written to.
#[cfg(feature = "kafka")]
fn publish(words: &Words) -> Result<Option<Publish>, Failure> {
    let Some(topic) = text(words, "publish") else { return Ok(None) };
    if words.path("write").is_none() {
        // Of all that chooses and makes packets, agents choose datagrams.
        let agents = ["agent", "agents", "match-source", "backlog"];
        let options = OPTIONS.iter().filter(|option| matches!(option.group, Group::Filter | Group::Content));
        let names = options.map(|option| option.name).filter(|name| !agents.contains(name));
        let given = names
            .map(|name| (name, format!("--{name}")))
            .chain([("count", "-c".to_owned()), ("format", "--format".to_owned())]);
        let filter = (!words.filter().is_empty()).then(|| "a filter".to_owned());
        let first = given.into_iter().find_map(|(name, shown)| text(words, name).map(|_| shown)).or(filter);
        if let Some(first) = first {
            return Err(Failure::of_user(format!(
                "--publish: {first} chooses or makes packets to write: this needs -w FILE"
            )));
        }
    }
    let topic: Topic = topic.parse().map_err(|error| Failure::new(format!("--publish: {error}")))?;
    let read: Option<Topic> = text(words, "kafka").and_then(|topic| topic.parse().ok());
    if read.as_ref().is_some_and(|read| read.is(&topic)) {
        return Err(Failure::new(format!(
            "--publish: {topic}: --kafka reads this topic; it would go round in circles"
        )));
    }
    Ok(Some(Publish {
        connection: Connection { topic, properties: properties(words)? },
        format: kafka_format(words)?.unwrap_or(message::Format::Raw),
        backlog: number(words, "backlog")?.unwrap_or_default() as usize * MIB,
        is_patient: read.is_some() || words.path("read").is_some(),
    }))
}

/// Whether an option is for publishing, too.
#[cfg(feature = "kafka")]
fn is_publishers(option: &Opt) -> bool {
    matches!(option.name, "kafka-config" | "kafka-format")
}

/// How datagrams stand in messages.
#[cfg(feature = "kafka")]
fn kafka_format(words: &Words) -> Result<Option<message::Format>, Failure> {
    Ok(match choice(words, "kafka-format")? {
        "raw" => Some(message::Format::Raw),
        "akvorado" => Some(message::Format::Akvorado),
        _ => None,
    })
}

/// How Kafka is spoken to.
#[cfg(feature = "kafka")]
fn properties(words: &Words) -> Result<Properties, Failure> {
    let file = words.path("kafka-config").filter(|file| !file.as_os_str().is_empty());
    file.as_deref().map_or(Ok(Properties::default()), Properties::read)
}

/// Whether an option has a value, other than one that stands for none.
#[cfg(feature = "kafka")]
fn is_given(words: &Words, name: &str) -> bool {
    match OPTIONS.iter().find(|option| option.name == name).map(|option| option.kind) {
        Some(Kind::Scanned(_)) => scanned(words, name).is_some(),
        Some(Kind::File { .. }) | None => words.path(name).is_some_and(|path| !path.as_os_str().is_empty()),
        Some(_) => text(words, name).is_some(),
    }
}

/// A port of an agent, as an interface of the capture is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Port {
    pub agent: IpAddr,
    pub index: u32,
}

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.agent, self.index)
    }
}

impl FromStr for Port {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (agent, index) = text.rsplit_once(':').ok_or(())?;
        Ok(Port { agent: agent.parse().map_err(|_| ())?, index: index.parse().map_err(|_| ())? })
    }
}

/// The agents and interfaces that are selected, whatever port is chosen: those of the lists, and of them the chosen agent.
pub fn without_port(words: &Words) -> Result<Selection, Failure> {
    let mut agents: AgentList = list(words, "agents")?;
    // The list as it was given: whoever may send for several agents may do so for the one that is chosen.
    let senders = if switch(words, "match-source")? { agents.clone() } else { AgentList::default() };
    if switch(words, "match-source")? && senders.is_empty() {
        return Err(Failure::new("--match-source: senders are held against --agents, and that list is empty"));
    }
    if let Some(agent) = chosen(words, "agent", "an IP address")? {
        narrow(&mut agents, agent, "agent", "--agents leaves it out")?;
    }
    Ok(Selection { agents, senders, interfaces: list(words, "interfaces")?, ..Selection::default() })
}

/// Of them the chosen port.
fn with_port(words: &Words) -> Result<Selection, Failure> {
    let mut selection = without_port(words)?;
    if let Some(Port { agent, index }) = chosen(words, "interface", "an agent's address and an ifIndex: 10.0.0.1:17")? {
        narrow(&mut selection.agents, agent, "interface", "--agent or --agents leaves it out")?;
        if !selection.interfaces.contains(index) {
            return Err(Failure::new(format!("--interface: port {index} is chosen, and --interfaces leaves it out")));
        }
        selection.interfaces = index.into();
    }
    Ok(selection)
}

fn narrow(agents: &mut AgentList, agent: IpAddr, option: &str, otherwise: &str) -> Result<(), Failure> {
    if !agents.contains(agent) {
        return Err(Failure::new(format!("--{option}: agent {agent} is chosen, and {otherwise}")));
    }
    *agents = agent.into();
    Ok(())
}

/// The kind of file. Names decide nothing: tools that read captures look into them.
fn format(words: &Words, framing: Framing) -> Result<Format, Failure> {
    let format = text(words, "format").map(|value| named("format", value, FORMATS)).transpose()?;
    if format != Some("pcap") {
        return Ok(Format::Pcapng);
    }
    if framing == Framing::Native {
        return Err(Failure::of_user(
            "--format pcap: such a file has one link type, so that --link-type native needs --format pcapng",
        ));
    }
    Ok(Format::Pcap)
}

/// The files that a shell capture writes: `-w`, `-C`, `-G` and `-W`.
pub fn rotation(words: &Words) -> Result<Rotation, Failure> {
    let name = words.path("write").unwrap_or_else(|| "-".into());
    let rotation = Rotation {
        name: name.to_string_lossy().into_owned(),
        size: shell_number(words, "size", "-C")?.map(|megabytes| megabytes.saturating_mul(1_000_000)),
        seconds: shell_number(words, "seconds", "-G")?,
        most: shell_number(words, "files", "-W")?,
    };
    let rotates = rotation.size.is_some() || rotation.seconds.is_some();
    if rotation.most.is_some() && !rotates {
        return Err(Failure::of_user("-W: it bounds the files of -C or -G, and neither is given"));
    }
    if rotates && rotation.name == "-" {
        return Err(Failure::of_user("-C and -G begin new files: they need -w FILE"));
    }
    if rotates && name.to_str().is_none() {
        return Err(Failure::of_user("-w: with -C or -G the name must be text"));
    }
    Ok(rotation)
}

impl Replay {
    fn check(words: &Words) -> Result<Self, Failure> {
        let is_replay = words.path("read").is_some() && text(words, "forward").is_some();
        if !is_replay && (text(words, "speed").is_some() || text(words, "loop").is_some()) {
            return Err(Failure::of_user("--speed and --loop are for sending a recording: -r FILE --forward HOST"));
        }
        if is_replay && words.path("write").is_none() && (words.value("count").is_some() || !words.filter().is_empty())
        {
            return Err(Failure::of_user("-c and filters choose packets to write: this needs -w FILE"));
        }
        let speed = parsed(words, "speed", "a number above 0")?.unwrap_or(1.0);
        if !(speed > 0.0 && f64::is_finite(speed)) {
            return Err(refused("speed", &speed.to_string(), "a number above 0"));
        }
        let rounds = parsed(words, "loop", "a whole number")?.unwrap_or(1);
        Ok(Replay { speed, rounds: (rounds > 0).then_some(rounds) })
    }
}

impl Log {
    pub fn check(words: &Words) -> Result<Self, Failure> {
        let level = match choice(words, "log-level")? {
            "info" => tracing::Level::INFO,
            "debug" => tracing::Level::DEBUG,
            "noisy" => tracing::Level::TRACE,
            _ => tracing::Level::WARN,
        };
        Ok(Log { level, file: words.path("log-file").filter(|file| !file.as_os_str().is_empty()) })
    }
}

/// An option's value; one that was left empty, as the dialog may, is none.
fn text<'a>(words: &'a Words, name: &str) -> Option<&'a str> {
    words.value(name).map(str::trim).filter(|value| !value.is_empty())
}

fn option(name: &str) -> &'static Opt {
    OPTIONS.iter().find(|option| option.name == name).expect("only options of the table are asked for")
}

fn refused(name: &str, value: &str, allowed: impl Display) -> Failure {
    Failure::new(format!("--{name}: '{value}' is not {allowed}"))
}

fn parsed<T: FromStr>(words: &Words, name: &str, allowed: &str) -> Result<Option<T>, Failure> {
    text(words, name).map(|value| value.parse().map_err(|_| refused(name, value, allowed))).transpose()
}

fn number(words: &Words, name: &str) -> Result<Option<u32>, Failure> {
    let Kind::Number { least, most, default } = option(name).kind else { unreachable!("--{name} is a number") };
    let allowed = || format!("a whole number from {least} to {most}");
    let Some(value) = text(words, name) else { return Ok(default) };
    match value.parse() {
        Ok(0) if default.is_none() => Ok(None),
        Ok(number) if (least..=most).contains(&number) => Ok(Some(number)),
        _ => Err(refused(name, value, allowed())),
    }
}

fn shell_number(words: &Words, name: &str, shown: &str) -> Result<Option<u64>, Failure> {
    let Some(value) = text(words, name) else { return Ok(None) };
    match value.parse() {
        Ok(number) if number > 0 => Ok(Some(number)),
        _ => Err(Failure::new(format!("{shown}: '{value}' is not a whole number from 1 up"))),
    }
}

/// What is chosen of what Scan finds.
fn scanned<'a>(words: &'a Words, name: &str) -> Option<&'a str> {
    let Kind::Scanned(none) = option(name).kind else { unreachable!("--{name} is scanned for") };
    text(words, name).filter(|value| !value.eq_ignore_ascii_case(none.value))
}

fn chosen<T: FromStr>(words: &Words, name: &str, allowed: &str) -> Result<Option<T>, Failure> {
    scanned(words, name).map(|value| value.parse().map_err(|_| refused(name, value, allowed))).transpose()
}

pub fn list<T: FromStr<Err: Display>>(words: &Words, name: &str) -> Result<T, Failure> {
    let value = text(words, name).unwrap_or_default();
    value.parse().map_err(|error| Failure::new(format!("--{name}: {error}")))
}

fn named(name: &str, value: &str, values: &'static [Value<'static>]) -> Result<&'static str, Failure> {
    let found = values.iter().find(|known| known.value.eq_ignore_ascii_case(value));
    found.map(|known| known.value).ok_or_else(|| {
        let known: Vec<&str> = values.iter().map(|known| known.value).collect();
        refused(name, value, known.join(" or "))
    })
}

fn choice(words: &Words, name: &str) -> Result<&'static str, Failure> {
    let Kind::Choice(values) = option(name).kind else { unreachable!("--{name} is a choice") };
    text(words, name).map_or(Ok(values[0].value), |value| named(name, value, values))
}

/// Wireshark takes many words for a switch (`^.*([yt1-9])`); these are the ones that people write.
fn switch(words: &Words, name: &str) -> Result<bool, Failure> {
    let Kind::Switch(default) = option(name).kind else { unreachable!("--{name} is a switch") };
    let Some(value) = text(words, name) else { return Ok(default) };
    match value.to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" | "1" => Ok(true),
        "false" | "no" | "off" | "0" => Ok(false),
        _ => Err(refused(name, value, "true or false")),
    }
}

fn several(words: &Words, name: &str) -> Result<Vec<&'static str>, Failure> {
    let Kind::Several(values) = option(name).kind else { unreachable!("--{name} is a list of choices") };
    match text(words, name) {
        None => Ok(values.iter().map(|value| value.value).collect()),
        Some(given) => given.split(',').map(|value| named(name, value.trim(), values)).collect(),
    }
}

#[cfg(test)]
mod patterns;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli;

    fn check(arguments: &[&str]) -> Result<Config, String> {
        let arguments = std::iter::once("sflowdump").chain(arguments.iter().copied()).map(Into::into);
        Config::check(&cli::read(arguments).unwrap()).map_err(|failure| failure.to_string())
    }

    #[test]
    fn nothing_given_means_the_documented_defaults() {
        let config = check(&[]).unwrap();
        assert_eq!(config.listen, Listen { port: 6343, address: None, receive_buffer: None });
        assert_eq!(config.backlog, 64 * MIB);
        assert_eq!(config.content, Content::Packets);
        assert!(config.comments && config.synthetic);
        assert_eq!(config.framing, Framing::Ethernet);
        assert_eq!(config.format, Format::Pcapng);
        assert_eq!(config.max_rate, None);
        assert_eq!(config.selection.direction, None);
        assert_eq!(config.selection.kinds, Kinds { flow: true, discard: true });
        assert!(config.selection.agents.is_empty() && config.selection.interfaces.is_empty());
        assert!(config.selection.senders.is_empty());
    }

    #[test]
    fn values_left_empty_are_defaults_too() {
        let config =
            check(&["--port", "", "--listen", " ", "--agents", "", "--direction", "", "--packets", ""]).unwrap();
        assert_eq!(config.listen.port, 6343);
        assert_eq!(config.selection.kinds, Kinds::default());
    }

    #[test]
    fn every_value_reaches_its_place() {
        let config = check(&[
            "--port=7000",
            "--listen=::1",
            "--receive-buffer=8",
            "--agents=10.0.0.1",
            "--interfaces=3",
            "--direction=Out",
            "--packets=discard",
            "--max-rate=1000",
            "--content=both",
            "--match-source=true",
            "--comments=false",
            "--synthetic=no",
            "--link-type=native",
            "--backlog=2",
            "--format=pcapng",
            "-c",
            "10",
            "--duration=3",
        ])
        .unwrap();
        let address = Some("::1".parse().unwrap());
        assert_eq!(config.listen, Listen { port: 7000, address, receive_buffer: Some(8 * MIB) });
        assert!(!config.selection.agents.contains("10.0.0.2".parse().unwrap()));
        assert!(!config.selection.senders.contains("10.0.0.2".parse().unwrap()));
        assert!(!config.selection.interfaces.contains(4));
        assert_eq!(config.selection.direction, Some(Direction::Out));
        assert_eq!(config.selection.kinds, Kinds { flow: false, discard: true });
        assert_eq!(config.max_rate, NonZeroU32::new(1000));
        assert_eq!(config.content, Content::Both);
        assert!(!config.comments && !config.synthetic);
        assert_eq!(config.framing, Framing::Native);
        assert_eq!(config.backlog, 2 * MIB);
        assert_eq!(config.most_packets, Some(10));
        assert_eq!(config.duration, Some(Duration::from_secs(3)));
    }

    #[test]
    fn a_bad_value_is_told_with_its_option_and_what_is_allowed() {
        for (arguments, message) in [
            (["--port", "99999"], "--port: '99999' is not a whole number from 1 to 65535"),
            (["--port", "http"], "--port: 'http' is not a whole number from 1 to 65535"),
            (["--listen", "eth0"], "--listen: 'eth0' is not an IPv4 or IPv6 address"),
            (["--sflow-rt", "10.0.0.9:8008"], "--sflow-rt: '10.0.0.9:8008' is not a URL such as http://10.0.0.9:8008"),
            (["--advertise", "eth0"], "--advertise: 'eth0' is not an address, or ADDRESS:PORT"),
            (["--receive-buffer", "-1"], "--receive-buffer: '-1' is not a whole number from 0 to 2047"),
            (["--agent", "leaf1"], "--agent: 'leaf1' is not an IP address"),
            (["--interface", "17"], "--interface: '17' is not an agent's address and an ifIndex: 10.0.0.1:17"),
            (["--agents", "10.0.0.0/40"], "--agents: '10.0.0.0/40' is not an IP address or prefix"),
            (["--interfaces", "eth0"], "--interfaces: 'eth0' is not an ifIndex number or a range"),
            (["--direction", "up"], "--direction: 'up' is not both or in or out"),
            (["--packets", "flow,all"], "--packets: 'all' is not flow or discard"),
            (["--max-rate", "10000001"], "--max-rate: '10000001' is not a whole number from 0 to 10000000"),
            (["--max-rate", "1k"], "--max-rate: '1k' is not a whole number from 0 to 10000000"),
            (["--format", "erf"], "--format: 'erf' is not pcapng or pcap"),
            (["--content", "all"], "--content: 'all' is not packets or datagrams or both"),
            (["--comments", "maybe"], "--comments: 'maybe' is not true or false"),
            (["--link-type", "ppp"], "--link-type: 'ppp' is not ethernet or native"),
            (["--backlog", "-1"], "--backlog: '-1' is not a whole number from 1 to 65536"),
            (["-c", "0"], "-c: '0' is not a whole number from 1 up"),
        ] {
            let error = check(&arguments).unwrap_err();
            assert!(error.starts_with(message), "{error}");
        }
    }

    #[test]
    fn a_chosen_agent_and_port_narrow_what_the_lists_let_through() {
        let takes = |arguments: &[&str], agent: &str, index| {
            let selection = check(arguments).unwrap().selection;
            selection.agents.contains(agent.parse().unwrap()) && selection.interfaces.contains(index)
        };
        let both = ["--agents=10.0.0.0/8", "--agent=10.0.0.1", "--interfaces=1-4", "--interface=10.0.0.1:3"];
        assert!(takes(&both, "10.0.0.1", 3));
        assert!(!takes(&both, "10.0.0.2", 3) && !takes(&both, "10.0.0.1", 2));
        assert!(takes(&["--interface=2001:db8::1:501"], "2001:db8::1", 501));
        assert!(takes(&["--agent=all", "--interface=all", "--max-rate=0", "--receive-buffer=0"], "10.0.0.2", 7));
        for (arguments, message) in [
            (
                ["--agents=!10.0.0.1", "--agent=10.0.0.1"],
                "--agent: agent 10.0.0.1 is chosen, and --agents leaves it out",
            ),
            (
                ["--agent=10.0.0.2", "--interface=10.0.0.1:3"],
                "--interface: agent 10.0.0.1 is chosen, and --agent or --agents leaves it out",
            ),
            (
                ["--interfaces=4", "--interface=10.0.0.1:3"],
                "--interface: port 3 is chosen, and --interfaces leaves it out",
            ),
        ] {
            assert_eq!(check(&arguments).unwrap_err(), message);
        }
    }

    #[test]
    fn senders_are_held_against_the_whole_list_of_agents_which_must_be_there() {
        let senders = |arguments: &[&str]| check(arguments).map(|config| config.selection.senders);
        let list = senders(&["--match-source=yes", "--agents=10.0.0.0/8", "--agent=10.0.0.1"]).unwrap();
        assert!(list.contains("10.0.0.254".parse().unwrap()) && !list.contains("192.0.2.1".parse().unwrap()));
        assert!(senders(&["--agents=10.0.0.0/8"]).unwrap().is_empty());
        for arguments in [&["--match-source=true"][..], &["--match-source=1", "--agents=", "--agent=10.0.0.1"]] {
            let error = senders(arguments).unwrap_err();
            assert_eq!(error, "--match-source: senders are held against --agents, and that list is empty");
        }
        assert_eq!(senders(&["--match-source=both"]).unwrap_err(), "--match-source: 'both' is not true or false");
    }

    #[test]
    fn pcap_is_for_packets_of_one_link_type() {
        assert_eq!(check(&["--format", "PCAP"]).unwrap().format, Format::Pcap);
        let error = check(&["--format=pcap", "--link-type=native"]).unwrap_err();
        assert!(error.starts_with("--format pcap: ") && error.ends_with("--link-type native needs --format pcapng"));
    }
}
