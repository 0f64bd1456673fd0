use std::fmt;

use nectar_abi::limits::{MAX_MESSAGE_BYTES, MAX_TOKEN_BYTES, MAX_TOUCHED};
use nectar_abi::{CodeHash, ContractId, GrantHash, NetworkId, PublicKey};

use crate::authorize;
use crate::cbor::{Malformed, Reader, Writer};
use crate::claims::{self, AUDIENCE, DIRECTIVE, ID, NETWORK};
use crate::cose;
use crate::error::RequestError;
use crate::grant::is_shown;
use crate::invocation::Destination;
use crate::key::SigningKey;
use crate::proof::{check_touches, check_window};
use crate::refusal::{Refusal, RefusalReason};

/// Largest signed directive, in bytes.
pub const MAX_DIRECTIVE_BYTES: usize = MAX_MESSAGE_BYTES + 2048;
/// Longest label of a contract, in bytes.
pub const MAX_LABEL_BYTES: usize = 128;
/// Longest name of an action, in bytes.
pub const MAX_ACTION_BYTES: usize = 64;

const CONTEXT: &str = "nectar/directive/v1";
const ENTRIES: usize = 7;

const UPLOAD_CODE: u64 = 1;
const INSTANTIATE: u64 = 2;
const REGISTER: u64 = 3;
const REVOKE: u64 = 4;
const READ_AUDIT: u64 = 5;
const OPERATE: u64 = 6;

/// An order to a node, not a call into a contract. Who may give which is for the node to decide.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Directive {
    /// Keep this module.
    UploadCode {
        /// Its hash; the module travels beside the order.
        code: CodeHash,
    },
    /// Make a contract of which the signer is the owner.
    Instantiate {
        /// The module.
        code: CodeHash,
        /// A name for people.
        label: String,
        /// The message to the contract's `instantiate`: JSON.
        message: Vec<u8>,
        /// Makes the contract's id unguessable.
        salt: [u8; 16],
        /// The other contracts that instantiation may reach: sorted, each once.
        touches: Vec<ContractId>,
    },
    /// Put the token's grants into the contract's grant tree.
    Register {
        /// An encoded [`Token`](crate::Token).
        token: Vec<u8>,
    },
    /// End a grant and its children.
    Revoke {
        /// The contract.
        contract: ContractId,
        /// The grant.
        grant: GrantHash,
    },
    /// Show the audit log.
    ReadAudit {
        /// Of this contract only.
        contract: Option<ContractId>,
    },
    /// Do something with the node itself.
    Operate {
        /// The name of the action.
        action: String,
    },
}

impl Directive {
    /// A stable name for logs.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::UploadCode { .. } => "upload_code",
            Self::Instantiate { .. } => "instantiate",
            Self::Register { .. } => "register",
            Self::Revoke { .. } => "revoke",
            Self::ReadAudit { .. } => "read_audit",
            Self::Operate { .. } => "operate",
        }
    }

    fn check(&self) -> Result<(), RequestError> {
        match self {
            Self::Instantiate { label, message, touches, .. } => {
                if !is_shown(label, MAX_LABEL_BYTES) {
                    return Err(RequestError::Label);
                }
                if message.len() > MAX_MESSAGE_BYTES {
                    return Err(RequestError::MessageTooLong { got: message.len() });
                }
                check_touches(touches)
            }
            Self::Register { token } if token.len() > MAX_TOKEN_BYTES => {
                Err(RequestError::TokenTooLong { got: token.len() })
            }
            Self::Operate { action } if !is_action(action) => Err(RequestError::Action),
            _ => Ok(()),
        }
    }

    fn write(&self, w: &mut Writer) {
        match self {
            Self::UploadCode { code } => w.array(2).uint(UPLOAD_CODE).bytes(code.as_bytes()),
            Self::Instantiate { code, label, message, salt, touches } => {
                w.array(6).uint(INSTANTIATE).bytes(code.as_bytes()).text(label).bytes(message).bytes(salt);
                claims::write_contracts(w, touches);
                w
            }
            Self::Register { token } => w.array(2).uint(REGISTER).bytes(token),
            Self::Revoke { contract, grant } => {
                w.array(3).uint(REVOKE).bytes(contract.as_bytes()).bytes(grant.as_bytes())
            }
            Self::ReadAudit { contract: None } => w.array(1).uint(READ_AUDIT),
            Self::ReadAudit { contract: Some(contract) } => {
                w.array(2).uint(READ_AUDIT).bytes(contract.as_bytes())
            }
            Self::Operate { action } => w.array(2).uint(OPERATE).text(action),
        };
    }

    fn read(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        let items = r.array(6)?;
        Ok(match (r.uint()?, items) {
            (UPLOAD_CODE, 2) => Self::UploadCode { code: CodeHash::new(r.fixed()?) },
            (INSTANTIATE, 6) => Self::Instantiate {
                code: CodeHash::new(r.fixed()?),
                label: r.text(MAX_LABEL_BYTES)?,
                message: r.bytes(MAX_MESSAGE_BYTES)?,
                salt: r.fixed()?,
                touches: claims::read_contracts(r, MAX_TOUCHED)?,
            },
            (REGISTER, 2) => Self::Register { token: r.bytes(MAX_TOKEN_BYTES)? },
            (REVOKE, 3) => {
                Self::Revoke { contract: ContractId::new(r.fixed()?), grant: GrantHash::new(r.fixed()?) }
            }
            (READ_AUDIT, 1) => Self::ReadAudit { contract: None },
            (READ_AUDIT, 2) => Self::ReadAudit { contract: Some(ContractId::new(r.fixed()?)) },
            (OPERATE, 2) => Self::Operate { action: r.text(MAX_ACTION_BYTES)? },
            _ => return Err(Malformed),
        })
    }
}

fn is_action(name: &str) -> bool {
    (1..=MAX_ACTION_BYTES).contains(&name.len())
        && name.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-'))
}

/// Only the kind: messages, labels and tokens may concern patients.
impl fmt::Debug for Directive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Directive({}, ..)", self.name())
    }
}

/// A directive whose signature holds, addressed to this node, now. The nonce is for the caller to check and to remember
/// until `expires`; so is whether the signer may give this order.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct VerifiedDirective {
    /// Who gave the order.
    pub signer: PublicKey,
    /// The order.
    pub directive: Directive,
    /// 16 random bytes: one signer uses each once.
    pub nonce: [u8; 16],
    /// First second in which the order no longer holds.
    pub expires: u64,
}

struct Claims {
    to: Destination,
    nonce: [u8; 16],
    not_before: u64,
    expires: u64,
}

/// Signs an order to one node of one network, for a half-open window of seconds since 1970.
///
/// # Errors
/// [`RequestError`] if no node would read it.
pub fn sign_directive(
    key: &SigningKey,
    dsp: PublicKey,
    network: NetworkId,
    nonce: [u8; 16],
    not_before: u64,
    expires: u64,
    directive: &Directive,
) -> Result<Vec<u8>, RequestError> {
    directive.check()?;
    check_window(not_before, expires)?;
    let claims = Claims { to: Destination { network, dsp }, nonce, not_before, expires };
    Ok(cose::sign(key, CONTEXT, &encode(&claims, directive)))
}

/// Checks an order: canonical, signed for this use, for this node and network, at this time.
///
/// # Errors
/// [`Refusal`]
pub fn verify_directive(
    bytes: &[u8],
    now: u64,
    network: NetworkId,
    dsp: PublicKey,
) -> Result<VerifiedDirective, Refusal> {
    let (signer, payload) = cose::verify(CONTEXT, bytes, MAX_DIRECTIVE_BYTES)?;
    let (claims, directive) = decode(&payload)?;
    if encode(&claims, &directive) != payload {
        return Err(RefusalReason::Malformed.into());
    }
    directive.check()?;
    check_window(claims.not_before, claims.expires)?;
    if claims.to.network != network {
        return Err(RefusalReason::WrongNetwork.into());
    }
    if claims.to.dsp != dsp {
        return Err(RefusalReason::WrongDsp.into());
    }
    authorize::check_window(claims.not_before, claims.expires, now)?;
    Ok(VerifiedDirective { signer, directive, nonce: claims.nonce, expires: claims.expires })
}

fn encode(claims: &Claims, directive: &Directive) -> Vec<u8> {
    let mut writer = Writer::default();
    let w = &mut writer;
    w.map(ENTRIES);
    claims::write_key_text(w, AUDIENCE, &claims.to.dsp);
    claims::write_window(w, claims.not_before, claims.expires);
    w.int(ID).bytes(&claims.nonce);
    w.int(claims::VERSION).uint(claims::VERSION_1);
    w.int(NETWORK).uint(claims.to.network.0);
    directive.write(w.int(DIRECTIVE));
    writer.finish()
}

fn decode(payload: &[u8]) -> Result<(Claims, Directive), Malformed> {
    let mut reader = Reader::new(payload);
    let r = &mut reader;
    let mut entries = r.map(ENTRIES)?;
    let e = &mut entries;
    let dsp = claims::read_key_text(r, e, AUDIENCE)?;
    let (not_before, expires) = claims::read_window(r, e)?;
    r.key(e, ID)?;
    let nonce = r.fixed()?;
    claims::read_version(r, e)?;
    r.key(e, NETWORK)?;
    let network = NetworkId(r.uint()?);
    r.key(e, DIRECTIVE)?;
    let directive = Directive::read(r)?;
    entries.end()?;
    Ok((Claims { to: Destination { network, dsp }, nonce, not_before, expires }, directive))
}
