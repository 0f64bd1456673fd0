use nectar_commitment::{EntryPoint, Fr};
use nectar_vm::Program;

use crate::execution::Recording;

/// One access of a run to its contract's state: private.
#[derive(Clone, PartialEq, Eq)]
pub struct AccessRecord {
    /// The key as the contract gave it, or was given it.
    pub key: Vec<u8>,
    /// The value read or written, if any.
    pub value: Option<Vec<u8>>,
    /// The salt of the value's leaf.
    pub salt: Fr,
    /// Number of its entry in the receipt's log.
    pub entry: u32,
}

/// An answer to a query: private.
#[derive(Clone, PartialEq, Eq)]
pub struct AnswerRecord {
    /// The bytes that the run was given.
    pub bytes: Vec<u8>,
    /// Whether another run has answered: the next one of the batch, or the next behind those that have answered that one, and so on.
    pub by_run: bool,
    /// The salt of what the host has told; none if all of the answer is the other run's.
    pub salt: Option<Fr>,
}

/// A run and whose it is: private.
pub struct RunRecord {
    /// What happened. Runs are numbered from 1, in order.
    pub recording: Recording,
    /// Which of the batch's programs, from 0; the recording's number is one more.
    pub program: usize,
    /// Where it began.
    pub entry: EntryPoint,
    /// Env, info unless it is a query, and message.
    pub inputs: Vec<Vec<u8>>,
    /// The contract's id.
    pub contract: [u8; 32],
    /// The contract's secret.
    pub secret: Fr,
    /// Salts of what the log says of its inputs and of its outcome.
    pub salts: [Fr; 2],
    /// What it might have cost.
    pub limit: u64,
    /// Which receipt of the batch, from 0.
    pub receipt: u32,
    /// Reads, writes and removals, in order.
    pub accesses: Vec<AccessRecord>,
    /// Answers to queries, in order.
    pub answers: Vec<AnswerRecord>,
    /// The response, or the text of an abort.
    pub said: Option<Vec<u8>>,
    /// What hosts had told the invocation's runs when it ended: `nectar_commitment::told_after`.
    pub told: Fr,
    /// Number of the run's own entry in the receipt's log.
    pub entry_in_log: u32,
}

/// An entry of a receipt's log: private.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct LogRecord {
    /// What it does, 1 to 9.
    pub code: u64,
    /// Its key.
    pub key: Fr,
    /// Its value.
    pub value: Fr,
}

/// A receipt: private.
#[derive(Clone, PartialEq, Eq)]
pub struct ReceiptRecord {
    /// Its log.
    pub log: Vec<LogRecord>,
    /// Its body.
    pub body: Fr,
    /// The grants that were used.
    pub auth: Fr,
}

/// All that a batch's proof of execution is made of: private.
#[derive(Debug)]
pub struct Batch<'p> {
    /// Programs, numbered from 1 in this order.
    pub programs: Vec<&'p Program>,
    /// Runs, numbered from 1 in this order.
    pub runs: Vec<RunRecord>,
    /// Receipts, in order.
    pub receipts: Vec<ReceiptRecord>,
}

impl std::fmt::Debug for AccessRecord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AccessRecord").field("entry", &self.entry).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for AnswerRecord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AnswerRecord").field("by_run", &self.by_run).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for RunRecord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RunRecord").field("recording", &self.recording).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for LogRecord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LogRecord").field("code", &self.code).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for ReceiptRecord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ReceiptRecord").field("entries", &self.log.len()).finish_non_exhaustive()
    }
}
