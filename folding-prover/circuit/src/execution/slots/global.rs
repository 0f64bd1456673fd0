use nectar_commitment::Fr;
use nectar_vm::Op;

use super::unused;
use crate::builder::Builder;
use crate::execution::access::{GLOBALS, read, write};
use crate::execution::bus::Bus;
use crate::execution::step::{Core, Step};
use crate::lc::Lc;

/// `GlobalGet`, `GlobalSet`: copies between a register and a cell of another space.
pub(crate) fn global<B: Builder>(b: &mut B, bus: &mut Bus, step: Option<&Step>) {
    let used = b.boolean(step.is_some());
    let step = step.copied().unwrap_or_else(unused);
    let sets = b.boolean(step.row.op == Op::GlobalSet);
    let number = used * Fr::from(Op::GlobalGet as u64) + sets;
    let core = Core::new(b, bus, used.into(), (number, Lc::default()), &step);
    let from = b.select(sets.into(), core.register(core.a, 1), core.cell(GLOBALS, core.imm.into(), 1));
    let value = read(b, bus, &core.used, from.into(), step.a);
    let to = b.select(sets.into(), core.cell(GLOBALS, core.imm.into(), 2), core.register(core.d, 2));
    write(b, bus, &core.used, to.into(), step.d, value.into());
    core.next(b, bus);
}
