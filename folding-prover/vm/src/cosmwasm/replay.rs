use std::fmt;

use super::call::{Call, HostFault};
use super::outside::Said;
use super::{Ask, MAX_ITERATORS};
use crate::{Host, Refused};

/// What a run asked of its state, and what it was answered: private.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Recorded<'a> {
    /// A key was read, alone or as an item of a scan; nothing was there, if none.
    Read(&'a [u8], Option<&'a [u8]>),
    /// A key got a value.
    Write(&'a [u8], &'a [u8]),
    /// A key was removed.
    Remove(&'a [u8]),
    /// A scan had no more items.
    End,
}

/// Only what kind it is.
impl fmt::Debug for Recorded<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Read(..) => "Read(..)",
            Self::Write(..) => "Write(..)",
            Self::Remove(_) => "Remove(..)",
            Self::End => "End",
        })
    }
}

/// The other side of a contract's log, as it was recorded: a run that asks for anything else, or in another order, is refused.
pub struct ReplayHost<'a> {
    recorded: std::slice::Iter<'a, Recorded<'a>>,
    /// Bytes of the answers to queries, and the gas that they took elsewhere.
    answers: std::slice::Iter<'a, (&'a [u8], u64)>,
    scans: Vec<Scan>,
    call: Call,
}

/// A key and its value.
type Item<'a> = (&'a [u8], &'a [u8]);

/// What an iterator may still give.
struct Scan {
    start: Option<Vec<u8>>,
    end: Option<Vec<u8>>,
    descending: bool,
    done: bool,
}

impl Scan {
    /// Whether the key is one that may come next; then only those behind it may.
    fn pass(&mut self, key: &[u8]) -> bool {
        let within = self.start.as_deref().is_none_or(|start| start <= key)
            && self.end.as_deref().is_none_or(|end| key < end);
        if self.descending {
            self.end = Some(key.to_vec());
        } else {
            self.start = Some([key, &[0]].concat());
        }
        within
    }
}

impl<'a> ReplayHost<'a> {
    /// Prepares for a run of an entry point with these inputs: env, info and message, or env and message.
    ///
    /// # Errors
    /// [`HostFault::TooLong`]
    pub fn new(
        inputs: &[Vec<u8>],
        recorded: &'a [Recorded<'a>],
        answers: &'a [(&'a [u8], u64)],
    ) -> Result<Self, HostFault> {
        let mut call = Call::default();
        inputs.iter().try_for_each(|input| call.answer_bytes(0, input))?;
        Ok(Self { recorded: recorded.iter(), answers: answers.iter(), scans: Vec::new(), call })
    }

    /// What the contract said at its end.
    pub fn said(&self) -> Option<&Said> {
        self.call.said.as_ref()
    }

    /// Why the host refused to go on, if it did.
    pub fn fault(&self) -> Option<HostFault> {
        self.call.fault
    }

    /// Whether the run has asked for everything that was recorded.
    pub fn is_complete(&self) -> bool {
        self.recorded.len() == 0 && self.answers.len() == 0
    }

    /// How many scans were opened.
    pub fn scans(&self) -> usize {
        self.scans.len()
    }

    fn act(&mut self, ask: Ask) -> Result<(), HostFault> {
        match ask {
            Ask::Response(bytes) => self.call.said = Some(Said::Response(bytes)),
            Ask::Abort(text) => self.call.said = Some(Said::Abort(text)),
            Ask::Read(key) => match self.recorded.next() {
                Some(Recorded::Read(recorded, value)) if *recorded == key => {
                    self.call.answer_optional(*value)?
                }
                _ => return Err(HostFault::Unrecorded),
            },
            Ask::Write(key, value) => match self.recorded.next() {
                Some(Recorded::Write(recorded, written)) if *recorded == key && *written == value => {}
                _ => return Err(HostFault::Unrecorded),
            },
            Ask::Remove(key) => match self.recorded.next() {
                Some(Recorded::Remove(recorded)) if *recorded == key => {}
                _ => return Err(HostFault::Unrecorded),
            },
            Ask::Scan { start, end, descending } => {
                if self.scans.len() as u64 >= MAX_ITERATORS {
                    return Err(HostFault::NoIterator);
                }
                self.scans.push(Scan { start, end, descending, done: false });
            }
            Ask::Next(id) => match self.advance(id)? {
                None => self.call.answer_optional(None)?,
                Some((key, value)) => self.call.answer_pair(key, value)?,
            },
            Ask::NextKey(id) => {
                let key = self.advance(id)?.map(|(key, _)| key);
                self.call.answer_optional(key)?;
            }
            Ask::NextValue(id) => {
                let value = self.advance(id)?.map(|(_, value)| value);
                self.call.answer_optional(value)?;
            }
            Ask::Query(_) => {
                let (bytes, gas) = self.answers.next().ok_or(HostFault::Unrecorded)?;
                self.call.answer_query(bytes, *gas)?;
            }
        }
        Ok(())
    }

    fn advance(&mut self, id: u64) -> Result<Option<Item<'a>>, HostFault> {
        let index = id.checked_sub(1).and_then(|index| usize::try_from(index).ok());
        let scan = index.and_then(|index| self.scans.get_mut(index)).ok_or(HostFault::NoIterator)?;
        if scan.done {
            return Ok(None);
        }
        match self.recorded.next() {
            Some(Recorded::Read(key, Some(value))) if scan.pass(key) => Ok(Some((key, value))),
            Some(Recorded::End) => {
                scan.done = true;
                Ok(None)
            }
            _ => Err(HostFault::Unrecorded),
        }
    }
}

impl Host for ReplayHost<'_> {
    fn emit(&mut self, word: u64) -> Result<(), Refused> {
        let done = self.call.take(word).and_then(|ask| ask.map_or(Ok(()), |ask| self.act(ask)));
        self.call.judged(done)
    }

    fn advise(&mut self) -> Result<u64, Refused> {
        self.call.give()
    }
}

/// How much there is, nothing of what.
impl fmt::Debug for ReplayHost<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReplayHost")
            .field("recorded", &self.recorded.len())
            .field("fault", &self.call.fault)
            .finish_non_exhaustive()
    }
}
