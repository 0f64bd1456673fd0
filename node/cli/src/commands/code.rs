//! `nectar code`

use std::path::PathBuf;

use clap::Subcommand;
use nectar_abi::limits::MAX_WASM_BYTES;
use nectar_node::prepare;

use crate::error::CliError;
use crate::files;
use crate::keys::KeyArgs;
use crate::output::Report;
use crate::service::{NodeArgs, unsigned};

#[derive(Debug, Subcommand)]
pub(crate) enum Code {
    /// Upload a contract module; prints its hash, which grants name
    #[command(after_help = "Example:
  nectar code upload --key hospital.key health_records.wasm")]
    Upload {
        #[command(flatten)]
        node: NodeArgs,
        #[command(flatten)]
        key: KeyArgs,
        /// The module
        #[arg(value_name = "WASM")]
        wasm: PathBuf,
    },
}

impl Code {
    pub(crate) async fn run(self) -> Result<Report, CliError> {
        let Self::Upload { node, key, wasm } = self;
        let bytes = files::read(&wasm, "contract module", MAX_WASM_BYTES)?;
        let key = key.holder()?;
        let service = node.connect().await?;
        let order = prepare::upload(&key, service.destination(), &bytes).map_err(unsigned)?;
        let uploaded = service.client.upload(&order, &bytes).await;
        let uploaded = uploaded.map_err(CliError::node("uploading the module"))?;
        Ok(Report::new(&uploaded, uploaded.code.to_string()))
    }
}
