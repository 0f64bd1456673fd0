use nectar_commitment::Fr;
use nectar_vm::{Op, Row};

use super::{PLACE_BITS, Tree, fact, leaf, operation, ranged};
use crate::builder::Builder;
use crate::execution::bus::{Bus, Tag, Tuple};
use crate::execution::number::{low_bits, two_to_the};
use crate::execution::range;
use crate::lc::{Lc, Var};

/// Bits of what names a register or a global.
const NAME_BITS: u32 = 16;
/// Traps that there are: numbers of others mean the first.
const TRAPS: u64 = 11;

/// A row to be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Opened {
    /// Number of the program.
    pub(crate) program: u32,
    /// Number of the row.
    pub(crate) number: u32,
    /// As it is committed to ([`Row::relative`]).
    pub(crate) row: Row,
    /// How often it is received.
    pub(crate) times: u64,
}

/// The fields of a row, ranged as wide as they are packed: a leaf has one row.
struct Fields {
    head: Var,
    cost: Var,
    d: Var,
    a: Var,
    b: Var,
    imm: Var,
    /// The bits of `d` from 16 on.
    high: Var,
    /// Bits 16 to 31 of `imm`.
    middle: Var,
    /// Its bits from 32 on.
    top: Var,
}

impl Fields {
    fn alloc<B: Builder>(b: &mut B, bus: &mut Bus, row: &Row) -> Self {
        let head = b.alloc(Fr::from(row.op as u64 | u64::from(row.immediate) << 8));
        let [cost, a, second] = [row.cost, row.a, row.b].map(|field| ranged(b, bus, field.into(), NAME_BITS));
        let d = b.alloc(Fr::from(u64::from(row.d)));
        let high = ranged(b, bus, (row.d >> NAME_BITS).into(), NAME_BITS);
        range::bits(b, bus, d - high * two_to_the(NAME_BITS), NAME_BITS);
        let imm = b.alloc(Fr::from(row.imm));
        let middle = ranged(b, bus, row.imm >> NAME_BITS & 0xffff, NAME_BITS);
        let top = ranged(b, bus, row.imm >> 32, 32);
        range::bits(b, bus, imm - middle * two_to_the(NAME_BITS) - top * two_to_the(32), NAME_BITS);
        Self { head, cost, d, a, b: second, imm, high, middle, top }
    }

    /// As [`Row::pack`].
    fn packed(&self) -> Lc {
        let places = [(self.cost, 16), (self.d, 32), (self.a, 64), (self.b, 80), (self.imm, 96)];
        places.into_iter().fold(self.head.into(), |sum: Lc, (field, bit)| sum + field * two_to_the(bit))
    }
}

/// Receives a leaf of a program's first tree, and sends it as a row.
///
/// A row that breaks a rule has no values here: it can be in a program, and no run goes over it. No lowering makes one. So slots of steps may
/// take for granted what they add to addresses and places.
pub(crate) fn row<B: Builder>(b: &mut B, bus: &mut Bus, opened: Option<&Opened>) {
    let used = Lc::from(b.boolean(opened.is_some()));
    let nothing = Opened { program: 0, number: 0, row: Row::new(Op::Trap), times: 0 };
    let opened = opened.copied().unwrap_or(nothing);
    let program = ranged(b, bus, opened.program.into(), PLACE_BITS);
    let number = b.alloc(Fr::from(u64::from(opened.number)));
    // From -1 to 2^24 - 2, so that the next row is the same program's. -1 would be an inner node: no row has as many bits.
    range::bits(b, bus, Lc::constant(two_to_the(PLACE_BITS) - Fr::from(2)) - number, PLACE_BITS);
    let fields = Fields::alloc(b, bus, &opened.row);
    let tree = Tree::Rows.weighed(b, bus, &program.into());
    leaf(b, bus, &used, tree, &number.into(), fields.packed());
    rules(b, bus, &fields, number);

    let pc = bus.weigh(b, 1, program * two_to_the(PLACE_BITS) + number);
    let rest = [fields.head, fields.cost, fields.d, fields.a, fields.b, fields.imm];
    let fields = std::iter::once(pc).chain((2..).zip(rest).map(|(power, field)| bus.weigh(b, power, field)));
    let fields = fields.collect();
    fact(b, bus, &used, opened.times, Tuple { tag: Tag::Row, first: Lc::default(), fields });
}

/// There is such an operation, numbers are as small as what they name has numbers, and targets are in the program.
fn rules<B: Builder>(b: &mut B, bus: &mut Bus, fields: &Fields, number: Var) {
    let [branch, wide, name, narrow, call, table, trap] = operation(b, bus, fields.head);
    b.zero_if(fields.high.into(), || Lc::one() - wide);
    // Both are ranged, so both are zero if their sum is.
    b.zero_if(name.into(), || fields.middle + fields.top);
    b.zero_if(narrow.into(), || fields.top.into());

    // Distances are written with 2^31 more. A trap's number is below 11 if it is below 2^24 with 2^24 - 11 added.
    let half = two_to_the(31);
    let traps = two_to_the(PLACE_BITS) - Fr::from(TRAPS);
    let (from, to) = (number.value, fields.imm.value);
    let target = [
        (branch, from + fields.d.value - half),
        (call, from + to - half),
        (table, from + to + Fr::one()),
        (trap, to + traps),
    ];
    let target = target.into_iter().map(|(is, target)| is.value * target).sum::<Fr>();
    let target = ranged(b, bus, low_bits(&target), PLACE_BITS);
    b.enforce(|| (branch.into(), number + fields.d - target, branch * half));
    b.enforce(|| (call + table, number + fields.imm - target, call * half - table));
    b.zero_if(trap.into(), || fields.imm + Lc::constant(traps) - target);
}
