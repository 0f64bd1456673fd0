//! Whatever satisfies a slot's constraints is a step of the machine: every first-phase value is changed in turn, by several amounts, with all
//! that follows from it computed anew. What is then still satisfied must be a step all the same, judged by what it puts on the bus.

mod judge;

use ff::Field;
use nectar_commitment::Fr;
use nectar_vm::{Op, Row};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

use super::bus::{Bus, Tag};
use super::circuit::Slots;
use super::{Access, Capacity, Challenges, NoSlot, Step, StepCircuit, Write};
use crate::builder::{Builder, Filler, ShapeBuilder};
use crate::engine::Shape;
use crate::lc::{Column, Var};

use judge::{Log, Verdict, accesses, judge, narrow, reference};

const CHALLENGES: Challenges =
    Challenges { gamma: Fr::from_raw([11, 5, 7, 1]), alpha: Fr::from_raw([3, 9, 2, 6]) };

/// A circuit of one slot, for one kind of operations.
struct Kind {
    ops: &'static [Op],
    capacity: Capacity,
}

const NONE: Capacity = Capacity {
    copies: 0,
    sums: 0,
    products: 0,
    divisions: 0,
    bitwise: 0,
    shifts: 0,
    loads: 0,
    stores: 0,
    comparisons: 0,
    branches: 0,
};

const KINDS: [Kind; 10] = [
    Kind { ops: &[Op::Copy], capacity: Capacity { copies: 1, ..NONE } },
    Kind { ops: &[Op::Add32, Op::Add64, Op::Sub32, Op::Sub64], capacity: Capacity { sums: 1, ..NONE } },
    Kind { ops: &[Op::Mul32, Op::Mul64], capacity: Capacity { products: 1, ..NONE } },
    Kind {
        ops: &[Op::DivU, Op::RemU, Op::DivS32, Op::RemS32, Op::DivS64, Op::RemS64],
        capacity: Capacity { divisions: 1, ..NONE },
    },
    Kind { ops: &[Op::And, Op::Or, Op::Xor], capacity: Capacity { bitwise: 1, ..NONE } },
    Kind {
        ops: &[
            Op::Shl32,
            Op::Shl64,
            Op::ShrU32,
            Op::ShrU64,
            Op::ShrS32,
            Op::ShrS64,
            Op::Rotl32,
            Op::Rotl64,
            Op::Rotr32,
            Op::Rotr64,
        ],
        capacity: Capacity { shifts: 1, ..NONE },
    },
    Kind {
        ops: &[
            Op::Load8U,
            Op::Load16U,
            Op::Load32U,
            Op::Load64,
            Op::Load8S32,
            Op::Load16S32,
            Op::Load8S64,
            Op::Load16S64,
            Op::Load32S64,
        ],
        capacity: Capacity { loads: 1, ..NONE },
    },
    Kind {
        ops: &[Op::Store8, Op::Store16, Op::Store32, Op::Store64],
        capacity: Capacity { stores: 1, ..NONE },
    },
    Kind {
        ops: &[Op::Eq, Op::Ne, Op::LtU, Op::GeU, Op::LtS32, Op::GeS32, Op::LtS64, Op::GeS64],
        capacity: Capacity { comparisons: 1, ..NONE },
    },
    Kind {
        ops: &[Op::BrEq, Op::BrNe, Op::BrLtU, Op::BrGeU, Op::BrLtS32, Op::BrGeS32, Op::BrLtS64, Op::BrGeS64],
        capacity: Capacity { branches: 1, ..NONE },
    },
];

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
    let row = Row {
        op,
        immediate,
        cost: small(),
        d: u32::from(small()) + if op.branches() { (1 << 31) - 100 } else { 0 },
        a: small(),
        b: small(),
        imm: if accesses(op) {
            small().into()
        } else if immediate {
            b
        } else {
            dice.next_u64()
        },
    };
    let mut gap = || dice.next_u32() >> 8;
    let second = Access { value: if immediate { 0 } else { b }, gap: gap() };
    let first = Access { value: a, gap: gap() };
    let (run, time, pc) = (gap() >> 4, (gap() >> 3) + 1, gap() + 5);
    let d = Write { before: dice.next_u64(), gap: dice.next_u32() >> 8 };
    let words = [(); 2].map(|()| Access { value: dice.next_u64(), gap: dice.next_u32() >> 8 });
    let (fp, gas) = (dice.next_u32() >> 12, dice.next_u64() >> 20);
    Step { run, time, pc, fp, gas, row, a: first, b: second, d, words }
}

fn loads(op: Op) -> bool {
    (Op::Load8U..=Op::Load32S64).contains(&op)
}

/// No load has a second operand.
fn immediate(op: Op, dice: &mut ChaCha8Rng) -> bool {
    dice.next_u32().is_multiple_of(2) && !loads(op)
}

fn challenges() -> [Var; 2] {
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
    fn new(capacity: Capacity) -> Self {
        let mut builder = ShapeBuilder::default();
        let [gamma, alpha] = [0, 1].map(|i| Var { column: Some(Column::Input(i)), value: Fr::ZERO });
        let mut bus = Bus::new(&mut builder, gamma, alpha);
        Slots::sorted(capacity, &[]).unwrap().synthesize(&mut builder, &mut bus);
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
    for kind in &KINDS {
        let bare = Bare::new(kind.capacity);
        for op in kind.ops {
            let operands = EDGES.into_iter().filter(|n| !narrow(*op) || n >> 32 == 0);
            for (a, b) in operands.clone().flat_map(|a| operands.clone().map(move |b| (a, b))) {
                if !accesses(*op) && reference(*op, a, b).is_none() {
                    continue;
                }
                let step = step(*op, immediate(*op, &mut dice), a, b, &mut dice);
                let slots = Slots::sorted(kind.capacity, &[step]).unwrap();
                assert!(!bare.refuses(&slots, &[]), "{op:?} {a} {b}");
                assert_eq!(judge(&log(&slots, &[]).0), Ok(()), "{op:?} {a} {b}");
            }
        }
    }
}

#[test]
fn steps_of_all_kinds_fit_a_circuit_and_no_more_than_it_has_slots() {
    let mut dice = ChaCha8Rng::seed_from_u64(3);
    let two = 2;
    let capacity = Capacity {
        copies: two,
        sums: two,
        products: two,
        divisions: two,
        bitwise: two,
        shifts: two,
        loads: two,
        stores: two,
        comparisons: two,
        branches: two,
    };
    let circuit = StepCircuit::new(capacity);
    let mut steps: Vec<Step> =
        KINDS.iter().map(|kind| step(kind.ops[0], !loads(kind.ops[0]), 77, 5, &mut dice)).collect();
    let assigned = circuit.assign(&steps, CHALLENGES).unwrap();
    assert_eq!(circuit.violations(&assigned), []);
    // First-phase values are committed to before there are challenges.
    let before = circuit.assign(&steps, Challenges { gamma: Fr::ZERO, alpha: Fr::ZERO }).unwrap();
    assert_eq!(before.first, assigned.first);
    steps.extend([step(Op::Copy, true, 0, 5, &mut dice); 2]);
    assert_eq!(circuit.assign(&steps, CHALLENGES), Err(NoSlot(11)));
    assert_eq!(circuit.assign(&[step(Op::Return, true, 0, 0, &mut dice)], CHALLENGES), Err(NoSlot(0)));
}

#[test]
fn an_unused_slot_puts_nothing_on_the_bus() {
    for kind in &KINDS {
        let slots = Slots::sorted(kind.capacity, &[]).unwrap();
        assert!(!Bare::new(kind.capacity).refuses(&slots, &[]));
        let (log, _) = log(&slots, &[]);
        assert!(log.iter().all(|(tag, ..)| [Tag::Limb, Tag::And, Tag::Power].contains(tag)));
    }
}

#[test]
fn what_satisfies_a_slot_is_a_step_whatever_is_changed() {
    let mut dice = ChaCha8Rng::seed_from_u64(2);
    let (mut tried, mut refused) = (0, 0);
    for kind in &KINDS {
        let bare = Bare::new(kind.capacity);
        let used = kind.ops.iter().flat_map(|op| [(*op, false), (*op, true)]).map(Some);
        for case in used.chain([None]) {
            let step = case.map(|(op, immediate)| {
                let immediate = immediate && !loads(op);
                let [a, b] = [(); 2].map(|()| EDGES[index(&mut dice, EDGES.len())]);
                let width = |n: u64| if narrow(op) { n & 0xffff_ffff } else { n };
                step(op, immediate, width(a), width(b), &mut dice)
            });
            let slots = Slots::sorted(kind.capacity, step.as_slice()).unwrap();
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
fn changes(values: usize, dice: &mut ChaCha8Rng) -> Vec<Vec<(usize, Fr)>> {
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
fn sizes_of_slots_are_what_the_documents_say() {
    let size = |capacity| StepCircuit::new(capacity).shape().num_cons();
    let nothing = size(NONE);
    let sizes = KINDS.map(|kind| size(kind.capacity) - nothing);
    // Copy, sum, product, division, bitwise, shift, load, store, comparison, branch: rows. And what every chunk has once: tables and powers of alpha.
    assert_eq!((sizes, nothing), ([27, 46, 51, 104, 72, 90, 107, 135, 71, 67], 8265));
}
