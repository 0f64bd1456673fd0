use nectar_abi::Digest;
use nectar_commitment::Fr;
use nectar_trace::Batch;
use nectar_verifier::Kind;
use serde::{Deserialize, Serialize};

use crate::api::{BatchState, BatchView, L1Reference, ProofFigures, Root, StatementView};

const VERSION: u32 = 3;

/// What is kept about a batch, from the moment when its receipts are fixed. Holds nothing private.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Record {
    version: u32,
    /// Position of the first receipt.
    pub(crate) first: u64,
    pub(crate) statement: StatementView,
    pub(crate) state: BatchState,
    /// The proof of its state, once it is made and written.
    pub(crate) proof: Option<KeptProof>,
    /// The proof of its execution, likewise.
    pub(crate) execution: Option<KeptProof>,
    pub(crate) l1: Option<L1Reference>,
    pub(crate) error: Option<String>,
}

/// What is known of a proof in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeptProof {
    pub(crate) figures: ProofFigures,
    /// Digest of the verifier key that it belongs to.
    pub(crate) verifier_key: Digest,
}

impl Record {
    pub(crate) fn kept(&mut self, kind: Kind) -> &mut Option<KeptProof> {
        match kind {
            Kind::State => &mut self.proof,
            Kind::Execution => &mut self.execution,
        }
    }

    pub(crate) fn planned(batch: &Batch, chain_id: u64) -> Self {
        let receipts = batch.traces();
        let statement = StatementView {
            chain_id,
            network: batch.network,
            batch: batch.number,
            pre_root: Root(batch.pre_root),
            post_root: Root(batch.post_root),
            receipts_root: Root(batch.receipts_root()),
            receipts: u64::try_from(receipts.len()).unwrap_or(u64::MAX),
            // There is none apart from the contracts' own entries, which hold each program's commitment.
            program_registry_root: Root(Fr::default()),
            window: batch.window(),
        };
        Self {
            version: VERSION,
            first: receipts.first().map_or(0, |trace| trace.receipt.position),
            statement,
            state: BatchState::Planned,
            proof: None,
            execution: None,
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

    /// Whether these are the receipts that the record fixed, for this chain.
    pub(crate) fn is_of(&self, batch: &Batch, chain_id: u64) -> bool {
        let planned = Self::planned(batch, chain_id);
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
            instructions: None,
            first: self.first,
            receipts: self.statement.receipts,
            proof: self.proof.map(|kept| kept.figures),
            execution: self.execution.map(|kept| kept.figures),
            statement: self.statement,
            l1: self.l1.clone(),
            error: self.error.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use nectar_abi::{NetworkId, PublicKey};
    use nectar_trace::{InvocationTrace, Receipt, ReceiptKind};

    use super::*;

    fn batch() -> Batch {
        let receipt = Receipt {
            network: NetworkId::CONTRACTS,
            dsp: PublicKey::new([1; 32]),
            position: 3,
            previous: Digest::new([2; 32]),
            kind: ReceiptKind::Query,
            request: Digest::new([3; 32]),
            response: Digest::new([4; 32]),
            gas: 5,
            time: 6,
            log: Fr::from(7),
            auth: Fr::from(8),
            touched: Vec::new(),
        };
        let trace = InvocationTrace { receipt, runs: Vec::new(), slots: Vec::new() };
        Batch::new(NetworkId::CONTRACTS, 1, Fr::from(9), Fr::from(10), vec![trace]).unwrap()
    }

    #[test]
    fn a_record_is_of_its_receipts_on_its_chain_only() {
        let record = Record::planned(&batch(), 31_337);
        assert_eq!(Record::decode(&record.encode()), Some(record.clone()));
        assert!(record.is_of(&batch(), 31_337));
        assert!(!record.is_of(&batch(), 1), "a proof for one chain is none for another");
        let mut other = batch();
        other.post_root = Fr::from(11);
        assert!(!record.is_of(&other, 31_337));
    }

    #[test]
    fn a_record_of_another_version_or_with_more_members_is_not_read() {
        let written: serde_json::Value =
            serde_json::from_slice(&Record::planned(&batch(), 1).encode()).unwrap();
        let read = |change: &dyn Fn(&mut serde_json::Value)| {
            let mut record = written.clone();
            change(&mut record);
            Record::decode(record.to_string().as_bytes())
        };
        assert!(read(&|_| ()).is_some());
        assert_eq!(read(&|record| record["version"] = 1.into()), None);
        assert_eq!(read(&|record| record["more"] = 1.into()), None);
    }
}
