//! Encrypted, committed key-value state over a small [`Backend`] trait.
//!
//! | I want | use |
//! |---|---|
//! | to keep a network's state on this machine | [`Store::open`] with a [`SledBackend`] and [`StoreKeys`] |
//! | to run an invocation over it | [`Store::begin`], [`Session`], [`Session::seal`] |
//! | what a receipt and a proof need of it | [`Sealed`], [`FrameLog`] |
//! | to make it last | [`Sealed::commit`]: one atomic, durable step |
//! | records of the node's own beside it | [`Session::system_put`], [`Store::system_get`], [`Store::system_scan`] |
//! | a key under a passphrase, in a file | [`keyfile`] |
//! | another engine underneath | [`Backend`]; [`MemoryBackend`] fails on purpose, in tests |
//!
//! ```
//! use std::sync::Arc;
//! use nectar_abi::{ContractId, NetworkId};
//! use nectar_commitment::from_u64;
//! use nectar_state::{MemoryBackend, StateError, Store, StoreKeys};
//!
//! let backend = Arc::new(MemoryBackend::default());
//! let store = Store::open(backend, StoreKeys::generate()?, NetworkId::CONTRACTS)?;
//! let contract = ContractId::new([1; 32]);
//!
//! let mut session = store.begin();
//! session.create_contract(&contract, from_u64(42))?;
//! session.enter(&contract)?;
//! session.write(b"greeting", b"hello")?;
//! session.leave();
//! let mut sealed = session.seal()?;
//! let (log, root) = (sealed.log(), sealed.post_root());
//! sealed.system_put("receipt", b"1", b"what was done, and the log's digest")?;
//! sealed.commit()?;
//! assert_eq!(store.network_root(), root);
//! # assert_ne!(log, root);
//! # Ok::<(), StateError>(())
//! ```
//!
//! Nothing reaches the backend but ciphertext and blinded names. `DESIGN.md` has the layout, the invariants and what is
//! not promised.
#![forbid(unsafe_code)]

mod backend;
mod calls;
mod commit;
mod contract;
mod error;
mod frames;
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
pub use frames::FrameLog;
pub use keys::{KeysError, StoreKeys};
pub use memory_backend::{Fault, MemoryBackend};
pub use record::{contract_key, grant_commitment, grant_key};
pub use sealed::Sealed;
pub use session::{GrantState, Savepoint, Session};
pub use sled_backend::SledBackend;
pub use store::Store;
pub use system::MAX_SYSTEM_VALUE;
