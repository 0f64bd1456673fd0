//! Whole runs with everything that ties them: what a witness builder must provide, and what steps, cells and trees put on the bus.

use std::collections::BTreeMap;

use ff::Field;
use nectar_abi::compact;
use nectar_commitment::{
    Domain, EntryPoint, Fr, HostAnswer, RunOutcome, binding, hash_words, hash4, run_inputs, state_key,
    state_value, told_after,
};

use super::slot::Slot;
use super::world::World;
use crate::execution::bus::Tag;
use crate::execution::outside::{
    Address, Answerer, Field as Bytes, Form, Item, ItemKind, Message, Part, Query, Scan, StateAccess,
    StateCall, Unread, key_of, last_of, text_of, words_of,
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
    /// Out of gas, which the contract that it asked had no more of.
    Asks,
}

/// Number of the main run; those that it asks have numbers below.
pub(super) const MAIN: u64 = 7;

/// Slots, and what others put on the bus beside them.
#[derive(Clone)]
pub(super) struct Story {
    pub(super) slots: Vec<Slot>,
    pub(super) world: World,
    /// Ids, and how often envs and queries have them.
    addresses: BTreeMap<[u8; 32], [u64; 2]>,
    last_run: u64,
}

/// A receipt's log as it grows.
#[derive(Default)]
pub(super) struct Book {
    receipt: u64,
    entries: Vec<(u64, Fr, Fr)>,
    /// Number of the outermost run's entry.
    outermost: Option<u64>,
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
    id: [u8; 32],
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
        let mut bytes = (u8::try_from(number).unwrap()..).step_by(5);
        let id = [(); 32].map(|()| bytes.next().unwrap());
        Self {
            id,
            key: key_of(&id),
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
    begins: Begins,
    salts: u64,
    cut: bool,
}

/// What a run begins with.
#[derive(Clone, Copy)]
struct Begins {
    /// Position of the query that asked for it.
    asked: Option<u64>,
    place: u64,
    told: Fr,
}

/// How a run that is asked ends: trap and one, gas, limit, price, and what it says.
type Nested<'a> = ((u8, u64, u64, u64), Option<&'a [u8]>);

const SAID: Form = Form { incoming: false, optional: false, unread: Unread::Nothing };
const HEARD: Form = Form { incoming: true, ..SAID };

impl Talk {
    /// The outermost run of a receipt.
    fn new(number: u64, contract: Contract, book: &Book) -> Self {
        // The entry before: the contract's opening.
        Self::asked(number, contract, Begins { asked: None, place: book.place() - 1, told: Fr::ZERO })
    }

    fn asked(number: u64, contract: Contract, begins: Begins) -> Self {
        let Begins { place, told, .. } = begins;
        let message = Message {
            at: 0,
            place,
            contract: contract.key,
            binding: contract.binding(),
            secret: contract.secret,
            told,
            block: Fr::ZERO,
        };
        let (words, parts, slots) = Default::default();
        Self { number, contract, words, parts, slots, message, begins, salts: 0, cut: false }
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
        let (start, end) = (self.bytes(form, start), self.bytes(form, end));
        self.word(2, 1);
        self.slots.push(Slot::Scan(Some(Scan { message, start, end, order: 2 })));
    }

    /// A query that the host answers; a compact one, if it is for a contract.
    fn query(&mut self, contract: Option<Contract>, request: &[u8], answer: &[u8], unread: Unread) {
        let (message, id, field) = self.question(contract, request);
        let query = self.answered(message, id, field);
        self.heard(Query { unread, ..query }, answer, Some(request));
    }

    /// Tag, id and request.
    fn question(&mut self, contract: Option<Contract>, request: &[u8]) -> (Message, Option<Contract>, Bytes) {
        let message = self.begin(if contract.is_some() { 14 } else { 13 });
        for word in contract.iter().flat_map(|contract| words_of(&contract.id)) {
            self.word(word, 1);
        }
        (message, contract, self.bytes(SAID, Some(request)))
    }

    fn answered(&mut self, message: Message, contract: Option<Contract>, request: Bytes) -> Query {
        Query {
            message,
            id: contract.map(|contract| words_of(&contract.id)),
            contract: contract.map_or(Fr::ZERO, |contract| contract.key),
            request,
            gas: 0,
            answer: Bytes::default(),
            unread: Unread::Nothing,
            answerer: None,
            salt: self.salt(),
        }
    }

    /// Gas and answer; what the host has told is put to it, if this is the request.
    fn heard(&mut self, query: Query, answer: &[u8], own: Option<&[u8]>) {
        self.word(query.gas, 2);
        let bytes = self.bytes(Form { unread: query.unread, ..HEARD }, Some(answer));
        self.cut = query.unread != Unread::Nothing;
        if let Some(request) = own {
            let told = HostAnswer { request, answer, contract: query.contract, salt: query.salt };
            let of_caller = query.id.is_none() && request == compact::CALLER;
            self.message.told = told_after(self.message.told, told.digest(), of_caller);
        }
        self.slots.push(Slot::Query(Some(Query { answer: bytes, ..query })));
    }

    /// A query that a run of another contract answers: the run reads something, and asks the host. `compact`: not in JSON.
    fn ask(
        &mut self,
        (book, story): (&mut Book, &mut Story),
        (other, compact): (Contract, bool),
        (number, request): (u64, &[u8]),
        (numbers, text): Nested<'_>,
        unread: Unread,
    ) {
        let (message, id, field) = self.question(compact.then_some(other), request);
        let (place, told) = (self.message.place, self.message.told);
        book.push(2, self.contract.key, Fr::ZERO);
        book.push(1, other.key, other.binding());
        let mut nested = Self::asked(number, other, Begins { asked: Some(message.at), place, told });
        let given = Given::to(&mut nested, EntryPoint::Query, request, ALL);
        nested.access(book, StateCall::Read, b"theirs", Some(b"x"), Unread::Nothing);
        // Who returns or aborts has read everything.
        let cut = if [0, 11].contains(&numbers.0) { Unread::Nothing } else { Unread::Words };
        nested.query(None, b"again", b"", cut);
        let (code, gas, limit, _) = numbers;
        let (told, entry) = (nested.message.told, book.place());
        nested.end(book, &given, numbers, text, story);
        book.push(2, other.key, Fr::ZERO);
        book.push(1, self.contract.key, self.contract.binding());

        let said = if code == 0 { text.unwrap() } else { compact::FAILED };
        let answerer = Answerer {
            contract: other.key,
            message: hash_words(request),
            answer: hash_words(said),
            last: last_of(&other.id),
            told,
            starved: code == 9,
            gap: entry - place - 1,
        };
        (self.message.place, self.message.told) = (entry, told);
        let gas = if code == 9 { limit } else { gas };
        let query = Query { gas, unread, answerer: Some(answerer), ..self.answered(message, id, field) };
        if compact {
            story.addresses.entry(other.id).or_default()[1] += 1;
            self.heard(query, said, None);
        } else {
            self.heard(query, b"in other words", Some(request));
        }
    }

    /// Ends the run: its slot, its entry, and what its steps and cells put on the bus.
    fn end(
        mut self,
        book: &mut Book,
        given: &Given,
        (code, gas, limit, price): (u8, u64, u64, u64),
        text: Option<&[u8]>,
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
        let (block, id) = (self.message.block, &self.contract.id);
        let (address, last) = (text_of(id), last_of(id));
        let inputs = Inputs { fields: given.fields, salt, block, address, last };
        story.addresses.entry(self.contract.id).or_default()[0] += 1;
        let salt = self.salt();
        // Who runs out of gas pays for all of it.
        let paid = if code == 9 { limit } else { gas };
        let outcome =
            RunOutcome { entry: given.entry, code, gas: paid, limit, said: text, told: self.message.told };
        let undone = outcome.failed() && given.entry != EntryPoint::Query;
        let place = self.message.place;
        if self.begins.asked.is_none() {
            book.outermost = Some(book.entries.len() as u64);
        }
        let log_gap = self.log(book, key, outcome.digest(&salt), if undone { 9 } else { 8 });
        self.message.place = place;
        let end = End { time: 4000, code, price, gas, limit, said, salt };
        let cells = SpecialCells { times: [5, 31_990, 0], pages: 3 + (65536 << 32) };
        let gap = u32::try_from(self.number - story.last_run - 1).unwrap();
        story.last_run = self.number;
        let run = Run {
            gap,
            program: self.contract.program,
            entry: given.entry,
            inputs,
            message: self.message,
            asked: self.begins.asked,
            place: self.begins.place,
            told: self.begins.told,
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
    fn to(talk: &mut Talk, entry: EntryPoint, message: &[u8], unread: [Unread; 3]) -> Self {
        let digits: String = talk.contract.id.iter().map(|byte| format!("{byte:02x}")).collect();
        let block = format!("{:72}", r#"{"block":{"height":7,"time":"1","chain_id":"n"},"#);
        let env = format!("{block}{digits}\"}}}}");
        talk.message.block = Part::all(0, HEARD, Some(env.as_bytes()))[1].before.unwrap();
        let bytes = [env.as_bytes(), b"info", message].map(<[u8]>::to_vec);
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
    let mut story =
        Story { slots: Vec::new(), world: World::default(), addresses: BTreeMap::new(), last_run: 0 };
    let (one, other) = (Contract::new(1), Contract::new(2));
    let mut book = Book::default();
    book.push(6, Fr::from(1), Fr::from(2));
    book.push(1, one.key, one.binding());
    let mut talk = Talk::new(MAIN, one, &book);
    let unread = if ending == Ending::Early { [Unread::Words, Unread::All, Unread::All] } else { ALL };
    let given = Given::to(&mut talk, EntryPoint::Execute, b"message", unread);
    if ending != Ending::Early {
        main_part(&mut talk, &mut book, &mut story, other);
    }
    if ending == Ending::Starves {
        talk.access(&mut book, StateCall::Read, b"large", Some(&[9; 100]), Unread::Words);
    } else if ending == Ending::Asks {
        let starved = ((9, 40, 42, 5), None);
        talk.ask((&mut book, &mut story), (other, true), (4, b"too much"), starved, Unread::Words);
    } else if ending != Ending::Early {
        talk.access(&mut book, StateCall::Read, b"more", None, Unread::Nothing);
    }
    let (numbers, text): (_, Option<&[u8]>) = match ending {
        Ending::Returns => ((0, 900, 1000, 0), Some(br#"{"ok":{"messages":[]}}"#)),
        Ending::Errs => ((0, 1000, 1000, 0), Some(br#"{"error":"no"}"#)),
        Ending::Aborts => ((11, 5, 1000, 0), Some(b"panicked")),
        Ending::Starves | Ending::Asks => ((9, 999, 1000, 2), None),
        Ending::Early => ((1, 30, 1000, 0), None),
    };
    // The runs are numbered as they end: this one is behind those that it asked.
    talk.end(&mut book, &given, numbers, text, &mut story);
    if matches!(ending, Ending::Returns) {
        book.push(2, one.key, Fr::ZERO);
    }
    receipt(book, &mut story);

    let mut book = Book { receipt: 1, ..Book::default() };
    book.push(3, other.key, Fr::from(5));
    book.push(1, other.key, other.binding());
    let mut talk = Talk::new(9, other, &book);
    let given = Given::to(&mut talk, EntryPoint::Instantiate, b"{}", ALL);
    talk.access(&mut book, StateCall::Write, b"", Some(b"v"), Unread::Nothing);
    talk.end(&mut book, &given, (0, 0, 0, 0), Some(br#"{"ok":"#), &mut story);
    book.push(2, other.key, Fr::ZERO);
    receipt(book, &mut story);
    for (id, [in_envs, in_queries]) in std::mem::take(&mut story.addresses) {
        story.slots.push(Slot::Address(Some(Address { id, in_envs, in_queries })));
    }
    story
}

/// Reads and writes, an iterator, and queries: some that other runs answer, with numbers from 1 on.
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
    talk.query(None, compact::CALLER, b"its grant", Unread::Nothing);
    let whole = Unread::Nothing;
    let ok: Nested<'_> = ((0, 8, 10, 0), Some(br#"{"ok":"e30="}"#));
    talk.ask((book, story), (other, true), (1, b"{\"may\":{}}"), ok, whole);
    talk.access(book, StateCall::Read, b"key", None, whole);
    talk.ask((book, story), (other, false), (2, b"the same in JSON"), ((7, 10, 10, 0), None), whole);
    talk.access(book, StateCall::Read, b"key", None, whole);
    talk.ask((book, story), (other, true), (3, b"{}"), ((11, 3, 10, 0), Some(b"panicked")), whole);
    talk.query(Some(Contract::new(3)), b"{}", compact::UNKNOWN, Unread::Nothing);
    story.addresses.entry(Contract::new(3).id).or_default()[1] += 1;
    talk.query(None, b"who calls, in JSON", b"its grant", Unread::Nothing);
    // As a message to a contract it is no question of the host's.
    talk.query(Some(Contract::new(3)), compact::CALLER, compact::UNKNOWN, Unread::Nothing);
    story.addresses.entry(Contract::new(3).id).or_default()[1] += 1;
}

/// Slots of a log and its receipt, and the receipt's leaf.
fn receipt(book: Book, story: &mut Story) {
    let (mut log, mut contract, mut binding) = (Fr::ZERO, Fr::ZERO, Fr::ZERO);
    let entries = book.entries.len() as u64;
    for (place, (code, key, value)) in (book.receipt << 32..).zip(book.entries.iter().copied()) {
        story.slots.push(Slot::Log(Some(LogEntry { place, log, contract, binding, code, key, value })));
        log = hash4(Domain::Log, [log, Fr::from(code), key, value]);
        match code {
            1 => (contract, binding) = (key, value),
            2 | 9 => (contract, binding) = (Fr::ZERO, Fr::ZERO),
            _ => {}
        }
    }
    let (body, auth) = (Fr::from(31), Fr::from(32));
    let outermost = book.outermost;
    story.slots.push(Slot::Receipt(Some(Receipt { log, entries, outermost, body, auth })));
    let leaf = hash4(Domain::Receipt, [log, body, auth, Fr::ZERO]);
    story.world.send(Tag::Node, vec![Fr::from((4u64.pow(14) - 1) / 3 + 1 + book.receipt), Fr::from(3), leaf]);
}
