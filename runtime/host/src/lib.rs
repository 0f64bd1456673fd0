//! Runs contracts in wasmtime behind their grants; emits traces and receipts.
//!
//! | I want | use |
//! |---|---|
//! | to run a node's contracts | [`Executor::open`] with a [`Config`], a store and the DSP's key |
//! | to take modules and contracts | [`Executor::upload`], [`Executor::instantiate`] |
//! | to register and revoke grants | [`Executor::register`], [`Executor::revoke`] |
//! | to call a contract | [`Executor::invoke`], which gives a [`Reply`] |
//! | to show who may do what, and who did | [`Executor::grants`], [`Executor::audit`] |
//! | to prove and settle what was done | [`Executor::pending`], [`Executor::settled`], [`Executor::receipt`] |
//! | to check a receipt anywhere | [`verify_receipt`]; with the run behind an answer, [`check_run`] |
//! | to know whether a module would be taken | [`check_module`] |
//! | that every run can be proven | [`Executor::with_programs`] and a [`Programs`] |
//!
//! A contract's own errors are results, the same on every host and part of the receipt; a host's failures are
//! [`HostError`] and leave nothing behind. Every refusal is [`CallError::Refused`] and no more. `DESIGN.md` has the
//! invariants, the gas schedule and what is not promised.
#![forbid(unsafe_code)]

mod answer;
mod audit;
mod clock;
mod config;
mod engine;
mod error;
mod executor;
mod failure;
mod frame;
mod gas;
mod imports;
mod journal;
mod module;
mod nonces;
mod program_run;
mod programs;
mod receipt;
mod records;
mod region;
mod reply;
mod run;
mod run_check;

pub use answer::ENV_HEAD_BYTES;
pub use audit::{AuditEntry, AuditEvent, MAX_AUDIT_ENTRIES, REFUSALS_PER_MINUTE, REFUSED_KEPT};
pub use clock::{Clock, FixedClock, SystemClock};
pub use config::{Config, Limits};
pub use error::{CallError, HostError, Invalid};
pub use executor::{Executor, MAX_REFERENCE_BYTES, MAX_USES, Timing, contract_id};
pub use failure::{
    ContractFailure, FRAME_STACK_BYTES, MAX_DEPTH, MAX_ITERATORS, MAX_STATE_BYTES, MAX_STATE_OPERATIONS,
    Words,
};
pub use gas::DEFAULT_LIMIT;
pub use module::{
    MAX_ALL_LOCALS, MAX_ALL_PARAMETERS, MAX_FUNCTION_BYTES, MAX_FUNCTIONS, MAX_GLOBALS, MAX_IMPORTS,
    MAX_LOCALS, MAX_PAGES, MAX_PARAMETERS, MAX_RESULTS, MAX_TABLE_ELEMENTS, ModuleError, check_module,
};
pub use nectar_trace::OpeningError;
pub use programs::{NotProvable, Programs, Rehearsal, Rehearsed, program_commitment};
pub use receipt::{MAX_SIGNED_RECEIPT_BYTES, ReceiptError, SignedReceipt, verify_receipt};
pub use records::{BatchRecord, ContractRecord, Use};
pub use reply::{GrantRecord, GrantStanding, Instantiated, ReceiptView, Registered, Reply, Revoked};
pub use run_check::{Call, RunError, ToldByHost, check_run};
