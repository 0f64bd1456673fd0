//! Values of scripts as registers hold them.

use wast::core::{NanPattern, WastArgCore, WastRetCore};
use wast::{WastArg, WastRet};

use crate::verdict::Verdict;

const F32_QUIET: u64 = 0x7fc0_0000;
const F64_QUIET: u64 = 0x7ff8_0000_0000_0000;

/// An argument's bits: 32-bit values zero-extended, floats as they are stored.
pub(crate) fn argument(argument: &WastArg<'_>) -> Result<u64, Verdict> {
    match argument {
        WastArg::Core(WastArgCore::I32(value)) => Ok(value.cast_unsigned().into()),
        WastArg::Core(WastArgCore::I64(value)) => Ok(value.cast_unsigned()),
        WastArg::Core(WastArgCore::F32(value)) => Ok(value.bits.into()),
        WastArg::Core(WastArgCore::F64(value)) => Ok(value.bits),
        WastArg::Core(WastArgCore::V128(_)) => Err(Verdict::Skipped("SIMD".to_owned())),
        _ => Err(Verdict::Skipped("reference types".to_owned())),
    }
}

/// Whether a register holds what is expected, in all of its 64 bits.
pub(crate) fn matches(expected: &WastRet<'_>, register: u64) -> Result<bool, Verdict> {
    match expected {
        WastRet::Core(expected) => matches_core(expected, register),
        _ => Err(Verdict::Skipped("components".to_owned())),
    }
}

fn matches_core(expected: &WastRetCore<'_>, register: u64) -> Result<bool, Verdict> {
    Ok(match expected {
        WastRetCore::I32(value) => register == u64::from(value.cast_unsigned()),
        WastRetCore::I64(value) => register == value.cast_unsigned(),
        WastRetCore::F32(NanPattern::Value(value)) => register == u64::from(value.bits),
        WastRetCore::F64(NanPattern::Value(value)) => register == value.bits,
        WastRetCore::F32(NanPattern::CanonicalNan) => register & !(1 << 31) == F32_QUIET,
        WastRetCore::F64(NanPattern::CanonicalNan) => register & !(1 << 63) == F64_QUIET,
        WastRetCore::F32(NanPattern::ArithmeticNan) => {
            register >> 32 == 0 && register & F32_QUIET == F32_QUIET
        }
        WastRetCore::F64(NanPattern::ArithmeticNan) => register & F64_QUIET == F64_QUIET,
        WastRetCore::Either(values) => {
            return values.iter().try_fold(false, |any, value| Ok(any || matches_core(value, register)?));
        }
        WastRetCore::V128(_) => return Err(Verdict::Skipped("SIMD".to_owned())),
        _ => return Err(Verdict::Skipped("reference types".to_owned())),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_upper_half_of_a_32_bit_result_counts() {
        let expected = WastRet::Core(WastRetCore::I32(-1));
        assert_eq!(matches(&expected, 0xffff_ffff), Ok(true));
        assert_eq!(matches(&expected, u64::MAX), Ok(false));
    }

    #[test]
    fn nan_patterns_take_either_sign() {
        let canonical = WastRet::Core(WastRetCore::F32(NanPattern::CanonicalNan));
        let arithmetic = WastRet::Core(WastRetCore::F64(NanPattern::ArithmeticNan));
        assert_eq!(
            [0x7fc0_0000, 0xffc0_0000, 0x7fc0_0001].map(|bits| matches(&canonical, bits)),
            [Ok(true), Ok(true), Ok(false)]
        );
        assert_eq!(
            [F64_QUIET | 1, 1 << 63, 0].map(|bits| matches(&arithmetic, bits)),
            [Ok(true), Ok(false), Ok(false)]
        );
    }
}
