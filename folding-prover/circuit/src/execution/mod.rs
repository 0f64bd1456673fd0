//! Runs of programs as constraints: what `folding-prover/EXECUTION.md` argues.
//!
//! | I want | use |
//! |---|---|
//! | to record a run as the machine shows it | [`Recorder`] |
//! | to say whose runs make a batch, and what receipts say of them | [`Batch`], [`RunRecord`], [`ReceiptRecord`] |
//! | what each slot of each chunk has to show | [`Arranged`] |
//! | to say less by the number of chunks | [`Arranged::padded`], [`bucket`] |
//! | the circuit of a chunk | [`ExecutionCircuit`], [`Size`] |
//! | steps alone, without what ties them to programs and logs | [`StepCircuit`] |
//!
//! What ties slots to each other, through all chunks, is one sum: the bus.

mod access;
#[cfg(test)]
mod attacks;
mod batch;
mod bus;
mod cells;
mod chunk;
mod circuit;
mod counts;
mod hash;
mod kind;
mod number;
mod outside;
mod program;
mod range;
mod record;
mod runs;
#[cfg(test)]
mod seams;
mod slots;
mod step;
mod table;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod trial;

pub use access::{Access, Link, Write};
pub use batch::{
    AccessRecord, AnswerRecord, ArrangeError, Arranged, Batch, LogRecord, ReceiptRecord, RunRecord, bucket,
};
pub use chunk::{ChunkContents, Constraints, ExecutionCircuit, Size};
pub use circuit::{Capacity, Challenges, NoSlot, StepAssignment, StepCircuit};
pub use kind::Kind;
pub use record::{Asked, Place, RecordError, Recorder, Recording, Tally};
pub use step::Step;
