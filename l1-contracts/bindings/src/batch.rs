use std::fmt;

use alloy::primitives::{Address, B256, Bytes, keccak256};
use alloy::sol_types::{SolStruct as _, SolValue as _};
use nectar_abi::NetworkId;
use serde::{Deserialize, Serialize};

use crate::abi::rollup::IRollup;
use crate::abi::verifier::INovaVerifier;
use crate::agreement::domain;
use crate::wallet::{Wallet, WalletError};

/// A batch of receipts and the transition that its proof shows. Roots are elements of BN254's scalar field, 32 bytes,
/// big-endian, reduced; the audit root is a hash. Every member is signed by attesters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchHeader {
    /// The chain of rollup blocks that the batch belongs to.
    pub network: NetworkId,
    /// Position in that chain; the first batch is 1.
    pub batch: u64,
    /// State root before.
    pub pre_root: [u8; 32],
    /// State root after.
    pub post_root: [u8; 32],
    /// Root over the batch's receipts, in order.
    pub receipts_root: [u8; 32],
    /// Head of the audit log after the batch: attested, not proven.
    pub audit_root: [u8; 32],
    /// Root of the program registry. A state proof names it, and shows nothing about it.
    pub program_root: [u8; 32],
    /// Earliest and latest time of a receipt, in seconds since 1970 (UTC); named likewise.
    pub window: (u64, u64),
    /// Number of receipts, at least 1.
    pub receipts: u64,
    /// [`Proofs::digest`]: [`proof_digest`] of the state proof, or of both proofs where execution is proven.
    pub proof_digest: [u8; 32],
    /// [`keys_digest`]: digest of the state verifier's key, or of both verifiers' keys.
    pub verifier_key: [u8; 32],
}

impl BatchHeader {
    pub(crate) fn to_sol(self) -> IRollup::BatchHeader {
        IRollup::BatchHeader {
            network: self.network.0,
            number: self.batch,
            preRoot: B256::new(self.pre_root),
            postRoot: B256::new(self.post_root),
            receiptsRoot: B256::new(self.receipts_root),
            auditRoot: B256::new(self.audit_root),
            programRoot: B256::new(self.program_root),
            windowStart: self.window.0,
            windowEnd: self.window.1,
            receipts: self.receipts,
            proofDigest: B256::new(self.proof_digest),
            verifierKey: B256::new(self.verifier_key),
        }
    }

    /// What the proofs are about, both of them; verifiers add the chain's id.
    pub(crate) fn statement(&self) -> INovaVerifier::Statement {
        INovaVerifier::Statement {
            network: self.network.0,
            batch: self.batch,
            preRoot: B256::new(self.pre_root),
            postRoot: B256::new(self.post_root),
            receiptsRoot: B256::new(self.receipts_root),
            receipts: self.receipts,
            programRoot: B256::new(self.program_root),
            windowStart: self.window.0,
            windowEnd: self.window.1,
        }
    }

    /// Hash of the block that this batch makes on top of another: keccak256 over the two hashes.
    #[must_use]
    pub fn block_hash(&self, previous: &[u8; 32]) -> [u8; 32] {
        let header = self.to_sol().eip712_hash_struct();
        keccak256((B256::new(*previous), header).abi_encode()).0
    }

    /// The EIP-712 digest, which `attestationDigest` on the contract gives too.
    pub(crate) fn digest(&self, chain_id: u64, rollup: Address) -> B256 {
        self.to_sol().eip712_signing_hash(&domain("Nectar Rollup", chain_id, rollup))
    }
}

impl From<IRollup::BatchHeader> for BatchHeader {
    fn from(h: IRollup::BatchHeader) -> Self {
        Self {
            network: NetworkId(h.network),
            batch: h.number,
            pre_root: h.preRoot.0,
            post_root: h.postRoot.0,
            receipts_root: h.receiptsRoot.0,
            audit_root: h.auditRoot.0,
            program_root: h.programRoot.0,
            window: (h.windowStart, h.windowEnd),
            receipts: h.receipts,
            proof_digest: h.proofDigest.0,
            verifier_key: h.verifierKey.0,
        }
    }
}

/// The proofs of one batch, in bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Proofs<'a> {
    /// For the network's state verifier.
    pub state: &'a [u8],
    /// For its execution verifier, if it has one.
    pub execution: Option<&'a [u8]>,
}

impl<'a> Proofs<'a> {
    /// For a network without execution verifier.
    #[must_use]
    pub fn of_state(state: &'a [u8]) -> Self {
        Self { state, execution: None }
    }

    /// For a network with both verifiers.
    #[must_use]
    pub fn of_both(state: &'a [u8], execution: &'a [u8]) -> Self {
        Self { state, execution: Some(execution) }
    }

    /// What a header names, as the contract computes it over calldata: [`proof_digest`] of the state proof; with an
    /// execution proof, keccak256 of both digests, 64 bytes.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        joined(proof_digest(self.state), self.execution.map(proof_digest))
    }

    pub(crate) fn to_sol(self) -> IRollup::Proofs {
        IRollup::Proofs {
            state: Bytes::copy_from_slice(self.state),
            execution: Bytes::copy_from_slice(self.execution.unwrap_or_default()),
        }
    }
}

impl fmt::Debug for Proofs<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lengths = (self.state.len(), self.execution.map(<[u8]>::len));
        f.debug_struct("Proofs").field("bytes", &lengths).finish_non_exhaustive()
    }
}

/// keccak256 of a proof's bytes.
#[must_use]
pub fn proof_digest(proof: &[u8]) -> [u8; 32] {
    keccak256(proof).0
}

/// What a header names as its verifier key, from the digests of the verifiers' keys.
#[must_use]
pub fn keys_digest(state: [u8; 32], execution: Option<[u8; 32]>) -> [u8; 32] {
    joined(state, execution)
}

fn joined(state: [u8; 32], execution: Option<[u8; 32]>) -> [u8; 32] {
    execution.map_or(state, |execution| keccak256([state, execution].concat()).0)
}

/// A DSP's statement that it executed a batch itself and came to this header.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attestation {
    /// Operator address of the DSP.
    pub signer: Address,
    /// 65 bytes, (r, s, v).
    pub signature: Vec<u8>,
}

impl Attestation {
    pub(crate) fn to_sol(&self) -> IRollup::Attestation {
        IRollup::Attestation { signer: self.signer, signature: Bytes::copy_from_slice(&self.signature) }
    }
}

/// Attests a header for one rollup on one chain. The chain checks the proofs itself, and takes the signer's word for what no
/// proof covers: execution (unless the network's verifiers include one for it), what grants covered, the times, the audit
/// root. So a DSP signs only what it executed itself.
///
/// # Errors
/// [`WalletError`] if the wallet cannot sign.
pub fn attest(
    wallet: &Wallet,
    chain_id: u64,
    rollup: Address,
    header: &BatchHeader,
) -> Result<Attestation, WalletError> {
    let signature = wallet.sign(&header.digest(chain_id, rollup))?;
    Ok(Attestation { signer: wallet.address(), signature: signature.as_bytes().to_vec() })
}

/// The tip of a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// State root after the last batch.
    pub root: [u8; 32],
    /// Hash of the last block.
    pub block_hash: [u8; 32],
    /// Contract that checks the next batch's state proof; [`crate::Rollup::verifier_key`] asks it for its key.
    pub state_verifier: Address,
    /// Contract that checks its execution proof; none if execution is attested.
    pub execution_verifier: Option<Address>,
    /// Number of the last batch; 0 at genesis.
    pub number: u64,
    /// Latest receipt time so far.
    pub window_end: u64,
}

/// A block of a network as the chain's log tells it, checked against the hash that the contract holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettledBatch {
    /// The batch.
    pub header: BatchHeader,
    /// Hash of the block.
    pub hash: [u8; 32],
    /// Hash of the block before.
    pub previous_hash: [u8; 32],
    /// Who attested, ascending.
    pub signers: Vec<Address>,
    /// Ethereum transaction that carried it.
    pub tx: B256,
    /// Ethereum block that holds it.
    pub l1_block: u64,
}
