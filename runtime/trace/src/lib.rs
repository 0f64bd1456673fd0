//! The versioned trace and its codec: where the runtime and the prover meet.
//!
//! | I want | use |
//! |---|---|
//! | what a DSP signs after an invocation | [`Receipt`] |
//! | to open a receipt to the one who asked, or to an auditor | [`ReceiptOpening`] |
//! | to open the run in its log, and to check it | [`RunOpening`] |
//! | what a proof needs of one invocation | [`InvocationTrace`], [`RunTrace`], [`HostCall`] |
//! | receipts in order, ready to be proven | [`Batch`] |
//! | to show that a receipt is in a settled batch | [`Inclusion`] |
//!
//! Receipts and inclusions hold nothing private. Traces and openings do: they stay in the hosting group, encrypted.
#![forbid(unsafe_code)]

mod batch;
mod codec;
mod inclusion;
mod opening;
mod receipt;
mod run;
mod trace;

pub use batch::{Batch, BatchError, MAX_RECEIPTS};
pub use codec::CodecError;
pub use inclusion::Inclusion;
pub use opening::{AskedRun, MAX_OPENING_BYTES, MAX_TOLD, OpeningError, RunOpening, Told};
pub use receipt::{MAX_RECEIPT_BYTES, Receipt, ReceiptKind, ReceiptOpening};
pub use run::{AnsweredBy, HostCall, HostOp, QueryAnswer, RunTrace};
pub use trace::{InvocationTrace, MAX_TRACE_BYTES};
