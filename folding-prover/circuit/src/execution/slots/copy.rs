use nectar_commitment::Fr;
use nectar_vm::Op;

use super::{Mode, result, second, unused};
use crate::builder::Builder;
use crate::execution::bus::Bus;
use crate::execution::step::{Core, Step};

/// `Copy`.
pub(crate) fn copy<B: Builder>(b: &mut B, bus: &mut Bus, step: Option<&Step>) {
    let mode = Mode::alloc(b, step.map(|step| &step.row));
    let step = step.copied().unwrap_or_else(unused);
    let op = mode.used() * Fr::from(Op::Copy as u64);
    let core = Core::new(b, bus, mode.used(), (op, mode.immediate.into()), &step);
    let value = second(b, bus, &core, &mode, &step);
    result(b, bus, &core, &step, value.into());
    core.next(b, bus);
}
