//! Steps of the machine as constraints: the part of `folding-prover/EXECUTION.md` that is built.
//!
//! A [`StepCircuit`] has slots for steps of several kinds. What ties steps to each other, to their program and to memory is the bus: this
//! circuit adds its steps' terms up and says their sum. Slots that start and end runs, make cells and open programs are still to
//! come, so **no proof uses this circuit yet**.

mod access;
mod bus;
#[cfg_attr(not(test), expect(dead_code, unused_imports, reason = "no chunk circuit has these slots yet"))]
mod cells;
mod circuit;
mod counts;
#[cfg_attr(not(test), expect(dead_code, reason = "no chunk circuit has these slots yet"))]
mod hash;
mod kind;
mod number;
#[cfg_attr(not(test), expect(dead_code, unused_imports, reason = "no chunk circuit has these slots yet"))]
mod outside;
#[cfg_attr(not(test), expect(dead_code, unused_imports, reason = "no chunk circuit has these slots yet"))]
mod program;
mod range;
#[cfg_attr(not(test), expect(dead_code, unused_imports, reason = "no chunk circuit has these slots yet"))]
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
pub use circuit::{Capacity, Challenges, NoSlot, StepAssignment, StepCircuit};
pub use kind::Kind;
pub use step::Step;
