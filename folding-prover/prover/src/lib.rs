//! Chunks, folds, blinds and compresses a batch into one proof.
//!
//! | I want | use |
//! |---|---|
//! | keys for development: **insecure**, anyone can forge | [`setup_development`] |
//! | keys from a Powers-of-Tau ceremony | [`setup_from_ptau`] |
//! | a proof of a batch | [`prove`] |
//! | a proof by a circuit of my own, with challenges between two phases | [`ProverKey::development`], [`prove_phased`] |
//! | the runs of a batch's traces, recorded for such a circuit | [`record`] |
//! | a proof sooner, by work done while there is nothing to prove | [`ProverKey::prepare`] |
//! | to watch or stop it | [`Progress`] |
//!
//! How and why is written in `folding-prover/DESIGN.md`.
#![forbid(unsafe_code)]

#[cfg(test)]
mod attacks;
mod batch;
mod error;
mod fixed_base;
mod fold;
mod key;
mod phased;
mod progress;
mod prove;
mod ptau;
mod record;
mod run;
mod shift;
mod spare;
#[cfg(test)]
mod testing;

pub use error::{ProveError, SetupError};
pub use key::{ProverKey, setup_development, setup_from_ptau};
/// What circuits and statements are written with.
pub use nectar_circuit;
pub use phased::prove_phased;
pub use progress::{Phase, Progress};
pub use prove::prove;
pub use record::{TraceError, record};
pub use run::Timings;
