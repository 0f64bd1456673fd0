//! The uniform chunk circuit and the public statement of a batch.
//!
//! | I want | use |
//! |---|---|
//! | to say what a proof is about | [`Statement`] |
//! | the R1CS of one chunk | [`Circuit`] |
//! | the values that satisfy it | [`Chunk`], [`Assignment`] |
//! | to write a circuit whose witness is committed to in two phases | [`Phased`] |
//! | what verifier and prover take from nova-snark | [`engine`] |
//!
//! One chunk is a fixed number of slots; each slot applies one [`nectar_commitment::Slot`] to
//! [`nectar_commitment::Registers`] exactly as [`nectar_commitment::Registers::apply`] does.
#![forbid(unsafe_code)]

// Tests share files with those of other crates.
#[cfg(test)]
extern crate self as nectar_circuit;

mod builder;
mod chunk;
pub mod engine;
pub mod execution;
mod lc;
mod path;
mod phases;
mod poseidon;
mod range;
mod registers;
mod slot;
mod statement;
mod tables;

pub use chunk::{Assignment, Chunk, Circuit, PUBLIC_INPUTS, Position, SLOTS_PER_CHUNK, public_inputs};
pub use phases::{Boundary, Frame, Phased, PhasedAssignment, Uniform, phased_inputs};
pub use statement::Statement;
