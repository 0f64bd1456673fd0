use nectar_abi::limits::{MAX_KEY_BYTES, MAX_VALUE_BYTES};
use nectar_commitment::LedgerError;
use thiserror::Error;

use crate::backend::BackendError;
use crate::system::MAX_SYSTEM_VALUE;

/// Why the store cannot do what was asked.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StateError {
    /// The backend failed.
    #[error(transparent)]
    Backend(#[from] BackendError),
    /// The trees refuse.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// Records were changed, dropped, exchanged or replayed outside the store.
    #[error("the store was altered from outside ({0}): restore it from a copy")]
    Tampered(Part),
    /// The keys are not those of this store.
    #[error("these keys do not open this store")]
    WrongKeys,
    /// The store belongs to another network.
    #[error("the store belongs to network {stored}, not {expected}")]
    WrongNetwork {
        /// Network asked for.
        expected: u64,
        /// Network of the store.
        stored: u64,
    },
    /// The store was opened with a recovery identity.
    #[error("a recovery identity only reads: copy what is needed into a store with keys of its own")]
    ReadOnly,
    /// An earlier commit failed in a way that leaves open whether it was stored.
    #[error("it is unknown whether an earlier commit was stored: open the store again")]
    Closed,
    /// No such contract.
    #[error("no such contract")]
    NoContract,
    /// The contract exists.
    #[error("the contract exists already")]
    ContractExists,
    /// The operation is about the entered contract, and none is entered.
    #[error("no contract is entered")]
    NoFrame,
    /// The grant is not registered with the entered contract, or revoked.
    #[error("the grant is not registered, or revoked")]
    NoGrant,
    /// The grant was registered before.
    #[error("the grant was registered before: a grant is registered once, also if it was revoked since")]
    GrantExists,
    /// A key is too long.
    #[error("a key has {got} bytes, the limit is {MAX_KEY_BYTES}")]
    KeyTooLong {
        /// Bytes given.
        got: usize,
    },
    /// A contract's value is too long.
    #[error("a value has {got} bytes, the limit is {MAX_VALUE_BYTES}: split it over several keys")]
    ValueTooLong {
        /// Bytes given.
        got: usize,
    },
    /// A system record's value is too long.
    #[error("a system record has {got} bytes, the limit is {MAX_SYSTEM_VALUE}")]
    SystemValueTooLong {
        /// Bytes given.
        got: usize,
    },
    /// The operating system gave no randomness.
    #[error("the operating system gave no randomness: try again, or check that getrandom(2) is allowed here")]
    Entropy,
    /// Encryption failed.
    #[error("encryption failed")]
    Encryption,
}

/// A part of the store, named without anything private.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Part {
    /// The head record.
    Head,
    /// The manifest of a key.
    Manifest,
    /// A contract's record.
    Contract,
    /// A record of a contract's state.
    State,
    /// The record of a grant.
    Grant,
    /// A system record.
    System,
    /// The set of all records.
    Records,
    /// The trees rebuilt from all records.
    Root,
}

impl std::fmt::Display for Part {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Head => "its head",
            Self::Manifest => "a key's manifest",
            Self::Contract => "a contract's record",
            Self::State => "a state record",
            Self::Grant => "a grant's record",
            Self::System => "a system record",
            Self::Records => "its set of records",
            Self::Root => "its root",
        })
    }
}
