use std::collections::BTreeMap;
use std::path::PathBuf;

use thiserror::Error;

/// Longest key of a backend, in bytes.
pub const MAX_BACKEND_KEY: usize = 112;
/// Largest value of a backend, in bytes.
pub const MAX_BACKEND_VALUE: usize = 65 * 1024 * 1024;
/// Largest batch, in bytes of keys and values.
pub const MAX_BATCH_BYTES: usize = 96 * 1024 * 1024;

/// Key and value of one record.
pub type Pair = (Vec<u8>, Vec<u8>);
/// Records in order of their keys' bytes.
pub type Pairs<'a> = Box<dyn Iterator<Item = Result<Pair, BackendError>> + 'a>;

/// An ordered store of opaque bytes with atomic, durable batches.
///
/// It sees blinded keys and ciphertext only. After an error for which [`BackendError::is_uncertain`] holds, the batch may
/// or may not have been stored; an implementation then refuses everything until it is opened anew.
pub trait Backend: Send + Sync {
    /// The value of a key.
    ///
    /// # Errors
    /// [`BackendError`]
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, BackendError>;

    /// All records whose keys start with `prefix`, in order of their keys' bytes.
    fn scan_prefix(&self, prefix: &[u8]) -> Pairs<'_>;

    /// Stores all of the batch or none of it, and returns only when it would survive a power cut.
    ///
    /// # Errors
    /// [`BackendError`]
    fn commit(&self, batch: Batch) -> Result<(), BackendError>;
}

/// Changes that belong together. The last change of a key counts.
#[derive(Default, Clone)]
pub struct Batch {
    changes: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
}

impl Batch {
    /// Stores a value.
    pub fn put(&mut self, key: Vec<u8>, value: Vec<u8>) {
        self.changes.insert(key, Some(value));
    }

    /// Removes a key.
    pub fn remove(&mut self, key: Vec<u8>) {
        self.changes.insert(key, None);
    }

    /// Changes in order of their keys; `None` removes.
    pub fn changes(&self) -> impl Iterator<Item = (&[u8], Option<&[u8]>)> {
        self.changes.iter().map(|(key, value)| (key.as_slice(), value.as_deref()))
    }

    /// Changes in order of their keys; `None` removes.
    pub fn into_changes(self) -> impl Iterator<Item = (Vec<u8>, Option<Vec<u8>>)> {
        self.changes.into_iter()
    }

    /// Number of changes.
    pub fn len(&self) -> usize {
        self.changes.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// Holds the batch against the limits that every backend keeps.
    ///
    /// # Errors
    /// [`BackendError::KeyTooLong`], [`BackendError::ValueTooLong`] or [`BackendError::BatchTooLarge`]
    pub fn check(&self) -> Result<(), BackendError> {
        let mut total = 0;
        for (key, value) in self.changes() {
            let size = value.map_or(0, <[u8]>::len);
            if key.len() > MAX_BACKEND_KEY {
                return Err(BackendError::KeyTooLong { got: key.len() });
            }
            if size > MAX_BACKEND_VALUE {
                return Err(BackendError::ValueTooLong { got: size });
            }
            total += key.len() + size;
        }
        if total > MAX_BATCH_BYTES {
            return Err(BackendError::BatchTooLarge { got: total });
        }
        Ok(())
    }
}

impl std::fmt::Debug for Batch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Batch").field("changes", &self.changes.len()).finish_non_exhaustive()
    }
}

/// Why a backend cannot do what was asked.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum BackendError {
    /// Another process, or another part of this one, has the directory open.
    #[error("{} is in use: stop the other process that has it open, or choose another directory", .0.display())]
    InUse(PathBuf),
    /// The operating system refused.
    #[error("input or output failed: {0}")]
    Io(#[from] std::io::Error),
    /// The engine found its files damaged, or failed.
    #[error("the storage engine failed while {doing}: restore the directory from a copy if this persists")]
    Engine {
        /// What it was doing.
        doing: &'static str,
    },
    /// A key is too long.
    #[error("a key has {got} bytes, the limit is {MAX_BACKEND_KEY}")]
    KeyTooLong {
        /// Bytes given.
        got: usize,
    },
    /// A value is too long.
    #[error("a value has {got} bytes, the limit is {MAX_BACKEND_VALUE}")]
    ValueTooLong {
        /// Bytes given.
        got: usize,
    },
    /// A batch is too large.
    #[error("a batch has {got} bytes, the limit is {MAX_BATCH_BYTES}: commit in smaller steps")]
    BatchTooLarge {
        /// Bytes given.
        got: usize,
    },
    /// The batch may or may not have been stored.
    #[error("it is unknown whether the batch was stored: open the store again to find out")]
    Uncertain(#[source] Option<std::io::Error>),
    /// An earlier batch may or may not have been stored.
    #[error("an earlier batch may or may not have been stored: open the store again")]
    Closed,
    /// Fails on purpose, in tests.
    #[error("a fault was injected")]
    Injected,
}

impl BackendError {
    /// Whether the batch may have been stored in spite of the error.
    pub fn is_uncertain(&self) -> bool {
        matches!(self, Self::Uncertain(_) | Self::Closed)
    }
}
