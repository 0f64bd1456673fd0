use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use nectar_commitment::Fr;
use nectar_state::{SledBackend, Store, StoreKeys};

use crate::common::{NETWORK, content, contract};

const DIRECTORY: &str = "NECTAR_STATE_TEST_WRITER";
const ROUNDS: u64 = 10;

fn store(directory: &Path) -> Store {
    let keys = StoreKeys::from_bytes(&std::fs::read(directory.join("keys")).unwrap()).unwrap();
    let backend = SledBackend::open(directory.join("store")).unwrap();
    Store::open(Arc::new(backend), keys, NETWORK).unwrap()
}

/// Value of a key in commit `n`: short ones, and now and then one that is split.
fn value(n: u64) -> Vec<u8> {
    n.to_be_bytes().repeat(if n.is_multiple_of(7) { 3000 } else { 8 })
}

fn write(store: &Store, n: u64) {
    let mut session = store.begin();
    if !session.has_contract(&contract(1)) {
        session.create_contract(&contract(1), Fr::from(1)).unwrap();
    }
    session.enter(&contract(1)).unwrap();
    session.write(b"count", &n.to_be_bytes()).unwrap();
    session.write(&(n % 5).to_be_bytes(), &value(n)).unwrap();
    session.leave();
    let mut sealed = session.seal().unwrap();
    sealed.system_put("receipt", &n.to_be_bytes(), &value(n)).unwrap();
    if n.is_multiple_of(3) {
        // Hundreds of pieces that must change together.
        sealed.system_put("large", b"", &n.to_be_bytes().repeat(250_000)).unwrap();
    }
    sealed.commit().unwrap();
}

/// Not a test by itself: what the test below starts and kills.
#[test]
fn writer() {
    let Some(directory) = std::env::var_os(DIRECTORY) else { return };
    let directory = Path::new(&directory);
    let store = store(directory);
    let mut acknowledged = OpenOptions::new().append(true).open(directory.join("acknowledged")).unwrap();
    for n in store.sequence() + 1.. {
        write(&store, n);
        acknowledged.write_all(&n.to_be_bytes()).unwrap();
    }
}

fn start(directory: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "crash::writer", "--test-threads=1"])
        .env(DIRECTORY, directory)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

fn acknowledged(directory: &Path) -> u64 {
    let bytes = std::fs::read(directory.join("acknowledged")).unwrap();
    let whole = bytes.len() / 8 * 8;
    bytes[..whole].rchunks(8).next().map_or(0, |last| u64::from_be_bytes(last.try_into().unwrap()))
}

#[test]
fn a_killed_process_loses_nothing_that_was_acknowledged() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    std::fs::write(path.join("keys"), StoreKeys::generate().unwrap().to_bytes().unwrap()).unwrap();
    std::fs::write(path.join("acknowledged"), []).unwrap();
    let mut before = 0;
    for round in 0..ROUNDS {
        let mut child = start(path);
        let started = Instant::now();
        while acknowledged(path) <= before && started.elapsed() < Duration::from_secs(60) {
            std::thread::sleep(Duration::from_millis(20));
        }
        std::thread::sleep(Duration::from_millis(round * 37 % 211));
        child.kill().unwrap();
        child.wait().unwrap();
        let acknowledged = acknowledged(path);
        assert!(acknowledged > before, "the writer got to work");
        before = check(path, acknowledged);
    }
}

/// What is there is one of the two states around the last acknowledgement, in all its parts.
fn check(directory: &Path, acknowledged: u64) -> u64 {
    let store = store(directory);
    let reached = store.sequence();
    assert!(reached == acknowledged || reached == acknowledged + 1, "{reached}, acknowledged {acknowledged}");
    let receipts = store.system_scan("receipt").unwrap();
    let expected = (1..=reached).map(|n| (n.to_be_bytes().to_vec(), value(n)));
    assert!(receipts.into_iter().eq(expected));
    let large = store.system_get("large", b"").unwrap().unwrap_or_default();
    let newest = reached / 3 * 3;
    assert!(large == newest.to_be_bytes().repeat(if newest == 0 { 0 } else { 250_000 }));
    let found = content(&store, &contract(1));
    for (key, stored) in &found {
        match <[u8; 8]>::try_from(key.as_slice()) {
            Ok(slot) => {
                let slot = u64::from_be_bytes(slot);
                let newest = (1..=reached).rev().find(|n| n % 5 == slot).unwrap();
                assert!(*stored == value(newest));
            }
            Err(_) => assert_eq!(stored, &reached.to_be_bytes()),
        }
    }
    assert_eq!(found.len() as u64, 1 + reached.min(5));
    reached
}
