//! C and C++ programs that use the library find what Rust finds, and do no harm.

use std::num::NonZeroU32;
use std::process::Output;

use sflowcap::capture::{Content, Converter, Format, Options, PacketFilter};
use sflowcap::link::{Framing, LinkType};
use sflowcap::sample::{Direction, Sample};
use sflowcap::select::{Kinds, Selection};

use support::recording::{RECORDING, recorded};
use support::{EVERY_WAY, Form, Language, build, command, run, under_valgrind};
use tools::have;

mod support;
#[path = "../../tests/e2e/support/tools.rs"]
#[allow(dead_code, reason = "the tests of the program use more of it")]
mod tools;

/// What the walk finds in the recording.
fn walked() -> String {
    let (mut records, mut bytes, mut headers) = (0, 0, 0);
    recorded(|received| {
        let datagram = sflowcap::Datagram::parse(received.bytes).unwrap();
        for sample in datagram.samples() {
            let walk = match sample.unwrap() {
                Sample::Flow(sample) => sample.records(),
                Sample::Discarded(sample) => sample.records(),
                Sample::Counters(sample) => {
                    for record in sample.records() {
                        records += 1;
                        bytes += record.unwrap().body().len();
                    }
                    continue;
                }
                _ => continue,
            };
            for record in walk {
                let record = record.unwrap();
                records += 1;
                bytes += record.body().len();
                headers += u32::from(record.tag.0 == 1);
            }
        }
    });
    format!(
        "flow 921 discarded 30 counters 24 headers 951 faults 0\n\
         records {records} sampled_header {headers} bytes {bytes}\n"
    )
}

#[test]
fn a_walk_finds_what_is_in_a_recording() {
    let folder = tempfile::tempdir().unwrap();
    let expected = walked();
    for way in EVERY_WAY {
        let program = build("capi/tests/c/walk.c", way, folder.path());
        let Output { stdout, .. } = run(command(&program).arg(RECORDING));
        assert_eq!(String::from_utf8_lossy(&stdout), expected, "{way:?}");
        if way == EVERY_WAY[0] && have(&["valgrind"]) {
            run(under_valgrind(&program).arg(RECORDING));
        }
    }
}

#[test]
fn calls_that_go_wrong_are_told_by_their_status_and_do_no_harm() {
    let folder = tempfile::tempdir().unwrap();
    for way in EVERY_WAY {
        let program = build("capi/tests/c/calls.c", way, folder.path());
        run(&mut command(&program));
        if way == EVERY_WAY[0] && have(&["valgrind"]) {
            run(&mut under_valgrind(&program));
        }
    }
}

/// As the C program's filter.
#[derive(Debug)]
struct Odd;

impl PacketFilter for Odd {
    fn matches(&self, packet: &[u8], _: u32, link_type: LinkType) -> bool {
        link_type == LinkType::ETHERNET && packet.last().is_some_and(|last| last % 2 != 0)
    }
}

/// What Rust makes of the recording, up to the end that the options set.
fn converted(options: Options) -> (Vec<u8>, String) {
    let mut converter = Converter::new(options);
    let mut file = Vec::new();
    converter.begin(1, &mut file);
    recorded(|received| {
        if !converter.is_done() {
            converter.datagram(received, Some(&mut file), |_| ());
        }
    });
    let end = if converter.is_done() { "no more" } else { "success" };
    converter.statistics(2, 3, ", 3 datagrams lost before they came here", &mut file);
    let totals = converter.totals();
    let told = format!(
        "end {end}\ndatagrams {} packets {} written {} datagrams written {}\n",
        totals.datagrams, totals.packets, totals.written, totals.written_datagrams
    );
    (file, told)
}

#[test]
fn a_converter_makes_the_file_that_rust_makes_whatever_the_options() {
    let default = || Options { comments: true, synthetic: true, ..Options::default() };
    let selected = |selection| Options { selection, ..default() };
    let cases: [(&[&str], Options); 13] = [
        (&[], default()),
        (
            &["application=a", "os=ö", "description=c", "filter_text=d"],
            Options {
                application: "a".into(),
                os: "ö".into(),
                description: "c".into(),
                filter_text: "d".into(),
                ..default()
            },
        ),
        (
            &["agents=!2001:db8::1"],
            selected(Selection { agents: "!2001:db8::1".parse().unwrap(), ..Default::default() }),
        ),
        (&["senders=!10.0.0.1"], selected(Selection { senders: "!10.0.0.1".parse().unwrap(), ..Default::default() })),
        (&["interfaces=1-2"], selected(Selection { interfaces: "1-2".parse().unwrap(), ..Default::default() })),
        (&["direction=1"], selected(Selection { direction: Some(Direction::In), ..Default::default() })),
        (&["direction=2"], selected(Selection { direction: Some(Direction::Out), ..Default::default() })),
        (&["kinds=2"], selected(Selection { kinds: Kinds { flow: false, discard: true }, ..Default::default() })),
        (&["filter=odd"], Options { filter: Some(Box::new(Odd)), ..default() }),
        (&["max_rate=200", "seed=7"], Options { max_rate: NonZeroU32::new(200), seed: 7, ..default() }),
        (
            &["content=2", "comments=0", "synthetic=0", "link_type=1"],
            Options { content: Content::Both, framing: Framing::Native, ..Options::default() },
        ),
        (&["format=1"], Options { format: Format::Pcap, ..default() }),
        (
            &["content=1", "most_packets=100"],
            Options { content: Content::Datagrams, most_packets: Some(100), ..default() },
        ),
    ];
    let folder = tempfile::tempdir().unwrap();
    let program = build("capi/tests/c/convert.c", (Language::C, Form::Shared), folder.path());
    let mut files = Vec::new();
    for (words, options) in cases {
        let (file, told) = converted(options);
        let Output { stdout, stderr, .. } = run(command(&program).arg(RECORDING).args(words));
        assert!(stdout == file, "{words:?}: {} bytes, and {} of Rust", stdout.len(), file.len());
        let stderr = String::from_utf8_lossy(&stderr);
        let said = stderr.split_inclusive('\n').filter(|line| !line.starts_with("event")).collect::<String>();
        assert_eq!(said, told, "{words:?}");
        // Every option counts.
        assert!(!files.contains(&file), "{words:?} change nothing");
        files.push(file);
    }
}

#[test]
fn a_converter_is_the_same_in_every_language_and_form() {
    let (file, _) = converted(Options { comments: true, synthetic: true, ..Options::default() });
    let folder = tempfile::tempdir().unwrap();
    for way in EVERY_WAY {
        let program = build("capi/tests/c/convert.c", way, folder.path());
        assert!(run(command(&program).arg(RECORDING)).stdout == file, "{way:?}");
        if way == EVERY_WAY[0] && have(&["valgrind"]) {
            run(under_valgrind(&program).args([RECORDING, "agents=::/0", "filter=odd", "content=2"]));
        }
    }
}
