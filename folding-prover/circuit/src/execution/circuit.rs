use std::collections::BTreeMap;

use nectar_commitment::Fr;

use super::bus::Bus;
use super::kind::Kind;
use super::step::Step;
use super::table;
use crate::builder::{Builder, Filler, ShapeBuilder};
use crate::engine::Shape;
use crate::lc::{Column, Var};

/// Public inputs: gamma, alpha, and the sum of all terms.
const PUBLIC_INPUTS: usize = 3;

/// How many slots of each kind a circuit has.
pub type Capacity = BTreeMap<Kind, usize>;

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
        let slots = Slots::sorted(&capacity, &[]).unwrap_or_default();
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
        let slots = Slots::sorted(&self.capacity, steps)?;
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
pub(super) struct Slots(BTreeMap<Kind, Vec<Option<Step>>>);

impl Slots {
    pub(super) fn sorted(capacity: &Capacity, steps: &[Step]) -> Result<Self, NoSlot> {
        let mut slots: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (place, step) in steps.iter().enumerate() {
            let kind = Kind::of(&step.row, step.a.value, step.trap).ok_or(NoSlot(place))?;
            let has_room = |kind: &Kind| {
                let taken = slots.get(kind).map_or(0, Vec::len);
                capacity.get(kind).is_some_and(|slots_of_kind| taken < *slots_of_kind)
            };
            let kind = std::iter::successors(Some(kind), |kind| kind.wider()).find(has_room);
            slots.entry(kind.ok_or(NoSlot(place))?).or_default().push(Some(*step));
        }
        for (kind, slots_of_kind) in capacity {
            slots.entry(*kind).or_default().resize(*slots_of_kind, None);
        }
        Ok(Self(slots))
    }

    pub(super) fn synthesize<B: Builder>(&self, b: &mut B, bus: &mut Bus) {
        for (kind, steps) in &self.0 {
            steps.iter().for_each(|step| kind.slot(b, bus, step.as_ref()));
        }
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
