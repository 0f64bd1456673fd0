//! Honest proofs are accepted.

#[cfg(test)]
mod common;
#[cfg(test)]
#[path = "common/key.rs"]
mod key;

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use common::{batch, short_batch};
use key::prover_key;
use nectar_circuit::Statement;
use nectar_commitment::Violation;
use nectar_prover::{Phase, Progress, ProveError, prove};
use nectar_verifier::{Proof, Setup, VerifierKey, verify};

/// Remembers what it was told, and stops after so many reports.
struct Watch {
    seen: Mutex<Vec<(Phase, usize, Option<usize>)>>,
    left: AtomicUsize,
}

impl Watch {
    fn new(left: usize) -> Self {
        Self { seen: Mutex::default(), left: AtomicUsize::new(left) }
    }
}

#[cfg(test)]
impl Progress for Watch {
    fn advance(&self, phase: Phase, done: usize, total: Option<usize>) {
        self.seen.lock().unwrap().push((phase, done, total));
        let _ = self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
    }

    fn cancelled(&self) -> bool {
        self.left.load(Ordering::Relaxed) == 0
    }
}

#[test]
fn a_batch_with_every_operation_is_proven_and_survives_its_bytes() {
    let batch = batch();
    let watch = Watch::new(usize::MAX);
    let (proof, timings) =
        prove(prover_key(), &batch.statement, batch.slots.iter().cloned(), &watch).unwrap();
    assert_eq!(timings.chunks, batch.slots.len());
    let bytes = proof.encode();
    assert_eq!(bytes.len(), timings.bytes);
    let decoded = Proof::decode(&bytes).unwrap();
    assert_eq!(decoded, proof);
    let key = VerifierKey::decode(&prover_key().verifier().encode()).unwrap();
    assert_eq!((key.digest(), key.setup_kind()), (prover_key().verifier().digest(), Setup::Development));
    verify(&key, &batch.statement, &decoded).unwrap();
    let seen = watch.seen.into_inner().unwrap();
    let all = Some(timings.chunks);
    for phase in [Phase::Synthesize, Phase::Commit, Phase::Fold] {
        assert_eq!(seen.iter().filter(|(p, _, total)| *p == phase && *total == all).count(), timings.chunks);
    }
    assert_eq!(seen.last(), Some(&(Phase::Compress, 1, Some(1))));
}

#[test]
fn a_batch_of_one_chunk_is_proven() {
    // One receipt of nothing: the shortest batch that there is.
    let short = short_batch();
    let mut receipts = nectar_commitment::ReceiptTree::default();
    let slot = receipts.append(common::fr(0), common::fr(8), common::fr(0)).unwrap();
    let statement = Statement {
        post_root: short.statement.pre_root,
        receipts_root: receipts.root(),
        receipts: 1,
        ..short.statement
    };
    let (proof, timings) = prove(prover_key(), &statement, std::iter::once(slot), &()).unwrap();
    assert_eq!(timings.chunks, 1);
    verify(prover_key().verifier(), &statement, &Proof::decode(&proof.encode()).unwrap()).unwrap();
}

#[test]
fn what_cannot_be_proven_is_said_before_any_work() {
    let short = short_batch();
    let run = |statement: &Statement, slots: Vec<_>| {
        prove(prover_key(), statement, slots.into_iter(), &()).map(drop).unwrap_err()
    };
    assert!(matches!(run(&short.statement, Vec::new()), ProveError::Empty));
    let without = short.slots[1..].to_vec();
    let refused = run(&short.statement, without);
    assert!(matches!(refused, ProveError::Violation { slot: 0, violation: Violation::Pending }), "{refused}");
    let wrong = Statement { post_root: common::fr(1), ..short.statement };
    assert!(matches!(run(&wrong, short.slots.clone()), ProveError::End));
    assert!(matches!(run(&short.statement, short.slots[..2].to_vec()), ProveError::End));
}

#[test]
fn a_cancelled_proof_stops_where_it_is() {
    let short = short_batch();
    for reports in [0, 3, 9] {
        let stopped =
            prove(prover_key(), &short.statement, short.slots.iter().cloned(), &Watch::new(reports));
        assert!(matches!(stopped, Err(ProveError::Cancelled)), "{reports}");
    }
}
