use nectar_commitment::{Domain, EntryPoint, Fr};
use nectar_vm::Committed;

use super::end::{self, Ended, LastWords, SpecialCells};
use super::inputs::{self, Given};
use super::{End, Inputs};
use crate::builder::Builder;
use crate::execution::access::CLOCK;
use crate::execution::bus::{Bus, Tag, Tuple, Weighed};
use crate::execution::hash::hash_call;
use crate::execution::number::two_to_the;
use crate::execution::outside::{LOG_GAP_BITS, Message, answer_numbers, answer_place, ended};
use crate::execution::range;
use crate::lc::{Lc, Var};

/// Bits of a run's number.
const RUN_BITS: u32 = 20;
/// Bits of the number of a row.
const ROW_BITS: u32 = 24;
/// Bits of positions and of places in logs.
const PLACE_BITS: u32 = 52;
/// Bits of a number of pages.
const PAGES_BITS: u32 = 24;
/// Bits of the numbers of words of data.
const DATA_BITS: u32 = 32;
/// Words of a page.
const PAGE_WORDS: u64 = 8192;

/// A program of the batch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Program {
    /// Its number, from one on.
    pub(crate) number: u32,
    /// Its commitment.
    pub(crate) commitment: Fr,
    /// Pages of memory at the start.
    pub(crate) pages: u64,
    /// The most that they may become.
    pub(crate) maximum: u64,
    /// The first word of data.
    pub(crate) data: u64,
    /// How many there are.
    pub(crate) data_words: u64,
    /// Rows of `instantiate`, `execute` and `query`, and one; 0 for none.
    pub(crate) entries: [u64; 3],
    /// Elements of its table.
    pub(crate) elements: u64,
}

impl Program {
    /// A program with a number in the batch.
    pub(crate) fn of(number: u32, program: &Committed) -> Self {
        let halves = |pair: u64| (pair & u64::from(u32::MAX), pair >> 32);
        let ((pages, maximum), (data, data_words)) = (halves(program.pages), halves(program.data));
        let (entries, elements) = (program.entries, program.elements);
        Self { number, commitment: program.hash(), pages, maximum, data, data_words, entries, elements }
    }
}

/// A run: private.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Run {
    /// Runs between the one before and this.
    pub(crate) gap: u32,
    /// What runs.
    pub(crate) program: Program,
    /// Where it begins.
    pub(crate) entry: EntryPoint,
    /// What it was given.
    pub(crate) inputs: Inputs,
    /// Whose it is; the position is that behind its messages, the place that of its last access, or of its start if there is none.
    pub(crate) message: Message,
    /// Position of the query that it answers; nothing of the outermost run of an invocation.
    pub(crate) asked: Option<u64>,
    /// The place in the log that its first access is behind: that of the last entry before the query.
    pub(crate) place: u64,
    /// What hosts had told before it. After it, the message says.
    pub(crate) told: Fr,
    /// Whether it trapped within an answer, or within its inputs.
    pub(crate) cut: bool,
    /// How it ended.
    pub(crate) end: End,
    /// Cells that only the machine writes.
    pub(crate) cells: SpecialCells,
    /// Entries of the log between its last access and its own.
    pub(crate) log_gap: u64,
    /// How often cells of its memory are made.
    pub(crate) makes: u64,
}

/// Only which.
impl std::fmt::Debug for Run {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Run").field("message", &self.message).finish_non_exhaustive()
    }
}

impl Default for Run {
    fn default() -> Self {
        Self {
            gap: 0,
            program: Program::default(),
            entry: EntryPoint::Instantiate,
            inputs: Inputs::default(),
            message: Message::default(),
            asked: None,
            place: 0,
            told: Fr::zero(),
            cut: false,
            end: End::default(),
            cells: SpecialCells::default(),
            log_gap: 0,
            makes: 0,
        }
    }
}

/// A run from its start to its entry in the log. `before` is the number of the run before; gives this one's, or the same if the slot is not used.
pub(crate) fn run<B: Builder>(b: &mut B, bus: &mut Bus, before: Var, run: Option<&Run>) -> Var {
    let is = |entry| run.is_some_and(|run| run.entry == entry);
    let entries =
        [EntryPoint::Instantiate, EntryPoint::Execute, EntryPoint::Query].map(|entry| b.boolean(is(entry)));
    let [instantiate, execute, query] = entries;
    let used = instantiate + execute + query;
    b.enforce(|| (used.clone(), used.clone(), used.clone()));
    let input = run.copied().unwrap_or_default();
    let number = scan(b, bus, &used, before, input.gap);
    let base = number * two_to_the(34);
    let first_word = number * two_to_the(32);

    let program = program(b, bus, &used, entries, &input.program);
    let fields = vec![
        bus.weigh(b, 1, program.start.clone()),
        bus.constant(2, Fr::zero()),
        bus.constant(3, Fr::zero()),
    ];
    let start = base.clone() + Lc::constant(*CLOCK);
    bus.send(b, used.clone(), Tuple { tag: Tag::State, first: start, fields });
    send_facts(b, bus, &used, number, &program, input.makes);

    let contract = b.alloc(input.message.contract);
    let given = inputs::inputs(b, bus, &used, (query, contract), first_word.clone(), &input.inputs);
    let end = end::state(b, bus, &used, base.clone(), &input.end);
    let messages = Messages::new(b, bus, &used, &given, &end, &program, &input);
    let entry = instantiate + execute * Fr::from(2) + query * Fr::from(3);
    let told = messages.told;
    let said = end::last_words(b, bus, &used, &end, (entry, messages.behind, told), &input.end);
    let pages = b.alloc(Fr::from(input.cells.pages));
    let program_cell = program.number + program.elements * two_to_the(32);
    let values = [
        [program.pages.clone(), pages.into()],
        [first_word, said.behind.into()],
        [program_cell.clone(), program_cell],
    ];
    end::cells(b, bus, &used, &base, values, input.cells.times);

    // A query has nothing to undo.
    let undone = b.product(said.failed.clone(), Lc::one() - query);
    let code = used.clone() * Fr::from(8) + undone;
    let entry = [code, given.hash.into(), said.digest.into()];
    let place = messages.log(b, bus, used.clone(), entry, input.log_gap);
    messages.answer(b, bus, (&used, query), Answering { given, said, end, place }, input.asked);
    number
}

/// What a run that has ended answers.
struct Answering {
    given: Given,
    said: LastWords,
    end: Ended,
    /// Place of its entry in the log.
    place: Lc,
}

/// Numbers in increasing order, each below 2^20.
fn scan<B: Builder>(b: &mut B, bus: &mut Bus, used: &Lc, before: Var, gap: u32) -> Var {
    let gap = b.alloc(Fr::from(u64::from(gap)));
    range::bits(b, bus, gap.into(), RUN_BITS);
    let number = b.alloc(before.value + used.value * (gap.value + Fr::one()));
    b.enforce(|| (used.clone(), gap + Lc::one(), number - before));
    range::bits(b, bus, number.into(), RUN_BITS);
    number
}

/// A program as a run needs it.
struct Running {
    number: Var,
    commitment: Var,
    /// `initial + 2^32 maximum`
    pages: Lc,
    initial: Var,
    data: Var,
    data_words: Var,
    elements: Var,
    /// Place of the entry's row.
    start: Lc,
}

/// Receives the program, and the row of the entry from the hash of its entries.
fn program<B: Builder>(b: &mut B, bus: &mut Bus, used: &Lc, entries: [Var; 3], program: &Program) -> Running {
    let Program { number, commitment, pages, maximum, data, data_words, elements, .. } = *program;
    let [number, initial, maximum, data, data_words, elements] =
        [number.into(), pages, maximum, data, data_words, elements].map(|n| b.alloc(Fr::from(n)));
    let commitment = b.alloc(commitment);
    for pages in [initial, maximum] {
        range::bits(b, bus, pages.into(), PAGES_BITS);
    }
    for data in [data, data_words] {
        range::bits(b, bus, data.into(), DATA_BITS);
    }
    let rows = program.entries.map(|row| b.alloc(Fr::from(row)));
    let [first, second, third] = rows.map(Lc::from);
    let hash = hash_call(b, bus, used, Domain::Program, [first, second, third, Lc::default()]);
    let pages = initial + maximum * two_to_the(32);
    let fields =
        [commitment.into(), pages.clone(), data + data_words * two_to_the(32), hash.into(), elements.into()];
    let fields = fields.into_iter().zip(1..).map(|(field, power)| bus.weigh(b, power, field)).collect();
    bus.receive(b, used.clone(), Tuple { tag: Tag::Program, first: number.into(), fields });

    let mut row = Lc::default();
    for (chosen, entry) in entries.into_iter().zip(rows) {
        row = row + b.product(chosen.into(), entry.into());
    }
    // Of an entry that there is not, this is -1.
    let row = row - used.clone();
    range::bits(b, bus, row.clone(), ROW_BITS);
    let start = number * two_to_the(24) + row;
    Running { number, commitment, pages, initial, data, data_words, elements, start }
}

/// Sends what memory begins with, as often as it is asked for.
fn send_facts<B: Builder>(b: &mut B, bus: &mut Bus, used: &Lc, number: Var, program: &Running, times: u64) {
    let times = b.alloc(Fr::from(times));
    b.zero_if(Lc::one() - used.clone(), || times.into());
    let words = program.initial * Fr::from(PAGE_WORDS);
    let fields = [program.number.into(), words, program.data.into(), program.data_words.into()];
    let fields = fields.into_iter().zip(1..).map(|(field, power)| bus.weigh(b, power, field)).collect();
    bus.send(b, times.into(), Tuple { tag: Tag::Run, first: number.into(), fields });
}

/// The chain of a run's messages.
struct Messages {
    /// The position behind them.
    behind: Var,
    /// The place before its first access.
    before: Var,
    /// The place of its last access.
    place: Var,
    owner: [Weighed; 2],
    /// What hosts had told before it.
    told_first: Var,
    /// The same, weighed.
    told_before: Weighed,
    /// What they had told after it.
    told: Var,
    block: Weighed,
}

impl Messages {
    /// Sends where they begin, and receives where they have come to. A run that has not read all trapped.
    fn new<B: Builder>(
        b: &mut B,
        bus: &mut Bus,
        used: &Lc,
        given: &Given,
        end: &Ended,
        program: &Running,
        run: &Run,
    ) -> Self {
        let Message { at, place, secret, told, .. } = run.message;
        let [behind, before, place] = [at, run.place, place].map(|n| b.alloc(Fr::from(n)));
        range::bits(b, bus, before.into(), PLACE_BITS);
        let [secret, told_first, told] = [secret, run.told, told].map(|value| b.alloc(value));
        let bound = [program.commitment.into(), secret.into(), Lc::default(), Lc::default()];
        let binding = hash_call(b, bus, used, Domain::Binding, bound);
        let owner = [bus.weigh(b, 2, given.contract), bus.weigh(b, 3, binding)];
        let (secret, block) = (bus.weigh(b, 4, secret), bus.weigh(b, 6, given.block));
        let tuple = |first: Lc, place: Weighed, told: Weighed| {
            let [contract, binding] = owner.clone();
            let fields = vec![place, contract, binding, secret.clone(), told, block.clone()];
            Tuple { tag: Tag::Message, first, fields }
        };
        let first_place = bus.weigh(b, 1, before);
        let told_before = bus.weigh(b, 5, told_first);
        let first = given.behind.clone() + ended(given.cut);
        bus.send(b, used.clone(), tuple(first, first_place, told_before.clone()));
        let cut = b.boolean(run.cut);
        b.zero_if(cut.into(), || end.returned + end.aborted);
        let last_place = bus.weigh(b, 1, place);
        let told_after = bus.weigh(b, 5, told);
        bus.receive(b, used.clone(), tuple(behind + ended(cut), last_place, told_after));
        Self { behind, before, place, owner, told_first, told_before, told, block }
    }

    /// Sends the run's own entry of the log, behind all of its accesses; gives its place.
    fn log<B: Builder>(
        &self,
        b: &mut B,
        bus: &mut Bus,
        used: Lc,
        [code, key, value]: [Lc; 3],
        gap: u64,
    ) -> Lc {
        let gap = b.alloc(Fr::from(gap));
        range::bits(b, bus, gap.into(), LOG_GAP_BITS);
        let [contract, binding] = self.owner.clone();
        let code = bus.weigh(b, 1, code);
        let fields = vec![code, contract, binding, bus.weigh(b, 4, key), bus.weigh(b, 5, value)];
        let first = self.place + gap + Lc::one();
        bus.send(b, used, Tuple { tag: Tag::Access, first: first.clone(), fields });
        first
    }

    /// Sends what a query that was asked gets to hear, or that the run was an invocation's outermost: then nobody had told anything before.
    fn answer<B: Builder>(
        self,
        b: &mut B,
        bus: &mut Bus,
        (used, query): (&Lc, Var),
        Answering { given, said, end, place }: Answering,
        asked: Option<u64>,
    ) {
        let answers = b.boolean(asked.is_some());
        b.zero_if(answers.into(), || Lc::one() - query);
        let outermost = used.clone() - answers;
        let position = b.alloc(Fr::from(asked.unwrap_or_default()));
        range::bits(b, bus, position.into(), PLACE_BITS);
        let [contract, _] = self.owner;
        let numbers = answer_numbers(said.paid.into(), end.starved.into(), given.last.into());
        let fields = vec![
            bus.weigh(b, 1, given.message),
            contract,
            bus.weigh(b, 3, said.answer),
            bus.weigh(b, 4, self.told),
            self.told_before.clone(),
            self.block,
            bus.weigh(b, 7, numbers),
        ];
        let first = answer_place(position.into(), self.before.into(), place.clone());
        bus.send(b, answers.into(), Tuple { tag: Tag::Answer, first, fields });
        b.zero_if(outermost.clone(), || self.told_first.into());
        bus.send(b, outermost, Tuple { tag: Tag::Outermost, first: place, fields: Vec::new() });
    }
}
