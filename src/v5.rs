//! The layout of version 5: every sample is framed by a tag and a length.
//!
//! The length is what finds the next sample, and agents get it wrong. So the walk looks where a length leads before it
//! follows it. Where it leads to no sample, the sample's own records tell where it ends, if a chain of good frames from there
//! to the datagram's end proves it; where nothing proves anything, the rest of the datagram is reported as lost.

use crate::datagram::{Datagram, Version};
use crate::rt::{RtFlow, RtMetric};
use crate::sample::{CounterSample, DiscardedPacket, FlowSample, Sample, Tag, UnknownSample, words};
use crate::xdr::{Address, Error, ErrorKind, Result, Xdr};

const FLOW_SAMPLE: Tag = Tag::new(0, 1);
const COUNTERS_SAMPLE: Tag = Tag::new(0, 2);
const FLOW_SAMPLE_EXPANDED: Tag = Tag::new(0, 3);
const COUNTERS_SAMPLE_EXPANDED: Tag = Tag::new(0, 4);
const DISCARDED_PACKET: Tag = Tag::new(0, 5);
const RTMETRIC: Tag = Tag::new(4300, 1002);
const RTFLOW: Tag = Tag::new(4300, 1003);
/// Foundry's (Brocade's) announcement of a sample that an ACL asked for: flags, the ACL's group, and then an ordinary sample,
/// which the number of samples does not count.
const FOUNDRY_ACL: Tag = Tag::new(1991, 1);

/// Reads the rest of the header, after the version.
pub(crate) fn datagram(mut xdr: Xdr<'_>) -> Result<Datagram<'_>> {
    let at_address = xdr;
    let agent = xdr.address()?;
    let mut body = xdr;
    let header = body.array::<16>()?;
    if agent == Address::Unknown {
        // Some agents write four bytes of address after type 0 too: believe the reading that a sample follows.
        let mut longer = at_address.moved_to(xdr.offset() + 4);
        if let Ok(longer_header) = longer.array::<16>() {
            let promise = |body, header| promise(body, words::<4, 16>(header)[3]);
            if promise(longer, longer_header) > promise(body, header) {
                return Ok(Datagram::new(Version::V5, agent, words(longer_header), longer));
            }
        }
    }
    Ok(Datagram::new(Version::V5, agent, words(header), body))
}

/// How much speaks for `samples` samples from here on: first that they end where the datagram does, then that one follows.
fn promise(body: Xdr<'_>, samples: u32) -> (bool, bool, Chain) {
    let chain = chain(body, samples);
    (chain == Chain::Whole, Frame::peek(body).is_some_and(|frame| frame.is_likely()), chain)
}

/// The fewest bytes of a sample, those before its records, for the kinds of samples that are known.
#[inline]
fn fixed_part(tag: Tag) -> Option<u32> {
    /// By number, for those of sflow.org; none is number 0.
    const LEAST: [u32; 6] = [u32::MAX, 32, 12, 44, 16, 32];
    match LEAST.get(tag.0 as usize) {
        Some(least) => (tag.0 != 0).then_some(*least),
        None => match tag {
            RTMETRIC => Some(8),
            RTFLOW => Some(16),
            _ => None,
        },
    }
}

/// The tag and length before a sample.
#[derive(Clone, Copy, Debug)]
struct Frame<'a> {
    tag: Tag,
    length: u32,
    /// From the first byte after the length to the datagram's end.
    body: Xdr<'a>,
}

impl<'a> Frame<'a> {
    #[inline]
    fn peek(mut xdr: Xdr<'a>) -> Option<Self> {
        let [tag, length] = words(xdr.array::<8>().ok()?);
        Some(Frame { tag: Tag(tag), length, body: xdr })
    }

    /// A known sample kind with a length that can be true.
    #[inline]
    fn is_likely(&self) -> bool {
        fixed_part(self.tag).is_some_and(|fixed| self.length >= fixed && self.length as usize <= self.body.left())
    }

    /// Where the length says that the sample ends, rounded up to a multiple of four as XDR has it.
    #[inline]
    fn padded_end(&self) -> usize {
        self.body.offset() + (self.length as usize).next_multiple_of(4)
    }

    /// Where the length says that the sample ends, to the byte: some encoders do not pad.
    #[inline]
    fn exact_end(&self) -> usize {
        self.body.offset() + self.length as usize
    }

    /// Where the sample ends by its records, if they can be walked to their end.
    fn end_by_records(&self) -> Option<usize> {
        fixed_part(self.tag)?;
        let mut records = match self.sample(self.body).ok()? {
            Sample::Flow(sample) => sample.records(),
            Sample::Discarded(sample) => sample.records(),
            Sample::Counters(sample) => sample.records(),
            Sample::RtMetric(_) | Sample::RtFlow(_) | Sample::Unknown(_) => return None,
        };
        records.all(|record| record.is_ok()).then(|| records.offset())
    }

    /// The sample that a Foundry announcement holds, if its length spans it.
    fn announced(&self, body: Xdr<'a>) -> Option<Self> {
        if self.tag != FOUNDRY_ACL {
            return None;
        }
        let frame = Frame::peek(body.moved_to(body.offset() + 8))?;
        (matches!(frame.tag, FLOW_SAMPLE | FLOW_SAMPLE_EXPANDED) && frame.is_likely()).then_some(frame)
    }

    fn sample(&self, body: Xdr<'a>) -> Result<Sample<'a>> {
        match self.announced(body) {
            Some(announced) => sample(announced.tag, announced.body.until(announced.exact_end())),
            None => sample(self.tag, body),
        }
    }
}

/// A sample by its tag and its body.
fn sample(tag: Tag, body: Xdr<'_>) -> Result<Sample<'_>> {
    Ok(match tag {
        FLOW_SAMPLE => Sample::Flow(FlowSample::compact(body.named("flow_sample"))?),
        COUNTERS_SAMPLE => Sample::Counters(CounterSample::compact(body.named("counters_sample"))?),
        FLOW_SAMPLE_EXPANDED => Sample::Flow(FlowSample::expanded(body.named("flow_sample_expanded"))?),
        COUNTERS_SAMPLE_EXPANDED => Sample::Counters(CounterSample::expanded(body.named("counters_sample_expanded"))?),
        DISCARDED_PACKET => Sample::Discarded(DiscardedPacket::decode(body.named("discarded_packet"))?),
        RTMETRIC => Sample::RtMetric(RtMetric::decode(body.named("rtmetric"))?),
        RTFLOW => Sample::RtFlow(RtFlow::decode(body.named("rtflow"))?),
        tag => Sample::Unknown(UnknownSample { tag, body: body.rest() }),
    })
}

/// What the frames from some offset on look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Chain {
    /// No samples.
    Broken,
    /// Nothing speaks against it: a datagram cut short, or one with bytes after the last sample.
    Possible,
    /// Every announced sample is framed, and the last ends where the datagram does.
    Whole,
}

/// Follows `samples` frames from `xdr` on.
fn chain(mut xdr: Xdr<'_>, samples: u32) -> Chain {
    for _ in 0..samples {
        let Some(frame) = Frame::peek(xdr) else { return Chain::Possible };
        let known = fixed_part(frame.tag);
        if known.is_some_and(|fixed| frame.length < fixed) || frame.tag.format() == 0 {
            return Chain::Broken;
        }
        if frame.exact_end() > xdr.offset() + xdr.left() {
            return if known.is_some() { Chain::Possible } else { Chain::Broken };
        }
        xdr = xdr.moved_to(frame.padded_end());
    }
    if xdr.left() == 0 { Chain::Whole } else { Chain::Possible }
}

/// The samples of a version 5 datagram.
#[derive(Clone, Debug)]
pub(crate) struct Walk<'a> {
    xdr: Xdr<'a>,
    remaining: u32,
    /// Samples that follow beyond those, each announced by a Foundry sample.
    uncounted: u32,
    /// The frames of the rest were followed already and lead on: no need to prove them again, which keeps the work linear.
    proven: bool,
    /// Where the sample before this one begins, if its length was believed because a sample seemed to follow.
    before: Option<usize>,
    /// Where a sample of a known kind, with a length that can be true, was seen.
    likely_at: usize,
    /// A sample that was found in spite of the fault just reported, and where it ends.
    found: Option<(Frame<'a>, usize)>,
}

impl<'a> Walk<'a> {
    pub(crate) fn new(body: Xdr<'a>, samples: u32) -> Self {
        let xdr = body.named("sample");
        Walk { xdr, remaining: samples, uncounted: 0, proven: false, before: None, likely_at: usize::MAX, found: None }
    }

    #[inline]
    pub(crate) fn next(&mut self) -> Option<Result<Sample<'a>>> {
        match self.plain() {
            // The one kind that matters for speed is not looked for among the others.
            Some((FLOW_SAMPLE, body)) => Some(FlowSample::compact(body.named("flow_sample")).map(Sample::Flow)),
            Some((tag, body)) => Some(sample(tag, body)),
            None => self.next_with_care(),
        }
    }

    /// The next sample if there is nothing about it to think of: of a kind that the specification knows, and followed by
    /// another one, or the datagram's end. Nearly all are.
    #[inline]
    fn plain(&mut self) -> Option<(Tag, Xdr<'a>)> {
        if self.remaining == 0 || self.found.is_some() {
            return None;
        }
        let at = self.xdr.offset();
        let [tag, length] = self.xdr.pair_at(at)?;
        let (start, tag) = (at + 8, Tag(tag));
        let end = start + length as usize;
        let next = end.next_multiple_of(4);
        let body = self.xdr.between(start, end)?;
        let leads_on = match self.remaining {
            1 => next == self.xdr.end(),
            _ => self.xdr.pair_at(next).is_some_and(|[tag, length]| {
                fixed_part(Tag(tag))
                    .is_some_and(|least| length >= least && next + 8 + length as usize <= self.xdr.end())
            }),
        };
        // A sample that another one led to was looked at then.
        let is_likely = self.likely_at == at || fixed_part(tag).is_some_and(|least| length >= least);
        if !leads_on || !is_likely {
            return None;
        }
        self.likely_at = next;
        self.remaining -= 1;
        self.before = Some(at);
        self.xdr = self.xdr.moved_to(next);
        Some((tag, body))
    }

    #[inline(never)]
    fn next_with_care(&mut self) -> Option<Result<Sample<'a>>> {
        if let Some((frame, end)) = self.found.take() {
            return Some(frame.sample(frame.body.until(end)));
        }
        if self.remaining == 0 {
            return self.next_uncounted();
        }
        self.remaining -= 1;
        let Some(frame) = Frame::peek(self.xdr) else { return Some(Err(self.end_early())) };
        if self.proven && frame.exact_end() <= self.xdr.end() {
            self.before = Some(self.xdr.offset());
            let next = self.xdr.moved_to(frame.padded_end());
            return Some(self.deliver(frame, next));
        }
        Some(self.doubtful(frame))
    }

    #[inline]
    fn deliver(&mut self, frame: Frame<'a>, next: Xdr<'a>) -> Result<Sample<'a>> {
        self.xdr = next;
        let body = frame.body.until(frame.exact_end());
        if frame.tag == FOUNDRY_ACL && frame.announced(body).is_none() {
            self.uncounted += 1;
        }
        frame.sample(body)
    }

    /// A sample beyond those that were counted.
    #[cold]
    fn next_uncounted(&mut self) -> Option<Result<Sample<'a>>> {
        self.uncounted = self.uncounted.checked_sub(1)?;
        let frame = Frame::peek(self.xdr)?;
        let fits = frame.length as usize <= frame.body.left();
        (frame.is_likely() || frame.tag == FOUNDRY_ACL && fits)
            .then(|| self.deliver(frame, self.xdr.moved_to(frame.padded_end())))
    }

    /// The datagram ends before the samples it announced.
    #[cold]
    fn end_early(&mut self) -> Error {
        self.remaining = 0;
        self.uncounted = 0;
        self.xdr.error(ErrorKind::Truncated { needed: 8, left: self.xdr.left() })
    }

    /// A sample that is of no known kind, or whose length leads to none.
    #[cold]
    fn doubtful(&mut self, frame: Frame<'a>) -> Result<Sample<'a>> {
        let datagram_end = self.xdr.offset() + self.xdr.left();
        let declared = frame.exact_end();
        let too_short = fixed_part(frame.tag).is_some_and(|fixed| frame.length < fixed);
        // Best first: a length that leads through whole samples to the datagram's end, then records that do where the length
        // does not, then a length that leads to something that may be a datagram cut short.
        let is_sample = frame.tag.format() != 0;
        let declared_end = [frame.padded_end(), declared].into_iter().filter(|end| is_sample && *end <= datagram_end);
        let (xdr, remaining) = (self.xdr, self.remaining);
        let follow = |end| chain(xdr.moved_to(end), remaining);
        if let Some(end) = declared_end.clone().find(|end| follow(*end) == Chain::Whole) {
            return self.take(frame, end);
        }
        let end_by_records = frame.end_by_records();
        if end_by_records == Some(declared) && declared == frame.padded_end() {
            // Its records bear the length out: the fault is the next sample's, and is found there.
            return self.deliver(frame, self.xdr.moved_to(declared));
        }
        if let Some(end) = end_by_records {
            let is_last = self.remaining == 0 && (too_short || declared > datagram_end);
            if is_last || follow(end) == Chain::Whole {
                let actual = end - frame.body.offset();
                let error = self.xdr.error(ErrorKind::SampleLength { declared: frame.length, actual });
                self.proven = true;
                self.found = Some((frame, end));
                self.xdr = self.xdr.moved_to(end);
                return Err(error);
            }
        }
        if let Some(error) = self.misled() {
            return Err(error);
        }
        if let Some(end) = declared_end.clone().find(|end| !too_short && follow(*end) == Chain::Possible) {
            return self.take(frame, end);
        }
        self.lost(frame, datagram_end)
    }

    /// Whether the sample before this one only seemed to be followed by a sample: goes back to where its records end, if
    /// samples follow there to the datagram's end.
    fn misled(&mut self) -> Option<Error> {
        let before = self.xdr.moved_to(self.before.take()?);
        let frame = Frame::peek(before)?;
        let end = frame.end_by_records()?;
        if end == self.xdr.offset() || chain(before.moved_to(end), self.remaining + 1) != Chain::Whole {
            return None;
        }
        self.remaining += 1;
        self.proven = true;
        self.xdr = before.moved_to(end);
        let actual = end - frame.body.offset();
        Some(before.error(ErrorKind::SampleLength { declared: frame.length, actual }))
    }

    fn take(&mut self, frame: Frame<'a>, next: usize) -> Result<Sample<'a>> {
        self.proven = true;
        self.deliver(frame, self.xdr.moved_to(next))
    }

    /// The last sample that can be read: what follows it cannot be found.
    fn lost(&mut self, frame: Frame<'a>, datagram_end: usize) -> Result<Sample<'a>> {
        let declared = frame.exact_end();
        let error = if fixed_part(frame.tag).is_none() && declared > datagram_end || frame.tag.format() == 0 {
            self.xdr.error(ErrorKind::NoSample { lost: self.remaining.saturating_add(1) })
        } else if declared > datagram_end {
            self.found = Some((frame, datagram_end));
            frame
                .body
                .named("sample")
                .error(ErrorKind::Truncated { needed: frame.length as usize, left: frame.body.left() })
        } else {
            // The sample itself may be good. Nothing beyond its length is: there may be other samples, which look like records.
            self.found = Some((frame, declared));
            self.xdr.moved_to(declared).error(ErrorKind::NoSample { lost: self.remaining })
        };
        self.remaining = 0;
        self.uncounted = 0;
        Err(error)
    }
}
