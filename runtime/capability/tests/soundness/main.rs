//! What must be refused is refused, for the reason that the audit log names.

#[path = "../common/mod.rs"]
mod common;

mod canonical;
mod chains;
mod decoders;
mod directives;
mod requests;
mod signatures;
