use std::fmt;

use nectar_abi::{ContractId, compact};
use thiserror::Error;

use super::tag::{Part, Tag};

const WORD: usize = 8;

/// What a contract has asked for, or answered: private.
#[derive(Clone, PartialEq, Eq)]
pub enum Ask {
    /// The response's bytes.
    Response(Vec<u8>),
    /// The contract's last words.
    Abort(Vec<u8>),
    /// The value of a key.
    Read(Vec<u8>),
    /// A key gets a value.
    Write(Vec<u8>, Vec<u8>),
    /// A key has no value any more.
    Remove(Vec<u8>),
    /// An iterator over keys from the first up to, not including, the second.
    Scan {
        /// No bound, if none.
        start: Option<Vec<u8>>,
        /// No bound, if none.
        end: Option<Vec<u8>>,
        /// From the end on.
        descending: bool,
    },
    /// The next key and value of an iterator, counted from one.
    Next(u64),
    /// Only the key.
    NextKey(u64),
    /// Only the value.
    NextValue(u64),
    /// A query of something else than the contract's own state.
    Query(Vec<u8>),
}

/// Only what kind it is.
impl fmt::Debug for Ask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Response(_) => "Response(..)",
            Self::Abort(_) => "Abort(..)",
            Self::Read(_) => "Read(..)",
            Self::Write(..) => "Write(..)",
            Self::Remove(_) => "Remove(..)",
            Self::Scan { .. } => "Scan { .. }",
            Self::Next(_) => "Next(..)",
            Self::NextKey(_) => "NextKey(..)",
            Self::NextValue(_) => "NextValue(..)",
            Self::Query(_) => "Query(..)",
        })
    }
}

/// Why words are none that a contract's program emits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum LogError {
    /// A message begins with a word that is no tag.
    #[error("a message of a contract begins with one of the tags 1 to 9, 13 and 14")]
    Tag,
    /// Too many bytes.
    #[error("{got} bytes after tag {tag:?}; at most {limit} belong there")]
    TooLong {
        /// What they belong to.
        tag: Tag,
        /// Bytes announced.
        got: u64,
        /// Bytes allowed.
        limit: usize,
    },
    /// The last word of bytes has more than zeros behind them.
    #[error("the last word of bytes must be zero behind them")]
    Padding,
    /// No order of a scan.
    #[error("a scan's order is 1 (ascending) or 2 (descending)")]
    Order,
}

/// Reads the words that a contract emits, one at a time.
#[derive(Default)]
pub struct Decoder {
    open: Option<Message>,
}

struct Message {
    tag: Tag,
    fields: Vec<Field>,
    /// Bytes of the last field that are still to come.
    missing: usize,
}

enum Field {
    Bytes(Vec<u8>),
    None,
    Number(u64),
}

impl Decoder {
    /// Takes a word; gives what was asked, if it was the last word of it.
    ///
    /// # Errors
    /// [`LogError`]; what came before of the message is dropped.
    pub fn word(&mut self, word: u64) -> Result<Option<Ask>, LogError> {
        let Some(mut message) = self.open.take() else {
            let tag = Tag::from_number(word).ok_or(LogError::Tag)?;
            self.open = Some(Message { tag, fields: Vec::new(), missing: 0 });
            return Ok(None);
        };
        message.word(word)?;
        if message.missing > 0 || message.fields.len() < message.tag.parts().len() {
            self.open = Some(message);
            return Ok(None);
        }
        message.ask().map(Some)
    }

    /// Whether a message has begun and not ended.
    pub const fn is_within(&self) -> bool {
        self.open.is_some()
    }
}

impl fmt::Debug for Decoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decoder")
            .field("tag", &self.open.as_ref().map(|open| open.tag))
            .finish_non_exhaustive()
    }
}

impl Message {
    fn word(&mut self, word: u64) -> Result<(), LogError> {
        if let (1.., Some(Field::Bytes(bytes))) = (self.missing, self.fields.last_mut()) {
            let here = self.missing.min(WORD);
            let word = word.to_le_bytes();
            let (data, beyond) = word.split_at(here);
            if beyond.iter().any(|byte| *byte != 0) {
                return Err(LogError::Padding);
            }
            bytes.extend_from_slice(data);
            self.missing -= here;
            return Ok(());
        }
        match self.tag.parts().get(self.fields.len()) {
            Some(Part::Bytes(limit)) => self.bytes(word, *limit)?,
            Some(Part::Optional(limit)) => match word.checked_sub(1) {
                None => self.fields.push(Field::None),
                Some(length) => self.bytes(length, *limit)?,
            },
            Some(Part::Number) | None => self.fields.push(Field::Number(word)),
        }
        Ok(())
    }

    fn bytes(&mut self, got: u64, limit: usize) -> Result<(), LogError> {
        let length = usize::try_from(got).ok().filter(|length| *length <= limit);
        self.missing = length.ok_or(LogError::TooLong { tag: self.tag, got, limit })?;
        // It grows as words come: nobody reserves memory with a length alone.
        self.fields.push(Field::Bytes(Vec::new()));
        Ok(())
    }

    fn ask(self) -> Result<Ask, LogError> {
        let mut fields = self.fields.into_iter();
        let mut bytes = || match fields.next() {
            Some(Field::Bytes(bytes)) => bytes,
            _ => Vec::new(),
        };
        Ok(match self.tag {
            Tag::Response => Ask::Response(bytes()),
            Tag::Abort => Ask::Abort(bytes()),
            Tag::Read => Ask::Read(bytes()),
            Tag::Write => {
                let key = bytes();
                Ask::Write(key, bytes())
            }
            Tag::Remove => Ask::Remove(bytes()),
            Tag::Query => Ask::Query(bytes()),
            Tag::Smart => Ask::Query(smart(fields)),
            Tag::Scan => {
                let mut bound = || match fields.next() {
                    Some(Field::Bytes(bytes)) => Some(bytes),
                    _ => None,
                };
                let (start, end) = (bound(), bound());
                let descending = match number(fields.next()) {
                    1 => false,
                    2 => true,
                    _ => return Err(LogError::Order),
                };
                Ask::Scan { start, end, descending }
            }
            Tag::Next => Ask::Next(number(fields.next())),
            Tag::NextKey => Ask::NextKey(number(fields.next())),
            Tag::NextValue => Ask::NextValue(number(fields.next())),
        })
    }
}

/// A compact query, as the contract wrote it.
fn smart(mut fields: impl Iterator<Item = Field>) -> Vec<u8> {
    let mut contract = [0; ContractId::LEN];
    for word in contract.chunks_mut(WORD) {
        word.copy_from_slice(&number(fields.next()).to_le_bytes());
    }
    match fields.next() {
        Some(Field::Bytes(message)) => compact::smart(&ContractId::new(contract), &message),
        _ => Vec::new(),
    }
}

/// Zero is no iterator and no order.
fn number(field: Option<Field>) -> u64 {
    match field {
        Some(Field::Number(number)) => number,
        _ => 0,
    }
}
