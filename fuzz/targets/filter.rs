//! The interpreter of capture filters beside libpcap's own: for a program that both take, both say the same of a packet.
//!
//! Input: how many instructions, the instructions (a number of a code, two jumps, an operand of two bytes), the packet.
#![no_main]

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;
use libloading::{Library, Symbol};

#[path = "../../extcap/src/bpf/program.rs"]
#[allow(dead_code)]
mod program;

use program::{Instruction, Program};

type Validate = unsafe extern "C" fn(program: *const Instruction, length: i32) -> i32;
type Filter = unsafe extern "C" fn(program: *const Instruction, packet: *const u8, wire: u32, captured: u32) -> u32;

/// Every code of `net/bpf.h`, and one that is none.
const CODES: [u16; 48] = [
    0x20, 0x28, 0x30, 0x40, 0x48, 0x50, 0x80, 0x00, 0x60, 0xb1, 0x81, 0x01, 0x61, 0x02, 0x03, 0x07, 0x87, 0x05, 0x15,
    0x25, 0x35, 0x45, 0x1d, 0x2d, 0x3d, 0x4d, 0x54, 0x84, 0x04, 0x14, 0x24, 0x34, 0x44, 0x64, 0x74, 0x94, 0xa4, 0x0c,
    0x1c, 0x2c, 0x3c, 0x4c, 0x5c, 0x6c, 0x7c, 0x9c, 0x06, 0x16,
];

fn libpcap() -> &'static Library {
    static LIBPCAP: OnceLock<Library> = OnceLock::new();
    // SAFETY: libpcap's initialisers have no conditions on their caller.
    LIBPCAP.get_or_init(|| unsafe { Library::new("libpcap.so.0.8") }.expect("libpcap"))
}

fn instruction(word: &[u8]) -> Instruction {
    let code = CODES[usize::from(word[0]) % CODES.len()];
    let k = u32::from(u16::from_be_bytes([word[3], word[4]]));
    // What C leaves undefined is no oracle: to shift by more than there are bits.
    let k = if matches!(code, 0x64 | 0x74) { k % 32 } else { k };
    // Operands of more than two bytes: loads from beyond everything.
    let k = if k > 0xff00 { k << 16 | k } else { k };
    Instruction { code, jump_true: word[1] % 8, jump_false: word[2] % 8, k }
}

fuzz_target!(|bytes: &[u8]| {
    let Some((count, rest)) = bytes.split_first() else { return };
    let count = usize::from(count % 32) + 1;
    let Some((coded, packet)) = rest.split_at_checked(count * 5) else { return };
    // What is in the scratch memory before something is stored is no oracle either.
    let store = |k| Instruction { code: 0x02, jump_true: 0, jump_false: 0, k };
    let instructions: Vec<Instruction> = (0..16).map(store).chain(coded.chunks_exact(5).map(instruction)).collect();
    let Some(program) = Program::checked(&instructions) else { return };
    let original_length = packet.len() as u32 + 100;
    let ours = program.run(packet, original_length);
    // libpcap's own would go round for ever.
    if instructions.iter().any(|instruction| instruction.code == 0x05 && (instruction.k as i32) < 0) {
        return;
    }
    // SAFETY: the types are those of pcap/bpf.h.
    let (validate, filter): (Symbol<'_, Validate>, Symbol<'_, Filter>) =
        unsafe { (libpcap().get(b"bpf_validate\0").unwrap(), libpcap().get(b"bpf_filter\0").unwrap()) };
    // SAFETY: as many instructions are there as are said to be; a program that is valid stays within itself and the packet.
    let theirs = unsafe {
        if validate(instructions.as_ptr(), instructions.len() as i32) == 0 {
            return;
        }
        filter(instructions.as_ptr(), packet.as_ptr(), original_length, packet.len() as u32)
    };
    assert_eq!(ours, theirs > 0, "{instructions:?}");
});
