use nectar_abi::{CallerGrant, CodeHash, ContractId, GrantHash, NetworkId, PublicKey};
use thiserror::Error;

use crate::invocation::SignedInvocation;
use crate::proof::InvocationClaims;
use crate::refusal::{Refusal, RefusalReason};
use crate::token::Token;

/// What a contract's grant tree says of a grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GrantStatus {
    /// Never registered.
    Unknown,
    /// Registered and not revoked.
    Active,
    /// Revoked, for good.
    Revoked,
}

/// The view cannot say: it is behind, or could not be read. What cannot be known is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the view of grants and nonces is behind or unreadable")]
pub struct StaleView;

/// What a node knows of grants and nonces.
///
/// [`authorize`] asks and decides; the caller then records the nonce until the invocation's `expires` in the same
/// durable step as the effects, under one lock with the question, so that no nonce is accepted twice.
pub trait GrantView {
    /// The status of a grant in that contract's grant tree.
    ///
    /// # Errors
    /// [`StaleView`]
    fn grant_status(&self, contract: &ContractId, grant: &GrantHash) -> Result<GrantStatus, StaleView>;

    /// Whether that holder used that nonce in an invocation which has not expired.
    ///
    /// # Errors
    /// [`StaleView`]
    fn nonce_seen(&self, holder: &PublicKey, nonce: &[u8; 16]) -> Result<bool, StaleView>;
}

/// What an invocation must fit. For a contract that does not exist give any owner and code: the answer is no, after the
/// same work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expected {
    /// The time, in seconds since 1970.
    pub now: u64,
    /// The network that this node serves.
    pub network: NetworkId,
    /// This node's key.
    pub dsp: PublicKey,
    /// The contract's owner: the only issuer of root grants.
    pub owner: PublicKey,
    /// The code that the contract runs.
    pub code: CodeHash,
}

/// What a token must fit to be registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExpectedToken {
    /// The time, in seconds since 1970.
    pub now: u64,
    /// The contract.
    pub contract: ContractId,
    /// The contract's owner: the only issuer of root grants.
    pub owner: PublicKey,
    /// The code that the contract runs.
    pub code: CodeHash,
}

/// Yes: what was allowed, and to whom.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Authorized {
    /// What the contract may know of the caller.
    pub caller: CallerGrant,
    /// The hashes of the grants, root first.
    pub chain: Vec<GrantHash>,
    /// What the holder signed.
    pub invocation: InvocationClaims,
    /// Whether this is break-glass access: it notifies and waits for review.
    pub emergency: bool,
}

/// Decides on an invocation whose signatures hold.
///
/// First what needs only the request and `expected`, then the view. The view is asked about every grant and the nonce
/// whatever the first answers are: how long it takes does not tell a revoked grant from a replay.
///
/// # Errors
/// [`Refusal`]
pub fn authorize(
    invocation: &SignedInvocation,
    expected: &Expected,
    view: &dyn GrantView,
) -> Result<Authorized, Refusal> {
    let claims = invocation.claims();
    let token = invocation.token();
    if claims.network != expected.network {
        return Err(RefusalReason::WrongNetwork.into());
    }
    if claims.dsp != expected.dsp {
        return Err(RefusalReason::WrongDsp.into());
    }
    check_window(claims.not_before, claims.expires, expected.now)?;
    verify_token(
        token,
        &ExpectedToken {
            now: expected.now,
            contract: claims.contract,
            owner: expected.owner,
            code: expected.code,
        },
    )?;
    let leaf = token.leaf().grant();
    // A child starts no earlier and ends no later than its parents.
    check_window(leaf.not_before, leaf.expires, expected.now)?;
    if !leaf.methods.contains(&claims.method) {
        return Err(RefusalReason::MethodNotGranted.into());
    }
    if !leaf.purposes.contains(&claims.purpose) {
        return Err(RefusalReason::PurposeNotGranted.into());
    }
    check_view(invocation, view)?;
    Ok(Authorized {
        caller: CallerGrant {
            holder: invocation.holder(),
            owner: expected.owner,
            grant: claims.grant,
            method: claims.method.clone(),
            purpose: claims.purpose,
            legal_basis: leaf.basis,
            patient: leaf.patient,
            fields: leaf.fields,
            expires: leaf.expires,
        },
        chain: token.grants().map(|grant| grant.hash()).collect(),
        invocation: claims.clone(),
        emergency: leaf.is_emergency(),
    })
}

/// Checks a token by itself: for registration. A grant that does not hold yet may be registered, an expired one not.
///
/// # Errors
/// [`Refusal`]
pub fn verify_token(token: &Token, expected: &ExpectedToken) -> Result<(), Refusal> {
    token.check_chain()?;
    // A chain keeps one contract and one code.
    let root = token.first().grant();
    if root.contract != expected.contract {
        return Err(RefusalReason::WrongContract.into());
    }
    if root.issuer != expected.owner {
        return Err(RefusalReason::WrongIssuer.into());
    }
    if root.code != expected.code {
        return Err(RefusalReason::WrongCode.into());
    }
    if expected.now >= token.leaf().grant().expires {
        return Err(RefusalReason::Expired.into());
    }
    Ok(())
}

/// A half-open window.
pub(crate) fn check_window(not_before: u64, expires: u64, now: u64) -> Result<(), RefusalReason> {
    if now < not_before {
        return Err(RefusalReason::NotYetValid);
    }
    if now >= expires {
        return Err(RefusalReason::Expired);
    }
    Ok(())
}

fn check_view(invocation: &SignedInvocation, view: &dyn GrantView) -> Result<(), Refusal> {
    let claims = invocation.claims();
    let nonce = view.nonce_seen(&invocation.holder(), &claims.nonce);
    let answers: Vec<_> =
        invocation.token().grants().map(|grant| view.grant_status(&claims.contract, &grant.hash())).collect();
    let seen = nonce?;
    let statuses = answers.into_iter().collect::<Result<Vec<_>, _>>()?;
    if statuses.contains(&GrantStatus::Revoked) {
        return Err(RefusalReason::Revoked.into());
    }
    if statuses.contains(&GrantStatus::Unknown) {
        return Err(RefusalReason::Unregistered.into());
    }
    if seen {
        return Err(RefusalReason::Replayed.into());
    }
    Ok(())
}
