use std::collections::BTreeMap;

use ff::Field;
use thiserror::Error;

use crate::machine::{auth_step, contract_entry, log_step};
use crate::{Fr, IndexedTree, Key, Op, Slot, TreeError};

/// All trees of one network at a DSP, in memory. Operations of one invocation are recorded as [`Slot`]s between
/// [`Ledger::begin`] and [`Ledger::finish`], or taken back with [`Ledger::rollback`].
#[derive(Debug, Default)]
pub struct Ledger {
    network: IndexedTree,
    contracts: BTreeMap<Key, Contract>,
    open: Option<Key>,
    log: Fr,
    auth: Fr,
    slots: Vec<Slot>,
    touched: Vec<Touched>,
    journal: Vec<Undo>,
}

#[derive(Debug)]
struct Contract {
    state: IndexedTree,
    grants: IndexedTree,
    binding: Fr,
    salt: Fr,
}

impl Contract {
    fn entry(&self) -> Fr {
        contract_entry(self.state.root(), self.grants.root(), self.binding, self.salt)
    }
}

/// What an invocation did to a contract's entry in the network. Hiding: entries are salted anew at each close.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Touched {
    /// The contract's key in the network.
    pub contract: Key,
    /// Its entry before; zero if it was created.
    pub pre: Fr,
    /// Its entry after.
    pub post: Fr,
}

#[derive(Debug)]
enum Undo {
    Update(Place, Key, Fr),
    Insert(Place, Key),
    Salt(Key, Fr),
    Create(Key),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Network,
    State(Key),
    Grants(Key),
}

/// Why the ledger cannot do what was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum LedgerError {
    /// No contract has this key.
    #[error("no such contract")]
    NoContract,
    /// The operation needs an open contract.
    #[error("no contract is open")]
    Closed,
    /// The operation needs that none is open.
    #[error("another contract is open")]
    Opened,
    /// The grant is not registered or is revoked.
    #[error("the grant is not registered, or revoked")]
    NoGrant,
    /// The tree refuses.
    #[error(transparent)]
    Tree(#[from] TreeError),
}

impl Ledger {
    /// Adds a contract as it was stored, in the order in which contracts were created. For reading a store only: records nothing.
    ///
    /// # Errors
    /// [`LedgerError::Tree`] if the leaves are none that insertions could have made.
    pub fn restore(
        &mut self,
        key: Key,
        binding: Fr,
        salt: Fr,
        state: impl IntoIterator<Item = (Key, Fr)>,
        grants: impl IntoIterator<Item = (Key, Fr)>,
    ) -> Result<(), LedgerError> {
        let (state, grants) = (IndexedTree::from_leaves(state)?, IndexedTree::from_leaves(grants)?);
        let contract = Contract { state, grants, binding, salt };
        self.network.link(&key)?;
        self.network.append(&key, contract.entry())?;
        self.contracts.insert(key, contract);
        Ok(())
    }

    /// Root of the network.
    pub fn root(&self) -> Fr {
        self.network.root()
    }

    /// Whether the contract exists.
    pub fn has_contract(&self, contract: &Key) -> bool {
        self.contracts.contains_key(contract)
    }

    /// A contract's salt, which a store keeps beside its leaves.
    pub fn contract_salt(&self, contract: &Key) -> Option<Fr> {
        self.contracts.get(contract).map(|c| c.salt)
    }

    /// Committed value of a key in a contract's state: `None` if never written, zero if removed.
    pub fn state_value(&self, contract: &Key, key: &Key) -> Option<Fr> {
        self.contracts.get(contract)?.state.value(key)
    }

    /// Committed value of a grant: `None` if never registered, zero if revoked.
    pub fn grant_value(&self, contract: &Key, grant: &Key) -> Option<Fr> {
        self.contracts.get(contract)?.grants.value(grant)
    }

    /// Starts an invocation; what was recorded before and not finished is taken back.
    pub fn begin(&mut self) {
        self.rollback();
    }

    /// Host-call log of the running invocation.
    pub fn log(&self) -> Fr {
        self.log
    }

    /// Grants that the running invocation used.
    pub fn auth(&self) -> Fr {
        self.auth
    }

    /// Ends an invocation and keeps what it did: its operations, and what they did to each contract.
    pub fn finish(&mut self) -> (Vec<Slot>, Vec<Touched>) {
        self.journal.clear();
        (self.log, self.auth, self.open) = (Fr::ZERO, Fr::ZERO, None);
        (std::mem::take(&mut self.slots), std::mem::take(&mut self.touched))
    }

    /// Operations recorded so far.
    pub fn slots(&self) -> &[Slot] {
        &self.slots
    }

    /// What they did to each contract's entry, in order of the first touch.
    pub fn touched(&self) -> &[Touched] {
        &self.touched
    }

    /// Takes back everything since [`Self::begin`].
    pub fn rollback(&mut self) {
        self.undo();
        self.finish();
    }

    /// Takes the trees back to where they were at [`Self::begin`].
    fn undo(&mut self) {
        while let Some(undo) = self.journal.pop() {
            match undo {
                Undo::Update(place, key, old) => {
                    if let Some(tree) = self.tree(place) {
                        // The key was there when the journal was written.
                        let _ = tree.update(&key, old);
                    }
                }
                Undo::Insert(place, key) => {
                    if let Some(tree) = self.tree(place) {
                        tree.undo_insert(&key);
                    }
                }
                Undo::Salt(key, salt) => {
                    if let Some(contract) = self.contracts.get_mut(&key) {
                        contract.salt = salt;
                    }
                }
                Undo::Create(key) => {
                    self.contracts.remove(&key);
                }
            }
        }
    }

    /// Creates an empty contract. `binding` says which program is its, and under which secret its keys are blinded.
    ///
    /// # Errors
    /// [`LedgerError::Tree`] if it exists or the network is full.
    pub fn create(&mut self, key: Key, binding: Fr, salt: Fr) -> Result<(), LedgerError> {
        let contract =
            Contract { state: IndexedTree::default(), grants: IndexedTree::default(), binding, salt };
        let entry = contract.entry();
        let payload = [Fr::ZERO, Fr::ZERO, binding, salt];
        self.insert(Place::Network, key, entry, payload)?;
        self.contracts.insert(key, contract);
        self.journal.push(Undo::Create(key));
        self.touched.push(Touched { contract: key, pre: Fr::ZERO, post: entry });
        Ok(())
    }

    /// Opens a contract.
    ///
    /// # Errors
    /// [`LedgerError::NoContract`] or [`LedgerError::Opened`]
    pub fn open(&mut self, key: Key) -> Result<(), LedgerError> {
        if self.open.is_some() {
            return Err(LedgerError::Opened);
        }
        let contract = self.contracts.get(&key).ok_or(LedgerError::NoContract)?;
        let payload = [contract.state.root(), contract.grants.root(), contract.binding, contract.salt];
        let entry = contract.entry();
        if !self.touched.iter().any(|t| t.contract == key) {
            self.touched.push(Touched { contract: key, pre: entry, post: entry });
        }
        self.record(Op::Open, Place::Network, key, entry, payload);
        self.open = Some(key);
        Ok(())
    }

    /// Closes the open contract; `salt` is a fresh random element, so that its entry changes even if its state did not.
    ///
    /// # Errors
    /// [`LedgerError::Closed`]
    pub fn close(&mut self, salt: Fr) -> Result<(), LedgerError> {
        let key = self.open.ok_or(LedgerError::Closed)?;
        let contract = self.contracts.get_mut(&key).ok_or(LedgerError::NoContract)?;
        self.journal.push(Undo::Salt(key, contract.salt));
        contract.salt = salt;
        let entry = contract.entry();
        self.update(Op::Close, Place::Network, key, entry, [Fr::ZERO, Fr::ZERO, Fr::ZERO, salt])?;
        self.touched.iter_mut().filter(|t| t.contract == key).for_each(|t| t.post = entry);
        self.open = None;
        Ok(())
    }

    /// Reads a key of the open contract's state: zero if nothing is there.
    ///
    /// # Errors
    /// [`LedgerError::Closed`]
    pub fn read(&mut self, key: Key) -> Result<Fr, LedgerError> {
        let place = Place::State(self.open.ok_or(LedgerError::Closed)?);
        let found = self.tree(place).and_then(|tree| tree.value(&key));
        let op = if found.is_some() { Op::Read } else { Op::Absent };
        let value = found.unwrap_or_default();
        self.record(op, place, key, value, [Fr::ZERO; 4]);
        Ok(value)
    }

    /// Writes a key of the open contract's state; zero removes it.
    ///
    /// # Errors
    /// [`LedgerError::Closed`], or [`LedgerError::Tree`] if the tree is full.
    pub fn write(&mut self, key: Key, value: Fr) -> Result<(), LedgerError> {
        let place = Place::State(self.open.ok_or(LedgerError::Closed)?);
        self.set(place, Op::Write, key, value)
    }

    /// Uses a grant of the open contract; `salt` hides which.
    ///
    /// # Errors
    /// [`LedgerError::Closed`] or [`LedgerError::NoGrant`]
    pub fn use_grant(&mut self, grant: Key, salt: Fr) -> Result<(), LedgerError> {
        let place = Place::Grants(self.open.ok_or(LedgerError::Closed)?);
        let value = self.tree(place).and_then(|tree| tree.value(&grant)).filter(|v| *v != Fr::ZERO);
        let value = value.ok_or(LedgerError::NoGrant)?;
        self.record(Op::Grant, place, grant, value, [salt, Fr::ZERO, Fr::ZERO, Fr::ZERO]);
        self.auth = auth_step(self.auth, grant.to_field(), salt);
        Ok(())
    }

    /// Registers a grant of the open contract, or revokes it with zero.
    ///
    /// # Errors
    /// [`LedgerError::Closed`], or [`LedgerError::Tree`] if the tree is full.
    pub fn set_grant(&mut self, grant: Key, value: Fr) -> Result<(), LedgerError> {
        let place = Place::Grants(self.open.ok_or(LedgerError::Closed)?);
        self.set(place, Op::WriteGrant, grant, value)
    }

    /// Says that a run of the open contract took place: what it was given, and how it ended.
    ///
    /// # Errors
    /// [`LedgerError::Closed`]
    pub fn run(&mut self, inputs: Fr, outcome: Fr) -> Result<(), LedgerError> {
        self.say(Op::Run, inputs, outcome)
    }

    /// The same of a run that failed. The trees are as they were at [`Self::begin`] and no contract is open; operations and log stay,
    /// because they were made.
    ///
    /// # Errors
    /// [`LedgerError::Closed`]
    pub fn fail(&mut self, inputs: Fr, outcome: Fr) -> Result<(), LedgerError> {
        self.say(Op::Fail, inputs, outcome)?;
        self.undo();
        self.open = None;
        self.touched.iter_mut().for_each(|touched| touched.post = touched.pre);
        Ok(())
    }

    fn say(&mut self, op: Op, key: Fr, value: Fr) -> Result<(), LedgerError> {
        self.open.ok_or(LedgerError::Closed)?;
        let slot = Slot { key, value, ..Slot::new(op) };
        self.log = log_step(self.log, op, key, slot.logged_value());
        self.slots.push(slot);
        Ok(())
    }

    fn set(&mut self, place: Place, op: Op, key: Key, value: Fr) -> Result<(), LedgerError> {
        let present = self.tree(place).is_some_and(|tree| tree.value(&key).is_some());
        if present {
            self.update(op, place, key, value, [Fr::ZERO; 4])
        } else {
            self.insert(place, key, value, [Fr::ZERO; 4])
        }
    }

    fn update(
        &mut self,
        op: Op,
        place: Place,
        key: Key,
        value: Fr,
        payload: [Fr; 4],
    ) -> Result<(), LedgerError> {
        self.record(op, place, key, value, payload);
        let old = self.tree(place).ok_or(LedgerError::NoContract)?.update(&key, value)?;
        self.journal.push(Undo::Update(place, key, old));
        Ok(())
    }

    fn insert(&mut self, place: Place, key: Key, value: Fr, payload: [Fr; 4]) -> Result<(), LedgerError> {
        let (link, append) = match place {
            Place::Network => (Op::LinkContract, Op::AppendContract),
            Place::State(_) => (Op::Link, Op::Append),
            Place::Grants(_) => (Op::LinkGrant, Op::AppendGrant),
        };
        let tree = self.tree(place).ok_or(LedgerError::NoContract)?;
        let (index, old, siblings) = tree.open(&key);
        tree.link(&key)?;
        let (new_index, new_siblings) = tree.open_next()?;
        tree.append(&key, value)?;
        self.journal.push(Undo::Insert(place, key));
        let key = key.to_field();
        self.slots.push(Slot { key, index, old, siblings, ..Slot::new(link) });
        self.slots.push(Slot {
            key,
            value,
            index: new_index,
            siblings: new_siblings,
            payload,
            ..Slot::new(append)
        });
        self.log = log_step(self.log, append, key, value);
        Ok(())
    }

    fn record(&mut self, op: Op, place: Place, key: Key, value: Fr, payload: [Fr; 4]) {
        let Some(tree) = self.tree(place) else { return };
        let (index, old, siblings) = tree.open(&key);
        let key = key.to_field();
        let slot = Slot { op, key, value, index, old, siblings, payload };
        self.log = log_step(self.log, op, key, slot.logged_value());
        self.slots.push(slot);
    }

    fn tree(&mut self, place: Place) -> Option<&mut IndexedTree> {
        match place {
            Place::Network => Some(&mut self.network),
            Place::State(contract) => self.contracts.get_mut(&contract).map(|c| &mut c.state),
            Place::Grants(contract) => self.contracts.get_mut(&contract).map(|c| &mut c.grants),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ReceiptTree, Registers, Violation};

    fn key(n: u8) -> Key {
        Key::new([n; 31])
    }

    fn fr(n: u64) -> Fr {
        Fr::from(n)
    }

    /// Two contracts, writes, reads, removal, grants, a composed call with its runs, one that fails, three receipts.
    fn session() -> (Vec<Slot>, Registers, Registers) {
        let mut ledger = Ledger::default();
        let start = Registers::start(ledger.root(), fr(99));
        let mut receipts = ReceiptTree::default();
        let mut all = Vec::new();
        ledger.begin();
        ledger.create(key(1), fr(11), fr(12)).unwrap();
        ledger.create(key(2), fr(21), fr(22)).unwrap();
        ledger.open(key(1)).unwrap();
        for n in [5, 3, 9] {
            ledger.write(key(n), fr(n.into())).unwrap();
        }
        ledger.set_grant(key(7), fr(77)).unwrap();
        ledger.close(fr(13)).unwrap();
        end(&mut ledger, &mut receipts, &mut all, fr(1));
        ledger.open(key(1)).unwrap();
        ledger.use_grant(key(7), fr(5)).unwrap();
        assert_eq!(ledger.read(key(3)).unwrap(), fr(3));
        assert_eq!(ledger.read(key(4)).unwrap(), fr(0));
        ledger.close(fr(14)).unwrap();
        ledger.open(key(2)).unwrap();
        assert_eq!(ledger.read(key(3)).unwrap(), fr(0));
        ledger.run(fr(31), fr(32)).unwrap();
        ledger.close(fr(23)).unwrap();
        ledger.open(key(1)).unwrap();
        ledger.write(key(3), fr(0)).unwrap();
        ledger.write(key(5), fr(55)).unwrap();
        ledger.set_grant(key(7), fr(0)).unwrap();
        ledger.run(fr(33), fr(34)).unwrap();
        ledger.close(fr(15)).unwrap();
        end(&mut ledger, &mut receipts, &mut all, fr(2));
        ledger.open(key(1)).unwrap();
        ledger.write(key(5), fr(56)).unwrap();
        ledger.write(key(6), fr(66)).unwrap();
        ledger.close(fr(16)).unwrap();
        ledger.open(key(2)).unwrap();
        ledger.write(key(3), fr(33)).unwrap();
        ledger.fail(fr(35), fr(36)).unwrap();
        for contract in [1, 2] {
            ledger.open(key(contract)).unwrap();
            ledger.close(fr(17)).unwrap();
        }
        end(&mut ledger, &mut receipts, &mut all, fr(3));
        let end = Registers::end(ledger.root(), receipts.root(), 3, fr(99));
        (all, start, end)
    }

    fn end(ledger: &mut Ledger, receipts: &mut ReceiptTree, all: &mut Vec<Slot>, body: Fr) {
        let (log, auth) = (ledger.log(), ledger.auth());
        all.extend(ledger.finish().0);
        all.push(receipts.append(log, body, auth).unwrap());
    }

    #[test]
    fn what_the_ledger_records_the_machine_accepts() {
        let (slots, start, end) = session();
        let reached = slots.iter().try_fold(start, |r, slot| r.apply(slot)).unwrap();
        assert_eq!(reached, end);
    }

    #[test]
    fn a_step_left_out_repeated_or_swapped_never_reaches_the_end() {
        let (slots, start, end) = session();
        let run = |slots: &[Slot]| slots.iter().try_fold(start, |r, slot| r.apply(slot));
        for i in 0..slots.len() {
            let mut without = slots.clone();
            without.remove(i);
            assert_ne!(run(&without), Ok(end), "without {i}");
            let mut twice = slots.clone();
            twice.insert(i, slots[i].clone());
            assert_ne!(run(&twice), Ok(end), "twice {i}");
            if i + 1 < slots.len() {
                let mut swapped = slots.clone();
                swapped.swap(i, i + 1);
                assert_ne!(run(&swapped), Ok(end), "swapped {i}");
            }
        }
    }

    #[test]
    fn a_rolled_back_invocation_leaves_no_trace() {
        let mut ledger = Ledger::default();
        ledger.create(key(1), fr(11), fr(12)).unwrap();
        ledger.open(key(1)).unwrap();
        ledger.write(key(5), fr(5)).unwrap();
        ledger.close(fr(13)).unwrap();
        ledger.finish();
        let root = ledger.root();
        ledger.begin();
        ledger.create(key(2), fr(1), fr(1)).unwrap();
        ledger.open(key(1)).unwrap();
        ledger.write(key(5), fr(6)).unwrap();
        ledger.write(key(4), fr(4)).unwrap();
        ledger.set_grant(key(7), fr(7)).unwrap();
        ledger.close(fr(14)).unwrap();
        assert_ne!(ledger.root(), root);
        ledger.rollback();
        assert_eq!(ledger.root(), root);
        assert_eq!(ledger.state_value(&key(1), &key(5)), Some(fr(5)));
        assert_eq!(ledger.state_value(&key(1), &key(4)), None);
        assert!(!ledger.has_contract(&key(2)) && ledger.slots().is_empty());
    }

    #[test]
    fn a_run_that_failed_leaves_its_operations_and_nothing_of_what_they_did() {
        let mut ledger = Ledger::default();
        ledger.create(key(1), fr(11), fr(12)).unwrap();
        ledger.open(key(1)).unwrap();
        ledger.write(key(5), fr(5)).unwrap();
        ledger.close(fr(13)).unwrap();
        ledger.finish();
        let root = ledger.root();
        assert_eq!(ledger.run(fr(1), fr(2)), Err(LedgerError::Closed));
        assert_eq!(ledger.fail(fr(1), fr(2)), Err(LedgerError::Closed));
        ledger.create(key(2), fr(1), fr(1)).unwrap();
        ledger.open(key(1)).unwrap();
        ledger.write(key(5), fr(6)).unwrap();
        ledger.write(key(4), fr(4)).unwrap();
        let log = ledger.log();
        ledger.fail(fr(7), fr(8)).unwrap();
        assert_eq!(ledger.log(), log_step(log, Op::Fail, fr(7), fr(8)));
        assert_eq!((ledger.root(), ledger.slots().len()), (root, 7));
        assert!(!ledger.has_contract(&key(2)) && ledger.touched().iter().all(|t| t.pre == t.post));
        assert_eq!(ledger.read(key(5)), Err(LedgerError::Closed));
        ledger.open(key(1)).unwrap();
        assert_eq!(ledger.read(key(5)), Ok(fr(5)));
        ledger.rollback();
        assert_eq!(ledger.root(), root);
    }

    #[test]
    fn the_log_says_which_binding_was_opened() {
        let (slots, start, _) = session();
        let at = slots.iter().position(|s| s.op == Op::Open).unwrap();
        let before = slots[..at].iter().try_fold(start, |r, slot| r.apply(slot)).unwrap();
        let opened = before.apply(&slots[at]).unwrap();
        assert_eq!(opened.log, log_step(before.log, Op::Open, slots[at].key, fr(11)));
        assert_eq!(opened.binding, fr(11));
    }

    #[test]
    fn a_run_needs_an_open_contract_and_no_half_done_insertion() {
        let (slots, start, _) = session();
        for op in [Op::Run, Op::Fail] {
            let run = Slot { key: fr(1), value: fr(2), ..Slot::new(op) };
            assert_eq!(start.apply(&run), Err(Violation::Contract));
            let at = slots.iter().position(|s| s.op == Op::Link).unwrap();
            let linked = slots[..=at].iter().try_fold(start, |r, slot| r.apply(slot)).unwrap();
            assert_eq!(linked.apply(&run), Err(Violation::Pending));
        }
    }

    #[test]
    fn a_revoked_grant_is_not_used() {
        let mut ledger = Ledger::default();
        ledger.create(key(1), fr(11), fr(12)).unwrap();
        ledger.open(key(1)).unwrap();
        assert_eq!(ledger.use_grant(key(7), fr(1)), Err(LedgerError::NoGrant));
        ledger.set_grant(key(7), fr(7)).unwrap();
        ledger.use_grant(key(7), fr(1)).unwrap();
        ledger.set_grant(key(7), fr(0)).unwrap();
        assert_eq!(ledger.use_grant(key(7), fr(1)), Err(LedgerError::NoGrant));
    }

    #[test]
    fn a_present_key_cannot_be_claimed_absent() {
        let (slots, start, _) = session();
        let at = slots.iter().position(|s| s.op == Op::Read).unwrap();
        let before = slots[..at].iter().try_fold(start, |r, slot| r.apply(slot)).unwrap();
        let lie = Slot { op: Op::Absent, value: Fr::ZERO, ..slots[at].clone() };
        assert_eq!(before.apply(&lie), Err(Violation::Interval));
    }
}
