use std::fmt;

use ed25519_dalek::{Signature, Signer as _, VerifyingKey};
use nectar_abi::PublicKey;
use thiserror::Error;
use zeroize::Zeroizing;

/// The operating system gave no randomness.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the operating system gave no randomness: try again, or check that getrandom(2) is allowed here")]
pub struct EntropyError;

/// The signature is not one of this key over this message, or either is an encoding that is never accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BadSignature;

/// Random bytes of the operating system: grant ids, nonces, salts.
///
/// # Errors
/// [`EntropyError`]
pub fn random_bytes<const N: usize>() -> Result<[u8; N], EntropyError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| EntropyError)?;
    Ok(bytes)
}

/// An Ed25519 signing key (RFC 8032): erased when dropped, never shown.
#[derive(Clone)]
pub struct SigningKey(ed25519_dalek::SigningKey);

impl SigningKey {
    /// A new key from the operating system's randomness.
    ///
    /// # Errors
    /// [`EntropyError`]
    pub fn generate() -> Result<Self, EntropyError> {
        let seed = Zeroizing::new(random_bytes::<32>()?);
        Ok(Self::from_bytes(&seed))
    }

    /// The key of a 32-byte seed.
    pub fn from_bytes(seed: &[u8; 32]) -> Self {
        Self(ed25519_dalek::SigningKey::from_bytes(seed))
    }

    /// The 32-byte seed, erased when dropped.
    pub fn to_bytes(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.0.to_bytes())
    }

    /// The public key.
    pub fn public(&self) -> PublicKey {
        PublicKey::new(self.0.verifying_key().to_bytes())
    }

    pub(crate) fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(..)")
    }
}

/// Ed25519 without malleability: S below the group order, R and the key canonical and not of small order.
pub(crate) fn verify(key: &PublicKey, message: &[u8], signature: &[u8; 64]) -> Result<(), BadSignature> {
    // Decompression reduces y modulo p, so that two texts could name one key.
    if !is_reduced(key.as_bytes()) {
        return Err(BadSignature);
    }
    let key = VerifyingKey::from_bytes(key.as_bytes()).map_err(|_| BadSignature)?;
    key.verify_strict(message, &Signature::from_bytes(signature)).map_err(|_| BadSignature)
}

/// Whether the y coordinate (little-endian, top bit the sign of x) is below p = 2^255 - 19.
fn is_reduced(key: &[u8; 32]) -> bool {
    let [low, middle @ .., high] = key;
    let largest = *high & 0x7f == 0x7f && middle.iter().all(|b| *b == 0xff);
    !largest || *low < 0xed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_nothing_of_a_secret_key() {
        let key = SigningKey::from_bytes(&[7; 32]);
        assert_eq!(format!("{key:?}"), "SigningKey(..)");
    }

    #[test]
    fn a_key_survives_its_bytes() {
        let key = SigningKey::generate().unwrap();
        assert_eq!(SigningKey::from_bytes(&key.to_bytes()).public(), key.public());
        assert_ne!(SigningKey::generate().unwrap().public(), key.public());
    }

    #[test]
    fn a_y_coordinate_of_p_or_more_is_not_reduced() {
        let mut p = [0xff; 32];
        (p[0], p[31]) = (0xed, 0x7f);
        assert!(!is_reduced(&p));
        p[0] = 0xec;
        assert!(is_reduced(&p));
        (p[0], p[31]) = (0xee, 0xff);
        assert!(!is_reduced(&p), "whatever the sign bit says");
        p[30] = 0xfe;
        assert!(is_reduced(&p));
    }
}
