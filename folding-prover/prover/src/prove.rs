use std::time::{Duration, Instant};

use nectar_circuit::Statement;
use nectar_circuit::engine::{Argument, Snark, SnarkTrait};
use nectar_commitment::{Fr, Slot};
use nectar_verifier::{FoldTree, Proof, Transcript};
use rayon::prelude::*;

use crate::batch::{Part, Parts};
use crate::fold::{Committed, Folded, Sealed};
use crate::{Phase, Progress, ProveError, ProverKey};

/// What a proof took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Timings {
    /// Chunks.
    pub chunks: usize,
    /// Milliseconds to compute chunks' values, summed over threads.
    pub synthesize_ms: u64,
    /// Milliseconds to commit to them, summed over threads.
    pub commit_ms: u64,
    /// Milliseconds until all chunks were folded into one instance, from the start.
    pub fold_ms: u64,
    /// Milliseconds to prove that instance.
    pub compress_ms: u64,
    /// Bytes of the proof.
    pub bytes: usize,
}

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
    let mut run = Run::new(key, statement, progress);
    let mut parts = Parts::new(statement, slots, key.circuit.slots());
    run.total = parts.total();
    loop {
        let block = parts.by_ref().take(rayon::current_num_threads()).collect::<Result<Vec<_>, _>>()?;
        if block.is_empty() {
            break;
        }
        run.block(&block)?;
    }
    let sealed = run.seal()?;
    run.timings.fold_ms = millis(begun.elapsed());
    run.compress(sealed)
}

struct Run<'a> {
    key: &'a ProverKey,
    statement: &'a Statement,
    progress: &'a dyn Progress,
    transcript: Transcript,
    tree: FoldTree<Folded>,
    boundaries: Vec<Fr>,
    witnesses: Vec<nectar_circuit::engine::Affine>,
    cross_terms: Vec<nectar_circuit::engine::Affine>,
    total: Option<usize>,
    timings: Timings,
}

impl<'a> Run<'a> {
    fn new(key: &'a ProverKey, statement: &'a Statement, progress: &'a dyn Progress) -> Self {
        Self {
            key,
            statement,
            progress,
            transcript: Transcript::new(&key.verifier.digest(), statement),
            tree: FoldTree::default(),
            boundaries: Vec::new(),
            witnesses: Vec::new(),
            cross_terms: Vec::new(),
            total: None,
            timings: Timings::default(),
        }
    }

    fn check_cancelled(&self) -> Result<(), ProveError> {
        if self.progress.cancelled() { Err(ProveError::Cancelled) } else { Ok(()) }
    }

    /// Commits to some chunks side by side, then folds them in order.
    fn block(&mut self, parts: &[Part]) -> Result<(), ProveError> {
        self.check_cancelled()?;
        let committed: Vec<_> =
            parts.par_iter().map(|part| self.commit(part)).collect::<Result<_, ProveError>>()?;
        for (part, (committed, [start, end], [synthesize, commit])) in parts.iter().zip(committed) {
            self.check_cancelled()?;
            self.timings.synthesize_ms += synthesize;
            self.timings.commit_ms += commit;
            self.fold(part, &committed, start, end)?;
        }
        Ok(())
    }

    fn commit(&self, part: &Part) -> Result<(Committed, [Fr; 2], [u64; 2]), ProveError> {
        let begun = Instant::now();
        let assignment = self.key.circuit.assign(&part.chunk(self.statement));
        let synthesized = begun.elapsed();
        let number = part.number as usize;
        self.progress.advance(Phase::Synthesize, number + 1, self.total);
        let committed = Committed::new(self.key, &assignment)?;
        self.progress.advance(Phase::Commit, number + 1, self.total);
        let [start, end, ..] = assignment.public;
        let times = [millis(synthesized), millis(begun.elapsed() - synthesized)];
        Ok((committed, [start, end], times))
    }

    fn fold(&mut self, part: &Part, committed: &Committed, start: Fr, end: Fr) -> Result<(), ProveError> {
        let witness = committed.commitment();
        let digest = self.transcript.leaf(part.number, part.position, &witness, &start, &end);
        if self.boundaries.is_empty() {
            self.boundaries.push(start);
        }
        self.boundaries.push(end);
        self.witnesses.push(witness);
        let (key, transcript, cross_terms) = (self.key, &self.transcript, &mut self.cross_terms);
        self.tree.push(Folded::leaf(key, digest, committed), |left, right| {
            merge(key, transcript, cross_terms, &left, &right)
        })?;
        self.timings.chunks += 1;
        self.progress.advance(Phase::Fold, self.timings.chunks, self.total);
        Ok(())
    }

    fn seal(&mut self) -> Result<Sealed, ProveError> {
        self.check_cancelled()?;
        let (key, transcript, cross_terms) = (self.key, &self.transcript, &mut self.cross_terms);
        let root = std::mem::take(&mut self.tree)
            .finish(|left, right| merge(key, transcript, cross_terms, &left, &right))?
            .ok_or(ProveError::Empty)?;
        let chunks = u32::try_from(self.witnesses.len()).map_err(|_| ProveError::TooLong)?;
        Ok(root.seal(key, transcript, chunks)?)
    }

    fn compress(mut self, sealed: Sealed) -> Result<(Proof, Timings), ProveError> {
        self.check_cancelled()?;
        self.progress.advance(Phase::Compress, 0, Some(1));
        let begun = Instant::now();
        let key = self.key;
        let snark = Snark::prove(
            &key.commitment,
            &key.snark,
            key.circuit.shape(),
            &sealed.instance,
            &sealed.witness,
        )?;
        let rounds = key.verifier.parts().rounds();
        let proof = Proof {
            boundaries: self.boundaries,
            witnesses: self.witnesses,
            cross_terms: self.cross_terms,
            random: sealed.random,
            random_cross_term: sealed.random_cross_term,
            blind_w: sealed.blind_w,
            blind_e: sealed.blind_e,
            argument: Argument::new(rounds, &snark).ok_or(ProveError::Argument)?,
        };
        self.timings.compress_ms = millis(begun.elapsed());
        self.timings.bytes = proof.encode().len();
        self.progress.advance(Phase::Compress, 1, Some(1));
        Ok((proof, self.timings))
    }
}

fn merge(
    key: &ProverKey,
    transcript: &Transcript,
    cross_terms: &mut Vec<nectar_circuit::engine::Affine>,
    left: &Folded,
    right: &Folded,
) -> Result<Folded, ProveError> {
    let (folded, cross_term) = Folded::merge(key, transcript, left, right)?;
    cross_terms.push(cross_term);
    Ok(folded)
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
