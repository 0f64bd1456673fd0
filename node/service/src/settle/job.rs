use std::sync::Arc;
use std::time::{Duration, Instant};

use nectar_abi::Digest;
use nectar_commitment::{Slot, to_bytes};
use nectar_l1::{BatchHeader, L1Error, Proofs, proof_digest};
use nectar_prover::{ProverKey, prove};
use nectar_runtime::Executor;
use nectar_trace::Batch;
use nectar_verifier::{Proof, verify};

use super::error::SettleError;
use super::files::Files;
use super::live::Live;
use super::record::Record;
use super::sync;
use crate::api::{BatchState, L1Reference, ProofFigures};
use crate::chain::Chain;
use crate::log::{field, target};
use crate::metrics::Metrics;

/// One batch on its way to L1.
pub(super) struct Job {
    pub(super) executor: Arc<Executor>,
    pub(super) chain: Chain,
    pub(super) keys: Arc<ProverKey>,
    pub(super) files: Arc<Files>,
    pub(super) metrics: Metrics,
    pub(super) live: Arc<Live>,
    /// How long a transaction is waited for when the node stops.
    pub(super) grace: Duration,
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
        let proof = match self.kept_proof().await? {
            Some(proof) => proof,
            None => self.make_proof(batch).await?,
        };
        self.record.state = BatchState::Submitting;
        self.save().await?;
        let header = self.header(audit_root, &proof);
        let started = Instant::now();
        let l1 = self.submit(&header, &proof).await?;
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

    /// The proof of an earlier attempt, if it is there and holds.
    async fn kept_proof(&self) -> Result<Option<Vec<u8>>, SettleError> {
        let key = Digest::new(self.keys.verifier().digest());
        if self.record.proof.is_none() || self.record.verifier_key != Some(key) {
            return Ok(None);
        }
        let (files, keys, record) = (self.files.clone(), self.keys.clone(), self.record.clone());
        blocking(move || {
            let Some(bytes) = files.proof(record.number())? else { return Ok(None) };
            let holds = Proof::decode(&bytes).is_ok_and(|proof| {
                verify(keys.verifier(), &super::statement(&record.statement), &proof).is_ok()
            });
            Ok(holds.then_some(bytes))
        })
        .await?
    }

    /// Proves, and verifies what was made: nothing is attested on the prover's word.
    async fn make_proof(&mut self, batch: Batch) -> Result<Vec<u8>, SettleError> {
        self.record.state = BatchState::Proving;
        (self.record.error, self.record.proof) = (None, None);
        self.save().await?;
        let (keys, live, view) = (self.keys.clone(), self.live.clone(), self.record.statement);
        let (bytes, figures) = blocking(move || {
            let statement = super::statement(&view);
            // A list knows its length, so that progress has a total.
            let slots: Vec<Slot> = batch.slots().cloned().collect();
            drop(batch);
            let (proof, timings) = prove(&keys, &statement, slots.into_iter(), &*live)?;
            let bytes = proof.encode();
            live.phase("verifying", 0, 1);
            let started = Instant::now();
            verify(keys.verifier(), &statement, &Proof::decode(&bytes)?)?;
            let figures = ProofFigures {
                chunks: count(timings.chunks),
                proof_bytes: count(bytes.len()),
                fold_ms: timings.fold_ms,
                compress_ms: timings.compress_ms,
                verify_ms: millis(started.elapsed()),
            };
            Ok::<_, SettleError>((bytes, figures))
        })
        .await??;
        self.observe(&figures);
        self.record.verifier_key = Some(Digest::new(self.keys.verifier().digest()));
        self.record.proof = Some(figures);
        let (files, number, proof) = (self.files.clone(), self.record.number(), bytes.clone());
        blocking(move || files.save_proof(number, &proof)).await??;
        Ok(bytes)
    }

    fn observe(&self, figures: &ProofFigures) {
        let ProofFigures { chunks, proof_bytes, fold_ms, compress_ms, verify_ms } = *figures;
        for (phase, ms) in [("fold", fold_ms), ("compress", compress_ms), ("verify", verify_ms)] {
            let seconds = Duration::from_millis(ms).as_secs_f64();
            self.metrics.phase_seconds.with_label_values(&[phase]).observe(seconds);
        }
        tracing::info!(
            target: target::SETTLE,
            { { field::BATCH } = self.record.number(),
            { field::CHUNKS } = chunks,
            { field::BYTES } = proof_bytes,
            { field::MS } = fold_ms.saturating_add(compress_ms) },
            "proven and verified"
        );
    }

    fn header(&self, audit_root: [u8; 32], proof: &[u8]) -> BatchHeader {
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
            proof_digest: proof_digest(proof),
            verifier_key: self.keys.verifier().digest(),
        }
    }

    /// Attests and sends. Whatever went wrong on the way: if L1 holds the batch, it is settled.
    async fn submit(&self, header: &BatchHeader, proof: &[u8]) -> Result<L1Reference, SettleError> {
        if self.live.is_stopping() {
            return Err(SettleError::Cancelled);
        }
        let attestation = self.chain.rollup.attest(header).map_err(L1Error::from)?;
        let attestations = [attestation];
        let sent = self.chain.rollup.submit_batch(header, Proofs::of_state(proof), &attestations);
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

fn count(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
