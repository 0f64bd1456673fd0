//! Makes the proofs that every verifier is tested with: `cargo run --release -p nectar-prover --example vectors --
//! tests/vectors`. Keys are those of the insecure development setup. Salts and blinds are random, so that each run
//! writes other proofs of the same statements.

mod json;
#[path = "../../tests/common/tally.rs"]
mod tally;

use std::path::Path;

use json::json;
use nectar_circuit::{Circuit, SLOTS_PER_CHUNK, Statement};
use nectar_commitment::{Fr, Key, Ledger, ReceiptTree, Slot};
use nectar_prover::{ProverKey, prove, prove_phased};
use nectar_verifier::{Proof, VerifierKey, verify};
use tally::{Tally, tally_batch};

/// Exchanges of a chunk with 2^18 rows and 2^20 nonzeros, padded.
const EXCHANGES: usize = 30_000;

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let dir = std::env::args().nth(1).ok_or("the directory to write to is missing")?;
    let dir = Path::new(&dir);
    // A circuit of one slot proves in two seconds: many shapes of the fold. The real one shows real costs.
    for (name, slots, chunks) in
        [("small", 1, [1, 2, 3, 4, 5, 8].as_slice()), ("full", SLOTS_PER_CHUNK, &[1, 8])]
    {
        let key = ProverKey::development(Circuit::new(slots))?;
        for &chunks in chunks {
            let (statement, operations) = batch(chunks * slots)?;
            let (proof, _) = prove(&key, &statement, operations.into_iter(), &())?;
            write(dir, &format!("{name}-{chunks}"), key.verifier(), &statement, &proof)?;
        }
    }
    // The same with two phases: a circuit of few rows, and one as large as the real one of state.
    for (name, exchanges, chunks) in
        [("phased", 4, [1, 2, 3, 5, 8].as_slice()), ("phased-full", EXCHANGES, &[1, 8])]
    {
        let key = ProverKey::development(Tally::new(exchanges))?;
        for &chunks in chunks {
            let (statement, values) = tally_batch(key.circuit(), chunks);
            let chunk = |number: usize| values[number].clone();
            let (proof, _) = prove_phased(&key, &statement, chunks, chunk, &())?;
            write(dir, &format!("{name}-{chunks}"), key.verifier(), &statement, &proof)?;
        }
    }
    Ok(())
}

fn write(
    dir: &Path,
    name: &str,
    key: &VerifierKey,
    statement: &Statement,
    proof: &Proof,
) -> Result<(), Failure> {
    verify(key, statement, proof)?;
    std::fs::write(dir.join(format!("{name}.json")), json(&key.encode(), statement, &proof.encode()))?;
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
