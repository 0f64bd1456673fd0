//! `nectar proof`

use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Subcommand;
use nectar_circuit::Statement;
use nectar_node::api::{BatchView, StatementView};
use nectar_verifier::{Proof as Decoded, Setup, verify};
use serde_json::json;

use crate::error::CliError;
use crate::files;
use crate::output::Report;
use crate::proving::VerifierKeyArgs;
use crate::table::Table;
use crate::time::show_ms;

/// Longest proof and statement that are read, in bytes.
const MAX_PROOF: usize = 1024 * 1024;
const MAX_STATEMENT: usize = 64 * 1024;

#[derive(Debug, Subcommand)]
pub(crate) enum Proof {
    /// Show what a proof is of, its size and its parts; nothing is verified
    #[command(after_help = "Example:
  nectar proof inspect nectar-data/batches/1.execution.proof")]
    Inspect {
        /// A proof file
        #[arg(value_name = "FILE")]
        proof: PathBuf,
    },
    /// Verify a proof file against a statement; neither a node nor a chain is asked
    #[command(after_help = "Examples:
  nectar batch status 1 --json > 1.json
  nectar proof verify --statement 1.json 1.proof
  nectar proof verify --statement 1.json 1.execution.proof")]
    Verify {
        /// What the proof shall show: what `nectar batch status --json` prints, or its member `statement`
        #[arg(long, value_name = "FILE")]
        statement: PathBuf,
        #[command(flatten)]
        verifier_key: VerifierKeyArgs,
        /// A proof file
        #[arg(value_name = "FILE")]
        proof: PathBuf,
    },
}

impl Proof {
    pub(crate) fn run(self) -> Result<Report, CliError> {
        match self {
            Self::Inspect { proof } => inspect(&proof),
            Self::Verify { statement, verifier_key, proof } => check(&statement, &verifier_key, &proof),
        }
    }
}

fn read(path: &Path) -> Result<(Decoded, usize), CliError> {
    const WHAT: &str = "proof";
    let bytes = files::read(path, WHAT, MAX_PROOF)?;
    let no_proof = |why: String| CliError::Format { path: path.to_owned(), what: WHAT, why };
    let proof = Decoded::decode(&bytes).map_err(|e| no_proof(e.to_string()))?;
    Ok((proof, bytes.len()))
}

fn inspect(path: &Path) -> Result<Report, CliError> {
    let (proof, bytes) = read(path)?;
    let (kind, chunks) = (proof.kind().to_string(), proof.chunks());
    let phases = if proof.second.is_some() { 2 } else { 1 };
    let table = Table::pairs([
        ("proof of", kind.clone()),
        ("chunks", chunks.to_string()),
        ("boundaries", proof.boundaries.len().to_string()),
        ("cross terms", proof.cross_terms.len().to_string()),
        ("phases", phases.to_string()),
        ("bytes", bytes.to_string()),
    ]);
    let object = json!({
        "kind": kind,
        "chunks": chunks,
        "boundaries": proof.boundaries.len(),
        "cross_terms": proof.cross_terms.len(),
        "phases": phases,
        "bytes": bytes,
    });
    Ok(Report::new(object, table.to_string()))
}

fn check(statement: &Path, keys: &VerifierKeyArgs, path: &Path) -> Result<Report, CliError> {
    let view = statement_view(statement)?;
    let (proof, _) = read(path)?;
    let key = keys.load(proof.kind(), view.chain_id)?;
    let begun = Instant::now();
    let verdict = verify(&key, &Statement::from(&view), &proof);
    verdict.map_err(|e| CliError::DoesNotHold(format!("the proof of {}: {e}", proof.kind())))?;
    let ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    let (kind, secure) = (proof.kind().to_string(), key.setup_kind() != Setup::Development);
    let text = format!(
        "it holds: a proof of {kind} of batch {} of network {}, {} chunks, under the {} setup; verified in {}",
        view.batch,
        view.network.0,
        proof.chunks(),
        key.setup_kind(),
        show_ms(ms)
    );
    let object =
        json!({ "holds": true, "kind": kind, "batch": view.batch, "secure": secure, "verify_ms": ms });
    Ok(Report::new(object, text))
}

fn statement_view(path: &Path) -> Result<StatementView, CliError> {
    const WHAT: &str = "statement";
    let batch: Result<BatchView, _> = files::read_json(path, WHAT, MAX_STATEMENT);
    match batch {
        Ok(view) => Ok(view.statement),
        Err(_) => files::read_json(path, WHAT, MAX_STATEMENT),
    }
}
