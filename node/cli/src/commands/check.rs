//! `nectar check`

use std::path::PathBuf;

use clap::Args;
use nectar_abi::CallerGrant;
use nectar_abi::limits::{MAX_MESSAGE_BYTES, MAX_WASM_BYTES};

use super::{json_message, print, text_or_file};
use crate::check::{EntryPoint, Planned, World, check};
use crate::error::CliError;
use crate::files;
use crate::output::Report;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  nectar check consent.wasm
  nectar check --provable --profile consent.wasm --instantiate '{}' \\
    --execute '{\"enrol\":{\"holder\":\"77aa..\",\"role\":\"insurer\"}}'

Everything runs here, on a store in memory that begins empty: nothing is uploaded. Calls run in this
order: instantiate, every execute, every query. What a failed call did is taken back, and the next
one runs. The caller owns the contract and has a grant of everything, unless --caller says otherwise.

Exit status: 1 if a call reaches an instruction that no proof covers; 4 if one fails otherwise; 5 if
a node would not take the module, or no proof could be about it.")]
pub(crate) struct Check {
    /// The module
    #[arg(value_name = "WASM")]
    wasm: PathBuf,
    /// Lower the module to the program that proofs are about
    #[arg(long)]
    provable: bool,
    /// Show which functions the rows of each call are in
    #[arg(long, requires = "provable")]
    profile: bool,
    /// Instantiate with this message, JSON or @FILE
    #[arg(long, value_name = "JSON", requires = "provable")]
    instantiate: Option<String>,
    /// Execute this message, JSON or @FILE; may be given several times
    #[arg(long, value_name = "JSON", requires = "provable")]
    execute: Vec<String>,
    /// Query with this message, JSON or @FILE; may be given several times
    #[arg(long, value_name = "JSON", requires = "provable")]
    query: Vec<String>,
    /// The grant in use, JSON or @FILE: what a contract reads about its caller
    #[arg(long, value_name = "JSON", requires = "provable")]
    caller: Option<String>,
    /// What every other contract answers to queries, JSON or @FILE; left out, there is none
    #[arg(long, value_name = "JSON", requires = "provable")]
    answer: Option<String>,
}

impl Check {
    pub(crate) fn run(self, json: bool) -> Result<(), CliError> {
        let wasm = files::read(&self.wasm, "contract module", MAX_WASM_BYTES)?;
        let mut calls = Vec::new();
        let given = [
            (EntryPoint::Instantiate, self.instantiate.as_slice()),
            (EntryPoint::Execute, &self.execute),
            (EntryPoint::Query, &self.query),
        ];
        for (entry, messages) in given {
            for message in messages {
                calls.push(Planned { entry, message: json_message(message)? });
            }
        }
        let caller = match &self.caller {
            Some(caller) => Some(grant(caller)?),
            None => None,
        };
        let answer = match &self.answer {
            Some(answer) => Some(text_or_file(answer, "answer", MAX_MESSAGE_BYTES)?),
            None => None,
        };
        let world = World { caller, answer };
        let checked = check(&wasm, self.provable, &calls, self.profile, &world)?;
        let text = checked.text(&self.wasm.display().to_string());
        print(&Report::new(&checked, text), json)?;
        checked.verdict()
    }
}

fn grant(argument: &str) -> Result<CallerGrant, CliError> {
    const WHAT: &str = "caller";
    let bytes = json_message(argument)?;
    serde_json::from_slice(&bytes)
        .map_err(|e| CliError::Argument { what: WHAT, why: format!("it is no grant: {e}") })
}
