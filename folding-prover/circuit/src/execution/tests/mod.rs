//! Whatever satisfies a slot's constraints is a step of the machine: every first-phase value is changed in turn, by several amounts, with all
//! that follows from it computed anew. What is then still satisfied must be a step all the same, judged by what it puts on the bus.

mod judge;

use std::collections::BTreeMap;

use ff::Field;
use nectar_commitment::Fr;
use nectar_vm::{Op, Row};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

use super::bus::{Bus, Tag};
use super::circuit::Slots;
use super::{Access, Capacity, Challenges, Kind, Link, NoSlot, Step, StepCircuit, Write};
use crate::builder::{Builder, Filler, ShapeBuilder};
use crate::engine::Shape;
use crate::lc::{Column, Var};

use judge::{Log, Verdict, accesses, judge, narrow, reference};

const CHALLENGES: Challenges =
    Challenges { gamma: Fr::from_raw([11, 5, 7, 1]), alpha: Fr::from_raw([3, 9, 2, 6]) };

/// The operations of a kind.
fn ops(kind: Kind) -> Vec<Op> {
    Op::ALL.iter().copied().filter(|op| Kind::of(*op) == Some(kind)).collect()
}

/// A circuit of one slot.
fn one(kind: Kind) -> Capacity {
    BTreeMap::from([(kind, 1)])
}

const EDGES: [u64; 15] = [
    0,
    1,
    2,
    31,
    33,
    63,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_fffe,
    0xffff_ffff,
    1 << 32,
    0x7fff_ffff_ffff_ffff,
    0x8000_0000_0000_0000,
    u64::MAX - 1,
    u64::MAX,
];

fn step(op: Op, immediate: bool, a: u64, b: u64, dice: &mut ChaCha8Rng) -> Step {
    let mut small = || u16::try_from(dice.next_u32() % 60_000).unwrap();
    let near = (1u32 << 31) - 100;
    let row = Row {
        op,
        immediate,
        cost: small(),
        d: u32::from(small()) + if op.branches() { near } else { 1 },
        a: small(),
        b: small(),
        imm: match op {
            Op::Call => (near + u32::from(small())).into(),
            Op::Select | Op::GlobalGet | Op::GlobalSet => small().into(),
            op if accesses(op) => small().into(),
            _ if immediate => b,
            _ => dice.next_u64(),
        },
    };
    let mut below = |bits: u32| dice.next_u32() >> (32 - bits);
    let mut access = |value: u64| Access { value, gap: below(24) };
    let [first, second, condition] =
        [a, if immediate { 0 } else { b }, if b & 1 == 0 { 0 } else { a }].map(&mut access);
    let words = [(); 2].map(|()| access(EDGES[9] ^ a.rotate_left(17) ^ b));
    let link = Link { pc: below(30), fp: below(20), gap: below(24) };
    Step {
        run: below(20),
        time: below(21) + 1,
        pc: below(24) + 5,
        fp: below(19),
        gas: below(31).into(),
        row,
        a: first,
        b: second,
        d: Write { before: a ^ b, gap: below(24) },
        words,
        condition,
        link,
    }
}

/// Whether the second operand may be a constant.
fn has_second(op: Op) -> bool {
    use Kind::{Bitwise, Branch, Comparison, Copy, Division, Product, Shift, Store, Sum};
    let kinds = [Bitwise, Branch, Comparison, Copy, Division, Product, Shift, Store, Sum];
    Kind::of(op).is_some_and(|kind| kinds.contains(&kind))
}

fn immediate(op: Op, dice: &mut ChaCha8Rng) -> bool {
    dice.next_u32().is_multiple_of(2) && has_second(op)
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
        for op in &ops(kind) {
            let operands = EDGES.into_iter().filter(|n| !narrow(*op) || n >> 32 == 0);
            for (a, b) in operands.clone().flat_map(|a| operands.clone().map(move |b| (a, b))) {
                if has_second(*op) && !accesses(*op) && reference(*op, a, b).is_none() {
                    continue;
                }
                let step = step(*op, immediate(*op, &mut dice), a, b, &mut dice);
                let slots = Slots::sorted(&one(kind), &[step]).unwrap();
                assert!(!bare.refuses(&slots, &[]), "{op:?} {a} {b}");
                assert_eq!(judge(&log(&slots, &[]).0), Ok(()), "{op:?} {a} {b}");
            }
        }
    }
}

#[test]
fn steps_of_all_kinds_fit_a_circuit_and_no_more_than_it_has_slots() {
    let mut dice = ChaCha8Rng::seed_from_u64(3);
    let capacity = Kind::ALL.map(|kind| (kind, 2)).into();
    let circuit = StepCircuit::new(capacity);
    let mut steps: Vec<Step> = Kind::ALL
        .iter()
        .map(|kind| step(ops(*kind)[0], has_second(ops(*kind)[0]), 77, 5, &mut dice))
        .collect();
    let assigned = circuit.assign(&steps, CHALLENGES).unwrap();
    assert_eq!(circuit.violations(&assigned), []);
    // First-phase values are committed to before there are challenges.
    let before = circuit.assign(&steps, Challenges { gamma: Fr::ZERO, alpha: Fr::ZERO }).unwrap();
    assert_eq!(before.first, assigned.first);
    steps.extend([step(Op::Copy, true, 0, 5, &mut dice); 2]);
    assert_eq!(circuit.assign(&steps, CHALLENGES), Err(NoSlot(Kind::ALL.len() + 1)));
    assert_eq!(circuit.assign(&[step(Op::CallIndirect, false, 0, 0, &mut dice)], CHALLENGES), Err(NoSlot(0)));
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
        let used = ops(kind).into_iter().flat_map(|op| [(op, false), (op, true)]).map(Some);
        for case in used.chain([None]) {
            let step = case.map(|(op, immediate)| {
                let immediate = immediate && has_second(op);
                let [a, b] = [(); 2].map(|()| EDGES[index(&mut dice, EDGES.len())]);
                let width = |n: u64| if narrow(op) { n & 0xffff_ffff } else { n };
                step(op, immediate, width(a), width(b), &mut dice)
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

fn index(dice: &mut ChaCha8Rng, end: usize) -> usize {
    usize::try_from(dice.next_u32()).unwrap() % end
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
    let size = |capacity| StepCircuit::new(capacity).shape().num_cons();
    // What every chunk has once: tables and powers of alpha.
    let nothing = size(Capacity::new());
    assert_eq!(nothing, 8392);
    for kind in Kind::ALL {
        assert_eq!(size(one(kind)) - nothing, kind.rows(), "{kind:?}");
    }
}
