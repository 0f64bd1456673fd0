//! The table of operations: which there are, with a constant as their second operand or without, and what their fields mean.

use std::sync::LazyLock;

use nectar_commitment::Fr;
use nectar_vm::Op;

use crate::builder::Builder;
use crate::execution::bus::{Bus, Tag, Tuple};
use crate::execution::counts::count;
use crate::execution::number::low_bits;
use crate::lc::{Lc, Var};

/// What a row's fields must be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Class {
    /// `d` is the distance of a target.
    pub(crate) branch: bool,
    /// `d` has 32 bits; else 16, as it is a register, where a frame begins, or nothing.
    pub(crate) wide: bool,
    /// `imm` names a register or a global: 16 bits.
    pub(crate) name: bool,
    /// `imm` has 32 bits: an offset, or a constant for an operation of 32 bits.
    pub(crate) narrow: bool,
    /// `imm` is the distance of a target.
    pub(crate) call: bool,
    /// `imm` and one rows follow, to go on at.
    pub(crate) table: bool,
    /// `imm` is a trap's number.
    pub(crate) trap: bool,
}

/// How many there are.
pub(crate) const CLASSES: usize = 7;

impl Class {
    pub(crate) fn bits(self) -> [bool; CLASSES] {
        let Self { branch, wide, name, narrow, call, table, trap } = self;
        [branch, wide, name, narrow, call, table, trap]
    }
}

/// Operation and flag as the low 9 bits of a row, and what that means; in order. What is missing is in no row that can be opened:
/// `Unprovable`, on which no run ends or goes on, and constants where there is no second operand.
pub(crate) static OPERATIONS: LazyLock<Vec<(u64, Class)>> = LazyLock::new(|| {
    let heads =
        [false, true].into_iter().flat_map(|immediate| Op::ALL.iter().map(move |op| (*op, immediate)));
    heads
        .filter_map(|(op, immediate)| Some((op as u64 | u64::from(immediate) << 8, class(op, immediate)?)))
        .collect()
});

fn class(op: Op, immediate: bool) -> Option<Class> {
    use Op::{
        Add32, BrGeS32, BrLtS32, BrTable, Call, DivS32, GeS32, GlobalGet, GlobalSet, LtS32, Mul32, RemS32,
        Rotl32, Rotr32, Select, Shl32, ShrS32, ShrU32, Sub32, Trap, Unprovable,
    };
    if op == Unprovable || (immediate && !has_second(op)) {
        return None;
    }
    let arithmetic = matches!(op, Add32 | Sub32 | Mul32 | DivS32 | RemS32);
    let bits = matches!(op, Shl32 | ShrU32 | ShrS32 | Rotl32 | Rotr32);
    let compared = matches!(op, LtS32 | GeS32 | BrLtS32 | BrGeS32);
    let accesses = (Op::Load8U..=Op::Store64).contains(&op);
    Some(Class {
        branch: op.branches(),
        wide: op.branches() || (stores(op) && immediate),
        name: matches!(op, Select | GlobalGet | GlobalSet),
        narrow: accesses || (immediate && (arithmetic || bits || compared)),
        call: op == Call,
        table: op == BrTable,
        trap: op == Trap,
    })
}

fn stores(op: Op) -> bool {
    (Op::Store8..=Op::Store64).contains(&op)
}

/// Whether the operation has a second operand that may be a constant.
fn has_second(op: Op) -> bool {
    let computes = (Op::Add32..=Op::Rotr64).contains(&op) || (Op::Eq..=Op::GeS64).contains(&op);
    op == Op::Copy || computes || (Op::BrEq..=Op::BrGeS64).contains(&op) || stores(op)
}

/// Requires that there is this operation, with this flag (`op + 2^8 immediate`), and gives its class: bits.
pub(crate) fn operation<B: Builder>(b: &mut B, bus: &mut Bus, head: Var) -> [Var; CLASSES] {
    let place = OPERATIONS.binary_search_by_key(&low_bits(&head.value), |(head, _)| *head).ok();
    let class = place.and_then(|place| OPERATIONS.get(place)).map(|(_, class)| *class).unwrap_or_default();
    if let Some(place) = place {
        count(&mut bus.counts.operations, place as u64);
    }
    let class = class.bits().map(|bit| b.alloc(Fr::from(u64::from(bit))));
    let fields = (1..).zip(class).map(|(power, bit)| bus.weigh(b, power, bit)).collect();
    bus.receive(b, Lc::one(), Tuple { tag: Tag::Operation, first: head.into(), fields });
    class
}

/// Sends the table, each entry as often as it was looked up.
pub(crate) fn send_operations<B: Builder>(b: &mut B, bus: &mut Bus, counts: &[u64]) {
    for ((head, class), count) in OPERATIONS.iter().zip(counts) {
        let count = b.alloc(Fr::from(*count));
        let fields =
            (1..).zip(class.bits()).map(|(power, bit)| bus.constant(power, Fr::from(u64::from(bit))));
        let fields = fields.collect();
        bus.send(
            b,
            count.into(),
            Tuple { tag: Tag::Operation, first: Lc::constant(Fr::from(*head)), fields },
        );
    }
}
