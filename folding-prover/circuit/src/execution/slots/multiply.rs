use nectar_commitment::Fr;
use nectar_vm::Op;

use super::{Mode, first, made, result, second, unused};
use crate::builder::Builder;
use crate::execution::bus::Bus;
use crate::execution::number::{low_bits, two_to_the};
use crate::execution::range;
use crate::execution::step::{Core, Step};
use crate::lc::Lc;

/// `Mul32`, `Mul64`.
///
/// `a b = r + q 2^w` with `r` of `w` bits and `q` of 64: both sides are below 2^129, so there is one such `r`.
pub(crate) fn multiply<B: Builder>(b: &mut B, bus: &mut Bus, step: Option<&Step>) {
    let mode = Mode::alloc(b, step.map(|step| &step.row));
    let step = step.copied().unwrap_or_else(unused);
    let is_wide = step.row.op == Op::Mul64;
    let wide = b.boolean(is_wide);
    let number = mode.used() * Fr::from(Op::Mul32 as u64) + wide;
    let core = Core::new(b, bus, mode.used(), (number, mode.immediate.into()), &step);
    let left = first(b, bus, &core, &step);
    let right = second(b, bus, &core, &mode, &step);

    let product = u128::from(low_bits(&left.value)) * u128::from(low_bits(&right.value));
    let width = if is_wide { 64 } else { 32 };
    let [high, low] = [product >> width, product & ((1 << width) - 1)].map(|n| n.to_le_bytes());
    let [high, low] =
        [high, low].map(|bytes| bytes.into_iter().take(8).rev().fold(0, |n, byte| n << 8 | u64::from(byte)));
    let quotient = b.alloc(Fr::from(high));
    range::bits(b, bus, quotient.into(), 64);
    let value = made(b, bus, wide.into(), low);
    let modulus = Lc::constant(two_to_the(32)) + wide * (two_to_the(64) - two_to_the(32));
    let above = b.product(quotient.into(), modulus);
    b.enforce(|| (left.into(), right.into(), value.clone() + above));
    result(b, bus, &core, &step, value);
    core.next(b, bus);
}
