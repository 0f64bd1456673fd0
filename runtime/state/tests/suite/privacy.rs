use std::path::Path;
use std::sync::Arc;

use nectar_abi::ContractId;
use nectar_state::{MemoryBackend, SledBackend, Store};

use crate::common::{NETWORK, commit, content, contract, grant, keys, open};

const KEY: &[u8] = b"patient/MARKER-Johanna-Testperson";
const VALUE: &[u8] = b"MARKER-value: diagnosis of a rare disease";
const SYSTEM: &[u8] = b"MARKER-label-of-a-contract";

fn fill(store: &Store, id: &ContractId) {
    commit(store, id, |session| {
        session.write(KEY, VALUE).unwrap();
        session.write(b"long", &VALUE.repeat(300)).unwrap();
        session.register_grant(&grant(0xa7)).unwrap();
        session.system_put("MARKER-namespace", SYSTEM, SYSTEM).unwrap();
    });
}

fn files(path: &Path) -> Vec<Vec<u8>> {
    let entries = std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| if path.is_dir() { files(&path) } else { vec![std::fs::read(path).unwrap()] })
        .collect()
}

fn holds(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}

#[test]
fn no_plaintext_reaches_the_disk() {
    let directory = tempfile::tempdir().unwrap();
    let (keys, id) = (keys(), ContractId::new(*b"MARKER-id-of-a-contract-32-bytes"));
    let backend = Arc::new(SledBackend::open(directory.path()).unwrap());
    let store = Store::open(backend, keys.clone(), NETWORK).unwrap();
    fill(&store, &id);
    assert_eq!(content(&store, &id).len(), 2);
    drop(store);
    let secret = keys.to_bytes().unwrap();
    let needles = [b"MARKER".as_slice(), b"Johanna", b"diagnosis", &[0xa7; 32], secret.get(1..33).unwrap()];
    let found = files(directory.path());
    assert!(found.iter().map(Vec::len).sum::<usize>() > 12_000, "the records are there");
    for file in &found {
        for needle in needles {
            assert!(!holds(file, needle), "plaintext on disk");
        }
    }
}

#[test]
fn lengths_on_disk_are_those_of_a_few_buckets() {
    let (backend, keys) = (MemoryBackend::default(), keys());
    let store = open(&backend, &keys);
    for len in [0, 1, 20, 60] {
        commit(&store, &contract(1), |session| {
            session.write(&[b'k'; 12], &vec![1; len]).unwrap();
            session.write(&[1], &vec![1; 40 * len]).unwrap();
        });
        for (at, record) in backend.records() {
            if !at.starts_with(b"M") {
                assert!((record.len() + 64).is_power_of_two() && record.len() >= 192, "{}", record.len());
            }
        }
    }
    commit(&store, &contract(1), |session| session.write(b"large", &vec![1; 200_000]).unwrap());
    let large = backend.records().into_values().map(|record| record.len()).max().unwrap();
    assert_eq!((large + 64) % 65536, 0);
}

#[test]
fn nothing_private_is_shown_by_debug() {
    let store = open(&MemoryBackend::default(), &keys());
    fill(&store, &contract(1));
    let mut session = store.begin();
    session.enter(&contract(1)).unwrap();
    session.write(KEY, VALUE).unwrap();
    let mut shown = format!("{store:?} {session:?} {:?}", session.savepoint());
    session.leave();
    let sealed = session.seal().unwrap();
    shown += &format!("{sealed:?} {:?}", sealed.frames());
    assert!(!shown.contains("MARKER") && !shown.contains("80, 97, 116"), "{shown}");
}
