//! Makes the proofs that every verifier is tested with: `cargo run --release -p nectar-prover --example vectors --
//! tests/vectors`. Keys are those of the insecure development setup. Salts and blinds are random, so that each run
//! writes other proofs of the same statements.

mod json;

use std::path::Path;

use json::json;
use nectar_circuit::{Circuit, SLOTS_PER_CHUNK, Statement};
use nectar_commitment::{Fr, Key, Ledger, ReceiptTree, Slot};
use nectar_prover::{ProverKey, prove};
use nectar_verifier::verify;

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let dir = std::env::args().nth(1).ok_or("the directory to write to is missing")?;
    // A circuit of one slot proves in two seconds: many shapes of the fold. The real one shows real costs.
    for (name, slots, chunks) in
        [("small", 1, [1, 2, 3, 4, 5, 8].as_slice()), ("full", SLOTS_PER_CHUNK, &[1, 8])]
    {
        let key = ProverKey::development(Circuit::new(slots))?;
        for &chunks in chunks {
            let (statement, operations) = batch(chunks * slots)?;
            let (proof, _) = prove(&key, &statement, operations.into_iter(), &())?;
            verify(key.verifier(), &statement, &proof)?;
            let path = Path::new(&dir).join(format!("{name}-{chunks}.json"));
            std::fs::write(path, json(&key.verifier().encode(), &statement, &proof.encode()))?;
        }
    }
    Ok(())
}

/// A batch of exactly this many operations: one invocation that ends with a receipt, or nothing at all if it would not
/// fit.
fn batch(operations: usize) -> Result<(Statement, Vec<Slot>), Failure> {
    let key = |n: usize| {
        let mut bytes = [7; 31];
        bytes.iter_mut().zip(n.to_be_bytes()).for_each(|(to, from)| *to = from);
        Key::new(bytes)
    };
    let (mut ledger, mut receipts) = (Ledger::default(), ReceiptTree::default());
    ledger.create(key(1), Fr::from(1), Fr::from(2))?;
    ledger.finish();
    let pre_root = ledger.root();
    let mut slots = vec![Slot::nop(); operations];
    if operations > 2 {
        ledger.open(key(1))?;
        for n in 0.. {
            match operations.saturating_sub(ledger.slots().len() + 2) {
                0 => break,
                1 => drop(ledger.read(key(n))?),
                _ => ledger.write(key(n), Fr::from(n as u64 + 1))?,
            }
        }
        ledger.close(Fr::from(3))?;
        let (log, auth) = (ledger.log(), ledger.auth());
        slots = ledger.finish().0;
        slots.push(receipts.append(log, Fr::from(4), auth)?);
    }
    let statement = Statement {
        chain_id: 31_337,
        network: 1,
        batch: 1,
        pre_root,
        post_root: ledger.root(),
        receipts_root: receipts.root(),
        receipts: u64::from(operations > 2),
        program_registry_root: Fr::from(5),
        window: (1_700_000_000, 1_700_000_600),
    };
    Ok((statement, slots))
}
