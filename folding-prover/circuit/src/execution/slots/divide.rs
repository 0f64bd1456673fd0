use ff::Field;
use nectar_commitment::Fr;
use nectar_vm::{Op, Trap};

use super::sign::{Width, negative};
use super::{Mode, first, made, result, second, unused};
use crate::builder::Builder;
use crate::execution::bus::Bus;
use crate::execution::number::low_bits;
use crate::execution::range;
use crate::execution::step::{Core, Step};
use crate::lc::{Lc, Var};

/// `DivU`, `RemU`, `DivS32`, `DivS64`, `RemS32`, `RemS64`; dividing by zero, and the quotient that does not fit, are traps and no steps of this slot.
///
/// `|a| = q |b| + r` with `0 <= r < |b|`, all of 64 bits: one `q` and one `r`. The result is `q`, negative if just one operand is, or `r`, negative
/// if `a` is: `x - 2 s x + t 2^w` within `w` bits, for a `t` of 0 or 1.
pub(crate) fn divide<B: Builder>(b: &mut B, bus: &mut Bus, step: Option<&Step>) {
    let mode = Mode::alloc(b, step.map(|step| &step.row));
    let step = step.copied().unwrap_or_else(unused);
    let division = Division::alloc(b, step.row.op);
    let Division { remainder, width, signed_remainder } = &division;
    let head = (division.number(&mode), mode.immediate.into());
    let core = Core::new(b, bus, mode.used(), head, &step);
    let left = first(b, bus, &core, &step);
    let right = second(b, bus, &core, &mode, &step);

    let [(left_sign, dividend), (right_sign, divisor)] =
        [left, right].map(|operand| magnitude(b, bus, width, operand));
    let (n, d) = (low_bits(&dividend.value), low_bits(&divisor.value));
    let quotient = b.alloc(Fr::from(n.checked_div(d).unwrap_or_default()));
    let rest = b.alloc(Fr::from(n.checked_rem(d).unwrap_or_default()));
    range::bits(b, bus, quotient.into(), 64);
    range::bits(b, bus, rest.into(), 64);
    b.enforce(|| (quotient.into(), divisor.clone(), dividend - rest));
    // In a slot that is not used the divisor is zero.
    range::bits(b, bus, divisor - rest - mode.used(), 64);

    let both = b.product(left_sign.into(), right_sign.into());
    let either = left_sign + right_sign - both * Fr::from(2);
    no_overflow(b, bus, width, *signed_remainder, quotient, &either);
    let size = b.select((*remainder).into(), rest.into(), quotient.into());
    let sign = b.select((*remainder).into(), left_sign.into(), either);
    let value = signed(b, bus, width, size, sign);
    result(b, bus, &core, &step, value);
    core.next(b, bus);
}

/// A division that traps: by zero, or of the least number by -1, whose quotient does not fit.
pub(crate) fn trap_division<B: Builder>(b: &mut B, bus: &mut Bus, step: Option<&Step>) {
    let mode = Mode::alloc(b, step.map(|step| &step.row));
    let step = step.copied().unwrap_or_else(unused);
    let division = Division::alloc(b, step.row.op);
    let head = (division.number(&mode), mode.immediate.into());
    let core = Core::new(b, bus, mode.used(), head, &step);
    let left = first(b, bus, &core, &step);
    let right = second(b, bus, &core, &mode, &step);

    let overflows = b.boolean(step.trap == Some(Trap::IntegerOverflow));
    let width = &division.width;
    let minus_one = width.modulus() - Lc::one();
    b.zero_if(overflows.into(), || Lc::one() - width.signed() + division.signed_remainder);
    b.zero_if(overflows.into(), || left - width.half());
    // Of 0 or -1, the divisor is the one that the trap says.
    let divisor = b.product(overflows.into(), minus_one);
    b.zero_if(mode.used(), || right - divisor);
    let [by_zero, overflow] = [Trap::DivisionByZero, Trap::IntegerOverflow].map(|trap| trap as u64);
    let trap = Lc::constant(Fr::from(by_zero)) - overflows * Fr::from(by_zero - overflow);
    core.trap(b, bus, trap);
}

/// Which division it is.
struct Division {
    remainder: Var,
    width: Width,
    signed_remainder: Var,
}

impl Division {
    fn alloc<B: Builder>(b: &mut B, op: Op) -> Self {
        use Op::{DivS32, DivS64, RemS32, RemS64, RemU};
        let remainder = b.boolean(matches!(op, RemU | RemS32 | RemS64));
        let width = Width::alloc(b, matches!(op, DivS32 | RemS32), matches!(op, DivS64 | RemS64));
        let signed_remainder = b.product(remainder.into(), width.signed());
        Self { remainder, width, signed_remainder }
    }

    /// 22, 23; 24, 26; 25, 27.
    fn number(&self, mode: &Mode) -> Lc {
        let Self { remainder, width, signed_remainder } = self;
        let kind = *remainder + *signed_remainder + width.narrow * Fr::from(2) + width.wide * Fr::from(3);
        mode.used() * Fr::from(Op::DivU as u64) + kind
    }
}

/// A sign, and the number without it.
fn magnitude<B: Builder>(b: &mut B, bus: &mut Bus, width: &Width, operand: Var) -> (Var, Lc) {
    let sign = negative(b, bus, width, operand).negative;
    let change = b.product(sign.into(), width.modulus() - operand * Fr::from(2));
    (sign, operand + change)
}

/// A signed quotient that is not negative is below `2^(w-1)`.
fn no_overflow<B: Builder>(
    b: &mut B,
    bus: &mut Bus,
    width: &Width,
    signed_remainder: Var,
    quotient: Var,
    negative: &Lc,
) {
    let signed_quotient = width.signed() - signed_remainder;
    let room = width.half() - Lc::one() + negative.clone() - quotient;
    let room = b.product(signed_quotient, room);
    range::bits(b, bus, room.into(), 64);
}

/// `x` or `-x`, modulo 2^w.
fn signed<B: Builder>(b: &mut B, bus: &mut Bus, width: &Width, size: Var, sign: Var) -> Lc {
    let is_negative = sign.value == Fr::ONE && size.value != Fr::ZERO;
    let x = low_bits(&size.value);
    let wrapped =
        if low_bits(&width.narrow.value) == 1 { x.wrapping_neg() & 0xffff_ffff } else { x.wrapping_neg() };
    let wraps = b.boolean(is_negative);
    let value = made(b, bus, Lc::one() - width.narrow, if is_negative { wrapped } else { x });
    let around = b.product(wraps.into(), width.modulus());
    let change = sign * Fr::from(2);
    b.enforce(|| (change, size.into(), size + around - value.clone()));
    value
}
