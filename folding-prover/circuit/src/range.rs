use ff::{Field, PrimeField};
use nectar_commitment::Fr;

use crate::builder::Builder;
use crate::lc::Lc;

/// Bits of a key.
pub(crate) const KEY_BITS: usize = 248;

/// Requires `lc < 2^248` if `condition` is not zero.
pub(crate) fn below_two_to_the_248<B: Builder>(b: &mut B, condition: Lc, lc: Lc) {
    let shown = if condition.value == Fr::ZERO { Fr::ZERO } else { lc.value };
    let bytes: [u8; 32] = shown.to_repr().into();
    let mut weight = Fr::ONE;
    let mut sum = Lc::default();
    for byte in bytes.into_iter().take(KEY_BITS / 8) {
        for bit in 0..8 {
            sum = sum + b.boolean(byte >> bit & 1 == 1) * weight;
            weight = weight.double();
        }
    }
    b.zero_if(condition, || lc - sum);
}

/// Requires `before < key`, and `key < after` unless `after` is zero, all of them below 2^248, if `condition` is 1.
///
/// `before`, `key - before - 1`, `end - key - 1` and `after` have 248 bits, where `end` is `after`, or 2^248 if that
/// is zero. No sum of three such numbers wraps around the modulus, so these are statements about integers.
pub(crate) fn encloses<B: Builder>(b: &mut B, condition: Lc, before: Lc, key: Lc, after: Lc) {
    let inverse = Option::<Fr>::from(after.value.invert()).unwrap_or_default();
    let inverse = b.alloc(inverse);
    let none = b.alloc(Fr::ONE - after.value * inverse.value);
    b.enforce(|| (after.clone(), inverse.into(), Lc::one() - none));
    b.enforce(|| (after.clone(), none.into(), Lc::default()));
    let top = Fr::from(2).pow([KEY_BITS as u64]);
    let end = after.clone() + none * top;
    let parts = [before.clone(), key.clone() - before - Lc::one(), end - key - Lc::one(), after];
    for part in parts {
        below_two_to_the_248(b, condition.clone(), part);
    }
}
