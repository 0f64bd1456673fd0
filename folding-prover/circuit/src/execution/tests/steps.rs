//! Steps as a run can have them, with values at edges.

use nectar_vm::{Op, Row, Trap};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::RngCore;

use super::judge::{accesses, bytes, has_second, narrow};
use crate::execution::step::Element;
use crate::execution::{Access, Kind, Link, Step, Write};

pub(super) const EDGES: [u64; 15] = [
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

/// Highest cell at which a frame may begin.
const STACK: u32 = 1 << 20;

/// A slot's kind, the operation that it does, and how it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Case {
    pub(super) kind: Kind,
    pub(super) op: Op,
    pub(super) trap: Option<Trap>,
}

impl Case {
    /// In a slot that is made for it.
    pub(super) fn of(op: Op, trap: Option<Trap>) -> Self {
        Self { kind: Kind::of(&Row::new(op), 0, trap).unwrap_or(Kind::Go), op, trap }
    }
}

/// No trap, and all traps.
pub(super) fn outcomes() -> impl Iterator<Item = Option<Trap>> {
    std::iter::once(None).chain((0..).map_while(Trap::from_number).map(Some))
}

/// What slots of a kind do: what they are for, and what others do for less.
pub(super) fn cases(kind: Kind) -> Vec<Case> {
    let all = Op::ALL.iter().flat_map(|op| outcomes().map(move |trap| Case { kind, op: *op, trap }));
    let does = |Case { op, trap, .. }: &Case| {
        let kinds = [0, 1].into_iter().filter_map(|at| Kind::of(&Row::new(*op), at, *trap));
        kinds.flat_map(|kind| [Some(kind), kind.wider()]).any(|does| does == Some(kind))
    };
    all.filter(does).collect()
}

pub(super) fn index(dice: &mut ChaCha8Rng, end: usize) -> usize {
    usize::try_from(dice.next_u32()).unwrap() % end
}

pub(super) fn immediate(op: Op, dice: &mut ChaCha8Rng) -> bool {
    dice.next_u32().is_multiple_of(2) && has_second(op)
}

/// A step of these operands, as far as it can have them.
pub(super) fn step(case: Case, immediate: bool, a: u64, b: u64, dice: &mut ChaCha8Rng) -> Step {
    let Case { kind, op, trap } = case;
    let (a, b) = operands(case, a, b);
    let mut below = |bits: u32| dice.next_u32() >> (32 - bits);
    let mut access = |value: u64| Access { value, gap: below(24) };
    let [first, second, condition] =
        [a, if immediate { 0 } else { b }, if b & 1 == 0 { 0 } else { a }].map(&mut access);
    let words = [(); 2].map(|()| access(EDGES[9] ^ a.rotate_left(17) ^ b));
    let special = access(0);
    let link = Link { pc: below(30).into(), fp: below(20), gap: below(24) };
    let mut step = Step {
        run: below(20),
        time: below(21) + 1,
        pc: (u64::from(below(20)) << 24) + (1 << 24) + u64::from(below(24)),
        fp: below(19),
        gas: below(31).into(),
        row: Row::new(op),
        a: first,
        b: second,
        d: Write { before: a ^ b, gap: below(24) },
        words,
        condition,
        link,
        special,
        advised: b,
        element: Element::default(),
        growths: 0,
        charges: b & 1 == 1,
        trap,
    };
    step.row = row(op, immediate, b, dice);
    match op {
        Op::Trap => step.row.imm = trap_number(trap, dice),
        Op::Call | Op::CallIndirect => arrange_call(&mut step, dice),
        Op::MemorySize | Op::MemoryGrow => arrange_pages(&mut step, dice),
        Op::Emit | Op::Advise => step.special.value = u64::from(step.run) << 32 | u64::from(dice.next_u32()),
        op if accesses(op) => {
            let past = (a + step.row.imm) % u64::try_from(bytes(op)).unwrap();
            step.row.imm -= if matches!(kind, Kind::LoadWord | Kind::StoreWord) { past } else { 0 };
            arrange_bounds(&mut step, dice);
        }
        _ => {}
    }
    step
}

/// Operands that trap, or do not.
fn operands(Case { op, trap, .. }: Case, a: u64, b: u64) -> (u64, u64) {
    let least = if narrow(op) { 1 << 31 } else { 1 << 63 };
    match trap {
        Some(Trap::DivisionByZero) => (a, 0),
        Some(Trap::IntegerOverflow) => (least, 2 * (least - 1) + 1),
        None if (Op::DivU..=Op::RemS64).contains(&op) => {
            let overflows = matches!(op, Op::DivS32 | Op::DivS64) && (a, b) == (least, 2 * (least - 1) + 1);
            (a, if b == 0 || overflows { 5 } else { b })
        }
        // The table has less than 2^32 elements.
        None if op == Op::CallIndirect => (a & 0x7fff_fffe, b),
        Some(Trap::IndirectCallToNull | Trap::BadSignature | Trap::StackOverflow) => (a & 0x7fff_fffe, b),
        _ => (a, b),
    }
}

fn row(op: Op, immediate: bool, b: u64, dice: &mut ChaCha8Rng) -> Row {
    let mut small = || u16::try_from(dice.next_u32() % 60_000).unwrap();
    let near = (1u32 << 31) - 100;
    Row {
        op,
        immediate,
        cost: small(),
        d: u32::from(small()) + if op.branches() { near } else { 1 },
        a: small(),
        b: small(),
        imm: match op {
            Op::Call => (near + u32::from(small())).into(),
            Op::Select | Op::GlobalGet | Op::GlobalSet | Op::CallIndirect => small().into(),
            Op::BrTable => b & 0xffff_ffff,
            op if accesses(op) => u64::from(small()) + 8,
            _ if immediate => b,
            _ => dice.next_u64(),
        },
    }
}

/// The number of a trap; of the first one, or greater than any.
fn trap_number(trap: Option<Trap>, dice: &mut ChaCha8Rng) -> u64 {
    let none = [11, 12, 1 << 12, 1 << 24, u64::MAX];
    match trap {
        Some(Trap::Unreachable) if dice.next_u32().is_multiple_of(2) => none[index(dice, none.len())],
        Some(Trap::OutOfGas) | None => 0,
        Some(trap) => trap as u64,
    }
}

/// The first or the last of a range, or one between.
fn within(from: u64, to: u64, dice: &mut ChaCha8Rng) -> u64 {
    match dice.next_u32() % 3 {
        0 => from,
        1 => to,
        _ => from + dice.next_u64() % (to - from + 1),
    }
}

fn arrange_call(step: &mut Step, dice: &mut ChaCha8Rng) {
    let room = u64::from(STACK - step.fp);
    let deep = step.trap == Some(Trap::StackOverflow);
    let frame = if deep { within(room + 1, u32::MAX.into(), dice) } else { within(1, room, dice) };
    step.row.d = u32::try_from(frame).unwrap();
    let program = u64::from(dice.next_u32() >> 12).max(1);
    let elements = match step.trap {
        Some(Trap::TableOutOfBounds) => within(0, step.a.value.min(u32::MAX.into()), dice),
        _ => within((step.a.value & 0x7fff_ffff) + 1, u32::MAX.into(), dice),
    };
    step.special.value = program | elements << 32;
    let ty = u32::try_from(step.row.imm & 0xffff).unwrap();
    step.element = match step.trap {
        Some(Trap::IndirectCallToNull) => {
            Element { place: 0, ty: if dice.next_u32() & 1 == 0 { 0 } else { ty } }
        }
        Some(Trap::BadSignature) => {
            Element { place: program << 24 | 7, ty: ty ^ (1 << (dice.next_u32() % 32)) }
        }
        _ => Element { place: program << 24 | u64::from(dice.next_u32() >> 8), ty },
    };
}

fn arrange_pages(step: &mut Step, dice: &mut ChaCha8Rng) {
    let asked = step.a.value.min(600);
    let now = within(0, 512, dice);
    let maximum = match dice.next_u32() % 5 {
        0 => now,
        1 => now + asked,
        2 => (now + asked).saturating_sub(1).max(now),
        3 => 512,
        _ => u32::MAX.into(),
    };
    step.special.value = now | maximum << 32;
    let grows = step.row.op == Op::MemoryGrow
        && u128::from(step.a.value) + u128::from(now) <= maximum.min(512).into();
    step.growths = if grows { within(0, 9, dice) } else { 0 };
}

fn arrange_bounds(step: &mut Step, dice: &mut ChaCha8Rng) {
    let last = step.a.value + step.row.imm + u64::try_from(bytes(step.row.op)).unwrap() - 1;
    // As many pages as have the last byte, or one less.
    let enough = (last >> 16) + 1;
    let pages = if step.trap.is_some() { within(0, (enough - 1).min(512), dice) } else { enough.min(4095) };
    step.special.value = pages | 512 << 32;
}
