//! Whole runs with everything that ties them: what a witness builder must provide, and what steps, cells and trees put on the bus.

use ff::Field;
use nectar_commitment::{
    Domain, EntryPoint, Fr, RunOutcome, binding, hash4, run_inputs, state_key, state_value,
};

use super::slot::Slot;
use super::world::World;
use crate::execution::bus::Tag;
use crate::execution::outside::{
    Ask, AskKind, Field as Bytes, Form, Item, ItemKind, Message, Part, StateAccess, StateCall, Unread,
};
use crate::execution::runs::{End, Inputs, LogEntry, Program, Receipt, Run, SpecialCells};

/// How a story's main run ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// With a response.
    Returns,
    /// With an error of the contract's.
    Errs,
    /// By `abort`.
    Aborts,
    /// Out of gas, while it makes room for a value that it reads.
    Starves,
    /// By a trap, before it has read its second input.
    Early,
}

/// Slots, and what others put on the bus beside them.
#[derive(Clone)]
pub(super) struct Story {
    pub(super) slots: Vec<Slot>,
    pub(super) world: World,
}

/// A receipt's log as it grows.
#[derive(Default)]
pub(super) struct Book {
    receipt: u64,
    entries: Vec<(u64, Fr, Fr)>,
}

impl Book {
    pub(super) fn place(&self) -> u64 {
        (self.receipt << 32) + self.entries.len() as u64
    }

    fn push(&mut self, code: u64, key: Fr, value: Fr) -> u64 {
        let place = self.place();
        self.entries.push((code, key, value));
        place
    }
}

/// Whose run it is.
#[derive(Clone, Copy)]
pub(super) struct Contract {
    key: Fr,
    secret: Fr,
    program: Program,
}

impl Contract {
    fn new(number: u32) -> Self {
        let commitment = hash4(Domain::Program, [Fr::from(u64::from(number)), Fr::ZERO, Fr::ZERO, Fr::ONE]);
        let program = Program {
            number,
            commitment,
            pages: 2,
            maximum: 65536,
            data: 100,
            data_words: 20,
            entries: [17, 400 + u64::from(number), 900],
            elements: 33,
        };
        Self {
            key: Fr::from(7000 + u64::from(number)),
            secret: Fr::from(123_456 + u64::from(number)).square().square(),
            program,
        }
    }

    fn binding(&self) -> Fr {
        binding(&self.program.commitment, &self.secret)
    }
}

/// A run as it speaks.
struct Talk {
    number: u64,
    contract: Contract,
    words: Vec<(u64, u64)>,
    parts: Vec<Part>,
    slots: Vec<Slot>,
    message: Message,
    first_place: u64,
    salts: u64,
    cut: bool,
}

const SAID: Form = Form { incoming: false, optional: false, unread: Unread::Nothing };
const HEARD: Form = Form { incoming: true, ..SAID };

impl Talk {
    fn new(number: u64, contract: Contract, book: &Book) -> Self {
        // The entry before: the contract's opening.
        let place = book.place() - 1;
        let message = Message {
            at: 0,
            place,
            contract: contract.key,
            binding: contract.binding(),
            secret: contract.secret,
        };
        let (words, parts, slots) = Default::default();
        Self { number, contract, words, parts, slots, message, first_place: place, salts: 0, cut: false }
    }

    fn at(&self) -> u64 {
        (self.number << 32) + self.words.len() as u64
    }

    fn word(&mut self, word: u64, direction: u64) {
        self.words.push((word, direction));
    }

    fn bytes(&mut self, form: Form, bytes: Option<&[u8]>) -> Bytes {
        let at = self.at();
        let direction = if form.incoming { 2 } else { 1 };
        let length = bytes.map_or(0, |bytes| bytes.len() as u64 + u64::from(form.optional));
        if form.unread != Unread::All {
            self.word(length, direction);
        }
        if form.unread == Unread::Nothing {
            for chunk in bytes.unwrap_or_default().chunks(8) {
                let word = chunk.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte));
                self.word(word, direction);
            }
        }
        self.parts.extend(Part::all(at, form, bytes));
        let field = Bytes::new(at, form, bytes);
        assert_eq!(field.behind, self.at());
        field
    }

    fn begin(&mut self, tag: u64) -> Message {
        self.message.at = self.at();
        self.word(tag, 1);
        self.message
    }

    fn salt(&mut self) -> Fr {
        self.salts += 1;
        Fr::from(self.number * 1000 + self.salts).square().square().square()
    }

    fn log(&mut self, book: &mut Book, key: Fr, value: Fr, code: u64) -> u64 {
        let place = book.push(code, key, value);
        let gap = place - self.message.place - 1;
        self.message.place = place;
        gap
    }

    fn key(&self, key: &[u8]) -> Fr {
        state_key(&self.contract.secret, key).to_field()
    }

    fn access(&mut self, book: &mut Book, call: StateCall, key: &[u8], value: Option<&[u8]>, unread: Unread) {
        let message = self.begin(match call {
            StateCall::Read => 3,
            StateCall::Write => 4,
            StateCall::Remove => 5,
        });
        let name = self.bytes(SAID, Some(key));
        let field = match call {
            StateCall::Read => Some(self.bytes(Form { incoming: true, optional: true, unread }, value)),
            StateCall::Write => Some(self.bytes(SAID, value)),
            StateCall::Remove => None,
        };
        let salt = self.salt();
        let leaf = value.map_or(Fr::ZERO, |value| state_value(&salt, value));
        let code = if call == StateCall::Read { 4 } else { 5 };
        let gap = self.log(book, self.key(key), leaf, code);
        self.cut = unread != Unread::Nothing;
        let access = StateAccess { message, call, key: name, value: field, salt, cut: self.cut, gap };
        self.slots.push(Slot::Access(Some(access)));
    }

    fn item(&mut self, book: &mut Book, kind: ItemKind, pair: Option<(&[u8], &[u8])>) {
        let message = self.begin(match kind {
            ItemKind::Both => 7,
            ItemKind::Key => 8,
            ItemKind::Value => 9,
        });
        self.word(1, 1);
        let optional = Form { optional: true, ..HEARD };
        let first = pair.map(|(key, value)| if kind == ItemKind::Value { value } else { key });
        let first = self.bytes(optional, first);
        let both = pair.filter(|_| kind == ItemKind::Both);
        let second = both.map(|(_, value)| self.bytes(HEARD, Some(value)));
        let salt = self.salt();
        let (mut key, mut value, mut gap) = (Fr::ZERO, Fr::ZERO, 0);
        if let Some((name, held)) = pair {
            (key, value) = (self.key(name), state_value(&salt, held));
            gap = self.log(book, key, value, 4);
        }
        let item = Item { message, kind, iterator: 1, first, second, key, value, salt, cut: false, gap };
        self.slots.push(Slot::Item(Some(item)));
    }

    fn scan(&mut self, start: Option<&[u8]>, end: Option<&[u8]>) {
        let message = self.begin(6);
        let form = Form { optional: true, ..SAID };
        let (first, second) = (self.bytes(form, start), self.bytes(form, end));
        self.word(2, 1);
        let ask = Ask { message, kind: AskKind::Scan, first, second, number: 2, unread: Unread::Nothing };
        self.slots.push(Slot::Ask(Some(ask)));
    }

    fn query(&mut self, request: &[u8], answer: &[u8], unread: Unread) {
        let message = self.begin(13);
        let first = self.bytes(SAID, Some(request));
        self.word(777, 2);
        let second = self.bytes(Form { unread, ..HEARD }, Some(answer));
        self.cut = unread != Unread::Nothing;
        let ask = Ask { message, kind: AskKind::Query, first, second, number: 777, unread };
        self.slots.push(Slot::Ask(Some(ask)));
    }

    /// Ends the run: its slot, its entry, and what its steps and cells put on the bus.
    fn end(
        mut self,
        book: &mut Book,
        given: &Given,
        (code, gas, limit, price): (u8, u64, u64, u64),
        text: Option<&[u8]>,
        gap: u32,
        story: &mut Story,
    ) {
        self.message.at = self.at();
        if text.is_some() {
            self.word(if code == 0 { 1 } else { 2 }, 1);
        }
        let said = text.map(|text| self.bytes(SAID, Some(text)));
        let [env, info, message] = &given.bytes;
        let info = (given.entry != EntryPoint::Query).then_some(info.as_slice());
        let salt = self.salt();
        let key = run_inputs(env, info, message, &salt);
        let inputs = Inputs { fields: given.fields, salt };
        let salt = self.salt();
        // Who runs out of gas pays for all of it.
        let paid = if code == 9 { limit } else { gas };
        let outcome = RunOutcome { entry: given.entry, code, gas: paid, limit, said: text };
        let undone = outcome.failed() && given.entry != EntryPoint::Query;
        let place = self.message.place;
        let log_gap = self.log(book, key, outcome.digest(&salt), if undone { 9 } else { 8 });
        self.message.place = place;
        let end = End { time: 4000, code, price, gas, limit, said, salt };
        let cells = SpecialCells { times: [5, 31_990, 0], pages: 3 + (65536 << 32) };
        let run = Run {
            gap,
            program: self.contract.program,
            entry: given.entry,
            inputs,
            message: self.message,
            place: self.first_place,
            cut: self.cut,
            end,
            cells,
            log_gap,
            makes: 3,
        };
        story.world.steps(self.number, &run, &self.words);
        story.slots.extend(self.parts.into_iter().map(|part| Slot::Bytes(Some(part))));
        story.slots.append(&mut self.slots);
        story.slots.push(Slot::Run(Some(Box::new(run))));
    }
}

/// What a run is given.
struct Given {
    entry: EntryPoint,
    bytes: [Vec<u8>; 3],
    fields: [(Bytes, Unread); 3],
}

impl Given {
    fn to(talk: &mut Talk, entry: EntryPoint, unread: [Unread; 3]) -> Self {
        let bytes = [
            br#"{"block":{"height":7,"time":"1","chain_id":"n"},"contract":{"address":"some contract's"}}"#
                .as_slice(),
            b"info",
            b"message",
        ]
        .map(<[u8]>::to_vec);
        let mut fields = [(Bytes::default(), Unread::Nothing); 3];
        for (n, (bytes, unread)) in bytes.iter().zip(unread).enumerate() {
            if entry == EntryPoint::Query && n == 1 {
                continue;
            }
            fields[n] = (talk.bytes(Form { unread, ..HEARD }, Some(bytes)), unread);
            talk.cut = unread != Unread::Nothing;
        }
        Self { entry, bytes, fields }
    }
}

const ALL: [Unread; 3] = [Unread::Nothing; 3];

/// Two receipts. The first: a contract executes, reads and writes, iterates, asks another one that answers a query; and ends. The second: the
/// other one is instantiated.
pub(super) fn story(ending: Ending) -> Story {
    let mut story = Story { slots: Vec::new(), world: World::default() };
    let (one, other) = (Contract::new(1), Contract::new(2));
    let mut book = Book::default();
    book.push(6, Fr::from(1), Fr::from(2));
    book.push(1, one.key, one.binding());
    let mut talk = Talk::new(3, one, &book);
    let unread = if ending == Ending::Early { [Unread::Words, Unread::All, Unread::All] } else { ALL };
    let given = Given::to(&mut talk, EntryPoint::Execute, unread);
    if ending != Ending::Early {
        main_part(&mut talk, &mut book, &mut story, other);
        book.push(1, one.key, one.binding());
    }
    if ending == Ending::Starves {
        talk.access(&mut book, StateCall::Read, b"large", Some(&[9; 100]), Unread::Words);
    } else if ending != Ending::Early {
        talk.access(&mut book, StateCall::Read, b"more", None, Unread::Nothing);
    }
    let (numbers, text): (_, Option<&[u8]>) = match ending {
        Ending::Returns => ((0, 900, 1000, 0), Some(br#"{"ok":{"messages":[]}}"#)),
        Ending::Errs => ((0, 1000, 1000, 0), Some(br#"{"error":"no"}"#)),
        Ending::Aborts => ((11, 5, 1000, 0), Some(b"panicked")),
        Ending::Starves => ((9, 999, 1000, 2), None),
        Ending::Early => ((1, 30, 1000, 0), None),
    };
    // The runs are numbered as they end: this one is the second.
    talk.end(&mut book, &given, numbers, text, if ending == Ending::Early { 2 } else { 0 }, &mut story);
    if matches!(ending, Ending::Returns) {
        book.push(2, one.key, Fr::ZERO);
    }
    receipt(book, &mut story);

    let mut book = Book { receipt: 1, entries: Vec::new() };
    book.push(3, other.key, Fr::from(5));
    book.push(1, other.key, other.binding());
    let mut talk = Talk::new(9, other, &book);
    let given = Given::to(&mut talk, EntryPoint::Instantiate, ALL);
    talk.access(&mut book, StateCall::Write, b"", Some(b"v"), Unread::Nothing);
    talk.end(&mut book, &given, (0, 0, 0, 0), Some(br#"{"ok":"#), 5, &mut story);
    book.push(2, other.key, Fr::ZERO);
    receipt(book, &mut story);
    story
}

/// Reads and writes, an iterator, and a query that another run answers, which is number 2.
fn main_part(talk: &mut Talk, book: &mut Book, story: &mut Story, other: Contract) {
    talk.access(book, StateCall::Read, b"key", Some(b"a value of more than one word"), Unread::Nothing);
    talk.access(book, StateCall::Read, b"no key", None, Unread::Nothing);
    talk.access(book, StateCall::Write, b"key", Some(&[7; 150]), Unread::Nothing);
    talk.access(book, StateCall::Remove, b"another key", None, Unread::Nothing);
    talk.scan(None, Some(b"end"));
    talk.item(book, ItemKind::Both, Some((b"a", b"first")));
    talk.item(book, ItemKind::Key, Some((b"b", b"second")));
    talk.item(book, ItemKind::Value, Some((b"c", b"third")));
    talk.item(book, ItemKind::Both, None);
    talk.item(book, ItemKind::Value, None);
    talk.query(b"to the other", b"its answer", Unread::Nothing);
    book.push(2, talk.contract.key, Fr::ZERO);
    book.push(1, other.key, other.binding());
    let mut nested = Talk::new(2, other, book);
    let given = Given::to(&mut nested, EntryPoint::Query, ALL);
    nested.access(book, StateCall::Read, b"theirs", Some(b"x"), Unread::Nothing);
    nested.query(b"again", b"", Unread::Words);
    nested.end(book, &given, (7, 10, 10, 0), None, 1, story);
    book.push(2, other.key, Fr::ZERO);
}

/// Slots of a log and its receipt, and the receipt's leaf.
fn receipt(book: Book, story: &mut Story) {
    let (mut log, mut contract, mut binding) = (Fr::ZERO, Fr::ZERO, Fr::ZERO);
    let entries = book.entries.len() as u64;
    for (place, (code, key, value)) in (book.receipt << 32..).zip(book.entries) {
        story.slots.push(Slot::Log(Some(LogEntry { place, log, contract, binding, code, key, value })));
        log = hash4(Domain::Log, [log, Fr::from(code), key, value]);
        match code {
            1 => (contract, binding) = (key, value),
            2 | 9 => (contract, binding) = (Fr::ZERO, Fr::ZERO),
            _ => {}
        }
    }
    let (body, auth) = (Fr::from(31), Fr::from(32));
    story.slots.push(Slot::Receipt(Some(Receipt { log, entries, body, auth })));
    let leaf = hash4(Domain::Receipt, [log, body, auth, Fr::ZERO]);
    story.world.send(Tag::Node, vec![Fr::from((4u64.pow(14) - 1) / 3 + 1 + book.receipt), Fr::from(3), leaf]);
}
