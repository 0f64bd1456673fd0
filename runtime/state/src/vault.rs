use std::fmt;

use aes_gcm_siv::{AeadInOut as _, Aes256GcmSiv, KeyInit as _, Nonce};
use hkdf::Hkdf;
use hmac::{Hmac, Mac as _};
use nectar_commitment::{Fr, Key, state_key};
use sha2::Sha256;
use zeroize::{Zeroize as _, Zeroizing};

use crate::error::{Part, StateError};
use crate::random::random_bytes;
use crate::reader::Reader;

/// Whose records a key protects: zeros for the system, a contract's blinded id otherwise.
pub(crate) type Scope = [u8; 31];
/// The scope of system records.
pub(crate) const SYSTEM: Scope = [0; 31];
/// HMAC over a stored record and its place, in a set digest.
pub(crate) type Stamp = [u8; 32];

const FORMAT: u8 = 2;
const HEADER: usize = 1 + 4 + 8 + 12;
const TAG: usize = 16;
const OVERHEAD: usize = HEADER + 4 + TAG;
/// What a record leaves free of its power of two, for the backend's own bytes.
const MARGIN: usize = 64;
const SMALLEST: usize = 256;
const LARGEST_POWER: usize = 64 * 1024;

/// The keys of one scope and epoch: one for records, one for names. Erased when dropped.
pub(crate) struct Vault {
    scope: Scope,
    epoch: u32,
    data: Zeroizing<[u8; 32]>,
    names: Zeroizing<[u8; 32]>,
}

impl Vault {
    /// Length of [`Self::secret`].
    pub(crate) const SECRET: usize = 64;

    pub(crate) fn generate(scope: Scope, epoch: u32) -> Result<Self, StateError> {
        let (data, names) = (Zeroizing::new(random_bytes()?), Zeroizing::new(random_bytes()?));
        Ok(Self { scope, epoch, data, names })
    }

    pub(crate) fn from_secret(scope: Scope, epoch: u32, secret: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(secret);
        let (data, names) = (Zeroizing::new(reader.array()?), Zeroizing::new(reader.array()?));
        reader.end()?;
        Some(Self { scope, epoch, data, names })
    }

    /// Key for records (32 bytes), key for names (32).
    pub(crate) fn secret(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new([self.data.as_slice(), self.names.as_slice()].concat())
    }

    pub(crate) fn scope(&self) -> Scope {
        self.scope
    }

    pub(crate) fn epoch(&self) -> u32 {
        self.epoch
    }

    /// `HMAC-SHA-256(names key, label and name, each behind its length)`: RFC 2104.
    pub(crate) fn mac(&self, label: &str, parts: &[&[u8]]) -> [u8; 32] {
        mac(&self.names, label, parts)
    }

    /// The first 31 bytes of [`Self::mac`].
    pub(crate) fn blind(&self, label: &str, name: &[u8]) -> Key {
        Key::from_digest(&self.mac(label, &[name]))
    }

    /// The element under which a contract's state keys are blinded in its tree, constant for its life: the first 31 bytes of a MAC under
    /// the key for names, read as a number.
    pub(crate) fn state_secret(&self) -> Fr {
        let mac = Zeroizing::new(self.mac("state secret", &[]));
        Key::from_digest(&mac).to_field()
    }

    /// A state key's place in its contract's tree.
    pub(crate) fn state_key(&self, key: &[u8]) -> Key {
        state_key(&self.state_secret(), key)
    }

    /// Encrypts a record for its place `at` in the backend.
    ///
    /// Layout: format (1), epoch (4), version (8), nonce (12), then AES-256-GCM-SIV (RFC 8452) of the body behind its
    /// length (4), padded with zeros to a bucket, under `HKDF-Expand(data key, "nectar record 1", at)` (RFC 5869).
    pub(crate) fn encrypt(&self, at: &[u8], version: u64, body: &[u8]) -> Result<Vec<u8>, StateError> {
        let stored = bucket(body.len() + OVERHEAD);
        let len = u32::try_from(body.len()).map_err(|_| StateError::Encryption)?;
        let mut out = Vec::with_capacity(stored);
        out.push(FORMAT);
        out.extend_from_slice(&self.epoch.to_be_bytes());
        out.extend_from_slice(&version.to_be_bytes());
        let nonce: [u8; 12] = random_bytes()?;
        out.extend_from_slice(&nonce);
        out.extend_from_slice(&len.to_be_bytes());
        out.extend_from_slice(body);
        out.resize(stored - TAG, 0);
        let aad = self.associated(at, version, stored - TAG - HEADER);
        let (_, padded) = out.split_at_mut_checked(HEADER).ok_or(StateError::Encryption)?;
        let sealed =
            self.cipher(at)?.encrypt_inout_detached(&Nonce::from(nonce), &aad, (&mut *padded).into());
        let Ok(tag) = sealed else {
            padded.zeroize();
            return Err(StateError::Encryption);
        };
        out.extend_from_slice(&tag);
        Ok(out)
    }

    /// Decrypts what [`Self::encrypt`] made for this place: version and body.
    pub(crate) fn decrypt(
        &self,
        at: &[u8],
        stored: &[u8],
        part: Part,
    ) -> Result<(u64, Zeroizing<Vec<u8>>), StateError> {
        let altered = StateError::Tampered(part);
        match self.try_decrypt(at, stored) {
            Some(opened) => Ok(opened),
            None => Err(altered),
        }
    }

    fn try_decrypt(&self, at: &[u8], stored: &[u8]) -> Option<(u64, Zeroizing<Vec<u8>>)> {
        let mut reader = Reader::new(stored);
        if reader.byte()? != FORMAT || reader.u32()? != self.epoch {
            return None;
        }
        let (version, nonce) = (reader.u64()?, reader.array::<12>()?);
        let sealed = reader.rest();
        let (padded, tag) = sealed.split_at_checked(sealed.len().checked_sub(TAG)?)?;
        let tag: [u8; TAG] = tag.try_into().ok()?;
        let mut plain = Zeroizing::new(padded.to_vec());
        let aad = self.associated(at, version, plain.len());
        let cipher = self.cipher(at).ok()?;
        cipher
            .decrypt_inout_detached(&Nonce::from(nonce), &aad, plain.as_mut_slice().into(), &tag.into())
            .ok()?;
        let len = usize::try_from(Reader::new(&plain).u32()?).ok()?;
        if len > plain.len().checked_sub(4)? {
            return None;
        }
        plain.copy_within(4..4 + len, 0);
        // Truncation alone would leave the tail behind in the allocation.
        plain.iter_mut().skip(len).for_each(|byte| *byte = 0);
        plain.truncate(len);
        Some((version, plain))
    }

    fn cipher(&self, at: &[u8]) -> Result<Aes256GcmSiv, StateError> {
        let mut key = Zeroizing::new([0; 32]);
        let expand = Hkdf::<Sha256>::from_prk(self.data.as_slice()).map_err(|_| StateError::Encryption)?;
        expand
            .expand_multi_info(&[b"nectar record 1", at], key.as_mut_slice())
            .map_err(|_| StateError::Encryption)?;
        Aes256GcmSiv::new_from_slice(key.as_slice()).map_err(|_| StateError::Encryption)
    }

    fn associated(&self, at: &[u8], version: u64, padded: usize) -> Vec<u8> {
        let mut out = Vec::with_capacity(64 + at.len());
        out.push(FORMAT);
        out.extend_from_slice(&self.scope);
        out.extend_from_slice(&self.epoch.to_be_bytes());
        out.extend_from_slice(&version.to_be_bytes());
        out.extend_from_slice(&(padded as u64).to_be_bytes());
        out.extend_from_slice(at);
        out
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Vault(..)")
    }
}

/// Fingerprints records, so that a store can keep one digest of all of them: the sum (exclusive or) of their stamps.
/// Nobody without the key can find other records with the same sum (Clarke et al., Asiacrypt 2003, MSet-XOR-Hash).
pub(crate) struct StampKey(Zeroizing<[u8; 32]>);

impl StampKey {
    pub(crate) fn new(system: &Vault) -> Self {
        Self(Zeroizing::new(system.mac("stamp key", &[])))
    }

    pub(crate) fn stamp(&self, at: &[u8], stored: &[u8]) -> Stamp {
        mac(&self.0, "stamp", &[at, stored])
    }
}

/// Adds a stamp to a digest, or takes it out of it.
pub(crate) fn toggle(digest: &mut Stamp, stamp: &Stamp) {
    digest.iter_mut().zip(stamp).for_each(|(d, s)| *d ^= s);
}

fn mac(key: &[u8; 32], label: &str, parts: &[&[u8]]) -> [u8; 32] {
    // RFC 2104 fills a short key with zeros up to the block; done here, no call can fail.
    let mut block = Zeroizing::new([0; 64]);
    block.iter_mut().zip(key).for_each(|(to, from)| *to = *from);
    let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new((&*block).into());
    for part in std::iter::once(label.as_bytes()).chain(parts.iter().copied()) {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// Bytes that a record of this length takes: a power of two up to 64 KiB, then multiples of 64 KiB, less a margin.
fn bucket(len: usize) -> usize {
    let needed = len + MARGIN;
    let size = if needed <= LARGEST_POWER {
        needed.next_power_of_two().max(SMALLEST)
    } else {
        needed.next_multiple_of(LARGEST_POWER)
    };
    size - MARGIN
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PLACE: &[u8] = b"S-somewhere";

    fn vault() -> Vault {
        Vault::generate([3; 31], 1).unwrap()
    }

    fn opens(vault: &Vault, at: &[u8], stored: &[u8]) -> bool {
        vault.decrypt(at, stored, Part::State).is_ok()
    }

    #[test]
    fn a_record_opens_at_its_place_with_its_keys_only() {
        let vault = vault();
        let stored = vault.encrypt(PLACE, 5, b"body").unwrap();
        let (version, body) = vault.decrypt(PLACE, &stored, Part::State).unwrap();
        assert_eq!((version, body.as_slice()), (5, b"body".as_slice()));
        assert!(!opens(&vault, b"S-elsewhere", &stored));
        let same_secret = |scope, epoch| Vault::from_secret(scope, epoch, &vault.secret()).unwrap();
        assert!(opens(&same_secret([3; 31], 1), PLACE, &stored));
        assert!(!opens(&same_secret([4; 31], 1), PLACE, &stored));
        assert!(!opens(&same_secret([3; 31], 2), PLACE, &stored));
        assert!(!opens(&Vault::generate([3; 31], 1).unwrap(), PLACE, &stored));
    }

    #[test]
    fn equal_bodies_are_encrypted_differently_and_names_depend_on_key_and_label() {
        let vault = vault();
        assert_ne!(vault.encrypt(PLACE, 1, b"body").unwrap(), vault.encrypt(PLACE, 1, b"body").unwrap());
        assert_eq!(vault.blind("state", b"name"), vault.blind("state", b"name"));
        assert_ne!(vault.blind("state", b"name"), vault.blind("grant", b"name"));
        assert_ne!(vault.blind("state", b"name"), self::vault().blind("state", b"name"));
    }

    #[test]
    fn the_secret_of_a_contract_follows_from_its_keys() {
        let vault = vault();
        let again = Vault::from_secret([3; 31], 1, &vault.secret()).unwrap();
        assert_eq!(
            (vault.state_secret(), vault.state_key(b"name")),
            (again.state_secret(), again.state_key(b"name"))
        );
        assert_ne!(vault.state_secret(), self::vault().state_secret());
        assert_ne!(vault.state_key(b"name"), vault.state_key(b"name\0"));
    }

    #[test]
    fn the_longest_body_of_a_bucket_fills_it_and_one_byte_more_takes_the_next() {
        let vault = vault();
        let stored = |len: usize| vault.encrypt(PLACE, 1, &vec![7; len]).unwrap().len();
        assert_eq!((stored(0), stored(192 - OVERHEAD), stored(193 - OVERHEAD)), (192, 192, 448));
        assert_eq!((stored(65_472 - OVERHEAD), stored(65_473 - OVERHEAD)), (65_472, 131_008));
        assert_eq!(stored(131_009 - OVERHEAD), 196_544);
    }

    #[test]
    fn debug_shows_no_key() {
        assert_eq!(format!("{:?}", vault()), "Vault(..)");
    }

    proptest! {
        #[test]
        fn a_body_of_any_length_comes_back(body in proptest::collection::vec(any::<u8>(), 0..3000), version: u64) {
            let vault = vault();
            let stored = vault.encrypt(PLACE, version, &body).unwrap();
            let (again, opened) = vault.decrypt(PLACE, &stored, Part::State).unwrap();
            prop_assert_eq!((again, opened.to_vec()), (version, body));
        }

        #[test]
        fn a_record_with_any_bit_changed_or_cut_does_not_open(at in 0usize..192, bit in 0u32..8, len in 0usize..192) {
            let vault = vault();
            let mut stored = vault.encrypt(PLACE, 1, b"body").unwrap();
            prop_assert!(!opens(&vault, PLACE, &stored[..len]));
            stored[at] ^= 1 << bit;
            prop_assert!(!opens(&vault, PLACE, &stored));
        }

        #[test]
        fn garbage_does_not_open(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            prop_assert!(!opens(&vault(), PLACE, &bytes));
        }
    }
}
