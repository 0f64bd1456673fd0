use std::fmt;

use crate::Trap;

/// What happened at one row: everything that a prover needs to show that it did. Plain data, and private: it has
/// the values that the contract computes with.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// The row.
    pub row: u32,
    /// Cell at which its frame begins.
    pub fp: u32,
    /// What register `a` holds, whether or not the operation reads it.
    pub a: u64,
    /// The constant, if the row is immediate; what register `b` holds, otherwise. Read or not.
    pub b: u64,
    /// What register `imm` holds, for [`crate::Op::Select`]; what is stored, for stores; otherwise zero.
    pub c: u64,
    /// What is written to register `d`.
    pub d: Option<u64>,
    /// The row to go on at; the same row at the end of a run.
    pub next: u32,
    /// Its frame.
    pub next_fp: u32,
    /// Words of memory that are read or written, by address. None if the access is out of bounds.
    pub words: [Option<WordAccess>; 2],
    /// The word that leaves or comes in.
    pub outside: Option<Outside>,
    /// Pages of memory, after the row.
    pub pages: u32,
    /// What the run costs so far, this row included.
    pub gas: u64,
    /// Whether this is the last row.
    pub end: Option<End>,
}

/// A word of memory, around a row.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct WordAccess {
    /// Its address divided by eight.
    pub word: u32,
    /// Its value before.
    pub before: u64,
    /// Its value after: the same, if it is only read.
    pub after: u64,
}

/// A word that crosses the border of the machine.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Outside {
    /// It leaves.
    Emitted(u64),
    /// It comes in.
    Advised(u64),
}

/// How a run that can be proven ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The outermost function returned.
    Returned,
    /// It trapped.
    Trapped(Trap),
}

/// Watches a run.
pub trait Tracer {
    /// Whether it looks at steps at all: without, a run is faster of the time.
    const WATCHES: bool = true;

    /// Called after each row. A row whose run ends unprovable, or at the host's will, is not a step.
    fn step(&mut self, step: &Step);
}

/// Looks away.
impl Tracer for () {
    const WATCHES: bool = false;

    #[inline(always)]
    fn step(&mut self, _: &Step) {}
}

impl Step {
    /// Nothing has happened yet.
    #[inline(always)]
    pub(super) const fn at(row: u32, fp: u32) -> Self {
        Self {
            row,
            fp,
            a: 0,
            b: 0,
            c: 0,
            d: None,
            next: row,
            next_fp: fp,
            words: [None, None],
            outside: None,
            pages: 0,
            gas: 0,
            end: None,
        }
    }
}

/// Places, without values.
impl fmt::Debug for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Step")
            .field("row", &self.row)
            .field("fp", &self.fp)
            .field("next", &self.next)
            .field("next_fp", &self.next_fp)
            .field("end", &self.end)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for WordAccess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WordAccess").field("word", &self.word).finish_non_exhaustive()
    }
}

impl fmt::Debug for Outside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Emitted(_) => "Emitted(..)",
            Self::Advised(_) => "Advised(..)",
        })
    }
}
