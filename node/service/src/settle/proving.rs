//! Makes the proofs of a batch, and verifies each: nothing is attested on the prover's word.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use nectar_abi::CodeHash;
use nectar_circuit::execution::{Arranged, Batch as Recorded, ExecutionCircuit};
use nectar_circuit::{Statement, Uniform as _};
use nectar_commitment::Slot;
use nectar_prover::{ProverKey, Timings, prove, prove_phased, record};
use nectar_runtime::Executor;
use nectar_trace::Batch;
use nectar_verifier::{Kind, Proof, VerifierKey, verify};
use nectar_vm::cosmwasm::CosmWasm;
use nectar_vm::{Program, lower};

use super::error::SettleError;
use super::live::Live;
use crate::api::ProofFigures;
use crate::config::Padding;
use crate::keys::ProvingKeys;

/// A proof's bytes, and what it took.
pub(super) type Made = (Vec<u8>, ProofFigures);

/// Proves the batch's state or its execution.
pub(super) fn make(
    kind: Kind,
    keys: &ProvingKeys,
    executor: &Executor,
    (statement, batch): (&Statement, &Batch),
    padding: Padding,
    live: &Live,
) -> Result<Made, SettleError> {
    match (kind, &keys.execution) {
        (Kind::State, _) => state(&keys.state, statement, batch, live),
        (Kind::Execution, Some(key)) => {
            live.phase("recording runs", 0, 1);
            let arranged = arrange(key.circuit(), executor, batch, padding)?;
            live.instructions(count(arranged.1));
            execution(key, statement, arranged, live)
        }
        (Kind::Execution, None) => Err(SettleError::NoExecutionKey),
    }
}

fn state(key: &ProverKey, statement: &Statement, batch: &Batch, live: &Live) -> Result<Made, SettleError> {
    // A list knows its length, so that progress has a total.
    let slots: Vec<Slot> = batch.slots().cloned().collect();
    let steps = slots.len();
    let watched = live.of(Kind::State);
    let (proof, timings) = prove(key, statement, slots.into_iter(), &watched)?;
    verified(key.verifier(), statement, &proof, (steps, timings), live)
}

fn execution(
    key: &ProverKey<ExecutionCircuit>,
    statement: &Statement,
    (arranged, steps): (Arranged, usize),
    live: &Live,
) -> Result<Made, SettleError> {
    let watched = live.of(Kind::Execution);
    let (proof, timings) =
        prove_phased(key, statement, arranged.chunks(), |number| arranged.chunk(number), &watched)?;
    verified(key.verifier(), statement, &proof, (steps, timings), live)
}

/// Repeats the batch's runs on the machine, and arranges them into chunks.
fn arrange(
    circuit: &ExecutionCircuit,
    executor: &Executor,
    batch: &Batch,
    padding: Padding,
) -> Result<(Arranged, usize), SettleError> {
    let programs = programs(executor, batch)?;
    let recorded = record(batch.traces(), &programs)?;
    let steps = steps(&recorded);
    Ok((padded(Arranged::new(recorded, circuit.size())?, padding), steps))
}

fn padded(arranged: Arranged, padding: Padding) -> Arranged {
    match padding {
        Padding::None => arranged,
        Padding::Buckets => arranged.padded(),
    }
}

/// The programs of a batch's runs.
fn programs(executor: &Executor, batch: &Batch) -> Result<Vec<(CodeHash, Program)>, SettleError> {
    let runs = batch.traces().iter().flat_map(|trace| &trace.runs);
    let codes: BTreeSet<_> = runs.map(|run| run.code).collect();
    let lowered = codes.into_iter().map(|code| {
        let module = executor.code(&code)?.ok_or(SettleError::NoModule(code))?;
        let program = lower(&module, &CosmWasm).map_err(|_| SettleError::NotProvable(code))?;
        Ok((code, program))
    });
    lowered.collect()
}

fn steps(recorded: &Recorded<'_>) -> usize {
    recorded.runs.iter().map(|run| run.recording.steps()).sum()
}

/// How many of a batch's receipts, from the first, are likely to have a proof of execution of at most so many chunks: all of them
/// if they have, else fewer; but always one. Of runs that have no place in a proof no more than one receipt's are in memory.
pub(super) fn receipts_within(
    keys: &ProvingKeys,
    executor: &Executor,
    batch: &Batch,
    chunks: u32,
    padding: Padding,
) -> Result<usize, SettleError> {
    let receipts = batch.traces().len();
    let Some(key) = &keys.execution else { return Ok(receipts) };
    let chunks = usize::try_from(chunks).unwrap_or(usize::MAX);
    let programs = programs(executor, batch)?;
    let most = chunks.saturating_mul(key.circuit().slots());
    let (mut all, mut taken) = (0_usize, Vec::new());
    for trace in batch.traces() {
        all = all.saturating_add(steps(&record(std::slice::from_ref(trace), &programs)?));
        if all > most {
            break;
        }
        taken.push(all);
    }
    if taken.len() < receipts || receipts == 1 {
        return Ok(taken.len().max(1));
    }
    let recorded = record(batch.traces(), &programs)?;
    let needed = padded(Arranged::new(recorded, key.circuit().size())?, padding).chunks();
    if needed <= chunks {
        return Ok(receipts);
    }
    // Chunks are about in proportion to steps.
    let share = all.saturating_mul(chunks).checked_div(needed).unwrap_or(all);
    let within = taken.iter().take_while(|steps| **steps <= share).count();
    Ok(within.clamp(1, receipts - 1))
}

fn verified(
    key: &VerifierKey,
    statement: &Statement,
    proof: &Proof,
    (steps, timings): (usize, Timings),
    live: &Live,
) -> Result<Made, SettleError> {
    let bytes = proof.encode();
    live.phase("verifying", 0, 1);
    let started = Instant::now();
    verify(key, statement, &Proof::decode(&bytes)?)?;
    let figures = ProofFigures {
        steps: count(steps),
        chunks: count(timings.chunks),
        proof_bytes: count(bytes.len()),
        fold_ms: timings.fold_ms,
        compress_ms: timings.compress_ms,
        verify_ms: millis(started.elapsed()),
    };
    Ok((bytes, figures))
}

fn count(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
