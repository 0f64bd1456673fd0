//! Poseidon over BN254 and the Merkle structures that state, grants, receipts and networks commit to.
//!
//! | I want | use |
//! |---|---|
//! | a field element and its bytes | [`Fr`], [`to_bytes`], [`from_bytes`] |
//! | to hash inside or outside a circuit | [`hash4`], [`hash_bytes`], [`Domain`] |
//! | a tree that proves what is there, and what is not | [`IndexedTree`] |
//! | to change a network's trees and get a proof's openings | [`Ledger`] |
//! | what a run and the state that it works on are both hashed to | [`hash_words`], [`state_key`], [`run_inputs`], [`RunOutcome`] |
//! | to say what one opening does to the roots | [`Op`], [`Slot`], [`Registers::apply`] |
//!
//! [`Registers::apply`] is the reference that the circuit in `folding-prover/circuit` repeats, constraint by constraint.
#![forbid(unsafe_code)]

mod field;
mod grain;
mod indexed;
mod key;
mod ledger;
mod log;
mod machine;
mod partial;
mod poseidon;
mod receipts;
mod run;
mod slot;
mod tree;

pub use field::{Fr, from_bytes, from_u64, to_bytes};
pub use indexed::{IndexedTree, Leaf, TreeError};
pub use key::Key;
pub use ledger::{Ledger, LedgerError, Touched};
pub use log::LogEntry;
pub use machine::{Registers, Violation};
pub use poseidon::{
    Domain, FULL_ROUNDS, PARTIAL_ROUNDS, WIDTH, hash_bytes, hash4, mds, permute, round_constants,
};
pub use receipts::{ReceiptTree, receipt_leaf};
pub use run::{
    EntryPoint, HostAnswer, RunOutcome, binding, hash_words, run_inputs, state_key, state_value, told_after,
};
pub use slot::{Op, Slot, TreeKind};
pub use tree::{ARITY, CAPACITY, DEPTH, Siblings, Tree, empty_root};
