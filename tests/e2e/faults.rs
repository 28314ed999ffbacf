//! What can go wrong around a capture goes wrong here: disks, readers, signals, networks, libraries. The capture goes on, or it ends
//! with its reason and a whole file; what is lost is counted.
#![cfg(target_os = "linux")]

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, sleep};
use std::time::Duration;

use rustix::process::{Pid, Resource, Rlimit, Signal, prlimit};

use support::capture::Capture;
use support::feed::{AGENT, Feed, Sample, datagram};
use support::fifo::Fifo;
use support::flood::Flood;
use support::process::Running;
use support::tools::have;
use support::{Home, SFLOWDUMP, frames, free_port, queues, wait_for};

mod support;

/// A recording with all kinds of packets.
const DEMO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/demo.pcap");

/// A capture in the shell.
struct Shell {
    program: Running,
    port: u16,
    feed: Feed,
    home: Home,
}

impl Shell {
    /// Starts a capture below `before`, which is a command that runs another, and waits until it listens.
    fn below(before: &[&str], options: &[&str]) -> Self {
        let (home, port) = (Home::bare(), free_port());
        let number = port.to_string();
        let words = [before, &[SFLOWDUMP, "--port", &number], options].concat();
        let mut program = Running::start(&home, "sflowdump", home.command(words[0]).args(&words[1..]));
        program.wait_for_port(port);
        Shell { program, port, feed: Feed::to_port(port), home }
    }

    fn start(options: &[&str]) -> Self {
        Shell::below(&[], options)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.home.file(name)
    }

    /// What the program said of a count at its end.
    fn told(&self, what: &str) -> u64 {
        let said = self.program.stderr();
        let count = said.lines().find_map(|line| line.strip_suffix(what)?.trim().parse().ok());
        count.unwrap_or_else(|| panic!("{what}: {said}"))
    }

    fn stop(&mut self) {
        self.program.signal(Signal::TERM);
        let status = self.program.end();
        assert!(status.success(), "{status}: {}", self.program.stderr());
    }

    /// Waits for the end of a capture that fails; returns the last line that it said.
    fn failure(&mut self) -> String {
        assert!(!self.program.end().success());
        let said = self.program.stderr();
        assert!(!said.contains("panicked"), "{said}");
        said.lines().last().unwrap_or_default().to_owned()
    }
}

/// Numbers of the packets of a file, which must be whole.
fn numbers(path: &Path) -> Vec<u32> {
    let capture = Capture::read_whole(path);
    let number =
        |data: &[u8]| (0..u32::MAX).find(|number| frames::numbered(*number) == data).expect("a numbered frame");
    let mut next = 0;
    let of = |data: &Vec<u8>| {
        // They come in order, mostly.
        let found = if frames::numbered(next) == *data { next } else { number(data) };
        next = found + 1;
        found
    };
    capture.packets.iter().map(|packet| &packet.data).map(of).collect()
}

// ---- Those who get in ----

/// What `/proc` says of the sandbox of each thread.
fn sandboxes(program: &Running) -> Vec<(String, String)> {
    let process = program.member("sflowdump").expect("the program").as_raw_nonzero();
    let threads = fs::read_dir(format!("/proc/{process}/task")).expect("threads").filter_map(Result::ok);
    threads
        .filter_map(|thread| fs::read_to_string(thread.path().join("status")).ok())
        .map(|status| {
            let value = |name: &str| status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or("").trim();
            (value("Seccomp:").to_owned(), value("NoNewPrivs:").to_owned())
        })
        .collect()
}

/// Waits until a capture has given up what it needs no more.
fn wait_for_sandbox(program: &Running) {
    let in_sandbox = ("2".to_owned(), "1".to_owned());
    wait_for("a sandbox of all threads", || sandboxes(program).iter().all(|of| *of == in_sandbox).then_some(()));
}

#[test]
fn a_capture_that_listens_has_given_up_what_it_needs_no_more() {
    let mut shell = Shell::start(&["-w", "file", "-G", "1000"]);
    wait_for_sandbox(&shell.program);
    shell.feed.send_frames((0..10).map(frames::numbered));
    shell.stop();
    assert!(numbers(&shell.file("file")).into_iter().eq(0..10));
}

#[test]
fn a_tap_has_given_up_as_much_once_dumpcap_runs() {
    if !support::may_capture() {
        return;
    }
    let home = Home::bare();
    let mut command = home.command(SFLOWDUMP);
    command.args(["--tap", "lo", "-w", "file", "--port", &free_port().to_string()]);
    let program = Running::start(&home, "sflowdump", &mut command);
    wait_for("dumpcap", || program.member("dumpcap"));
    wait_for_sandbox(&program);
    program.signal(Signal::TERM);
}

// ---- Output ----

/// Sends until the program is gone.
fn send_until_the_end(shell: &mut Shell) {
    let mut number = 0;
    wait_for("the end of the program", || {
        for _ in 0..20 {
            shell.feed.send_frames([frames::numbered(number)]);
            number += 1;
        }
        (!shell.program.is_running()).then_some(())
    });
}

#[test]
fn a_file_that_may_grow_no_more_is_left_whole_and_the_capture_ends_with_its_reason() {
    // In blocks of 512 bytes.
    let limited = ["sh", "-c", "ulimit -f 64; exec \"$@\"", "sh"];
    let mut shell = Shell::below(&limited, &["-w", "file"]);
    send_until_the_end(&mut shell);
    let failure = shell.failure();
    assert!(failure.starts_with("sflowdump: output: File too large"), "{failure}");
    assert!(failure.contains("bytes are lost"), "{failure}");
    let numbers = numbers(&shell.file("file"));
    assert!(numbers.len() > 50 && numbers.iter().copied().eq(0..numbers.len() as u32), "{numbers:?}");
    assert!(shell.told("packets captured") > numbers.len() as u64);
}

#[test]
fn a_redirected_file_is_cut_back_unless_others_may_append_to_it() {
    for (redirection, is_cut) in [(">", true), (">>", false)] {
        let home = Home::bare();
        fs::write(home.file("copy"), "before").expect("a file");
        let script = format!("ulimit -f 64; exec \"$@\" {redirection}copy");
        let mut command = home.command("sh");
        let output = command.args(["-c", &script, "sh", SFLOWDUMP, "-r", DEMO, "-w", "-"]).output().expect("sh");
        let said = String::from_utf8(output.stderr).expect("text");
        assert!(!output.status.success() && said.contains("output: File too large"), "{said}");
        let copy = fs::read(home.file("copy")).expect("a file");
        assert_eq!(copy.starts_with(b"before"), !is_cut);
        let capture = Capture::parse(if is_cut { &copy } else { &copy[6..] });
        assert_eq!(capture.left == 0, is_cut);
    }
}

#[test]
fn a_disk_that_is_full_leaves_a_whole_file_of_a_feed_and_of_a_recording() {
    let home = Home::bare();
    let may = home.command("unshare").args(["-rm", "mount", "-t", "tmpfs", "none", "/mnt"]).output();
    if !may.is_ok_and(|output| output.status.success()) {
        return println!("skipped: this user may not mount");
    }
    let on_small_disk = |size: &str| {
        format!(
            "mount -t tmpfs -o size={size} none /mnt; \"$@\" -w /mnt/file; status=$?; cp /mnt/file copy; exit $status"
        )
    };
    let script = on_small_disk("64k");
    let mut shell = Shell::below(&["unshare", "-rm", "sh", "-c", &script, "sh"], &[]);
    send_until_the_end(&mut shell);
    let failure = shell.failure();
    assert!(failure.starts_with("sflowdump: output: No space left on device"), "{failure}");
    assert!(numbers(&shell.file("copy")).len() > 50);

    // The same of a recording.
    let script = on_small_disk("128k");
    let mut command = home.command("unshare");
    let output = command.args(["-rm", "sh", "-c", &script, "sh", SFLOWDUMP, "-r", DEMO]).output().expect("unshare");
    let said = String::from_utf8(output.stderr).expect("text");
    assert!(!output.status.success());
    assert!(said.contains("packets captured"), "{said}");
    let failure = said.lines().last().expect("a failure");
    assert!(failure.starts_with("sflowdump: output: No space left on device"), "{said}");
    assert!(!Capture::read_whole(&home.file("copy")).packets.is_empty());
}

#[test]
fn a_further_file_that_cannot_be_begun_costs_nothing_of_the_one_before() {
    let mut shell = Shell::start(&["-G", "1", "-w", "file%s"]);
    shell.feed.send_frames((0..20).map(frames::numbered));
    let first = wait_for("the first file", || {
        let files = fs::read_dir(shell.home.path()).expect("a directory").filter_map(Result::ok);
        files.map(|file| file.path()).find(|path| path.to_string_lossy().contains("file1"))
    });
    wait_for("all to be taken", || (Capture::read(&first).packets.len() == 20).then_some(()));
    // From now on the program gets no further descriptor.
    let pid = Pid::from_raw(shell.program.pid() as i32).expect("a process");
    let is_open = |number: &u64| fs::read_link(format!("/proc/{}/fd/{number}", shell.program.pid())).is_ok();
    let next = (0..1024).find(|number| !is_open(number)).expect("a number that is free");
    prlimit(Some(pid), Resource::Nofile, Rlimit { current: Some(next), maximum: Some(next) }).expect("a limit");
    send_until_the_end(&mut shell);
    let failure = shell.failure();
    assert!(failure.starts_with("sflowdump: -w: file1") && failure.contains("Too many open files"), "{failure}");
    let capture = Capture::read_whole(&first);
    assert!(capture.packets.len() >= 20);
    assert_eq!(capture.statistics.len(), capture.interfaces.len(), "it has its end");
}

#[test]
fn too_few_descriptors_are_one_clear_line() {
    let home = Home::bare();
    let mut outcomes = [0, 0];
    for descriptors in 3..24 {
        let port = free_port().to_string();
        let script = format!("ulimit -n {descriptors}; exec \"$@\"");
        let mut command = home.command("sh");
        command.args(["-c", &script, "sh", SFLOWDUMP, "--port", &port, "--duration", "1", "-w", "file"]);
        let output = command.output().expect("sh");
        let said = String::from_utf8(output.stderr).expect("text");
        assert!(!said.contains("panicked"), "{descriptors}: {said}");
        outcomes[usize::from(output.status.success())] += 1;
        // With less than the loader needs it is not even the program that ends.
        if !output.status.success() && said.contains("sflowdump: ") && !said.contains("shared libraries") {
            assert_eq!(said.lines().count(), 1, "{descriptors}: {said}");
            assert!(said.contains("Too many open files"), "{descriptors}: {said}");
        }
        if output.status.success() && outcomes[1] == 2 {
            break;
        }
    }
    assert!(outcomes.iter().all(|count| *count > 0), "{outcomes:?}");
}

#[test]
fn totals_that_nobody_can_be_told_are_no_trouble() {
    let home = Home::bare();
    for full in [false, true] {
        let mut command = home.command(SFLOWDUMP);
        command.args(["-r", DEMO, "-w", "file", "--log-level", "info"]);
        let mut program = if full {
            command.stderr(File::create("/dev/full").expect("a device")).spawn().expect("the program")
        } else {
            // A pipe that nobody reads.
            let mut program = command.stderr(Stdio::piped()).spawn().expect("the program");
            drop(program.stderr.take());
            program
        };
        assert!(program.wait().expect("the program").success());
        assert!(!Capture::read_whole(&home.file("file")).packets.is_empty());
    }
}

#[test]
fn a_log_that_cannot_be_written_is_no_trouble() {
    let home = Home::bare();
    let mut command = home.command(SFLOWDUMP);
    command.args(["-r", DEMO, "-w", "file", "--log-level", "noisy", "--log-file", "/dev/full"]);
    let output = command.output().expect("the program");
    let said = String::from_utf8(output.stderr).expect("text");
    assert!(output.status.success() && said.starts_with("951 packets captured\n"), "{said}");
}

// ---- Readers ----

/// A capture as a host starts it, once it listens; nothing of its FIFO is read.
fn for_host(home: &Home) -> (Running, Fifo, u16) {
    let (fifo, port) = (Fifo::new(home, "fifo"), free_port());
    let mut command = home.command(SFLOWDUMP);
    command.args(["--capture", "--extcap-interface", "sflow", "--port", &port.to_string(), "--fifo"]).arg(&fifo.path);
    let mut program = Running::start(home, "sflowdump", &mut command);
    program.wait_for_port(port);
    (program, fifo, port)
}

#[test]
fn a_reader_that_stalls_for_ten_seconds_and_comes_back_gets_everything_in_order() {
    let home = Home::bare();
    let (mut program, mut fifo, port) = for_host(&home);
    let mut flood = Flood::new(port, 10, 7);
    // Some 15 MB: more than the FIFO holds, and less than the backlog.
    flood.send(10_000, 1000);
    wait_for("all to be taken", || (queues(program.pid(), port) == [0]).then_some(()));
    // Nobody has read a byte so far; now somebody reads all.
    program.signal(Signal::TERM);
    let capture = fifo.read_to_end();
    program.end_quietly();
    let lost = capture.statistics[0].dropped.expect("told");
    assert_eq!(capture.packets.len() as u64 + lost * support::flood::SAMPLES, flood.packets());
    let numbers = capture.packets.iter().map(|packet| support::flood::packet_number(&packet.data));
    assert!(numbers.is_sorted());
    assert!(capture.packets.iter().all(|packet| packet.drop_count == 0 || lost > 0));
}

#[test]
fn a_fifo_that_vanishes_is_still_written_to_for_who_reads_it() {
    let home = Home::bare();
    let (mut program, mut fifo, port) = for_host(&home);
    fs::remove_file(&fifo.path).expect("a FIFO");
    Feed::to_port(port).send_frames((0..100).map(frames::numbered));
    fifo.wait_for_packets(100);
    program.signal(Signal::TERM);
    assert_eq!(fifo.read_to_end().data(), (0..100).map(frames::numbered).collect::<Vec<_>>());
    program.end_quietly();
}

// ---- Signals ----

#[test]
fn a_capture_that_was_stopped_goes_on_and_counts_what_the_kernel_could_not_hold() {
    let mut shell = Shell::start(&["-w", "file", "--receive-buffer", "1"]);
    shell.feed.send_frames((0..10).map(frames::numbered));
    shell.program.signal(Signal::STOP);
    wait_for("a stop", || {
        let stat = fs::read_to_string(format!("/proc/{}/stat", shell.program.pid())).expect("the program");
        stat.rsplit_once(") ").is_some_and(|(_, after)| after.starts_with('T')).then_some(())
    });
    // More than a socket of 1 MiB takes.
    for number in 0..20_000 {
        shell.feed.send_frames([frames::numbered(10 + number % 100)]);
    }
    shell.program.signal(Signal::CONT);
    wait_for("all to be taken", || (queues(shell.program.pid(), shell.port) == [0]).then_some(()));
    shell.feed.send_frames((200..210).map(frames::numbered));
    shell.stop();
    let numbers = numbers(&shell.file("file"));
    let lost = shell.told("datagrams dropped by kernel");
    assert!(lost > 0, "the stop is too short: {} packets", numbers.len());
    assert_eq!(numbers.len() as u64 + lost, 20_020);
    assert!(numbers.starts_with(&[0, 1, 2]) && numbers.ends_with(&[208, 209]), "{:?}", numbers.iter().rev().take(12));
}

#[test]
fn a_storm_of_signals_costs_nothing() {
    let mut shell = Shell::start(&["-w", "file"]);
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        let program = &shell.program;
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                for signal in [Signal::CHILD, Signal::WINCH, Signal::URG, Signal::XFSZ, Signal::STOP, Signal::CONT] {
                    program.signal(signal);
                }
                sleep(Duration::from_micros(50));
            }
        });
        for number in 0..5000 {
            shell.feed.send_frames([frames::numbered(number)]);
        }
        wait_for("all to be taken", || (Capture::read(&shell.home.file("file")).packets.len() == 5000).then_some(()));
        over.store(true, Ordering::Relaxed);
    });
    shell.stop();
    assert!(numbers(&shell.file("file")).into_iter().eq(0..5000));
}

/// Whether strace can be used here.
fn may_trace() -> bool {
    let may = have(&["strace"])
        && Command::new("strace").args(["-o", "/dev/null", "true"]).status().is_ok_and(|status| status.success());
    if !may {
        println!("skipped: no strace here");
    }
    may
}

#[test]
fn calls_that_are_interrupted_or_fail_for_a_moment_are_made_again() {
    if !may_trace() {
        return;
    }
    for (calls, error) in [
        ("recvmmsg", "EINTR"),
        ("poll,ppoll", "EINTR"),
        ("write", "EINTR"),
        ("recvmmsg", "ENOMEM"),
        ("recvmmsg", "ENOBUFS"),
        ("recvmmsg", "ENETDOWN"),
    ] {
        // Every other call fails, once the program listens.
        let inject = format!("inject={calls}:error={error}:when=4+2");
        let mut shell = Shell::below(&["strace", "-f", "-o", "/dev/null", "-e", &inject], &["-w", "file"]);
        for number in 0..500 {
            shell.feed.send_frames([frames::numbered(number)]);
            if number % 50 == 0 {
                sleep(Duration::from_millis(20));
            }
        }
        wait_for(&format!("all, in spite of {error}"), || {
            (Capture::read(&shell.file("file")).packets.len() == 500).then_some(())
        });
        let program = shell.program.member("sflowdump").expect("the program");
        rustix::process::kill_process(program, Signal::TERM).expect("the program");
        assert!(shell.program.end().success(), "{error}: {}", shell.program.stderr());
        assert!(numbers(&shell.file("file")).into_iter().eq(0..500), "{error}");
    }
}

#[test]
fn the_end_comes_in_time_under_full_load_and_leaves_a_whole_file() {
    let mut shell = Shell::start(&["-w", "file"]);
    let over = AtomicBool::new(false);
    let bytes = datagram(AGENT, &vec![Sample::of([0; 128]); 7]);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    shell.feed.send_bytes(&bytes);
                }
            });
        }
        sleep(Duration::from_millis(500));
        shell.program.signal(Signal::TERM);
        wait_for("the end", || shell.program.group().is_empty().then_some(()));
        over.store(true, Ordering::Relaxed);
    });
    assert!(shell.program.end().success());
    let capture = Capture::read_whole(&shell.file("file"));
    assert_eq!(capture.packets.len() as u64, shell.told("packets captured"));
    assert_eq!(capture.statistics.len(), capture.interfaces.len());
}

// ---- Clocks ----

#[test]
fn a_clock_that_is_set_back_costs_no_packet() {
    let home = Home::bare();
    let mut file = Vec::new();
    for word in [0xa1b2_c3d4_u32, 0x0004_0002, 0, 0, 262_144, 1] {
        file.extend(word.to_le_bytes());
    }
    // An hour on, two back, and to before 1970 began for the program that recorded it.
    let times = [5000, 5001, 8600, 1400, 1401, 0, 1, 9000];
    for (number, time) in (0..).zip(times) {
        let sample = datagram(AGENT, &[Sample::of(frames::numbered(number))]);
        let frame = frames::ethernet(0x0800, &frames::ipv4(frames::UDP, &frames::udp(7, 6343, &sample)));
        for word in [time, 0, frame.len() as u32, frame.len() as u32] {
            file.extend(u32::to_le_bytes(word));
        }
        file.extend(frame);
    }
    fs::write(home.file("feed.pcap"), file).expect("a recording");
    for (options, files) in [
        (&["-w", "out"][..], &["out"][..]),
        (&["-w", "out", "--max-rate", "1000"], &["out"]),
        // A file is full when the clock is far enough ahead again.
        (&["-w", "part%s", "-G", "3000"], &["part5000", "part8600", "part9000"]),
    ] {
        home.output(SFLOWDUMP, &[&["-r", "feed.pcap"], options].concat());
        let all: Vec<u32> =
            files.iter().filter(|name| home.file(name).exists()).flat_map(|name| numbers(&home.file(name))).collect();
        assert!(all.iter().copied().eq(0..8), "{options:?}: {all:?}");
    }
    let packets = Capture::read_whole(&home.file("out")).packets;
    assert!(packets.iter().map(|packet| packet.timestamp).eq(times.map(|time| u64::from(time) * 1_000_000_000)));
}

// ---- Networks ----

/// A network namespace with an interface of address 192.0.2.1.
struct Network {
    name: String,
}

impl Network {
    fn new(home: &Home) -> Option<Self> {
        if !have(&["ip"]) {
            return None;
        }
        let name = format!("sdf{}", free_port());
        let made = home.command("ip").args(["netns", "add", &name]).output();
        if !made.is_ok_and(|output| output.status.success()) {
            println!("skipped: this user may not make network namespaces");
            return None;
        }
        let network = Network { name };
        network.ip(home, "link set lo up");
        network.up(home);
        Some(network)
    }

    fn up(&self, home: &Home) {
        for words in
            ["link add d0 type veth peer name d1", "addr add 192.0.2.1/24 dev d0", "link set d1 up", "link set d0 up"]
        {
            self.ip(home, words);
        }
    }

    fn ip(&self, home: &Home, words: &str) {
        let words: Vec<&str> = ["-n", &self.name].into_iter().chain(words.split(' ')).collect();
        home.output("ip", &words);
    }

    fn within<'a>(&'a self, words: &[&'a str]) -> Vec<&'a str> {
        [&["ip", "netns", "exec", &self.name], words].concat()
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        _ = Command::new("ip").args(["netns", "del", &self.name]).status();
    }
}

#[test]
fn a_capture_outlives_its_address_and_its_interface_and_hears_again_when_they_are_back() {
    let home = Home::bare();
    let Some(network) = Network::new(&home) else { return };
    let mut shell = Shell::below(&network.within(&[]), &["--listen", "192.0.2.1", "-w", "file"]);
    let to = format!("192.0.2.1:{}", shell.port);
    let send = || {
        let words = network.within(&[SFLOWDUMP, "-r", DEMO, "--forward", &to, "--speed", "100"]);
        home.output(words[0], &words[1..]);
    };
    let mut before = 0;
    for gone in [None, Some("addr del 192.0.2.1/24 dev d0"), Some("link del d0")] {
        if let Some(gone) = gone {
            network.ip(&home, gone);
            assert!(shell.program.is_running());
            if gone.starts_with("addr") {
                network.ip(&home, "link del d0");
            }
            network.up(&home);
        }
        send();
        before = wait_for("packets", || {
            let packets = Capture::read(&shell.file("file")).packets.len();
            (packets >= before + 100).then_some(packets)
        });
    }
    shell.stop();
    assert!(Capture::read_whole(&shell.file("file")).packets.len() >= before);
}

#[test]
fn a_tap_whose_interface_goes_ends_with_what_it_took_and_says_so() {
    let home = Home::bare();
    if !have(&["dumpcap"]) {
        return;
    }
    let Some(network) = Network::new(&home) else { return };
    let mut command = home.command("ip");
    command.args(&network.within(&[SFLOWDUMP, "--tap", "d0", "-w", "file"])[1..]);
    let mut program = Running::start(&home, "sflowdump", &mut command);
    wait_for("dumpcap to capture", || {
        program.member("dumpcap").and_then(|_| fs::metadata(home.file("file")).ok()).filter(|file| file.len() > 0)
    });
    network.ip(&home, "link del d0");
    let status = program.end();
    let said = program.stderr();
    assert!(!said.contains("panicked"), "{said}");
    assert!(!status.success() && said.lines().last().is_some_and(|line| line.contains("dumpcap")), "{status}: {said}");
    Capture::read_whole(&home.file("file"));
}

// ---- Libraries ----

#[test]
fn a_libpcap_that_is_broken_is_told_and_only_filters_need_it() {
    let home = Home::bare();
    let broken = home.file("broken");
    fs::create_dir(&broken).expect("a directory");
    let capture = |filter: &[&str]| {
        let mut command = home.command(SFLOWDUMP);
        command.env("LD_LIBRARY_PATH", &broken).args(["-r", DEMO, "-w", "/dev/null"]).args(filter);
        let output = command.output().expect("the program");
        (output.status.success(), String::from_utf8(output.stderr).expect("text"))
    };
    let names = ["libpcap.so.0.8", "libpcap.so.1", "libpcap.so"].map(|name| broken.join(name));
    for name in &names {
        fs::write(name, "no library at all").expect("a file");
    }
    let (success, said) = capture(&["port", "53"]);
    assert!(
        !success && said.starts_with("sflowdump: capture filters need libpcap, and it cannot be loaded: "),
        "{said}"
    );
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(capture(&[]).0);
    if have(&["cc"]) {
        home.output("cc", &["-shared", "-x", "c", "-o", names[0].to_str().expect("text"), "/dev/null"]);
        let (success, said) = capture(&["port", "53"]);
        assert!(!success && said.starts_with("sflowdump: libpcap cannot be used: "), "{said}");
        assert!(said.contains("pcap_open_dead"), "{said}");
    }
}
