//! Makes the proofs that every verifier is tested with: `cargo run --release -p nectar-prover --example vectors --
//! tests/vectors`, with `small`, `full`, `phased-small` or `phased-full` behind it for some of them alone. Keys are those of
//! the insecure development setup. Salts and blinds are random, so that each run writes other proofs of the same
//! statements.

mod json;
#[path = "../../tests/common/tally.rs"]
mod tally;

use std::io::Write as _;
use std::path::Path;

use json::json;
use nectar_circuit::{Circuit, SLOTS_PER_CHUNK, Statement};
use nectar_commitment::{Fr, Key, Ledger, ReceiptTree, Slot};
use nectar_prover::{ProverKey, prove, prove_phased};
use nectar_verifier::{Proof, VerifierKey, verify};
use tally::{Tally, tally_batch};

type Failure = Box<dyn std::error::Error>;

/// Chunks of the small proofs: many shapes of the fold.
const SMALL: &[usize] = &[1, 2, 3, 4, 5, 8];
/// Chunks of the proofs of the size that networks have: real costs.
const FULL: &[usize] = &[1, 8];
/// Exchanges that fill a chunk of two phases to the size of the real one: 2^18 rows and variables, 2^20 nonzeros.
const FULL_TALLY: usize = 28_000;

fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let dir = arguments.next().ok_or("the directory to write to is missing")?;
    let (dir, named): (_, Vec<String>) = (Path::new(&dir), arguments.collect());
    let asked = |name: &str| named.is_empty() || named.iter().any(|asked| asked == name);
    // A circuit of one slot proves in two seconds.
    for (name, slots, sizes) in [("small", 1, SMALL), ("full", SLOTS_PER_CHUNK, FULL)] {
        if asked(name) {
            state(dir, name, slots, sizes)?;
        }
    }
    for (name, exchanges, sizes) in [("phased-small", 4, SMALL), ("phased-full", FULL_TALLY, FULL)] {
        if asked(name) {
            phased(dir, name, exchanges, sizes)?;
        }
    }
    Ok(())
}

fn state(dir: &Path, name: &str, slots: usize, sizes: &[usize]) -> Result<(), Failure> {
    let key = ProverKey::development(Circuit::new(slots))?;
    for &chunks in sizes {
        let (statement, operations) = batch(chunks * slots)?;
        let (proof, timings) = prove(&key, &statement, operations.into_iter(), &())?;
        writeln!(std::io::stderr(), "{name}-{chunks}: {timings:?}")?;
        write(dir, &format!("{name}-{chunks}"), key.verifier(), &statement, &proof)?;
    }
    Ok(())
}

fn phased(dir: &Path, name: &str, exchanges: usize, sizes: &[usize]) -> Result<(), Failure> {
    let key = ProverKey::development(Tally::new(exchanges))?;
    for &chunks in sizes {
        let (statement, exchanges) = tally_batch(key.circuit(), chunks);
        let (proof, timings) = prove_phased(&key, &statement, chunks, |i| exchanges[i].clone(), &())?;
        writeln!(std::io::stderr(), "{name}-{chunks}: {timings:?}")?;
        write(dir, &format!("{name}-{chunks}"), key.verifier(), &statement, &proof)?;
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
    let text = json(&key.encode(), statement, &proof.encode());
    Ok(std::fs::write(dir.join(format!("{name}.json")), text)?)
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
