//! Wireshark's side of the metadata: the Lua fields and the profile, in a real tshark, live and from saved files.
//!
//! tshark runs as an ordinary user, for newer ones load no Lua as root. Where it is missing, or a recording, the tests say
//! "skipped: …" and pass; `SFLOWDUMP_TEST_REQUIRE_TOOLS=1` makes them fail instead.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::net::UdpSocket;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

#[path = "../support/wire.rs"]
#[allow(dead_code, reason = "each test uses a part of it")]
mod wire;

#[path = "lua/keys.rs"]
mod keys;

use keys::ROWS;
use wire::Wire;

// What the tests run on ---------------------------------------------------------------------------------------------------

const NOBODY: u32 = 65534;

/// The repository.
fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// Says that a test cannot run here; where everything must be there, that is a failure.
fn skip(what: &str) {
    assert!(std::env::var_os("SFLOWDUMP_TEST_REQUIRE_TOOLS").is_none_or(|value| value != "1"), "{what}");
    eprintln!("skipped: {what}");
}

fn program(name: &str) -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?).map(|folder| folder.join(name)).find(|path| path.is_file())
}

/// A recording, if it is here.
fn recording(name: &str) -> Option<Vec<u8>> {
    let folder = std::env::var_os("SFLOW_CAPTURES")
        .map_or_else(|| repository().parent().unwrap().join("shared/captures"), PathBuf::from);
    let found = fs::read(folder.join(name)).ok();
    if found.is_none() {
        eprintln!("skipped: {} is not there", folder.join(name).display());
    }
    found
}

/// A user's home with the script, the profile and the program installed by hand, and their tshark.
struct Home {
    folder: PathBuf,
    tshark: PathBuf,
    /// The user and group of this home, where the tests run as root.
    owner: Option<(u32, u32)>,
}

impl Home {
    fn new() -> Option<Self> {
        static HOMES: AtomicU32 = AtomicU32::new(0);
        let (Some(tshark), Some(dumpcap)) = (program("tshark"), program("dumpcap")) else {
            skip("tshark and dumpcap are not installed");
            return None;
        };
        let as_root = rustix::process::geteuid().is_root();
        // dumpcap may be for one group's members only.
        let group = fs::metadata(dumpcap).unwrap().gid();
        let owner = as_root.then_some((NOBODY, if group == 0 { NOBODY } else { group }));
        let number = HOMES.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("sflowdump-lua-{}-{number}", std::process::id()));
        let home = Home { folder, tshark, owner };
        let packaging = repository().join("packaging/wireshark");
        let program = Path::new(env!("CARGO_BIN_EXE_sflowdump"));
        home.install(&packaging.join("sflowdump.lua"), ".local/lib/wireshark/plugins");
        // Wireshark looks for extcaps in the first folder up to 4.0 and in the second from 4.2 on.
        home.install(program, ".config/wireshark/extcap");
        home.install(program, ".local/lib/wireshark/extcap");
        for file in fs::read_dir(packaging.join("profiles/sFlow")).unwrap() {
            home.install(&file.unwrap().path(), ".config/wireshark/profiles/sFlow");
        }
        Some(home)
    }

    fn install(&self, file: &Path, folder: &str) {
        let folder = self.folder.join(folder);
        fs::create_dir_all(&folder).unwrap();
        fs::copy(file, folder.join(file.file_name().unwrap())).unwrap();
    }

    /// A file of this home.
    fn file(&self, name: &str, contents: &[u8]) -> PathBuf {
        let path = self.folder.join(name);
        fs::write(&path, contents).unwrap();
        path
    }

    fn give_away(path: &Path, (user, group): (u32, u32)) {
        chown(path, Some(user), Some(group)).unwrap();
        if path.is_dir() {
            fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
            for entry in fs::read_dir(path).unwrap() {
                Self::give_away(&entry.unwrap().path(), (user, group));
            }
        }
    }

    /// A tshark that this home's user runs.
    fn tshark(&self) -> Command {
        let mut command = match self.owner {
            None => Command::new(&self.tshark),
            Some(owner) => {
                Self::give_away(&self.folder, owner);
                let mut command = Command::new("setpriv");
                let (user, group) = owner;
                command.args([format!("--reuid={user}"), format!("--regid={group}"), "--clear-groups".to_owned()]);
                command.arg(&self.tshark);
                command
            }
        };
        command.env_clear().envs([("PATH", "/usr/bin:/bin:/usr/sbin:/sbin"), ("LC_ALL", "C.UTF-8")]);
        // Colours are for terminals that have them.
        command.env("COLORTERM", "truecolor").env("HOME", &self.folder).current_dir(&self.folder);
        command
    }

    /// What tshark prints about a file.
    fn read(&self, file: &Path, arguments: &[&str]) -> Printed {
        Printed::of(self.tshark().arg("-r").arg(file).args(arguments).output().unwrap())
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        _ = fs::remove_dir_all(&self.folder);
    }
}

struct Printed {
    out: String,
    errors: String,
}

impl Printed {
    fn of(output: Output) -> Self {
        let [out, errors] = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
        assert!(output.status.success(), "{}: {errors}", output.status);
        Printed { out, errors }
    }

    fn lines(&self) -> Vec<&str> {
        self.out.lines().collect()
    }
}

// Files made by hand ------------------------------------------------------------------------------------------------------

/// A pcapng file of Ethernet packets.
struct File(Vec<u8>);

impl File {
    fn new() -> Self {
        let mut file = File(Vec::new());
        file.block(0x0a0d_0d0a, &[0x4d, 0x3c, 0x2b, 0x1a, 1, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255]);
        file.block(1, &[1, 0, 0, 0, 0, 0, 4, 0]);
        file
    }

    fn block(&mut self, kind: u32, body: &[u8]) {
        let length = (body.len() as u32 + 12).to_le_bytes();
        self.0.extend(kind.to_le_bytes());
        self.0.extend(length);
        self.0.extend(body);
        self.0.extend(length);
    }

    /// A packet of 42 bytes, which was longer on the wire, with comments; each packet comes a second after the one before.
    fn packet(mut self, length_on_the_wire: u32, comments: &[&[u8]]) -> Self {
        let time = 1_700_000_000_000_000 + 1_000_000 * self.0.len() as u64 / 1000;
        let mut body = Vec::new();
        for word in [0, (time >> 32) as u32, time as u32, 42, length_on_the_wire] {
            body.extend(word.to_le_bytes());
        }
        body.extend(b"\x02\0\0\0\0\x02\x02\0\0\0\0\x01\x08\0\x45\0\0\x1c\0\x01\0\0\x40\x11\0\0");
        body.extend(b"\xc0\xa8\0\x01\xc0\xa8\0\x02\x04\xd2\x16\x2e\0\x08\0\0\0\0");
        for comment in comments {
            body.extend([1, 0]);
            body.extend((comment.len() as u16).to_le_bytes());
            body.extend(*comment);
            body.resize(body.len().next_multiple_of(4), 0);
        }
        body.extend([0; 4]);
        self.block(6, &body);
        self
    }

    fn with(self, length_on_the_wire: u32, comment: &str) -> Self {
        self.packet(length_on_the_wire, &[comment.as_bytes()])
    }
}

/// The packets of a little-endian classic pcap file, and their lengths on the wire.
fn packets(pcap: &[u8]) -> Vec<(u32, &[u8])> {
    assert_eq!(pcap[..4], 0xa1b2_c3d4_u32.to_le_bytes());
    let mut rest = &pcap[24..];
    let mut packets = Vec::new();
    while let Some((header, after)) = rest.split_at_checked(16) {
        let word = |at: usize| u32::from_le_bytes(header[at..at + 4].try_into().unwrap());
        let (packet, after) = after.split_at(word(8) as usize);
        packets.push((word(12), packet));
        rest = after;
    }
    packets
}

/// The payloads of UDP over IPv4 over Ethernet.
fn datagrams(pcap: &[u8]) -> Vec<&[u8]> {
    let payload = |(_, packet): (u32, &'_ [u8])| packet.len() - (14 + usize::from(packet[14] & 15) * 4 + 8);
    packets(pcap).into_iter().map(|packet| &packet.1[packet.1.len() - payload(packet)..]).collect()
}

// Live captures -----------------------------------------------------------------------------------------------------------

fn free_port() -> u16 {
    UdpSocket::bind("[::]:0").unwrap().local_addr().unwrap().port()
}

/// Waits until somebody listens on a UDP port.
fn wait_for_listener(port: u16, child: &mut Child) {
    let wanted = format!(":{port:04X} ");
    let started = Instant::now();
    while !["udp", "udp6"].iter().any(|table| {
        fs::read_to_string(Path::new("/proc/net").join(table)).is_ok_and(|sockets| sockets.contains(&wanted))
    }) {
        assert!(child.try_wait().unwrap().is_none(), "it ended before it listened");
        assert!(started.elapsed() < Duration::from_secs(30), "nobody listens on port {port}");
        sleep(Duration::from_millis(20));
    }
}

/// Runs a capture, feeds it, and waits for its end.
fn fed(command: &mut Command, port: u16, datagrams: &[&[u8]]) -> Printed {
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    wait_for_listener(port, &mut child);
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    for datagram in datagrams {
        socket.send_to(datagram, ("127.0.0.1", port)).unwrap();
        // tshark has no statistics of a capture that lasts no time.
        sleep(Duration::from_millis(5));
    }
    Printed::of(child.wait_with_output().unwrap())
}

// The tests ---------------------------------------------------------------------------------------------------------------

/// The keys of the table at the top of `src/metadata.rs`.
fn documented_keys() -> BTreeSet<String> {
    let source = fs::read_to_string(repository().join("src/metadata.rs")).unwrap();
    let rows = source.lines().filter_map(|line| line.strip_prefix("//! | `"));
    let keys: BTreeSet<String> = rows
        .flat_map(|row| row.split(" | ").next().unwrap().split('`').step_by(2).map(str::to_owned).collect::<Vec<_>>())
        .filter(|key| !key.is_empty())
        .collect();
    assert!(keys.contains("agent") && keys.contains("tag2"), "{keys:?}");
    keys
}

#[test]
fn every_key_of_the_comment_has_a_field_of_its_own_type() {
    let keys: BTreeSet<String> = ROWS.iter().map(|(key, ..)| (*key).to_owned()).collect();
    assert_eq!(keys, documented_keys(), "this test's rows and the table in src/metadata.rs");
    let Some(home) = Home::new() else { return };
    let fixed = [("agent", "10.9.9.9"), ("source", "1")];
    let file = ROWS.iter().fold(File::new(), |file, &(key, value, _)| {
        let words = fixed.into_iter().filter(|word| word.0 != key).chain([(key, value)]);
        file.with(60, &words.fold("sflow".to_owned(), |line, (key, value)| format!("{line} {key}={value}")))
    });
    let file = home.file("keys.pcapng", &file.0);
    let fields: BTreeSet<&str> = ROWS.iter().flat_map(|(_, _, fields)| fields.iter().map(|field| field.0)).collect();
    let mut arguments = vec!["-T".to_owned(), "fields".to_owned(), "-E".to_owned(), "separator=|".to_owned()];
    for field in fields.iter().copied().chain(["other"]) {
        arguments.extend(["-e".to_owned(), format!("sflowdump.{field}")]);
    }
    let printed = home.read(&file, &arguments.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(printed.lines().len(), ROWS.len());
    for (line, (key, value, expected)) in printed.lines().into_iter().zip(ROWS) {
        let shown: Vec<&str> = line.split('|').collect();
        for (field, expected) in *expected {
            let place = fields.iter().position(|name| name == field).unwrap();
            assert_eq!(shown[place], *expected, "sflowdump.{field} of {key}={value}");
        }
        assert_eq!(shown[fields.len()], "", "{key}={value} was not understood");
    }
}

#[test]
fn lists_tell_what_their_numbers_alone_do_not() {
    let Some(home) = Home::new() else { return };
    let file = ["as.path=1,{2,3},4,+5", "as.path={6", "as.path=7", "vlans=88a8:100,200"].iter();
    let file = file.fold(File::new(), |file, word| file.with(60, &format!("sflow agent=10.0.0.1 source=3 {word}")));
    let printed = home.read(&home.file("lists.pcapng", &file.0), &["-V"]);
    let lines = printed.out.lines().filter_map(|line| {
        let (what, value) = line.trim().split_once(": ")?;
        ["AS path to the destination", "VLAN stack"].contains(&what).then_some(value)
    });
    let expected =
        ["1", "2 (of a set)", "3 (of a set)", "4 and 5 more", "6 (of a set)", "7", "100 (TPID 0x88a8)", "200"];
    assert_eq!(lines.collect::<Vec<_>>(), expected);
}

#[test]
fn every_field_is_documented() {
    let Some(home) = Home::new() else { return };
    let printed = Printed::of(home.tshark().args(["-G", "fields"]).output().unwrap());
    let columns = printed.lines().into_iter().map(|line| line.split('\t').nth(2).unwrap_or_default());
    let fields: BTreeSet<&str> = columns.filter_map(|field| field.strip_prefix("sflowdump.")).collect();
    assert!(fields.contains("bytes"), "{fields:?}");

    let document = fs::read_to_string(repository().join("docs/wireshark.md")).unwrap();
    let table = document.split("\n## Fields\n").nth(1).unwrap().split("\n## ").next().unwrap();
    let words = table.lines().filter(|line| line.starts_with('|')).flat_map(|row| row.split('`').skip(1).step_by(2));
    let told: BTreeSet<&str> =
        words.filter_map(|word| word.strip_prefix("sflowdump.").or_else(|| word.strip_prefix('.'))).collect();
    assert_eq!(told, fields);
}

#[test]
fn keys_of_later_versions_and_values_that_make_no_sense_are_shown_as_text() {
    let Some(home) = Home::new() else { return };
    let words = [
        "colour=red",
        "rate=fast",
        "rate=18446744073709551616000",
        "nexthop=10.0.0.256",
        "nexthop=example.org",
        "bssid=1:2",
    ];
    let words =
        [&words[..], &["as.path=1,x", "tag=18446744073709551616000", "of.cookie=7z", "tunnel.in=here"]].concat();
    let line = words.iter().fold("sflow agent=10.0.0.1 source=3".to_owned(), |line, word| format!("{line} {word}"));
    let file = home.file("other.pcapng", &File::new().with(1500, &line).0);
    let shown =
        home.read(&file, &["-T", "fields", "-E", "aggregator= ", "-e", "sflowdump.other", "-e", "sflowdump.bytes"]);
    assert_eq!(shown.lines(), [format!("{}\t1500", words.join(" "))]);
}

#[test]
fn agents_are_compared_by_address_and_by_prefix_each_in_its_family() {
    let Some(home) = Home::new() else { return };
    let agents = ["10.0.0.1", "10.255.0.1", "11.0.0.1", "2001:db8::1", "2001:db9::1"];
    let file = agents.iter().fold(File::new(), |file, agent| file.with(60, &format!("sflow agent={agent} source=1")));
    let file = home.file("agents.pcapng", &file.0);
    for (filter, expected) in [
        ("sflowdump.agent == 10.0.0.1", &["1"][..]),
        ("sflowdump.agent == 10.0.0.0/8", &["1", "2"]),
        ("sflowdump.agent6 == 2001:db8::1", &["4"]),
        ("sflowdump.agent6 == 2001:db8::/32", &["4"]),
        ("sflowdump.agent == 0.0.0.0/0", &["1", "2", "3"]),
        ("sflowdump.agent == 10.0.0.0/8 || sflowdump.agent6 == 2001:db9::1", &["1", "2", "5"]),
    ] {
        assert_eq!(
            home.read(&file, &["-Y", filter, "-T", "fields", "-e", "frame.number"]).lines(),
            expected,
            "{filter}"
        );
    }
}

/// The numbers of each interval of `-z io,stat`.
fn intervals(printed: &Printed) -> Vec<Vec<u64>> {
    let rows = printed.lines().into_iter().filter(|line| line.contains("<>"));
    rows.map(|row| row.split('|').skip(2).filter_map(|cell| cell.trim().parse().ok()).collect()).collect()
}

/// The numbers of the one interval of `-z io,stat,0`.
fn sums(printed: &Printed) -> Vec<u64> {
    match &intervals(printed)[..] {
        [sums] => sums.clone(),
        _ => panic!("{}", printed.out),
    }
}

const SUMS: &str = "io,stat,0,SUM(sflowdump.packets)sflowdump.packets,SUM(sflowdump.bytes)sflowdump.bytes";

#[test]
fn sums_scale_samples_by_their_rate_and_count_discards_once_beyond_32_bits() {
    let Some(home) = Home::new() else { return };
    let file = File::new()
        .with(1500, "sflow agent=10.0.0.1 source=3 rate=4000000000 pool=1 drops=0 seq=1")
        .with(9018, "sflow agent=10.0.0.1 source=3 rate=4294967295 pool=2 drops=0 seq=2")
        .with(64, "sflow agent=10.0.0.1 source=3 reason=acl drops=0 seq=1")
        .with(100, "sflow agent=10.0.0.1 source=3 out=discard:acl rate=2 pool=3 drops=0 seq=3")
        // A whole datagram, a packet of another origin, and a sample of unknown rate.
        .with(1400, "sflow agent=10.0.0.1")
        .packet(1000, &[b"rate=1000 source=3"])
        .with(60, "sflow agent=10.0.0.1 source=3 pool=4 drops=0 seq=4");
    let file = home.file("sums.pcapng", &file.0);
    let packets = 4_000_000_000 + 4_294_967_295 + 1 + 2 + 1;
    let bytes = 4_000_000_000 * 1500 + 4_294_967_295 * 9018 + 64 + 2 * 100 + 60;
    assert_eq!(sums(&home.read(&file, &["-q", "-z", SUMS])), [packets, bytes]);
}

#[test]
fn fields_are_columns() {
    let Some(home) = Home::new() else { return };
    let file = File::new()
        .with(60, "sflow agent=10.0.0.1 source=3 in=3 out=discard:acl rate=100")
        .with(60, "sflow agent=2001:db8::1 source=3 in=internal out=4 rate=200");
    let file = home.file("columns.pcapng", &file.0);
    let format = r#"gui.column.format:"Agent","%Cus:sflowdump.agent:0:R","Rate","%Cus:sflowdump.rate:0:R""#;
    let words = |printed: &Printed| {
        printed.lines().iter().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect::<Vec<_>>()
    };
    assert_eq!(words(&home.read(&file, &["-o", format])), ["10.0.0.1 100", "200"]);
    let with_profile = words(&home.read(&file, &["-C", "sFlow"]));
    assert!(with_profile[0].contains(" 10.0.0.1 3 discard 100 acl 192.168.0.1 "), "{with_profile:?}");
    assert!(with_profile[1].contains(" 2001:db8::1 internal 4 200 192.168.0.1 "), "{with_profile:?}");
}

#[test]
fn the_profile_loads_without_a_warning_with_the_script_and_without() {
    let Some(home) = Home::new() else { return };
    let file = File::new()
        .with(60, "sflow agent=10.0.0.1 source=3 in=3 out=4 rate=100")
        .with(60, "sflow agent=10.0.0.1 source=3 in=3 reason=acl")
        .with(60, "sflow agent=10.0.0.1 source=3 in=3 out=discard:258 rate=100")
        .with(60, "sflow agent=10.0.0.1 source=3 in=3 rate=100 synthetic=ipv4")
        .packet(60, &[b"why was it discarded? reason=unknown"]);
    let file = home.file("profile.pcapng", &file.0);
    for script in ["with", "without"] {
        if script == "without" {
            fs::remove_file(home.folder.join(".local/lib/wireshark/plugins/sflowdump.lua")).unwrap();
        }
        let printed = home.read(&file, &["-C", "sFlow", "--color", "-T", "fields", "-e", "frame.coloring_rule.name"]);
        assert_eq!(printed.errors, "", "{script} the script");
        let (made, discarded) = ("sFlow: made from fields", "sFlow: discarded");
        assert_eq!(printed.lines(), ["UDP", discarded, discarded, made, "UDP"], "{script} the script");
        assert_eq!(home.read(&file, &["-C", "sFlow"]).errors, "", "{script} the script");
    }
}

#[test]
fn broken_profiles_would_be_noticed() {
    let Some(home) = Home::new() else { return };
    let file = home.file("profile.pcapng", &File::new().with(60, "sflow agent=10.0.0.1").0);
    for (name, line) in [
        ("preferences", "tcp.no_such_preference: FALSE\n"),
        ("colorfilters", "@bad@no_such_field == 1@[0,0,0][0,0,0]\n"),
        ("dfilter_buttons", "\"TRUE\",\"half a line\"\n"),
    ] {
        let path = home.folder.join(".config/wireshark/profiles/sFlow").join(name);
        let good = fs::read_to_string(&path).unwrap();
        fs::write(&path, good.clone() + line).unwrap();
        assert_ne!(home.read(&file, &["-C", "sFlow", "--color"]).errors, "", "{name}");
        fs::write(&path, good).unwrap();
    }
}

#[test]
fn garbage_in_comments_does_no_harm() {
    let Some(home) = Home::new() else { return };
    let ours: &[u8] = b"sflow agent=10.0.0.1 source=3 in=7";
    let endless = format!("sflow agent=10.0.0.1 {}", "as.path=1,2,{3 ".repeat(2000));
    let garbage: Vec<&[u8]> = vec![
        b"",
        b" ",
        b"sflow",
        b"sflow ",
        b"sflow agent=",
        b"sflow agent",
        b"sflow  agent=  ==  = a= =b agent==",
        b"sflow agent=10.0.0.1 agent=10.0.0.2 in=-1 in=1e3 in=0x10 in=99999999999999999999 rate= rate=-1",
        b"sflow agent=%",
        b"sflow agent=%zz url=%00%ff%0a%C3%28 host=%",
        b"sflow agent=\xff\xfe\x80 source=\xc3\x28 url=\xf0\x9f\x98",
        b"sflow agent=:::::::: nexthop=::1::2 mpls.nexthop=1:2:3 nat.src=....",
        b"sflow agent=10.0.0.1 source=1 as.path={{}}},,{ vlans=:,::, communities=,,,+5 mpls.in=+5",
        b"sflow agent=1 tunnel.in=>/ tunnel.out=a>b/ l2tunnel.in=>>// out=discard: out=multiple:x out=:",
        b"sflow\tagent=1\nsource=2",
        endless.as_bytes(),
        b"a comment of a user, agent=none",
    ];
    let mut file = garbage.iter().fold(File::new(), |file, comment| file.packet(60, &[comment]));
    file = file.packet(60, &[&garbage[..], &[ours]].concat()[12..]).packet(60, &[b"hello", ours, b"sflow is great"]);
    let file = home.file("garbage.pcapng", &file.0);
    let printed = home.read(&file, &["-V"]);
    assert!(
        !printed.out.contains("Lua Error") && !printed.errors.contains("Lua"),
        "{}\n{}",
        printed.out,
        printed.errors
    );
    assert_eq!(printed.out.lines().filter(|line| line.starts_with("Frame ")).count(), garbage.len() + 2);
    let printed = home.read(&file, &["-Y", "sflowdump.input == 7", "-T", "fields", "-e", "frame.number"]);
    assert_eq!(printed.lines(), [(garbage.len() + 2).to_string()], "ours among a user's comments");
}

/// A discarded packet (0:5) of ifIndex 3 that came in there.
fn discarded(reason: u32, header: &[u8]) -> Wire {
    let record = Wire::new().sampled_header(1, 64, 4, header);
    Wire::new().framed(0, 5, Wire::new().u32s([1, 0, 3, 0, 3, 0, reason, 1]).raw(record.0))
}

#[test]
fn live_and_saved_packets_have_the_same_fields() {
    let Some(home) = Home::new() else { return };
    let frame = File::new().packet(60, &[]);
    let frame = &frame.0[frame.0.len() - 52..][..42];
    let sampled = wire::flow_sample(&[Wire::new().sampled_header(1, 1504, 4, frame)]);
    // 258 is an access list, 257 an expired TTL.
    let datagram = wire::datagram(&[sampled, discarded(258, frame), discarded(257, frame)]);
    let devices = Printed::of(home.tshark().arg("-D").output().unwrap());
    assert!(devices.out.contains(" sflow (sFlow listener)"), "{}", devices.out);

    let filter = "sflowdump.agent == 10.0.0.1 && sflowdump.reason == \"acl\"";
    let fields = ["-T", "fields", "-e", "sflowdump.input", "-e", "ip.src", "-e", "sflowdump.direction"];
    let expected = ["3\t192.168.0.1\tin"];
    let port = free_port();
    let mut live = home.tshark();
    live.args(["-q", "-i", "sflow", "-o", &format!("extcap.sflow.port:{port}"), "-a", "duration:30", "-c", "3", "-l"]);
    let printed = fed(live.args(["-Y", filter]).args(fields), port, &[&datagram]);
    assert_eq!(printed.lines(), expected, "live: {}", printed.errors);

    let port = free_port();
    let saved = home.folder.join("saved.pcapng");
    fed(&mut capture(port, &saved, 6), port, &[&datagram, &datagram]);
    let arguments = [&["-Y", filter], &fields[..]].concat();
    assert_eq!(home.read(&saved, &arguments).lines(), [expected, expected].concat(), "saved");
    assert_eq!(sums(&home.read(&saved, &["-q", "-z", SUMS])), [2 * (100 + 2), 2 * (100 * 1500 + 2 * 60)]);
}

/// A capture by the program alone.
fn capture(port: u16, file: impl AsRef<OsStr>, packets: usize) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sflowdump"));
    command.args(["--port", &port.to_string(), "-c", &packets.to_string(), "--duration", "60", "-w"]).arg(file);
    command
}

/// Open vSwitch sampled 1 in 64 of 12022 frames, which were recorded on both of its ports.
///
/// Each frame is in the sample with probability p = 1/64, so that the estimated volume Σ x/p has a variance of about Σ x²/p. With
/// n samples its relative error is within 1.96 √((1 + v²)/n) 19 times in 20, where v is the frames' variation of size (deviation by
/// mean); for packets, which all count one, that is sFlow's well-known 1.96/√n.
#[test]
#[allow(clippy::cast_precision_loss, reason = "the numbers are small")]
fn sums_estimate_the_true_traffic_within_the_statistical_error() {
    let names = ["sflow", "truth-pa", "truth-pb"].map(|kind| format!("agents/ovs/sampling64.{kind}.pcap"));
    let (Some(feed), Some(one), Some(two)) = (recording(&names[0]), recording(&names[1]), recording(&names[2])) else {
        return;
    };
    let Some(home) = Home::new() else { return };
    let lengths: Vec<f64> = [packets(&one), packets(&two)].concat().iter().map(|packet| f64::from(packet.0)).collect();
    assert_eq!(lengths.len(), 12022);

    let samples = 200;
    let port = free_port();
    let saved = home.folder.join("saved.pcapng");
    fed(&mut capture(port, &saved, samples), port, &datagrams(&feed));
    let estimates = sums(&home.read(&saved, &["-q", "-z", SUMS]));

    // The recording lasted some seconds: second by second it adds up to the same.
    let (recorded, packets) = (home.file("feed.pcap", &feed), home.folder.join("packets.pcapng"));
    let program =
        Command::new(env!("CARGO_BIN_EXE_sflowdump")).arg("-r").arg(recorded).arg("-w").arg(&packets).output();
    assert!(program.unwrap().status.success());
    let seconds = intervals(&home.read(&packets, &["-q", "-z", "io,stat,1,SUM(sflowdump.bytes)sflowdump.bytes"]));
    assert!(seconds.len() > 1, "{seconds:?}");
    assert_eq!(seconds.concat().iter().sum::<u64>(), estimates[1], "{seconds:?}");

    let count = lengths.len() as f64;
    let volume: f64 = lengths.iter().sum();
    let spread = lengths.iter().map(|length| length * length).sum::<f64>() * count / (volume * volume);
    for (what, estimate, truth, spread) in
        [("packets", estimates[0], count, 1.0), ("bytes", estimates[1], volume, spread)]
    {
        let error = (estimate as f64 / truth - 1.0).abs();
        let bound = 1.96 * (spread / samples as f64).sqrt();
        assert!(error < bound, "{estimate} {what} where there were {truth}: off by {error:.3}, bound {bound:.3}");
        println!("{what}: {estimate} for {truth}, off by {error:.3}, bound {bound:.3}");
    }
}
