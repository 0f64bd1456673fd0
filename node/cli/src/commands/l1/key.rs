//! `nectar l1 verifier-key`

use std::path::{Path, PathBuf};

use nectar_abi::Digest;
use nectar_circuit::execution::ExecutionCircuit;
use nectar_circuit::{Circuit, Uniform};
use nectar_prover::{ProverKey, SetupError};
use nectar_verifier::{Setup, VerifierKey};
use serde_json::json;
use tokio::task::spawn_blocking;

use crate::error::CliError;
use crate::files::{self, Access};
use crate::output::Report;
use crate::table::Table;

/// What proofs are of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum ProofKind {
    // Operations on state.
    State,
    // Runs of contracts' programs.
    Execution,
}

pub(super) async fn write_verifier_key(
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
