use nectar_abi::compact;
use nectar_commitment::{Domain, Fr, hash_words};

use super::address::{ID_WORDS, id_of, last_of};
use super::field::{Field, Received, receive_bytes, receive_word};
use super::form::{Form, Unread, UnreadBits};
use super::message::{Chain, LOG_GAP_BITS, Message, ended};
use crate::builder::Builder;
use crate::execution::bus::{Bus, Tag, Tuple};
use crate::execution::hash::hash_call;
use crate::execution::number::two_to_the;
use crate::execution::range;
use crate::lc::{Lc, Var};

/// Where in an answer's numbers it says that the run had no gas left.
const STARVED_BIT: u32 = 64;
/// Where the last byte of its contract's id is.
const LAST_BIT: u32 = 65;
/// Where in an answer's first coordinate the places are: positions and places are below 2^60.
const PLACE_BIT: u32 = 60;

/// A run that answers a query, as who asked needs it: private.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Answerer {
    /// Key of its contract.
    pub(crate) contract: Fr,
    /// Hash of its message.
    pub(crate) message: Fr,
    /// Hash of what it answered.
    pub(crate) answer: Fr,
    /// The last byte of its contract's id.
    pub(crate) last: u8,
    /// What hosts had told when it ended.
    pub(crate) told: Fr,
    /// It came to its end because it had no gas left.
    pub(crate) starved: bool,
    /// Entries of the log between the last one of who asked and its own.
    pub(crate) gap: u64,
}

/// A query of something else than the contract's own state: private.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Query {
    /// What came before.
    pub(crate) message: Message,
    /// The words of the contract's id, if the query is a compact one.
    pub(crate) id: Option<[u64; ID_WORDS]>,
    /// The contract's key, likewise.
    pub(crate) contract: Fr,
    /// The request; of a compact query the message.
    pub(crate) request: Field,
    /// What the answer cost elsewhere.
    pub(crate) gas: u64,
    /// The answer.
    pub(crate) answer: Field,
    /// What of the answer a run that trapped has not read.
    pub(crate) unread: Unread,
    /// The run that answered, if one did.
    pub(crate) answerer: Option<Answerer>,
    /// The salt of what the host has told.
    pub(crate) salt: Fr,
}

/// Only where.
impl std::fmt::Debug for Query {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Query").field("message", &self.message).finish_non_exhaustive()
    }
}

/// Nothing.
impl std::fmt::Debug for Answerer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Answerer").finish_non_exhaustive()
    }
}

/// A query: receives its words and bytes. The answer to a compact one is what a run of that contract said that was given this message, or that
/// there is none to ask. All else that a host answers is put to what it has told.
pub(crate) fn query<B: Builder>(b: &mut B, bus: &mut Bus, query: Option<&Query>) {
    let is = |test: fn(&Query) -> bool| query.is_some_and(test);
    let json = b.boolean(is(|query| query.id.is_none()));
    let compact = b.boolean(is(|query| query.id.is_some()));
    let used = json + compact;
    b.enforce(|| (used.clone(), used.clone(), used.clone()));
    let runs = b.boolean(is(|query| query.answerer.is_some()));
    b.zero_if(runs.into(), || Lc::one() - used.clone());
    let unread = UnreadBits::alloc(b, query.map(|query| query.unread).unwrap_or_default());
    b.zero_if(unread.cut.into(), || Lc::one() - used.clone());
    let message = query.map(|query| query.message).unwrap_or_default();
    let chain = Chain::receive(b, bus, &used, &message, json * Fr::from(13) + compact * Fr::from(14));

    let [contract, last] = id(b, bus, chain.at, compact, query);
    let said = Lc::constant(Fr::from(Form::SAID));
    let field = query.map(|query| query.request).unwrap_or_default();
    let at_request = chain.at + Lc::one() + compact * Fr::from(ID_WORDS as u64);
    let request = receive_bytes(b, bus, used.clone(), at_request, said, &field);
    let gas = b.alloc(Fr::from(query.map_or(0, |query| query.gas)));
    let heard = bus.constant(2, Fr::from(2));
    receive_word(b, bus, used.clone(), request.behind.into(), gas.into(), &heard);
    let form = Lc::constant(Fr::from(Form::HEARD)) + unread.number();
    let field = query.map(|query| query.answer).unwrap_or_default();
    let answer = receive_bytes(b, bus, used.clone(), request.behind + Lc::one(), form, &field);

    let asked = Asked { chain: &chain, contract, last, json, compact, runs, request, gas, answer, unread };
    let answered = asked.by_a_run(b, bus, query.and_then(|query| query.answerer));
    let own = used.clone() - answered.tied;
    let salt = query.map(|query| query.salt).unwrap_or_default();
    let told = asked.by_the_host(b, bus, own, answered.told, salt);
    let after = [bus.weigh(b, 1, answered.place), bus.weigh(b, 5, told)];
    chain.send_told(b, bus, used, answer.behind + ended(unread.cut), after);
}

/// The contract that a compact query is for: receives the words of its id, whose key they are, and the last byte.
fn id<B: Builder>(b: &mut B, bus: &mut Bus, at: Var, compact: Var, query: Option<&Query>) -> [Var; 2] {
    let contract = b.alloc(query.map(|query| query.contract).unwrap_or_default());
    let words = query.and_then(|query| query.id).unwrap_or_default();
    let last = b.alloc(Fr::from(u64::from(last_of(&id_of(words)))));
    let words = words.map(|word| b.alloc(Fr::from(word)));
    let said = bus.constant(2, Fr::one());
    for (position, word) in (1u64..).zip(words) {
        let position = at + Lc::constant(Fr::from(position));
        receive_word(b, bus, compact.into(), position, word.into(), &said);
    }
    let [first, second, third, fourth] = words;
    let (low, high) = (first + second * two_to_the(64), third + fourth * two_to_the(64));
    let fields = vec![bus.weigh(b, 1, low), bus.weigh(b, 2, high), bus.weigh(b, 3, last)];
    bus.receive(b, compact.into(), Tuple { tag: Tag::Id, first: contract.into(), fields });
    [contract, last]
}

/// A query with its answer.
struct Asked<'c> {
    chain: &'c Chain,
    contract: Var,
    /// The last byte of its id.
    last: Var,
    json: Var,
    compact: Var,
    /// 1 if a run has answered.
    runs: Var,
    request: Received,
    gas: Var,
    answer: Received,
    unread: UnreadBits,
}

/// By whom it was answered.
struct Answered {
    /// 1 if the answer is what a run has said, and its message the request.
    tied: Var,
    /// What hosts have told, the answer not counted.
    told: Lc,
    /// Place of the last entry in the log.
    place: Lc,
}

impl Asked<'_> {
    /// Receives the run that has answered. Of a query in JSON its message and answer are the host's to put into words.
    fn by_a_run<B: Builder>(&self, b: &mut B, bus: &mut Bus, run: Option<Answerer>) -> Answered {
        let Answerer { contract, message, answer, last, told, starved, gap } = run.unwrap_or_default();
        let tied = b.product(self.compact.into(), self.runs.into());
        let [contract, message, answer, told] = [contract, message, answer, told].map(|value| b.alloc(value));
        b.zero_if(tied.into(), || contract - self.contract);
        b.zero_if(tied.into(), || message - self.request.hash);
        b.zero_if(tied.into(), || answer - self.answer.hash);
        // Of a query in JSON nothing says which it is: it must not count for what stands below it in the answer's numbers.
        let last = b.alloc(Fr::from(u64::from(last)));
        range::bits(b, bus, last.into(), u8::BITS);
        b.zero_if(tied.into(), || last - self.last);
        // Without a run nothing was spent.
        b.zero_if(Lc::one() - self.runs, || self.gas.into());
        // Who has asked a run that had no gas left has none left, either: all that is behind is the trap.
        let starved = b.boolean(starved);
        b.zero_if(starved.into(), || Lc::one() - self.unread.cut);
        let gap = b.alloc(Fr::from(gap));
        range::bits(b, bus, gap.into(), LOG_GAP_BITS);
        b.zero_if(Lc::one() - self.runs, || gap.into());
        let place = self.chain.place + gap + self.runs;

        let [told_before, block] = self.chain.shared.clone();
        let fields = vec![
            bus.weigh(b, 1, message),
            bus.weigh(b, 2, contract),
            bus.weigh(b, 3, answer),
            bus.weigh(b, 4, told),
            told_before,
            block,
            bus.weigh(b, 7, answer_numbers(self.gas.into(), starved.into(), last.into())),
        ];
        let first = answer_place(self.chain.at.into(), self.chain.place.into(), place.clone());
        bus.receive(b, self.runs.into(), Tuple { tag: Tag::Answer, first, fields });
        let told = b.select(self.runs.into(), told.into(), self.chain.told.into());
        Answered { tied, told: told.into(), place }
    }

    /// What hosts have told behind it, with this answer if `own` is 1: `Poseidon(Told, told, Poseidon(Answer, ..), of_caller, 0)`.
    fn by_the_host<B: Builder>(&self, b: &mut B, bus: &mut Bus, own: Lc, told: Lc, salt: Fr) -> Var {
        // To a compact query a host may only say that there is nobody to ask.
        let unknown = hash_words(compact::UNKNOWN);
        let refused = b.product(self.compact.into(), own.clone());
        b.zero_if(refused.into(), || self.answer.hash - Lc::constant(unknown));
        let contract = b.product(self.compact.into(), self.contract.into());
        let salt = b.alloc(salt);
        let inputs = [self.request.hash.into(), self.answer.hash.into(), contract.into(), salt.into()];
        let digest = hash_call(b, bus, &own, Domain::Answer, inputs);
        let inputs = [told.clone(), digest.into(), self.of_caller(b).into(), Lc::default()];
        let after = hash_call(b, bus, &own, Domain::Told, inputs);
        b.select(own, after.into(), told)
    }

    /// 1 if it asks who calls, in bytes; 0 if not.
    fn of_caller<B: Builder>(&self, b: &mut B) -> Var {
        let other = self.request.hash - Lc::constant(hash_words(compact::CALLER));
        let of_caller = b.boolean(self.json.value == Fr::one() && other.value == Fr::zero());
        b.zero_if(of_caller.into(), || Lc::one() - self.json);
        b.zero_if(of_caller.into(), || other.clone());
        b.nonzero_if(self.json - of_caller, other);
        of_caller
    }
}

/// What a run's gas, whether there was none left, and the last byte of its contract's id are as one number: the gas has at most 64 bits, and both
/// sides have ranged all three.
pub(crate) fn answer_numbers(gas: Lc, starved: Lc, last: Lc) -> Lc {
    gas + starved * two_to_the(STARVED_BIT) + last * two_to_the(LAST_BIT)
}

/// Where a query was asked, after which entry of the log, and which entry its answer is, as one number.
pub(crate) fn answer_place(position: Lc, before: Lc, entry: Lc) -> Lc {
    position + before * two_to_the(PLACE_BIT) + entry * two_to_the(2 * PLACE_BIT)
}
