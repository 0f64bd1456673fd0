use std::collections::VecDeque;

use thiserror::Error;

use super::cursor::Cursor;
use super::outside::{Access, AccessKind, Said};
use super::{Ask, Decoder, LogError, MAX_ITERATORS};
use crate::Refused;

/// Most reads, writes, removals and scanned items of one call, as in the runtime.
const MAX_OPERATIONS: usize = 4096;
/// Most bytes of keys and values of one call, as in the runtime.
const MAX_STATE_BYTES: usize = 16 * 1024 * 1024;
/// Most bytes that answers may keep waiting.
const MAX_INPUT_BYTES: usize = 16 * 1024 * 1024;

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
    /// The run asks for something else than was recorded.
    #[error("the run asks for something else than was recorded")]
    Unrecorded,
    /// Too much at once.
    #[error("inputs and answers have at most {MAX_INPUT_BYTES} bytes")]
    TooLong,
}

/// One call.
#[derive(Default)]
pub(super) struct Call {
    pub(super) decoder: Decoder,
    pub(super) answers: VecDeque<u64>,
    pub(super) cursors: Vec<Cursor>,
    pub(super) accesses: Vec<Access>,
    bytes: usize,
    pub(super) said: Option<Said>,
    pub(super) fault: Option<HostFault>,
    pub(super) words: (u64, u64),
}

impl Call {
    /// Takes a word from the run; gives what is asked, if it was the last word of it.
    pub(super) fn take(&mut self, word: u64) -> Result<Option<Ask>, HostFault> {
        self.words.1 = self.words.1.saturating_add(1);
        if self.said.is_some() {
            return Err(HostFault::Ended);
        }
        if !self.answers.is_empty() {
            return Err(HostFault::OutOfTurn);
        }
        Ok(self.decoder.word(word)?)
    }

    /// Gives the run the next word of an answer.
    pub(super) fn give(&mut self) -> Result<u64, Refused> {
        let word = if self.decoder.is_within() { None } else { self.answers.pop_front() };
        if word.is_none() {
            self.fault.get_or_insert(HostFault::OutOfTurn);
        }
        self.words.0 = self.words.0.saturating_add(1);
        word.ok_or(Refused)
    }

    /// Keeps the first fault.
    pub(super) fn judged(&mut self, done: Result<(), HostFault>) -> Result<(), Refused> {
        done.map_err(|fault| {
            self.fault.get_or_insert(fault);
            Refused
        })
    }

    pub(super) fn count(
        &mut self,
        kind: AccessKind,
        key: Vec<u8>,
        value: Option<Vec<u8>>,
    ) -> Result<(), HostFault> {
        self.bytes = self.bytes.saturating_add(key.len()).saturating_add(value.as_ref().map_or(0, Vec::len));
        if self.accesses.len() >= MAX_OPERATIONS || self.bytes > MAX_STATE_BYTES {
            return Err(HostFault::TooMuchState);
        }
        self.accesses.push(Access { kind, key, value });
        Ok(())
    }

    /// The number of bytes, raised by `more`, and the bytes.
    pub(super) fn answer_bytes(&mut self, more: u64, bytes: &[u8]) -> Result<(), HostFault> {
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

    pub(super) fn answer_optional(&mut self, bytes: Option<&[u8]>) -> Result<(), HostFault> {
        match bytes {
            Some(bytes) => self.answer_bytes(1, bytes),
            None => {
                self.answers.push_back(0);
                Ok(())
            }
        }
    }

    /// An item of a scan.
    pub(super) fn answer_pair(&mut self, key: &[u8], value: &[u8]) -> Result<(), HostFault> {
        self.answer_bytes(1, key)?;
        self.answer_bytes(0, value)
    }

    /// The gas that an answer took elsewhere, and the answer.
    pub(super) fn answer_query(&mut self, bytes: &[u8], gas: u64) -> Result<(), HostFault> {
        self.answers.push_back(gas);
        self.answer_bytes(0, bytes)
    }
}

/// Eight bytes a word, little-endian, zeros behind the last.
fn words(bytes: &[u8]) -> impl Iterator<Item = u64> {
    bytes.chunks(8).map(|chunk| chunk.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte)))
}
