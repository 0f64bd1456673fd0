use std::fmt;

use nectar_abi::limits::{MAX_MESSAGE_BYTES, MAX_TOKEN_BYTES};
use nectar_abi::{ContractId, Method, NetworkId, PublicKey, Purpose};

use crate::cbor::{Malformed, Reader, Writer};
use crate::claims::VERSION_1;
use crate::error::RequestError;
use crate::key::{EntropyError, SigningKey, random_bytes};
use crate::message;
use crate::proof::{InvocationClaims, MAX_PROOF_BYTES, check_touches, check_window, message_digest};
use crate::refusal::{Refusal, RefusalReason};
use crate::token::Token;

/// Largest invocation, in bytes.
pub const MAX_INVOCATION_BYTES: usize = MAX_MESSAGE_BYTES + MAX_TOKEN_BYTES + MAX_PROOF_BYTES + 16;

/// How long a new invocation may be acted on, and how far the node's clock may be behind, in seconds.
const LIFE: u64 = 120;
const SKEW: u64 = 30;

/// Where an invocation goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Destination {
    /// The network.
    pub network: NetworkId,
    /// The node's key.
    pub dsp: PublicKey,
}

/// One request to call a contract, before it is signed.
#[derive(Clone, PartialEq, Eq)]
pub struct Invocation {
    /// The network.
    pub network: NetworkId,
    /// The node that may act on it.
    pub dsp: PublicKey,
    /// The contract.
    pub contract: ContractId,
    /// The method: the only key of the message.
    pub method: Method,
    /// The message: a JSON object.
    pub message: Vec<u8>,
    /// Why.
    pub purpose: Purpose,
    /// The other contracts that composed calls may reach: sorted, each once.
    pub touches: Vec<ContractId>,
    /// 16 random bytes.
    pub nonce: [u8; 16],
    /// First second in which it may be acted on, since 1970.
    pub not_before: u64,
    /// First second in which it may no longer be.
    pub expires: u64,
    /// The token; its leaf's holder signs.
    pub token: Token,
}

impl Invocation {
    /// A call of the token's contract, with a random nonce, valid from 30 seconds before `now` to 120 after it.
    ///
    /// # Errors
    /// [`EntropyError`]
    pub fn new(
        to: Destination,
        token: &Token,
        method: Method,
        message: Vec<u8>,
        purpose: Purpose,
        now: u64,
    ) -> Result<Self, EntropyError> {
        Ok(Self {
            network: to.network,
            dsp: to.dsp,
            contract: token.leaf().grant().contract,
            method,
            message,
            purpose,
            touches: Vec::new(),
            nonce: random_bytes()?,
            not_before: now.saturating_sub(SKEW),
            expires: now.saturating_add(LIFE),
            token: token.clone(),
        })
    }

    /// Signs the request: the bytes that a node takes.
    ///
    /// # Errors
    /// [`RequestError`] if no node would read it. Whether it is allowed is not checked here.
    pub fn sign(&self, holder: &SigningKey) -> Result<Vec<u8>, RequestError> {
        let token = self.token.encode();
        if token.len() > MAX_TOKEN_BYTES {
            return Err(RequestError::TokenTooLong { got: token.len() });
        }
        if self.message.len() > MAX_MESSAGE_BYTES {
            return Err(RequestError::MessageTooLong { got: self.message.len() });
        }
        check_touches(&self.touches)?;
        check_window(self.not_before, self.expires)?;
        let claims = InvocationClaims {
            network: self.network,
            dsp: self.dsp,
            contract: self.contract,
            grant: self.token.leaf().hash(),
            method: self.method.clone(),
            arguments: message_digest(&self.message),
            purpose: self.purpose,
            touches: self.touches.clone(),
            nonce: self.nonce,
            not_before: self.not_before,
            expires: self.expires,
        };
        Ok(encode(&claims.sign(holder), &self.message, &token))
    }
}

/// Leaves out the message and the nonce.
impl fmt::Debug for Invocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Invocation")
            .field("contract", &self.contract)
            .field("method", &self.method)
            .field("purpose", &self.purpose)
            .field("token", &self.token)
            .finish_non_exhaustive()
    }
}

/// An invocation that came in and is consistent in itself: proof, message and token belong together and every signature
/// holds. Whether it is allowed here and now is for [`authorize`](crate::authorize) to say.
#[derive(Clone)]
pub struct SignedInvocation {
    claims: InvocationClaims,
    holder: PublicKey,
    message: Vec<u8>,
    token: Token,
}

impl SignedInvocation {
    /// What the holder signed.
    pub fn claims(&self) -> &InvocationClaims {
        &self.claims
    }

    /// Who signed it: the holder of the token's leaf.
    pub fn holder(&self) -> PublicKey {
        self.holder
    }

    /// The message.
    pub fn message(&self) -> &[u8] {
        &self.message
    }

    /// The token.
    pub fn token(&self) -> &Token {
        &self.token
    }
}

impl fmt::Debug for SignedInvocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedInvocation")
            .field("holder", &self.holder)
            .field("contract", &self.claims.contract)
            .field("method", &self.claims.method)
            .field("token", &self.token)
            .finish_non_exhaustive()
    }
}

/// Reads an invocation and checks all that its bytes alone can show, so that the time this takes tells a caller nothing
/// that they did not send.
///
/// # Errors
/// [`Refusal`]
pub fn decode_invocation(bytes: &[u8]) -> Result<SignedInvocation, Refusal> {
    if bytes.len() > MAX_INVOCATION_BYTES {
        return Err(RefusalReason::TooLarge.into());
    }
    let (proof, message, token) = decode(bytes)?;
    if encode(&proof, &message, &token) != bytes {
        return Err(RefusalReason::Malformed.into());
    }
    let (holder, claims) = InvocationClaims::verify(&proof)?;
    if claims.arguments != message_digest(&message) {
        return Err(RefusalReason::ArgumentsChanged.into());
    }
    let token = Token::decode(&token)?;
    let leaf = token.leaf();
    if leaf.grant().holder != holder {
        return Err(RefusalReason::NotHolder.into());
    }
    if leaf.hash() != claims.grant {
        return Err(RefusalReason::WrongGrant.into());
    }
    if leaf.grant().contract != claims.contract {
        return Err(RefusalReason::WrongContract.into());
    }
    if !message::calls(&message, &claims.method) {
        return Err(RefusalReason::MethodMismatch.into());
    }
    Ok(SignedInvocation { claims, holder, message, token })
}

fn encode(proof: &[u8], message: &[u8], token: &[u8]) -> Vec<u8> {
    let mut writer = Writer::default();
    writer.array(4).uint(VERSION_1).bytes(proof).bytes(message).bytes(token);
    writer.finish()
}

type Envelope = (Vec<u8>, Vec<u8>, Vec<u8>);

fn decode(bytes: &[u8]) -> Result<Envelope, Malformed> {
    let mut reader = Reader::new(bytes);
    reader.array_of(4)?;
    if reader.uint()? != VERSION_1 {
        return Err(Malformed);
    }
    Ok((reader.bytes(MAX_PROOF_BYTES)?, reader.bytes(MAX_MESSAGE_BYTES)?, reader.bytes(MAX_TOKEN_BYTES)?))
}
