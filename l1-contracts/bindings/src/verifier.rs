use alloy::primitives::{Address, Bytes};
use alloy::sol_types::SolCall;

use crate::abi::verifier::NovaVerifier;
use crate::batch::BatchHeader;
use crate::client::L1;
use crate::error::L1Error;

/// What the proofs of a verifier show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProofKind {
    /// Some list of operations takes the pre-root to the post-root and yields the receipts.
    State,
    /// Programs asked for what the receipts' logs say: what the key's circuit shows of it.
    Execution,
}

/// `NovaVerifier`: checks the folded proof of a batch on the chain. It belongs to one verifier key and never changes, so it
/// only answers questions.
#[derive(Debug, Clone)]
pub struct Verifier {
    l1: L1,
    address: Address,
}

impl Verifier {
    pub(crate) fn new(l1: L1, address: Address) -> Self {
        Self { l1, address }
    }

    /// Where the contract is.
    #[must_use]
    pub fn address(&self) -> Address {
        self.address
    }

    /// keccak256 of the verifier key's bytes: the circuit and the setup.
    ///
    /// # Errors
    /// [`L1Error::NotDeployed`], or another [`L1Error`] if the node does not answer.
    pub async fn key_digest(&self) -> Result<[u8; 32], L1Error> {
        Ok(self.ask(&NovaVerifier::keyDigestCall {}).await?.0)
    }

    /// What an accepted proof shows.
    ///
    /// # Errors
    /// [`L1Error::NotDeployed`], [`L1Error::BadAnswer`] if it is neither, or another [`L1Error`] if the node does not answer.
    pub async fn kind(&self) -> Result<ProofKind, L1Error> {
        match self.ask(&NovaVerifier::kindCall {}).await? {
            1 => Ok(ProofKind::State),
            2 => Ok(ProofKind::Execution),
            _ => Err(L1Error::BadAnswer { what: "kind of proofs" }),
        }
    }

    /// Whether the key comes from a setup whose secret nobody knows. The development setup is none: everybody can forge
    /// proofs under it.
    ///
    /// # Errors
    /// [`L1Error::NotDeployed`], or another [`L1Error`] if the node does not answer.
    pub async fn setup_is_secure(&self) -> Result<bool, L1Error> {
        Ok(!self.ask(&NovaVerifier::isDevelopmentCall {}).await?)
    }

    /// Asks, without a transaction, whether a proof shows what a header says of its batch. The header's audit root, proof
    /// digest and verifier key are none of the proof's business: the rollup compares the last two.
    ///
    /// # Errors
    /// [`L1Error::Reverted`] if it does not ([`crate::Revert::refuses_proof`]), [`L1Error::NotDeployed`], or another
    /// [`L1Error`].
    pub async fn verify(&self, header: &BatchHeader, proof: &[u8]) -> Result<(), L1Error> {
        let proof = Bytes::copy_from_slice(proof);
        self.ask(&NovaVerifier::verifyCall { statement: header.statement(), proof }).await?;
        Ok(())
    }

    async fn ask<C: SolCall>(&self, call: &C) -> Result<C::Return, L1Error> {
        self.l1.require_code(self.address).await?;
        self.l1.call(self.address, call).await
    }
}
