use nectar_commitment::Fr;
use nectar_vm::Op;

use super::{first, unused};
use crate::builder::Builder;
use crate::execution::bus::Bus;
use crate::execution::step::{Core, Step};
use crate::lc::Lc;

/// `Charge`. Gas is a sum of numbers below 2^64 and far fewer than 2^128 of them, so it does not wrap.
pub(crate) fn charge<B: Builder>(b: &mut B, bus: &mut Bus, step: Option<&Step>) {
    let used = b.boolean(step.is_some());
    let step = step.copied().unwrap_or_else(unused);
    let number = used * Fr::from(Op::Charge as u64);
    let core = Core::new(b, bus, used.into(), (number, Lc::default()), &step);
    let charged = first(b, bus, &core, &step);
    let charged = bus.weigh(b, 3, charged);
    core.costs(&charged).next(b, bus);
}
