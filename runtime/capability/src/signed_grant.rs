use std::fmt;

use nectar_abi::limits::{MAX_METHOD_NAME, MAX_METHODS, MAX_REASON_BYTES};
use nectar_abi::{
    CodeHash, ContractId, FieldMask, GrantHash, GrantId, LegalBasis, Method, PatientHandle, Purpose,
    tagged_hash,
};

use crate::cbor::{Malformed, Reader, Writer};
use crate::claims::{
    self, BASIS, CODE, CONTRACT, DEPTH, FIELDS, ID, ISSUER, METHODS, PARENT, PATIENT, PURPOSES, REASON,
};
use crate::cose;
use crate::error::TokenError;
use crate::grant::Grant;
use crate::key::SigningKey;

/// Largest signed grant, in bytes: one with every field at its limit fits.
pub const MAX_GRANT_BYTES: usize = 4096;

const CONTEXT: &str = "nectar/grant/v1";
const HASH_TAG: &str = "nectar/grant-hash/v1";
const REQUIRED: usize = 13;
const OPTIONAL: usize = 3;
const MAX_METHOD_TEXT: usize = "execute/".len() + MAX_METHOD_NAME;

/// A grant with its issuer's signature, which has been verified: there is no other way to make one.
#[derive(Clone, PartialEq, Eq)]
pub struct SignedGrant {
    grant: Grant,
    bytes: Vec<u8>,
    hash: GrantHash,
}

impl SignedGrant {
    pub(crate) fn new(grant: Grant, key: &SigningKey) -> Self {
        let payload = encode(&grant);
        let hash = hash(&payload);
        Self { grant, bytes: cose::sign(key, CONTEXT, &payload), hash }
    }

    /// Reads a signed grant: canonical, self-consistent and signed by the issuer that it names.
    ///
    /// # Errors
    /// [`TokenError`]
    pub fn decode(bytes: &[u8]) -> Result<Self, TokenError> {
        let (signer, payload) = cose::verify(CONTEXT, bytes, MAX_GRANT_BYTES)?;
        let grant = decode(&payload)?;
        if encode(&grant) != payload {
            return Err(TokenError::Malformed);
        }
        if grant.issuer != signer {
            return Err(TokenError::BadSignature);
        }
        grant.check()?;
        Ok(Self { grant, bytes: bytes.to_vec(), hash: hash(&payload) })
    }

    /// The COSE_Sign1.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What registration, revocation and children refer to: the hash of the claims, the issuer's key among them.
    /// The signature is left out, so that an issuer who signs the same claims again makes no second grant.
    pub fn hash(&self) -> GrantHash {
        self.hash
    }

    /// What it says.
    pub fn grant(&self) -> &Grant {
        &self.grant
    }
}

impl fmt::Debug for SignedGrant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedGrant")
            .field("hash", &self.hash)
            .field("grant", &self.grant)
            .finish_non_exhaustive()
    }
}

fn hash(payload: &[u8]) -> GrantHash {
    GrantHash::new(tagged_hash(HASH_TAG, &[payload]))
}

fn encode(grant: &Grant) -> Vec<u8> {
    let optional = [grant.parent.is_some(), grant.patient.is_some(), grant.reason.is_some()];
    let entries = REQUIRED + optional.into_iter().filter(|present| *present).count();
    let mut writer = Writer::default();
    let w = &mut writer;
    w.map(entries);
    claims::write_key_text(w, ISSUER, &grant.issuer);
    claims::write_window(w, grant.not_before, grant.expires);
    w.int(ID).bytes(grant.id.as_bytes());
    claims::write_holder(w, &grant.holder);
    w.int(claims::VERSION).uint(claims::VERSION_1);
    if let Some(parent) = &grant.parent {
        w.int(PARENT).bytes(parent.as_bytes());
    }
    w.int(CONTRACT).bytes(grant.contract.as_bytes());
    w.int(CODE).bytes(grant.code.as_bytes());
    if let Some(patient) = &grant.patient {
        w.int(PATIENT).bytes(patient.as_bytes());
    }
    w.int(METHODS).array(grant.methods.len());
    for method in &grant.methods {
        w.text(&method.to_string());
    }
    w.int(FIELDS).uint(grant.fields.0);
    w.int(PURPOSES).array(grant.purposes.len());
    for purpose in &grant.purposes {
        w.uint(purpose.number().into());
    }
    w.int(BASIS).uint(grant.basis.number().into());
    w.int(DEPTH).uint(grant.depth.into());
    if let Some(reason) = &grant.reason {
        w.int(REASON).text(reason);
    }
    writer.finish()
}

/// Sets are collected as they come: a wrong order or a repeated item shows when the grant is encoded again.
fn decode(payload: &[u8]) -> Result<Grant, Malformed> {
    let mut reader = Reader::new(payload);
    let r = &mut reader;
    let mut entries = r.map(REQUIRED + OPTIONAL)?;
    let e = &mut entries;
    let issuer = claims::read_key_text(r, e, ISSUER)?;
    let (not_before, expires) = claims::read_window(r, e)?;
    r.key(e, ID)?;
    let id = GrantId::new(r.fixed()?);
    let holder = claims::read_holder(r, e)?;
    claims::read_version(r, e)?;
    let parent = if r.key_if(e, PARENT)? { Some(GrantHash::new(r.fixed()?)) } else { None };
    r.key(e, CONTRACT)?;
    let contract = ContractId::new(r.fixed()?);
    r.key(e, CODE)?;
    let code = CodeHash::new(r.fixed()?);
    let patient = if r.key_if(e, PATIENT)? { Some(PatientHandle::new(r.fixed()?)) } else { None };
    r.key(e, METHODS)?;
    let methods = (0..r.array(MAX_METHODS)?)
        .map(|_| r.text(MAX_METHOD_TEXT)?.parse::<Method>().map_err(|_| Malformed))
        .collect::<Result<_, _>>()?;
    r.key(e, FIELDS)?;
    let fields = FieldMask(r.uint()?);
    r.key(e, PURPOSES)?;
    let purposes = (0..r.array(Purpose::ALL.len())?)
        .map(|_| Purpose::from_number(r.uint()?).map_err(|_| Malformed))
        .collect::<Result<_, _>>()?;
    r.key(e, BASIS)?;
    let basis = LegalBasis::from_number(r.uint()?).map_err(|_| Malformed)?;
    r.key(e, DEPTH)?;
    let depth = r.uint()?.try_into().map_err(|_| Malformed)?;
    let reason = if r.key_if(e, REASON)? { Some(r.text(MAX_REASON_BYTES)?) } else { None };
    entries.end()?;
    Ok(Grant {
        id,
        parent,
        issuer,
        holder,
        contract,
        code,
        patient,
        methods,
        fields,
        purposes,
        basis,
        not_before,
        expires,
        depth,
        reason,
    })
}
