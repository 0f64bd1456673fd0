//! Calls by way of the table, and calls that trap.

use nectar_commitment::Fr;
use nectar_vm::{Op, Trap};

use super::flow::{FRAME_BITS, enter};
use super::{first, first_if, one_of, unused};
use crate::builder::Builder;
use crate::execution::access::{PROGRAM, exchange};
use crate::execution::bus::{Bus, Tag, Tuple};
use crate::execution::number::two_to_the;
use crate::execution::range;
use crate::execution::step::{Core, Step};
use crate::lc::{Lc, Var};

/// Bits of a program's number, which has 20.
const PROGRAM_BITS: u32 = 24;
/// Bits of a number of elements, which has 32, and of where a frame would begin.
const ELEMENT_BITS: u32 = 36;

/// `CallIndirect`, of an element that is there and has the type.
pub(crate) fn call_indirect<B: Builder>(b: &mut B, bus: &mut Bus, step: Option<&Step>) {
    let used = b.boolean(step.is_some());
    let step = step.copied().unwrap_or_else(unused);
    let number = used * Fr::from(Op::CallIndirect as u64);
    let core = Core::new(b, bus, used.into(), (number, Lc::default()), &step);
    let index = first(b, bus, &core, &step);
    let table = Table::read(b, bus, &core, &core.used, &step);
    range::bits(b, bus, table.elements - index - used, ELEMENT_BITS);
    // The type is the row's, and the place no empty element's.
    let place = b.alloc(Fr::from(step.element.place));
    table.element(b, bus, &core.used, index, [place, core.imm]);
    b.nonzero_if(used.into(), place.into());
    enter(b, bus, core, &step, 3, place.into());
}

/// A call that traps. `CallIndirect` does if there is no such element, if it is empty, or of another type; else, as `Call` does, if the frame
/// is beyond the stack.
pub(crate) fn trap_call<B: Builder>(b: &mut B, bus: &mut Bus, step: Option<&Step>) {
    let which = step.map(|step| match (step.row.op, step.trap) {
        (Op::CallIndirect, Some(Trap::TableOutOfBounds)) => 1,
        (Op::CallIndirect, Some(Trap::IndirectCallToNull)) => 2,
        (Op::CallIndirect, Some(Trap::BadSignature)) => 3,
        (Op::CallIndirect, _) => 4,
        _ => 0,
    });
    let [direct, missing, empty, other, deep] = one_of(b, which);
    let step = step.copied().unwrap_or_else(unused);
    let found = empty + other + deep;
    let indirect = missing + found.clone();
    let [call, call_indirect] = [Op::Call, Op::CallIndirect].map(|op| Fr::from(op as u64));
    let number = direct * call + indirect.clone() * call_indirect;
    let core = Core::new(b, bus, direct + indirect.clone(), (number, Lc::default()), &step);
    let index = first_if(b, bus, &core, &indirect, &step);
    let table = Table::read(b, bus, &core, &indirect, &step);
    // If it is missing, `index - elements` is not negative; if it is found, `elements - index - 1` is not.
    let room = b.product(found.clone() - missing, table.elements - index);
    range::bits(b, bus, room - found.clone(), 64);

    let [place, ty] = [step.element.place, step.element.ty.into()].map(|n| b.alloc(Fr::from(n)));
    table.element(b, bus, &found, index, [place, ty]);
    b.zero_if(empty.into(), || place.into());
    b.nonzero_if(other + deep, place.into());
    b.nonzero_if(other.into(), ty - core.imm);
    b.zero_if(deep.into(), || ty - core.imm);
    let beyond = core.fp + core.d - Lc::constant(two_to_the(FRAME_BITS)) - Lc::one();
    let beyond = b.product(direct + deep, beyond);
    range::bits(b, bus, beyond.into(), ELEMENT_BITS);

    let trap = [
        (missing.into(), Trap::TableOutOfBounds),
        (empty.into(), Trap::IndirectCallToNull),
        (other.into(), Trap::BadSignature),
        (direct + deep, Trap::StackOverflow),
    ];
    core.trap(b, bus, trap.into_iter().map(|(is, trap): (Lc, _)| is * Fr::from(trap as u64)).sum());
}

/// What the special cell of the program holds: `program + 2^32 elements`, in one way only.
struct Table {
    program: Var,
    elements: Var,
}

impl Table {
    fn read<B: Builder>(b: &mut B, bus: &mut Bus, core: &Core, m: &Lc, step: &Step) -> Self {
        let held = step.special.value;
        let program = b.alloc(Fr::from(held & 0xffff_ffff));
        let elements = b.alloc(Fr::from(held >> 32));
        range::bits(b, bus, program.into(), PROGRAM_BITS);
        range::bits(b, bus, elements.into(), ELEMENT_BITS);
        let held = program + elements * two_to_the(32);
        let place = core.cell(PROGRAM, Lc::default(), 2);
        exchange(b, bus, m, place, step.special.gap, [held.clone(), held]);
        Self { program, elements }
    }

    /// Receives an element, whose place and type are ranged by who sends it.
    fn element<B: Builder>(&self, b: &mut B, bus: &mut Bus, m: &Lc, index: Var, [place, ty]: [Var; 2]) {
        let fields = vec![bus.weigh(b, 1, self.program), bus.weigh(b, 2, place), bus.weigh(b, 3, ty)];
        bus.receive(b, m.clone(), Tuple { tag: Tag::Element, first: index.into(), fields });
    }
}
