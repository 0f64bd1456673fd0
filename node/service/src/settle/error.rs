use nectar_abi::CodeHash;
use nectar_circuit::execution::ArrangeError;
use nectar_l1::L1Error;
use nectar_prover::{ProveError, TraceError};
use nectar_runtime::HostError;
use nectar_verifier::{DecodeError, VerifyError};
use thiserror::Error;

use super::files::BatchFileError;
use super::sync::SyncError;

/// Why a batch is not settled.
#[derive(Debug, Error)]
pub(crate) enum SettleError {
    #[error("proving: {0}")]
    Prove(#[source] ProveError),
    #[error("the proof that was just made cannot be read: {0}")]
    Decode(#[from] DecodeError),
    #[error("the proof that was just made does not verify, so it is not attested: {0}")]
    Verify(#[from] VerifyError),
    #[error("the runs cannot be recorded: {0}")]
    Traces(#[from] TraceError),
    #[error("the runs cannot be arranged: {0}")]
    Arrange(#[from] ArrangeError),
    #[error("module {0} is not in the store any more")]
    NoModule(CodeHash),
    #[error("module {0} is none that can be proven; it was taken while prover.execution was \"unproven\"")]
    NotProvable(CodeHash),
    #[error(
        "this node has no key for proofs of execution: start it again, which asks L1 whether it needs one"
    )]
    NoExecutionKey,
    #[error("L1: {0}")]
    L1(#[from] L1Error),
    #[error("L1 holds another batch {0}: start the node again, which compares its store with L1")]
    Taken(u64),
    #[error(transparent)]
    File(#[from] BatchFileError),
    #[error(transparent)]
    Host(#[from] HostError),
    #[error(transparent)]
    Sync(#[from] SyncError),
    #[error("the node is stopping; the batch goes on when it starts again")]
    Cancelled,
    #[error("a task of this process stopped unexpectedly")]
    Task,
}

impl SettleError {
    /// For everyone who asks about the batch: nothing of this machine.
    pub(crate) fn words(&self) -> String {
        match self {
            Self::File(_) | Self::Host(_) | Self::Sync(_) | Self::Task => {
                "the node's storage failed; its log says more".into()
            }
            _ => self.to_string(),
        }
    }
}

impl From<ProveError> for SettleError {
    fn from(error: ProveError) -> Self {
        match error {
            ProveError::Cancelled => Self::Cancelled,
            error => Self::Prove(error),
        }
    }
}

/// Why no settlement was started.
#[derive(Debug, Error)]
pub(crate) enum StartSettleError {
    #[error("a batch is being settled already: wait for it")]
    Busy,
    #[error("no receipt is pending: there is nothing to settle")]
    NothingPending,
    #[error("the node is stopping: order it again after the next start")]
    Stopping,
    #[error(transparent)]
    Failed(#[from] SettleError),
}
