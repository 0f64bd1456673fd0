//! Where the parts of a proof are (`folding-prover/DESIGN.md`), and arithmetic on its words.

use nectar_circuit::engine::{Affine, POINT_LEN, point_from_bytes};
use nectar_verifier::Kind;

pub(crate) const HEADER: usize = 12;
const KIND: usize = 5;
const ROUNDS: usize = 6;
/// Where the number of chunks is.
pub(crate) const CHUNKS: usize = 8;
pub(crate) const WORD: usize = 32;

/// Order of the scalar field.
const SCALARS: &str = "30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001";
/// Order of the field of coordinates.
const COORDINATES: &str = "30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd47";

/// Scalars or points side by side.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Section {
    pub(crate) at: usize,
    count: usize,
    points: bool,
}

impl Section {
    pub(crate) fn len(self) -> usize {
        self.count * if self.points { POINT_LEN } else { WORD }
    }
}

/// The sections of an honest proof, as many as there are kinds of parts.
pub(crate) fn sections(proof: &[u8]) -> Vec<Section> {
    let (outer, inner) = (usize::from(proof[ROUNDS]), usize::from(proof[ROUNDS + 1]));
    let chunks = chunks(proof);
    // Of execution, each witness has two commitments.
    let second = usize::from(proof[KIND] == Kind::Execution.byte());
    let parts = [
        // Boundaries, witnesses of one phase or two, cross terms.
        (false, chunks + 1),
        (true, chunks),
        (true, chunks * second),
        (true, chunks - 1),
        // The random instance: commitments, scalar, inputs; its cross term; blinds.
        (true, 2 + second),
        (false, 1),
        (false, 9),
        (true, 1),
        (false, 2),
        // The second phase's blind, and that it left the first as it was.
        (false, second),
        (true, 2 * second),
        // MicroSpartan: oracles, outer sum-check, claims, inner sum-check, evaluations; Mercury.
        (true, 6),
        (false, 3 * outer),
        (false, 4),
        (false, 3 * inner),
        (false, 15),
        (true, 8),
        (false, 6),
    ];
    let mut at = HEADER;
    let sections = parts.map(|(points, count)| {
        let section = Section { at, count, points };
        at += section.len();
        section
    });
    assert_eq!(at, proof.len());
    sections.into_iter().filter(|section| section.count > 0).collect()
}

pub(crate) fn chunks(proof: &[u8]) -> usize {
    usize::try_from(u32::from_be_bytes(proof[CHUNKS..HEADER].try_into().unwrap())).unwrap()
}

/// Where each point starts.
pub(crate) fn points(proof: &[u8]) -> Vec<usize> {
    let all = sections(proof).into_iter().filter(|section| section.points);
    all.flat_map(|s| (0..s.count).map(move |i| s.at + i * POINT_LEN)).collect()
}

/// Where each word starts: scalars and coordinates.
pub(crate) fn words(proof: &[u8]) -> Vec<usize> {
    (HEADER..proof.len()).step_by(WORD).collect()
}

/// The order of the field that this word is of.
pub(crate) fn order(proof: &[u8], word: usize) -> [u8; WORD] {
    let point = points(proof).into_iter().any(|at| (at..at + POINT_LEN).contains(&word));
    hex::decode(if point { COORDINATES } else { SCALARS }).unwrap().try_into().unwrap()
}

/// The order of the scalar field.
pub(crate) fn scalar_order() -> [u8; WORD] {
    hex::decode(SCALARS).unwrap().try_into().unwrap()
}

/// Big-endian; what does not fit is lost, which sums of two numbers of 254 bits never do.
pub(crate) fn sum(a: [u8; WORD], b: [u8; WORD]) -> [u8; WORD] {
    let mut carry = 0;
    let mut out = [0; WORD];
    for i in (0..WORD).rev() {
        let digit = u16::from(a[i]) + u16::from(b[i]) + carry;
        out[i] = digit.to_le_bytes()[0];
        carry = digit >> 8;
    }
    out
}

pub(crate) fn word(bytes: &[u8], at: usize) -> [u8; WORD] {
    bytes[at..at + WORD].try_into().unwrap()
}

pub(crate) fn point(bytes: &[u8], at: usize) -> Affine {
    point_from_bytes(bytes[at..at + POINT_LEN].try_into().unwrap()).unwrap()
}

pub(crate) fn put(bytes: &mut [u8], at: usize, with: &[u8]) {
    bytes[at..at + with.len()].copy_from_slice(with);
}
