//! End-to-end and crash tests across crates, through the nectar binary.
//!
//! [`World`] is a chain with an admitted DSP, whose node is the real binary in a process of its own: it can be killed.
#![forbid(unsafe_code)]

mod binary;
mod world;

pub use binary::{BinaryError, nectar};
pub use world::{Hosted, NodeProcess, Setup, World, now};
