//! Key files: a few bytes under a passphrase, as an age file (`scrypt` recipient, binary), which `age -d` opens too.

use std::io::{Read as _, Write as _};

use age::secrecy::{ExposeSecret as _, SecretString};
use age::{DecryptError, Decryptor, Encryptor, scrypt};
use thiserror::Error;
use zeroize::Zeroizing;

/// Longest key file, in bytes.
pub const MAX_KEY_FILE_BYTES: usize = 8 * 1024;
/// Logarithm of scrypt's N for new files: 128 MiB, and about half a second.
const WORK: u8 = 17;
/// Most that a file may ask for, so that a file from elsewhere cannot take the machine's memory: 512 MiB.
const MAX_WORK: u8 = 19;

/// Why there is no key file, or no key in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum KeyFileError {
    /// An empty passphrase protects nothing.
    #[error("an empty passphrase protects nothing: choose another")]
    EmptyPassphrase,
    /// The file or its content is too long.
    #[error("{got} bytes; a key file has at most {limit}")]
    TooLong {
        /// Bytes allowed.
        limit: usize,
        /// Bytes given.
        got: usize,
    },
    /// The passphrase does not open the file.
    #[error("the passphrase does not open it")]
    WrongPassphrase,
    /// Opening it takes more work than is allowed.
    #[error("it asks for scrypt work of 2^{got}; at most 2^{limit} is done: write it again with less")]
    TooMuchWork {
        /// Logarithm of the work allowed.
        limit: u8,
        /// Logarithm of the work asked for.
        got: u8,
    },
    /// No age file for a passphrase, or altered.
    #[error("it is no age file encrypted with a passphrase, or was altered")]
    Malformed,
    /// The file could not be made.
    #[error("the key file could not be encrypted")]
    Encryption,
}

/// Encrypts a key.
///
/// # Errors
/// [`KeyFileError`]
pub fn encrypt(key: &[u8], passphrase: &SecretString) -> Result<Vec<u8>, KeyFileError> {
    encrypt_with(key, passphrase, WORK)
}

fn encrypt_with(key: &[u8], passphrase: &SecretString, work: u8) -> Result<Vec<u8>, KeyFileError> {
    if passphrase.expose_secret().is_empty() {
        return Err(KeyFileError::EmptyPassphrase);
    }
    let limit = MAX_KEY_FILE_BYTES / 2;
    if key.len() > limit {
        return Err(KeyFileError::TooLong { limit, got: key.len() });
    }
    let mut recipient = scrypt::Recipient::new(passphrase.clone());
    recipient.set_work_factor(work);
    let to = std::iter::once(&recipient as &dyn age::Recipient);
    let encryptor = Encryptor::with_recipients(to).map_err(|_| KeyFileError::Encryption)?;
    let mut file = Vec::new();
    let mut writer = encryptor.wrap_output(&mut file).map_err(|_| KeyFileError::Encryption)?;
    writer.write_all(key).map_err(|_| KeyFileError::Encryption)?;
    writer.finish().map_err(|_| KeyFileError::Encryption)?;
    Ok(file)
}

/// Decrypts a key file.
///
/// # Errors
/// [`KeyFileError`]
pub fn decrypt(file: &[u8], passphrase: &SecretString) -> Result<Zeroizing<Vec<u8>>, KeyFileError> {
    if file.len() > MAX_KEY_FILE_BYTES {
        return Err(KeyFileError::TooLong { limit: MAX_KEY_FILE_BYTES, got: file.len() });
    }
    let mut identity = scrypt::Identity::new(passphrase.clone());
    identity.set_max_work_factor(MAX_WORK);
    let decryptor = Decryptor::new_buffered(file).map_err(|_| KeyFileError::Malformed)?;
    // Otherwise each of many stanzas could ask for the most work.
    if !decryptor.is_scrypt() {
        return Err(KeyFileError::Malformed);
    }
    let mut reader = decryptor.decrypt(std::iter::once(&identity as &dyn age::Identity)).map_err(refusal)?;
    // As large as the file, so that it never moves and leaves no copy behind.
    let mut key = Zeroizing::new(Vec::with_capacity(file.len()));
    reader.read_to_end(&mut key).map_err(|_| KeyFileError::Malformed)?;
    Ok(key)
}

fn refusal(error: DecryptError) -> KeyFileError {
    match error {
        DecryptError::ExcessiveWork { required, .. } => {
            KeyFileError::TooMuchWork { limit: MAX_WORK, got: required }
        }
        DecryptError::DecryptionFailed | DecryptError::KeyDecryptionFailed | DecryptError::NoMatchingKeys => {
            KeyFileError::WrongPassphrase
        }
        _ => KeyFileError::Malformed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn passphrase(text: &str) -> SecretString {
        text.to_owned().into()
    }

    /// Little work, so that tests are quick.
    fn sealed(key: &[u8]) -> Vec<u8> {
        encrypt_with(key, &passphrase("right"), 2).unwrap()
    }

    #[test]
    fn a_key_survives_its_file() {
        let file = encrypt(b"secret", &passphrase("right")).unwrap();
        assert_eq!(decrypt(&file, &passphrase("right")).unwrap().as_slice(), b"secret");
    }

    #[test]
    fn another_passphrase_opens_nothing() {
        let file = sealed(b"secret");
        assert_eq!(decrypt(&file, &passphrase("wrong")).unwrap_err(), KeyFileError::WrongPassphrase);
        assert_eq!(encrypt(b"secret", &passphrase("")).unwrap_err(), KeyFileError::EmptyPassphrase);
    }

    #[test]
    fn a_file_that_asks_for_too_much_work_is_refused_before_the_work() {
        let mut file = sealed(b"secret");
        let end = file.windows(3).position(|w| w == b" 2\n").unwrap();
        file.splice(end..end + 3, b" 40\n".iter().copied());
        let error = decrypt(&file, &passphrase("right")).unwrap_err();
        assert_eq!(error, KeyFileError::TooMuchWork { limit: MAX_WORK, got: 40 });
    }

    #[test]
    fn a_file_with_two_stanzas_is_refused_before_the_work() {
        let mut file = sealed(b"secret");
        let begin = file.windows(2).position(|w| w == b"->").unwrap();
        let end = file.windows(4).position(|w| w == b"\n---").unwrap() + 1;
        let stanza = file[begin..end].to_vec();
        file.splice(begin..begin, stanza);
        assert_eq!(decrypt(&file, &passphrase("right")).unwrap_err(), KeyFileError::Malformed);
    }

    #[test]
    fn a_long_file_is_refused_unread() {
        let error = decrypt(&[0; MAX_KEY_FILE_BYTES + 1], &passphrase("right")).unwrap_err();
        assert!(matches!(error, KeyFileError::TooLong { .. }));
        assert!(matches!(
            encrypt(&[0; MAX_KEY_FILE_BYTES], &passphrase("x")),
            Err(KeyFileError::TooLong { .. })
        ));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn garbage_is_no_key_file(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            prop_assert!(decrypt(&bytes, &passphrase("right")).is_err());
        }

        #[test]
        fn an_altered_file_is_refused(at in 0usize..1000, flip in 1u8..=255) {
            let mut file = sealed(b"secret");
            // The work factor may only grow to what a test can wait for.
            let work = file.windows(3).position(|w| w == b" 2\n").unwrap() + 1;
            let at = at % file.len();
            prop_assume!(at != work);
            file[at] ^= flip;
            prop_assert!(decrypt(&file, &passphrase("right")).is_err());
        }
    }
}
