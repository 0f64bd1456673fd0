use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use nectar_abi::limits::{MAX_KEY_BYTES, MAX_VALUE_BYTES};
use nectar_abi::{ContractId, GrantHash};
use nectar_commitment::Fr;
use nectar_trace::{HostCall, HostOp};
use zeroize::Zeroizing;

use crate::backend::Pair;
use crate::calls::{Call, Calls};
use crate::contract::{Contract, PlainKey, Range, range};
use crate::error::{Part, StateError};
use crate::layout;
use crate::record::StateRecord;
use crate::sealed::Sealed;
use crate::store::{Shared, Turn};
use crate::system;

/// One invocation's view of the store: collects what is read and written, and changes nothing until
/// [`Sealed::commit`]. Dropped, it leaves no trace. It owns its exclusive access and moves between threads.
pub struct Session {
    pub(crate) shared: Arc<Shared>,
    pub(crate) turn: Turn,
    pub(crate) calls: Calls,
    pub(crate) system: SystemChanges,
    created: BTreeMap<ContractId, Fr>,
    state: BTreeMap<ContractId, BTreeMap<PlainKey, Value>>,
    grants: BTreeMap<(ContractId, GrantHash), GrantState>,
    frames: Vec<ContractId>,
    /// Which contract the log has open.
    open: Option<ContractId>,
    undo: Vec<Undo>,
}

/// What a session stores; `None` removes.
pub(crate) type Value = Option<Zeroizing<Vec<u8>>>;
/// Namespace and key.
pub(crate) type SystemKey = (&'static str, Vec<u8>);
pub(crate) type SystemChanges = BTreeMap<SystemKey, Value>;

/// What a contract's grant tree says of a grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GrantState {
    /// Never registered.
    Unknown,
    /// Registered.
    Active,
    /// Registered, and revoked since.
    Revoked,
}

/// A point to which [`Session::rollback`] returns.
#[derive(Debug)]
pub struct Savepoint {
    calls: usize,
    undo: usize,
    frames: Vec<ContractId>,
    open: Option<ContractId>,
}

/// What a map held before a change; `None` if nothing.
enum Undo {
    State(ContractId, PlainKey, Option<Value>),
    Grant((ContractId, GrantHash), Option<GrantState>),
    System(SystemKey, Option<Value>),
    Created(ContractId),
}

impl Session {
    pub(crate) fn new(shared: Arc<Shared>, turn: Turn) -> Self {
        Self {
            shared,
            turn,
            calls: Calls::default(),
            system: BTreeMap::new(),
            created: BTreeMap::new(),
            state: BTreeMap::new(),
            grants: BTreeMap::new(),
            frames: Vec::new(),
            open: None,
            undo: Vec::new(),
        }
    }

    /// Creates an empty contract with this program commitment; [`Self::enter`] it to write.
    ///
    /// # Errors
    /// [`StateError::ContractExists`]
    pub fn create_contract(&mut self, id: &ContractId, program: Fr) -> Result<(), StateError> {
        if self.has_contract(id) {
            return Err(StateError::ContractExists);
        }
        self.created.insert(*id, program);
        self.undo.push(Undo::Created(*id));
        self.calls.push(Call::Create(*id, program));
        Ok(())
    }

    /// Whether the contract exists, also if this session created it.
    pub fn has_contract(&self, id: &ContractId) -> bool {
        self.created.contains_key(id) || self.turn.contracts.contains_key(id)
    }

    /// The program commitment that the contract was created with.
    pub fn program(&self, id: &ContractId) -> Option<Fr> {
        let stored = || self.turn.contracts.get(id).map(|contract| contract.program);
        self.created.get(id).copied().or_else(stored)
    }

    /// Enters a frame of this contract: reads and writes are its own until [`Self::leave`]. The log closes the contract
    /// that was open and opens this one, also if they are the same.
    ///
    /// # Errors
    /// [`StateError::NoContract`]
    pub fn enter(&mut self, id: &ContractId) -> Result<(), StateError> {
        if !self.has_contract(id) {
            return Err(StateError::NoContract);
        }
        self.close();
        self.frames.push(*id);
        self.resume(*id);
        Ok(())
    }

    /// Leaves the frame. The log closes its contract now, and opens the one before as soon as that is used again.
    pub fn leave(&mut self) {
        self.close();
        self.frames.pop();
    }

    /// The contract that is entered.
    pub fn entered(&self) -> Option<&ContractId> {
        self.frames.last()
    }

    /// Reads a key of the entered contract, this session's writes included.
    ///
    /// # Errors
    /// [`StateError::NoFrame`], [`StateError::KeyTooLong`], [`StateError::Tampered`] or [`StateError::Backend`]
    pub fn read(&mut self, key: &[u8]) -> Result<Option<Vec<u8>>, StateError> {
        check_key(key)?;
        let id = self.frame()?;
        let value = self.lookup(&id, key)?;
        self.record(id, HostOp::Read, key, value.clone());
        Ok(value)
    }

    /// Writes a key of the entered contract.
    ///
    /// # Errors
    /// [`StateError::NoFrame`], [`StateError::KeyTooLong`] or [`StateError::ValueTooLong`]
    pub fn write(&mut self, key: &[u8], value: &[u8]) -> Result<(), StateError> {
        if value.len() > MAX_VALUE_BYTES {
            return Err(StateError::ValueTooLong { got: value.len() });
        }
        self.put(HostOp::Write, key, Some(value))
    }

    /// Removes a key of the entered contract; one that is not there, too.
    ///
    /// # Errors
    /// [`StateError::NoFrame`] or [`StateError::KeyTooLong`]
    pub fn remove(&mut self, key: &[u8]) -> Result<(), StateError> {
        self.put(HostOp::Remove, key, None)
    }

    /// Keys and values of the entered contract from `start` (inclusive) to `end` (exclusive), at most `limit`, in order
    /// of the plaintext keys. Each item is recorded as a read of its own; that nothing lies between them is not.
    ///
    /// # Errors
    /// [`StateError::NoFrame`], [`StateError::Tampered`] or [`StateError::Backend`]
    pub fn scan(
        &mut self,
        start: Option<&[u8]>,
        end: Option<&[u8]>,
        descending: bool,
        limit: usize,
    ) -> Result<Vec<Pair>, StateError> {
        let id = self.frame()?;
        let Some(range) = range(start, end) else { return Ok(Vec::new()) };
        let mut found = Vec::new();
        for key in self.keys_between(&id, range, descending, limit) {
            if let Some(value) = self.lookup(&id, key.as_bytes())? {
                found.push((key.as_bytes().to_vec(), value));
            }
        }
        for (key, value) in &found {
            self.record(id, HostOp::Read, key, Some(value.clone()));
        }
        Ok(found)
    }

    /// Where to return if what follows fails.
    pub fn savepoint(&self) -> Savepoint {
        let (calls, undo) = (self.calls.len(), self.undo.len());
        Savepoint { calls, undo, frames: self.frames.clone(), open: self.open }
    }

    /// Takes back everything since the savepoint: frames, writes, grants, contracts, system records, and the log of them.
    pub fn rollback(&mut self, to: Savepoint) {
        for undo in self.undo.drain(to.undo.min(self.undo.len())..).rev() {
            match undo {
                Undo::State(id, key, before) => {
                    restore(self.state.entry(id).or_default(), key, before);
                }
                Undo::Grant(key, before) => restore(&mut self.grants, key, before),
                Undo::System(key, before) => restore(&mut self.system, key, before),
                Undo::Created(id) => restore(&mut self.created, id, None),
            }
        }
        self.calls.truncate(to.calls);
        (self.frames, self.open) = (to.frames, to.open);
    }

    /// Records that a grant of the entered contract authorised what follows.
    ///
    /// # Errors
    /// [`StateError::NoFrame`] or [`StateError::NoGrant`]
    pub fn use_grant(&mut self, grant: &GrantHash) -> Result<(), StateError> {
        let id = self.frame()?;
        if self.grant_status(&id, grant) != GrantState::Active {
            return Err(StateError::NoGrant);
        }
        self.resume(id);
        self.calls.push(Call::UseGrant(*grant));
        Ok(())
    }

    /// Registers a grant with the entered contract.
    ///
    /// # Errors
    /// [`StateError::NoFrame`] or [`StateError::GrantExists`]
    pub fn register_grant(&mut self, grant: &GrantHash) -> Result<(), StateError> {
        self.set_grant(grant, GrantState::Unknown, GrantState::Active, StateError::GrantExists)
    }

    /// Revokes a grant of the entered contract, for good.
    ///
    /// # Errors
    /// [`StateError::NoFrame`] or [`StateError::NoGrant`]
    pub fn revoke_grant(&mut self, grant: &GrantHash) -> Result<(), StateError> {
        self.set_grant(grant, GrantState::Active, GrantState::Revoked, StateError::NoGrant)
    }

    /// What a contract's grant tree says of a grant, this session's changes included.
    pub fn grant_status(&self, contract: &ContractId, grant: &GrantHash) -> GrantState {
        if let Some(state) = self.grants.get(&(*contract, *grant)) {
            return *state;
        }
        match self.turn.contracts.get(contract).and_then(|contract| contract.grants.get(grant)) {
            None => GrantState::Unknown,
            Some(entry) if entry.active => GrantState::Active,
            Some(_) => GrantState::Revoked,
        }
    }

    /// Stores a system record with the same commit.
    ///
    /// # Errors
    /// [`StateError::KeyTooLong`] or [`StateError::SystemValueTooLong`]
    pub fn system_put(&mut self, ns: &'static str, key: &[u8], value: &[u8]) -> Result<(), StateError> {
        system::check(key, value)?;
        self.set_system((ns, key.to_vec()), Some(Zeroizing::new(value.to_vec())));
        Ok(())
    }

    /// Removes a system record with the same commit.
    pub fn system_remove(&mut self, ns: &'static str, key: &[u8]) {
        self.set_system((ns, key.to_vec()), None);
    }

    /// A system record, this session's changes included.
    ///
    /// # Errors
    /// [`StateError::Tampered`] or [`StateError::Backend`]
    pub fn system_get(&self, ns: &'static str, key: &[u8]) -> Result<Option<Vec<u8>>, StateError> {
        match self.system.get(&(ns, key.to_vec())) {
            Some(value) => Ok(value.as_ref().map(|value| value.to_vec())),
            None => system::get(&*self.shared.backend, &self.shared.system, ns, key),
        }
    }

    /// Commits of the store so far: the one that this session makes is the next.
    pub fn sequence(&self) -> u64 {
        self.turn.head.sequence
    }

    /// Repeats the log on the trees: what is needed for a receipt is then known, and nothing is stored yet.
    ///
    /// # Errors
    /// [`StateError::ReadOnly`], [`StateError::Closed`], [`StateError::Ledger`] or [`StateError::Entropy`]
    pub fn seal(mut self) -> Result<Sealed, StateError> {
        self.close();
        Sealed::new(self)
    }

    fn frame(&self) -> Result<ContractId, StateError> {
        self.frames.last().copied().ok_or(StateError::NoFrame)
    }

    fn close(&mut self) {
        if self.open.take().is_some() {
            self.calls.push(Call::Close);
        }
    }

    /// Lets the log open the contract unless it has it open: after a call came back to it.
    fn resume(&mut self, id: ContractId) {
        if self.open.is_none() {
            self.calls.push(Call::Open(id));
            self.open = Some(id);
        }
    }

    fn record(&mut self, contract: ContractId, op: HostOp, key: &[u8], value: Option<Vec<u8>>) {
        self.resume(contract);
        self.calls.push(Call::Host(HostCall { contract, op, key: key.to_vec(), value }));
    }

    fn put(&mut self, op: HostOp, key: &[u8], value: Option<&[u8]>) -> Result<(), StateError> {
        check_key(key)?;
        let id = self.frame()?;
        let own = value.map(|value| Zeroizing::new(value.to_vec()));
        let key_before = PlainKey::new(key);
        let before = self.state.entry(id).or_default().insert(PlainKey::new(key), own);
        self.undo.push(Undo::State(id, key_before, before));
        self.record(id, op, key, value.map(<[u8]>::to_vec));
        Ok(())
    }

    fn set_grant(
        &mut self,
        grant: &GrantHash,
        from: GrantState,
        to: GrantState,
        refusal: StateError,
    ) -> Result<(), StateError> {
        let id = self.frame()?;
        if self.grant_status(&id, grant) != from {
            return Err(refusal);
        }
        let before = self.grants.insert((id, *grant), to);
        self.undo.push(Undo::Grant((id, *grant), before));
        self.resume(id);
        self.calls.push(Call::SetGrant(*grant, to == GrantState::Active));
        Ok(())
    }

    fn set_system(&mut self, key: SystemKey, value: Value) {
        let before = self.system.insert(key.clone(), value);
        self.undo.push(Undo::System(key, before));
    }

    /// Live keys in order: the stored ones, with this session's laid over them.
    fn keys_between(
        &self,
        id: &ContractId,
        range: Range<'_>,
        descending: bool,
        limit: usize,
    ) -> Vec<PlainKey> {
        let own = self.state.get(id);
        let stored = self.turn.contracts.get(id).map(|contract| &contract.index);
        let mut own = directed(own.into_iter().flat_map(|map| map.range::<[u8], _>(range)), descending);
        let mut stored = directed(stored.into_iter().flat_map(|map| map.range::<[u8], _>(range)), descending);
        let mut keys = Vec::new();
        let (mut next_own, mut next_stored) = (own.next(), stored.next());
        while keys.len() < limit {
            let own_first = match (&next_own, &next_stored) {
                (None, None) => break,
                (Some(_), None) => true,
                (None, Some(_)) => false,
                (Some((a, _)), Some((b, _))) if a == b => {
                    next_stored = stored.next();
                    true
                }
                (Some((a, _)), Some((b, _))) => (a < b) != descending,
            };
            if own_first {
                keys.extend(next_own.filter(|(_, value)| value.is_some()).map(|(key, _)| key.clone()));
                next_own = own.next();
            } else {
                keys.extend(next_stored.filter(|(_, entry)| entry.live).map(|(key, _)| key.clone()));
                next_stored = stored.next();
            }
        }
        keys
    }

    fn lookup(&self, id: &ContractId, key: &[u8]) -> Result<Option<Vec<u8>>, StateError> {
        if let Some(value) = self.state.get(id).and_then(|map| map.get(key)) {
            return Ok(value.as_ref().map(|value| value.to_vec()));
        }
        let Some(contract) = self.turn.contracts.get(id) else { return Ok(None) };
        let Some(entry) = contract.index.get(key).filter(|entry| entry.live) else { return Ok(None) };
        if self.turn.closed {
            return Err(StateError::Closed);
        }
        let altered = || StateError::Tampered(Part::State);
        let at = layout::state(&contract.vault.scope(), &Contract::state_name(&contract.vault, key));
        let stored = self.shared.backend.get(&at)?.ok_or_else(altered)?;
        if self.shared.stamps.stamp(&at, &stored) != entry.stored.stamp {
            return Err(altered());
        }
        let (_, body) = contract.vault.decrypt(&at, &stored, Part::State)?;
        let value = StateRecord::decode(&body).and_then(|record| record.value).ok_or_else(altered)?;
        Ok(Some(value.to_vec()))
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("calls", &self.calls.len()).finish_non_exhaustive()
    }
}

fn check_key(key: &[u8]) -> Result<(), StateError> {
    if key.len() > MAX_KEY_BYTES { Err(StateError::KeyTooLong { got: key.len() }) } else { Ok(()) }
}

fn restore<K: Ord, V>(map: &mut BTreeMap<K, V>, key: K, before: Option<V>) {
    match before {
        Some(value) => map.insert(key, value),
        None => map.remove(&key),
    };
}

fn directed<'a, T: 'a>(
    items: impl DoubleEndedIterator<Item = T> + 'a,
    descending: bool,
) -> Box<dyn Iterator<Item = T> + 'a> {
    if descending { Box::new(items.rev()) } else { Box::new(items) }
}
