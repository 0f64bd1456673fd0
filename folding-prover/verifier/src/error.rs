use nectar_circuit::engine::NovaError;
use thiserror::Error;

use crate::{Kind, MAX_CHUNKS};

/// Why bytes are no proof or no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The first bytes are those of something else.
    #[error("not a {expected}")]
    Magic {
        /// What was asked for.
        expected: &'static str,
    },
    /// Another version wrote it.
    #[error("version {got} is unknown; this is version {expected}")]
    Version {
        /// The version that is understood.
        expected: u8,
        /// The version found.
        got: u8,
    },
    /// The kind is neither of the two.
    #[error("kind {got} is unknown; 1 is state, 2 is execution")]
    Kind {
        /// The byte found.
        got: u8,
    },
    /// The number of chunks is zero or too large.
    #[error("{got} chunks; a proof has 1 to {MAX_CHUNKS}: split the batch")]
    Chunks {
        /// The number found.
        got: u32,
    },
    /// Bytes are missing or left over.
    #[error("{got} bytes; {expected} are expected")]
    Length {
        /// The length that the header asks for.
        expected: usize,
        /// The length found.
        got: usize,
    },
    /// A number is not below the modulus.
    #[error("the field element at byte {at} is not reduced")]
    Scalar {
        /// Where it starts.
        at: usize,
    },
    /// A point is not on the curve, not reduced, or the identity.
    #[error("the bytes at {at} are no point of the curve")]
    Point {
        /// Where it starts.
        at: usize,
    },
    /// The argument for the folded instance has an impossible shape.
    #[error("the argument for the folded instance is malformed")]
    Argument,
    /// The sizes or points of a key do not fit each other.
    #[error("the verifier key is malformed")]
    Key,
}

/// Why a proof is refused.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// The proof is about something else.
    #[error("the key is for proofs of {expected}, the proof is one of {got}")]
    Kind {
        /// The key's kind.
        expected: Kind,
        /// The proof's.
        got: Kind,
    },
    /// The numbers of commitments, cross terms and boundaries do not fit each other.
    #[error("the proof's parts do not fit each other")]
    Parts,
    /// The argument has another number of rounds than the key's.
    #[error("the proof was made for another circuit")]
    Circuit,
    /// The argument for the folded instance does not hold.
    #[error("the argument for the folded instance does not hold")]
    Argument(#[source] NovaError),
    /// The second phase's commitments are not shown to have zeros in the places of the first.
    #[error("the second phase's commitments may have changed the first phase")]
    SecondPhase,
}
