use nectar_abi::compact;
use nectar_commitment::{Domain, Fr, hash_words, hash4, state_key, state_value, told_after};

use super::answers::{Child, Expected};
use super::error::ArrangeError;
use super::record::{AccessRecord, AnswerRecord, RunRecord};
use crate::execution::outside::{
    Answerer, Field, Form, ID_WORDS, Item, ItemKind, Message, Part, Query, Scan, StateAccess, StateCall,
    Unread, id_of, key_of,
};

/// What a run said and heard, as slots show it.
#[derive(Default)]
pub(super) struct Said {
    pub(super) parts: Vec<Part>,
    pub(super) inputs: [(Field, Unread); 3],
    pub(super) accesses: Vec<StateAccess>,
    pub(super) items: Vec<Item>,
    pub(super) scans: Vec<Scan>,
    pub(super) queries: Vec<Query>,
    /// What the runs that answered it begin with, in order.
    pub(super) children: Vec<Expected>,
    /// The response, or the text of an abort.
    pub(super) last: Option<Field>,
    /// Position behind all messages but the last.
    pub(super) at: u64,
    /// Place of the last access.
    pub(super) place: u64,
    /// What hosts had told at the end.
    pub(super) told: Fr,
    pub(super) cut: bool,
}

/// Reads a run's words in order.
pub(super) struct Reader<'r> {
    run: &'r RunRecord,
    words: &'r [(u64, bool)],
    /// Words read so far.
    at: usize,
    message: Message,
    accesses: std::slice::Iter<'r, AccessRecord>,
    answers: std::slice::Iter<'r, AnswerRecord>,
    children: std::slice::Iter<'r, Child>,
    said: Said,
}

impl<'r> Reader<'r> {
    /// Behind the words of a run stand its accesses and answers: they fill in what a run that trapped has not read.
    pub(super) fn new(run: &'r RunRecord, message: Message, children: &'r [Child]) -> Self {
        let words = &run.recording.words;
        let (accesses, answers, children) = (run.accesses.iter(), run.answers.iter(), children.iter());
        Self { run, words, at: 0, message, accesses, answers, children, said: Said::default() }
    }

    pub(super) fn read(mut self) -> Result<Said, ArrangeError> {
        self.inputs()?;
        while !self.said.cut && self.at < self.words.len() {
            self.message.at = self.position();
            match self.word()? {
                tag @ (1 | 2) => {
                    let _ = tag;
                    self.said.at = self.message.at;
                    let (field, _) = self.said_bytes(Form::default())?;
                    self.said.last = Some(field);
                    (self.said.place, self.said.told) = (self.message.place, self.message.told);
                    let unheard = self.accesses.len() + self.answers.len();
                    let whole = self.at == self.words.len() && unheard == 0;
                    return if whole { Ok(self.said) } else { Err(self.wrong()) };
                }
                3 => self.access(StateCall::Read)?,
                4 => self.access(StateCall::Write)?,
                5 => self.access(StateCall::Remove)?,
                6 => self.scan()?,
                7 => self.item(ItemKind::Both)?,
                8 => self.item(ItemKind::Key)?,
                9 => self.item(ItemKind::Value)?,
                tag @ (13 | 14) => self.query(tag == 14)?,
                _ => return Err(self.wrong()),
            }
        }
        self.said.at = self.position();
        (self.said.place, self.said.told) = (self.message.place, self.message.told);
        Ok(self.said)
    }

    fn wrong(&self) -> ArrangeError {
        ArrangeError::Words { run: self.run.recording.place.run, word: self.at }
    }

    fn position(&self) -> u64 {
        u64::from(self.run.recording.place.run) << 32 | self.at as u64
    }

    fn word(&mut self) -> Result<u64, ArrangeError> {
        let (word, _) = self.words.get(self.at).ok_or(self.wrong())?;
        self.at += 1;
        Ok(*word)
    }

    fn inputs(&mut self) -> Result<(), ArrangeError> {
        let query = self.run.inputs.len() == 2;
        let places = if query { [0, 2, 2] } else { [0, 1, 2] };
        for (input, place) in self.run.inputs.iter().zip(places) {
            let form = Form { incoming: true, ..Form::default() };
            let (field, unread) = self.heard(form, Some(input))?;
            if let Some(to) = self.said.inputs.get_mut(place) {
                *to = (field, unread);
            }
        }
        // What stands behind something that was not read was not, either: of a query's info nothing else is said.
        if query && self.said.inputs.first().is_some_and(|(_, unread)| *unread != Unread::Nothing) {
            self.said.inputs[1].1 = Unread::All;
        }
        Ok(())
    }

    /// Bytes that the run says. Optional ones may be none.
    fn said_bytes(&mut self, form: Form) -> Result<(Field, Option<Vec<u8>>), ArrangeError> {
        let start = self.position();
        let length = match (form.optional, self.word()?) {
            (true, 0) => None,
            (true, tagged) => Some(tagged - 1),
            (false, length) => Some(length),
        };
        let bytes = match length {
            Some(length) => Some(self.bytes(length)?),
            None => None,
        };
        Ok((self.field(start, form, bytes.as_deref()), bytes))
    }

    fn bytes(&mut self, length: u64) -> Result<Vec<u8>, ArrangeError> {
        let length = usize::try_from(length).map_err(|_| self.wrong())?;
        if length.div_ceil(8) > self.words.len().saturating_sub(self.at) {
            return Err(self.wrong());
        }
        let mut bytes = Vec::with_capacity(length + 7);
        while bytes.len() < length {
            bytes.extend(self.word()?.to_le_bytes());
        }
        bytes.truncate(length);
        Ok(bytes)
    }

    /// Bytes that the run hears, as far as it does.
    fn heard(&mut self, form: Form, bytes: Option<&[u8]>) -> Result<(Field, Unread), ArrangeError> {
        let start = self.position();
        let words = bytes.unwrap_or_default().len().div_ceil(8);
        let left = self.words.len().saturating_sub(self.at);
        let unread = match left {
            0 => Unread::All,
            1 if words > 0 => Unread::Words,
            _ => Unread::Nothing,
        };
        let form = Form { unread, ..form };
        self.said.cut |= unread != Unread::Nothing;
        if unread != Unread::All {
            let length = bytes.map_or(0, |bytes| bytes.len() as u64 + u64::from(form.optional));
            if self.word()? != length {
                return Err(self.wrong());
            }
        }
        if unread == Unread::Nothing {
            let length = bytes.unwrap_or_default().len() as u64;
            if self.bytes(length)? != bytes.unwrap_or_default() {
                return Err(self.wrong());
            }
        }
        Ok((self.field(start, form, bytes), unread))
    }

    fn field(&mut self, start: u64, form: Form, bytes: Option<&[u8]>) -> Field {
        self.said.parts.extend(Part::all(start, form, bytes));
        Field::new(start, form, bytes)
    }

    fn next_access(&mut self) -> Result<&'r AccessRecord, ArrangeError> {
        self.accesses.next().ok_or(self.wrong())
    }

    /// The entry of an access: entries between the last one and it.
    fn gap(&mut self, access: &AccessRecord) -> Result<u64, ArrangeError> {
        let place = u64::from(self.run.receipt) << 32 | u64::from(access.entry);
        let done = self.run.accesses.len() - self.accesses.len();
        let wrong = ArrangeError::Log { run: self.run.recording.place.run, access: done.saturating_sub(1) };
        let gap = place.checked_sub(self.message.place + 1).ok_or(wrong)?;
        self.message.place = place;
        Ok(gap)
    }

    fn access(&mut self, call: StateCall) -> Result<(), ArrangeError> {
        let message = self.message;
        let (key, name) = self.said_bytes(Form::default())?;
        let access = self.next_access()?;
        let mut cut = false;
        let value = match call {
            StateCall::Read => {
                let form = Form { incoming: true, optional: true, unread: Unread::Nothing };
                let (field, unread) = self.heard(form, access.value.as_deref())?;
                cut = unread != Unread::Nothing;
                Some(field)
            }
            StateCall::Write => {
                let (field, value) = self.said_bytes(Form::default())?;
                if value != access.value {
                    return Err(self.wrong());
                }
                Some(field)
            }
            StateCall::Remove => None,
        };
        if name.as_deref() != Some(&access.key) {
            return Err(self.wrong());
        }
        let gap = self.gap(access)?;
        self.said.accesses.push(StateAccess { message, call, key, value, salt: access.salt, cut, gap });
        Ok(())
    }

    fn item(&mut self, kind: ItemKind) -> Result<(), ArrangeError> {
        let message = self.message;
        let iterator = self.word()?;
        let more = self.words.get(self.at).is_none_or(|(tagged, _)| *tagged != 0);
        let access = if more { Some(self.next_access()?) } else { None };
        let optional = Form { incoming: true, optional: true, unread: Unread::Nothing };
        let plain = Form { incoming: true, ..Form::default() };
        let (key, value) =
            access.map_or((None, None), |access| (Some(access.key.as_slice()), access.value.as_deref()));
        let (first, unread) = self.heard(optional, if kind == ItemKind::Value { value } else { key })?;
        let mut cut = unread != Unread::Nothing;
        let second = if kind == ItemKind::Both && access.is_some() {
            let (field, unread) = self.heard(plain, value)?;
            cut |= unread != Unread::Nothing;
            Some(field)
        } else {
            None
        };
        let salt = access.map(|access| access.salt).unwrap_or_default();
        let (place, leaf) = access.map_or_else(Default::default, |access| {
            let leaf = access.value.as_deref().map(|value| state_value(&salt, value)).unwrap_or_default();
            (state_key(&self.run.secret, &access.key).to_field(), leaf)
        });
        let gap = match access {
            Some(access) => self.gap(access)?,
            None => 0,
        };
        self.said.items.push(Item {
            message,
            kind,
            iterator,
            first,
            second,
            key: place,
            value: leaf,
            salt,
            cut,
            gap,
        });
        Ok(())
    }

    fn scan(&mut self) -> Result<(), ArrangeError> {
        let message = self.message;
        let form = Form { optional: true, ..Form::default() };
        let (start, _) = self.said_bytes(form)?;
        let (end, _) = self.said_bytes(form)?;
        let order = self.word()?;
        self.said.scans.push(Scan { message, start, end, order });
        Ok(())
    }

    fn query(&mut self, compact: bool) -> Result<(), ArrangeError> {
        let message = self.message;
        let id = if compact { Some(self.id()?) } else { None };
        let contract = id.map(|id| key_of(&id_of(id))).unwrap_or_default();
        let (request, _) = self.said_bytes(Form::default())?;
        let gas = self.word()?;
        let AnswerRecord { bytes, by_run, salt } = self.answers.next().ok_or(self.wrong())?;
        let answerer = if *by_run { Some(self.answerer()?) } else { None };
        let form = Form { incoming: true, ..Form::default() };
        let (answer, unread) = self.heard(form, Some(bytes))?;
        if let Some(salt) = salt {
            let digest = hash4(Domain::Answer, [request.hash, answer.hash, contract, *salt]);
            let of_caller = !compact && request.hash == hash_words(compact::CALLER);
            self.message.told = told_after(self.message.told, digest, of_caller);
        }
        let salt = salt.unwrap_or_default();
        self.said.queries.push(Query { message, id, contract, request, gas, answer, unread, answerer, salt });
        Ok(())
    }

    fn id(&mut self) -> Result<[u64; ID_WORDS], ArrangeError> {
        let mut words = [0; ID_WORDS];
        for word in &mut words {
            *word = self.word()?;
        }
        Ok(words)
    }

    /// The next run that has answered this one.
    fn answerer(&mut self) -> Result<Answerer, ArrangeError> {
        let Child { contract, message, answer, last, told, starved, place } =
            *self.children.next().ok_or(self.wrong())?;
        let Message { at, place: before, told: told_before, .. } = self.message;
        let accesses = self.run.accesses.len() - self.accesses.len();
        let wrong = ArrangeError::Log { run: self.run.recording.place.run, access: accesses };
        let gap = place.checked_sub(before + 1).ok_or(wrong)?;
        self.said.children.push(Expected { position: at, place: before, told: told_before });
        (self.message.place, self.message.told) = (place, told);
        Ok(Answerer { contract, message, answer, last, told, starved, gap })
    }
}

/// Whether there is a run's own secret behind a message: nothing is said of it.
impl std::fmt::Debug for Said {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Said").field("parts", &self.parts.len()).finish_non_exhaustive()
    }
}

/// The message that a run begins with.
pub(super) fn first_message(run: &RunRecord, binding: Fr, block: Fr, expected: Expected) -> Message {
    Message {
        at: u64::from(run.recording.place.run) << 32,
        place: expected.place,
        contract: key_of(&run.contract),
        binding,
        secret: run.secret,
        told: expected.told,
        block,
    }
}
