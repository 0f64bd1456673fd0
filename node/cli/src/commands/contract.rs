//! `nectar contract`

use clap::Subcommand;
use nectar_abi::{CodeHash, ContractId};
use nectar_node::prepare;

use super::json_message;
use crate::error::CliError;
use crate::keys::KeyArgs;
use crate::output::Report;
use crate::service::{NodeArgs, unsigned};

#[derive(Debug, Subcommand)]
pub(crate) enum Contract {
    /// Make a contract from an uploaded module; whoever signs owns it
    #[command(after_help = "Examples:
  nectar contract instantiate --key hospital.key --code 41ab.. --label consent
  nectar contract instantiate --key hospital.key --code 9c07.. --label records \\
    --message '{\"consent\":\"5e1f..\"}'")]
    Instantiate {
        #[command(flatten)]
        node: NodeArgs,
        #[command(flatten)]
        key: KeyArgs,
        /// Hash of the module
        #[arg(long, value_name = "HASH")]
        code: CodeHash,
        /// A name for people
        #[arg(long, value_name = "TEXT")]
        label: String,
        /// The contract's instantiate message: JSON, or @FILE
        #[arg(long, value_name = "JSON", default_value = "{}")]
        message: String,
        /// Another contract that instantiation may reach; may be given several times
        #[arg(long, value_name = "CONTRACT")]
        touches: Vec<ContractId>,
    },
}

impl Contract {
    pub(crate) async fn run(self) -> Result<Report, CliError> {
        let Self::Instantiate { node, key, code, label, message, touches } = self;
        let message = json_message(&message)?;
        let key = key.holder()?;
        let service = node.connect().await?;
        let to = service.destination();
        let order = prepare::instantiate(&key, to, code, &label, &message, &touches).map_err(unsigned)?;
        let made = service.client.instantiate(&order).await;
        let made = made.map_err(CliError::node("making the contract"))?;
        Ok(Report::new(&made, made.contract.to_string()))
    }
}
