//! The verifier key, and the check of a settled batch that takes neither the node's nor the chain's word for it.

use std::time::Instant;

use nectar_abi::{Digest, NetworkId};
use nectar_circuit::Statement;
use nectar_commitment::from_bytes;
use nectar_l1::{BatchHeader, Rollup, SettledBatch, proof_digest};
use nectar_verifier::{Proof, VerifierKey, verify};
use tokio::task::spawn_blocking;

use crate::error::CliError;
use crate::evidence::Check;
use crate::service::Service;

/// The verifier key of the insecure development setup: it follows from public values alone, and takes a while the first
/// time.
pub(crate) async fn development_verifier() -> Result<VerifierKey, CliError> {
    const DOING: &str = "making the development setup";
    let keys = spawn_blocking(nectar_node::development_keys);
    let keys = keys.await.map_err(|e| CliError::failed(DOING)(e.into()))?;
    Ok(keys.map_err(|e| CliError::failed(DOING)(e.into()))?.verifier().clone())
}

/// Its digest, which the chain knows a network by.
pub(crate) async fn development_verifier_digest() -> Result<Digest, CliError> {
    Ok(Digest::new(development_verifier().await?.digest()))
}

/// A settled batch, its proof, and what was found.
#[derive(Debug)]
pub(crate) struct Verified {
    /// As the chain has it.
    pub(crate) settled: SettledBatch,
    /// The proof's bytes.
    pub(crate) proof: Vec<u8>,
    /// How long the verification took.
    pub(crate) verify_ms: u64,
    /// Each thing that was checked.
    pub(crate) checks: Vec<Check>,
}

/// Fetches a batch from the chain and its proof from the node, and checks one against the other.
pub(crate) async fn verify_batch(
    service: &Service,
    rollup: &Rollup,
    network: NetworkId,
    number: u64,
) -> Result<Verified, CliError> {
    const DOING: &str = "asking the chain for the batch";
    let settled = rollup.batch(network, number).await.map_err(CliError::chain(DOING))?;
    let settled = settled.ok_or_else(|| CliError::Failed {
        doing: DOING,
        why: format!("it holds no batch {number} of network {}", network.0),
    })?;
    let head = rollup.head(network).await.map_err(CliError::chain(DOING))?;
    let proof = service.client.proof(number).await.map_err(CliError::node("fetching the proof"))?;
    let key = development_verifier().await?;
    let header = settled.header;
    let mut checks = vec![
        check(
            "the proof is the one that L1 holds the digest of",
            proof_digest(&proof) == header.proof_digest,
        ),
        check("L1 names the verifier key used here", key.digest() == header.verifier_key),
    ];
    let bytes = proof.clone();
    let (holds, verify_ms) = spawn_blocking(move || {
        let begun = Instant::now();
        (holds(&key, &header, &bytes), u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX))
    })
    .await
    .map_err(|e| CliError::failed("verifying the proof")(e.into()))?;
    checks.push(check("the proof shows that these receipts take the old root to the new one", holds));
    if let Some(head) = head.filter(|head| head.number == number) {
        let what = "it is the network's last batch, and its root is the attested one";
        checks.push(check(what, head.attested_root == header.post_root));
    }
    Ok(Verified { settled, proof, verify_ms, checks })
}

/// Whether these bytes prove this header.
pub(crate) fn holds(key: &VerifierKey, header: &BatchHeader, proof: &[u8]) -> bool {
    let statement = statement(header);
    let proof = Proof::decode(proof).ok();
    statement.zip(proof).is_some_and(|(statement, proof)| verify(key, &statement, &proof).is_ok())
}

/// The statement that a header claims; none if a root is no field element.
fn statement(header: &BatchHeader) -> Option<Statement> {
    Some(Statement {
        network: header.network.0,
        batch: header.batch,
        pre_root: from_bytes(&header.pre_root)?,
        post_root: from_bytes(&header.post_root)?,
        receipts_root: from_bytes(&header.receipts_root)?,
        receipts: header.receipts,
        program_registry_root: from_bytes(&header.program_root)?,
        window: header.window,
    })
}

fn check(what: &'static str, holds: bool) -> Check {
    Check { what, holds, found: String::new() }
}
