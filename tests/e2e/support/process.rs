//! Programs that a test starts, and ends.

use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};

use super::{Home, is_bound, wait_for};

/// A program that runs, in a process group of its own. Whatever is left of the group ends with the test.
#[derive(Debug)]
pub struct Running {
    name: String,
    child: Child,
    stdout: PathBuf,
    stderr: PathBuf,
}

impl Running {
    /// Starts a command whose output goes to files in `home`, named after `name`.
    pub fn start(home: &Home, name: &str, command: &mut Command) -> Self {
        let (stdout, stderr) = (home.file(&format!("{name}.stdout")), home.file(&format!("{name}.stderr")));
        let create = |path: &PathBuf| Stdio::from(File::create(path).expect("a file for output"));
        command.process_group(0).stdin(Stdio::null()).stdout(create(&stdout)).stderr(create(&stderr));
        let child = command.spawn().unwrap_or_else(|error| panic!("{name}: {error}"));
        Running { name: name.to_owned(), child, stdout, stderr }
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    fn as_pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// Sends a signal to the program alone.
    pub fn signal(&self, signal: Signal) {
        kill_process(self.as_pid(), signal).expect("the process is there");
    }

    /// Sends a signal to the program and to what it started, as a terminal's Ctrl-C does.
    pub fn signal_group(&self, signal: Signal) {
        kill_process_group(self.as_pid(), signal).expect("the process group is there");
    }

    /// Waits until the program, or one it started, listens on a UDP port.
    pub fn wait_for_port(&mut self, port: u16) {
        wait_for(&format!("UDP port {port} of {}: {}", self.name, self.stderr()), || {
            if let Some(status) = self.child.try_wait().expect("a child") {
                panic!("{} ended: {status}: {}", self.name, self.stderr());
            }
            is_bound(self.pid(), port).then_some(())
        });
    }

    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().expect("a child").is_none()
    }

    /// Waits for the end.
    pub fn end(&mut self) -> ExitStatus {
        let what = format!("the end of {}", self.name);
        wait_for(&what, || self.child.try_wait().expect("a child"))
    }

    /// Waits for the end, which must be a good one, with no word on standard error.
    pub fn end_quietly(&mut self) {
        let status = self.end();
        assert_eq!(self.stderr(), "");
        assert!(status.success(), "{}: {status}", self.name);
    }

    pub fn stdout(&self) -> String {
        fs::read_to_string(&self.stdout).expect("text")
    }

    pub fn stderr(&self) -> String {
        fs::read_to_string(&self.stderr).expect("text")
    }

    /// The programs of the group that still run.
    pub fn group(&self) -> Vec<String> {
        group(self.pid())
    }

    /// The process of the group that runs a program of this name.
    pub fn member(&self, program: &str) -> Option<Pid> {
        members(self.pid()).into_iter().find(|(_, name)| name == program).map(|(pid, _)| pid)
    }

    /// Waits until nothing of the group runs any more, no longer than `most`.
    pub fn wait_for_group(&self, most: Duration) {
        let started = Instant::now();
        wait_for("the end of all that was started", || {
            let left = self.group();
            assert!(started.elapsed() < most || left.is_empty(), "still there after {most:?}: {left:?}");
            left.is_empty().then_some(())
        });
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // The group's number is not taken by others as long as one of its members is there.
        if self.is_running() || !self.group().is_empty() {
            _ = kill_process_group(self.as_pid(), Signal::KILL);
        }
        _ = self.child.wait();
    }
}

fn group(leader: u32) -> Vec<String> {
    members(leader).into_iter().map(|(_, name)| name).collect()
}

/// The living members of a process group: their numbers and names.
fn members(leader: u32) -> Vec<(Pid, String)> {
    let processes =
        fs::read_dir("/proc").expect("/proc").filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    processes
        .filter_map(|name| {
            let pid = Pid::from_raw(name.parse().ok()?)?;
            let stat = fs::read_to_string(format!("/proc/{name}/stat")).ok()?;
            // The program's name stands in parentheses, and may hold some itself.
            let (before, after) = stat.rsplit_once(')')?;
            let program = before.split_once('(')?.1;
            let mut words = after.split_whitespace();
            let (state, group) = (words.next()?, words.nth(1)?);
            (state != "Z" && state != "X" && group == leader.to_string()).then(|| (pid, program.to_owned()))
        })
        .collect()
}
