//! The interface in the real Wireshark, used as people use it: with the mouse, on a screen that nobody sees, by an ordinary user.
//!
//! Pictures of what was seen are kept in `gui` below cargo's folder for tests (`target/tmp`). The places that are clicked are
//! those of Wireshark 4.0 on Debian 12; with other versions these tests have nothing to say.
#![cfg(target_os = "linux")]

#[path = "gui/screen.rs"]
mod screen;
mod support;

use std::fs;
use std::path::{Path, PathBuf};

use rustix::process::Signal;

use screen::Screen;
use support::capture::Capture;
use support::process::Running;
use support::tools::have;
use support::{Home, PATIENCE, SFLOWDUMP, demo, free_port};

const START: &str = "^The Wireshark Network Analyzer";
const CAPTURING: &str = "^Capturing from sFlow listener: sflow$";
const DIALOG: &str = "Interface Options: sFlow listener: sflow$";

/// Wireshark's buttons and menus.
const BUTTON_START: (i32, i32) = (20, 41);
const BUTTON_STOP: (i32, i32) = (53, 41);
const BUTTON_RESTART: (i32, i32) = (86, 41);
const MENU_FILE: (i32, i32) = (20, 10);
const MENU_VIEW: (i32, i32) = (100, 10);
const MENU_STATISTICS: (i32, i32) = (325, 10);

fn can_run() -> bool {
    if !have(&["wireshark", "Xvfb", "xdotool", "import", "dumpcap", "setpriv"]) {
        return false;
    }
    let version = Home::bare().output("wireshark", &["--version"]);
    let is_known = version.starts_with("Wireshark 4.0.");
    if !is_known {
        println!("skipped: these tests know where to click in Wireshark 4.0 only");
    }
    is_known
}

/// Agents that send to a port until the test ends: the demo feed's, over and over.
fn agents(home: &Home, port: u16) -> Running {
    let recording = demo::recording();
    let mut command = home.command(SFLOWDUMP);
    let to = format!("127.0.0.1:{port}");
    command.args(["-r", recording.to_str().unwrap(), "--forward", &to, "--speed", "8", "--loop", "0"]);
    Running::start(home, "agents", &mut command)
}

fn wait_for_text(screen: &Screen, file: &Path, text: &str) {
    let read = || fs::read_to_string(file).unwrap_or_default();
    screen.wait_for(&format!("'{text}' in {}", file.display()), || read().contains(text).then_some(()));
}

fn wait_for_file(screen: &Screen, file: &Path) {
    screen.wait_for(&file.display().to_string(), || fs::metadata(file).is_ok_and(|file| file.len() > 0).then_some(()));
}

/// The files of Wireshark's captures.
fn captured(home: &Home) -> Vec<PathBuf> {
    let files = fs::read_dir(home.file("tmp")).unwrap().map(|file| file.unwrap().path());
    files.filter(|file| file.extension().is_some_and(|kind| kind == "pcapng")).collect()
}

/// Waits until Wireshark has no capture program any more.
fn wait_for_no_capture(screen: &Screen, wireshark: &Running) {
    screen.wait_for("the end of the capture's programs", || {
        ["sflowdump", "dumpcap"].iter().all(|program| wireshark.member(program).is_none()).then_some(())
    });
}

#[test]
fn an_agent_is_picked_in_the_dialog_captured_followed_with_the_toolbar_and_saved() {
    if !can_run() {
        return;
    }
    let screen = Screen::new("walk");
    let (home, port) = (&screen.home, free_port());
    let log = home.file("log");
    let agents = agents(home, port);
    let log_file = format!("extcap.sflow.logfile:{}", log.display());
    let mut wireshark = screen.wireshark(&["-C", "sFlow", "-o", &log_file, "-o", "extcap.sflow.loglevel:info"]);
    screen.main_window(START);
    screen.picture("list");

    // The dialog: help, a port, and an agent of those that are heard.
    let gear = || screen.click(161, 238);
    gear();
    let dialog = screen.window(DIALOG);
    let click = |x: i32, y: i32| screen.click(dialog.x + x, dialog.y + y);
    let (save, scan, box_of_agents) = ((376, dialog.height - 23), (503, 61), (380, 61));
    click(549, dialog.height - 23);
    wait_for_text(&screen, &home.file("opened"), ".local/share/doc/sflowdump/sflowdump.html");
    let opened = fs::read_to_string(home.file("opened")).unwrap();
    let page = opened.trim().strip_prefix("file://").expect(&opened);
    assert!(fs::read_to_string(page).unwrap().contains("<h1"));
    screen.choose_text(dialog.x + 330, dialog.y + 61);
    screen.write(&port.to_string());
    screen.picture("listen");
    click(103, 27);
    click(scan.0, scan.1);
    let scanned = home.file(".cache/sflowdump/scanned-agent");
    wait_for_file(&screen, &scanned);
    assert!(fs::read_to_string(&scanned).unwrap().starts_with("10.0.0.1\t10.0.0.1"));
    screen.settle();
    click(box_of_agents.0, box_of_agents.1);
    screen.picture("agents");
    screen.press(&["Down", "Return"]);
    click(503, 92);
    wait_for_file(&screen, &home.file(".cache/sflowdump/scanned-interface"));
    screen.settle();
    screen.picture("filter");
    for (tab, name) in [(172, "content"), (243, "debug")] {
        click(tab, 27);
        screen.picture(name);
    }
    click(save.0, save.1);
    let preferences = home.file(".config/wireshark/profiles/sFlow/preferences");
    wait_for_text(&screen, &preferences, &format!("extcap.sflow.port: {port}"));
    wait_for_text(&screen, &preferences, "extcap.sflow.agent: 10.0.0.1");
    screen.wait_for_close(DIALOG);

    // What was saved comes back: saving it once more changes nothing. Then all agents again.
    gear();
    screen.window(DIALOG);
    click(103, 27);
    screen.picture("saved");
    click(save.0, save.1);
    screen.wait_for_close(DIALOG);
    assert!(fs::read_to_string(&preferences).unwrap().contains("extcap.sflow.agent: 10.0.0.1"));
    gear();
    screen.window(DIALOG);
    click(103, 27);
    click(box_of_agents.0, box_of_agents.1);
    screen.press(&["Home", "Return"]);
    click(save.0, save.1);
    screen.wait_for_close(DIALOG);
    wait_for_text(&screen, &preferences, "extcap.sflow.agent: all");

    // The toolbar, by its menu.
    screen.click(MENU_VIEW.0, MENU_VIEW.1);
    screen.click(150, 110);
    screen.click(560, 110);

    // The filter field tells what libpcap says.
    let [green, red] = [[175, 255, 175], [255, 175, 175]];
    let wait_for_colour = |colour: [u8; 3]| {
        screen.wait_for(&format!("the colour {colour:?}"), || (screen.colour(600, 235) == colour).then_some(()));
    };
    screen.click(500, 235);
    screen.write("udp port 53");
    wait_for_colour(green);
    screen.picture("filter-green");
    screen.write(" and");
    wait_for_colour(red);
    screen.point(600, 235);
    screen.picture("filter-red");
    screen.choose_text(500, 235);
    screen.press(&["BackSpace"]);

    // A double click starts.
    screen.double_click(300, 271);
    screen.main_window(CAPTURING);
    wireshark.wait_for_port(port);
    wait_for_text(&screen, &log, "sFlow listener on UDP port");
    // The second agent that is heard, then a pause.
    screen.settle();
    screen.click(660, 106);
    screen.picture("toolbar-agents");
    screen.press(&["Down", "Down", "Return"]);
    wait_for_text(&screen, &log, "selected: agent ");
    let pause = (890, 106);
    screen.click(pause.0, pause.1);
    wait_for_text(&screen, &log, "paused");
    screen.click(pause.0, pause.1);
    wait_for_text(&screen, &log, "resumed");
    screen.click(660, 106);
    screen.press(&["Home", "Return"]);
    wait_for_text(&screen, &log, "selected: all agents");
    screen.picture("toolbar");
    screen.click(975, 106);
    screen.window("^Wireshark · sflow Log$");
    screen.picture("log");
    screen.press(&["Escape"]);

    // Stop and save.
    screen.click(BUTTON_STOP.0, BUTTON_STOP.1);
    screen.window(r"^\*sFlow listener: sflow$");
    wait_for_no_capture(&screen, &wireshark);
    screen.click(MENU_FILE.0, MENU_FILE.1);
    screen.picture("file-menu");
    screen.press(&["Escape", "Escape"]);
    screen.press(&["ctrl+s"]);
    screen.window("Save Capture File As");
    let saved = home.file("saved.pcapng");
    screen.write(saved.to_str().unwrap());
    screen.press(&["Return"]);
    screen.window(r"^saved\.pcapng$");
    let capture = Capture::read_whole(&saved);
    assert!(!capture.packets.is_empty());

    // Start again with another port, restart, and close while capturing.
    screen.focus(r"^saved\.pcapng$");
    screen.press(&["ctrl+w"]);
    screen.window(START);
    // Below the files that were opened.
    screen.wait_for("the dialog", || {
        screen.click(161, 542);
        screen.has_window(DIALOG).then_some(())
    });
    screen.window(DIALOG);
    screen.choose_text(dialog.x + 330, dialog.y + 61);
    let other = free_port();
    let others = self::agents(home, other);
    screen.write(&other.to_string());
    click(save.0, save.1);
    screen.wait_for_close(DIALOG);
    screen.click(BUTTON_START.0, BUTTON_START.1);
    screen.window(CAPTURING);
    wireshark.wait_for_port(other);
    let first = wireshark.member("sflowdump").expect("a capture");
    let files = captured(home);
    screen.click(BUTTON_RESTART.0, BUTTON_RESTART.1);
    screen.wait_for("another capture", || wireshark.member("sflowdump").filter(|program| *program != first));
    screen.window(CAPTURING);
    // Of a capture without packets Wireshark would ask what to do.
    let has_packets =
        |file: &PathBuf| !files.contains(file) && fs::metadata(file).is_ok_and(|file| file.len() > 20_000);
    screen.wait_for("packets", || captured(home).iter().any(has_packets).then_some(()));
    screen.quit(CAPTURING, &mut wireshark);
    drop((agents, others));
}

#[test]
fn what_keeps_a_capture_from_starting_is_told_in_one_box() {
    if !can_run() {
        return;
    }
    let screen = Screen::new("error");
    let [port, free] = [free_port(), free_port()];
    let mut holder = screen.sflowdump(&["--port", &port.to_string(), "-w", "/dev/null"]);
    holder.wait_for_port(port);
    for (name, options) in [
        ("taken", [format!("port:{port}"), "comments:true".to_owned()]),
        ("address", ["listen:192.0.2.1".to_owned(), format!("port:{free}")]),
        ("sflow-rt", ["sflowrt:http://127.0.0.1:9".to_owned(), format!("port:{free}")]),
    ] {
        let options = options.map(|option| format!("extcap.sflow.{option}"));
        let mut wireshark = screen.wireshark(&["-k", "-i", "sflow", "-o", &options[0], "-o", &options[1]]);
        screen.main_window(START);
        wait_for_no_capture(&screen, &wireshark);
        screen.settle();
        screen.picture(name);
        screen.press(&["Return"]);
        screen.window(START);
        screen.quit(START, &mut wireshark);
    }
}

#[test]
fn two_wiresharks_capture_at_once_beside_another_interface_and_nothing_outlives_them() {
    if !can_run() {
        return;
    }
    let screens = [Screen::new("first"), Screen::new("second")];
    let ports = [free_port(), free_port()];
    let _agents = [0, 1].map(|place| agents(&screens[place].home, ports[place]));
    let port_of = |place: usize| format!("extcap.sflow.port:{}", ports[place]);
    let mut alone = screens[0].wireshark(&["-k", "-i", "sflow", "-o", &port_of(0)]);
    let mut beside = screens[1].capturing_wireshark(&["-k", "-i", "sflow", "-i", "lo", "-o", &port_of(1)]);
    screens[0].main_window(CAPTURING);
    screens[1].main_window("^Capturing from .* and ");
    alone.wait_for_port(ports[0]);
    beside.wait_for_port(ports[1]);
    for screen in &screens {
        screen.settle();
        screen.picture("capturing");
    }
    screens[1].click(BUTTON_STOP.0, BUTTON_STOP.1);
    screens[1].window(r"^\*");
    wait_for_no_capture(&screens[1], &beside);
    screens[1].picture("stopped");
    screens[1].quit(r"^\*", &mut beside);
    // The other one is killed.
    assert!(alone.member("sflowdump").is_some());
    alone.signal(Signal::KILL);
    alone.end();
    alone.wait_for_group(PATIENCE);
}

#[test]
fn the_profile_shows_a_saved_capture_with_its_columns_colours_and_graph() {
    if !can_run() {
        return;
    }
    let screen = Screen::new("profile");
    let recording = demo::recording();
    let file = screen.home.file("demo.pcapng");
    screen.home.output(SFLOWDUMP, &["-r", recording.to_str().unwrap(), "-w", file.to_str().unwrap()]);
    let mut wireshark = screen.wireshark(&["-C", "sFlow", "-r", file.to_str().unwrap()]);
    screen.main_window(r"^demo\.pcapng$");
    screen.picture("columns");
    screen.click(MENU_STATISTICS.0, MENU_STATISTICS.1);
    screen.click(355, 184);
    let graph = "^Wireshark · I/O Graphs";
    screen.window(graph);
    screen.picture("graph");
    screen.focus(graph);
    screen.press(&["Escape"]);
    screen.wait_for_close(graph);
    screen.quit(r"^demo\.pcapng$", &mut wireshark);
}
