//! What a converter is to do, as C tells it.

use core::ffi::{c_char, c_int, c_void};
use core::fmt;
use core::num::NonZeroU32;
use core::str::FromStr;

use sflowcap::capture::{Content, Format, Options, PacketFilter};
use sflowcap::link::{Framing, LinkType};
use sflowcap::sample::Direction;
use sflowcap::select::{Kinds, Selection};

use crate::border::{guarded, place, text};
use crate::converter::sflowcap_report;
use crate::sample::sflowcap_direction::{SFLOWCAP_IN, SFLOWCAP_OUT};
use crate::status::{SFLOWCAP_INVALID, failed, sflowcap_status};

/// For `direction`: packets of both, and those whose direction is not known.
pub const SFLOWCAP_BOTH: u32 = 0;

/// For `kinds`: packets sampled at a rate.
pub const SFLOWCAP_TAKE_FLOW: u32 = 1;
/// For `kinds`: packets that a device discarded.
pub const SFLOWCAP_TAKE_DISCARD: u32 = 2;

/// For `content`: the packets that were sampled.
pub const SFLOWCAP_CONTENT_PACKETS: u32 = 0;
/// For `content`: the sFlow datagrams, whole, for Wireshark's own sFlow dissector.
pub const SFLOWCAP_CONTENT_DATAGRAMS: u32 = 1;
/// For `content`: each datagram, and then its packets.
pub const SFLOWCAP_CONTENT_BOTH: u32 = 2;

/// For `format`: pcapng, with interfaces, comments and statistics.
pub const SFLOWCAP_FORMAT_PCAPNG: u32 = 0;
/// For `format`: classic pcap with times in nanoseconds: the packets alone, as Ethernet.
pub const SFLOWCAP_FORMAT_PCAP: u32 = 1;

/// For `link_type`: everything as Ethernet, so that every tool reads the file.
pub const SFLOWCAP_LINK_ETHERNET: u32 = 0;
/// For `link_type`: each protocol with its own link type. Wireshark reads such files, libpcap refuses them.
pub const SFLOWCAP_LINK_NATIVE: u32 = 1;

/// Decides on a packet: anything but 0 keeps it. `length` bytes of it are at `packet`, `original_length` were on the wire, and
/// `link_type` is a LINKTYPE_ of tcpdump.org. It may not throw or longjmp.
pub type sflowcap_filter = Option<
    unsafe extern "C-unwind" fn(
        user: *mut c_void,
        packet: *const u8,
        length: usize,
        original_length: u32,
        link_type: u32,
    ) -> c_int,
>;

/// What a converter is to do. Have sflowcap_options_init fill it in, then change what should be otherwise. Texts are UTF-8, and
/// copied.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct sflowcap_options {
    /// The size of this structure where the program was compiled, by which the library knows what is in it.
    pub size: usize,
    /// Agents whose datagrams are read: addresses and prefixes, ! before those to leave out, such as "10.0.0.0/8,!10.1.0.1".
    /// NULL or "": all.
    pub agents: *const c_char,
    /// Interfaces whose samples are kept: ifIndex numbers and ranges, such as "17,1-48". NULL or "": all.
    pub interfaces: *const c_char,
    /// Packets kept, by the way they went through the interface that sampled them: SFLOWCAP_BOTH (the default), SFLOWCAP_IN or
    /// SFLOWCAP_OUT.
    pub direction: u32,
    /// Packets kept, by their kind: SFLOWCAP_TAKE_FLOW, SFLOWCAP_TAKE_DISCARD or the sum of them (the default).
    pub kinds: u32,
    /// Packets kept, by their contents; NULL: all.
    pub filter: sflowcap_filter,
    /// The filter as its user wrote it, for the interfaces' descriptions. May be NULL.
    pub filter_text: *const c_char,
    /// The most packets a second: a faster feed is thinned evenly, its sampling rates corrected. 0 (the default): no limit.
    pub max_rate: u32,
    /// What the file holds: SFLOWCAP_CONTENT_PACKETS (the default), SFLOWCAP_CONTENT_DATAGRAMS or SFLOWCAP_CONTENT_BOTH.
    pub content: u32,
    /// What thinning draws its random numbers from: the same seed keeps the same packets.
    pub seed: u64,
    /// What kind of file it is: SFLOWCAP_FORMAT_PCAPNG (the default) or SFLOWCAP_FORMAT_PCAP.
    pub format: u32,
    /// How link layers share the file: SFLOWCAP_LINK_ETHERNET (the default) or SFLOWCAP_LINK_NATIVE.
    pub link_type: u32,
    /// Whether a packet's comment tells what sFlow knows of it. 1 by default.
    pub comments: u32,
    /// Whether a packet is made from the fields that an agent sends instead of a header. 1 by default.
    pub synthetic: u32,
    /// Packets after which the capture is over. 0 (the default): it goes on.
    pub most_packets: u64,
    /// The program that captures, with its version. May be NULL.
    pub application: *const c_char,
    /// The operating system it runs on. May be NULL.
    pub os: *const c_char,
    /// What the capture is called as a whole. May be NULL.
    pub description: *const c_char,
    /// Is told of faults and losses; NULL: they are only counted.
    pub report: sflowcap_report,
    /// Addresses that datagrams may come from, as a list like `agents`: a datagram can name any agent, whoever sent it. NULL or
    /// "": all.
    pub senders: *const c_char,
}

impl sflowcap_options {
    const DEFAULT: Self = sflowcap_options {
        size: size_of::<Self>(),
        agents: core::ptr::null(),
        interfaces: core::ptr::null(),
        direction: SFLOWCAP_BOTH,
        kinds: SFLOWCAP_TAKE_FLOW | SFLOWCAP_TAKE_DISCARD,
        filter: None,
        filter_text: core::ptr::null(),
        max_rate: 0,
        content: SFLOWCAP_CONTENT_PACKETS,
        seed: 0,
        format: SFLOWCAP_FORMAT_PCAPNG,
        link_type: SFLOWCAP_LINK_ETHERNET,
        comments: 1,
        synthetic: 1,
        most_packets: 0,
        application: core::ptr::null(),
        os: core::ptr::null(),
        description: core::ptr::null(),
        report: None,
        senders: core::ptr::null(),
    };

    /// What a program gives: the defaults for NULL.
    ///
    /// # Safety
    /// `options` is NULL or points to options, as many bytes as they say.
    pub(crate) unsafe fn given(options: *const Self) -> Result<Self, sflowcap_status> {
        if options.is_null() {
            return Ok(Self::DEFAULT);
        }
        // SAFETY: not NULL, and the size is what is there in any case.
        let size = unsafe { (&raw const (*options).size).read() };
        check_size(size)?;
        // SAFETY: `size` bytes are there.
        let given = unsafe { options.read() };
        let more = size - size_of::<Self>();
        // SAFETY: as above.
        let more = unsafe { core::slice::from_raw_parts(options.add(1).cast::<u8>(), more) };
        if more.iter().any(|byte| *byte != 0) {
            return Err(failed(SFLOWCAP_INVALID, &"options that this version of libsflowcap does not have"));
        }
        Ok(given)
    }

    /// # Safety
    /// The texts are NULL or texts.
    pub(crate) unsafe fn selection(&self) -> Result<Selection, sflowcap_status> {
        let kinds = self.kinds;
        if kinds == 0 || kinds & !(SFLOWCAP_TAKE_FLOW | SFLOWCAP_TAKE_DISCARD) != 0 {
            return Err(no_value("kinds", kinds));
        }
        // SAFETY: as promised by the caller.
        let (agents, senders) = unsafe { (list("agents", self.agents)?, list("senders", self.senders)?) };
        // SAFETY: as promised by the caller.
        let interfaces = unsafe { list("interfaces", self.interfaces)? };
        Ok(Selection {
            agents,
            senders,
            interfaces,
            direction: one_of("direction", self.direction, &DIRECTIONS)?,
            kinds: Kinds { flow: kinds & SFLOWCAP_TAKE_FLOW != 0, discard: kinds & SFLOWCAP_TAKE_DISCARD != 0 },
        })
    }

    /// # Safety
    /// The texts are NULL or texts, and `filter` may be called with `user`.
    pub(crate) unsafe fn options(&self, user: *mut c_void) -> Result<Options, sflowcap_status> {
        // SAFETY: as promised by the caller.
        let owned = |name, text| unsafe { optional(name, text) }.map(str::to_owned);
        let filter = self.filter.map(|call| Box::new(Filter { call, user }) as Box<dyn PacketFilter>);
        Ok(Options {
            // SAFETY: as promised by the caller.
            selection: unsafe { self.selection() }?,
            filter,
            filter_text: owned("filter_text", self.filter_text)?,
            max_rate: NonZeroU32::new(self.max_rate),
            seed: self.seed,
            content: one_of("content", self.content, &CONTENTS)?,
            format: one_of("format", self.format, &FORMATS)?,
            comments: one_of("comments", self.comments, &SWITCH)?,
            synthetic: one_of("synthetic", self.synthetic, &SWITCH)?,
            framing: one_of("link_type", self.link_type, &FRAMINGS)?,
            application: owned("application", self.application)?,
            os: owned("os", self.os)?,
            description: owned("description", self.description)?,
            most_packets: (self.most_packets > 0).then_some(self.most_packets),
        })
    }
}

/// A program of a later version may have more fields than this one, but not pages of them.
fn check_size(size: usize) -> Result<(), sflowcap_status> {
    if (size_of::<sflowcap_options>()..=4096).contains(&size) {
        return Ok(());
    }
    Err(failed(SFLOWCAP_INVALID, &format_args!("size: {size} is none of a sflowcap_options")))
}

fn no_value(name: &str, value: u32) -> sflowcap_status {
    failed(SFLOWCAP_INVALID, &format_args!("{name}: {value} is not among its values"))
}

/// What a number stands for.
fn one_of<T: Copy>(name: &str, value: u32, meanings: &[(u32, T)]) -> Result<T, sflowcap_status> {
    let meaning = meanings.iter().find(|(number, _)| *number == value);
    meaning.map(|(_, meaning)| *meaning).ok_or_else(|| no_value(name, value))
}

const DIRECTIONS: [(u32, Option<Direction>); 3] =
    [(SFLOWCAP_BOTH, None), (SFLOWCAP_IN as u32, Some(Direction::In)), (SFLOWCAP_OUT as u32, Some(Direction::Out))];
const CONTENTS: [(u32, Content); 3] = [
    (SFLOWCAP_CONTENT_PACKETS, Content::Packets),
    (SFLOWCAP_CONTENT_DATAGRAMS, Content::Datagrams),
    (SFLOWCAP_CONTENT_BOTH, Content::Both),
];
const FORMATS: [(u32, Format); 2] = [(SFLOWCAP_FORMAT_PCAPNG, Format::Pcapng), (SFLOWCAP_FORMAT_PCAP, Format::Pcap)];
const FRAMINGS: [(u32, Framing); 2] =
    [(SFLOWCAP_LINK_ETHERNET, Framing::Ethernet), (SFLOWCAP_LINK_NATIVE, Framing::Native)];
const SWITCH: [(u32, bool); 2] = [(0, false), (1, true)];

/// # Safety
/// As [`text`].
unsafe fn optional<'a>(name: &str, given: *const c_char) -> Result<&'a str, sflowcap_status> {
    // SAFETY: as promised by the caller.
    if given.is_null() { Ok("") } else { unsafe { text(given, name) } }
}

/// # Safety
/// As [`text`].
unsafe fn list<T: FromStr<Err: fmt::Display>>(name: &str, given: *const c_char) -> Result<T, sflowcap_status> {
    // SAFETY: as promised by the caller.
    let list = unsafe { optional(name, given) }?;
    list.parse().map_err(|error| failed(SFLOWCAP_INVALID, &format_args!("{name}: {error}")))
}

/// A filter of C.
#[derive(Debug)]
struct Filter {
    call: unsafe extern "C-unwind" fn(*mut c_void, *const u8, usize, u32, u32) -> c_int,
    user: *mut c_void,
}

impl PacketFilter for Filter {
    fn matches(&self, packet: &[u8], original_length: u32, link_type: LinkType) -> bool {
        // SAFETY: the header demands that the function takes this.
        unsafe { (self.call)(self.user, packet.as_ptr(), packet.len(), original_length, link_type.0.into()) != 0 }
    }
}

/// Fills in the defaults. `size` is sizeof(struct sflowcap_options).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sflowcap_options_init(options: *mut sflowcap_options, size: usize) -> sflowcap_status {
    guarded(|| {
        let options = place(options, "options")?;
        check_size(size)?;
        // SAFETY: not NULL, and the header demands that it is a place of `size` bytes.
        unsafe {
            options.cast::<u8>().write_bytes(0, size);
            options.write(sflowcap_options { size, ..sflowcap_options::DEFAULT });
        }
        Ok(())
    })
}
