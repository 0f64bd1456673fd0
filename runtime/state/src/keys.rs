use std::fmt;

use age::secrecy::{ExposeSecret as _, SecretString};
use age::x25519::{Identity, Recipient};
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use nectar_abi::PublicKey;
use thiserror::Error;
use zeroize::Zeroizing;

use crate::error::StateError;
use crate::random::random_bytes;

const VERSION: u8 = 1;
/// Most recipients of one data key, the DSP included.
pub(crate) const MAX_RECIPIENTS: usize = 16;

/// Why bytes or texts are no keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum KeysError {
    /// The bytes are not what [`StoreKeys::to_bytes`] makes.
    #[error("these bytes are no store keys")]
    Malformed,
    /// The text is no age identity (`AGE-SECRET-KEY-1...`).
    #[error("the text is no age X25519 identity")]
    Identity,
    /// The text is no age recipient (`age1...`).
    #[error("the text is no age X25519 recipient")]
    Recipient,
    /// Too many recipients.
    #[error("a data key has at most {MAX_RECIPIENTS} recipients, the owner included; got {got}")]
    TooManyRecipients {
        /// Recipients given, the owner included.
        got: usize,
    },
    /// The key signs nothing that could be trusted.
    #[error("the signer is no Ed25519 public key")]
    Signer,
}

/// What opens a store: an age identity (X25519) that unwraps its data keys, and an Ed25519 key that signs their manifests.
/// Erased when dropped, never shown.
#[derive(Clone)]
pub struct StoreKeys {
    identity: Identity,
    signer: Signer,
    recovery: Vec<Recipient>,
}

#[derive(Clone)]
enum Signer {
    Own(Box<SigningKey>),
    Other(VerifyingKey),
}

impl StoreKeys {
    /// New keys from the operating system's randomness.
    ///
    /// # Errors
    /// [`StateError::Entropy`]
    pub fn generate() -> Result<Self, StateError> {
        let seed = Zeroizing::new(random_bytes::<32>()?);
        // The call above has shown that the system gives randomness, which age insists on.
        Ok(Self::new(Identity::generate(), &seed))
    }

    fn new(identity: Identity, seed: &[u8; 32]) -> Self {
        let signer = Signer::Own(Box::new(SigningKey::from_bytes(seed)));
        Self { identity, signer, recovery: Vec::new() }
    }

    /// Keys that read a store whose DSP lost its own: the recovery identity, and the DSP's [`Self::signer`] from the
    /// time of its registration, without which anybody could have made the store.
    ///
    /// # Errors
    /// [`KeysError::Identity`] or [`KeysError::Signer`]
    pub fn recovery(identity: &SecretString, signer: &PublicKey) -> Result<Self, KeysError> {
        let identity = identity.expose_secret().parse().map_err(|_| KeysError::Identity)?;
        let signer = VerifyingKey::from_bytes(signer.as_bytes()).map_err(|_| KeysError::Signer)?;
        Ok(Self { identity, signer: Signer::Other(signer), recovery: Vec::new() })
    }

    /// Wraps every new data key to these age recipients (`age1...`) too.
    ///
    /// # Errors
    /// [`KeysError::Recipient`] or [`KeysError::TooManyRecipients`]
    pub fn with_recovery<'a>(
        mut self,
        recipients: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, KeysError> {
        for text in recipients {
            self.recovery.push(text.parse().map_err(|_| KeysError::Recipient)?);
        }
        match self.recovery.len() + 1 {
            got if got > MAX_RECIPIENTS => Err(KeysError::TooManyRecipients { got }),
            _ => Ok(self),
        }
    }

    /// Reads what [`Self::to_bytes`] wrote.
    ///
    /// # Errors
    /// [`KeysError::Malformed`]
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, KeysError> {
        let (version, rest) = bytes.split_first().ok_or(KeysError::Malformed)?;
        let (seed, identity) = rest.split_at_checked(32).ok_or(KeysError::Malformed)?;
        let seed = Zeroizing::new(<[u8; 32]>::try_from(seed).map_err(|_| KeysError::Malformed)?);
        let text = std::str::from_utf8(identity).map_err(|_| KeysError::Malformed)?;
        let keys = Self::new(text.parse().map_err(|_| KeysError::Malformed)?, &seed);
        let canonical = keys.to_bytes().is_some_and(|again| again.as_slice() == bytes);
        if *version == VERSION && canonical { Ok(keys) } else { Err(KeysError::Malformed) }
    }

    /// Secret bytes, erased when dropped: version (1), seed of the signing key (32), age identity as text. Recovery
    /// recipients are configuration and not part of it. `None` for keys made by [`Self::recovery`].
    pub fn to_bytes(&self) -> Option<Zeroizing<Vec<u8>>> {
        let Signer::Own(signer) = &self.signer else { return None };
        let (seed, identity) = (Zeroizing::new(signer.to_bytes()), self.identity.to_string());
        let mut bytes = Zeroizing::new(Vec::with_capacity(128));
        bytes.push(VERSION);
        bytes.extend_from_slice(seed.as_slice());
        bytes.extend_from_slice(identity.expose_secret().as_bytes());
        Some(bytes)
    }

    /// The age recipient (`age1...`) that belongs to the identity.
    pub fn recipient(&self) -> String {
        self.identity.to_public().to_string()
    }

    /// The public key that signs manifests: to be kept with the recovery identity.
    pub fn signer(&self) -> PublicKey {
        PublicKey::new(self.verifying_key().to_bytes())
    }

    pub(crate) fn can_sign(&self) -> bool {
        matches!(self.signer, Signer::Own(_))
    }

    pub(crate) fn identity(&self) -> &Identity {
        &self.identity
    }

    pub(crate) fn recipients(&self) -> Vec<Recipient> {
        std::iter::once(self.identity.to_public()).chain(self.recovery.iter().cloned()).collect()
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Result<[u8; 64], StateError> {
        match &self.signer {
            Signer::Own(key) => Ok(key.sign(message).to_bytes()),
            Signer::Other(_) => Err(StateError::ReadOnly),
        }
    }

    pub(crate) fn verify(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        self.verifying_key().verify_strict(message, &Signature::from_bytes(signature)).is_ok()
    }

    fn verifying_key(&self) -> VerifyingKey {
        match &self.signer {
            Signer::Own(key) => key.verifying_key(),
            Signer::Other(key) => *key,
        }
    }
}

impl fmt::Debug for StoreKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StoreKeys(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn keys_survive_their_bytes() {
        let keys = StoreKeys::generate().unwrap();
        let again = StoreKeys::from_bytes(&keys.to_bytes().unwrap()).unwrap();
        assert_eq!((keys.recipient(), keys.signer()), (again.recipient(), again.signer()));
    }

    #[test]
    fn debug_shows_no_secret() {
        assert_eq!(format!("{:?}", StoreKeys::generate().unwrap()), "StoreKeys(..)");
    }

    #[test]
    fn more_recipients_than_the_limit_are_refused() {
        let other = StoreKeys::generate().unwrap().recipient();
        let many = std::iter::repeat_n(other.as_str(), MAX_RECIPIENTS);
        let error = StoreKeys::generate().unwrap().with_recovery(many).unwrap_err();
        assert_eq!(error, KeysError::TooManyRecipients { got: MAX_RECIPIENTS + 1 });
        let error = StoreKeys::generate().unwrap().with_recovery(["age1nothing"]).unwrap_err();
        assert_eq!(error, KeysError::Recipient);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn mutated_keys_are_refused_or_other_keys(at in 0usize..107, flip in 1u8..=255) {
            let mut bytes = StoreKeys::generate().unwrap().to_bytes().unwrap().to_vec();
            let at = at % bytes.len();
            bytes[at] ^= flip;
            if let Ok(other) = StoreKeys::from_bytes(&bytes) {
                prop_assert_eq!(other.to_bytes().unwrap().to_vec(), bytes);
            }
        }

        #[test]
        fn garbage_is_no_keys(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(StoreKeys::from_bytes(&bytes).is_err());
        }
    }
}
