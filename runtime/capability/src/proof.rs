use nectar_abi::limits::{MAX_INVOCATION_WINDOW, MAX_METHOD_NAME, MAX_TOUCHED};
use nectar_abi::{ContractId, Digest, GrantHash, Method, NetworkId, PublicKey, Purpose, tagged_hash};

use crate::cbor::{Malformed, Reader, Writer};
use crate::claims::{self, ARGUMENTS, AUDIENCE, CONTRACT, GRANT, ID, METHOD, NETWORK, PURPOSE, TOUCHES};
use crate::cose;
use crate::error::RequestError;
use crate::key::SigningKey;
use crate::refusal::Refusal;

/// Largest proof of possession, in bytes: one with every field at its limit fits.
pub const MAX_PROOF_BYTES: usize = 1024;

const CONTEXT: &str = "nectar/invocation/v1";
const MESSAGE_TAG: &str = "nectar/message/v1";
const ENTRIES: usize = 12;
const MAX_METHOD_TEXT: usize = "execute/".len() + MAX_METHOD_NAME;

/// What the holder signs to use a grant once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvocationClaims {
    /// The network.
    pub network: NetworkId,
    /// The node that may act on it.
    pub dsp: PublicKey,
    /// The contract.
    pub contract: ContractId,
    /// The leaf of the token.
    pub grant: GrantHash,
    /// The method.
    pub method: Method,
    /// [`message_digest`] of the message.
    pub arguments: Digest,
    /// Why.
    pub purpose: Purpose,
    /// The other contracts that composed calls may reach: sorted, each once.
    pub touches: Vec<ContractId>,
    /// 16 random bytes: one holder uses each once.
    pub nonce: [u8; 16],
    /// First second in which it may be acted on, since 1970.
    pub not_before: u64,
    /// First second in which it may no longer be; the nonce is remembered until then.
    pub expires: u64,
}

/// What a proof of possession says of the message: a SHA-256 of its own domain.
pub fn message_digest(message: &[u8]) -> Digest {
    Digest::new(tagged_hash(MESSAGE_TAG, &[message]))
}

/// A request is valid for a short, half-open window.
pub(crate) const fn check_window(not_before: u64, expires: u64) -> Result<(), RequestError> {
    match expires.checked_sub(not_before) {
        Some(1..=MAX_INVOCATION_WINDOW) => Ok(()),
        _ => Err(RequestError::Window),
    }
}

/// Strictly ascending and few.
pub(crate) fn check_touches(touches: &[ContractId]) -> Result<(), RequestError> {
    if touches.len() > MAX_TOUCHED {
        return Err(RequestError::TooManyTouched { got: touches.len() });
    }
    if touches.is_sorted_by(|a, b| a < b) { Ok(()) } else { Err(RequestError::TouchedOrder) }
}

impl InvocationClaims {
    pub(crate) fn sign(&self, holder: &SigningKey) -> Vec<u8> {
        cose::sign(holder, CONTEXT, &self.encode())
    }

    /// The claims and who signed them.
    pub(crate) fn verify(proof: &[u8]) -> Result<(PublicKey, Self), Refusal> {
        let (holder, payload) = cose::verify(CONTEXT, proof, MAX_PROOF_BYTES)?;
        let claims = Self::decode(&payload)?;
        if claims.encode() != payload {
            return Err(Malformed.into());
        }
        check_window(claims.not_before, claims.expires)?;
        Ok((holder, claims))
    }

    fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::default();
        let w = &mut writer;
        w.map(ENTRIES);
        claims::write_key_text(w, AUDIENCE, &self.dsp);
        claims::write_window(w, self.not_before, self.expires);
        w.int(ID).bytes(&self.nonce);
        w.int(claims::VERSION).uint(claims::VERSION_1);
        w.int(CONTRACT).bytes(self.contract.as_bytes());
        w.int(GRANT).bytes(self.grant.as_bytes());
        w.int(NETWORK).uint(self.network.0);
        w.int(METHOD).text(&self.method.to_string());
        w.int(ARGUMENTS).bytes(self.arguments.as_bytes());
        claims::write_contracts(w.int(TOUCHES), &self.touches);
        w.int(PURPOSE).uint(self.purpose.number().into());
        writer.finish()
    }

    fn decode(payload: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(payload);
        let r = &mut reader;
        let mut entries = r.map(ENTRIES)?;
        let e = &mut entries;
        let dsp = claims::read_key_text(r, e, AUDIENCE)?;
        let (not_before, expires) = claims::read_window(r, e)?;
        r.key(e, ID)?;
        let nonce = r.fixed()?;
        claims::read_version(r, e)?;
        r.key(e, CONTRACT)?;
        let contract = ContractId::new(r.fixed()?);
        r.key(e, GRANT)?;
        let grant = GrantHash::new(r.fixed()?);
        r.key(e, NETWORK)?;
        let network = NetworkId(r.uint()?);
        r.key(e, METHOD)?;
        let method = r.text(MAX_METHOD_TEXT)?.parse().map_err(|_| Malformed)?;
        r.key(e, ARGUMENTS)?;
        let arguments = Digest::new(r.fixed()?);
        r.key(e, TOUCHES)?;
        let touches = claims::read_contracts(r, MAX_TOUCHED)?;
        r.key(e, PURPOSE)?;
        let purpose = Purpose::from_number(r.uint()?).map_err(|_| Malformed)?;
        entries.end()?;
        Ok(Self {
            network,
            dsp,
            contract,
            grant,
            method,
            arguments,
            purpose,
            touches,
            nonce,
            not_before,
            expires,
        })
    }
}
