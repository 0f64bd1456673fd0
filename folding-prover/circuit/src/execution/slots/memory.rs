//! Loads and stores, within memory and beyond. A word is eight bytes; an access touches one, or two that follow each other.

use nectar_commitment::Fr;
use nectar_vm::{Op, PAGE_BYTES, Trap};

use super::pages::Pages;
use super::word::{Cut, Place, Signs, Width};
use super::{Mode, first, unused};
use crate::builder::Builder;
use crate::execution::access::{exchange, read};
use crate::execution::bus::Bus;
use crate::execution::number::{high_bits, low_bits, two_to_the};
use crate::execution::range;
use crate::execution::step::{Core, Step};
use crate::lc::{Lc, Var};

/// Bits of how far beyond memory an access may be: addresses are sums of two numbers of 32 bits.
const BEYOND_BITS: u32 = 36;

/// `Load8U` to `Load32S64`.
pub(crate) fn load<B: Builder>(b: &mut B, bus: &mut Bus, step: Option<&Step>) {
    let used = b.boolean(step.is_some());
    let step = step.copied().unwrap_or_else(unused);
    let (width, signs) = loaded(b, step.row.op);
    let number = used * Fr::from(Op::Load8U as u64) + load_number(&width, &signs);
    let core = Core::new(b, bus, used.into(), (number, Lc::default()), &step);
    let base = first(b, bus, &core, &step);
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
    let mode = Mode::alloc(b, step.map(|step| &step.row));
    let step = step.copied().unwrap_or_else(unused);
    let width = Width::alloc(b, bytes_of(step.row.op));
    let number = mode.used() * Fr::from(Op::Store8 as u64) + width.number();
    let core = Core::new(b, bus, mode.used(), (number, mode.immediate.into()), &step);
    let base = first(b, bus, &core, &step);
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

/// A load or store that is not wholly within memory: its last byte is behind the last page.
pub(crate) fn trap_memory<B: Builder>(b: &mut B, bus: &mut Bus, step: Option<&Step>) {
    let mode = Mode::alloc(b, step.map(|step| &step.row));
    let step = step.copied().unwrap_or_else(unused);
    let (width, signs) = loaded(b, step.row.op);
    let stores = b.boolean((Op::Store8..=Op::Store64).contains(&step.row.op));
    // Stores have no sign, loads no second operand.
    b.zero_if(stores.into(), || signs.any());
    b.zero_if(mode.immediate.into(), || Lc::one() - stores);
    let stored = stores * Fr::from(Op::Store8 as u64 - Op::Load8U as u64);
    let number = mode.used() * Fr::from(Op::Load8U as u64) + load_number(&width, &signs) + stored;
    let core = Core::new(b, bus, mode.used(), (number, mode.immediate.into()), &step);
    let base = first(b, bus, &core, &step);
    let pages = Pages::read(b, bus, &core, 2, &step);
    let last = base + core.imm + width.count() - Lc::one();
    let page = Fr::from(u64::try_from(PAGE_BYTES).unwrap_or(u64::MAX));
    range::bits(b, bus, last - pages.now * page, BEYOND_BITS);
    core.trap(b, bus, Lc::constant(Fr::from(Trap::MemoryOutOfBounds as u64)));
}

/// How many bytes an operation accesses, as a power of two.
const fn bytes_of(op: Op) -> usize {
    use Op::{
        Load8S32, Load8S64, Load8U, Load16S32, Load16S64, Load16U, Load32S64, Load32U, Store8, Store16,
        Store32,
    };
    match op {
        Load8U | Load8S32 | Load8S64 | Store8 => 0,
        Load16U | Load16S32 | Load16S64 | Store16 => 1,
        Load32U | Load32S64 | Store32 => 2,
        _ => 3,
    }
}

/// Width and sign of what a load loads.
fn loaded<B: Builder>(b: &mut B, op: Op) -> (Width, Signs) {
    use Op::{Load8S32, Load8S64, Load16S32, Load16S64, Load32S64};
    let width = Width::alloc(b, bytes_of(op));
    let signs =
        width.signs(b, [matches!(op, Load8S32 | Load16S32), matches!(op, Load8S64 | Load16S64 | Load32S64)]);
    (width, signs)
}

/// What a load's number is above that of `Load8U`: 80 to 83 by width; 84, 85 and 86 to 88 with a sign.
fn load_number(width: &Width, signs: &Signs) -> Lc {
    width.number() + signs.to_32 * Fr::from(4) + signs.to_64 * Fr::from(6)
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
