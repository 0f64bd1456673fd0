use std::time::Instant;

use nectar_circuit::Statement;
use nectar_commitment::Slot;
use nectar_verifier::{Proof, Transcript};
use rayon::prelude::*;

use crate::batch::{Part, Parts};
use crate::fold::Committed;
use crate::run::{Leaf, Run, Timings, check_cancelled, millis};
use crate::{Phase, Progress, ProveError, ProverKey};

/// Proves a batch. Slots are taken from the iterator as they are needed; as many chunks as there are threads are in
/// memory at once, and a folded instance per power of two.
///
/// # Errors
/// [`ProveError`]
pub fn prove(
    key: &ProverKey,
    statement: &Statement,
    slots: impl Iterator<Item = Slot>,
    progress: &dyn Progress,
) -> Result<(Proof, Timings), ProveError> {
    let begun = Instant::now();
    let mut run = Run::new(key.keys(), progress, Transcript::new(&key.verifier.digest(), statement));
    let mut parts = Parts::new(statement, slots, key.circuit.slots());
    run.total = parts.total();
    loop {
        let block = parts.by_ref().take(rayon::current_num_threads()).collect::<Result<Vec<_>, _>>()?;
        if block.is_empty() {
            break;
        }
        fold_block(&mut run, key, statement, &block)?;
    }
    let sealed = run.seal()?;
    run.timings.fold_ms = millis(begun.elapsed());
    run.compress(sealed)
}

/// Commits to some chunks side by side, then folds them in order.
fn fold_block(
    run: &mut Run<'_>,
    key: &ProverKey,
    statement: &Statement,
    parts: &[Part],
) -> Result<(), ProveError> {
    check_cancelled(run.progress)?;
    let committed: Vec<_> = parts
        .par_iter()
        .map(|part| commit(key, statement, part, run.progress, run.total))
        .collect::<Result<_, ProveError>>()?;
    for (leaf, [synthesize, commit]) in committed {
        run.timings.synthesize_ms += synthesize;
        run.timings.commit_ms += commit;
        run.fold(leaf)?;
    }
    Ok(())
}

fn commit(
    key: &ProverKey,
    statement: &Statement,
    part: &Part,
    progress: &dyn Progress,
    total: Option<usize>,
) -> Result<(Leaf, [u64; 2]), ProveError> {
    let begun = Instant::now();
    let assignment = key.circuit.assign(&part.chunk(statement));
    let synthesized = begun.elapsed();
    let number = part.number as usize;
    progress.advance(Phase::Synthesize, number + 1, total);
    let [start, end, ..] = assignment.public;
    let committed = Committed::new(key.keys(), assignment)?;
    progress.advance(Phase::Commit, number + 1, total);
    let times = [millis(synthesized), millis(begun.elapsed() - synthesized)];
    Ok((Leaf { number, position: part.position, committed, ends: [start, end] }, times))
}
