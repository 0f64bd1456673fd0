//! Step 2: two example contracts, uploaded and instantiated by the hospital.

use nectar_abi::{CodeHash, ContractId};
use nectar_node::prepare;
use serde_json::json;

use super::admit::World;
use super::story::Story;
use crate::error::CliError;
use crate::service::unsigned;

const CONSENT: &[u8] = include_bytes!("../../../../contracts/examples/artifacts/consent.wasm");
const RECORDS: &[u8] = include_bytes!("../../../../contracts/examples/artifacts/health_records.wasm");

/// A contract and the code that it runs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hosted {
    pub(super) contract: ContractId,
    pub(super) code: CodeHash,
}

/// Both contracts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Contracts {
    pub(super) records: Hosted,
    pub(super) consent: Hosted,
}

pub(super) async fn run(story: &mut Story, world: &World) -> Result<Contracts, CliError> {
    story.begin("contracts", "Two contracts: health-records, which asks consent before anything is read");
    let consent = host(story, world, "consent", CONSENT, &json!({})).await?;
    let start = json!({ "consent": consent.contract });
    let records = host(story, world, "health-records", RECORDS, &start).await?;
    story.end();
    Ok(Contracts { records, consent })
}

async fn host(
    story: &Story,
    world: &World,
    label: &str,
    wasm: &[u8],
    message: &serde_json::Value,
) -> Result<Hosted, CliError> {
    let (key, client, to) = (&world.people.hospital, &world.service.client, world.service.destination());
    let order = prepare::upload(key, to, wasm).map_err(unsigned)?;
    let code = client.upload(&order, wasm).await.map_err(CliError::node("uploading a contract"))?.code;
    let message = message.to_string();
    let order = prepare::instantiate(key, to, code, label, message.as_bytes(), &[]).map_err(unsigned)?;
    let made = client.instantiate(&order).await.map_err(CliError::node("making a contract"))?;
    story.line(&format!("{label}: {} kB of WASM, contract {}", wasm.len() / 1000, made.contract));
    Ok(Hosted { contract: made.contract, code })
}
