use nectar_commitment::Fr;
use nectar_vm::Op;

use super::sign::{Width, negative};
use super::{Mode, first, made, result, second, unused};
use crate::builder::Builder;
use crate::execution::bus::Bus;
use crate::execution::number::{low_bits, two_to_the};
use crate::execution::range;
use crate::execution::step::{Core, Step};
use crate::execution::table;
use crate::lc::{Lc, Var};

/// `Shl`, `ShrU`, `ShrS`, `Rotl`, `Rotr`, each with 32 and 64 bits.
///
/// With `s` the distance modulo `w`, and `e = s` to the left or `e = w - s` to the right: `a 2^e = high 2^w + low`, both of `w` bits, so there is one such pair.
/// A shift to the left is `low`, to the right `high`, a rotation their sum, for they have no bit in common. With the sign, the `s` bits on top are
/// ones: `2^w - 2^e` more.
pub(crate) fn shift<B: Builder>(b: &mut B, bus: &mut Bus, step: Option<&Step>) {
    let mode = Mode::alloc(b, step.map(|step| &step.row));
    let step = step.copied().unwrap_or_else(unused);
    let kind = Kind::alloc(b, step.row.op);
    let number = mode.used() * Fr::from(Op::Shl32 as u64) + kind.number();
    let core = Core::new(b, bus, mode.used(), (number, mode.immediate.into()), &step);
    let left = first(b, bus, &core, &step);
    let right = second(b, bus, &core, &mode, &step);

    let distance = distance(b, bus, &kind, right);
    let to_right = kind.unsigned + kind.signed() + kind.rotate_right;
    let width = Lc::constant(Fr::from(32)) + kind.is_wide * Fr::from(32);
    let exponent = b.select(to_right, width - distance, distance.into());
    let power = b.alloc(two_to_the(u32::try_from(low_bits(&exponent.value) & 127).unwrap_or_default()));
    table::power(b, bus, exponent.into(), power);

    let (high, low) = split(b, bus, &kind, left, power);
    let sign = negative(b, bus, &kind.width, left).negative;
    let ones = b.product(sign.into(), kind.modulus() - power);
    let low = b.product(kind.left + kind.rotate_left + kind.rotate_right, low);
    let high = b.product(Lc::one() - kind.left, high);
    result(b, bus, &core, &step, low + high + ones);
    core.next(b, bus);
}

/// The distance modulo the width: what remains below it after whole widths are taken off.
fn distance<B: Builder>(b: &mut B, bus: &mut Bus, kind: &Kind, right: Var) -> Var {
    let (number, width) = (low_bits(&right.value), if low_bits(&kind.is_wide.value) == 1 { 64 } else { 32 });
    let distance = b.alloc(Fr::from(number % width));
    let widths = b.alloc(Fr::from(number / width));
    range::bits(b, bus, widths.into(), 64);
    // Below 2^6, and twice the distance is if narrow. It is no half of an odd number: the last row makes it an integer.
    let doubled = b.product(distance.into(), Lc::constant(Fr::from(2)) - kind.is_wide);
    range::bits(b, bus, doubled.into(), 6);
    let modulus = Lc::constant(Fr::from(32)) + kind.is_wide * Fr::from(32);
    b.enforce(|| (widths.into(), modulus, right - distance));
    distance
}

/// High and low part of `a 2^e`.
fn split<B: Builder>(b: &mut B, bus: &mut Bus, kind: &Kind, left: Var, power: Var) -> (Lc, Lc) {
    let product = b.product(left.into(), power.into());
    let shift = low_bits(&left.value);
    let exponent = exponent_of(&power.value);
    let whole = u128::from(shift).checked_shl(exponent).unwrap_or_default();
    let width = if low_bits(&kind.is_wide.value) == 1 { 64 } else { 32 };
    let [high, low] = [whole >> width, whole & ((1 << width) - 1)].map(|part| part & u128::from(u64::MAX));
    let [high, low] = [high, low].map(|part| u64::try_from(part).unwrap_or_default());
    let high = made(b, bus, kind.is_wide.into(), high);
    let low = made(b, bus, kind.is_wide.into(), low);
    let above = b.product(high.clone(), kind.modulus());
    b.zero(|| product - above - low.clone());
    (high, low)
}

fn exponent_of(power: &Fr) -> u32 {
    (0..=64).find(|exponent| two_to_the(*exponent) == *power).unwrap_or_default()
}

/// Which operation: at most one of the first five is 1 (the sign's are in `width`).
struct Kind {
    left: Var,
    unsigned: Var,
    width: Width,
    rotate_left: Var,
    rotate_right: Var,
    is_wide: Var,
}

impl Kind {
    fn alloc<B: Builder>(b: &mut B, op: Op) -> Self {
        use Op::{Rotl32, Rotl64, Rotr32, Rotr64, Shl64, ShrS32, ShrS64, ShrU32, ShrU64};
        let is_wide = matches!(op, Shl64 | ShrU64 | ShrS64 | Rotl64 | Rotr64);
        let kind = Self {
            // A slot that is not used shifts zero to the left.
            left: b.boolean(!matches!(
                op,
                ShrU32 | ShrU64 | ShrS32 | ShrS64 | Rotl32 | Rotl64 | Rotr32 | Rotr64
            )),
            unsigned: b.boolean(matches!(op, ShrU32 | ShrU64)),
            width: Width::alloc(b, op == ShrS32, op == ShrS64),
            rotate_left: b.boolean(matches!(op, Rotl32 | Rotl64)),
            rotate_right: b.boolean(matches!(op, Rotr32 | Rotr64)),
            is_wide: b.boolean(is_wide),
        };
        let any = kind.left + kind.unsigned + kind.signed() + kind.rotate_left + kind.rotate_right;
        b.zero(|| any - Lc::one());
        // With the sign, the width is said twice.
        b.enforce(|| (kind.signed(), kind.is_wide - kind.width.wide, Lc::default()));
        kind
    }

    fn signed(&self) -> Lc {
        self.width.signed()
    }

    fn modulus(&self) -> Lc {
        Lc::constant(two_to_the(32)) + self.is_wide * (two_to_the(64) - two_to_the(32))
    }

    /// What the operation's number is above that of `Shl32`.
    fn number(&self) -> Lc {
        let pairs = self.unsigned
            + self.signed() * Fr::from(2)
            + self.rotate_left * Fr::from(3)
            + self.rotate_right * Fr::from(4);
        pairs * Fr::from(2) + self.is_wide
    }
}
