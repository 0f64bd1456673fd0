//! Measures proofs of batches of 1, 8 and 32 chunks, or of the numbers given: `cargo run --release -p nectar-prover
//! --example measure -- 1 8`; `SLOTS=8` measures a smaller circuit. Keys are those of the insecure development setup.
#![expect(clippy::print_stdout, reason = "it prints a table")]

use std::time::Instant;

use nectar_circuit::{Circuit, SLOTS_PER_CHUNK, Statement};
use nectar_commitment::{Fr, Key, Ledger, ReceiptTree, Slot};
use nectar_prover::{ProverKey, prove};
use nectar_verifier::{Proof, verify};

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let mut counts = std::env::args().skip(1).map(|n| n.parse()).collect::<Result<Vec<usize>, _>>()?;
    if counts.is_empty() {
        counts = vec![1, 8, 32];
    }
    let slots_per_chunk = std::env::var("SLOTS").map_or(Ok(SLOTS_PER_CHUNK), |slots| slots.parse())?;
    let begun = Instant::now();
    let prover = ProverKey::development(Circuit::new(slots_per_chunk))?;
    let verifier = prover.verifier();
    println!(
        "{slots_per_chunk} slots a chunk, setup {} ms, {} setup",
        begun.elapsed().as_millis(),
        verifier.setup_kind()
    );
    println!("chunks slots synthesize_ms commit_ms fold_ms compress_ms verify_ms bytes peak_mb");
    for chunks in counts {
        let (statement, slots) = batch(chunks * slots_per_chunk)?;
        let count = slots.len();
        let (proof, t) = prove(&prover, &statement, slots.into_iter(), &())?;
        let proof = Proof::decode(&proof.encode())?;
        let begun = Instant::now();
        verify(verifier, &statement, &proof)?;
        println!(
            "{} {count} {} {} {} {} {} {} {}",
            t.chunks,
            t.synthesize_ms,
            t.commit_ms,
            t.fold_ms,
            t.compress_ms,
            begun.elapsed().as_millis(),
            t.bytes,
            peak_mb()
        );
    }
    Ok(())
}

/// One invocation that writes, reads and ends with a receipt, in exactly this many operations.
fn batch(slots: usize) -> Result<(Statement, Vec<Slot>), Failure> {
    let key = |n: usize| {
        let mut bytes = [7; 31];
        bytes.iter_mut().zip(n.to_be_bytes()).for_each(|(to, from)| *to = from);
        Key::new(bytes)
    };
    let (mut ledger, mut receipts) = (Ledger::default(), ReceiptTree::default());
    ledger.create(key(1), Fr::from(1), Fr::from(2))?;
    ledger.finish();
    let pre_root = ledger.root();
    ledger.open(key(1))?;
    for n in 0.. {
        match slots.saturating_sub(ledger.slots().len() + 2) {
            0 => break,
            1 => drop(ledger.read(key(n))?),
            _ => ledger.write(key(n), Fr::from(n as u64 + 1))?,
        }
    }
    ledger.close(Fr::from(3))?;
    let (log, auth) = (ledger.log(), ledger.auth());
    let mut all = ledger.finish().0;
    all.push(receipts.append(log, Fr::from(4), auth)?);
    let statement = Statement {
        chain_id: 31_337,
        network: 1,
        batch: 1,
        pre_root,
        post_root: ledger.root(),
        receipts_root: receipts.root(),
        receipts: 1,
        program_registry_root: Fr::from(5),
        window: (0, 1),
    };
    Ok((statement, all))
}

/// The most memory that this process ever held; 0 where the system does not say.
fn peak_mb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kb = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kb.unwrap_or_default() / 1024
}
