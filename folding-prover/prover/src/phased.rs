use std::time::Instant;

use ff::Field;
use nectar_circuit::engine::{Affine, NovaError};
use nectar_circuit::execution::Challenges;
use nectar_circuit::{Boundary, Frame, Phased, PhasedAssignment, Position, Statement};
use nectar_commitment::Fr;
use nectar_verifier::{MAX_CHUNKS, Proof, Transcript};
use rand_core::OsRng;
use rayon::prelude::*;

use crate::fold::{Blinded, Committed};
use crate::run::{Leaf, Run, Timings, check_cancelled, millis};
use crate::{Phase, Progress, ProveError, ProverKey};

/// Proves a batch whose witnesses are committed to in two phases. Each chunk is asked for twice, so that its values need
/// not be kept while the first phases of all are committed to; both times it must be the same. Twice as many chunks as
/// there are threads are in memory at once, and a folded instance per power of two.
///
/// # Errors
/// [`ProveError`]
pub fn prove_phased<C: Phased>(
    key: &ProverKey<C>,
    statement: &Statement,
    chunks: usize,
    chunk: impl Fn(usize) -> C::Chunk + Sync,
    progress: &dyn Progress,
) -> Result<(Proof, Timings), ProveError> {
    let begun = Instant::now();
    if chunks == 0 {
        return Err(ProveError::Empty);
    }
    if u32::try_from(chunks).map_or(true, |chunks| chunks > MAX_CHUNKS) {
        return Err(ProveError::TooLong);
    }
    let batch = Batch { key, statement, chunks, chunk, progress };
    let first = batch.first()?;
    let points: Vec<Affine> = first.iter().map(|first| first.point).collect();
    let (transcript, challenges) = Transcript::new(&key.verifier.digest(), statement).phased(&points);
    let mut run = Run::new(key.keys(), progress, transcript);
    (run.total, run.timings.first_ms) = (Some(chunks), millis(begun.elapsed()));
    let mut values = Values::new(&batch, &first, challenges);
    let mut block = values.block()?;
    while !block.is_empty() {
        // Values follow on each other, so that they are computed on one thread, while others commit.
        let (ahead, folded) = rayon::join(|| values.block(), || batch.fold(&mut run, block));
        folded?;
        block = ahead?;
    }
    run.timings.synthesize_ms = values.spent_ms;
    let sealed = run.seal()?;
    run.timings.fold_ms = millis(begun.elapsed());
    run.compress(sealed)
}

struct Batch<'a, C, F> {
    key: &'a ProverKey<C>,
    statement: &'a Statement,
    chunks: usize,
    chunk: F,
    progress: &'a dyn Progress,
}

impl<C: Phased, F: Fn(usize) -> C::Chunk + Sync> Batch<'_, C, F> {
    /// Commits to the first phase of every chunk.
    fn first(&self) -> Result<Vec<Blinded>, ProveError> {
        let all = (0..self.chunks).into_par_iter().map(|number| {
            check_cancelled(self.progress)?;
            let values = self.key.circuit.first(&(self.chunk)(number));
            if values.len() != self.key.circuit.first_variables() {
                return Err(NovaError::InvalidWitnessLength.into());
            }
            let first = Blinded::new(self.key.keys(), 0, &values)?;
            self.progress.advance(Phase::First, number + 1, Some(self.chunks));
            Ok(first)
        });
        all.collect()
    }

    /// Commits to the second phases of some chunks side by side, then folds the chunks in order.
    fn fold(&self, run: &mut Run<'_>, block: Vec<Chunk>) -> Result<(), ProveError> {
        check_cancelled(self.progress)?;
        let leaves = block.into_par_iter().map(|Chunk { number, first, assignment }| {
            let begun = Instant::now();
            let [start, end, ..] = assignment.public;
            let committed = Committed::phased(self.key.keys(), &first, assignment)?;
            self.progress.advance(Phase::Commit, number + 1, Some(self.chunks));
            let leaf = Leaf { number, position: self.position(number), committed, ends: [start, end] };
            Ok((leaf, millis(begun.elapsed())))
        });
        for (leaf, commit_ms) in leaves.collect::<Result<Vec<_>, ProveError>>()? {
            run.timings.commit_ms += commit_ms;
            run.fold(leaf)?;
        }
        Ok(())
    }

    fn position(&self, number: usize) -> Position {
        Position { first: number == 0, last: number + 1 == self.chunks }
    }
}

/// A chunk with the commitment to its first phase, and all values.
struct Chunk {
    number: usize,
    first: Blinded,
    assignment: PhasedAssignment,
}

/// Computes the values of all chunks, each from where the one before ended.
struct Values<'a, C, F> {
    batch: &'a Batch<'a, C, F>,
    /// Of the chunks that are left.
    first: std::iter::Enumerate<std::slice::Iter<'a, Blinded>>,
    challenges: Challenges,
    start: Boundary,
    spent_ms: u64,
}

impl<'a, C: Phased, F: Fn(usize) -> C::Chunk + Sync> Values<'a, C, F> {
    fn new(batch: &'a Batch<'a, C, F>, first: &'a [Blinded], challenges: Challenges) -> Self {
        let values = batch.key.circuit.start(batch.statement);
        let start = Boundary { values, salt: Fr::random(OsRng) };
        Self { batch, first: first.iter().enumerate(), challenges, start, spent_ms: 0 }
    }

    /// As many chunks as there are threads, or what is left.
    fn block(&mut self) -> Result<Vec<Chunk>, ProveError> {
        let begun = Instant::now();
        let mut block = Vec::new();
        while block.len() < rayon::current_num_threads() {
            let Some((number, first)) = self.first.next() else { break };
            block.push(Chunk { number, first: *first, assignment: self.assign(number)? });
        }
        self.spent_ms += millis(begun.elapsed());
        Ok(block)
    }

    fn assign(&mut self, number: usize) -> Result<PhasedAssignment, ProveError> {
        let Batch { key, statement, progress, chunks, .. } = self.batch;
        check_cancelled(*progress)?;
        let (position, end_salt) = (self.batch.position(number), Fr::random(OsRng));
        let frame = Frame { statement, position, challenges: self.challenges, start: &self.start, end_salt };
        let assignment = key.circuit.second(&(self.batch.chunk)(number), &frame);
        if position.last && !key.circuit.may_end(statement, &assignment.end) {
            return Err(ProveError::Boundary);
        }
        self.start = Boundary { values: assignment.end.clone(), salt: end_salt };
        progress.advance(Phase::Synthesize, number + 1, Some(*chunks));
        Ok(assignment)
    }
}
