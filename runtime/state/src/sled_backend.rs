use std::fmt;
use std::fs::{DirBuilder, File, TryLockError};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::{Mutex, RwLock};

use crate::backend::{Backend, BackendError, Batch, MAX_BACKEND_VALUE, Pair, Pairs};

/// The embedded backend: sled 0.34 in a directory of its own, made durable.
///
/// sled's `flush` alone does not survive a power cut on Linux, and larger values go to files that it never syncs. So each
/// commit is one batch, `flush`, then `fdatasync` on a second descriptor of its file; values are split into pieces of 4 kB.
pub struct SledBackend {
    db: sled::Db,
    file: File,
    writer: Mutex<()>,
    /// Keeps the pieces of a value together for readers.
    pieces: RwLock<()>,
    /// A batch was handed to the engine, and whether it is durable is not known (yet).
    uncertain: AtomicBool,
    /// A file that is there once something was stored, so that lost files are not taken for a new store.
    marker: PathBuf,
    // Released last, after the engine has let go of its files.
    _lock: File,
}

/// Largest value that sled keeps in its log in any case.
const PIECE: usize = 4096;
const LENGTH: usize = 4;
const CACHE_BYTES: u64 = 64 * 1024 * 1024;
/// Tree keys: this, then the key. The value starts with the whole value's length (4 bytes, big-endian).
const HEAD: u8 = 0;
/// Tree keys: this, the key behind its length (1), number of the piece (4, big-endian) from one.
const REST: u8 = 1;

impl SledBackend {
    /// Opens the directory, or creates it, readable by this user only. One process at a time.
    ///
    /// # Errors
    /// [`BackendError::InUse`], [`BackendError::Io`], or [`BackendError::Engine`] if the files are damaged.
    pub fn open(directory: impl AsRef<Path>) -> Result<Self, BackendError> {
        let directory = directory.as_ref();
        let data = directory.join("sled");
        create_private(&data)?;
        let lock = File::create(directory.join("lock"))?;
        lock.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => BackendError::InUse(directory.to_path_buf()),
            TryLockError::Error(error) => BackendError::Io(error),
        })?;
        let config = sled::Config::new()
            .path(&data)
            .cache_capacity(CACHE_BYTES)
            // The engine collects its garbage with each of these flushes.
            .flush_every_ms(Some(500));
        let db = guarded("opening its files", || config.open())?;
        let marker = directory.join("stored");
        if marker.exists() && db.is_empty() {
            return Err(BackendError::Engine { doing: "finding what was stored" });
        }
        let file = File::options().read(true).write(true).open(data.join("db"))?;
        file.sync_all()?;
        for entry in std::fs::read_dir(&data)? {
            let path = entry?.path();
            if path.is_file() {
                File::open(path)?.sync_all()?;
            }
        }
        let parents = [Some(data.as_path()), Some(directory), directory.parent()];
        parents.into_iter().flatten().try_for_each(sync_directory)?;
        let (writer, pieces, uncertain) = (Mutex::new(()), RwLock::new(()), AtomicBool::new(false));
        Ok(Self { db, file, writer, pieces, uncertain, marker, _lock: lock })
    }

    fn check_open(&self) -> Result<(), BackendError> {
        if self.uncertain.load(Ordering::Acquire) { Err(BackendError::Closed) } else { Ok(()) }
    }

    fn mark(&self) -> io::Result<()> {
        if self.marker.exists() {
            return Ok(());
        }
        File::create(&self.marker)?.sync_all()?;
        self.marker.parent().map_or(Ok(()), sync_directory)
    }

    /// The engine's batch for ours: heads, pieces, and what is left of longer values before.
    fn translate(&self, batch: Batch) -> Result<sled::Batch, BackendError> {
        let mut out = sled::Batch::default();
        for (key, value) in batch.into_changes() {
            let pieces_before = self.head(&key)?.map_or(0, |head| pieces(head.len));
            let pieces_now = value.as_ref().map_or(0, |value| pieces(value.len()));
            for number in pieces_now + 1..=pieces_before {
                out.remove(rest_key(&key, number));
            }
            let Some(value) = value else {
                out.remove(head_key(&key));
                continue;
            };
            let (first, rest) = value.split_at(value.len().min(PIECE - LENGTH));
            let len =
                u32::try_from(value.len()).map_err(|_| BackendError::ValueTooLong { got: value.len() })?;
            out.insert(head_key(&key), [&len.to_be_bytes(), first].concat());
            for (number, piece) in (1..).zip(rest.chunks(PIECE)) {
                out.insert(rest_key(&key, number), piece);
            }
        }
        Ok(out)
    }

    fn head(&self, key: &[u8]) -> Result<Option<Head>, BackendError> {
        let found = guarded("reading", || self.db.get(head_key(key)))?;
        found.map(Head::decode).transpose()
    }

    fn assemble(&self, key: &[u8], head: Head) -> Result<Vec<u8>, BackendError> {
        let mut value = head.first;
        for number in 1..=pieces(head.len) {
            let piece = guarded("reading", || self.db.get(rest_key(key, number)))?;
            value.extend_from_slice(&piece.ok_or(damaged())?);
        }
        if value.len() == head.len { Ok(value) } else { Err(damaged()) }
    }

    fn next(&self, items: &mut sled::Iter) -> Option<Result<Pair, BackendError>> {
        loop {
            if let Err(error) = self.check_open() {
                return Some(Err(error));
            }
            let _together = self.pieces.read();
            let item = guarded("reading", || items.next().transpose()).transpose()?;
            let key = match item {
                Ok((key, _)) => key.get(1..).unwrap_or_default().to_vec(),
                Err(error) => return Some(Err(error)),
            };
            // The iterator may be behind: what counts is what is there now.
            match self.head(&key) {
                Ok(Some(head)) => return Some(self.assemble(&key, head).map(|value| (key, value))),
                Ok(None) => {}
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

impl Backend for SledBackend {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, BackendError> {
        self.check_open()?;
        let _together = self.pieces.read();
        self.head(key)?.map(|head| self.assemble(key, head)).transpose()
    }

    fn scan_prefix(&self, prefix: &[u8]) -> Pairs<'_> {
        if let Err(error) = self.check_open() {
            return Box::new(std::iter::once(Err(error)));
        }
        let mut items = self.db.scan_prefix(head_key(prefix));
        Box::new(std::iter::from_fn(move || self.next(&mut items)).fuse())
    }

    fn commit(&self, batch: Batch) -> Result<(), BackendError> {
        batch.check()?;
        let _writer = self.writer.lock();
        self.check_open()?;
        let batch = self.translate(batch)?;
        let stored = {
            let _together = self.pieces.write();
            guarded("storing a batch", || self.db.apply_batch(batch))
        };
        let durable = stored
            .and_then(|()| guarded("flushing", || self.db.flush()))
            .and_then(|_| Ok(self.file.sync_data()?))
            .and_then(|()| Ok(self.mark()?));
        durable.map_err(|error| {
            // A failed sync may have dropped the pages: asking again would be told that all is well.
            self.uncertain.store(true, Ordering::Release);
            match error {
                BackendError::Io(error) => BackendError::Uncertain(Some(error)),
                _ => BackendError::Uncertain(None),
            }
        })
    }
}

impl fmt::Debug for SledBackend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SledBackend").finish_non_exhaustive()
    }
}

/// The first piece of a value.
struct Head {
    len: usize,
    first: Vec<u8>,
}

impl Head {
    fn decode(bytes: sled::IVec) -> Result<Self, BackendError> {
        let (len, first) = bytes.split_at_checked(LENGTH).ok_or(damaged())?;
        let len = len.try_into().map(u32::from_be_bytes).map_err(|_| damaged())?;
        let len = usize::try_from(len).map_err(|_| damaged())?;
        if len > MAX_BACKEND_VALUE || first.len() != len.min(PIECE - LENGTH) {
            return Err(damaged());
        }
        Ok(Self { len, first: first.to_vec() })
    }
}

/// Pieces of a value of this length, besides the first.
fn pieces(len: usize) -> u32 {
    u32::try_from(len.saturating_sub(PIECE - LENGTH).div_ceil(PIECE)).unwrap_or(u32::MAX)
}

fn head_key(key: &[u8]) -> Vec<u8> {
    [&[HEAD], key].concat()
}

fn rest_key(key: &[u8], number: u32) -> Vec<u8> {
    // Keys are held against their limit of 112 bytes before.
    let len = u8::try_from(key.len()).unwrap_or(u8::MAX);
    [&[REST, len], key, &number.to_be_bytes()].concat()
}

/// Runs the engine, which panics on some damaged files.
fn guarded<T>(doing: &'static str, run: impl FnOnce() -> sled::Result<T>) -> Result<T, BackendError> {
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(sled::Error::Io(error))) => Err(BackendError::Io(error)),
        Ok(Err(_)) | Err(_) => Err(BackendError::Engine { doing }),
    }
}

fn damaged() -> BackendError {
    BackendError::Engine { doing: "putting a value together" }
}

fn create_private(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

fn sync_directory(path: &Path) -> io::Result<()> {
    // The parent of a relative path of one part is empty.
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    File::open(path)?.sync_all()
}
