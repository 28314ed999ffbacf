//! What Wireshark asks of an extcap before it captures, and the sentences that answer.
//!
//! A sentence is a word and `{key=value}` pairs on one line of standard output. A value must not hold a `}` that is followed
//! by a `{`, a space or the end of the line: that would end it.

use std::io::{self, Write};

use sflowcap::link::Framing;

use crate::bpf::Filter;
use crate::choices::{self, Choice};
use crate::cli::Words;
use crate::options::{Kind, OPTIONS, Opt, Value};
use crate::{Failure, manual, print, scan, tap, toolbar};

/// The name of the interface, and what Wireshark calls it.
pub const INTERFACE: &str = "sflow";
const DISPLAY: &str = "sFlow listener";

/// Questions about an interface are about ours.
pub fn known_interface(words: &Words) -> Result<(), Failure> {
    match words.value("extcap-interface") {
        Some(INTERFACE) => Ok(()),
        Some(other) => Err(Failure::new(format!("--extcap-interface: '{other}' is not {INTERFACE}"))),
        None => Err(Failure::new(format!("--extcap-interface {INTERFACE} is missing"))),
    }
}

/// `--extcap-capture-filter` alone: what is printed makes the filter field red, and is its tooltip; nothing makes it green; a
/// failure yellow.
pub fn check_filter(words: &Words) -> Result<(), Failure> {
    known_interface(words)?;
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
    write!(out, "extcap {{version={}}}{{display={DISPLAY}}}", env!("CARGO_PKG_VERSION"))?;
    let manual = manual::url();
    if let Some(manual) = &manual {
        write!(out, "{{help={manual}}}")?;
    }
    writeln!(out)?;
    writeln!(out, "interface {{value={INTERFACE}}}{{display={DISPLAY}}}")?;
    toolbar::controls(manual.is_some(), out)
}

/// `--extcap-dlts`.
pub fn dlts(out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "dlt {{number=1}}{{name=EN10MB}}{{display=Ethernet}}")
}

/// `--extcap-config`.
pub fn config(out: &mut dyn Write) -> io::Result<()> {
    OPTIONS.iter().enumerate().try_for_each(|(number, option)| argument(out, number, option))
}

/// `--extcap-reload-option`: the values of an option, looked up anew. All options for one that needs no looking up.
pub fn reload(option: &str, words: &Words, out: &mut dyn Write) -> io::Result<()> {
    let known = OPTIONS.iter().enumerate().find_map(|(number, known)| match known.kind {
        Kind::Scanned(none) if known.name == option => Some((number, none)),
        _ => None,
    });
    let Some((number, none)) = known else { return config(out) };
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
        Kind::File => writeln!(out, "{{type=fileselect}}{{mustexist=false}}"),
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
        for line in answer(config).lines() {
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
        assert!(!DISPLAY.contains('/'));
        assert!(answer(interfaces).lines().next().unwrap().starts_with("extcap "));
    }
}
