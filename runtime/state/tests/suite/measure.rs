use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use nectar_state::{Backend, SledBackend, Store, StoreKeys};

use crate::common::{NETWORK, commit, contract, keys};

const DIRECTORY: &str = "NECTAR_STATE_TEST_OPENING";

fn open(directory: &Path, keys: &StoreKeys) -> Store {
    Store::open(Arc::new(SledBackend::open(directory).unwrap()), keys.clone(), NETWORK).unwrap()
}

fn size(path: &Path) -> u64 {
    use std::os::unix::fs::MetadataExt as _;
    let entries = std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap());
    entries
        .map(|e| if e.path().is_dir() { size(&e.path()) } else { e.metadata().unwrap().blocks() * 512 })
        .sum()
}

fn resident_kilobytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// Prints what `DESIGN.md` reports: run it alone, in release.
#[test]
#[ignore = "measures for a minute; run with --release --ignored --nocapture"]
fn measure() {
    const RECORDS: u32 = 10_000;
    let directory = tempfile::tempdir().unwrap();
    let keys = keys();
    let store = open(directory.path(), &keys);
    let value = vec![b'v'; 700];

    let (mut sealing, mut committing) = (Duration::ZERO, Duration::ZERO);
    let commits = 300u32;
    commit(&store, &contract(1), |session| session.write(b"first", &value).unwrap());
    for n in 0..commits {
        let started = Instant::now();
        let mut session = store.begin();
        session.enter(&contract(1)).unwrap();
        session.read(b"first").unwrap();
        session.write(&n.to_be_bytes(), &value).unwrap();
        session.leave();
        let mut sealed = session.seal().unwrap();
        sealed.system_put("receipt", &n.to_be_bytes(), &value).unwrap();
        sealed.system_put("nonce", &n.to_be_bytes(), &[1]).unwrap();
        sealing += started.elapsed();
        let started = Instant::now();
        sealed.commit().unwrap();
        committing += started.elapsed();
    }
    println!("session and seal {:?}, durable commit {:?}", sealing / commits, committing / commits);
    println!("{:.0} invocations/s", f64::from(commits) / (sealing + committing).as_secs_f64());

    let before = size(directory.path());
    for chunk in (0..RECORDS).collect::<Vec<_>>().chunks(500) {
        commit(&store, &contract(2), |session| {
            chunk.iter().for_each(|n| session.write(format!("resource/{n:08}").as_bytes(), &value).unwrap());
        });
    }
    drop(store);
    std::thread::sleep(Duration::from_secs(1));
    let bytes = (size(directory.path()) - before) / u64::from(RECORDS);
    println!("{bytes} bytes on disk for a record of 17 + 700 bytes");
    std::fs::write(directory.path().join("keys"), keys.to_bytes().unwrap()).unwrap();
    // In a process of its own, so that memory means something.
    let status = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "measure::opening", "--nocapture"])
        .env(DIRECTORY, directory.path())
        .status();
    assert!(status.unwrap().success());
}

/// Not a measurement by itself: what the one above starts.
#[test]
fn opening() {
    let Some(directory) = std::env::var_os(DIRECTORY) else { return };
    let directory = Path::new(&directory);
    let keys = StoreKeys::from_bytes(&std::fs::read(directory.join("keys")).unwrap()).unwrap();
    let started = Instant::now();
    let backend = Arc::new(SledBackend::open(directory).unwrap());
    backend.scan_prefix(b"").for_each(drop);
    let (engine, before) = (started.elapsed(), resident_kilobytes());
    let store = Store::open(backend, keys, NETWORK).unwrap();
    println!("opened after {:?}, {engine:?} of it to read everything with sled alone", started.elapsed());
    println!("{} kB more resident", resident_kilobytes().saturating_sub(before));
    assert_eq!(store.sequence(), 321);
}
