//! `nectar prove`

use std::path::PathBuf;

use clap::Args;
use nectar_node::prove_batch;
use serde_json::json;

use super::batch::shown;
use super::node::{configuration, until_interrupted};
use crate::error::CliError;
use crate::keys::KeyArgs;
use crate::output::Report;
use crate::progress::Progress;

#[derive(Debug, Args)]
#[command(after_help = "Example:
  nectar prove --config nectar.toml --key dsp.key

It opens the node's data folder, so the node must not run. A proof that is made is kept: interrupted
or killed, the next `nectar prove`, or the node, makes only what is missing. The node settles the
batch when it starts. limits.batch_execution_chunks bounds memory and time.")]
pub(crate) struct Prove {
    /// The node's configuration file
    #[arg(long, value_name = "FILE", default_value = "nectar.toml")]
    config: PathBuf,
    #[command(flatten)]
    key: KeyArgs,
    /// One configuration key, such as limits.batch_execution_chunks=100; may be given several times
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
}

impl Prove {
    pub(crate) async fn run(self, json: bool) -> Result<Report, CliError> {
        let config = configuration(&self.config, &self.set)?;
        let secrets = self.key.dsp()?;
        let progress = Progress::new(json);
        let proven = prove_batch(config, secrets, until_interrupted(), |view| progress.show(view)).await;
        progress.clear();
        let proven = proven.map_err(|e| CliError::failed("proving the next batch")(e.into()))?;
        let nothing =
            || Report::new(json!({ "batch": null }), "no receipt is pending: there is nothing to prove");
        Ok(proven.as_ref().map_or_else(nothing, shown))
    }
}
