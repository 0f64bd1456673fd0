use tokio::task::spawn_blocking;

use super::execution::{Measured, Parts, measure};
use super::{Workload, apart};
use crate::error::CliError;
use crate::output::Report;
use crate::table::Table;
use crate::time::show_ms;

/// Proves one call of each workload, of the loop one for each number of instructions: in this process if it is only one, else
/// each in a process of its own.
pub(crate) async fn measure_execution(
    workloads: Vec<Workload>,
    instructions: Vec<u32>,
) -> Result<Report, CliError> {
    let calls: Vec<(Workload, u32)> = workloads
        .into_iter()
        .flat_map(|workload| match workload {
            Workload::Loop => instructions.iter().map(|number| (workload, *number)).collect(),
            _ => vec![(workload, 0)],
        })
        .collect();
    let mut all = Vec::new();
    if let [(workload, instructions)] = calls[..] {
        let measured = spawn_blocking(move || measure(workload, instructions)).await;
        all.push(measured.map_err(|e| CliError::failed("measuring")(e.into()))??);
    } else {
        for (workload, instructions) in calls {
            all.push(apart::measure(workload, instructions).await?);
        }
    }
    let text = format!("{}\n{}", table(&all), parts(&all));
    Ok(Report::new(all, text))
}

fn table(all: &[Measured]) -> Table {
    let mut table = Table::new([
        "workload",
        "wasm",
        "steps",
        "chunks",
        "constraints a step",
        "steps a second",
        "arrange",
        "random instance",
        "fold",
        "compress",
        "verify",
        "proof",
        "peak memory",
    ]);
    for measured in all {
        let Measured { arrange_ms, random_instance_ms, fold_ms, compress_ms, verify_ms, .. } = *measured;
        let [arrange, random, fold, compress, verify] =
            [arrange_ms, random_instance_ms, fold_ms, compress_ms, verify_ms].map(show_ms);
        table.row([
            measured.workload.name(),
            measured.wasm_instructions.to_string(),
            measured.ir_instructions.to_string(),
            measured.chunks.to_string(),
            measured.constraints_per_instruction.to_string(),
            measured.instructions_per_second.to_string(),
            arrange,
            random,
            fold,
            compress,
            verify,
            format!("{} bytes", measured.proof_bytes),
            measured.peak_rss_mb.map_or_else(|| "-".into(), |mb| format!("{mb} MB")),
        ]);
    }
    table
}

/// Constraints a step.
fn parts(all: &[Measured]) -> Table {
    let mut table = Table::new([
        "constraints a step",
        "steps",
        "hashes",
        "programs",
        "cells",
        "outside",
        "tables",
        "unused",
    ]);
    for measured in all {
        let Parts { steps, hashes, programs, cells, outside, tables, unused } = measured.constraints_by_part;
        let parts = [steps, hashes, programs, cells, outside, tables, unused].map(|part| part.to_string());
        let [steps, hashes, programs, cells, outside, tables, unused] = parts;
        table.row([measured.workload.name(), steps, hashes, programs, cells, outside, tables, unused]);
    }
    table
}
