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
use crate::contract::{PlainKey, range};
use crate::error::StateError;
use crate::frames::FramePlace;
use crate::random::random_element;
use crate::sealed::Sealed;
use crate::store::{Shared, Turn};
use crate::system;

mod lookup;
mod runs;

/// One invocation's view of the store: collects what is read and written, and changes nothing until
/// [`Sealed::commit`]. Dropped, it leaves no trace. It owns its exclusive access and moves between threads.
pub struct Session {
    pub(crate) shared: Arc<Shared>,
    pub(crate) turn: Turn,
    pub(crate) calls: Calls,
    pub(crate) system: SystemChanges,
    created: BTreeMap<ContractId, Fr>,
    state: States,
    grants: Grants,
    frames: Vec<Frame>,
    /// Where every frame so far stands in the log, by number.
    pub(crate) places: Vec<FramePlace>,
    /// Which contract the log has open.
    open: Option<ContractId>,
    undo: Vec<Undo>,
}

/// A frame that is entered, and its number.
#[derive(Debug, Clone, Copy)]
struct Frame {
    contract: ContractId,
    number: usize,
}

/// A value, and the salt under which the tree commits to it.
#[derive(Clone)]
pub(crate) struct Committed {
    pub(crate) bytes: Zeroizing<Vec<u8>>,
    pub(crate) salt: Fr,
}

type States = BTreeMap<ContractId, BTreeMap<PlainKey, Option<Committed>>>;
type Grants = BTreeMap<(ContractId, GrantHash), GrantState>;

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
    places: usize,
    frames: Vec<Frame>,
    open: Option<ContractId>,
}

/// What a map held before a change; `None` if nothing.
enum Undo {
    State(ContractId, PlainKey, Option<Option<Committed>>),
    Grant((ContractId, GrantHash), Option<GrantState>),
    System(SystemKey, Option<Value>),
    Created(ContractId),
    /// All that a run which failed took back.
    Failed(States, Grants, BTreeMap<ContractId, Fr>),
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
            places: Vec::new(),
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
        self.resume(*id);
        self.frames.push(Frame { contract: *id, number: self.places.len() });
        self.places.push(FramePlace { contract: *id, start: self.calls.entries(), end: None });
        Ok(())
    }

    /// Leaves the frame. The log closes its contract now, and opens the one before as soon as that is used again.
    pub fn leave(&mut self) {
        self.close();
        self.frames.pop();
    }

    /// The contract that is entered.
    pub fn entered(&self) -> Option<&ContractId> {
        self.frames.last().map(|frame| &frame.contract)
    }

    /// Reads a key of the entered contract, this session's writes included.
    ///
    /// # Errors
    /// [`StateError::NoFrame`], [`StateError::KeyTooLong`], [`StateError::Tampered`] or [`StateError::Backend`]
    pub fn read(&mut self, key: &[u8]) -> Result<Option<Vec<u8>>, StateError> {
        check_key(key)?;
        let frame = self.frame()?;
        let value = self.lookup(&frame.contract, key)?;
        self.record(frame, HostOp::Read, key, value.clone());
        Ok(value.map(|value| value.bytes.to_vec()))
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
    /// of the plaintext keys. Each item is recorded as a read of its own, and that there are no more, if so, for the trace alone: the
    /// log does not say that nothing lies between or behind them.
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
        let frame = self.frame()?;
        let range = range(start, end);
        let keys = range.map(|range| self.keys_between(&frame.contract, range, descending, limit));
        let mut found = Vec::new();
        for key in keys.unwrap_or_default() {
            if let Some(value) = self.lookup(&frame.contract, key.as_bytes())? {
                found.push((key.as_bytes().to_vec(), value));
            }
        }
        for (key, value) in &found {
            self.record(frame, HostOp::Read, key, Some(value.clone()));
        }
        if found.len() < limit {
            let place = self.calls.entries();
            let end = HostCall { op: HostOp::End, key: Vec::new(), value: None, salt: None, place };
            self.calls.push(Call::Host(end, frame.number));
        }
        Ok(found.into_iter().map(|(key, value)| (key, value.bytes.to_vec())).collect())
    }

    /// Where to return if what follows fails.
    pub fn savepoint(&self) -> Savepoint {
        let (calls, undo) = (self.calls.len(), self.undo.len());
        Savepoint { calls, undo, places: self.places.len(), frames: self.frames.clone(), open: self.open }
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
                Undo::Failed(state, grants, created) => {
                    (self.state, self.grants, self.created) = (state, grants, created);
                }
            }
        }
        self.calls.truncate(to.calls);
        self.places.truncate(to.places);
        (self.frames, self.open) = (to.frames, to.open);
    }

    /// Records that a grant of the entered contract authorised what follows.
    ///
    /// # Errors
    /// [`StateError::NoFrame`] or [`StateError::NoGrant`]
    pub fn use_grant(&mut self, grant: &GrantHash) -> Result<(), StateError> {
        let id = self.frame()?.contract;
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

    fn frame(&self) -> Result<Frame, StateError> {
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

    fn record(&mut self, frame: Frame, op: HostOp, key: &[u8], value: Option<Committed>) {
        self.resume(frame.contract);
        let (salt, value) = value.map(|value| (value.salt, value.bytes.to_vec())).unzip();
        let call = HostCall { op, key: key.to_vec(), value, salt, place: self.calls.entries() };
        self.calls.push(Call::Host(call, frame.number));
    }

    fn put(&mut self, op: HostOp, key: &[u8], value: Option<&[u8]>) -> Result<(), StateError> {
        check_key(key)?;
        let frame = self.frame()?;
        let own = match value {
            Some(value) => Some(Committed { bytes: Zeroizing::new(value.to_vec()), salt: random_element()? }),
            None => None,
        };
        let before = self.state.entry(frame.contract).or_default().insert(PlainKey::new(key), own.clone());
        self.undo.push(Undo::State(frame.contract, PlainKey::new(key), before));
        self.record(frame, op, key, own);
        Ok(())
    }

    fn set_grant(
        &mut self,
        grant: &GrantHash,
        from: GrantState,
        to: GrantState,
        refusal: StateError,
    ) -> Result<(), StateError> {
        let id = self.frame()?.contract;
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
