//! Compares the store with L1 when the node starts.
//!
//! L1 says which batch was the last and which root it left. A store that knows less is older (a backup, another machine's);
//! one that knows something else is another network's. The one exception is repaired: L1 accepted a batch and this node
//! stopped before it had noted that. Then the receipts that wait here are, to the bit, those that L1 names.

use std::sync::Arc;

use nectar_abi::Digest;
use nectar_commitment::to_bytes;
use nectar_l1::{BatchHeader, Head, L1Error};
use nectar_runtime::{CallError, Executor, HostError};
use nectar_trace::Batch;
use thiserror::Error;

use super::files::{BatchFileError, Files};
use super::record::Record;
use crate::api::{BatchState, L1Reference, Root};
use crate::chain::Chain;
use crate::log::{field, target};

/// Why store and L1 do not go together.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SyncError {
    /// The network was never created.
    #[error(
        "the rollup has no network {network}: its admin begins it, at the empty root and with a verifier of this node's key"
    )]
    NoNetwork {
        /// The network.
        network: u64,
    },
    /// The proofs of this node are not the ones that L1 expects.
    #[error(
        "the network's verifier on L1 takes proofs under key {chain}, this node makes them under {local}: check \
         prover.setup, or let the rollup's admin set another verifier (nectar l1 verifier)"
    )]
    VerifierKey {
        /// The digest of the key of the network's verifier.
        chain: Digest,
        /// The key's digest here.
        local: Digest,
    },
    /// The store lacks receipts that L1 has settled.
    #[error(
        "L1 has settled batch {chain}, this store knows batch {local} and not what came after it: it is older than L1. Start \
         with the newest copy of data_dir"
    )]
    StoreBehind {
        /// Last batch on L1.
        chain: u64,
        /// Last batch that the store knows.
        local: u64,
    },
    /// L1 lacks batches that the store knows as settled.
    #[error(
        "this store knows batch {local} as settled, L1 ends with batch {chain}: l1.url or l1.rollup name another chain, or \
         the chain was reset"
    )]
    ChainBehind {
        /// Last batch on L1.
        chain: u64,
        /// Last batch that the store knows.
        local: u64,
    },
    /// Same number, another root.
    #[error(
        "after batch {batch}, L1 has root {chain} and this store {local}: they are not of one network. Check data_dir, network \
         and l1.rollup"
    )]
    Diverged {
        /// The batch.
        batch: u64,
        /// Root on L1.
        chain: Digest,
        /// Root in the store.
        local: Root,
    },
    /// L1 did not answer.
    #[error(transparent)]
    L1(#[from] L1Error),
    /// The store failed.
    #[error(transparent)]
    Host(#[from] HostError),
    /// The store refused to note a batch as settled.
    #[error("the store does not take batch {batch} as settled: {source}")]
    Settled {
        /// The batch.
        batch: u64,
        /// Why.
        source: CallError,
    },
    /// A batch file cannot be used.
    #[error(transparent)]
    File(#[from] BatchFileError),
    /// A task of this process died.
    #[error("a task of this process stopped unexpectedly")]
    Task,
}

/// Lets the store catch up with what L1 accepted, and refuses stores that do not fit.
pub(crate) async fn reconcile(
    executor: &Arc<Executor>,
    chain: &Chain,
    files: &Arc<Files>,
    verifier_key: Digest,
) -> Result<(), SyncError> {
    let head = chain.rollup.head(chain.network).await?;
    let head = head.ok_or(SyncError::NoNetwork { network: chain.network.0 })?;
    let expected = Digest::new(chain.rollup.verifier_key(chain.network).await?);
    if expected != verifier_key {
        return Err(SyncError::VerifierKey { chain: expected, local: verifier_key });
    }
    loop {
        let local = last_settled(executor);
        if local >= head.number {
            return compare(executor, &head, local);
        }
        catch_up(executor, chain, files, &head, local).await?;
    }
}

fn last_settled(executor: &Executor) -> u64 {
    executor.next_batch().0.saturating_sub(1)
}

fn compare(executor: &Executor, head: &Head, local: u64) -> Result<(), SyncError> {
    if local > head.number {
        return Err(SyncError::ChainBehind { chain: head.number, local });
    }
    let root = executor.settled_root();
    if to_bytes(&root) != head.root {
        let chain = Digest::new(head.root);
        return Err(SyncError::Diverged { batch: local, chain, local: Root(root) });
    }
    Ok(())
}

/// Notes one batch as settled that L1 has and that the store has the receipts of.
async fn catch_up(
    executor: &Arc<Executor>,
    chain: &Chain,
    files: &Arc<Files>,
    head: &Head,
    local: u64,
) -> Result<(), SyncError> {
    let behind = || SyncError::StoreBehind { chain: head.number, local };
    let next = chain.rollup.batch(chain.network, local.saturating_add(1)).await?;
    let next = next.ok_or(SyncError::L1(L1Error::BadAnswer { what: "log of all settled batches" }))?;
    let receipts = usize::try_from(next.header.receipts).map_err(|_| behind())?;
    let batch = blocking(executor, move |e| e.pending(receipts, usize::MAX)).await??.ok_or_else(behind)?;
    if !matches(&batch, &next.header) {
        return Err(behind());
    }
    let l1 = L1Reference { tx: next.tx.to_string(), block: next.l1_block, gas: None };
    tracing::warn!(
        target: target::SETTLE,
        { { field::BATCH } = batch.number,
        { field::TX } = l1.tx },
        "L1 accepted this batch before the node noted it: noted now"
    );
    // The record of an attempt with fewer receipts, or for another chain, would say what was not settled.
    let kept = files.load(batch.number)?.filter(|record| record.is_of(&batch, chain.id));
    let mut record = kept.unwrap_or_else(|| Record::planned(&batch, chain.id));
    (record.state, record.l1, record.error) = (BatchState::Settled, Some(l1), None);
    let files = files.clone();
    blocking(executor, move |executor| note(executor, &files, &record)).await?
}

/// Makes it durable that L1 holds a batch: first in the store, which counts, then in the file, which shows it.
pub(super) fn note(executor: &Executor, files: &Files, record: &Record) -> Result<(), SyncError> {
    let reference = serde_json::to_vec(&record.l1).unwrap_or_default();
    let batch = record.number();
    executor
        .settled(batch, record.last(), &reference)
        .map_err(|source| SyncError::Settled { batch, source })?;
    Ok(files.save(record)?)
}

async fn blocking<T: Send + 'static>(
    executor: &Arc<Executor>,
    job: impl FnOnce(&Executor) -> T + Send + 'static,
) -> Result<T, SyncError> {
    let executor = executor.clone();
    tokio::task::spawn_blocking(move || job(&executor)).await.map_err(|_| SyncError::Task)
}

/// Head of the receipts' hash chain after a batch: each receipt names the one before it, so this commits to the whole log.
pub(super) fn log_head(batch: &Batch) -> Digest {
    batch.traces().last().map_or(Digest::new([0; 32]), |trace| trace.receipt.digest())
}

/// Whether a batch is the one that a header of L1 is about.
pub(super) fn matches(batch: &Batch, header: &BatchHeader) -> bool {
    header.batch == batch.number
        && header.network == batch.network
        && header.receipts == u64::try_from(batch.traces().len()).unwrap_or(u64::MAX)
        && header.pre_root == to_bytes(&batch.pre_root)
        && header.post_root == to_bytes(&batch.post_root)
        && header.receipts_root == to_bytes(&batch.receipts_root())
        && header.window == batch.window()
        && header.audit_root == *log_head(batch).as_bytes()
}
