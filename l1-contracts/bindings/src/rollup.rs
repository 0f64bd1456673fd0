use alloy::primitives::{Address, B256, U256};
use alloy::rpc::types::Log;
use alloy::sol_types::SolEvent as _;
use nectar_abi::NetworkId;

use crate::abi::rollup::Rollup as Contract;
use crate::batch::{Attestation, BatchHeader, Head, Proofs, SettledBatch};
use crate::client::{Deployment, L1, Mined, event};
use crate::error::L1Error;
use crate::wallet::WalletError;

/// A batch settled: the transaction that carried it.
pub type Settled = Mined;

/// `Rollup`: one proven root per network. A batch settles with proofs that the network's verifiers accept, one of its state
/// and, where there is a verifier for it, one of its execution; and with the attestations of a quorum of DSPs, which vouch
/// for what no proof covers. Methods that return [`Mined`] send a transaction from the connection's wallet, and fail with
/// [`L1Error::Reverted`] if the contract refuses it.
#[derive(Debug, Clone)]
pub struct Rollup {
    l1: L1,
    deployment: Deployment,
}

impl Rollup {
    pub(crate) fn new(l1: L1, deployment: Deployment) -> Self {
        Self { l1, deployment }
    }

    /// Where the contract is.
    #[must_use]
    pub fn address(&self) -> Address {
        self.deployment.rollup
    }

    /// As the admin: begins a network from a root, with the verifiers of its proofs ([`L1::deploy_verifier`]). Without an
    /// execution verifier, attestations alone vouch for execution.
    ///
    /// # Errors
    /// [`L1Error::Reverted`] with [`crate::Revert::WrongKind`] if a verifier is of the other kind, or another [`L1Error`].
    pub async fn create_network(
        &self,
        network: NetworkId,
        genesis_root: [u8; 32],
        state_verifier: Address,
        execution_verifier: Option<Address>,
    ) -> Result<Mined, L1Error> {
        let call = Contract::createNetworkCall {
            network: network.0,
            genesisRoot: genesis_root.into(),
            stateVerifier: state_verifier,
            executionVerifier: execution_verifier.unwrap_or_default(),
        };
        self.l1.send(self.address(), &call).await
    }

    /// As the admin: lets other verifiers check the batches to come, both at once. `None` ends proofs of execution:
    /// [`Head::execution_verifier`] is the one in force.
    ///
    /// # Errors
    /// [`L1Error::Reverted`] with [`crate::Revert::WrongKind`] if a verifier is of the other kind, or another [`L1Error`].
    pub async fn set_verifiers(
        &self,
        network: NetworkId,
        state_verifier: Address,
        execution_verifier: Option<Address>,
    ) -> Result<Mined, L1Error> {
        let call = Contract::setVerifiersCall {
            network: network.0,
            stateVerifier: state_verifier,
            executionVerifier: execution_verifier.unwrap_or_default(),
        };
        self.l1.send(self.address(), &call).await
    }

    /// As the admin: sets the least number of attestations. More than half of the admitted DSPs are needed besides.
    ///
    /// # Errors
    /// [`L1Error`], see the type.
    pub async fn set_minimum_quorum(&self, minimum: u64) -> Result<Mined, L1Error> {
        self.l1.send(self.address(), &Contract::setMinimumQuorumCall { minimum }).await
    }

    /// Attestations that a batch needs now.
    ///
    /// # Errors
    /// [`L1Error`] if the node does not answer.
    pub async fn quorum(&self) -> Result<u64, L1Error> {
        Ok(self.l1.call(self.address(), &Contract::quorumCall {}).await?.saturating_to())
    }

    /// Attests a header for this rollup with the connection's wallet. See [`crate::attest`] for what that means.
    ///
    /// # Errors
    /// [`WalletError`] if the wallet cannot sign.
    pub fn attest(&self, header: &BatchHeader) -> Result<Attestation, WalletError> {
        crate::batch::attest(self.l1.wallet(), self.l1.chain_id(), self.address(), header)
    }

    /// Settles a batch. Attestations may come in any order. Anyone may send it.
    ///
    /// # Errors
    /// [`L1Error::Reverted`] with the rollup's reason or a verifier's ([`crate::Revert::refuses_proof`]), or another
    /// [`L1Error`].
    pub async fn submit_batch(
        &self,
        header: &BatchHeader,
        proofs: Proofs<'_>,
        attestations: &[Attestation],
    ) -> Result<Settled, L1Error> {
        let mut attestations: Vec<_> = attestations.iter().map(Attestation::to_sol).collect();
        attestations.sort_by_key(|a| a.signer);
        let call =
            Contract::submitBatchCall { header: header.to_sol(), proofs: proofs.to_sol(), attestations };
        self.l1.send(self.address(), &call).await
    }

    /// The root that a network's last batch led to; its genesis root before any.
    ///
    /// # Errors
    /// [`L1Error::Reverted`] with [`crate::Revert::UnknownNetwork`], or another [`L1Error`].
    pub async fn root(&self, network: NetworkId) -> Result<[u8; 32], L1Error> {
        let call = Contract::rootCall { network: network.0 };
        Ok(self.l1.call(self.address(), &call).await?.0)
    }

    /// What the next header has to name ([`crate::keys_digest`]): the digest of the keys in force, which the network's
    /// verifiers tell.
    ///
    /// # Errors
    /// [`L1Error::Reverted`] with [`crate::Revert::UnknownNetwork`], or another [`L1Error`].
    pub async fn verifier_key(&self, network: NetworkId) -> Result<[u8; 32], L1Error> {
        Ok(self.l1.call(self.address(), &Contract::verifierKeyCall { network: network.0 }).await?.0)
    }

    /// The tip of a network, if there is such a network.
    ///
    /// # Errors
    /// [`L1Error`] if the node does not answer.
    pub async fn head(&self, network: NetworkId) -> Result<Option<Head>, L1Error> {
        let head = self.l1.call(self.address(), &Contract::headCall { network: network.0 }).await?;
        let execution = head.executionVerifier;
        Ok((!head.stateVerifier.is_zero()).then_some(Head {
            root: head.root.0,
            block_hash: head.blockHash.0,
            state_verifier: head.stateVerifier,
            execution_verifier: (!execution.is_zero()).then_some(execution),
            number: head.number,
            window_end: head.windowEnd,
        }))
    }

    /// Hash of a block of a network, if it is there.
    ///
    /// # Errors
    /// [`L1Error`] if the node does not answer.
    pub async fn block_hash(&self, network: NetworkId, number: u64) -> Result<Option<[u8; 32]>, L1Error> {
        let call = Contract::blockHashCall { network: network.0, number };
        let hash = self.l1.call(self.address(), &call).await?;
        Ok((!hash.is_zero()).then_some(hash.0))
    }

    /// A block of a network, checked: its header hashes, over the block before, to what the contract holds.
    ///
    /// # Errors
    /// [`L1Error::BlockMismatch`] if the node's log and state disagree, or another [`L1Error`].
    pub async fn batch(&self, network: NetworkId, number: u64) -> Result<Option<SettledBatch>, L1Error> {
        let Some(expected) = self.block_hash(network, number).await? else { return Ok(None) };
        let logs = self
            .l1
            .logs(self.address(), self.deployment.block, |f| {
                f.event_signature(Contract::BatchSettled::SIGNATURE_HASH)
                    .topic1(U256::from(network.0))
                    .topic2(U256::from(number))
            })
            .await?;
        let Some(log) = logs.first() else { return Ok(None) };
        let batch = settled_batch(log)?;
        let consistent = batch.hash == expected
            && batch.header.block_hash(&batch.previous_hash) == expected
            && self.block_hash(network, number.saturating_sub(1)).await? == Some(batch.previous_hash);
        if !consistent || batch.header.network != network || batch.header.batch != number {
            return Err(L1Error::BlockMismatch { network: network.0, number });
        }
        Ok(Some(batch))
    }

    /// Batches that settled in Ethereum blocks from `from_l1_block` on, of every network, oldest first: what a node
    /// follows. Not checked against the contract's state, as [`Self::batch`] does.
    ///
    /// # Errors
    /// [`L1Error`] if the node does not answer.
    pub async fn settled_since(&self, from_l1_block: u64) -> Result<Vec<SettledBatch>, L1Error> {
        let from = from_l1_block.max(self.deployment.block);
        let logs = self
            .l1
            .logs(self.address(), from, |f| f.event_signature(Contract::BatchSettled::SIGNATURE_HASH))
            .await?;
        logs.iter().map(settled_batch).collect()
    }
}

fn settled_batch(log: &Log) -> Result<SettledBatch, L1Error> {
    let settled: Contract::BatchSettled = event(log)?;
    let place = log.transaction_hash.zip(log.block_number);
    let (tx, l1_block): (B256, u64) = place.ok_or(L1Error::BadAnswer { what: "mined log" })?;
    Ok(SettledBatch {
        header: settled.header.into(),
        hash: settled.blockHash.0,
        previous_hash: settled.previousHash.0,
        signers: settled.signers,
        tx,
        l1_block,
    })
}
