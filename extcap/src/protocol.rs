//! What Wireshark asks of an extcap before it captures, and the sentences that answer.
//!
//! A sentence is a word and `{key=value}` pairs on one line of standard output. A value must not hold a `}` that is followed
//! by a `{`, a space or the end of the line: that would end it.

use std::io::{self, Write};

use sflowcap::link::Framing;

use crate::bpf::Filter;
use crate::choices::{self, Choice};
use crate::cli::Words;
use crate::options::{Group, Kind, OPTIONS, Opt, Value};
use crate::{Failure, manual, print, scan, tap, toolbar};

/// An interface to capture on.
#[derive(Debug, PartialEq, Eq)]
pub struct Interface {
    /// Its name.
    name: &'static str,
    /// What Wireshark calls it.
    display: &'static str,
    /// The group of options that say where datagrams come from.
    source: Group,
}

/// All of them; what the first is called stands for the whole program, too.
const INTERFACES: &[Interface] = &[
    Interface { name: "sflow", display: "sFlow listener", source: Group::Listen },
    #[cfg(feature = "kafka")]
    Interface { name: "sflow-kafka", display: "sFlow from Kafka", source: Group::Kafka },
];

impl Interface {
    /// The one that a call is about.
    pub fn of(words: &Words) -> Result<&'static Interface, Failure> {
        let names: Vec<&str> = INTERFACES.iter().map(|interface| interface.name).collect();
        let names = names.join(" or ");
        let Some(name) = words.value("extcap-interface") else {
            return Err(Failure::new(format!("--extcap-interface {names} is missing")));
        };
        let known = INTERFACES.iter().find(|interface| interface.name == name);
        known.ok_or_else(|| Failure::new(format!("--extcap-interface: '{name}' is not {names}")))
    }

    /// Its options, with the numbers that they have in the dialog.
    fn options(&self) -> impl Iterator<Item = (usize, &'static Opt)> {
        let others: Vec<Group> = INTERFACES.iter().filter(|other| *other != self).map(|other| other.source).collect();
        OPTIONS.iter().enumerate().filter(move |(_, option)| !others.contains(&option.group))
    }

    /// Whether a capture on it can begin: what it cannot do without is there.
    pub fn is_ready(&self, words: &Words) -> Result<(), Failure> {
        for (_, option) in self.options() {
            let Kind::Needed { hint, .. } = option.kind else { continue };
            if words.value(option.name).is_none_or(|value| value.trim().is_empty()) {
                let preference = format!("extcap.{}.{}", self.name.replace('-', "_"), option.name.replace('-', ""));
                let Opt { name, label, .. } = option;
                return Err(Failure::new(format!(
                    "--{name} is missing: {label}, such as {hint} (for tshark: -o {preference}:{hint})"
                )));
            }
        }
        Ok(())
    }
}

/// `--extcap-capture-filter` alone: what is printed makes the filter field red, and is its tooltip; nothing makes it green; a
/// failure yellow.
pub fn check_filter(words: &Words) -> Result<(), Failure> {
    Interface::of(words)?;
    let text = words.filter();
    if text.trim().is_empty() {
        return Ok(());
    }
    match Filter::compile(&text, Framing::Ethernet) {
        Ok(_) => Ok(()),
        Err(failure) if failure.is_users() => print(|out| writeln!(out, "{failure}")),
        Err(failure) => Err(failure),
    }
}

/// `--extcap-interfaces`.
pub fn interfaces(out: &mut dyn Write) -> io::Result<()> {
    write!(out, "extcap {{version={}}}{{display={}}}", env!("CARGO_PKG_VERSION"), INTERFACES[0].display)?;
    let manual = manual::url();
    if let Some(manual) = &manual {
        write!(out, "{{help={manual}}}")?;
    }
    writeln!(out)?;
    for Interface { name, display, .. } in INTERFACES {
        writeln!(out, "interface {{value={name}}}{{display={display}}}")?;
    }
    toolbar::controls(manual.is_some(), out)
}

/// `--extcap-dlts`.
pub fn dlts(out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "dlt {{number=1}}{{name=EN10MB}}{{display=Ethernet}}")
}

/// `--extcap-config`.
pub fn config(interface: &Interface, out: &mut dyn Write) -> io::Result<()> {
    interface.options().try_for_each(|(number, option)| argument(out, number, option))
}

/// `--extcap-reload-option`: the values of an option, looked up anew. All options for one that needs no looking up.
pub fn reload(interface: &Interface, option: &str, words: &Words, out: &mut dyn Write) -> io::Result<()> {
    let known = interface.options().find_map(|(number, known)| match known.kind {
        Kind::Scanned(none) if known.name == option => Some((number, none)),
        _ => None,
    });
    let Some((number, none)) = known else { return config(interface, out) };
    let found = match option {
        "tap" => tap::interfaces(),
        "agent" => scan::agents(words),
        _ => scan::interfaces(words),
    };
    // There is no other place in the dialog to tell why the list is empty.
    let (found, label) = match found {
        Ok(found) => (found, none.label.to_owned()),
        Err(failure) => (Vec::new(), format!("{}: {}", plain(&failure.to_string()), none.label.to_lowercase())),
    };
    choice(out, number, &Value { value: none.value, label: &label }, true)?;
    let chosen = words.value(option).filter(|chosen| *chosen != none.value);
    choices::offer(option, found, chosen).iter().try_for_each(|found| offer(out, number, found))
}

/// What is wrong, without what to do, which has no room in a list, and without what would end a sentence.
fn plain(failure: &str) -> String {
    let wrong = failure.split_once("; ").map_or(failure, |(wrong, _)| wrong);
    wrong.chars().filter(|letter| !letter.is_control() && !matches!(letter, '{' | '}')).collect()
}

/// An option of the dialog, and its values.
fn argument(out: &mut dyn Write, number: usize, option: &Opt) -> io::Result<()> {
    let Opt { name, group, label, help, more, kind, .. } = option;
    let group = group.name();
    write!(
        out,
        "arg {{number={number}}}{{call=--{name}}}{{display={label}}}{{tooltip={help}. {more}}}{{group={group}}}"
    )?;
    match kind {
        Kind::Number { least, most, default } => {
            let default = default.unwrap_or(0);
            writeln!(out, "{{type=unsigned}}{{range={least},{most}}}{{default={default}}}")
        }
        Kind::Text { hint, pattern } => {
            writeln!(out, "{{type=string}}{{placeholder={hint}}}{{validation={pattern}}}")
        }
        Kind::Needed { hint, pattern } => {
            writeln!(out, "{{type=string}}{{required=true}}{{placeholder={hint}}}{{validation={pattern}}}")
        }
        Kind::Choice(values) => {
            writeln!(out, "{{type=selector}}")?;
            values.iter().enumerate().try_for_each(|(place, value)| choice(out, number, value, place == 0))
        }
        Kind::Several(values) => {
            writeln!(out, "{{type=multicheck}}")?;
            values.iter().try_for_each(|value| choice(out, number, value, true))
        }
        Kind::Switch(default) => writeln!(out, "{{type=boolean}}{{default={default}}}"),
        Kind::Scanned(none) => {
            writeln!(out, "{{type=selector}}{{reload=true}}{{placeholder=Scan}}")?;
            choice(out, number, none, true)?;
            choices::kept(name).iter().try_for_each(|kept| offer(out, number, kept))
        }
        Kind::File { must_exist } => writeln!(out, "{{type=fileselect}}{{mustexist={must_exist}}}"),
    }
}

fn choice(out: &mut dyn Write, number: usize, Value { value, label }: &Value<'_>, default: bool) -> io::Result<()> {
    writeln!(out, "value {{arg={number}}}{{value={value}}}{{display={label}}}{{default={default}}}{{enabled=true}}")
}

fn offer(out: &mut dyn Write, number: usize, Choice { value, label }: &Choice) -> io::Result<()> {
    choice(out, number, &Value { value, label }, false)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(ask: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> String {
        let mut out = Vec::new();
        ask(&mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn no_value_ends_before_its_sentence_does() {
        let lines: String = INTERFACES.iter().map(|interface| answer(|out| config(interface, out))).collect();
        for line in lines.lines() {
            let pairs = line.split_once(' ').unwrap().1;
            let inner = pairs.strip_prefix('{').unwrap().strip_suffix('}').unwrap();
            for pair in inner.split("}{") {
                assert!(pair.contains('='), "{line}");
                assert!(!pair.contains("} ") && !pair.ends_with('}'), "{line}");
            }
        }
    }

    #[test]
    fn the_display_name_can_be_a_file_name() {
        assert!(INTERFACES.iter().all(|interface| !interface.display.contains('/')));
        assert!(answer(interfaces).lines().next().unwrap().starts_with("extcap "));
    }
}
