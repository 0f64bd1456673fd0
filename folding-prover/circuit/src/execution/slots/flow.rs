//! Where a run goes on: branches without a condition, calls of known functions, returns.

use nectar_commitment::Fr;
use nectar_vm::Op;

use super::{first, unused};
use crate::builder::Builder;
use crate::execution::access::{LINKS, link};
use crate::execution::bus::Bus;
use crate::execution::number::{low_bits, two_to_the};
use crate::execution::range;
use crate::execution::step::{Core, Step};
use crate::lc::Lc;

/// Bits of where a frame may begin: no address of a register or link reaches another space.
pub(crate) const FRAME_BITS: u32 = 20;

/// `Nop`, `Br`.
pub(crate) fn go<B: Builder>(b: &mut B, bus: &mut Bus, step: Option<&Step>) {
    let used = b.boolean(step.is_some());
    let step = step.copied().unwrap_or_else(unused);
    let branches = b.boolean(step.row.op == Op::Br);
    let number = used * Fr::from(Op::Nop as u64) + branches * Fr::from(Op::Br as u64 - Op::Nop as u64);
    let core = Core::new(b, bus, used.into(), (number, Lc::default()), &step);
    // `d` is the target's distance plus 2^31.
    let distance = core.d - Lc::constant(two_to_the(31)) - Lc::one();
    let jump = b.product(branches.into(), distance);
    let target = core.pc + Lc::one() + jump;
    core.go_to(b, bus, target);
}

/// `BrTable`: `1 + min(A, imm)` rows further.
pub(crate) fn branch_table<B: Builder>(b: &mut B, bus: &mut Bus, step: Option<&Step>) {
    let used = b.boolean(step.is_some());
    let step = step.copied().unwrap_or_else(unused);
    let number = used * Fr::from(Op::BrTable as u64);
    let core = Core::new(b, bus, used.into(), (number, Lc::default()), &step);
    let index = first(b, bus, &core, &step);
    // It is the last row if `A - imm` is not negative, and row `A` if `imm - A` is not.
    let last = b.boolean(low_bits(&index.value) >= low_bits(&core.imm.value));
    let room = b.select(last.into(), index - core.imm, core.imm - index);
    range::bits(b, bus, room.into(), 64);
    let further = b.select(last.into(), core.imm.into(), index.into());
    let target = core.pc + Lc::one() + further;
    core.go_to(b, bus, target);
}

/// `Call`: the link of the new frame becomes (next row, this frame).
pub(crate) fn call<B: Builder>(b: &mut B, bus: &mut Bus, step: Option<&Step>) {
    let used = b.boolean(step.is_some());
    let step = step.copied().unwrap_or_else(unused);
    let core = Core::new(b, bus, used.into(), (used * Fr::from(Op::Call as u64), Lc::default()), &step);
    let target = core.pc + core.imm - Lc::constant(two_to_the(31));
    enter(b, bus, core, &step, 1, target);
}

/// Runs a function in a new frame, which begins at register `d` of this one.
pub(crate) fn enter<B: Builder>(b: &mut B, bus: &mut Bus, core: Core, step: &Step, order: u64, target: Lc) {
    let frame = core.fp + core.d;
    // From 1 to 2^20; in a slot that is not used the frame is 0.
    let limit = core.used.clone() * two_to_the(FRAME_BITS);
    range::bits(b, bus, limit - frame.clone(), FRAME_BITS);
    let place = core.cell(LINKS, frame.clone(), order);
    link(b, bus, &core.used, place, step.link, Some([core.next_row(bus), core.frame()]));
    let state = [bus.weigh(b, 1, target), bus.weigh(b, 2, frame)];
    core.send(b, bus, state);
}

/// `Return`: to what the link of the frame says. That of the outermost frame says row 0, which is no row of any program.
pub(crate) fn leave<B: Builder>(b: &mut B, bus: &mut Bus, step: Option<&Step>) {
    let used = b.boolean(step.is_some());
    let step = step.copied().unwrap_or_else(unused);
    let number = used * Fr::from(Op::Return as u64);
    let core = Core::new(b, bus, used.into(), (number, Lc::default()), &step);
    let place = core.cell(LINKS, core.fp.into(), 1);
    let back = link(b, bus, &core.used, place, step.link, None);
    core.send(b, bus, back);
}
