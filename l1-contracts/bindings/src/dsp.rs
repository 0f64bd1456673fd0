use alloy::primitives::Address;
use nectar_abi::PublicKey;
use serde::{Deserialize, Serialize};

use crate::abi::registry::IDspRegistry;
use crate::error::L1Error;

/// Where a DSP is in its life cycle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Never applied, or took the application back.
    None,
    /// Waits for an Authorizer.
    Applied,
    /// Waits for its first audit.
    Authorised,
    /// Waits for the agreement to be signed by both sides.
    Audited,
    /// Admitted. Whether it counts now also depends on audit and agreement being in time.
    Active,
    /// Suspended, and can be reinstated.
    Suspended,
    /// Removed for good.
    Removed,
}

impl TryFrom<u8> for Status {
    type Error = L1Error;

    fn try_from(value: u8) -> Result<Self, L1Error> {
        [
            Self::None,
            Self::Applied,
            Self::Authorised,
            Self::Audited,
            Self::Active,
            Self::Suspended,
            Self::Removed,
        ]
        .get(usize::from(value))
        .copied()
        .ok_or(L1Error::BadAnswer { what: "DSP status" })
    }
}

/// What the registry knows of a DSP. Hashes stand for documents; times are seconds since 1970 (UTC).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dsp {
    /// Stage.
    pub status: Status,
    /// Ed25519 key of the node.
    pub node_key: PublicKey,
    /// Hash of the public description that was reviewed.
    pub metadata: [u8; 32],
    /// Hash of the last audit's report.
    pub audit_report: [u8; 32],
    /// Last second at which the audit counts; 0 if there is none.
    pub audit_valid_until: u64,
    /// Hash of the agreement's text in force.
    pub agreement: [u8; 32],
    /// Version of the agreement in force; 0 if there is none.
    pub agreement_version: u64,
    /// Last second at which the agreement counts.
    pub agreement_valid_until: u64,
}

impl TryFrom<IDspRegistry::Dsp> for Dsp {
    type Error = L1Error;

    fn try_from(dsp: IDspRegistry::Dsp) -> Result<Self, L1Error> {
        Ok(Self {
            status: Status::try_from(dsp.status)?,
            node_key: PublicKey::new(dsp.nodeKey.0),
            metadata: dsp.metadataHash.0,
            audit_report: dsp.auditReport.0,
            audit_valid_until: dsp.auditValidUntil,
            agreement: dsp.agreementHash.0,
            agreement_version: dsp.agreementVersion,
            agreement_valid_until: dsp.agreementValidUntil,
        })
    }
}

/// A DSP that may host and attest now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ActiveDsp {
    /// Address that attests.
    pub operator: Address,
    /// Ed25519 key of the node: what libp2p peers show.
    pub node_key: PublicKey,
}
