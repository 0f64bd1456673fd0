//! Loads and stores within one word, of bytes whose place is plain: a byte, a half of the word, all of it. Most accesses are, and cost half as much
//! as others.

use nectar_commitment::Fr;
use nectar_vm::Op;

use super::word::WORD_BITS;
use super::{Mode, first, one_of, result, unused};
use crate::builder::Builder;
use crate::execution::access::{exchange, read};
use crate::execution::bus::Bus;
use crate::execution::number::{low_bits, two_to_the};
use crate::execution::range;
use crate::execution::step::{Core, Step};
use crate::execution::table;
use crate::lc::{Lc, Var};

/// `Load64` at a multiple of eight, `Load32U` at one of four.
pub(crate) fn load_word<B: Builder>(b: &mut B, bus: &mut Bus, step: Option<&Step>) {
    let part = Part::alloc(b, step);
    let step = step.copied().unwrap_or_else(unused);
    let core = Core::new(b, bus, part.used(), (part.number(Op::Load64, Op::Load32U), Lc::default()), &step);
    let base = first(b, bus, &core, &step);
    let word = part.word(b, bus, base + core.imm);
    let held = read(b, bus, &core.used, core.word(word.into(), 2), step.words[0]);
    let [low, high] = halves(b, bus, held);
    let half = b.select(part.high.into(), high.into(), low.into());
    let value = b.select(part.whole.into(), held.into(), half.into());
    result(b, bus, &core, &step, value.into());
    core.next(b, bus);
}

/// `Store64` at a multiple of eight, `Store32` at one of four.
pub(crate) fn store_word<B: Builder>(b: &mut B, bus: &mut Bus, step: Option<&Step>) {
    let mode = Mode::alloc(b, step.map(|step| &step.row));
    let part = Part::alloc(b, step);
    b.zero(|| mode.used() - part.used());
    let step = step.copied().unwrap_or_else(unused);
    let number = part.number(Op::Store64, Op::Store32);
    let core = Core::new(b, bus, mode.used(), (number, mode.immediate.into()), &step);
    let base = first(b, bus, &core, &step);
    let stored = read(b, bus, &mode.register.into(), core.register(core.b, 2), step.b);
    let stored = b.select(mode.register.into(), stored.into(), core.d.into());
    let word = part.word(b, bus, base + core.imm);

    let held = b.alloc(Fr::from(step.words[0].value));
    let [low, high] = halves(b, bus, held);
    let [new, _] = halves(b, bus, stored);
    let half = b.select(part.high.into(), low + new * two_to_the(32), new + high * two_to_the(32));
    let after = b.select(part.whole.into(), stored.into(), half.into());
    let place = core.word(word.into(), 3);
    exchange(b, bus, &core.used, place, step.words[0].gap, [held.into(), after.into()]);
    core.next(b, bus);
}

/// `Load8U`: `word = low + 2^s (value + 2^8 high)`, as any load is cut, but never in two words.
pub(crate) fn load_byte<B: Builder>(b: &mut B, bus: &mut Bus, step: Option<&Step>) {
    let used = b.boolean(step.is_some());
    let step = step.copied().unwrap_or_else(unused);
    let number = used * Fr::from(Op::Load8U as u64);
    let core = Core::new(b, bus, used.into(), (number, Lc::default()), &step);
    let base = first(b, bus, &core, &step);
    let address = base + core.imm;
    let word = b.alloc(Fr::from(low_bits(&address.value) >> 3));
    range::bits(b, bus, word.into(), WORD_BITS);
    let byte = address - word * Fr::from(8);
    range::bits(b, bus, byte.clone(), 3);
    let below = 8 * u32::try_from(low_bits(&byte.value) & 7).unwrap_or_default();
    let power = b.alloc(two_to_the(below));
    table::power(b, bus, byte * Fr::from(8), power);

    let held = read(b, bus, &core.used, core.word(word.into(), 2), step.words[0]);
    let number = low_bits(&held.value);
    let low = b.alloc(Fr::from(number & !(u64::MAX << below)));
    let value = b.alloc(Fr::from(number >> below & 0xff));
    let high = b.alloc(Fr::from(number >> below >> 8));
    range::bits(b, bus, value.into(), 8);
    range::bits(b, bus, high.into(), 56);
    // In place of `low` what it is at the top of 64 bits is ranged: it is an integer because all others are.
    let inverse = b.alloc(two_to_the(64 - below));
    b.enforce(|| (power.into(), inverse.into(), Lc::constant(two_to_the(64))));
    let top = b.product(low.into(), inverse.into());
    range::bits(b, bus, top.into(), 64);
    b.enforce(|| (power.into(), value + high * Fr::from(1 << 8), held - low));
    result(b, bus, &core, &step, value.into());
    core.next(b, bus);
}

/// Which part of a word is accessed: at most one is 1.
struct Part {
    whole: Var,
    low: Var,
    high: Var,
}

impl Part {
    fn alloc<B: Builder>(b: &mut B, step: Option<&Step>) -> Self {
        let part = step.map(|step| match (step.row.op, step.a.value.wrapping_add(step.row.imm) & 4) {
            (Op::Load64 | Op::Store64, _) => 0,
            (_, 0) => 1,
            _ => 2,
        });
        let [whole, low, high] = one_of(b, part);
        Self { whole, low, high }
    }

    fn used(&self) -> Lc {
        self.whole + self.low + self.high
    }

    fn number(&self, whole: Op, half: Op) -> Lc {
        self.whole * Fr::from(whole as u64) + (self.low + self.high) * Fr::from(half as u64)
    }

    /// The number of the word: the address is eight times it, and four more for its high half.
    fn word<B: Builder>(&self, b: &mut B, bus: &mut Bus, address: Lc) -> Var {
        let word = b.alloc(Fr::from(low_bits(&address.value) >> 3));
        range::bits(b, bus, word.into(), WORD_BITS);
        b.zero(|| address - word * Fr::from(8) - self.high * Fr::from(4));
        word
    }
}

/// The low and the high 32 bits.
fn halves<B: Builder>(b: &mut B, bus: &mut Bus, word: Var) -> [Var; 2] {
    let number = low_bits(&word.value);
    let halves = [number & 0xffff_ffff, number >> 32].map(|half| b.alloc(Fr::from(half)));
    let [low, high] = halves;
    halves.into_iter().for_each(|half| range::bits(b, bus, half.into(), 32));
    b.zero(|| low + high * two_to_the(32) - word);
    halves
}
