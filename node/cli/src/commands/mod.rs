//! One file per group of commands.

mod audit;
mod batch;
mod bench;
mod call;
mod check;
mod code;
mod contract;
mod demo;
mod dsp;
mod grant;
mod key;
mod l1;
mod node;
mod proof;
mod prove;
mod receipt;

use clap::{Parser, Subcommand};

pub(crate) use batch::wait as wait_for_batch;
pub(crate) use node::until_interrupted;

use crate::error::{CliError, EXIT_CODES};
use crate::output::Report;

/// Private contracts over health records: capability-gated, encrypted, proven, settled on Ethereum.
#[derive(Debug, Parser)]
#[command(
    name = "nectar",
    version,
    max_term_width = 100,
    after_help = EXIT_CODES,
    disable_help_subcommand = true,
    arg_required_else_help = true
)]
pub(crate) struct Cli {
    /// Print one JSON value on standard output instead of text
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the main job once, end to end, on embedded parts
    Demo(demo::Demo),
    /// Make and show key files
    #[command(subcommand)]
    Key(key::Key),
    /// Run a development chain; deploy and look at the contracts on Ethereum
    #[command(subcommand)]
    L1(l1::L1),
    /// Admit a Data Service Provider (DSP): application, authorisation, audit, agreement
    #[command(subcommand)]
    Dsp(dsp::Dsp),
    /// Configure and run a node
    #[command(subcommand)]
    Node(node::Node),
    /// Check a contract module before it is uploaded: whether it is taken, what its calls cost to prove
    Check(check::Check),
    /// Upload contract modules
    #[command(subcommand)]
    Code(code::Code),
    /// Make contracts from modules
    #[command(subcommand)]
    Contract(contract::Contract),
    /// Issue, delegate, register, revoke and list grants
    #[command(subcommand)]
    Grant(grant::Grant),
    /// Call a method of a contract with a token
    Call(call::Call),
    /// Prove and settle receipts, and check what was settled
    #[command(subcommand)]
    Batch(batch::Batch),
    /// Make the proofs of a node's next batch while the node does not run
    Prove(prove::Prove),
    /// Look into proof files, and verify them
    #[command(subcommand)]
    Proof(proof::Proof),
    /// Follow one receipt from its grant to its L1 block
    #[command(subcommand)]
    Receipt(receipt::Receipt),
    /// See grants with their uses, and the audit log
    #[command(subcommand)]
    Audit(audit::Audit),
    /// Measure what proving and settling cost
    #[command(subcommand)]
    Bench(bench::Bench),
}

impl Cli {
    /// Runs the command and prints what it found.
    pub(crate) async fn run(self) -> Result<(), CliError> {
        let json = self.json;
        let report = match self.command {
            Command::Demo(args) => return args.run(json).await,
            Command::Key(args) => args.run(),
            Command::L1(args) => args.run(json).await,
            Command::Dsp(args) => args.run().await,
            Command::Node(args) => args.run(json).await,
            Command::Check(args) => return args.run(json),
            Command::Code(args) => args.run().await,
            Command::Contract(args) => args.run().await,
            Command::Grant(args) => args.run().await,
            Command::Call(args) => args.run().await,
            Command::Batch(args) => args.run(json).await,
            Command::Prove(args) => args.run(json).await,
            Command::Proof(args) => args.run(),
            Command::Receipt(args) => args.run(json).await,
            Command::Audit(args) => args.run().await,
            Command::Bench(args) => args.run().await,
        }?;
        print(&report, json)
    }
}

/// Prints a report.
fn print(report: &Report, json: bool) -> Result<(), CliError> {
    let path = "standard output".into();
    report.print(json).map_err(|source| CliError::Write { path, source })
}

/// Reads text from an argument, or from a file if it begins with `@`.
fn text_or_file(argument: &str, what: &'static str, limit: usize) -> Result<Vec<u8>, CliError> {
    match argument.strip_prefix('@') {
        Some(path) => crate::files::read(path.as_ref(), what, limit),
        None if argument.len() > limit => {
            let why = format!("{} bytes; at most {limit}", argument.len());
            Err(CliError::Argument { what, why })
        }
        None => Ok(argument.as_bytes().to_vec()),
    }
}

/// Reads a JSON object from an argument or a file, and writes it without white space.
fn json_message(argument: &str) -> Result<Vec<u8>, CliError> {
    const WHAT: &str = "message";
    let bytes = text_or_file(argument, WHAT, 8 * nectar_abi::limits::MAX_MESSAGE_BYTES)?;
    let text =
        std::str::from_utf8(&bytes).map_err(|e| CliError::Argument { what: WHAT, why: e.to_string() })?;
    let compact = crate::fhir::minified(text);
    match serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(&compact) {
        Ok(_) => Ok(compact.into_bytes()),
        Err(e) => Err(CliError::Argument { what: WHAT, why: format!("it is no JSON object: {e}") }),
    }
}
