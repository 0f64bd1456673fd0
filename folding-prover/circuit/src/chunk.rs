use nectar_commitment::{Fr, Registers, Slot, empty_root};

use crate::Statement;
use crate::builder::{Builder, Filler, ShapeBuilder};
use crate::engine::Shape;
use crate::lc::{Column, Lc, Var};
use crate::registers::RegisterVars;
use crate::slot::slot;

/// Slots of one chunk: as many as keep the nonzeros of the matrices just below 2^20.
pub const SLOTS_PER_CHUNK: usize = 16;

/// Public inputs of a chunk, see [`public_inputs`].
pub const PUBLIC_INPUTS: usize = 9;

/// Where a chunk stands in its batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// Nothing comes before: it starts from the registers of the statement's start.
    pub first: bool,
    /// Nothing comes after: it ends with the registers of the statement's end.
    pub last: bool,
}

/// The public inputs of a chunk, in order: commitment to the registers at the start and at the end, whether it is first,
/// whether it is last, pre-root, post-root, receipts root, number of receipts, digest of the statement.
///
/// A verifier takes only the two commitments from a proof.
pub fn public_inputs(statement: &Statement, start: Fr, end: Fr, position: Position) -> [Fr; PUBLIC_INPUTS] {
    let flag = |set: bool| Fr::from(u64::from(set));
    [
        start,
        end,
        flag(position.first),
        flag(position.last),
        statement.pre_root,
        statement.post_root,
        statement.receipts_root,
        Fr::from(statement.receipts),
        statement.digest(),
    ]
}

/// What one chunk proves: private but for its statement and position.
#[derive(Debug)]
pub struct Chunk<'a> {
    /// What the batch claims.
    pub statement: &'a Statement,
    /// Where the chunk stands.
    pub position: Position,
    /// Registers before its first slot.
    pub start: Registers,
    /// Its slots; padded with [`Slot::nop`].
    pub slots: &'a [Slot],
    /// Salt of the commitment to the registers before.
    pub start_salt: Fr,
    /// Salt of the commitment to the registers after.
    pub end_salt: Fr,
}

/// Values of a chunk's variables.
#[derive(Clone, PartialEq, Eq)]
pub struct Assignment {
    /// Private values.
    pub witness: Vec<Fr>,
    /// Public inputs, see [`public_inputs`].
    pub public: [Fr; PUBLIC_INPUTS],
    /// Values of the registers after the last slot, in order of declaration.
    pub end: [Fr; Registers::COUNT],
}

impl std::fmt::Debug for Assignment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Assignment").field("witness", &self.witness.len()).finish_non_exhaustive()
    }
}

/// The chunk circuit with a number of slots.
#[derive(Debug, Clone)]
pub struct Circuit {
    slots: usize,
    shape: Shape,
}

impl Default for Circuit {
    fn default() -> Self {
        Self::new(SLOTS_PER_CHUNK)
    }
}

impl Circuit {
    /// The circuit with this many slots. Proofs use [`SLOTS_PER_CHUNK`]; tests use smaller ones.
    pub fn new(slots: usize) -> Self {
        let mut builder = ShapeBuilder::default();
        let zero = Fr::default();
        let statement = Statement {
            chain_id: 0,
            network: 0,
            batch: 0,
            pre_root: zero,
            post_root: zero,
            receipts_root: zero,
            receipts: 0,
            program_registry_root: zero,
            window: (0, 0),
        };
        let chunk = Chunk {
            statement: &statement,
            position: Position { first: false, last: false },
            start: Registers::start(zero, zero),
            slots: &[],
            start_salt: zero,
            end_salt: zero,
        };
        let mut inputs = 0;
        synthesize(&mut builder, slots, &chunk, |value| {
            let column = Some(Column::Input(inputs));
            inputs += 1;
            Var { column, value }
        });
        Self { slots, shape: builder.finish(PUBLIC_INPUTS) }
    }

    /// Slots of a chunk.
    pub fn slots(&self) -> usize {
        self.slots
    }

    /// The constraints.
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// Values for a chunk. Slots beyond [`Self::slots`] are left out. They satisfy the constraints if and only if
    /// [`Registers::apply`] accepts each slot (and the boundaries are those of the statement).
    pub fn assign(&self, chunk: &Chunk<'_>) -> Assignment {
        let mut filler = Filler::with_capacity(self.shape.num_vars());
        let (public, end) = synthesize(&mut filler, self.slots, chunk, |value| Var { column: None, value });
        Assignment { witness: filler.witness, public, end: end.values() }
    }

    /// Rows that the values violate, as their numbers; empty if the chunk is satisfied.
    pub fn violations(&self, assignment: &Assignment) -> Vec<usize> {
        let mut z = assignment.witness.clone();
        z.push(Fr::from(1));
        z.extend(assignment.public);
        let Ok((a, b, c)) = self.shape.multiply_vec(&z) else { return vec![usize::MAX] };
        a.iter()
            .zip(&b)
            .zip(&c)
            .enumerate()
            .filter(|(_, ((a, b), c))| **a * **b != **c)
            .map(|(row, _)| row)
            .collect()
    }
}

fn synthesize<B: Builder>(
    b: &mut B,
    slots: usize,
    chunk: &Chunk<'_>,
    mut input: impl FnMut(Fr) -> Var,
) -> ([Fr; PUBLIC_INPUTS], RegisterVars) {
    let start = RegisterVars::alloc(b, &chunk.start);
    let start_commitment = start.commit(b, chunk.start_salt);
    let nop = Slot::nop();
    let padded = chunk.slots.iter().chain(std::iter::repeat(&nop)).take(slots);
    let end = padded.fold(start, |registers, opening| slot(b, opening, &registers));
    let end_commitment = end.commit(b, chunk.end_salt);

    let public = public_inputs(chunk.statement, start_commitment.value, end_commitment.value, chunk.position);
    let [claimed_start, claimed_end, first, last, pre, post, receipts_root, receipts, context] =
        public.map(&mut input);
    b.zero(|| start_commitment - claimed_start);
    b.zero(|| end_commitment - claimed_end);
    let empty = Lc::constant(empty_root());
    start.require_boundary(b, first, pre.into(), empty, Lc::default(), context.into());
    end.require_boundary(b, last, post.into(), receipts_root.into(), receipts.into(), context.into());
    (public, end)
}
