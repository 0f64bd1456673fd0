//! `nectar audit`

use clap::Subcommand;
use nectar_abi::ContractId;
use nectar_capability::{GrantSummary, Token};
use nectar_node::api::{GrantView, Grants};
use nectar_node::prepare;
use serde_json::{Value, json};

use crate::error::CliError;
use crate::keys::KeyArgs;
use crate::output::Report;
use crate::service::{NodeArgs, unsigned};
use crate::table::Table;
use crate::time;

#[derive(Debug, Subcommand)]
pub(crate) enum Audit {
    /// List grants with their uses
    #[command(after_help = "Examples:
  nectar audit grants --key auditor.key
  nectar audit grants --key hospital.key --contract 5e1f.. --json")]
    Grants(AuditArgs),
    /// List the audit log: what was done and what was refused, with the reason
    #[command(after_help = "Example:
  nectar audit entries --key auditor.key")]
    Entries(AuditArgs),
}

/// Whose records.
#[derive(Debug, clap::Args)]
pub(crate) struct AuditArgs {
    #[command(flatten)]
    node: NodeArgs,
    #[command(flatten)]
    key: KeyArgs,
    /// Only this contract's, as its owner; all contracts are for the node's auditors
    #[arg(long, value_name = "CONTRACT")]
    contract: Option<ContractId>,
}

impl Audit {
    pub(crate) async fn run(self) -> Result<Report, CliError> {
        match self {
            Self::Grants(args) => grants(&args.node, &args.key, args.contract).await,
            Self::Entries(args) => entries(&args).await,
        }
    }
}

/// Grants with their uses.
pub(super) async fn grants(
    node: &NodeArgs,
    key: &KeyArgs,
    contract: Option<ContractId>,
) -> Result<Report, CliError> {
    let key = key.holder()?;
    let service = node.connect().await?;
    let order = prepare::read_audit(&key, service.destination(), contract).map_err(unsigned)?;
    let listed = service.client.grants(&order).await;
    Ok(grants_report(&listed.map_err(CliError::node("listing grants"))?))
}

/// The list as a table: one line per grant, one per use below it.
pub(crate) fn grants_report(listed: &Grants) -> Report {
    let mut table = Table::new(["grant", "status", "holder", "methods", "purpose", "until", "uses"]);
    let mut objects = Vec::new();
    for view in &listed.grants {
        let summary = Token::decode(&view.token.0).ok().map(|token| GrantSummary::from(token.leaf()));
        objects.push(object(view, summary.as_ref()));
        let of = |read: fn(&GrantSummary) -> String| summary.as_ref().map(read).unwrap_or_default();
        table.row([
            short(&view.grant.to_string()),
            view.status.clone(),
            short(&of(|s| s.holder.clone())),
            of(|s| s.methods.join(",")),
            of(|s| s.purposes.join(",")),
            of(|s| s.expires.clone()),
            view.use_count.to_string(),
        ]);
        for used in &view.uses {
            table.row([
                String::new(),
                format!("receipt {}", used.position),
                used.outcome.clone(),
                used.method.to_string(),
                used.purpose.to_string(),
                time::show(used.time),
                String::new(),
            ]);
        }
    }
    Report::new(json!({ "grants": objects }), table.to_string())
}

/// Enough of an id to tell it from others.
fn short(id: &str) -> String {
    id.get(..12).unwrap_or(id).to_owned()
}

fn object(view: &GrantView, summary: Option<&GrantSummary>) -> Value {
    json!({
        "contract": view.contract,
        "grant": view.grant,
        "status": view.status,
        "registered_at": view.registered_at,
        "revoked_at": view.revoked_at,
        "use_count": view.use_count,
        "says": summary,
        "uses": view.uses,
        "token": view.token,
    })
}

async fn entries(args: &AuditArgs) -> Result<Report, CliError> {
    let key = args.key.holder()?;
    let service = args.node.connect().await?;
    let order = prepare::read_audit(&key, service.destination(), args.contract).map_err(unsigned)?;
    let log = service.client.audit(&order).await.map_err(CliError::node("reading the audit log"))?;
    let mut table = Table::new(["number", "time", "what", "outcome", "who", "method", "purpose", "receipt"]);
    let or_dash = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
    for entry in &log.entries {
        table.row([
            entry.sequence.to_string(),
            time::show(entry.time),
            entry.event.clone(),
            entry.outcome.clone(),
            or_dash(entry.signer.map(|key| short(&key.to_string()))),
            or_dash(entry.method.as_ref().map(ToString::to_string)),
            or_dash(entry.purpose.map(|purpose| purpose.to_string())),
            or_dash(entry.receipt.map(|position| position.to_string())),
        ]);
    }
    Ok(Report::new(&log, table.to_string()))
}
