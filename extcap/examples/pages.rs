//! Writes the manual page and the shells' completions, made from the same table of options as the command line.
//!
//!     cargo run --package sflowdump --example pages -- SOURCES FOLDER
//!
//! SOURCES has `sflowdump.1.in`, the page but for its options, and `options.txt`, what the page says of each. The files go below
//! FOLDER, into `man` and `completions`.

#[allow(dead_code)] // what reads a command line
#[path = "../src/cli.rs"]
mod cli;
#[allow(dead_code)]
#[path = "../src/options.rs"]
mod options;

use std::collections::HashMap;
use std::error::Error;
use std::fs;
use std::path::Path;

use clap::builder::PossibleValue;
use clap::{Arg, Command};
use clap_complete::{Shell, generate_to};
use clap_mangen::Man;
use options::{FORMATS, Kind, OPTIONS};

/// As mandoc's style wants it.
const WIDTH: usize = 80;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, sources, folder] = &arguments[..] else { return Err("two folders, please: SOURCES FOLDER".into()) };
    let (sources, folder) = (Path::new(sources), Path::new(folder));
    let completions = folder.join("completions");
    fs::create_dir_all(&completions)?;
    for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
        generate_to(shell, &mut with_values(cli::shell_command()), "sflowdump", &completions)?;
    }
    let page = fs::read_to_string(sources.join("sflowdump.1.in"))?;
    let texts = fs::read_to_string(sources.join("options.txt"))?;
    let page = page.replace("@VERSION@", env!("CARGO_PKG_VERSION")).replace("@OPTIONS@\n", &options_section(&texts)?);
    fs::create_dir_all(folder.join("man"))?;
    fs::write(folder.join("man/sflowdump.1"), folded(&page))?;
    Ok(())
}

/// The grammar with the values of choices, which the program itself checks later, and in its own words.
fn with_values(command: Command) -> Command {
    let possible = |values: &[options::Value<'static>]| {
        values.iter().map(|value| PossibleValue::new(value.value).help(value.label)).collect::<Vec<_>>()
    };
    let command = command.mut_arg("format", |argument| {
        argument.value_parser(FORMATS.iter().map(|format| format.value).collect::<Vec<_>>())
    });
    OPTIONS.iter().fold(command, |command, option| {
        command.mut_arg(option.name, |argument| match option.kind {
            Kind::Choice(values) => argument.value_parser(possible(values)),
            Kind::Several(values) => argument.value_parser(possible(values)).value_delimiter(','),
            Kind::Switch(_) => argument.value_parser(["true", "false"]),
            Kind::Number { .. } | Kind::Text { .. } | Kind::Needed { .. } | Kind::Scanned(_) | Kind::File { .. } => {
                argument
            }
        })
    })
}

/// The section OPTIONS: each option with its text, its values and its default.
fn options_section(texts: &str) -> Result<String, Box<dyn Error>> {
    let mut texts: HashMap<&str, &str> = texts.split("\n\n").filter_map(|text| text.trim().split_once('\n')).collect();
    let mut command = with_defaults(with_values(cli::shell_command()));
    command.build();
    let mut missing = Vec::new();
    command = command.mut_args(|argument| {
        let name = match (argument.get_long(), argument.get_short()) {
            (Some(long), _) => format!("--{long}"),
            (None, Some(short)) => format!("-{short}"),
            (None, None) => return argument,
        };
        let Some(text) = texts.remove(&name[..]) else {
            missing.push(name);
            return argument;
        };
        let values = argument.get_possible_values();
        let values: Vec<&str> = values.iter().map(PossibleValue::get_name).collect();
        let of = if argument.get_value_delimiter().is_some() { "Of" } else { "One of" };
        let values = if values.is_empty() { String::new() } else { format!(" {of}: {}.", values.join(", ")) };
        // Within the text they take less room than in lists of their own.
        argument.long_help(format!("{text}{values}")).hide_possible_values(true)
    });
    if !missing.is_empty() {
        return Err(format!("options.txt says nothing of {}", missing.join(", ")).into());
    }
    if let Some(name) = texts.keys().next() {
        return Err(format!("options.txt tells of {name}, which is no option").into());
    }
    let mut section = Vec::new();
    Man::new(command).render_options_section(&mut section)?;
    // Its groups are parts of the section, under the names that Wireshark's dialog has for them.
    let groups = OPTIONS.iter().map(|option| option.group.name());
    Ok(groups.fold(String::from_utf8(section)?, |section, group| {
        section.replace(&format!(".SH {}\n", group.to_uppercase()), &format!(".SS {group}\n"))
    }))
}

fn with_defaults(command: Command) -> Command {
    let command = command.mut_arg("format", |argument| argument.default_value(FORMATS[0].value));
    OPTIONS.iter().fold(command, |command, option| {
        let default = |argument: Arg| match option.kind {
            Kind::Choice(values) => argument.default_value(values[0].value),
            Kind::Several(values) => {
                let all: Vec<&str> = values.iter().map(|value| value.value).collect();
                argument.default_value(&*all.join(",").leak())
            }
            Kind::Switch(default) => argument.default_value(if default { "true" } else { "false" }),
            Kind::Number { default: Some(number), .. } => argument.default_value(&*number.to_string().leak()),
            Kind::Number { .. } | Kind::Text { .. } | Kind::Needed { .. } | Kind::Scanned(_) | Kind::File { .. } => {
                argument
            }
        };
        command.mut_arg(option.name, default)
    })
}

/// The page with its long lines of text folded between words.
fn folded(page: &str) -> String {
    let mut out = String::new();
    let mut is_filled = true;
    for line in page.lines() {
        is_filled = match line {
            ".nf" => false,
            ".fi" => true,
            _ => is_filled,
        };
        if !is_filled || line.starts_with('.') || line.len() <= WIDTH {
            out += line;
        } else {
            let mut width = 0;
            for word in line.split(' ') {
                // A line that begins with one of these is a request.
                let may_begin = !word.starts_with(['.', '\'']);
                if width > 0 && width + 1 + word.len() > WIDTH && may_begin {
                    out.push('\n');
                    width = 0;
                } else if width > 0 {
                    out.push(' ');
                    width += 1;
                }
                out += word;
                width += word.len();
            }
        }
        out.push('\n');
    }
    out
}
