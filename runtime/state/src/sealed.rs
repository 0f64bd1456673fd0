use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use nectar_abi::{ContractId, GrantHash};
use nectar_commitment::{Fr, LedgerError, Slot, Touched, TreeError, binding, state_value};
use nectar_trace::{HostCall, HostOp};
use zeroize::Zeroizing;

use crate::calls::Call;
use crate::contract::PlainKey;
use crate::error::StateError;
use crate::frames::FrameLog;
use crate::manifest::{FIRST_EPOCH, Manifest};
use crate::random::{random_bytes, random_element};
use crate::record::{contract_key, grant_commitment, grant_key};
use crate::session::{Committed, Session, SystemChanges};
use crate::store::{Shared, Turn};
use crate::system;
use crate::vault::Vault;

/// A session whose effects are known and not stored yet. Dropped, it leaves no trace.
pub struct Sealed {
    pub(crate) shared: Arc<Shared>,
    pub(crate) turn: Turn,
    pub(crate) system: SystemChanges,
    pub(crate) plan: Plan,
    frames: Vec<FrameLog>,
    pre_root: Fr,
}

/// What a commit stores of contracts.
#[derive(Default)]
pub(crate) struct Plan {
    pub(crate) created: BTreeMap<ContractId, New>,
    pub(crate) states: BTreeMap<ContractId, BTreeMap<PlainKey, Write>>,
    pub(crate) grants: BTreeMap<(ContractId, GrantHash), GrantWrite>,
    new_states: BTreeMap<ContractId, usize>,
    new_grants: BTreeMap<ContractId, usize>,
    /// Contracts whose salt changed.
    pub(crate) opened: Vec<ContractId>,
}

/// A contract that did not exist before.
pub(crate) struct New {
    pub(crate) vault: Vault,
    pub(crate) manifest: Vec<u8>,
    pub(crate) position: u32,
    pub(crate) program: Fr,
}

/// The last write of a key.
pub(crate) struct Write {
    pub(crate) leaf: u32,
    pub(crate) commitment: Fr,
    pub(crate) value: Option<Committed>,
}

/// The last change of a grant.
pub(crate) struct GrantWrite {
    pub(crate) leaf: u32,
    pub(crate) commitment: Fr,
    pub(crate) salt: [u8; 32],
    pub(crate) active: bool,
}

impl Sealed {
    pub(crate) fn new(mut session: Session) -> Result<Self, StateError> {
        if !session.shared.keys.can_sign() {
            return Err(StateError::ReadOnly);
        }
        if session.turn.closed {
            return Err(StateError::Closed);
        }
        let calls = session.calls.take();
        let pre_root = session.turn.ledger.root();
        let (shared, turn, system) = (session.shared, session.turn, session.system);
        let frames = session.places.into_iter().map(FrameLog::new).collect();
        let mut sealed = Self { shared, turn, system, plan: Plan::default(), frames, pre_root };
        sealed.turn.ledger.begin();
        let mut open = None;
        for call in calls {
            sealed.repeat(call, &mut open)?;
        }
        Ok(sealed)
    }

    /// The openings of every step, in order.
    pub fn slots(&self) -> &[Slot] {
        self.turn.ledger.slots()
    }

    /// Digest of the host-call log.
    pub fn log(&self) -> Fr {
        self.turn.ledger.log()
    }

    /// Digest of the grants that were used.
    pub fn auth(&self) -> Fr {
        self.turn.ledger.auth()
    }

    /// What happened to each contract's entry in the network, in order of the first touch.
    pub fn touched(&self) -> &[Touched] {
        self.turn.ledger.touched()
    }

    /// Root of the network before.
    pub fn pre_root(&self) -> Fr {
        self.pre_root
    }

    /// Root of the network after.
    pub fn post_root(&self) -> Fr {
        self.turn.ledger.root()
    }

    /// Number of the commit that this would be.
    pub fn sequence(&self) -> u64 {
        self.turn.head.sequence + 1
    }

    /// What each frame did, in the order in which they were entered, with keys and values in plaintext: private, for the trace.
    pub fn frames(&self) -> &[FrameLog] {
        &self.frames
    }

    /// The same, handed over.
    pub fn take_frames(&mut self) -> Vec<FrameLog> {
        std::mem::take(&mut self.frames)
    }

    /// Stores a system record with the same commit.
    ///
    /// # Errors
    /// [`StateError::KeyTooLong`] or [`StateError::SystemValueTooLong`]
    pub fn system_put(&mut self, ns: &'static str, key: &[u8], value: &[u8]) -> Result<(), StateError> {
        system::check(key, value)?;
        self.system.insert((ns, key.to_vec()), Some(Zeroizing::new(value.to_vec())));
        Ok(())
    }

    /// Removes a system record with the same commit.
    pub fn system_remove(&mut self, ns: &'static str, key: &[u8]) {
        self.system.insert((ns, key.to_vec()), None);
    }

    /// Stores everything in one durable step; then, and only then, it is visible.
    ///
    /// # Errors
    /// [`StateError::Backend`], and everything is as before. If [`crate::BackendError::is_uncertain`] holds for it, the
    /// store refuses further work until it is opened again, and is then either as before or as after.
    pub fn commit(self) -> Result<(), StateError> {
        crate::commit::commit(self)
    }

    fn repeat(&mut self, call: Call, open: &mut Option<ContractId>) -> Result<(), StateError> {
        match (call, &*open) {
            (Call::Create(id, program), _) => self.create(id, program),
            (Call::Open(id), _) => {
                *open = Some(id);
                if !self.plan.opened.contains(&id) {
                    self.plan.opened.push(id);
                }
                Ok(self.turn.ledger.open(contract_key(&id))?)
            }
            (Call::Close, _) => {
                *open = None;
                Ok(self.turn.ledger.close(random_element()?)?)
            }
            (Call::Host(call, frame), Some(id)) => self.host(*id, call, frame),
            // A frame may meet the end of a scan before it has anything opened.
            (Call::Host(call @ HostCall { op: HostOp::End, .. }, frame), None) => {
                self.keep_call(call, frame);
                Ok(())
            }
            (Call::UseGrant(grant), Some(_)) => {
                Ok(self.turn.ledger.use_grant(grant_key(&grant), random_element()?)?)
            }
            (Call::SetGrant(grant, active), Some(id)) => self.set_grant(*id, grant, active),
            (Call::Run(inputs, outcome), Some(id)) => {
                let id = *id;
                self.name_frames(&id)?;
                Ok(self.turn.ledger.run(inputs, outcome)?)
            }
            (Call::Fail(inputs, outcome), Some(id)) => {
                let id = *id;
                self.name_frames(&id)?;
                *open = None;
                self.plan = Plan::default();
                Ok(self.turn.ledger.fail(inputs, outcome)?)
            }
            (_, None) => Err(StateError::NoFrame),
        }
    }

    fn create(&mut self, id: ContractId, program: Fr) -> Result<(), StateError> {
        let scope = *self.shared.system.blind("contract", id.as_bytes()).as_bytes();
        let vault = Vault::generate(scope, FIRST_EPOCH)?;
        let manifest = Manifest::issue(&self.shared.keys, &vault, self.shared.origin)?;
        let position = next_leaf(self.turn.contracts.len(), &mut self.plan.created.len())?;
        let binding = binding(&program, &vault.state_secret());
        self.turn.ledger.create(contract_key(&id), binding, random_element()?)?;
        self.plan.created.insert(id, New { vault, manifest, position, program });
        Ok(())
    }

    fn host(&mut self, id: ContractId, call: HostCall, frame: usize) -> Result<(), StateError> {
        match call.op {
            HostOp::End => {}
            HostOp::Read => {
                let key = self.vault(&id)?.state_key(&call.key);
                self.turn.ledger.read(key)?;
            }
            HostOp::Write | HostOp::Remove => self.write(&id, &call)?,
        }
        self.keep_call(call, frame);
        Ok(())
    }

    fn write(&mut self, id: &ContractId, call: &HostCall) -> Result<(), StateError> {
        let key = self.vault(id)?.state_key(&call.key);
        let leaf = self.state_leaf(id, &call.key)?;
        let value = call.value.as_ref().zip(call.salt);
        let value = value.map(|(bytes, salt)| Committed { bytes: Zeroizing::new(bytes.clone()), salt });
        let commitment =
            value.as_ref().map(|value| state_value(&value.salt, &value.bytes)).unwrap_or_default();
        self.turn.ledger.write(key, commitment)?;
        let write = Write { leaf, commitment, value };
        self.plan.states.entry(*id).or_default().insert(PlainKey::new(&call.key), write);
        Ok(())
    }

    fn keep_call(&mut self, call: HostCall, frame: usize) {
        if let Some(frame) = self.frames.get_mut(frame) {
            frame.calls.push(call);
        }
    }

    /// What a proof needs to know of the contract whose program has run.
    fn name_frames(&mut self, id: &ContractId) -> Result<(), StateError> {
        let secret = self.vault(id)?.state_secret();
        let created = self.plan.created.get(id).map(|new| new.program);
        let stored = self.turn.contracts.get(id).map(|contract| contract.program);
        let program = created.or(stored).ok_or(StateError::NoContract)?;
        for frame in self.frames.iter_mut().filter(|frame| frame.contract == *id) {
            (frame.program, frame.secret) = (program, secret);
        }
        Ok(())
    }

    /// The key's place in the tree: its own, or the next free one.
    fn state_leaf(&mut self, id: &ContractId, key: &[u8]) -> Result<u32, StateError> {
        let planned = self.plan.states.get(id).and_then(|writes| writes.get(key));
        let index = self.turn.contracts.get(id).map(|contract| &contract.index);
        let stored = index.and_then(|index| index.get(key));
        match planned.map(|write| write.leaf).or(stored.map(|entry| entry.leaf)) {
            Some(leaf) => Ok(leaf),
            None => next_leaf(index.map_or(0, BTreeMap::len), self.plan.new_states.entry(*id).or_default()),
        }
    }

    fn set_grant(&mut self, id: ContractId, grant: GrantHash, active: bool) -> Result<(), StateError> {
        let planned = self.plan.grants.get(&(id, grant)).map(|write| write.leaf);
        let grants = self.turn.contracts.get(&id).map(|contract| &contract.grants);
        let stored = grants.and_then(|grants| grants.get(&grant)).map(|entry| entry.leaf);
        let leaf = match planned.or(stored) {
            Some(leaf) => leaf,
            None => next_leaf(grants.map_or(0, BTreeMap::len), self.plan.new_grants.entry(id).or_default())?,
        };
        let salt = random_bytes()?;
        let commitment = if active { grant_commitment(&salt, &grant) } else { Fr::default() };
        self.turn.ledger.set_grant(grant_key(&grant), commitment)?;
        self.plan.grants.insert((id, grant), GrantWrite { leaf, commitment, salt, active });
        Ok(())
    }

    pub(crate) fn vault(&self, id: &ContractId) -> Result<&Vault, StateError> {
        let stored = || self.turn.contracts.get(id).map(|contract| &contract.vault);
        let new = self.plan.created.get(id).map(|new| &new.vault);
        new.or_else(stored).ok_or(StateError::NoContract)
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sealed").field("slots", &self.slots().len()).finish_non_exhaustive()
    }
}

/// The place behind `stored` leaves and `new` ones, which become one more.
fn next_leaf(stored: usize, new: &mut usize) -> Result<u32, StateError> {
    let leaf = u32::try_from(stored + *new).map_err(|_| LedgerError::from(TreeError::Full))?;
    *new += 1;
    Ok(leaf)
}
