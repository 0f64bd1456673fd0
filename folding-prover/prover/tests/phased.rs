//! Honest proofs with two phases are accepted, and every change of their bytes is refused.

#[cfg(test)]
#[path = "common/tally.rs"]
mod tally;

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use nectar_prover::{Phase, Progress, ProveError, ProverKey, prove_phased};
use nectar_verifier::{DecodeError, Kind, MAX_CHUNKS, Proof, VerifierKey, verify};
use tally::{Tally, tally_batch};

#[cfg(test)]
fn key() -> &'static ProverKey<Tally> {
    static KEY: OnceLock<ProverKey<Tally>> = OnceLock::new();
    KEY.get_or_init(|| ProverKey::development(Tally::new(3)).unwrap())
}

/// Counts what it is told of each phase, and stops after so many reports.
struct Watch {
    seen: [AtomicUsize; 5],
    left: AtomicUsize,
}

impl Watch {
    fn new(left: usize) -> Self {
        Self { seen: Default::default(), left: AtomicUsize::new(left) }
    }
}

const PHASES: [Phase; 5] = [Phase::First, Phase::Synthesize, Phase::Commit, Phase::Fold, Phase::Compress];

#[cfg(test)]
impl Progress for Watch {
    fn advance(&self, phase: Phase, _: usize, _: Option<usize>) {
        let place = PHASES.iter().position(|known| *known == phase).unwrap();
        self.seen[place].fetch_add(1, Ordering::Relaxed);
        let _ = self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
    }

    fn cancelled(&self) -> bool {
        self.left.load(Ordering::Relaxed) == 0
    }
}

#[test]
fn batches_of_any_number_of_chunks_are_proven_and_survive_their_bytes() {
    let verifier = VerifierKey::decode(&key().verifier().encode()).unwrap();
    assert_eq!((&verifier, verifier.kind()), (key().verifier(), Kind::Execution));
    assert_eq!(verifier.first_variables(), 15);
    for chunks in [1, 2, 3, 5] {
        let (statement, exchanges) = tally_batch(key().circuit(), chunks);
        let watch = Watch::new(usize::MAX);
        let (proof, timings) =
            prove_phased(key(), &statement, chunks, |i| exchanges[i].clone(), &watch).unwrap();
        assert_eq!((timings.chunks, proof.kind()), (chunks, Kind::Execution));
        assert_eq!(watch.seen.map(AtomicUsize::into_inner), [chunks, chunks, chunks, chunks, 2]);
        let bytes = proof.encode();
        assert_eq!(bytes.len(), timings.bytes);
        let decoded = Proof::decode(&bytes).unwrap();
        assert_eq!(decoded, proof);
        verify(&verifier, &statement, &decoded).unwrap();
        let other = nectar_circuit::Statement { batch: statement.batch + 1, ..statement };
        assert!(verify(&verifier, &other, &decoded).is_err());
    }
}

#[test]
fn every_changed_byte_is_refused() {
    let (statement, exchanges) = tally_batch(key().circuit(), 2);
    let (proof, _) = prove_phased(key(), &statement, 2, |i| exchanges[i].clone(), &()).unwrap();
    let bytes = proof.encode();
    for at in (0..bytes.len()).step_by(7).chain(0..12) {
        let mut changed = bytes.clone();
        changed[at] ^= 1 << (at % 8);
        if let Ok(proof) = Proof::decode(&changed) {
            assert!(verify(key().verifier(), &statement, &proof).is_err(), "byte {at}");
        }
    }
    for length in [0, 11, 12, 13, bytes.len() / 2, bytes.len() - 1] {
        assert!(Proof::decode(&bytes[..length]).is_err(), "{length}");
    }
    assert!(matches!(Proof::decode(&[bytes.as_slice(), &[0]].concat()), Err(DecodeError::Length { .. })));
    // The same bytes as a proof of state have another length.
    let mut state = bytes;
    state[5] = 1;
    assert!(matches!(Proof::decode(&state), Err(DecodeError::Length { .. })));
}

#[test]
fn points_and_scalars_of_the_second_phase_have_one_encoding() {
    let (statement, exchanges) = tally_batch(key().circuit(), 2);
    let (proof, timings) = prove_phased(key(), &statement, 2, |i| exchanges[i].clone(), &()).unwrap();
    let bytes = proof.encode();
    let argument = timings.bytes - proof.argument.encode().len();
    let replaced = |at: usize, with: &[u8]| {
        let mut changed = bytes.clone();
        changed[at..at + with.len()].copy_from_slice(with);
        Proof::decode(&changed).unwrap_err()
    };
    // Second phases of two chunks follow three boundaries and two first phases; blind, V and Q stand before the argument.
    let witness = 12 + 3 * 32 + 2 * 64;
    for at in [witness, witness + 64, argument - 128, argument - 64] {
        assert_eq!(replaced(at, &[0; 64]), DecodeError::Point { at }, "the identity");
        assert_eq!(replaced(at, &[0xff; 64]), DecodeError::Point { at }, "not reduced");
    }
    let at = argument - 160;
    assert_eq!(replaced(at, &[0xff; 32]), DecodeError::Scalar { at });
}

#[test]
fn what_cannot_be_proven_is_said() {
    let (statement, exchanges) = tally_batch(key().circuit(), 2);
    let run = |chunks: usize| {
        prove_phased(key(), &statement, chunks, |i| exchanges[i].clone(), &()).map(drop).unwrap_err()
    };
    assert!(matches!(run(0), ProveError::Empty));
    assert!(matches!(run(1), ProveError::Boundary), "half of the batch");
    let too_many = usize::try_from(MAX_CHUNKS).unwrap() + 1;
    assert!(matches!(run(too_many), ProveError::TooLong));
}

#[test]
fn a_cancelled_proof_stops_where_it_is() {
    let (statement, exchanges) = tally_batch(key().circuit(), 3);
    for reports in [0, 1, 3, 4, 8] {
        let watch = Watch::new(reports);
        let stopped = prove_phased(key(), &statement, 3, |i| exchanges[i].clone(), &watch);
        assert!(matches!(stopped, Err(ProveError::Cancelled)), "{reports}");
    }
}
