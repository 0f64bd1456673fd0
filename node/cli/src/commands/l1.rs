//! `nectar l1`

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::Subcommand;
use nectar_abi::{Digest, NetworkId};
use nectar_circuit::execution::ExecutionCircuit;
use nectar_circuit::{Circuit, Uniform};
use nectar_commitment::{Ledger, to_bytes};
use nectar_l1::{Address, DevChain, L1 as Connection, fund_insecure_accounts};
use nectar_prover::{ProverKey, SetupError};
use nectar_verifier::{Kind, Setup, VerifierKey};
use serde_json::json;
use tokio::task::spawn_blocking;

use crate::chain::{Chain, ChainArgs, DeploymentFile, UrlArgs};
use crate::error::CliError;
use crate::files::{self, Access};
use crate::keys::KeyArgs;
use crate::output::{Report, say};
use crate::proving::{VerifierKeyArgs, VerifierKeys};
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
  nectar l1 verifier-key --kind execution --ptau ceremony --out network-execution.nvky
  nectar l1 verifier-key --out development.nvky

Without --ptau it is the key of the INSECURE development setup, under which anybody can forge
proofs. It takes some seconds: the whole setup is made.")]
    VerifierKey {
        /// Folder of Powers-of-Tau files (ppot_pruned_NN.ptau or ppot_0080_NN.ptau, NN at least 20)
        #[arg(long, value_name = "DIR")]
        ptau: Option<PathBuf>,
        /// What its proofs are of
        #[arg(long, value_enum, default_value_t = ProofKind::State)]
        kind: ProofKind,
        /// Where to write the key
        #[arg(long, short, value_name = "FILE")]
        out: PathBuf,
    },
    /// Deploy the registry, the rollup and the verifiers; the wallet becomes the admin
    #[command(after_help = "Examples:
  nectar l1 deploy --key admin.key --out nectar-l1.json
  nectar l1 deploy --key admin.key --l1 https://node.example --verifier-key network.nvky \\
    --execution-verifier-key network-execution.nvky")]
    Deploy {
        #[command(flatten)]
        url: UrlArgs,
        #[command(flatten)]
        key: KeyArgs,
        #[command(flatten)]
        verifier_key: VerifierKeyArgs,
        #[command(flatten)]
        execution: ExecutionArgs,
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

Without --verifier and --execution-verifier they are those that `nectar l1 deploy` deployed.")]
    Network {
        #[command(flatten)]
        chain: ChainArgs,
        #[command(flatten)]
        key: KeyArgs,
        /// Number of the network
        #[arg(long, value_name = "NUMBER", default_value_t = NetworkId::CONTRACTS.0)]
        network: u64,
        /// Contract that checks its batches' proofs of state
        #[arg(long, value_name = "ADDRESS")]
        verifier: Option<Address>,
        /// Contract that checks its batches' proofs of execution
        #[arg(long, value_name = "ADDRESS", conflicts_with = "no_execution")]
        execution_verifier: Option<Address>,
        #[command(flatten)]
        execution: ExecutionArgs,
    },
    /// Deploy other verifiers and let them check a network's next batches, as the admin
    #[command(after_help = "Example:
  nectar l1 verifier --key admin.key --verifier-key network.nvky

The network's nodes must then prove under these keys: see prover.setup in their configuration,
and start them anew.")]
    Verifier {
        #[command(flatten)]
        chain: ChainArgs,
        #[command(flatten)]
        key: KeyArgs,
        #[command(flatten)]
        verifier_key: VerifierKeyArgs,
        #[command(flatten)]
        execution: ExecutionArgs,
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
            Self::VerifierKey { ptau, kind, out } => write_verifier_key(ptau, kind, out).await,
            Self::Deploy { url, key, verifier_key, execution, out } => {
                let l1 = url.connect(key.wallet()?).await?;
                deploy(&l1, &verifier_key, execution, out).await
            }
            Self::Appoint { chain, key, authorizer, auditor } => {
                appoint(&chain, &key, authorizer, auditor).await
            }
            Self::Network { chain, key, network, verifier, execution_verifier, execution } => {
                let verifiers = Verifiers::chosen(&chain, verifier, execution_verifier, execution)?;
                let chain = chain.connect(key.wallet()?).await?;
                begin(&chain, NetworkId(network), verifiers).await
            }
            Self::Verifier { chain, key, verifier_key, execution, network } => {
                let chain = chain.connect(key.wallet()?).await?;
                replace_verifiers(&chain, &verifier_key, execution, NetworkId(network)).await
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

/// What proofs are of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum ProofKind {
    /// Operations on state
    State,
    /// Runs of contracts' programs
    Execution,
}

/// Whether L1 checks execution.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct ExecutionArgs {
    /// Settle without proofs of execution: a quorum's attestations alone vouch for it
    #[arg(long)]
    no_execution: bool,
}

async fn write_verifier_key(
    ptau: Option<PathBuf>,
    kind: ProofKind,
    out: PathBuf,
) -> Result<Report, CliError> {
    const DOING: &str = "making the setup";
    let made = spawn_blocking(move || make_key(ptau.as_deref(), kind)).await;
    let made = made.map_err(|e| CliError::failed(DOING)(e.into()))?;
    let key = made.map_err(|e| CliError::failed(DOING)(e.into()))?;
    let bytes = key.encode();
    files::replace(&out, &bytes, Access::All)?;
    let digest = Digest::new(key.digest());
    let secure = key.setup_kind() != Setup::Development;
    let table = Table::pairs([
        ("digest", digest.to_string()),
        ("for proofs of", key.kind().to_string()),
        ("setup", key.setup_kind().to_string()),
        ("slots in a chunk", key.slots().to_string()),
        ("bytes", bytes.len().to_string()),
        ("written to", out.display().to_string()),
    ]);
    let object = json!({
        "digest": digest,
        "kind": key.kind().to_string(),
        "secure": secure,
        "slots": key.slots(),
        "bytes": bytes.len(),
    });
    Ok(Report::new(object, table.to_string()))
}

fn make_key(ptau: Option<&Path>, kind: ProofKind) -> Result<VerifierKey, SetupError> {
    fn made<C: Uniform>(circuit: C, ptau: Option<&Path>) -> Result<VerifierKey, SetupError> {
        let key = match ptau {
            Some(dir) => ProverKey::from_ptau(circuit, dir),
            None => ProverKey::development(circuit),
        };
        Ok(key?.verifier().clone())
    }
    match kind {
        ProofKind::State => made(Circuit::default(), ptau),
        ProofKind::Execution => made(ExecutionCircuit::default(), ptau),
    }
}

/// Verifiers on a chain.
#[derive(Debug, Clone, Copy)]
struct Verifiers {
    state: Address,
    execution: Option<Address>,
}

impl Verifiers {
    /// Those that are given or, where none is, that were deployed with the contracts.
    fn chosen(
        chain: &ChainArgs,
        state: Option<Address>,
        execution: Option<Address>,
        args: ExecutionArgs,
    ) -> Result<Self, CliError> {
        if let Some(state) = state.filter(|_| execution.is_some() || args.no_execution) {
            return Ok(Self { state, execution });
        }
        let file = chain.file()?;
        let execution = match args.no_execution {
            true => None,
            false => execution.or(file.execution_verifier),
        };
        Ok(Self { state: state.unwrap_or(file.verifier), execution })
    }

    /// Deploys them for keys.
    async fn deploy(l1: &Connection, keys: &VerifierKeys) -> Result<Self, CliError> {
        let state = deploy_verifier(l1, &keys.state).await?;
        let execution = match &keys.execution {
            Some(key) => Some(deploy_verifier(l1, key).await?),
            None => None,
        };
        Ok(Self { state, execution })
    }

    fn rows(self) -> [(&'static str, String); 2] {
        let execution = self.execution.map_or_else(|| ATTESTED.to_owned(), |verifier| verifier.to_string());
        [("verifier", self.state.to_string()), ("execution verifier", execution)]
    }
}

/// What is said in place of a verifier of execution.
const ATTESTED: &str = "none: execution is attested";

fn keys(args: &VerifierKeyArgs, execution: ExecutionArgs, chain_id: u64) -> Result<VerifierKeys, CliError> {
    let state = args.load(Kind::State, chain_id)?;
    let execution = match execution.no_execution {
        true => None,
        false => Some(args.load(Kind::Execution, chain_id)?),
    };
    Ok(VerifierKeys { state, execution })
}

async fn deploy(
    l1: &Connection,
    verifier_key: &VerifierKeyArgs,
    execution: ExecutionArgs,
    out: PathBuf,
) -> Result<Report, CliError> {
    let keys = keys(verifier_key, execution, l1.chain_id())?;
    let deployed = l1.deploy().await;
    let contracts = deployed.map_err(CliError::chain("deploying the contracts"))?;
    let verifiers = Verifiers::deploy(l1, &keys).await?;
    let file = DeploymentFile {
        chain_id: l1.chain_id(),
        contracts,
        verifier: verifiers.state,
        execution_verifier: verifiers.execution,
    };
    file.write(&out)?;
    let mut rows = vec![
        ("chain", file.chain_id.to_string()),
        ("registry", contracts.registry.to_string()),
        ("rollup", contracts.rollup.to_string()),
    ];
    rows.extend(verifiers.rows());
    rows.extend([
        ("verifier key", Digest::new(keys.digest()).to_string()),
        ("setup", keys.state.setup_kind().to_string()),
        ("admin", l1.address().to_string()),
        ("written to", out.display().to_string()),
    ]);
    Ok(Report::new(file, Table::pairs(rows).to_string()))
}

async fn deploy_verifier(l1: &Connection, key: &VerifierKey) -> Result<Address, CliError> {
    l1.deploy_verifier(&key.encode()).await.map_err(CliError::chain("deploying a verifier"))
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

async fn begin(chain: &Chain, network: NetworkId, verifiers: Verifiers) -> Result<Report, CliError> {
    let root = to_bytes(&Ledger::default().root());
    let Verifiers { state, execution } = verifiers;
    let done = chain.rollup.create_network(network, root, state, execution).await;
    let done = done.map_err(CliError::chain("beginning the network"))?;
    let (root, tx) = (Digest::new(root), done.tx.to_string());
    let mut rows = vec![("network", network.0.to_string()), ("genesis root", root.to_string())];
    rows.extend(verifiers.rows());
    rows.push(("transaction", tx.clone()));
    let object = json!({
        "network": network,
        "genesis_root": root,
        "verifier": state,
        "execution_verifier": execution,
        "tx": tx,
    });
    Ok(Report::new(object, Table::pairs(rows).to_string()))
}

async fn replace_verifiers(
    chain: &Chain,
    verifier_key: &VerifierKeyArgs,
    execution: ExecutionArgs,
    network: NetworkId,
) -> Result<Report, CliError> {
    let keys = keys(verifier_key, execution, chain.l1.chain_id())?;
    let verifiers = Verifiers::deploy(&chain.l1, &keys).await?;
    let done = chain.rollup.set_verifiers(network, verifiers.state, verifiers.execution).await;
    let done = done.map_err(CliError::chain("replacing the network's verifiers"))?;
    let (digest, tx) = (Digest::new(keys.digest()), done.tx.to_string());
    let mut rows = vec![("network", network.0.to_string())];
    rows.extend(verifiers.rows());
    rows.extend([
        ("verifier key", digest.to_string()),
        ("setup", keys.state.setup_kind().to_string()),
        ("transaction", tx.clone()),
    ]);
    let object = json!({
        "network": network,
        "verifier": verifiers.state,
        "execution_verifier": verifiers.execution,
        "verifier_key": digest,
        "tx": tx,
    });
    Ok(Report::new(object, Table::pairs(rows).to_string()))
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
        let key = contracts.rollup.verifier_key(network).await.map_err(failed(DOING))?;
        let key = Digest::new(key);
        let mut secure = true;
        for verifier in std::iter::once(head.state_verifier).chain(head.execution_verifier) {
            let verifier = contracts.l1.verifier(verifier);
            secure &= verifier.setup_is_secure().await.map_err(failed(DOING))?;
        }
        let root = Digest::new(head.root);
        rows.extend([
            ("last batch", head.number.to_string()),
            ("root", root.to_string()),
            ("verifier", head.state_verifier.to_string()),
            ("verifier key", key.to_string()),
            ("setup", if secure { "powers of tau" } else { "development (insecure)" }.to_owned()),
            (
                "execution verifier",
                head.execution_verifier.map_or_else(|| ATTESTED.to_owned(), |verifier| verifier.to_string()),
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
