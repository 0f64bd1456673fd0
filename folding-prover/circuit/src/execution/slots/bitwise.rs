use nectar_commitment::Fr;
use nectar_vm::Op;

use super::{Mode, first, result, second, unused};
use crate::builder::Builder;
use crate::execution::bus::Bus;
use crate::execution::number::{low_bits, two_to_the};
use crate::execution::step::{Core, Step};
use crate::execution::table;
use crate::lc::{Lc, Var};

/// `And`, `Or`, `Xor`.
///
/// Operands are cut into limbs of six bits, whose `and` is looked up. `a or b = a + b - (a and b)`, `a xor b = a + b - 2 (a and b)`.
pub(crate) fn bitwise<B: Builder>(b: &mut B, bus: &mut Bus, step: Option<&Step>) {
    let mode = Mode::alloc(b, step.map(|step| &step.row));
    let step = step.copied().unwrap_or_else(unused);
    let or = b.boolean(step.row.op == Op::Or);
    let xor = b.boolean(step.row.op == Op::Xor);
    b.enforce(|| (or.into(), xor.into(), Lc::default()));
    let number = mode.used() * Fr::from(Op::And as u64) + or + xor * Fr::from(2);
    let core = Core::new(b, bus, mode.used(), (number, mode.immediate.into()), &step);
    let left = first(b, bus, &core, &step);
    let right = second(b, bus, &core, &mode, &step);

    let and = and(b, bus, left, right);
    // 1 - or - 2 xor times the sum, and the sum for the others.
    let sum = left + right;
    let with_sum = b.product(or + xor, sum);
    let factor = Lc::one() - or * Fr::from(2) - xor * Fr::from(3);
    let with_and = b.product(factor, and);
    result(b, bus, &core, &step, with_sum + with_and);
    core.next(b, bus);
}

/// The bits that both have.
fn and<B: Builder>(b: &mut B, bus: &mut Bus, left: Var, right: Var) -> Lc {
    let numbers = [left, right].map(|operand| low_bits(&operand.value));
    let mut rest = [left, right].map(Lc::from);
    let mut and = Lc::default();
    for at in (0..64).step_by(6) {
        let weight = two_to_the(at);
        let limbs = numbers.map(|number| number >> at & 63);
        let both = b.alloc(Fr::from(limbs[0] & limbs[1]));
        let limbs = limbs.map(|limb| b.alloc(Fr::from(limb)));
        table::and(b, bus, limbs, both);
        and = and + both * weight;
        rest = [0, 1].map(|i| rest[i].clone() - limbs[i] * weight);
    }
    let [left, right] = rest;
    b.zero(|| left);
    b.zero(|| right);
    and
}
