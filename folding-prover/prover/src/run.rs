use std::time::{Duration, Instant};

use nectar_circuit::Position;
use nectar_circuit::engine::{Affine, Argument, Snark, SnarkTrait};
use nectar_commitment::Fr;
use nectar_verifier::{FoldTree, Proof, Transcript};

use crate::fold::{Committed, Folded, Random, Sealed};
use crate::key::Keys;
use crate::{Phase, Progress, ProveError};

/// What a proof took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Timings {
    /// Chunks.
    pub chunks: usize,
    /// Milliseconds until the first phases of all chunks were committed to, from the start; 0 if there is only one phase.
    pub first_ms: u64,
    /// Milliseconds to compute chunks' values, summed over threads.
    pub synthesize_ms: u64,
    /// Milliseconds to commit to them, summed over threads; to those of the second phase, if there are two.
    pub commit_ms: u64,
    /// Milliseconds to merge instances: for cross terms and the commitments to them, and for the random instance.
    pub merge_ms: u64,
    /// Of these, milliseconds to make the random instance; 0 if it was made beforehand ([`crate::ProverKey::prepare`]).
    pub random_ms: u64,
    /// Milliseconds until all chunks were folded into one instance, from the start.
    pub fold_ms: u64,
    /// Milliseconds to prove that instance: what shows that its second phase left the first as it was, if there are two, and the
    /// argument.
    pub compress_ms: u64,
    /// Bytes of the proof.
    pub bytes: usize,
}

/// A proof being made: folds what is committed to, then compresses.
pub(crate) struct Run<'a> {
    pub(crate) keys: Keys<'a>,
    pub(crate) progress: &'a dyn Progress,
    pub(crate) transcript: Transcript,
    pub(crate) total: Option<usize>,
    pub(crate) timings: Timings,
    tree: FoldTree<Folded>,
    boundaries: Vec<Fr>,
    witnesses: Vec<Affine>,
    second_witnesses: Vec<Affine>,
    cross_terms: Vec<Affine>,
}

/// A chunk, committed to.
pub(crate) struct Leaf {
    pub(crate) number: usize,
    pub(crate) position: Position,
    pub(crate) committed: Committed,
    pub(crate) ends: [Fr; 2],
}

impl<'a> Run<'a> {
    pub(crate) fn new(keys: Keys<'a>, progress: &'a dyn Progress, transcript: Transcript) -> Self {
        Self {
            keys,
            progress,
            transcript,
            total: None,
            timings: Timings::default(),
            tree: FoldTree::default(),
            boundaries: Vec::new(),
            witnesses: Vec::new(),
            second_witnesses: Vec::new(),
            cross_terms: Vec::new(),
        }
    }

    /// Folds the next chunk.
    pub(crate) fn fold(&mut self, leaf: Leaf) -> Result<(), ProveError> {
        check_cancelled(self.progress)?;
        let Leaf { number, position, committed, ends: [start, end] } = leaf;
        let number = u32::try_from(number).map_err(|_| ProveError::TooLong)?;
        let second = committed.second.map(|second| second.point);
        let digest =
            self.transcript.leaf(number, position, &committed.first, second.as_ref(), [&start, &end]);
        if self.boundaries.is_empty() {
            self.boundaries.push(start);
        }
        self.boundaries.push(end);
        self.witnesses.push(committed.first);
        self.second_witnesses.extend(second);
        let begun = Instant::now();
        let (keys, transcript, cross_terms) = (self.keys, &self.transcript, &mut self.cross_terms);
        self.tree.push(Folded::leaf(digest, committed), |left, right| {
            merge(keys, transcript, cross_terms, &left, &right)
        })?;
        self.timings.merge_ms += millis(begun.elapsed());
        self.timings.chunks += 1;
        self.progress.advance(Phase::Fold, self.timings.chunks, self.total);
        Ok(())
    }

    /// Folds what is left, and the random instance.
    pub(crate) fn seal(&mut self) -> Result<Sealed, ProveError> {
        check_cancelled(self.progress)?;
        let begun = Instant::now();
        let (keys, transcript, cross_terms) = (self.keys, &self.transcript, &mut self.cross_terms);
        let root = std::mem::take(&mut self.tree)
            .finish(|left, right| merge(keys, transcript, cross_terms, &left, &right))?
            .ok_or(ProveError::Empty)?;
        let chunks = u32::try_from(self.witnesses.len()).map_err(|_| ProveError::TooLong)?;
        // Out of the key before anything depends on it: whatever becomes of this proof, no other has it.
        let random = match keys.spare.take() {
            Some(spare) => spare,
            None => {
                let begun = Instant::now();
                let made = Random::new(keys)?;
                self.timings.random_ms = millis(begun.elapsed());
                made
            }
        };
        let sealed = root.seal(keys, transcript, chunks, random)?;
        self.timings.merge_ms += millis(begun.elapsed());
        Ok(sealed)
    }

    /// Proves the folded instance.
    pub(crate) fn compress(mut self, sealed: Sealed) -> Result<(Proof, Timings), ProveError> {
        check_cancelled(self.progress)?;
        self.progress.advance(Phase::Compress, 0, Some(1));
        let begun = Instant::now();
        let Keys { commitment, snark, shape, verifier, .. } = self.keys;
        let snark = Snark::prove(commitment, snark, shape, &sealed.instance, &sealed.witness)?;
        let rounds = verifier.parts().rounds();
        let second = sealed.second_phase(self.keys, self.second_witnesses)?;
        let proof = Proof {
            boundaries: self.boundaries,
            witnesses: self.witnesses,
            cross_terms: self.cross_terms,
            random: sealed.random,
            random_cross_term: sealed.random_cross_term,
            blind_w: sealed.blind_w,
            blind_e: sealed.blind_e,
            second,
            argument: Argument::new(rounds, &snark).ok_or(ProveError::Argument)?,
        };
        self.timings.compress_ms = millis(begun.elapsed());
        self.timings.bytes = proof.encode().len();
        self.progress.advance(Phase::Compress, 1, Some(1));
        Ok((proof, self.timings))
    }
}

pub(crate) fn check_cancelled(progress: &dyn Progress) -> Result<(), ProveError> {
    if progress.cancelled() { Err(ProveError::Cancelled) } else { Ok(()) }
}

fn merge(
    keys: Keys<'_>,
    transcript: &Transcript,
    cross_terms: &mut Vec<Affine>,
    left: &Folded,
    right: &Folded,
) -> Result<Folded, ProveError> {
    let (folded, cross_term) = Folded::merge(keys, transcript, left, right)?;
    cross_terms.push(cross_term);
    Ok(folded)
}

pub(crate) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
