//! Bytes to a verified grant: the one place that decides yes or no.
//!
//! | I want | use |
//! |---|---|
//! | a key | [`SigningKey`] |
//! | to issue a grant as a contract's owner, or to pass part of mine on | [`GrantBuilder`], [`Grant::sign`], [`Token::root`], [`Token::delegate`] |
//! | to call a contract | [`Invocation::new`], [`Invocation::sign`] |
//! | to decide on a call that came in | [`decode_invocation`], then [`authorize`] with a [`GrantView`] |
//! | to check a token that someone registers, or asks to revoke | [`verify_token`], [`Token::may_revoke`] |
//! | to give a node orders, or to read them | [`sign_directive`], [`verify_directive`] |
//! | to show a grant to an auditor | [`GrantSummary`] |
//! | a signed envelope for something else | [`cose`] |
//!
//! A grant is a COSE_Sign1 (RFC 9052) over deterministic CBOR (RFC 8949, section 4.2.1) with the claims of a CWT
//! (RFC 8392) and a holder key (RFC 8747). Signatures are Ed25519 (RFC 8032), verified strictly. Only the one canonical
//! encoding of anything is accepted. `DESIGN.md` has the layout, the order of the checks and what they do not promise.
//!
//! ```
//! use nectar_abi::{CodeHash, ContractId, LegalBasis, NetworkId, Purpose};
//! use nectar_capability::{Destination, GrantBuilder, Invocation, SigningKey, Token, decode_invocation};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let (hospital, clinician, dsp) = (SigningKey::generate()?, SigningKey::generate()?, SigningKey::generate()?);
//! let (contract, code, now) = (ContractId::new([1; 32]), CodeHash::new([2; 32]), 1_790_000_000);
//!
//! let grant = GrantBuilder::root(hospital.public(), clinician.public(), contract, code)
//!     .methods(["query/get".parse()?])
//!     .purposes([Purpose::Treatment])
//!     .basis(LegalBasis::TreatmentPaymentOperations)
//!     .window(now, now + 86_400)
//!     .sign(&hospital)?;
//! let token = Token::root(grant)?;
//!
//! let to = Destination { network: NetworkId::CONTRACTS, dsp: dsp.public() };
//! let message = br#"{"get":{"id":"7"}}"#.to_vec();
//! let bytes = Invocation::new(to, &token, "query/get".parse()?, message, Purpose::Treatment, now)?.sign(&clinician)?;
//!
//! let received = decode_invocation(&bytes)?;
//! assert_eq!(received.holder(), clinician.public());
//! # Ok(())
//! # }
//! ```
#![forbid(unsafe_code)]

mod authorize;
mod builder;
mod cbor;
mod claims;
pub mod cose;
mod directive;
mod error;
mod grant;
mod invocation;
mod key;
mod message;
mod proof;
mod refusal;
mod signed_grant;
mod summary;
mod token;

pub use authorize::{
    Authorized, Expected, ExpectedToken, GrantStatus, GrantView, StaleView, authorize, verify_token,
};
pub use builder::GrantBuilder;
pub use cose::CoseError;
pub use directive::{
    Directive, MAX_ACTION_BYTES, MAX_DIRECTIVE_BYTES, MAX_LABEL_BYTES, VerifiedDirective, sign_directive,
    verify_directive,
};
pub use error::{ChainError, GrantError, RequestError, TokenError};
pub use grant::{Axis, Grant};
pub use invocation::{Destination, Invocation, MAX_INVOCATION_BYTES, SignedInvocation, decode_invocation};
pub use key::{EntropyError, SigningKey, random_bytes};
pub use proof::{InvocationClaims, MAX_PROOF_BYTES, message_digest};
pub use refusal::{Refusal, RefusalReason};
pub use signed_grant::{MAX_GRANT_BYTES, SignedGrant};
pub use summary::GrantSummary;
pub use token::Token;
