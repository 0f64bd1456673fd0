use std::path::{Path, PathBuf};
use std::sync::Arc;

use nectar_state::{
    Backend, BackendError, Batch, MAX_BACKEND_KEY, MAX_BACKEND_VALUE, MAX_BATCH_BYTES, MemoryBackend,
    SledBackend, Store,
};

use crate::common::{NETWORK, commit, content, contract, keys};

/// What every backend promises. `reopen` gives the same store again, with nothing kept in memory where that is possible.
fn conformance(mut backend: Arc<dyn Backend>, reopen: &mut dyn FnMut(Arc<dyn Backend>) -> Arc<dyn Backend>) {
    assert_eq!(backend.get(b"a").unwrap(), None);
    assert_eq!(backend.scan_prefix(b"").count(), 0);

    let long = |byte: u8, len: usize| vec![byte; len];
    let mut batch = Batch::default();
    batch.put(b"a".to_vec(), b"1".to_vec());
    batch.put(b"a".to_vec(), b"2".to_vec());
    batch.put(b"ab".to_vec(), Vec::new());
    batch.put(b"b\xff".to_vec(), long(1, 4092));
    batch.put(b"b\xff\xff".to_vec(), long(2, 4093));
    batch.put(b"b\xff\xff\xff".to_vec(), long(3, 300_000));
    batch.put(b"c".to_vec(), long(4, 9000));
    batch.put(vec![b'k'; MAX_BACKEND_KEY], long(5, 4092 + 4096));
    backend.commit(batch).unwrap();

    for _ in 0..2 {
        assert_eq!(backend.get(b"a").unwrap().unwrap(), b"2", "the last change of a key counts");
        assert_eq!(backend.get(b"ab").unwrap().unwrap(), b"");
        assert_eq!(backend.get(b"b").unwrap(), None, "a prefix is not a key");
        assert_eq!(backend.get(&[b'k'; MAX_BACKEND_KEY]).unwrap().unwrap(), long(5, 4092 + 4096));
        let found: Vec<_> = backend.scan_prefix(b"b\xff").map(|pair| pair.unwrap()).collect();
        let expected = [
            (b"b\xff".to_vec(), long(1, 4092)),
            (b"b\xff\xff".to_vec(), long(2, 4093)),
            (b"b\xff\xff\xff".to_vec(), long(3, 300_000)),
        ];
        assert!(found == expected, "in order, and nothing beyond the prefix");
        assert_eq!(backend.scan_prefix(b"").count(), 7);
        backend = reopen(backend);
    }

    let mut batch = Batch::default();
    batch.remove(b"a".to_vec());
    batch.remove(b"never there".to_vec());
    batch.put(b"c".to_vec(), b"short".to_vec());
    batch.put(b"b\xff\xff\xff".to_vec(), long(6, 5000));
    batch.remove(b"b\xff\xff".to_vec());
    backend.commit(batch).unwrap();
    for _ in 0..2 {
        assert_eq!(backend.get(b"a").unwrap(), None);
        assert_eq!(backend.get(b"c").unwrap().unwrap(), b"short");
        assert_eq!(backend.get(b"b\xff\xff\xff").unwrap().unwrap(), long(6, 5000));
        assert_eq!(backend.scan_prefix(b"b").count(), 2);
        assert_eq!(backend.scan_prefix(b"").count(), 5);
        backend = reopen(backend);
    }

    limits(&*backend);
}

fn limits(backend: &dyn Backend) {
    let too_long = |key: usize, value: usize, count: u8| {
        let mut batch = Batch::default();
        batch.put(b"innocent".to_vec(), b"1".to_vec());
        for n in 0..count {
            batch.put(vec![n; key], vec![0; value]);
        }
        backend.commit(batch).unwrap_err()
    };
    let key = too_long(MAX_BACKEND_KEY + 1, 1, 1);
    assert!(matches!(key, BackendError::KeyTooLong { got } if got == MAX_BACKEND_KEY + 1));
    let value = too_long(1, MAX_BACKEND_VALUE + 1, 1);
    assert!(matches!(value, BackendError::ValueTooLong { got } if got == MAX_BACKEND_VALUE + 1));
    let batch = too_long(1, MAX_BATCH_BYTES / 2, 2);
    assert!(matches!(batch, BackendError::BatchTooLarge { got } if got > MAX_BATCH_BYTES));
    assert_eq!(backend.get(b"innocent").unwrap(), None, "a refused batch stores nothing");
    assert!([key, value, batch].iter().all(|error| !error.is_uncertain()));
}

#[test]
fn memory_keeps_what_every_backend_promises() {
    conformance(Arc::new(MemoryBackend::default()), &mut |backend| backend);
}

#[test]
fn sled_keeps_what_every_backend_promises() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("new").join("deeper");
    let open = || Arc::new(SledBackend::open(&path).unwrap());
    conformance(open(), &mut |backend| {
        drop(backend);
        open()
    });
    let blobs = std::fs::read_dir(path.join("sled/blobs")).map_or(0, Iterator::count);
    assert_eq!(blobs, 0, "nothing is in the files that the engine never syncs");
}

#[test]
fn a_directory_opens_once_and_the_error_says_why() {
    let directory = tempfile::tempdir().unwrap();
    let first = SledBackend::open(directory.path()).unwrap();
    let error = SledBackend::open(directory.path()).unwrap_err();
    assert!(matches!(error, BackendError::InUse(_)), "{error}");
    assert!(error.to_string().contains("in use"), "{error}");
    drop(first);
    SledBackend::open(directory.path()).unwrap();
}

#[cfg(unix)]
#[test]
fn the_directory_is_readable_by_its_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store");
    let _backend = SledBackend::open(&path).unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
}

/// sled lets its files go a moment after the last handle is dropped, on a thread of its own.
fn reopened(directory: &std::path::Path) -> SledBackend {
    let mut tries = (0..200).map(|_| {
        std::thread::sleep(std::time::Duration::from_millis(50));
        SledBackend::open(directory)
    });
    tries.find_map(Result::ok).expect("its files are free within ten seconds")
}

#[test]
fn a_batch_of_thousands_of_keys_and_several_megabytes_is_stored() {
    let directory = tempfile::tempdir().unwrap();
    let batch = |round: u8| {
        let mut batch = Batch::default();
        for n in 0u32..4000 {
            batch.put(n.to_be_bytes().to_vec(), vec![round; 1500]);
        }
        batch.put(b"large".to_vec(), vec![round; 4 * 1024 * 1024]);
        batch
    };
    let backend = SledBackend::open(directory.path()).unwrap();
    backend.commit(batch(1)).unwrap();
    backend.commit(batch(2)).unwrap();
    drop(backend);
    let backend = reopened(directory.path());
    assert_eq!(backend.scan_prefix(b"").count(), 4001);
    assert!(backend.scan_prefix(b"").all(|pair| pair.unwrap().1.iter().all(|byte| *byte == 2)));
}

/// Small, and the same in each run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        usize::try_from(self.0 >> 33).unwrap() % limit
    }
}

/// Writes the files back with some bytes of one of them changed, and sometimes its end cut off.
fn damage(path: &Path, good: &[(PathBuf, Vec<u8>)], round: usize, random: &mut Random) {
    for entry in std::fs::read_dir(path).unwrap() {
        let entry = entry.unwrap().path();
        if entry.is_file() {
            std::fs::remove_file(entry).unwrap();
        }
    }
    let victim = random.below(good.len());
    for (n, (file, bytes)) in good.iter().enumerate() {
        let mut bytes = bytes.clone();
        if n == victim {
            let used = bytes.iter().rposition(|byte| *byte != 0).unwrap() + 1;
            for _ in 0..=round % 7 {
                bytes[random.below(used)] ^= 1 + u8::try_from(random.below(255)).unwrap();
            }
            if round % 5 == 4 {
                bytes.truncate(random.below(used));
            }
        }
        std::fs::write(file, bytes).unwrap();
    }
}

#[test]
fn damaged_files_are_an_error_or_harmless_and_never_a_panic_or_wrong_values() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store");
    let keys = keys();
    let open = || Store::open(Arc::new(SledBackend::open(&path)?), keys.clone(), NETWORK);
    let expected = {
        let store = open().unwrap();
        for n in 0..10 {
            commit(&store, &contract(1), |session| session.write(&[n], &[n; 3000]).unwrap());
        }
        content(&store, &contract(1))
    };
    let files = std::fs::read_dir(path.join("sled")).unwrap().map(|entry| entry.unwrap().path());
    let good: Vec<_> = files
        .filter(|file| file.is_file())
        .map(|file| (file.clone(), std::fs::read(file).unwrap()))
        .collect();
    let mut random = Random(1);
    let mut refused = 0;
    for round in 0..24 {
        damage(&path.join("sled"), &good, round, &mut random);
        let store = match open() {
            Ok(store) => store,
            Err(_) => {
                refused += 1;
                continue;
            }
        };
        // The engine may fall back to an earlier commit, whole; the sequence shows it.
        let found = content(&store, &contract(1));
        let all = usize::try_from(store.sequence()).unwrap();
        assert!(found == expected[..all.min(expected.len())]);
    }
    assert!(refused > 3, "{refused}");
}

#[test]
fn lost_files_are_not_taken_for_a_new_store() {
    let directory = tempfile::tempdir().unwrap();
    drop(SledBackend::open(directory.path()).unwrap());
    let backend = SledBackend::open(directory.path()).unwrap();
    let mut batch = Batch::default();
    batch.put(b"a".to_vec(), b"1".to_vec());
    backend.commit(batch).unwrap();
    drop(backend);
    std::fs::remove_dir_all(directory.path().join("sled")).unwrap();
    let error = SledBackend::open(directory.path()).unwrap_err();
    assert!(matches!(error, BackendError::Engine { .. }), "{error}");
}
