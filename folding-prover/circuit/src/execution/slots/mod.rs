//! The kinds of slots: each does some operations of the machine.

mod aligned;
mod bitwise;
mod charge;
mod choose;
mod compare;
mod copy;
mod count;
mod divide;
mod extend;
mod flow;
mod global;
mod indirect;
mod memory;
mod multiply;
mod outside;
mod pages;
mod shift;
mod sign;
mod sum;
mod trap;
mod word;

pub(crate) use aligned::{load_byte, load_word, store_word};
pub(crate) use bitwise::bitwise;
pub(crate) use charge::charge;
pub(crate) use choose::choose;
pub(crate) use compare::{branch, branch_unsigned, compare};
pub(crate) use copy::copy;
pub(crate) use count::{ones, zeros};
pub(crate) use divide::{divide, trap_division};
pub(crate) use extend::extend;
pub(crate) use flow::{branch_table, call, go, leave};
pub(crate) use global::global;
pub(crate) use indirect::{call_indirect, trap_call};
pub(crate) use memory::{load, store, trap_memory};
pub(crate) use multiply::multiply;
pub(crate) use outside::{advise, emit};
pub(crate) use pages::pages;
pub(crate) use shift::shift;
pub(crate) use sum::sum;
#[cfg(test)]
pub(crate) use trap::LAST_TRAP;
pub(crate) use trap::{trap, trap_gas};

use nectar_commitment::Fr;
use nectar_vm::{Op, Row};

use super::access::{read, write};
use super::bus::Bus;
use super::number::two_to_the;
use super::range;
use super::step::{Core, Element, Step};
use crate::builder::Builder;
use crate::lc::{Lc, Var};

/// Whether a slot is used, and where its second operand comes from: two booleans, at most one of them 1.
pub(crate) struct Mode {
    /// The second operand is a register.
    pub(crate) register: Var,
    /// It is the row's constant.
    pub(crate) immediate: Var,
}

impl Mode {
    pub(crate) fn alloc<B: Builder>(b: &mut B, row: Option<&Row>) -> Self {
        let register = b.boolean(row.is_some_and(|row| !row.immediate));
        let immediate = b.boolean(row.is_some_and(|row| row.immediate));
        let mode = Self { register, immediate };
        let used = mode.used();
        b.enforce(|| (used.clone(), used.clone(), used));
        mode
    }

    /// 1 in a used slot.
    pub(crate) fn used(&self) -> Lc {
        self.register + self.immediate
    }
}

/// What a slot is used for: booleans, at most one of them 1.
pub(crate) fn one_of<B: Builder, const N: usize>(b: &mut B, which: Option<usize>) -> [Var; N] {
    let choices = std::array::from_fn(|choice| b.boolean(which == Some(choice)));
    let any: Lc = choices.into_iter().map(Lc::from).sum();
    b.enforce(|| (any.clone(), any.clone(), any));
    choices
}

/// Reads the first operand.
pub(crate) fn first<B: Builder>(b: &mut B, bus: &mut Bus, core: &Core, step: &Step) -> Var {
    first_if(b, bus, core, &core.used, step)
}

/// Reads the first operand if `m` is 1; else it may be anything.
pub(crate) fn first_if<B: Builder>(b: &mut B, bus: &mut Bus, core: &Core, m: &Lc, step: &Step) -> Var {
    read(b, bus, m, core.register(core.a, 1), step.a)
}

/// Reads the second operand, or takes the constant.
pub(crate) fn second<B: Builder>(b: &mut B, bus: &mut Bus, core: &Core, mode: &Mode, step: &Step) -> Var {
    let value = read(b, bus, &mode.register.into(), core.register(core.b, 2), step.b);
    b.select(mode.register.into(), value.into(), core.imm.into())
}

/// Writes the destination.
pub(crate) fn result<B: Builder>(b: &mut B, bus: &mut Bus, core: &Core, step: &Step, value: Lc) {
    write(b, bus, &core.used, core.register(core.d, 3), step.d, value);
}

/// A new value of 32 bits, or of 64 if `wide` is 1.
pub(crate) fn made<B: Builder>(b: &mut B, bus: &mut Bus, wide: Lc, value: u64) -> Lc {
    let high = b.alloc(Fr::from(value >> 32));
    let low = b.alloc(Fr::from(value & 0xffff_ffff));
    range::bits(b, bus, low.into(), 32);
    range::bits(b, bus, high.into(), 32);
    b.enforce(|| (Lc::one() - wide, high.into(), Lc::default()));
    low + high * two_to_the(32)
}

/// A step that does nothing, for slots that are not used: its row is no row, and nothing is sent or received.
pub(crate) fn unused() -> Step {
    let (access, write, link) = Default::default();
    let row = Row::new(Op::Trap);
    Step {
        run: 0,
        time: 0,
        pc: 0,
        fp: 0,
        gas: 0,
        row,
        a: access,
        b: access,
        d: write,
        words: [access; 2],
        condition: access,
        link,
        special: access,
        advised: 0,
        element: Element::default(),
        growths: 0,
        charges: false,
        trap: None,
    }
}
