//! Proving keys.

use std::path::Path;

use nectar_abi::Digest;
use nectar_circuit::execution::ExecutionCircuit;
use nectar_l1::keys_digest;
use nectar_prover::{ProveError, ProverKey, SetupError, setup_development, setup_from_ptau};
use nectar_verifier::{Kind, Setup, VerifierKey};

/// The keys under which a network's proofs are made.
#[derive(Debug)]
pub(crate) struct ProvingKeys {
    /// For the state.
    pub(crate) state: ProverKey,
    /// For executions, where L1 checks them.
    pub(crate) execution: Option<ProverKey<ExecutionCircuit>>,
}

impl ProvingKeys {
    /// The keys of the **insecure** development setup, or those from a directory of Powers-of-Tau files. Takes seconds.
    pub(crate) fn load(ptau: Option<&Path>, execution: bool) -> Result<Self, SetupError> {
        let (state, _) = ptau.map_or_else(setup_development, setup_from_ptau)?;
        let execution = match execution {
            true => Some(state.beside(ExecutionCircuit::default())?),
            false => None,
        };
        Ok(Self { state, execution })
    }

    /// The key that checks proofs of this kind, if any are made.
    pub(crate) fn verifier(&self, kind: Kind) -> Option<&VerifierKey> {
        match kind {
            Kind::State => Some(self.state.verifier()),
            Kind::Execution => self.execution.as_ref().map(ProverKey::verifier),
        }
    }

    /// Makes the random instance of the next proof of this kind, if one is missing: see [`ProverKey::prepare`]. Takes seconds.
    pub(crate) fn prepare(&self, kind: Kind) -> Result<(), ProveError> {
        match (kind, &self.execution) {
            (Kind::State, _) => self.state.prepare(),
            (Kind::Execution, Some(key)) => key.prepare(),
            (Kind::Execution, None) => Ok(()),
        }
    }

    /// What L1 calls them together.
    pub(crate) fn digest(&self) -> Digest {
        let execution = self.verifier(Kind::Execution).map(VerifierKey::digest);
        Digest::new(keys_digest(self.state.verifier().digest(), execution))
    }

    pub(crate) fn setup(&self) -> Setup {
        self.state.verifier().setup_kind()
    }
}
