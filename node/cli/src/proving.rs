//! The verifier key, and the check of a settled batch that takes neither the node's nor the chain's word for it.

use std::path::PathBuf;
use std::time::Instant;

use clap::Args;
use nectar_abi::NetworkId;
use nectar_circuit::Statement;
use nectar_commitment::from_bytes;
use nectar_l1::{BatchHeader, SettledBatch, proof_digest};
use nectar_node::is_development_chain;
use nectar_verifier::{Proof, Setup, VerifierKey, development_key, verify};
use tokio::task::spawn_blocking;

use crate::chain::Chain;
use crate::error::CliError;
use crate::evidence::Check;
use crate::files;
use crate::service::Service;

/// Which verifier key.
#[derive(Debug, Clone, Args)]
pub(crate) struct VerifierKeyArgs {
    /// Verifier key that `nectar l1 verifier-key` wrote; on development chains, that of the insecure development setup if
    /// left out
    #[arg(long, value_name = "FILE", env = "NECTAR_VERIFIER_KEY")]
    pub(crate) verifier_key: Option<PathBuf>,
}

impl VerifierKeyArgs {
    /// The key, if proofs under it mean anything on this chain.
    pub(crate) fn load(&self, chain_id: u64) -> Result<VerifierKey, CliError> {
        let key = match &self.verifier_key {
            Some(path) => {
                let bytes = files::read(path, WHAT, VerifierKey::ENCODED_LEN)?;
                let no_key = |e: nectar_verifier::DecodeError| CliError::Format {
                    path: path.clone(),
                    what: WHAT,
                    why: e.to_string(),
                };
                VerifierKey::decode(&bytes).map_err(no_key)?
            }
            None if is_development_chain(chain_id) => development_key(),
            None => {
                let why = format!(
                    "chain {chain_id} is no development chain: give the file that `nectar l1 verifier-key --ptau` writes"
                );
                return Err(CliError::Argument { what: "--verifier-key", why });
            }
        };
        if key.setup_kind() == Setup::Development && !is_development_chain(chain_id) {
            let why = format!(
                "it is of the development setup, under which anybody can forge proofs, and chain {chain_id} is no development \
                 chain"
            );
            return Err(CliError::Argument { what: "--verifier-key", why });
        }
        Ok(key)
    }
}

const WHAT: &str = "verifier key";

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
    chain: &Chain,
    network: NetworkId,
    number: u64,
    key: VerifierKey,
) -> Result<Verified, CliError> {
    const DOING: &str = "asking the chain for the batch";
    let (rollup, chain_id) = (&chain.rollup, chain.l1.chain_id());
    let settled = rollup.batch(network, number).await.map_err(CliError::chain(DOING))?;
    let settled = settled.ok_or_else(|| CliError::Failed {
        doing: DOING,
        why: format!("it holds no batch {number} of network {}", network.0),
    })?;
    let head = rollup.head(network).await.map_err(CliError::chain(DOING))?;
    let proof = service.client.proof(number).await.map_err(CliError::node("fetching the proof"))?;
    let header = settled.header;
    let mut checks = vec![
        check(
            "the proof is the one that L1 holds the digest of",
            proof_digest(&proof) == header.proof_digest,
        ),
        check("L1 verified it under the verifier key used here", key.digest() == header.verifier_key),
    ];
    let bytes = proof.clone();
    let (holds, verify_ms) = spawn_blocking(move || {
        let begun = Instant::now();
        let holds = holds(&key, chain_id, &header, &bytes);
        (holds, u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX))
    })
    .await
    .map_err(|e| CliError::failed("verifying the proof")(e.into()))?;
    checks.push(check("the proof shows that these receipts take the old root to the new one", holds));
    if let Some(head) = head.filter(|head| head.number == number) {
        let what = "it is the network's last batch, and its root is the network's";
        checks.push(check(what, head.root == header.post_root));
    }
    Ok(Verified { settled, proof, verify_ms, checks })
}

/// Whether these bytes prove this header, settled on this chain.
pub(crate) fn holds(key: &VerifierKey, chain_id: u64, header: &BatchHeader, proof: &[u8]) -> bool {
    let statement = statement(chain_id, header);
    let proof = Proof::decode(proof).ok();
    statement.zip(proof).is_some_and(|(statement, proof)| verify(key, &statement, &proof).is_ok())
}

/// The statement that a header claims; none if a root is no field element.
fn statement(chain_id: u64, header: &BatchHeader) -> Option<Statement> {
    Some(Statement {
        chain_id,
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

#[cfg(test)]
mod tests {
    use super::*;

    const MAINNET: u64 = 1;

    fn load(file: Option<&[u8]>, chain_id: u64) -> Result<VerifierKey, CliError> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");
        let verifier_key = file.map(|bytes| {
            std::fs::write(&path, bytes).unwrap();
            path
        });
        VerifierKeyArgs { verifier_key }.load(chain_id)
    }

    #[test]
    fn a_development_chain_takes_the_development_key_and_no_other_chain_does() {
        let bytes = development_key().encode();
        assert_eq!(load(None, nectar_l1::DEV_CHAIN_ID).unwrap(), development_key());
        assert_eq!(load(Some(&bytes), nectar_l1::DEV_CHAIN_ID).unwrap(), development_key());
        let missing = load(None, MAINNET).unwrap_err().to_string();
        assert!(missing.contains("nectar l1 verifier-key --ptau"), "{missing}");
        let insecure = load(Some(&bytes), MAINNET).unwrap_err().to_string();
        assert!(insecure.contains("anybody can forge"), "{insecure}");
    }

    #[test]
    fn a_file_that_is_no_key_is_named() {
        let mut bytes = development_key().encode();
        bytes.pop();
        let error = load(Some(&bytes), nectar_l1::DEV_CHAIN_ID).unwrap_err();
        assert!(matches!(error, CliError::Format { what: WHAT, .. }), "{error}");
    }
}
