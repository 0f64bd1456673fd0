use std::collections::BTreeSet;

use nectar_abi::PublicKey;
use nectar_state::{Session, Store};

use crate::error::HostError;
use crate::records::NONCES;

/// Most nonces that one commit forgets, so that no commit becomes large.
const MAX_PRUNED: usize = 64;
/// A nonce's record holds nothing; a byte says that it is there.
const THERE: [u8; 1] = [1];

/// A nonce that was used, until its request's window ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Nonce {
    pub(crate) expires: u64,
    pub(crate) signer: PublicKey,
    pub(crate) nonce: [u8; 16],
}

impl Nonce {
    fn key(&self) -> Vec<u8> {
        [self.expires.to_be_bytes().as_slice(), self.signer.as_bytes(), &self.nonce].concat()
    }

    fn from_key(key: &[u8]) -> Option<Self> {
        let (expires, rest) = key.split_first_chunk::<8>()?;
        let (signer, nonce) = rest.split_first_chunk::<32>()?;
        let (expires, signer) = (u64::from_be_bytes(*expires), PublicKey::new(*signer));
        Some(Self { expires, signer, nonce: nonce.try_into().ok()? })
    }
}

/// The nonces of all requests that could still be repeated. Windows are short, so there are few.
#[derive(Debug, Default)]
pub(crate) struct Nonces {
    by_expiry: BTreeSet<Nonce>,
    by_signer: BTreeSet<(PublicKey, [u8; 16])>,
}

impl Nonces {
    pub(crate) fn load(store: &Store) -> Result<Self, HostError> {
        let mut nonces = Self::default();
        for (key, _) in store.system_scan(NONCES)? {
            nonces.insert(Nonce::from_key(&key).ok_or(HostError::Record(NONCES))?);
        }
        Ok(nonces)
    }

    pub(crate) fn seen(&self, signer: &PublicKey, nonce: &[u8; 16]) -> bool {
        self.by_signer.contains(&(*signer, *nonce))
    }

    /// Stores a nonce and forgets some whose windows have ended, with the session's commit; [`Self::apply`] follows it.
    pub(crate) fn stage(
        &self,
        session: &mut Session,
        new: &Nonce,
        now: u64,
    ) -> Result<Vec<Nonce>, HostError> {
        let ended: Vec<_> =
            self.by_expiry.iter().take_while(|n| n.expires <= now).take(MAX_PRUNED).copied().collect();
        for nonce in &ended {
            session.system_remove(NONCES, &nonce.key());
        }
        session.system_put(NONCES, &new.key(), &THERE)?;
        Ok(ended)
    }

    /// What [`Self::stage`] stored has been committed.
    pub(crate) fn apply(&mut self, new: Nonce, ended: &[Nonce]) {
        for nonce in ended {
            self.by_expiry.remove(nonce);
            self.by_signer.remove(&(nonce.signer, nonce.nonce));
        }
        self.insert(new);
    }

    fn insert(&mut self, nonce: Nonce) {
        self.by_expiry.insert(nonce);
        self.by_signer.insert((nonce.signer, nonce.nonce));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_nonce_survives_its_key(expires: u64, signer: [u8; 32], nonce: [u8; 16]) {
            let nonce = Nonce { expires, signer: PublicKey::new(signer), nonce };
            prop_assert_eq!(Nonce::from_key(&nonce.key()), Some(nonce));
        }

        #[test]
        fn garbage_is_no_key(bytes: Vec<u8>) {
            if let Some(nonce) = Nonce::from_key(&bytes) {
                prop_assert_eq!(nonce.key(), bytes);
            }
        }
    }
}
