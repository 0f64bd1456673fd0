use nectar_abi::Digest;
use nectar_trace::Batch;
use serde::{Deserialize, Serialize};

use crate::api::{BatchState, BatchView, L1Reference, ProofFigures, Root, StatementView};

const VERSION: u32 = 1;

/// What is kept about a batch, from the moment when its receipts are fixed. Holds nothing private.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Record {
    version: u32,
    /// Position of the first receipt.
    pub(crate) first: u64,
    pub(crate) statement: StatementView,
    pub(crate) state: BatchState,
    /// Digest of the verifier key that the proof belongs to.
    pub(crate) verifier_key: Option<Digest>,
    pub(crate) proof: Option<ProofFigures>,
    pub(crate) l1: Option<L1Reference>,
    pub(crate) error: Option<String>,
}

impl Record {
    pub(crate) fn planned(batch: &Batch, program_registry_root: Root) -> Self {
        let receipts = batch.traces();
        let statement = StatementView {
            network: batch.network,
            batch: batch.number,
            pre_root: Root(batch.pre_root),
            post_root: Root(batch.post_root),
            receipts_root: Root(batch.receipts_root()),
            receipts: u64::try_from(receipts.len()).unwrap_or(u64::MAX),
            program_registry_root,
            window: batch.window(),
        };
        Self {
            version: VERSION,
            first: receipts.first().map_or(0, |trace| trace.receipt.position),
            statement,
            state: BatchState::Planned,
            verifier_key: None,
            proof: None,
            l1: None,
            error: None,
        }
    }

    pub(crate) fn number(&self) -> u64 {
        self.statement.batch
    }

    /// Position of the last receipt.
    pub(crate) fn last(&self) -> u64 {
        self.first.saturating_add(self.statement.receipts).saturating_sub(1)
    }

    /// Whether these are the receipts that the record fixed.
    pub(crate) fn is_of(&self, batch: &Batch) -> bool {
        let planned = Self::planned(batch, self.statement.program_registry_root);
        planned.first == self.first && planned.statement == self.statement
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        // Plain members only: there is nothing that JSON could refuse.
        serde_json::to_vec_pretty(self).unwrap_or_default()
    }

    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok().filter(|record: &Self| record.version == VERSION)
    }

    /// As the interface shows it while nothing is being done about it.
    pub(crate) fn view(&self) -> BatchView {
        let phase = match self.state {
            BatchState::Planned => "waiting",
            BatchState::Proving => "proving",
            BatchState::Submitting => "submitting",
            BatchState::Settled => "settled",
            BatchState::Failed => "failed",
        };
        let done = u64::from(self.state == BatchState::Settled);
        BatchView {
            batch: self.number(),
            state: self.state,
            phase: phase.into(),
            done,
            total: 1,
            first: self.first,
            receipts: self.statement.receipts,
            proof: self.proof,
            statement: self.statement,
            l1: self.l1.clone(),
            error: self.error.clone(),
        }
    }
}
