//! Requests and answers of `query_chain` without JSON, for contracts that pay for each instruction.
//!
//! No JSON begins with the first byte of a request: a host that knows no compact ones refuses it as it refuses garbage.
//!
//! | request | answer |
//! |---|---|
//! | [`CALLER`] | [`CallerGrant::to_compact`]; if there is none what the same question in JSON is answered, which never begins with [`VERSION`] |
//! | [`smart`] | what the contract said, byte by byte: a `ContractResult<Binary>` in JSON, or whatever else it said; [`FAILED`] if it came to no end, [`UNKNOWN`] if there is none that may be asked |
//!
//! A contract that asks another by [`smart`] is proven to have been answered by that contract's run.
//!
//! ```text
//! smart = 2, 0, 0, 0, 0, 0, 0, 0, contract 32, message
//! grant = VERSION, purpose, legal basis, 1 if there is a patient, 1 if the method is a query, length of its name, 0, 0,
//!         fields u64 LE, expires u64 LE, holder 32, owner 32, grant 32, patient 32 (zeros for none), name
//! ```

use alloc::vec::Vec;
use core::str;

use crate::{
    CallerGrant, ContractId, EntryPoint, FieldMask, GrantHash, LegalBasis, Method, PatientHandle, PublicKey,
    Purpose,
};

/// Asks for the caller's grant.
pub const CALLER: &[u8] = &[1];

/// What [`smart`] begins with: a word, so that a message begins where one does if the request does.
pub const SMART: [u8; 8] = [2, 0, 0, 0, 0, 0, 0, 0];

/// Bytes of [`smart()`] before the message.
pub const SMART_HEAD: usize = SMART.len() + ContractId::LEN;

/// The answer to [`smart`] if the contract's run came to no end.
pub const FAILED: &[u8] = br#"{"error":"the contract that was asked failed"}"#;

/// The answer to [`smart`] if there is no contract that may be asked. One that is unknown, not named, or another owner's looks the same.
pub const UNKNOWN: &[u8] = br#"{"error":"there is no such contract to ask"}"#;

/// First byte of a grant.
pub const VERSION: u8 = 1;

/// Bytes before a method's name.
const FIXED: usize = 152;

/// A query of another contract: a word, the contract, and the message as it is.
pub fn smart(contract: &ContractId, message: &[u8]) -> Vec<u8> {
    let mut request = Vec::with_capacity(SMART_HEAD + message.len());
    request.extend_from_slice(&SMART);
    request.extend_from_slice(contract.as_bytes());
    request.extend_from_slice(message);
    request
}

/// The contract and the message of [`smart`]; `None` if the request is none.
pub fn read_smart(request: &[u8]) -> Option<(ContractId, &[u8])> {
    let (contract, message) = request.strip_prefix(&SMART)?.split_first_chunk()?;
    Some((ContractId::new(*contract), message))
}

impl CallerGrant {
    /// The grant in bytes, with fields where a contract finds them without a search.
    pub fn to_compact(&self) -> Vec<u8> {
        let name = self.method.name().as_bytes();
        let mut bytes = Vec::with_capacity(FIXED + name.len());
        let is_query = self.method.entry() == EntryPoint::Query;
        bytes.extend_from_slice(&[
            VERSION,
            self.purpose.number(),
            self.legal_basis.number(),
            self.patient.is_some().into(),
            is_query.into(),
            // At most 64.
            u8::try_from(name.len()).unwrap_or(u8::MAX),
            0,
            0,
        ]);
        bytes.extend_from_slice(&self.fields.0.to_le_bytes());
        bytes.extend_from_slice(&self.expires.to_le_bytes());
        let patient = self.patient.as_ref().map_or(&[0; PatientHandle::LEN], PatientHandle::as_bytes);
        for id in [self.holder.as_bytes(), self.owner.as_bytes(), self.grant.as_bytes(), patient] {
            bytes.extend_from_slice(id);
        }
        bytes.extend_from_slice(name);
        bytes
    }

    /// The grant of exactly these bytes: what [`Self::to_compact`] does not write is none.
    pub fn from_compact(bytes: &[u8]) -> Option<Self> {
        let (head, rest) = bytes.split_first_chunk::<8>()?;
        let [VERSION, purpose, legal_basis, has_patient, is_query, length, 0, 0] = *head else { return None };
        let (fields, rest) = rest.split_first_chunk()?;
        let (expires, rest) = rest.split_first_chunk()?;
        let (holder, rest) = rest.split_first_chunk()?;
        let (owner, rest) = rest.split_first_chunk()?;
        let (grant, rest) = rest.split_first_chunk()?;
        let (patient, name) = rest.split_first_chunk()?;
        if name.len() != usize::from(length) {
            return None;
        }
        let patient = match has_patient {
            0 if *patient == [0; PatientHandle::LEN] => None,
            1 => Some(PatientHandle::new(*patient)),
            _ => return None,
        };
        let entry = match is_query {
            0 => EntryPoint::Execute,
            1 => EntryPoint::Query,
            _ => return None,
        };
        Some(Self {
            holder: PublicKey::new(*holder),
            owner: PublicKey::new(*owner),
            grant: GrantHash::new(*grant),
            method: Method::new(entry, str::from_utf8(name).ok()?).ok()?,
            purpose: Purpose::from_number(purpose.into()).ok()?,
            legal_basis: LegalBasis::from_number(legal_basis.into()).ok()?,
            patient,
            fields: FieldMask(u64::from_le_bytes(*fields)),
            expires: u64::from_le_bytes(*expires),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn grant(patient: Option<[u8; 32]>, method: &str, purpose: usize, numbers: (u64, u64)) -> CallerGrant {
        CallerGrant {
            holder: PublicKey::new([1; 32]),
            owner: PublicKey::new([2; 32]),
            grant: GrantHash::new([3; 32]),
            method: method.parse().unwrap(),
            purpose: Purpose::ALL[purpose % Purpose::ALL.len()],
            legal_basis: LegalBasis::ALL[purpose % LegalBasis::ALL.len()],
            patient: patient.map(PatientHandle::new),
            fields: FieldMask(numbers.0),
            expires: numbers.1,
        }
    }

    proptest! {
        #[test]
        fn a_grant_survives_its_bytes(
            patient: Option<[u8; 32]>, method in "(execute|query)/[a-z0-9_]{1,64}", purpose: usize, numbers: (u64, u64)
        ) {
            let grant = grant(patient, &method, purpose, numbers);
            prop_assert_eq!(CallerGrant::from_compact(&grant.to_compact()), Some(grant));
        }

        #[test]
        fn other_bytes_are_another_grant_or_none(
            patient: Option<[u8; 32]>, method in "(execute|query)/[a-z]{1,9}", at in 0usize..161, byte: u8
        ) {
            let grant = grant(patient, &method, 0, (5, 6));
            let mut bytes = grant.to_compact();
            if let Some(place) = bytes.get_mut(at) {
                *place = byte;
            }
            match CallerGrant::from_compact(&bytes) {
                Some(other) => prop_assert_eq!(other.to_compact(), bytes),
                None => prop_assert_ne!(grant.to_compact(), bytes),
            }
        }

        #[test]
        fn garbage_is_no_grant_and_no_query(bytes: Vec<u8>) {
            if let Some(grant) = CallerGrant::from_compact(&bytes) {
                prop_assert_eq!(&grant.to_compact(), &bytes);
            }
            if let Some((contract, message)) = read_smart(&bytes) {
                prop_assert_eq!(smart(&contract, message), bytes);
            }
        }
    }

    #[test]
    fn a_grant_has_no_byte_too_many_or_too_few() {
        let bytes = grant(Some([9; 32]), "query/get", 3, (7, 8)).to_compact();
        for length in 0..bytes.len() {
            assert_eq!(CallerGrant::from_compact(&bytes[..length]), None);
        }
        assert_eq!(CallerGrant::from_compact(&[bytes.as_slice(), b"t"].concat()), None);
    }

    #[test]
    fn no_request_begins_as_json_does() {
        let id = ContractId::new([7; 32]);
        let request = smart(&id, b"{}");
        assert_eq!(read_smart(&request), Some((id, b"{}".as_slice())));
        assert_eq!(read_smart(&request[..40]), Some((id, b"".as_slice())));
        assert_eq!(read_smart(&request[..39]), None);
        for byte in [CALLER[0], SMART[0], VERSION] {
            assert!(!b" \t\r\n{[\"-0123456789tfn".contains(&byte));
        }
    }
}
