use nectar_state::StateError;
use nectar_trace::{BatchError, CodecError};
use thiserror::Error;

use crate::failure::{ContractFailure, Words};
use crate::module::ModuleError;
use crate::programs::NotProvable;

/// Why a request has no result. A contract's own errors are results: see [`crate::Reply`].
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CallError {
    /// Not allowed. Every refusal looks like this; the reason is in the audit log.
    #[error("refused")]
    Refused,
    /// Allowed, but it cannot be done. Said only to a signer who may give this order.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// The host failed: nothing was done. The same request may be sent again.
    #[error(transparent)]
    Host(#[from] HostError),
}

/// Why an allowed order cannot be carried out.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Invalid {
    /// The module is not taken.
    #[error(transparent)]
    Module(#[from] ModuleError),
    /// The module is not the one that was announced.
    #[error("the module's SHA-256 is not the one in the directive")]
    WrongCode,
    /// The module does not compile.
    #[error("the module is valid but does not compile here")]
    Compile,
    /// No such module.
    #[error("no module with this hash was uploaded")]
    UnknownCode,
    /// No proof can be made of the module's runs.
    #[error(transparent)]
    NotProvable(#[from] NotProvable),
    /// Too many modules.
    #[error("this node holds at most {limit} modules")]
    TooManyCodes {
        /// The limit.
        limit: usize,
    },
    /// Too many contracts.
    #[error("this node holds at most {limit} contracts")]
    TooManyContracts {
        /// The limit.
        limit: usize,
    },
    /// The contract exists.
    #[error("a contract of this code, owner and salt exists: choose another salt")]
    ContractExists,
    /// `instantiate` failed: there is no contract. The owner may read what it says.
    #[error("instantiation failed: {0}")]
    Instantiation(Words),
    /// The host ended `instantiate`: there is no contract.
    #[error("instantiation failed: {0}")]
    Failed(#[from] ContractFailure),
    /// The grant was registered before.
    #[error("the grant was registered before")]
    GrantExists,
    /// The grant is not registered.
    #[error("no such grant is registered")]
    UnknownGrant,
    /// The grant is revoked already.
    #[error("the grant was revoked before")]
    AlreadyRevoked,
    /// Settled batches follow each other.
    #[error("batch {got} is not the next one: {expected} is")]
    WrongBatch {
        /// The next number.
        expected: u64,
        /// The number given.
        got: u64,
    },
    /// A batch ends with a receipt that is pending.
    #[error("receipt {got} is not pending: receipts from {first} to {last} are")]
    WrongPosition {
        /// First pending receipt.
        first: u64,
        /// Last pending receipt.
        last: u64,
        /// The position given.
        got: u64,
    },
    /// Nothing is pending.
    #[error("no receipt is pending")]
    NothingPending,
    /// A reference to L1 is short.
    #[error("a reference to L1 has {got} bytes, the limit is {limit}")]
    ReferenceTooLong {
        /// Bytes given.
        got: usize,
        /// Bytes allowed.
        limit: usize,
    },
}

impl Invalid {
    /// A stable name for the audit log.
    pub(crate) const fn code(&self) -> &'static str {
        match self {
            Self::Failed(failure) => failure.code(),
            Self::Instantiation(_) => "error",
            _ => "invalid",
        }
    }
}

/// The host failed. Nothing of it is the caller's fault, and nothing was committed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum HostError {
    /// The store failed.
    #[error(transparent)]
    State(#[from] StateError),
    /// A stored trace or receipt cannot be read.
    #[error("a stored record cannot be read: {0}")]
    Codec(#[from] CodecError),
    /// Stored traces make no batch.
    #[error("stored receipts make no batch: {0}")]
    Batch(#[from] BatchError),
    /// A record of the runtime's own cannot be read.
    #[error("a stored {0} record cannot be read: the store was written by another version, or altered")]
    Record(&'static str),
    /// The engine failed, not the contract: no memory for an instance, for example.
    #[error("the WebAssembly engine failed: {0}")]
    Engine(String),
    /// The operating system gave no randomness.
    #[error("the operating system gave no randomness: try again, or check that getrandom(2) is allowed here")]
    Entropy,
    /// The store is of another node.
    #[error("the store belongs to another node key")]
    WrongIdentity,
    /// The store is of another network.
    #[error("the store belongs to network {stored}, not {expected}")]
    WrongNetwork {
        /// Network asked for.
        expected: u64,
        /// Network of the store.
        stored: u64,
    },
    /// A network's number is too long for what contracts are given.
    #[error(
        "an Env with this network's number has {got} bytes before the contract's address, proofs have room for {limit}: use a network below 2^32"
    )]
    Env {
        /// Bytes that it takes.
        got: usize,
        /// Bytes that there are.
        limit: usize,
    },
    /// The run cannot be proven, on a network whose runs are.
    #[error(transparent)]
    NotProvable(#[from] NotProvable),
    /// A contract answered what begins as a success and is none: neither outcome would be true.
    #[error("the answer of `{0}` begins as a success and is none: {1}")]
    Answer(&'static str, ContractFailure),
    /// Something that must hold does not.
    #[error("an invariant does not hold ({0}): please report this")]
    Invariant(&'static str),
}

/// Why a frame stopped.
#[derive(Debug)]
pub(crate) enum Stop {
    /// The contract's fault.
    Contract(ContractFailure),
    /// The host's.
    Host(HostError),
}

impl From<ContractFailure> for Stop {
    fn from(failure: ContractFailure) -> Self {
        Self::Contract(failure)
    }
}

impl From<HostError> for Stop {
    fn from(error: HostError) -> Self {
        Self::Host(error)
    }
}

impl From<StateError> for Stop {
    fn from(error: StateError) -> Self {
        Self::Host(error.into())
    }
}
