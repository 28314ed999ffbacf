//! `--install` and `--uninstall`: Wireshark finds all of it, and nothing of anybody else's is touched.
#![cfg(target_os = "linux")]

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use flate2::Crc;

use support::tools::have;
use support::{Home, SFLOWDUMP, demo};

mod support;

/// What a call printed: of standard output and standard error, and how it ended.
struct Told {
    out: String,
    errors: String,
    code: Option<i32>,
}

impl Told {
    fn of(command: &mut Command) -> Self {
        let Output { stdout, stderr, status } = command.output().unwrap();
        let [out, errors] = [stdout, stderr].map(|bytes| String::from_utf8(bytes).unwrap());
        Told { out, errors, code: status.code() }
    }

    #[track_caller]
    fn good(self) -> Self {
        assert_eq!(self.code, Some(0), "{}{}", self.out, self.errors);
        self
    }

    #[track_caller]
    fn says(&self, what: &str, path: &Path, more: &str) {
        let line = format!("{what}{}{more}", path.display());
        let found = self.out.lines().chain(self.errors.lines()).any(|told| told.starts_with(&line));
        assert!(found, "no {line:?}: {}{}", self.out, self.errors);
    }
}

fn call(home: &Home, option: &str) -> Told {
    Told::of(home.command(SFLOWDUMP).arg(option))
}

/// A call in a home whose tshark is this shell script.
fn call_with_tshark(home: &Home, script: &str, option: &str) -> Told {
    let tshark = home.file("tmp/tshark");
    fs::write(&tshark, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&tshark, fs::Permissions::from_mode(0o755)).unwrap();
    Told::of(home.command(SFLOWDUMP).env("PATH", home.file("tmp")).arg(option))
}

/// Every file, link and folder below a folder, with what is in it.
fn tree(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let kind = fs::symlink_metadata(&path).unwrap().file_type();
        if kind.is_dir() {
            found.extend(tree(&path));
        }
        let contents = match (kind.is_symlink(), kind.is_file()) {
            (true, _) => fs::read_link(&path).unwrap().into_os_string().into_encoded_bytes(),
            (_, true) => fs::read(&path).unwrap(),
            _ => Vec::new(),
        };
        found.push((path, contents));
    }
    found.sort();
    found
}

const EXTCAP: &str = ".config/wireshark/extcap/sflowdump";
const SCRIPT: &str = ".local/lib/wireshark/plugins/sflowdump.lua";
const PROFILE: &str = ".config/wireshark/profiles/sFlow";
const MANUAL: &str = ".local/share/doc/sflowdump/sflowdump.html";

/// What Wireshark 4.0 prints of this home, and where capture programs for all users are.
fn folders(home: &Home, extcap_for_all: &Path) -> String {
    let home = home.path().display();
    format!(
        "echo 'Personal configuration:\t{home}/.config/wireshark'
         echo 'Personal Lua Plugins:\t{home}/.local/lib/wireshark/plugins'
         echo 'Extcap path:         \t{}'",
        extcap_for_all.display()
    )
}

/// Installs, with folders like those of 4.0, in an otherwise empty home.
fn install(home: &Home) -> Told {
    call_with_tshark(home, &folders(home, Path::new("/nowhere")), "--install")
}

fn uninstall(home: &Home) -> Told {
    call_with_tshark(home, "exit 1", "--uninstall")
}

#[test]
fn tshark_finds_the_interface_the_fields_and_the_profile_until_they_are_uninstalled() {
    if !have(&["tshark"]) {
        return;
    }
    let home = Home::bare();
    let recording = demo::recording();
    let with_profile = ["-C", "sFlow", "-r", recording.to_str().unwrap(), "-c", "1"];
    let has_all = || {
        [
            home.output("tshark", &["-D"]).contains("sflow (sFlow listener)"),
            home.output("tshark", &["-G", "fields"]).contains("\tsflowdump.agent\t"),
            Told::of(home.command("tshark").args(with_profile)).code == Some(0),
        ]
    };
    assert_eq!(has_all(), [false; 3]);
    let before = tree(home.path());
    let told = call(&home, "--install").good();
    assert_eq!(has_all(), [true; 3], "{}", told.out);
    for name in ["colorfilters", "dfilter_buttons", "io_graphs", "preferences"] {
        told.says("wrote ", &home.file(PROFILE).join(name), "");
    }

    let help = format!("{{help=file://{}}}", home.file(MANUAL).display());
    let is_offered = || home.output(SFLOWDUMP, &["--extcap-interfaces"]).lines().next().unwrap().contains(&help);
    assert!(is_offered());

    let installed = tree(home.path());
    let told = call(&home, "--install").good();
    told.says("", &home.file(SCRIPT), " is there already");
    assert!(!told.out.contains("wrote") && !told.out.contains("linked"), "{}", told.out);
    assert_eq!(tree(home.path()), installed);

    call(&home, "--uninstall").good();
    assert_eq!(tree(home.path()), before);
    assert_eq!(has_all(), [false; 3]);
    assert!(!is_offered(), "Wireshark complains of a page that is not there");
    assert!(call(&home, "--uninstall").good().out.contains("nothing is removed"));
}

#[test]
fn folders_that_were_there_stay() {
    let home = Home::bare();
    fs::create_dir_all(home.file(PROFILE)).unwrap();
    fs::create_dir_all(home.file(".local/state")).unwrap();
    let before = tree(home.path());
    install(&home).good();
    uninstall(&home).good();
    fs::remove_file(home.file("tmp/tshark")).unwrap();
    assert_eq!(tree(home.path()), before);
}

#[test]
fn what_others_made_is_refused_and_never_touched() {
    for (place, file, link) in [(0, EXTCAP, None), (1, EXTCAP, Some("/bin/sh")), (2, SCRIPT, None), (3, PROFILE, None)]
    {
        let home = Home::bare();
        let path = if place == 3 { home.file(PROFILE).join("preferences") } else { home.file(file) };
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        match link {
            Some(to) => symlink(to, &path).unwrap(),
            None => fs::write(&path, "mine").unwrap(),
        }
        fs::write(home.file("tmp/tshark"), "").unwrap();
        let names = |tree: &[(PathBuf, Vec<u8>)]| tree.iter().map(|(path, _)| path.clone()).collect::<Vec<_>>();
        let (before, profile) = (tree(home.path()), names(&tree(path.parent().unwrap())));
        let told = install(&home);
        assert_eq!(told.code, Some(1), "{}{}", told.out, told.errors);
        told.says("sflowdump: ", &path, " is there, and not from --install: left as it is");
        // The others are installed; of the profile nothing.
        let others = [EXTCAP, SCRIPT, &format!("{PROFILE}/colorfilters")].map(|file| home.file(file).exists());
        assert_eq!(others, [true, true, place != 3], "{}", told.out);
        if place == 3 {
            assert_eq!(names(&tree(path.parent().unwrap())), profile);
        }
        uninstall(&home).good();
        fs::write(home.file("tmp/tshark"), "").unwrap();
        assert_eq!(tree(home.path()), before);
    }
}

#[test]
fn what_the_user_changed_is_kept_and_named() {
    let home = Home::bare();
    install(&home).good();
    let (script, preferences) = (home.file(SCRIPT), home.file(PROFILE).join("preferences"));
    for path in [&script, &preferences] {
        fs::write(path, "changed").unwrap();
    }
    fs::remove_file(home.file(PROFILE).join("io_graphs")).unwrap();
    fs::write(home.file(PROFILE).join("recent"), "of Wireshark").unwrap();
    let changed = tree(home.path());
    let told = install(&home).good();
    for path in [&script, &preferences] {
        told.says("kept ", path, ": it was changed");
    }
    assert_eq!(tree(home.path()), changed);

    let told = uninstall(&home).good();
    for path in [&script, &preferences] {
        told.says("left ", path, ": it was changed");
        assert_eq!(fs::read(path).unwrap(), b"changed");
    }
    let names: Vec<_> = tree(&home.file(PROFILE)).into_iter().map(|(path, _)| path).collect();
    assert_eq!(names, ["preferences", "recent"].map(|name| home.file(PROFILE).join(name)));
    assert!(!home.file(EXTCAP).exists());
}

#[test]
fn a_folder_with_more_in_it_is_left_and_named() {
    let home = Home::bare();
    install(&home).good();
    fs::write(home.file(PROFILE).join("recent"), "of Wireshark").unwrap();
    let told = uninstall(&home).good();
    told.says("left ", &home.file(PROFILE), ": there is more in it");
    assert_eq!(told.out.matches("left ").count(), 1, "{}", told.out);
    install(&home).good();
}

#[test]
fn another_version_replaces_what_an_older_one_made() {
    let home = Home::bare();
    install(&home).good();
    let script = home.file(SCRIPT);
    let new = fs::read(&script).unwrap();
    // As the older version would have left it.
    let old = b"-- the script of an older version\n";
    let mut crc = Crc::new();
    crc.update(old);
    let record = home.file(".local/state/sflowdump/installed");
    let lines = fs::read_to_string(&record).unwrap();
    let line = lines.lines().find(|line| line.ends_with("sflowdump.lua")).unwrap();
    let older = format!("file\t{:08x}\t{}", crc.sum(), script.display());
    fs::write(&record, lines.replace(line, &older)).unwrap();
    fs::write(&script, old).unwrap();
    fs::remove_file(home.file(EXTCAP)).unwrap();
    symlink("/gone/sflowdump", home.file(EXTCAP)).unwrap();

    let told = install(&home).good();
    told.says("wrote ", &script, "");
    told.says("linked ", &home.file(EXTCAP), &format!(" to {SFLOWDUMP}"));
    assert_eq!(fs::read(&script).unwrap(), new);
    assert_eq!(fs::read_link(home.file(EXTCAP)).unwrap(), Path::new(SFLOWDUMP));
    uninstall(&home).good();
    assert_eq!(tree(home.path()).len(), 2, "the folder tmp with tshark");
}

#[test]
fn wireshark_s_folders_may_be_elsewhere() {
    if !have(&["tshark"]) {
        return;
    }
    for variable in ["XDG_CONFIG_HOME", "WIRESHARK_CONFIG_DIR"] {
        let home = Home::bare();
        let before = tree(home.path());
        let elsewhere = home.file("else where");
        let config = if variable == "XDG_CONFIG_HOME" { elsewhere.join("wireshark") } else { elsewhere.clone() };
        let command = |program: &str| {
            let mut command = home.command(program);
            command.env(variable, &elsewhere).env("XDG_STATE_HOME", home.file("state"));
            command
        };
        Told::of(command(SFLOWDUMP).arg("--install")).good().says(
            "wrote ",
            &config.join("profiles/sFlow/preferences"),
            "",
        );
        assert!(Told::of(command("tshark").arg("-D")).good().out.contains("sflow (sFlow listener)"), "{variable}");
        assert!(home.file("state/sflowdump/installed").exists() && !home.file(".config").exists());
        Told::of(command(SFLOWDUMP).arg("--uninstall")).good();
        assert_eq!(tree(home.path()), before);
    }
}

#[test]
fn without_tshark_the_usual_folders_are_taken() {
    let home = Home::bare();
    let before = tree(home.path());
    let without = |option| Told::of(home.command(SFLOWDUMP).env("PATH", "/nowhere").arg(option)).good();
    let told = without("--install");
    assert!(told.errors.contains("tshark, which knows Wireshark's folders, is not installed"), "{}", told.errors);
    for link in [EXTCAP, ".local/lib/wireshark/extcap/sflowdump"] {
        assert_eq!(fs::read_link(home.file(link)).unwrap(), Path::new(SFLOWDUMP));
    }
    assert!(home.file(SCRIPT).is_file() && home.file(PROFILE).is_dir());
    without("--uninstall");
    assert_eq!(tree(home.path()), before);
}

#[test]
fn a_tshark_that_fails_is_told_and_nothing_is_made() {
    for (script, why) in [
        ("echo no library >&2; exit 127", "tshark -G folders (exit status: 127): no library"),
        ("echo Temp: /tmp", "it does not name this user's folders"),
    ] {
        let home = Home::bare();
        let told = call_with_tshark(&home, script, "--install");
        assert_eq!(told.code, Some(1));
        assert!(told.errors.contains(why), "{}", told.errors);
        assert_eq!(tree(home.path()).len(), 2, "the folder tmp with tshark");
    }
}

#[test]
fn a_copy_for_all_users_is_warned_of() {
    let home = Home::bare();
    let copy = home.file("sflowdump");
    fs::write(&copy, "").unwrap();
    let told = call_with_tshark(&home, &folders(&home, home.path()), "--install").good();
    told.says("sflowdump: ", &copy, " is there for all users");
    assert!(!install(&Home::bare()).good().errors.contains("for all users:"));
}

#[test]
fn a_folder_that_cannot_be_written_is_told() {
    let home = Home::bare();
    fs::write(home.file(".config"), "no folder").unwrap();
    let told = install(&home);
    assert_eq!(told.code, Some(1));
    assert!(told.errors.contains(&format!("{}: ", home.file(EXTCAP).display())), "{}", told.errors);
    uninstall(&home).good();
    assert_eq!(fs::read(home.file(".config")).unwrap(), b"no folder");
    assert!(!home.file(".local").exists());
}

#[test]
fn nothing_else_goes_with_them() {
    let home = Home::bare();
    let told = Told::of(home.command(SFLOWDUMP).args(["--install", "-w", "out"]));
    assert_eq!(told.code, Some(1));
    assert!(told.errors.contains("--install"), "{}", told.errors);
    assert_eq!(tree(home.path()).len(), 1);
}
