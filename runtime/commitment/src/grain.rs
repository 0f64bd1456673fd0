use ff::{Field, PrimeField};

use crate::Fr;
use crate::poseidon::{FULL_ROUNDS, PARTIAL_ROUNDS, WIDTH};

/// The Grain LFSR in its self-shrinking mode (eprint 2019/458, appendix F).
pub(crate) struct Grain {
    bits: [bool; 80],
}

impl Grain {
    const FIELD_BITS: usize = 254;

    pub(crate) fn new() -> Self {
        let fields: [(u64, usize); 6] = [
            (1, 2), // prime field
            (0, 4), // S-box x^alpha
            (Self::FIELD_BITS as u64, 12),
            (WIDTH as u64, 12),
            (FULL_ROUNDS as u64, 10),
            (PARTIAL_ROUNDS as u64, 10),
        ];
        let head =
            fields.iter().flat_map(|&(value, width)| (0..width).rev().map(move |i| value >> i & 1 == 1));
        let mut bits = [true; 80];
        bits.iter_mut().zip(head).for_each(|(bit, value)| *bit = value);
        let mut grain = Self { bits };
        for _ in 0..160 {
            grain.step();
        }
        grain
    }

    fn step(&mut self) -> bool {
        let b = &self.bits;
        let new = b[62] ^ b[51] ^ b[38] ^ b[23] ^ b[13] ^ b[0];
        self.bits.rotate_left(1);
        self.bits[79] = new;
        new
    }

    fn next_bit(&mut self) -> bool {
        loop {
            let keep = self.step();
            let bit = self.step();
            if keep {
                return bit;
            }
        }
    }

    /// 254 bits, most significant first, as 32 little-endian bytes.
    fn next_bytes(&mut self) -> [u8; 32] {
        let mut bytes = [0u8; 32];
        for position in (0..Self::FIELD_BITS).rev() {
            if self.next_bit() {
                bytes[position / 8] |= 1 << (position % 8);
            }
        }
        bytes
    }

    /// The next value below the modulus.
    pub(crate) fn element(&mut self) -> Fr {
        loop {
            if let Some(value) = Fr::from_repr(self.next_bytes().into()).into() {
                return value;
            }
        }
    }

    /// The next 254 bits, reduced.
    pub(crate) fn reduced_element(&mut self) -> Fr {
        self.next_bytes()
            .iter()
            .rev()
            .fold(Fr::ZERO, |sum, byte| sum * Fr::from(256) + Fr::from(u64::from(*byte)))
    }
}
