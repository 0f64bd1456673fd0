use nectar_abi::compact;
use nectar_commitment::{Domain, Fr, hash_words};
use nectar_vm::Trap;

use crate::builder::Builder;
use crate::execution::access::{CLOCK, PAGES, PROGRAM, WORDS, moment};
use crate::execution::bus::{Bus, Tag, Tuple};
use crate::execution::hash::hash_call;
use crate::execution::number::{low_bits, two_to_the};
use crate::execution::outside::{Field, Form, receive_bytes, receive_word};
use crate::execution::range;
use crate::lc::{Lc, Var};

/// Bits of a time in a run: eight moments a step, below 2^21 steps.
const TIME_BITS: u32 = 24;
/// Bits of the number of an end: 0, or a trap's number and one.
const CODE_BITS: u32 = 4;
/// Bits of gas: a limit above them has no proof.
const GAS_BITS: u32 = 60;
/// What a response begins with unless it is an error, as the low 48 bits of its first word.
const OK: u64 = u64::from_le_bytes(*b"{\"ok\":\0\0");
/// Bits of it.
const OK_BITS: u32 = 48;

/// How a run ended: private.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct End {
    /// Steps and one: the time of the last state.
    pub(crate) time: u32,
    /// 0 if the run came to its end, else the trap's number and one.
    pub(crate) code: u8,
    /// What the step that it had no gas for would have cost; else 0.
    pub(crate) price: u64,
    /// What the run cost.
    pub(crate) gas: u64,
    /// What it might have cost.
    pub(crate) limit: u64,
    /// Its response, or the text of an abort.
    pub(crate) said: Option<Field>,
    /// The salt of what the log says of it.
    pub(crate) salt: Fr,
}

/// Nothing.
impl std::fmt::Debug for End {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("End").finish_non_exhaustive()
    }
}

/// When the cells that only the machine writes were last accessed, and what memory has become.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct SpecialCells {
    /// Times of the last accesses to pages, count of words, and program; 0 if there was none.
    pub(crate) times: [u32; 3],
    /// `pages + 2^32 maximum` at the end.
    pub(crate) pages: u64,
}

/// How a run ended, as variables.
pub(super) struct Ended {
    pub(super) returned: Var,
    pub(super) aborted: Var,
    pub(super) starved: Var,
    code: Var,
    gas: Var,
    limit: Var,
}

/// Receives a run's last state: its clock is `base` and a time, its row in program 0. Shows that gas is within the limit, or that it does not
/// suffice.
pub(super) fn state<B: Builder>(b: &mut B, bus: &mut Bus, used: &Lc, base: Lc, end: &End) -> Ended {
    let aborts = Trap::Abort as u64 + 1;
    let starves = Trap::OutOfGas as u64 + 1;
    let code_number = u64::from(end.code);
    let is_used = used.value != Fr::zero();
    let is = |b: &mut B, holds: bool| b.boolean(is_used && holds);
    let returned = is(b, code_number == 0);
    let aborted = is(b, code_number == aborts);
    let starved = is(b, code_number == starves);
    let other = is(b, ![0, aborts, starves].contains(&code_number));
    b.zero(|| used.clone() - returned - aborted - starved - other);
    let code = b.alloc(Fr::from(code_number));
    range::bits(b, bus, code.into(), CODE_BITS);
    b.zero_if(Lc::one() - other, || code - aborted * Fr::from(aborts) - starved * Fr::from(starves));
    let some = b.product(code.into(), code - Lc::constant(Fr::from(aborts)));
    let some = b.product(some.into(), code - Lc::constant(Fr::from(starves)));
    b.nonzero_if(other.into(), some.into());

    let [time, price, gas, limit] =
        [end.time.into(), end.price, end.gas, end.limit].map(|n| b.alloc(Fr::from(n)));
    range::bits(b, bus, time.into(), TIME_BITS);
    b.zero_if(Lc::one() - starved, || price.into());
    let fields = vec![bus.weigh(b, 1, code), bus.weigh(b, 2, price), bus.weigh(b, 3, gas)];
    let first = base + time * *CLOCK;
    bus.receive(b, used.clone(), Tuple { tag: Tag::State, first, fields });

    range::bits(b, bus, limit.into(), GAS_BITS);
    range::bits(b, bus, limit - gas, GAS_BITS);
    let over = b.product(starved.into(), gas + price - limit - Lc::one());
    range::bits(b, bus, over.into(), GAS_BITS);
    Ended { returned, aborted, starved, code, gas, limit }
}

/// What a run said at its end.
pub(super) struct LastWords {
    /// The position behind them.
    pub(super) behind: Var,
    /// What the log says of the run.
    pub(super) digest: Var,
    /// Hash of it, as whoever asked the run is answered; that it failed if it did not return.
    pub(super) answer: Lc,
    /// What it had to pay.
    pub(super) paid: Var,
    /// 1 if the run trapped or its response is an error.
    pub(super) failed: Lc,
}

/// Receives the response or the text of an abort, from `position` on.
pub(super) fn last_words<B: Builder>(
    b: &mut B,
    bus: &mut Bus,
    used: &Lc,
    ended: &Ended,
    (entry, position, told): (Lc, Var, Var),
    end: &End,
) -> LastWords {
    let says = ended.returned + ended.aborted;
    let outwards = bus.constant(2, Fr::one());
    let tag = ended.returned + ended.aborted * Fr::from(2);
    receive_word(b, bus, says.clone(), position.into(), tag, &outwards);
    let nothing = Field { behind: low_bits(&position.value), ..Field::default() };
    let field = end.said.unwrap_or(nothing);
    let form = Lc::constant(Fr::from(Form::SAID));
    let said = receive_bytes(b, bus, says.clone(), position + Lc::one(), form, &field);
    b.zero_if(Lc::one() - says.clone(), || said.behind - position);
    b.zero_if(Lc::one() - says, || said.hash.into());

    let salt = b.alloc(end.salt);
    // Who runs out of gas pays for all of it.
    let paid = b.select(ended.starved.into(), ended.limit.into(), ended.gas.into());
    let numbers = entry + ended.code * two_to_the(8) + paid * two_to_the(64) + ended.limit * two_to_the(128);
    let outcome = [numbers, said.hash.into(), salt.into(), told.into()];
    let digest = hash_call(b, bus, used, Domain::Outcome, outcome);
    let ok = begins_with_ok(b, bus, ended.returned, said.first, field.first);
    let failed = hash_words(compact::FAILED);
    let answer = b.select(ended.returned.into(), said.hash.into(), Lc::constant(failed)).into();
    LastWords { behind: said.behind, digest, answer, paid, failed: used.clone() - ok }
}

/// Whether a word begins as a response does that is no error; 0 if the run did not return.
fn begins_with_ok<B: Builder>(b: &mut B, bus: &mut Bus, returned: Var, word: Var, value: u64) -> Var {
    let high = b.alloc(Fr::from(value >> OK_BITS));
    range::bits(b, bus, high.into(), 64 - OK_BITS);
    let low = word - high * two_to_the(OK_BITS);
    range::bits(b, bus, low.clone(), OK_BITS);
    let differs = low - Lc::constant(Fr::from(OK));
    let ok = b.boolean(returned.value == Fr::one() && differs.value == Fr::zero());
    b.zero_if(ok.into(), || Lc::one() - returned);
    b.zero_if(ok.into(), || differs.clone());
    b.nonzero_if(returned - ok, differs);
    ok
}

/// Makes the cells that only the machine writes: sends what they hold first, and receives what they hold at last.
pub(super) fn cells<B: Builder>(
    b: &mut B,
    bus: &mut Bus,
    used: &Lc,
    base: &Lc,
    values: [[Lc; 2]; 3],
    times: [u32; 3],
) {
    for ((place, [first, last]), time) in [PAGES, WORDS, PROGRAM].into_iter().zip(values).zip(times) {
        let cell = base.clone() + Lc::constant(Fr::from(place));
        let time = b.alloc(Fr::from(u64::from(time)));
        range::bits(b, bus, time.into(), TIME_BITS);
        let fields = [first, last].map(|value| vec![bus.weigh(b, 1, value)]);
        let [first, last] = fields;
        bus.send(b, used.clone(), Tuple { tag: Tag::Cell, first: cell.clone(), fields: first });
        bus.receive(b, used.clone(), Tuple { tag: Tag::Cell, first: cell + time * moment(1), fields: last });
    }
}
