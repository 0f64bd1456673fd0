//! `nectar l1`

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Subcommand;
use nectar_abi::{Digest, NetworkId};
use nectar_commitment::{Ledger, to_bytes};
use nectar_l1::{Address, DevChain, L1 as Connection, fund_insecure_accounts};
use nectar_prover::{setup_development, setup_from_ptau};
use nectar_verifier::{Setup, VerifierKey};
use serde_json::json;
use tokio::task::spawn_blocking;

use crate::chain::{ChainArgs, DeploymentFile, UrlArgs};
use crate::error::CliError;
use crate::files::{self, Access};
use crate::keys::KeyArgs;
use crate::output::{Report, say};
use crate::proving::VerifierKeyArgs;
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
    /// Write the verifier key of a setup, which the chain's verifier is deployed with
    #[command(after_help = "Examples:
  nectar l1 verifier-key --ptau ceremony --out network.nvky
  nectar l1 verifier-key --out development.nvky

Without --ptau it is the key of the INSECURE development setup, under which anybody can forge
proofs. It takes some seconds: the whole setup is made.")]
    VerifierKey {
        /// Folder of Powers-of-Tau files (ppot_pruned_NN.ptau or ppot_0080_NN.ptau, NN at least 20)
        #[arg(long, value_name = "DIR")]
        ptau: Option<PathBuf>,
        /// Where to write the key
        #[arg(long, short, value_name = "FILE")]
        out: PathBuf,
    },
    /// Deploy the registry, the rollup and a verifier; the wallet becomes the admin
    #[command(after_help = "Examples:
  nectar l1 deploy --key admin.key --out nectar-l1.json
  nectar l1 deploy --key admin.key --l1 https://node.example --verifier-key network.nvky")]
    Deploy {
        #[command(flatten)]
        url: UrlArgs,
        #[command(flatten)]
        key: KeyArgs,
        #[command(flatten)]
        verifier_key: VerifierKeyArgs,
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
  nectar l1 network --key admin.key --network 2 --verifier 0x9f..

Without --verifier it is the one that `nectar l1 deploy` deployed.")]
    Network {
        #[command(flatten)]
        chain: ChainArgs,
        #[command(flatten)]
        key: KeyArgs,
        /// Number of the network
        #[arg(long, value_name = "NUMBER", default_value_t = NetworkId::CONTRACTS.0)]
        network: u64,
        /// Contract that checks its batches' proofs
        #[arg(long, value_name = "ADDRESS")]
        verifier: Option<Address>,
    },
    /// Deploy another verifier and let it check a network's next batches, as the admin
    #[command(after_help = "Example:
  nectar l1 verifier --key admin.key --verifier-key network.nvky

The network's nodes must then prove under that key: see prover.setup in their configuration.")]
    Verifier {
        #[command(flatten)]
        chain: ChainArgs,
        #[command(flatten)]
        key: KeyArgs,
        #[command(flatten)]
        verifier_key: VerifierKeyArgs,
        /// Number of the network
        #[arg(long, value_name = "NUMBER", default_value_t = NetworkId::CONTRACTS.0)]
        network: u64,
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
            Self::VerifierKey { ptau, out } => write_verifier_key(ptau, out).await,
            Self::Deploy { url, key, verifier_key, out } => deploy(&url, &key, &verifier_key, out).await,
            Self::Appoint { chain, key, authorizer, auditor } => {
                appoint(&chain, &key, authorizer, auditor).await
            }
            Self::Network { chain, key, network, verifier } => {
                begin(&chain, &key, NetworkId(network), verifier).await
            }
            Self::Verifier { chain, key, verifier_key, network } => {
                replace_verifier(&chain, &key, &verifier_key, NetworkId(network)).await
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

async fn write_verifier_key(ptau: Option<PathBuf>, out: PathBuf) -> Result<Report, CliError> {
    const DOING: &str = "making the setup";
    let made = spawn_blocking(move || ptau.as_deref().map_or_else(setup_development, setup_from_ptau)).await;
    let made = made.map_err(|e| CliError::failed(DOING)(e.into()))?;
    let (_, key) = made.map_err(|e| CliError::failed(DOING)(e.into()))?;
    let bytes = key.encode();
    files::replace(&out, &bytes, Access::All)?;
    let digest = Digest::new(key.digest());
    let secure = key.setup_kind() != Setup::Development;
    let table = Table::pairs([
        ("digest", digest.to_string()),
        ("setup", key.setup_kind().to_string()),
        ("slots in a chunk", key.slots().to_string()),
        ("bytes", bytes.len().to_string()),
        ("written to", out.display().to_string()),
    ]);
    let object = json!({ "digest": digest, "secure": secure, "slots": key.slots(), "bytes": bytes.len() });
    Ok(Report::new(object, table.to_string()))
}

async fn deploy(
    url: &UrlArgs,
    key: &KeyArgs,
    verifier_key: &VerifierKeyArgs,
    out: PathBuf,
) -> Result<Report, CliError> {
    let l1 = url.connect(key.wallet()?).await?;
    let verifier_key = verifier_key.load(l1.chain_id())?;
    let deployed = l1.deploy().await;
    let contracts = deployed.map_err(CliError::chain("deploying the contracts"))?;
    let verifier = deploy_verifier(&l1, &verifier_key).await?;
    let file = DeploymentFile { chain_id: l1.chain_id(), contracts, verifier };
    file.write(&out)?;
    let table = Table::pairs([
        ("chain", file.chain_id.to_string()),
        ("registry", contracts.registry.to_string()),
        ("rollup", contracts.rollup.to_string()),
        ("verifier", verifier.to_string()),
        ("verifier key", Digest::new(verifier_key.digest()).to_string()),
        ("setup", verifier_key.setup_kind().to_string()),
        ("admin", l1.address().to_string()),
        ("written to", out.display().to_string()),
    ]);
    Ok(Report::new(file, table.to_string()))
}

async fn deploy_verifier(l1: &Connection, key: &VerifierKey) -> Result<Address, CliError> {
    l1.deploy_verifier(&key.encode()).await.map_err(CliError::chain("deploying the verifier"))
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
    verifier: Option<Address>,
) -> Result<Report, CliError> {
    let verifier = verifier.map_or_else(|| chain.file().map(|file| file.verifier), Ok)?;
    let chain = chain.connect(key.wallet()?).await?;
    let root = to_bytes(&Ledger::default().root());
    let done = chain.rollup.create_network(network, root, verifier, None).await;
    let done = done.map_err(CliError::chain("beginning the network"))?;
    let (root, tx) = (Digest::new(root), done.tx.to_string());
    let table = Table::pairs([
        ("network", network.0.to_string()),
        ("genesis root", root.to_string()),
        ("verifier", verifier.to_string()),
        ("transaction", tx.clone()),
    ]);
    let object = json!({ "network": network, "genesis_root": root, "verifier": verifier, "tx": tx });
    Ok(Report::new(object, table.to_string()))
}

async fn replace_verifier(
    chain: &ChainArgs,
    key: &KeyArgs,
    verifier_key: &VerifierKeyArgs,
    network: NetworkId,
) -> Result<Report, CliError> {
    let chain = chain.connect(key.wallet()?).await?;
    let verifier_key = verifier_key.load(chain.l1.chain_id())?;
    let verifier = deploy_verifier(&chain.l1, &verifier_key).await?;
    // Proofs of execution stay as they are.
    let head =
        chain.rollup.head(network).await.map_err(CliError::chain("asking for the network's verifiers"))?;
    let execution = head.and_then(|head| head.execution_verifier);
    let done = chain.rollup.set_verifiers(network, verifier, execution).await;
    let done = done.map_err(CliError::chain("replacing the network's verifier"))?;
    let (digest, tx) = (Digest::new(verifier_key.digest()), done.tx.to_string());
    let table = Table::pairs([
        ("network", network.0.to_string()),
        ("verifier", verifier.to_string()),
        ("verifier key", digest.to_string()),
        ("setup", verifier_key.setup_kind().to_string()),
        ("transaction", tx.clone()),
    ]);
    let object = json!({ "network": network, "verifier": verifier, "verifier_key": digest, "tx": tx });
    Ok(Report::new(object, table.to_string()))
}

async fn status(chain: &ChainArgs, network: NetworkId) -> Result<Report, CliError> {
    const DOING: &str = "asking the chain";
    let failed = CliError::chain;
    let contracts = chain.read().await?;
    let block = contracts.l1.block_number().await.map_err(failed(DOING))?;
    let head = contracts.rollup.head(network).await.map_err(failed(DOING))?;
    let active = contracts.registry.active_dsps().await.map_err(failed(DOING))?;
    let quorum = contracts.rollup.quorum().await.map_err(failed(DOING))?;
    let mut rows = vec![
        ("chain", contracts.l1.chain_id().to_string()),
        ("block", block.to_string()),
        ("registry", contracts.registry.address().to_string()),
        ("rollup", contracts.rollup.address().to_string()),
        ("active DSPs", active.len().to_string()),
        ("quorum", quorum.to_string()),
    ];
    let mut tip = None;
    if let Some(head) = head {
        let verifier = contracts.l1.verifier(head.state_verifier);
        let key = Digest::new(verifier.key_digest().await.map_err(failed(DOING))?);
        let secure = verifier.setup_is_secure().await.map_err(failed(DOING))?;
        let root = Digest::new(head.root);
        rows.extend([
            ("last batch", head.number.to_string()),
            ("root", root.to_string()),
            ("verifier", head.state_verifier.to_string()),
            ("verifier key", key.to_string()),
            ("setup", if secure { "powers of tau" } else { "development (insecure)" }.to_owned()),
            (
                "execution",
                head.execution_verifier.map_or("attested".to_owned(), |v| format!("proven to {v}")),
            ),
        ]);
        tip = Some(json!({
            "batch": head.number,
            "root": root,
            "verifier": head.state_verifier,
            "execution_verifier": head.execution_verifier,
            "verifier_key": key,
            "secure": secure,
            "block_hash": Digest::new(head.block_hash),
        }));
    } else {
        let why = format!("network {} has not begun: see `nectar l1 network --help`", network.0);
        rows.push(("last batch", why));
    }
    let object = json!({
        "chain_id": contracts.l1.chain_id(),
        "block": block,
        "registry": contracts.registry.address(),
        "rollup": contracts.rollup.address(),
        "active_dsps": active,
        "quorum": quorum,
        "network": network,
        "head": tip,
    });
    Ok(Report::new(object, Table::pairs(rows).to_string()))
}
