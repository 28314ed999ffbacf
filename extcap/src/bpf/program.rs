//! Classic BPF programs, as `net/bpf.h` has them: translated once, run for each packet.

/// `struct bpf_insn`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub(super) struct Instruction {
    pub(super) code: u16,
    pub(super) jump_true: u8,
    pub(super) jump_false: u8,
    pub(super) k: u32,
}

/// Words of scratch memory.
const MEMORY: usize = 16;

/// An instruction with its operand. `A` and `X` are the machine's registers; the numbers of branches are instructions to skip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// `A` from the packet.
    Word(u32),
    Half(u32),
    Byte(u32),
    /// `A` from the packet, `X` bytes further on.
    WordAtX(u32),
    HalfAtX(u32),
    ByteAtX(u32),
    Length,
    Constant(u32),
    Memory(u32),
    /// `X` from the length of an IPv4 header.
    XFromHeader(u32),
    XFromLength,
    XFromConstant(u32),
    XFromMemory(u32),
    Store(u32),
    StoreX(u32),
    XFromA,
    AFromX,
    Equal(u32, u8, u8),
    Greater(u32, u8, u8),
    NotLess(u32, u8, u8),
    AnyBit(u32, u8, u8),
    EqualToX(u8, u8),
    GreaterThanX(u8, u8),
    NotLessThanX(u8, u8),
    AnyBitOfX(u8, u8),
    /// To the instruction at a place.
    Jump(u32),
    /// The same, to one before this.
    JumpBack(u32),
    And(u32),
    /// An operation on `A` and a constant.
    With(Operation, u32),
    WithX(Operation),
    Negate,
    Return(u32),
    ReturnA,
    /// A load and the branch behind it, which are most of any program: place, value, and what to skip beyond the branch.
    HalfEqual(u16, u16, u8, u8),
    ByteEqual(u16, u8, u8, u8),
    HalfAtXEqual(u16, u16, u8, u8),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operation {
    Add,
    Subtract,
    Multiply,
    Divide,
    Or,
    And,
    ShiftLeft,
    ShiftRight,
    Remainder,
    Xor,
}

impl Operation {
    fn of(code: u16) -> Option<Self> {
        Some(match code & 0xf0 {
            0x00 => Operation::Add,
            0x10 => Operation::Subtract,
            0x20 => Operation::Multiply,
            0x30 => Operation::Divide,
            0x40 => Operation::Or,
            0x50 => Operation::And,
            0x60 => Operation::ShiftLeft,
            0x70 => Operation::ShiftRight,
            0x90 => Operation::Remainder,
            0xa0 => Operation::Xor,
            _ => return None,
        })
    }

    /// None for a division by zero, which rejects the packet.
    fn apply(self, a: u32, operand: u32) -> Option<u32> {
        Some(match self {
            Operation::Add => a.wrapping_add(operand),
            Operation::Subtract => a.wrapping_sub(operand),
            Operation::Multiply => a.wrapping_mul(operand),
            Operation::Divide => a.checked_div(operand)?,
            Operation::Or => a | operand,
            Operation::And => a & operand,
            Operation::ShiftLeft => a.checked_shl(operand).unwrap_or(0),
            Operation::ShiftRight => a.checked_shr(operand).unwrap_or(0),
            Operation::Remainder => a.checked_rem(operand)?,
            Operation::Xor => a ^ operand,
        })
    }
}

/// A program whose branches stay within it and whose last instruction returns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Program(Vec<Step>);

impl Program {
    /// Takes a program of instructions that exist, whose jumps stay within it, and that never divides by a constant zero or
    /// leaves its memory.
    pub(super) fn checked(instructions: &[Instruction]) -> Option<Self> {
        let last = instructions.len().checked_sub(1)?;
        let step = |(place, instruction): (usize, &Instruction)| Step::of(*instruction, place, last);
        let mut steps: Vec<Step> = instructions.iter().enumerate().map(step).collect::<Option<_>>()?;
        // The branch stays where it is, for those that jump to it.
        for place in 0..last {
            if let Some(joined) = steps[place].joined(steps[place + 1]) {
                steps[place] = joined;
            }
        }
        matches!(steps[last], Step::Return(_) | Step::ReturnA).then_some(Program(steps))
    }

    /// Whether the program accepts a packet of this length on the wire, of which these bytes are there.
    #[inline]
    pub(super) fn run(&self, packet: &[u8], original_length: u32) -> bool {
        self.accepted(packet, original_length).is_some_and(|length| length > 0)
    }

    /// How many bytes the program accepts; none where it loads from beyond those that are there.
    fn accepted(&self, packet: &[u8], original_length: u32) -> Option<u32> {
        // Sums of two operands, so that none can overflow.
        let byte = |at: u64| packet.get(usize::try_from(at).ok()?).map(|byte| u32::from(*byte));
        let half = |at: u64| {
            let at = usize::try_from(at).ok()?;
            packet.get(at..at.checked_add(2)?)?.first_chunk().map(|bytes| u32::from(u16::from_be_bytes(*bytes)))
        };
        let word = |at: u64| {
            let at = usize::try_from(at).ok()?;
            packet.get(at..at.checked_add(4)?)?.first_chunk().map(|bytes| u32::from_be_bytes(*bytes))
        };
        let sum = |x: u32, k: u32| u64::from(x) + u64::from(k);
        let skip = |taken: bool, yes: u8, no: u8| usize::from(if taken { yes } else { no });
        let (mut a, mut x) = (0_u32, 0_u32);
        let mut memory = [0_u32; MEMORY];
        let mut place = 0;
        // A loop goes through the packet's headers, so that it has fewer turns than the packet has bytes.
        let mut turns = packet.len();
        while let Some(&step) = self.0.get(place) {
            place += 1;
            match step {
                Step::Word(k) => a = word(k.into())?,
                Step::Half(k) => a = half(k.into())?,
                Step::Byte(k) => a = byte(k.into())?,
                Step::WordAtX(k) => a = word(sum(x, k))?,
                Step::HalfAtX(k) => a = half(sum(x, k))?,
                Step::ByteAtX(k) => a = byte(sum(x, k))?,
                Step::Length => a = original_length,
                Step::Constant(k) => a = k,
                Step::Memory(k) => a = memory[k as usize % MEMORY],
                Step::XFromHeader(k) => x = (byte(k.into())? & 0xf) << 2,
                Step::XFromLength => x = original_length,
                Step::XFromConstant(k) => x = k,
                Step::XFromMemory(k) => x = memory[k as usize % MEMORY],
                Step::Store(k) => memory[k as usize % MEMORY] = a,
                Step::StoreX(k) => memory[k as usize % MEMORY] = x,
                Step::XFromA => x = a,
                Step::AFromX => a = x,
                Step::Equal(k, yes, no) => place += skip(a == k, yes, no),
                Step::Greater(k, yes, no) => place += skip(a > k, yes, no),
                Step::NotLess(k, yes, no) => place += skip(a >= k, yes, no),
                Step::AnyBit(k, yes, no) => place += skip(a & k != 0, yes, no),
                Step::EqualToX(yes, no) => place += skip(a == x, yes, no),
                Step::GreaterThanX(yes, no) => place += skip(a > x, yes, no),
                Step::NotLessThanX(yes, no) => place += skip(a >= x, yes, no),
                Step::AnyBitOfX(yes, no) => place += skip(a & x != 0, yes, no),
                Step::Jump(to) => place = to as usize,
                Step::JumpBack(to) => {
                    turns = turns.checked_sub(1)?;
                    place = to as usize;
                }
                Step::And(k) => a &= k,
                Step::With(operation, k) => a = operation.apply(a, k)?,
                Step::WithX(operation) => a = operation.apply(a, x)?,
                Step::Negate => a = a.wrapping_neg(),
                Step::Return(k) => return Some(k),
                Step::ReturnA => return Some(a),
                Step::HalfEqual(at, value, yes, no) => {
                    a = half(at.into())?;
                    place += 1 + skip(a == u32::from(value), yes, no);
                }
                Step::ByteEqual(at, value, yes, no) => {
                    a = byte(at.into())?;
                    place += 1 + skip(a == u32::from(value), yes, no);
                }
                Step::HalfAtXEqual(at, value, yes, no) => {
                    a = half(sum(x, at.into()))?;
                    place += 1 + skip(a == u32::from(value), yes, no);
                }
            }
        }
        None
    }
}

impl Step {
    /// The instruction at a place of a program whose last one is at another.
    fn of(
        Instruction { code, jump_true: yes, jump_false: no, k }: Instruction,
        place: usize,
        last: usize,
    ) -> Option<Self> {
        /// The operand of an operation or branch is `X`.
        const X: u16 = 0x08;
        let is_memory = (k as usize) < MEMORY;
        let stays = usize::from(yes.max(no)) < last - place;
        Some(match code {
            0x20 => Step::Word(k),
            0x28 => Step::Half(k),
            0x30 => Step::Byte(k),
            0x40 => Step::WordAtX(k),
            0x48 => Step::HalfAtX(k),
            0x50 => Step::ByteAtX(k),
            0x80 => Step::Length,
            0x00 => Step::Constant(k),
            0x60 if is_memory => Step::Memory(k),
            0xb1 => Step::XFromHeader(k),
            0x81 => Step::XFromLength,
            0x01 => Step::XFromConstant(k),
            0x61 if is_memory => Step::XFromMemory(k),
            0x02 if is_memory => Step::Store(k),
            0x03 if is_memory => Step::StoreX(k),
            0x07 => Step::XFromA,
            0x87 => Step::AFromX,
            0x05 => {
                // The one jump that may lead back: "protochain" loops over headers.
                let to = (place + 1).checked_add_signed(k as i32 as isize).filter(|to| *to <= last)?;
                if to <= place { Step::JumpBack(to as u32) } else { Step::Jump(to as u32) }
            }
            0x15 if stays => Step::Equal(k, yes, no),
            0x25 if stays => Step::Greater(k, yes, no),
            0x35 if stays => Step::NotLess(k, yes, no),
            0x45 if stays => Step::AnyBit(k, yes, no),
            0x1d if stays => Step::EqualToX(yes, no),
            0x2d if stays => Step::GreaterThanX(yes, no),
            0x3d if stays => Step::NotLessThanX(yes, no),
            0x4d if stays => Step::AnyBitOfX(yes, no),
            0x54 => Step::And(k),
            0x84 => Step::Negate,
            code if code & 0xff07 == 0x04 => match Operation::of(code)? {
                operation if code & X != 0 => Step::WithX(operation),
                Operation::Divide | Operation::Remainder if k == 0 => return None,
                operation => Step::With(operation, k),
            },
            0x06 => Step::Return(k),
            0x16 => Step::ReturnA,
            _ => return None,
        })
    }

    /// This step and the one behind it as one.
    fn joined(self, next: Step) -> Option<Self> {
        let Step::Equal(value, yes, no) = next else { return None };
        Some(match self {
            Step::Half(at) => Step::HalfEqual(at.try_into().ok()?, value.try_into().ok()?, yes, no),
            Step::Byte(at) => Step::ByteEqual(at.try_into().ok()?, value.try_into().ok()?, yes, no),
            Step::HalfAtX(at) => Step::HalfAtXEqual(at.try_into().ok()?, value.try_into().ok()?, yes, no),
            _ => return None,
        })
    }
}
