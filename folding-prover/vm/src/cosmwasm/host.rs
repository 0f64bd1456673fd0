use std::collections::BTreeMap;
use std::fmt;

use super::call::{Call, HostFault};
use super::cursor::{Cursor, Pair};
use super::outside::{Access, AccessKind, NoQueries, Queries, QueryAnswer, Said};
use super::{Ask, MAX_ITERATORS};
use crate::{Host, Refused};

/// The other side of a contract's log, with a store in memory: for checks, profiles and tests.
///
/// [`Self::begin`] each call, run the machine on it, then see what it [said](Self::said). After a failure,
/// [`Self::undo`] takes the call's writes back.
pub struct MemoryHost<Q = NoQueries> {
    store: BTreeMap<Vec<u8>, Vec<u8>>,
    before: Option<BTreeMap<Vec<u8>, Vec<u8>>>,
    queries: Q,
    call: Call,
}

impl MemoryHost {
    /// An empty store, and no queries.
    pub fn new() -> Self {
        Self::with_queries(NoQueries)
    }
}

impl Default for MemoryHost {
    fn default() -> Self {
        Self::new()
    }
}

impl<Q: Queries> MemoryHost<Q> {
    /// An empty store, and these answers to queries.
    pub fn with_queries(queries: Q) -> Self {
        Self { store: BTreeMap::new(), before: None, queries, call: Call::default() }
    }

    /// Prepares for a run of an entry point with these inputs: env, info and message, or env and message.
    ///
    /// # Errors
    /// [`HostFault::TooLong`]
    pub fn begin(&mut self, inputs: &[Vec<u8>]) -> Result<(), HostFault> {
        self.call = Call::default();
        self.before = Some(self.store.clone());
        inputs.iter().try_for_each(|input| self.call.answer_bytes(0, input))
    }

    /// Takes back what the call has written.
    pub fn undo(&mut self) {
        if let Some(before) = self.before.take() {
            self.store = before;
        }
    }

    /// What the contract said at its end.
    pub fn said(&self) -> Option<&Said> {
        self.call.said.as_ref()
    }

    /// Why the host refused to go on, if it did.
    pub fn fault(&self) -> Option<HostFault> {
        self.call.fault
    }

    /// Reads and writes of the call, in order.
    pub fn accesses(&self) -> &[Access] {
        &self.call.accesses
    }

    /// Words that went to the contract in this call, and words that came from it.
    pub fn words(&self) -> (u64, u64) {
        self.call.words
    }

    /// Puts this store in place of what is there.
    pub fn set_store(&mut self, store: BTreeMap<Vec<u8>, Vec<u8>>) {
        self.store = store;
    }

    /// What the contract has stored.
    pub fn store(&self) -> &BTreeMap<Vec<u8>, Vec<u8>> {
        &self.store
    }

    /// The answers to queries.
    pub fn queries(&mut self) -> &mut Q {
        &mut self.queries
    }

    fn take(&mut self, word: u64) -> Result<(), HostFault> {
        match self.call.take(word)? {
            Some(ask) => self.act(ask),
            None => Ok(()),
        }
    }

    fn act(&mut self, ask: Ask) -> Result<(), HostFault> {
        match ask {
            Ask::Response(bytes) => self.call.said = Some(Said::Response(bytes)),
            Ask::Abort(text) => self.call.said = Some(Said::Abort(text)),
            Ask::Read(key) => {
                let value = self.store.get(&key).cloned();
                self.call.count(AccessKind::Read, key, value.clone())?;
                self.call.answer_optional(value.as_deref())?;
            }
            Ask::Write(_, value) if value.is_empty() => return Err(HostFault::EmptyValue),
            Ask::Write(key, value) => {
                self.call.count(AccessKind::Write, key.clone(), Some(value.clone()))?;
                self.store.insert(key, value);
            }
            Ask::Remove(key) => {
                self.store.remove(&key);
                self.call.count(AccessKind::Remove, key, None)?;
            }
            Ask::Scan { start, end, descending } => {
                if self.call.cursors.len() as u64 >= MAX_ITERATORS {
                    return Err(HostFault::NoIterator);
                }
                self.call.cursors.push(Cursor::new(start, end, descending));
            }
            Ask::Next(id) => match self.advance(id)? {
                None => self.call.answers.push_back(0),
                Some((key, value)) => self.call.answer_pair(&key, &value)?,
            },
            Ask::NextKey(id) => {
                let key = self.advance(id)?.map(|(key, _)| key);
                self.call.answer_optional(key.as_deref())?;
            }
            Ask::NextValue(id) => {
                let value = self.advance(id)?.map(|(_, value)| value);
                self.call.answer_optional(value.as_deref())?;
            }
            Ask::Query(request) => {
                let QueryAnswer { bytes, gas } = self.queries.query(&request);
                self.call.answer_query(&bytes, gas)?;
            }
        }
        Ok(())
    }

    fn advance(&mut self, id: u64) -> Result<Option<Pair>, HostFault> {
        let index = id.checked_sub(1).and_then(|index| usize::try_from(index).ok());
        let cursor = index.and_then(|index| self.call.cursors.get_mut(index)).ok_or(HostFault::NoIterator)?;
        let Some((key, value)) = cursor.next(&self.store) else { return Ok(None) };
        self.call.count(AccessKind::Read, key.clone(), Some(value.clone()))?;
        Ok(Some((key, value)))
    }
}

impl<Q: Queries> Host for MemoryHost<Q> {
    fn emit(&mut self, word: u64) -> Result<(), Refused> {
        let done = self.take(word);
        self.call.judged(done)
    }

    fn advise(&mut self) -> Result<u64, Refused> {
        self.call.give()
    }
}

/// How much there is, nothing of what.
impl<Q> fmt::Debug for MemoryHost<Q> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryHost")
            .field("keys", &self.store.len())
            .field("accesses", &self.call.accesses.len())
            .field("fault", &self.call.fault)
            .finish_non_exhaustive()
    }
}
