//! The proof format and its verifier; no prover code.
