//! Capture filters in tcpdump's syntax: libpcap compiles them, an interpreter of our own runs them.
//!
//! libpcap is loaded when a filter is first used, so that everything else works without it. Its own interpreter is not used:
//! the classic BPF program is run here in safe code, with the packet's true length beside the captured one, so that
//! `greater 1000` means the packet and not the sample of it.

use std::ffi::{CStr, CString, c_char, c_int, c_uint, c_void};
use std::fmt;

use libloading::Library;
use sflowcap::capture::PacketFilter;
use sflowcap::link::{Framing, LinkType};
use sflowcap::pcapng::SNAPLEN;

use crate::Failure;

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

/// `struct bpf_insn`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
struct Instruction {
    code: u16,
    jump_true: u8,
    jump_false: u8,
    k: u32,
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
        let found = NAMES.iter().find_map(|name| unsafe { Library::new(name) }.ok());
        found.map(|library| Libpcap { library }).ok_or_else(|| {
            Failure::new("capture filters need libpcap, and it is not installed (Debian: apt install libpcap0.8)")
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
        Program::checked(instructions).ok_or_else(|| bad(&"libpcap made a program that is not valid"))
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

/// A classic BPF program whose jumps stay within it and whose last instruction returns.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Program(Vec<Instruction>);

/// The instruction codes, after net/bpf.h.
mod code {
    pub(super) const LD_W_ABS: u16 = 0x20;
    pub(super) const LD_H_ABS: u16 = 0x28;
    pub(super) const LD_B_ABS: u16 = 0x30;
    pub(super) const LD_W_IND: u16 = 0x40;
    pub(super) const LD_H_IND: u16 = 0x48;
    pub(super) const LD_B_IND: u16 = 0x50;
    pub(super) const LD_LEN: u16 = 0x80;
    pub(super) const LD_IMM: u16 = 0x00;
    pub(super) const LD_MEM: u16 = 0x60;
    pub(super) const LDX_IMM: u16 = 0x01;
    pub(super) const LDX_MEM: u16 = 0x61;
    pub(super) const LDX_LEN: u16 = 0x81;
    pub(super) const LDX_MSH: u16 = 0xb1;
    pub(super) const ST: u16 = 0x02;
    pub(super) const STX: u16 = 0x03;
    pub(super) const RET_K: u16 = 0x06;
    pub(super) const RET_A: u16 = 0x16;
    pub(super) const TAX: u16 = 0x07;
    pub(super) const TXA: u16 = 0x87;
    pub(super) const NEG: u16 = 0x84;
    pub(super) const JA: u16 = 0x05;
    /// The classes of instructions with an operand.
    pub(super) const ALU: u16 = 0x04;
    pub(super) const JMP: u16 = 0x05;
    /// The operand is the register X.
    pub(super) const X: u16 = 0x08;
}

/// Words of scratch memory.
const MEMORY: usize = 16;

impl Program {
    /// Takes a program whose jumps stay within it, and that never divides by a constant zero or leaves its memory.
    fn checked(instructions: Vec<Instruction>) -> Option<Self> {
        use code::{ALU, JA, JMP, LD_MEM, LDX_MEM, RET_A, RET_K, ST, STX, X};
        let last = instructions.len().checked_sub(1)?;
        let valid = instructions.iter().enumerate().all(|(place, instruction)| {
            let left = last - place;
            match instruction.code {
                // The one jump that may lead back: "protochain" loops over headers.
                JA => (place + 1).checked_add_signed(offset(instruction.k)).is_some_and(|target| target <= last),
                code if code & 7 == JMP => {
                    usize::from(instruction.jump_true) < left && usize::from(instruction.jump_false) < left
                }
                LD_MEM | LDX_MEM | ST | STX => (instruction.k as usize) < MEMORY,
                code if code & 7 == ALU && code & X == 0 && matches!(code & 0xf0, 0x30 | 0x90) => instruction.k != 0,
                _ => true,
            }
        });
        (valid && matches!(instructions[last].code, RET_K | RET_A)).then_some(Program(instructions))
    }

    /// Whether the program accepts a packet of this length on the wire, of which these bytes are there. A load from beyond
    /// them rejects it.
    fn run(&self, packet: &[u8], original_length: u32) -> bool {
        self.accepted(packet, original_length).is_some_and(|length| length > 0)
    }

    fn accepted(&self, packet: &[u8], original_length: u32) -> Option<u32> {
        #[allow(clippy::wildcard_imports, reason = "all of them")]
        use code::*;
        let byte = |at: u32| packet.get(at as usize).map(|byte| u32::from(*byte));
        let half =
            |at: u32| packet.get(at as usize..)?.first_chunk().map(|bytes| u32::from(u16::from_be_bytes(*bytes)));
        let word = |at: u32| packet.get(at as usize..)?.first_chunk().map(|bytes| u32::from_be_bytes(*bytes));
        let (mut a, mut x) = (0_u32, 0_u32);
        let mut memory = [0_u32; MEMORY];
        let mut place = 0;
        // A loop goes through the packet's headers, so that it has fewer turns than the packet has bytes.
        let mut turns = packet.len();
        while let Some(&Instruction { code, jump_true, jump_false, k }) = self.0.get(place) {
            place += 1;
            match code {
                LD_W_ABS => a = word(k)?,
                LD_H_ABS => a = half(k)?,
                LD_B_ABS => a = byte(k)?,
                LD_W_IND => a = word(x.checked_add(k)?)?,
                LD_H_IND => a = half(x.checked_add(k)?)?,
                LD_B_IND => a = byte(x.checked_add(k)?)?,
                LD_LEN => a = original_length,
                LD_IMM => a = k,
                LD_MEM => a = memory[k as usize],
                LDX_IMM => x = k,
                LDX_MEM => x = memory[k as usize],
                LDX_LEN => x = original_length,
                LDX_MSH => x = (byte(k)? & 0xf) << 2,
                ST => memory[k as usize] = a,
                STX => memory[k as usize] = x,
                RET_K => return Some(k),
                RET_A => return Some(a),
                TAX => x = a,
                TXA => a = x,
                NEG => a = a.wrapping_neg(),
                JA => {
                    if offset(k) < 0 {
                        turns = turns.checked_sub(1)?;
                    }
                    place = place.wrapping_add_signed(offset(k));
                }
                _ => {
                    let operand = if code & X == 0 { k } else { x };
                    if code & 7 == ALU {
                        a = arithmetic(code & 0xf0, a, operand)?;
                    } else {
                        let taken = condition(code, a, operand)?;
                        place += usize::from(if taken { jump_true } else { jump_false });
                    }
                }
            }
        }
        None
    }
}

/// How far [`code::JA`] leads.
fn offset(k: u32) -> isize {
    k as i32 as isize
}

/// The ALU instructions; none for what rejects the packet: a division by zero, or an instruction that does not exist.
#[inline]
fn arithmetic(operation: u16, a: u32, operand: u32) -> Option<u32> {
    match operation {
        0x00 => Some(a.wrapping_add(operand)),
        0x10 => Some(a.wrapping_sub(operand)),
        0x20 => Some(a.wrapping_mul(operand)),
        0x30 => a.checked_div(operand),
        0x40 => Some(a | operand),
        0x50 => Some(a & operand),
        0x60 => Some(a.checked_shl(operand).unwrap_or(0)),
        0x70 => Some(a.checked_shr(operand).unwrap_or(0)),
        0x90 => a.checked_rem(operand),
        0xa0 => Some(a ^ operand),
        _ => None,
    }
}

/// The conditional jumps.
#[inline]
fn condition(code: u16, a: u32, operand: u32) -> Option<bool> {
    match code & 0xf7 {
        0x15 => Some(a == operand),
        0x25 => Some(a > operand),
        0x35 => Some(a >= operand),
        0x45 => Some(a & operand != 0),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
