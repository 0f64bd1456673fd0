use nectar_commitment::Fr;
use nectar_vm::Op;

use super::{Mode, first, made, result, second, unused};
use crate::builder::Builder;
use crate::execution::bus::Bus;
use crate::execution::number::{low_bits, two_to_the};
use crate::execution::step::{Core, Step};
use crate::lc::Lc;

/// `Add32`, `Add64`, `Sub32`, `Sub64`.
///
/// `a + s b = r + s c 2^w` with `s` 1 or -1 and a carry `c` of 0 or 1: `r` has `w` bits and so do `a` and `b`, so neither side
/// comes near the modulus, and there is one such `r`.
pub(crate) fn sum<B: Builder>(b: &mut B, bus: &mut Bus, step: Option<&Step>) {
    let mode = Mode::alloc(b, step.map(|step| &step.row));
    let step = step.copied().unwrap_or_else(unused);
    let op = step.row.op;
    let wide = b.boolean(matches!(op, Op::Add64 | Op::Sub64));
    let minus = b.boolean(matches!(op, Op::Sub32 | Op::Sub64));
    // The four operations' numbers are consecutive.
    let number = mode.used() * Fr::from(Op::Add32 as u64) + wide + minus * Fr::from(2);
    let core = Core::new(b, bus, mode.used(), (number, mode.immediate.into()), &step);
    let left = first(b, bus, &core, &step);
    let right = second(b, bus, &core, &mode, &step);

    let (carry, value) = reference(op, low_bits(&left.value), low_bits(&right.value));
    let carry = b.boolean(carry);
    let modulus = Lc::constant(two_to_the(32)) + wide * (two_to_the(64) - two_to_the(32));
    let carried = b.product(carry.into(), modulus);
    let value = made(b, bus, wide.into(), value);
    let sign = Lc::one() - minus * Fr::from(2);
    b.enforce(|| (sign, right - carried, value.clone() - left));
    result(b, bus, &core, &step, value);
    core.next(b, bus);
}

/// Carry or borrow, and the sum.
fn reference(op: Op, a: u64, b: u64) -> (bool, u64) {
    let narrow = |(value, carry): (u64, bool)| (carry || value >> 32 != 0, value & 0xffff_ffff);
    match op {
        Op::Add64 => (a.overflowing_add(b).1, a.wrapping_add(b)),
        Op::Sub64 => (b > a, a.wrapping_sub(b)),
        Op::Sub32 => (b > a, a.wrapping_sub(b) & 0xffff_ffff),
        _ => narrow(a.overflowing_add(b)),
    }
}
