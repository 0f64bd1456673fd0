//! The uniform chunk of an execution: slots of every kind, the tables that they look up, and what one chunk hands to the next.

mod boundary;
mod circuit;
mod constraints;
mod contents;
mod size;
#[cfg(test)]
mod tests;

pub(crate) use boundary::Scans;
pub use circuit::ExecutionCircuit;
#[cfg(test)]
pub(crate) use circuit::log;
pub use constraints::Constraints;
pub use contents::ChunkContents;
pub(crate) use contents::Contents;
pub use size::Size;
