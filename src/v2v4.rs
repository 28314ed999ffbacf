//! The layouts of versions 2 and 4 (RFC 3176): no lengths, and so an end that is found by reading.
//!
//! Samples come out as those of version 5 do, their packet data, extensions and counters as records under version 5's numbers.
//! What is of unknown type cannot be skipped: there the datagram ends, with one error, after the sample that it stands in.

use crate::datagram::{Datagram, Version};
use crate::flow::{
    ExtendedGateway, ExtendedRouter, ExtendedSwitch, ExtendedUrl, ExtendedUser, SampledHeader, SampledIpv4, SampledIpv6,
};
use crate::sample::{CounterSample, FlowSample, Record, Records, Sample, Tag, words};
use crate::structure::Structure;
use crate::xdr::{Error, ErrorKind, Result, Xdr};

/// Reads the rest of the header, after the version.
pub(crate) fn datagram(xdr: Xdr<'_>, version: Version) -> Result<Datagram<'_>> {
    let mut body = xdr.of_version(version);
    let agent = body.address()?;
    let [sequence_number, uptime, samples] = words(body.array::<12>()?);
    Ok(Datagram::new(version, agent, [0, sequence_number, uptime, samples], body))
}

/// The samples of a datagram of version 2 or 4.
#[derive(Clone, Debug)]
pub(crate) struct Walk<'a> {
    xdr: Xdr<'a>,
    remaining: u32,
    /// What the records of the sample just read came to an end by.
    fault: Option<Error>,
}

impl<'a> Walk<'a> {
    pub(crate) fn new(body: Xdr<'a>, samples: u32) -> Self {
        Walk { xdr: body.named("sample"), remaining: samples, fault: None }
    }

    pub(crate) fn next(&mut self) -> Option<Result<Sample<'a>>> {
        if let Some(fault) = self.fault.take() {
            self.remaining = 0;
            return Some(Err(fault));
        }
        self.remaining = self.remaining.checked_sub(1)?;
        let sample = self.sample();
        if sample.is_err() {
            self.remaining = 0;
        }
        Some(sample)
    }

    fn sample(&mut self) -> Result<Sample<'a>> {
        let mut xdr = self.xdr;
        match xdr.u32()? {
            1 => self.flow_sample(xdr.named("flow_sample")).map(Sample::Flow),
            2 => self.counters_sample(xdr.named("counters_sample")).map(Sample::Counters),
            other => Err(self.xdr.error(ErrorKind::UnknownType(other))),
        }
    }

    fn flow_sample(&mut self, xdr: Xdr<'a>) -> Result<FlowSample<'a>> {
        FlowSample::v2v4(xdr, |xdr| self.records(xdr, Part::PacketData))
    }

    fn counters_sample(&mut self, xdr: Xdr<'a>) -> Result<CounterSample<'a>> {
        CounterSample::v2v4(xdr, |xdr| self.records(xdr, Part::Counters))
    }

    /// The records from `part` on that can be read. Moves to the next sample behind them.
    fn records(&mut self, xdr: Xdr<'a>, part: Part) -> Records<'a> {
        let mut walk = Records::v2v4(xdr, part, u32::MAX);
        let mut count = 0;
        self.fault = loop {
            match walk.next() {
                Some(Ok(_)) => count += 1,
                Some(Err(error)) => break Some(error),
                None => break None,
            }
        };
        self.xdr = self.xdr.moved_to(walk.offset());
        Records::v2v4(xdr, part, count)
    }
}

/// The part of a sample that the next record is in.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Part {
    /// A type and the packet data.
    PacketData,
    /// The number of extensions, and they.
    Extensions,
    /// So many extensions, each a type and its data.
    Extension(u32),
    /// A version and the counters.
    Counters,
    /// A block of counters, if there is another.
    Block(Option<Tag>),
}

impl Part {
    /// Reads the next record, and what stands before it.
    pub(crate) fn next<'a>(&mut self, xdr: &mut Xdr<'a>) -> Option<Result<Record<'a>>> {
        self.try_next(xdr).transpose()
    }

    fn try_next<'a>(&mut self, xdr: &mut Xdr<'a>) -> Result<Option<Record<'a>>> {
        match *self {
            Part::PacketData => {
                *self = Part::Extensions;
                packet_data(xdr).map(Some)
            }
            Part::Extensions => {
                *self = Part::Extension(xdr.u32()?);
                self.try_next(xdr)
            }
            Part::Extension(0) | Part::Block(None) => Ok(None),
            Part::Extension(left) => {
                *self = Part::Extension(left - 1);
                extension(xdr).map(Some)
            }
            Part::Counters => {
                let (first, second) = blocks(xdr)?;
                *self = Part::Block(second);
                block(first, xdr).map(Some)
            }
            Part::Block(Some(second)) => {
                *self = Part::Block(None);
                block(second, xdr).map(Some)
            }
        }
    }
}

fn packet_data<'a>(xdr: &mut Xdr<'a>) -> Result<Record<'a>> {
    let at_type = *xdr;
    match xdr.u32()? {
        1 => structure::<SampledHeader<'_>>(xdr),
        2 => structure::<SampledIpv4>(xdr),
        3 => structure::<SampledIpv6>(xdr),
        other => Err(at_type.named("packet_data_type").error(ErrorKind::UnknownType(other))),
    }
}

fn extension<'a>(xdr: &mut Xdr<'a>) -> Result<Record<'a>> {
    let at_type = *xdr;
    match xdr.u32()? {
        1 => structure::<ExtendedSwitch>(xdr),
        2 => structure::<ExtendedRouter>(xdr),
        3 => structure::<ExtendedGateway<'_>>(xdr),
        4 => structure::<ExtendedUser<'_>>(xdr),
        5 => structure::<ExtendedUrl<'_>>(xdr),
        other => Err(at_type.named("extended_information_type").error(ErrorKind::UnknownType(other))),
    }
}

/// A record that ends where reading `T` does.
fn structure<'a, T: Structure<'a>>(xdr: &mut Xdr<'a>) -> Result<Record<'a>> {
    let start = *xdr;
    let mut end = start.named(T::NAME);
    T::read(&mut end)?;
    *xdr = xdr.moved_to(end.offset());
    Ok(Record::new(T::TAG, start.until(end.offset())))
}

const GENERIC: Tag = Tag::new(0, 1);
const ETHERNET: Tag = Tag::new(0, 2);
const TOKEN_RING: Tag = Tag::new(0, 3);
const VG: Tag = Tag::new(0, 4);
const VLAN: Tag = Tag::new(0, 5);

/// The blocks that a version of counters has.
fn blocks(xdr: &mut Xdr<'_>) -> Result<(Tag, Option<Tag>)> {
    let at_version = *xdr;
    Ok(match xdr.u32()? {
        // Generic, FDDI and WAN.
        1 | 4 | 6 => (GENERIC, None),
        2 => (GENERIC, Some(ETHERNET)),
        3 => (GENERIC, Some(TOKEN_RING)),
        5 => (GENERIC, Some(VG)),
        7 => (VLAN, None),
        other => return Err(at_version.named("counters_version").error(ErrorKind::UnknownType(other))),
    })
}

/// A block of counters, which all have a fixed length.
fn block<'a>(tag: Tag, xdr: &mut Xdr<'a>) -> Result<Record<'a>> {
    let length = match tag {
        ETHERNET => 52,
        TOKEN_RING => 72,
        VG => 80,
        VLAN => 28,
        _ => 88,
    };
    let start = xdr.named("counters_type");
    xdr.bytes(length)?;
    Ok(Record::new(tag, start.until(xdr.offset())))
}
