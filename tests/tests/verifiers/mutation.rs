//! Ways to change a proof or its statement. None leaves anything that both verifiers may accept, but for changes that leave
//! the bytes as they were.

use nectar_circuit::engine::{Affine, DlogGroup as _, POINT_LEN, combine, generator, point_to_bytes};
use nectar_commitment::{Fr, to_bytes};
use nectar_verifier::Proof;

use crate::claim::Case;
use crate::dice::Dice;
use crate::layout::{
    CHUNKS, HEADER, WORD, chunks, order, point, points, put, scalar_order, sections, sum, word, words,
};
use crate::sources::Sources;

/// Name, and the change.
pub(crate) type Kind = (&'static str, fn(&Sources, &mut Dice) -> Case);

pub(crate) const KINDS: &[Kind] = &[
    ("bit: flipped", |s, dice| bytes(s, dice, |proof, dice| flip_bit(proof, dice))),
    ("word: random", |s, dice| words_of(s, dice, |_, dice| to_bytes(&dice.scalar()))),
    ("word: zero", |s, dice| words_of(s, dice, |_, _| [0; WORD])),
    ("word: one", |s, dice| words_of(s, dice, |_, _| to_bytes(&Fr::from(1)))),
    ("word: all ones", |s, dice| words_of(s, dice, |_, _| [0xff; WORD])),
    ("word: not reduced", |s, dice| bytes(s, dice, |proof, dice| not_reduced(proof, dice))),
    ("words: swapped", |s, dice| bytes(s, dice, |proof, dice| swap(proof, words, WORD, dice))),
    ("point: doubled", |s, dice| points_of(s, dice, |p| times(Fr::from(2), p))),
    ("point: negated", |s, dice| points_of(s, dice, |p| times(-Fr::from(1), p))),
    ("point: generator", |s, dice| points_of(s, dice, |_| point_to_bytes(&generator()))),
    ("point: of the proof", |s, dice| bytes(s, dice, |proof, dice| repeat_point(proof, dice))),
    ("point: identity", |s, dice| points_of(s, dice, |_| [0; POINT_LEN])),
    ("point: off the curve", |s, dice| points_of(s, dice, |p| off_curve(&p))),
    ("points: swapped", |s, dice| bytes(s, dice, |proof, dice| swap(proof, points, POINT_LEN, dice))),
    ("chunk: dropped", |s, dice| parts(s, dice, drop_chunk)),
    ("chunk: repeated", |s, dice| parts(s, dice, repeat_chunk)),
    ("chunks: swapped", |s, dice| parts(s, dice, swap_chunks)),
    ("header: a byte", |s, dice| bytes(s, dice, |proof, dice| proof[dice.below(HEADER)] = dice.byte())),
    ("header: chunks", |s, dice| bytes(s, dice, |proof, dice| put(proof, CHUNKS, &chunk_count(dice)))),
    ("bytes: truncated", |s, dice| bytes(s, dice, |proof, dice| proof.truncate(dice.below(proof.len())))),
    ("bytes: extended", |s, dice| bytes(s, dice, extend)),
    ("spliced: one section of a twin", |s, dice| splice(s, dice, 1)),
    ("spliced: several sections of a twin", |s, dice| splice(s, dice, 2)),
    ("statement: network", |s, dice| numbers(s, dice, |case| &mut case.claim.network)),
    ("statement: batch", |s, dice| numbers(s, dice, |case| &mut case.claim.batch)),
    ("statement: pre-root", |s, dice| roots(s, dice, |case| &mut case.claim.pre_root)),
    ("statement: post-root", |s, dice| roots(s, dice, |case| &mut case.claim.post_root)),
    ("statement: receipts root", |s, dice| roots(s, dice, |case| &mut case.claim.receipts_root)),
    ("statement: receipts", |s, dice| numbers(s, dice, |case| &mut case.claim.receipts)),
    ("statement: program root", |s, dice| roots(s, dice, |case| &mut case.claim.program_root)),
    ("statement: window's start", |s, dice| numbers(s, dice, |case| &mut case.claim.window.0)),
    ("statement: window's end", |s, dice| numbers(s, dice, |case| &mut case.claim.window.1)),
    ("statement: of another proof", another_statement),
];

/// Of proofs of two phases alone.
pub(crate) const PHASED_KINDS: &[Kind] = &[
    ("phases: swapped in a chunk", |s, dice| parts(s, dice, swap_phases)),
    ("phases: swapped in all chunks", |s, dice| {
        parts(s, dice, |proof, _| {
            let second = proof.second.as_mut().unwrap();
            std::mem::swap(&mut proof.witnesses, &mut second.witnesses);
        })
    }),
    ("phases: moved, their sum as it was", |s, dice| parts(s, dice, move_phases)),
    ("phases: second phases swapped", |s, dice| {
        parts(s, dice, |proof, dice| {
            let [a, b] = dice.pair(proof.chunks());
            proof.second.as_mut().unwrap().witnesses.swap(a, b);
        })
    }),
    ("phases: another blind", |s, dice| {
        parts(s, dice, |proof, dice| proof.second.as_mut().unwrap().blind = dice.scalar())
    }),
    ("phases: another shifted commitment", |s, dice| {
        parts(s, dice, |proof, dice| proof.second.as_mut().unwrap().shifted = random_point(dice))
    }),
    ("phases: another quotient", |s, dice| {
        parts(s, dice, |proof, dice| proof.second.as_mut().unwrap().quotient = random_point(dice))
    }),
    ("phases: dropped", |s, dice| parts(s, dice, |proof, _| proof.second = None)),
];

fn swap_phases(proof: &mut Proof, dice: &mut Dice) {
    let chunk = dice.below(proof.chunks());
    let second = proof.second.as_mut().unwrap();
    std::mem::swap(&mut proof.witnesses[chunk], &mut second.witnesses[chunk]);
}

/// From one commitment of a chunk to the other.
fn move_phases(proof: &mut Proof, dice: &mut Dice) {
    let (chunk, by) = (dice.below(proof.chunks()), dice.scalar());
    let moved = |point: Affine, by| combine(&[(Fr::from(1), point), (by, generator())]).affine();
    proof.witnesses[chunk] = moved(proof.witnesses[chunk], by);
    let second = &mut proof.second.as_mut().unwrap().witnesses[chunk];
    *second = moved(*second, -by);
}

fn random_point(dice: &mut Dice) -> Affine {
    combine(&[(dice.scalar(), generator())]).affine()
}

fn bytes(sources: &Sources, dice: &mut Dice, change: fn(&mut Vec<u8>, &mut Dice)) -> Case {
    let mut case = sources.any(dice);
    change(&mut case.proof, dice);
    case
}

fn words_of(s: &Sources, dice: &mut Dice, with: fn([u8; WORD], &mut Dice) -> [u8; WORD]) -> Case {
    let mut case = s.any(dice);
    let at = *dice.one_of(&words(&case.proof));
    let changed = with(word(&case.proof, at), dice);
    put(&mut case.proof, at, &changed);
    case
}

fn points_of(s: &Sources, dice: &mut Dice, with: fn(Affine) -> [u8; POINT_LEN]) -> Case {
    let mut case = s.any(dice);
    let at = *dice.one_of(&points(&case.proof));
    let changed = with(point(&case.proof, at));
    put(&mut case.proof, at, &changed);
    case
}

fn flip_bit(proof: &mut [u8], dice: &mut Dice) {
    let bit = dice.below(proof.len() * 8);
    proof[bit / 8] ^= 1 << (bit % 8);
}

/// The same number, plus the order of its field.
fn not_reduced(proof: &mut [u8], dice: &mut Dice) {
    let at = *dice.one_of(&words(proof));
    let changed = sum(word(proof, at), order(proof, at));
    put(proof, at, &changed);
}

fn swap(proof: &mut [u8], starts: fn(&[u8]) -> Vec<usize>, length: usize, dice: &mut Dice) {
    let starts = starts(proof);
    let [a, b] = dice.pair(starts.len()).map(|i| starts[i]);
    for i in 0..length {
        proof.swap(a + i, b + i);
    }
}

fn times(factor: Fr, point: Affine) -> [u8; POINT_LEN] {
    point_to_bytes(&combine(&[(factor, point)]).affine())
}

fn repeat_point(proof: &mut [u8], dice: &mut Dice) {
    let all = points(proof);
    let [from, to] = dice.pair(all.len()).map(|i| all[i]);
    let copy = point_to_bytes(&point(proof, from));
    put(proof, to, &copy);
}

/// With y + 1, which is on no curve that y is on: `(y + 1)^2 = y^2` for one y only.
fn off_curve(point: &Affine) -> [u8; POINT_LEN] {
    let mut changed = point_to_bytes(point);
    let y = sum(word(&changed, WORD), to_bytes(&Fr::from(1)));
    put(&mut changed, WORD, &y);
    changed
}

/// Changes chunks, so that lengths fit.
fn parts(sources: &Sources, dice: &mut Dice, change: fn(&mut Proof, &mut Dice)) -> Case {
    let mut case = sources.folded(dice);
    let mut proof = Proof::decode(&case.proof).unwrap();
    change(&mut proof, dice);
    case.proof = proof.encode();
    case
}

fn drop_chunk(proof: &mut Proof, dice: &mut Dice) {
    let chunk = dice.below(proof.chunks());
    proof.witnesses.remove(chunk);
    if let Some(second) = &mut proof.second {
        second.witnesses.remove(chunk);
    }
    proof.boundaries.remove(chunk + dice.below(2));
    proof.cross_terms.remove(dice.below(proof.cross_terms.len()));
}

fn repeat_chunk(proof: &mut Proof, dice: &mut Dice) {
    let chunk = dice.below(proof.chunks());
    proof.witnesses.insert(chunk, proof.witnesses[chunk]);
    if let Some(second) = &mut proof.second {
        second.witnesses.insert(chunk, second.witnesses[chunk]);
    }
    proof.boundaries.insert(chunk, proof.boundaries[chunk]);
    let term = dice.below(proof.cross_terms.len());
    proof.cross_terms.insert(term, proof.cross_terms[term]);
}

/// With their ends, and sometimes with cross terms.
fn swap_chunks(proof: &mut Proof, dice: &mut Dice) {
    let [a, b] = dice.pair(proof.chunks());
    proof.witnesses.swap(a, b);
    if let Some(second) = &mut proof.second {
        second.witnesses.swap(a, b);
    }
    proof.boundaries.swap(a + 1, b + 1);
    let terms = proof.cross_terms.len();
    proof.cross_terms.swap(dice.below(terms), dice.below(terms));
}

fn chunk_count(dice: &mut Dice) -> [u8; 4] {
    let near = u32::from(dice.byte() % 10);
    dice.one_of(&[near, 0, 4096, 4097, u32::MAX]).to_be_bytes()
}

fn extend(proof: &mut Vec<u8>, dice: &mut Dice) {
    let extra = *dice.one_of(&[1, 31, 32, 64, 160]);
    let zeros = dice.below(2) == 0;
    proof.extend((0..extra).map(|_| if zeros { 0 } else { dice.byte() }));
}

/// A proof with sections of another proof of the same statement, but not all of them.
fn splice(sources: &Sources, dice: &mut Dice, at_least: usize) -> Case {
    let [mut case, twin] = sources.twins.clone();
    let mut left = sections(&case.proof);
    assert_eq!(chunks(&case.proof), chunks(&twin.proof));
    let several = at_least + dice.below(left.len() - at_least);
    for _ in 0..if at_least == 1 { 1 } else { several } {
        let section = left.swap_remove(dice.below(left.len()));
        put(&mut case.proof, section.at, &twin.proof[section.at..section.at + section.len()]);
    }
    case
}

fn numbers(sources: &Sources, dice: &mut Dice, member: fn(&mut Case) -> &mut u64) -> Case {
    let mut case = sources.any(dice);
    let number = member(&mut case);
    let (bit, random) = (1 << dice.below(64), dice.number());
    *number = *dice.one_of(&[*number ^ bit, number.wrapping_add(1), number.wrapping_sub(1), random, 0]);
    case
}

fn roots(sources: &Sources, dice: &mut Dice, member: fn(&mut Case) -> &mut [u8; WORD]) -> Case {
    let mut case = sources.any(dice);
    let mut other = sources.any(dice);
    let root = member(&mut case);
    let flipped = {
        let (mut flipped, bit) = (*root, dice.below(256));
        flipped[bit / 8] ^= 1 << (bit % 8);
        flipped
    };
    let unreduced = sum(*root, scalar_order());
    let random = to_bytes(&dice.scalar());
    *root = *dice.one_of(&[flipped, unreduced, random, [0; WORD], [0xff; WORD], *member(&mut other)]);
    case
}

fn another_statement(sources: &Sources, dice: &mut Dice) -> Case {
    let (case, other) = (sources.any(dice), sources.any(dice));
    Case { claim: other.claim, ..case }
}
