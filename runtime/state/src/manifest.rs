use std::io::{Read as _, Write as _};

use age::x25519::Recipient;
use nectar_abi::tagged_hash;
use zeroize::Zeroizing;

use crate::error::{Part, StateError};
use crate::keys::{MAX_RECIPIENTS, StoreKeys};
use crate::reader::{Reader, put_bytes};
use crate::vault::{Scope, Vault};

/// The epoch of a scope's first key.
pub(crate) const FIRST_EPOCH: u32 = 1;
const VERSION: u8 = 1;
const CONTEXT: &str = "nectar store manifest 1";
const MAX_RECIPIENT: usize = 128;
const MAX_WRAPPED: usize = 16 * 1024;

/// Who holds the key of a scope and epoch: age wraps it, but authenticates nobody, so the DSP signs this.
///
/// Layout, big-endian: version (1), scope (31), epoch (4), number of recipients (1) and each as text behind its length (4),
/// key commitment (32), hash of the previous manifest (32), wrapped key behind its length (4), Ed25519 signature (64) over
/// `tagged_hash("nectar store manifest 1", everything before)`.
#[derive(Clone)]
pub(crate) struct Manifest {
    scope: Scope,
    epoch: u32,
    recipients: Vec<String>,
    commitment: [u8; 32],
    previous: [u8; 32],
    wrapped: Vec<u8>,
}

impl Manifest {
    /// Wraps a vault's secret and signs for it.
    pub(crate) fn issue(keys: &StoreKeys, vault: &Vault, previous: [u8; 32]) -> Result<Vec<u8>, StateError> {
        let recipients = keys.recipients();
        let secret = vault.secret();
        let manifest = Self {
            scope: vault.scope(),
            epoch: vault.epoch(),
            recipients: recipients.iter().map(ToString::to_string).collect(),
            commitment: commitment(vault.scope(), vault.epoch(), &secret),
            previous,
            wrapped: wrap(&recipients, &secret)?,
        };
        let mut bytes = manifest.body();
        bytes.extend_from_slice(&keys.sign(&signed(&bytes))?);
        Ok(bytes)
    }

    /// Verifies a manifest and unwraps its key.
    pub(crate) fn open(
        keys: &StoreKeys,
        scope: Scope,
        previous: [u8; 32],
        bytes: &[u8],
    ) -> Result<Vault, StateError> {
        let altered = || StateError::Tampered(Part::Manifest);
        let (body, signature) = split_signature(bytes).ok_or_else(altered)?;
        // A foreign signer and a forged manifest look the same.
        if !keys.verify(&signed(body), signature) {
            return Err(StateError::WrongKeys);
        }
        let manifest = Self::decode(body).ok_or_else(altered)?;
        if (manifest.scope, manifest.epoch, manifest.previous) != (scope, FIRST_EPOCH, previous) {
            return Err(altered());
        }
        let secret = unwrap(keys, &manifest.wrapped).ok_or(StateError::WrongKeys)?;
        if commitment(scope, manifest.epoch, &secret) != manifest.commitment {
            return Err(altered());
        }
        Vault::from_secret(scope, manifest.epoch, &secret).ok_or_else(altered)
    }

    fn body(&self) -> Vec<u8> {
        let mut out = vec![VERSION];
        out.extend_from_slice(&self.scope);
        out.extend_from_slice(&self.epoch.to_be_bytes());
        // At most MAX_RECIPIENTS, which the keys keep.
        out.push(u8::try_from(self.recipients.len()).unwrap_or(u8::MAX));
        self.recipients.iter().for_each(|text| put_bytes(&mut out, text.as_bytes()));
        out.extend_from_slice(&self.commitment);
        out.extend_from_slice(&self.previous);
        put_bytes(&mut out, &self.wrapped);
        out
    }

    fn decode(body: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(body);
        if reader.byte()? != VERSION {
            return None;
        }
        let (scope, epoch) = (reader.array()?, reader.u32()?);
        let count = usize::from(reader.byte()?);
        if count == 0 || count > MAX_RECIPIENTS {
            return None;
        }
        let recipients = (0..count)
            .map(|_| String::from_utf8(reader.bytes(MAX_RECIPIENT)?.to_vec()).ok())
            .collect::<Option<_>>()?;
        let (commitment, previous) = (reader.array()?, reader.array()?);
        let wrapped = reader.bytes(MAX_WRAPPED)?.to_vec();
        reader.end()?;
        Some(Self { scope, epoch, recipients, commitment, previous, wrapped })
    }
}

/// The hash that the next manifest names.
pub(crate) fn manifest_hash(bytes: &[u8]) -> [u8; 32] {
    tagged_hash("nectar store manifest hash 1", &[bytes])
}

fn signed(body: &[u8]) -> [u8; 32] {
    tagged_hash(CONTEXT, &[body])
}

fn split_signature(bytes: &[u8]) -> Option<(&[u8], &[u8; 64])> {
    let (body, signature) = bytes.split_at_checked(bytes.len().checked_sub(64)?)?;
    Some((body, signature.try_into().ok()?))
}

/// Hiding, because the secret is uniform; binding, because SHA-256 is.
fn commitment(scope: Scope, epoch: u32, secret: &[u8]) -> [u8; 32] {
    tagged_hash("nectar store key 1", &[&scope, &epoch.to_be_bytes(), secret])
}

fn wrap(recipients: &[Recipient], secret: &[u8]) -> Result<Vec<u8>, StateError> {
    let to = recipients.iter().map(|recipient| recipient as &dyn age::Recipient);
    let encryptor = age::Encryptor::with_recipients(to).map_err(|_| StateError::Encryption)?;
    let mut wrapped = Vec::new();
    let mut writer = encryptor.wrap_output(&mut wrapped).map_err(|_| StateError::Encryption)?;
    writer.write_all(secret).map_err(|_| StateError::Encryption)?;
    writer.finish().map_err(|_| StateError::Encryption)?;
    Ok(wrapped)
}

fn unwrap(keys: &StoreKeys, wrapped: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let identity: &dyn age::Identity = keys.identity();
    let reader = age::Decryptor::new(wrapped).ok()?.decrypt(std::iter::once(identity)).ok()?;
    // One byte more than expected, so that a longer secret is seen; reserved, so that no copy is left behind.
    let mut secret = Zeroizing::new(Vec::with_capacity(Vault::SECRET + 1));
    reader.take(Vault::SECRET as u64 + 1).read_to_end(&mut secret).ok()?;
    Some(secret)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vault::SYSTEM;
    use age::secrecy::SecretString;
    use proptest::prelude::*;

    fn vault() -> Vault {
        Vault::generate(SYSTEM, FIRST_EPOCH).unwrap()
    }

    #[test]
    fn the_owner_and_the_recovery_recipient_unwrap_the_same_key() {
        let recovery = age::x25519::Identity::generate();
        let public = recovery.to_public().to_string();
        let keys = StoreKeys::generate().unwrap().with_recovery([public.as_str()]).unwrap();
        let vault = vault();
        let bytes = Manifest::issue(&keys, &vault, [7; 32]).unwrap();
        let text: SecretString = recovery.to_string();
        for opener in [keys.clone(), StoreKeys::recovery(&text, &keys.signer()).unwrap()] {
            let opened = Manifest::open(&opener, SYSTEM, [7; 32], &bytes).unwrap();
            assert_eq!(opened.secret(), vault.secret());
        }
    }

    #[test]
    fn a_stranger_unwraps_nothing() {
        let keys = StoreKeys::generate().unwrap();
        let bytes = Manifest::issue(&keys, &vault(), [0; 32]).unwrap();
        let stranger = StoreKeys::generate().unwrap();
        let error = Manifest::open(&stranger, SYSTEM, [0; 32], &bytes).unwrap_err();
        assert!(matches!(error, StateError::WrongKeys));
        let identity = age::x25519::Identity::generate().to_string();
        let knows_signer = StoreKeys::recovery(&identity, &keys.signer()).unwrap();
        let error = Manifest::open(&knows_signer, SYSTEM, [0; 32], &bytes).unwrap_err();
        assert!(matches!(error, StateError::WrongKeys));
    }

    #[test]
    fn a_manifest_of_another_scope_or_predecessor_is_refused() {
        let keys = StoreKeys::generate().unwrap();
        let bytes = Manifest::issue(&keys, &vault(), [0; 32]).unwrap();
        assert!(Manifest::open(&keys, [1; 31], [0; 32], &bytes).is_err());
        assert!(Manifest::open(&keys, SYSTEM, [1; 32], &bytes).is_err());
    }

    #[test]
    fn a_key_that_an_outsider_wrapped_to_the_owner_is_refused() {
        let keys = StoreKeys::generate().unwrap();
        let outsider = StoreKeys::generate().unwrap().with_recovery([keys.recipient().as_str()]).unwrap();
        let bytes = Manifest::issue(&outsider, &vault(), [0; 32]).unwrap();
        let error = Manifest::open(&keys, SYSTEM, [0; 32], &bytes).unwrap_err();
        assert!(matches!(error, StateError::WrongKeys));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn a_manifest_with_any_byte_changed_or_cut_is_refused(at in 0usize..600, flip in 1u8..=255) {
            let keys = StoreKeys::generate().unwrap();
            let bytes = Manifest::issue(&keys, &vault(), [0; 32]).unwrap();
            let at = at % bytes.len();
            let mut changed = bytes.clone();
            changed[at] ^= flip;
            prop_assert!(Manifest::open(&keys, SYSTEM, [0; 32], &changed).is_err());
            prop_assert!(Manifest::open(&keys, SYSTEM, [0; 32], &bytes[..at]).is_err());
        }

        #[test]
        fn garbage_is_no_manifest(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
            prop_assert!(Manifest::decode(&bytes).is_none_or(|m| m.body() == bytes));
        }
    }
}
