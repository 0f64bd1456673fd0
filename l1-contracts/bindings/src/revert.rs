use alloy::primitives::{Address, B256, Bytes, U256};
use alloy::sol_types::{Panic, Revert as SolRevert, SolError as _, SolInterface as _};
use thiserror::Error;

use crate::abi::registry::DspRegistry::DspRegistryErrors as Registry;
use crate::abi::rollup::Rollup::RollupErrors as Rollup;
use crate::abi::verifier::NovaVerifier::NovaVerifierErrors as Verifier;

/// Why a contract refused: its custom errors by name, with their arguments.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the arguments are those of the Solidity errors, which document them")]
pub enum Revert {
    // Rollup
    /// There is no such network.
    #[error("there is no network {network}")]
    UnknownNetwork { network: u64 },
    /// The network exists already.
    #[error("network {network} exists already")]
    NetworkExists { network: u64 },
    /// There is no code at the verifier's address.
    #[error("no contract is deployed at {verifier}: deploy a verifier first")]
    NoVerifier { verifier: Address },
    /// The verifier is for proofs of the other kind.
    #[error(
        "the verifier at {verifier} is of kind {got} where kind {expected} is needed (1: state, 2: execution): deploy one \
         from a key of that kind"
    )]
    WrongKind { verifier: Address, expected: u8, got: u8 },
    /// A root is not reduced.
    #[error("root {root} is not below the order of BN254's scalar field: roots are big-endian, 32 bytes")]
    RootNotReduced { root: B256 },
    /// The batch is not the next one.
    #[error("the next batch is {expected}, not {got}")]
    WrongNumber { expected: u64, got: u64 },
    /// The batch does not start from the current root.
    #[error("the batch starts from {got}, the current root is {expected}")]
    WrongPreRoot { expected: B256, got: B256 },
    /// The proofs are not for the keys of the network's verifiers.
    #[error(
        "the batch names verifier key {got}, the network's verifiers have {expected}: prove with those keys"
    )]
    WrongVerifierKey { expected: B256, got: B256 },
    /// A batch has at least one receipt.
    #[error("a batch has at least one receipt")]
    EmptyBatch,
    /// The window ends before it starts, before the last one ended, or in the future.
    #[error("the window {start}..{end} is out of order, or does not end within {earliest_end}..{latest_end}")]
    BadWindow { start: u64, end: u64, earliest_end: u64, latest_end: u64 },
    /// There is an execution proof, and no verifier that would read it.
    #[error("the network has no execution verifier: send the {got} bytes of execution proof to one that has")]
    UnexpectedProof { got: U256 },
    /// The proofs are not the attested ones.
    #[error("the proofs hash to {computed}, attested is {attested}")]
    ProofDigestMismatch { attested: B256, computed: B256 },
    /// Too few attestations.
    #[error("{required} attestations are needed, {got} are there")]
    QuorumNotReached { required: u64, got: u64 },
    /// Signers do not ascend strictly: one would count twice.
    #[error("signer {signer} does not come after {previous}: each counts once, in ascending order")]
    SignersNotAscending { previous: Address, signer: Address },
    /// The signature is not by the signer over this header.
    #[error("the attestation is not a signature of {signer} over this header")]
    BadAttestation { signer: Address },
    /// The signer is not an active DSP.
    #[error("{signer} is no active DSP")]
    NotActive { signer: Address },
    /// At least one attestation is always needed.
    #[error("at least one attestation is always needed")]
    QuorumTooSmall,

    // Verifier
    /// The bytes are not a verifier key of this version.
    #[error(
        "the bytes are no verifier key of the version that this verifier reads: encode the key with its release"
    )]
    BadKey,
    /// Anybody can forge proofs under the development setup.
    #[error(
        "anybody can forge proofs under the development setup, so chain {chain_id} refuses its key: make the key from a \
         Powers-of-Tau file, or use a development chain (id 31337 or 1337)"
    )]
    DevelopmentKey { chain_id: U256 },
    /// The proof is of another version, kind or circuit.
    #[error(
        "the proof is of another version, kind or circuit than the network's verifier: prove with the key that it names"
    )]
    BadHeader,
    /// A proof has 1 to 4,096 chunks.
    #[error("a proof has 1 to 4096 chunks, this one has {got}: settle fewer receipts in one batch")]
    BadChunks { got: U256 },
    /// The length does not fit the number of chunks.
    #[error(
        "a proof of so many chunks has {expected} bytes, this one has {got}: it was cut or padded on the way"
    )]
    BadLength { expected: U256, got: U256 },
    /// A word of the proof or the statement is not reduced.
    #[error("the word at byte {offset} of the proof, or of the statement, is not below its field's modulus")]
    NotReduced { offset: U256 },
    /// A point of the proof is none.
    #[error("a point of the proof is not on the curve, not reduced, or the identity")]
    BadPoint,
    /// The sum-check over the constraints fails.
    #[error("the proof does not show this batch on this chain: the sum-check over the constraints fails")]
    OuterSumCheck,
    /// The sum-check over the matrices fails.
    #[error("the proof does not show this batch on this chain: the sum-check over the matrices fails")]
    InnerSumCheck,
    /// The commitments do not open to what the proof says.
    #[error("the proof does not show this batch on this chain: its commitments open to something else")]
    Opening,

    // Registry
    /// The DSP is not at a stage at which this is possible.
    #[error("DSP {dsp} is at a stage ({status}) at which this is not possible")]
    WrongStatus { dsp: Address, status: u8 },
    /// A hash or key of zero stands for nothing.
    #[error("a hash or key of zero stands for nothing")]
    ZeroHash,
    /// Another DSP has, or had, this node key.
    #[error("node key {node_key} belongs to {dsp}")]
    NodeKeyTaken { node_key: B256, dsp: Address },
    /// The node key is not the registered one.
    #[error("the registered node key is {expected}, not {got}")]
    WrongNodeKey { expected: B256, got: B256 },
    /// The description is not the registered one.
    #[error("the registered description is {expected}, not {got}")]
    WrongMetadata { expected: B256, got: B256 },
    /// Nobody authorises, audits or countersigns for itself.
    #[error("{dsp} cannot decide on itself")]
    OwnAffair { dsp: Address },
    /// Who authorises does not audit.
    #[error("{account} has the other role: who authorises does not audit")]
    RolesConflict { account: Address },
    /// The time is not after now, or too far away.
    #[error("{valid_until} is past, or after {latest}")]
    BadValidity { valid_until: u64, latest: u64 },
    /// The agreement's version does not ascend.
    #[error("agreement version {current} is in force, {got} does not come after it")]
    StaleAgreement { current: u64, got: u64 },
    /// The signature under the agreement is not by the signer.
    #[error("the agreement is not signed by {signer}")]
    BadSignature { signer: Address },
    /// The audit lapsed or was revoked.
    #[error("the audit of {dsp} counts until {valid_until} only")]
    AuditLapsed { dsp: Address, valid_until: u64 },
    /// The agreement lapsed.
    #[error("the agreement of {dsp} counts until {valid_until} only")]
    AgreementLapsed { dsp: Address, valid_until: u64 },
    /// Audit and agreement are both in time.
    #[error("audit and agreement of {dsp} are in time")]
    NotLapsed { dsp: Address },
    /// Whoever countersigned is not an Authorizer.
    #[error("{account} is no Authorizer")]
    NotAuthorizer { account: Address },

    // Both
    /// The account lacks the role.
    #[error("{account} lacks the role {role}")]
    MissingRole { account: Address, role: B256 },
    /// A message that is no custom error.
    #[error("{message}")]
    Message { message: String },
    /// Bytes that these bindings do not know.
    #[error("unknown error {data}")]
    Unknown { data: Bytes },
}

impl Revert {
    /// Whether the verifier refused the proof: it does not show this batch on this chain, and sending it again helps
    /// nobody.
    #[must_use]
    pub fn refuses_proof(&self) -> bool {
        matches!(
            self,
            Self::BadHeader
                | Self::BadChunks { .. }
                | Self::BadLength { .. }
                | Self::NotReduced { .. }
                | Self::BadPoint
                | Self::OuterSumCheck
                | Self::InnerSumCheck
                | Self::Opening
        )
    }

    /// Reads what a contract returned with its revert.
    pub(crate) fn decode(data: &Bytes) -> Self {
        if let Ok(error) = Rollup::abi_decode(data) {
            return Self::from_rollup(error, data);
        }
        if let Ok(error) = Verifier::abi_decode(data) {
            return Self::from_verifier(&error);
        }
        if let Ok(error) = Registry::abi_decode(data) {
            return Self::from_registry(error, data);
        }
        if let Ok(error) = SolRevert::abi_decode(data) {
            return Self::Message { message: error.reason };
        }
        if let Ok(error) = Panic::abi_decode(data) {
            return Self::Message { message: error.to_string() };
        }
        Self::Unknown { data: data.clone() }
    }

    fn from_rollup(error: Rollup, data: &Bytes) -> Self {
        match error {
            Rollup::UnknownNetwork(e) => Self::UnknownNetwork { network: e.network },
            Rollup::NetworkExists(e) => Self::NetworkExists { network: e.network },
            Rollup::NoVerifier(e) => Self::NoVerifier { verifier: e.verifier },
            Rollup::WrongKind(e) => {
                Self::WrongKind { verifier: e.verifier, expected: e.expected, got: e.got }
            }
            Rollup::UnexpectedProof(e) => Self::UnexpectedProof { got: e.got },
            Rollup::RootNotReduced(e) => Self::RootNotReduced { root: e.root },
            Rollup::WrongNumber(e) => Self::WrongNumber { expected: e.expected, got: e.got },
            Rollup::WrongPreRoot(e) => Self::WrongPreRoot { expected: e.expected, got: e.got },
            Rollup::WrongVerifierKey(e) => Self::WrongVerifierKey { expected: e.expected, got: e.got },
            Rollup::EmptyBatch(_) => Self::EmptyBatch,
            Rollup::BadWindow(e) => Self::BadWindow {
                start: e.start,
                end: e.end,
                earliest_end: e.earliestEnd,
                latest_end: e.latestEnd,
            },
            Rollup::ProofDigestMismatch(e) => {
                Self::ProofDigestMismatch { attested: e.attested, computed: e.computed }
            }
            Rollup::QuorumNotReached(e) => {
                Self::QuorumNotReached { required: e.required.saturating_to(), got: e.got.saturating_to() }
            }
            Rollup::SignersNotAscending(e) => {
                Self::SignersNotAscending { previous: e.previous, signer: e.signer }
            }
            Rollup::BadAttestation(e) => Self::BadAttestation { signer: e.signer },
            Rollup::NotActive(e) => Self::NotActive { signer: e.signer },
            Rollup::QuorumTooSmall(_) => Self::QuorumTooSmall,
            Rollup::AccessControlUnauthorizedAccount(e) => {
                Self::MissingRole { account: e.account, role: e.neededRole }
            }
            _ => Self::Unknown { data: data.clone() },
        }
    }

    fn from_verifier(error: &Verifier) -> Self {
        match error {
            Verifier::BadKey(_) => Self::BadKey,
            Verifier::DevelopmentKey(e) => Self::DevelopmentKey { chain_id: e.chainId },
            Verifier::BadHeader(_) => Self::BadHeader,
            Verifier::BadChunks(e) => Self::BadChunks { got: e.got },
            Verifier::BadLength(e) => Self::BadLength { expected: e.expected, got: e.got },
            Verifier::NotReduced(e) => Self::NotReduced { offset: e.offset },
            Verifier::BadPoint(_) => Self::BadPoint,
            Verifier::OuterSumCheck(_) => Self::OuterSumCheck,
            Verifier::InnerSumCheck(_) => Self::InnerSumCheck,
            Verifier::Opening(_) => Self::Opening,
        }
    }

    fn from_registry(error: Registry, data: &Bytes) -> Self {
        match error {
            Registry::WrongStatus(e) => Self::WrongStatus { dsp: e.dsp, status: e.status },
            Registry::ZeroHash(_) => Self::ZeroHash,
            Registry::NodeKeyTaken(e) => Self::NodeKeyTaken { node_key: e.nodeKey, dsp: e.dsp },
            Registry::WrongNodeKey(e) => Self::WrongNodeKey { expected: e.expected, got: e.got },
            Registry::WrongMetadata(e) => Self::WrongMetadata { expected: e.expected, got: e.got },
            Registry::OwnAffair(e) => Self::OwnAffair { dsp: e.dsp },
            Registry::RolesConflict(e) => Self::RolesConflict { account: e.account },
            Registry::BadValidity(e) => Self::BadValidity { valid_until: e.validUntil, latest: e.latest },
            Registry::StaleAgreement(e) => Self::StaleAgreement { current: e.current, got: e.got },
            Registry::BadSignature(e) => Self::BadSignature { signer: e.signer },
            Registry::AuditLapsed(e) => Self::AuditLapsed { dsp: e.dsp, valid_until: e.validUntil },
            Registry::AgreementLapsed(e) => Self::AgreementLapsed { dsp: e.dsp, valid_until: e.validUntil },
            Registry::NotLapsed(e) => Self::NotLapsed { dsp: e.dsp },
            Registry::NotAuthorizer(e) => Self::NotAuthorizer { account: e.account },
            _ => Self::Unknown { data: data.clone() },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy::sol_types::SolError;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_bytes_decode_to_something(data: Vec<u8>) {
            let _ = Revert::decode(&Bytes::from(data));
        }
    }

    fn decode(error: &impl SolError) -> Revert {
        Revert::decode(&error.abi_encode().into())
    }

    #[test]
    fn the_verifiers_refusals_are_told_from_the_rollups() {
        use crate::abi::rollup::Rollup::{EmptyBatch, RootNotReduced};
        use crate::abi::verifier::NovaVerifier::{
            BadChunks, BadHeader, BadKey, BadLength, BadPoint, InnerSumCheck, NotReduced, Opening,
            OuterSumCheck,
        };

        let n = U256::from;
        let refusals = [
            (decode(&BadHeader {}), Revert::BadHeader),
            (decode(&BadChunks { got: n(0) }), Revert::BadChunks { got: n(0) }),
            (
                decode(&BadLength { expected: n(7), got: n(8) }),
                Revert::BadLength { expected: n(7), got: n(8) },
            ),
            (decode(&NotReduced { offset: n(9) }), Revert::NotReduced { offset: n(9) }),
            (decode(&BadPoint {}), Revert::BadPoint),
            (decode(&OuterSumCheck {}), Revert::OuterSumCheck),
            (decode(&InnerSumCheck {}), Revert::InnerSumCheck),
            (decode(&Opening {}), Revert::Opening),
        ];
        for (decoded, expected) in refusals {
            assert_eq!(decoded, expected);
            assert!(decoded.refuses_proof(), "{decoded}");
        }
        let root = B256::repeat_byte(0xff);
        let others = [
            (decode(&BadKey {}), Revert::BadKey),
            (decode(&EmptyBatch {}), Revert::EmptyBatch),
            (decode(&RootNotReduced { root }), Revert::RootNotReduced { root }),
        ];
        for (decoded, expected) in others {
            assert_eq!(decoded, expected);
            assert!(!decoded.refuses_proof(), "{decoded}");
        }
    }

    #[test]
    fn a_development_key_on_a_real_chain_is_refused_in_words_that_name_the_way_out() {
        use crate::abi::verifier::NovaVerifier::DevelopmentKey;

        let refusal = decode(&DevelopmentKey { chainId: U256::from(1) });
        assert_eq!(refusal, Revert::DevelopmentKey { chain_id: U256::from(1) });
        let words = refusal.to_string();
        for part in ["chain 1 ", "Powers-of-Tau", "31337", "1337"] {
            assert!(words.contains(part), "{words}");
        }
    }

    #[test]
    fn a_solidity_message_keeps_its_text() {
        let data = SolRevert::from("out of order").abi_encode().into();
        assert_eq!(Revert::decode(&data), Revert::Message { message: "out of order".into() });
    }

    #[test]
    fn a_custom_error_with_trailing_bytes_is_not_taken_for_another() {
        let mut data = vec![0xde, 0xad, 0xbe, 0xef];
        data.extend([0; 64]);
        assert!(matches!(Revert::decode(&Bytes::from(data)), Revert::Unknown { .. }));
    }
}
