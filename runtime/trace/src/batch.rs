use nectar_abi::NetworkId;
use nectar_commitment::{Fr, ReceiptTree, Slot};
use thiserror::Error;

use crate::{Inclusion, InvocationTrace};

/// Most receipts in one batch.
pub const MAX_RECEIPTS: usize = 4096;

/// Receipts in order with the traces behind them, ready to be proven. One receipt is a valid batch.
#[derive(Debug)]
pub struct Batch {
    /// The network.
    pub network: NetworkId,
    /// Number of the batch, from one.
    pub number: u64,
    /// Network root before.
    pub pre_root: Fr,
    /// Network root after.
    pub post_root: Fr,
    traces: Vec<InvocationTrace>,
    receipts: ReceiptTree,
    ends: Vec<Slot>,
}

/// Why receipts make no batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum BatchError {
    /// A batch has at least one receipt.
    #[error("a batch has at least one receipt")]
    Empty,
    /// Too many.
    #[error("a batch has at most {MAX_RECEIPTS} receipts, got {0}: settle them in several")]
    TooMany(usize),
    /// Another network's receipt, or positions with a gap.
    #[error("receipt {0} does not follow the one before it")]
    OutOfOrder(u64),
}

impl Batch {
    /// Puts traces into a batch, in the order of their receipts' positions.
    ///
    /// # Errors
    /// [`BatchError`]
    pub fn new(
        network: NetworkId,
        number: u64,
        pre_root: Fr,
        post_root: Fr,
        traces: Vec<InvocationTrace>,
    ) -> Result<Self, BatchError> {
        if traces.len() > MAX_RECEIPTS {
            return Err(BatchError::TooMany(traces.len()));
        }
        let first = traces.first().ok_or(BatchError::Empty)?.receipt.position;
        let mut receipts = ReceiptTree::default();
        let mut ends = Vec::with_capacity(traces.len());
        for (expected, trace) in (first..).zip(&traces) {
            let receipt = &trace.receipt;
            if receipt.position != expected || receipt.network != network {
                return Err(BatchError::OutOfOrder(receipt.position));
            }
            let end = receipts.append(receipt.log, receipt.body(), receipt.auth);
            ends.push(end.map_err(|_| BatchError::TooMany(MAX_RECEIPTS))?);
        }
        Ok(Self { network, number, pre_root, post_root, traces, receipts, ends })
    }

    /// The traces in order.
    pub fn traces(&self) -> &[InvocationTrace] {
        &self.traces
    }

    /// Root over the receipts.
    pub fn receipts_root(&self) -> Fr {
        self.receipts.root()
    }

    /// From the first receipt's time to the last one's, in seconds since 1970.
    pub fn window(&self) -> (u64, u64) {
        let times = self.traces.iter().map(|t| t.receipt.time);
        (times.clone().min().unwrap_or_default(), times.max().unwrap_or_default())
    }

    /// Every operation of the batch in order: each invocation's, then its receipt's.
    pub fn slots(&self) -> impl Iterator<Item = &Slot> {
        self.traces.iter().zip(&self.ends).flat_map(|(trace, end)| trace.slots.iter().chain([end]))
    }

    /// Shows that the receipt at `index` is in the batch.
    pub fn inclusion(&self, index: u32) -> Option<Inclusion> {
        self.traces.get(index as usize)?;
        Some(Inclusion { index, siblings: self.receipts.siblings(index as usize) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::tests::sample;

    fn batch(positions: &[u64]) -> Result<Batch, BatchError> {
        let traces = positions.iter().map(|p| sample(*p)).collect();
        Batch::new(NetworkId::CONTRACTS, 1, Fr::from(1), Fr::from(2), traces)
    }

    #[test]
    fn one_receipt_is_a_valid_batch() {
        let batch = batch(&[7]).unwrap();
        assert_eq!(batch.slots().count(), 2);
        let inclusion = batch.inclusion(0).unwrap();
        assert_eq!(inclusion.root(&batch.traces()[0].receipt), batch.receipts_root());
        assert!(batch.inclusion(1).is_none());
    }

    #[test]
    fn gaps_swaps_and_repeats_are_refused() {
        assert_eq!(batch(&[]).unwrap_err(), BatchError::Empty);
        assert_eq!(batch(&[1, 3]).unwrap_err(), BatchError::OutOfOrder(3));
        assert_eq!(batch(&[2, 1]).unwrap_err(), BatchError::OutOfOrder(1));
        assert_eq!(batch(&[2, 2]).unwrap_err(), BatchError::OutOfOrder(2));
    }

    #[test]
    fn another_networks_receipt_is_refused() {
        let batch = Batch::new(NetworkId(2), 1, Fr::from(1), Fr::from(2), vec![sample(1)]);
        assert_eq!(batch.unwrap_err(), BatchError::OutOfOrder(1));
    }
}
