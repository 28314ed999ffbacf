//! The comments of packets, word for word: other programs read them, so that no version may write them in another way.

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use sflowcap::capture::{Content, Options};

use support::capture::{Capture, Header, frame};
use support::wire::Wire;

/// How the comment of a packet begins whose sample is [`sampled`].
const SAMPLED: &str = "sflow agent=10.0.0.1 source=3 in=3 out=4 dir=in rate=1000 pool=52000 drops=7 seq=52";

/// A flow sample with these records.
fn sampled(records: &[Wire]) -> Wire {
    let fields = Wire::new().u32s([52, 3, 1000, 52_000, 7, 3, 4, records.len() as u32]);
    Wire::new().framed(0, 1, records.iter().fold(fields, |sample, record| sample.raw(&record.0)))
}

/// An expanded flow sample of a data source, between interfaces that are each a format and a value.
fn expanded(source: [u32; 2], rate: u32, input: [u32; 2], output: [u32; 2]) -> Wire {
    let fields = Wire::new().u32(1).u32s(source).u32s([rate, 0, 0]).u32s(input).u32s(output).u32(1);
    Wire::new().framed(0, 3, fields.raw(frame().0))
}

/// A discarded packet of port 501 with these records, next to its header.
fn discarded(reason: u32, records: &[Wire]) -> Wire {
    let fields = Wire::new().u32s([9, 0, 501, 2, 501, 0, reason, records.len() as u32 + 1]).raw(frame().0);
    Wire::new().framed(0, 5, records.iter().fold(fields, |sample, record| sample.raw(&record.0)))
}

fn record(format: u32, body: Wire) -> Wire {
    Wire::new().framed(0, format, body)
}

fn words(format: u32, words: &[u32]) -> Wire {
    record(format, Wire::new().u32s(words.iter().copied()))
}

/// `sampled_ipv4`, from 192.0.2.1 to 192.0.2.2, with this protocol and these ports.
fn ipv4(format: u32, protocol: u32, ports: [u32; 2]) -> Wire {
    let body = Wire::new().u32s([100, protocol, 0xc000_0201, 0xc000_0202]).u32s(ports).u32s([0x12, 0]);
    record(format, body)
}

const HOST_1: [u8; 16] = [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
const HOST_2: [u8; 16] = [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2];

/// `sampled_ipv6`, from 2001:db8::1 to 2001:db8::2.
fn ipv6(format: u32, protocol: u32, ports: [u32; 2]) -> Wire {
    record(format, Wire::new().u32s([100, protocol]).raw(HOST_1).raw(HOST_2).u32s(ports).u32s([0, 0]))
}

/// `sampled_ethernet`.
fn ethernet(format: u32) -> Wire {
    record(format, Wire::new().u32(64).mac([2, 0, 0, 0, 0, 1]).mac([2, 0, 0, 0, 0, 2]).u32(0x0800))
}

/// A sampled header of an IP packet or MPLS frame, which has no Ethernet header.
fn header(protocol: u32) -> Wire {
    Wire::new().sampled_header(protocol, 64, 18, &[0x45, 0, 0, 46])
}

/// A sample, and the comment that its packet has.
type Case = (Wire, String);

/// What the sample itself says.
fn samples() -> Vec<Case> {
    let begin = "sflow agent=10.0.0.1";
    [
        (sampled(&[frame()]), SAMPLED.to_owned()),
        (discarded(258, &[]), format!("{begin} source=501 in=501 dir=in reason=acl drops=2 seq=9")),
        (discarded(9999, &[]), format!("{begin} source=501 in=501 dir=in reason=9999 drops=2 seq=9")),
        (
            expanded([0, 16_777_216], 0, [0, 5], [0, 16_777_216]),
            format!("{begin} source=16777216 in=5 out=16777216 dir=out pool=0 drops=0 seq=1"),
        ),
        (
            expanded([2, 1000], 10, [0, 0x3fff_ffff], [2, 3]),
            format!("{begin} source=entity1000 in=internal out=multiple:3 rate=10 pool=0 drops=0 seq=1"),
        ),
        (
            expanded([1, 20], 10, [0, 0], [1, 257]),
            format!("{begin} source=vlan20 out=discard:ttl_exceeded rate=10 pool=0 drops=0 seq=1"),
        ),
        (
            expanded([3, 80], 10, [0, 1], [2, 0]),
            format!("{begin} source=logical80 in=1 out=multiple rate=10 pool=0 drops=0 seq=1"),
        ),
    ]
    .into()
}

/// What is told of a packet by how it was made.
fn makings() -> Vec<Case> {
    let nanoseconds = record(1043, Wire::new().u64(1_700_000_000_123_456_789));
    with(&[
        (&[header(11)], "header=ipv4"),
        (&[header(12)], "header=ipv6"),
        (&[header(13)], "header=mpls"),
        (&[ethernet(2)], "synthetic=ethernet"),
        (&[ipv4(3, 6, [1024, 80])], "synthetic=ipv4"),
        (&[ipv6(4, 6, [1024, 80]), ethernet(2)], "synthetic=ipv6"),
        (&[frame(), nanoseconds], "clock=agent"),
    ])
}

/// Records of flow samples, and the words that they add.
fn with(cases: &[(&[Wire], &str)]) -> Vec<Case> {
    cases.iter().map(|(records, words)| (sampled(records), format!("{SAMPLED} {words}"))).collect()
}

fn switching_and_routing() -> Vec<Case> {
    let path = Wire::new().u32(2).u32s([2, 2, 64_500, 64_501]).u32s([1, 2, 65_000, 65_001]);
    let gateway = Wire::new().u32s([1, 0xc000_0202, 65_010, 65_020, 65_030]).raw(path.0);
    let gateway = gateway.u32s([2, (65_010 << 16) + 100, (65_010 << 16) + 200]).u32(120);
    let unknown_gateway = Wire::new().u32s([0, 0, 0, 0, 0, 0, 0]);
    let unknown_router = words(1002, &[0, 0, 0]);
    with(&[
        (
            &[frame(), words(1001, &[10, 1, 20, 2]), words(1002, &[1, 0xc000_0201, 24, 16]), record(1003, gateway)],
            "vlan.in=10 pri.in=1 vlan.out=20 pri.out=2 nexthop=192.0.2.1 mask.src=24 mask.dst=16 \
             bgp.nexthop=192.0.2.2 as=65010 as.src=65020 as.peer=65030 as.path=64500,64501,{65000,65001} \
             communities=65010:100,65010:200 localpref=120",
        ),
        (&[frame(), words(1001, &[u32::MAX, u32::MAX, 20, u32::MAX])], "vlan.out=20"),
        (
            &[frame(), record(1002, Wire::new().u32(2).raw(HOST_1).u32s([64, 48])), record(1003, unknown_gateway)],
            "nexthop=2001:db8::1 mask.src=64 mask.dst=48",
        ),
        (&[frame(), unknown_router], "mask.src=0 mask.dst=0"),
        (
            &[
                frame(),
                words(1012, &[2, 0x88a8_0064, 0x8100_20c8]),
                words(1034, &[1, 0x8100_0001]),
                words(1035, &[2, 0x9100_0002, 0x8100_0003]),
            ],
            "vlans=88a8:100,200 vlans.in=1 vlans.out=9100:2,3",
        ),
        (
            &[
                frame(),
                words(1006, &[1, 0xc000_0201, 2, 16 << 12 | 64, 17 << 12 | 0x140, 1, 0xffff_f1ff]),
                record(1008, Wire::new().opaque("to-berlin").u32s([5, 6])),
                record(1009, Wire::new().opaque("customer a").u32s([7, 1])),
                record(1010, Wire::new().opaque("all").u32(8)),
                words(1011, &[24]),
            ],
            "mpls.nexthop=192.0.2.1 mpls.in=16,17 mpls.out=1048575 lsp=to-berlin lsp.id=5 lsp.cos=6 \
             vc=customer%20a vc.id=7 vc.cos=1 ftn=all ftn.mask=8 fec.len=24",
        ),
        (
            &[
                frame(),
                record(1007, Wire::new().u32s([1, 0xcb00_7101, 2]).raw(HOST_2)),
                words(1020, &[1024, 443]),
                record(1017, Wire::new().u64(0x20_0000_0000_0001).u32s([1, 2])),
                words(1018, &[8, 16, 65_793, 1]),
            ],
            "nat.src=203.0.113.1 nat.dst=2001:db8::2 nat.sport=1024 nat.dport=443 \
             of.cookie=0x20000000000001 of.match=1 of.actions=2 fc.nexthop=65793 fc.src=8 fc.dst=16",
        ),
    ])
}

fn tunnels() -> Vec<Case> {
    with(&[
        (
            &[frame(), ethernet(1021), ethernet(1022), ipv4(1023, 17, [50_000, 4789]), ipv6(1026, 47, [0, 0])],
            "l2tunnel.out=02:00:00:00:00:01>02:00:00:00:00:02/0800 \
             l2tunnel.in=02:00:00:00:00:01>02:00:00:00:00:02/0800 \
             tunnel.out=192.0.2.1>192.0.2.2/17:4789 tunnel.in=2001:db8::1>2001:db8::2/47",
        ),
        (
            &[frame(), ipv4(1024, 4, [0, 0]), ipv6(1025, 17, [1, 6081])],
            "tunnel.in=192.0.2.1>192.0.2.2/4 tunnel.out=2001:db8::1>2001:db8::2/17:6081",
        ),
        (
            &[frame(), words(1027, &[50]), words(1028, &[54]), words(1029, &[5000]), words(1030, &[5001])],
            "decap.out=50 decap.in=54 vni.out=5000 vni.in=5001",
        ),
    ])
}

fn handling() -> Vec<Case> {
    let mut cases = with(&[
        (
            &[frame(), words(1019, &[2, 30]), words(1040, &[150_000]), words(1039, &[1234])],
            "queue=2 queue.length=30 queue.depth=150000 delay=1234",
        ),
        (&[frame(), words(1036, &[5])], "queue=5"),
        (&[frame(), Wire::new().framed(4413, 1, Wire::new().u32(6))], "queue=6"),
        (
            &[
                frame(),
                record(1013, Wire::new().u32(0x000f_ac04).opaque([1, 2, 3])),
                record(
                    1014,
                    Wire::new()
                        .opaque("caf\u{e9}")
                        .mac([2, 0, 0, 0, 0, 10])
                        .u32s([4, 36])
                        .u64(300_000_000)
                        .u32s([40, 80, 120]),
                ),
            ],
            "cipher=000fac04 ssid=caf\u{e9} bssid=02:00:00:00:00:0a wifi=n channel=36 speed=300000000 rsni=40 rcpi=80 \
             airtime=120",
        ),
        (
            &[
                frame(),
                record(
                    1015,
                    Wire::new()
                        .opaque("net")
                        .mac([2, 0, 0, 0, 0, 10])
                        .u32s([1, 3, 120, 10, 6])
                        .u64(54_000_000)
                        .u32(100),
                ),
                words(1016, &[2, 0, 0]),
            ],
            "ssid=net bssid=02:00:00:00:00:0a wifi=a tx=3 airtime=120 retrans=10 channel=6 speed=54000000 \
             power=100 ampdu=2",
        ),
    ]);
    let records = [
        record(1037, Wire::new().u32(101).opaque("no telnet").u32(2)),
        record(1038, Wire::new().opaque("ip_rcv_core")),
        record(1041, Wire::new().opaque("l3_drops").opaque("ttl_value_is_too_small")),
        record(1042, Wire::new().opaque("NO_SOCKET")),
    ];
    cases.push((
        discarded(257, &records),
        "sflow agent=10.0.0.1 source=501 in=501 dir=in reason=ttl_exceeded drops=2 seq=9 acl=101 acl.name=no%20telnet \
         acl.dir=out function=ip_rcv_core trap.group=l3_drops trap=ttl_value_is_too_small linux=NO_SOCKET"
            .to_owned(),
    ));
    let acl = record(1037, Wire::new().u32(1).opaque("").u32(0));
    cases.push((
        discarded(258, &[acl]),
        "sflow agent=10.0.0.1 source=501 in=501 dir=in reason=acl drops=2 seq=9 acl=1".to_owned(),
    ));
    cases
}

fn ends() -> Vec<Case> {
    let socket = [6, 0xc000_0201, 0xc000_0202, 80, 1024];
    let fixed = |text: &[u8]| Wire::new().raw([text, &[0; 16][text.len()..]].concat());
    with(&[
        (
            &[frame(), words(2100, &socket), words(2102, &socket)],
            "socket=6,192.0.2.1:80>192.0.2.2:1024 proxy=6,192.0.2.1:80>192.0.2.2:1024",
        ),
        (
            &[
                frame(),
                record(2101, Wire::new().u32(17).raw(HOST_1).raw(HOST_2).u32s([53, 1024])),
                record(2103, Wire::new().u32(17).raw(HOST_2).raw(HOST_1).u32s([54, 1025])),
            ],
            "socket=17,[2001:db8::1]:53>[2001:db8::2]:1024 proxy=17,[2001:db8::2]:54>[2001:db8::1]:1025",
        ),
        (
            &[frame(), words(2209, &[2, 1448, 536, 3, 1, 2, 1500, 20_000, 500, 10, 4, 19_000])],
            "tcp.dir=sent tcp.mss=1448 tcp.unacked=3 tcp.lost=1 tcp.retrans=2 tcp.pmtu=1500 tcp.rtt=20000 \
             tcp.rttvar=500 tcp.cwnd=10 tcp.reordering=4 tcp.minrtt=19000",
        ),
        (&[frame(), words(2210, &[0, 7, 3, 80])], "entity.src=7 entity.dst=logical80"),
        (
            &[
                frame(),
                record(1004, Wire::new().u32(106).opaque("J Doe").u32(0).opaque(b"m\xfcller%\n")),
                record(1005, Wire::new().u32(2).opaque("/?a=b").opaque("example.org")),
            ],
            "user.src=J%20Doe user.dst=m%FCller%25%0A url=/?a=b host=example.org",
        ),
        (
            &[
                frame(),
                words(1031, &[1, 2, 30, 10, 0, 3, 4, 0, 0, 0]),
                record(1032, Wire::new().u32s([1, 2]).raw(HOST_1).raw(HOST_2).u32s([27, 100])),
                words(1033, &[65_535, 77, 4]),
            ],
            "ib.lid=10>30 ib.sl=2>4 ib.gid=2001:db8::1>2001:db8::2 ib.qp=77 ib.pkey=65535 ib.op=4",
        ),
        (
            &[
                frame(),
                Wire::new().framed(43874, 1, fixed(b"http")),
                Wire::new().framed(43874, 2, Wire::new().u64(u64::MAX).u64(2)),
                Wire::new().framed(25506, 1003, Wire::new().u32(1)),
                words(1001, &[1, 2]),
            ],
            "class=http tag=18446744073709551615 tag2=2 unread=25506:1003 unread=0:1001",
        ),
    ])
}

fn cases() -> Vec<Case> {
    [samples(), makings(), switching_and_routing(), tunnels(), handling(), ends()].concat()
}

fn told() -> Options {
    Options { comments: true, synthetic: true, ..Options::default() }
}

fn comment(sample: &Wire) -> String {
    let datagram = Header::numbered(1).datagram(std::slice::from_ref(sample));
    Capture::new(told()).datagram(&datagram).end().comment().to_owned()
}

#[test]
fn comments_are_written_word_for_word() {
    for (sample, expected) in cases() {
        assert_eq!(comment(&sample), expected);
    }
}

#[test]
fn every_documented_key_is_written_in_these_tests_and_no_other() {
    let source = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/metadata.rs")).unwrap();
    let rows = source.lines().filter_map(|line| line.strip_prefix("//! | `")?.split_once("` |"));
    let documented: BTreeSet<&str> = rows.flat_map(|(keys, _)| keys.split("`, `")).collect();
    let cases = cases();
    let words = cases.iter().flat_map(|(_, comment)| comment.split(' ').skip(1));
    let mut written: BTreeSet<&str> = words.map(|word| word.split_once('=').expect("a key and a value").0).collect();
    // They have tests of their own; tests/thinning.rs has that of the second.
    written.extend(["sub", "thinned"]);
    assert_eq!(written, documented);
}

#[test]
fn sub_agents_are_told_where_there_are_any() {
    let sample = sampled(&[frame()]);
    for (sub_agent_id, begin) in
        [(0, "sflow agent=10.0.0.1 source="), (100_000, "sflow agent=10.0.0.1 sub=100000 source=")]
    {
        let mut capture = Capture::new(told());
        // Another sub-agent's datagram before it changes nothing.
        capture.datagram(&Header { sub_agent_id: 7, ..Header::numbered(1) }.datagram(&[]));
        capture.datagram(&Header { sub_agent_id, ..Header::numbered(1) }.datagram(std::slice::from_ref(&sample)));
        let captured = capture.end();
        assert!(captured.comment().starts_with(begin), "{}", captured.comment());
    }
}

#[test]
fn whole_datagrams_tell_their_agent_alone() {
    let datagram = Header { sub_agent_id: 9, ..Header::numbered(1) }.datagram(&[sampled(&[frame()])]);
    let mut capture = Capture::new(Options { content: Content::Datagrams, ..told() });
    assert_eq!(capture.datagram(&datagram).end().comment(), "sflow agent=10.0.0.1 sub=9");
}

#[test]
fn without_comments_there_are_none() {
    let mut capture = Capture::new(Options { comments: false, content: Content::Both, ..told() });
    let captured = capture.datagram(&Header::numbered(1).datagram(&[sampled(&[frame()])])).end();
    assert_eq!(captured.file.packets.len(), 2);
    assert!(captured.file.packets.iter().all(|packet| packet.comments.is_empty()));
}

#[test]
fn long_lists_and_texts_are_cut_and_tell_so() {
    let path = Wire::new().u32s([0, 1, 0, 0, 1, 2, 30]).u32s(1..=30).u32(26).u32s(1..=26).u32(0);
    let url = record(1005, Wire::new().u32(1).opaque("x".repeat(500)).opaque(""));
    let upto_24: Vec<String> = (1..=24).map(|number| number.to_string()).collect();
    let communities: Vec<String> = (1..=24).map(|number| format!("0:{number}")).collect();
    let expected = format!(
        "{SAMPLED} as=1 as.path={},+6 communities={},+2 url={}",
        upto_24.join(","),
        communities.join(","),
        "x".repeat(200)
    );
    assert_eq!(comment(&sampled(&[frame(), record(1003, path), url])), expected);
}
