//! What the runtime keeps in the store beside contracts' state: encrypted, and written with the same commit.
//!
//! | namespace | key | value |
//! |---|---|---|
//! | `code` | code hash | the module |
//! | `contract` | contract id | [`ContractRecord`] |
//! | `grant` | contract id, grant hash | [`GrantRow`] |
//! | `uses` | contract id, grant hash | number of uses |
//! | `use` | contract id, grant hash, number from zero | [`Use`] |
//! | `receipt` | position | [`ReceiptRow`] |
//! | `trace` | position | `InvocationTrace`, until it is settled |
//! | `batch` | number | [`BatchRecord`] |
//! | `nonce` | expiry, signer, nonce | nothing |
//! | `audit` | sequence | [`crate::AuditEntry`] |
//! | `refused` | sequence modulo the ring's size | [`crate::AuditEntry`] |
//! | `head` | nothing | [`Head`] |
//!
//! Numbers in keys are 8 bytes, big-endian. Values are CBOR, except for modules and traces.

use nectar_abi::{CodeHash, ContractId, Digest, GrantHash, Method, PublicKey, Purpose};
use nectar_capability::Token;
use nectar_commitment::{Fr, from_bytes, to_bytes};
use nectar_state::{Session, StateError, Store};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::error::HostError;

pub(crate) const CODES: &str = "code";
pub(crate) const CONTRACTS: &str = "contract";
pub(crate) const GRANTS: &str = "grant";
pub(crate) const USE_COUNTS: &str = "uses";
pub(crate) const USES: &str = "use";
pub(crate) const RECEIPTS: &str = "receipt";
pub(crate) const TRACES: &str = "trace";
pub(crate) const BATCHES: &str = "batch";
pub(crate) const NONCES: &str = "nonce";
pub(crate) const AUDIT: &str = "audit";
pub(crate) const REFUSED: &str = "refused";
pub(crate) const HEAD: &str = "head";

/// Reads system records: a store, or a session with its own changes.
pub(crate) trait Records {
    fn get(&self, ns: &'static str, key: &[u8]) -> Result<Option<Vec<u8>>, StateError>;

    fn load<T: DeserializeOwned>(&self, ns: &'static str, key: &[u8]) -> Result<Option<T>, HostError> {
        self.get(ns, key)?.map(|bytes| decode(ns, &bytes)).transpose()
    }
}

impl Records for Store {
    fn get(&self, ns: &'static str, key: &[u8]) -> Result<Option<Vec<u8>>, StateError> {
        self.system_get(ns, key)
    }
}

impl Records for Session {
    fn get(&self, ns: &'static str, key: &[u8]) -> Result<Option<Vec<u8>>, StateError> {
        self.system_get(ns, key)
    }
}

pub(crate) fn encode<T: Serialize>(value: &T) -> Result<Vec<u8>, HostError> {
    let mut out = Vec::new();
    ciborium::into_writer(value, &mut out).map_err(|_| HostError::Invariant("a record is CBOR"))?;
    Ok(out)
}

pub(crate) fn decode<T: DeserializeOwned>(ns: &'static str, bytes: &[u8]) -> Result<T, HostError> {
    ciborium::from_reader(bytes).map_err(|_| HostError::Record(ns))
}

/// The key of the grant's records.
pub(crate) fn grant_key(contract: &ContractId, grant: &GrantHash) -> Vec<u8> {
    [contract.as_bytes().as_slice(), grant.as_bytes()].concat()
}

/// The key of one use of a grant.
pub(crate) fn use_key(contract: &ContractId, grant: &GrantHash, number: u64) -> Vec<u8> {
    [contract.as_bytes().as_slice(), grant.as_bytes(), &number.to_be_bytes()].concat()
}

/// A contract as this node knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ContractRecord {
    /// Who instantiated it, and issues its root grants.
    pub owner: PublicKey,
    /// Its module.
    pub code: CodeHash,
    /// A name for people.
    pub label: String,
    /// When it was created, in seconds since 1970.
    pub created: u64,
    /// The receipt of its creation.
    pub position: u64,
}

impl ContractRecord {
    pub(crate) fn load(records: &impl Records, contract: &ContractId) -> Result<Option<Self>, HostError> {
        records.load(CONTRACTS, contract.as_bytes())
    }
}

/// A registered grant.
#[derive(Serialize, Deserialize)]
pub(crate) struct GrantRow {
    token: Bytes,
    pub(crate) registered_at: u64,
    pub(crate) registered_position: u64,
    pub(crate) revoked_at: Option<u64>,
    pub(crate) revoked_position: Option<u64>,
}

impl GrantRow {
    pub(crate) fn new(token: &Token, registered_at: u64, registered_position: u64) -> Self {
        let token = Bytes(token.encode());
        Self { token, registered_at, registered_position, revoked_at: None, revoked_position: None }
    }

    pub(crate) fn token(&self) -> Result<Token, HostError> {
        Token::decode(&self.token.0).map_err(|_| HostError::Record(GRANTS))
    }

    pub(crate) fn into_token_bytes(self) -> Vec<u8> {
        self.token.0
    }
}

/// One use of a grant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Use {
    /// The receipt.
    pub position: u64,
    /// When, in seconds since 1970.
    pub time: u64,
    /// What was called.
    pub method: Method,
    /// Why.
    pub purpose: Purpose,
    /// `ok`, `error` for the contract's own, or the name of a [`crate::ContractFailure`].
    pub outcome: String,
}

/// A receipt with what the node remembers of it.
#[derive(Serialize, Deserialize)]
pub(crate) struct ReceiptRow {
    pub(crate) signed: Bytes,
    /// Network root after it.
    pub(crate) post_root: Element,
    /// Salt of the opening, for auditors.
    pub(crate) salt: [u8; 32],
    pub(crate) request: Digest,
    pub(crate) response: Digest,
    /// How many slots its trace has.
    pub(crate) slots: u64,
}

/// A settled batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct BatchRecord {
    /// Its number, from one.
    pub number: u64,
    /// Its first receipt.
    pub first: u64,
    /// Its last receipt.
    pub last: u64,
    /// Network root after it: 32 bytes, big-endian.
    pub post_root: [u8; 32],
    /// Where L1 has it, in the caller's encoding.
    pub reference: Vec<u8>,
}

/// Where the node's log stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Head {
    pub(crate) dsp: PublicKey,
    /// Position of the next receipt.
    pub(crate) position: u64,
    /// Digest of the last receipt; zeros before the first.
    pub(crate) previous: Digest,
    /// Time of the last receipt: time never goes back behind it.
    pub(crate) time: u64,
    /// First receipt that is not settled.
    pub(crate) unsettled: u64,
    /// Network root after the last settled receipt.
    pub(crate) settled_root: Element,
    /// Number of the next batch.
    pub(crate) batch: u64,
    /// Next audit entry.
    pub(crate) audit: u64,
    /// Refusals of unknown callers so far; the last ones are in the ring.
    pub(crate) refused: u64,
    pub(crate) codes: u64,
    pub(crate) contracts: u64,
}

impl Head {
    pub(crate) fn new(dsp: PublicKey, root: Fr) -> Self {
        Self {
            dsp,
            position: 0,
            previous: Digest::new([0; 32]),
            time: 0,
            unsettled: 0,
            settled_root: Element(root),
            batch: 1,
            audit: 0,
            refused: 0,
            codes: 0,
            contracts: 0,
        }
    }
}

/// Bytes as a CBOR byte string.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Bytes(pub(crate) Vec<u8>);

impl Serialize for Bytes {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = Bytes;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("bytes")
            }

            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Bytes, E> {
                Ok(Bytes(bytes.to_vec()))
            }

            fn visit_byte_buf<E>(self, bytes: Vec<u8>) -> Result<Bytes, E> {
                Ok(Bytes(bytes))
            }
        }
        d.deserialize_byte_buf(Visitor)
    }
}

/// A field element as 32 bytes, big-endian.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Element(pub(crate) Fr);

impl Serialize for Element {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        to_bytes(&self.0).serialize(s)
    }
}

impl<'de> Deserialize<'de> for Element {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let bytes = <[u8; 32]>::deserialize(d)?;
        from_bytes(&bytes).map(Self).ok_or_else(|| serde::de::Error::custom("not a field element"))
    }
}
