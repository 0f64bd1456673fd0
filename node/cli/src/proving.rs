//! The verifier keys, and the check of a settled batch that takes neither the node's nor the chain's word for it.

use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;
use nectar_abi::NetworkId;
use nectar_circuit::Statement;
use nectar_commitment::from_bytes;
use nectar_l1::{BatchHeader, Proofs, SettledBatch, keys_digest};
use nectar_node::is_development_chain;
use nectar_verifier::{Kind, Proof, Setup, VerifierKey, development_key, verify};
use tokio::task::spawn_blocking;

use crate::chain::Chain;
use crate::error::CliError;
use crate::evidence::Check;
use crate::files;
use crate::service::Service;

/// Which verifier keys.
#[derive(Debug, Clone, Args)]
pub(crate) struct VerifierKeyArgs {
    /// Verifier key that `nectar l1 verifier-key` wrote; on development chains, that of the insecure development setup if
    /// left out
    #[arg(long, value_name = "FILE", env = "NECTAR_VERIFIER_KEY")]
    pub(crate) verifier_key: Option<PathBuf>,
    /// Verifier key for proofs of execution, likewise
    #[arg(long, value_name = "FILE", env = "NECTAR_EXECUTION_VERIFIER_KEY")]
    pub(crate) execution_verifier_key: Option<PathBuf>,
}

impl VerifierKeyArgs {
    /// The key for proofs of this kind, if such proofs mean anything on this chain.
    pub(crate) fn load(&self, kind: Kind, chain_id: u64) -> Result<VerifierKey, CliError> {
        let (path, what, hint) = match kind {
            Kind::State => (&self.verifier_key, "--verifier-key", ""),
            Kind::Execution => {
                (&self.execution_verifier_key, "--execution-verifier-key", " --kind execution")
            }
        };
        let refused = |why| CliError::Argument { what, why };
        let key = match path {
            Some(path) => read_key(path)?,
            None if is_development_chain(chain_id) => development_key(kind),
            None => {
                return Err(refused(format!(
                    "chain {chain_id} is no development chain: give the file that `nectar l1 verifier-key{hint} --ptau` writes"
                )));
            }
        };
        if key.kind() != kind {
            return Err(refused(format!(
                "it is for proofs of {}: give one for proofs of {kind}",
                key.kind()
            )));
        }
        if key.setup_kind() == Setup::Development && !is_development_chain(chain_id) {
            return Err(refused(format!(
                "it is of the development setup, under which anybody can forge proofs, and chain {chain_id} is no development \
                 chain"
            )));
        }
        Ok(key)
    }

    /// The key for proofs of state and, if it is given or known, that for proofs of execution.
    pub(crate) fn load_all(&self, chain_id: u64) -> Result<VerifierKeys, CliError> {
        let state = self.load(Kind::State, chain_id)?;
        let known = self.execution_verifier_key.is_some() || is_development_chain(chain_id);
        let execution = known.then(|| self.load(Kind::Execution, chain_id)).transpose()?;
        Ok(VerifierKeys { state, execution })
    }
}

const WHAT: &str = "verifier key";

/// Reads a key's file.
fn read_key(path: &Path) -> Result<VerifierKey, CliError> {
    let bytes = files::read(path, WHAT, VerifierKey::ENCODED_LEN)?;
    VerifierKey::decode(&bytes).map_err(|e: nectar_verifier::DecodeError| CliError::Format {
        path: path.to_owned(),
        what: WHAT,
        why: e.to_string(),
    })
}

/// The verifier keys of a network.
#[derive(Debug, Clone)]
pub(crate) struct VerifierKeys {
    /// For proofs of state.
    pub(crate) state: VerifierKey,
    /// For proofs of execution, if there are any.
    pub(crate) execution: Option<VerifierKey>,
}

impl VerifierKeys {
    /// Those of the insecure development setup.
    pub(crate) fn development() -> Self {
        let [state, execution] = [Kind::State, Kind::Execution].map(development_key);
        Self { state, execution: Some(execution) }
    }

    /// What a batch's header calls them.
    pub(crate) fn digest(&self) -> [u8; 32] {
        keys_digest(self.state.digest(), self.execution.as_ref().map(VerifierKey::digest))
    }

    /// Those that a batch was settled under: without the second if it has no proof of execution.
    fn of(self, header: &BatchHeader) -> Self {
        if header.verifier_key == self.state.digest() { Self { execution: None, ..self } } else { self }
    }

    /// Whether these proofs hold, each for this header, settled on this chain.
    pub(crate) fn hold(&self, chain_id: u64, header: &BatchHeader, proofs: Proofs<'_>) -> [bool; 2] {
        let holds = |key: &VerifierKey, proof: &[u8]| {
            let statement = statement(chain_id, header).zip(Proof::decode(proof).ok());
            statement.is_some_and(|(statement, proof)| verify(key, &statement, &proof).is_ok())
        };
        let execution = match (&self.execution, proofs.execution) {
            (Some(key), Some(proof)) => holds(key, proof),
            (None, None) => true,
            _ => false,
        };
        [holds(&self.state, proofs.state), execution]
    }
}

/// A settled batch, its proofs, and what was found.
#[derive(Debug)]
pub(crate) struct Verified {
    /// As the chain has it.
    pub(crate) settled: SettledBatch,
    /// The bytes of its proof of state.
    pub(crate) proof: Vec<u8>,
    /// The bytes of its proof of execution, if it was settled with one.
    pub(crate) execution: Option<Vec<u8>>,
    /// How long the verification took.
    pub(crate) verify_ms: u64,
    /// Each thing that was checked.
    pub(crate) checks: Vec<Check>,
}

impl Verified {
    /// Its proofs.
    pub(crate) fn proofs(&self) -> Proofs<'_> {
        Proofs { state: &self.proof, execution: self.execution.as_deref() }
    }
}

/// Fetches a batch from the chain and its proofs from the node, and checks one against the other.
pub(crate) async fn verify_batch(
    service: &Service,
    chain: &Chain,
    network: NetworkId,
    number: u64,
    keys: VerifierKeys,
) -> Result<Verified, CliError> {
    const DOING: &str = "asking the chain for the batch";
    const FETCHING: &str = "fetching the proofs";
    let (rollup, chain_id) = (&chain.rollup, chain.l1.chain_id());
    let settled = rollup.batch(network, number).await.map_err(CliError::chain(DOING))?;
    let settled = settled.ok_or_else(|| CliError::Failed {
        doing: DOING,
        why: format!("it holds no batch {number} of network {}", network.0),
    })?;
    let head = rollup.head(network).await.map_err(CliError::chain(DOING))?;
    let header = settled.header;
    let keys = keys.of(&header);
    let proof = service.client.proof(number).await.map_err(CliError::node(FETCHING))?;
    let execution = match keys.execution {
        Some(_) => Some(service.client.execution_proof(number).await.map_err(CliError::node(FETCHING))?),
        None => None,
    };
    let mut verified = Verified { settled, proof, execution, verify_ms: 0, checks: Vec::new() };
    verified.checks = vec![
        check(
            "the proofs are those that L1 holds the digest of",
            verified.proofs().digest() == header.proof_digest,
        ),
        check("L1 verified them under the verifier keys used here", keys.digest() == header.verifier_key),
    ];
    let (proof, execution) = (verified.proof.clone(), verified.execution.clone());
    let ([state, executed], verify_ms) = spawn_blocking(move || {
        let begun = Instant::now();
        let proofs = Proofs { state: &proof, execution: execution.as_deref() };
        let holds = keys.hold(chain_id, &header, proofs);
        (holds, u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX))
    })
    .await
    .map_err(|e| CliError::failed("verifying the proofs")(e.into()))?;
    verified.verify_ms = verify_ms;
    verified.checks.push(check("these receipts take the old root to the new one", state));
    if verified.execution.is_some() {
        verified
            .checks
            .push(check("the contracts' programs, run, asked for what these receipts did", executed));
    }
    if let Some(head) = head.filter(|head| head.number == number) {
        let what = "it is the network's last batch, and its root is the network's";
        verified.checks.push(check(what, head.root == header.post_root));
    }
    Ok(verified)
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
        VerifierKeyArgs { verifier_key, execution_verifier_key: None }.load(Kind::State, chain_id)
    }

    #[test]
    fn a_key_of_the_other_kind_is_refused() {
        let error = load(Some(&development_key(Kind::Execution).encode()), nectar_l1::DEV_CHAIN_ID);
        let error = error.unwrap_err().to_string();
        assert!(error.contains("for proofs of execution: give one for proofs of state"), "{error}");
    }

    #[test]
    fn a_development_chain_takes_the_development_key_and_no_other_chain_does() {
        let bytes = development_key(Kind::State).encode();
        assert_eq!(load(None, nectar_l1::DEV_CHAIN_ID).unwrap(), development_key(Kind::State));
        assert_eq!(load(Some(&bytes), nectar_l1::DEV_CHAIN_ID).unwrap(), development_key(Kind::State));
        let missing = load(None, MAINNET).unwrap_err().to_string();
        assert!(missing.contains("nectar l1 verifier-key --ptau"), "{missing}");
        let insecure = load(Some(&bytes), MAINNET).unwrap_err().to_string();
        assert!(insecure.contains("anybody can forge"), "{insecure}");
    }

    #[test]
    fn a_file_that_is_no_key_is_named() {
        let mut bytes = development_key(Kind::State).encode();
        bytes.pop();
        let error = load(Some(&bytes), nectar_l1::DEV_CHAIN_ID).unwrap_err();
        assert!(matches!(error, CliError::Format { what: WHAT, .. }), "{error}");
    }
}
