use nectar_commitment::{Fr, ReceiptTree, to_bytes};
use nectar_trace::{Batch, Inclusion, InvocationTrace, MAX_RECEIPTS};

use super::Executor;
use crate::error::{CallError, HostError, Invalid};
use crate::receipt::SignedReceipt;
use crate::records::{self, BatchRecord, Element, ReceiptRow, Records as _};
use crate::reply::ReceiptView;

/// Longest reference to L1, in bytes.
pub const MAX_REFERENCE_BYTES: usize = 1024;

impl Executor {
    /// The next batch: the oldest receipts that are not settled, in order, at most `max_receipts` of them with at most
    /// `max_slots` operations together, their own among them; but always one, if there is one.
    ///
    /// # Errors
    /// [`HostError`]
    pub fn pending(&self, max_receipts: usize, max_slots: usize) -> Result<Option<Batch>, HostError> {
        let head = self.journal.lock().head.clone();
        let (mut traces, mut slots, mut post_root) = (Vec::new(), 0, head.settled_root.0);
        for position in head.unsettled..head.position {
            let row = self.receipt_row(position)?;
            // One more: the receipt's own.
            slots += usize::try_from(row.slots).unwrap_or(usize::MAX).saturating_add(1);
            let full = traces.len() >= max_receipts.min(MAX_RECEIPTS) || slots > max_slots;
            if full && !traces.is_empty() {
                break;
            }
            let trace = self.store.system_get(records::TRACES, &position.to_be_bytes())?;
            traces.push(InvocationTrace::decode(&trace.ok_or(HostError::Record(records::TRACES))?)?);
            post_root = row.post_root.0;
        }
        if traces.is_empty() {
            return Ok(None);
        }
        Ok(Some(Batch::new(self.config.network, head.batch, head.settled_root.0, post_root, traces)?))
    }

    /// Records that L1 accepted the batch which ends with that receipt, and forgets its traces: durable. `reference` is
    /// the caller's, for finding it there again.
    ///
    /// # Errors
    /// [`CallError`]
    pub fn settled(&self, batch: u64, last: u64, reference: &[u8]) -> Result<BatchRecord, CallError> {
        if reference.len() > MAX_REFERENCE_BYTES {
            return Err(Invalid::ReferenceTooLong { got: reference.len(), limit: MAX_REFERENCE_BYTES }.into());
        }
        let mut journal = self.journal.lock();
        let mut head = journal.head.clone();
        if batch != head.batch {
            return Err(Invalid::WrongBatch { expected: head.batch, got: batch }.into());
        }
        let newest = head.position.checked_sub(1).filter(|newest| *newest >= head.unsettled);
        let newest = newest.ok_or(Invalid::NothingPending)?;
        if last < head.unsettled || last > newest {
            return Err(Invalid::WrongPosition { first: head.unsettled, last: newest, got: last }.into());
        }
        let post_root = self.receipt_row(last)?.post_root.0;
        let record = BatchRecord {
            number: batch,
            first: head.unsettled,
            last,
            post_root: to_bytes(&post_root),
            reference: reference.to_vec(),
        };
        let mut session = self.store.begin();
        for position in head.unsettled..=last {
            session.system_remove(records::TRACES, &position.to_be_bytes());
        }
        let encoded = records::encode(&record)?;
        session.system_put(records::BATCHES, &batch.to_be_bytes(), &encoded).map_err(HostError::from)?;
        (head.unsettled, head.batch) = (last.saturating_add(1), batch.saturating_add(1));
        head.settled_root = Element(post_root);
        let now = journal.now(&*self.clock);
        journal.commit_entry(session, head, None, None, now)?;
        Ok(record)
    }

    /// Root of the network after the last settled receipt: what L1 should have.
    pub fn settled_root(&self) -> Fr {
        self.journal.lock().head.settled_root.0
    }

    /// Number of the next batch, and how many receipts wait for it.
    pub fn next_batch(&self) -> (u64, u64) {
        let head = &self.journal.lock().head;
        (head.batch, head.position.saturating_sub(head.unsettled))
    }

    /// How many receipts there are.
    pub fn receipts(&self) -> u64 {
        self.journal.lock().head.position
    }

    /// A settled batch.
    ///
    /// # Errors
    /// [`HostError`]
    pub fn batch(&self, number: u64) -> Result<Option<BatchRecord>, HostError> {
        self.store.load(records::BATCHES, &number.to_be_bytes())
    }

    /// A receipt, and the way to its batch's receipts root once it is settled.
    ///
    /// # Errors
    /// [`HostError`]
    pub fn receipt(&self, position: u64) -> Result<Option<ReceiptView>, HostError> {
        let head = self.journal.lock().head.clone();
        if position >= head.position {
            return Ok(None);
        }
        let row = self.receipt_row(position)?;
        let settled = match position < head.unsettled {
            true => Some(self.inclusion(position, head.batch)?),
            false => None,
        };
        Ok(Some(ReceiptView { receipt: decode(&row)?, post_root: row.post_root.0, settled }))
    }

    /// Batches follow each other: the one that holds a position is found by halving.
    fn inclusion(&self, position: u64, next: u64) -> Result<(BatchRecord, Inclusion), HostError> {
        let (mut low, mut high) = (1, next);
        while low < high {
            let middle = low + (high - low) / 2;
            let record = self.batch(middle)?.ok_or(HostError::Record(records::BATCHES))?;
            if position < record.first {
                high = middle;
            } else if position > record.last {
                low = middle + 1;
            } else {
                let inclusion = self.inclusion_in(position, &record)?;
                return Ok((record, inclusion));
            }
        }
        Err(HostError::Record(records::BATCHES))
    }

    fn inclusion_in(&self, position: u64, record: &BatchRecord) -> Result<Inclusion, HostError> {
        let broken = HostError::Record(records::BATCHES);
        let mut tree = ReceiptTree::default();
        for position in record.first..=record.last {
            let signed = decode(&self.receipt_row(position)?)?;
            let receipt = signed.receipt();
            tree.append(receipt.log, receipt.body(), receipt.auth)
                .map_err(|_| HostError::Record(records::BATCHES))?;
        }
        let index = u32::try_from(position.saturating_sub(record.first)).map_err(|_| broken)?;
        let siblings = tree.siblings(usize::try_from(index).unwrap_or(usize::MAX));
        Ok(Inclusion { index, siblings })
    }

    fn receipt_row(&self, position: u64) -> Result<ReceiptRow, HostError> {
        let row = self.store.load(records::RECEIPTS, &position.to_be_bytes())?;
        row.ok_or(HostError::Record(records::RECEIPTS))
    }
}

/// A receipt that this node signed and stored.
fn decode(row: &ReceiptRow) -> Result<SignedReceipt, HostError> {
    SignedReceipt::decode(&row.signed.0).map_err(|_| HostError::Record(records::RECEIPTS))
}
