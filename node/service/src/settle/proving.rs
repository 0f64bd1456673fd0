//! Makes the proofs of a batch, and verifies each: nothing is attested on the prover's word.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use nectar_circuit::Statement;
use nectar_circuit::execution::{Arranged, ExecutionCircuit};
use nectar_commitment::Slot;
use nectar_prover::{ProverKey, Timings, prove, prove_phased, record};
use nectar_runtime::Executor;
use nectar_trace::{Batch, RunTrace};
use nectar_verifier::{Kind, Proof, VerifierKey, verify};
use nectar_vm::cosmwasm::CosmWasm;
use nectar_vm::lower;

use super::error::SettleError;
use super::live::Live;
use crate::api::ProofFigures;
use crate::keys::ProvingKeys;

/// Gas of the runs that are recorded at a time, at most, but for those of one receipt. An instruction costs some gas and, while
/// it is being proven, some hundred bytes of memory.
const MAX_RECORDED_GAS: u64 = 4_000_000;

/// A proof's bytes, and what it took.
pub(super) type Made = (Vec<u8>, ProofFigures);

/// Proves the batch's state or its execution.
pub(super) fn make(
    kind: Kind,
    keys: &ProvingKeys,
    executor: &Executor,
    statement: &Statement,
    batch: &Batch,
    live: &Live,
) -> Result<Made, SettleError> {
    match (kind, &keys.execution) {
        (Kind::State, _) => state(&keys.state, statement, batch, live),
        (Kind::Execution, Some(key)) => execution(key, executor, statement, batch, live),
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
    executor: &Executor,
    statement: &Statement,
    batch: &Batch,
    live: &Live,
) -> Result<Made, SettleError> {
    live.phase("recording runs", 0, 1);
    let (arranged, steps) = arrange(key.circuit(), executor, batch)?;
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
) -> Result<(Arranged, usize), SettleError> {
    let codes: BTreeSet<_> = runs(batch).map(|run| run.code).collect();
    let mut programs = Vec::new();
    for code in codes {
        let module = executor.code(&code)?.ok_or(SettleError::NoModule(code))?;
        programs.push((code, lower(&module, &CosmWasm).map_err(|_| SettleError::NotProvable(code))?));
    }
    let recorded = record(batch.traces(), &programs)?;
    let steps = recorded.runs.iter().map(|run| run.recording.steps()).sum();
    Ok((Arranged::new(recorded, circuit.size())?, steps))
}

fn runs(batch: &Batch) -> impl Iterator<Item = &RunTrace> {
    batch.traces().iter().flat_map(|trace| &trace.runs)
}

/// How many of a batch's receipts, from the first, have a proof of execution of at most so many chunks; but always one.
pub(super) fn receipts_within(
    keys: &ProvingKeys,
    executor: &Executor,
    batch: &Batch,
    chunks: u32,
) -> Result<usize, SettleError> {
    let Some(key) = &keys.execution else { return Ok(batch.traces().len()) };
    let mut gas = 0_u64;
    let affordable = batch.traces().iter().take_while(|trace| {
        gas = trace.runs.iter().fold(gas, |gas, run| gas.saturating_add(run.gas));
        gas <= MAX_RECORDED_GAS
    });
    let receipts = affordable.count().max(1);
    if receipts < batch.traces().len() || receipts == 1 {
        return Ok(receipts);
    }
    let most = usize::try_from(chunks).unwrap_or(usize::MAX);
    let (arranged, _) = arrange(key.circuit(), executor, batch)?;
    let needed = arranged.chunks();
    Ok(if needed <= most { receipts } else { receipts.saturating_mul(most).div_euclid(needed).max(1) })
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
