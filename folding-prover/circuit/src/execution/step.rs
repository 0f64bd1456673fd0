use std::fmt;

use nectar_commitment::Fr;
use nectar_vm::{Row, Trap};

use super::access::{Access, CLOCK, Link, MEMORY, Write, moment};
use super::bus::{Bus, Tag, Tuple, Weighed};
use crate::builder::Builder;
use crate::lc::{Lc, Var};

/// One executed row, with what its slot needs to know.
#[derive(Clone, Copy)]
pub struct Step {
    /// The run, below 2^20.
    pub run: u32,
    /// Steps of the run before this one, plus one.
    pub time: u32,
    /// Place of the row in the space of all programs' rows.
    pub pc: u64,
    /// Where the frame begins.
    pub fp: u32,
    /// Gas before the step.
    pub gas: u64,
    /// The row, with branch targets relative to it ([`Row::relative`]).
    pub row: Row,
    /// The first operand.
    pub a: Access,
    /// The second operand.
    pub b: Access,
    /// The destination.
    pub d: Write,
    /// The one or two words of memory that are loaded from or stored to.
    pub words: [Access; 2],
    /// What `Select` depends on.
    pub condition: Access,
    /// The link that a call writes or a return reads.
    pub link: Link,
    /// The special cell that is read or written: of pages for `MemorySize`, `MemoryGrow` and accesses out of bounds, of words for
    /// `Emit` and `Advise`, of the program for `CallIndirect`.
    pub special: Access,
    /// The word that `Advise` is given.
    pub advised: u64,
    /// The element that `CallIndirect` looks up.
    pub element: Element,
    /// How often cells are made in the pages that `MemoryGrow` brings.
    pub growths: u64,
    /// Whether gas suffices for a `Charge` itself, if not for what it charges.
    pub charges: bool,
    /// The trap that the step ends in.
    pub trap: Option<Trap>,
}

/// Places, without values.
impl fmt::Debug for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { run, time, pc, fp, row, trap, .. } = self;
        let mut step = f.debug_struct("Step");
        step.field("run", run).field("time", time).field("pc", pc).field("fp", fp);
        step.field("row", row).field("trap", trap).finish_non_exhaustive()
    }
}

/// An element of the table.
#[derive(Debug, Clone, Copy, Default)]
pub struct Element {
    /// The function's first row, in the space of all programs' rows; 0 if the element is empty.
    pub place: u64,
    /// Number of its type.
    pub ty: u32,
}

/// What all steps share: where the run stands, and the row that is there.
pub(crate) struct Core {
    /// 1, or 0 in a slot that is not used.
    pub(crate) used: Lc,
    /// `2^34 run + 2^57 time`: the parts of a cell's tuple that the step fixes. Never taken apart.
    pub(crate) clock: Var,
    pub(crate) pc: Var,
    pub(crate) fp: Var,
    pub(crate) d: Var,
    pub(crate) a: Var,
    pub(crate) b: Var,
    pub(crate) imm: Var,
    pub(crate) cost: Var,
    weighed_pc: Weighed,
    weighed_fp: Weighed,
    weighed_gas: Weighed,
    weighed_cost: Weighed,
}

impl Core {
    /// Receives the state and the row. `op` is the operation's number as the slot's selectors have it, `immediate` whether the row says so.
    pub(crate) fn new<B: Builder>(
        b: &mut B,
        bus: &mut Bus,
        used: Lc,
        (op, immediate): (Lc, Lc),
        step: &Step,
    ) -> Self {
        let number = |b: &mut B, n: u64| b.alloc(Fr::from(n));
        let time = Fr::from(u64::from(step.time)) * *CLOCK;
        let clock = b.alloc(Fr::from(u64::from(step.run) << 34) + time);
        let [pc, fp, gas] = [step.pc, step.fp.into(), step.gas].map(|n| number(b, n));
        let Row { cost, d, a, b: second, imm, .. } = step.row;
        let [cost, d, a, second, imm] =
            [cost.into(), d.into(), a.into(), second.into(), imm].map(|n| number(b, n));

        let weighed_pc = bus.weigh(b, 1, pc);
        let weighed_fp = bus.weigh(b, 2, fp);
        let weighed_gas = bus.weigh(b, 3, gas);
        let state = [&weighed_pc, &weighed_fp, &weighed_gas].map(Weighed::clone).to_vec();
        bus.receive(b, used.clone(), Tuple { tag: Tag::State, first: clock.into(), fields: state });

        let head = bus.weigh(b, 2, op + immediate * Fr::from(1 << 8));
        let weighed_cost = bus.weigh(b, 3, cost);
        let mut row = vec![weighed_pc.clone(), head, weighed_cost.clone()];
        row.extend([d, a, second, imm].into_iter().zip(4..).map(|(field, power)| bus.weigh(b, power, field)));
        bus.receive(b, used.clone(), Tuple { tag: Tag::Row, first: Lc::default(), fields: row });
        Self {
            used,
            clock,
            pc,
            fp,
            d,
            a,
            b: second,
            imm,
            cost,
            weighed_pc,
            weighed_fp,
            weighed_gas,
            weighed_cost,
        }
    }

    /// The place of the next row.
    pub(crate) fn next_row(&self, bus: &Bus) -> Weighed {
        bus.shift(&self.weighed_pc, Fr::one())
    }

    /// Where the frame begins.
    pub(crate) fn frame(&self) -> Weighed {
        self.weighed_fp.clone()
    }

    /// The same step, for more gas.
    #[must_use]
    pub(crate) fn costs(self, more: &Weighed) -> Self {
        Self { weighed_cost: self.weighed_cost.plus(more), ..self }
    }

    /// Goes on at the next row.
    pub(crate) fn next<B: Builder>(self, b: &mut B, bus: &mut Bus) {
        let state = [self.next_row(bus), self.frame()];
        self.send(b, bus, state);
    }

    /// Goes on at another row.
    pub(crate) fn go_to<B: Builder>(self, b: &mut B, bus: &mut Bus, pc: Lc) {
        let state = [bus.weigh(b, 1, pc), self.frame()];
        self.send(b, bus, state);
    }

    /// Goes on at a row in a frame.
    pub(crate) fn send<B: Builder>(self, b: &mut B, bus: &mut Bus, [pc, fp]: [Weighed; 2]) {
        let first = self.clock + Lc::constant(*CLOCK);
        let fields = vec![pc, fp, self.weighed_gas.plus(&self.weighed_cost)];
        bus.send(b, self.used, Tuple { tag: Tag::State, first, fields });
    }

    /// Ends the run in a trap: in program 0, where no row is.
    pub(crate) fn trap<B: Builder>(self, b: &mut B, bus: &mut Bus, trap: Lc) {
        let state = [bus.weigh(b, 1, trap + Lc::one()), bus.constant(2, Fr::zero())];
        self.send(b, bus, state);
    }

    /// Ends the run out of gas: for want of `price`, after `spent` of the step's own.
    pub(crate) fn out_of_gas<B: Builder>(self, b: &mut B, bus: &mut Bus, price: Var, spent: Var) {
        let place = bus.constant(1, Fr::from(1 + Trap::OutOfGas as u64));
        let state = [place, bus.weigh(b, 2, price)];
        let weighed_cost = bus.weigh(b, 3, spent);
        Self { weighed_cost, ..self }.send(b, bus, state);
    }

    /// Register `r` of this step's frame, for access number `order` of the step: 1 to 7.
    pub(crate) fn register(&self, r: Var, order: u64) -> Lc {
        self.cell(0, self.fp + r, order)
    }

    /// A word of memory.
    pub(crate) fn word(&self, number: Lc, order: u64) -> Lc {
        self.cell(MEMORY, number, order)
    }

    /// A cell of a space.
    pub(crate) fn cell(&self, space: u64, index: Lc, order: u64) -> Lc {
        self.clock + index + Lc::constant(moment(order) + Fr::from(space))
    }
}
