//! Encrypted, committed key-value state over a small [`Backend`] trait.
//!
//! | I want | use |
//! |---|---|
//! | to keep a network's state on this machine | [`Store::open`] with a [`SledBackend`] and [`StoreKeys`] |
//! | to run an invocation over it | [`Store::begin`], [`Session`], [`Session::seal`] |
//! | what a receipt and a proof need of it | [`Sealed`] |
//! | to make it last | [`Sealed::commit`]: one atomic, durable step |
//! | records of the node's own beside it | [`Session::system_put`], [`Store::system_get`], [`Store::system_scan`] |
//! | a key under a passphrase, in a file | [`keyfile`] |
//! | another engine underneath | [`Backend`]; [`MemoryBackend`] fails on purpose, in tests |
//!
//! Nothing reaches the backend but ciphertext and blinded names. `DESIGN.md` has the layout, the invariants and what is
//! not promised.
#![forbid(unsafe_code)]

mod backend;
mod calls;
mod commit;
mod contract;
mod error;
pub mod keyfile;
mod keys;
mod layout;
mod manifest;
mod memory_backend;
mod open;
mod random;
mod reader;
mod record;
mod sealed;
mod session;
mod sled_backend;
mod store;
mod system;
mod vault;

pub use backend::{
    Backend, BackendError, Batch, MAX_BACKEND_KEY, MAX_BACKEND_VALUE, MAX_BATCH_BYTES, Pair, Pairs,
};
pub use error::{Part, StateError};
pub use keys::{KeysError, StoreKeys};
pub use memory_backend::{Fault, MemoryBackend};
pub use record::{contract_key, grant_commitment, grant_key, value_commitment};
pub use sealed::Sealed;
pub use session::{GrantState, Savepoint, Session};
pub use sled_backend::SledBackend;
pub use store::Store;
pub use system::MAX_SYSTEM_VALUE;
