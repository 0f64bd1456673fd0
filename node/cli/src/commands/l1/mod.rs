//! `nectar l1`

mod key;
mod status;
mod verifiers;

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Subcommand;
use nectar_abi::NetworkId;
use nectar_l1::{Address, DevChain, fund_insecure_accounts};
use serde_json::json;

use key::{ProofKind, write_verifier_key};
use status::status;
use verifiers::{ExecutionArgs, Verifiers, begin, deploy, replace_verifiers};

use crate::chain::{ChainArgs, UrlArgs};
use crate::error::CliError;
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
    crate::commands::until_interrupted().await;
    chain.shutdown().await;
    Ok(Report::new(json!({ "stopped": true }), ""))
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
