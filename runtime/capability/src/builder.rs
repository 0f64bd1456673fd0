use std::collections::BTreeSet;

use nectar_abi::{
    CodeHash, ContractId, FieldMask, GrantId, LegalBasis, Method, PatientHandle, PublicKey, Purpose,
};

use crate::error::GrantError;
use crate::grant::Grant;
use crate::key::{SigningKey, random_bytes};
use crate::signed_grant::SignedGrant;

/// Builds a grant: a root starts with nothing opened, a child with all that its parent has.
#[derive(Debug, Clone)]
#[must_use = "a builder does nothing until it is signed"]
pub struct GrantBuilder(Grant);

impl GrantBuilder {
    /// A root grant by the contract's owner. It opens every field of every patient, but no method, for no purpose, at
    /// no time, and may not be passed on, until told otherwise. Its basis is treatment, payment or operations.
    pub fn root(owner: PublicKey, holder: PublicKey, contract: ContractId, code: CodeHash) -> Self {
        Self(Grant {
            id: GrantId::new([0; 16]),
            parent: None,
            issuer: owner,
            holder,
            contract,
            code,
            patient: None,
            methods: BTreeSet::new(),
            fields: FieldMask::ALL,
            purposes: BTreeSet::new(),
            basis: LegalBasis::TreatmentPaymentOperations,
            not_before: 0,
            expires: 0,
            depth: 0,
            reason: None,
        })
    }

    /// A child for another holder: the same on every axis and one less deep. Narrow it from there.
    pub fn child(parent: &SignedGrant, holder: PublicKey) -> Self {
        let grant = parent.grant();
        Self(Grant {
            id: GrantId::new([0; 16]),
            parent: Some(parent.hash()),
            issuer: grant.holder,
            holder,
            depth: grant.depth.saturating_sub(1),
            reason: None,
            ..grant.clone()
        })
    }

    /// Only this patient.
    pub fn patient(mut self, patient: PatientHandle) -> Self {
        self.0.patient = Some(patient);
        self
    }

    /// These methods.
    pub fn methods(mut self, methods: impl IntoIterator<Item = Method>) -> Self {
        self.0.methods = methods.into_iter().collect();
        self
    }

    /// These fields.
    pub fn fields(mut self, fields: FieldMask) -> Self {
        self.0.fields = fields;
        self
    }

    /// These purposes.
    pub fn purposes(mut self, purposes: impl IntoIterator<Item = Purpose>) -> Self {
        self.0.purposes = purposes.into_iter().collect();
        self
    }

    /// On this basis.
    pub fn basis(mut self, basis: LegalBasis) -> Self {
        self.0.basis = basis;
        self
    }

    /// From `not_before` up to, not including, `expires`: seconds since 1970.
    pub fn window(mut self, not_before: u64, expires: u64) -> Self {
        self.0.not_before = not_before;
        self.0.expires = expires;
        self
    }

    /// How often it may be passed on. A child's is given by its parent.
    pub fn depth(mut self, depth: u8) -> Self {
        self.0.depth = depth;
        self
    }

    /// Why, in the issuer's words. Auditors read it: it names no patient.
    pub fn reason(mut self, reason: impl Into<String>) -> Self {
        self.0.reason = Some(reason.into());
        self
    }

    /// The grant with a random id, not signed yet.
    ///
    /// # Errors
    /// [`GrantError`] naming what is missing or beyond a limit.
    pub fn build(mut self) -> Result<Grant, GrantError> {
        self.0.id = GrantId::new(random_bytes()?);
        self.0.check()?;
        Ok(self.0)
    }

    /// [`Self::build`] and [`Grant::sign`].
    ///
    /// # Errors
    /// [`GrantError`]
    pub fn sign(self, issuer: &SigningKey) -> Result<SignedGrant, GrantError> {
        self.build()?.sign(issuer)
    }
}
