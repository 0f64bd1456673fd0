//! The Ethereum side: a node, the contracts' addresses in a file, a wallet.

use std::path::PathBuf;

use clap::Args;
use nectar_l1::{Address, Deployment, L1, Registry, Rollup, Wallet};
use serde::{Deserialize, Serialize};

use crate::error::CliError;
use crate::files::{self, Access};

/// Largest deployment file, in bytes.
const MAX_FILE: usize = 16 * 1024;

/// Which Ethereum node.
#[derive(Debug, Clone, Args)]
pub(crate) struct UrlArgs {
    /// URL of an Ethereum node's JSON-RPC
    #[arg(long, value_name = "URL", env = "NECTAR_L1", default_value = "http://127.0.0.1:8545")]
    pub(crate) l1: String,
}

impl UrlArgs {
    /// Connects with a wallet that pays and signs.
    pub(crate) async fn connect(&self, wallet: Wallet) -> Result<L1, CliError> {
        L1::connect(&self.l1, wallet).await.map_err(CliError::chain("connecting to the L1 node"))
    }
}

/// Which Ethereum node, and where the contracts are.
#[derive(Debug, Clone, Args)]
pub(crate) struct ChainArgs {
    #[command(flatten)]
    pub(crate) url: UrlArgs,
    /// File that `nectar l1 deploy` wrote
    #[arg(long, value_name = "FILE", env = "NECTAR_DEPLOYMENT", default_value = "nectar-l1.json")]
    pub(crate) deployment: PathBuf,
}

/// The contracts of a deployment, through one connection.
#[derive(Debug, Clone)]
pub(crate) struct Chain {
    /// The connection.
    pub(crate) l1: L1,
    /// Who is a DSP.
    pub(crate) registry: Registry,
    /// Roots and batches.
    pub(crate) rollup: Rollup,
    /// Where both are.
    pub(crate) deployment: Deployment,
}

impl ChainArgs {
    /// Connects with a wallet that pays and signs.
    pub(crate) async fn connect(&self, wallet: Wallet) -> Result<Chain, CliError> {
        let file = self.file()?;
        let l1 = self.url.connect(wallet).await?;
        file.check(&self.deployment, l1.chain_id())?;
        Chain::at(l1, file.contracts).await
    }

    /// Connects to read only, with a wallet that was made up for it.
    pub(crate) async fn read(&self) -> Result<Chain, CliError> {
        self.connect(throwaway()?).await
    }

    /// The deployment file.
    pub(crate) fn file(&self) -> Result<DeploymentFile, CliError> {
        files::read_json(&self.deployment, "deployment file", MAX_FILE)
    }
}

impl Chain {
    /// The contracts of a deployment.
    pub(crate) async fn at(l1: L1, deployment: Deployment) -> Result<Self, CliError> {
        let contracts = l1.at(deployment).await;
        let (registry, rollup) = contracts.map_err(CliError::chain("looking for the contracts"))?;
        Ok(Self { l1, registry, rollup, deployment })
    }
}

/// A wallet for questions, which cost nothing.
pub(crate) fn throwaway() -> Result<Wallet, CliError> {
    Wallet::generate().map_err(|e| CliError::failed("making a wallet for questions")(e.into()))
}

/// What `nectar l1 deploy` writes.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct DeploymentFile {
    /// Chain id (EIP-155).
    pub(crate) chain_id: u64,
    /// Where registry and rollup are.
    #[serde(flatten)]
    pub(crate) contracts: Deployment,
    /// Where the verifier of proofs of state is that networks begin with.
    pub(crate) verifier: Address,
    /// Where that of proofs of execution is; absent if attestations alone vouch for execution.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) execution_verifier: Option<Address>,
}

impl DeploymentFile {
    /// Writes it in place of an older one.
    pub(crate) fn write(&self, path: &std::path::Path) -> Result<(), CliError> {
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        files::replace(path, text.as_bytes(), Access::All)
    }

    fn check(&self, path: &std::path::Path, chain_id: u64) -> Result<(), CliError> {
        if self.chain_id == chain_id {
            return Ok(());
        }
        let why = format!(
            "it is of chain {}, the L1 node is on chain {chain_id}: give --l1 or --deployment",
            self.chain_id
        );
        Err(CliError::Format { path: path.to_owned(), what: "deployment on this chain", why })
    }
}
