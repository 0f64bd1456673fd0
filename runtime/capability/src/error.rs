use nectar_abi::limits::{
    MAX_CHAIN, MAX_EMERGENCY_SECONDS, MAX_INVOCATION_WINDOW, MAX_MESSAGE_BYTES, MAX_METHODS,
    MAX_REASON_BYTES, MAX_TOKEN_BYTES, MAX_TOUCHED,
};
use thiserror::Error;

use crate::cbor::Malformed;
use crate::cose::CoseError;
use crate::directive::{MAX_ACTION_BYTES, MAX_LABEL_BYTES};
use crate::grant::Axis;
use crate::key::EntropyError;

/// Why a grant cannot be what it says, whoever signs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum GrantError {
    /// It opens nothing.
    #[error("a grant names at least one method")]
    NoMethods,
    /// More methods than one grant may name.
    #[error("{got} methods; one grant names at most {MAX_METHODS}: issue two grants")]
    TooManyMethods {
        /// Methods given.
        got: usize,
    },
    /// It is for nothing.
    #[error("a grant names at least one purpose")]
    NoPurposes,
    /// It never applies.
    #[error("a grant that starts at {not_before} cannot end at {expires}: it ends after it starts")]
    EmptyWindow {
        /// Its start, in seconds since 1970.
        not_before: u64,
        /// Its end, in seconds since 1970.
        expires: u64,
    },
    /// More delegations than a chain has room for.
    #[error("depth {got}; a chain has at most {MAX_CHAIN} grants, the root included")]
    TooDeep {
        /// Depth given.
        got: u8,
    },
    /// ETREAT together with another purpose.
    #[error("ETREAT stands alone: issue a second grant for the other purposes")]
    EmergencyNotAlone,
    /// ETREAT without a reason.
    #[error("ETREAT requires a reason")]
    EmergencyWithoutReason,
    /// ETREAT for too long.
    #[error("ETREAT for {got} seconds; it lasts at most {MAX_EMERGENCY_SECONDS}")]
    EmergencyTooLong {
        /// Seconds given.
        got: u64,
    },
    /// A reason that says nothing or cannot be shown.
    #[error("a reason has 1 to {MAX_REASON_BYTES} bytes, no control characters and not only spaces")]
    BadReason,
    /// Signed by another key than the one it names as issuer.
    #[error("a grant is signed by the issuer that it names")]
    NotIssuer,
    /// No grant id could be drawn.
    #[error(transparent)]
    Entropy(#[from] EntropyError),
}

/// Why grants do not form a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ChainError {
    /// The first grant names a parent.
    #[error("the first grant of a token has no parent")]
    RootHasParent,
    /// A grant names another parent than the one before it.
    #[error("a grant names its parent by hash, and this one names another or none")]
    ParentHash,
    /// A grant by somebody else than the holder of its parent.
    #[error("a delegated grant is signed by the holder of its parent")]
    IssuerNotHolder,
    /// Too many grants.
    #[error("a token has at most {MAX_CHAIN} grants: ask for a grant nearer to the root")]
    TooLong,
    /// The parent may not be passed on.
    #[error("the parent has no delegation left: ask its issuer for a deeper one")]
    NoDepthLeft,
    /// The remaining depth is not the parent's less one.
    #[error("depth {got}; below this parent it is {expected}")]
    Depth {
        /// The parent's depth less one.
        expected: u8,
        /// Depth given.
        got: u8,
    },
    /// More than the parent has.
    #[error("the grant is wider than its parent in {0}")]
    Wider(Axis),
    /// The token is too long as bytes.
    #[error(
        "a token of {got} bytes; it has at most {MAX_TOKEN_BYTES}: name fewer methods, or give a shorter reason"
    )]
    TooManyBytes {
        /// Bytes of the token.
        got: usize,
    },
}

/// Why bytes are not a signed grant or a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TokenError {
    /// The bytes are too many.
    #[error("{got} bytes; at most {limit} are read")]
    TooLong {
        /// Bytes allowed.
        limit: usize,
        /// Bytes given.
        got: usize,
    },
    /// Not the canonical encoding of this version.
    #[error("not the canonical encoding of a grant or token of this version")]
    Malformed,
    /// A signature does not verify, or is not the issuer's.
    #[error("a grant's signature is not its issuer's")]
    BadSignature,
    /// A grant contradicts itself.
    #[error(transparent)]
    Grant(#[from] GrantError),
    /// The grants do not form a chain.
    #[error(transparent)]
    Chain(#[from] ChainError),
}

impl From<Malformed> for TokenError {
    fn from(_: Malformed) -> Self {
        Self::Malformed
    }
}

impl From<CoseError> for TokenError {
    fn from(error: CoseError) -> Self {
        match error {
            CoseError::TooLong { limit, got } => Self::TooLong { limit, got },
            CoseError::BadSignature => Self::BadSignature,
            CoseError::Malformed => Self::Malformed,
        }
    }
}

/// Why an invocation or a directive is not signed: no node would read it. Whether it is allowed is the node's to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RequestError {
    /// The message is too long.
    #[error("a message of {got} bytes; it has at most {MAX_MESSAGE_BYTES}")]
    MessageTooLong {
        /// Bytes given.
        got: usize,
    },
    /// The token is too long.
    #[error("a token of {got} bytes; it has at most {MAX_TOKEN_BYTES}")]
    TokenTooLong {
        /// Bytes given.
        got: usize,
    },
    /// More other contracts than one call may touch.
    #[error("{got} contracts to touch; one call names at most {MAX_TOUCHED}")]
    TooManyTouched {
        /// Contracts given.
        got: usize,
    },
    /// The other contracts are not a sorted set.
    #[error("contracts to touch are sorted and named once")]
    TouchedOrder,
    /// The window is empty or too long.
    #[error("a request is valid for 1 to {MAX_INVOCATION_WINDOW} seconds")]
    Window,
    /// The label is too long, empty or cannot be shown.
    #[error("a label has 1 to {MAX_LABEL_BYTES} bytes, no control characters and not only spaces")]
    Label,
    /// The action's name has another form.
    #[error("an action has 1 to {MAX_ACTION_BYTES} characters of a-z, 0-9, _ and -")]
    Action,
}
