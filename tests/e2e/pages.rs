//! The manual page and the shells' completions: they are sound, and the page's examples do what they say.
#![cfg(target_os = "linux")]

use std::fs;
use std::path::{Path, PathBuf};

use rustix::process::{Signal, kill_process};

use support::capture::Capture;
use support::process::Running;
use support::tools::have;
use support::{Home, SFLOWDUMP, demo, free_port};

mod support;

fn packaging(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../packaging").join(name).canonicalize().unwrap()
}

/// What bash offers where the cursor stands, at the end of the last word.
fn bash_offers(home: &Home, words: &[&str]) -> Vec<String> {
    let script = format!(
        "source {}; COMP_WORDS=({}); COMP_CWORD={}
         _sflowdump sflowdump \"${{COMP_WORDS[COMP_CWORD]}}\" \"${{COMP_WORDS[COMP_CWORD-1]}}\"
         printf '%s\\n' \"${{COMPREPLY[@]}}\"",
        packaging("completions/sflowdump.bash").display(),
        words.iter().map(|word| format!("'{word}'")).collect::<Vec<_>>().join(" "),
        words.len() - 1,
    );
    home.output("bash", &["--norc", "-c", &script]).split_whitespace().map(str::to_owned).collect()
}

#[test]
fn bash_completes_options_and_their_values() {
    let home = Home::bare();
    assert_eq!(bash_offers(&home, &["sflowdump", "--dir"]), ["--direction"]);
    assert_eq!(bash_offers(&home, &["sflowdump", "--direction", ""]), ["both", "in", "out"]);
    assert_eq!(bash_offers(&home, &["sflowdump", "--log-level", "n"]), ["noisy"]);
    fs::write(home.file("feed.pcap"), "").unwrap();
    assert_eq!(bash_offers(&home, &["sflowdump", "-r", "fe"]), ["feed.pcap"]);
    let all = bash_offers(&home, &["sflowdump", "--"]);
    assert!(all.contains(&"--install".to_owned()) && all.len() > 20, "{all:?}");
    assert!(!all.iter().any(|option| option.contains("extcap") || option == "--fifo"), "{all:?}");
}

#[test]
fn fish_completes_options_and_their_values() {
    if !have(&["fish"]) {
        return;
    }
    let home = Home::bare();
    let script = packaging("completions/sflowdump.fish");
    let offers = |line: &str| {
        let command = format!("source {}; complete --do-complete '{line}'", script.display());
        let offered = home.output("fish", &["--no-config", "-c", &command]);
        offered.lines().map(|line| line.split('\t').next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(offers("sflowdump --dir"), ["--direction"]);
    assert_eq!(offers("sflowdump --direction "), ["both", "in", "out"]);
}

#[test]
fn zsh_reads_its_completions() {
    if !have(&["zsh"]) {
        return;
    }
    let script = packaging("completions/_sflowdump");
    Home::bare().output("zsh", &["-f", "-n", script.to_str().unwrap()]);
    let text = fs::read_to_string(script).unwrap();
    assert!(text.starts_with("#compdef sflowdump\n") && text.contains("--direction"), "{text}");
}

#[test]
fn the_manual_page_has_nothing_that_mandoc_finds_wrong() {
    if !have(&["mandoc"]) {
        return;
    }
    assert_eq!(Home::bare().output("mandoc", &["-Tlint", packaging("man/sflowdump.1").to_str().unwrap()]), "");
}

#[test]
fn wireshark_s_help_is_the_manual_page() {
    let home = Home::bare();
    let page = fs::read_to_string(packaging("wireshark/sflowdump.html")).unwrap();
    let help = home.output(SFLOWDUMP, &["--help"]);
    let options = help.split_whitespace().filter(|word| word.starts_with("--"));
    for option in options.map(|option| option.trim_end_matches([',', ')'])) {
        assert!(page.contains(option), "{option}");
    }
    if have(&["mandoc"]) {
        let made = home.output("mandoc", &["-T", "html", packaging("man/sflowdump.1").to_str().unwrap()]);
        assert!(page == made, "make pages");
    }
}

#[test]
fn the_manual_page_has_every_option_of_the_help() {
    let home = Home::bare();
    let page = fs::read_to_string(packaging("man/sflowdump.1")).unwrap().replace("\\-", "-");
    let help = home.output(SFLOWDUMP, &["--help"]);
    assert_eq!(help, home.output(SFLOWDUMP, &["-h"]));
    let options: Vec<&str> = help
        .lines()
        .flat_map(|line| line.split_whitespace().take_while(|word| word.starts_with('-')))
        .map(|word| word.trim_end_matches(','))
        .collect();
    assert!(options.len() > 30, "{options:?}");
    for option in options {
        assert!(page.contains(&format!("\\fB{option}\\fR")), "{option}");
    }
}

/// The command lines of the section EXAMPLES.
fn examples() -> Vec<String> {
    let page = fs::read_to_string(packaging("man/sflowdump.1")).unwrap();
    let (_, section) = page.split_once(".SH EXAMPLES\n").unwrap();
    let (section, _) = section.split_once(".SH ").unwrap();
    let lines = section.lines().filter_map(|line| line.strip_prefix(".B "));
    lines.map(|line| line.replace("\\-", "-").replace("\\(aq", "'")).collect()
}

/// Runs an example in a home with a recording called feed.pcap; if it listens, the recording is sent to it. Returns what it
/// printed on standard output, and on standard error.
fn try_example(home: &Home, line: &str) -> (String, String) {
    let port = free_port();
    let recording = demo::recording();
    fs::copy(&recording, home.file("feed.pcap")).unwrap();
    let is_live = !line.contains("feed.pcap");
    // A port and a minute that the test has, and a collector that is here.
    let line = line
        .replace("extcap.sflow.port:6344", &format!("extcap.sflow.port:{port}"))
        .replace("tshark -i sflow ", &format!("tshark -i sflow -o extcap.sflow.port:{port} -l "))
        .replace("duration:60", "duration:4")
        .replace("--duration 60", "--duration 4")
        .replace("--forward 192.0.2.9 --speed 10", "--forward 127.0.0.1:9 --speed 100");
    let options = if is_live { format!("{SFLOWDUMP} --port {port} ") } else { format!("{SFLOWDUMP} ") };
    let line = line.replacen("sflowdump ", &options, usize::from(line.starts_with("sflowdump ")));
    let mut shell = Running::start(home, "shell", home.command("sh").args(["-c", &line]));
    if is_live {
        shell.wait_for_port(port);
        let to = format!("127.0.0.1:{port}");
        home.output(SFLOWDUMP, &["-r", recording.to_str().unwrap(), "--forward", &to, "--speed", "20"]);
        let ends = [" -c ", "duration"].iter().any(|option| line.contains(option));
        if !ends {
            let program = ["sflowdump", "tshark"].iter().find_map(|name| shell.member(name)).expect("the program");
            kill_process(program, Signal::INT).unwrap();
        }
    }
    assert!(shell.end().success(), "{line}: {}", shell.stderr());
    (shell.stdout(), shell.stderr())
}

#[test]
fn the_manual_page_s_examples_do_what_they_say() {
    if !have(&["tshark", "dumpcap", "tcpdump"]) {
        return;
    }
    let examples = examples();
    assert!(examples.len() >= 10, "{examples:?}");
    for line in examples.iter().filter(|line| !line.contains("--install")) {
        let home = Home::new();
        let (out, errors) = try_example(&home, line);
        let told = format!("{line}: {out}{errors}");
        // What the program wrote into a file, or another one printed; what was sent on leaves nothing.
        let written: Vec<PathBuf> = fs::read_dir(home.path())
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|kind| kind == "pcapng"))
            .collect();
        match (line.contains("-w "), line.contains("| ") || line.starts_with("tshark")) {
            (_, true) => assert!(out.lines().count() >= 5, "{told}"),
            (true, _) if line.contains("pcap port 53") => {
                let printed = home.output("tcpdump", &["-nr", "packets.pcap"]);
                assert!(printed.lines().count() > 20, "{told}{printed}");
            }
            (true, _) => {
                let capture = Capture::read_whole(&written[0]);
                assert!(!capture.packets.is_empty(), "{told}");
                let is_right = !line.contains("-c 10") || capture.packets.len() == 10;
                assert!(is_right, "{told}");
            }
            (false, _) => assert!(errors.contains(" datagrams forwarded to 127.0.0.1:9"), "{told}"),
        }
    }
}
