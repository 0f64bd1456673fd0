use std::sync::Arc;

use nectar_abi::{ContractId, GrantHash, NetworkId};
use nectar_commitment::{Fr, Op, Registers, Slot};
use nectar_state::{MemoryBackend, Pair, Sealed, Session, StateError, Store, StoreKeys};

pub(crate) const NETWORK: NetworkId = NetworkId::CONTRACTS;

pub(crate) fn contract(n: u8) -> ContractId {
    ContractId::new([n; 32])
}

pub(crate) fn grant(n: u8) -> GrantHash {
    GrantHash::new([n; 32])
}

pub(crate) fn keys() -> StoreKeys {
    StoreKeys::generate().unwrap()
}

pub(crate) fn try_open(backend: &MemoryBackend, keys: &StoreKeys) -> Result<Store, StateError> {
    Store::open(Arc::new(backend.clone()), keys.clone(), NETWORK)
}

pub(crate) fn open(backend: &MemoryBackend, keys: &StoreKeys) -> Store {
    try_open(backend, keys).unwrap()
}

/// Commits what `work` does in a frame of the contract, which is created if it is not there.
pub(crate) fn commit(store: &Store, id: &ContractId, work: impl FnOnce(&mut Session)) {
    let mut session = store.begin();
    if !session.has_contract(id) {
        session.create_contract(id, Fr::from(7)).unwrap();
    }
    session.enter(id).unwrap();
    work(&mut session);
    session.leave();
    let sealed = session.seal().unwrap();
    assert_provable(&sealed);
    sealed.commit().unwrap();
}

/// Everything in a contract, as a contract would see it.
pub(crate) fn content(store: &Store, id: &ContractId) -> Vec<Pair> {
    let mut session = store.begin();
    if session.enter(id).is_err() {
        return Vec::new();
    }
    session.scan(None, None, false, usize::MAX).unwrap()
}

/// The machine that proofs repeat gets from the root before to the root after, with the same log and grants.
pub(crate) fn assert_provable(sealed: &Sealed) {
    let start = Registers::start(sealed.pre_root(), Fr::from(1));
    let reached = sealed.slots().iter().try_fold(start, |registers, slot| registers.apply(slot)).unwrap();
    let claimed = (sealed.post_root(), sealed.log(), sealed.auth());
    assert_eq!((reached.network_root, reached.log, reached.auth), claimed);
    assert_eq!(reached.contract, Fr::from(0));
}

pub(crate) fn ops(slots: &[Slot]) -> Vec<Op> {
    slots.iter().map(|slot| slot.op).collect()
}
