//! `nectar batch`

use std::time::Duration;

use clap::Subcommand;
use nectar_node::api::{BatchState, BatchView};
use nectar_node::prepare;
use serde_json::json;

use crate::chain::ChainArgs;
use crate::error::CliError;
use crate::evidence::{all_hold, table};
use crate::keys::KeyArgs;
use crate::output::Report;
use crate::progress::Progress;
use crate::proving::{VerifierKeyArgs, verify_batch};
use crate::service::{NodeArgs, Service, unsigned};
use crate::table::Table;
use crate::time::show_ms;

/// How often a running settlement is looked at.
const POLL: Duration = Duration::from_millis(200);

#[derive(Debug, Subcommand)]
pub(crate) enum Batch {
    /// Prove the pending receipts and settle them on L1, as the node's operator
    #[command(after_help = "Examples:
  nectar batch settle --key operator.key
  nectar batch settle --key operator.key --no-wait --json")]
    Settle {
        #[command(flatten)]
        node: NodeArgs,
        #[command(flatten)]
        key: KeyArgs,
        /// Return at once; `nectar batch status` tells how far it is
        #[arg(long)]
        no_wait: bool,
    },
    /// Show how far a batch is
    #[command(after_help = "Example:
  nectar batch status 1")]
    Status {
        #[command(flatten)]
        node: NodeArgs,
        /// Number of the batch
        #[arg(value_name = "NUMBER")]
        batch: u64,
    },
    /// Fetch a batch's proofs, verify them here, and compare them with what L1 holds
    #[command(after_help = "Examples:
  nectar batch verify 1
  nectar batch verify 1 --verifier-key network.nvky

The chain verified the proofs when the batch settled. This does it again, and takes neither the
chain's word for it nor the node's.")]
    Verify {
        #[command(flatten)]
        node: NodeArgs,
        #[command(flatten)]
        chain: ChainArgs,
        #[command(flatten)]
        verifier_key: VerifierKeyArgs,
        /// Number of the batch
        #[arg(value_name = "NUMBER")]
        batch: u64,
    },
}

impl Batch {
    pub(crate) async fn run(self, json: bool) -> Result<Report, CliError> {
        match self {
            Self::Settle { node, key, no_wait } => {
                let key = key.holder()?;
                let service = node.connect().await?;
                let order = prepare::settle(&key, service.destination()).map_err(unsigned)?;
                let started = service.client.settle(&order).await;
                let batch = started.map_err(CliError::node("starting the settlement"))?.batch;
                if no_wait {
                    return Ok(Report::new(json!({ "batch": batch }), format!("batch {batch} started")));
                }
                let view = wait(&service, batch, &Progress::new(json)).await?;
                Ok(shown(&view))
            }
            Self::Status { node, batch } => {
                let service = node.connect().await?;
                let view = service.client.batch(batch).await;
                Ok(shown(&view.map_err(CliError::node("asking for the batch"))?))
            }
            Self::Verify { node, chain, verifier_key, batch } => {
                let (service, chain) = (node.connect().await?, chain.read().await?);
                let keys = verifier_key.load_all(chain.l1.chain_id())?;
                let found = verify_batch(&service, &chain, service.info.network, batch, keys).await?;
                all_hold(&found.checks)?;
                let (checks, ms) = (found.checks, found.verify_ms);
                let text = format!("{}\nverified in {}", table(&checks), show_ms(ms));
                Ok(Report::new(json!({ "batch": batch, "verify_ms": ms, "checks": checks }), text))
            }
        }
    }
}

/// Waits until a batch is settled.
pub(crate) async fn wait(service: &Service, batch: u64, progress: &Progress) -> Result<BatchView, CliError> {
    const DOING: &str = "settling the batch";
    loop {
        let view = service.client.batch(batch).await.map_err(CliError::node(DOING))?;
        progress.show(&view);
        match view.state {
            BatchState::Settled => return Ok(view),
            BatchState::Failed => {
                let why = view.error.unwrap_or_else(|| "the node gives no reason; look at its log".into());
                return Err(CliError::Failed { doing: DOING, why });
            }
            _ => tokio::time::sleep(POLL).await,
        }
    }
}

pub(super) fn shown(view: &BatchView) -> Report {
    let state = serde_json::to_value(view.state).unwrap_or_default();
    let mut pairs = vec![
        ("batch", view.batch.to_string()),
        ("state", state.as_str().unwrap_or_default().to_owned()),
        ("receipts", format!("{} from position {}", view.receipts, view.first)),
        ("pre root", view.statement.pre_root.to_string()),
        ("post root", view.statement.post_root.to_string()),
    ];
    if !view.state.is_final() {
        pairs.push(("doing", format!("{} ({}/{})", view.phase, view.done, view.total)));
        pairs.extend(view.instructions.map(|count| ("instructions", count.to_string())));
    }
    let proofs = [
        ("proof of state", "operations", view.proof),
        ("proof of execution", "instructions", view.execution),
    ];
    for (name, what, proof) in proofs {
        let Some(proof) = proof else { continue };
        let (steps, chunks, bytes) = (proof.steps, proof.chunks, proof.proof_bytes);
        pairs.push((name, format!("{steps} {what}, {chunks} chunks, {bytes} bytes")));
        let times = [proof.fold_ms, proof.compress_ms, proof.verify_ms].map(show_ms);
        let [fold, compress, verify] = times;
        pairs.push(("made in", format!("fold {fold}, compress {compress}, verify {verify}")));
    }
    if let Some(l1) = &view.l1 {
        pairs.push(("L1 block", l1.block.to_string()));
        pairs.push(("transaction", l1.tx.clone()));
        pairs.extend(l1.gas.map(|gas| ("gas", gas.to_string())));
    }
    if let Some(error) = &view.error {
        pairs.push(("error", error.clone()));
    }
    Report::new(view, Table::pairs(pairs).to_string())
}
