//! Honest proofs are accepted.

mod common;

use common::{batch, fr, prover_key};
use nectar_prover::prove;
use nectar_verifier::{Proof, verify};

#[test]
fn a_batch_of_many_chunks_is_proven_and_survives_its_bytes() {
    let batch = batch();
    let (proof, timings) = prove(prover_key(), &batch.statement, batch.slots.iter().cloned(), &()).unwrap();
    assert_eq!(timings.chunks, batch.slots.len());
    verify(prover_key().verifier(), &batch.statement, &proof).unwrap();
    let bytes = proof.encode();
    assert_eq!(bytes.len(), timings.bytes);
    assert_eq!(Proof::decode(&bytes).unwrap(), proof);
    let other = nectar_circuit::Statement { post_root: fr(1), ..batch.statement };
    verify(prover_key().verifier(), &other, &proof).unwrap_err();
}
