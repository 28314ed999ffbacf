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
//! | `rate`, `pool`, `drops`, `seq` | sample | numbers as on the wire; `rate` only for statistical samples |
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
    AsPath, ExtendedSocketIpv4, ExtendedSocketIpv6, FlowRecord, HeaderProtocol, SampledEthernet, SampledIpv4,
    SampledIpv6, VlanTag,
};
use crate::sample::{DataSource, Direction, DiscardedPacket, FlowSample, Interface, Records, Tag};
use crate::structure::{List, Text};

/// The longest text that is told whole, in bytes.
const MOST_TEXT: usize = 200;

/// The most items of a list that are told.
const MOST_ITEMS: usize = 24;

/// The most records of a sample that are told: real samples have a handful.
const MOST_RECORDS: usize = 32;

/// What a sample tells of each of its packets.
#[derive(Clone, Debug)]
pub(crate) enum Told<'a> {
    Flow(FlowSample<'a>),
    Discarded(DiscardedPacket<'a>),
}

impl<'a> Told<'a> {
    pub(crate) fn source(&self) -> DataSource {
        match self {
            Told::Flow(sample) => sample.source,
            Told::Discarded(sample) => sample.source,
        }
    }

    /// How many packets the sample stands for; none for an event.
    pub(crate) fn sampling_rate(&self) -> Option<u32> {
        match self {
            Told::Flow(sample) => Some(sample.sampling_rate),
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
}

/// What starts the comment of every packet of a datagram.
pub(crate) fn write_agent(out: &mut Vec<u8>, agent: IpAddr, sub_agent_id: u32) {
    out.extend_from_slice(b"sflow");
    let mut words = Words(out);
    words.ip("agent", agent);
    if sub_agent_id != 0 {
        words.number("sub", sub_agent_id);
    }
}

/// Appends what a sample tells of a packet, after [`write_agent`].
pub(crate) fn write(out: &mut Vec<u8>, told: &Told<'_>, making: &Making) {
    let mut words = Words(out);
    words.source("source", told.source());
    let (input, output, drops, sequence_number) = match told {
        Told::Flow(sample) => (sample.input, sample.output, sample.drops, sample.sequence_number),
        Told::Discarded(sample) => (sample.input, sample.output, sample.drops, sample.sequence_number),
    };
    words.interface("in", input);
    words.interface("out", output);
    match told.direction() {
        Direction::In => words.bytes("dir", b"in"),
        Direction::Out => words.bytes("dir", b"out"),
        Direction::Unknown => {}
    }
    match told {
        Told::Flow(sample) => {
            if sample.sampling_rate != 0 {
                words.number("rate", sample.sampling_rate);
            }
            words.number("pool", sample.sample_pool);
        }
        Told::Discarded(sample) => words.display("reason", sample.reason),
    }
    words.number("drops", drops);
    words.number("seq", sequence_number);
    match making.header {
        Some(HeaderProtocol::MPLS) => words.bytes("header", b"mpls"),
        Some(HeaderProtocol::IPV6) => words.bytes("header", b"ipv6"),
        Some(_) => words.bytes("header", b"ipv4"),
        None => {}
    }
    if let Some(structure) = making.synthetic {
        words.bytes("synthetic", structure.as_bytes());
    }
    if making.agent_clock {
        words.bytes("clock", b"agent");
    }
    for record in told.records().take(MOST_RECORDS).flatten() {
        match FlowRecord::decode(&record) {
            Ok(read) => words.record(&read),
            Err(_) => words.tag("unread", record.tag),
        }
    }
}

/// Writes words. Appending to a `Vec` cannot fail, so that results of `write!` are dropped.
struct Words<'a>(&'a mut Vec<u8>);

impl Words<'_> {
    fn key(&mut self, key: &str) {
        self.0.push(b' ');
        self.0.extend_from_slice(key.as_bytes());
        self.0.push(b'=');
    }

    fn bytes(&mut self, key: &str, value: &[u8]) {
        self.key(key);
        self.0.extend_from_slice(value);
    }

    fn number(&mut self, key: &str, number: u32) {
        self.key(key);
        self.decimal(u64::from(number));
    }

    fn number64(&mut self, key: &str, number: u64) {
        self.key(key);
        self.decimal(number);
    }

    /// A number that may not be known.
    fn known(&mut self, key: &str, number: u32) {
        if number != u32::MAX {
            self.number(key, number);
        }
    }

    /// A number whose zero means that there is none.
    fn nonzero(&mut self, key: &str, number: u32) {
        if number != 0 {
            self.number(key, number);
        }
    }

    /// Decimal digits, without the cost of a formatter.
    fn decimal(&mut self, mut number: u64) {
        let mut digits = [0; 20];
        let mut start = digits.len();
        loop {
            start -= 1;
            digits[start] = b'0' + (number % 10) as u8;
            number /= 10;
            if number == 0 {
                break;
            }
        }
        self.0.extend_from_slice(&digits[start..]);
    }

    /// A value that holds nothing to be escaped.
    fn display(&mut self, key: &str, value: impl Display) {
        self.key(key);
        _ = write!(self.0, "{value}");
    }

    fn ip(&mut self, key: &str, ip: IpAddr) {
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

    fn address(&mut self, key: &str, address: crate::Address) {
        if let Some(ip) = address.ip() {
            self.ip(key, ip);
        }
    }

    fn source(&mut self, key: &str, source: DataSource) {
        match source.if_index() {
            Some(index) => self.number(key, index),
            None => self.display(key, source),
        }
    }

    fn interface(&mut self, key: &str, interface: Interface) {
        match interface {
            Interface::Unknown => {}
            Interface::Index(index) => self.number(key, index),
            other => self.display(key, other),
        }
    }

    fn tag(&mut self, key: &str, tag: Tag) {
        self.display(key, tag);
    }

    /// Text of any bytes, escaped, cut when it is long; an empty one is left out.
    fn text(&mut self, key: &str, text: Text<'_>) {
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
    fn list<'a, T: crate::structure::Field<'a>>(
        &mut self,
        key: &str,
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

    fn vlans(&mut self, key: &str, stack: &List<'_, VlanTag>) {
        self.list(key, stack, |words, tag| {
            if tag.tpid() != 0x8100 {
                _ = write!(words.0, "{:04x}:", tag.tpid());
            }
            words.decimal(u64::from(tag.vid()));
        });
    }

    fn as_path(&mut self, path: &AsPath<'_>) {
        let segments = path.segments();
        self.list("as.path", &segments, |words, segment| {
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

    fn ethernet_tunnel(&mut self, key: &str, header: &SampledEthernet) {
        self.display(key, format_args!("{}>{}/{:04x}", header.src_mac, header.dst_mac, header.packet_type));
    }

    /// The outer packet of a tunnel. Agents that know only one end, or that there is a tunnel at all, write zeros.
    fn ip_tunnel(&mut self, key: &str, [src, dst]: [IpAddr; 2], protocol: u32, [src_port, dst_port]: [u32; 2]) {
        self.display(key, format_args!("{src}>{dst}/{protocol}"));
        if src_port != 0 || dst_port != 0 {
            _ = write!(self.0, ":{dst_port}");
        }
    }

    fn ipv4_tunnel(&mut self, key: &str, header: &SampledIpv4) {
        let SampledIpv4 { src_ip, dst_ip, protocol, src_port, dst_port, .. } = *header;
        self.ip_tunnel(key, [src_ip.into(), dst_ip.into()], protocol, [src_port, dst_port]);
    }

    fn ipv6_tunnel(&mut self, key: &str, header: &SampledIpv6) {
        let SampledIpv6 { src_ip, dst_ip, protocol, src_port, dst_port, .. } = *header;
        self.ip_tunnel(key, [src_ip.into(), dst_ip.into()], protocol, [src_port, dst_port]);
    }

    fn socket(&mut self, key: &str, protocol: u32, [local, remote]: [(IpAddr, u32); 2]) {
        self.number(key, protocol);
        for (separator, (ip, port)) in [(',', local), ('>', remote)] {
            _ = match ip {
                IpAddr::V4(ip) => write!(self.0, "{separator}{ip}:{port}"),
                IpAddr::V6(ip) => write!(self.0, "{separator}[{ip}]:{port}"),
            };
        }
    }

    fn ipv4_socket(&mut self, key: &str, socket: &ExtendedSocketIpv4) {
        let ExtendedSocketIpv4 { protocol, local_ip, remote_ip, local_port, remote_port } = *socket;
        self.socket(key, protocol, [(local_ip.into(), local_port), (remote_ip.into(), remote_port)]);
    }

    fn ipv6_socket(&mut self, key: &str, socket: &ExtendedSocketIpv6) {
        let ExtendedSocketIpv6 { protocol, local_ip, remote_ip, local_port, remote_port } = *socket;
        self.socket(key, protocol, [(local_ip.into(), local_port), (remote_ip.into(), remote_port)]);
    }

    /// `a` to `n` of 802.11.
    fn wifi(&mut self, version: u32) {
        if let Some(letter @ b'a'..=b'z') = b" abgn".get(version as usize) {
            self.bytes("wifi", &[*letter]);
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
                self.known("vlan.in", switch.src_vlan);
                self.known("pri.in", switch.src_priority);
                self.known("vlan.out", switch.dst_vlan);
                self.known("pri.out", switch.dst_priority);
            }
            FlowRecord::ExtendedVlanTunnel(tunnel) => self.vlans("vlans", &tunnel.stack),
            FlowRecord::ExtendedVlanIn(vlans) => self.vlans("vlans.in", &vlans.stack),
            FlowRecord::ExtendedVlanOut(vlans) => self.vlans("vlans.out", &vlans.stack),
            FlowRecord::ExtendedOpenflowV1(openflow) => {
                self.display("of.cookie", format_args!("{:#x}", openflow.flow_cookie));
                self.number("of.match", openflow.flow_match);
                self.number("of.actions", openflow.flow_actions);
            }
            FlowRecord::ExtendedUser(user) => {
                self.text("user.src", user.src_user);
                self.text("user.dst", user.dst_user);
            }
            FlowRecord::ExtendedUrl(url) => {
                self.text("url", url.url);
                self.text("host", url.host);
            }
            FlowRecord::PmacctClass(class) => self.text("class", class.class.text()),
            FlowRecord::OldPmacctClass(class) => self.text("class", class.class.text()),
            FlowRecord::PmacctTag(tag) => {
                self.number64("tag", tag.tag);
                self.number64("tag2", tag.tag2);
            }
            FlowRecord::ExtendedEntities(entities) => {
                self.source("entity.src", entities.src_ds);
                self.source("entity.dst", entities.dst_ds);
            }
            other => self.routing(other),
        }
    }

    /// Where the packet is routed to.
    fn routing(&mut self, record: &FlowRecord<'_>) {
        match record {
            FlowRecord::ExtendedRouter(router) => {
                self.address("nexthop", router.nexthop);
                self.number("mask.src", router.src_mask_len);
                self.number("mask.dst", router.dst_mask_len);
            }
            FlowRecord::ExtendedGateway(gateway) => {
                self.address("bgp.nexthop", gateway.nexthop);
                self.nonzero("as", gateway.as_number);
                self.nonzero("as.src", gateway.src_as);
                self.nonzero("as.peer", gateway.src_peer_as);
                self.as_path(&gateway.dst_as_path);
                self.list("communities", &gateway.communities, |words, community| {
                    _ = write!(words.0, "{}:{}", community >> 16, community & 0xffff);
                });
                self.nonzero("localpref", gateway.localpref);
            }
            FlowRecord::ExtendedMpls(mpls) => {
                self.address("mpls.nexthop", mpls.nexthop);
                self.list("mpls.in", &mpls.in_stack, |words, label| words.decimal(u64::from(label.label())));
                self.list("mpls.out", &mpls.out_stack, |words, label| words.decimal(u64::from(label.label())));
            }
            FlowRecord::ExtendedMplsTunnel(tunnel) => {
                self.text("lsp", tunnel.tunnel_lsp_name);
                self.number("lsp.id", tunnel.tunnel_id);
                self.number("lsp.cos", tunnel.tunnel_cos);
            }
            FlowRecord::ExtendedMplsVc(vc) => {
                self.text("vc", vc.vc_instance_name);
                self.number("vc.id", vc.vll_vc_id);
                self.number("vc.cos", vc.vc_label_cos);
            }
            FlowRecord::ExtendedMplsFtn(ftn) => {
                self.text("ftn", ftn.mpls_ftn_descr);
                self.number("ftn.mask", ftn.mpls_ftn_mask);
            }
            FlowRecord::ExtendedMplsLdpFec(fec) => self.number("fec.len", fec.mpls_fec_addr_prefix_length),
            FlowRecord::ExtendedNat(nat) => {
                self.address("nat.src", nat.src_address);
                self.address("nat.dst", nat.dst_address);
            }
            FlowRecord::ExtendedNatPort(nat) => {
                self.number("nat.sport", nat.src_port);
                self.number("nat.dport", nat.dst_port);
            }
            FlowRecord::ExtendedFc(fc) => {
                self.number("fc.nexthop", fc.next_hop);
                self.number("fc.src", fc.src_mask_len);
                self.number("fc.dst", fc.dst_mask_len);
            }
            FlowRecord::ExtendedL2TunnelEgress(tunnel) => self.ethernet_tunnel("l2tunnel.out", &tunnel.header),
            FlowRecord::ExtendedL2TunnelIngress(tunnel) => self.ethernet_tunnel("l2tunnel.in", &tunnel.header),
            FlowRecord::ExtendedIpv4TunnelEgress(tunnel) => self.ipv4_tunnel("tunnel.out", &tunnel.header),
            FlowRecord::ExtendedIpv4TunnelIngress(tunnel) => self.ipv4_tunnel("tunnel.in", &tunnel.header),
            FlowRecord::ExtendedIpv6TunnelEgress(tunnel) => self.ipv6_tunnel("tunnel.out", &tunnel.header),
            FlowRecord::ExtendedIpv6TunnelIngress(tunnel) => self.ipv6_tunnel("tunnel.in", &tunnel.header),
            FlowRecord::ExtendedDecapsulateEgress(decap) => self.number("decap.out", decap.inner_header_offset),
            FlowRecord::ExtendedDecapsulateIngress(decap) => self.number("decap.in", decap.inner_header_offset),
            FlowRecord::ExtendedVniEgress(vni) => self.number("vni.out", vni.vni),
            FlowRecord::ExtendedVniIngress(vni) => self.number("vni.in", vni.vni),
            other => self.handling(other),
        }
    }

    /// What the device did with the packet: queues, drops, radio.
    fn handling(&mut self, record: &FlowRecord<'_>) {
        match record {
            FlowRecord::ExtendedQueueLength(queue) => {
                self.number("queue", queue.queue_index);
                self.number("queue.length", queue.queue_length);
            }
            FlowRecord::ExtendedEgressQueue(queue) => self.number("queue", queue.queue),
            FlowRecord::ExtendedBstEgressQueue(queue) => self.number("queue", queue.queue),
            FlowRecord::ExtendedQueue(queue) => self.number("queue.depth", queue.depth),
            FlowRecord::ExtendedTransit(transit) => self.number("delay", transit.delay),
            FlowRecord::ExtendedAcl(acl) => {
                self.number("acl", acl.number);
                self.text("acl.name", acl.name);
                match acl.direction {
                    1 => self.bytes("acl.dir", b"in"),
                    2 => self.bytes("acl.dir", b"out"),
                    _ => {}
                }
            }
            FlowRecord::ExtendedFunction(function) => self.text("function", function.symbol),
            FlowRecord::ExtendedHwTrap(trap) => {
                self.text("trap.group", trap.group);
                self.text("trap", trap.trap);
            }
            FlowRecord::ExtendedLinuxDropReason(linux) => self.text("linux", linux.reason),
            FlowRecord::Extended80211Payload(payload) => {
                self.display("cipher", format_args!("{:08x}", payload.cipher_suite));
            }
            FlowRecord::Extended80211Rx(rx) => {
                self.text("ssid", rx.ssid);
                self.display("bssid", rx.bssid);
                self.wifi(rx.version);
                self.number("channel", rx.channel);
                self.number64("speed", rx.speed);
                self.number("rsni", rx.rsni);
                self.number("rcpi", rx.rcpi);
                self.number("airtime", rx.packet_duration);
            }
            FlowRecord::Extended80211Tx(tx) => {
                self.text("ssid", tx.ssid);
                self.display("bssid", tx.bssid);
                self.wifi(tx.version);
                self.number("tx", tx.transmissions);
                self.number("airtime", tx.packet_duration);
                self.number("retrans", tx.retrans_duration);
                self.number("channel", tx.channel);
                self.number64("speed", tx.speed);
                self.number("power", tx.power);
            }
            FlowRecord::Extended80211Aggregation(aggregation) => self.number("ampdu", aggregation.pdus.len() as u32),
            other => self.ends(other),
        }
    }

    /// The ends of the conversation: sockets, InfiniBand.
    fn ends(&mut self, record: &FlowRecord<'_>) {
        match record {
            FlowRecord::ExtendedIbLrh(lrh) => {
                self.display("ib.lid", format_args!("{}>{}", lrh.src_slid, lrh.src_dlid));
                self.display("ib.sl", format_args!("{}>{}", lrh.src_sl, lrh.dst_sl));
            }
            FlowRecord::ExtendedIbGrh(grh) => {
                let [src, dst] = [grh.s_gid, grh.d_gid].map(std::net::Ipv6Addr::from);
                self.display("ib.gid", format_args!("{src}>{dst}"));
            }
            FlowRecord::ExtendedIbBth(bth) => {
                self.number("ib.qp", bth.dst_qp);
                self.number("ib.pkey", bth.pkey);
                self.number("ib.op", bth.opcode);
            }
            FlowRecord::ExtendedSocketIpv4(socket) => self.ipv4_socket("socket", socket),
            FlowRecord::ExtendedSocketIpv6(socket) => self.ipv6_socket("socket", socket),
            FlowRecord::ExtendedProxySocketIpv4(proxy) => self.ipv4_socket("proxy", &proxy.socket),
            FlowRecord::ExtendedProxySocketIpv6(proxy) => self.ipv6_socket("proxy", &proxy.socket),
            FlowRecord::ExtendedTcpInfo(tcp) => {
                match tcp.dir {
                    1 => self.bytes("tcp.dir", b"received"),
                    2 => self.bytes("tcp.dir", b"sent"),
                    _ => {}
                }
                for (key, number) in [
                    ("tcp.mss", tcp.snd_mss),
                    ("tcp.unacked", tcp.unacked),
                    ("tcp.lost", tcp.lost),
                    ("tcp.retrans", tcp.retrans),
                    ("tcp.pmtu", tcp.pmtu),
                    ("tcp.rtt", tcp.rtt),
                    ("tcp.rttvar", tcp.rttvar),
                    ("tcp.cwnd", tcp.snd_cwnd),
                    ("tcp.reordering", tcp.reordering),
                    ("tcp.minrtt", tcp.min_rtt),
                ] {
                    self.number(key, number);
                }
            }
            FlowRecord::Unknown { tag, .. } => self.tag("unread", *tag),
            // Records of applications: their samples have no packet.
            _ => {}
        }
    }
}
