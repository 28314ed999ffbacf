//! What was typed: the command line as the shell or Wireshark wrote it, read but not yet checked.

use std::collections::HashSet;
use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

use crate::options::{FORMATS, Kind, OPTIONS, Opt, Value};

/// The words of one call.
#[derive(Debug)]
pub struct Words(ArgMatches);

impl Words {
    /// An option's value.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.0.get_one::<String>(name).map(String::as_str)
    }

    /// Whether a flag was given.
    pub fn has(&self, name: &str) -> bool {
        self.0.get_flag(name)
    }

    /// A file's name.
    pub fn path(&self, name: &str) -> Option<PathBuf> {
        self.0.get_one::<PathBuf>(name).cloned()
    }

    /// The capture filter: the words after the options, or the one that Wireshark passes.
    pub fn filter(&self) -> String {
        let words = self.0.get_many::<String>("filter").into_iter().flatten();
        let typed = words.map(String::as_str).collect::<Vec<_>>().join(" ");
        if typed.is_empty() { self.value("extcap-capture-filter").unwrap_or_default().to_owned() } else { typed }
    }
}

/// Reads the command line. Wireshark may pass options that this version does not know: in its calls they are left out.
pub fn read(arguments: impl IntoIterator<Item = OsString>) -> Result<Words, clap::Error> {
    let mut arguments: Vec<OsString> = arguments.into_iter().collect();
    if is_extcap_call(&arguments) {
        arguments = without_unknown(arguments);
    }
    command().try_get_matches_from(arguments).map(Words)
}

/// Whether Wireshark made this call.
pub fn is_extcap_call(arguments: &[OsString]) -> bool {
    arguments.iter().any(|argument| {
        argument.to_str().is_some_and(|argument| argument == "--capture" || argument.starts_with("--extcap-"))
    })
}

/// A pipe that a call names with `option`, read without the grammar: it must be opened whatever else is wrong with the call.
pub fn pipe(arguments: &[OsString], option: &str) -> Option<PathBuf> {
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        match argument.to_str().and_then(|argument| argument.strip_prefix(option)) {
            Some("") => return arguments.next().map(PathBuf::from),
            Some(value) => return value.strip_prefix('=').map(PathBuf::from),
            None => {}
        }
    }
    None
}

/// The words of a call without options that are not known, nor their values.
fn without_unknown(arguments: Vec<OsString>) -> Vec<OsString> {
    let command = command();
    let known: HashSet<&str> = command.get_arguments().filter_map(Arg::get_long).chain(["help", "version"]).collect();
    let mut skipping = false;
    let mut expects_value = false;
    arguments
        .into_iter()
        .enumerate()
        .filter_map(|(place, argument)| {
            let name = argument.to_str().and_then(|argument| argument.strip_prefix("--"));
            match name {
                Some(name) if !expects_value && place > 0 => {
                    let (name, inline) = name.split_once('=').map_or((name, false), |(name, _)| (name, true));
                    skipping = !known.contains(name);
                    let takes_value = |argument: &&Arg| argument.get_long() == Some(name) && takes_value(argument);
                    expects_value =
                        !skipping && !inline && command.get_arguments().any(|argument| takes_value(&argument));
                    (!skipping).then_some(argument)
                }
                _ => {
                    expects_value = false;
                    (!skipping).then_some(argument)
                }
            }
        })
        .collect()
}

fn takes_value(argument: &Arg) -> bool {
    argument.get_action().takes_values()
}

/// The command line's grammar, with what only Wireshark types.
fn command() -> Command {
    let extcap = |name: &'static str| Arg::new(name).long(name).hide(true).overrides_with(name);
    shell_command()
        .args(
            ["extcap-interfaces", "extcap-dlts", "extcap-config", "extcap-cleanup-postkill", "capture"]
                .map(|name| extcap(name).action(ArgAction::SetTrue)),
        )
        .args(
            ["extcap-version", "extcap-interface", "extcap-reload-option", "extcap-control-in", "extcap-control-out"]
                .map(extcap),
        )
        .arg(extcap("extcap-capture-filter").allow_hyphen_values(true))
        .arg(extcap("fifo").value_parser(value_parser!(PathBuf)))
}

/// Datagrams can be published where there is Kafka.
const PUBLISH: Option<&str> = if cfg!(feature = "kafka") {
    Some("Write datagrams to Kafka: BROKER[:PORT],.../TOPIC; packets need -w")
} else {
    None
};

/// The grammar of what people type: that of `--help`, the manual page and the shells' completions.
pub fn shell_command() -> Command {
    let shown = |option: &Opt| {
        let argument = Arg::new(option.name)
            .long(option.name)
            .value_name(option.placeholder)
            .help(help(option))
            .help_heading(option.group.name())
            .overrides_with(option.name);
        match option.kind {
            Kind::File { .. } => argument.value_parser(value_parser!(PathBuf)),
            // A list may begin with a "-" only by mistake: it is checked, and named, with the others.
            _ => argument.allow_hyphen_values(true),
        }
    };
    Command::new("sflowdump")
        .version(env!("CARGO_PKG_VERSION"))
        .about("Receives sFlow and writes the packets that switches sampled as pcapng, for Wireshark and tcpdump")
        .after_help(
            "FILTER is a capture filter in tcpdump's syntax, such as: port 53\n\
             In Wireshark: \"sFlow listener\"; with tshark: tshark -i sflow. All the rest: man sflowdump",
        )
        .override_usage("sflowdump [OPTIONS] [-r FILE] [-w FILE] [FILTER]...")
        .arg(
            Arg::new("filter")
                .value_name("FILTER")
                .num_args(0..)
                .help("Only packets that match this capture filter, in tcpdump's syntax")
                // The usage and the last lines tell of it.
                .hide(true),
        )
        .arg(
            Arg::new("read")
                .short('r')
                .value_name("FILE")
                .value_parser(value_parser!(PathBuf))
                .help("Read a recorded feed, do not listen; with --forward, send it again"),
        )
        .arg(
            Arg::new("write")
                .short('w')
                .value_name("FILE")
                .value_parser(value_parser!(PathBuf))
                .help("File to write; - for standard output (default)"),
        )
        .arg(
            Arg::new("format")
                .long("format")
                .allow_hyphen_values(true)
                .value_name("FORMAT")
                .help(format!("Kind of file{}", choices(FORMATS))),
        )
        .arg(Arg::new("size").short('C').value_name("MB").help("Begin another file after so many million bytes"))
        .arg(
            Arg::new("seconds")
                .short('G')
                .value_name("SECONDS")
                .help("Begin another file after this time; -w takes strftime formats"),
        )
        .arg(Arg::new("files").short('W').value_name("N").help("Keep N files with -C, or end after N files with -G"))
        .arg(Arg::new("count").short('c').value_name("N").help("Stop after N packets"))
        .arg(Arg::new("duration").long("duration").value_name("SECONDS").help("Stop after this time"))
        .arg(
            Arg::new("speed")
                .long("speed")
                .allow_hyphen_values(true)
                .value_name("FACTOR")
                .help("Replay a recorded feed this many times faster"),
        )
        .arg(
            Arg::new("loop")
                .long("loop")
                .allow_hyphen_values(true)
                .value_name("N")
                .help("Replay it N times; 0 for until stopped"),
        )
        .args(PUBLISH.map(|help| Arg::new("publish").long("publish").value_name("TOPIC").help(help)))
        .args(
            [
                ("install", "Add the program, its script and profile to your own Wireshark"),
                ("uninstall", "Undo --install"),
            ]
            .map(|(name, help)| Arg::new(name).long(name).action(ArgAction::SetTrue).exclusive(true).help(help)),
        )
        .args(OPTIONS.iter().map(shown))
}

fn names(values: &[Value<'_>]) -> String {
    values.iter().map(|value| value.value).collect::<Vec<_>>().join(", ")
}

/// What a choice is between, the first being the default.
fn choices(values: &[Value<'_>]) -> String {
    let default = values[0].value;
    format!(" [{}]", names(values).replacen(default, &format!("{default} (default)"), 1))
}

/// The option's line of `--help`, with its values and its default.
fn help(option: &Opt) -> String {
    let values = match option.kind {
        Kind::Number { default: Some(default), .. } => format!(" [default: {default}]"),
        Kind::Choice(values) => choices(values),
        Kind::Several(values) => format!(" [default: {}]", names(values)),
        Kind::Switch(default) => format!(" [default: {default}]"),
        Kind::Number { .. } | Kind::Text { .. } | Kind::Needed { .. } | Kind::Scanned(_) | Kind::File { .. } => {
            String::new()
        }
    };
    format!("{}{values}", option.help)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(arguments: &[&str]) -> Words {
        read(std::iter::once("sflowdump").chain(arguments.iter().copied()).map(OsString::from)).unwrap()
    }

    #[test]
    fn the_grammar_is_sound() {
        command().debug_assert();
    }

    #[test]
    fn the_help_fits_a_screen() {
        let help = shell_command().render_help().to_string();
        let most = if cfg!(feature = "kafka") { 60 } else { 52 };
        assert!(help.lines().count() <= most, "{} lines", help.lines().count());
        let widest = help.lines().max_by_key(|line| line.len()).unwrap();
        assert!(widest.len() <= 100, "{}: {widest}", widest.len());
    }

    #[test]
    fn options_of_newer_hosts_are_ignored_with_their_values() {
        let words = words(&[
            "--capture",
            "--future-flag",
            "--future",
            "value",
            "--port",
            "7000",
            "--future=value",
            "--fifo=/tmp/x",
            "--extcap-capture-filter",
            "--port",
        ]);
        assert_eq!(words.value("port"), Some("7000"));
        assert_eq!(words.path("fifo"), Some(PathBuf::from("/tmp/x")));
        assert_eq!(words.filter(), "--port", "a value is never taken for an option");
    }

    #[test]
    fn the_shell_names_unknown_options() {
        let arguments = ["sflowdump", "--prot", "1"].map(OsString::from);
        assert!(read(arguments).unwrap_err().to_string().contains("--port"));
    }

    #[test]
    fn the_last_of_several_values_counts() {
        assert_eq!(words(&["--port", "1", "--port", "2"]).value("port"), Some("2"));
    }

    #[test]
    fn a_filter_is_the_rest_of_the_line() {
        assert_eq!(words(&["--port", "7000", "udp", "port", "53"]).filter(), "udp port 53");
    }
}
