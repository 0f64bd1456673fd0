//! `nectar l1 status`

use nectar_abi::{Digest, NetworkId};
use serde_json::json;

use super::verifiers::ATTESTED;
use crate::chain::ChainArgs;
use crate::error::CliError;
use crate::output::Report;
use crate::table::Table;

pub(super) async fn status(chain: &ChainArgs, network: NetworkId) -> Result<Report, CliError> {
    const DOING: &str = "asking the chain";
    let failed = CliError::chain;
    let contracts = chain.read().await?;
    let block = contracts.l1.block_number().await.map_err(failed(DOING))?;
    let head = contracts.rollup.head(network).await.map_err(failed(DOING))?;
    let active = contracts.registry.active_dsps().await.map_err(failed(DOING))?;
    let quorum = contracts.rollup.quorum().await.map_err(failed(DOING))?;
    let mut rows = vec![
        ("chain", contracts.l1.chain_id().to_string()),
        ("block", block.to_string()),
        ("registry", contracts.registry.address().to_string()),
        ("rollup", contracts.rollup.address().to_string()),
        ("active DSPs", active.len().to_string()),
        ("quorum", quorum.to_string()),
    ];
    let mut tip = None;
    if let Some(head) = head {
        let key = contracts.rollup.verifier_key(network).await.map_err(failed(DOING))?;
        let key = Digest::new(key);
        let mut secure = true;
        for verifier in std::iter::once(head.state_verifier).chain(head.execution_verifier) {
            let verifier = contracts.l1.verifier(verifier);
            secure &= verifier.setup_is_secure().await.map_err(failed(DOING))?;
        }
        let root = Digest::new(head.root);
        rows.extend([
            ("last batch", head.number.to_string()),
            ("root", root.to_string()),
            ("verifier", head.state_verifier.to_string()),
            ("verifier key", key.to_string()),
            ("setup", if secure { "powers of tau" } else { "development (insecure)" }.to_owned()),
            (
                "execution verifier",
                head.execution_verifier.map_or_else(|| ATTESTED.to_owned(), |verifier| verifier.to_string()),
            ),
        ]);
        tip = Some(json!({
            "batch": head.number,
            "root": root,
            "verifier": head.state_verifier,
            "execution_verifier": head.execution_verifier,
            "verifier_key": key,
            "secure": secure,
            "block_hash": Digest::new(head.block_hash),
        }));
    } else {
        let why = format!("network {} has not begun: see `nectar l1 network --help`", network.0);
        rows.push(("last batch", why));
    }
    let object = json!({
        "chain_id": contracts.l1.chain_id(),
        "block": block,
        "registry": contracts.registry.address(),
        "rollup": contracts.rollup.address(),
        "active_dsps": active,
        "quorum": quorum,
        "network": network,
        "head": tip,
    });
    Ok(Report::new(object, Table::pairs(rows).to_string()))
}
