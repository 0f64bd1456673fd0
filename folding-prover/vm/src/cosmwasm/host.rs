use std::collections::{BTreeMap, VecDeque};
use std::fmt;

use nectar_abi::ContractId;
use thiserror::Error;

use super::cursor::Cursor;
use super::{Ask, Decoder, LogError, MAX_ITERATORS};
use crate::{Host, Refused};

/// Most reads, writes, removals and scanned items of one call, as in the runtime.
const MAX_OPERATIONS: usize = 4096;
/// Most bytes of keys and values of one call, as in the runtime.
const MAX_STATE_BYTES: usize = 16 * 1024 * 1024;
/// Most bytes that answers may keep waiting.
const MAX_INPUT_BYTES: usize = 16 * 1024 * 1024;

/// Answers queries that go beyond the contract's own state.
pub trait Queries {
    /// The answer to a `QueryRequest`, as JSON of a `SystemResult`.
    fn query(&mut self, request: &[u8]) -> QueryAnswer;
}

/// An answer to a query: private.
#[derive(Clone, PartialEq, Eq)]
pub struct QueryAnswer {
    /// The JSON.
    pub bytes: Vec<u8>,
    /// Gas that the answer took elsewhere: another contract's, of a composed call.
    pub gas: u64,
}

impl fmt::Debug for QueryAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QueryAnswer").field("gas", &self.gas).finish_non_exhaustive()
    }
}

/// No query is supported.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoQueries;

impl Queries for NoQueries {
    fn query(&mut self, _: &[u8]) -> QueryAnswer {
        let bytes = br#"{"error":{"unsupported_request":{"kind":"this query"}}}"#.to_vec();
        QueryAnswer { bytes, gas: 0 }
    }
}

/// What was done to a contract's state: private.
#[derive(Clone, PartialEq, Eq)]
pub struct Access {
    /// What.
    pub kind: AccessKind,
    /// The key as the contract gave it.
    pub key: Vec<u8>,
    /// The value read or written, if any.
    pub value: Option<Vec<u8>>,
}

/// A kind of access.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccessKind {
    /// A read, alone or as an item of a scan.
    Read,
    /// A write.
    Write,
    /// A removal.
    Remove,
}

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Access").field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// How a contract ended, in its own words: private.
#[derive(Clone, PartialEq, Eq)]
pub enum Said {
    /// Its response.
    Response(Vec<u8>),
    /// Why it aborted.
    Abort(Vec<u8>),
}

impl fmt::Debug for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Response(_) => "Response(..)",
            Self::Abort(_) => "Abort(..)",
        })
    }
}

/// Why a [`MemoryHost`] refused to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum HostFault {
    /// Words that are no message.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The run goes on although it has said that it is at its end.
    #[error("the run goes on behind its end")]
    Ended,
    /// The run says something while it has not yet read an answer, or asks for one that there is none of.
    #[error("the run and its host do not agree on who speaks")]
    OutOfTurn,
    /// No such iterator.
    #[error("no such iterator: a frame opens at most {MAX_ITERATORS}")]
    NoIterator,
    /// An empty value.
    #[error("a value must not be empty")]
    EmptyValue,
    /// Too much state.
    #[error("one call has at most {MAX_OPERATIONS} reads and writes of {MAX_STATE_BYTES} bytes in all")]
    TooMuchState,
    /// Too much at once.
    #[error("inputs and answers have at most {MAX_INPUT_BYTES} bytes")]
    TooLong,
}

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

/// One call.
#[derive(Default)]
struct Call {
    decoder: Decoder,
    answers: VecDeque<u64>,
    cursors: Vec<Cursor>,
    accesses: Vec<Access>,
    bytes: usize,
    said: Option<Said>,
    fault: Option<HostFault>,
    words: (u64, u64),
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
        if self.call.said.is_some() {
            return Err(HostFault::Ended);
        }
        if !self.call.answers.is_empty() {
            return Err(HostFault::OutOfTurn);
        }
        match self.call.decoder.word(word)? {
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
                Some((key, value)) => {
                    // Both lengths come first: the guest allocates for both at once.
                    self.call.answers.push_back(key.len() as u64 + 1);
                    self.call.answers.push_back(value.len() as u64);
                    self.call.answer_words(&key)?;
                    self.call.answer_words(&value)?;
                }
            },
            Ask::NextKey(id) => {
                let key = self.advance(id)?.map(|(key, _)| key);
                self.call.answer_optional(key.as_deref())?;
            }
            Ask::NextValue(id) => {
                let value = self.advance(id)?.map(|(_, value)| value);
                self.call.answer_optional(value.as_deref())?;
            }
            Ask::Validate(text) => match address(&text) {
                Ok(_) => self.call.answers.push_back(0),
                Err(wrong) => self.call.answer_optional(Some(wrong.as_bytes()))?,
            },
            Ask::Canonicalize(text) => {
                self.call.answer_converted(address(&text).map(|id| id.as_bytes().to_vec()))?;
            }
            Ask::Humanize(bytes) => {
                let id =
                    ContractId::from_slice(&bytes).map_err(|_| "a canonical address has 32 bytes".to_owned());
                self.call.answer_converted(id.map(|id| id.to_string().into_bytes()))?;
            }
            Ask::Query(request) => {
                let QueryAnswer { bytes, gas } = self.queries.query(&request);
                self.call.answers.push_back(gas);
                self.call.answer_bytes(0, &bytes)?;
            }
        }
        Ok(())
    }

    fn advance(&mut self, id: u64) -> Result<Option<(Vec<u8>, Vec<u8>)>, HostFault> {
        let index = id.checked_sub(1).and_then(|index| usize::try_from(index).ok());
        let cursor = index.and_then(|index| self.call.cursors.get_mut(index)).ok_or(HostFault::NoIterator)?;
        let Some((key, value)) = cursor.next(&self.store) else { return Ok(None) };
        self.call.count(AccessKind::Read, key.clone(), Some(value.clone()))?;
        Ok(Some((key, value)))
    }
}

/// As the runtime reads addresses, with its words.
fn address(text: &[u8]) -> Result<ContractId, String> {
    let text = std::str::from_utf8(text).map_err(|_| "an address is text".to_owned())?;
    text.parse::<ContractId>().map_err(|error| format!("an address: {error}"))
}

impl Call {
    fn count(&mut self, kind: AccessKind, key: Vec<u8>, value: Option<Vec<u8>>) -> Result<(), HostFault> {
        self.bytes = self.bytes.saturating_add(key.len()).saturating_add(value.as_ref().map_or(0, Vec::len));
        if self.accesses.len() >= MAX_OPERATIONS || self.bytes > MAX_STATE_BYTES {
            return Err(HostFault::TooMuchState);
        }
        self.accesses.push(Access { kind, key, value });
        Ok(())
    }

    /// The number of bytes, raised by `more`, and the bytes.
    fn answer_bytes(&mut self, more: u64, bytes: &[u8]) -> Result<(), HostFault> {
        self.answers.push_back((bytes.len() as u64).saturating_add(more));
        self.answer_words(bytes)
    }

    fn answer_words(&mut self, bytes: &[u8]) -> Result<(), HostFault> {
        if self.answers.len().saturating_mul(8).saturating_add(bytes.len()) > MAX_INPUT_BYTES {
            return Err(HostFault::TooLong);
        }
        self.answers.extend(words(bytes));
        Ok(())
    }

    fn answer_optional(&mut self, bytes: Option<&[u8]>) -> Result<(), HostFault> {
        match bytes {
            Some(bytes) => self.answer_bytes(1, bytes),
            None => {
                self.answers.push_back(0);
                Ok(())
            }
        }
    }

    /// Zero and the bytes, whose number is known; or what is wrong.
    fn answer_converted(&mut self, converted: Result<Vec<u8>, String>) -> Result<(), HostFault> {
        match converted {
            Ok(bytes) => {
                self.answers.push_back(0);
                self.answer_words(&bytes)
            }
            Err(wrong) => self.answer_optional(Some(wrong.as_bytes())),
        }
    }
}

/// Eight bytes a word, little-endian, zeros behind the last.
fn words(bytes: &[u8]) -> impl Iterator<Item = u64> {
    bytes.chunks(8).map(|chunk| chunk.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte)))
}

impl<Q: Queries> Host for MemoryHost<Q> {
    fn emit(&mut self, word: u64) -> Result<(), Refused> {
        self.call.words.1 = self.call.words.1.saturating_add(1);
        self.take(word).map_err(|fault| {
            self.call.fault.get_or_insert(fault);
            Refused
        })
    }

    fn advise(&mut self) -> Result<u64, Refused> {
        let word = if self.call.decoder.is_within() { None } else { self.call.answers.pop_front() };
        if word.is_none() {
            self.call.fault.get_or_insert(HostFault::OutOfTurn);
        }
        self.call.words.0 = self.call.words.0.saturating_add(1);
        word.ok_or(Refused)
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
