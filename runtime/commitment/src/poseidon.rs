//! Poseidon (eprint 2019/458) with the parameters of circomlib: BN254, x^5, t = 5, 8 full and 60 partial rounds.
//!
//! Constants come from the Grain LFSR of the paper's appendix and are checked against circomlib's published outputs.
//! [`permute`] computes the same by fewer products (`partial.rs`).
//! The capacity element starts with a domain tag instead of zero, so that a leaf can never be read as a node.

use std::sync::OnceLock;

use ff::{Field, PrimeField};

use crate::Fr;
use crate::grain::Grain;
use crate::partial::PartialRounds;

/// Elements in the state: one of capacity, four of rate.
pub const WIDTH: usize = 5;
/// Rounds in which every element passes the S-box.
pub const FULL_ROUNDS: usize = 8;
/// Rounds in which only the first element does.
pub const PARTIAL_ROUNDS: usize = 60;

const ROUNDS: usize = FULL_ROUNDS + PARTIAL_ROUNDS;

/// What a hash is for: the tag in the capacity element.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u64)]
pub enum Domain {
    /// Inner node of a tree: four children.
    Node = 1,
    /// Leaf of an indexed tree: key, next key, value, 0.
    Leaf = 2,
    /// A contract's entry in its network: state root, grants root, binding, salt.
    Contract = 3,
    /// One step of an invocation's host-call log: log so far, operation, key, value.
    Log = 4,
    /// The grants that an invocation used: so far, grant key, salt, 0.
    Auth = 5,
    /// A receipt: log, body, auth, 0.
    Receipt = 6,
    /// A stored value: salt, hash of its words, 0, 0.
    Value = 7,
    /// Bytes of any length.
    Bytes = 8,
    /// A grant's entry: digest, salt (two elements of 128 bits), 0.
    Grant = 9,
    /// Registers at a chunk's boundary.
    Registers = 10,
    /// The public statement of a batch.
    Statement = 11,
    /// Body of a receipt.
    ReceiptBody = 12,
    /// A program, its entries, and what they begin with.
    Program = 13,
    /// Bytes that a run says or hears: hash so far, three elements.
    Words = 14,
    /// A state key's place: secret, key, 0, 0.
    StateKey = 15,
    /// A contract's program and secret, 0, 0.
    Binding = 16,
    /// What a run was given: env, info, message, salt.
    Inputs = 17,
    /// How it ended: numbers, what it said, salt, what the host has told.
    Outcome = 18,
    /// What a chunk of an execution hands to the next.
    Boundary = 19,
    /// The host's own answer to a question: request, answer, contract, salt.
    Answer = 20,
    /// All such answers: those before, the last one, 0, 0.
    Told = 21,
}

impl Domain {
    /// The tag as a field element.
    pub fn tag(self) -> Fr {
        Fr::from(self as u64)
    }
}

struct Parameters {
    constants: Vec<[Fr; WIDTH]>,
    mds: [[Fr; WIDTH]; WIDTH],
    partial: PartialRounds,
}

/// The round constants, one row a round.
pub fn round_constants() -> &'static [[Fr; WIDTH]] {
    &parameters().constants
}

/// The mixing matrix, by rows.
pub fn mds() -> &'static [[Fr; WIDTH]; WIDTH] {
    &parameters().mds
}

/// One permutation of the state: what the rounds say, with the partial ones in fewer products.
pub fn permute(state: &mut [Fr; WIDTH]) {
    let Parameters { constants, mds, partial } = parameters();
    let (before, rest) = constants.split_at(FULL_ROUNDS / 2);
    let after = rest.get(PARTIAL_ROUNDS..).unwrap_or_default();
    before.iter().for_each(|row| full_round(state, row, mds));
    partial.apply(state);
    // The partial rounds have added what comes before the next S-box already.
    after
        .iter()
        .enumerate()
        .for_each(|(i, row)| full_round(state, if i == 0 { &[Fr::ZERO; WIDTH] } else { row }, mds));
}

fn full_round(state: &mut [Fr; WIDTH], constants: &[Fr; WIDTH], mds: &[[Fr; WIDTH]; WIDTH]) {
    let powers: [Fr; WIDTH] = std::array::from_fn(|i| fifth(state[i] + constants[i]));
    *state = std::array::from_fn(|i| dot(&mds[i], &powers));
}

/// The S-box.
pub(crate) fn fifth(x: Fr) -> Fr {
    x * x.square().square()
}

pub(crate) fn dot<const N: usize>(a: &[Fr; N], b: &[Fr; N]) -> Fr {
    a.iter().zip(b).fold(Fr::ZERO, |sum, (a, b)| sum + a * b)
}

/// Hash of four elements: `permute([tag, a, b, c, d])[0]`.
pub fn hash4(domain: Domain, inputs: [Fr; 4]) -> Fr {
    let [a, b, c, d] = inputs;
    let mut state = [domain.tag(), a, b, c, d];
    permute(&mut state);
    state[0]
}

/// Hash of bytes: a sponge whose capacity starts at `Bytes tag + 2^64 * length`, so that padding with zeros is
/// injective; 31 bytes (big-endian) an element, four elements a permutation; output is the first rate element.
pub fn hash_bytes(bytes: &[u8]) -> Fr {
    let length = Fr::from(bytes.len() as u64) * Fr::from(u64::MAX) + Fr::from(bytes.len() as u64);
    let mut state = [Domain::Bytes.tag() + length, Fr::ZERO, Fr::ZERO, Fr::ZERO, Fr::ZERO];
    for block in bytes.chunks(31 * (WIDTH - 1)) {
        for (element, chunk) in state.iter_mut().skip(1).zip(block.chunks(31)) {
            let mut little = [0u8; 32];
            little.iter_mut().zip(chunk.iter().rev()).for_each(|(to, from)| *to = *from);
            *element += Option::<Fr>::from(Fr::from_repr(little.into())).unwrap_or_default();
        }
        permute(&mut state);
    }
    if bytes.is_empty() {
        permute(&mut state);
    }
    state[1]
}

fn parameters() -> &'static Parameters {
    static PARAMETERS: OnceLock<Parameters> = OnceLock::new();
    PARAMETERS.get_or_init(|| {
        let mut grain = Grain::new();
        let constants: Vec<[Fr; WIDTH]> =
            (0..ROUNDS).map(|_| std::array::from_fn(|_| grain.element())).collect();
        let xs: [Fr; WIDTH] = std::array::from_fn(|_| grain.reduced_element());
        let ys: [Fr; WIDTH] = std::array::from_fn(|_| grain.reduced_element());
        // Cauchy matrix; the sums are distinct and not zero for these parameters (checked in the tests).
        let mds = xs.map(|x| ys.map(|y| Option::<Fr>::from((x + y).invert()).unwrap_or_default()));
        let partial = PartialRounds::new(&constants, &mds);
        Parameters { constants, mds, partial }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::to_bytes;
    use proptest::prelude::*;

    #[test]
    fn the_permutation_is_that_of_circomlib() {
        // circomlib: poseidon([1, 2, 3, 4]), capacity zero.
        let mut state = [0, 1, 2, 3, 4].map(Fr::from);
        permute(&mut state);
        assert_eq!(
            hex::encode(to_bytes(&state[0])),
            "299c867db6c1fdd79dcefa40e4510b9837e60ebb1ce0663dbaa525df65250465"
        );
    }

    /// The rounds as they are defined.
    fn reference(state: &mut [Fr; WIDTH]) {
        let partial = FULL_ROUNDS / 2..FULL_ROUNDS / 2 + PARTIAL_ROUNDS;
        for (round, row) in round_constants().iter().enumerate() {
            for (element, constant) in state.iter_mut().zip(row) {
                *element += constant;
            }
            let through_sbox = if partial.contains(&round) { 1 } else { WIDTH };
            for element in state.iter_mut().take(through_sbox) {
                *element *= element.square().square();
            }
            *state = std::array::from_fn(|i| mds()[i].iter().zip(state.iter()).map(|(m, s)| *m * s).sum());
        }
    }

    #[test]
    fn the_mixing_matrix_has_no_zero() {
        assert!(mds().iter().flatten().all(|m| *m != Fr::ZERO));
    }

    #[test]
    fn domains_separate() {
        let input = [1, 2, 3, 4].map(Fr::from);
        assert_ne!(hash4(Domain::Node, input), hash4(Domain::Leaf, input));
    }

    #[test]
    fn a_state_of_zeros_and_one_of_largest_elements_are_permuted_as_defined() {
        for element in [Fr::ZERO, -Fr::ONE] {
            let (mut fast, mut defined) = ([element; WIDTH], [element; WIDTH]);
            permute(&mut fast);
            reference(&mut defined);
            assert_eq!(fast, defined);
        }
    }

    proptest! {
        #[test]
        fn every_state_is_permuted_as_defined(elements: [[u8; 31]; WIDTH]) {
            let mut fast = elements.map(|bytes| crate::Key::new(bytes).to_field() * -Fr::from(3));
            let mut defined = fast;
            permute(&mut fast);
            reference(&mut defined);
            prop_assert_eq!(fast, defined);
        }

        #[test]
        fn trailing_zeros_change_the_hash(bytes in proptest::collection::vec(any::<u8>(), 0..200), zeros in 1usize..70) {
            let mut longer = bytes.clone();
            longer.resize(bytes.len() + zeros, 0);
            prop_assert_ne!(hash_bytes(&bytes), hash_bytes(&longer));
        }
    }
}
