//! `rtmetric` and `rtflow`: samples in which programs send named values to InMon's sFlow-RT.
//!
//! They stand beside the specification's samples under InMon's enterprise number, and have neither sequence number nor data
//! source.

use core::iter::FusedIterator;
use core::marker::PhantomData;
use std::net::{Ipv4Addr, Ipv6Addr};

use crate::structure::{Field, Mac, Text};
use crate::xdr::{ErrorKind, Result, Xdr};

/// `rtmetric`, sample 4300:1002: values measured by a program.
#[derive(Clone, Copy, Debug)]
pub struct RtMetric<'a> {
    /// What they were measured of, in the program's own words.
    pub datasource: Text<'a>,
    metrics: NamedValues<'a, MetricValue<'a>>,
}

impl<'a> RtMetric<'a> {
    /// The values and their names, in the order they stand in.
    pub fn metrics(&self) -> NamedValues<'a, MetricValue<'a>> {
        self.metrics
    }

    pub(crate) fn decode(mut xdr: Xdr<'a>) -> Result<Self> {
        Ok(RtMetric { datasource: Text::read(&mut xdr)?, metrics: NamedValues::new(xdr)? })
    }
}

/// `rtflow`, sample 4300:1003: an event that a program sampled.
#[derive(Clone, Copy, Debug)]
pub struct RtFlow<'a> {
    /// What it was sampled of, in the program's own words.
    pub datasource: Text<'a>,
    /// One event in this many was sampled.
    pub sampling_rate: u32,
    /// Events that could have been sampled so far, modulo 2³²; 0 when the program does not count them.
    pub sample_pool: u32,
    fields: NamedValues<'a, FlowValue<'a>>,
}

impl<'a> RtFlow<'a> {
    /// What is known of the event: values and their names, in the order they stand in.
    pub fn fields(&self) -> NamedValues<'a, FlowValue<'a>> {
        self.fields
    }

    pub(crate) fn decode(mut xdr: Xdr<'a>) -> Result<Self> {
        Ok(RtFlow {
            datasource: Text::read(&mut xdr)?,
            sampling_rate: xdr.u32()?,
            sample_pool: xdr.u32()?,
            fields: NamedValues::new(xdr)?,
        })
    }
}

/// The value of a metric.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum MetricValue<'a> {
    /// Type 0: text.
    Text(Text<'a>),
    /// Type 1: a count that only grows, modulo 2³².
    Counter32(u32),
    /// Type 2: a count that only grows.
    Counter64(u64),
    /// Type 3: a value of the moment.
    Gauge32(u32),
    /// Type 4: a value of the moment.
    Gauge64(u64),
    /// Type 5: a value of the moment.
    GaugeFloat(f32),
    /// Type 6: a value of the moment.
    GaugeDouble(f64),
}

impl<'a> Field<'a> for MetricValue<'a> {
    const LEAST: usize = 8;

    fn read(xdr: &mut Xdr<'a>) -> Result<Self> {
        let at_type = *xdr;
        Ok(match xdr.u32()? {
            0 => Self::Text(Field::read(xdr)?),
            1 => Self::Counter32(xdr.u32()?),
            2 => Self::Counter64(xdr.u64()?),
            3 => Self::Gauge32(xdr.u32()?),
            4 => Self::Gauge64(xdr.u64()?),
            5 => Self::GaugeFloat(xdr.f32()?),
            6 => Self::GaugeDouble(xdr.f64()?),
            other => return Err(at_type.error(ErrorKind::UnknownType(other))),
        })
    }
}

/// The value of a field of a sampled event.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum FlowValue<'a> {
    /// Type 0: text.
    Text(Text<'a>),
    /// Type 1: an IEEE 802 address.
    Mac(Mac),
    /// Type 2: an IPv4 address.
    Ipv4(Ipv4Addr),
    /// Type 3: an IPv6 address.
    Ipv6(Ipv6Addr),
    /// Type 4: a number.
    Int32(u32),
    /// Type 5: a number.
    Int64(u64),
    /// Type 6: a number.
    Float(f32),
    /// Type 7: a number.
    Double(f64),
}

impl<'a> Field<'a> for FlowValue<'a> {
    const LEAST: usize = 8;

    fn read(xdr: &mut Xdr<'a>) -> Result<Self> {
        let at_type = *xdr;
        Ok(match xdr.u32()? {
            0 => Self::Text(Field::read(xdr)?),
            1 => Self::Mac(Field::read(xdr)?),
            2 => Self::Ipv4(Field::read(xdr)?),
            3 => Self::Ipv6(Field::read(xdr)?),
            4 => Self::Int32(xdr.u32()?),
            5 => Self::Int64(xdr.u64()?),
            6 => Self::Float(xdr.f32()?),
            7 => Self::Double(xdr.f64()?),
            other => return Err(at_type.error(ErrorKind::UnknownType(other))),
        })
    }
}

/// Values, each after its name. A value of unknown type is an error and the last item: it says no length to skip it by.
#[derive(Clone, Copy, Debug)]
pub struct NamedValues<'a, V> {
    xdr: Xdr<'a>,
    remaining: u32,
    value: PhantomData<V>,
}

impl<'a, V: Field<'a>> NamedValues<'a, V> {
    fn new(mut xdr: Xdr<'a>) -> Result<Self> {
        let remaining = xdr.u32()?;
        Ok(NamedValues { xdr, remaining, value: PhantomData })
    }
}

impl<'a, V: Field<'a>> Iterator for NamedValues<'a, V> {
    type Item = Result<(Text<'a>, V)>;

    fn next(&mut self) -> Option<Self::Item> {
        self.remaining = self.remaining.checked_sub(1)?;
        let mut named = || Ok((Text::read(&mut self.xdr)?, V::read(&mut self.xdr)?));
        let item = named();
        if item.is_err() {
            self.remaining = 0;
        }
        Some(item)
    }
}

impl<'a, V: Field<'a>> FusedIterator for NamedValues<'a, V> {}
