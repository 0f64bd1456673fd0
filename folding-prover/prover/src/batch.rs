use ff::Field;
use nectar_circuit::{Chunk, Position, Statement};
use nectar_commitment::{Fr, Registers, Slot};
use nectar_verifier::MAX_CHUNKS;
use rand_core::OsRng;

use crate::ProveError;

/// One chunk's part of the batch, ready to be proven apart from the others.
pub(crate) struct Part {
    pub(crate) number: u32,
    pub(crate) position: Position,
    start: Registers,
    slots: Vec<Slot>,
    start_salt: Fr,
    end_salt: Fr,
}

impl Part {
    pub(crate) fn chunk<'a>(&'a self, statement: &'a Statement) -> Chunk<'a> {
        Chunk {
            statement,
            position: self.position,
            start: self.start,
            slots: &self.slots,
            start_salt: self.start_salt,
            end_salt: self.end_salt,
        }
    }
}

/// Cuts a batch into parts and checks each operation against the reference, one part at a time.
pub(crate) struct Parts<I: Iterator<Item = Slot>> {
    slots: std::iter::Peekable<I>,
    per_part: usize,
    registers: Registers,
    end: Registers,
    salt: Fr,
    number: u32,
    slot: usize,
}

impl<I: Iterator<Item = Slot>> Parts<I> {
    pub(crate) fn new(statement: &Statement, slots: I, per_part: usize) -> Self {
        let context = statement.digest();
        let Statement { pre_root, post_root, receipts_root, receipts, .. } = *statement;
        Self {
            slots: slots.peekable(),
            per_part,
            registers: Registers::start(pre_root, context),
            end: Registers::end(post_root, receipts_root, receipts, context),
            salt: Fr::random(OsRng),
            number: 0,
            slot: 0,
        }
    }

    /// Number of parts, if the iterator over the slots knows its length.
    pub(crate) fn total(&self) -> Option<usize> {
        let (low, high) = self.slots.size_hint();
        (high == Some(low)).then(|| low.div_ceil(self.per_part))
    }

    fn part(&mut self) -> Result<Part, ProveError> {
        let (start, first) = (self.registers, self.number == 0);
        let mut slots = Vec::with_capacity(self.per_part);
        while slots.len() < self.per_part {
            let Some(slot) = self.slots.next() else { break };
            self.registers = self
                .registers
                .apply(&slot)
                .map_err(|violation| ProveError::Violation { slot: self.slot, violation })?;
            self.slot += 1;
            slots.push(slot);
        }
        let last = self.slots.peek().is_none();
        if last && self.registers != self.end {
            return Err(ProveError::End);
        }
        if self.number >= MAX_CHUNKS {
            return Err(ProveError::TooLong);
        }
        let start_salt = std::mem::replace(&mut self.salt, Fr::random(OsRng));
        let number = self.number;
        self.number += 1;
        Ok(Part { number, position: Position { first, last }, start, slots, start_salt, end_salt: self.salt })
    }
}

impl<I: Iterator<Item = Slot>> Iterator for Parts<I> {
    type Item = Result<Part, ProveError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.slots.peek()?;
        Some(self.part())
    }
}
