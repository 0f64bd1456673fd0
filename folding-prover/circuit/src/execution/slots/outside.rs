//! Words that leave the machine or come in, counted together.

use nectar_commitment::Fr;
use nectar_vm::Op;

use super::{first, result, unused};
use crate::builder::Builder;
use crate::execution::access::{WORDS, count};
use crate::execution::bus::{Bus, Tag, Tuple};
use crate::execution::range;
use crate::execution::step::{Core, Step};
use crate::lc::{Lc, Var};

/// Directions of words.
const OUT: u64 = 1;
const IN: u64 = 2;

/// `Emit`.
pub(crate) fn emit<B: Builder>(b: &mut B, bus: &mut Bus, step: Option<&Step>) {
    let used = b.boolean(step.is_some());
    let step = step.copied().unwrap_or_else(unused);
    let number = used * Fr::from(Op::Emit as u64);
    let core = Core::new(b, bus, used.into(), (number, Lc::default()), &step);
    let word = first(b, bus, &core, &step);
    pass(b, bus, &core, &step, word, OUT);
    core.next(b, bus);
}

/// `Advise`: any word, which whoever receives it has to know.
pub(crate) fn advise<B: Builder>(b: &mut B, bus: &mut Bus, step: Option<&Step>) {
    let used = b.boolean(step.is_some());
    let step = step.copied().unwrap_or_else(unused);
    let number = used * Fr::from(Op::Advise as u64);
    let core = Core::new(b, bus, used.into(), (number, Lc::default()), &step);
    let word = b.alloc(Fr::from(step.advised));
    range::bits(b, bus, word.into(), 64);
    pass(b, bus, &core, &step, word, IN);
    result(b, bus, &core, &step, word.into());
    core.next(b, bus);
}

/// Sends a word with its position: `2^32 run` and the number of words before it.
fn pass<B: Builder>(b: &mut B, bus: &mut Bus, core: &Core, step: &Step, word: Var, direction: u64) {
    let position = count(b, bus, &core.used, core.cell(WORDS, Lc::default(), 2), step.special);
    let fields = vec![bus.weigh(b, 1, word), bus.constant(2, Fr::from(direction))];
    bus.send(b, core.used.clone(), Tuple { tag: Tag::Word, first: position.into(), fields });
}
