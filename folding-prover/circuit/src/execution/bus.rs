use nectar_commitment::{Domain, Fr};

use super::counts::Counts;
use crate::builder::Builder;
use crate::lc::{Lc, Var};

/// What a tuple is about: its coordinate for the highest power of alpha.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Tag {
    /// Where a run stands: `clock; pc, fp, gas`.
    State = 1,
    /// What a cell holds since when: `address + time; value`.
    Cell = 2,
    /// A row of a program: `0; pc, head, cost, d, a, b, imm`.
    Row = 3,
    /// A number below 2^12.
    Limb = 4,
    /// Two numbers below 2^6, and their `and`.
    And = 5,
    /// A number up to 64, and 2 to its power.
    Power = 6,
    /// A hash: `domain; four inputs, hash`.
    Hash = 7,
    /// A node of a tree: `id; tree, value`.
    Node = 8,
    /// A word of a program's data: `number in the image; value, program`.
    Data = 9,
    /// An element of a program's table: `index; program, place, type`.
    Element = 10,
    /// A program: `number; commitment, pages, data, entries, elements`.
    Program = 11,
    /// A word that leaves or comes in: `position; word, direction`.
    Word = 12,
    /// Bytes outside: `position of their length; hash, position behind, length and one, first word, form`.
    Bytes = 13,
    /// Where messages of a run go on: `position; place in the log, contract, binding, secret, told, block`.
    Message = 14,
    /// What is in a log: `place; code, contract, binding, key, value`.
    Access = 15,
    /// A log so far: `place; log, contract, binding`.
    Log = 16,
    /// A run: `run; program, words at the start, first word of data, words of data`.
    Run = 17,
    /// Growth of a run's memory: `clock; pages before, after`.
    Growth = 18,
    /// Bytes that go on: `position; hash, position of their length, length and one, first word, form, words missing`.
    Part = 19,
    /// An operation that there is: `op + 2^8 immediate; class`.
    Operation = 20,
    /// Cells that begin alike: `address of the first; address behind the last, since when or program, kind`.
    Stretch = 21,
    /// A run that answers another one's query: `position of the query + 2^60 place before + 2^120 place of its entry; message, contract, answer,
    /// told after, told before, block, gas + 2^64 starved + 2^65 last byte of its contract's id`.
    Answer = 22,
    /// A run that no other one asked for: `place of its entry`.
    Outermost = 23,
    /// A contract's id as an env says it: `contract; text in three elements, last byte`.
    Address = 24,
    /// A contract's id as a query says it: `contract; two words, two words, last byte`.
    Id = 25,
}

/// Most coordinates of a tuple beside the first, the tag not counted.
pub(crate) const FIELDS: usize = 7;

/// A tuple as a linear combination: `first + alpha field_1 + ... + alpha^7 field_7 + alpha^8 tag`. Every coordinate that a prover chooses freely has
/// a power of its own; only ranged values share one.
#[derive(Debug, Clone)]
pub(crate) struct Tuple {
    pub(crate) tag: Tag,
    pub(crate) first: Lc,
    /// Weighed fields, and their values.
    pub(crate) fields: Vec<Weighed>,
}

/// `alpha^power value`
#[derive(Debug, Clone)]
pub(crate) struct Weighed {
    power: usize,
    pub(crate) value: Fr,
    lc: Lc,
}

impl Weighed {
    /// The sum of two fields of one power.
    pub(crate) fn plus(&self, other: &Self) -> Self {
        debug_assert_eq!(self.power, other.power);
        let lc = self.lc.clone() + other.lc.clone();
        Self { power: self.power, value: self.value + other.value, lc }
    }
}

/// The sum that ties slots of all chunks together: `sum of m / (gamma + tuple)` is zero over a batch (LogUp, eprint 2022/1530).
#[derive(Debug)]
pub(crate) struct Bus {
    gamma: Lc,
    /// alpha, alpha^2, ...
    powers: Vec<Lc>,
    terms: Vec<Var>,
    pub(crate) counts: Counts,
    /// Hashes that were asked for.
    pub(crate) hashes: Vec<(Domain, [Fr; 4])>,
    /// What was sent (1) and received (-1), with all coordinates, for tests.
    #[cfg(test)]
    pub(crate) log: Vec<(Tag, Fr, Vec<Fr>)>,
}

impl Bus {
    /// The powers of alpha cost a constraint each.
    pub(crate) fn new<B: Builder>(b: &mut B, gamma: Var, alpha: Var) -> Self {
        let mut powers = vec![Lc::from(alpha)];
        while powers.len() < FIELDS + 1 {
            let last = powers.last().cloned().unwrap_or_default();
            powers.push(b.late_product(last, alpha.into()).into());
        }
        Self {
            gamma: gamma.into(),
            powers,
            terms: Vec::new(),
            counts: Counts::default(),
            hashes: Vec::new(),
            #[cfg(test)]
            log: Vec::new(),
        }
    }

    /// A field with its weight: a product of the second phase.
    pub(crate) fn weigh<B: Builder>(&self, b: &mut B, power: usize, value: impl Into<Lc>) -> Weighed {
        let value = value.into();
        let lc = b.late_product(self.power(power), value.clone()).into();
        Weighed { power, value: value.value, lc }
    }

    /// A field that differs from a weighed one by a constant: no constraint.
    pub(crate) fn shift(&self, weighed: &Weighed, by: Fr) -> Weighed {
        let lc = weighed.lc.clone() + self.power(weighed.power) * by;
        Weighed { power: weighed.power, value: weighed.value + by, lc }
    }

    /// A constant with its weight: no constraint.
    pub(crate) fn constant(&self, power: usize, value: Fr) -> Weighed {
        Weighed { power, value, lc: self.power(power) * value }
    }

    /// Sends a tuple `m` times: a selector, or a multiplicity.
    pub(crate) fn send<B: Builder>(&mut self, b: &mut B, m: Lc, tuple: Tuple) {
        #[cfg(test)]
        self.log(&tuple, m.value);
        let denominator = self.denominator(tuple);
        self.terms.push(b.fraction(m, denominator));
    }

    /// Receives a tuple `m` times.
    pub(crate) fn receive<B: Builder>(&mut self, b: &mut B, m: Lc, tuple: Tuple) {
        self.send(b, -m, tuple);
    }

    /// The sum of all terms. Nothing is sent after it.
    pub(crate) fn total<B: Builder>(self, b: &mut B) -> Lc {
        let terms = self.terms.into_iter().map(Lc::from).sum::<Lc>().terms;
        Lc { terms, value: b.settle() }
    }

    fn power(&self, power: usize) -> Lc {
        self.powers.get(power - 1).cloned().unwrap_or_default()
    }

    fn denominator(&self, tuple: Tuple) -> Lc {
        let tag = self.power(FIELDS + 1) * Fr::from(tuple.tag as u64);
        tuple.fields.into_iter().fold(self.gamma.clone() + tag + tuple.first, |sum, field| sum + field.lc)
    }

    #[cfg(test)]
    fn log(&mut self, tuple: &Tuple, m: Fr) {
        if m != Fr::zero() {
            let fields =
                std::iter::once(tuple.first.value).chain(tuple.fields.iter().map(|field| field.value));
            self.log.push((tuple.tag, m, fields.collect()));
        }
    }
}
