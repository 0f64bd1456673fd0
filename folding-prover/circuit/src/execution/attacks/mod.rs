//! A whole small batch as a malicious prover would have it: each lie with all that follows from it, so that nothing but what must refuse it does.

#[path = "../../../tests/common/recorded.rs"]
mod recorded;

mod forgery;
mod program;
mod world;
