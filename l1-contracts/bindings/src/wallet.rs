use std::fmt;

use alloy::primitives::{Address, B256};
use alloy::signers::SignerSync as _;
use alloy::signers::local::PrivateKeySigner;
use thiserror::Error;
use zeroize::Zeroizing;

use crate::dev::InsecureAccount;

/// Why there is no wallet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum WalletError {
    /// Zero, or not below the order of secp256k1.
    #[error("these 32 bytes are no secp256k1 key: it must be above zero and below the curve's order")]
    NotAKey,
    /// The operating system gave no random bytes.
    #[error("the operating system gave no random bytes for a new key")]
    NoRandomness,
}

/// A secp256k1 key that signs transactions, agreements and attestations. Wiped from memory when dropped.
#[derive(Clone)]
pub struct Wallet {
    signer: PrivateKeySigner,
    insecure: bool,
}

impl Wallet {
    /// The wallet of a 32-byte big-endian secret.
    ///
    /// # Errors
    /// [`WalletError::NotAKey`] for zero and for values not below the curve's order.
    pub fn from_bytes(secret: &[u8; 32]) -> Result<Self, WalletError> {
        let signer = PrivateKeySigner::from_slice(secret).map_err(|_| WalletError::NotAKey)?;
        Ok(Self { signer, insecure: false })
    }

    /// A new random wallet.
    ///
    /// # Errors
    /// [`WalletError::NoRandomness`] if the operating system has none.
    pub fn generate() -> Result<Self, WalletError> {
        let mut secret = Zeroizing::new([0u8; 32]);
        loop {
            getrandom::fill(secret.as_mut()).map_err(|_| WalletError::NoRandomness)?;
            // All but a 2^-128 part of the values are keys.
            if let Ok(wallet) = Self::from_bytes(&secret) {
                return Ok(wallet);
            }
        }
    }

    /// A wallet whose key everybody knows, for development chains only: [`crate::L1::connect`] refuses it elsewhere.
    #[must_use]
    pub fn insecure(account: InsecureAccount) -> Self {
        Self { signer: account.signer(), insecure: true }
    }

    /// The secret, to be kept in an encrypted key file.
    #[must_use]
    pub fn to_bytes(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.signer.to_bytes().0)
    }

    /// The Ethereum address.
    #[must_use]
    pub fn address(&self) -> Address {
        self.signer.address()
    }

    /// Whether everybody knows the key.
    #[must_use]
    pub fn is_insecure(&self) -> bool {
        self.insecure
    }

    /// Signs a digest: 65 bytes, (r, s, v) with v 27 or 28. Deterministic (RFC 6979).
    pub(crate) fn sign(&self, digest: &B256) -> Result<alloy::primitives::Signature, WalletError> {
        // Fails only if the nonce of RFC 6979 is no scalar, which no key and digest are known for.
        self.signer.sign_hash_sync(digest).map_err(|_| WalletError::NotAKey)
    }
}

impl fmt::Debug for Wallet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Wallet({}, secret ..)", self.address())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wallet_survives_its_bytes() {
        let wallet = Wallet::generate().unwrap();
        assert_eq!(Wallet::from_bytes(&wallet.to_bytes()).unwrap().address(), wallet.address());
    }

    #[test]
    fn the_address_is_that_of_the_known_key_one() {
        let mut secret = [0u8; 32];
        secret[31] = 1;
        let address = Wallet::from_bytes(&secret).unwrap().address().to_string();
        assert_eq!(address, "0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf");
    }

    #[test]
    fn zero_and_the_curve_order_are_no_keys() {
        assert_eq!(Wallet::from_bytes(&[0; 32]).unwrap_err(), WalletError::NotAKey);
        assert_eq!(Wallet::from_bytes(&[0xff; 32]).unwrap_err(), WalletError::NotAKey);
    }

    #[test]
    fn debug_shows_no_secret() {
        let wallet = Wallet::from_bytes(&[0x5a; 32]).unwrap();
        let shown = format!("{wallet:?}");
        assert!(!shown.contains("5a5a") && !shown.contains("90, 90"), "{shown}");
    }
}
