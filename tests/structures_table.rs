//! `docs/structures.md` tells what the library does.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use sflowcap::flow::FlowRecord;

/// The cells of each row of a part of the table, without their backquotes.
fn rows(part: &str) -> Vec<[String; 4]> {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/structures.md")).unwrap();
    let (_, part) = text.split_once(&format!("## {part}\n")).expect("a part of that name");
    let part = part.split("\n## ").next().unwrap();
    let rows = part.lines().filter(|line| line.starts_with('|')).skip(2);
    rows.map(|row| {
        let cells: Vec<_> = row.trim_matches('|').split('|').map(|cell| cell.trim().replace('`', "")).collect();
        cells.try_into().expect("four cells")
    })
    .collect()
}

#[test]
fn the_table_has_every_flow_record_that_is_read_and_no_other() {
    let told: BTreeSet<_> =
        rows("Flow records").into_iter().map(|[number, name, variant, _]| (number, name, variant)).collect();
    let read: BTreeSet<_> = FlowRecord::TAGS
        .iter()
        .map(|(tag, name, variant)| (tag.to_string(), (*name).to_owned(), (*variant).to_owned()))
        .collect();
    assert!(!read.is_empty());
    assert_eq!(told, read);
}

#[test]
fn the_tests_that_the_table_names_exist() {
    for row in ["Samples and datagrams", "Flow records"].into_iter().flat_map(rows) {
        let (file, test) = row[3].split_once(": ").expect("a file and a test");
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(file).with_extension("rs");
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert!(text.contains(&format!("#[test]\nfn {test}(")), "{test} in {file}");
    }
}
