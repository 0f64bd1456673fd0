//! `nectar l1`

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Subcommand;
use nectar_abi::{Digest, NetworkId};
use nectar_commitment::{Ledger, to_bytes};
use nectar_l1::{Address, DevChain, fund_insecure_accounts};
use serde_json::json;

use crate::chain::{ChainArgs, DeploymentFile, UrlArgs};
use crate::error::CliError;
use crate::keys::KeyArgs;
use crate::output::{Report, say};
use crate::proving::development_verifier_digest;
use crate::table::Table;

#[derive(Debug, Subcommand)]
pub(crate) enum L1 {
    /// Run a development chain on loopback, in memory, until interrupted
    #[command(after_help = "Example:
  nectar l1 dev --listen 127.0.0.1:8545

Insecure accounts have funds on it: see `nectar key new --help`.")]
    Dev {
        /// Loopback address to listen on
        #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8545")]
        listen: SocketAddr,
    },
    /// Give the insecure development accounts funds, on a development chain such as anvil
    #[command(after_help = "Example:
  nectar l1 fund --l1 http://127.0.0.1:8545")]
    Fund {
        #[command(flatten)]
        url: UrlArgs,
    },
    /// Deploy the registry and the rollup; the wallet becomes their admin
    #[command(after_help = "Example:
  nectar l1 deploy --key admin.key --out nectar-l1.json")]
    Deploy {
        #[command(flatten)]
        url: UrlArgs,
        #[command(flatten)]
        key: KeyArgs,
        /// File for the addresses, which other commands read
        #[arg(long, short, value_name = "FILE", default_value = "nectar-l1.json")]
        out: PathBuf,
    },
    /// Appoint an Authorizer and an Auditor, as the admin
    #[command(after_help = "Example:
  nectar l1 appoint --key admin.key --authorizer 0x66.. --auditor 0x5e..")]
    Appoint {
        #[command(flatten)]
        chain: ChainArgs,
        #[command(flatten)]
        key: KeyArgs,
        /// Address that may authorise DSPs
        #[arg(long, value_name = "ADDRESS")]
        authorizer: Option<Address>,
        /// Address that may record audits; not the same one
        #[arg(long, value_name = "ADDRESS")]
        auditor: Option<Address>,
    },
    /// Begin a network at the empty root, as the admin
    #[command(after_help = "Examples:
  nectar l1 network --key admin.key
  nectar l1 network --key admin.key --verifier-key 3f5c..

Without --verifier-key it is that of the insecure development setup.")]
    Network {
        #[command(flatten)]
        chain: ChainArgs,
        #[command(flatten)]
        key: KeyArgs,
        /// Number of the network
        #[arg(long, value_name = "NUMBER", default_value_t = NetworkId::CONTRACTS.0)]
        network: u64,
        /// Digest of the verifier key that its batches are proven under
        #[arg(long, value_name = "HEX")]
        verifier_key: Option<Digest>,
    },
    /// Show the chain, the contracts, and the tip of a network
    #[command(after_help = "Example:
  nectar l1 status --json")]
    Status {
        #[command(flatten)]
        chain: ChainArgs,
        /// Number of the network
        #[arg(long, value_name = "NUMBER", default_value_t = NetworkId::CONTRACTS.0)]
        network: u64,
    },
}

impl L1 {
    pub(crate) async fn run(self, json: bool) -> Result<Report, CliError> {
        match self {
            Self::Dev { listen } => dev(listen, json).await,
            Self::Fund { url } => {
                fund_insecure_accounts(&url.l1).await.map_err(CliError::chain("giving accounts funds"))?;
                Ok(Report::new(json!({ "funded": true }), "the insecure development accounts have funds"))
            }
            Self::Deploy { url, key, out } => deploy(&url, &key, out).await,
            Self::Appoint { chain, key, authorizer, auditor } => {
                appoint(&chain, &key, authorizer, auditor).await
            }
            Self::Network { chain, key, network, verifier_key } => {
                begin(&chain, &key, NetworkId(network), verifier_key).await
            }
            Self::Status { chain, network } => status(&chain, NetworkId(network)).await,
        }
    }
}

async fn dev(listen: SocketAddr, json: bool) -> Result<Report, CliError> {
    let started = DevChain::start(listen).await;
    let chain = started.map_err(|e| CliError::failed("starting the development chain")(e.into()))?;
    let line = format!(
        "development chain {} at {}, in memory, with INSECURE accounts; Ctrl-C ends it",
        chain.chain_id(),
        chain.url()
    );
    say(json, &line);
    super::node::until_interrupted().await;
    chain.shutdown().await;
    Ok(Report::new(json!({ "stopped": true }), ""))
}

async fn deploy(url: &UrlArgs, key: &KeyArgs, out: PathBuf) -> Result<Report, CliError> {
    let l1 = url.connect(key.wallet()?).await?;
    let contracts = l1.deploy().await.map_err(CliError::chain("deploying the contracts"))?;
    let file = DeploymentFile { chain_id: l1.chain_id(), contracts };
    file.write(&out)?;
    let table = Table::pairs([
        ("chain", file.chain_id.to_string()),
        ("registry", contracts.registry.to_string()),
        ("rollup", contracts.rollup.to_string()),
        ("admin", l1.address().to_string()),
        ("written to", out.display().to_string()),
    ]);
    Ok(Report::new(file, table.to_string()))
}

async fn appoint(
    chain: &ChainArgs,
    key: &KeyArgs,
    authorizer: Option<Address>,
    auditor: Option<Address>,
) -> Result<Report, CliError> {
    if authorizer.is_none() && auditor.is_none() {
        let why = "give --authorizer, --auditor or both".to_owned();
        return Err(CliError::Argument { what: "whom to appoint", why });
    }
    let chain = chain.connect(key.wallet()?).await?;
    let mut rows = Table::new(["role", "address", "transaction"]);
    if let Some(address) = authorizer {
        let done = chain.registry.grant_authorizer(address).await;
        let done = done.map_err(CliError::chain("appointing the Authorizer"))?;
        rows.row(["Authorizer".into(), address.to_string(), done.tx.to_string()]);
    }
    if let Some(address) = auditor {
        let done = chain.registry.grant_auditor(address).await;
        let done = done.map_err(CliError::chain("appointing the Auditor"))?;
        rows.row(["Auditor".into(), address.to_string(), done.tx.to_string()]);
    }
    Ok(Report::new(json!({ "authorizer": authorizer, "auditor": auditor }), rows.to_string()))
}

async fn begin(
    chain: &ChainArgs,
    key: &KeyArgs,
    network: NetworkId,
    verifier_key: Option<Digest>,
) -> Result<Report, CliError> {
    let chain = chain.connect(key.wallet()?).await?;
    let verifier_key = match verifier_key {
        Some(digest) => digest,
        None => development_verifier_digest().await?,
    };
    let root = to_bytes(&Ledger::default().root());
    let done = chain.rollup.create_network(network, root, *verifier_key.as_bytes()).await;
    let done = done.map_err(CliError::chain("beginning the network"))?;
    let (root, tx) = (Digest::new(root), done.tx.to_string());
    let table = Table::pairs([
        ("network", network.0.to_string()),
        ("genesis root", root.to_string()),
        ("verifier key", verifier_key.to_string()),
        ("transaction", tx.clone()),
    ]);
    let object = json!({ "network": network, "genesis_root": root, "verifier_key": verifier_key, "tx": tx });
    Ok(Report::new(object, table.to_string()))
}

async fn status(chain: &ChainArgs, network: NetworkId) -> Result<Report, CliError> {
    const DOING: &str = "asking the chain";
    let contracts = chain.read().await?;
    let block = contracts.l1.block_number().await.map_err(CliError::chain(DOING))?;
    let head = contracts.rollup.head(network).await.map_err(CliError::chain(DOING))?;
    let active = contracts.registry.active_dsps().await.map_err(CliError::chain(DOING))?;
    let quorum = contracts.rollup.quorum().await.map_err(CliError::chain(DOING))?;
    let hex = |bytes: [u8; 32]| Digest::new(bytes).to_string();
    let none = || format!("network {} has not begun: see `nectar l1 network --help`", network.0);
    let table = Table::pairs([
        ("chain", contracts.l1.chain_id().to_string()),
        ("block", block.to_string()),
        ("registry", contracts.registry.address().to_string()),
        ("rollup", contracts.rollup.address().to_string()),
        ("active DSPs", active.len().to_string()),
        ("quorum", quorum.to_string()),
        ("last batch", head.map_or_else(none, |h| h.number.to_string())),
        ("attested root", head.map_or_else(|| "-".into(), |h| hex(h.attested_root))),
        ("verifier key", head.map_or_else(|| "-".into(), |h| hex(h.verifier_key))),
    ]);
    let object = json!({
        "chain_id": contracts.l1.chain_id(),
        "block": block,
        "registry": contracts.registry.address(),
        "rollup": contracts.rollup.address(),
        "active_dsps": active,
        "quorum": quorum,
        "network": network,
        "head": head.map(|h| json!({
            "batch": h.number,
            "attested_root": Digest::new(h.attested_root),
            "verifier_key": Digest::new(h.verifier_key),
            "block_hash": Digest::new(h.block_hash),
        })),
    });
    Ok(Report::new(object, table.to_string()))
}
