use nectar_commitment::Fr;

use super::bus::Bus;
use super::counts::LIMB_BITS;
use super::number::low_bits;
use super::table;
use crate::builder::Builder;
use crate::lc::Lc;

/// Requires `0 <= lc < 2^bits`, for `bits` up to 64 and `2^bits` times a limb far below the modulus.
///
/// All limbs but the lowest are variables; the lowest is what remains, so the decomposition costs no row.
pub(crate) fn bits<B: Builder>(b: &mut B, bus: &mut Bus, lc: Lc, bits: u32) {
    let value = low_bits(&lc.value);
    let mut rest = lc;
    let mut above = LIMB_BITS;
    while above < bits {
        let limb = b.alloc(Fr::from(value >> above & ((1 << LIMB_BITS) - 1)));
        rest = rest - limb * Fr::from(1 << above);
        let left = bits - above;
        table::limb(b, bus, limb.into());
        if left < LIMB_BITS {
            table::limb(b, bus, limb * Fr::from(1 << (LIMB_BITS - left)));
        }
        above += LIMB_BITS;
    }
    if bits < LIMB_BITS {
        table::limb(b, bus, rest.clone() * Fr::from(1 << (LIMB_BITS - bits)));
    }
    table::limb(b, bus, rest);
}
