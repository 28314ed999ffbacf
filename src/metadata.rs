//! The comment of a packet: what sFlow knows about it, on one line.
//!
//! The line is the word `sflow` and then `key=value` words, separated by single spaces, in no particular order. A key stands
//! twice only where an agent sends a record twice. What an agent does not know is left out. In values, white space, control characters, `%` and bytes that are no
//! UTF-8 are written as `%` and two hexadecimal digits a byte. Keys are never given another meaning; new ones may come.
//!
//! | keys | from | values |
//! |---|---|---|
//! | `agent`, `sub` | datagram | address; sub-agent if not 0 |
//! | `source` | sample | data source: an ifIndex, or `vlanN`, `entityN`, `logicalN` |
//! | `in`, `out` | sample | ifIndex, `internal`, `multiple`, `multiple:N`, `discard:REASON` |
//! | `dir` | sample | `in` or `out`, relative to the data source |
//! | `rate`, `pool`, `drops`, `seq` | sample | numbers as on the wire; `rate`, times `thinned`, only for statistical samples |
//! | `thinned` | | the packet stands for so many, because others were left out; `rate` is multiplied by it |
//! | `reason` | discarded_packet | reason by name, or number |
//! | `header` | sampled_header | the protocol, where the packet's Ethernet header is made: `ipv4`, `ipv6`, `mpls` |
//! | `synthetic` | | the structure that the packet was made from: `ethernet`, `ipv4`, `ipv6` |
//! | `clock` | 0:1043 | `agent`: the packet's time is the agent's own |
//! | `vlan.in`, `pri.in`, `vlan.out`, `pri.out` | 0:1001 | 802.1Q VLAN and priority |
//! | `vlans`, `vlans.in`, `vlans.out` | 0:1012, 0:1034, 0:1035 | VLAN stack, outermost first; another TPID than 8100 before a `:` |
//! | `nexthop`, `mask.src`, `mask.dst` | 0:1002 | address, prefix lengths |
//! | `bgp.nexthop`, `as`, `as.src`, `as.peer`, `as.path`, `communities`, `localpref` | 0:1003 | sets of the path in `{}` |
//! | `user.src`, `user.dst` | 0:1004 | |
//! | `url`, `host` | 0:1005 | |
//! | `mpls.nexthop`, `mpls.in`, `mpls.out` | 0:1006 | labels, top first |
//! | `nat.src`, `nat.dst`, `nat.sport`, `nat.dport` | 0:1007, 0:1020 | after translation |
//! | `lsp`, `lsp.id`, `lsp.cos` | 0:1008 | |
//! | `vc`, `vc.id`, `vc.cos` | 0:1009 | |
//! | `ftn`, `ftn.mask` | 0:1010 | |
//! | `fec.len` | 0:1011 | |
//! | `cipher` | 0:1013 | OUI and type, hexadecimal |
//! | `ssid`, `bssid`, `wifi`, `channel`, `speed`, `airtime` | 0:1014, 0:1015 | `wifi`: `a`, `b`, `g`, `n`; bit/s; µs |
//! | `rsni`, `rcpi` | 0:1014 | |
//! | `tx`, `retrans`, `power` | 0:1015 | transmissions; µs; mW |
//! | `ampdu` | 0:1016 | number of PDUs |
//! | `of.cookie`, `of.match`, `of.actions` | 0:1017 | |
//! | `fc.nexthop`, `fc.src`, `fc.dst` | 0:1018 | next hop, mask lengths |
//! | `queue`, `queue.length`, `queue.depth` | 0:1019, 0:1036, 0:1040, 4413:1 | number; segments; bytes |
//! | `tunnel.in`, `tunnel.out` | 0:1023–1026 | `SOURCE>DESTINATION/PROTOCOL`, with `:PORT` where there are ports |
//! | `l2tunnel.in`, `l2tunnel.out` | 0:1021, 0:1022 | `SOURCE>DESTINATION/TYPE` |
//! | `decap.in`, `decap.out` | 0:1027, 0:1028 | offset of the inner header |
//! | `vni.in`, `vni.out` | 0:1029, 0:1030 | virtual network |
//! | `ib.lid`, `ib.sl`, `ib.gid`, `ib.qp`, `ib.pkey`, `ib.op` | 0:1031–1033 | `SOURCE>DESTINATION` |
//! | `acl`, `acl.name`, `acl.dir` | 0:1037 | number, name, `in` or `out` |
//! | `function` | 0:1038 | software function that dropped it |
//! | `delay` | 0:1039 | transit delay in ns |
//! | `trap.group`, `trap` | 0:1041 | devlink names |
//! | `linux` | 0:1042 | Linux drop reason |
//! | `socket`, `proxy` | 0:2100–2103 | `PROTOCOL,LOCAL:PORT>REMOTE:PORT` |
//! | `tcp.dir`, `tcp.mss`, `tcp.unacked`, `tcp.lost`, `tcp.retrans`, `tcp.pmtu`, `tcp.rtt`, `tcp.rttvar`, `tcp.minrtt`, `tcp.cwnd`, `tcp.reordering` | 0:2209 | `received` or `sent`; times in µs |
//! | `entity.src`, `entity.dst` | 0:2210 | data sources |
//! | `class`, `tag`, `tag2` | 43874:1, 43874:2 | pmacct's |
//! | `unread` | any other | `enterprise:format`, of records that were not read |

use std::fmt::Display;
use std::io::Write;
use std::net::{IpAddr, Ipv4Addr};

use crate::flow::{
    AsPath, ExtendedSocketIpv4, ExtendedSocketIpv6, FlowRecord, HeaderProtocol, SampledEthernet, SampledHeader,
    SampledIpv4, SampledIpv6, VlanTag,
};
use crate::sample::{DataSource, Direction, DiscardedPacket, FlowSample, Interface, Records, Sample, Tag};
use crate::structure::{List, Structure, Text};

/// The longest text that is told whole, in bytes.
const MOST_TEXT: usize = 200;

/// The most items of a list that are told.
const MOST_ITEMS: usize = 24;

/// The most records of a sample that are told: real samples have a handful.
const MOST_RECORDS: usize = 32;

/// What a sample tells of each of its packets.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Told<'s, 'a> {
    Flow(&'s FlowSample<'a>),
    Discarded(&'s DiscardedPacket<'a>),
}

impl<'s, 'a> Told<'s, 'a> {
    /// What a sample tells, if it is one that holds packets.
    #[inline]
    pub(crate) fn of(sample: &'s Sample<'a>) -> Option<Self> {
        match sample {
            Sample::Flow(sample) => Some(Told::Flow(sample)),
            Sample::Discarded(sample) => Some(Told::Discarded(sample)),
            _ => None,
        }
    }

    pub(crate) fn source(&self) -> DataSource {
        match self {
            Told::Flow(sample) => sample.source(),
            Told::Discarded(sample) => sample.source(),
        }
    }

    pub(crate) fn input(&self) -> Interface {
        match self {
            Told::Flow(sample) => sample.input(),
            Told::Discarded(sample) => sample.input(),
        }
    }

    pub(crate) fn output(&self) -> Interface {
        match self {
            Told::Flow(sample) => sample.output(),
            Told::Discarded(sample) => sample.output(),
        }
    }

    /// How many packets the sample stands for; none for an event.
    pub(crate) fn sampling_rate(&self) -> Option<u32> {
        match self {
            Told::Flow(sample) => Some(sample.sampling_rate()),
            Told::Discarded(_) => None,
        }
    }

    pub(crate) fn direction(&self) -> Direction {
        match self {
            Told::Flow(sample) => sample.direction(),
            Told::Discarded(sample) => sample.direction(),
        }
    }

    pub(crate) fn records(&self) -> Records<'a> {
        match self {
            Told::Flow(sample) => sample.records(),
            Told::Discarded(sample) => sample.records(),
        }
    }
}

/// How a packet came to be, beyond its sample.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Making {
    /// The sampled header's protocol, where its Ethernet header is made.
    pub(crate) header: Option<HeaderProtocol>,
    /// The structure that the whole packet was made from.
    pub(crate) synthetic: Option<&'static str>,
    /// The time is the agent's own.
    pub(crate) agent_clock: bool,
    /// It stands for two to the power of this many, because others were thinned out.
    pub(crate) thinned: u32,
}

/// What starts the comment of every packet of a datagram.
pub(crate) fn write_agent(out: &mut Vec<u8>, agent: IpAddr, sub_agent_id: u32) {
    out.extend_from_slice(b"sflow");
    let mut words = Words(out);
    words.ip(b" agent=", agent);
    if sub_agent_id != 0 {
        words.number(b" sub=", sub_agent_id);
    }
}

/// Appends what a sample tells of a packet, after [`write_agent`]. The direction is the sample's.
pub(crate) fn write(out: &mut Vec<u8>, told: Told<'_, '_>, direction: Direction, making: &Making) {
    let mut words = Words(out);
    words.source(b" source=", told.source());
    let (drops, sequence_number) = match told {
        Told::Flow(sample) => (sample.drops(), sample.sequence_number()),
        Told::Discarded(sample) => (sample.drops(), sample.sequence_number()),
    };
    words.interface(b" in=", told.input());
    words.interface(b" out=", told.output());
    match direction {
        Direction::In => words.bytes(b" dir=", b"in"),
        Direction::Out => words.bytes(b" dir=", b"out"),
        Direction::Unknown => {}
    }
    match told {
        Told::Flow(sample) => {
            if sample.sampling_rate() != 0 {
                words.number64(b" rate=", u64::from(sample.sampling_rate()).saturating_mul(1 << making.thinned));
            }
            words.number(b" pool=", sample.sample_pool());
        }
        Told::Discarded(sample) => words.display(b" reason=", sample.reason()),
    }
    words.number(b" drops=", drops);
    words.number(b" seq=", sequence_number);
    write_thinned(words.0, making);
    match making.header {
        Some(HeaderProtocol::MPLS) => words.bytes(b" header=", b"mpls"),
        Some(HeaderProtocol::IPV6) => words.bytes(b" header=", b"ipv6"),
        Some(_) => words.bytes(b" header=", b"ipv4"),
        None => {}
    }
    if let Some(structure) = making.synthetic {
        words.bytes(b" synthetic=", structure.as_bytes());
    }
    if making.agent_clock {
        words.bytes(b" clock=", b"agent");
    }
    for record in told.records().take(MOST_RECORDS).flatten() {
        if record.tag == SampledHeader::TAG {
            continue; // a packet of its own
        }
        match FlowRecord::decode(&record) {
            Ok(read) => words.record(&read),
            Err(_) => words.tag(b" unread=", record.tag),
        }
    }
}

/// Appends how many packets, or whole datagrams, this one stands for.
pub(crate) fn write_thinned(out: &mut Vec<u8>, making: &Making) {
    if making.thinned > 0 {
        Words(out).number64(b" thinned=", 1 << making.thinned);
    }
}

/// Where numbers have more than eight digits.
const EIGHT_DIGITS: u64 = 100_000_000;

/// Eight times the character `0`.
const ASCII_ZEROS: u64 = 0x3030_3030_3030_3030;

/// The digits of a number of up to eight, without zeros before them, and how many they are.
#[inline]
fn first_digits(number: u32) -> ([u8; 8], usize) {
    if number < 10 {
        return ([b'0' + number as u8; 8], 1);
    }
    let digits = eight_digits(number);
    let zeros = digits.trailing_zeros() / 8;
    (((digits | ASCII_ZEROS) >> (8 * zeros)).to_le_bytes(), 8 - zeros as usize)
}

/// The eight decimal digits of a number of no more, a byte each, the first one lowest.
///
/// All are found at once: halves of four digits, in these quarters of two, in these single ones. A multiplication and a shift
/// divide by 100 and 10 in each part, exact for as many digits as it has.
#[inline]
fn eight_digits(number: u32) -> u64 {
    let fours = u64::from(number / 10_000) | u64::from(number % 10_000) << 32;
    let hundreds = ((fours * 10_486) >> 20) & 0x0000_007f_0000_007f;
    let pairs = hundreds | (fours - 100 * hundreds) << 16;
    let tens = ((pairs * 103) >> 10) & 0x000f_000f_000f_000f;
    tens | (pairs - 10 * tens) << 8
}

/// Writes words. Appending to a `Vec` cannot fail, so that results of `write!` are dropped.
struct Words<'a>(&'a mut Vec<u8>);

impl Words<'_> {
    /// A key with the space before and the `=` after it: of a fixed size, so that it is stored and not copied.
    #[inline]
    fn key<const N: usize>(&mut self, key: &[u8; N]) {
        self.0.extend_from_slice(key);
    }

    fn bytes<const N: usize>(&mut self, key: &[u8; N], value: &[u8]) {
        self.key(key);
        self.0.extend_from_slice(value);
    }

    fn number<const N: usize>(&mut self, key: &[u8; N], number: u32) {
        self.number64(key, u64::from(number));
    }

    #[inline]
    fn number64<const N: usize>(&mut self, key: &[u8; N], number: u64) {
        if number >= EIGHT_DIGITS {
            self.key(key);
            return self.decimal(number);
        }
        let (digits, length) = first_digits(number as u32);
        // Room is asked for once; what is too much is taken back.
        let at = self.0.len();
        self.0.extend_from_slice(&[0; 24]);
        let word = &mut self.0[at..at + 24];
        word[..N].copy_from_slice(key);
        word[N..N + 8].copy_from_slice(&digits);
        self.0.truncate(at + N + length);
    }

    /// A number that may not be known.
    fn known<const N: usize>(&mut self, key: &[u8; N], number: u32) {
        if number != u32::MAX {
            self.number(key, number);
        }
    }

    /// A number whose zero means that there is none.
    fn nonzero<const N: usize>(&mut self, key: &[u8; N], number: u32) {
        if number != 0 {
            self.number(key, number);
        }
    }

    /// Decimal digits, without the cost of a formatter.
    fn decimal(&mut self, number: u64) {
        if number < EIGHT_DIGITS {
            let (digits, length) = first_digits(number as u32);
            let end = self.0.len() + length;
            self.0.extend_from_slice(&digits);
            return self.0.truncate(end);
        }
        self.decimal(number / EIGHT_DIGITS);
        self.0.extend_from_slice(&(eight_digits((number % EIGHT_DIGITS) as u32) | ASCII_ZEROS).to_le_bytes());
    }

    /// A value that holds nothing to be escaped.
    fn display<const N: usize>(&mut self, key: &[u8; N], value: impl Display) {
        self.key(key);
        _ = write!(self.0, "{value}");
    }

    fn ip<const N: usize>(&mut self, key: &[u8; N], ip: IpAddr) {
        self.key(key);
        match ip {
            IpAddr::V4(ip) => self.ipv4(ip),
            IpAddr::V6(ip) => _ = write!(self.0, "{ip}"),
        }
    }

    fn ipv4(&mut self, ip: Ipv4Addr) {
        for (place, octet) in ip.octets().into_iter().enumerate() {
            if place > 0 {
                self.0.push(b'.');
            }
            self.decimal(u64::from(octet));
        }
    }

    fn address<const N: usize>(&mut self, key: &[u8; N], address: crate::Address) {
        if let Some(ip) = address.ip() {
            self.ip(key, ip);
        }
    }

    fn source<const N: usize>(&mut self, key: &[u8; N], source: DataSource) {
        match source.if_index() {
            Some(index) => self.number(key, index),
            None => self.display(key, source),
        }
    }

    fn interface<const N: usize>(&mut self, key: &[u8; N], interface: Interface) {
        match interface {
            Interface::Unknown => {}
            Interface::Index(index) => self.number(key, index),
            other => self.display(key, other),
        }
    }

    fn tag<const N: usize>(&mut self, key: &[u8; N], tag: Tag) {
        self.display(key, tag);
    }

    /// Text of any bytes, escaped, cut when it is long; an empty one is left out.
    fn text<const N: usize>(&mut self, key: &[u8; N], text: Text<'_>) {
        if text.0.is_empty() {
            return;
        }
        self.key(key);
        for chunk in text.0[..text.0.len().min(MOST_TEXT)].utf8_chunks() {
            for character in chunk.valid().chars() {
                let mut buffer = [0; 4];
                let bytes = character.encode_utf8(&mut buffer).as_bytes();
                if character == '%' || character.is_whitespace() || character.is_control() {
                    self.escaped(bytes);
                } else {
                    self.0.extend_from_slice(bytes);
                }
            }
            self.escaped(chunk.invalid());
        }
    }

    fn escaped(&mut self, bytes: &[u8]) {
        for byte in bytes {
            _ = write!(self.0, "%{byte:02X}");
        }
    }

    /// Items separated by commas, and how many more there are; an empty list is left out.
    fn list<'a, T: crate::structure::Field<'a>, const N: usize>(
        &mut self,
        key: &[u8; N],
        list: &List<'a, T>,
        mut item: impl FnMut(&mut Self, T),
    ) {
        if list.is_empty() {
            return;
        }
        self.key(key);
        for (place, each) in list.iter().take(MOST_ITEMS).enumerate() {
            if place > 0 {
                self.0.push(b',');
            }
            item(self, each);
        }
        self.rest(list.len());
    }

    fn rest(&mut self, items: usize) {
        if items > MOST_ITEMS {
            _ = write!(self.0, ",+{}", items - MOST_ITEMS);
        }
    }

    fn vlans<const N: usize>(&mut self, key: &[u8; N], stack: &List<'_, VlanTag>) {
        self.list(key, stack, |words, tag| {
            if tag.tpid() != 0x8100 {
                _ = write!(words.0, "{:04x}:", tag.tpid());
            }
            words.decimal(u64::from(tag.vid()));
        });
    }

    fn as_path(&mut self, path: &AsPath<'_>) {
        let segments = path.segments();
        self.list(b" as.path=", &segments, |words, segment| {
            let is_set = segment.kind == crate::flow::AsPathSegmentType::AS_SET;
            if is_set {
                words.0.push(b'{');
            }
            for (place, number) in segment.as_numbers.iter().take(MOST_ITEMS).enumerate() {
                if place > 0 {
                    words.0.push(b',');
                }
                words.decimal(u64::from(number));
            }
            words.rest(segment.as_numbers.len());
            if is_set {
                words.0.push(b'}');
            }
        });
    }

    fn ethernet_tunnel<const N: usize>(&mut self, key: &[u8; N], header: &SampledEthernet) {
        self.display(key, format_args!("{}>{}/{:04x}", header.src_mac, header.dst_mac, header.packet_type));
    }

    /// The outer packet of a tunnel. Agents that know only one end, or that there is a tunnel at all, write zeros.
    fn ip_tunnel<const N: usize>(
        &mut self,
        key: &[u8; N],
        [src, dst]: [IpAddr; 2],
        protocol: u32,
        [src_port, dst_port]: [u32; 2],
    ) {
        self.display(key, format_args!("{src}>{dst}/{protocol}"));
        if src_port != 0 || dst_port != 0 {
            _ = write!(self.0, ":{dst_port}");
        }
    }

    fn ipv4_tunnel<const N: usize>(&mut self, key: &[u8; N], header: &SampledIpv4) {
        let SampledIpv4 { src_ip, dst_ip, protocol, src_port, dst_port, .. } = *header;
        self.ip_tunnel(key, [src_ip.into(), dst_ip.into()], protocol, [src_port, dst_port]);
    }

    fn ipv6_tunnel<const N: usize>(&mut self, key: &[u8; N], header: &SampledIpv6) {
        let SampledIpv6 { src_ip, dst_ip, protocol, src_port, dst_port, .. } = *header;
        self.ip_tunnel(key, [src_ip.into(), dst_ip.into()], protocol, [src_port, dst_port]);
    }

    fn socket<const N: usize>(&mut self, key: &[u8; N], protocol: u32, [local, remote]: [(IpAddr, u32); 2]) {
        self.number(key, protocol);
        for (separator, (ip, port)) in [(',', local), ('>', remote)] {
            _ = match ip {
                IpAddr::V4(ip) => write!(self.0, "{separator}{ip}:{port}"),
                IpAddr::V6(ip) => write!(self.0, "{separator}[{ip}]:{port}"),
            };
        }
    }

    fn ipv4_socket<const N: usize>(&mut self, key: &[u8; N], socket: &ExtendedSocketIpv4) {
        let ExtendedSocketIpv4 { protocol, local_ip, remote_ip, local_port, remote_port } = *socket;
        self.socket(key, protocol, [(local_ip.into(), local_port), (remote_ip.into(), remote_port)]);
    }

    fn ipv6_socket<const N: usize>(&mut self, key: &[u8; N], socket: &ExtendedSocketIpv6) {
        let ExtendedSocketIpv6 { protocol, local_ip, remote_ip, local_port, remote_port } = *socket;
        self.socket(key, protocol, [(local_ip.into(), local_port), (remote_ip.into(), remote_port)]);
    }

    /// `a` to `n` of 802.11.
    fn wifi(&mut self, version: u32) {
        if let Some(letter @ b'a'..=b'z') = b" abgn".get(version as usize) {
            self.bytes(b" wifi=", &[*letter]);
        }
    }

    fn record(&mut self, record: &FlowRecord<'_>) {
        match record {
            // The packet itself.
            FlowRecord::SampledHeader(_)
            | FlowRecord::SampledEthernet(_)
            | FlowRecord::SampledIpv4(_)
            | FlowRecord::SampledIpv6(_)
            | FlowRecord::ExtendedTimestamp(_) => {}
            FlowRecord::ExtendedSwitch(switch) => {
                self.known(b" vlan.in=", switch.src_vlan);
                self.known(b" pri.in=", switch.src_priority);
                self.known(b" vlan.out=", switch.dst_vlan);
                self.known(b" pri.out=", switch.dst_priority);
            }
            FlowRecord::ExtendedVlanTunnel(tunnel) => self.vlans(b" vlans=", &tunnel.stack),
            FlowRecord::ExtendedVlanIn(vlans) => self.vlans(b" vlans.in=", &vlans.stack),
            FlowRecord::ExtendedVlanOut(vlans) => self.vlans(b" vlans.out=", &vlans.stack),
            FlowRecord::ExtendedOpenflowV1(openflow) => {
                self.display(b" of.cookie=", format_args!("{:#x}", openflow.flow_cookie));
                self.number(b" of.match=", openflow.flow_match);
                self.number(b" of.actions=", openflow.flow_actions);
            }
            FlowRecord::ExtendedUser(user) => {
                self.text(b" user.src=", user.src_user);
                self.text(b" user.dst=", user.dst_user);
            }
            FlowRecord::ExtendedUrl(url) => {
                self.text(b" url=", url.url);
                self.text(b" host=", url.host);
            }
            FlowRecord::PmacctClass(class) => self.text(b" class=", class.class.text()),
            FlowRecord::OldPmacctClass(class) => self.text(b" class=", class.class.text()),
            FlowRecord::PmacctTag(tag) => {
                self.number64(b" tag=", tag.tag);
                self.number64(b" tag2=", tag.tag2);
            }
            FlowRecord::ExtendedEntities(entities) => {
                self.source(b" entity.src=", entities.src_ds);
                self.source(b" entity.dst=", entities.dst_ds);
            }
            other => self.routing(other),
        }
    }

    /// Where the packet is routed to.
    fn routing(&mut self, record: &FlowRecord<'_>) {
        match record {
            FlowRecord::ExtendedRouter(router) => {
                self.address(b" nexthop=", router.nexthop);
                self.number(b" mask.src=", router.src_mask_len);
                self.number(b" mask.dst=", router.dst_mask_len);
            }
            FlowRecord::ExtendedGateway(gateway) => {
                self.address(b" bgp.nexthop=", gateway.nexthop);
                self.nonzero(b" as=", gateway.as_number);
                self.nonzero(b" as.src=", gateway.src_as);
                self.nonzero(b" as.peer=", gateway.src_peer_as);
                self.as_path(&gateway.dst_as_path);
                self.list(b" communities=", &gateway.communities, |words, community| {
                    _ = write!(words.0, "{}:{}", community >> 16, community & 0xffff);
                });
                self.nonzero(b" localpref=", gateway.localpref);
            }
            FlowRecord::ExtendedMpls(mpls) => {
                self.address(b" mpls.nexthop=", mpls.nexthop);
                self.list(b" mpls.in=", &mpls.in_stack, |words, label| words.decimal(u64::from(label.label())));
                self.list(b" mpls.out=", &mpls.out_stack, |words, label| words.decimal(u64::from(label.label())));
            }
            FlowRecord::ExtendedMplsTunnel(tunnel) => {
                self.text(b" lsp=", tunnel.tunnel_lsp_name);
                self.number(b" lsp.id=", tunnel.tunnel_id);
                self.number(b" lsp.cos=", tunnel.tunnel_cos);
            }
            FlowRecord::ExtendedMplsVc(vc) => {
                self.text(b" vc=", vc.vc_instance_name);
                self.number(b" vc.id=", vc.vll_vc_id);
                self.number(b" vc.cos=", vc.vc_label_cos);
            }
            FlowRecord::ExtendedMplsFtn(ftn) => {
                self.text(b" ftn=", ftn.mpls_ftn_descr);
                self.number(b" ftn.mask=", ftn.mpls_ftn_mask);
            }
            FlowRecord::ExtendedMplsLdpFec(fec) => self.number(b" fec.len=", fec.mpls_fec_addr_prefix_length),
            FlowRecord::ExtendedNat(nat) => {
                self.address(b" nat.src=", nat.src_address);
                self.address(b" nat.dst=", nat.dst_address);
            }
            FlowRecord::ExtendedNatPort(nat) => {
                self.number(b" nat.sport=", nat.src_port);
                self.number(b" nat.dport=", nat.dst_port);
            }
            FlowRecord::ExtendedFc(fc) => {
                self.number(b" fc.nexthop=", fc.next_hop);
                self.number(b" fc.src=", fc.src_mask_len);
                self.number(b" fc.dst=", fc.dst_mask_len);
            }
            FlowRecord::ExtendedL2TunnelEgress(tunnel) => self.ethernet_tunnel(b" l2tunnel.out=", &tunnel.header),
            FlowRecord::ExtendedL2TunnelIngress(tunnel) => self.ethernet_tunnel(b" l2tunnel.in=", &tunnel.header),
            FlowRecord::ExtendedIpv4TunnelEgress(tunnel) => self.ipv4_tunnel(b" tunnel.out=", &tunnel.header),
            FlowRecord::ExtendedIpv4TunnelIngress(tunnel) => self.ipv4_tunnel(b" tunnel.in=", &tunnel.header),
            FlowRecord::ExtendedIpv6TunnelEgress(tunnel) => self.ipv6_tunnel(b" tunnel.out=", &tunnel.header),
            FlowRecord::ExtendedIpv6TunnelIngress(tunnel) => self.ipv6_tunnel(b" tunnel.in=", &tunnel.header),
            FlowRecord::ExtendedDecapsulateEgress(decap) => self.number(b" decap.out=", decap.inner_header_offset),
            FlowRecord::ExtendedDecapsulateIngress(decap) => self.number(b" decap.in=", decap.inner_header_offset),
            FlowRecord::ExtendedVniEgress(vni) => self.number(b" vni.out=", vni.vni),
            FlowRecord::ExtendedVniIngress(vni) => self.number(b" vni.in=", vni.vni),
            other => self.handling(other),
        }
    }

    /// What the device did with the packet: queues, drops, radio.
    fn handling(&mut self, record: &FlowRecord<'_>) {
        match record {
            FlowRecord::ExtendedQueueLength(queue) => {
                self.number(b" queue=", queue.queue_index);
                self.number(b" queue.length=", queue.queue_length);
            }
            FlowRecord::ExtendedEgressQueue(queue) => self.number(b" queue=", queue.queue),
            FlowRecord::ExtendedBstEgressQueue(queue) => self.number(b" queue=", queue.queue),
            FlowRecord::ExtendedQueue(queue) => self.number(b" queue.depth=", queue.depth),
            FlowRecord::ExtendedTransit(transit) => self.number(b" delay=", transit.delay),
            FlowRecord::ExtendedAcl(acl) => {
                self.number(b" acl=", acl.number);
                self.text(b" acl.name=", acl.name);
                match acl.direction {
                    1 => self.bytes(b" acl.dir=", b"in"),
                    2 => self.bytes(b" acl.dir=", b"out"),
                    _ => {}
                }
            }
            FlowRecord::ExtendedFunction(function) => self.text(b" function=", function.symbol),
            FlowRecord::ExtendedHwTrap(trap) => {
                self.text(b" trap.group=", trap.group);
                self.text(b" trap=", trap.trap);
            }
            FlowRecord::ExtendedLinuxDropReason(linux) => self.text(b" linux=", linux.reason),
            FlowRecord::Extended80211Payload(payload) => {
                self.display(b" cipher=", format_args!("{:08x}", payload.cipher_suite));
            }
            FlowRecord::Extended80211Rx(rx) => {
                self.text(b" ssid=", rx.ssid);
                self.display(b" bssid=", rx.bssid);
                self.wifi(rx.version);
                self.number(b" channel=", rx.channel);
                self.number64(b" speed=", rx.speed);
                self.number(b" rsni=", rx.rsni);
                self.number(b" rcpi=", rx.rcpi);
                self.number(b" airtime=", rx.packet_duration);
            }
            FlowRecord::Extended80211Tx(tx) => {
                self.text(b" ssid=", tx.ssid);
                self.display(b" bssid=", tx.bssid);
                self.wifi(tx.version);
                self.number(b" tx=", tx.transmissions);
                self.number(b" airtime=", tx.packet_duration);
                self.number(b" retrans=", tx.retrans_duration);
                self.number(b" channel=", tx.channel);
                self.number64(b" speed=", tx.speed);
                self.number(b" power=", tx.power);
            }
            FlowRecord::Extended80211Aggregation(aggregation) => self.number(b" ampdu=", aggregation.pdus.len() as u32),
            other => self.ends(other),
        }
    }

    /// The ends of the conversation: sockets, InfiniBand.
    fn ends(&mut self, record: &FlowRecord<'_>) {
        match record {
            FlowRecord::ExtendedIbLrh(lrh) => {
                self.display(b" ib.lid=", format_args!("{}>{}", lrh.src_slid, lrh.src_dlid));
                self.display(b" ib.sl=", format_args!("{}>{}", lrh.src_sl, lrh.dst_sl));
            }
            FlowRecord::ExtendedIbGrh(grh) => {
                let [src, dst] = [grh.s_gid, grh.d_gid].map(std::net::Ipv6Addr::from);
                self.display(b" ib.gid=", format_args!("{src}>{dst}"));
            }
            FlowRecord::ExtendedIbBth(bth) => {
                self.number(b" ib.qp=", bth.dst_qp);
                self.number(b" ib.pkey=", bth.pkey);
                self.number(b" ib.op=", bth.opcode);
            }
            FlowRecord::ExtendedSocketIpv4(socket) => self.ipv4_socket(b" socket=", socket),
            FlowRecord::ExtendedSocketIpv6(socket) => self.ipv6_socket(b" socket=", socket),
            FlowRecord::ExtendedProxySocketIpv4(proxy) => self.ipv4_socket(b" proxy=", &proxy.socket),
            FlowRecord::ExtendedProxySocketIpv6(proxy) => self.ipv6_socket(b" proxy=", &proxy.socket),
            FlowRecord::ExtendedTcpInfo(tcp) => {
                match tcp.dir {
                    1 => self.bytes(b" tcp.dir=", b"received"),
                    2 => self.bytes(b" tcp.dir=", b"sent"),
                    _ => {}
                }
                self.number(b" tcp.mss=", tcp.snd_mss);
                self.number(b" tcp.unacked=", tcp.unacked);
                self.number(b" tcp.lost=", tcp.lost);
                self.number(b" tcp.retrans=", tcp.retrans);
                self.number(b" tcp.pmtu=", tcp.pmtu);
                self.number(b" tcp.rtt=", tcp.rtt);
                self.number(b" tcp.rttvar=", tcp.rttvar);
                self.number(b" tcp.cwnd=", tcp.snd_cwnd);
                self.number(b" tcp.reordering=", tcp.reordering);
                self.number(b" tcp.minrtt=", tcp.min_rtt);
            }
            FlowRecord::Unknown { tag, .. } => self.tag(b" unread=", *tag),
            // Records of applications: their samples have no packet.
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_those_of_the_formatter() {
        let powers = (0..20).map(|power| 10_u64.pow(power));
        let around = powers.flat_map(|power| [power - 1, power, power + 1]);
        // The halves of eight digits do not depend on each other.
        let halves = (0..10_000).flat_map(|half| [half, half * 10_000, half * 10_001]);
        for number in around.chain(halves).chain([u64::MAX]) {
            let mut out = Vec::new();
            Words(&mut out).decimal(number);
            assert_eq!(String::from_utf8(out).unwrap(), number.to_string());
        }
    }

    #[test]
    fn text_is_one_word_whatever_it_holds() {
        for (text, expected) in [
            (&b"plain"[..], " lsp=plain"),
            (b"two words", " lsp=two%20words"),
            (b"100%\n\x7f", " lsp=100%25%0A%7F"),
            ("gr\u{fc}n\u{a0}\u{2003}".as_bytes(), " lsp=gr\u{fc}n%C2%A0%E2%80%83"),
            (b"\xff\xc3", " lsp=%FF%C3"),
            (b"", ""),
        ] {
            let mut out = Vec::new();
            Words(&mut out).text(b" lsp=", Text(text));
            assert_eq!(String::from_utf8(out).unwrap(), expected);
        }
    }

    #[test]
    fn long_text_and_long_lists_are_cut() {
        let mut out = Vec::new();
        Words(&mut out).text(b" url=", Text(&[b'x'; 5000]));
        assert_eq!(out.len(), 5 + MOST_TEXT);
    }
}
