use std::sync::Arc;
use std::time::{Duration, Instant};

use nectar_abi::NetworkId;
use nectar_abi::limits::{MAX_KEY_BYTES, MAX_VALUE_BYTES};
use nectar_commitment::{Fr, Op};
use nectar_state::{
    BackendError, Fault, FrameLog, GrantState, MAX_SYSTEM_VALUE, MemoryBackend, StateError, Store,
    contract_key,
};
use nectar_trace::HostOp;

use crate::common::{assert_provable, commit, content, contract, grant, keys, open, ops, try_open};

fn pair(key: &str, value: &str) -> (Vec<u8>, Vec<u8>) {
    (key.as_bytes().to_vec(), value.as_bytes().to_vec())
}

#[test]
fn what_was_committed_is_there_after_opening_again() {
    let (backend, keys) = (MemoryBackend::default(), keys());
    let store = open(&backend, &keys);
    commit(&store, &contract(1), |session| {
        session.write(b"b", b"2").unwrap();
        session.write(b"a", b"1").unwrap();
        session.write(b"c", b"3").unwrap();
        session.register_grant(&grant(1)).unwrap();
    });
    commit(&store, &contract(2), |session| session.write(b"a", b"other").unwrap());
    commit(&store, &contract(1), |session| {
        session.remove(b"a").unwrap();
        session.write(b"b", b"").unwrap();
        session.use_grant(&grant(1)).unwrap();
    });
    let (root, sequence) = (store.network_root(), store.sequence());
    let again = open(&backend, &keys);
    assert_eq!((again.network_root(), again.sequence()), (root, sequence));
    assert_eq!(sequence, 3);
    for store in [store, again] {
        assert_eq!(content(&store, &contract(1)), [pair("b", ""), pair("c", "3")]);
        assert_eq!(content(&store, &contract(2)), [pair("a", "other")]);
        assert_eq!(store.begin().grant_status(&contract(1), &grant(1)), GrantState::Active);
        assert_eq!(store.begin().grant_status(&contract(2), &grant(1)), GrantState::Unknown);
    }
}

#[test]
fn a_session_sees_its_own_writes_and_a_dropped_one_leaves_no_trace() {
    let (backend, keys) = (MemoryBackend::default(), keys());
    let store = open(&backend, &keys);
    commit(&store, &contract(1), |session| session.write(b"a", b"1").unwrap());
    let (root, records) = (store.network_root(), backend.records());
    for seal in [false, true] {
        let mut session = store.begin();
        session.enter(&contract(1)).unwrap();
        session.write(b"b", b"2").unwrap();
        session.remove(b"a").unwrap();
        session.register_grant(&grant(1)).unwrap();
        session.system_put("nonce", b"n", b"1").unwrap();
        assert_eq!(session.read(b"a").unwrap(), None);
        assert_eq!(session.read(b"b").unwrap().unwrap(), b"2");
        assert_eq!(session.scan(None, None, false, 9).unwrap(), [pair("b", "2")]);
        session.create_contract(&contract(2), Fr::from(1)).unwrap();
        session.enter(&contract(2)).unwrap();
        session.write(b"x", b"y").unwrap();
        if seal {
            let sealed = session.seal().unwrap();
            assert_ne!(sealed.post_root(), root);
            assert_provable(&sealed);
        }
    }
    assert_eq!(store.network_root(), root);
    assert!(backend.records() == records);
    assert_eq!(content(&store, &contract(1)), [pair("a", "1")]);
    assert_eq!(store.system_get("nonce", b"n").unwrap(), None);
    let session = store.begin();
    assert!(!session.has_contract(&contract(2)));
    assert_eq!(session.grant_status(&contract(1), &grant(1)), GrantState::Unknown);
    drop(session);
    commit(&store, &contract(1), |session| assert_eq!(session.read(b"a").unwrap().unwrap(), b"1"));
}

#[test]
fn a_failed_frame_is_taken_back_with_all_that_it_did() {
    let (backend, keys) = (MemoryBackend::default(), keys());
    let store = open(&backend, &keys);
    commit(&store, &contract(2), |session| session.write(b"kept", b"1").unwrap());
    let mut session = store.begin();
    session.create_contract(&contract(1), Fr::from(1)).unwrap();
    session.enter(&contract(1)).unwrap();
    session.write(b"a", b"1").unwrap();
    let outer = session.savepoint();
    session.write(b"a", b"2").unwrap();
    session.enter(&contract(2)).unwrap();
    let inner = session.savepoint();
    session.remove(b"kept").unwrap();
    session.register_grant(&grant(1)).unwrap();
    session.system_put("audit", b"1", b"x").unwrap();
    session.create_contract(&contract(3), Fr::from(3)).unwrap();
    session.rollback(inner);
    assert_eq!(session.entered(), Some(&contract(2)));
    assert!(!session.has_contract(&contract(3)));
    assert_eq!(session.read(b"kept").unwrap().unwrap(), b"1");
    assert_eq!(session.grant_status(&contract(2), &grant(1)), GrantState::Unknown);
    session.leave();
    assert_eq!(session.read(b"a").unwrap().unwrap(), b"2");
    session.rollback(outer);
    assert_eq!(session.read(b"a").unwrap().unwrap(), b"1");
    session.leave();
    let sealed = session.seal().unwrap();
    assert_provable(&sealed);
    let expected =
        [Op::LinkContract, Op::AppendContract, Op::Open, Op::Link, Op::Append, Op::Read, Op::Close];
    assert_eq!(ops(sealed.slots()), expected, "nothing of the failed frames is in the log");
    sealed.commit().unwrap();
    let store = open(&backend, &keys);
    assert_eq!(content(&store, &contract(1)), [pair("a", "1")]);
    assert_eq!(content(&store, &contract(2)), [pair("kept", "1")]);
    assert_eq!(store.system_scan("audit").unwrap(), []);
}

#[test]
fn the_log_opens_and_closes_contracts_as_frames_switch() {
    let (backend, keys) = (MemoryBackend::default(), keys());
    let store = open(&backend, &keys);
    for n in [1, 2] {
        commit(&store, &contract(n), |session| {
            session.write(b"k", b"v").unwrap();
            session.register_grant(&grant(9)).unwrap();
        });
    }
    let mut session = store.begin();
    session.enter(&contract(1)).unwrap();
    session.use_grant(&grant(9)).unwrap();
    session.enter(&contract(2)).unwrap();
    session.leave();
    session.enter(&contract(2)).unwrap();
    assert_eq!(session.read(b"k").unwrap().unwrap(), b"v");
    session.leave();
    assert_eq!(session.read(b"nothing").unwrap(), None);
    session.write(b"k", b"w").unwrap();
    session.write(b"k", b"x").unwrap();
    session.remove(b"k").unwrap();
    session.leave();
    let mut sealed = session.seal().unwrap();
    assert_provable(&sealed);
    let expected = [
        [Op::Open, Op::Grant, Op::Close].as_slice(),
        &[Op::Open, Op::Close],
        &[Op::Open, Op::Read, Op::Close],
        &[Op::Open, Op::Absent, Op::Write, Op::Write, Op::Write, Op::Close],
    ];
    assert_eq!(ops(sealed.slots()), expected.concat());
    let touched: Vec<_> = sealed.touched().iter().map(|t| t.contract).collect();
    assert_eq!(touched, [contract_key(&contract(1)), contract_key(&contract(2))]);
    assert!(sealed.touched().iter().all(|t| t.pre != t.post), "a read changes the salted entry too");
    let of = |frame: &FrameLog| (frame.contract, frame.calls.iter().map(|call| call.op).collect::<Vec<_>>());
    let frames: Vec<_> = sealed.frames().iter().map(of).collect();
    let one = vec![HostOp::Read, HostOp::Write, HostOp::Write, HostOp::Remove];
    assert_eq!(frames, [(contract(1), one), (contract(2), vec![]), (contract(2), vec![HostOp::Read])]);
    let frames = sealed.take_frames();
    let calls = || frames.iter().rev().flat_map(|frame| frame.calls.iter());
    assert_eq!(calls().map(|call| call.place).collect::<Vec<_>>(), [6, 9, 10, 11, 12]);
    let values: Vec<_> = calls().map(|call| call.value.clone()).collect();
    let value = |text: &str| Some(text.as_bytes().to_vec());
    assert_eq!(values, [value("v"), None, value("w"), value("x"), None]);
    sealed.commit().unwrap();
    assert_eq!(content(&open(&backend, &keys), &contract(1)), []);
}

#[test]
fn scans_follow_the_plaintext_order_in_both_directions() {
    let store = open(&MemoryBackend::default(), &keys());
    commit(&store, &contract(1), |session| {
        for key in ["b", "a", "d", "e", "bb"] {
            session.write(key.as_bytes(), key.as_bytes()).unwrap();
        }
    });
    let mut session = store.begin();
    session.enter(&contract(1)).unwrap();
    session.write(b"c", b"c").unwrap();
    session.remove(b"d").unwrap();
    session.write(b"b", b"new").unwrap();
    let mut scan = |start: Option<&str>, end: Option<&str>, descending, limit| {
        let found = session
            .scan(start.map(str::as_bytes), end.map(str::as_bytes), descending, limit)
            .unwrap()
            .into_iter();
        found
            .map(|(key, value)| [key, value].map(|b| String::from_utf8(b).unwrap()).join("="))
            .collect::<Vec<_>>()
    };
    assert_eq!(scan(None, None, false, 99), ["a=a", "b=new", "bb=bb", "c=c", "e=e"]);
    assert_eq!(scan(None, None, true, 99), ["e=e", "c=c", "bb=bb", "b=new", "a=a"]);
    assert_eq!(scan(Some("b"), Some("c"), false, 99), ["b=new", "bb=bb"]);
    assert_eq!(scan(Some("b"), Some("e"), true, 2), ["c=c", "bb=bb"]);
    assert_eq!(scan(Some("bc"), None, false, 1), ["c=c"]);
    assert_eq!(scan(Some("c"), Some("c"), false, 9), [""; 0]);
    assert_eq!(scan(Some("e"), Some("a"), false, 9), [""; 0]);
    assert_eq!(scan(None, None, false, 0), [""; 0]);
    session.leave();
    let sealed = session.seal().unwrap();
    assert_provable(&sealed);
    let reads = sealed.slots().iter().filter(|slot| slot.op == Op::Read).count();
    assert_eq!(reads, 5 + 5 + 2 + 2 + 1, "each item is a read");
}

#[test]
fn a_grant_is_registered_once_used_while_active_and_revoked_for_good() {
    let (backend, keys) = (MemoryBackend::default(), keys());
    let store = open(&backend, &keys);
    commit(&store, &contract(1), |session| {
        assert!(matches!(session.use_grant(&grant(1)), Err(StateError::NoGrant)));
        assert!(matches!(session.revoke_grant(&grant(1)), Err(StateError::NoGrant)));
        session.register_grant(&grant(2)).unwrap();
        session.register_grant(&grant(1)).unwrap();
        session.use_grant(&grant(1)).unwrap();
    });
    let store = open(&backend, &keys);
    commit(&store, &contract(1), |session| {
        assert!(matches!(session.register_grant(&grant(1)), Err(StateError::GrantExists)));
        session.revoke_grant(&grant(1)).unwrap();
        assert!(matches!(session.use_grant(&grant(1)), Err(StateError::NoGrant)));
        session.register_grant(&grant(3)).unwrap();
    });
    let store = open(&backend, &keys);
    let states = |store: &Store| [1, 2, 3, 4].map(|n| store.begin().grant_status(&contract(1), &grant(n)));
    let (revoked, active, unknown) = (GrantState::Revoked, GrantState::Active, GrantState::Unknown);
    assert_eq!(states(&store), [revoked, active, active, unknown]);
    commit(&store, &contract(1), |session| {
        assert!(matches!(session.register_grant(&grant(1)), Err(StateError::GrantExists)));
        assert!(matches!(session.revoke_grant(&grant(1)), Err(StateError::NoGrant)));
    });
}

#[test]
fn system_records_are_committed_with_the_rest_and_sorted_by_key() {
    let (backend, keys) = (MemoryBackend::default(), keys());
    let store = open(&backend, &keys);
    let mut session = store.begin();
    session.system_put("receipt", b"2", b"two").unwrap();
    session.system_put("receipt", b"1", b"one").unwrap();
    session.system_put("nonce", b"1", &[7; 100_000]).unwrap();
    assert_eq!(session.system_get("receipt", b"1").unwrap().unwrap(), b"one");
    let mut sealed = session.seal().unwrap();
    sealed.system_put("receipt", b"3", b"three").unwrap();
    assert!(sealed.slots().is_empty());
    sealed.commit().unwrap();
    let store = open(&backend, &keys);
    assert_eq!(store.sequence(), 1);
    let receipts = [pair("1", "one"), pair("2", "two"), pair("3", "three")];
    assert_eq!(store.system_scan("receipt").unwrap(), receipts);
    assert_eq!(store.system_get("nonce", b"1").unwrap().unwrap(), [7; 100_000]);
    assert_eq!(store.system_get("nonce", b"2").unwrap(), None);
    assert_eq!(store.system_scan("audit").unwrap(), []);
    let mut session = store.begin();
    session.system_remove("receipt", b"2");
    session.system_remove("receipt", b"never");
    session.system_put("receipt", b"1", b"changed").unwrap();
    assert_eq!(session.system_get("receipt", b"2").unwrap(), None);
    session.seal().unwrap().commit().unwrap();
    let store = open(&backend, &keys);
    assert_eq!(store.system_scan("receipt").unwrap(), [pair("1", "changed"), pair("3", "three")]);
}

#[test]
fn readers_of_system_records_do_not_wait_for_a_session() {
    let store = open(&MemoryBackend::default(), &keys());
    let mut session = store.begin();
    session.system_put("audit", b"1", b"new").unwrap();
    let sealed = session.seal().unwrap();
    let reader = store.clone();
    let started = Instant::now();
    let seen = std::thread::spawn(move || reader.system_get("audit", b"1").unwrap()).join().unwrap();
    assert!(seen.is_none() && started.elapsed() < Duration::from_secs(5));
    sealed.commit().unwrap();
    assert_eq!(store.system_get("audit", b"1").unwrap().unwrap(), b"new");
}

#[test]
fn a_session_moves_between_threads_and_the_next_one_waits_for_it() {
    fn movable<T: Send + 'static>() {}
    movable::<nectar_state::Session>();
    movable::<nectar_state::Sealed>();
    let store = open(&MemoryBackend::default(), &keys());
    let threads: Vec<_> = (0..4)
        .map(|n| {
            let store = store.clone();
            std::thread::spawn(move || {
                for _ in 0..5 {
                    commit(&store, &contract(1), |session| {
                        let old = session.read(b"count").unwrap().map_or(0, |value| value[0]);
                        session.write(b"count", &[old + 1]).unwrap();
                        session.write(&[n], b"here").unwrap();
                    });
                }
            })
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    assert_eq!(content(&store, &contract(1)).last().unwrap().1, [20]);
}

#[test]
fn limits_and_missing_frames_are_named() {
    let store = open(&MemoryBackend::default(), &keys());
    let mut session = store.begin();
    assert!(matches!(session.enter(&contract(1)), Err(StateError::NoContract)));
    assert!(matches!(session.read(b"a"), Err(StateError::NoFrame)));
    assert!(matches!(session.write(b"a", b""), Err(StateError::NoFrame)));
    assert!(matches!(session.scan(None, None, false, 1), Err(StateError::NoFrame)));
    session.create_contract(&contract(1), Fr::from(1)).unwrap();
    let twice = session.create_contract(&contract(1), Fr::from(2));
    assert!(matches!(twice, Err(StateError::ContractExists)));
    assert_eq!(session.program(&contract(1)), Some(Fr::from(1)));
    session.enter(&contract(1)).unwrap();
    session.write(&[0; MAX_KEY_BYTES], &[0; 10]).unwrap();
    let key = session.write(&[0; MAX_KEY_BYTES + 1], &[0; 10]).unwrap_err();
    assert!(matches!(key, StateError::KeyTooLong { .. }) && key.to_string().contains("1024"), "{key}");
    let value = session.write(&[0], &vec![0; MAX_VALUE_BYTES + 1]).unwrap_err();
    assert!(matches!(value, StateError::ValueTooLong { .. }));
    let system = session.system_put("code", b"x", &vec![0; MAX_SYSTEM_VALUE + 1]).unwrap_err();
    assert!(matches!(system, StateError::SystemValueTooLong { .. }));
}

#[test]
fn the_largest_value_survives() {
    let (backend, keys) = (MemoryBackend::default(), keys());
    let value: Vec<u8> = (0..MAX_VALUE_BYTES).map(|n| n.to_le_bytes()[0]).collect();
    commit(&open(&backend, &keys), &contract(1), |session| session.write(b"large", &value).unwrap());
    assert!(content(&open(&backend, &keys), &contract(1)) == [(b"large".to_vec(), value)]);
}

#[test]
fn a_fault_at_any_step_leaves_everything_as_before() {
    let (backend, keys) = (MemoryBackend::default(), keys());
    let store = open(&backend, &keys);
    commit(&store, &contract(1), |session| {
        session.write(b"a", b"1").unwrap();
        session.register_grant(&grant(1)).unwrap();
        session.system_put("nonce", b"0", b"0").unwrap();
    });
    let attempt = |store: &Store| -> Result<(), StateError> {
        let mut session = store.begin();
        session.enter(&contract(1))?;
        session.use_grant(&grant(1))?;
        session.read(b"a")?;
        session.write(b"a", b"2")?;
        session.write(b"b", b"3")?;
        session.scan(None, None, false, 9)?;
        session.create_contract(&contract(2), Fr::from(2))?;
        session.enter(&contract(2))?;
        session.write(b"c", b"4")?;
        session.system_put("nonce", b"0", b"1")?;
        session.system_put("nonce", b"1", b"1")?;
        session.seal()?.commit()
    };
    let (root, records) = (store.network_root(), backend.records());
    let mut failures = 0;
    loop {
        backend.fail_after(failures, Fault::Before);
        match attempt(&store) {
            Ok(()) => break,
            Err(error) => assert!(matches!(error, StateError::Backend(BackendError::Injected)), "{error}"),
        }
        failures += 1;
        assert_eq!(store.network_root(), root);
        assert_eq!(store.sequence(), 1);
        assert!(backend.records() == records);
        assert_eq!(content(&store, &contract(1)), [pair("a", "1")]);
        assert!(!store.begin().has_contract(&contract(2)));
    }
    assert!(failures >= 4, "reads, old system records and the commit can all fail: {failures}");
    backend.reopen();
    for store in [store, open(&backend, &keys)] {
        assert_eq!(content(&store, &contract(1)), [pair("a", "2"), pair("b", "3")]);
        assert_eq!(content(&store, &contract(2)), [pair("c", "4")]);
        assert_eq!(store.system_get("nonce", b"0").unwrap().unwrap(), b"1");
    }
}

#[test]
fn a_fault_at_any_step_of_opening_or_creating_is_an_error() {
    let (backend, keys) = (MemoryBackend::default(), keys());
    let attempts = |expected: u64| {
        for n in 0.. {
            backend.fail_after(n, Fault::Before);
            match try_open(&backend, &keys) {
                Ok(_) => return assert!(n >= expected, "{n}"),
                Err(error) => {
                    assert!(matches!(error, StateError::Backend(BackendError::Injected)), "{error}");
                }
            }
        }
    };
    attempts(3);
    backend.reopen();
    commit(&open(&backend, &keys), &contract(1), |session| session.write(b"a", b"1").unwrap());
    attempts(8);
    backend.reopen();
    assert_eq!(content(&open(&backend, &keys), &contract(1)), [pair("a", "1")]);
}

#[test]
fn after_an_uncertain_commit_the_store_refuses_until_it_is_opened_again() {
    let (backend, keys) = (MemoryBackend::default(), keys());
    let store = open(&backend, &keys);
    commit(&store, &contract(1), |session| session.write(b"a", b"1").unwrap());
    let mut session = store.begin();
    session.enter(&contract(1)).unwrap();
    session.write(b"a", b"2").unwrap();
    let sealed = session.seal().unwrap();
    let after = sealed.post_root();
    backend.fail_after(0, Fault::After);
    assert!(matches!(sealed.commit(), Err(StateError::Backend(error)) if error.is_uncertain()));
    assert_ne!(store.network_root(), after);
    backend.reopen();
    let mut session = store.begin();
    session.enter(&contract(1)).unwrap();
    assert!(matches!(session.read(b"a"), Err(StateError::Closed)));
    assert!(matches!(session.seal(), Err(StateError::Closed)));
    let store = open(&backend, &keys);
    assert_eq!(store.network_root(), after);
    assert_eq!(content(&store, &contract(1)), [pair("a", "2")]);
}

#[test]
fn a_session_without_effect_is_no_commit() {
    let (backend, keys) = (MemoryBackend::default(), keys());
    let store = open(&backend, &keys);
    let before = backend.records();
    store.begin().seal().unwrap().commit().unwrap();
    assert!(backend.records() == before && store.sequence() == 0);
}

#[test]
fn other_keys_and_other_networks_are_refused() {
    let (backend, own) = (MemoryBackend::default(), keys());
    commit(&open(&backend, &own), &contract(1), |session| session.write(b"a", b"1").unwrap());
    assert!(matches!(try_open(&backend, &keys()), Err(StateError::WrongKeys)));
    let other = Store::open(Arc::new(backend.clone()), own, NetworkId(2)).unwrap_err();
    assert!(matches!(other, StateError::WrongNetwork { expected: 2, stored: 1 }), "{other}");
}

#[test]
fn a_recovery_identity_reads_everything_and_changes_nothing() {
    let recovery = age::x25519::Identity::generate();
    let public = recovery.to_public().to_string();
    let (backend, own) = (MemoryBackend::default(), keys().with_recovery([public.as_str()]).unwrap());
    commit(&open(&backend, &own), &contract(1), |session| {
        session.write(b"a", b"1").unwrap();
        session.system_put("audit", b"1", b"x").unwrap();
    });
    let keys = nectar_state::StoreKeys::recovery(&recovery.to_string(), &own.signer()).unwrap();
    let store = open(&backend, &keys);
    assert_eq!(content(&store, &contract(1)), [pair("a", "1")]);
    assert_eq!(store.system_scan("audit").unwrap(), [pair("1", "x")]);
    assert!(matches!(store.begin().seal(), Err(StateError::ReadOnly)));
    let empty = try_open(&MemoryBackend::default(), &keys);
    assert!(matches!(empty, Err(StateError::ReadOnly)));
}
