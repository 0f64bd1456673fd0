//! Ends of a run that depend on its row alone, or on its gas.

use nectar_commitment::Fr;
use nectar_vm::{Op, Trap};

use super::{first_if, unused};
use crate::builder::Builder;
use crate::execution::bus::Bus;
use crate::execution::number::low_bits;
use crate::execution::range;
use crate::execution::step::{Core, Step};
use crate::lc::Lc;

/// The greatest number of a trap; all below are traps, too.
pub(crate) const LAST_TRAP: u64 = Trap::Abort as u64;

/// `Trap`: number `imm`, or 0 if there is no such trap.
pub(crate) fn trap<B: Builder>(b: &mut B, bus: &mut Bus, step: Option<&Step>) {
    let used = b.boolean(step.is_some());
    let step = step.copied().unwrap_or_else(unused);
    // Its number is 0.
    let core = Core::new(b, bus, used.into(), (Lc::default(), Lc::default()), &step);
    let known = b.boolean(low_bits(&core.imm.value) <= LAST_TRAP);
    let last = Lc::constant(Fr::from(LAST_TRAP));
    let room = b.select(known.into(), last.clone() - core.imm, core.imm - last - Lc::one());
    range::bits(b, bus, room.into(), 64);
    let trap = b.product(known.into(), core.imm.into());
    core.trap(b, bus, trap.into());
}

/// Any row, for whose cost gas does not suffice; or `Charge`, for whose charge it does not. It is at the run's end that the limit is compared.
pub(crate) fn trap_gas<B: Builder>(b: &mut B, bus: &mut Bus, step: Option<&Step>) {
    let used = b.boolean(step.is_some());
    let charges = b.boolean(step.is_some_and(|step| step.row.op == Op::Charge && step.charges));
    b.zero_if(charges.into(), || Lc::one() - used);
    let step = step.copied().unwrap_or_else(unused);
    let head = b.alloc(Fr::from(step.row.op as u64 + 256 * u64::from(step.row.immediate)));
    b.zero_if(charges.into(), || head - Lc::constant(Fr::from(Op::Charge as u64)));
    let core = Core::new(b, bus, used.into(), (head.into(), Lc::default()), &step);
    let charged = first_if(b, bus, &core, &charges.into(), &step);
    let price = b.select(charges.into(), charged.into(), core.cost.into());
    let spent = b.product(charges.into(), core.cost.into());
    core.out_of_gas(b, bus, price, spent);
}
