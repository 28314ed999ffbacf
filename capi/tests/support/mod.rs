//! C and C++ programs, built as their users build them, against both forms of the library.
#![allow(dead_code, reason = "each test uses a part of it")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

pub mod recording;
/// The project's folder: that of this package, and of the program's, is in it.
pub const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// Runs a command, which must succeed.
#[track_caller]
pub fn run(command: &mut Command) -> Output {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let Output { status, stdout, stderr } = &output;
    let [stdout, stderr] = [stdout, stderr].map(|bytes| String::from_utf8_lossy(bytes));
    assert!(status.success(), "{command:?}: {status}\n{stdout}\n{stderr}");
    output
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    Debug,
    Release,
}

/// Builds the library, once for a profile; returns its folder.
pub fn library(profile: Profile) -> &'static Path {
    static DEBUG: OnceLock<PathBuf> = OnceLock::new();
    static RELEASE: OnceLock<PathBuf> = OnceLock::new();
    let (built, name, words) = match profile {
        Profile::Debug => (&DEBUG, "debug", &[][..]),
        Profile::Release => (&RELEASE, "release", &["--release"][..]),
    };
    built.get_or_init(|| {
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("libsflowcap");
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["build", "--locked", "--package", "libsflowcap", "--target-dir"]).arg(&target).args(words);
        run(cargo.current_dir(ROOT));
        let folder = target.join(name);
        // By this name the dynamic linker looks for it.
        let name = folder.join(format!("libsflowcap.so.{}", abi_version()));
        if !name.exists() {
            std::os::unix::fs::symlink("libsflowcap.so", name).expect("a link");
        }
        folder
    })
}

/// The version of the binary interface that the header tells.
pub fn abi_version() -> u32 {
    let header = std::fs::read_to_string(Path::new(ROOT).join("include/sflowcap.h")).expect("the header");
    let version = header.lines().find_map(|line| line.strip_prefix("#define SFLOWCAP_ABI_VERSION "));
    version.expect("a version").parse().expect("a number")
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    C,
    Cpp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Shared,
    Static,
}

pub const EVERY_WAY: [(Language, Form); 4] = [
    (Language::C, Form::Shared),
    (Language::C, Form::Static),
    (Language::Cpp, Form::Shared),
    (Language::Cpp, Form::Static),
];

/// A compiler that takes every warning for an error, with this source, which may be of C alone.
pub fn compiler(language: Language, source: &str) -> Command {
    let (name, words) = match language {
        Language::C => ("cc", &["-std=c11"][..]),
        Language::Cpp => ("c++", &["-std=c++17", "-xc++"][..]),
    };
    let mut compiler = Command::new(name);
    compiler.args(["-Wall", "-Wextra", "-Werror", "-g"]).args(words);
    compiler.arg(Path::new(ROOT).join(source)).arg("-xnone");
    compiler
}

/// Builds a program from a source of the project into a folder.
pub fn build(source: &str, (language, form): (Language, Form), folder: &Path) -> PathBuf {
    let library = library(Profile::Debug);
    let name = Path::new(source).file_stem().expect("a name").to_string_lossy();
    let program = folder.join(format!("{name}-{language:?}-{form:?}"));
    let mut compiler = compiler(language, source);
    compiler.arg("-I").arg(Path::new(ROOT).join("include")).arg("-o").arg(&program).arg("-pthread");
    match form {
        Form::Shared => compiler.arg("-L").arg(library).arg("-lsflowcap"),
        Form::Static => compiler.arg(library.join("libsflowcap.a")).args(["-ldl", "-lm"]),
    };
    run(&mut compiler);
    program
}

/// A command that finds the shared library.
pub fn command(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new(program);
    command.env("LD_LIBRARY_PATH", library(Profile::Debug)).current_dir(ROOT);
    command
}

/// The same under valgrind, which makes it fail at the first wrong access or leak.
pub fn under_valgrind(program: &Path) -> Command {
    let mut command = command("valgrind");
    command.args([
        "--quiet",
        "--error-exitcode=99",
        "--leak-check=full",
        "--show-leak-kinds=definite,indirect,possible",
    ]);
    command.args(["--errors-for-leak-kinds=definite,indirect,possible", "--track-fds=no"]).arg(program);
    command
}
