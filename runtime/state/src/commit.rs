use nectar_abi::{ContractId, GrantHash};

use crate::backend::Batch;
use crate::contract::{Contract, Entry, GrantEntry, PlainKey, Stored};
use crate::error::{Part, StateError};
use crate::layout;
use crate::record::{ContractRecord, GrantRecord, Head, StateRecord, contract_key};
use crate::sealed::{Plan, Sealed};
use crate::store::Inner;
use crate::system;
use crate::vault::{Stamp, Vault, toggle};

/// Stores what a session did: first everything that can fail, then the one durable step, then what cannot fail.
pub(crate) fn commit(mut sealed: Sealed) -> Result<(), StateError> {
    if sealed.slots().is_empty() && sealed.system.is_empty() {
        return Ok(());
    }
    let staged = stage(&sealed)?;
    let mut published = sealed.shared.published.write();
    if let Err(error) = sealed.shared.backend.commit(staged.batch) {
        sealed.turn.closed = error.is_uncertain();
        return Err(error.into());
    }
    let inner: &mut Inner = &mut sealed.turn;
    inner.ledger.finish();
    inner.head = staged.head;
    for (id, new) in sealed.plan.created {
        // Its record is among the staged ones that follow.
        let nothing = Stored { version: 0, stamp: [0; 32] };
        inner.contracts.insert(id, Contract::new(&id, new.vault, new.position, new.program, nothing));
    }
    for (id, stored) in staged.contracts {
        inner.contracts.entry(id).and_modify(|contract| contract.stored = stored);
    }
    for (id, key, entry) in staged.states {
        inner.contracts.entry(id).and_modify(|contract| {
            contract.index.insert(key, entry);
        });
    }
    for (id, grant, entry) in staged.grants {
        inner.contracts.entry(id).and_modify(|contract| {
            contract.grants.insert(grant, entry);
        });
    }
    *published = staged.head;
    Ok(())
}

/// A batch, and what memory holds once it is stored.
struct Staged {
    batch: Batch,
    head: Head,
    contracts: Vec<(ContractId, Stored)>,
    states: Vec<(ContractId, PlainKey, Entry)>,
    grants: Vec<(ContractId, GrantHash, GrantEntry)>,
}

fn stage(sealed: &Sealed) -> Result<Staged, StateError> {
    let mut stage = Stage { sealed, batch: Batch::default(), digest: sealed.turn.head.digest };
    for new in sealed.plan.created.values() {
        let at = layout::manifest(&new.vault.scope(), new.vault.epoch());
        stage.store(at, new.manifest.clone(), None);
    }
    let contracts = stage.contracts()?;
    let states = stage.states()?;
    let grants = stage.grants()?;
    stage.system()?;
    let head = Head {
        network: sealed.turn.head.network,
        sequence: sealed.sequence(),
        root: sealed.post_root(),
        digest: stage.digest,
    };
    let mut batch = stage.batch;
    let stored = sealed.shared.system.encrypt(layout::HEAD, head.sequence, &head.encode())?;
    batch.put(layout::HEAD.to_vec(), stored);
    Ok(Staged { batch, head, contracts, states, grants })
}

struct Stage<'a> {
    sealed: &'a Sealed,
    batch: Batch,
    digest: Stamp,
}

impl Stage<'_> {
    /// Puts a record into the batch and, in place of the one before, into the digest.
    fn store(&mut self, at: Vec<u8>, record: Vec<u8>, before: Option<&Stamp>) -> Stamp {
        let stamp = self.sealed.shared.stamps.stamp(&at, &record);
        toggle(&mut self.digest, &stamp);
        before.iter().for_each(|before| toggle(&mut self.digest, before));
        self.batch.put(at, record);
        stamp
    }

    /// Encrypts a record over the one before.
    fn encrypt(
        &mut self,
        vault: &Vault,
        at: Vec<u8>,
        body: &[u8],
        before: Option<Stored>,
    ) -> Result<Stored, StateError> {
        let version = before.map_or(1, |before| before.version.saturating_add(1));
        let record = vault.encrypt(&at, version, body)?;
        let stamp = self.store(at, record, before.map(|before| before.stamp).as_ref());
        Ok(Stored { version, stamp })
    }

    /// Contracts with a new salt: those that were created or opened.
    fn contracts(&mut self) -> Result<Vec<(ContractId, Stored)>, StateError> {
        let sealed = self.sealed;
        let Plan { created, opened, .. } = &sealed.plan;
        let others = opened.iter().filter(|id| !created.contains_key(id));
        created
            .keys()
            .chain(others)
            .map(|id| {
                let stored = sealed.turn.contracts.get(id);
                let new = created.get(id).map(|new| (new.position, new.program));
                let known = new.or_else(|| stored.map(|contract| (contract.position, contract.program)));
                let (position, program) = known.ok_or(StateError::NoContract)?;
                let salt =
                    sealed.turn.ledger.contract_salt(&contract_key(id)).ok_or(StateError::NoContract)?;
                let record = ContractRecord { position, id: *id, program, salt };
                let at = layout::contract(&sealed.vault(id)?.scope());
                let before = stored.map(|contract| contract.stored);
                Ok((*id, self.encrypt(&sealed.shared.system, at, &record.encode(), before)?))
            })
            .collect()
    }

    fn states(&mut self) -> Result<Vec<(ContractId, PlainKey, Entry)>, StateError> {
        let sealed = self.sealed;
        let writes = sealed.plan.states.iter();
        let writes = writes.flat_map(|(id, writes)| writes.iter().map(move |(key, write)| (id, key, write)));
        writes
            .map(|(id, key, write)| {
                let vault = sealed.vault(id)?;
                let value = write.value.as_ref().map(|value| value.bytes.as_slice());
                let salt = write.value.as_ref().map(|value| value.salt).unwrap_or_default();
                let (leaf, commitment) = (write.leaf, write.commitment);
                let record = StateRecord { leaf, commitment, salt, key: key.as_bytes(), value };
                let at = layout::state(&vault.scope(), &Contract::state_name(vault, key.as_bytes()));
                let before = sealed.turn.contracts.get(id).and_then(|contract| contract.index.get(key));
                let stored = self.encrypt(vault, at, &record.encode(), before.map(|entry| entry.stored))?;
                Ok((*id, key.clone(), Entry { stored, leaf, live: value.is_some() }))
            })
            .collect()
    }

    fn grants(&mut self) -> Result<Vec<(ContractId, GrantHash, GrantEntry)>, StateError> {
        let sealed = self.sealed;
        sealed
            .plan
            .grants
            .iter()
            .map(|((id, grant), write)| {
                let vault = sealed.vault(id)?;
                let (leaf, commitment, salt, active) =
                    (write.leaf, write.commitment, write.salt, write.active);
                let record = GrantRecord { leaf, grant: *grant, commitment, salt, active };
                let at = layout::grant(&vault.scope(), &Contract::grant_name(vault, grant));
                let before = sealed.turn.contracts.get(id).and_then(|contract| contract.grants.get(grant));
                let stored = self.encrypt(vault, at, &record.encode(), before.map(|entry| entry.stored))?;
                Ok((*id, *grant, GrantEntry { stored, leaf, active }))
            })
            .collect()
    }

    fn system(&mut self) -> Result<(), StateError> {
        let shared = &self.sealed.shared;
        for ((ns, key), value) in &self.sealed.system {
            let at = system::place(&shared.system, ns, key);
            let before = match shared.backend.get(&at)? {
                None => None,
                Some(record) => {
                    let (version, _) = shared.system.decrypt(&at, &record, Part::System)?;
                    Some(Stored { version, stamp: shared.stamps.stamp(&at, &record) })
                }
            };
            match (value, before) {
                (Some(value), before) => {
                    self.encrypt(&shared.system, at, &system::encode(key, value), before)?;
                }
                (None, Some(before)) => {
                    toggle(&mut self.digest, &before.stamp);
                    self.batch.remove(at);
                }
                (None, None) => {}
            }
        }
        Ok(())
    }
}
