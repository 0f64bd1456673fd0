use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::Mutex;

use crate::backend::{Backend, BackendError, Batch, Pairs};

/// A backend in memory, for tests. Clones share their content, so that a test can open it again, look into it or
/// tamper with it.
#[derive(Clone, Default)]
pub struct MemoryBackend {
    content: Arc<Mutex<Content>>,
}

#[derive(Default)]
struct Content {
    records: BTreeMap<Vec<u8>, Vec<u8>>,
    plan: Option<(u64, Fault)>,
    closed: bool,
}

/// How an operation of a [`MemoryBackend`] fails on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing is done.
    Before,
    /// A batch is stored, but the caller is told that this is unknown; then everything is refused until
    /// [`MemoryBackend::reopen`]. A read just fails.
    After,
}

impl MemoryBackend {
    /// Lets `operations` more of them (reads, scans, commits) succeed, and the next one fail, once.
    pub fn fail_after(&self, operations: u64, fault: Fault) {
        self.content.lock().plan = Some((operations, fault));
    }

    /// Forgets planned faults and what they led to, as opening the files again would.
    pub fn reopen(&self) {
        let mut content = self.content.lock();
        (content.plan, content.closed) = (None, false);
    }

    /// Everything stored.
    pub fn records(&self) -> BTreeMap<Vec<u8>, Vec<u8>> {
        self.content.lock().records.clone()
    }

    /// Replaces everything stored.
    pub fn set_records(&self, records: BTreeMap<Vec<u8>, Vec<u8>>) {
        self.content.lock().records = records;
    }
}

impl Content {
    /// The fault that this operation meets, if any.
    fn turn(&mut self) -> Result<Option<Fault>, BackendError> {
        if self.closed {
            return Err(BackendError::Closed);
        }
        match &mut self.plan {
            Some((0, fault)) => {
                let fault = *fault;
                self.plan = None;
                Ok(Some(fault))
            }
            Some((left, _)) => {
                *left -= 1;
                Ok(None)
            }
            None => Ok(None),
        }
    }
}

impl Backend for MemoryBackend {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, BackendError> {
        let mut content = self.content.lock();
        match content.turn()? {
            Some(_) => Err(BackendError::Injected),
            None => Ok(content.records.get(key).cloned()),
        }
    }

    fn scan_prefix(&self, prefix: &[u8]) -> Pairs<'_> {
        let mut content = self.content.lock();
        match content.turn() {
            Err(error) => Box::new(std::iter::once(Err(error))),
            Ok(Some(_)) => Box::new(std::iter::once(Err(BackendError::Injected))),
            Ok(None) => {
                let range = content.records.range(prefix.to_vec()..);
                let found: Vec<_> = range
                    .take_while(|(key, _)| key.starts_with(prefix))
                    .map(|(key, value)| Ok((key.clone(), value.clone())))
                    .collect();
                Box::new(found.into_iter())
            }
        }
    }

    fn commit(&self, batch: Batch) -> Result<(), BackendError> {
        batch.check()?;
        let mut content = self.content.lock();
        let fault = content.turn()?;
        if fault == Some(Fault::Before) {
            return Err(BackendError::Injected);
        }
        for (key, value) in batch.into_changes() {
            match value {
                Some(value) => content.records.insert(key, value),
                None => content.records.remove(&key),
            };
        }
        if fault == Some(Fault::After) {
            content.closed = true;
            return Err(BackendError::Uncertain(None));
        }
        Ok(())
    }
}

impl std::fmt::Debug for MemoryBackend {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MemoryBackend")
            .field("records", &self.content.lock().records.len())
            .finish_non_exhaustive()
    }
}
