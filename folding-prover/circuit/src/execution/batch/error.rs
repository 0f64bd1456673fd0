use thiserror::Error;

/// Why recorded runs are no batch that can be proven.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ArrangeError {
    /// A run names a program that the batch has not.
    #[error("run {run} is of a program that the batch does not have")]
    Program {
        /// The run, from 1.
        run: u32,
    },
    /// A run's words are not what its entry and its accesses say.
    #[error("word {word} of run {run} is not what its inputs and answers say: they belong to another run")]
    Words {
        /// The run, from 1.
        run: u32,
        /// The word, from 0.
        word: usize,
    },
    /// A run's first input is no env of its contract.
    #[error("run {run} was given an env that does not end with its contract's id")]
    Env {
        /// The run, from 1.
        run: u32,
    },
    /// Not every query that a run has answered is there with its run, or not every run is asked for.
    #[error("run {run} is not where the runs before it have asked for it")]
    Order {
        /// The run, from 1.
        run: u32,
    },
    /// A run has not come to an end.
    #[error("run {run} has not ended: record it to its end")]
    Unfinished {
        /// The run, from 1.
        run: u32,
    },
    /// The log lacks entries of a run, or has them in another order.
    #[error("the log has no place for access {access} of run {run}")]
    Log {
        /// The run, from 1.
        run: u32,
        /// The access, from 0; one more than there are for the run's own entry.
        access: usize,
    },
    /// A run touched a cell that no run has.
    #[error("run {run} touched a cell beyond its memory: its program is none that a lowering makes")]
    Cell {
        /// The run, from 1.
        run: u32,
    },
    /// There are steps for which a chunk has no slot at all.
    #[error("chunks of this size have no slots for some steps of the batch")]
    NoSlots,
    /// Too much of something.
    #[error("more than {limit} {what} in a batch: split it")]
    TooMany {
        /// What.
        what: &'static str,
        /// How many may be.
        limit: usize,
    },
}
