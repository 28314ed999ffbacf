//! The example `topcapng`, a program of C that uses the library, beside sflowdump.

#[path = "../../capi/tests/support/mod.rs"]
mod c;
mod support;

use c::{Form, Language};
use support::tools::have;
use support::{Home, SFLOWDUMP, demo};

#[test]
fn tshark_reads_the_same_packets_from_a_program_of_c_as_from_sflowdump() {
    if !have(&["tshark"]) {
        return;
    }
    let home = Home::bare();
    let program = c::build("examples/c/topcapng.c", (Language::C, Form::Shared), home.path());
    let [ours, theirs] = ["sflowdump.pcapng", "topcapng.pcapng"].map(|name| home.file(name));
    let recording = demo::recording();
    c::run(home.command(SFLOWDUMP).arg("-r").arg(&recording).arg("-w").arg(&ours));
    c::run(c::command(&program).arg(&recording).arg(&theirs));
    let packets = |file: &std::path::Path| {
        let mut tshark = home.command("tshark");
        tshark.arg("-r").arg(file).args(["-T", "fields"]);
        for field in [
            "frame.number",
            "frame.time_epoch",
            "frame.len",
            "frame.interface_name",
            "frame.interface_description",
            "frame.packet_flags",
            "frame.comment",
            "frame.protocols",
            "_ws.col.Info",
        ] {
            tshark.args(["-e", field]);
        }
        String::from_utf8(c::run(&mut tshark).stdout).expect("text")
    };
    let expected = packets(&ours);
    assert_eq!(expected.lines().count(), 951);
    assert!(packets(&theirs) == expected);
}
