//! What a malicious prover shows, and whether the constraints or the bus refuse it.

use std::collections::{BTreeMap, BTreeSet};

use ff::Field;
use nectar_commitment::{Fr, to_bytes};

use super::program::Named;
use super::world::small;
use crate::builder::Filler;
use crate::execution::batch::Arranged;
use crate::execution::bus::{Bus, Tag};
use crate::execution::chunk::{ChunkContents, Contents, Scans, Size};
use crate::execution::trial::Log;
use crate::execution::{Challenges, ExecutionCircuit, Kind, Step};
use crate::lc::Var;
use crate::{Boundary, Frame, Phased as _, Position, Statement, Uniform as _};

pub(super) const CHALLENGES: Challenges =
    Challenges { gamma: Fr::from_raw([11, 5, 7, 1]), alpha: Fr::from_raw([3, 9, 2, 6]) };

/// A chunk, and which of its first-phase values are changed by how much.
#[derive(Clone)]
pub(super) struct Forged {
    pub(super) contents: ChunkContents,
    pub(super) tampered: Vec<(usize, Fr)>,
}

/// A batch.
#[derive(Clone)]
pub(super) struct Forgery {
    pub(super) chunks: Vec<Forged>,
    pub(super) statement: Statement,
}

/// What refuses a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    /// Whether rows are violated, in any chunk.
    pub(super) rows: bool,
    /// Of what more was sent than received, or the reverse.
    pub(super) tags: BTreeSet<Tag>,
}

/// `rows`, and tags.
impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let rows = self.rows.then(|| "rows".to_owned());
        let all: Vec<String> =
            rows.into_iter().chain(self.tags.iter().map(|tag| format!("{tag:?}"))).collect();
        f.write_str(&all.join(" "))
    }
}

/// The batch that is lied about.
pub(super) struct Stage {
    pub(super) named: Named,
    pub(super) contents: Contents,
    pub(super) statement: Statement,
    pub(super) circuit: ExecutionCircuit,
}

impl Stage {
    /// In chunks that are cheap to prove.
    pub(super) fn new() -> Self {
        Self::of(6)
    }

    /// In chunks that have slots for a part of it, and of every kind.
    pub(super) fn of(parts: usize) -> Self {
        let (named, contents, statement) = small();
        let size = Size::exactly(&contents).map(|slots| slots.div_ceil(parts).max(1));
        let steps = Kind::ALL.map(|kind| (kind, size.steps.get(&kind).copied().unwrap_or(1))).into();
        let circuit = ExecutionCircuit::new(Size { steps, ..size });
        Self { named, contents, statement, circuit }
    }

    /// The honest batch.
    pub(super) fn truth(&self) -> Forgery {
        self.forged(self.contents.clone(), self.statement)
    }

    /// These contents with every hash that they need.
    pub(super) fn forged(&self, contents: Contents, statement: Statement) -> Forgery {
        let arranged = Arranged::of(contents, self.circuit.size()).unwrap();
        let chunk = |number| Forged { contents: arranged.chunk(number), tampered: Vec::new() };
        Forgery { chunks: (0..arranged.chunks()).map(chunk).collect(), statement }
    }

    /// Contents of another program's runs, as if they were the named one's: under its commitment, with what that says of memory and table.
    pub(super) fn under_its_name(&self, mut contents: Contents) -> Contents {
        let honest = self.contents.runs[0];
        for (program, named) in contents.programs.iter_mut().zip(&self.contents.programs) {
            (program.roots, program.meta) = (named.roots, named.meta);
        }
        contents.runs.iter_mut().for_each(|run| run.program = honest.program);
        let runs = contents.runs.iter_mut().map(|run| &mut run.message);
        let messages = runs.chain(contents.accesses.iter_mut().map(|access| &mut access.message));
        messages.for_each(|message| message.binding = honest.message.binding);
        contents
    }

    /// What refuses it, if anything does.
    pub(super) fn refuses(&self, forgery: &Forgery) -> Option<Refusal> {
        let Forgery { chunks, statement } = forgery;
        let mut start = Boundary { values: self.circuit.start(statement), salt: Fr::from(3) };
        let mut rows = false;
        for (number, chunk) in chunks.iter().enumerate() {
            // Not the last one: whether the sum is zero is seen below.
            let position = Position { first: number == 0, last: false };
            let end_salt = Fr::from(number as u64 + 10);
            let frame = Frame { statement, position, challenges: CHALLENGES, start: &start, end_salt };
            let assignment = self.circuit.second_changed(&chunk.contents, &frame, &chunk.tampered);
            rows |= !assignment.violations(self.circuit.shape()).is_empty();
            start = Boundary { values: assignment.end, salt: end_salt };
        }
        let tags = self.unbalanced(forgery);
        assert_eq!(self.circuit.may_end(statement, &start.values), tags.is_empty());
        (rows || !tags.is_empty()).then_some(Refusal { rows, tags })
    }

    /// Tags of tuples that were not received as often as they were sent.
    fn unbalanced(&self, forgery: &Forgery) -> BTreeSet<Tag> {
        let mut sums: BTreeMap<(Tag, Vec<[u8; 32]>), Fr> = BTreeMap::new();
        for Forged { contents, tampered } in &forgery.chunks {
            let root = forgery.statement.receipts_root;
            for (tag, m, mut fields) in self.circuit.log_changed(contents, tampered, root) {
                // A coordinate that is zero may be left out.
                while fields.last() == Some(&Fr::ZERO) {
                    fields.pop();
                }
                *sums.entry((tag, fields.iter().map(to_bytes).collect())).or_default() += m;
            }
        }
        sums.into_iter().filter(|(_, sum)| *sum != Fr::ZERO).map(|((tag, _), _)| tag).collect()
    }

    /// Changes a value of the slot of the step at a row: the one by which it does what is wanted. The step must be alone there.
    pub(super) fn tamper(
        &self,
        forgery: &mut Forgery,
        row: &str,
        by: Fr,
        wanted: impl Fn(&Log, &Log) -> bool,
    ) {
        let Found { chunk, place, kind, shown } = self.find(forgery, row);
        let (truth, width) = step(kind, Some(&shown), &[]);
        let does = |value: &usize| wanted(&truth, &step(kind, Some(&shown), &[(*value, by)]).0);
        let value = (0..width).find(does).unwrap();
        forgery.chunks[chunk].tampered.push((place + value, by));
    }

    /// Sets one boolean of the slot of the step at a row to zero, and another one to one.
    pub(super) fn choose_other(&self, forgery: &mut Forgery, row: &str, [from, to]: [usize; 2]) {
        let Found { chunk, place, .. } = self.find(forgery, row);
        forgery.chunks[chunk].tampered.extend([(place + from, -Fr::ONE), (place + to, Fr::ONE)]);
    }

    fn find(&self, forgery: &Forgery, row: &str) -> Found {
        let pc = 1 << 24 | u64::from(self.named.row(row));
        for (chunk, Forged { contents, .. }) in forgery.chunks.iter().enumerate() {
            let mut place = Scans::COUNT;
            for (kind, slots) in &self.circuit.size().steps {
                let width = step(*kind, None, &[]).1;
                let steps = contents.contents.steps.get(kind).map(Vec::as_slice).unwrap_or_default();
                if let Some(at) = steps.iter().position(|step| step.pc == pc) {
                    return Found { chunk, place: place + at * width, kind: *kind, shown: steps[at] };
                }
                place += width * slots;
            }
        }
        panic!("no step at {row}");
    }
}

/// The slot of a step.
struct Found {
    chunk: usize,
    /// Where its values begin.
    place: usize,
    kind: Kind,
    shown: Step,
}

/// What a slot of a step puts on the bus, lookups left out, and how many first-phase values it has.
fn step(kind: Kind, step: Option<&Step>, tampered: &[(usize, Fr)]) -> (Log, usize) {
    let mut filler = Filler::tampering(tampered);
    let [gamma, alpha] = [CHALLENGES.gamma, CHALLENGES.alpha].map(|value| Var { column: None, value });
    let mut bus = Bus::new(&mut filler, gamma, alpha);
    kind.slot(&mut filler, &mut bus, step);
    let lookup = |tag: &Tag| [Tag::Limb, Tag::And, Tag::Power].contains(tag);
    let log = std::mem::take(&mut bus.log).into_iter().filter(|(tag, ..)| !lookup(tag)).collect();
    (log, filler.witness.len())
}

/// Whether one coordinate is all that differs: of a tuple with this tag and multiplicity, by this much.
pub(super) fn differs(truth: &Log, lie: &Log, tag: Tag, m: Fr, coordinate: usize, by: Fr) -> bool {
    let mut differing = truth.iter().zip(lie).filter(|(one, other)| one != other);
    let (Some((one, other)), None) = (differing.next(), differing.next()) else { return false };
    let mut expected = one.clone();
    if let Some(value) = expected.2.get_mut(coordinate) {
        *value += by;
    }
    truth.len() == lie.len() && (one.0, one.1) == (tag, m) && *other == expected
}

#[test]
fn the_truth_is_accepted() {
    let stage = Stage::new();
    let shape = stage.circuit.shape();
    let nonzeros = shape.A().len() + shape.B().len() + shape.C().len();
    assert!(nonzeros < 1 << 17, "{nonzeros} nonzeros: with the next power proofs take twice as long");
    assert!(stage.truth().chunks.len() > 2);
    assert_eq!(stage.refuses(&stage.truth()), None);
}

#[test]
fn the_whole_story_is_true() {
    let (contents, statement) = super::world::whole();
    let size = Size::exactly(&contents).map(|slots| slots + 1);
    let stage = Stage { circuit: ExecutionCircuit::new(size), ..Stage::new() };
    assert_eq!(stage.refuses(&stage.forged(contents, statement)), None);
}
