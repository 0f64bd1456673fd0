//! `nectar receipt`

use std::path::PathBuf;

use clap::Subcommand;
use nectar_abi::PublicKey;
use serde_json::json;

use crate::chain::ChainArgs;
use crate::error::CliError;
use crate::evidence::{Checked, Evidence, all_hold, table};
use crate::output::Report;
use crate::service::NodeArgs;

#[derive(Debug, Subcommand)]
pub(crate) enum Receipt {
    /// Add to evidence where its receipt was settled, as node and chain have it
    #[command(after_help = "Example:
  nectar receipt locate read.json")]
    Locate {
        #[command(flatten)]
        node: NodeArgs,
        #[command(flatten)]
        chain: ChainArgs,
        /// What `nectar call --evidence` wrote
        #[arg(value_name = "EVIDENCE")]
        evidence: PathBuf,
    },
    /// Check evidence: grant, request, receipt, opening, batch, and the chain
    #[command(after_help = "Examples:
  nectar receipt verify read.json --offline
  nectar receipt verify read.json --owner 31c0..")]
    Verify {
        #[command(flatten)]
        chain: ChainArgs,
        /// Ask no chain: trust the batch as the file has it
        #[arg(long)]
        offline: bool,
        /// Public key of the contract's owner; without it, whoever signed the first grant is taken for the owner
        #[arg(long, value_name = "KEY")]
        owner: Option<PublicKey>,
        /// What `nectar call --evidence` wrote
        #[arg(value_name = "EVIDENCE")]
        evidence: PathBuf,
    },
}

impl Receipt {
    pub(crate) async fn run(self, _json: bool) -> Result<Report, CliError> {
        match self {
            Self::Locate { node, chain, evidence } => {
                let mut held = Evidence::read(&evidence)?;
                let (service, chain) = (node.connect().await?, chain.read().await?);
                let view = service.client.receipt(held.position()?).await;
                held.locate(view.map_err(CliError::node("asking for the receipt"))?, &chain.rollup).await?;
                held.replace(&evidence)?;
                let batch = held.place.as_ref().map(|p| (p.batch.header.batch, p.batch.l1_block));
                let (batch, block) = batch.unwrap_or_default();
                let object = json!({ "batch": batch, "l1_block": block });
                Ok(Report::new(object, format!("settled in batch {batch}, L1 block {block}")))
            }
            Self::Verify { chain, offline, owner, evidence } => {
                let held = Evidence::read(&evidence)?;
                let chain = match (offline, &held.place) {
                    (false, Some(_)) => Some(chain.read().await?),
                    _ => None,
                };
                let Checked { checks, host_answers } =
                    held.check(owner, chain.as_ref().map(|c| &c.rollup)).await;
                all_hold(&checks)?;
                let mut text = table(&checks).to_string();
                if held.place.is_none() {
                    text.push_str("\nnot settled yet, as far as the file knows: nectar receipt locate\n");
                }
                let settled = held.place.is_some();
                let object = json!({ "settled": settled, "checks": checks, "host_answers": host_answers });
                Ok(Report::new(object, text))
            }
        }
    }
}
