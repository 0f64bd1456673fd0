//! Signed requests, ready to be sent: fresh nonce, a window around now.
//!
//! A call of a contract is an [`nectar_capability::Invocation`]; everything else is a directive.

use std::time::{SystemTime, UNIX_EPOCH};

use nectar_abi::{CodeHash, ContractId, GrantHash};
use nectar_capability::{
    Destination, Directive, EntropyError, RequestError, SigningKey, Token, random_bytes, sign_directive,
};
use sha2::{Digest as _, Sha256};
use thiserror::Error;

use crate::api::SETTLE;

/// How long a directive may be acted on, and how far the node's clock may be behind, in seconds.
const LIFE: u64 = 120;
const SKEW: u64 = 30;

/// Why a request was not made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PrepareError {
    /// No node would read it.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// No nonce.
    #[error(transparent)]
    Entropy(#[from] EntropyError),
}

/// Seconds since 1970 by this machine's clock.
#[must_use]
pub fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_secs())
}

/// The hash that names a module.
#[must_use]
pub fn code_hash(wasm: &[u8]) -> CodeHash {
    CodeHash::new(Sha256::digest(wasm).into())
}

/// A directive, valid from 30 seconds ago for two and a half minutes.
///
/// # Errors
/// [`PrepareError`]
pub fn directive(key: &SigningKey, to: Destination, order: &Directive) -> Result<Vec<u8>, PrepareError> {
    let now = now();
    let (from, until) = (now.saturating_sub(SKEW), now.saturating_add(LIFE));
    Ok(sign_directive(key, to.dsp, to.network, random_bytes()?, from, until, order)?)
}

/// The directive that goes with a module.
///
/// # Errors
/// [`PrepareError`]
pub fn upload(key: &SigningKey, to: Destination, wasm: &[u8]) -> Result<Vec<u8>, PrepareError> {
    directive(key, to, &Directive::UploadCode { code: code_hash(wasm) })
}

/// The directive that makes a contract, with a random salt. `touches` is sorted here.
///
/// # Errors
/// [`PrepareError`]
pub fn instantiate(
    key: &SigningKey,
    to: Destination,
    code: CodeHash,
    label: &str,
    message: &[u8],
    touches: &[ContractId],
) -> Result<Vec<u8>, PrepareError> {
    let mut touches = touches.to_vec();
    touches.sort_unstable();
    touches.dedup();
    let order = Directive::Instantiate {
        code,
        label: label.into(),
        message: message.to_vec(),
        salt: random_bytes()?,
        touches,
    };
    directive(key, to, &order)
}

/// The directive that registers a token's last grant.
///
/// # Errors
/// [`PrepareError`]
pub fn register(key: &SigningKey, to: Destination, token: &Token) -> Result<Vec<u8>, PrepareError> {
    directive(key, to, &Directive::Register { token: token.encode() })
}

/// The directive that revokes a grant.
///
/// # Errors
/// [`PrepareError`]
pub fn revoke(
    key: &SigningKey,
    to: Destination,
    contract: ContractId,
    grant: GrantHash,
) -> Result<Vec<u8>, PrepareError> {
    directive(key, to, &Directive::Revoke { contract, grant })
}

/// The directive that reads audit records, of one contract or of all.
///
/// # Errors
/// [`PrepareError`]
pub fn read_audit(
    key: &SigningKey,
    to: Destination,
    contract: Option<ContractId>,
) -> Result<Vec<u8>, PrepareError> {
    directive(key, to, &Directive::ReadAudit { contract })
}

/// The operator's directive that settles pending receipts.
///
/// # Errors
/// [`PrepareError`]
pub fn settle(key: &SigningKey, to: Destination) -> Result<Vec<u8>, PrepareError> {
    directive(key, to, &Directive::Operate { action: SETTLE.into() })
}
