//! The classic questions that people put to tcpdump and tshark, answered by sampled packets: a recorded feed is sent over
//! loopback, and each answer must be the one that the same tool gives of a plain capture file with the same packets, which
//! is written without any help of the program.
#![cfg(target_os = "linux")]

use std::collections::HashMap;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{IpAddr, TcpListener, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::Output;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Signal, kill_process};

use support::capture::Capture;
use support::demo::{self, Sampled};
use support::feed::{Feed, Sample};
use support::process::Running;
use support::tools::have;
use support::{Home, SFLOWDUMP, frames, free_port};

mod support;

/// What TCP's analysis says of a segment depends on when it came: on how busy the host is.
const NO_TIMES: [&str; 2] = ["-o", "tcp.analyze_sequence_numbers:FALSE"];

/// A home with the plain capture file in it.
struct Question {
    home: Home,
    port: u16,
    packets: Vec<Sampled>,
    plain: PathBuf,
}

impl Question {
    fn new() -> Self {
        let home = Home::new();
        let packets = demo::packets();
        let plain = home.file("plain.pcap");
        fs::write(&plain, demo::classic(&packets)).unwrap();
        Question { home, port: free_port(), packets, plain }
    }

    fn plain(&self) -> &str {
        self.plain.to_str().unwrap()
    }

    /// Starts a shell's command line, in which `sflowdump` is the program, and waits until that listens on the port.
    fn shell(&self, line: &str) -> Running {
        let line = line.replace("sflowdump", &format!("{SFLOWDUMP} --port {}", self.port));
        let mut shell = Running::start(&self.home, "shell", self.home.command("sh").args(["-c", &line]));
        shell.wait_for_port(self.port);
        shell
    }

    /// Sends the feed, fast, but not faster than anybody could take it.
    fn feed(&self) {
        let to = format!("127.0.0.1:{}", self.port);
        let recording = demo::recording();
        self.home.output(SFLOWDUMP, &["-r", recording.to_str().unwrap(), "--forward", &to, "--speed", "20"]);
    }

    /// What a command line prints when the feed has passed and its sflowdump, or all of it, was stopped.
    fn answer(&self, line: &str) -> String {
        let mut shell = self.shell(line);
        self.feed();
        let program = shell.member("sflowdump").expect("the program");
        kill_process(program, Signal::INT).unwrap();
        assert!(shell.end().success(), "{}", shell.stderr());
        shell.stdout()
    }

    /// What `tshark -i sflow` prints of the whole feed, or of its first packets.
    fn tshark(&self, options: &str, count: Option<usize>) -> String {
        let count = count.unwrap_or(self.packets.len()).to_string();
        let port = format!("extcap.sflow.port:{}", self.port);
        let mut command = self.home.command("tshark");
        command.args(["-n", "-l", "-i", "sflow", "-o", &port, "-c", &count]).args(NO_TIMES);
        command.args(options.split_whitespace());
        let mut tshark = Running::start(&self.home, "tshark", &mut command);
        tshark.wait_for_port(self.port);
        self.feed();
        assert!(tshark.end().success(), "{}", tshark.stderr());
        tshark.stdout()
    }

    /// What it prints of the plain file.
    fn tshark_of_plain(&self, options: &str, count: Option<usize>) -> String {
        let count = count.unwrap_or(self.packets.len()).to_string();
        let plain = ["-n", "-r", self.plain(), "-c", &count];
        let options: Vec<&str> = plain.into_iter().chain(NO_TIMES).chain(options.split_whitespace()).collect();
        self.home.output("tshark", &options)
    }

    /// What tcpdump prints of the plain file, without times.
    fn tcpdump_of_plain(&self, options: &[&str]) -> String {
        self.home.output("tcpdump", &[&["-n", "-t", "-r", self.plain()], options].concat())
    }
}

/// Compares long texts, and tells the first difference only.
fn assert_same(answer: &str, expected: &str, least_lines: usize) {
    let lines = answer.lines().count();
    assert!(lines >= least_lines, "{lines} lines: {answer}");
    for (place, (answer, expected)) in answer.lines().zip(expected.lines()).enumerate() {
        assert_eq!(answer, expected, "line {place}");
    }
    assert_eq!(lines, expected.lines().count());
}

/// The lines that tshark prints of packets, without their times.
fn without_time(text: &str) -> String {
    let words = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    text.lines()
        .map(words)
        .map(|mut words| {
            words.remove(1);
            words.join(" ") + "\n"
        })
        .collect()
}

#[test]
fn the_packets_by_hand_are_those_that_wireshark_finds_in_the_feed() {
    if !have(&["tshark"]) {
        return;
    }
    let question = Question::new();
    let recording = demo::recording();
    let fields = "-d udp.port==6343,sflow -o sflow.enable_dissection:FALSE -T fields -E aggregator=, \
                  -e sflow_245.header.frame_length -e sflow.flow_sample.sampling_rate";
    let options = ["-n", "-r", recording.to_str().unwrap()].into_iter().chain(fields.split_whitespace());
    let text = question.home.output("tshark", &options.collect::<Vec<_>>());
    let numbers = |cell: &str| cell.split(',').filter_map(|number| number.parse().ok()).collect::<Vec<u32>>();
    let mut agreed = 0;
    for (line, (_, datagram)) in text.lines().zip(demo::datagrams()) {
        let (lengths, rates) = line.split_once('\t').expect("two columns");
        let by_hand: Vec<u32> = demo::sampled(&datagram).iter().filter_map(|packet| packet.rate).collect();
        // Its dissector does not know discarded packets, and goes astray behind counters that it does not know.
        let rates = numbers(rates);
        assert!(by_hand.starts_with(&rates), "{rates:?} {by_hand:?}");
        assert_eq!(numbers(lengths).len(), rates.len());
        agreed += rates.len();
    }
    let sampled = question.packets.iter().filter(|packet| packet.rate.is_some()).count();
    assert!(agreed > 900 && sampled - agreed < 10, "{agreed} of {sampled}");
    assert!(sampled < question.packets.len(), "some were discarded");
}

#[test]
fn tcpdump_prints_the_packets() {
    if !have(&["tcpdump"]) {
        return;
    }
    let question = Question::new();
    let answer = question.answer("sflowdump -w - | tcpdump -n -t -r -");
    assert_same(&answer, &question.tcpdump_of_plain(&[]), question.packets.len());
}

#[test]
fn tcpdump_prints_dns_in_detail() {
    if !have(&["tcpdump"]) {
        return;
    }
    let question = Question::new();
    let answer = question.answer("sflowdump -w - port 53 | tcpdump -n -t -vv -r -");
    assert_same(&answer, &question.tcpdump_of_plain(&["-vv", "port 53"]), 50);
}

#[test]
fn tcpdump_prints_the_packets_that_open_connections() {
    if !have(&["tcpdump"]) {
        return;
    }
    let question = Question::new();
    let answer = question.answer("sflowdump -w - 'tcp[tcpflags] == tcp-syn' | tcpdump -n -t -r -");
    assert_same(&answer, &question.tcpdump_of_plain(&["tcp[tcpflags] == tcp-syn"]), 50);
}

#[test]
fn a_number_of_packets_goes_into_a_file() {
    if !have(&["tshark", "dumpcap", "tcpdump"]) {
        return;
    }
    let question = Question::new();
    let ten: Vec<&[u8]> = question.packets[..10].iter().map(|packet| &packet.data[..]).collect();
    question.tshark("-w packets.pcap", Some(10));
    let mut shell = question.shell("sflowdump -w packets2.pcap -c 10");
    question.feed();
    assert!(shell.end().success(), "it ends by itself");
    assert!(shell.stderr().starts_with("10 packets captured\n"), "{}", shell.stderr());
    for name in ["packets.pcap", "packets2.pcap"] {
        let file = question.home.file(name);
        assert_eq!(Capture::read_whole(&file).data(), ten, "{name}");
        let printed = question.home.output("tcpdump", &["-n", "-t", "-r", file.to_str().unwrap()]);
        assert_same(&printed, &question.tcpdump_of_plain(&["-c", "10"]), 10);
    }
}

#[test]
fn tshark_prints_the_packets() {
    if !have(&["tshark", "dumpcap"]) {
        return;
    }
    let question = Question::new();
    let answer = without_time(&question.tshark("", None));
    assert_same(&answer, &without_time(&question.tshark_of_plain("", None)), question.packets.len());
}

#[test]
fn a_display_filter_shows_dns_only() {
    if !have(&["tshark", "dumpcap"]) {
        return;
    }
    let question = Question::new();
    let answer = without_time(&question.tshark("-Y dns", None));
    assert_same(&answer, &without_time(&question.tshark_of_plain("-Y dns", None)), 50);
    assert!(answer.lines().all(|line| line.contains("DNS")), "{answer}");
}

#[test]
fn fields_of_the_packets_make_a_table() {
    if !have(&["tshark", "dumpcap"]) {
        return;
    }
    let question = Question::new();
    let options = "-T fields -e ip.src -e ip.dst -e ip.proto -e ip.len";
    let answer = question.tshark(options, None);
    assert_same(&answer, &question.tshark_of_plain(options, None), question.packets.len());
}

#[test]
fn the_protocols_of_a_hundred_packets_are_counted() {
    if !have(&["tshark", "dumpcap"]) {
        return;
    }
    let question = Question::new();
    let options = "-q -z io,phs";
    // A comment counts as a protocol around all others.
    let protocols = |text: &str| {
        let counted = text.lines().filter(|line| line.contains(" frames:") && !line.contains("pkt_comment"));
        counted.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ") + "\n").collect::<String>()
    };
    let answer = protocols(&question.tshark(options, Some(100)));
    assert_same(&answer, &protocols(&question.tshark_of_plain(options, Some(100))), 8);
    assert!(answer.starts_with("eth frames:100 "), "{answer}");
}

#[test]
fn the_endpoints_of_a_hundred_packets_are_counted() {
    if !have(&["tshark", "dumpcap"]) {
        return;
    }
    let question = Question::new();
    let options = "-q -z endpoints,ip";
    assert_same(&question.tshark(options, Some(100)), &question.tshark_of_plain(options, Some(100)), 20);
}

/// A program for Python that prints the addresses in what tshark says.
const JSON_ADDRESSES: &str = "
import json, sys
# Of layers of the same name, the first is the outermost.
for packet in json.load(sys.stdin, object_pairs_hook=lambda pairs: dict(reversed(pairs))):
    ip = packet['_source']['layers'].get('ip', {})
    print(ip.get('ip.src'), ip.get('ip.dst'))
";
const EK_ADDRESSES: &str = "
import json, sys
for line in sys.stdin:
    document = json.loads(line)
    if 'layers' in document:
        ip = document['layers'].get('ip', {})
        ip = ip[0] if isinstance(ip, list) else ip
        print(ip.get('ip_ip_src'), ip.get('ip_ip_dst'))
";

/// The addresses in the outermost IPv4 header of each packet, read by hand.
fn addresses(packets: &[Sampled]) -> String {
    let line = |packet: &Sampled| {
        let data = &packet.data[if packet.data[12..14] == [0x81, 0] { 16 } else { 12 }..];
        let address = |at: usize| data[at..at + 4].iter().map(ToString::to_string).collect::<Vec<_>>().join(".");
        let is_ipv4 = data[..2] == [8, 0];
        if is_ipv4 { format!("{} {}\n", address(14), address(18)) } else { "None None\n".to_owned() }
    };
    packets.iter().map(line).collect()
}

/// What a program for Python prints when it reads this.
fn python(question: &Question, program: &str, input: &str) -> String {
    let (script, file) = (question.home.file("script.py"), question.home.file("input"));
    fs::write(&script, program).unwrap();
    fs::write(&file, input).unwrap();
    question.home.output("sh", &["-c", "python3 script.py < input"])
}

#[test]
fn json_has_every_packet() {
    if !have(&["tshark", "dumpcap", "python3"]) {
        return;
    }
    let question = Question::new();
    let answer = python(&question, JSON_ADDRESSES, &question.tshark("-T json", None));
    assert_same(&answer, &addresses(&question.packets), question.packets.len());
}

#[test]
fn a_script_takes_every_packet_as_a_line_of_json() {
    if !have(&["tshark", "dumpcap", "python3"]) {
        return;
    }
    let question = Question::new();
    let script = question.home.file("script.py");
    fs::write(&script, EK_ADDRESSES).unwrap();
    let count = question.packets.len();
    let port = question.port;
    let line = format!("tshark -n -l -i sflow -o extcap.sflow.port:{port} -c {count} -T ek | python3 script.py");
    let mut shell = Running::start(&question.home, "shell", question.home.command("sh").args(["-c", &line]));
    shell.wait_for_port(port);
    question.feed();
    assert!(shell.end().success(), "{}", shell.stderr());
    assert_same(&shell.stdout(), &addresses(&question.packets), count);
}

/// Serves a text over HTTP once. Returns its URL.
fn serve(text: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/list", listener.local_addr().unwrap());
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = BufReader::new(stream.try_clone().unwrap()).lines();
        while request.next().is_some_and(|line| !line.unwrap().is_empty()) {}
        write!(stream, "HTTP/1.0 200 OK\r\nContent-Length: {}\r\n\r\n{text}", text.len()).unwrap();
    });
    url
}

#[test]
fn the_example_of_threat_intelligence_finds_every_packet_of_listed_addresses() {
    if !have(&["tshark", "dumpcap", "python3"]) {
        return;
    }
    let question = Question::new();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/threat-intel/threat_intel.py");
    let list = question.home.file("list");
    fs::write(&list, "# listed\n203.0.113.66\tscanner\n\n198.51.100.0/24,more\nno address\n").unwrap();
    let url = serve("2001:db8:f00::/48 # all of it\n198.51.100.7\n");
    let (count, port) = (question.packets.len(), question.port);
    let line = format!(
        "tshark -n -l -i sflow -o extcap.sflow.port:{port} -c {count} -T ek | python3 {} list {url}",
        script.display()
    );
    let mut shell = Running::start(&question.home, "shell", question.home.command("sh").args(["-c", &line]));
    shell.wait_for_port(port);
    question.feed();
    assert!(shell.end().success(), "{}", shell.stderr());

    // The addresses, those in tunnels too, are Wireshark's; agents and rates are read by hand.
    let fields = "-T fields -E occurrence=a -E aggregator=, -e ip.src -e ip.dst -e ipv6.src -e ipv6.dst";
    let table = question.tshark_of_plain(fields, None);
    let entry = |address: &str| match address {
        "203.0.113.66" | "198.51.100.7" => Some(address.to_owned()),
        _ if address.starts_with("198.51.100.") => Some("198.51.100.0/24".to_owned()),
        _ if address.starts_with("2001:db8:f00:") => Some("2001:db8:f00::/48".to_owned()),
        _ => None,
    };
    let mut expected = Vec::new();
    let mut behind = HashMap::<String, u32>::new();
    for (line, packet) in table.lines().zip(&question.packets) {
        let cells: Vec<Vec<&str>> = line.split('\t').map(|cell| cell.split(',').collect()).collect();
        let pairs = [(0, 1), (2, 3)].into_iter().flat_map(|(from, to)| cells[from].iter().zip(&cells[to]));
        let mut listed = pairs.filter_map(|(from, to)| Some((from, to, entry(from).or_else(|| entry(to))?)));
        let Some((from, to, entry)) = listed.next() else { continue };
        let agent: IpAddr = match packet.agent.len() {
            4 => <[u8; 4]>::try_from(&packet.agent[..]).unwrap().into(),
            _ => <[u8; 16]>::try_from(&packet.agent[..]).unwrap().into(),
        };
        let rate = packet.rate.unwrap_or(1);
        expected.push(format!("{from} > {to} agent={agent} packets={rate} listed={entry}"));
        *behind.entry(entry).or_default() += rate;
    }
    let told = |line: &str| {
        let words: Vec<&str> = line.split(' ').collect();
        assert!(words[0].starts_with("20") && words[0].ends_with('Z'), "{line}");
        assert!(words[5].starts_with("port="), "{line}");
        [&words[1..5], &words[6..8]].concat().join(" ")
    };
    let told: Vec<String> = shell.stdout().lines().map(told).collect();
    assert_same(&told.join("\n"), &expected.join("\n"), 100);
    let summary = shell.stderr();
    assert!(summary.contains("list: 1 lines skipped"), "{summary}");
    assert_eq!(behind.len(), 4, "{behind:?}");
    for (entry, packets) in behind {
        assert!(summary.contains(&format!("{entry}: about {packets} packets, ")), "{summary}");
    }
}

// The habits of the shell.

/// What a command line of bash comes to, in which a pipeline fails with any of its parts.
fn bash(home: &Home, line: &str) -> Output {
    let line = format!("set -o pipefail; {}", line.replace("sflowdump", SFLOWDUMP));
    home.command("bash").args(["-c", &line]).output().expect("bash")
}

fn demo_path() -> String {
    demo::recording().to_str().unwrap().to_owned()
}

#[test]
fn a_capture_is_not_printed_on_a_terminal() {
    if !have(&["script"]) {
        return;
    }
    let (home, port) = (Home::new(), free_port());
    for options in [String::new(), " -w -".to_owned(), format!(" -r {}", demo_path())] {
        let line = format!("{SFLOWDUMP} --port {port}{options}");
        let output = home.command("script").args(["-q", "-e", "-c", &line, "typescript"]).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.code(), Some(1), "{text}");
        assert!(text.contains("-w FILE") && text.contains("sflowdump -w - | tcpdump -r -"), "{text}");
        assert_eq!(text.lines().count(), 1, "{text}");
    }
}

#[test]
fn a_reader_that_has_enough_is_no_failure() {
    let home = Home::new();
    let line = format!("sflowdump -r {} -w - | head -c 100", demo_path());
    let output = bash(&home, &line);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.stdout.len(), 100);
    // Live, where nothing comes that could be written, the program must see by itself that its reader is gone.
    let line = format!("sflowdump --port {} -w - | head -c 100", free_port());
    let output = bash(&home, &line);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.stdout.len(), 100);
}

#[test]
fn ctrl_c_ends_a_capture_well_and_tells_what_it_came_to() {
    for signal in [Signal::INT, Signal::TERM] {
        let question = Question::new();
        let mut command = question.home.command(SFLOWDUMP);
        command.args(["--port", &question.port.to_string(), "-w", "out.pcapng", "udp"]);
        let mut program = Running::start(&question.home, "sflowdump", &mut command);
        program.wait_for_port(question.port);
        question.feed();
        program.signal(signal);
        assert_eq!(program.end().code(), Some(0));
        let capture = Capture::read_whole(&question.home.file("out.pcapng"));
        let (written, all) = (capture.packets.len(), question.packets.len());
        let totals = program.stderr();
        let totals: Vec<&str> = totals.lines().filter(|line| !line.contains("WARN")).collect();
        assert_eq!(
            totals,
            [
                format!("{written} packets captured"),
                format!("{} sFlow datagrams received", demo::datagrams().len()),
                format!("{} packets left out by the filter", all - written),
                // Wireshark's own dissector shows these in the feed: a gap in an agent's numbers, and drops that grow.
                "1 sFlow datagrams lost on the way from the agents".to_owned(),
                "9 samples dropped by the agents".to_owned(),
                "0 datagrams dropped by kernel".to_owned(),
            ]
        );
    }
}

#[test]
fn exactly_the_wished_number_of_packets_is_written() {
    let question = Question::new();
    let of = |count: usize| question.packets[..count].iter().map(|packet| &packet.data[..]).collect::<Vec<_>>();
    for count in [1, 2, 17, 950] {
        let line = format!("sflowdump -r {} -c {count} -w out", demo_path());
        let output = bash(&question.home, &line);
        assert!(output.status.success());
        assert_eq!(Capture::read_whole(&question.home.file("out")).data(), of(count), "{count}");
    }
    // A datagram's samples come together, and go on beyond the number.
    let mut shell = question.shell("sflowdump -c 3 -w live");
    Feed::to_port(question.port).send(&[0, 1, 2, 3, 4].map(|number| Sample::of(frames::numbered(number))));
    assert!(shell.end().success());
    let capture = Capture::read_whole(&question.home.file("live"));
    assert_eq!(capture.data(), [0, 1, 2].map(frames::numbered));
}

#[test]
fn a_capture_ends_by_itself_when_its_time_is_over() {
    let question = Question::new();
    let started = Instant::now();
    let mut shell = question.shell("sflowdump --duration 1 -w out");
    Feed::to_port(question.port).send_frames([frames::numbered(1)]);
    assert!(shell.end().success(), "{}", shell.stderr());
    let took = started.elapsed();
    assert!(took >= Duration::from_secs(1) && took < Duration::from_secs(10), "{took:?}");
    assert_eq!(Capture::read_whole(&question.home.file("out")).data(), [frames::numbered(1)]);
    assert!(shell.stderr().starts_with("1 packets captured\n"), "{}", shell.stderr());
}

#[test]
fn a_taken_port_is_told_in_one_line() {
    let home = Home::new();
    let taken = UdpSocket::bind("[::]:0").or_else(|_| UdpSocket::bind("0.0.0.0:0")).unwrap();
    let port = taken.local_addr().unwrap().port();
    let output = bash(&home, &format!("sflowdump --port {port} -w out"));
    assert_eq!(output.status.code(), Some(1));
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.starts_with(&format!("sflowdump: UDP port {port} is taken")), "{stderr}");
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
}
