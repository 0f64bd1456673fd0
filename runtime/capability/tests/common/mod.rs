//! A small world with an owner, holders, a node and a view that tests can bend.
#![allow(dead_code, clippy::allow_attributes, reason = "each test binary uses its own part")]

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use ciborium::Value;
use nectar_abi::{
    CodeHash, ContractId, FieldMask, GrantHash, LegalBasis, Method, NetworkId, PatientHandle, PublicKey,
    Purpose,
};
use nectar_capability::{
    Authorized, Destination, Expected, GrantBuilder, GrantStatus, GrantView, Invocation, RefusalReason,
    SignedGrant, SigningKey, StaleView, Token, authorize, cose, decode_invocation,
};

pub(crate) const NOW: u64 = 1_790_000_000;
pub(crate) const CONTRACT: ContractId = ContractId::new([0xc0; 32]);
pub(crate) const CODE: CodeHash = CodeHash::new([0xcd; 32]);
pub(crate) const PATIENT: PatientHandle = PatientHandle::new([0xaa; 32]);
pub(crate) const NETWORK: NetworkId = NetworkId::CONTRACTS;

pub(crate) const GRANT_CONTEXT: &str = "nectar/grant/v1";
pub(crate) const INVOCATION_CONTEXT: &str = "nectar/invocation/v1";
pub(crate) const DIRECTIVE_CONTEXT: &str = "nectar/directive/v1";

pub(crate) fn key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}
pub(crate) fn owner() -> SigningKey {
    key(1)
}
pub(crate) fn dsp() -> SigningKey {
    key(2)
}
/// The holder of the grant at this position of a chain.
pub(crate) fn holder(position: usize) -> SigningKey {
    key(10 + u8::try_from(position).unwrap())
}
pub(crate) fn method(text: &str) -> Method {
    text.parse().unwrap()
}

/// Two methods, two purposes, half the fields, all patients, an hour around [`NOW`].
pub(crate) fn root_builder(depth: u8) -> GrantBuilder {
    GrantBuilder::root(owner().public(), holder(0).public(), CONTRACT, CODE)
        .methods([method("query/get"), method("execute/put")])
        .purposes([Purpose::Treatment, Purpose::Payment])
        .fields(FieldMask(0xffff))
        .basis(LegalBasis::TreatmentPaymentOperations)
        .window(NOW - 1800, NOW + 1800)
        .depth(depth)
}
pub(crate) fn root(depth: u8) -> SignedGrant {
    root_builder(depth).sign(&owner()).unwrap()
}
/// A chain of `hops` delegations, each to the next holder, all equally wide.
pub(crate) fn chain(hops: usize) -> Token {
    let mut token = Token::root(root(u8::try_from(hops).unwrap())).unwrap();
    for hop in 0..hops {
        let child = GrantBuilder::child(token.leaf(), holder(hop + 1).public()).sign(&holder(hop)).unwrap();
        token = token.delegate(child).unwrap();
    }
    token
}
pub(crate) fn leaf_holder(token: &Token) -> SigningKey {
    holder(token.len() - 1)
}

pub(crate) fn call(token: &Token) -> Invocation {
    let to = Destination { network: NETWORK, dsp: dsp().public() };
    let message = br#"{"get":{"id":"7"}}"#.to_vec();
    let mut call = Invocation::new(to, token, method("query/get"), message, Purpose::Treatment, NOW).unwrap();
    call.nonce = [5; 16];
    call
}
pub(crate) fn signed_call(token: &Token) -> Vec<u8> {
    call(token).sign(&leaf_holder(token)).unwrap()
}

pub(crate) fn expected() -> Expected {
    Expected { now: NOW, network: NETWORK, dsp: dsp().public(), owner: owner().public(), code: CODE }
}

/// Everything is active and fresh until a test says otherwise.
#[derive(Debug, Default)]
pub(crate) struct View {
    pub(crate) unknown: BTreeSet<GrantHash>,
    pub(crate) revoked: BTreeSet<GrantHash>,
    pub(crate) stale: BTreeSet<GrantHash>,
    pub(crate) nonces: BTreeMap<PublicKey, BTreeSet<[u8; 16]>>,
    pub(crate) nonces_stale: bool,
    pub(crate) questions: Cell<usize>,
}

impl GrantView for View {
    fn grant_status(&self, contract: &ContractId, grant: &GrantHash) -> Result<GrantStatus, StaleView> {
        self.questions.set(self.questions.get() + 1);
        assert_eq!(*contract, CONTRACT);
        if self.stale.contains(grant) {
            Err(StaleView)
        } else if self.revoked.contains(grant) {
            Ok(GrantStatus::Revoked)
        } else if self.unknown.contains(grant) {
            Ok(GrantStatus::Unknown)
        } else {
            Ok(GrantStatus::Active)
        }
    }

    fn nonce_seen(&self, holder: &PublicKey, nonce: &[u8; 16]) -> Result<bool, StaleView> {
        self.questions.set(self.questions.get() + 1);
        if self.nonces_stale {
            return Err(StaleView);
        }
        Ok(self.nonces.get(holder).is_some_and(|seen| seen.contains(nonce)))
    }
}

pub(crate) fn decide_with(
    bytes: &[u8],
    expected: &Expected,
    view: &View,
) -> Result<Authorized, RefusalReason> {
    let invocation = decode_invocation(bytes).map_err(|refusal| refusal.reason())?;
    authorize(&invocation, expected, view).map_err(|refusal| refusal.reason())
}
pub(crate) fn decide(bytes: &[u8]) -> Result<Authorized, RefusalReason> {
    decide_with(bytes, &expected(), &View::default())
}

// What an attacker builds, with an encoder of their own.

pub(crate) fn to_cbor(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    ciborium::into_writer(value, &mut bytes).unwrap();
    bytes
}
pub(crate) fn from_cbor(bytes: &[u8]) -> Value {
    ciborium::from_reader(bytes).unwrap()
}
pub(crate) fn array(bytes: &[u8]) -> Vec<Value> {
    from_cbor(bytes).into_array().unwrap()
}
/// The four items of a COSE_Sign1.
pub(crate) fn sign1(bytes: &[u8]) -> Vec<Value> {
    from_cbor(bytes).into_tag().unwrap().1.into_array().unwrap()
}
pub(crate) fn payload(bytes: &[u8]) -> Vec<u8> {
    sign1(bytes)[2].as_bytes().unwrap().clone()
}
pub(crate) fn claims(bytes: &[u8]) -> Vec<(Value, Value)> {
    from_cbor(&payload(bytes)).into_map().unwrap()
}
pub(crate) fn raw_token(grants: &[Vec<u8>]) -> Vec<u8> {
    let grants = grants.iter().map(|grant| Value::Bytes(grant.clone())).collect();
    to_cbor(&Value::Array(vec![1.into(), Value::Array(grants)]))
}
/// `[1, proof, message, token]`
pub(crate) fn raw_invocation(proof: Vec<u8>, message: Vec<u8>, token: Vec<u8>) -> Vec<u8> {
    to_cbor(&Value::Array(vec![1.into(), Value::Bytes(proof), Value::Bytes(message), Value::Bytes(token)]))
}
/// `(proof, message, token)`
pub(crate) fn parts(invocation: &[u8]) -> (Vec<u8>, Vec<u8>, Vec<u8>) {
    let mut items = array(invocation).into_iter().skip(1).map(|item| item.into_bytes().unwrap());
    (items.next().unwrap(), items.next().unwrap(), items.next().unwrap())
}
pub(crate) fn resign(key: &SigningKey, context: &'static str, claims: Vec<(Value, Value)>) -> Vec<u8> {
    cose::sign(key, context, &to_cbor(&Value::Map(claims)))
}

/// Signs claims that [`nectar_capability::Grant::sign`] would not.
pub(crate) fn grant_with(
    signed: &SignedGrant,
    issuer: &SigningKey,
    claim: i64,
    value: Option<Value>,
) -> Vec<u8> {
    let mut claims = claims(signed.bytes());
    let label = Value::from(claim);
    claims.retain(|(key, _)| *key != label);
    if let Some(value) = value {
        claims.push((label, value));
        // Ascending by encoding: shorter keys first, then by bytes.
        claims.sort_by_key(|(key, _)| to_cbor(key));
    }
    resign(issuer, GRANT_CONTEXT, claims)
}
