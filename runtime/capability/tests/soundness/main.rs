//! What must be refused is refused, for the reason that the audit log names.
#![expect(clippy::unwrap_used, reason = "a test whose setting up fails has failed")]

#[path = "../common/mod.rs"]
mod common;

mod canonical;
mod chains;
mod decoders;
mod directives;
mod requests;
mod signatures;
