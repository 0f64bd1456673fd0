//! Counting bits.

use ff::Field;
use nectar_commitment::Fr;
use nectar_vm::Op;

use super::{first, result, unused};
use crate::builder::Builder;
use crate::execution::bus::Bus;
use crate::execution::number::{low_bits, two_to_the};
use crate::execution::range;
use crate::execution::step::{Core, Step};
use crate::execution::table;
use crate::lc::{Lc, Var};

/// `Clz32`, `Clz64`, `Ctz32`, `Ctz64`.
///
/// Leading zeros: `a 2^c = 2^63 + k`, with a narrow `a` shifted up by 32 bits. Trailing zeros: `(2 k + 1) 2^c = a`. With `k` of 63 bits there is one such
/// `c`; of zero there is none, and `c` is the width.
pub(crate) fn zeros<B: Builder>(b: &mut B, bus: &mut Bus, step: Option<&Step>) {
    let used = b.boolean(step.is_some());
    let step = step.copied().unwrap_or_else(unused);
    let op = step.row.op;
    let trailing = b.boolean(matches!(op, Op::Ctz32 | Op::Ctz64));
    let wide = b.boolean(matches!(op, Op::Clz64 | Op::Ctz64));
    let number = used * Fr::from(Op::Clz32 as u64) + wide + trailing * Fr::from(2);
    let core = Core::new(b, bus, used.into(), (number, Lc::default()), &step);
    let operand = first(b, bus, &core, &step);

    let is_zero = b.boolean(operand.value == Fr::ZERO);
    b.zero_if(is_zero.into(), || operand.into());
    let found = find(op, low_bits(&operand.value));
    let count = b.alloc(Fr::from(found.count));
    b.zero_if(is_zero.into(), || count - Lc::constant(Fr::from(32)) - wide * Fr::from(32));
    let power = b.alloc(two_to_the(u32::try_from(low_bits(&count.value) & 127).unwrap_or_default()));
    table::power(b, bus, count.into(), power);
    let rest = b.alloc(Fr::from(found.rest));
    range::bits(b, bus, rest.into(), 63);

    let one = Lc::one() - is_zero;
    let raised = b.product(operand.into(), Lc::constant(two_to_the(32)) - wide * (two_to_the(32) - Fr::ONE));
    let from = b.select(trailing.into(), rest * Fr::from(2) + one.clone(), raised.into());
    let to = b.select(trailing.into(), operand.into(), one * two_to_the(63) + rest);
    b.enforce(|| (from.into(), power.into(), to.into()));
    result(b, bus, &core, &step, count.into());
    core.next(b, bus);
}

/// A count, and what determines it.
struct Found {
    count: u64,
    rest: u64,
}

fn find(op: Op, operand: u64) -> Found {
    let (raised, width) =
        if matches!(op, Op::Clz64 | Op::Ctz64) { (operand, 64) } else { (operand << 32, 32) };
    if operand == 0 {
        return Found { count: width, rest: 0 };
    }
    let (count, rest) = match op {
        Op::Ctz32 | Op::Ctz64 => (operand.trailing_zeros(), operand >> operand.trailing_zeros() >> 1),
        _ => (raised.leading_zeros(), raised.unbounded_shl(raised.leading_zeros()) & (u64::MAX >> 1)),
    };
    Found { count: count.into(), rest }
}

/// `Popcnt`: the sum of the bits.
pub(crate) fn ones<B: Builder>(b: &mut B, bus: &mut Bus, step: Option<&Step>) {
    let used = b.boolean(step.is_some());
    let step = step.copied().unwrap_or_else(unused);
    let number = used * Fr::from(Op::Popcnt as u64);
    let core = Core::new(b, bus, used.into(), (number, Lc::default()), &step);
    let operand = first(b, bus, &core, &step);
    let bits: Vec<Var> = (0..64).map(|at| b.boolean(low_bits(&operand.value) >> at & 1 == 1)).collect();
    let whole = (0..).zip(&bits).map(|(at, bit)| *bit * two_to_the(at)).sum::<Lc>();
    b.zero(|| whole - operand);
    result(b, bus, &core, &step, bits.into_iter().map(Lc::from).sum());
    core.next(b, bus);
}
