//! The documents tell what the library does: `docs/structures.md` of structures, the manual page of comments.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use sflowcap::counters::CounterRecord;
use sflowcap::flow::FlowRecord;
use sflowcap::sample::Tag;

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The cells of each row of a part of the table, without their backquotes.
fn rows(part: &str) -> Vec<[String; 4]> {
    let text = read("docs/structures.md");
    let (_, part) = text.split_once(&format!("## {part}\n")).expect("a part of that name");
    let part = part.split("\n## ").next().unwrap();
    let rows = part.lines().filter(|line| line.starts_with('|')).skip(2);
    rows.map(|row| {
        let cells: Vec<_> = row.trim_matches('|').split('|').map(|cell| cell.trim().replace('`', "")).collect();
        cells.try_into().expect("four cells")
    })
    .collect()
}

/// Whether a part has exactly the structures that are read.
fn has_all(part: &str, read: &[(Tag, &str, &str)]) {
    let told: BTreeSet<_> = rows(part).into_iter().map(|[number, name, variant, _]| (number, name, variant)).collect();
    let read: BTreeSet<_> =
        read.iter().map(|(tag, name, variant)| (tag.to_string(), (*name).to_owned(), (*variant).to_owned())).collect();
    assert!(!read.is_empty());
    assert_eq!(told, read);
}

#[test]
fn the_table_has_every_flow_record_that_is_read_and_no_other() {
    has_all("Flow records", FlowRecord::TAGS);
}

#[test]
fn the_table_has_every_counter_record_that_is_read_and_no_other() {
    has_all("Counter records", CounterRecord::TAGS);
}

#[test]
fn the_tests_that_the_table_names_exist() {
    for row in ["Samples and datagrams", "Flow records"].into_iter().flat_map(rows) {
        let (file, test) = row[3].split_once(": ").expect("a file and a test");
        assert!(read(&format!("tests/{file}.rs")).contains(&format!("#[test]\nfn {test}(")), "{test} in {file}");
    }
    // Tests of counter records are made from their layouts, each named after its structure.
    for [_, name, _, test] in rows("Counter records") {
        assert_eq!(test, format!("counter_structures: every_field_is_read_where_it_stands::{name}"));
    }
}

/// The keys of the table at the top of `src/metadata.rs`.
fn keys_of_comments() -> BTreeSet<String> {
    let source = read("src/metadata.rs");
    let rows = source.lines().filter_map(|line| line.strip_prefix("//! | `")?.split_once("` |"));
    let keys = rows.flat_map(|(keys, _)| keys.split("`, `")).map(str::to_owned).collect();
    assert!(["agent", "tcp.reordering", "unread"].iter().all(|key| BTreeSet::contains(&keys, *key)), "{keys:?}");
    keys
}

#[test]
fn the_manual_page_has_every_key_of_a_comment_and_no_other() {
    let page = read("packaging/man/sflowdump.1");
    let (_, section) = page.split_once("\n.SH COMMENTS\n").expect("a section about comments");
    let section = section.split("\n.SH ").next().unwrap();
    // Each item begins with its keys in bold.
    let tags = section.split("\n.TP\n").skip(1).map(|item| item.lines().next().unwrap());
    let told: BTreeSet<String> = tags
        .flat_map(|tag| tag.trim_start_matches(".BR").trim_start_matches(".B").split(['"', ',', ' ']))
        .filter(|key| !key.is_empty())
        .map(str::to_owned)
        .collect();
    assert_eq!(told, keys_of_comments());
}
