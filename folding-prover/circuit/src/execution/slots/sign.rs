use nectar_commitment::Fr;

use crate::builder::Builder;
use crate::execution::bus::Bus;
use crate::execution::number::{low_bits, two_to_the};
use crate::execution::range;
use crate::lc::{Lc, Var};

/// Whether operands are signed, and of how many bits: at most one is 1; none is for unsigned operands of 64 bits.
pub(crate) struct Width {
    /// Signed, 32 bits.
    pub(crate) narrow: Var,
    /// Signed, 64 bits.
    pub(crate) wide: Var,
}

impl Width {
    pub(crate) fn alloc<B: Builder>(b: &mut B, narrow: bool, wide: bool) -> Self {
        let width = Self { narrow: b.boolean(narrow), wide: b.boolean(wide) };
        let any = width.signed();
        b.enforce(|| (any.clone(), any.clone(), any));
        width
    }

    pub(crate) fn signed(&self) -> Lc {
        self.narrow + self.wide
    }

    /// `2^w`
    pub(crate) fn modulus(&self) -> Lc {
        Lc::constant(two_to_the(64)) - self.narrow * (two_to_the(64) - two_to_the(32))
    }

    /// `2^(w-1)`
    pub(crate) fn half(&self) -> Lc {
        Lc::constant(two_to_the(63)) - self.narrow * (two_to_the(63) - two_to_the(31))
    }
}

/// An operand, looked at as a signed number.
pub(crate) struct Sign {
    /// 1 if it is negative.
    pub(crate) negative: Var,
    /// In the order of signed numbers, as one of 64 bits: a narrow one is shifted up by 32 bits, then the top bit is flipped.
    pub(crate) ordered: Lc,
}

/// The sign of an operand; 0 of an unsigned one.
///
/// The wrong sign would put `ordered` outside of 64 bits: `x + 2^63` is there only if the top bit is not set, `x - 2^63` only if it is.
pub(crate) fn negative<B: Builder>(b: &mut B, bus: &mut Bus, width: &Width, operand: Var) -> Sign {
    let scale = Lc::one() + width.narrow * (two_to_the(32) - Fr::one());
    let shifted = b.product(operand.into(), scale);
    let signed = low_bits(&width.signed().value) == 1;
    let negative = b.boolean(signed && low_bits(&shifted.value) >> 63 == 1);
    // Only signed numbers have one.
    b.enforce(|| (negative.into(), Lc::one() - width.signed(), Lc::default()));
    let ordered = shifted + width.signed() * two_to_the(63) - negative * two_to_the(64);
    range::bits(b, bus, ordered.clone(), 64);
    Sign { negative, ordered }
}
