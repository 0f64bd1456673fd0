use std::collections::BTreeMap;
use std::sync::Arc;

use nectar_abi::NetworkId;
use nectar_commitment::{Fr, Key, Ledger, binding};

use crate::backend::{Backend, Batch};
use crate::contract::{Contract, Entry, GrantEntry, PlainKey, Stored};
use crate::error::{Part, StateError};
use crate::keys::StoreKeys;
use crate::layout;
use crate::manifest::{FIRST_EPOCH, Manifest, manifest_hash};
use crate::record::{ContractRecord, GrantRecord, Head, StateRecord, grant_key};
use crate::store::{Inner, Shared};
use crate::vault::{SYSTEM, Scope, Stamp, StampKey, Vault, toggle};

/// Reads a store, or creates it where the backend is empty.
pub(crate) fn open(
    backend: Arc<dyn Backend>,
    keys: StoreKeys,
    network: NetworkId,
) -> Result<(Shared, Inner), StateError> {
    let manifest_at = layout::manifest(&SYSTEM, FIRST_EPOCH);
    let Some(manifest) = backend.get(&manifest_at)? else {
        // A store without its first record is new or destroyed.
        let first = backend.scan_prefix(b"").next().transpose()?;
        return match first {
            None => create(backend, keys, network),
            Some(_) => Err(StateError::Tampered(Part::Manifest)),
        };
    };
    let system = Manifest::open(&keys, SYSTEM, [0; 32], &manifest)?;
    let head = read_head(&*backend, &system)?;
    if head.network != network.0 {
        return Err(StateError::WrongNetwork { expected: network.0, stored: head.network });
    }
    let origin = manifest_hash(&manifest);
    let mut loader =
        Loader { backend: &*backend, keys: &keys, stamps: StampKey::new(&system), digest: [0; 32] };
    loader.add_all(b"M")?;
    let mut inner = Inner { ledger: Ledger::default(), contracts: BTreeMap::new(), head, closed: false };
    loader.contracts(&system, origin, &mut inner)?;
    loader.add_all(layout::SYSTEM_RECORDS)?;
    if loader.digest != head.digest {
        return Err(StateError::Tampered(Part::Records));
    }
    if inner.ledger.root() != head.root {
        return Err(StateError::Tampered(Part::Root));
    }
    Ok((Shared::new(backend, keys, system, origin, head), inner))
}

fn create(
    backend: Arc<dyn Backend>,
    keys: StoreKeys,
    network: NetworkId,
) -> Result<(Shared, Inner), StateError> {
    let system = Vault::generate(SYSTEM, FIRST_EPOCH)?;
    let manifest = Manifest::issue(&keys, &system, [0; 32])?;
    let at = layout::manifest(&SYSTEM, FIRST_EPOCH);
    let origin = manifest_hash(&manifest);
    let mut digest = [0; 32];
    toggle(&mut digest, &StampKey::new(&system).stamp(&at, &manifest));
    let ledger = Ledger::default();
    let head = Head { network: network.0, sequence: 0, root: ledger.root(), digest };
    let mut batch = Batch::default();
    batch.put(at, manifest);
    batch.put(layout::HEAD.to_vec(), system.encrypt(layout::HEAD, head.sequence, &head.encode())?);
    backend.commit(batch)?;
    let inner = Inner { ledger, contracts: BTreeMap::new(), head, closed: false };
    Ok((Shared::new(backend, keys, system, origin, head), inner))
}

fn read_head(backend: &dyn Backend, system: &Vault) -> Result<Head, StateError> {
    let altered = || StateError::Tampered(Part::Head);
    let stored = backend.get(layout::HEAD)?.ok_or_else(altered)?;
    let (version, body) = system.decrypt(layout::HEAD, &stored, Part::Head)?;
    Head::decode(&body).filter(|head| head.sequence == version).ok_or_else(altered)
}

/// Leaves by their place in the tree.
type Leaves = BTreeMap<u32, (Key, Fr)>;

struct Loader<'a> {
    backend: &'a dyn Backend,
    keys: &'a StoreKeys,
    stamps: StampKey,
    /// Sum of the stamps of all records read so far.
    digest: Stamp,
}

impl Loader<'_> {
    fn add(&mut self, at: &[u8], stored: &[u8]) -> Stamp {
        let stamp = self.stamps.stamp(at, stored);
        toggle(&mut self.digest, &stamp);
        stamp
    }

    /// Records that count in the digest and are read when they are needed.
    fn add_all(&mut self, prefix: &[u8]) -> Result<(), StateError> {
        for record in self.backend.scan_prefix(prefix) {
            let (at, stored) = record?;
            self.add(&at, &stored);
        }
        Ok(())
    }

    /// All contracts in order of their creation.
    fn contracts(&mut self, system: &Vault, origin: [u8; 32], inner: &mut Inner) -> Result<(), StateError> {
        let altered = || StateError::Tampered(Part::Contract);
        let mut in_order = BTreeMap::new();
        for record in self.backend.scan_prefix(layout::CONTRACTS) {
            let (at, stored) = record?;
            let stamp = self.add(&at, &stored);
            let (version, body) = system.decrypt(&at, &stored, Part::Contract)?;
            let record = ContractRecord::decode(&body).ok_or_else(altered)?;
            let scope: Scope = *system.blind("contract", record.id.as_bytes()).as_bytes();
            if at != layout::contract(&scope) {
                return Err(altered());
            }
            in_order.insert(record.position, (record, scope, Stored { version, stamp }));
        }
        for (expected, (position, (record, scope, stored))) in (0..).zip(in_order) {
            if position != expected {
                return Err(altered());
            }
            let at = layout::manifest(&scope, FIRST_EPOCH);
            let manifest = self.backend.get(&at)?.ok_or(StateError::Tampered(Part::Manifest))?;
            let vault = Manifest::open(self.keys, scope, origin, &manifest)?;
            let mut contract = Contract::new(&record.id, vault, position, record.program, stored);
            let states = self.states(&mut contract)?;
            let grants = self.grants(&mut contract)?;
            let binding = binding(&record.program, &contract.vault.state_secret());
            inner
                .ledger
                .restore(contract.key, binding, record.salt, states, grants)
                .map_err(|_| StateError::Tampered(Part::Root))?;
            inner.contracts.insert(record.id, contract);
        }
        Ok(())
    }

    fn states(&mut self, contract: &mut Contract) -> Result<Vec<(Key, Fr)>, StateError> {
        let altered = || StateError::Tampered(Part::State);
        let scope = contract.vault.scope();
        let mut leaves = Leaves::new();
        for record in self.backend.scan_prefix(&layout::states(&scope)) {
            let (at, stored) = record?;
            let stamp = self.add(&at, &stored);
            let (version, body) = contract.vault.decrypt(&at, &stored, Part::State)?;
            let record = StateRecord::decode(&body).ok_or_else(altered)?;
            let name = Contract::state_name(&contract.vault, record.key);
            if at != layout::state(&scope, &name) {
                return Err(altered());
            }
            let (leaf, live) = (record.leaf, record.value.is_some());
            let entry = Entry { stored: Stored { version, stamp }, leaf, live };
            contract.index.insert(PlainKey::new(record.key), entry);
            leaves.insert(leaf, (contract.vault.state_key(record.key), record.commitment));
        }
        in_order(leaves, contract.index.len()).ok_or_else(altered)
    }

    fn grants(&mut self, contract: &mut Contract) -> Result<Vec<(Key, Fr)>, StateError> {
        let altered = || StateError::Tampered(Part::Grant);
        let scope = contract.vault.scope();
        let mut leaves = Leaves::new();
        for record in self.backend.scan_prefix(&layout::grants(&scope)) {
            let (at, stored) = record?;
            let stamp = self.add(&at, &stored);
            let (version, body) = contract.vault.decrypt(&at, &stored, Part::Grant)?;
            let record = GrantRecord::decode(&body).ok_or_else(altered)?;
            if at != layout::grant(&scope, &Contract::grant_name(&contract.vault, &record.grant)) {
                return Err(altered());
            }
            let (leaf, active) = (record.leaf, record.active);
            let entry = GrantEntry { stored: Stored { version, stamp }, leaf, active };
            contract.grants.insert(record.grant, entry);
            leaves.insert(leaf, (grant_key(&record.grant), record.commitment));
        }
        in_order(leaves, contract.grants.len()).ok_or_else(altered)
    }
}

/// The leaves as a list, if their places are 0, 1, 2 and so on, each once.
fn in_order(leaves: Leaves, expected: usize) -> Option<Vec<(Key, Fr)>> {
    let complete = leaves.len() == expected && leaves.keys().copied().eq((0..).take(expected));
    complete.then(|| leaves.into_values().collect())
}
