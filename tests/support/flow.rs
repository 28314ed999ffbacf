//! Random flow records, written by a table of layouts that follows the wire reference and shares no line with the decoder.

use std::fmt::Write as _;
use std::net::{Ipv4Addr, Ipv6Addr};

use proptest::collection::vec;
use proptest::prelude::*;
use sflowcap::flow::HeaderProtocol;

use super::wire::Wire;

/// A row for each structure: its number (`-` for a part of others), its name in the library, its fields in wire order. A bare
/// name is an unsigned int; `=` gives another type, or the row that the field is made of.
const LAYOUTS: &str = "
0:1 SampledHeader protocol=protocol frame_length stripped header=opaque
0:2 SampledEthernet length src_mac=mac dst_mac=mac packet_type
0:3 SampledIpv4 length protocol src_ip=ip4 dst_ip=ip4 src_port dst_port tcp_flags tos
0:4 SampledIpv6 length protocol src_ip=ip6 dst_ip=ip6 src_port dst_port tcp_flags priority
0:1001 ExtendedSwitch src_vlan src_priority dst_vlan dst_priority
0:1002 ExtendedRouter nexthop=address src_mask_len dst_mask_len
0:1003 ExtendedGateway nexthop=address as_number src_as src_peer_as dst_as_path=path communities=u32[] localpref
0:1004 ExtendedUser src_charset src_user=string dst_charset dst_user=string
0:1005 ExtendedUrl direction url=string host=string
0:1006 ExtendedMpls nexthop=address in_stack=label[] out_stack=label[]
0:1007 ExtendedNat src_address=address dst_address=address
0:1008 ExtendedMplsTunnel tunnel_lsp_name=string tunnel_id tunnel_cos
0:1009 ExtendedMplsVc vc_instance_name=string vll_vc_id vc_label_cos
0:1010 ExtendedMplsFtn mpls_ftn_descr=string mpls_ftn_mask
0:1011 ExtendedMplsLdpFec mpls_fec_addr_prefix_length
0:1012 ExtendedVlanTunnel stack=tag[]
0:1013 Extended80211Payload cipher_suite data=opaque
0:1014 Extended80211Rx ssid=string bssid=mac version channel speed=u64 rsni rcpi packet_duration
0:1015 Extended80211Tx ssid=string bssid=mac version transmissions packet_duration retrans_duration channel speed=u64 power
0:1017 ExtendedOpenflowV1 flow_cookie=u64 flow_match flow_actions
0:1018 ExtendedFc src_mask_len dst_mask_len next_hop metric
0:1019 ExtendedQueueLength queue_index queue_length
0:1020 ExtendedNatPort src_port dst_port
0:1021 ExtendedL2TunnelEgress header=SampledEthernet
0:1022 ExtendedL2TunnelIngress header=SampledEthernet
0:1023 ExtendedIpv4TunnelEgress header=SampledIpv4
0:1024 ExtendedIpv4TunnelIngress header=SampledIpv4
0:1025 ExtendedIpv6TunnelEgress header=SampledIpv6
0:1026 ExtendedIpv6TunnelIngress header=SampledIpv6
0:1027 ExtendedDecapsulateEgress inner_header_offset
0:1028 ExtendedDecapsulateIngress inner_header_offset
0:1029 ExtendedVniEgress vni
0:1030 ExtendedVniIngress vni
0:1031 ExtendedIbLrh src_vl src_sl src_dlid src_slid src_lnh dst_vl dst_sl dst_dlid dst_slid dst_lnh
0:1032 ExtendedIbGrh flow_label tc s_gid=gid d_gid=gid next_header length
0:1033 ExtendedIbBth pkey dst_qp opcode
0:1034 ExtendedVlanIn stack=tag[]
0:1035 ExtendedVlanOut stack=tag[]
0:1036 ExtendedEgressQueue queue
0:1037 ExtendedAcl number name=string direction
0:1038 ExtendedFunction symbol=string
0:1039 ExtendedTransit delay
0:1040 ExtendedQueue depth
0:1041 ExtendedHwTrap group=string trap=string
0:1042 ExtendedLinuxDropReason reason=string
0:1043 ExtendedTimestamp nanoseconds=u64
0:2000 Transaction direction wait duration status bytes_received=u64 bytes_send=u64
0:2001 ExtendedNfsStorageTransaction path=opaque operation status
0:2002 ExtendedScsiStorageTransaction lun operation status
0:2003 ExtendedHttpTransaction url=string host=string referer=string useragent=string user=string status
0:2100 ExtendedSocketIpv4 protocol local_ip=ip4 remote_ip=ip4 local_port remote_port
0:2101 ExtendedSocketIpv6 protocol local_ip=ip6 remote_ip=ip6 local_port remote_port
0:2102 ExtendedProxySocketIpv4 socket=ExtendedSocketIpv4
0:2103 ExtendedProxySocketIpv6 socket=ExtendedSocketIpv6
0:2200 MemcacheOperation protocol cmd key=string nkeys value_bytes duration status
0:2201 DeprecatedHttpRequest method protocol uri=string host=string referer=string useragent=string authuser=string \
       mime_type=string bytes=u64 duration status
0:2202 AppOperation context=Context status_descr=string req_bytes=u64 resp_bytes=u64 duration status
0:2203 AppParentContext context=Context
0:2204 AppInitiator actor=string
0:2205 AppTarget actor=string
0:2206 HttpRequest method protocol uri=string host=string referer=string useragent=string xff=string authuser=string \
       mime_type=string req_bytes=u64 resp_bytes=u64 duration status=i32
0:2207 ExtendedProxyRequest uri=string host=string
0:2208 ExtendedNavTiming navigation_type redirect_count navigation_start unload_event_start unload_event_end redirect_start \
       redirect_end fetch_start domain_lookup_start domain_lookup_end connect_start connect_end secure_connection_start \
       request_start response_start response_end dom_loading dom_interactive dom_content_loaded_event_start \
       dom_content_loaded_event_end dom_complete load_event_start load_event_end
0:2209 ExtendedTcpInfo dir snd_mss rcv_mss unacked lost retrans pmtu rtt rttvar snd_cwnd reordering min_rtt
0:2210 ExtendedEntities src_ds=source dst_ds=source
4413:1 ExtendedBstEgressQueue queue
4300:3 ExtendedProcess processes=u32[]
43874:1 PmacctClass class=fixed
43874:2 PmacctTag tag=u64 tag2=u64
43874:3 PmacctNdpiClass master_protocol app_protocol
8800:1 OldPmacctClass class=fixed
8800:2 OldPmacctTag tag=u64 tag2=u64
- Context application=string operation=string attributes=string
";

/// The layout of a structure.
#[derive(Clone, Debug)]
pub struct Layout {
    pub enterprise: u32,
    pub format: u32,
    pub name: &'static str,
    fields: &'static str,
}

/// Every structure of the table.
pub fn layouts() -> impl Iterator<Item = Layout> {
    rows().filter_map(|(number, name, fields)| {
        let (enterprise, format) = number.split_once(':')?;
        Some(Layout { enterprise: enterprise.parse().unwrap(), format: format.parse().unwrap(), name, fields })
    })
}

fn rows() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    LAYOUTS.lines().filter(|line| !line.is_empty()).map(|line| {
        let (number, rest) = line.split_once(' ').unwrap();
        let (name, fields) = rest.split_once(' ').unwrap();
        (number, name, fields)
    })
}

impl Layout {
    /// Structures of this layout with random fields.
    pub fn any(&self) -> BoxedStrategy<Structure> {
        structure(self.name, self.fields)
    }
}

/// A structure and what its fields hold.
#[derive(Clone, Debug)]
pub struct Structure {
    name: &'static str,
    fields: Vec<(&'static str, Value)>,
}

#[derive(Clone, Debug)]
enum Value {
    U32(u32),
    I32(i32),
    U64(u64),
    Protocol(u32),
    String(String),
    Opaque(Vec<u8>),
    Fixed([u8; 16]),
    Gid([u8; 16]),
    Mac([u8; 6]),
    Ip4(Ipv4Addr),
    Ip6(Ipv6Addr),
    Unknown,
    AddressV4(Ipv4Addr),
    AddressV6(Ipv6Addr),
    Source(u32, u32),
    U32s(Vec<u32>),
    Labels(Vec<u32>),
    Tags(Vec<u32>),
    Path(Vec<(u32, Vec<u32>)>),
    Part(Structure),
}

fn structure(name: &'static str, fields: &'static str) -> BoxedStrategy<Structure> {
    let (names, values): (Vec<_>, Vec<_>) = fields
        .split_whitespace()
        .map(|field| field.split_once('=').unwrap_or((field, "u32")))
        .map(|(name, kind)| (name, value(kind)))
        .unzip();
    values.prop_map(move |values| Structure { name, fields: names.iter().copied().zip(values).collect() }).boxed()
}

fn value(kind: &'static str) -> BoxedStrategy<Value> {
    use Value::*;
    let number = prop_oneof![8 => any::<u32>(), 1 => Just(0), 1 => Just(u32::MAX)];
    let ip4 = || any::<u32>().prop_map(Ipv4Addr::from);
    let ip6 = || any::<u128>().prop_map(Ipv6Addr::from);
    // No small numbers among the items: moved by a word they would pass for counts.
    let items = || vec(0x0100_0000..=u32::MAX, 0..5);
    match kind {
        "u32" => number.prop_map(U32).boxed(),
        "i32" => any::<i32>().prop_map(I32).boxed(),
        "u64" => any::<u64>().prop_map(U64).boxed(),
        "protocol" => number.prop_map(Protocol).boxed(),
        "string" => r"[ !#-\[\]-~]{0,40}".prop_map(String).boxed(),
        "opaque" => vec(any::<u8>(), 0..130).prop_map(Opaque).boxed(),
        "fixed" => any::<[u8; 16]>().prop_map(Fixed).boxed(),
        "gid" => any::<[u8; 16]>().prop_map(Gid).boxed(),
        "mac" => any::<[u8; 6]>().prop_map(Mac).boxed(),
        "ip4" => ip4().prop_map(Ip4).boxed(),
        "ip6" => ip6().prop_map(Ip6).boxed(),
        "address" => prop_oneof![Just(Unknown), ip4().prop_map(AddressV4), ip6().prop_map(AddressV6)].boxed(),
        "source" => any::<(u32, u32)>().prop_map(|(class, index)| Source(class, index)).boxed(),
        "u32[]" => items().prop_map(U32s).boxed(),
        "label[]" => items().prop_map(Labels).boxed(),
        "tag[]" => items().prop_map(Tags).boxed(),
        "path" => vec((1..=2_u32, items()), 0..4).prop_map(Path).boxed(),
        part => {
            let (_, name, fields) = rows().find(|(_, name, _)| *name == part).expect("a row of that name");
            structure(name, fields).prop_map(Part).boxed()
        }
    }
}

impl Structure {
    /// The structure's bytes.
    pub fn wire(&self) -> Wire {
        self.fields.iter().fold(Wire::new(), |wire, (_, value)| value.append_to(wire))
    }

    /// What its fields hold, one after the other, but those in `skipped`: to compare with another decoder's fields by.
    pub fn atoms(&self, skipped: &[&str]) -> Vec<String> {
        let fields = self.fields.iter().filter(|(name, _)| !skipped.contains(name));
        fields.flat_map(|(_, value)| value.atoms(skipped)).collect()
    }

    /// What Rust's `Debug` prints of a structure with these fields.
    pub fn debug(&self) -> String {
        let fields: Vec<_> = self.fields.iter().map(|(name, value)| format!("{name}: {}", value.debug())).collect();
        format!("{} {{ {} }}", self.name, fields.join(", "))
    }
}

impl Value {
    fn append_to(&self, wire: Wire) -> Wire {
        let list = |items: &[u32]| Wire::new().u32(items.len() as u32).u32s(items.iter().copied()).0;
        match self {
            Value::U32(value) | Value::Protocol(value) => wire.u32(*value),
            Value::I32(value) => wire.raw(value.to_be_bytes()),
            Value::U64(value) => wire.u64(*value),
            Value::String(text) => wire.opaque(text),
            Value::Opaque(bytes) => wire.opaque(bytes),
            Value::Fixed(bytes) | Value::Gid(bytes) => wire.raw(bytes),
            Value::Mac(mac) => wire.mac(*mac),
            Value::Ip4(ip) => wire.raw(ip.octets()),
            Value::Ip6(ip) => wire.raw(ip.octets()),
            Value::Unknown => wire.u32(0),
            Value::AddressV4(ip) => wire.u32(1).raw(ip.octets()),
            Value::AddressV6(ip) => wire.u32(2).raw(ip.octets()),
            Value::Source(class, index) => wire.u32(*class).u32(*index),
            Value::U32s(items) | Value::Labels(items) | Value::Tags(items) => wire.raw(list(items)),
            Value::Path(segments) => segments
                .iter()
                .fold(wire.u32(segments.len() as u32), |wire, (kind, items)| wire.u32(*kind).raw(list(items))),
            Value::Part(structure) => wire.raw(structure.wire().0),
        }
    }

    fn atoms(&self, skipped: &[&str]) -> Vec<String> {
        let numbers = |items: &[u32]| items.iter().map(u32::to_string).collect();
        let bytes = |items: &[u8]| items.iter().map(u8::to_string).collect();
        match self {
            Value::U32s(items) | Value::Labels(items) | Value::Tags(items) => numbers(items),
            Value::Opaque(items) => bytes(items),
            Value::Mac(items) => bytes(items),
            Value::Fixed(items) | Value::Gid(items) => bytes(items),
            Value::Source(class, index) => numbers(&[*class, *index]),
            // Segments are told by their lengths.
            Value::Path(segments) => segments
                .iter()
                .flat_map(|(_, items)| [items.len() as u32].into_iter().chain(items.iter().copied()))
                .map(|number| number.to_string())
                .collect(),
            Value::Unknown => Vec::new(),
            Value::AddressV4(ip) => vec![ip.to_string()],
            Value::AddressV6(ip) => vec![ip.to_string()],
            Value::Part(structure) => structure.atoms(skipped),
            other => vec![other.debug()],
        }
    }

    fn debug(&self) -> String {
        let list = |items: Vec<String>| format!("[{}]", items.join(", "));
        match self {
            Value::U32(value) => value.to_string(),
            Value::I32(value) => value.to_string(),
            Value::U64(value) => value.to_string(),
            Value::Protocol(value) => format!("{:?}", HeaderProtocol(*value)),
            Value::String(text) => format!("\"{text}\""),
            Value::Opaque(bytes) => format!("{bytes:?}"),
            Value::Fixed(bytes) => format!("FixedText({bytes:?})"),
            Value::Gid(bytes) => format!("{bytes:?}"),
            Value::Mac(mac) => format!("Mac({mac:?})"),
            Value::Ip4(ip) => ip.to_string(),
            Value::Ip6(ip) => ip.to_string(),
            Value::Unknown => "Unknown".to_owned(),
            Value::AddressV4(ip) => format!("V4({ip})"),
            Value::AddressV6(ip) => format!("V6({ip})"),
            Value::Source(class, index) => format!("DataSource {{ class: {class}, index: {index} }}"),
            Value::U32s(items) => format!("{items:?}"),
            Value::Labels(items) => list(items.iter().map(|item| label(*item)).collect()),
            Value::Tags(items) => list(items.iter().map(|item| tag(*item)).collect()),
            Value::Path(segments) => {
                let mut text = String::new();
                for (at, (kind, items)) in segments.iter().enumerate() {
                    let comma = if at == 0 { "" } else { ", " };
                    write!(text, "{comma}AsPathSegment {{ kind: AsPathSegmentType({kind}), as_numbers: {items:?} }}")
                        .unwrap();
                }
                format!("AsPath([{text}])")
            }
            Value::Part(structure) => structure.debug(),
        }
    }
}

fn label(word: u32) -> String {
    let (label, exp, s, ttl) = (word / 4096, word / 512 % 8, word / 256 % 2, word % 256);
    format!("MplsLabel({label} exp {exp} s {s} ttl {ttl})")
}

fn tag(word: u32) -> String {
    let (tpid, pcp, dei, vid) = (word / 65536, word / 8192 % 8, word / 4096 % 2, word % 4096);
    format!("VlanTag(0x{tpid:04x} vid {vid} pcp {pcp} dei {dei})")
}
