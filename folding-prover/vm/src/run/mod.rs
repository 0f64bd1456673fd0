//! The interpreter: what a program does, row by row.

mod alu;
mod machine;
mod memory;
mod profile;
mod stack;
mod step;
mod stop;

pub use machine::{Limits, MAX_GLOBALS, Machine};
pub use memory::{MAX_PAGES, PAGE_BYTES};
pub use profile::{FunctionCost, PathCost, Profile};
pub use step::{End, Outside, Step, Tracer, WordAccess};
pub use stop::{Host, Refused, Stop};
