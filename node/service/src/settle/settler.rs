use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use nectar_abi::Digest;
use nectar_runtime::Executor;
use nectar_trace::Batch;
use nectar_verifier::{Kind, Setup};
use parking_lot::Mutex;
use tokio::sync::watch;

use super::error::{SettleError, StartSettleError};
use super::files::{BatchFileError, Files};
use super::job::Job;
use super::live::Live;
use super::proving;
use super::record::Record;
use super::spares::Spares;
use super::sync::{SyncError, reconcile};
use crate::api::{BatchState, BatchView, SetupName};
use crate::chain::Chain;
use crate::config::{Limits, Padding};
use crate::keys::ProvingKeys;
use crate::log::{field, target};
use crate::metrics::Metrics;

/// How often a proof being made is looked at.
const LOOK: Duration = Duration::from_millis(200);

/// What a settler works with.
pub(crate) struct Parts {
    pub(crate) executor: Arc<Executor>,
    pub(crate) chain: Chain,
    pub(crate) keys: Arc<ProvingKeys>,
    pub(crate) files: Arc<Files>,
    pub(crate) limits: Limits,
    pub(crate) padding: Padding,
    pub(crate) metrics: Metrics,
    /// Turns true when the node stops.
    pub(crate) stop: watch::Receiver<bool>,
}

/// Settles one batch at a time. Clones are the same settler.
#[derive(Clone)]
pub(crate) struct Settler(Arc<Inner>);

struct Inner {
    parts: Parts,
    verifier_key: Digest,
    spares: Spares,
    live: Mutex<Option<Arc<Live>>>,
    /// Held by the settlement that is at work.
    turn: Arc<tokio::sync::Mutex<()>>,
}

impl Settler {
    pub(crate) fn new(parts: Parts) -> Self {
        let verifier_key = parts.keys.digest();
        let spares = Spares::new(parts.keys.clone(), parts.stop.clone());
        let settler = Self(Arc::new(Inner {
            parts,
            verifier_key,
            spares,
            live: Mutex::new(None),
            turn: Arc::new(tokio::sync::Mutex::new(())),
        }));
        settler.count_settled();
        settler
    }

    pub(crate) fn verifier_key(&self) -> Digest {
        self.0.verifier_key
    }

    pub(crate) fn proves_execution(&self) -> bool {
        self.0.parts.keys.execution.is_some()
    }

    pub(crate) fn setup(&self) -> SetupName {
        match self.0.parts.keys.setup() {
            Setup::PowersOfTau => SetupName::PowersOfTau,
            // Whatever is not known to be secure is called insecure.
            _ => SetupName::InsecureDevelopment,
        }
    }

    /// Where a batch is. Reads a file.
    pub(crate) fn view(&self, number: u64) -> Result<Option<BatchView>, BatchFileError> {
        let live = self.0.live.lock().clone();
        if let Some(view) = live.map(|live| live.view()).filter(|view| view.batch == number) {
            return Ok(Some(view));
        }
        Ok(self.0.parts.files.load(number)?.map(|record| record.view()))
    }

    /// A proof of a batch. Reads a file.
    pub(crate) fn proof(&self, number: u64, kind: Kind) -> Result<Option<Vec<u8>>, BatchFileError> {
        self.0.parts.files.proof(number, kind)
    }

    /// Fixes the receipts of the next batch, durably, and settles them in the background.
    pub(crate) async fn start(&self) -> Result<u64, StartSettleError> {
        let turn = self.0.turn.clone().try_lock_owned().map_err(|_| StartSettleError::Busy)?;
        let Parts { executor, chain, files, stop, metrics, .. } = &self.0.parts;
        if *stop.borrow() {
            return Err(StartSettleError::Stopping);
        }
        // A transaction of an earlier attempt may have arrived after all.
        reconcile(executor, chain, files, self.0.verifier_key).await.map_err(failed)?;
        let settler = self.clone();
        let planned = tokio::task::spawn_blocking(move || settler.plan()).await;
        let planned = planned.map_err(|_| SettleError::Task)??;
        let (record, batch) = planned.ok_or(StartSettleError::NothingPending)?;
        let number = record.number();
        let live = Arc::new(Live::new(&record, stop.clone(), metrics.clone()));
        *self.0.live.lock() = Some(live.clone());
        let settler = self.clone();
        tokio::spawn(async move {
            settler.work(record, batch, live).await;
            drop(turn);
        });
        Ok(number)
    }

    /// Fixes the receipts of the next batch, durably, and makes its proofs, which the next settlement uses; nothing if none is
    /// pending. `show` is told from time to time how far it is.
    pub(crate) async fn prove(&self, show: impl Fn(&BatchView)) -> Result<Option<BatchView>, SettleError> {
        let settler = self.clone();
        let planned = tokio::task::spawn_blocking(move || settler.plan()).await;
        let Some((record, batch)) = planned.map_err(|_| SettleError::Task)?? else { return Ok(None) };
        let Parts { stop, metrics, .. } = &self.0.parts;
        let live = Arc::new(Live::new(&record, stop.clone(), metrics.clone()));
        let mut proving = tokio::spawn(self.job(record, live.clone()).prove(batch));
        loop {
            tokio::select! {
                ended = &mut proving => return ended.map_err(|_| SettleError::Task)?.map(Some),
                () = tokio::time::sleep(LOOK) => show(&live.view()),
            }
        }
    }

    /// Has what the next proofs need made beforehand, in the background, unless a batch is at work: that one sees to it.
    pub(crate) fn prepare(&self) {
        if self.0.live.lock().is_none() {
            self.0.spares.prepare();
        }
    }

    /// Takes up a batch that was being settled when the node stopped.
    pub(crate) async fn resume(&self) {
        let number = self.0.parts.executor.next_batch().0;
        let files = self.0.parts.files.clone();
        let found = tokio::task::spawn_blocking(move || files.load(number)).await;
        let Ok(Ok(Some(record))) = found else { return };
        if record.state == BatchState::Failed {
            return;
        }
        tracing::info!(target: target::SETTLE, { { field::BATCH } = number }, "taking up a batch");
        if let Err(error) = self.start().await {
            tracing::warn!(target: target::SETTLE, { { field::ERROR } = %error }, "the batch waits");
        }
    }

    /// Waits for the settlement that is at work, if any. It ends soon once the node is told to stop.
    pub(crate) async fn idle(&self) {
        drop(self.0.turn.lock().await);
    }

    /// The receipts of the next batch: those of an earlier attempt, as far as the limits still allow.
    fn plan(&self) -> Result<Option<(Record, Batch)>, SettleError> {
        let Parts { executor, chain, files, limits, .. } = &self.0.parts;
        let most = usize::try_from(limits.batch_receipts).unwrap_or(usize::MAX);
        if let Some(record) = files.load(executor.next_batch().0)? {
            let receipts = usize::try_from(record.statement.receipts).unwrap_or(usize::MAX);
            let batch = self.provable(receipts.min(most))?;
            if let Some(batch) = batch.filter(|batch| record.is_of(batch, chain.id)) {
                return Ok(Some((record, batch)));
            }
        }
        let Some(batch) = self.provable(most)? else { return Ok(None) };
        let record = Record::planned(&batch, chain.id);
        files.save(&record)?;
        Ok(Some((record, batch)))
    }

    /// The oldest receipts, at most so many, whose proofs keep to the limits; but always one.
    fn provable(&self, mut most: usize) -> Result<Option<Batch>, SettleError> {
        let Parts { executor, keys, limits, padding, .. } = &self.0.parts;
        let chunks = limits.state_chunks(keys.execution.is_some());
        let slots = chunks.saturating_mul(keys.state.verifier().slots());
        let slots = usize::try_from(slots).unwrap_or(usize::MAX);
        loop {
            let Some(batch) = executor.pending(most, slots)? else { return Ok(None) };
            let within =
                proving::receipts_within(keys, executor, &batch, limits.batch_execution_chunks, *padding)?;
            if within >= batch.traces().len() {
                return Ok(Some(batch));
            }
            most = within;
        }
    }

    async fn work(&self, record: Record, batch: Batch, live: Arc<Live>) {
        let number = record.number();
        let receipts = record.statement.receipts;
        tracing::info!(
            target: target::SETTLE,
            { { field::BATCH } = number,
            { field::RECEIPTS } = receipts },
            "settling a batch"
        );
        let outcome = self.job(record, live.clone()).run(batch).await;
        self.0.parts.metrics.batches.with_label_values(&[outcome.as_str()]).inc();
        live.phase("done", 0, 0);
        self.count_settled();
        // From here on the file says where the batch is.
        *self.0.live.lock() = None;
        self.prepare();
    }

    fn job(&self, record: Record, live: Arc<Live>) -> Job {
        let Parts { executor, chain, keys, files, limits, padding, metrics, .. } = &self.0.parts;
        Job {
            executor: executor.clone(),
            chain: chain.clone(),
            keys: keys.clone(),
            files: files.clone(),
            metrics: metrics.clone(),
            spares: self.0.spares.clone(),
            live,
            grace: limits.drain(),
            padding: *padding,
            record,
        }
    }

    fn count_settled(&self) {
        let settled = self.0.parts.executor.next_batch().0.saturating_sub(1);
        self.0.parts.metrics.settled_batch.set(i64::try_from(settled).unwrap_or(i64::MAX));
    }
}

fn failed(error: SyncError) -> StartSettleError {
    match error {
        SyncError::L1(error) => SettleError::L1(error).into(),
        error => SettleError::Sync(error).into(),
    }
}

impl fmt::Debug for Settler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settler").field("verifier_key", &self.0.verifier_key).finish_non_exhaustive()
    }
}
