use std::collections::{BTreeMap, BTreeSet};

use nectar_abi::{ContractId, GrantHash};
use nectar_commitment::Fr;
use nectar_state::{
    BackendError, Fault, GrantState, MemoryBackend, Savepoint, Session, StateError, Store, StoreKeys,
};
use proptest::prelude::*;

use crate::common::{assert_provable, keys, open};

/// What the store should hold: plain maps.
#[derive(Clone, Default, PartialEq, Debug)]
struct Model {
    state: BTreeMap<u8, BTreeMap<Vec<u8>, Vec<u8>>>,
    grants: BTreeMap<(u8, u8), GrantState>,
    system: BTreeMap<Vec<u8>, Vec<u8>>,
}

#[derive(Debug, Clone)]
enum Step {
    Enter(u8),
    Write(u8, Vec<u8>),
    Remove(u8),
    Read(u8),
    Scan(u8, u8, bool, usize),
    Register(u8),
    Revoke(u8),
    System(u8, Option<Vec<u8>>),
    Save,
    Rollback,
    Leave,
    Drop,
    DropSealed,
    Commit,
    Fail(u64, Fault),
    Reopen,
}

fn step() -> impl Strategy<Value = Step> {
    let key = 0u8..8;
    let value = proptest::collection::vec(any::<u8>(), 0..300);
    prop_oneof![
        2 => (0u8..3).prop_map(Step::Enter),
        6 => (key.clone(), value.clone()).prop_map(|(k, v)| Step::Write(k, v)),
        2 => key.clone().prop_map(Step::Remove),
        3 => key.clone().prop_map(Step::Read),
        2 => (key.clone(), key.clone(), any::<bool>(), 0usize..9)
            .prop_map(|(a, b, descending, limit)| Step::Scan(a, b, descending, limit)),
        1 => (0u8..3).prop_map(Step::Register),
        1 => (0u8..3).prop_map(Step::Revoke),
        1 => (key, proptest::option::of(value)).prop_map(|(k, v)| Step::System(k, v)),
        2 => Just(Step::Save),
        2 => Just(Step::Rollback),
        1 => Just(Step::Leave),
        1 => Just(Step::Drop),
        1 => Just(Step::DropSealed),
        3 => Just(Step::Commit),
        1 => (0u64..4, prop_oneof![Just(Fault::Before), Just(Fault::After)]).prop_map(|(n, f)| Step::Fail(n, f)),
        1 => Just(Step::Reopen),
    ]
}

struct Run {
    backend: MemoryBackend,
    keys: StoreKeys,
    store: Store,
    session: Option<Session>,
    frames: Vec<u8>,
    saved: Vec<(Savepoint, Model, Vec<u8>)>,
    now: Model,
    committed: Model,
    /// Values that an uncertain commit may have left.
    maybe: Option<Model>,
}

impl Run {
    fn new() -> Self {
        let (backend, keys) = (MemoryBackend::default(), keys());
        let store = open(&backend, &keys);
        Self {
            backend,
            keys,
            store,
            session: None,
            frames: Vec::new(),
            saved: Vec::new(),
            now: Model::default(),
            committed: Model::default(),
            maybe: None,
        }
    }

    fn session(&mut self) -> &mut Session {
        self.session.get_or_insert_with(|| self.store.begin())
    }

    fn forget(&mut self) {
        self.session = None;
        self.saved.clear();
        self.frames.clear();
        self.now = self.committed.clone();
    }

    /// An injected fault ends the session; anything else is a mistake.
    fn survive<T>(&mut self, result: Result<T, StateError>) -> Option<T> {
        match result {
            Ok(done) => Some(done),
            Err(StateError::Backend(BackendError::Injected)) => {
                self.forget();
                None
            }
            Err(other) => panic!("{other}"),
        }
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Enter(n) => {
                let new = !self.session().has_contract(&contract(n));
                if new {
                    self.session().create_contract(&contract(n), Fr::from(u64::from(n))).unwrap();
                    self.now.state.insert(n, BTreeMap::new());
                }
                self.session().enter(&contract(n)).unwrap();
                self.frames.push(n);
            }
            Step::Leave => {
                self.session().leave();
                self.frames.pop();
            }
            Step::Write(key, value) => {
                let Some(mut frame) = self.frame() else { return };
                self.session().write(&[key], &value).unwrap();
                frame.insert(vec![key], value);
                self.set_frame(frame);
            }
            Step::Remove(key) => {
                let Some(mut frame) = self.frame() else { return };
                self.session().remove(&[key]).unwrap();
                frame.remove([key].as_slice());
                self.set_frame(frame);
            }
            Step::Read(key) => {
                let Some(frame) = self.frame() else { return };
                let read = self.session().read(&[key]);
                if let Some(value) = self.survive(read) {
                    assert_eq!(value.as_ref(), frame.get([key].as_slice()));
                }
            }
            Step::Scan(start, end, descending, limit) => self.scan(start, end, descending, limit),
            Step::Register(n) => self.change_grant(n, GrantState::Unknown, GrantState::Active),
            Step::Revoke(n) => self.change_grant(n, GrantState::Active, GrantState::Revoked),
            Step::System(key, value) => {
                match &value {
                    Some(value) => self.session().system_put("s", &[key], value).unwrap(),
                    None => self.session().system_remove("s", &[key]),
                }
                match value {
                    Some(value) => self.now.system.insert(vec![key], value),
                    None => self.now.system.remove([key].as_slice()),
                };
            }
            Step::Save => {
                let savepoint = self.session().savepoint();
                self.saved.push((savepoint, self.now.clone(), self.frames.clone()));
            }
            Step::Rollback => {
                let Some((savepoint, model, frames)) = self.saved.pop() else { return };
                self.session().rollback(savepoint);
                (self.now, self.frames) = (model, frames);
            }
            Step::Drop => self.forget(),
            Step::DropSealed => {
                if let Some(session) = self.session.take() {
                    assert_provable(&session.seal().unwrap());
                }
                self.forget();
            }
            Step::Commit => self.commit(),
            Step::Fail(n, fault) => self.backend.fail_after(n, fault),
            Step::Reopen => {
                self.forget();
                self.reopen();
            }
        }
    }

    fn scan(&mut self, start: u8, end: u8, descending: bool, limit: usize) {
        let Some(frame) = self.frame() else { return };
        let found = self.session().scan(Some(&[start]), Some(&[end]), descending, limit);
        let Some(found) = self.survive(found) else { return };
        let mut expected: Vec<_> = frame
            .into_iter()
            .filter(|(key, _)| key.as_slice() >= [start].as_slice() && key.as_slice() < [end].as_slice())
            .collect();
        if descending {
            expected.reverse();
        }
        expected.truncate(limit);
        assert_eq!(found, expected);
    }

    fn frame(&self) -> Option<BTreeMap<Vec<u8>, Vec<u8>>> {
        Some(self.now.state.get(self.frames.last()?).cloned().unwrap_or_default())
    }

    fn set_frame(&mut self, frame: BTreeMap<Vec<u8>, Vec<u8>>) {
        self.now.state.insert(*self.frames.last().unwrap(), frame);
    }

    fn change_grant(&mut self, n: u8, from: GrantState, to: GrantState) {
        let Some(frame) = self.frames.last().copied() else { return };
        let before = self.now.grants.get(&(frame, n)).copied().unwrap_or(GrantState::Unknown);
        let session = self.session();
        assert_eq!(session.grant_status(&contract(frame), &grant(n)), before);
        let done = match to {
            GrantState::Active => session.register_grant(&grant(n)),
            _ => session.revoke_grant(&grant(n)),
        };
        assert_eq!(done.is_ok(), before == from);
        if before == from {
            self.now.grants.insert((frame, n), to);
        }
    }

    fn commit(&mut self) {
        let Some(session) = self.session.take() else { return };
        let sealed = session.seal().unwrap();
        assert_provable(&sealed);
        let (before, after) = (self.store.network_root(), sealed.post_root());
        match sealed.commit() {
            Ok(()) => {
                assert_eq!(self.store.network_root(), after);
                self.committed = self.now.clone();
                self.forget();
            }
            Err(StateError::Backend(error)) => {
                assert_eq!(self.store.network_root(), before);
                if error.is_uncertain() {
                    self.maybe = Some(self.now.clone());
                    self.forget();
                    self.reopen();
                } else {
                    self.forget();
                }
            }
            Err(other) => panic!("{other}"),
        }
    }

    fn reopen(&mut self) {
        self.backend.reopen();
        self.store = open(&self.backend, &self.keys);
        if let Some(maybe) = self.maybe.take()
            && self.read_all() == maybe
        {
            self.committed = maybe;
        }
        self.now = self.committed.clone();
        self.check();
    }

    fn read_all(&mut self) -> Model {
        let mut all = Model::default();
        let mut session = self.store.begin();
        for n in 0..3 {
            if session.enter(&contract(n)).is_ok() {
                let found = session.scan(None, None, false, usize::MAX).unwrap();
                all.state.insert(n, found.into_iter().collect());
            }
            for g in 0..3 {
                match session.grant_status(&contract(n), &grant(g)) {
                    GrantState::Unknown => {}
                    state => drop(all.grants.insert((n, g), state)),
                }
            }
        }
        all.system = self.store.system_scan("s").unwrap().into_iter().collect();
        all
    }

    fn check(&mut self) {
        assert_eq!(self.read_all(), self.committed);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn the_store_is_a_plain_map_under_savepoints_faults_and_reopening(
        steps in proptest::collection::vec(step(), 1..60)
    ) {
        let mut run = Run::new();
        for step in steps {
            run.step(step);
        }
        run.forget();
        run.reopen();
        let root = run.store.network_root();
        prop_assert_eq!(open(&run.backend, &run.keys).network_root(), root);
        let names: BTreeSet<_> = run.committed.state.keys().collect();
        prop_assert!(names.len() <= 3);
    }
}

/// Never zero, which is no key of a tree.
fn contract(n: u8) -> ContractId {
    crate::common::contract(n + 1)
}

fn grant(n: u8) -> GrantHash {
    crate::common::grant(n + 1)
}
