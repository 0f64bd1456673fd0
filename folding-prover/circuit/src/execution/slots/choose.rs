use ff::Field;
use nectar_commitment::Fr;
use nectar_vm::Op;

use super::{first, unused};
use crate::builder::Builder;
use crate::execution::access::{read, write};
use crate::execution::bus::Bus;
use crate::execution::step::{Core, Step};
use crate::lc::Lc;

/// `Select`.
pub(crate) fn choose<B: Builder>(b: &mut B, bus: &mut Bus, step: Option<&Step>) {
    let used = b.boolean(step.is_some());
    let step = step.copied().unwrap_or_else(unused);
    let number = used * Fr::from(Op::Select as u64);
    let core = Core::new(b, bus, used.into(), (number, Lc::default()), &step);
    let left = first(b, bus, &core, &step);
    let right = read(b, bus, &core.used, core.register(core.b, 2), step.b);
    let condition = read(b, bus, &core.used, core.register(core.imm, 3), step.condition);

    // `holds` is 0 only of zero: `condition inverse = holds`; and 1 of anything else: `condition (1 - holds) = 0`.
    let holds = b.boolean(condition.value != Fr::ZERO);
    let inverse = b.late(Option::<Fr>::from(condition.value.invert()).unwrap_or_default());
    b.enforce(|| (condition.into(), inverse.into(), holds.into()));
    b.enforce(|| (condition.into(), Lc::one() - holds, Lc::default()));
    let value = b.select(holds.into(), left.into(), right.into());
    write(b, bus, &core.used, core.register(core.d, 4), step.d, value.into());
    core.next(b, bus);
}
