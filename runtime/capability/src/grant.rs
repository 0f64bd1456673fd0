use std::collections::BTreeSet;
use std::fmt;

use nectar_abi::limits::{MAX_CHAIN, MAX_EMERGENCY_SECONDS, MAX_METHODS, MAX_REASON_BYTES};
use nectar_abi::{
    CodeHash, ContractId, FieldMask, GrantHash, GrantId, LegalBasis, Method, PatientHandle, PublicKey,
    Purpose,
};

use crate::error::{ChainError, GrantError};
use crate::key::SigningKey;
use crate::signed_grant::SignedGrant;

/// Who may call which methods of which contract, about whom, which fields, why, on which basis, and until when.
///
/// Times are seconds since 1970; a grant holds from `not_before` up to, not including, `expires`.
#[derive(Clone, PartialEq, Eq)]
pub struct Grant {
    /// Its own id: 16 random bytes, so that equal grants issued twice can be told apart and revoked apart.
    pub id: GrantId,
    /// The grant that it narrows; `None` at the root of a chain.
    pub parent: Option<GrantHash>,
    /// Who signs it: the contract's owner at the root, the parent's holder below.
    pub issuer: PublicKey,
    /// Who may use it, by proving possession of this key.
    pub holder: PublicKey,
    /// The contract.
    pub contract: ContractId,
    /// The code that the contract must run; a migrated contract needs new grants.
    pub code: CodeHash,
    /// The one patient it is about; `None` opens all.
    pub patient: Option<PatientHandle>,
    /// The methods, at least one.
    pub methods: BTreeSet<Method>,
    /// The fields.
    pub fields: FieldMask,
    /// The purposes, at least one. [`Purpose::EmergencyTreatment`] stands alone.
    pub purposes: BTreeSet<Purpose>,
    /// Why it is lawful.
    pub basis: LegalBasis,
    /// First second in which it holds.
    pub not_before: u64,
    /// First second in which it no longer holds.
    pub expires: u64,
    /// How many delegations may still follow; each child has exactly one less.
    pub depth: u8,
    /// Why, in the issuer's words. Required for [`Purpose::EmergencyTreatment`].
    pub reason: Option<String>,
}

/// What a child may have less of than its parent, never more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Axis {
    /// The contract: equal.
    Contract,
    /// The code: equal.
    Code,
    /// The patient: equal, or one of the parent's all.
    Patient,
    /// The methods: a subset.
    Methods,
    /// The fields: a subset.
    Fields,
    /// The purposes: a subset.
    Purposes,
    /// The legal basis: equal.
    Basis,
    /// The start: not earlier.
    NotBefore,
    /// The end: not later.
    Expires,
}

impl fmt::Display for Axis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Contract => "its contract",
            Self::Code => "its code",
            Self::Patient => "its patient",
            Self::Methods => "its methods",
            Self::Fields => "its fields",
            Self::Purposes => "its purposes",
            Self::Basis => "its legal basis",
            Self::NotBefore => "its start",
            Self::Expires => "its end",
        })
    }
}

impl Grant {
    /// Signs the grant.
    ///
    /// # Errors
    /// [`GrantError`] if it contradicts itself or names another issuer than this key.
    pub fn sign(&self, key: &SigningKey) -> Result<SignedGrant, GrantError> {
        self.check()?;
        if key.public() != self.issuer {
            return Err(GrantError::NotIssuer);
        }
        Ok(SignedGrant::new(self.clone(), key))
    }

    /// Whether this is break-glass access.
    pub fn is_emergency(&self) -> bool {
        self.purposes.contains(&Purpose::EmergencyTreatment)
    }

    /// Whether it holds in that second.
    pub const fn holds_at(&self, now: u64) -> bool {
        self.not_before <= now && now < self.expires
    }

    /// What a grant must satisfy by itself.
    ///
    /// # Errors
    /// [`GrantError`] naming the limit.
    pub fn check(&self) -> Result<(), GrantError> {
        if self.methods.is_empty() {
            return Err(GrantError::NoMethods);
        }
        if self.methods.len() > MAX_METHODS {
            return Err(GrantError::TooManyMethods { got: self.methods.len() });
        }
        if self.purposes.is_empty() {
            return Err(GrantError::NoPurposes);
        }
        if self.not_before >= self.expires {
            return Err(GrantError::EmptyWindow { not_before: self.not_before, expires: self.expires });
        }
        if usize::from(self.depth) >= MAX_CHAIN {
            return Err(GrantError::TooDeep { got: self.depth });
        }
        if self.reason.as_deref().is_some_and(|text| !is_shown(text, MAX_REASON_BYTES)) {
            return Err(GrantError::BadReason);
        }
        self.check_emergency()
    }

    fn check_emergency(&self) -> Result<(), GrantError> {
        if !self.is_emergency() {
            return Ok(());
        }
        if self.purposes.len() > 1 {
            return Err(GrantError::EmergencyNotAlone);
        }
        if self.reason.is_none() {
            return Err(GrantError::EmergencyWithoutReason);
        }
        let got = self.expires.saturating_sub(self.not_before);
        if got > MAX_EMERGENCY_SECONDS {
            return Err(GrantError::EmergencyTooLong { got });
        }
        Ok(())
    }

    /// The first axis on which this grant has more than `parent`.
    pub fn wider_than(&self, parent: &Self) -> Option<Axis> {
        let narrower = [
            (Axis::Contract, self.contract == parent.contract),
            (Axis::Code, self.code == parent.code),
            (Axis::Patient, parent.patient.is_none() || self.patient == parent.patient),
            (Axis::Methods, self.methods.is_subset(&parent.methods)),
            (Axis::Fields, parent.fields.contains(self.fields)),
            (Axis::Purposes, self.purposes.is_subset(&parent.purposes)),
            (Axis::Basis, self.basis == parent.basis),
            (Axis::NotBefore, self.not_before >= parent.not_before),
            (Axis::Expires, self.expires <= parent.expires),
        ];
        narrower.into_iter().find_map(|(axis, holds)| (!holds).then_some(axis))
    }

    /// Whether this grant follows `parent`, whose hash is `hash`, in a chain.
    pub(crate) fn follows(&self, parent: &Self, hash: &GrantHash) -> Result<(), ChainError> {
        if self.parent.as_ref() != Some(hash) {
            return Err(ChainError::ParentHash);
        }
        if self.issuer != parent.holder {
            return Err(ChainError::IssuerNotHolder);
        }
        let expected = parent.depth.checked_sub(1).ok_or(ChainError::NoDepthLeft)?;
        if self.depth != expected {
            return Err(ChainError::Depth { expected, got: self.depth });
        }
        self.wider_than(parent).map_or(Ok(()), |axis| Err(ChainError::Wider(axis)))
    }
}

/// Text that can go into a list line by line.
pub(crate) fn is_shown(text: &str, limit: usize) -> bool {
    text.len() <= limit && !text.trim().is_empty() && !text.chars().any(char::is_control)
}

/// Leaves out what concerns a patient: the handle and the reason.
impl fmt::Debug for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Grant")
            .field("id", &self.id)
            .field("parent", &self.parent)
            .field("issuer", &self.issuer)
            .field("holder", &self.holder)
            .field("contract", &self.contract)
            .field("code", &self.code)
            .field("methods", &self.methods)
            .field("fields", &self.fields)
            .field("purposes", &self.purposes)
            .field("basis", &self.basis)
            .field("not_before", &self.not_before)
            .field("expires", &self.expires)
            .field("depth", &self.depth)
            .finish_non_exhaustive()
    }
}
