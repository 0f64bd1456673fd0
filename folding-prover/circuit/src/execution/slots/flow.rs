//! Where a run goes on: branches without a condition, calls, returns.

use nectar_commitment::Fr;
use nectar_vm::Op;

use super::unused;
use crate::builder::Builder;
use crate::execution::access::{LINKS, link};
use crate::execution::bus::Bus;
use crate::execution::number::two_to_the;
use crate::execution::range;
use crate::execution::step::{Core, Step};
use crate::lc::Lc;

/// Bits of where a frame may begin: no address of a register or link reaches another space.
const FRAME_BITS: u32 = 20;

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

/// `Call`: the link of the new frame becomes (next row, this frame).
pub(crate) fn call<B: Builder>(b: &mut B, bus: &mut Bus, step: Option<&Step>) {
    let used = b.boolean(step.is_some());
    let step = step.copied().unwrap_or_else(unused);
    let core = Core::new(b, bus, used.into(), (used * Fr::from(Op::Call as u64), Lc::default()), &step);
    let frame = core.fp + core.d;
    // From 1 to 2^20; in a slot that is not used the frame is 0.
    let limit = used * two_to_the(FRAME_BITS);
    range::bits(b, bus, limit - frame.clone(), FRAME_BITS);
    let place = core.cell(LINKS, frame.clone(), 1);
    link(b, bus, &core.used, place, step.link, Some([core.next_row(bus), core.frame()]));
    let target = core.pc + core.imm - Lc::constant(two_to_the(31));
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
