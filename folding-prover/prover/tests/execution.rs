//! Real calls of a real contract, proven: what the program did, on which inputs, with which entries in the log.
#![expect(clippy::unwrap_used, reason = "a test whose setting up fails has failed")]

#[path = "../../circuit/tests/common/recorded.rs"]
mod recorded;

use nectar_circuit::Statement;
use nectar_circuit::execution::{Arranged, Batch, ExecutionCircuit, Size};
use nectar_commitment::Fr;
use nectar_prover::{ProverKey, prove_phased};
use nectar_verifier::verify;
use recorded::{instantiate, program, root};

#[test]
fn two_calls_are_proven_one_of_which_runs_out_of_gas() {
    let program = program("consent");
    let calls = [1 << 40, 30_000];
    let (runs, receipts): (Vec<_>, Vec<_>) =
        (1..).zip(calls).map(|(run, limit)| instantiate(&program, run, limit)).unzip();
    let zero = Fr::zero();
    let statement = Statement {
        chain_id: 31_337,
        network: 1,
        batch: 2,
        pre_root: zero,
        post_root: zero,
        receipts_root: root(&receipts),
        receipts: 2,
        program_registry_root: zero,
        window: (0, 0),
    };
    let size = Size::standard();
    let arranged = Arranged::new(Batch { programs: vec![&program], runs, receipts }, &size).unwrap();
    let key = ProverKey::development(ExecutionCircuit::new(size)).unwrap();
    let (proof, timings) =
        prove_phased(&key, &statement, arranged.chunks(), |number| arranged.chunk(number), &()).unwrap();
    println!("{timings:?}");
    verify(key.verifier(), &statement, &proof).unwrap();
    let other = Statement { receipts: 3, ..statement };
    assert!(verify(key.verifier(), &other, &proof).is_err());
    let other = Statement { receipts_root: zero, ..statement };
    assert!(verify(key.verifier(), &other, &proof).is_err());
}
