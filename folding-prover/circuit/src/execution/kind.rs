use nectar_vm::Op;

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
    /// Loads from memory.
    Load,
    /// Stores to memory.
    Store,
    /// `Call`.
    Call,
    /// `Return`.
    Return,
    /// `Charge`.
    Charge,
}

impl Kind {
    /// All kinds, in the order in which a circuit has them.
    pub const ALL: [Self; 17] = [
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
        Self::Load,
        Self::Store,
        Self::Call,
        Self::Return,
        Self::Charge,
    ];

    /// The kind of slot that does an operation; nothing if there is none yet.
    pub fn of(op: Op) -> Option<Self> {
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
            op if (Op::BrEq..=Op::BrGeS64).contains(&op) => Self::Branch,
            op if (Op::Load8U..=Op::Load32S64).contains(&op) => Self::Load,
            op if (Op::Store8..=Op::Store64).contains(&op) => Self::Store,
            Op::Call => Self::Call,
            Op::Return => Self::Return,
            Op::Charge => Self::Charge,
            _ => return None,
        })
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
            Self::Load => 107,
            Self::Store => 135,
            Self::Call => 24,
            Self::Return | Self::Charge => 19,
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
            Self::Load => slots::load,
            Self::Store => slots::store,
            Self::Call => slots::call,
            Self::Return => slots::leave,
            Self::Charge => slots::charge,
        };
        slot(b, bus, step);
    }
}
