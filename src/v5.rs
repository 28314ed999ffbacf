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

/// Reads the header of a datagram of version 5 whose agent has an IPv4 address. Nearly all have.
#[inline]
pub(crate) fn plain_datagram(bytes: &[u8]) -> Option<Datagram<'_>> {
    let mut xdr = Xdr::new(bytes, "sample_datagram");
    let [version, address_type, agent, sub_agent_id, sequence_number, uptime, samples] = words(xdr.array::<28>().ok()?);
    let numbers = [sub_agent_id, sequence_number, uptime, samples];
    (version == 5 && address_type == 1).then(|| Datagram::new(Version::V5, Address::V4(agent.into()), numbers, xdr))
}

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
        let (tag, length) = xdr.frame().ok()?;
        Some(Frame { tag, length, body: xdr })
    }

    /// The fewest bytes of a sample, those before its records, for the kinds of samples that are known.
    #[inline]
    fn fixed_part(&self) -> Option<u32> {
        // By the number of the specification's own, 0:1 to 0:5. A table, because compilers make an indirect jump of a match.
        const FIXED: [u32; 5] = [32, 12, 44, 16, 32];
        if let Some(fixed) = FIXED.get(self.tag.0.wrapping_sub(1) as usize) {
            return Some(*fixed);
        }
        match self.tag {
            RTMETRIC => Some(8),
            RTFLOW => Some(16),
            _ => None,
        }
    }

    /// A known sample kind with a length that can be true.
    #[inline]
    fn is_likely(&self) -> bool {
        self.fixed_part().is_some_and(|fixed| self.length >= fixed && self.length as usize <= self.body.left())
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
        self.fixed_part()?;
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
        let known = frame.fixed_part();
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
    /// The same, from the first sample on.
    start: Xdr<'a>,
    remaining: u32,
    /// Samples that follow beyond those, each announced by a Foundry sample.
    uncounted: u32,
    /// The frames of the rest were followed already and lead on: no need to prove them again, which keeps the work linear.
    proven: bool,
    /// The offset of the sample before this one, if its length was believed because a sample seemed to follow.
    before: Option<u32>,
    /// A sample that was found in spite of the fault just reported, and where it ends.
    found: Option<(Frame<'a>, usize)>,
}

impl<'a> Walk<'a> {
    #[inline]
    pub(crate) fn new(body: Xdr<'a>, samples: u32) -> Self {
        let xdr = body.named("sample");
        Walk { xdr, start: xdr, remaining: samples, uncounted: 0, proven: false, before: None, found: None }
    }

    /// Whether nothing is left.
    #[inline]
    pub(crate) fn is_over(&self) -> bool {
        self.remaining == 0 && self.uncounted == 0 && self.found.is_none()
    }

    /// The next frame, and what follows it, if there is nothing about that to think of: another sample, or the datagram's end.
    #[inline]
    fn plain_frame(&self) -> Option<(Frame<'a>, Xdr<'a>)> {
        if self.remaining == 0 || self.found.is_some() {
            return None;
        }
        let mut frame = Frame::peek(self.xdr)?;
        let mut next = frame.body;
        frame.body = next.split(frame.length as usize)?;
        let leads_on = match self.remaining {
            1 => next.left() == 0,
            _ => Frame::peek(next)?.is_likely(),
        };
        (leads_on && frame.length % 4 == 0).then_some((frame, next))
    }

    /// Goes on to what follows a plain frame.
    #[inline]
    fn follow(&mut self, next: Xdr<'a>) {
        self.remaining -= 1;
        self.before = Some(self.xdr.offset() as u32);
        self.xdr = next;
    }

    /// The next sample, if it is a flow sample in a plain frame. Nearly all are.
    #[inline]
    pub(crate) fn plain(&mut self) -> Option<FlowSample<'a>> {
        let (Frame { tag, body, .. }, next) = self.plain_frame()?;
        let sample = match tag {
            FLOW_SAMPLE => FlowSample::compact(body.named("flow_sample")).ok()?,
            FLOW_SAMPLE_EXPANDED => FlowSample::expanded(body.named("flow_sample_expanded")).ok()?,
            _ => return None,
        };
        self.follow(next);
        Some(sample)
    }

    /// The next sample, whatever it is like.
    pub(crate) fn next_with_care(&mut self) -> Option<Result<Sample<'a>>> {
        if let Some((frame, next)) = self.plain_frame().filter(|(frame, _)| frame.is_likely()) {
            self.follow(next);
            return Some(sample(frame.tag, frame.body));
        }
        if let Some((frame, end)) = self.found.take() {
            return Some(frame.sample(frame.body.until(end)));
        }
        if self.remaining == 0 {
            return self.next_uncounted();
        }
        self.remaining -= 1;
        let Some(frame) = Frame::peek(self.xdr) else { return Some(Err(self.end_early())) };
        if self.proven && frame.exact_end() <= self.xdr.end() {
            self.before = Some(self.xdr.offset() as u32);
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
        let too_short = frame.fixed_part().is_some_and(|fixed| frame.length < fixed);
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
        let before = self.start.moved_to(self.before.take()? as usize);
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
        let error = if frame.fixed_part().is_none() && declared > datagram_end || frame.tag.format() == 0 {
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
