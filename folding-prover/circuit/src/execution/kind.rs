use nectar_vm::{Op, Row, Trap};

use super::bus::Bus;
use super::slots;
use super::step::Step;
use crate::builder::Builder;

/// The kinds of slots.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// `Nop`, `Br`.
    Go,
    /// `Copy`.
    Copy,
    /// `Select`.
    Select,
    /// Reading and writing globals.
    Global,
    /// Additions and subtractions.
    Sum,
    /// Multiplications.
    Product,
    /// Quotients and remainders.
    Division,
    /// `And`, `Or`, `Xor`.
    Bitwise,
    /// Shifts and rotations.
    Shift,
    /// The low bytes of a number, with their sign or without.
    Extend,
    /// Comparisons whose result is written.
    Comparison,
    /// Comparisons that branch.
    Branch,
    /// Those of unsigned numbers.
    BranchUnsigned,
    /// Loads of a byte.
    LoadByte,
    /// Loads of a word or half of one.
    LoadWord,
    /// Other loads from memory.
    Load,
    /// Stores of a word or half of one.
    StoreWord,
    /// Other stores to memory.
    Store,
    /// `Call`.
    Call,
    /// `Return`.
    Return,
    /// `Charge`.
    Charge,
    /// `Clz32`, `Clz64`, `Ctz32`, `Ctz64`.
    Zeros,
    /// `Popcnt`.
    Ones,
    /// `BrTable`.
    BranchTable,
    /// `CallIndirect`.
    CallIndirect,
    /// `MemorySize`, `MemoryGrow`.
    Pages,
    /// `Emit`.
    Emit,
    /// `Advise`.
    Advise,
    /// `Trap`.
    Trap,
    /// Divisions that trap.
    TrapDivision,
    /// Loads and stores that trap.
    TrapMemory,
    /// Calls that trap.
    TrapCall,
    /// Rows for which gas does not suffice.
    TrapGas,
}

impl Kind {
    /// All kinds, in the order in which a circuit has them.
    pub const ALL: [Self; 33] = [
        Self::Go,
        Self::Copy,
        Self::Select,
        Self::Global,
        Self::Sum,
        Self::Product,
        Self::Division,
        Self::Bitwise,
        Self::Shift,
        Self::Extend,
        Self::Comparison,
        Self::Branch,
        Self::BranchUnsigned,
        Self::LoadByte,
        Self::LoadWord,
        Self::Load,
        Self::StoreWord,
        Self::Store,
        Self::Call,
        Self::Return,
        Self::Charge,
        Self::Zeros,
        Self::Ones,
        Self::BranchTable,
        Self::CallIndirect,
        Self::Pages,
        Self::Emit,
        Self::Advise,
        Self::Trap,
        Self::TrapDivision,
        Self::TrapMemory,
        Self::TrapCall,
        Self::TrapGas,
    ];

    /// The kind of slot for a step: its row, what register `a` holds, and the trap that it ends in, if it does. Nothing for what no proof
    /// covers, and for what does not happen: `GlobalGet` and `GlobalSet` do not trap, for who opens programs admits no number from 2^16 on.
    pub fn of(row: &Row, a: u64, trap: Option<Trap>) -> Option<Self> {
        match trap {
            Some(trap) => Self::trapping(row.op, trap),
            None => Self::access(row.op, a.wrapping_add(row.imm)).or_else(|| Self::going_on(row.op)),
        }
    }

    /// Loads and stores that have slots of their own.
    fn access(op: Op, address: u64) -> Option<Self> {
        let aligned = |bytes: u64| address.is_multiple_of(bytes);
        Some(match op {
            Op::Load8U => Self::LoadByte,
            Op::Load32U if aligned(4) => Self::LoadWord,
            Op::Load64 if aligned(8) => Self::LoadWord,
            Op::Store32 if aligned(4) => Self::StoreWord,
            Op::Store64 if aligned(8) => Self::StoreWord,
            _ => return None,
        })
    }

    fn trapping(op: Op, trap: Trap) -> Option<Self> {
        let (divides, accesses) = (Op::DivU..=Op::RemS64, Op::Load8U..=Op::Store64);
        Some(match (trap, op) {
            // A row `Trap` with this number is none for which gas did not suffice; no lowering writes it.
            (Trap::OutOfGas, _) => Self::TrapGas,
            (_, Op::Trap) => Self::Trap,
            (Trap::DivisionByZero, op) if divides.contains(&op) => Self::TrapDivision,
            (Trap::IntegerOverflow, Op::DivS32 | Op::DivS64) => Self::TrapDivision,
            (Trap::MemoryOutOfBounds, op) if accesses.contains(&op) => Self::TrapMemory,
            (Trap::StackOverflow, Op::Call | Op::CallIndirect) => Self::TrapCall,
            (Trap::TableOutOfBounds | Trap::IndirectCallToNull | Trap::BadSignature, Op::CallIndirect) => {
                Self::TrapCall
            }
            _ => return None,
        })
    }

    fn going_on(op: Op) -> Option<Self> {
        Some(match op {
            Op::Nop | Op::Br => Self::Go,
            Op::Copy => Self::Copy,
            Op::Select => Self::Select,
            Op::GlobalGet | Op::GlobalSet => Self::Global,
            Op::Add32 | Op::Add64 | Op::Sub32 | Op::Sub64 => Self::Sum,
            Op::Mul32 | Op::Mul64 => Self::Product,
            op if (Op::DivU..=Op::RemS64).contains(&op) => Self::Division,
            Op::And | Op::Or | Op::Xor => Self::Bitwise,
            op if (Op::Shl32..=Op::Rotr64).contains(&op) => Self::Shift,
            op if (Op::Wrap..=Op::Extend32S64).contains(&op) => Self::Extend,
            op if (Op::Eq..=Op::GeS64).contains(&op) => Self::Comparison,
            Op::BrEq | Op::BrNe | Op::BrLtU | Op::BrGeU => Self::BranchUnsigned,
            Op::BrLtS32 | Op::BrGeS32 | Op::BrLtS64 | Op::BrGeS64 => Self::Branch,
            op if (Op::Load8U..=Op::Load32S64).contains(&op) => Self::Load,
            op if (Op::Store8..=Op::Store64).contains(&op) => Self::Store,
            Op::Call => Self::Call,
            Op::Return => Self::Return,
            Op::Charge => Self::Charge,
            Op::Clz32 | Op::Clz64 | Op::Ctz32 | Op::Ctz64 => Self::Zeros,
            Op::Popcnt => Self::Ones,
            Op::BrTable => Self::BranchTable,
            Op::CallIndirect => Self::CallIndirect,
            Op::MemorySize | Op::MemoryGrow => Self::Pages,
            Op::Emit => Self::Emit,
            Op::Advise => Self::Advise,
            _ => return None,
        })
    }

    /// A kind whose slots do the same, for more rows.
    pub const fn wider(self) -> Option<Self> {
        match self {
            Self::BranchUnsigned => Some(Self::Branch),
            Self::LoadByte | Self::LoadWord => Some(Self::Load),
            Self::StoreWord => Some(Self::Store),
            _ => None,
        }
    }

    /// Rows of the circuit that a slot of this kind takes.
    pub const fn rows(self) -> usize {
        match self {
            Self::Go => 16,
            Self::Copy | Self::Global => 27,
            Self::Select => 38,
            Self::Sum => 46,
            Self::Product => 51,
            Self::Division => 104,
            Self::Bitwise => 72,
            Self::Shift => 90,
            Self::Extend => 70,
            Self::Comparison => 71,
            Self::Branch => 67,
            Self::BranchUnsigned => 43,
            Self::LoadByte => 55,
            Self::LoadWord | Self::CallIndirect => 48,
            Self::Load => 107,
            Self::StoreWord => 62,
            Self::Store => 135,
            Self::Call | Self::Trap => 24,
            Self::Return | Self::Charge => 19,
            Self::Zeros => 42,
            Self::Ones => 89,
            Self::BranchTable => 29,
            Self::Pages => 56,
            Self::Emit | Self::TrapGas => 25,
            Self::Advise => 33,
            Self::TrapDivision => 37,
            Self::TrapMemory => 47,
            Self::TrapCall => 55,
        }
    }

    /// A slot of this kind, for a step or unused.
    pub(super) fn slot<B: Builder>(self, b: &mut B, bus: &mut Bus, step: Option<&Step>) {
        let slot = match self {
            Self::Go => slots::go,
            Self::Copy => slots::copy,
            Self::Select => slots::choose,
            Self::Global => slots::global,
            Self::Sum => slots::sum,
            Self::Product => slots::multiply,
            Self::Division => slots::divide,
            Self::Bitwise => slots::bitwise,
            Self::Shift => slots::shift,
            Self::Extend => slots::extend,
            Self::Comparison => slots::compare,
            Self::Branch => slots::branch,
            Self::BranchUnsigned => slots::branch_unsigned,
            Self::LoadByte => slots::load_byte,
            Self::LoadWord => slots::load_word,
            Self::Load => slots::load,
            Self::StoreWord => slots::store_word,
            Self::Store => slots::store,
            Self::Call => slots::call,
            Self::Return => slots::leave,
            Self::Charge => slots::charge,
            Self::Zeros => slots::zeros,
            Self::Ones => slots::ones,
            Self::BranchTable => slots::branch_table,
            Self::CallIndirect => slots::call_indirect,
            Self::Pages => slots::pages,
            Self::Emit => slots::emit,
            Self::Advise => slots::advise,
            Self::Trap => slots::trap,
            Self::TrapDivision => slots::trap_division,
            Self::TrapMemory => slots::trap_memory,
            Self::TrapCall => slots::trap_call,
            Self::TrapGas => slots::trap_gas,
        };
        slot(b, bus, step);
    }
}
