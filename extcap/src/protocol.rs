//! What Wireshark asks of an extcap before it captures, and the sentences that answer.
//!
//! A sentence is a word and `{key=value}` pairs on one line of standard output. A value must not hold a `}` that is followed
//! by a `{`, a space or the end of the line: that would end it.

use std::io::{self, Write};

use sflowcap::link::Framing;

use crate::bpf::Filter;
use crate::cli::Words;
use crate::options::{Kind, NO_INTERFACE, OPTIONS, Opt, Value};
use crate::{Failure, manual, print, tap, toolbar};

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
    if let Some(manual) = manual::url() {
        write!(out, "{{help={manual}}}")?;
    }
    writeln!(out)?;
    writeln!(out, "interface {{value={INTERFACE}}}{{display={DISPLAY}}}")?;
    toolbar::controls(out)
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
pub fn reload(option: &str, out: &mut dyn Write) -> io::Result<()> {
    let known = OPTIONS.iter().position(|known| known.name == option && matches!(known.kind, Kind::Interface));
    let Some(number) = known else { return config(out) };
    choice(out, number, &NO_INTERFACE, true)?;
    tap::interfaces().iter().try_for_each(|name| choice(out, number, &Value { value: name, label: name }, false))
}

/// An option of the dialog, and its values.
fn argument(out: &mut dyn Write, number: usize, option: &Opt) -> io::Result<()> {
    let Opt { name, group, label, help, kind, .. } = option;
    let group = group.name();
    write!(out, "arg {{number={number}}}{{call=--{name}}}{{display={label}}}{{tooltip={help}}}{{group={group}}}")?;
    match kind {
        Kind::Number { least, most, default } => {
            write!(out, "{{type=unsigned}}{{range={least},{most}}}")?;
            if let Some(default) = default {
                write!(out, "{{default={default}}}")?;
            }
            writeln!(out)
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
        Kind::Switch => writeln!(out, "{{type=boolean}}{{default=true}}"),
        Kind::Interface => {
            writeln!(out, "{{type=selector}}{{reload=true}}{{placeholder=Scan}}")?;
            choice(out, number, &NO_INTERFACE, true)
        }
        Kind::File => writeln!(out, "{{type=fileselect}}{{mustexist=false}}"),
    }
}

fn choice(out: &mut dyn Write, number: usize, Value { value, label }: &Value<'_>, default: bool) -> io::Result<()> {
    writeln!(out, "value {{arg={number}}}{{value={value}}}{{display={label}}}{{default={default}}}{{enabled=true}}")
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
