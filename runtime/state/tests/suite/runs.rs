//! Runs in the log: where they stand, and what is left of those that fail.

use nectar_commitment::{Op, Slot, from_u64, state_key};
use nectar_state::{MemoryBackend, Sealed, StateError};
use nectar_trace::{HostCall, HostOp};

use crate::common::{assert_provable, commit, content, contract, grant, keys, open, ops};

/// The slot that stands at a place of the log.
fn at(sealed: &Sealed, place: u32) -> &Slot {
    let mut logged = sealed.slots().iter().filter(|slot| slot.op.log_code() != 0);
    logged.nth(place.try_into().unwrap()).unwrap()
}

#[test]
fn every_call_stands_where_the_trace_says_under_the_secret_that_it_says() {
    let (backend, keys) = (MemoryBackend::default(), keys());
    let store = open(&backend, &keys);
    for n in [1, 2] {
        commit(&store, &contract(n), |session| {
            session.write(b"k", b"v").unwrap();
            session.register_grant(&grant(9)).unwrap();
        });
    }
    // The secret and the salts are the contract's and the values', also after they were read back.
    let store = open(&backend, &keys);
    let mut session = store.begin();
    session.enter(&contract(1)).unwrap();
    session.use_grant(&grant(9)).unwrap();
    session.start_run().unwrap();
    session.read(b"k").unwrap();
    session.write(b"new", b"value").unwrap();
    session.enter(&contract(2)).unwrap();
    session.start_run().unwrap();
    session.scan(None, None, false, 9).unwrap();
    session.end_run(from_u64(1), from_u64(2)).unwrap();
    session.leave();
    session.read(b"new").unwrap();
    session.remove(b"k").unwrap();
    assert_eq!(session.frame_calls().unwrap().len(), 4);
    session.end_run(from_u64(3), from_u64(4)).unwrap();
    session.leave();
    let sealed = session.seal().unwrap();
    assert_provable(&sealed);
    let [outer, inner] = sealed.frames() else { panic!("two frames") };
    assert_eq!((outer.start, outer.end, inner.start, inner.end), (2, Some(12), 6, Some(7)));
    assert_eq!(inner.calls.last().map(|call| (call.op, call.place)), Some((HostOp::End, 7)));
    assert_eq!(outer.program, from_u64(7));
    for (frame, inputs) in [(outer, 3), (inner, 1)] {
        let entry = at(&sealed, frame.end.unwrap());
        assert_eq!((entry.op, entry.key, entry.value), (Op::Run, from_u64(inputs), from_u64(inputs + 1)));
        for call in frame.calls.iter().filter(|call| call.op != HostOp::End) {
            let slot = at(&sealed, call.place);
            assert_eq!(slot.key, state_key(&frame.secret, &call.key).to_field());
            assert_eq!(slot.value, call.committed());
        }
    }
    assert_ne!(outer.secret, inner.secret);
}

#[test]
fn a_run_that_fails_stays_in_the_log_and_leaves_nothing_in_the_store() {
    let (backend, keys) = (MemoryBackend::default(), keys());
    let store = open(&backend, &keys);
    for n in [1, 2] {
        commit(&store, &contract(n), |session| session.write(b"k", b"v").unwrap());
    }
    let mut session = store.begin();
    session.enter(&contract(1)).unwrap();
    session.write(b"k", b"w").unwrap();
    session.write(b"l", b"l").unwrap();
    session.enter(&contract(2)).unwrap();
    session.end_run(from_u64(1), from_u64(2)).unwrap();
    session.leave();
    let before = session.savepoint();
    session.fail_run(from_u64(3), from_u64(4)).unwrap();
    session.leave();
    session.rollback(before);
    session.fail_run(from_u64(5), from_u64(6)).unwrap();
    session.leave();
    session.system_put("note", b"k", b"kept").unwrap();
    let sealed = session.seal().unwrap();
    assert_provable(&sealed);
    let expected = [
        [Op::Open, Op::Write, Op::Link, Op::Append, Op::Close].as_slice(),
        &[Op::Open, Op::Run, Op::Close],
        &[Op::Open, Op::Fail],
        &[Op::Open, Op::Close, Op::Open, Op::Close],
    ];
    assert_eq!(ops(sealed.slots()), expected.concat());
    assert!(sealed.touched().iter().all(|t| t.pre != t.post), "like a call that went well");
    assert_eq!(sealed.touched().len(), 2);
    let wrote = |call: &HostCall| call.op == HostOp::Write;
    assert_eq!(sealed.frames()[0].calls.iter().filter(|call| wrote(call)).count(), 2);
    sealed.commit().unwrap();
    let expected = [(b"k".to_vec(), b"v".to_vec())];
    assert_eq!(content(&store, &contract(1)), expected);
    assert_eq!(content(&open(&backend, &keys), &contract(1)), expected);
    assert_eq!(store.system_get("note", b"k").unwrap().as_deref(), Some(b"kept".as_slice()));
}

#[test]
fn a_contract_whose_first_run_fails_was_never_there() {
    let store = open(&MemoryBackend::default(), &keys());
    let root = store.network_root();
    let mut session = store.begin();
    session.create_contract(&contract(1), from_u64(1)).unwrap();
    session.enter(&contract(1)).unwrap();
    session.write(b"k", b"v").unwrap();
    session.fail_run(from_u64(3), from_u64(4)).unwrap();
    session.leave();
    assert!(!session.has_contract(&contract(1)));
    let sealed = session.seal().unwrap();
    assert_provable(&sealed);
    assert_eq!(sealed.post_root(), root);
    sealed.commit().unwrap();
    assert!(matches!(store.begin().enter(&contract(1)), Err(StateError::NoContract)));
}

#[test]
fn a_run_needs_a_frame() {
    let store = open(&MemoryBackend::default(), &keys());
    let mut session = store.begin();
    assert!(matches!(session.start_run(), Err(StateError::NoFrame)));
    assert!(matches!(session.end_run(from_u64(1), from_u64(2)), Err(StateError::NoFrame)));
    assert!(matches!(session.fail_run(from_u64(1), from_u64(2)), Err(StateError::NoFrame)));
}
