//! What `make install-library` installs is found by pkg-config, compilers and the dynamic linker.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Once;

use support::recording::RECORDING;
use support::{Language, ROOT, compiler, run};
use tools::have;

mod support;
#[path = "../../tests/e2e/support/tools.rs"]
#[allow(dead_code, reason = "the tests of the program use more of it")]
mod tools;

/// `make` with the library built in a folder of the tests.
fn make(words: &[&str]) {
    let mut make = Command::new("make");
    // What a make around this one was told is none of its business.
    for name in ["MAKEFLAGS", "MFLAGS", "PREFIX", "DESTDIR", "LIBDIR", "LIBRARYDIR", "PKGCONFIGDIR", "INCLUDEDIR"] {
        make.env_remove(name);
    }
    make.arg(format!("CARGO_TARGET_DIR={}/libsflowcap", env!("CARGO_TARGET_TMPDIR")));
    run(make.args(words).current_dir(ROOT));
}

/// Builds the library for release, once.
fn make_library() {
    static MADE: Once = Once::new();
    MADE.call_once(|| make(&["library"]));
}

fn printed(command: &mut Command) -> String {
    String::from_utf8(run(command).stdout).expect("text")
}

/// The files and links below a folder, by their paths in it.
fn files(folder: &Path) -> BTreeSet<String> {
    let list = printed(Command::new("find").args([".", "!", "-type", "d"]).current_dir(folder));
    list.lines().map(|path| path.trim_start_matches("./").to_owned()).collect()
}

/// pkg-config that knows this folder of .pc files alone.
fn pkg_config(folder: &Path) -> Command {
    let mut command = Command::new("pkg-config");
    command.env("PKG_CONFIG_LIBDIR", folder).env_remove("PKG_CONFIG_PATH").env_remove("PKG_CONFIG_SYSROOT_DIR");
    command
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

const VERSION: &str = env!("CARGO_PKG_VERSION");

#[test]
fn programs_are_built_by_pkg_config_and_find_the_library_when_they_run() {
    if !have(&["make", "pkg-config", "readelf", "nm"]) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let prefix = folder.path().join("prefix");
    let prefix_word = format!("PREFIX={}", prefix.display());
    make_library();
    make(&["install-library", &prefix_word]);
    let pc = files(&prefix).into_iter().find(|file| file.ends_with("pkgconfig/sflowcap.pc")).unwrap();
    let pkgconfig = prefix.join(pc).parent().unwrap().to_owned();
    let libraries = pkgconfig.parent().unwrap().to_owned();
    assert_eq!(printed(pkg_config(&pkgconfig).args(["--modversion", "sflowcap"])).trim(), VERSION);

    let cflags = words(&printed(pkg_config(&pkgconfig).args(["--cflags", "sflowcap"])));
    let shared = words(&printed(pkg_config(&pkgconfig).args(["--libs", "sflowcap"])));
    let all = words(&printed(pkg_config(&pkgconfig).args(["--libs", "--static", "sflowcap"])));
    let whole = [vec!["-static".to_owned()], all.clone()].concat();
    // Both forms of the library are there: the archive must be asked for.
    let archive = all.into_iter().map(|word| if word == "-lsflowcap" { "-l:libsflowcap.a".into() } else { word });
    let archive = archive.collect();
    for (form, libs) in [("shared", shared), ("archive", archive), ("static", whole)] {
        for language in [Language::C, Language::Cpp] {
            let program = folder.path().join(format!("{form}-{language:?}"));
            run(compiler(language, "capi/tests/c/walk.c").args(&cflags).args(&libs).arg("-o").arg(&program));
            let mut walk = Command::new(&program);
            walk.arg(Path::new(ROOT).join(RECORDING)).env_remove("LD_LIBRARY_PATH");
            if form == "shared" {
                walk.env("LD_LIBRARY_PATH", &libraries);
            }
            assert!(printed(&mut walk).starts_with("flow 921 discarded 30 "), "{form} {language:?}");
            let needed = printed(Command::new("readelf").arg("-d").arg(&program));
            let soname = format!("libsflowcap.so.{}", support::abi_version());
            assert_eq!(needed.contains(&format!("Shared library: [{soname}]")), form == "shared", "{needed}");
        }
    }
    make(&["uninstall", &prefix_word]);
    assert_eq!(files(&prefix), BTreeSet::new());
}

#[test]
fn packagers_get_every_file_where_they_want_it() {
    if !have(&["make", "pkg-config"]) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let destination = format!("DESTDIR={}", root.display());
    make_library();
    make(&["install-library", &destination, "PREFIX=/usr", "LIBDIR=/usr/lib64"]);
    let abi = support::abi_version();
    let file = format!("libsflowcap.so.{abi}.{VERSION}");
    let expected = [
        "usr/include/sflowcap.h".to_owned(),
        "usr/lib64/libsflowcap.a".into(),
        "usr/lib64/libsflowcap.so".into(),
        format!("usr/lib64/libsflowcap.so.{abi}"),
        format!("usr/lib64/{file}"),
        "usr/lib64/pkgconfig/sflowcap.pc".into(),
    ];
    assert_eq!(files(root), expected.into());
    let link = |name: &str| fs::read_link(root.join("usr/lib64").join(name)).unwrap();
    assert_eq!(link("libsflowcap.so"), PathBuf::from(format!("libsflowcap.so.{abi}")));
    assert_eq!(link(&format!("libsflowcap.so.{abi}")), PathBuf::from(file));
    // The same package serves those who build in another root.
    let mut pkg_config = pkg_config(&root.join("usr/lib64/pkgconfig"));
    pkg_config.env("PKG_CONFIG_SYSROOT_DIR", root).args(["--variable", "prefix", "sflowcap"]);
    let prefix = printed(&mut pkg_config);
    assert!([String::from("/usr"), format!("{}/usr", root.display())].contains(&prefix.trim().to_owned()), "{prefix}");
}

#[test]
fn the_shared_library_shows_what_the_header_declares_and_nothing_else() {
    if !have(&["make", "nm"]) {
        return;
    }
    make_library();
    let library = Path::new(env!("CARGO_TARGET_TMPDIR")).join("libsflowcap/release/libsflowcap.so");
    let symbols = printed(Command::new("nm").args(["-D", "--defined-only", "--format=just-symbols"]).arg(library));
    let symbols: BTreeSet<&str> = symbols.split_whitespace().collect();
    let header = fs::read_to_string(Path::new(ROOT).join("include/sflowcap.h")).unwrap();
    let declared: BTreeSet<&str> = header
        .split("#endif // __cplusplus")
        .nth(1)
        .expect("functions")
        .split("/*")
        .filter_map(|part| part.split_once("*/")?.1.split_once('(')?.0.rsplit([' ', '*']).next())
        .filter(|name| name.starts_with("sflowcap_"))
        .collect();
    assert!(declared.len() > 15, "{declared:?}");
    assert_eq!(symbols, declared);
}
