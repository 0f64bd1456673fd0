//! COSE_Sign1 (RFC 9052, section 4.2) with Ed25519, in one canonical form.
//!
//! ```text
//! 18([ h'A2 01 27 04 58 20' || key,   protected: {1: -8 (EdDSA), 4: the signer's public key}, 38 bytes
//!      {},                            unprotected: always empty
//!      payload,                       opaque bytes
//!      signature ])                   64 bytes
//! ```
//!
//! The context is the external additional data of the Sig_structure, so that a signature made for one use never
//! verifies for another.

use coset::{CoseSign1, CoseSign1Builder, HeaderBuilder, iana};
use nectar_abi::PublicKey;
use thiserror::Error;

use crate::SigningKey;
use crate::cbor::{Malformed, Reader, Writer};
use crate::key;

/// What the envelope adds to its payload, at most, in bytes.
pub const OVERHEAD: usize = 116;

const TAG: u64 = iana::CborTag::CoseSign1 as u64;
const ALGORITHM: i64 = iana::Algorithm::EdDSA as i64;
const ALGORITHM_KEY: i64 = iana::HeaderParameter::Alg as i64;
const KEY_ID: i64 = iana::HeaderParameter::Kid as i64;
const PROTECTED_BYTES: usize = 38;

/// Why bytes are not a COSE_Sign1 by the key that they name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CoseError {
    /// Longer than this use allows.
    #[error("a signed envelope of {got} bytes; here it may have {limit}")]
    TooLong {
        /// Bytes allowed.
        limit: usize,
        /// Bytes given.
        got: usize,
    },
    /// Not the canonical encoding: other headers, another algorithm, other integers, trailing bytes.
    #[error("not a canonical COSE_Sign1 with EdDSA and the key in the protected header")]
    Malformed,
    /// The signature is not of this key, context and payload, or key or signature are malleable encodings.
    #[error("the signature does not verify")]
    BadSignature,
}

impl From<Malformed> for CoseError {
    fn from(_: Malformed) -> Self {
        Self::Malformed
    }
}

/// Signs a payload for one use.
pub fn sign(key: &SigningKey, context: &'static str, payload: &[u8]) -> Vec<u8> {
    let signer = key.public();
    let signed = unsigned(&signer, payload)
        .create_signature(context.as_bytes(), |message| key.sign(message).to_vec())
        .build();
    encode(&signer, payload, &signed.signature)
}

/// The signer and the payload, if the bytes are canonical and the signature is for this use.
///
/// # Errors
/// [`CoseError`]
pub fn verify(
    context: &'static str,
    bytes: &[u8],
    max_len: usize,
) -> Result<(PublicKey, Vec<u8>), CoseError> {
    if bytes.len() > max_len {
        return Err(CoseError::TooLong { limit: max_len, got: bytes.len() });
    }
    let Parts { signer, payload, signature } = decode(bytes)?;
    if encode(&signer, &payload, &signature) != bytes {
        return Err(CoseError::Malformed);
    }
    let rebuilt: CoseSign1 = unsigned(&signer, &payload).build();
    let message = rebuilt.tbs_data(context.as_bytes());
    key::verify(&signer, &message, &signature).map_err(|_| CoseError::BadSignature)?;
    Ok((signer, payload))
}

struct Parts {
    signer: PublicKey,
    payload: Vec<u8>,
    signature: [u8; 64],
}

fn decode(bytes: &[u8]) -> Result<Parts, Malformed> {
    let mut reader = Reader::new(bytes);
    reader.tag(TAG)?;
    reader.array_of(4)?;
    let protected = reader.fixed::<PROTECTED_BYTES>()?;
    reader.map_of(0)?;
    let payload = reader.bytes(bytes.len())?;
    let signature = reader.fixed()?;

    let mut header = Reader::new(&protected);
    header.map_of(2)?;
    header.int(ALGORITHM_KEY)?;
    header.int(ALGORITHM)?;
    header.int(KEY_ID)?;
    Ok(Parts { signer: PublicKey::new(header.fixed()?), payload, signature })
}

fn encode(signer: &PublicKey, payload: &[u8], signature: &[u8]) -> Vec<u8> {
    let mut protected = Writer::default();
    protected.map(2).int(ALGORITHM_KEY).int(ALGORITHM).int(KEY_ID).bytes(signer.as_bytes());
    let mut writer = Writer::default();
    writer.tag(TAG).array(4).bytes(&protected.finish()).map(0).bytes(payload).bytes(signature);
    writer.finish()
}

fn unsigned(signer: &PublicKey, payload: &[u8]) -> CoseSign1Builder {
    let header =
        HeaderBuilder::new().algorithm(iana::Algorithm::EdDSA).key_id(signer.as_bytes().to_vec()).build();
    CoseSign1Builder::new().protected(header).payload(payload.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;
    use coset::TaggedCborSerializable as _;
    use proptest::prelude::*;

    fn key() -> SigningKey {
        SigningKey::from_bytes(&[9; 32])
    }

    #[test]
    fn the_bytes_are_those_of_another_cose_library() {
        let bytes = sign(&key(), "test", b"payload");
        let theirs = CoseSign1::from_tagged_slice(&bytes).unwrap();
        assert_eq!(theirs.payload.as_deref(), Some(b"payload".as_slice()));
        assert_eq!(theirs.protected.header.key_id, key().public().as_bytes());
        let rebuilt = unsigned(&key().public(), b"payload").signature(theirs.signature).build();
        assert_eq!(rebuilt.to_tagged_vec().unwrap(), bytes);
    }

    #[test]
    fn the_overhead_is_the_stated_one_at_most() {
        for len in [0, 23, 24, 255, 256, 65_535, 65_536] {
            let bytes = sign(&key(), "test", &vec![0; len]);
            assert!(bytes.len() - len <= OVERHEAD, "{len}: {}", bytes.len() - len);
        }
    }

    #[test]
    fn a_signature_is_bound_to_its_context() {
        let bytes = sign(&key(), "one use", b"payload");
        assert_eq!(verify("one use", &bytes, 999), Ok((key().public(), b"payload".to_vec())));
        assert_eq!(verify("another use", &bytes, 999), Err(CoseError::BadSignature));
    }

    #[test]
    fn the_limit_is_checked_first() {
        let bytes = sign(&key(), "test", b"payload");
        let got = bytes.len();
        assert_eq!(verify("test", &bytes, got - 1), Err(CoseError::TooLong { limit: got - 1, got }));
        assert!(verify("test", &bytes, got).is_ok());
    }

    proptest! {
        #[test]
        fn garbage_is_no_envelope(bytes: Vec<u8>) {
            prop_assert!(verify("test", &bytes, 4096).is_err());
        }

        #[test]
        fn a_changed_envelope_is_refused(payload: Vec<u8>, at: prop::sample::Index, flip in 1..=u8::MAX) {
            let mut bytes = sign(&key(), "test", &payload);
            let at = at.index(bytes.len());
            bytes[at] ^= flip;
            prop_assert!(verify("test", &bytes, 4096).is_err());
        }
    }
}
