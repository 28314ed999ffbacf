//! Capture filters in tcpdump's syntax: libpcap compiles them, an interpreter of our own runs them.
//!
//! libpcap is loaded when a filter is first used, so that everything else works without it. Its own interpreter is not used:
//! the classic BPF program is run in safe code, with the packet's true length beside the captured one, so that
//! `greater 1000` means the packet and not the sample of it.

use std::ffi::{CStr, CString, c_char, c_int, c_uint, c_void};
use std::fmt;

use libloading::Library;
use sflowcap::capture::PacketFilter;
use sflowcap::link::{Framing, LinkType};
use sflowcap::pcapng::SNAPLEN;

use crate::Failure;

mod program;

use program::{Instruction, Program};

/// A filter, compiled for each link type that packets may have.
#[derive(Debug)]
pub struct Filter {
    programs: Vec<(LinkType, Program)>,
}

impl Filter {
    /// Compiles `text`. Packets of link types that the filter makes no sense for do not match it; it must make sense for
    /// Ethernet, or for `framing`'s other link types.
    ///
    /// # Errors
    /// When libpcap is not there, or refuses the filter: the message is libpcap's.
    pub fn compile(text: &str, framing: Framing) -> Result<Self, Failure> {
        let libpcap = Libpcap::load()?;
        let link_types: &[LinkType] = match framing {
            Framing::Ethernet => &[LinkType::ETHERNET],
            Framing::Native => &LinkType::NATIVE,
        };
        let mut programs = Vec::new();
        let mut first_error = None;
        for &link_type in link_types {
            match libpcap.compile(text, link_type) {
                Ok(program) => programs.push((link_type, program)),
                Err(error) => _ = first_error.get_or_insert(error),
            }
        }
        match first_error {
            Some(error) if programs.is_empty() => Err(error),
            _ => Ok(Filter { programs }),
        }
    }
}

impl PacketFilter for Filter {
    #[inline]
    fn matches(&self, packet: &[u8], original_length: u32, link_type: LinkType) -> bool {
        self.programs
            .iter()
            .find(|(compiled_for, _)| *compiled_for == link_type)
            .is_some_and(|(_, program)| program.run(packet, original_length))
    }
}

/// `struct bpf_program`.
#[repr(C)]
struct RawProgram {
    length: c_uint,
    instructions: *mut Instruction,
}

/// The functions of libpcap that compile filters.
struct Libpcap {
    library: Library,
}

/// What libpcap's shared library is called, the most common name first.
const NAMES: [&str; 4] = ["libpcap.so.0.8", "libpcap.so.1", "libpcap.so", "libpcap.A.dylib"];

impl fmt::Debug for Libpcap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Libpcap")
    }
}

/// The functions' types, as `pcap/pcap.h` declares them. `pcap_t` is only passed on.
type OpenDead = unsafe extern "C" fn(link_type: c_int, snaplen: c_int) -> *mut c_void;
type Compile = unsafe extern "C" fn(
    pcap: *mut c_void,
    program: *mut RawProgram,
    text: *const c_char,
    optimize: c_int,
    netmask: u32,
) -> c_int;
type GetErr = unsafe extern "C" fn(pcap: *mut c_void) -> *const c_char;
type FreeCode = unsafe extern "C" fn(program: *mut RawProgram);
type Close = unsafe extern "C" fn(pcap: *mut c_void);

/// `PCAP_NETMASK_UNKNOWN`.
const NETMASK_UNKNOWN: u32 = u32::MAX;

#[allow(unsafe_code, reason = "libpcap is a C library, loaded at run time")]
impl Libpcap {
    fn load() -> Result<Self, Failure> {
        // SAFETY: libpcap's initialisers have no conditions on their caller.
        let mut loaded = NAMES.iter().map(|name| unsafe { Library::new(name) });
        let mut broken = None;
        let found = loaded.find_map(|loaded| match loaded {
            Ok(library) => Some(library),
            Err(error) => {
                let error = error.to_string();
                // What is not there needs no telling.
                if !error.contains("No such file") {
                    broken.get_or_insert(error);
                }
                None
            }
        });
        found.map(|library| Libpcap { library }).ok_or_else(|| match broken {
            Some(error) => Failure::new(format!("capture filters need libpcap, and it cannot be loaded: {error}")),
            None => {
                Failure::new("capture filters need libpcap, and it is not installed (Debian: apt install libpcap0.8)")
            }
        })
    }

    fn compile(&self, text: &str, link_type: LinkType) -> Result<Program, Failure> {
        let bad = |message: &dyn fmt::Display| Failure::of_user(format!("capture filter '{text}': {message}"));
        let text = CString::new(text).map_err(|_| bad(&"it holds a NUL character"))?;
        let missing = |error: libloading::Error| Failure::new(format!("libpcap cannot be used: {error}"));
        // SAFETY: the types are those of pcap/pcap.h.
        let (open_dead, compile, get_err, free_code, close) = unsafe {
            (
                self.library.get::<OpenDead>(b"pcap_open_dead\0").map_err(missing)?,
                self.library.get::<Compile>(b"pcap_compile\0").map_err(missing)?,
                self.library.get::<GetErr>(b"pcap_geterr\0").map_err(missing)?,
                self.library.get::<FreeCode>(b"pcap_freecode\0").map_err(missing)?,
                self.library.get::<Close>(b"pcap_close\0").map_err(missing)?,
            )
        };
        // SAFETY: open_dead takes any numbers; it returns null or a handle that close must get.
        let pcap = unsafe { open_dead(data_link(link_type), SNAPLEN as c_int) };
        if pcap.is_null() {
            return Err(Failure::new("libpcap cannot be used: pcap_open_dead failed"));
        }
        let mut raw = RawProgram { length: 0, instructions: std::ptr::null_mut() };
        // SAFETY: pcap is an open handle, raw is ours to be filled in, text ends with a NUL.
        let status = unsafe { compile(pcap, &raw mut raw, text.as_ptr(), 1, NETMASK_UNKNOWN) };
        let compiled = if status == 0 {
            // SAFETY: on success raw describes that many instructions, valid until free_code, which runs after they are copied.
            let instructions = unsafe { std::slice::from_raw_parts(raw.instructions, raw.length as usize) }.to_vec();
            // SAFETY: raw was filled in by compile and is freed once.
            unsafe { free_code(&raw mut raw) };
            Ok(instructions)
        } else {
            // SAFETY: geterr returns a NUL-terminated text that lives as long as pcap; it is copied at once.
            Err(unsafe { CStr::from_ptr(get_err(pcap)) }.to_string_lossy().trim().to_owned())
        };
        // SAFETY: pcap is open, and not used after this.
        unsafe { close(pcap) };
        let instructions = compiled.map_err(|message| bad(&message))?;
        Program::checked(&instructions).ok_or_else(|| bad(&"libpcap made a program that is not valid"))
    }
}

/// libpcap's own number (DLT) for a link type; most are equal.
fn data_link(link_type: LinkType) -> c_int {
    match link_type {
        LinkType::ATM_RFC1483 => 11,
        LinkType::RAW if cfg!(target_os = "openbsd") => 14,
        LinkType::RAW => 12,
        LinkType(number) => c_int::from(number),
    }
}

#[cfg(test)]
mod tests;
