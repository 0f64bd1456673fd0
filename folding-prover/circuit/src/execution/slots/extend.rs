use nectar_commitment::Fr;
use nectar_vm::Op;

use super::word::Width;
use super::{first, result, unused};
use crate::builder::Builder;
use crate::execution::bus::Bus;
use crate::execution::step::{Core, Step};
use crate::lc::Lc;

/// `Wrap`, `Extend8S32` to `Extend32S64`: the low bytes of a number, with their sign or without.
pub(crate) fn extend<B: Builder>(b: &mut B, bus: &mut Bus, step: Option<&Step>) {
    use Op::{Extend8S32, Extend8S64, Extend16S32, Extend16S64, Extend32S64, Wrap};
    let used = b.boolean(step.is_some());
    let step = step.copied().unwrap_or_else(unused);
    let op = step.row.op;
    let width = match op {
        Extend8S32 | Extend8S64 => 0,
        Extend16S32 | Extend16S64 => 1,
        _ => 2,
    };
    let width = Width::alloc(b, width);
    let signs = width.signs(
        b,
        [matches!(op, Extend8S32 | Extend16S32), matches!(op, Extend8S64 | Extend16S64 | Extend32S64)],
    );
    // Without a sign it is `Wrap`, of four bytes; nothing has eight.
    b.enforce(|| (Lc::one() - signs.any(), Lc::one() - width.bytes(4), Lc::default()));
    b.zero(|| width.bytes(8));
    // 53; 54, 55; 56, 57, 58.
    let signed_width = b.product(signs.any(), width.number());
    let kind = signs.to_32 + signs.to_64 * Fr::from(3) + signed_width;
    let core = Core::new(b, bus, used.into(), (used * Fr::from(Wrap as u64) + kind, Lc::default()), &step);
    let operand = first(b, bus, &core, &step);
    let (value, top) = width.wrapped(b, bus, operand);
    let value = signs.extend(b, bus, &width, value, top);
    result(b, bus, &core, &step, value);
    core.next(b, bus);
}
