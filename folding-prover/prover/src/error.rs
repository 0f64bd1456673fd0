use std::path::PathBuf;

use nectar_circuit::engine::NovaError;
use nectar_commitment::Violation;
use nectar_verifier::MAX_CHUNKS;
use thiserror::Error;

/// Why there is no proof.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ProveError {
    /// A batch has at least one operation.
    #[error("the batch is empty")]
    Empty,
    /// The batch is too long for one proof.
    #[error("the batch needs more than {MAX_CHUNKS} chunks: split it")]
    TooLong,
    /// An operation cannot follow on those before it.
    #[error("operation {slot} cannot be proven: {violation}")]
    Violation {
        /// Its number in the batch.
        slot: usize,
        /// What is wrong with it.
        #[source]
        violation: Violation,
    },
    /// The operations do not lead to what the statement claims.
    #[error("the operations do not end with the roots and the number of receipts of the statement")]
    End,
    /// The chunks do not lead to what the statement claims.
    #[error("the last chunk does not end where a batch with this statement may end")]
    Boundary,
    /// [`crate::Progress::cancelled`] said so.
    #[error("cancelled")]
    Cancelled,
    /// The proof system failed.
    #[error("the proof system failed")]
    Engine(#[from] NovaError),
    /// The argument is not of the form that verifiers read.
    #[error("the argument for the folded instance is malformed")]
    Argument,
}

/// Why there are no keys.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SetupError {
    /// No Powers-of-Tau file is large enough.
    #[error("{dir} holds no ppot_pruned_NN.ptau or ppot_0080_NN.ptau with NN >= {power}")]
    NoFile {
        /// Where it was looked for.
        dir: PathBuf,
        /// Logarithm of the number of points that are needed.
        power: u32,
    },
    /// There are fewer powers of tau than the circuit needs.
    #[error("the circuit needs {needed} powers of tau, and {held} are loaded: make its keys first")]
    Points {
        /// How many it needs.
        needed: usize,
        /// How many there are.
        held: usize,
    },
    /// The file cannot be read.
    #[error("cannot read {path}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        error: std::io::Error,
    },
    /// The file is none of powers of tau over BN254.
    #[error("{path} is not a Powers-of-Tau file over BN254: {reason}")]
    Ptau {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The proof system refused.
    #[error("the proof system failed")]
    Engine(#[from] NovaError),
    /// All variables are in the first of two phases.
    #[error("the circuit has no variables of a second phase: it has one phase, and names no first variables")]
    Phases,
    /// The circuit and the setup do not fit each other.
    #[error("the key is malformed, or a ceremony's tau is the public one of the development setup")]
    Key,
}
