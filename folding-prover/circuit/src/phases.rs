use nectar_commitment::Fr;

use crate::engine::Shape;
use crate::execution::Challenges;
use crate::{Circuit, PUBLIC_INPUTS, Position, Statement};

/// A circuit whose instances are folded: one shape for all chunks.
pub trait Uniform: Send + Sync {
    /// The constraints, with [`PUBLIC_INPUTS`] public inputs.
    fn shape(&self) -> &Shape;

    /// Size of a chunk, as keys say it; at least 1.
    fn slots(&self) -> usize;

    /// Variables of the first phase, which come first in a witness; 0 if all are committed to at once.
    fn first_variables(&self) -> usize;
}

impl Uniform for Circuit {
    fn shape(&self) -> &Shape {
        Self::shape(self)
    }

    fn slots(&self) -> usize {
        Self::slots(self)
    }

    fn first_variables(&self) -> usize {
        0
    }
}

/// A circuit with variables of a second phase, which depend on challenges drawn after the first phases of all chunks are
/// committed to. At least one variable is of each phase. Whatever must not depend on the challenges is of the first: what a
/// prover chooses of the second, it chooses with the challenges in hand.
pub trait Phased: Uniform {
    /// What the values of one chunk are computed from.
    type Chunk: Send + Sync;

    /// Values of the first phase: [`Uniform::first_variables`] of them.
    fn first(&self, chunk: &Self::Chunk) -> Vec<Fr>;

    /// All values. Those of the first phase are again [`Self::first`]'s.
    fn second(&self, chunk: &Self::Chunk, frame: &Frame<'_>) -> PhasedAssignment;

    /// What a batch's first chunk starts from.
    fn start(&self, statement: &Statement) -> Vec<Fr>;

    /// Whether a batch may end so.
    fn may_end(&self, statement: &Statement, end: &[Fr]) -> bool;
}

/// What is behind the commitment that two neighbouring chunks share.
#[derive(Clone, PartialEq, Eq)]
pub struct Boundary {
    /// The values.
    pub values: Vec<Fr>,
    /// What hides them.
    pub salt: Fr,
}

impl std::fmt::Debug for Boundary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Boundary").field("values", &self.values.len()).finish_non_exhaustive()
    }
}

/// What a chunk's second phase depends on beside the chunk.
#[derive(Debug, Clone, Copy)]
pub struct Frame<'a> {
    /// What the batch claims.
    pub statement: &'a Statement,
    /// Where the chunk stands in it.
    pub position: Position,
    /// Drawn after the first phase.
    pub challenges: Challenges,
    /// Where the chunk before ended.
    pub start: &'a Boundary,
    /// Salt of the commitment to where this one ends.
    pub end_salt: Fr,
}

impl Frame<'_> {
    /// The public inputs of the chunk with these boundary commitments.
    pub fn public_inputs(&self, start: Fr, end: Fr) -> [Fr; PUBLIC_INPUTS] {
        phased_inputs(self.statement, start, end, self.position, self.challenges)
    }
}

/// Values of a chunk's variables.
#[derive(Clone, PartialEq, Eq)]
pub struct PhasedAssignment {
    /// First phase.
    pub first: Vec<Fr>,
    /// Second phase.
    pub second: Vec<Fr>,
    /// Public inputs, see [`phased_inputs`].
    pub public: [Fr; PUBLIC_INPUTS],
    /// What is behind the commitment to the end.
    pub end: Vec<Fr>,
}

impl std::fmt::Debug for PhasedAssignment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { first, second, .. } = self;
        f.debug_struct("PhasedAssignment")
            .field("first", &first.len())
            .field("second", &second.len())
            .finish_non_exhaustive()
    }
}

impl PhasedAssignment {
    /// Rows that the values violate, as their numbers; empty if the chunk is satisfied.
    pub fn violations(&self, shape: &Shape) -> Vec<usize> {
        let Self { first, second, public, .. } = self;
        let z: Vec<Fr> = first.iter().chain(second).copied().chain([Fr::one()]).chain(*public).collect();
        let Ok((a, b, c)) = shape.multiply_vec(&z) else { return vec![usize::MAX] };
        let rows = a.iter().zip(&b).zip(&c).enumerate();
        rows.filter(|(_, ((a, b), c))| **a * **b != **c).map(|(row, _)| row).collect()
    }
}

/// The public inputs of a chunk with two phases, in order: commitment to the boundary at the start and at the end, whether
/// it is first, whether it is last, gamma, alpha, receipts root, number of receipts, digest of the statement.
///
/// A verifier takes only the two commitments from a proof.
pub fn phased_inputs(
    statement: &Statement,
    start: Fr,
    end: Fr,
    position: Position,
    challenges: Challenges,
) -> [Fr; PUBLIC_INPUTS] {
    let flag = |set: bool| Fr::from(u64::from(set));
    [
        start,
        end,
        flag(position.first),
        flag(position.last),
        challenges.gamma,
        challenges.alpha,
        statement.receipts_root,
        Fr::from(statement.receipts),
        statement.digest(),
    ]
}
