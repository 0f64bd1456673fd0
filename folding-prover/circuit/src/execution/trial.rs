//! Slots on trial: their constraints alone, what they put on the bus, and what a prover who changes values gets through.

use std::collections::BTreeMap;

use ff::Field;
use nectar_commitment::{Domain, Fr, hash4, to_bytes};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::bus::{Bus, Tag};
use super::number::low_bits;
use super::tests::{challenges, changes};
use crate::builder::{Builder, Filler, ShapeBuilder};
use crate::engine::Shape;
use crate::lc::{Column, Var};

/// Tag, multiplicity, coordinates of what a slot puts on the bus.
pub(crate) type Entry = (Tag, Fr, Vec<Fr>);
pub(crate) type Log = Vec<Entry>;

/// Why what a slot does is not what it should.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It received what nobody can have sent: constraints need not refuse it, the bus does.
    NotSent,
    /// Constraints must refuse it.
    Wrong(String),
}

pub(crate) fn wrong<T>(why: impl Into<String>) -> Result<T, Verdict> {
    Err(Verdict::Wrong(why.into()))
}

/// The number of so many bits that a value is, if it is.
pub(crate) fn bits(value: &Fr, bits: u32) -> Option<u64> {
    let number = low_bits(value);
    (Fr::from(number) == *value && (bits == 64 || number >> bits == 0)).then_some(number)
}

/// A number that whoever sent it has ranged.
pub(crate) fn number(value: &Fr, of: u32) -> Result<u64, Verdict> {
    bits(value, of).ok_or(Verdict::NotSent)
}

/// A slot with its input.
pub(crate) trait Slot {
    /// Puts the slot; a scan takes its last value and gives the next, others leave it.
    fn put<B: Builder>(&self, b: &mut B, bus: &mut Bus, last: Var) -> Var;

    /// Where its scan was before.
    fn last(&self) -> Fr {
        Fr::ZERO
    }

    /// Whether what it put on the bus is right: by a definition of its own. Lookups are not in the log.
    fn judge(&self, before: Fr, after: Fr, log: &Log) -> Result<(), Verdict>;
}

/// What a slot came to, with these of its values changed.
pub(crate) struct Outcome {
    pub(crate) log: Log,
    pub(crate) hashes: Vec<(Domain, [Fr; 4])>,
    before: Fr,
    after: Fr,
    values: usize,
    z: Vec<Fr>,
}

pub(crate) fn run(slot: &impl Slot, tampered: &[(usize, Fr)]) -> Outcome {
    let mut filler = Filler::default();
    filler.tampered = tampered.to_vec();
    let [gamma, alpha] = challenges();
    let mut bus = Bus::new(&mut filler, gamma, alpha);
    let last = filler.alloc(slot.last());
    let after = slot.put(&mut filler, &mut bus, last).value;
    filler.settle();
    let values = filler.witness.len();
    let z = [filler.witness, filler.late, vec![Fr::ONE, gamma.value, alpha.value]].concat();
    Outcome { log: bus.log, hashes: bus.hashes, before: last.value, after, values, z }
}

impl Outcome {
    /// Whether all that was looked up is in the tables; what else went over the bus.
    fn lookups(&self) -> Result<Log, Verdict> {
        let mut log = Log::new();
        for (tag, m, fields) in &self.log {
            let looked_up = [Tag::Limb, Tag::Operation].contains(tag);
            if looked_up && *m != -Fr::ONE {
                return wrong("a lookup that does not count");
            }
            match tag {
                Tag::Limb => drop(number(&fields[0], 12)?),
                Tag::Operation => super::program::tests::judge_operation(fields)?,
                _ => log.push((*tag, *m, fields.clone())),
            }
        }
        Ok(log)
    }

    /// Judges lookups, and hashes, then the slot's own.
    fn judge(&self, slot: &impl Slot) -> Result<(), Verdict> {
        let log = self.lookups()?;
        for (_, _, fields) in log.iter().filter(|(tag, m, _)| (*tag, *m) == (Tag::Hash, -Fr::ONE)) {
            let domains = [Domain::Node, Domain::Program];
            let domain =
                domains.into_iter().find(|domain| domain.tag() == fields[0]).ok_or(Verdict::NotSent)?;
            if hash4(domain, [fields[1], fields[2], fields[3], fields[4]]) != fields[5] {
                return Err(Verdict::NotSent);
            }
        }
        slot.judge(self.before, self.after, &log)
    }
}

/// The constraints of a slot.
pub(crate) struct Bare(Shape);

impl Bare {
    pub(crate) fn new(slot: &impl Slot) -> Self {
        let mut builder = ShapeBuilder::default();
        let [gamma, alpha] = [0, 1].map(|i| Var { column: Some(Column::Input(i)), value: Fr::ZERO });
        let mut bus = Bus::new(&mut builder, gamma, alpha);
        let last = builder.alloc(Fr::ZERO);
        slot.put(&mut builder, &mut bus, last);
        Self(builder.finish(2))
    }

    /// Rows and nonzeros; the seven rows of alpha's powers are not the slot's.
    pub(crate) fn size(&self) -> (usize, usize) {
        let nonzeros = self.0.A().len() + self.0.B().len() + self.0.C().len();
        (self.0.num_cons() - 7, nonzeros - 21)
    }

    pub(crate) fn satisfied(&self, outcome: &Outcome) -> bool {
        let (a, b, c) = self.0.multiply_vec(&outcome.z).unwrap();
        a.iter().zip(&b).zip(&c).all(|((a, b), c)| *a * *b == *c)
    }

    /// Whether a prover who gives the slot this input is refused: by a constraint, or by a table.
    pub(crate) fn refuses(&self, slot: &impl Slot) -> bool {
        let outcome = run(slot, &[]);
        !self.satisfied(&outcome) || outcome.lookups().is_err()
    }

    /// An honest slot is satisfied and right; and whatever of its values are changed, it is right or refused. Gives how often
    /// it was refused.
    pub(crate) fn tried(&self, slot: &impl Slot, seed: u64) -> usize {
        let honest = run(slot, &[]);
        assert!(self.satisfied(&honest), "an honest slot is refused");
        assert_eq!(honest.judge(slot), Ok(()));
        let mut dice = ChaCha8Rng::seed_from_u64(seed);
        let mut refused = 0;
        for tampered in changes(honest.values, &mut dice) {
            let outcome = run(slot, &tampered);
            if let Err(Verdict::Wrong(why)) = outcome.judge(slot) {
                assert!(!self.satisfied(&outcome), "changed {tampered:?}: {why}");
                refused += 1;
            }
        }
        refused
    }
}

/// What is received, in this order and once each, and then what is sent as facts.
pub(crate) fn received<'l>(log: &'l Log, tags: &[Tag]) -> Result<(Vec<&'l [Fr]>, &'l [Entry]), Verdict> {
    let Some((first, facts)) = log.split_at_checked(tags.len()) else {
        return wrong("sent without being received");
    };
    if first.iter().zip(tags).any(|((tag, m, _), expected)| (tag, *m) != (expected, -Fr::ONE)) {
        return wrong("not received, or not once");
    }
    Ok((first.iter().map(|(.., fields)| &fields[..]).collect(), facts))
}

/// All facts are among these.
pub(crate) fn only(facts: &[Entry], allowed: &[(Tag, Vec<Fr>)]) -> Result<(), Verdict> {
    for (tag, _, fields) in facts {
        if !allowed.iter().any(|(t, f)| t == tag && f == fields) {
            return wrong(format!("{tag:?} is no fact"));
        }
    }
    Ok(())
}

/// What is sent more often than received (or less): nothing, if all is as it should be.
pub(crate) fn unbalanced<'l>(logs: impl IntoIterator<Item = &'l Log>) -> BTreeMap<(Tag, Vec<[u8; 32]>), Fr> {
    let mut sums = BTreeMap::new();
    for (tag, m, fields) in logs.into_iter().flatten() {
        if ![Tag::Limb, Tag::Operation].contains(tag) {
            *sums.entry((*tag, fields.iter().map(to_bytes).collect())).or_insert(Fr::ZERO) += m;
        }
    }
    sums.retain(|_, sum| *sum != Fr::ZERO);
    sums
}
