//! A prover that does not play by the rules: it folds whatever values it likes.

mod phased;
mod privacy;

use ff::Field;
use nectar_circuit::engine::{Affine, Point, combine, generator};
use nectar_circuit::{Assignment, Chunk, Circuit, Position, Statement};
use nectar_commitment::{Fr, Registers, Slot};
use nectar_verifier::{Proof, Transcript, VerifyError, challenge, verify};

use crate::ProverKey;
use crate::fold::Committed;
use crate::key::Keys;
use crate::run::{Leaf, Run};
use crate::testing::{Batch, fr, prover_key, short_batch};

#[path = "../examples/vectors/json.rs"]
mod json;

/// Folds and compresses any values, satisfied or not, as the verifier will read them.
fn forge(key: &ProverKey, statement: &Statement, chunks: &[Assignment]) -> Proof {
    let transcript = Transcript::new(&key.verifier.digest(), statement);
    let committed = chunks.iter().map(|assignment| {
        let [start, end, ..] = assignment.public;
        (Committed::new(key.keys(), assignment.clone()).unwrap(), [start, end])
    });
    fold_and_compress(key.keys(), transcript, committed.collect())
}

/// The same of any commitments.
fn fold_and_compress(keys: Keys<'_>, transcript: Transcript, chunks: Vec<(Committed, [Fr; 2])>) -> Proof {
    let mut run = Run::new(keys, &(), transcript);
    let last = chunks.len() - 1;
    for (number, (committed, ends)) in chunks.into_iter().enumerate() {
        let position = Position { first: number == 0, last: number == last };
        run.fold(Leaf { number, position, committed, ends }).unwrap();
    }
    let sealed = run.seal().unwrap();
    run.compress(sealed).unwrap().0
}

/// Values of chunk `i` of `n`.
fn assign(
    circuit: &Circuit,
    statement: &Statement,
    start: Registers,
    slot: &Slot,
    i: u64,
    n: u64,
) -> Assignment {
    let position = Position { first: i == 0, last: i + 1 == n };
    let slots = std::slice::from_ref(slot);
    let (start_salt, end_salt) = (fr(100 + i), fr(101 + i));
    circuit.assign(&Chunk { statement, position, start, slots, start_salt, end_salt })
}

fn assignments(short: &Batch) -> Vec<Assignment> {
    let n = short.slots.len() as u64;
    let circuit = &prover_key().circuit;
    (0u64..)
        .zip(short.slots.iter().zip(&short.registers()))
        .map(|(i, (slot, start))| assign(circuit, &short.statement, *start, slot, i, n))
        .collect()
}

/// A proof that the forger made of honest values.
fn honest() -> &'static Proof {
    static PROOF: std::sync::OnceLock<Proof> = std::sync::OnceLock::new();
    PROOF.get_or_init(|| {
        let short = short_batch();
        forge(prover_key(), &short.statement, &assignments(&short))
    })
}

/// Whether a forgery for the short batch is refused, and for the right reason.
fn refused(proof: &Proof) -> bool {
    refused_for(&short_batch().statement, proof)
}

fn refused_for(statement: &Statement, proof: &Proof) -> bool {
    matches!(verify(prover_key().verifier(), statement, proof), Err(VerifyError::Argument(_)))
}

#[test]
fn the_forger_can_make_honest_proofs() {
    let short = short_batch();
    verify(prover_key().verifier(), &short.statement, honest()).unwrap();
}

/// One value of a chunk's witness is off by one.
fn wrong_value(chunk: usize, place: usize) -> Proof {
    let short = short_batch();
    let mut values = assignments(&short);
    values[chunk].witness[place] += Fr::ONE;
    forge(prover_key(), &short.statement, &values)
}

/// The second operation stores another value than the one that leads to the next registers.
fn impossible_operation() -> Proof {
    let short = short_batch();
    let mut lie = short.slots[1].clone();
    lie.value += Fr::ONE;
    let mut values = assignments(&short);
    values[1] = assign(&prover_key().circuit, &short.statement, short.registers()[1], &lie, 1, 3);
    forge(prover_key(), &short.statement, &values)
}

/// The second chunk starts from other registers than the first one ended with, and all chunks are satisfied.
fn torn_chunks() -> Proof {
    let short = short_batch();
    let circuit = &prover_key().circuit;
    let mut other = short.registers()[1];
    other.log += Fr::ONE;
    let mut values = assignments(&short);
    values[1] = assign(circuit, &short.statement, other, &short.slots[1], 1, 3);
    assert!(values.iter().all(|v| circuit.violations(v).is_empty()));
    forge(prover_key(), &short.statement, &values)
}

/// Every chunk is satisfied and joins the next, but the first one starts from the root of the short batch, where the statement
/// names another, and says that it is not the first.
fn misplaced_chunk() -> (Statement, Proof) {
    let short = short_batch();
    let circuit = &prover_key().circuit;
    let lie = Statement { pre_root: fr(666), ..short.statement };
    let mut start = Registers::start(short.statement.pre_root, lie.digest());
    let last = short.slots.len() - 1;
    let mut values = Vec::new();
    for (i, slot) in (0u64..).zip(&short.slots) {
        let position = Position { first: false, last: values.len() == last };
        let slots = std::slice::from_ref(slot);
        let (start_salt, end_salt) = (fr(100 + i), fr(101 + i));
        values.push(circuit.assign(&Chunk { statement: &lie, position, start, slots, start_salt, end_salt }));
        start = start.apply(slot).unwrap();
    }
    assert!(values.iter().all(|v| circuit.violations(v).is_empty()));
    assert!(values.windows(2).all(|pair| pair[0].public[1] == pair[1].public[0]));
    (lie, forge(prover_key(), &lie, &values))
}

/// The challenges of a proof of the short batch: two nodes and the seal.
fn challenges(proof: &Proof) -> [Fr; 3] {
    let transcript = Transcript::new(&prover_key().verifier.digest(), &short_batch().statement);
    let leaves = [0, 1, 2].map(|i| {
        let position = Position { first: i == 0, last: i == 2 };
        let [start, end] = [proof.boundaries[i], proof.boundaries[i + 1]];
        transcript.leaf(u32::try_from(i).unwrap(), position, &proof.witnesses[i], None, [&start, &end])
    });
    let first = transcript.node(&leaves[0], &leaves[1], &proof.cross_terms[0]);
    let second = transcript.node(&first, &leaves[2], &proof.cross_terms[1]);
    let last = transcript.seal(3, &second, &proof.random, None, &proof.random_cross_term);
    [challenge(&first), challenge(&second), challenge(&last)]
}

fn folded_witness(proof: &Proof, [r0, r1, _]: [Fr; 3]) -> Point {
    combine(&[(Fr::ONE, proof.witnesses[0]), (r0, proof.witnesses[1]), (r1, proof.witnesses[2])])
}

fn to_affine(point: Point) -> Affine {
    halo2curves::group::Curve::to_affine(&point)
}

fn prove_short_batch() -> Proof {
    let short = short_batch();
    crate::prove(prover_key(), &short.statement, short.slots.iter().cloned(), &()).unwrap().0
}

/// The attack on Sonobe's decider: take a witness that satisfies the folded relation, which is easy for relaxed
/// instances, and solve for the commitments that fold to it.
///
/// The argument, blinds and random instance of one proof, with the instances of another: what must one commitment be for
/// the folded commitments to be those that the argument is about?
fn solved_commitment() -> Proof {
    let target = prove_short_batch();
    let mut forged = honest().clone();
    forged.random = target.random;
    forged.random_cross_term = target.random_cross_term;
    (forged.blind_w, forged.blind_e) = (target.blind_w, target.blind_e);
    forged.argument = target.argument.clone();
    let (r, aim) = (challenges(&forged), folded_witness(&target, challenges(&target)));
    let gap = aim - folded_witness(&forged, r);
    forged.witnesses[0] = to_affine(gap + forged.witnesses[0]);
    assert_eq!(folded_witness(&forged, r), aim);
    assert_ne!(challenges(&forged)[0], r[0], "the challenge binds the commitment that was solved for");
    forged
}

/// The same with a cross term.
fn solved_cross_term() -> Proof {
    let mut forged = prove_short_batch();
    forged.cross_terms[1] = to_affine(Point::from(forged.cross_terms[1]) + generator());
    let r = challenges(&forged)[1];
    let shift = Option::<Fr>::from(r.invert()).unwrap();
    forged.cross_terms[1] = to_affine(Point::from(forged.cross_terms[1]) - Point::from(generator()) * shift);
    forged
}

#[test]
fn one_wrong_value_anywhere_in_a_witness_is_refused() {
    for (chunk, place) in [(0, 7_000), (2, 20)] {
        assert!(refused(&wrong_value(chunk, place)), "{chunk} {place}");
    }
}

#[test]
fn an_operation_that_cannot_follow_is_refused() {
    assert!(refused(&impossible_operation()));
}

#[test]
fn chunks_that_do_not_join_are_refused() {
    assert!(refused(&torn_chunks()));
}

#[test]
fn a_chunk_that_claims_another_place_in_the_batch_is_refused() {
    let (statement, proof) = misplaced_chunk();
    assert!(refused_for(&statement, &proof));
}

#[test]
fn commitments_solved_for_after_the_challenge_are_refused() {
    assert!(refused(&solved_commitment()));
    assert!(refused(&solved_cross_term()));
}

/// For verifiers elsewhere: `cargo test -p nectar-prover --lib -- --ignored forgeries_are_written_down`.
#[test]
#[ignore = "writes tests/vectors/forged-*.json anew, other bytes each time"]
fn forgeries_are_written_down() {
    let forgeries = [
        ("wrong-value", wrong_value(0, 7_000)),
        ("wrong-value-in-the-last-chunk", wrong_value(2, 20)),
        ("impossible-operation", impossible_operation()),
        ("torn-chunks", torn_chunks()),
        ("solved-commitment", solved_commitment()),
        ("solved-cross-term", solved_cross_term()),
    ];
    let (short, key) = (short_batch().statement, prover_key().verifier().encode());
    let forgeries = forgeries.map(|(name, proof)| (name, (short, proof)));
    for (name, (statement, proof)) in forgeries.into_iter().chain([("misplaced-chunk", misplaced_chunk())]) {
        assert!(refused_for(&statement, &proof), "{name}");
        let path = format!("{}/../../tests/vectors/forged-{name}.json", env!("CARGO_MANIFEST_DIR"));
        std::fs::write(path, json::json(&key, &statement, &proof.encode())).unwrap();
    }
}

#[test]
fn two_proofs_of_the_same_batch_have_nothing_in_common() {
    let short = short_batch();
    let key = prover_key();
    let a = crate::prove(key, &short.statement, short.slots.iter().cloned(), &()).unwrap().0;
    let b = honest();
    let points = |p: &Proof| [p.witnesses.clone(), p.cross_terms.clone(), vec![p.random_cross_term]].concat();
    assert!(points(&a).iter().zip(points(b)).all(|(a, b)| *a != b));
    assert!(a.boundaries.iter().zip(&b.boundaries).all(|(a, b)| a != b));
    // Twelve words of points, then the first round's polynomial: it is zero at zero because every row holds.
    let words = a.argument.encode().chunks(32).zip(b.argument.encode().chunks(32));
    let equal: Vec<usize> = words.enumerate().filter(|(_, (a, b))| a == b).map(|(i, _)| i).collect();
    assert_eq!(equal, [12]);
    assert_eq!(a.argument.encode()[12 * 32..13 * 32], [0; 32]);
}
