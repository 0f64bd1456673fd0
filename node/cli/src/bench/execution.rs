//! What proving the execution of one call takes.

use std::time::Instant;

use nectar_circuit::Statement;
use nectar_circuit::execution::{Arranged, Batch, Constraints, ExecutionCircuit, Size};
use nectar_prover::{ProverKey, Timings, prove_phased, record};
use nectar_verifier::Proof;
use nectar_vm::Program;
use nectar_vm::cosmwasm::is_stub;
use serde::{Deserialize, Serialize};

use super::hosted::{Hosted, Proven};
use super::prepared::prepare;
use super::verification::{median_ms, ms_since};
use super::workload::Workload;
use crate::error::CliError;
use crate::memory;
use crate::output::say;
use crate::progress::Progress;

/// What one call took.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Measured {
    pub(super) workload: Workload,
    /// Of the contracts' own that were charged for: all but plain control flow.
    pub(super) wasm_instructions: u64,
    /// Steps of the machine: rows that its programs ran.
    pub(super) ir_instructions: u64,
    /// All constraints of all chunks, for each step.
    pub(super) constraints_per_instruction: f64,
    /// The same by part.
    pub(super) constraints_by_part: Parts,
    /// Steps folded a second.
    pub(super) instructions_per_second: u64,
    pub(super) wasm_instructions_per_second: u64,
    pub(super) chunks: usize,
    /// To make the keys.
    pub(super) setup_ms: u64,
    /// To repeat the runs on the machine, and to arrange them into chunks.
    pub(super) arrange_ms: u64,
    /// To make the random instance, before the proof: it depends on nothing but the key.
    pub(super) random_instance_ms: u64,
    /// From arranged chunks to one folded instance.
    pub(super) fold_ms: u64,
    /// What of it went where.
    pub(super) folding: Folding,
    pub(super) compress_ms: u64,
    pub(super) verify_ms: u64,
    /// Of this process while it arranges and proves, the proving key included.
    pub(super) peak_rss_mb: Option<u64>,
    pub(super) proof_bytes: usize,
}

/// Constraints of slots in use, for each step, and of those that are not.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) struct Parts {
    pub(super) steps: f64,
    pub(super) hashes: f64,
    pub(super) programs: f64,
    pub(super) cells: f64,
    pub(super) outside: f64,
    pub(super) tables: f64,
    pub(super) unused: f64,
}

/// Where the time of folding went, in milliseconds. Commitments of several chunks are made side by side.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) struct Folding {
    /// Until all first phases were committed to.
    pub(super) first_ms: u64,
    /// For all values of all chunks, on one thread.
    pub(super) values_ms: u64,
    /// To commit to second phases, summed over threads.
    pub(super) second_ms: u64,
    /// To merge instances, the random one among them: for cross terms and the commitments to them.
    pub(super) merge_ms: u64,
}

/// Proves one call of a workload, in this process.
pub(super) fn measure(workload: Workload, instructions: u32) -> Result<Measured, CliError> {
    say(true, &format!("{}: calling, and making the development setup", workload.name()));
    let host = Hosted::new()?;
    let call = workload.prepare(&host, instructions)?;
    host.call(&call)?;
    let Proven { statement, traces, programs } = host.proven()?;
    drop(host);
    let begun = Instant::now();
    let keys = ProverKey::development(ExecutionCircuit::new(Size::standard()))
        .map_err(|e| CliError::failed("making the development setup")(e.into()))?;
    let setup_ms = ms_since(begun);
    memory::forget_peak();

    let failed = |e: Box<dyn std::error::Error>| CliError::failed("arranging the call's runs")(e);
    let begun = Instant::now();
    let batch = record(&traces, &programs).map_err(|e| failed(e.into()))?;
    let (wasm_instructions, ir_instructions) = counted(&batch);
    let arranged = Arranged::new(batch, keys.circuit().size()).map_err(|e| failed(e.into()))?;
    let arrange_ms = ms_since(begun);
    let chunks = arranged.chunks();
    let random_instance_ms = prepare(&keys)?;
    say(true, &format!("{}: proving {ir_instructions} steps in {chunks} chunks", workload.name()));
    let (proof, timings) = proven(&keys, &statement, &arranged)?;
    let peak_rss_mb = memory::peak_rss_mb();
    let verify_ms = median_ms(keys.verifier(), &statement, &proof)?;

    let spent = Constraints { tables: 0, ..arranged.filled().constraints() };
    let (constraints_per_instruction, constraints_by_part) =
        per_instruction(keys.circuit().size().constraints(), timings.chunks, spent, ir_instructions);
    Ok(Measured {
        workload,
        wasm_instructions,
        ir_instructions,
        constraints_per_instruction,
        constraints_by_part,
        instructions_per_second: per_second(ir_instructions, timings.fold_ms),
        wasm_instructions_per_second: per_second(wasm_instructions, timings.fold_ms),
        chunks: timings.chunks,
        setup_ms,
        arrange_ms,
        random_instance_ms,
        fold_ms: timings.fold_ms,
        folding: Folding {
            first_ms: timings.first_ms,
            values_ms: timings.synthesize_ms,
            second_ms: timings.commit_ms,
            merge_ms: timings.merge_ms,
        },
        compress_ms: timings.compress_ms,
        verify_ms,
        peak_rss_mb,
        proof_bytes: timings.bytes,
    })
}

/// A proof, read back from its bytes.
fn proven(
    keys: &ProverKey<ExecutionCircuit>,
    statement: &Statement,
    arranged: &Arranged,
) -> Result<(Proof, Timings), CliError> {
    let failed = |e: Box<dyn std::error::Error>| CliError::failed("proving")(e);
    let (chunks, chunk) = (arranged.chunks(), |number| arranged.chunk(number));
    let proven = prove_phased(keys, statement, chunks, chunk, &Progress::new(false));
    let (proof, timings) = proven.map_err(|e| failed(e.into()))?;
    let proof = Proof::decode(&proof.encode()).map_err(|e| failed(e.into()))?;
    Ok((proof, timings))
}

/// Instructions of WebAssembly, and steps.
fn counted(batch: &Batch<'_>) -> (u64, u64) {
    let (mut wasm, mut steps) = (0, 0);
    for run in &batch.runs {
        let Some(program) = batch.programs.get(run.program) else { continue };
        let costs = own_costs(program);
        for (row, times) in run.recording.fetched() {
            steps += times;
            let cost = usize::try_from(row).ok().and_then(|row| costs.get(row));
            wasm += cost.copied().unwrap_or_default() * times;
        }
    }
    (wasm, steps)
}

/// For each row the instructions that it stands for; none where the machine's own code is, which stands for the host's.
fn own_costs(program: &Program) -> Vec<u64> {
    let mut costs: Vec<u64> = program.rows.iter().map(|row| u64::from(row.cost)).collect();
    for function in program.functions.iter().filter(|function| is_stub(&function.name)) {
        let rows = function.rows.start as usize..function.rows.end as usize;
        costs.get_mut(rows).unwrap_or_default().fill(0);
    }
    costs
}

/// Constraints for each step: all, and by part.
fn per_instruction(chunk: Constraints, chunks: usize, spent: Constraints, steps: u64) -> (f64, Parts) {
    let all = chunk.total().saturating_mul(chunks);
    let tables = chunk.tables.saturating_mul(chunks);
    let unused = all.saturating_sub(tables).saturating_sub(spent.total());
    let each = |constraints: usize| tenths(constraints, steps);
    let parts = Parts {
        steps: each(spent.steps),
        hashes: each(spent.hashes),
        programs: each(spent.programs),
        cells: each(spent.cells),
        outside: each(spent.outside),
        tables: each(tables),
        unused: each(unused),
    };
    (each(all), parts)
}

fn tenths(constraints: usize, steps: u64) -> f64 {
    let tenths = u64::try_from(constraints).unwrap_or(u64::MAX).saturating_mul(10);
    tenths.checked_div(steps).unwrap_or_default() as f64 / 10.0
}

fn per_second(count: u64, ms: u64) -> u64 {
    count.saturating_mul(1000).checked_div(ms).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_for_each_step_and_leave_what_is_unused() {
        let chunk = Constraints { steps: 60, hashes: 30, tables: 10, ..Constraints::default() };
        let spent = Constraints { steps: 100, hashes: 20, ..Constraints::default() };
        let (all, parts) = per_instruction(chunk, 2, spent, 10);
        assert_eq!((all, parts.steps, parts.hashes, parts.tables, parts.unused), (20.0, 10.0, 2.0, 2.0, 6.0));
    }

    #[test]
    fn the_loop_takes_about_as_many_instructions_as_are_asked_for() {
        for asked in [1_000, 10_000, 100_000] {
            let host = Hosted::new().unwrap();
            let call = Workload::Loop.prepare(&host, asked).unwrap();
            host.call(&call).unwrap();
            let Proven { traces, programs, .. } = host.proven().unwrap();
            let (wasm, steps) = counted(&record(&traces, &programs).unwrap());
            let asked = u64::from(asked);
            assert!(wasm.abs_diff(asked) < 100 + asked / 100, "{asked}: {wasm}");
            assert!(steps < wasm, "{asked}: {steps} steps");
        }
    }
}
