use cosmwasm_std::{ContractResult, QuerierWrapper, StdResult, SystemError, SystemResult};
use nectar_abi::compact;
use thiserror::Error;

use crate::{CallerGrant, FieldMask, LegalBasis, Method, NectarQuery, PatientHandle, PublicKey, Purpose};

/// Why a verified grant does not suffice for a message. Names no patient and no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum AccessError {
    /// The grant is about another patient.
    #[error("the grant is about another patient: use one for this patient")]
    Patient,
    /// Some fields are closed.
    #[error("the grant does not open the fields {:#x}: ask for a grant whose mask has these bits", missing.0)]
    Fields {
        /// The bits that are needed and not granted.
        missing: FieldMask,
    },
    /// The purpose is none that the message accepts.
    #[error("the purpose {got} is not accepted here")]
    Purpose {
        /// The purpose of this invocation.
        got: Purpose,
    },
    /// Only the contract's owner may do this.
    #[error("only the contract's owner may do this")]
    NotOwner,
    /// Only the patient may do this.
    #[error(
        "only the patient may do this: purpose PATRQT and basis INDIVIDUAL_ACCESS, in a grant for this patient"
    )]
    NotIndividual,
}

/// The caller of this invocation: who signed it, and what their verified grant allows.
///
/// In a composed call every contract sees the caller of the outermost one. The host answers only where a grant was
/// used, so not while a contract is instantiated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller(CallerGrant);

impl Caller {
    /// Asks the host. Costs one host call and no state operation.
    ///
    /// # Errors
    /// The host has no grant for this call (it is an instantiation), or answers something else than a grant.
    pub fn load(querier: &QuerierWrapper<'_, NectarQuery>) -> StdResult<Self> {
        let compact = match querier.raw_query(compact::CALLER) {
            SystemResult::Ok(ContractResult::Ok(bytes))
            // CosmWasm's own querier hands over what is no JSON.
            | SystemResult::Err(SystemError::InvalidResponse { response: bytes, .. }) => {
                CallerGrant::from_compact(&bytes)
            }
            _ => None,
        };
        // Who knows no compact request says why not as to any other one.
        compact.map_or_else(|| querier.query(&NectarQuery::CALLER.into()), Ok).map(Self)
    }

    /// The whole grant.
    pub const fn grant(&self) -> &CallerGrant {
        &self.0
    }

    /// The key that signed the invocation.
    pub const fn holder(&self) -> &PublicKey {
        &self.0.holder
    }

    /// The method of the outermost call.
    pub const fn method(&self) -> &Method {
        &self.0.method
    }

    /// Why the caller asks.
    pub const fn purpose(&self) -> Purpose {
        self.0.purpose
    }

    /// The fields that the grant opens.
    pub const fn fields(&self) -> FieldMask {
        self.0.fields
    }

    /// Whether the contract's owner calls.
    pub fn is_owner(&self) -> bool {
        self.0.holder == self.0.owner
    }

    /// Whether the patient calls, exercising their own right of access (45 CFR 164.524): the purpose is PATRQT, the basis
    /// is individual access, and the grant is for this patient alone. The owner decides to whom such a grant goes.
    pub fn is_individual(&self, patient: &PatientHandle) -> bool {
        self.0.purpose == Purpose::PatientRequest
            && self.0.legal_basis == LegalBasis::IndividualAccess
            && self.0.patient.as_ref() == Some(patient)
    }

    /// Insists that the grant covers this patient: names them, or names nobody because the owner opened all.
    ///
    /// # Errors
    /// [`AccessError::Patient`]
    pub fn require_patient(&self, patient: &PatientHandle) -> Result<(), AccessError> {
        match &self.0.patient {
            Some(granted) if granted != patient => Err(AccessError::Patient),
            _ => Ok(()),
        }
    }

    /// Insists that every one of these fields is open.
    ///
    /// # Errors
    /// [`AccessError::Fields`], with the bits that are not.
    pub const fn require_fields(&self, needed: FieldMask) -> Result<(), AccessError> {
        let missing = needed.without(self.0.fields);
        if missing.is_empty() { Ok(()) } else { Err(AccessError::Fields { missing }) }
    }

    /// Insists on one of these purposes.
    ///
    /// # Errors
    /// [`AccessError::Purpose`]
    pub fn require_purpose(&self, accepted: &[Purpose]) -> Result<(), AccessError> {
        if accepted.contains(&self.0.purpose) {
            Ok(())
        } else {
            Err(AccessError::Purpose { got: self.0.purpose })
        }
    }

    /// Insists that the contract's owner calls.
    ///
    /// # Errors
    /// [`AccessError::NotOwner`]
    pub fn require_owner(&self) -> Result<(), AccessError> {
        if self.is_owner() { Ok(()) } else { Err(AccessError::NotOwner) }
    }

    /// Insists on [`Self::is_individual`].
    ///
    /// # Errors
    /// [`AccessError::NotIndividual`]
    pub fn require_individual(&self, patient: &PatientHandle) -> Result<(), AccessError> {
        if self.is_individual(patient) { Ok(()) } else { Err(AccessError::NotIndividual) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{MockCaller, MockHost, owner, patient};

    fn caller(mock: MockCaller) -> Caller {
        Caller::load(&MockHost::new(mock.build()).deps().querier).unwrap()
    }

    #[test]
    fn a_grant_for_one_patient_covers_no_other() {
        let one = caller(MockCaller::named("clinician").patient(patient("ada")));
        assert_eq!(one.require_patient(&patient("ada")), Ok(()));
        assert_eq!(one.require_patient(&patient("bob")), Err(AccessError::Patient));
        let all = caller(MockCaller::named("clinician"));
        assert_eq!(all.require_patient(&patient("bob")), Ok(()));
    }

    #[test]
    fn missing_fields_are_named() {
        let some = caller(MockCaller::named("lab").fields(FieldMask(0b0110)));
        assert_eq!(some.require_fields(FieldMask(0b0100)), Ok(()));
        assert_eq!(
            some.require_fields(FieldMask(0b1100)),
            Err(AccessError::Fields { missing: FieldMask(0b1000) })
        );
        let text = some.require_fields(FieldMask(0b1100)).unwrap_err().to_string();
        assert!(text.contains("0x8"), "{text}");
    }

    #[test]
    fn only_accepted_purposes_pass() {
        let treats = caller(MockCaller::named("clinician").purpose(Purpose::Treatment));
        assert_eq!(treats.require_purpose(&[Purpose::Payment, Purpose::Treatment]), Ok(()));
        let refused = Err(AccessError::Purpose { got: Purpose::Treatment });
        assert_eq!(treats.require_purpose(&[Purpose::Research]), refused);
        assert_eq!(treats.require_purpose(&[]), refused);
    }

    #[test]
    fn only_the_owners_key_is_the_owner() {
        assert_eq!(caller(MockCaller::of(owner())).require_owner(), Ok(()));
        assert_eq!(caller(MockCaller::named("clinician")).require_owner(), Err(AccessError::NotOwner));
    }

    #[test]
    fn an_individual_needs_purpose_basis_and_a_grant_of_their_own() {
        let ada = patient("ada");
        let own = || MockCaller::individual("ada");
        assert_eq!(caller(own()).require_individual(&ada), Ok(()));
        let refused = Err(AccessError::NotIndividual);
        assert_eq!(caller(own()).require_individual(&patient("bob")), refused);
        assert_eq!(caller(own().purpose(Purpose::Treatment)).require_individual(&ada), refused);
        assert_eq!(caller(own().basis(LegalBasis::Authorization)).require_individual(&ada), refused);
        assert_eq!(caller(own().every_patient()).require_individual(&ada), refused);
    }
}
