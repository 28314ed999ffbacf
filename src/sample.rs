//! Samples: what an agent says it saw, and the records that tell it.
//!
//! A flow sample stands for `sampling_rate` packets, a discarded packet for itself, a counter sample for no packet at all.
//! Each is a borrowed view over the datagram; its records are read when they are asked for.

use core::fmt;

use crate::datagram::Version;
use crate::drop_reason::DropReason;
use crate::flow::SampledHeader;
use crate::rt::{RtFlow, RtMetric};
use crate::v2v4::Part;
use crate::xdr::{Error, ErrorKind, Result, Xdr};

/// A structure's number: the enterprise that defined it (0 is sflow.org, else an IANA private enterprise number) and the
/// number it gave. Samples, flow records and counter records are numbered independently of each other.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Tag(pub u32);

impl Tag {
    /// The tag of a structure that `enterprise` (20 bits) numbered `format` (12 bits).
    pub const fn new(enterprise: u32, format: u32) -> Self {
        Tag(enterprise << 12 | format & 0xfff)
    }

    /// Who defined the structure.
    pub const fn enterprise(self) -> u32 {
        self.0 >> 12
    }

    /// The structure's number there.
    pub const fn format(self) -> u32 {
        self.0 & 0xfff
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.enterprise(), self.format())
    }
}

impl fmt::Debug for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// `sflow_data_source`: the part of the agent that took the sample.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DataSource {
    /// What `index` counts: one of the constants below.
    pub class: u32,
    /// The number of the port, VLAN or entity.
    pub index: u32,
}

impl DataSource {
    /// `index` is an ifIndex of RFC 2863.
    pub const IF_INDEX: u32 = 0;
    /// `index` is an smonVlanDataSource of RFC 2613.
    pub const SMON_VLAN: u32 = 1;
    /// `index` is an entPhysicalEntry of RFC 2737.
    pub const ENT_PHYSICAL: u32 = 2;
    /// `index` is an entLogicalEntry of RFC 2737; hosts and applications use it.
    pub const ENT_LOGICAL: u32 = 3;

    /// From the compact form: class in the top byte, index in the other three.
    #[inline]
    pub const fn from_compact(source_id: u32) -> Self {
        DataSource { class: source_id >> 24, index: source_id & 0x00ff_ffff }
    }

    /// The interface number, where the data source is an interface.
    pub fn if_index(self) -> Option<u32> {
        (self.class == Self::IF_INDEX).then_some(self.index)
    }
}

impl fmt::Display for DataSource {
    /// The bare number for an interface, else the class by name before it: `5`, `vlan5`, `entity5`, `logical5`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.class {
            Self::IF_INDEX => write!(f, "{}", self.index),
            Self::SMON_VLAN => write!(f, "vlan{}", self.index),
            Self::ENT_PHYSICAL => write!(f, "entity{}", self.index),
            Self::ENT_LOGICAL => write!(f, "logical{}", self.index),
            class => write!(f, "class{class}-{}", self.index),
        }
    }
}

/// `interface`: where a packet came in or went out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Interface {
    /// The agent does not know.
    Unknown,
    /// The interface with this ifIndex.
    Index(u32),
    /// No interface: the device itself sent or received the packet.
    Internal,
    /// The packet was discarded, for this reason.
    Discarded(DropReason),
    /// The packet went out of this many interfaces; 0 when the agent does not know how many.
    Multiple(u32),
    /// A form that the specification does not define, as it stood on the wire.
    Undefined {
        /// The form (3 and up).
        format: u32,
        /// Its value.
        value: u32,
    },
}

impl Interface {
    const INTERNAL: u32 = 0x3fff_ffff;

    /// From the expanded form: two words.
    #[inline]
    pub const fn from_expanded(format: u32, value: u32) -> Self {
        match (format, value) {
            (0, 0) => Interface::Unknown,
            // The errata give all ones, most agents the compact form's number.
            (0, Self::INTERNAL | u32::MAX) => Interface::Internal,
            (0, index) => Interface::Index(index),
            (1, reason) => Interface::Discarded(DropReason(reason)),
            (2, count) => Interface::Multiple(count),
            (format, value) => Interface::Undefined { format, value },
        }
    }

    /// From the compact form: the format in the top two bits.
    #[inline]
    pub const fn from_compact(word: u32) -> Self {
        Self::from_expanded(word >> 30, word & 0x3fff_ffff)
    }

    /// From versions 2 and 4: an ifIndex.
    const fn from_plain(index: u32) -> Self {
        if index == 0 { Interface::Unknown } else { Interface::Index(index) }
    }

    /// From the output of versions 2 and 4: an ifIndex, or with the top bit the number of interfaces.
    const fn from_v2v4(word: u32) -> Self {
        if word >> 31 == 0 { Self::from_plain(word) } else { Interface::Multiple(word & 0x7fff_ffff) }
    }

    /// The ifIndex, where there is one.
    pub const fn index(self) -> Option<u32> {
        match self {
            Interface::Index(index) => Some(index),
            _ => None,
        }
    }
}

impl fmt::Display for Interface {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Interface::Unknown => f.write_str("unknown"),
            Interface::Index(index) => write!(f, "{index}"),
            Interface::Internal => f.write_str("internal"),
            Interface::Discarded(reason) => write!(f, "discard:{reason}"),
            Interface::Multiple(0) => f.write_str("multiple"),
            Interface::Multiple(count) => write!(f, "multiple:{count}"),
            Interface::Undefined { format, value } => write!(f, "format{format}:{value}"),
        }
    }
}

/// Which way a packet went through the port that sampled it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Sampled on its way in: the data source is the input interface.
    In,
    /// Sampled on its way out: the data source is the output interface.
    Out,
    /// The sample does not tell.
    Unknown,
}

impl Direction {
    fn of(source: DataSource, input: Interface, output: Interface) -> Self {
        match source.if_index() {
            Some(0) | None => Direction::Unknown,
            index if input.index() == index => Direction::In,
            index if output.index() == index => Direction::Out,
            _ => Direction::Unknown,
        }
    }
}

/// The word at a place among the fields before a sample's records.
#[inline]
fn word(fields: &[u8], place: usize) -> u32 {
    let bytes = &fields[4 * place..4 * place + 4];
    u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
}

/// The fields of a flow sample as they stand on the wire, by the layout that they have.
#[derive(Clone, Copy, Debug)]
enum FlowFields<'a> {
    Compact(&'a [u8; 28]),
    Expanded(&'a [u8; 40]),
    V2V4(&'a [u8; 28]),
}

/// `flow_sample` (0:1), `flow_sample_expanded` (0:3), and the flow sample of versions 2 and 4: one packet in
/// `sampling_rate`.
///
/// A view: each field is read from the datagram when it is asked for.
#[derive(Clone)]
pub struct FlowSample<'a> {
    fields: FlowFields<'a>,
    records: Records<'a>,
}

impl<'a> FlowSample<'a> {
    /// Counts the flow samples of this data source.
    #[inline]
    pub fn sequence_number(&self) -> u32 {
        self.word(0, 0)
    }

    /// What took the sample.
    #[inline]
    pub fn source(&self) -> DataSource {
        match self.fields {
            FlowFields::Compact(fields) | FlowFields::V2V4(fields) => DataSource::from_compact(word(fields, 1)),
            FlowFields::Expanded(fields) => DataSource { class: word(fields, 1), index: word(fields, 2) },
        }
    }

    /// One packet in this many was sampled; 0 is undefined and means that the agent does not say.
    #[inline]
    pub fn sampling_rate(&self) -> u32 {
        self.word(2, 3)
    }

    /// Packets that could have been sampled so far, modulo 2³².
    #[inline]
    pub fn sample_pool(&self) -> u32 {
        self.word(3, 4)
    }

    /// Samples that the agent dropped for lack of resources so far, modulo 2³².
    #[inline]
    pub fn drops(&self) -> u32 {
        self.word(4, 5)
    }

    /// Where the packet came in.
    #[inline]
    pub fn input(&self) -> Interface {
        match self.fields {
            FlowFields::Compact(fields) => Interface::from_compact(word(fields, 5)),
            FlowFields::Expanded(fields) => Interface::from_expanded(word(fields, 6), word(fields, 7)),
            FlowFields::V2V4(fields) => Interface::from_plain(word(fields, 5)),
        }
    }

    /// Where the packet went.
    #[inline]
    pub fn output(&self) -> Interface {
        match self.fields {
            FlowFields::Compact(fields) => Interface::from_compact(word(fields, 6)),
            FlowFields::Expanded(fields) => Interface::from_expanded(word(fields, 8), word(fields, 9)),
            FlowFields::V2V4(fields) => Interface::from_v2v4(word(fields, 6)),
        }
    }

    /// The flow records, in the order they stand in.
    #[inline]
    pub fn records(&self) -> Records<'a> {
        self.records.clone()
    }

    /// Which way the packet went through the data source.
    #[inline]
    pub fn direction(&self) -> Direction {
        match self.fields {
            // The word of a port below 2²⁴ is the same for a source as for an interface, in all of these layouts.
            FlowFields::Compact(fields) | FlowFields::V2V4(fields) => match word(fields, 1) {
                0 | 0x0100_0000.. => Direction::Unknown,
                source if word(fields, 5) == source => Direction::In,
                source if word(fields, 6) == source => Direction::Out,
                _ => Direction::Unknown,
            },
            FlowFields::Expanded(_) => Direction::of(self.source(), self.input(), self.output()),
        }
    }

    /// The field at a place of the compact, or of the expanded layout.
    #[inline]
    fn word(&self, compact: usize, expanded: usize) -> u32 {
        match self.fields {
            FlowFields::Compact(fields) | FlowFields::V2V4(fields) => word(fields, compact),
            FlowFields::Expanded(fields) => word(fields, expanded),
        }
    }

    #[inline]
    pub(crate) fn compact(mut xdr: Xdr<'a>) -> Result<Self> {
        let fields = FlowFields::Compact(xdr.array()?);
        let records = xdr.u32()?;
        Ok(FlowSample { fields, records: Records::v5(xdr, records) })
    }

    #[inline]
    pub(crate) fn expanded(mut xdr: Xdr<'a>) -> Result<Self> {
        let fields = FlowFields::Expanded(xdr.array()?);
        let records = xdr.u32()?;
        Ok(FlowSample { fields, records: Records::v5(xdr, records) })
    }

    /// Versions 2 and 4; `records` reads them from behind the fields.
    pub(crate) fn v2v4(mut xdr: Xdr<'a>, records: impl FnOnce(Xdr<'a>) -> Records<'a>) -> Result<Self> {
        let fields = FlowFields::V2V4(xdr.array()?);
        Ok(FlowSample { fields, records: records(xdr) })
    }
}

impl fmt::Debug for FlowSample<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FlowSample")
            .field("sequence_number", &self.sequence_number())
            .field("source", &self.source())
            .field("sampling_rate", &self.sampling_rate())
            .field("sample_pool", &self.sample_pool())
            .field("drops", &self.drops())
            .field("input", &self.input())
            .field("output", &self.output())
            .finish_non_exhaustive()
    }
}

/// `discarded_packet` (0:5): one packet that the device dropped. An event, not a statistical sample: never scale it.
///
/// A view: each field is read from the datagram when it is asked for.
#[derive(Clone)]
pub struct DiscardedPacket<'a> {
    fields: &'a [u8; 28],
    records: Records<'a>,
}

impl<'a> DiscardedPacket<'a> {
    /// Counts the discard notifications of this data source.
    #[inline]
    pub fn sequence_number(&self) -> u32 {
        word(self.fields, 0)
    }

    /// What reported the discard.
    #[inline]
    pub fn source(&self) -> DataSource {
        DataSource { class: word(self.fields, 1), index: word(self.fields, 2) }
    }

    /// Notifications that the agent suppressed so far (rate limit, or no resources), modulo 2³².
    #[inline]
    pub fn drops(&self) -> u32 {
        word(self.fields, 3)
    }

    /// Where the packet came in.
    #[inline]
    pub fn input(&self) -> Interface {
        Interface::from_expanded(0, word(self.fields, 4))
    }

    /// Where the packet would have gone; unknown if it was not dropped at egress.
    #[inline]
    pub fn output(&self) -> Interface {
        Interface::from_expanded(0, word(self.fields, 5))
    }

    /// Why it was dropped.
    #[inline]
    pub fn reason(&self) -> DropReason {
        DropReason(word(self.fields, 6))
    }

    /// The flow records, in the order they stand in.
    #[inline]
    pub fn records(&self) -> Records<'a> {
        self.records.clone()
    }

    /// Which way the packet went through the data source.
    #[inline]
    pub fn direction(&self) -> Direction {
        Direction::of(self.source(), self.input(), self.output())
    }

    #[inline]
    pub(crate) fn decode(mut xdr: Xdr<'a>) -> Result<Self> {
        let fields = xdr.array()?;
        let records = xdr.u32()?;
        Ok(DiscardedPacket { fields, records: Records::v5(xdr, records) })
    }
}

impl fmt::Debug for DiscardedPacket<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DiscardedPacket")
            .field("sequence_number", &self.sequence_number())
            .field("source", &self.source())
            .field("drops", &self.drops())
            .field("input", &self.input())
            .field("output", &self.output())
            .field("reason", &self.reason())
            .finish_non_exhaustive()
    }
}

/// `counters_sample` (0:2), `counters_sample_expanded` (0:4), and the counters sample of versions 2 and 4.
#[derive(Clone, Debug)]
pub struct CounterSample<'a> {
    sequence_number: u32,
    source: DataSource,
    records: Records<'a>,
}

impl<'a> CounterSample<'a> {
    /// Counts the counter samples of this data source.
    #[inline]
    pub fn sequence_number(&self) -> u32 {
        self.sequence_number
    }

    /// Whose counters these are.
    #[inline]
    pub fn source(&self) -> DataSource {
        self.source
    }

    /// The counter records, in the order they stand in.
    #[inline]
    pub fn records(&self) -> Records<'a> {
        self.records.clone()
    }

    #[inline]
    pub(crate) fn compact(mut xdr: Xdr<'a>) -> Result<Self> {
        let [sequence_number, source, records] = words(xdr.array::<12>()?);
        let source = DataSource::from_compact(source);
        Ok(CounterSample { sequence_number, source, records: Records::v5(xdr, records) })
    }

    #[inline]
    pub(crate) fn expanded(mut xdr: Xdr<'a>) -> Result<Self> {
        let [sequence_number, class, index, records] = words(xdr.array::<16>()?);
        Ok(CounterSample { sequence_number, source: DataSource { class, index }, records: Records::v5(xdr, records) })
    }

    /// Versions 2 and 4; `records` reads them from behind the fields.
    pub(crate) fn v2v4(mut xdr: Xdr<'a>, records: impl FnOnce(Xdr<'a>) -> Records<'a>) -> Result<Self> {
        let [sequence_number, source, _sampling_interval] = words(xdr.array::<12>()?);
        Ok(CounterSample { sequence_number, source: DataSource::from_compact(source), records: records(xdr) })
    }
}

/// A sample of a kind that this library does not read, as raw bytes.
#[derive(Clone, Copy, Debug)]
pub struct UnknownSample<'a> {
    /// The sample's number.
    pub tag: Tag,
    /// Its body.
    pub body: &'a [u8],
}

/// One sample of a datagram.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Sample<'a> {
    /// One packet in `sampling_rate`.
    Flow(FlowSample<'a>),
    /// One dropped packet.
    Discarded(DiscardedPacket<'a>),
    /// Counters of a port or host.
    Counters(CounterSample<'a>),
    /// Values measured by a program, for sFlow-RT.
    RtMetric(RtMetric<'a>),
    /// An event sampled by a program, for sFlow-RT.
    RtFlow(RtFlow<'a>),
    /// Anything else.
    Unknown(UnknownSample<'a>),
}

/// `N` big-endian words out of `BYTES` bytes, four times as many.
#[inline]
pub(crate) fn words<const N: usize, const BYTES: usize>(bytes: &[u8; BYTES]) -> [u32; N] {
    const { assert!(BYTES == 4 * N) };
    let mut words = [0; N];
    for (word, chunk) in words.iter_mut().zip(bytes.chunks_exact(4)) {
        *word = u32::from_be_bytes([chunk[0], chunk[1], chunk[2], chunk[3]]);
    }
    words
}

/// One record of a sample: a number and a body.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    /// The structure's number, in the number space of the sample's kind (flow or counter records).
    pub tag: Tag,
    body: Xdr<'a>,
}

impl<'a> Record<'a> {
    #[inline]
    pub(crate) fn new(tag: Tag, body: Xdr<'a>) -> Self {
        Record { tag, body }
    }

    /// The version whose layout the body has: some structures differ between versions.
    #[inline]
    pub fn version(&self) -> Version {
        self.body.version()
    }

    /// The body, without the record's own tag and length.
    #[inline]
    pub fn body(&self) -> &'a [u8] {
        self.body.rest()
    }

    /// A cursor over the body, to read it by.
    #[inline]
    pub fn xdr(&self) -> Xdr<'a> {
        self.body
    }
}

/// The records of a sample.
///
/// Each is bounded by its own length, so that a record that cannot be read costs only itself. After an error that leaves no
/// way to find the next record the iterator ends.
#[derive(Clone, Debug)]
pub struct Records<'a> {
    xdr: Xdr<'a>,
    /// Records that are framed by a length.
    framed: u32,
    /// What follows those.
    rest: Rest,
}

/// The records whose end no length tells.
#[derive(Clone, Copy, Debug)]
enum Rest {
    /// None.
    None,
    /// None: the last record said this length, longer than the sample.
    Overrun(u32),
    /// So many, from this part of a sample of version 2 or 4 on; their end is found by reading them.
    Content(Part, u32),
}

impl<'a> Records<'a> {
    #[inline]
    pub(crate) fn v5(xdr: Xdr<'a>, count: u32) -> Self {
        Records { xdr: xdr.named("record"), framed: count, rest: Rest::None }
    }

    /// Records of versions 2 and 4: `count` of them at most, from `part` on.
    pub(crate) fn v2v4(xdr: Xdr<'a>, part: Part, count: u32) -> Self {
        Records { xdr, framed: 0, rest: Rest::Content(part, count) }
    }

    /// Offset in the datagram of the next record, or of what follows the last.
    pub(crate) fn offset(&self) -> usize {
        self.xdr.offset()
    }

    /// The next record, if there is nothing about it to think of: whole, and of whole words.
    #[inline]
    fn plain(&mut self) -> Option<Record<'a>> {
        let mut xdr = self.xdr;
        let (tag, length) = xdr.frame().ok()?;
        if length == 0 || length % 4 != 0 {
            return None;
        }
        let body = xdr.split(length as usize)?;
        self.xdr = xdr;
        self.framed -= 1;
        Some(Record::new(tag, body.named("record")))
    }

    /// What stands where no plain record does.
    ///
    /// Takes and gives back the iterator as a value: a reference would keep it, and so every step of a plain walk, in memory.
    #[cold]
    #[inline(never)]
    fn next_with_care(mut self) -> (Self, Option<Result<Record<'a>>>) {
        let next = match &mut self.rest {
            _ if self.framed > 0 => self.framed(),
            Rest::None | Rest::Content(_, 0) => None,
            Rest::Content(part, count) => {
                *count -= 1;
                part.next(&mut self.xdr)
            }
            Rest::Overrun(length) => {
                let length = *length;
                self.rest = Rest::None;
                Some(Err(self.too_long(length)))
            }
        };
        (self, next)
    }

    /// The next record by its tag and length.
    fn framed(&mut self) -> Option<Result<Record<'a>>> {
        self.framed -= 1;
        let (tag, length) = match self.xdr.frame() {
            Ok(frame) => frame,
            Err(error) => {
                self.framed = 0;
                return Some(Err(error));
            }
        };
        if tag == Tag(0) && length == 0 {
            // Padding of an agent that announced more records than it wrote.
            self.framed = 0;
            return None;
        }
        match self.xdr.split(length as usize) {
            Some(body) => {
                self.xdr.skip_padding(length as usize);
                Some(Ok(Record::new(tag, body)))
            }
            None => Some(self.overrun(tag, length)),
        }
    }

    /// A record that says it is longer than the sample. A sampled header in it may be whole all the same: the header has a
    /// length of its own.
    fn overrun(&mut self, tag: Tag, length: u32) -> Result<Record<'a>> {
        self.framed = 0;
        let record = Record::new(tag, self.xdr);
        if let Some(Ok(_)) = SampledHeader::decode(&record) {
            self.rest = Rest::Overrun(length);
            Ok(record)
        } else {
            Err(self.too_long(length))
        }
    }

    fn too_long(&self, length: u32) -> Error {
        self.xdr.error(ErrorKind::Truncated { needed: length as usize, left: self.xdr.left() })
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = Result<Record<'a>>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.framed > 0 {
            if let Some(record) = self.plain() {
                return Some(Ok(record));
            }
        } else if let Rest::None = self.rest {
            return None;
        }
        let next;
        (*self, next) = self.clone().next_with_care();
        next
    }
}
