//! The interface in the real Wireshark, used as people use it: with the mouse, on a screen that nobody sees, by an ordinary user.
//!
//! Pictures of what was seen are kept in `gui` below cargo's folder for tests (`target/tmp`). The places that are clicked are
//! those of Wireshark 4.0, 4.4 and 4.6 as Debian builds them; with other versions these tests have nothing to say.
#![cfg(target_os = "linux")]

#[path = "gui/dialog.rs"]
mod dialog;
#[path = "gui/screen.rs"]
mod screen;
mod support;

use std::fs;
use std::path::{Path, PathBuf};

use rustix::process::{Signal, kill_process};

use dialog::Dialog;
use screen::Screen;
use support::capture::Capture;
use support::process::Running;
use support::tools::have;
use support::{Home, PATIENCE, SFLOWDUMP, demo, free_port, may_capture};

const START: &str = "^The Wireshark Network Analyzer";
const CAPTURING: &str = "^Capturing from sFlow listener: sflow$";

/// Wireshark's buttons and menus.
const BUTTON_START: (i32, i32) = (20, 41);
const BUTTON_STOP: (i32, i32) = (53, 41);
const BUTTON_RESTART: (i32, i32) = (86, 41);

/// What the interface's toolbar has, at the right, and the list of agents while it captures.
const AGENTS: (i32, i32) = (660, 106);
const DIRECTION: (i32, i32) = (815, 106);
const PAUSE: (i32, i32) = (890, 106);
const LOG: (i32, i32) = (975, 106);
const DEFAULTS: (i32, i32) = (1060, 106);

/// What fields have behind their text.
const WHITE: [u8; 3] = [255; 3];
const GREEN: [u8; 3] = [175, 255, 175];
const RED: [u8; 3] = [255, 175, 175];

fn can_run() -> bool {
    if !have(&["wireshark", "Xvfb", "xdotool", "xclip", "import", "dumpcap", "setpriv"]) {
        return false;
    }
    let version = Home::bare().output("wireshark", &["--version"]);
    let is_known = ["4.0.", "4.4.", "4.6."].iter().any(|known| version.starts_with(&format!("Wireshark {known}")));
    if !is_known {
        println!("skipped: these tests know where to click in Wireshark 4.0, 4.4 and 4.6 only");
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

/// Waits until a capture has some packets, in a file that is none of these.
fn wait_for_packets(screen: &Screen, files: &[PathBuf]) {
    let has_packets =
        |file: &PathBuf| !files.contains(file) && fs::metadata(file).is_ok_and(|file| file.len() > 20_000);
    screen.wait_for("packets", || captured(&screen.home).iter().any(has_packets).then_some(()));
}

/// Waits until Wireshark has no capture program any more.
fn wait_for_no_capture(screen: &Screen, wireshark: &Running) {
    screen.wait_for("the end of the capture's programs", || {
        ["sflowdump", "dumpcap"].iter().all(|program| wireshark.member(program).is_none()).then_some(())
    });
}

/// What a user does in one sitting.
struct Walk {
    wireshark: Running,
    _agents: Running,
    port: u16,
    log: PathBuf,
    preferences: PathBuf,
    screen: Screen,
}

impl Walk {
    /// Starts Wireshark, with agents that send to a port.
    fn begin() -> Self {
        let (screen, port) = (Screen::new("walk"), free_port());
        let log = screen.home.file("log");
        let log_file = format!("extcap.sflow.logfile:{}", log.display());
        let agents = agents(&screen.home, port);
        let wireshark = screen.wireshark(&["-C", "sFlow", "-o", &log_file, "-o", "extcap.sflow.loglevel:info"]);
        screen.main_window(START);
        screen.picture("list");
        let preferences = screen.home.file(".config/wireshark/profiles/sFlow/preferences");
        Walk { wireshark, _agents: agents, port, log, preferences, screen }
    }

    /// The dialog: help, a port, and an agent of those that are heard.
    fn choose(&self) {
        let Walk { screen, port, .. } = self;
        let home = &screen.home;
        let dialog = Dialog::open(screen);
        dialog.help();
        wait_for_text(screen, &home.file("opened"), ".local/share/doc/sflowdump/sflowdump.html");
        let opened = fs::read_to_string(home.file("opened")).unwrap();
        let page = opened.trim().strip_prefix("file://").expect(&opened);
        assert!(fs::read_to_string(page).unwrap().contains("<h1"));
        dialog.enter_port(*port);
        screen.picture("listen");
        dialog.filter_tab();
        dialog.scan_agents();
        let scanned = home.file(".cache/sflowdump/scanned-agent");
        wait_for_file(screen, &scanned);
        assert!(fs::read_to_string(&scanned).unwrap().starts_with("10.0.0.1\t10.0.0.1"));
        screen.settle();
        dialog.open_agents();
        screen.picture("agents");
        screen.press(&["Down", "Return"]);
        dialog.scan_interfaces();
        wait_for_file(screen, &home.file(".cache/sflowdump/scanned-interface"));
        screen.settle();
        screen.picture("filter");
        // A field is red where the program would refuse what is in it.
        for (list, colour) in [("10.0.0.0/33", RED), ("10.0.0.0/8,!10.1.0.1,2001:db8::/32", WHITE), ("", WHITE)] {
            assert_eq!(dialog.enter_agents(list), colour, "{list}");
        }
        dialog.content_tab();
        screen.picture("content");
        dialog.debug_tab();
        screen.picture("debug");
        dialog.save();
        wait_for_text(screen, &self.preferences, &format!("extcap.sflow.port: {port}"));
        wait_for_text(screen, &self.preferences, "extcap.sflow.agent: 10.0.0.1");
    }

    /// What was saved comes back: saving it once more changes nothing. Then all agents again.
    fn choose_again(&self) {
        let Walk { screen, preferences, .. } = self;
        let dialog = Dialog::open(screen);
        dialog.filter_tab();
        screen.picture("saved");
        dialog.save();
        assert!(fs::read_to_string(preferences).unwrap().contains("extcap.sflow.agent: 10.0.0.1"));
        let dialog = Dialog::open(screen);
        dialog.filter_tab();
        dialog.open_agents();
        screen.press(&["Home", "Return"]);
        dialog.save();
        wait_for_text(screen, preferences, "extcap.sflow.agent: all");
    }

    /// The filter field tells what libpcap says.
    fn try_filters(&self) {
        let screen = &self.screen;
        let row = screen.interface();
        let field = (row.x + 350, row.y - 31);
        for (text, colour, picture) in [("udp port 53", GREEN, "filter-green"), ("udp port 53 and", RED, "filter-red")]
        {
            screen.choose_text(field.0, field.1);
            screen.write(text);
            let is_there = || (screen.colour(field.0, field.1) == colour).then_some(());
            screen.wait_for(&format!("the colour {colour:?} of '{text}'"), is_there);
            screen.picture(picture);
        }
        screen.choose_text(field.0, field.1);
        screen.press(&["BackSpace"]);
    }

    /// A double click starts; an agent is chosen with the toolbar, and the capture paused.
    fn capture(&mut self) {
        let Walk { screen, wireshark, log, .. } = self;
        let row = screen.interface();
        screen.double_click(row.x + 150, row.y);
        screen.main_window(CAPTURING);
        wireshark.wait_for_port(self.port);
        wait_for_text(screen, log, "sFlow listener on UDP port");
        screen.click(AGENTS.0, AGENTS.1);
        screen.picture("toolbar-agents");
        screen.press(&["Down", "Down", "Return"]);
        wait_for_text(screen, log, "selected: agent ");
        screen.click(PAUSE.0, PAUSE.1);
        wait_for_text(screen, log, "paused");
        screen.click(PAUSE.0, PAUSE.1);
        wait_for_text(screen, log, "resumed");
        screen.click(AGENTS.0, AGENTS.1);
        screen.press(&["Home", "Return"]);
        wait_for_text(screen, log, "selected: all agents");
        screen.picture("toolbar");
        screen.click(LOG.0, LOG.1);
        screen.window("^Wireshark · sflow Log$");
        screen.picture("log");
        screen.press(&["Escape"]);
    }

    fn stop_and_save(&self) {
        let Walk { screen, wireshark, .. } = self;
        // The program that reads the capture may be late, on a busy machine: nothing is lost by that.
        let reader = wireshark.member("dumpcap").expect("a capture");
        kill_process(reader, Signal::STOP).unwrap();
        screen.click(BUTTON_STOP.0, BUTTON_STOP.1);
        screen.settle();
        kill_process(reader, Signal::CONT).unwrap();
        screen.window(r"^\*sFlow listener: sflow$");
        wait_for_no_capture(screen, wireshark);
        screen.focus(r"^\*sFlow listener: sflow$");
        screen.press(&["ctrl+s"]);
        screen.window("Save Capture File As");
        let saved = screen.home.file("saved.pcapng");
        screen.write(saved.to_str().unwrap());
        screen.press(&["Return"]);
        screen.window(r"^saved\.pcapng$");
        let capture = Capture::read_whole(&saved);
        assert!(!capture.packets.is_empty());
        assert!(!capture.statistics.is_empty(), "of {} packets", capture.packets.len());
    }

    fn reopen(&self) {
        let screen = &self.screen;
        let (title, saved) = (r"^saved\.pcapng$", screen.home.file("saved.pcapng"));
        let close = || {
            screen.focus(title);
            screen.press(&["ctrl+w"]);
            screen.window(START);
        };
        close();
        screen.focus(START);
        screen.press(&["ctrl+o"]);
        screen.window("Open Capture File");
        screen.write(saved.to_str().unwrap());
        screen.press(&["Return"]);
        screen.window(title);
        screen.picture("reopened");
        close();
    }

    /// What was chosen in the toolbar holds for the next capture, too, unless its defaults are restored.
    fn restore_toolbar(&mut self) {
        let title = r"^\*sFlow listener: sflow$";
        for is_restored in [false, true] {
            let Walk { screen, wireshark, log, port, .. } = &mut *self;
            if is_restored {
                screen.click(DEFAULTS.0, DEFAULTS.1);
            } else {
                screen.click(DIRECTION.0, DIRECTION.1);
                screen.press(&["Down", "Return"]);
            }
            screen.picture(if is_restored { "restored" } else { "direction" });
            _ = fs::remove_file(&*log);
            let files = captured(&screen.home);
            screen.click(BUTTON_START.0, BUTTON_START.1);
            screen.window(CAPTURING);
            wireshark.wait_for_port(*port);
            wait_for_packets(screen, &files);
            // What is told to a new capture is told before what the user does next.
            screen.click(PAUSE.0, PAUSE.1);
            wait_for_text(screen, log, "paused");
            let told = fs::read_to_string(&*log).unwrap();
            assert_eq!(told.contains("selected: all agents, direction in"), !is_restored, "{told}");
            screen.click(BUTTON_STOP.0, BUTTON_STOP.1);
            screen.window(title);
            wait_for_no_capture(screen, wireshark);
        }
        self.screen.focus(title);
        self.screen.press(&["ctrl+w"]);
        self.screen.window(START);
    }

    /// The dialog's defaults, another port, a restart, and the end while it captures.
    fn capture_again(mut self) {
        let Walk { screen, wireshark, preferences, .. } = &mut self;
        let other = free_port();
        let _others = agents(&screen.home, other);
        let dialog = Dialog::open(screen);
        dialog.restore_defaults();
        screen.picture("defaults");
        dialog.save();
        wait_for_text(screen, preferences, "extcap.sflow.port: 6343");
        let dialog = Dialog::open(screen);
        dialog.enter_port(other);
        dialog.save();
        screen.click(BUTTON_START.0, BUTTON_START.1);
        screen.window(CAPTURING);
        wireshark.wait_for_port(other);
        let first = wireshark.member("sflowdump").expect("a capture");
        let files = captured(&screen.home);
        screen.click(BUTTON_RESTART.0, BUTTON_RESTART.1);
        screen.wait_for("another capture", || wireshark.member("sflowdump").filter(|program| *program != first));
        screen.window(CAPTURING);
        // Of a capture without packets Wireshark would ask what to do.
        wait_for_packets(screen, &files);
        screen.quit(CAPTURING, wireshark);
    }
}

#[test]
fn an_agent_is_picked_in_the_dialog_captured_followed_with_the_toolbar_and_saved() {
    if !can_run() {
        return;
    }
    let mut walk = Walk::begin();
    walk.choose();
    walk.choose_again();
    // The toolbar, by its menu.
    walk.screen.focus(START);
    walk.screen.press(&["alt+v", "Down", "Down", "Down", "Right", "Return"]);
    walk.try_filters();
    walk.capture();
    walk.stop_and_save();
    walk.reopen();
    walk.restore_toolbar();
    walk.capture_again();
}

#[test]
fn what_keeps_a_capture_from_starting_is_told_in_one_box() {
    if !can_run() {
        return;
    }
    let screen = Screen::new("error");
    let refused = |name: &str, options: &[&str], error: &str| {
        let mut wireshark = screen.wireshark(&[&["-k", "-i", "sflow"], options].concat());
        screen.main_window(START);
        wait_for_no_capture(&screen, &wireshark);
        let message = screen.message();
        screen.picture(name);
        // "Error by extcap pipe: " or "Error from extcap pipe: ", and what the program says.
        assert!(message.starts_with("Error ") && message.contains(error), "{message}");
        screen.close_message();
        screen.quit(START, &mut wireshark);
    };
    let [taken, free] = [free_port(), free_port()];
    let mut holder = screen.sflowdump(&["--port", &taken.to_string(), "-w", "/dev/null"]);
    holder.wait_for_port(taken);
    let by_holder = format!("UDP port {taken} is taken by sflowdump (process {})", holder.pid());
    let [taken, free] = [taken, free].map(|port| format!("extcap.sflow.port:{port}"));
    refused("taken", &["-o", &taken, "-o", "extcap.sflow.comments:true"], &by_holder);
    let listen = "extcap.sflow.listen:192.0.2.1";
    refused("address", &["-o", &free, "-o", listen], "'192.0.2.1' is not an address of this host");
    let rest = "extcap.sflow.sflowrt:http://127.0.0.1:9";
    refused("sflow-rt", &["-o", &free, "-o", rest], "does sFlow-RT run there");
    refused("filter", &["-o", &free, "-f", "udp port 53 and"], "'udp port 53 and': can't parse filter expression");
    let for_all = fs::read_to_string("/proc/sys/net/ipv4/ip_unprivileged_port_start").unwrap();
    if for_all.trim().parse::<u16>().unwrap() > 700 {
        refused("privileged", &["-o", "extcap.sflow.port:700"], "'700' is not allowed for this user");
    } else {
        println!("skipped: this host's ports are for everybody");
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
    // Beside another interface, where that is allowed.
    let second = ["-k", "-i", "sflow", "-o", &port_of(1), "-i", "lo"];
    let (mut beside, title) = if may_capture() {
        (screens[1].capturing_wireshark(&second), "^Capturing from .* and ")
    } else {
        (screens[1].wireshark(&second[..5]), CAPTURING)
    };
    screens[0].main_window(CAPTURING);
    screens[1].main_window(title);
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
    screen.focus(r"^demo\.pcapng$");
    screen.press(&["alt+s", "i"]);
    let graph = "^Wireshark · I/O Graphs";
    screen.window(graph);
    screen.picture("graph");
    screen.focus(graph);
    screen.press(&["Escape"]);
    screen.wait_for_close(graph);
    screen.quit(r"^demo\.pcapng$", &mut wireshark);
}
