//! Field elements that stand for integers.

use ff::{Field, PrimeField};
use nectar_commitment::Fr;

/// A power of two.
pub(crate) fn two_to_the(bits: u32) -> Fr {
    Fr::from(2).pow([u64::from(bits)])
}

/// The low 64 bits of a value.
pub(crate) fn low_bits(value: &Fr) -> u64 {
    bits_from(value, 0)
}

/// The 64 bits above them.
pub(crate) fn high_bits(value: &Fr) -> u64 {
    bits_from(value, 8)
}

fn bits_from(value: &Fr, byte: usize) -> u64 {
    let bytes: [u8; 32] = value.to_repr().into();
    bytes.iter().skip(byte).take(8).rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
}
