//! The interface `sflow` in tshark, from the list of interfaces to files that other tools read.
#![cfg(target_os = "linux")]

use std::collections::HashSet;
use std::fs;
use std::net::{SocketAddr, UdpSocket};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Signal, test_kill_process};

use frames::{ACK, FIN, SYN, TCP, UDP, ethernet, ipv4, ipv6, mpls, payload, tcp, udp, vlan};
use support::capture::{Capture, classic, read_classic};
use support::feed::{AGENT, Feed, HEADER, Sample, datagram, without_header};
use support::process::Running;
use support::tools::have;
use support::{Home, frames, free_port, has_family_of, is_bound, wait_for};

mod support;

/// Starts tshark on the interface `sflow`.
fn tshark(home: &Home, name: &str, port: u16, options: &[&str]) -> Running {
    let mut command = home.command("tshark");
    command.args(["-n", "-l", "-i", "sflow", "-o", &format!("extcap.sflow.port:{port}")]).args(options);
    Running::start(home, name, &mut command)
}

/// Starts tshark, and waits until it listens.
fn listening(home: &Home, name: &str, port: u16, options: &[&str]) -> Running {
    let mut program = tshark(home, name, port, options);
    program.wait_for_port(port);
    program
}

/// Waits for a good end, and that nothing is left.
fn end(mut tshark: Running) -> Running {
    let status = tshark.end();
    assert!(status.success(), "{status}: {}", tshark.stderr());
    assert!(!tshark.stderr().contains("rror"), "{}", tshark.stderr());
    tshark.wait_for_group(Duration::from_secs(2));
    tshark
}

/// What `-T fields` printed.
fn rows(text: &str) -> Vec<Vec<&str>> {
    text.lines().map(|line| line.split('\t').collect()).collect()
}

fn marker() -> Vec<u8> {
    ethernet(0x88b5, b"this is the last one")
}

/// The packets that tcpdump reads from a file, as far as they match a filter.
fn tcpdump(home: &Home, file: &Path, filter: &str) -> Vec<Vec<u8>> {
    let out = home.file("tcpdump.pcap");
    home.output("tcpdump", &["-r", file.to_str().unwrap(), "-w", out.to_str().unwrap(), filter]);
    read_classic(&out).into_iter().map(|frame| frame.data).collect()
}

#[test]
fn the_interface_and_its_link_type_are_listed() {
    if !have(&["tshark"]) {
        return;
    }
    let home = Home::new();
    let interfaces = home.output("tshark", &["-D"]);
    assert!(interfaces.lines().any(|line| line.ends_with(". sflow (sFlow listener)")), "{interfaces}");
    let link_types = home.output("tshark", &["-i", "sflow", "-L"]);
    assert!(link_types.contains("EN10MB (Ethernet)"), "{link_types}");
}

#[test]
fn a_number_of_packets_is_printed_with_their_true_lengths_ports_and_directions() {
    if !have(&["tshark", "dumpcap"]) {
        return;
    }
    let (home, port) = (Home::new(), free_port());
    let fields = [
        "frame.number",
        "frame.cap_len",
        "frame.len",
        "frame.interface_name",
        "frame.packet_flags_direction",
        "udp.dstport",
    ];
    let options: Vec<&str> =
        ["-c", "10", "-T", "fields"].into_iter().chain(fields.iter().flat_map(|f| ["-e", f])).collect();
    let tshark = listening(&home, "tshark", port, &options);
    let feed = Feed::to_port(port);
    for number in 0..12 {
        let frame = ethernet(0x0800, &ipv4(UDP, &udp(1000, 2000 + number, &payload(100 * usize::from(number)))));
        let sample = Sample::of(frame).source(if number % 3 == 2 { 5 } else { 3 });
        feed.send(&[if number % 3 == 1 { Sample { input: 4, output: 3, ..sample } } else { sample }]);
    }
    let tshark = end(tshark);
    let text = tshark.stdout();
    let rows = rows(&text);
    assert_eq!(rows.len(), 10);
    for (number, row) in rows.iter().enumerate() {
        let length = 42 + 100 * number;
        let (name, direction) = [("10.0.0.1:3", 1), ("10.0.0.1:3", 2), ("10.0.0.1:5", 0)][number % 3];
        let expected = [
            (number + 1).to_string(),
            length.min(HEADER).to_string(),
            length.to_string(),
            name.to_owned(),
            format!("0x{direction:08x}"),
            (2000 + number).to_string(),
        ];
        assert_eq!(*row, expected);
    }
}

#[test]
fn a_duration_runs_without_traffic_and_ends_in_time() {
    if !have(&["tshark", "dumpcap"]) {
        return;
    }
    let (home, port) = (Home::new(), free_port());
    let mut tshark = listening(&home, "tshark", port, &["-a", "duration:3"]);
    let started = Instant::now();
    tshark.end();
    let lasted = started.elapsed();
    let tshark = end(tshark);
    assert!((2..8).contains(&lasted.as_secs()), "{lasted:?}");
    assert_eq!(tshark.stdout(), "");
    assert!(!is_bound(std::process::id(), port));
}

#[test]
fn every_option_can_be_set_as_a_preference() {
    if !have(&["tshark", "dumpcap"]) {
        return;
    }
    let (home, port) = (Home::new(), free_port());
    let log = home.file("log");
    let log_file = format!("extcap.sflow.logfile:{}", log.display());
    let mut options = vec!["-c", "2", "-T", "fields", "-e", "udp.dstport", "-e", "frame.comment"];
    for preference in [
        "extcap.sflow.listen:127.0.0.1",
        "extcap.sflow.receivebuffer:1",
        "extcap.sflow.agents:10.0.0.0/8,127.0.0.1,!10.1.0.1",
        "extcap.sflow.matchsource:true",
        "extcap.sflow.interfaces:1-4",
        "extcap.sflow.direction:in",
        "extcap.sflow.packets:flow",
        "extcap.sflow.content:packets",
        "extcap.sflow.comments:false",
        "extcap.sflow.synthetic:false",
        "extcap.sflow.linktype:native",
        "extcap.sflow.backlog:1",
        "extcap.sflow.loglevel:debug",
        &log_file,
    ] {
        options.extend(["-o", preference]);
    }
    let tshark = listening(&home, "tshark", port, &options);
    let packet = |port| ipv4(UDP, &udp(1, port, b""));
    let sample = |port| Sample::of(ethernet(0x0800, &packet(port)));
    // Each of these is left out by one of the options.
    if has_family_of("::1") {
        Feed::to("::1".parse().unwrap(), port).send(&[sample(10)]);
    }
    let feed = Feed::to_port(port);
    for agent in ["11.0.0.1", "10.1.0.1", "2001:db8::1"] {
        feed.send_bytes(&datagram(agent.parse().unwrap(), &[sample(11)]));
    }
    feed.send(&[sample(12).source(5), Sample { input: 9, output: 3, ..sample(13) }, sample(14).discarded(258)]);
    feed.send_bytes(&without_header());
    // These are not; the first of them is a link type that only "native" knows.
    feed.send(&[Sample::of([&[0, 0x21][..], &packet(20)].concat()).protocol(7), sample(21)]);
    let tshark = end(tshark);
    assert_eq!(tshark.stdout(), "20\t\n21\t\n");
    let log = fs::read_to_string(log).unwrap();
    assert!(log.contains(&format!("listener on UDP port {port} of 127.0.0.1")), "{log}");
}

#[test]
fn a_saved_file_is_whole_and_other_tools_read_it() {
    if !have(&["tshark", "dumpcap", "tcpdump", "capinfos"]) {
        return;
    }
    let (home, port) = (Home::new(), free_port());
    let file = home.file("out.pcapng");
    let tshark = listening(&home, "tshark", port, &["-w", file.to_str().unwrap(), "-f", "udp"]);
    let feed = Feed::to_port(port);
    let sent: Vec<Vec<u8>> = (0..1000).map(frames::numbered).collect();
    feed.send_frames(sent.iter().cloned());
    wait_for("the packets in the file", || (Capture::read(&file).packets.len() == sent.len()).then_some(()));
    tshark.signal_group(Signal::INT); // Ctrl-C in a terminal
    end(tshark);
    let capture = Capture::read_whole(&file);
    assert_eq!(capture.data(), sent);
    assert_eq!(capture.interfaces[1].name, "10.0.0.1:3");
    assert_eq!(capture.interfaces[1].filter, "udp");
    assert_eq!(tcpdump(&home, &file, ""), sent);
    let info = home.output("capinfos", &["-M", "-c", "-E", file.to_str().unwrap()]);
    assert!(info.lines().any(|line| line.starts_with("Number of packets:") && line.ends_with("1000")), "{info}");
    assert!(info.lines().any(|line| line.starts_with("File encapsulation:") && line.ends_with(" ether")), "{info}");
}

/// Frames that the filters below tell apart.
fn zoo() -> Vec<Vec<u8>> {
    let dns = |length| udp(40_000, 53, &payload(length));
    let mut zoo = vec![
        ethernet(0x0800, &ipv4(UDP, &dns(20))),                         // 0
        ethernet(0x0800, &ipv4(UDP, &udp(53, 40_000, &payload(500)))),  // 1
        ethernet(0x86dd, &ipv6(UDP, &dns(20))),                         // 2
        vlan(10, 0x0800, &ipv4(UDP, &dns(20))),                         // 3: "port" does not look behind a tag
        ethernet(0x0800, &ipv4(TCP, &tcp(40_000, 53, SYN, b""))),       // 4
        ethernet(0x0800, &ipv4(TCP, &tcp(40_000, 80, SYN, b""))),       // 5
        ethernet(0x0800, &ipv4(TCP, &tcp(80, 40_000, SYN | ACK, b""))), // 6
        ethernet(0x0800, &ipv4(TCP, &tcp(40_000, 80, FIN | ACK, b""))), // 7
        ethernet(0x86dd, &ipv6(TCP, &tcp(40_000, 80, SYN, b""))),       // 8: "tcp[…]" is for IPv4 only
        ethernet(0x0806, &payload(28)),                                 // 9
        vlan(20, 0x86dd, &ipv6(UDP, &dns(1400))),                       // 10
    ];
    for length in [999, 1000, 1001, 1500] {
        zoo.push(ethernet(0x0800, &ipv4(UDP, &udp(1, 2, &payload(length - 42))))); // 11…14
    }
    zoo
}

#[test]
fn filters_select_exactly_the_right_packets_by_their_true_length_too() {
    if !have(&["tshark", "dumpcap", "tcpdump"]) {
        return;
    }
    let home = Home::new();
    let zoo = zoo();
    let cases: [(&str, Vec<usize>); 8] = [
        ("", (0..zoo.len()).collect()),
        ("port 53", vec![0, 1, 2, 4]),
        ("tcp[tcpflags] == tcp-syn", vec![4, 5]),
        ("greater 1000", vec![10, 12, 13, 14]),
        ("less 60", (0..zoo.len()).filter(|place| zoo[*place].len() <= 60).collect()),
        ("vlan", vec![3, 10]),
        ("ip6", vec![2, 8]),
        ("vlan 20 and ip6 and udp dst port 53", vec![10]),
    ];
    let running: Vec<_> = cases
        .iter()
        .enumerate()
        .map(|(place, (filter, expected))| {
            let port = free_port();
            let file = home.file(&format!("{place}.pcapng"));
            // One packet more than expected, the marker, ends the capture; any packet too many comes before it.
            let filter = if filter.is_empty() { String::new() } else { format!("ether proto 0x88b5 or ({filter})") };
            let count = (expected.len() + 1).to_string();
            let options = ["-f", &filter, "-w", file.to_str().unwrap(), "-c", &count];
            (tshark(&home, &format!("tshark{place}"), port, &options), port, file)
        })
        .collect();
    let mut files = Vec::new();
    for (mut tshark, port, file) in running {
        tshark.wait_for_port(port);
        let feed = Feed::to_port(port);
        feed.send_frames(zoo.iter().cloned().chain([marker()]));
        end(tshark);
        files.push(file);
    }
    for ((filter, expected), file) in cases.iter().zip(&files) {
        let capture = Capture::read_whole(file);
        let sampled: Vec<_> = zoo.iter().map(|frame| &frame[..frame.len().min(HEADER)]).collect();
        let last = marker();
        let wanted: Vec<&[u8]> = expected.iter().map(|place| sampled[*place]).chain([&last[..]]).collect();
        assert_eq!(capture.data(), wanted, "{filter}");
        // tcpdump sees only the bytes that were sampled, and takes their number for the packet's length.
        if !filter.starts_with("greater") && !filter.starts_with("less") {
            let mut oracle = tcpdump(&home, &files[0], filter);
            oracle.retain(|data| *data != last);
            assert_eq!(oracle, wanted[..expected.len()], "{filter}");
        }
    }
}

#[test]
fn packets_without_ethernet_decode_behind_the_header_made_for_them() {
    if !have(&["tshark", "dumpcap"]) {
        return;
    }
    let (home, port) = (Home::new(), free_port());
    let options = "-c 4 -T fields -e eth.type -e ip.dst -e ipv6.dst -e mpls.label -e udp.dstport -e frame.len";
    let tshark = listening(&home, "tshark", port, &options.split(' ').collect::<Vec<_>>());
    let datagram = udp(1000, 2000, b"");
    let (four, six) = (ipv4(UDP, &datagram), ipv6(UDP, &datagram));
    Feed::to_port(port).send(&[
        Sample::of(&four[..]).protocol(11),
        Sample::of(&six[..]).protocol(12),
        Sample::of(mpls(77, &four)).protocol(13),
        Sample::of(&six[..]).protocol(10),
        Sample::of(&four[..]).protocol(7), // PPP, for which there is no such header
    ]);
    let tshark = end(tshark);
    assert_eq!(
        rows(&tshark.stdout()),
        [
            ["0x0800", "198.51.100.2", "", "", "2000", "42"],
            ["0x86dd", "", "2001:db8::2", "", "2000", "62"],
            ["0x8847", "198.51.100.2", "", "77", "2000", "46"],
            ["0x86dd", "", "2001:db8::2", "", "2000", "62"],
        ]
    );
}

#[test]
fn comments_tell_what_the_bytes_do_not() {
    if !have(&["tshark", "dumpcap"]) {
        return;
    }
    let (home, port) = (Home::new(), free_port());
    let options = ["-c", "2", "-T", "fields", "-e", "frame.comment"];
    let tshark = listening(&home, "tshark", port, &options);
    Feed::to_port(port).send(&[Sample::of(frames::numbered(1)), Sample::of(frames::numbered(2)).discarded(258)]);
    let text = end(tshark).stdout();
    let comments: Vec<HashSet<&str>> = text.lines().map(|line| line.split(' ').collect()).collect();
    for word in ["sflow", "agent=10.0.0.1", "source=3", "in=3", "out=4", "rate=100"] {
        assert!(comments[0].contains(word), "{word}: {text}");
    }
    assert!(comments[1].iter().any(|word| word.contains("acl")), "reason 258: {text}");
}

#[test]
fn whole_datagrams_decode_as_sflow_byte_for_byte() {
    if !have(&["tshark", "dumpcap"]) {
        return;
    }
    let (home, port) = (Home::new(), free_port());
    let mut options = vec!["-o", "extcap.sflow.content:both", "-c", "3", "-E", "occurrence=f"];
    options.extend("-T fields -e frame.protocols -e udp.payload -e sflow_245.agent -e frame.interface_name".split(' '));
    let tshark = listening(&home, "tshark", port, &options);
    let samples = [5, 6].map(|number| Sample::of(frames::numbered(number)));
    let sent = datagram(AGENT, &samples);
    Feed::to_port(port).send_bytes(&sent);
    let text = end(tshark).stdout();
    let rows = rows(&text);
    assert!(rows[0][0].starts_with("eth:ethertype:ip:udp:sflow:"), "{text}");
    let hex = sent.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
    assert_eq!(rows[0][1..], [&hex, "10.0.0.1", "10.0.0.1"]);
    for (row, number) in rows[1..].iter().zip(5..) {
        assert_eq!(row[..], ["eth:ethertype:ip:udp:data", &format!("{number:08x}"), "", "10.0.0.1:3"]);
    }
    assert_eq!(rows.len(), 3);
}

#[test]
fn link_layers_decode_natively() {
    if !have(&["tshark", "dumpcap"]) {
        return;
    }
    let (home, port) = (Home::new(), free_port());
    let packet = ipv4(UDP, &udp(1000, 2000, b""));
    let snap = [&[0xaa, 0xaa, 3, 0, 0, 0, 8, 0][..], &packet].concat();
    let addresses = [2, 0, 0, 0, 0, 0xb, 2, 0, 0, 0, 0, 0xa];
    // A data frame from the distribution system.
    let wireless = [&[8, 2, 0, 0][..], &addresses, &[2, 0, 0, 0, 0, 0xc, 0x10, 0], &snap].concat();
    let samples = [
        (1, ethernet(0x0800, &packet), "eth:"),
        (3, [&[0x10, 0x40][..], &addresses, &snap].concat(), "tr:"),
        (4, [&[0x50][..], &addresses, &snap].concat(), "fddi:"),
        (5, [&[0x18, 0x41, 3, 0xcc][..], &packet].concat(), "fr:"),
        (7, [&[0, 0x21][..], &packet].concat(), "ppp:"),
        (10, packet.clone(), "raw:"),
        (11, packet.clone(), "ip:"),
        (12, ipv6(UDP, &udp(1000, 2000, b"")), "ipv6:"),
        (13, mpls(77, &packet), "eth:ethertype:mpls:"),
        (14, [&[0xff, 3, 0, 0x21][..], &packet].concat(), "ppp:"),
        (15, wireless, "wlan:"),
    ];
    let count = samples.len().to_string();
    let mut options = vec!["-o", "extcap.sflow.linktype:native", "-c", &count];
    options.extend("-T fields -e frame.protocols -e udp.dstport -e frame.interface_name".split(' '));
    let tshark = listening(&home, "tshark", port, &options);
    let feed = Feed::to_port(port);
    for (protocol, frame, _) in &samples {
        feed.send(&[Sample::of(&frame[..]).protocol(*protocol)]);
    }
    let tshark = end(tshark);
    let text = tshark.stdout();
    let rows = rows(&text);
    assert_eq!(rows.len(), samples.len(), "{text}");
    for (row, (protocol, _, layers)) in rows.iter().zip(&samples) {
        assert!(row[0].starts_with(layers), "{protocol}: {row:?}");
        assert_eq!(row[1..], ["2000", "10.0.0.1:3"], "{protocol}: {row:?}");
    }
}

#[test]
fn a_capture_that_cannot_start_ends_at_once_with_its_reason() {
    if !have(&["tshark", "dumpcap"]) {
        return;
    }
    let home = Home::new();
    let owner = UdpSocket::bind(SocketAddr::from(([0_u16; 8], 0))).unwrap();
    let taken = owner.local_addr().unwrap().port();
    let cases = [
        (taken, ["-o", "extcap.sflow.direction:in"], format!("UDP port {taken} is taken by ")),
        (free_port(), ["-o", "extcap.sflow.listen:192.0.2.1"], "'192.0.2.1' is not an address of this host".to_owned()),
        (free_port(), ["-o", "extcap.sflow.agents:10.0.0.0/33"], "--agents: '10.0.0.0/33' is not".to_owned()),
        (free_port(), ["-f", "prt 53"], "capture filter 'prt 53': ".to_owned()),
    ];
    for (port, options, message) in cases {
        let mut tshark = tshark(&home, "tshark", port, &options);
        let started = Instant::now();
        tshark.end();
        assert!(started.elapsed() < Duration::from_secs(10), "{message}");
        tshark.wait_for_group(Duration::from_secs(2));
        assert!(tshark.stderr().contains(&message), "{}", tshark.stderr());
        assert_eq!(tshark.stdout(), "");
    }
}

#[test]
fn the_capture_ends_with_a_tshark_that_is_killed() {
    if !have(&["tshark", "dumpcap"]) {
        return;
    }
    let (home, port) = (Home::new(), free_port());
    let mut tshark = listening(&home, "tshark", port, &[]);
    let program = tshark.member("sflowdump").expect("the extcap");
    tshark.signal(Signal::KILL);
    tshark.end();
    let killed = Instant::now();
    wait_for("the end of the extcap", || test_kill_process(program).is_err().then_some(()));
    assert!(killed.elapsed() < Duration::from_secs(2));
    assert!(!is_bound(std::process::id(), port));
    tshark.wait_for_group(Duration::from_secs(5));
}

#[test]
fn two_captures_run_beside_each_other() {
    if !have(&["tshark", "dumpcap"]) {
        return;
    }
    let home = Home::new();
    let ports = [free_port(), free_port()];
    let [first, second] = ports
        .map(|port| listening(&home, &format!("tshark{port}"), port, &["-c", "20", "-T", "fields", "-e", "data.data"]));
    for number in 0..20 {
        Feed::to_port(ports[0]).send_frames([frames::numbered(number)]);
        Feed::to_port(ports[1]).send_frames([frames::numbered(1000 + number)]);
    }
    for (tshark, start) in [(first, 0), (second, 1000)] {
        let expected: Vec<String> = (start..start + 20).map(|number| format!("{number:08x}")).collect();
        assert_eq!(end(tshark).stdout().lines().collect::<Vec<_>>(), expected);
    }
}

#[test]
fn another_interface_can_be_captured_at_the_same_time() {
    if !have(&["tshark", "dumpcap"]) {
        return;
    }
    let (home, port) = (Home::new(), free_port());
    let can_open =
        home.command("dumpcap").args(["-i", "lo", "-L"]).output().is_ok_and(|output| output.status.success());
    if !can_open {
        println!("skipped: this user may not capture on lo");
        return;
    }
    let filter = format!("udp dst port {port}");
    let file = home.file("both.pcapng");
    let tshark = listening(&home, "tshark", port, &["-i", "lo", "-f", &filter, "-w", file.to_str().unwrap()]);
    let feed = Feed::to_port(port);
    let counts = || {
        let names =
            home.output("tshark", &["-n", "-r", file.to_str().unwrap(), "-T", "fields", "-e", "frame.interface_name"]);
        let of = |name| names.lines().filter(|line| *line == name).count();
        (of("10.0.0.1:3"), of("lo"))
    };
    // lo comes up in its own time.
    let mut sent = 0;
    wait_for("both interfaces", || {
        feed.send_frames([frames::numbered(sent)]);
        sent += 1;
        thread::sleep(Duration::from_millis(200));
        let is_written = fs::metadata(&file).is_ok_and(|file| file.len() > 1000);
        (is_written && counts().1 > 0).then_some(())
    });
    tshark.signal(Signal::INT);
    end(tshark);
    let (sflow, lo) = counts();
    assert_eq!(sflow, sent as usize);
    assert!(lo > 0 && lo <= sflow, "{lo} {sflow}");
}

#[test]
fn the_classic_files_of_these_tests_are_read_by_tcpdump() {
    if !have(&["tcpdump"]) {
        return;
    }
    let home = Home::new();
    let file = home.file("zoo.pcap");
    fs::write(&file, classic(1, &zoo())).unwrap();
    assert_eq!(tcpdump(&home, &file, ""), zoo());
}
