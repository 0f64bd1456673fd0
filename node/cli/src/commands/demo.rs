//! `nectar demo`

use std::path::PathBuf;

use clap::Args;

use crate::demo::{self, Options};
use crate::error::CliError;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  nectar demo
  nectar demo --full
  nectar demo --fhir bundles
  nectar demo --l1 http://127.0.0.1:8545 --json

It starts a node and reaches it over HTTP only. Exit status 0 says that everything shown holds.
By default it loads a few records and settles one batch, with as many receipts as can be proven in
some minutes; --full loads all of the built-in records and settles every receipt.")]
pub(crate) struct Demo {
    /// Load every FHIR R4 Bundle (*.json) in this folder instead of the built-in synthetic patients
    #[arg(long, value_name = "DIR")]
    fhir: Option<PathBuf>,
    /// Load all of the built-in records, and settle every receipt
    #[arg(long)]
    full: bool,
    /// Use this development node, such as anvil, instead of a chain in this process
    #[arg(long, value_name = "URL")]
    l1: Option<String>,
    /// Keep the node's data in this new folder; its keys are forgotten all the same
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
}

impl Demo {
    pub(crate) async fn run(self, json: bool) -> Result<(), CliError> {
        let Self { fhir, full, l1, keep } = self;
        demo::run(Options { fhir, full, l1, keep, json }).await
    }
}
