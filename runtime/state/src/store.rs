use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use nectar_abi::{ContractId, NetworkId};
use nectar_commitment::{Fr, Ledger};
use parking_lot::{ArcMutexGuard, Mutex, RawMutex, RwLock};

use crate::backend::{Backend, Pair};
use crate::contract::Contract;
use crate::error::StateError;
use crate::keys::StoreKeys;
use crate::record::Head;
use crate::session::Session;
use crate::system;
use crate::vault::{StampKey, Vault};

/// Encrypted, committed state of one network at a DSP. Clones are the same store.
#[derive(Clone)]
pub struct Store {
    shared: Arc<Shared>,
    inner: Arc<Mutex<Inner>>,
}

/// What needs no exclusive access.
pub(crate) struct Shared {
    pub(crate) backend: Arc<dyn Backend>,
    pub(crate) keys: StoreKeys,
    pub(crate) system: Vault,
    pub(crate) stamps: StampKey,
    /// Hash of the system key's manifest, which the contracts' manifests name.
    pub(crate) origin: [u8; 32],
    /// Held for writing while the backend commits, so that nobody sees what is not durable yet.
    pub(crate) published: RwLock<Head>,
}

/// What one session at a time works on.
pub(crate) struct Inner {
    pub(crate) ledger: Ledger,
    pub(crate) contracts: BTreeMap<ContractId, Contract>,
    pub(crate) head: Head,
    /// An earlier commit may or may not have been stored.
    pub(crate) closed: bool,
}

/// Exclusive access. Whatever the trees were made to hold and was not finished is taken back when it ends.
pub(crate) struct Turn(ArcMutexGuard<RawMutex, Inner>);

impl std::ops::Deref for Turn {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl std::ops::DerefMut for Turn {
    fn deref_mut(&mut self) -> &mut Inner {
        &mut self.0
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.ledger.rollback();
    }
}

impl Store {
    /// Opens a store, or creates it where the backend is empty: decrypts all records once, rebuilds the trees and
    /// compares them with the sealed head.
    ///
    /// # Errors
    /// [`StateError::Tampered`] if a record was changed, dropped, exchanged, added or replayed; [`StateError::WrongKeys`]
    /// or [`StateError::WrongNetwork`] if it is another's; [`StateError::Backend`].
    pub fn open(backend: Arc<dyn Backend>, keys: StoreKeys, network: NetworkId) -> Result<Self, StateError> {
        let (shared, inner) = crate::open::open(backend, keys, network)?;
        Ok(Self { shared: Arc::new(shared), inner: Arc::new(Mutex::new(inner)) })
    }

    /// Starts a session. There is one at a time: waits for the one before to end.
    pub fn begin(&self) -> Session {
        let turn = Turn(Mutex::lock_arc(&self.inner));
        Session::new(Arc::clone(&self.shared), turn)
    }

    /// Root of the network after the last commit.
    pub fn network_root(&self) -> Fr {
        self.shared.published.read().root
    }

    /// Number of commits so far. To be compared, with the root, with what L1 and the log have seen: an older copy of
    /// the whole store is otherwise as good as the newest.
    pub fn sequence(&self) -> u64 {
        self.shared.published.read().sequence
    }

    /// The network.
    pub fn network(&self) -> NetworkId {
        NetworkId(self.shared.published.read().network)
    }

    /// A committed system record. Never waits for a session, only for the moment of a commit.
    ///
    /// # Errors
    /// [`StateError::Tampered`] or [`StateError::Backend`]
    pub fn system_get(&self, ns: &'static str, key: &[u8]) -> Result<Option<Vec<u8>>, StateError> {
        let _durable = self.shared.published.read();
        system::get(&*self.shared.backend, &self.shared.system, ns, key)
    }

    /// All committed system records of a namespace, in order of their keys.
    ///
    /// # Errors
    /// [`StateError::Tampered`] or [`StateError::Backend`]
    pub fn system_scan(&self, ns: &'static str) -> Result<Vec<Pair>, StateError> {
        let _durable = self.shared.published.read();
        system::scan(&*self.shared.backend, &self.shared.system, ns)
    }
}

impl Shared {
    pub(crate) fn new(
        backend: Arc<dyn Backend>,
        keys: StoreKeys,
        system: Vault,
        origin: [u8; 32],
        head: Head,
    ) -> Self {
        let stamps = StampKey::new(&system);
        Self { backend, keys, system, stamps, origin, published: RwLock::new(head) }
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").finish_non_exhaustive()
    }
}
