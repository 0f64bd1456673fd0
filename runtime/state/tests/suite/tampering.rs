use std::collections::BTreeMap;

use nectar_abi::NetworkId;
use nectar_commitment::Fr;
use nectar_state::{MemoryBackend, Part, StateError, Store, StoreKeys};

use crate::common::{commit, content, contract, grant, keys, open, try_open};

type Records = BTreeMap<Vec<u8>, Vec<u8>>;

/// Two contracts with state and grants, and system records; and the same store some commits earlier.
fn two_versions() -> (StoreKeys, Records, Records) {
    let (backend, keys) = (MemoryBackend::default(), keys());
    let store = open(&backend, &keys);
    for n in [1, 2] {
        commit(&store, &contract(n), |session| {
            for key in ["a", "b", "c"] {
                session.write(key.as_bytes(), b"first").unwrap();
            }
            session.register_grant(&grant(1)).unwrap();
            session.register_grant(&grant(2)).unwrap();
            session.system_put("nonce", &[n], b"seen").unwrap();
            session.system_put("audit", &[n], b"entry").unwrap();
        });
    }
    let earlier = backend.records();
    for n in [1, 2] {
        commit(&store, &contract(n), |session| {
            for key in ["a", "b"] {
                session.write(key.as_bytes(), b"later").unwrap();
            }
            session.revoke_grant(&grant(1)).unwrap();
            session.system_put("audit", &[n], b"changed").unwrap();
        });
    }
    (keys, earlier, backend.records())
}

fn opened(keys: &StoreKeys, records: Records) -> Result<Store, StateError> {
    let backend = MemoryBackend::default();
    backend.set_records(records);
    try_open(&backend, keys)
}

fn assert_refused(keys: &StoreKeys, records: Records, what: &str) {
    match opened(keys, records) {
        Err(StateError::Tampered(_) | StateError::WrongKeys) => {}
        Err(other) => panic!("{what}: {other}"),
        Ok(_) => panic!("{what}: opened"),
    }
}

#[test]
fn the_untouched_store_opens() {
    let (keys, _, records) = two_versions();
    let store = opened(&keys, records).unwrap();
    assert_eq!(store.sequence(), 4);
    assert_eq!(content(&store, &contract(1)).len(), 3);
}

#[test]
fn a_changed_or_cut_record_is_noticed() {
    let (keys, _, records) = two_versions();
    for (at, record) in &records {
        for byte in (0..record.len()).step_by(record.len() / 9 + 1).chain([record.len() - 1]) {
            let mut bad = records.clone();
            bad.get_mut(at).unwrap()[byte] ^= 1;
            assert_refused(&keys, bad, "changed");
        }
        for len in [0, 1, 30, record.len() - 1] {
            let mut bad = records.clone();
            bad.get_mut(at).unwrap().truncate(len);
            assert_refused(&keys, bad, "cut");
        }
        let mut bad = records.clone();
        bad.get_mut(at).unwrap().push(0);
        assert_refused(&keys, bad, "longer");
    }
}

#[test]
fn a_dropped_record_is_noticed() {
    let (keys, _, records) = two_versions();
    for at in records.keys() {
        let mut bad = records.clone();
        bad.remove(at);
        assert_refused(&keys, bad, "dropped");
    }
}

#[test]
fn an_older_version_of_any_record_is_noticed() {
    let (keys, earlier, records) = two_versions();
    let mut replayed = 0;
    for (at, record) in &earlier {
        if records.get(at) != Some(record) {
            let mut bad = records.clone();
            bad.insert(at.clone(), record.clone());
            assert_refused(&keys, bad, "replayed");
            replayed += 1;
        }
    }
    assert_eq!(replayed, 1 + 2 * (1 + 2 + 1 + 1), "head, contracts, states, grants, system records");
}

#[test]
fn an_older_version_of_everything_but_the_head_is_noticed() {
    let (keys, mut earlier, records) = two_versions();
    earlier.insert(b"H".to_vec(), records[b"H".as_slice()].clone());
    assert_refused(&keys, earlier, "replayed but for the head");
}

#[test]
fn exchanged_and_copied_records_are_noticed() {
    let (keys, _, records) = two_versions();
    let places: Vec<_> = records.keys().collect();
    for (one, other) in places.iter().zip(places.iter().skip(1)) {
        let mut bad = records.clone();
        bad.insert(one.to_vec(), records[*other].clone());
        bad.insert(other.to_vec(), records[*one].clone());
        assert_refused(&keys, bad, "exchanged");
        let mut bad = records.clone();
        bad.insert(one.to_vec(), records[*other].clone());
        assert_refused(&keys, bad, "copied over");
    }
}

#[test]
fn an_added_record_is_noticed() {
    let (keys, _, records) = two_versions();
    for (at, record) in records.iter().filter(|(at, _)| at.len() > 1) {
        let mut bad = records.clone();
        let mut elsewhere = at.clone();
        *elsewhere.last_mut().unwrap() ^= 1;
        bad.insert(elsewhere, record.clone());
        assert_refused(&keys, bad, "added");
    }
}

#[test]
fn the_records_of_another_store_with_the_same_keys_do_not_fit() {
    let (keys, _, records) = two_versions();
    let backend = MemoryBackend::default();
    let store = open(&backend, &keys);
    commit(&store, &contract(1), |session| session.write(b"a", b"later").unwrap());
    let other = backend.records();
    for prefix in [b"H", b"M", b"C", b"S", b"G", b"Y"] {
        let mut bad: Records = records.clone();
        bad.retain(|at, _| !at.starts_with(prefix));
        let before = bad.len();
        bad.extend(
            other.iter().filter(|(at, _)| at.starts_with(prefix)).map(|(k, v)| (k.clone(), v.clone())),
        );
        if bad.len() > before || records.len() > before {
            assert_refused(&keys, bad, "transplanted");
        }
    }
}

#[test]
fn a_record_changed_under_an_open_store_is_not_served() {
    let (backend, keys) = (MemoryBackend::default(), keys());
    let store = open(&backend, &keys);
    commit(&store, &contract(1), |session| {
        session.write(b"a", b"1").unwrap();
        session.system_put("nonce", b"1", b"1").unwrap();
    });
    let earlier = backend.records();
    commit(&store, &contract(1), |session| {
        session.write(b"a", b"2").unwrap();
        session.system_put("nonce", b"1", b"2").unwrap();
    });
    let mut bad = backend.records();
    let state = bad.keys().find(|at| at.starts_with(b"S")).unwrap().clone();
    bad.insert(state.clone(), earlier[&state].clone());
    let system = bad.keys().find(|at| at.starts_with(b"Y")).unwrap().clone();
    *bad.get_mut(&system).unwrap().last_mut().unwrap() ^= 1;
    backend.set_records(bad);
    let mut session = store.begin();
    session.enter(&contract(1)).unwrap();
    assert!(
        matches!(session.read(b"a"), Err(StateError::Tampered(Part::State))),
        "an older one, though genuine"
    );
    assert!(matches!(store.system_get("nonce", b"1"), Err(StateError::Tampered(Part::System))));
    assert!(matches!(store.system_scan("nonce"), Err(StateError::Tampered(Part::System))));
}

#[test]
fn an_older_copy_of_the_whole_store_opens_and_shows_its_age() {
    let (keys, earlier, records) = two_versions();
    let (old, new) = (opened(&keys, earlier).unwrap(), opened(&keys, records).unwrap());
    assert!(old.sequence() < new.sequence());
    assert_ne!(old.network_root(), new.network_root());
}

#[test]
fn an_emptied_backend_is_a_new_store_that_shows_its_age() {
    let (keys, _, _) = two_versions();
    assert_eq!(opened(&keys, Records::new()).unwrap().sequence(), 0);
}

#[test]
fn a_store_of_garbage_is_refused() {
    let (keys, _, records) = two_versions();
    for byte in [0, 1, 0xff] {
        let bad = records.iter().map(|(at, record)| (at.clone(), vec![byte; record.len()])).collect();
        assert_refused(&keys, bad, "garbage");
    }
    let stray = Records::from([(b"x".to_vec(), b"y".to_vec())]);
    assert_refused(&keys, stray, "stray");
}

#[test]
fn equal_values_are_stored_and_committed_differently() {
    let (backend, keys) = (MemoryBackend::default(), keys());
    let store = open(&backend, &keys);
    let mut values = Vec::new();
    for n in [1, 2] {
        let mut session = store.begin();
        session.create_contract(&contract(n), Fr::from(1)).unwrap();
        session.enter(&contract(n)).unwrap();
        session.write(b"same", b"same").unwrap();
        session.write(b"same", b"same").unwrap();
        let sealed = session.seal().unwrap();
        values.extend(sealed.slots().iter().filter(|slot| slot.value != Fr::from(0)).map(|slot| slot.value));
        sealed.commit().unwrap();
    }
    let states: Vec<_> = backend.records().into_iter().filter(|(at, _)| at.starts_with(b"S")).collect();
    assert_eq!(states.len(), 2);
    assert_ne!(states[0].0[32..], states[1].0[32..], "names are blinded by contract");
    for (i, one) in values.iter().enumerate() {
        // A contract is opened with the value that its creation gave it.
        let again = values.iter().skip(i + 1).filter(|other| *other == one).count();
        assert!(again <= 1);
    }
    let network = Store::open(std::sync::Arc::new(backend), keys, NetworkId::CONTRACTS).unwrap();
    assert_eq!(content(&network, &contract(2)), [(b"same".to_vec(), b"same".to_vec())]);
}
