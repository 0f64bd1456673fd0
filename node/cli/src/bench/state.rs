use std::time::Instant;

use nectar_circuit::Circuit;
use nectar_prover::ProverKey;
use serde::Serialize;
use tokio::task::spawn_blocking;

use super::batch::{Place, Synthetic};
use super::prepared::prepare;
use super::verification::{median_ms, ms_since};
use crate::error::CliError;
use crate::memory;
use crate::output::{Report, say};
use crate::progress::Progress;
use crate::table::Table;
use crate::time::show_ms;

/// What one proof took.
#[derive(Debug, Clone, Serialize)]
struct Row {
    chunks: usize,
    slots_per_chunk: usize,
    operations: usize,
    setup_ms: u64,
    /// To make the random instance, before the proof.
    random_instance_ms: u64,
    fold_ms: u64,
    compress_ms: u64,
    verify_ms: u64,
    proof_bytes: usize,
    /// Of this process, the proving key included; from the setup on, where the system can forget earlier peaks.
    peak_rss_mb: Option<u64>,
}

/// Proves a batch of each number of chunks, in circuits with each number of slots in a chunk.
pub(crate) async fn measure_state(chunks: Vec<u32>, slots: Vec<u32>) -> Result<Report, CliError> {
    let mut rows = Vec::new();
    for slots in slots.into_iter().map(size) {
        say(true, &format!("making the development setup for {slots} slots in a chunk"));
        let chunks = chunks.clone();
        let measured = spawn_blocking(move || measure(&chunks, slots)).await;
        rows.extend(measured.map_err(|e| CliError::failed("measuring")(e.into()))??);
    }
    let text = table(&rows).to_string();
    Ok(Report::new(rows, text))
}

fn measure(chunks: &[u32], slots: usize) -> Result<Vec<Row>, CliError> {
    let begun = Instant::now();
    let keys = ProverKey::development(Circuit::new(slots));
    let keys = keys.map_err(|e| CliError::failed("making the development setup")(e.into()))?;
    let setup_ms = ms_since(begun);
    let mut rows = Vec::new();
    for chunks in chunks.iter().copied().map(size) {
        say(true, &format!("proving {chunks} chunks of {slots} slots"));
        rows.push(Row { setup_ms, ..one(&keys, chunks, slots)? });
    }
    Ok(rows)
}

fn one(keys: &ProverKey, chunks: usize, slots: usize) -> Result<Row, CliError> {
    let operations = chunks.saturating_mul(slots);
    let place = Place { chain_id: nectar_l1::DEV_CHAIN_ID, network: 1, window: (0, 1) };
    let batch = Synthetic::new(operations, place)?;
    let statement = batch.statement;
    memory::forget_peak();
    let random_instance_ms = prepare(keys)?;
    let (proof, bytes, timings) = batch.prove(keys, &Progress::new(false))?;
    let peak_rss_mb = memory::peak_rss_mb();
    Ok(Row {
        chunks: timings.chunks,
        slots_per_chunk: slots,
        operations,
        setup_ms: 0,
        random_instance_ms,
        fold_ms: timings.fold_ms,
        compress_ms: timings.compress_ms,
        verify_ms: median_ms(keys.verifier(), &statement, &proof)?,
        proof_bytes: bytes.len(),
        peak_rss_mb,
    })
}

fn table(rows: &[Row]) -> Table {
    let mut table = Table::new([
        "chunks",
        "slots",
        "operations",
        "setup",
        "random instance",
        "fold",
        "compress",
        "verify",
        "proof",
        "peak memory",
    ]);
    for row in rows {
        let [setup, random, fold, compress, verify] =
            [row.setup_ms, row.random_instance_ms, row.fold_ms, row.compress_ms, row.verify_ms].map(show_ms);
        table.row([
            row.chunks.to_string(),
            row.slots_per_chunk.to_string(),
            row.operations.to_string(),
            setup,
            random,
            fold,
            compress,
            verify,
            format!("{} bytes", row.proof_bytes),
            row.peak_rss_mb.map_or_else(|| "-".into(), |mb| format!("{mb} MB")),
        ]);
    }
    table
}

pub(super) fn size(n: u32) -> usize {
    usize::try_from(n).unwrap_or(usize::MAX)
}
