//! `nectar call`

use std::path::PathBuf;

use clap::Args;
use nectar_abi::{ContractId, Method, Purpose};
use nectar_node::api::Outcome;
use serde_json::{Value, json};

use super::json_message;
use crate::error::CliError;
use crate::evidence::Evidence;
use crate::keys::KeyArgs;
use crate::output::Report;
use crate::service::{Call as Request, NodeArgs};
use crate::tokens;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  nectar call execute/put_many --key hospital.key --token hospital.token --purpose HOPERAT \\
    --message @records.json
  nectar call query/list --key clinician.key --token clinician.token --purpose TREAT \\
    --touches 5e1f.. --message '{\"list\":{\"patient\":\"77aa..\",\"resource_type\":\"Observation\"}}' \\
    --evidence read.json")]
pub(crate) struct Call {
    /// execute/NAME or query/NAME; the message's only key is NAME
    #[arg(value_name = "METHOD")]
    method: Method,
    #[command(flatten)]
    node: NodeArgs,
    #[command(flatten)]
    key: KeyArgs,
    /// The holder's token
    #[arg(long, value_name = "FILE")]
    token: PathBuf,
    /// Why: TREAT, HPAYMT, HOPERAT, ETREAT, PATRQT, HRESCH or PUBHLTH
    #[arg(long, value_name = "CODE", value_parser = tokens::purpose)]
    purpose: Purpose,
    /// The message: JSON, or @FILE
    #[arg(long, value_name = "JSON")]
    message: String,
    /// Another contract that the call may reach; may be given several times
    #[arg(long, value_name = "CONTRACT")]
    touches: Vec<ContractId>,
    /// Keep request, answer and receipt in this new file, for `nectar receipt`; private
    #[arg(long, value_name = "FILE")]
    evidence: Option<PathBuf>,
}

impl Call {
    pub(crate) async fn run(self) -> Result<Report, CliError> {
        let message = json_message(&self.message)?;
        let (token, key) = (tokens::read(&self.token)?, self.key.holder()?);
        let service = self.node.connect().await?;
        let call = Request {
            token: &token,
            method: self.method,
            message,
            purpose: self.purpose,
            touches: &self.touches,
        };
        let request = service.request(&key, &call)?;
        let answer = service.client.invoke(&request).await;
        let answer = answer.map_err(CliError::node("calling the contract"))?;
        let evidence = Evidence::new(request, &answer);
        if let Some(path) = &self.evidence {
            evidence.create(path)?;
        }
        let position = evidence.position()?;
        match &answer.result {
            Outcome::Error(text) => Err(CliError::Contract(text.clone())),
            Outcome::Ok(data) => {
                let text = String::from_utf8_lossy(&data.0).into_owned();
                let value = serde_json::from_slice(&data.0).unwrap_or_else(|_| Value::String(text.clone()));
                let object = json!({ "result": value, "gas": answer.gas, "position": position });
                Ok(Report::new(object, serde_json::to_string_pretty(&value).unwrap_or(text)))
            }
        }
    }
}
