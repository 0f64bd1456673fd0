//! Whatever satisfies a slot's constraints is a step of the machine: every first-phase value is changed in turn, by several amounts, with all
//! that follows from it computed anew. What is then still satisfied must be a step all the same, judged by what it puts on the bus.

mod judge;
mod outcomes;
mod steps;

use std::collections::BTreeMap;

use ff::Field;
use nectar_commitment::Fr;
use nectar_vm::{Op, Trap};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::bus::{Bus, Tag};
use super::circuit::Slots;
use super::{Capacity, Challenges, Kind, NoSlot, Step, StepCircuit};
use crate::builder::{Builder, Filler, ShapeBuilder};
use crate::engine::Shape;
use crate::lc::{Column, Var};

use judge::{Log, Verdict, has_second, judge, narrow};
use steps::{Case, EDGES, cases, immediate, index, step};

const CHALLENGES: Challenges =
    Challenges { gamma: Fr::from_raw([11, 5, 7, 1]), alpha: Fr::from_raw([3, 9, 2, 6]) };

/// A circuit of one slot.
fn one(kind: Kind) -> Capacity {
    BTreeMap::from([(kind, 1)])
}

pub(super) fn challenges() -> [Var; 2] {
    [CHALLENGES.gamma, CHALLENGES.alpha].map(|value| Var { column: None, value })
}

/// What goes over the bus, and the number of first-phase values, the table's not counted.
fn log(slots: &Slots, tampered: &[(usize, Fr)]) -> (Log, usize) {
    let mut filler = Filler::default();
    filler.tampered = tampered.to_vec();
    let [gamma, alpha] = challenges();
    let mut bus = Bus::new(&mut filler, gamma, alpha);
    slots.synthesize(&mut filler, &mut bus);
    (bus.log, filler.witness.len())
}

/// The constraints of a slot alone, without tables.
struct Bare(Shape);

impl Bare {
    fn new(kind: Kind) -> Self {
        let mut builder = ShapeBuilder::default();
        let [gamma, alpha] = [0, 1].map(|i| Var { column: Some(Column::Input(i)), value: Fr::ZERO });
        let mut bus = Bus::new(&mut builder, gamma, alpha);
        Slots::sorted(&one(kind), &[]).unwrap().synthesize(&mut builder, &mut bus);
        Self(builder.finish(2))
    }

    /// Whether some row is violated by the values of these slots, some of them changed.
    fn refuses(&self, slots: &Slots, tampered: &[(usize, Fr)]) -> bool {
        let mut filler = Filler::default();
        filler.tampered = tampered.to_vec();
        let [gamma, alpha] = challenges();
        let mut bus = Bus::new(&mut filler, gamma, alpha);
        slots.synthesize(&mut filler, &mut bus);
        filler.settle();
        let z = [filler.witness, filler.late, vec![Fr::ONE, gamma.value, alpha.value]].concat();
        let (a, b, c) = self.0.multiply_vec(&z).unwrap();
        a.iter().zip(&b).zip(&c).any(|((a, b), c)| *a * *b != *c)
    }
}

#[test]
fn every_operation_has_its_step_for_every_pair_of_edges() {
    let mut dice = ChaCha8Rng::seed_from_u64(1);
    for kind in Kind::ALL {
        let bare = Bare::new(kind);
        for case in cases(kind) {
            let op = case.op;
            let operands = EDGES.into_iter().filter(|n| !narrow(op) || n >> 32 == 0);
            for (a, b) in operands.clone().flat_map(|a| operands.clone().map(move |b| (a, b))) {
                let step = step(case, immediate(op, &mut dice), a, b, &mut dice);
                let slots = Slots::sorted(&one(kind), &[step]).unwrap();
                assert!(!bare.refuses(&slots, &[]), "{case:?} {a} {b}");
                assert_eq!(judge(&log(&slots, &[]).0), Ok(()), "{case:?} {a} {b}");
            }
        }
    }
}

#[test]
fn steps_of_all_kinds_fit_a_circuit_and_no_more_than_it_has_slots() {
    let mut dice = ChaCha8Rng::seed_from_u64(3);
    let capacity = Kind::ALL.map(|kind| (kind, 2)).into();
    let circuit = StepCircuit::new(capacity);
    let of = |kind: Kind| *cases(kind).last().unwrap();
    let mut steps: Vec<Step> =
        Kind::ALL.iter().map(|kind| step(of(*kind), has_second(of(*kind).op), 77, 5, &mut dice)).collect();
    let assigned = circuit.assign(&steps, CHALLENGES).unwrap();
    assert_eq!(circuit.violations(&assigned), []);
    // First-phase values are committed to before there are challenges.
    let before = circuit.assign(&steps, Challenges { gamma: Fr::ZERO, alpha: Fr::ZERO }).unwrap();
    assert_eq!(before.first, assigned.first);
    steps.extend([step(Case::of(Op::Copy, None), true, 0, 5, &mut dice); 2]);
    assert_eq!(circuit.assign(&steps, CHALLENGES), Err(NoSlot(Kind::ALL.len() + 1)));
    let unprovable = step(Case::of(Op::Unprovable, None), false, 0, 0, &mut dice);
    assert_eq!(circuit.assign(&[unprovable], CHALLENGES), Err(NoSlot(0)));
}

#[test]
fn what_finds_no_slot_of_its_own_takes_a_wider_one() {
    let mut dice = ChaCha8Rng::seed_from_u64(4);
    let narrow_ones = [(Op::Load8U, Kind::Load), (Op::BrEq, Kind::Branch), (Op::Store64, Kind::Store)];
    for (op, wider) in narrow_ones {
        let case = Case::of(op, None);
        assert_eq!(case.kind.wider(), Some(wider));
        let circuit = StepCircuit::new([(case.kind, 1), (wider, 1)].into());
        let steps = [(); 3].map(|()| step(case, false, 8, 8, &mut dice));
        let assigned = circuit.assign(&steps[..2], CHALLENGES).unwrap();
        assert_eq!(circuit.violations(&assigned), []);
        assert_eq!(circuit.assign(&steps, CHALLENGES), Err(NoSlot(2)));
    }
}

#[test]
fn an_unused_slot_puts_nothing_on_the_bus() {
    for kind in Kind::ALL {
        let slots = Slots::sorted(&one(kind), &[]).unwrap();
        assert!(!Bare::new(kind).refuses(&slots, &[]));
        let (log, _) = log(&slots, &[]);
        assert!(log.iter().all(|(tag, ..)| [Tag::Limb, Tag::And, Tag::Power].contains(tag)));
    }
}

#[test]
fn what_satisfies_a_slot_is_a_step_whatever_is_changed() {
    let mut dice = ChaCha8Rng::seed_from_u64(2);
    let (mut tried, mut refused) = (0, 0);
    for kind in Kind::ALL {
        let bare = Bare::new(kind);
        let used = cases(kind).into_iter().flat_map(|case| [(case, false), (case, true)]);
        let used = used.filter(|(case, immediate)| !immediate || has_second(case.op)).map(Some);
        for case in used.chain([None]) {
            let step = case.map(|(case, immediate)| {
                let [a, b] = [(); 2].map(|()| EDGES[index(&mut dice, EDGES.len())]);
                let width = |n: u64| if narrow(case.op) { n & 0xffff_ffff } else { n };
                step(case, immediate, width(a), width(b), &mut dice)
            });
            let slots = Slots::sorted(&one(kind), step.as_slice()).unwrap();
            for tampered in changes(log(&slots, &[]).1, &mut dice) {
                tried += 1;
                if let Err(Verdict::NoStep(why)) = judge(&log(&slots, &tampered).0) {
                    assert!(bare.refuses(&slots, &tampered), "{case:?}: changed {tampered:?}: {why}");
                    refused += 1;
                }
            }
        }
    }
    println!(
        "{tried} changes: {refused} refused by constraints, others by whoever sends tuples, or steps as well"
    );
    assert!(tried > 100_000 && refused > 10_000, "{refused} of {tried}");
}

/// Each value by each amount, and as many pairs: a change that another one could make good.
pub(super) fn changes(values: usize, dice: &mut ChaCha8Rng) -> Vec<Vec<(usize, Fr)>> {
    let each =
        (0..values).flat_map(|at| deltas(dice).into_iter().map(move |by| vec![(at, by)])).collect::<Vec<_>>();
    let mut any = || {
        let deltas = deltas(dice);
        (index(dice, values), deltas[index(dice, deltas.len())])
    };
    let pairs = each.iter().map(|_| vec![any(), any()]).collect();
    [each, pairs].concat()
}

/// By one, by limbs and words, by fractions of them, by anything.
fn deltas(dice: &mut ChaCha8Rng) -> Vec<Fr> {
    let half = |bits: u64| Fr::from(2).pow([bits]).invert().unwrap();
    let mut deltas: Vec<Fr> = [0, 12, 24, 32, 64].map(|bits| Fr::from(2).pow([bits])).to_vec();
    deltas.extend([half(1), half(12), half(32), Fr::random(dice)]);
    deltas.extend(deltas.clone().iter().map(Fr::neg));
    deltas
}

#[test]
fn slots_have_the_sizes_that_are_said() {
    let size = |capacity| {
        let circuit = StepCircuit::new(capacity);
        let shape = circuit.shape();
        (shape.num_cons(), shape.A().len() + shape.B().len() + shape.C().len())
    };
    // What every chunk has once: tables and powers of alpha.
    let nothing = size(Capacity::new());
    assert_eq!(nothing.0, 8392);
    let mut said = Vec::new();
    for kind in Kind::ALL {
        let one = size(one(kind));
        let (rows, nonzeros) = (one.0 - nothing.0, one.1 - nothing.1);
        println!("{kind:?}: {rows} rows, {nonzeros} nonzeros");
        said.push((kind, rows));
    }
    assert_eq!(said, Kind::ALL.map(|kind| (kind, kind.rows())));
}
