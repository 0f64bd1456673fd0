use nectar_commitment::{Fr, to_bytes};

use crate::builder::Builder;
use crate::execution::bus::Bus;
use crate::execution::number::two_to_the;
use crate::execution::range;
use crate::lc::{Lc, Var};

/// Bits of a key: what a hash has above them is not part of it.
const KEY_BITS: u32 = 248;
/// Bits of the part above.
const TOP_BITS: u32 = 6;
/// Bits of the key's parts, from the lowest on; the lowest is what the others leave.
const PARTS: [(u32, u32); 4] = [(60, 60), (120, 60), (180, 8), (HEAD, 60)];
/// Where the highest of them begins.
const HEAD: u32 = 188;
/// The bits of the modulus from 248 on, and the 60 below them.
const MODULUS_TOP: u64 = 0x30;
const MODULUS_HEAD: u64 = 0x0644_e72e_131a_029b;

/// The key that a hash says: its low 248 bits, as a number below the modulus. A hash has two such numbers as a field element, and a contract
/// must not have two places for one key.
///
/// A hash whose highest bits are those of the modulus has no key here; one in 2^66 has them.
pub(crate) fn key<B: Builder>(b: &mut B, bus: &mut Bus, hash: Var) -> Lc {
    split(b, bus, hash, &to_bytes(&hash.value))
}

/// The same, for a number that is said to be the hash: 32 bytes, the highest first.
fn split<B: Builder>(b: &mut B, bus: &mut Bus, hash: Var, number: &[u8; 32]) -> Lc {
    let top = b.alloc(Fr::from(bits(number, KEY_BITS, TOP_BITS)));
    let key = hash - top * two_to_the(KEY_BITS);
    let mut lowest = key.clone();
    let mut head = Lc::default();
    for (at, count) in PARTS {
        let part = b.alloc(Fr::from(bits(number, at, count)));
        range::bits(b, bus, part.into(), count);
        lowest = lowest - part * two_to_the(at);
        head = part.into();
    }
    range::bits(b, bus, lowest, 60);

    range::bits(b, bus, top.into(), TOP_BITS);
    let highest = b.boolean(top.value == Fr::from(MODULUS_TOP));
    // Below the modulus's, or equal; and then the bits below are below the modulus's.
    range::bits(b, bus, highest + Lc::constant(Fr::from(MODULUS_TOP - 1)) - top, TOP_BITS);
    b.zero_if(highest.into(), || top - Lc::constant(Fr::from(MODULUS_TOP)));
    let below = b.product(highest.into(), Lc::constant(Fr::from(MODULUS_HEAD - 1)) - head);
    range::bits(b, bus, below.into(), 60);
    key
}

/// Bits of a number, at most 60.
fn bits(number: &[u8; 32], from: u32, count: u32) -> u64 {
    let bit = |at: u32| {
        let byte = usize::try_from(at / 8).ok().and_then(|at| number.iter().rev().nth(at));
        u64::from(byte.is_some_and(|byte| byte >> (at % 8) & 1 == 1))
    };
    (from..from + count).rev().fold(0, |number, at| number << 1 | bit(at))
}

#[cfg(test)]
mod tests {
    use ff::Field;
    use nectar_commitment::{Key, from_bytes, hash4};

    use super::*;
    use crate::builder::{Filler, ShapeBuilder};
    use crate::execution::bus::Tag;
    use crate::lc::Column;

    /// The key that is shown of a hash by way of this number, if the constraints allow it.
    fn shown(hash: &Fr, number: &[u8; 32]) -> Option<Fr> {
        let mut shape = ShapeBuilder::default();
        let input = |i: usize| Var { column: Some(Column::Input(i)), value: Fr::ZERO };
        let mut bus = Bus::new(&mut shape, input(0), input(1));
        split(&mut shape, &mut bus, input(2), number);
        let shape = shape.finish(3);
        let mut filler = Filler::default();
        let [gamma, alpha, hash] =
            [Fr::from(77), Fr::from(5555), *hash].map(|value| Var { column: None, value });
        let mut bus = Bus::new(&mut filler, gamma, alpha);
        let key = split(&mut filler, &mut bus, hash, number);
        filler.settle();
        let limbs = bus.log.iter().filter(|(tag, ..)| *tag == Tag::Limb);
        let ranged = limbs
            .clone()
            .all(|(_, _, fields)| to_bytes(&fields[0])[..30] == [0; 30] && to_bytes(&fields[0])[30] < 16);
        let z = [filler.witness, filler.late, vec![Fr::ONE, gamma.value, alpha.value, hash.value]].concat();
        let (a, b, c) = shape.multiply_vec(&z).unwrap();
        let satisfied = a.iter().zip(&b).zip(&c).all(|((a, b), c)| *a * *b == *c);
        (ranged && satisfied).then_some(key.value)
    }

    /// `p`, the highest byte first.
    fn modulus() -> [u8; 32] {
        let mut bytes = to_bytes(&-Fr::ONE);
        bytes[31] += 1;
        bytes
    }

    /// The sum of two numbers, if it has 256 bits.
    fn sum(a: &[u8; 32], b: &[u8; 32]) -> Option<[u8; 32]> {
        let mut carry = 0;
        let mut sum = [0; 32];
        for at in (0..32).rev() {
            let digit = u16::from(a[at]) + u16::from(b[at]) + carry;
            sum[at] = u8::try_from(digit & 0xff).unwrap();
            carry = digit >> 8;
        }
        (carry == 0).then_some(sum)
    }

    fn hashes() -> Vec<Fr> {
        let mut hashes: Vec<_> =
            (0..40u64).map(|n| hash4(nectar_commitment::Domain::StateKey, [n.into(); 4])).collect();
        let top = Fr::from(MODULUS_TOP) * two_to_the(248);
        hashes.extend([Fr::ZERO, Fr::ONE, top, top - Fr::ONE, two_to_the(248), two_to_the(248) - Fr::ONE]);
        hashes.push(top + Fr::from(MODULUS_HEAD) * two_to_the(HEAD) - Fr::ONE);
        hashes
    }

    #[test]
    fn a_key_is_the_low_bits_of_the_hash() {
        for hash in hashes() {
            let [_, low @ ..] = to_bytes(&hash);
            assert_eq!(shown(&hash, &to_bytes(&hash)), Some(Key::new(low).to_field()));
        }
    }

    #[test]
    fn a_hash_has_one_key() {
        let mut tried = 0;
        for hash in hashes() {
            // The hash and the modulus, and once more: the same element.
            let mut number = to_bytes(&hash);
            while let Some(other) = sum(&number, &modulus()) {
                assert_eq!(shown(&hash, &other), None, "{hash:?}");
                number = other;
                tried += 1;
            }
            // Another part above.
            let mut number = to_bytes(&hash);
            number[0] ^= 1;
            assert_eq!(shown(&hash, &number), None);
        }
        assert!(tried > 60);
    }

    #[test]
    fn a_hash_next_to_the_modulus_has_none() {
        let head = Fr::from(MODULUS_TOP) * two_to_the(248) + Fr::from(MODULUS_HEAD) * two_to_the(HEAD);
        for hash in [head, -Fr::ONE] {
            assert_eq!(shown(&hash, &to_bytes(&hash)), None);
        }
        let [_, top @ ..] = modulus();
        assert_eq!(bits(&modulus(), HEAD, 60), MODULUS_HEAD);
        assert_eq!(bits(&modulus(), KEY_BITS, TOP_BITS), MODULUS_TOP);
        assert_eq!(from_bytes(&modulus()), None, "{top:?} is the modulus");
    }
}
