//! Steps of the machine as constraints: the part of `folding-prover/EXECUTION.md` that is built.
//!
//! A [`StepCircuit`] has slots for steps of several kinds. What ties steps to each other, to their program and to memory is the bus: this
//! circuit adds its steps' terms up and says their sum. Slots that start and end runs, make cells and open programs are still to
//! come, so **no proof uses this circuit yet**.

mod access;
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
pub use batch::{AccessRecord, ArrangeError, Arranged, Batch, LogRecord, ReceiptRecord, RunRecord};
pub use chunk::{ChunkContents, ExecutionCircuit, Size};
pub use circuit::{Capacity, Challenges, NoSlot, StepAssignment, StepCircuit};
pub use kind::Kind;
pub use record::{Place, RecordError, Recorder, Recording};
pub use step::Step;
