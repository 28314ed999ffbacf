//! What a Scan of Wireshark's dialog found. It is kept: the dialog shows a saved choice only where its list has it.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::PathBuf;

use crate::install::folder_of_user;

/// The most that are shown.
const MOST: usize = 2000;

/// Something to choose, and what it is called in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    pub value: String,
    pub label: String,
}

impl Choice {
    pub fn new(value: impl Into<String>, label: impl Into<String>) -> Self {
        Choice { value: value.into(), label: label.into() }
    }

    /// Whether it fits into a sentence of the dialog, and a line of the file.
    fn is_plain(&self) -> bool {
        let plain = |text: &str| !text.is_empty() && !text.contains(['{', '}', '\t', '\n', '\r']);
        plain(&self.value) && plain(&self.label)
    }
}

/// The choices of an option that the last Scan found.
pub fn kept(option: &str) -> Vec<Choice> {
    let text = file(option).and_then(|file| fs::read_to_string(file).ok()).unwrap_or_default();
    let choice = |line: &str| line.split_once('\t').map(|(value, label)| Choice::new(value, label));
    text.lines().filter_map(choice).filter(Choice::is_plain).take(MOST).collect()
}

/// The choices that are offered after a Scan: what was found, else what was found before, and always what is chosen. They are
/// kept, as far as they can be.
pub fn offer(option: &str, found: Vec<Choice>, chosen: Option<&str>) -> Vec<Choice> {
    let mut choices = if found.is_empty() { kept(option) } else { found };
    choices.retain(Choice::is_plain);
    choices.truncate(MOST);
    let values: HashSet<&str> = choices.iter().map(|choice| &choice.value[..]).collect();
    let missing = chosen.filter(|chosen| !values.contains(chosen)).map(|chosen| Choice::new(chosen, chosen));
    choices.extend(missing.filter(Choice::is_plain));
    // Without a place to keep them, the dialog forgets them with its end.
    _ = keep(option, &choices);
    choices
}

fn keep(option: &str, choices: &[Choice]) -> io::Result<()> {
    let Some(file) = file(option) else { return Ok(()) };
    fs::create_dir_all(file.parent().expect("a folder"))?;
    let lines: Vec<String> = choices.iter().map(|Choice { value, label }| format!("{value}\t{label}\n")).collect();
    fs::write(file, lines.concat())
}

fn file(option: &str) -> Option<PathBuf> {
    let cache = folder_of_user("XDG_CACHE_HOME", ".cache").ok()?;
    Some(cache.join("sflowdump").join(format!("scanned-{option}")))
}
