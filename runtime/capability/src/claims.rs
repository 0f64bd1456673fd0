//! Claim numbers, and the claims that grants, proofs of possession and directives share.
//!
//! Each map is written in ascending order of its encoded keys: the registered ones, then the private ones downwards.

use std::str::FromStr;

use coset::iana::CwtClaimName;
use nectar_abi::{ContractId, PublicKey};

use crate::cbor::{Entries, Malformed, Reader, Writer};

/// The version of every layout of this crate.
pub(crate) const VERSION_1: u64 = 1;

// RFC 8392, section 3.1; `cnf` is RFC 8747, section 3.1.
pub(crate) const ISSUER: i64 = CwtClaimName::Iss as i64;
pub(crate) const AUDIENCE: i64 = CwtClaimName::Aud as i64;
pub(crate) const EXPIRES: i64 = CwtClaimName::Exp as i64;
pub(crate) const NOT_BEFORE: i64 = CwtClaimName::Nbf as i64;
pub(crate) const ID: i64 = CwtClaimName::Cti as i64;
pub(crate) const CONFIRMATION: i64 = CwtClaimName::Cnf as i64;

// Private use (RFC 8392, section 9.1): below -65536. Never reused for another meaning.
pub(crate) const VERSION: i64 = -65_537;
pub(crate) const PARENT: i64 = -65_538;
pub(crate) const CONTRACT: i64 = -65_539;
pub(crate) const CODE: i64 = -65_540;
pub(crate) const PATIENT: i64 = -65_541;
pub(crate) const METHODS: i64 = -65_542;
pub(crate) const FIELDS: i64 = -65_543;
pub(crate) const PURPOSES: i64 = -65_544;
pub(crate) const BASIS: i64 = -65_545;
pub(crate) const DEPTH: i64 = -65_546;
pub(crate) const REASON: i64 = -65_547;
pub(crate) const GRANT: i64 = -65_548;
pub(crate) const NETWORK: i64 = -65_549;
pub(crate) const METHOD: i64 = -65_550;
pub(crate) const ARGUMENTS: i64 = -65_551;
pub(crate) const TOUCHES: i64 = -65_552;
pub(crate) const PURPOSE: i64 = -65_553;
pub(crate) const DIRECTIVE: i64 = -65_554;

const KEY_TEXT: usize = PublicKey::LEN * 2;

// A COSE_Key (RFC 9052, section 7) inside `cnf`: {1: {1: 1 (OKP), -1: 6 (Ed25519), -2: x}}.
const COSE_KEY: i64 = 1;
const KEY_TYPE: i64 = 1;
const OCTET_KEY_PAIR: i64 = 1;
const CURVE: i64 = -1;
const ED25519: i64 = 6;
const X: i64 = -2;

/// RFC 8392 wants text for `iss` and `aud`: the key in lower-case hexadecimal.
pub(crate) fn write_key_text(writer: &mut Writer, claim: i64, key: &PublicKey) {
    writer.int(claim).text(&key.to_string());
}

pub(crate) fn read_key_text(
    reader: &mut Reader<'_>,
    entries: &mut Entries,
    claim: i64,
) -> Result<PublicKey, Malformed> {
    reader.key(entries, claim)?;
    PublicKey::from_str(&reader.text(KEY_TEXT)?).map_err(|_| Malformed)
}

pub(crate) fn write_holder(writer: &mut Writer, holder: &PublicKey) {
    writer.int(CONFIRMATION).map(1).int(COSE_KEY).map(3);
    writer.int(KEY_TYPE).int(OCTET_KEY_PAIR).int(CURVE).int(ED25519).int(X).bytes(holder.as_bytes());
}

pub(crate) fn read_holder(reader: &mut Reader<'_>, entries: &mut Entries) -> Result<PublicKey, Malformed> {
    reader.key(entries, CONFIRMATION)?;
    reader.map_of(1)?;
    reader.int(COSE_KEY)?;
    reader.map_of(3)?;
    for expected in [KEY_TYPE, OCTET_KEY_PAIR, CURVE, ED25519, X] {
        reader.int(expected)?;
    }
    Ok(PublicKey::new(reader.fixed()?))
}

pub(crate) fn read_version(reader: &mut Reader<'_>, entries: &mut Entries) -> Result<(), Malformed> {
    reader.key(entries, VERSION)?;
    if reader.uint()? == VERSION_1 { Ok(()) } else { Err(Malformed) }
}

/// `exp` and `nbf`, in the order of their numbers; a half-open window in seconds since 1970.
pub(crate) fn write_window(writer: &mut Writer, not_before: u64, expires: u64) {
    writer.int(EXPIRES).uint(expires).int(NOT_BEFORE).uint(not_before);
}

/// `(not_before, expires)`
pub(crate) fn read_window(reader: &mut Reader<'_>, entries: &mut Entries) -> Result<(u64, u64), Malformed> {
    reader.key(entries, EXPIRES)?;
    let expires = reader.uint()?;
    reader.key(entries, NOT_BEFORE)?;
    Ok((reader.uint()?, expires))
}

pub(crate) fn write_contracts(writer: &mut Writer, contracts: &[ContractId]) {
    writer.array(contracts.len());
    for contract in contracts {
        writer.bytes(contract.as_bytes());
    }
}

/// Strictly ascending, so that one set has one encoding.
pub(crate) fn read_contracts(reader: &mut Reader<'_>, limit: usize) -> Result<Vec<ContractId>, Malformed> {
    let items = reader.array(limit)?;
    let contracts = (0..items).map(|_| reader.fixed().map(ContractId::new)).collect::<Result<Vec<_>, _>>()?;
    if contracts.is_sorted_by(|a, b| a < b) { Ok(contracts) } else { Err(Malformed) }
}
