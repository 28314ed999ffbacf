//! C programs, built as their users build them, against both forms of the library.

use std::path::Path;
use std::process::{Command, Output};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

fn run(command: &mut Command) -> Output {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {output:?}");
    output
}

/// Builds the library; returns its folder.
fn library() -> std::path::PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("libsflowcap");
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--locked", "--package", "libsflowcap", "--target-dir"]).arg(&target).current_dir(ROOT);
    run(&mut cargo);
    target.join("debug")
}

#[test]
fn c_finds_what_is_in_a_recording_as_the_program_does() {
    let library = library();
    let folder = tempfile::tempdir().unwrap();
    let shared = ["-L".to_owned() + library.to_str().unwrap(), "-lsflowcap".to_owned()];
    let alone =
        [library.join("libsflowcap.a").to_str().unwrap().to_owned(), "-lpthread".into(), "-ldl".into(), "-lm".into()];
    // The shared library is found by its name for the dynamic linker, which has the version that the header tells.
    let header = std::fs::read_to_string(Path::new(ROOT).join("include/sflowcap.h")).unwrap();
    let abi = header.lines().find_map(|line| line.strip_prefix("#define SFLOWCAP_ABI_VERSION ")).unwrap();
    let name = folder.path().join(format!("libsflowcap.so.{abi}"));
    std::os::unix::fs::symlink(library.join("libsflowcap.so"), name).unwrap();
    for (compiler, language) in [("cc", &["-std=c11"][..]), ("c++", &["-xc++", "-std=c++17"])] {
        for (form, libraries) in [("shared", &shared[..]), ("static", &alone)] {
            let program = folder.path().join(format!("walk-{compiler}-{form}"));
            let mut build = Command::new(compiler);
            build.args(language).args([
                "-Wall",
                "-Wextra",
                "-Werror",
                "-I",
                "include",
                "capi/tests/c/walk.c",
                "-xnone",
            ]);
            run(build.args(libraries).arg("-o").arg(&program).current_dir(ROOT));
            let mut walk = Command::new(&program);
            walk.arg("fixtures/demo.pcap").current_dir(ROOT).env("LD_LIBRARY_PATH", folder.path());
            let printed = String::from_utf8(run(&mut walk).stdout).unwrap();
            assert_eq!(printed, "flow 921 discarded 30 counters 24 headers 951 faults 0\n", "{compiler} {form}");
        }
    }
}
