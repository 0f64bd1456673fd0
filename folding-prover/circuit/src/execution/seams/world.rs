//! What steps, cells and trees put on the bus, and whether all is said and done with it.

use std::collections::BTreeMap;

use ff::Field;
use nectar_commitment::{Domain, Fr, hash4, to_bytes};

use super::judge::is_true;
use super::slot::{Bare, Log, Slot};
use super::story::Story;
use crate::execution::bus::Tag;
use crate::execution::runs::Run;

/// Terms of others.
#[derive(Clone, Default)]
pub(super) struct World {
    pub(super) log: Log,
}

fn power(bits: u64) -> Fr {
    Fr::from(2).pow([bits])
}

impl World {
    pub(super) fn send(&mut self, tag: Tag, fields: Vec<Fr>) {
        self.log.push((tag, Fr::ONE, fields));
    }

    pub(super) fn receive(&mut self, tag: Tag, fields: Vec<Fr>) {
        self.log.push((tag, -Fr::ONE, fields));
    }

    /// What the steps of a run, its cells and its program do: words at their places, states, the special cells.
    pub(super) fn steps(&mut self, number: u64, run: &Run, words: &[(u64, u64)]) {
        let clock = |time: u64| Fr::from(number << 34) + Fr::from(time) * power(57);
        let program = run.program;
        let n = |number: u64| Fr::from(number);
        let of = u64::from(program.number);
        let row = program.entries[run.entry as usize - 1] - 1;
        self.receive(Tag::State, vec![clock(1), n((of << 24) + row)]);
        let end = run.end;
        let last = vec![
            clock(end.time.into()),
            Fr::from(u64::from(end.code)),
            Fr::from(end.price),
            Fr::from(end.gas),
        ];
        self.send(Tag::State, last);
        let positions = || (number << 32..).map(Fr::from);
        for (position, (word, direction)) in positions().zip(words) {
            self.send(Tag::Word, vec![position, Fr::from(*word), Fr::from(*direction)]);
        }
        let pages = n(program.pages) + power(32) * n(program.maximum);
        let of_program = n(of) + power(32) * n(program.elements);
        let words = [Fr::from(number << 32), Fr::from((number << 32) + words.len() as u64)];
        let held = [[pages, Fr::from(run.cells.pages)], words, [of_program; 2]];
        for (index, ([first, last], time)) in (1u64 << 16..).zip(held.into_iter().zip(run.cells.times)) {
            let cell = Fr::from((number << 34) + (2 << 32) + index);
            // A cell that nobody touches is received as it was sent.
            let last = if time == 0 { first } else { last };
            self.receive(Tag::Cell, vec![cell, first]);
            self.send(Tag::Cell, vec![cell + n(time.into()) * power(54), last]);
        }
        let rows = [n(program.entries[0]), n(program.entries[1]), n(program.entries[2]), Fr::ZERO];
        let entries = hash4(Domain::Program, rows);
        let data = n(program.data) + power(32) * n(program.data_words);
        self.send(Tag::Program, vec![n(of), program.commitment, pages, data, entries, n(program.elements)]);
        for _ in 0..run.makes {
            let start = n(program.pages * 8192);
            self.receive(
                Tag::Run,
                vec![Fr::from(number), n(of), start, n(program.data), n(program.data_words)],
            );
        }
    }
}

/// Kinds of slots with their constraints.
pub(super) struct Circuit(Vec<(&'static str, Bare)>);

impl Circuit {
    pub(super) fn new() -> Self {
        Self(Slot::kinds().iter().map(|kind| (kind.name(), Bare::new(kind))).collect())
    }

    /// Whether slots satisfy their constraints, and everything that was sent was received as often.
    pub(super) fn accepts(&self, story: &Story) -> Result<(), String> {
        let mut sums: BTreeMap<(u64, Vec<[u8; 32]>), Fr> = BTreeMap::new();
        let mut add = |tag: Tag, m: Fr, fields: &[Fr]| {
            let mut key: Vec<_> = fields.iter().map(to_bytes).collect();
            key.resize(8, [0; 32]);
            *sums.entry((tag as u64, key)).or_default() += m;
        };
        let mut scans: BTreeMap<&str, u64> = BTreeMap::new();
        for slot in &story.slots {
            let before = scans.entry(slot.name()).or_default();
            let (_, bare) = self.0.iter().find(|(name, _)| *name == slot.name()).unwrap();
            if bare.refuses(slot, *before, &[]) {
                return Err(format!("constraints of {slot:?}"));
            }
            for (tag, m, fields) in slot.terms(*before, &[]).0.log {
                match tag {
                    Tag::Limb if super::judge::number(&fields[0], 12).is_err() => {
                        return Err(format!("a limb of {slot:?}"));
                    }
                    Tag::Hash if !is_true(&fields) => return Err(format!("a hash of {slot:?}")),
                    Tag::Limb | Tag::Hash => {}
                    _ => add(tag, m, &fields),
                }
            }
            *before = slot.after(*before);
        }
        for (tag, m, fields) in &story.world.log {
            add(*tag, *m, fields);
        }
        let unequal: Vec<u64> =
            sums.iter().filter(|(_, m)| **m != Fr::ZERO).map(|((tag, _), _)| *tag).collect();
        if unequal.is_empty() { Ok(()) } else { Err(format!("not received as sent, by tag: {unequal:?}")) }
    }
}
