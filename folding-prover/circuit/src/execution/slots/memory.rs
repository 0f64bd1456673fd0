//! Loads and stores. A word is eight bytes; an access touches one, or two that follow each other.

use nectar_commitment::Fr;
use nectar_vm::Op;

use super::unused;
use super::word::{Cut, Place, Width};
use crate::builder::Builder;
use crate::execution::access::{exchange, read};
use crate::execution::bus::Bus;
use crate::execution::number::{high_bits, low_bits, two_to_the};
use crate::execution::range;
use crate::execution::step::{Core, Step};
use crate::lc::{Lc, Var};

/// `Load8U` to `Load32S64`.
pub(crate) fn load<B: Builder>(b: &mut B, bus: &mut Bus, step: Option<&Step>) {
    use Op::{Load8S32, Load8S64, Load8U, Load16S32, Load16S64, Load16U, Load32S64, Load32U};
    let used = b.boolean(step.is_some());
    let step = step.copied().unwrap_or_else(unused);
    let op = step.row.op;
    let width = match op {
        Load8U | Load8S32 | Load8S64 => 0,
        Load16U | Load16S32 | Load16S64 => 1,
        Load32U | Load32S64 => 2,
        _ => 3,
    };
    let width = Width::alloc(b, width);
    let signs =
        width.signs(b, [matches!(op, Load8S32 | Load16S32), matches!(op, Load8S64 | Load16S64 | Load32S64)]);
    // 80 to 83 by width; 84, 85 and 86 to 88 with a sign.
    let number = used * Fr::from(Load8U as u64)
        + width.number()
        + signs.to_32 * Fr::from(4)
        + signs.to_64 * Fr::from(6);
    let core = Core::new(b, bus, used.into(), (number, Lc::default()), &step);
    let base = read(b, bus, &core.used, core.register(core.a, 1), step.a);
    let place = Place::alloc(b, bus, &core.used, base + core.imm, &width);

    let first = read(b, bus, &core.used, core.word(place.word.into(), 2), step.words[0]);
    let next = core.word(place.word + Lc::one(), 2);
    let second = read(b, bus, &place.crosses.into(), next, step.words[1]);
    let second = b.product(place.crosses.into(), second.into());
    let cut = Cut::alloc(b, bus, &place, &width, [first.into(), second.into()]);

    let value = signs.extend(b, bus, &width, cut.value, cut.top);
    super::result(b, bus, &core, &step, value);
    core.next(b, bus);
}

/// `Store8` to `Store64`.
pub(crate) fn store<B: Builder>(b: &mut B, bus: &mut Bus, step: Option<&Step>) {
    let mode = super::Mode::alloc(b, step.map(|step| &step.row));
    let step = step.copied().unwrap_or_else(unused);
    let width = match step.row.op {
        Op::Store8 => 0,
        Op::Store16 => 1,
        Op::Store32 => 2,
        _ => 3,
    };
    let width = Width::alloc(b, width);
    let number = mode.used() * Fr::from(Op::Store8 as u64) + width.number();
    let core = Core::new(b, bus, mode.used(), (number, mode.immediate.into()), &step);
    let base = read(b, bus, &core.used, core.register(core.a, 1), step.a);
    let stored = read(b, bus, &mode.register.into(), core.register(core.b, 2), step.b);
    let stored = b.select(mode.register.into(), stored.into(), core.d.into());
    let place = Place::alloc(b, bus, &core.used, base + core.imm, &width);

    // What the words hold is cut at the place; the value in the middle is changed.
    let [first, second] = step.words.map(|word| b.alloc(Fr::from(word.value)));
    let held = b.product(place.crosses.into(), second.into());
    let cut = Cut::alloc(b, bus, &place, &width, [first.into(), held.into()]);
    let (value, _) = width.wrapped(b, bus, stored);
    let change = b.product(place.power.into(), value - cut.value);
    let after = after(b, bus, first + held * two_to_the(64) + change);
    let next = core.word(place.word + Lc::one(), 3);
    let this = core.word(place.word.into(), 3);
    exchange(b, bus, &core.used, this, step.words[0].gap, [first.into(), after[0].into()]);
    exchange(b, bus, &place.crosses.into(), next, step.words[1].gap, [second.into(), after[1].into()]);
    core.next(b, bus);
}

/// Two words of 64 bits.
fn after<B: Builder>(b: &mut B, bus: &mut Bus, whole: Lc) -> [Var; 2] {
    let first = b.alloc(Fr::from(low_bits(&whole.value)));
    let second = b.alloc(Fr::from(high_bits(&whole.value)));
    range::bits(b, bus, first.into(), 64);
    range::bits(b, bus, second.into(), 64);
    b.zero(|| whole - first - second * two_to_the(64));
    [first, second]
}
