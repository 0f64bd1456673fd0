//! `nectar l1 deploy`, `network`, `verifier`: contracts and networks, with the verifiers that check their proofs.

use std::path::PathBuf;

use nectar_abi::{Digest, NetworkId};
use nectar_commitment::{Ledger, to_bytes};
use nectar_l1::{Address, L1 as Connection};
use nectar_verifier::{Kind, VerifierKey};
use serde_json::json;

use crate::chain::{Chain, ChainArgs, DeploymentFile};
use crate::error::CliError;
use crate::output::Report;
use crate::proving::{VerifierKeyArgs, VerifierKeys};
use crate::table::Table;

/// Whether L1 checks execution.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct ExecutionArgs {
    /// Settle without proofs of execution: a quorum's attestations alone vouch for it
    #[arg(long)]
    no_execution: bool,
}

/// Verifiers on a chain.
#[derive(Debug, Clone, Copy)]
pub(super) struct Verifiers {
    state: Address,
    execution: Option<Address>,
}

impl Verifiers {
    /// Those that are given or, where none is, that were deployed with the contracts.
    pub(super) fn chosen(
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
pub(super) const ATTESTED: &str = "none: execution is attested";

fn keys(args: &VerifierKeyArgs, execution: ExecutionArgs, chain_id: u64) -> Result<VerifierKeys, CliError> {
    let state = args.load(Kind::State, chain_id)?;
    let execution = match execution.no_execution {
        true => None,
        false => Some(args.load(Kind::Execution, chain_id)?),
    };
    Ok(VerifierKeys { state, execution })
}

pub(super) async fn deploy(
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

pub(super) async fn begin(
    chain: &Chain,
    network: NetworkId,
    verifiers: Verifiers,
) -> Result<Report, CliError> {
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

pub(super) async fn replace_verifiers(
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
