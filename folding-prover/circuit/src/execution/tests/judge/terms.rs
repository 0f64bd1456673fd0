//! What a slot puts on the bus, in order, and where its run stands.

use std::collections::VecDeque;

use ff::Field;
use nectar_commitment::Fr;
use nectar_vm::{Row, Trap};

use super::{Log, Verdict, no_step, number};
use crate::execution::access::{CLOCK, moment};
use crate::execution::bus::Tag;

/// Spaces of cells.
pub(super) const REGISTERS: u64 = 0;
pub(super) const WORDS: u64 = 1;
pub(super) const GLOBALS: u64 = 2;
pub(super) const LINKS: u64 = 3;
/// The first special cell.
pub(super) const SPECIAL: u64 = 1 << 16;

/// Where a run stands before a step.
pub(super) struct Place {
    pub(super) clock: Fr,
    pub(super) pc: u64,
    pub(super) fp: u64,
    pub(super) gas: u64,
}

impl Place {
    pub(super) fn of(state: &[Fr]) -> Result<Self, Verdict> {
        let (pc, fp, gas) = (number(&state[1], 44)?, number(&state[2], 32)?, number(&state[3], 48)?);
        Ok(Self { clock: state[0], pc, fp, gas })
    }

    pub(super) fn cell(&self, space: u64, index: u64, order: u64) -> Fr {
        self.clock + Fr::from((space << 32) + index) + moment(order)
    }

    pub(super) fn register(&self, r: u64, order: u64) -> Fr {
        self.cell(REGISTERS, self.fp + r, order)
    }

    /// What a distance leads to.
    pub(super) fn further(&self, distance: u64) -> Fr {
        Fr::from(self.pc) + Fr::from(distance) - Fr::from(1 << 31)
    }

    /// The state after the row, at another one and in another frame.
    pub(super) fn after(&self, row: &Row, pc: Fr, fp: Fr) -> [Fr; 4] {
        [self.clock + *CLOCK, pc, fp, Fr::from(self.gas + u64::from(row.cost))]
    }

    /// At another row, in the same frame.
    pub(super) fn at(&self, row: &Row, pc: Fr) -> [Fr; 4] {
        self.after(row, pc, Fr::from(self.fp))
    }

    /// At the next row.
    pub(super) fn next(&self, row: &Row) -> [Fr; 4] {
        self.at(row, Fr::from(self.pc + 1))
    }

    pub(super) fn trap(&self, row: &Row, trap: Trap) -> [Fr; 4] {
        self.after(row, Fr::from(1 + trap as u64), Fr::ZERO)
    }
}

/// What a slot puts on the bus, beside state, row and what it looks up in tables.
pub(super) struct Terms {
    old: VecDeque<Vec<Fr>>,
    new: VecDeque<Vec<Fr>>,
    /// Received.
    pub(super) elements: VecDeque<Vec<Fr>>,
    /// Sent.
    pub(super) words: VecDeque<Vec<Fr>>,
    /// Sent any number of times.
    pub(super) growths: VecDeque<Vec<Fr>>,
}

impl Terms {
    pub(super) fn of(log: &Log) -> Self {
        let of = |tag: Tag, m: Fr| {
            let entries = log.iter().filter(|entry| (entry.0, entry.1) == (tag, m));
            entries.map(|entry| entry.2.clone()).collect()
        };
        let growths = log.iter().filter(|entry| entry.0 == Tag::Growth).map(|entry| entry.2.clone());
        Self {
            old: of(Tag::Cell, -Fr::ONE),
            new: of(Tag::Cell, Fr::ONE),
            elements: of(Tag::Element, -Fr::ONE),
            words: of(Tag::Word, Fr::ONE),
            growths: growths.collect(),
        }
    }

    /// Whether nothing is left, which the step would not have.
    pub(super) fn are_used(&self) -> bool {
        let Self { old, new, elements, words, growths } = self;
        [old, new, elements, words, growths].iter().all(|terms| terms.is_empty())
    }

    /// Whether cells are accessed.
    pub(super) fn accesses(&self) -> bool {
        !self.new.is_empty()
    }

    /// Whether this cell is accessed next.
    pub(super) fn next_is(&self, place: Fr) -> bool {
        self.new.front().is_some_and(|cell| cell[0] == place)
    }

    /// What a cell holds before and after, at this place and moment.
    fn cell(&mut self, place: Fr) -> Result<[Vec<Fr>; 2], Verdict> {
        let (Some(old), Some(new)) = (self.old.pop_front(), self.new.pop_front()) else {
            return no_step("an access is missing");
        };
        let moments = (place - old[0]) * moment(1).invert().unwrap();
        if new[0] != place || number(&(moments - Fr::ONE), 24).is_err() {
            return no_step("an access of another cell or time");
        }
        Ok([old, new].map(|cell| cell[1..].to_vec()))
    }

    /// The value before and the value after.
    pub(super) fn access(&mut self, place: Fr) -> Result<[Fr; 2], Verdict> {
        let [old, new] = self.cell(place)?;
        number(&old[0], 64)?;
        Ok([old[0], new[0]])
    }

    /// Row and frame before and after.
    pub(super) fn link(&mut self, place: Fr) -> Result<[Vec<Fr>; 2], Verdict> {
        self.cell(place)
    }

    pub(super) fn read(&mut self, place: Fr) -> Result<u64, Verdict> {
        let [old, new] = self.access(place)?;
        if old == new { number(&old, 64) } else { no_step("a read that changes") }
    }

    pub(super) fn write(&mut self, place: Fr, value: u64) -> Result<(), Verdict> {
        let [_, new] = self.access(place)?;
        if new == Fr::from(value) { Ok(()) } else { no_step(format!("writes {value}")) }
    }
}
