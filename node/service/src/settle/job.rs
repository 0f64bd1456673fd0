use std::sync::Arc;
use std::time::{Duration, Instant};

use nectar_abi::Digest;
use nectar_circuit::Statement;
use nectar_commitment::to_bytes;
use nectar_l1::{BatchHeader, L1Error, Proofs};
use nectar_runtime::Executor;
use nectar_trace::Batch;
use nectar_verifier::{Kind, Proof, verify};

use super::error::SettleError;
use super::files::Files;
use super::live::Live;
use super::record::{KeptProof, Record};
use super::spares::Spares;
use super::{proving, sync};
use crate::api::{BatchState, BatchView, L1Reference, ProofFigures};
use crate::chain::Chain;
use crate::config::Padding;
use crate::keys::ProvingKeys;
use crate::log::{field, target};
use crate::metrics::Metrics;

/// One batch on its way to L1.
pub(super) struct Job {
    pub(super) executor: Arc<Executor>,
    pub(super) chain: Chain,
    pub(super) keys: Arc<ProvingKeys>,
    pub(super) files: Arc<Files>,
    pub(super) metrics: Metrics,
    pub(super) spares: Spares,
    pub(super) live: Arc<Live>,
    /// How long a transaction is waited for when the node stops.
    pub(super) grace: Duration,
    pub(super) padding: Padding,
    pub(super) record: Record,
}

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    Settled,
    Failed,
    Cancelled,
}

impl Ended {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Settled => "settled",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }
}

/// The bytes of a batch's proofs.
struct Proven {
    state: Vec<u8>,
    execution: Option<Vec<u8>>,
}

impl Job {
    /// Does what is left to do, and says in the batch's file how it ended.
    pub(super) async fn run(mut self, batch: Batch) -> Ended {
        let error = match self.settle(batch).await {
            Ok(()) => return Ended::Settled,
            Err(error) => error,
        };
        let ended = match &error {
            SettleError::Cancelled => Ended::Cancelled,
            _ => Ended::Failed,
        };
        let number = self.record.number();
        tracing::warn!(
            target: target::SETTLE,
            { { field::BATCH } = number,
            { field::ERROR } = %error },
            "the batch is not settled"
        );
        (self.record.state, self.record.error) = match ended {
            Ended::Failed => (BatchState::Failed, Some(error.words())),
            _ => (BatchState::Planned, None),
        };
        if let Err(error) = self.save().await {
            tracing::error!(target: target::SETTLE, { { field::ERROR } = %error }, "the batch's file is not written");
        }
        ended
    }

    async fn settle(&mut self, batch: Batch) -> Result<(), SettleError> {
        let audit_root = *sync::log_head(&batch).as_bytes();
        let Proven { state, execution } = self.proofs(batch).await?;
        // What is left of this batch is to wait for L1.
        self.spares.prepare();
        self.record.state = BatchState::Submitting;
        self.save().await?;
        let proofs = Proofs { state: &state, execution: execution.as_deref() };
        let header = self.header(audit_root, proofs);
        let started = Instant::now();
        let l1 = self.submit(&header, proofs).await?;
        self.metrics.phase_seconds.with_label_values(&["submit"]).observe(started.elapsed().as_secs_f64());
        tracing::info!(
            target: target::SETTLE,
            { { field::BATCH } = header.batch,
            { field::TX } = l1.tx,
            { field::GAS } = l1.gas },
            "L1 holds the batch"
        );
        (self.record.state, self.record.l1, self.record.error) = (BatchState::Settled, Some(l1), None);
        let (executor, files, record) = (self.executor.clone(), self.files.clone(), self.record.clone());
        blocking(move || sync::note(&executor, &files, &record)).await??;
        Ok(())
    }

    /// Makes the proofs, which the next settlement uses.
    pub(super) async fn prove(mut self, batch: Batch) -> Result<BatchView, SettleError> {
        let proven = self.proofs(batch).await.map(drop);
        self.record.state = BatchState::Planned;
        self.save().await?;
        proven.map(|()| self.record.view())
    }

    async fn proofs(&mut self, batch: Batch) -> Result<Proven, SettleError> {
        let batch = Arc::new(batch);
        let state = self.proof(Kind::State, &batch).await?;
        let execution = match self.keys.execution {
            Some(_) => Some(self.proof(Kind::Execution, &batch).await?),
            None => None,
        };
        Ok(Proven { state, execution })
    }

    /// A proof of the batch: that of an earlier attempt, or one made now.
    async fn proof(&mut self, kind: Kind, batch: &Arc<Batch>) -> Result<Vec<u8>, SettleError> {
        match self.kept_proof(kind).await? {
            Some(proof) => Ok(proof),
            None => self.make_proof(kind, batch).await,
        }
    }

    /// The proof of an earlier attempt, if it is there and holds.
    async fn kept_proof(&mut self, kind: Kind) -> Result<Option<Vec<u8>>, SettleError> {
        let key = self.keys.verifier(kind).map(|key| Digest::new(key.digest()));
        if self.record.kept(kind).map(|kept| kept.verifier_key) != key {
            return Ok(None);
        }
        let (files, keys, record) = (self.files.clone(), self.keys.clone(), self.record.clone());
        blocking(move || {
            let (bytes, key) = (files.proof(record.number(), kind)?, keys.verifier(kind));
            let Some((bytes, key)) = bytes.zip(key) else { return Ok(None) };
            let holds = Proof::decode(&bytes)
                .is_ok_and(|proof| verify(key, &Statement::from(&record.statement), &proof).is_ok());
            Ok(holds.then_some(bytes))
        })
        .await?
    }

    async fn make_proof(&mut self, kind: Kind, batch: &Arc<Batch>) -> Result<Vec<u8>, SettleError> {
        self.record.state = BatchState::Proving;
        self.record.error = None;
        *self.record.kept(kind) = None;
        self.save().await?;
        let (keys, live, executor) = (self.keys.clone(), self.live.clone(), self.executor.clone());
        let (batch, statement) = (batch.clone(), Statement::from(&self.record.statement));
        let padding = self.padding;
        let (bytes, figures) =
            blocking(move || proving::make(kind, &keys, &executor, (&statement, &batch), padding, &live))
                .await??;
        self.observe(kind, &figures);
        let key = self.keys.verifier(kind).ok_or(SettleError::NoExecutionKey)?;
        *self.record.kept(kind) = Some(KeptProof { figures, verifier_key: Digest::new(key.digest()) });
        let (files, number, proof) = (self.files.clone(), self.record.number(), bytes.clone());
        blocking(move || files.save_proof(number, kind, &proof)).await??;
        // What is made is not made again, whatever happens to the next step.
        self.save().await?;
        Ok(bytes)
    }

    fn observe(&self, kind: Kind, figures: &ProofFigures) {
        let ProofFigures { chunks, proof_bytes, fold_ms, compress_ms, verify_ms, .. } = *figures;
        let names = match kind {
            Kind::State => ["fold", "compress", "verify"],
            Kind::Execution => ["execution_fold", "execution_compress", "execution_verify"],
        };
        for (phase, ms) in names.into_iter().zip([fold_ms, compress_ms, verify_ms]) {
            let seconds = Duration::from_millis(ms).as_secs_f64();
            self.metrics.phase_seconds.with_label_values(&[phase]).observe(seconds);
        }
        tracing::info!(
            target: target::SETTLE,
            { { field::BATCH } = self.record.number(),
            { field::KIND } = %kind,
            { field::CHUNKS } = chunks,
            { field::BYTES } = proof_bytes,
            { field::MS } = fold_ms.saturating_add(compress_ms) },
            "proven and verified"
        );
    }

    fn header(&self, audit_root: [u8; 32], proofs: Proofs<'_>) -> BatchHeader {
        let statement = &self.record.statement;
        BatchHeader {
            network: statement.network,
            batch: statement.batch,
            pre_root: to_bytes(&statement.pre_root.0),
            post_root: to_bytes(&statement.post_root.0),
            receipts_root: to_bytes(&statement.receipts_root.0),
            audit_root,
            program_root: to_bytes(&statement.program_registry_root.0),
            window: statement.window,
            receipts: statement.receipts,
            proof_digest: proofs.digest(),
            verifier_key: *self.keys.digest().as_bytes(),
        }
    }

    /// Attests and sends. Whatever went wrong on the way: if L1 holds the batch, it is settled.
    async fn submit(&self, header: &BatchHeader, proofs: Proofs<'_>) -> Result<L1Reference, SettleError> {
        if self.live.is_stopping() {
            return Err(SettleError::Cancelled);
        }
        let attestation = self.chain.rollup.attest(header).map_err(L1Error::from)?;
        let attestations = [attestation];
        let sent = self.chain.rollup.submit_batch(header, proofs, &attestations);
        let stopped = async {
            self.live.stopping().await;
            tokio::time::sleep(self.grace).await;
        };
        let error = tokio::select! {
            sent = sent => match sent {
                Ok(mined) => {
                    let (tx, block) = (mined.tx.to_string(), mined.block);
                    return Ok(L1Reference { tx, block, gas: Some(mined.gas) });
                }
                Err(error) => error,
            },
            () = stopped => return Err(SettleError::Cancelled),
        };
        match self.chain.rollup.batch(header.network, header.batch).await {
            Ok(Some(held)) if held.header == *header => {
                Ok(L1Reference { tx: held.tx.to_string(), block: held.l1_block, gas: None })
            }
            Ok(Some(_)) => Err(SettleError::Taken(header.batch)),
            _ => Err(error.into()),
        }
    }

    async fn save(&self) -> Result<(), SettleError> {
        self.live.show(&self.record);
        let (files, record) = (self.files.clone(), self.record.clone());
        Ok(blocking(move || files.save(&record)).await??)
    }
}

async fn blocking<T: Send + 'static>(job: impl FnOnce() -> T + Send + 'static) -> Result<T, SettleError> {
    tokio::task::spawn_blocking(job).await.map_err(|_| SettleError::Task)
}
