//! The proof format and its verifier; no prover code.
//!
//! | I want | use |
//! |---|---|
//! | to check a proof | [`verify`] |
//! | a proof from bytes, or its bytes | [`Proof::decode`], [`Proof::encode`] |
//! | a verifier key, its digest, and whether its setup is secure | [`VerifierKey`], [`Setup`] |
//! | what a proof or key is for: state, or execution in two phases | [`Kind`] |
//! | a verifier key of the insecure development setup, without making it | [`development_key`] |
//! | the transcript and the shape of the fold, as the prover repeats them | [`Transcript`], [`FoldTree`] |
//!
//! Bytes and formulas are laid out in `folding-prover/DESIGN.md`.
#![forbid(unsafe_code)]
#![deny(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "proofs come from anyone"
)]

mod error;
mod fold;
mod key;
mod kind;
mod opening;
mod proof;
mod reader;
mod transcript;
mod tree;
mod verify;

pub use error::{DecodeError, VerifyError};
pub use key::{DEVELOPMENT_LABEL, Setup, VerifierKey, development_key, development_tau};
pub use kind::Kind;
pub use proof::{MAX_CHUNKS, Proof, RandomInstance, SecondPhase};
pub use transcript::{Digest, Transcript, challenge};
pub use tree::FoldTree;
pub use verify::verify;
