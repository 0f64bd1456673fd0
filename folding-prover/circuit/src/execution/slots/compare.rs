use ff::Field;
use nectar_commitment::Fr;
use nectar_vm::Op;

use super::sign::{Width, negative};
use super::{Mode, first, result, second, unused};
use crate::builder::Builder;
use crate::execution::bus::Bus;
use crate::execution::number::{low_bits, two_to_the};
use crate::execution::range;
use crate::execution::step::{Core, Step};
use crate::lc::{Lc, Var};

/// `Eq`, `Ne`, `LtU`, `GeU`, `LtS32`, `GeS32`, `LtS64`, `GeS64`: writes 1 or 0.
pub(crate) fn compare<B: Builder>(b: &mut B, bus: &mut Bus, step: Option<&Step>) {
    let mode = Mode::alloc(b, step.map(|step| &step.row));
    let step = step.copied().unwrap_or_else(unused);
    let (core, holds) = comparison(b, bus, &mode, &step, Op::Eq);
    result(b, bus, &core, &step, holds.into());
    core.next(b, bus);
}

/// `BrEq` to `BrGeS64`: the same comparisons, and a branch if they hold.
pub(crate) fn branch<B: Builder>(b: &mut B, bus: &mut Bus, step: Option<&Step>) {
    let mode = Mode::alloc(b, step.map(|step| &step.row));
    let step = step.copied().unwrap_or_else(unused);
    let (core, holds) = comparison(b, bus, &mode, &step, Op::BrEq);
    branch_if(b, bus, core, holds);
}

/// `BrEq`, `BrNe`, `BrLtU`, `BrGeU`: as above, without signs.
pub(crate) fn branch_unsigned<B: Builder>(b: &mut B, bus: &mut Bus, step: Option<&Step>) {
    let mode = Mode::alloc(b, step.map(|step| &step.row));
    let step = step.copied().unwrap_or_else(unused);
    let orders = b.boolean(matches!(step.row.op, Op::BrLtU | Op::BrGeU));
    let negated = b.boolean(matches!(step.row.op, Op::BrNe | Op::BrGeU));
    let number = mode.used() * Fr::from(Op::BrEq as u64) + orders * Fr::from(2) + negated;
    let core = Core::new(b, bus, mode.used(), (number, mode.immediate.into()), &step);
    let left = first(b, bus, &core, &step);
    let right = second(b, bus, &core, &mode, &step);
    let less = is_less(b, bus, left.into(), right.into());
    let equal = equal(b, left, right);
    let holds = b.select(orders.into(), less.into(), equal.into());
    let holds = unless(b, holds, negated);
    branch_if(b, bus, core, holds);
}

fn branch_if<B: Builder>(b: &mut B, bus: &mut Bus, core: Core, holds: Var) {
    // `d` is the target's distance plus 2^31.
    let distance = core.d - Lc::constant(two_to_the(31)) - Lc::one();
    let jump = b.product(holds.into(), distance);
    let target = core.pc + Lc::one() + jump;
    core.go_to(b, bus, target);
}

/// The comparison of an operation, `from` being the one for equality: the others follow it in the order above.
fn comparison<B: Builder>(b: &mut B, bus: &mut Bus, mode: &Mode, step: &Step, from: Op) -> (Core, Var) {
    let place = (step.row.op as u64).saturating_sub(from as u64);
    let kind = Kind::alloc(b, place / 2);
    let negated = b.boolean(place % 2 == 1);
    let number = mode.used() * Fr::from(from as u64) + kind.number() * Fr::from(2) + negated;
    let core = Core::new(b, bus, mode.used(), (number, mode.immediate.into()), step);
    let left = first(b, bus, &core, step);
    let right = second(b, bus, &core, mode, step);

    let less = less(b, bus, &kind.width, left, right);
    let equal = equal(b, left, right);
    let holds = b.select(kind.equality(), equal.into(), less.into());
    let holds = unless(b, holds, negated);
    (core, holds)
}

/// Exclusive or.
fn unless<B: Builder>(b: &mut B, holds: Var, negated: Var) -> Var {
    let both = b.product(holds.into(), negated.into());
    b.alias(holds + negated - both * Fr::from(2))
}

/// 1 if the two are equal. The inverse is determined where it matters, so it may wait for the second phase.
fn equal<B: Builder>(b: &mut B, left: Var, right: Var) -> Var {
    let difference = left - right;
    let equal = b.alloc(Fr::from(u64::from(difference.value == Fr::ZERO)));
    let inverse = b.late(Option::<Fr>::from(difference.value.invert()).unwrap_or_default());
    b.enforce(|| (difference.clone(), inverse.into(), Lc::one() - equal));
    b.enforce(|| (difference, equal.into(), Lc::default()));
    equal
}

/// 1 if `left < right`, in the order of their width.
fn less<B: Builder>(b: &mut B, bus: &mut Bus, width: &Width, left: Var, right: Var) -> Var {
    let [left, right] = [left, right].map(|operand| negative(b, bus, width, operand).ordered);
    is_less(b, bus, left, right)
}

/// 1 if `left < right`, of numbers of 64 bits: then, and only then, their difference is in range with 2^64 added.
fn is_less<B: Builder>(b: &mut B, bus: &mut Bus, left: Lc, right: Lc) -> Var {
    let less = b.boolean(low_bits(&left.value) < low_bits(&right.value));
    range::bits(b, bus, left - right + less * two_to_the(64), 64);
    less
}

/// Which comparison: unsigned, signed, or, if neither, equality.
struct Kind {
    unsigned: Var,
    width: Width,
}

impl Kind {
    fn alloc<B: Builder>(b: &mut B, number: u64) -> Self {
        let width = Width::alloc(b, number == 2, number == 3);
        let unsigned = b.boolean(number == 1);
        b.enforce(|| (unsigned.into(), width.signed(), Lc::default()));
        Self { unsigned, width }
    }

    fn equality(&self) -> Lc {
        Lc::one() - self.unsigned - self.width.signed()
    }

    fn number(&self) -> Lc {
        self.unsigned + self.width.narrow * Fr::from(2) + self.width.wide * Fr::from(3)
    }
}
