use nectar_commitment::Fr;
use nectar_vm::Op;

use super::bus::Bus;
use super::slots::{bitwise, branch, compare, copy, divide, load, multiply, shift, store, sum};
use super::step::Step;
use super::table;
use crate::builder::{Builder, Filler, ShapeBuilder};
use crate::engine::Shape;
use crate::lc::{Column, Var};

/// Public inputs: gamma, alpha, and the sum of all terms.
const PUBLIC_INPUTS: usize = 3;

/// How many slots of each kind a circuit has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Capacity {
    /// `Copy`.
    pub copies: usize,
    /// Additions and subtractions.
    pub sums: usize,
    /// Multiplications.
    pub products: usize,
    /// Quotients and remainders.
    pub divisions: usize,
    /// `And`, `Or`, `Xor`.
    pub bitwise: usize,
    /// Shifts and rotations.
    pub shifts: usize,
    /// Loads from memory.
    pub loads: usize,
    /// Stores to memory.
    pub stores: usize,
    /// Comparisons whose result is written.
    pub comparisons: usize,
    /// Comparisons that branch.
    pub branches: usize,
}

/// What is drawn after all first-phase values are committed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Challenges {
    /// The point at which the bus is evaluated.
    pub gamma: Fr,
    /// Combines the coordinates of a tuple.
    pub alpha: Fr,
}

/// A step that the circuit has no slot left for, or none at all, by its place among the steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoSlot(pub usize);

/// Values of all variables.
#[derive(Clone, PartialEq, Eq)]
pub struct StepAssignment {
    /// First phase: does not depend on challenges.
    pub first: Vec<Fr>,
    /// Second phase.
    pub second: Vec<Fr>,
    /// Public inputs.
    pub public: [Fr; PUBLIC_INPUTS],
}

impl std::fmt::Debug for StepAssignment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { first, second, .. } = self;
        f.debug_struct("StepAssignment")
            .field("first", &first.len())
            .field("second", &second.len())
            .finish_non_exhaustive()
    }
}

/// Slots for steps, a table of limbs, and the sum of their terms.
#[derive(Debug, Clone)]
pub struct StepCircuit {
    capacity: Capacity,
    shape: Shape,
}

impl StepCircuit {
    /// The circuit with these slots.
    pub fn new(capacity: Capacity) -> Self {
        let mut builder = ShapeBuilder::default();
        let mut inputs = 0;
        let slots = Slots::sorted(capacity, &[]).unwrap_or_default();
        let challenges = Challenges { gamma: Fr::zero(), alpha: Fr::zero() };
        synthesize(&mut builder, &slots, challenges, |value| {
            let column = Some(Column::Input(inputs));
            inputs += 1;
            Var { column, value }
        });
        Self { capacity, shape: builder.finish(PUBLIC_INPUTS) }
    }

    /// The constraints.
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// Values for these steps, in slots of their kinds.
    ///
    /// # Errors
    /// [`NoSlot`]
    pub fn assign(&self, steps: &[Step], challenges: Challenges) -> Result<StepAssignment, NoSlot> {
        let slots = Slots::sorted(self.capacity, steps)?;
        let mut filler = Filler::default();
        let public = synthesize(&mut filler, &slots, challenges, |value| Var { column: None, value });
        Ok(StepAssignment { first: filler.witness, second: filler.late, public })
    }

    /// Rows that the values violate, as their numbers.
    pub fn violations(&self, assignment: &StepAssignment) -> Vec<usize> {
        let StepAssignment { first, second, public } = assignment;
        let z: Vec<Fr> = first.iter().chain(second).copied().chain([Fr::one()]).chain(*public).collect();
        let Ok((a, b, c)) = self.shape.multiply_vec(&z) else { return vec![usize::MAX] };
        let rows = a.iter().zip(&b).zip(&c).enumerate();
        rows.filter(|(_, ((a, b), c))| **a * **b != **c).map(|(row, _)| row).collect()
    }
}

/// Steps by kind, each kind filled up with unused slots.
#[derive(Debug, Default)]
pub(super) struct Slots {
    copies: Vec<Option<Step>>,
    sums: Vec<Option<Step>>,
    products: Vec<Option<Step>>,
    divisions: Vec<Option<Step>>,
    bitwise: Vec<Option<Step>>,
    shifts: Vec<Option<Step>>,
    loads: Vec<Option<Step>>,
    stores: Vec<Option<Step>>,
    comparisons: Vec<Option<Step>>,
    branches: Vec<Option<Step>>,
}

impl Slots {
    pub(super) fn sorted(capacity: Capacity, steps: &[Step]) -> Result<Self, NoSlot> {
        let mut slots = Self::default();
        for (place, step) in steps.iter().enumerate() {
            slots.of(step.row.op).ok_or(NoSlot(place))?.push(Some(*step));
            if !slots.fit(capacity) {
                return Err(NoSlot(place));
            }
        }
        slots.copies.resize(capacity.copies, None);
        slots.sums.resize(capacity.sums, None);
        slots.products.resize(capacity.products, None);
        slots.divisions.resize(capacity.divisions, None);
        slots.bitwise.resize(capacity.bitwise, None);
        slots.shifts.resize(capacity.shifts, None);
        slots.loads.resize(capacity.loads, None);
        slots.stores.resize(capacity.stores, None);
        slots.comparisons.resize(capacity.comparisons, None);
        slots.branches.resize(capacity.branches, None);
        Ok(slots)
    }

    pub(super) fn synthesize<B: Builder>(&self, b: &mut B, bus: &mut Bus) {
        let kinds = [
            (&self.copies, copy as fn(&mut B, &mut Bus, Option<&Step>)),
            (&self.sums, sum),
            (&self.products, multiply),
            (&self.divisions, divide),
            (&self.bitwise, bitwise),
            (&self.shifts, shift),
            (&self.loads, load),
            (&self.stores, store),
            (&self.comparisons, compare),
            (&self.branches, branch),
        ];
        for (steps, slot) in kinds {
            steps.iter().for_each(|step| slot(b, bus, step.as_ref()));
        }
    }

    fn of(&mut self, op: Op) -> Option<&mut Vec<Option<Step>>> {
        Some(match op {
            Op::Copy => &mut self.copies,
            Op::Add32 | Op::Add64 | Op::Sub32 | Op::Sub64 => &mut self.sums,
            Op::Mul32 | Op::Mul64 => &mut self.products,
            op if (Op::DivU..=Op::RemS64).contains(&op) => &mut self.divisions,
            Op::And | Op::Or | Op::Xor => &mut self.bitwise,
            op if (Op::Shl32..=Op::Rotr64).contains(&op) => &mut self.shifts,
            op if (Op::Load8U..=Op::Load32S64).contains(&op) => &mut self.loads,
            op if (Op::Store8..=Op::Store64).contains(&op) => &mut self.stores,
            op if (Op::Eq..=Op::GeS64).contains(&op) => &mut self.comparisons,
            op if (Op::BrEq..=Op::BrGeS64).contains(&op) => &mut self.branches,
            _ => return None,
        })
    }

    fn fit(&self, capacity: Capacity) -> bool {
        self.copies.len() <= capacity.copies
            && self.sums.len() <= capacity.sums
            && self.products.len() <= capacity.products
            && self.divisions.len() <= capacity.divisions
            && self.bitwise.len() <= capacity.bitwise
            && self.shifts.len() <= capacity.shifts
            && self.loads.len() <= capacity.loads
            && self.stores.len() <= capacity.stores
            && self.comparisons.len() <= capacity.comparisons
            && self.branches.len() <= capacity.branches
    }
}

fn synthesize<B: Builder>(
    b: &mut B,
    slots: &Slots,
    challenges: Challenges,
    mut input: impl FnMut(Fr) -> Var,
) -> [Fr; PUBLIC_INPUTS] {
    let [gamma, alpha] = [challenges.gamma, challenges.alpha].map(&mut input);
    let mut bus = Bus::new(b, gamma, alpha);
    slots.synthesize(b, &mut bus);
    table::send_all(b, &mut bus);
    let total = bus.total(b);
    let claimed = input(total.value);
    b.zero(|| total - claimed);
    [gamma.value, alpha.value, claimed.value]
}
