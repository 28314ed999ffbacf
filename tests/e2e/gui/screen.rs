//! A screen that nobody sees, an ordinary user at it, and Wireshark on it: looked at and used as people do.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::support::process::Running;
use super::support::{Home, PATIENCE, SFLOWDUMP, wait_for};

/// The user `nobody` of Debian: what a test does as root Wireshark does as an ordinary user.
const NOBODY: u32 = 65534;

const WIDTH: u32 = 1200;
const HEIGHT: u32 = 800;

/// The profile, and how wide its columns and how high its panes are, for the pictures.
const PROFILE: &str = ".config/wireshark/profiles/sFlow";
const LAYOUT: &str = "gui.geometry_main_upper_pane: 300
gui.geometry_main_lower_pane: 800
column.width: %m, 55, %t, 95, %Cus:sflowdump.agent or sflowdump.agent6, 95, \
%Cus:sflowdump.input or sflowdump.input.form, 75, %Cus:sflowdump.output or sflowdump.output.form, 75, \
%Cus:sflowdump.rate, 50, %Cus:sflowdump.reason, 85, %s, 130, %d, 130, %p, 60, %L, 50, %i, 300
";

/// What is behind a chosen line of a list, in a window that keys go to and in another.
const HIGHLIGHTS: [[u8; 3]; 2] = [[48, 140, 198], [143, 189, 218]];

/// A place on the screen.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    pub x: i32,
    pub y: i32,
}

/// Where a window is.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    id: u32,
    pub x: i32,
    pub y: i32,
    pub height: i32,
}

/// A user's home with the program installed, and a screen.
pub struct Screen {
    pub home: Home,
    display: String,
    /// The name of the pictures.
    name: &'static str,
    _server: Running,
}

impl Screen {
    pub fn new(name: &'static str) -> Self {
        let home = Home::bare();
        // The ordinary user may not be able to read where the program was built.
        fs::create_dir(home.file("bin")).unwrap();
        fs::copy(SFLOWDUMP, home.file("bin/sflowdump")).unwrap();
        // What Wireshark opens with a browser is written down.
        let browser = home.file("bin/xdg-open");
        fs::write(&browser, "#!/bin/sh\necho \"$1\" >>\"$HOME/opened\"\n").unwrap();
        fs::set_permissions(&browser, fs::Permissions::from_mode(0o755)).unwrap();
        for folder in ["none", "run"] {
            fs::create_dir(home.file(folder)).unwrap();
        }
        fs::set_permissions(home.file("run"), fs::Permissions::from_mode(0o700)).unwrap();
        // The server writes its number where it is told: to its standard output, which is a file.
        let screen = format!("{WIDTH}x{HEIGHT}x24");
        let mut server = Command::new("Xvfb");
        server.args(["-displayfd", "1", "-screen", "0", &screen, "-nolisten", "tcp", "-noreset"]);
        let server = Running::start(&home, "xvfb", &mut server);
        let display = wait_for("a display", || {
            let told = server.stdout();
            told.ends_with('\n').then(|| format!(":{}", told.trim()))
        });
        give(home.path());
        let screen = Screen { home, display, name, _server: server };
        fs::create_dir_all(screen.home.file(PROFILE)).unwrap();
        fs::write(screen.home.file(PROFILE).join("recent"), LAYOUT).unwrap();
        give(&screen.home.file(".config"));
        let installed = screen.user("sflowdump", &[]).arg("--install").output().unwrap();
        assert!(installed.status.success(), "{}", String::from_utf8_lossy(&installed.stderr));
        screen
    }

    /// A command of the ordinary user, who may capture if the test may and `capabilities` says so.
    fn user(&self, program: &str, capabilities: &[&str]) -> Command {
        let mut command = if rustix::process::geteuid().is_root() {
            let mut command = self.home.command("setpriv");
            command.args(["--reuid=nobody", "--regid=nogroup", "--clear-groups"]).args(capabilities).arg(program);
            command
        } else {
            self.home.command(program)
        };
        let path = format!("{}:{}", self.home.file("bin").display(), super::support::tools::search_path());
        command.env("PATH", path).env("XDG_RUNTIME_DIR", self.home.file("run"));
        command.env("DISPLAY", &self.display).env("QT_QPA_PLATFORM", "xcb");
        // Only what is installed for this user.
        command.env("WIRESHARK_EXTCAP_DIR", self.home.file("none"));
        command
    }

    /// A capture in the shell, by the user.
    pub fn sflowdump(&self, arguments: &[&str]) -> Running {
        Running::start(&self.home, "sflowdump", self.user("sflowdump", &[]).args(arguments))
    }

    /// Wireshark, with a list of interfaces that has those of capture programs only.
    pub fn wireshark(&self, arguments: &[&str]) -> Running {
        self.start(&[], arguments)
    }

    /// The same, by a user who may capture on the host's interfaces.
    pub fn capturing_wireshark(&self, arguments: &[&str]) -> Running {
        let may = "+net_raw,+net_admin";
        self.start(&["--inh-caps", may, "--ambient-caps", may], arguments)
    }

    fn start(&self, capabilities: &[&str], arguments: &[&str]) -> Running {
        let mut command = self.user("wireshark", capabilities);
        command.args(["-o", "gui.interfaces_hidden_types:0,1,2,3,4,5,6,7,9", "-o", "gui.ask_unsaved:FALSE"]);
        Running::start(&self.home, "wireshark", command.args(arguments))
    }

    /// Types, clicks or asks.
    fn xdotool(&self, arguments: &[&str]) -> Output {
        self.home.command("xdotool").env("DISPLAY", &self.display).args(arguments).output().expect("xdotool")
    }

    fn search(&self, title: &str) -> Option<u32> {
        let found = self.xdotool(&["search", "--onlyvisible", "--name", title]).stdout;
        String::from_utf8(found).unwrap().lines().next()?.parse().ok()
    }

    /// Whether there is a window whose title matches.
    pub fn has_window(&self, title: &str) -> bool {
        self.search(title).is_some()
    }

    /// Waits for a window whose title matches.
    pub fn window(&self, title: &str) -> Window {
        let id = self.wait_for(&format!("the window '{title}'"), || self.search(title));
        self.place(id)
    }

    /// Where a window is, once it is drawn.
    fn place(&self, id: u32) -> Window {
        self.settle();
        let id_text = id.to_string();
        let told = String::from_utf8(self.xdotool(&["getwindowgeometry", "--shell", &id_text]).stdout).unwrap();
        let number = |key: &str| {
            let line = told.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
            line.and_then(|number| number.parse().ok()).unwrap_or_else(|| panic!("no {key}: {told}"))
        };
        Window { id, x: number("X"), y: number("Y"), height: number("HEIGHT") }
    }

    /// The same, and lets it fill the screen: nobody else does where there is no window manager.
    pub fn main_window(&self, title: &str) -> Window {
        let window = self.window(title);
        let [id, width, height] = [window.id, WIDTH, HEIGHT].map(|number| number.to_string());
        self.xdotool(&["windowmove", &id, "0", "0", "windowsize", "--sync", &id, &width, &height]);
        self.settle();
        window
    }

    /// Waits until no window has such a title.
    pub fn wait_for_close(&self, title: &str) {
        self.wait_for(&format!("the end of the window '{title}'"), || self.search(title).is_none().then_some(()));
        self.settle();
    }

    /// Waits until something is there, and shows what is there instead if it waits in vain.
    pub fn wait_for<T>(&self, what: &str, mut look: impl FnMut() -> Option<T>) -> T {
        let started = Instant::now();
        loop {
            if let Some(found) = look() {
                return found;
            }
            if started.elapsed() > PATIENCE {
                self.picture("failed");
                let errors = fs::read_to_string(self.home.file("wireshark.stderr")).unwrap_or_default();
                panic!("waited in vain for {what}; there are windows {:?}, and a picture: {errors}", self.titles());
            }
            sleep(Duration::from_millis(20));
        }
    }

    /// The titles of all windows.
    fn titles(&self) -> Vec<String> {
        let found = self.xdotool(&["search", "--onlyvisible", "--name", "", "getwindowname", "%@"]).stdout;
        String::from_utf8_lossy(&found).lines().map(str::to_owned).collect()
    }

    pub fn click(&self, x: i32, y: i32) {
        self.clicks(x, y, "1");
    }

    pub fn double_click(&self, x: i32, y: i32) {
        self.clicks(x, y, "2");
    }

    /// Chooses all of a field's text.
    pub fn choose_text(&self, x: i32, y: i32) {
        self.clicks(x, y, "3");
    }

    fn clicks(&self, x: i32, y: i32, count: &str) {
        let [x, y] = [x, y].map(|number| number.to_string());
        self.xdotool(&["mousemove", &x, &y, "click", "--repeat", count, "--delay", "60", "1"]);
        self.settle();
    }

    pub fn write(&self, text: &str) {
        self.xdotool(&["type", "--delay", "20", text]);
        self.settle();
    }

    pub fn press(&self, keys: &[&str]) {
        for key in keys {
            self.xdotool(&["key", key]);
            self.settle();
        }
    }

    /// Lets keys go to a window: a window manager would.
    pub fn focus(&self, title: &str) {
        let id = self.window(title).id.to_string();
        self.xdotool(&["windowfocus", "--sync", &id]);
    }

    /// A message box. Its title is where `xdotool search` does not look.
    fn message_box(&self) -> Option<u32> {
        let found = self.xdotool(&["search", "--onlyvisible", "--name", ""]).stdout;
        let numbers = String::from_utf8(found).unwrap();
        let (number, _) = numbers.lines().zip(self.titles()).find(|(_, title)| title == "Wireshark")?;
        number.parse().ok()
    }

    /// What a message box says: its text can be chosen with the mouse.
    pub fn message(&self) -> String {
        let id = self.wait_for("a message box", || self.message_box());
        let at = self.place(id);
        self.wait_for("a message's text", || {
            self.choose_text(at.x + 150, at.y + 20);
            let mut chosen = self.home.command("xclip");
            let chosen = chosen.env("DISPLAY", &self.display).args(["-o", "-selection", "primary"]).output().unwrap();
            (!chosen.stdout.is_empty()).then(|| String::from_utf8(chosen.stdout).unwrap())
        })
    }

    /// Closes a message box, which must be the only one.
    pub fn close_message(&self) {
        self.press(&["Return"]);
        assert_eq!(self.message_box(), None, "another message");
    }

    /// Closes Wireshark by its keys.
    pub fn quit(&self, title: &str, wireshark: &mut Running) {
        self.focus(title);
        self.xdotool(&["key", "ctrl+q"]);
        self.wait_for("the end of Wireshark", || (!wireshark.is_running()).then_some(()));
        assert!(wireshark.end().success(), "{}", wireshark.stderr());
        wireshark.wait_for_group(PATIENCE);
    }

    /// Waits until the screen stands still, if it does: counters may go on.
    pub fn settle(&self) {
        let mut last = self.pixels();
        for _ in 0..20 {
            sleep(Duration::from_millis(100));
            let now = self.pixels();
            if now == last {
                return;
            }
            last = now;
        }
    }

    fn import(&self, arguments: &[&str]) -> Vec<u8> {
        let mut import = self.home.command("import");
        let output = import.env("DISPLAY", &self.display).args(["-window", "root"]).args(arguments).output();
        output.expect("import of ImageMagick").stdout
    }

    fn pixels(&self) -> Vec<u8> {
        self.import(&["-depth", "8", "rgb:-"])
    }

    /// Where the interface stands in the list: it is the first one, and highlighted. Its left end.
    pub fn interface(&self) -> Place {
        self.wait_for("the interface in the list", || self.highlighted())
    }

    /// Where what is highlighted in the list stands, if it can be seen.
    pub fn highlighted(&self) -> Option<Place> {
        let is_highlighted = |pixel: &[u8]| HIGHLIGHTS.iter().any(|colour| pixel == colour);
        let highlighted = |row: &[u8]| row.chunks(3).filter(|pixel| is_highlighted(pixel)).count();
        let pixels = self.pixels();
        let rows: Vec<&[u8]> = pixels.chunks(WIDTH as usize * 3).collect();
        let top = rows.iter().position(|row| highlighted(row) > WIDTH as usize / 2)?;
        let left = rows[top].chunks(3).position(is_highlighted)?;
        // The one below may be highlighted otherwise, because the mouse is there.
        let colour = |row: &[u8]| row[left * 3..][..3].to_vec();
        let height = rows[top..].iter().take_while(|row| colour(row) == colour(rows[top])).count();
        Some(Place { x: left as i32, y: (top + height / 2) as i32 })
    }

    /// The red, green and blue of a place on the screen.
    pub fn colour(&self, x: i32, y: i32) -> [u8; 3] {
        let place = (y as usize * WIDTH as usize + x as usize) * 3;
        self.pixels()[place..][..3].try_into().unwrap()
    }

    /// Keeps a picture of the screen, to look at.
    pub fn picture(&self, what: &str) {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("gui");
        fs::create_dir_all(&folder).unwrap();
        let picture: PathBuf = folder.join(format!("{}-{what}.png", self.name));
        self.import(&[picture.to_str().unwrap()]);
        assert!(picture.is_file());
    }
}

/// Gives a folder and all in it to the ordinary user.
fn give(path: &Path) {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
    if path.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            give(&entry.unwrap().path());
        }
    }
}
