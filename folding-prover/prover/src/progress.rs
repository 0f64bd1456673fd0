/// What the prover is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Phase {
    /// Commits to the first phases of chunks, in any order, where there are two phases.
    First,
    /// Computes the values of chunks.
    Synthesize,
    /// Commits to them.
    Commit,
    /// Folds instances into one.
    Fold,
    /// Proves the folded instance.
    Compress,
}

/// Watches a proof being made, from any thread.
pub trait Progress: Sync {
    /// `done` chunks of `total`, if that is known, have gone through `phase`. [`Phase::Compress`] has one part.
    fn advance(&self, phase: Phase, done: usize, total: Option<usize>);

    /// Whether to stop; asked between chunks and before compressing.
    fn cancelled(&self) -> bool {
        false
    }
}

/// Watches nothing.
impl Progress for () {
    fn advance(&self, _: Phase, _: usize, _: Option<usize>) {}
}
