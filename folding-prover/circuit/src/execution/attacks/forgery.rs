//! What a malicious prover shows, and whether the constraints or the bus refuse it.

use ff::Field;
use nectar_commitment::Fr;

use super::program::Named;
use super::world::small;
use crate::execution::batch::Arranged;
use crate::execution::bus::{Bus, Tag};
use crate::execution::chunk::{ChunkContents, Contents, Scans, Size};
use crate::execution::trial::Log;
use crate::execution::{Challenges, ExecutionCircuit, Kind, Step};
use crate::builder::Filler;
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Refusal {
    /// Rows that are violated, in all chunks.
    pub(super) rows: usize,
    /// Whether something was sent that nobody received, or the reverse.
    pub(super) unbalanced: bool,
}

/// The batch that is lied about, in two chunks.
pub(super) struct Stage {
    pub(super) named: Named,
    pub(super) contents: Contents,
    pub(super) statement: Statement,
    pub(super) circuit: ExecutionCircuit,
}

impl Stage {
    pub(super) fn new() -> Self {
        let (named, contents, statement) = small();
        // Room for what a lie needs beyond the truth.
        let size = Size::exactly(&contents).map(|slots| slots / 2 + 2);
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

    /// What refuses it, if anything does.
    pub(super) fn refuses(&self, forgery: &Forgery) -> Option<Refusal> {
        let Forgery { chunks, statement } = forgery;
        let mut start = Boundary { values: self.circuit.start(statement), salt: Fr::from(3) };
        let mut rows = 0;
        for (number, chunk) in chunks.iter().enumerate() {
            // Not the last one: whether the sum is zero is seen below.
            let position = Position { first: number == 0, last: false };
            let end_salt = Fr::from(number as u64 + 10);
            let frame =
                Frame { statement, position, challenges: CHALLENGES, start: &start, end_salt };
            let assignment = self.circuit.second_changed(&chunk.contents, &frame, &chunk.tampered);
            rows += assignment.violations(self.circuit.shape()).len();
            start = Boundary { values: assignment.end, salt: end_salt };
        }
        let unbalanced = !self.circuit.may_end(statement, &start.values);
        (rows > 0 || unbalanced).then_some(Refusal { rows, unbalanced })
    }

    /// Changes a value of the slot of the step at a row: the one by which it does what is wanted. The step must be alone there.
    pub(super) fn tamper(
        &self,
        forgery: &mut Forgery,
        row: &str,
        by: Fr,
        wanted: impl Fn(&Log, &Log) -> bool,
    ) {
        let pc = 1 << 24 | u64::from(self.named.row(row));
        for Forged { contents, tampered } in &mut forgery.chunks {
            let mut place = Scans::COUNT;
            for (kind, slots) in &self.circuit.size().steps {
                let width = step(*kind, None, &[]).1;
                let steps = contents.contents.steps.get(kind).map(Vec::as_slice).unwrap_or_default();
                if let Some(at) = steps.iter().position(|step| step.pc == pc) {
                    let (truth, _) = step(*kind, Some(&steps[at]), &[]);
                    let does = |value: &usize| wanted(&truth, &step(*kind, Some(&steps[at]), &[(*value, by)]).0);
                    let value = (0..width).find(does).unwrap();
                    tampered.push((place + at * width + value, by));
                    return;
                }
                place += width * slots;
            }
        }
        panic!("no step at {row}");
    }
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
    println!("{} rows, {} nonzeros", shape.num_cons(), shape.A().len() + shape.B().len() + shape.C().len());
    assert_eq!(stage.truth().chunks.len(), 2);
    assert_eq!(stage.refuses(&stage.truth()), None);
}

#[test]
fn the_whole_story_is_true() {
    let (contents, statement) = super::world::whole();
    let size = Size::exactly(&contents).map(|slots| slots + 1);
    println!("{size:?}");
    let circuit = ExecutionCircuit::new(size);
    let shape = circuit.shape();
    println!("{} rows, {} nonzeros", shape.num_cons(), shape.A().len() + shape.B().len() + shape.C().len());
    let stage = Stage { circuit, ..Stage::new() };
    assert_eq!(stage.refuses(&stage.forged(contents, statement)), None);
}
