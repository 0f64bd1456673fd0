use std::collections::BTreeMap;

use nectar_vm::{End, Op, Outside, Program, Row, Tracer, Trap, WordAccess};
use thiserror::Error;

use super::cells::{Cells, Found};
use crate::execution::access::{GLOBALS, LINKS, MEMORY, PAGES, PROGRAM, WORDS};
use crate::execution::slots::unused;
use crate::execution::step::Element;
use crate::execution::{Access, Kind, Link, Step, Write};

/// Most steps of a run: times have 21 bits.
const MAX_STEPS: u32 = (1 << 21) - 2;
/// Words of a page, as a power of two.
const PAGE_WORDS: u32 = 13;

/// Why a run cannot be proven.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RecordError {
    /// Too long.
    #[error("the run takes more than {limit} rows: give it less to do, or split the call")]
    TooLong {
        /// Most rows.
        limit: u32,
    },
    /// There is no slot for such a step.
    #[error("row {row} ({op:?}) ends as no proof covers")]
    NoSlot {
        /// The row.
        row: u32,
        /// Its operation.
        op: Op,
    },
    /// The program has no such row.
    #[error("the run leaves its program at row {row}")]
    NoRow {
        /// The row.
        row: u32,
    },
}

/// Which run of a batch, of which of its programs; both are counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The run.
    pub run: u32,
    /// The program's number in the batch.
    pub program: u32,
}

/// Pages that a step brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Growth {
    pub(crate) time: u32,
    pub(crate) before: u32,
    pub(crate) after: u32,
}

/// A run, recorded: private.
pub struct Recording {
    pub(crate) place: Place,
    /// In order.
    pub(crate) steps: Vec<Step>,
    pub(crate) cells: Cells,
    pub(crate) growths: Vec<Growth>,
    /// Words outside and whether they came in, in order.
    pub(crate) words: Vec<(u64, bool)>,
    /// How often each row was fetched.
    pub(crate) rows: BTreeMap<u32, u64>,
    /// How often each element of the table was looked up.
    pub(crate) elements: BTreeMap<u32, u64>,
    /// The trap that it ended in.
    pub(crate) trap: Option<Trap>,
    pub(crate) ended: bool,
    /// Gas after the last step; before it, if it ran out.
    pub(crate) gas: u64,
    /// What the last row would have cost, if gas ran out.
    pub(crate) price: u64,
}

impl std::fmt::Debug for Recording {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Recording")
            .field("place", &self.place)
            .field("steps", &self.steps.len())
            .finish_non_exhaustive()
    }
}

impl Recording {
    /// Steps of the run.
    pub fn steps(&self) -> usize {
        self.steps.len()
    }

    /// Rows that were fetched, and how often.
    pub fn fetched(&self) -> impl Iterator<Item = (u32, u64)> + '_ {
        self.rows.iter().map(|(row, times)| (*row, *times))
    }

    /// What it cost; what it had cost before the step that it had no gas for.
    pub fn gas(&self) -> u64 {
        self.gas
    }

    /// The trap that it ended in, if it did.
    pub fn trap(&self) -> Option<Trap> {
        self.trap
    }
}

/// Records a run as the machine shows it.
pub struct Recorder<'p> {
    program: &'p Program,
    recording: Recording,
    /// Gas before the present step.
    gas: u64,
    error: Option<RecordError>,
}

impl std::fmt::Debug for Recorder<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Recorder").field(&self.recording).finish()
    }
}

impl<'p> Recorder<'p> {
    /// Before a run of the program from its first memory.
    pub fn new(program: &'p Program, place: Place) -> Self {
        let (initial, maximum) = program.pages;
        let mut cells = Cells::default();
        let table = program.table.len() as u64;
        cells.make(PAGES, u64::from(initial) | u64::from(maximum) << 32, 0);
        cells.make(WORDS, u64::from(place.run) << 32, 0);
        cells.make(PROGRAM, u64::from(place.program) | table << 32, 0);
        let recording = Recording {
            place,
            steps: Vec::new(),
            cells,
            growths: Vec::new(),
            words: Vec::new(),
            rows: BTreeMap::new(),
            elements: BTreeMap::new(),
            trap: None,
            ended: false,
            gas: 0,
            price: 0,
        };
        Self { program, recording, gas: 0, error: None }
    }

    /// What was recorded.
    ///
    /// # Errors
    /// [`RecordError`]
    pub fn finish(self) -> Result<Recording, RecordError> {
        self.error.map_or(Ok(self.recording), Err)
    }

    fn record(&mut self, step: &nectar_vm::Step) -> Result<(), RecordError> {
        let row = self.program.rows.get(step.row as usize).ok_or(RecordError::NoRow { row: step.row })?;
        let trap = match step.end {
            Some(End::Trapped(trap)) => Some(trap),
            _ => None,
        };
        let kind = Kind::of(row, step.a, trap).ok_or(RecordError::NoSlot { row: step.row, op: row.op })?;
        let time = u32::try_from(self.recording.steps.len() + 1).unwrap_or(u32::MAX);
        if time > MAX_STEPS {
            return Err(RecordError::TooLong { limit: MAX_STEPS });
        }
        let mut taken = Taken::new(self, step, row, time, trap);
        taken.accesses(kind);
        let done = taken.done;
        self.end(step, &done);
        self.recording.steps.push(done);
        *self.recording.rows.entry(step.row).or_default() += 1;
        Ok(())
    }

    fn end(&mut self, step: &nectar_vm::Step, done: &Step) {
        let recording = &mut self.recording;
        self.gas = step.gas;
        recording.gas = step.gas;
        let Some(end) = step.end else { return };
        recording.ended = true;
        if let End::Trapped(trap) = end {
            recording.trap = Some(trap);
            if trap == Trap::OutOfGas {
                let cost = u64::from(done.row.cost);
                let (spent, price) = if done.charges { (cost, done.a.value) } else { (0, cost) };
                (recording.gas, recording.price) = (done.gas.saturating_add(spent), price);
            }
        }
    }
}

impl Tracer for Recorder<'_> {
    fn step(&mut self, step: &nectar_vm::Step) {
        if self.error.is_none() {
            self.error = self.record(step).err();
        }
    }
}

/// A step, while its accesses are looked up in the order of its slot's.
struct Taken<'r, 'p> {
    recorder: &'r mut Recorder<'p>,
    step: &'r nectar_vm::Step,
    row: &'p Row,
    done: Step,
}

impl<'r, 'p> Taken<'r, 'p> {
    fn new(
        recorder: &'r mut Recorder<'p>,
        step: &'r nectar_vm::Step,
        row: &'p Row,
        time: u32,
        trap: Option<Trap>,
    ) -> Self {
        let Place { run, program } = recorder.recording.place;
        let gas = recorder.gas;
        let done = Step {
            run,
            time,
            pc: pc(program, step.row),
            fp: step.fp,
            gas,
            row: row.relative(step.row),
            trap,
            charges: gas.saturating_add(row.cost.into()) < step.gas && row.op == Op::Charge,
            ..unused()
        };
        Self { recorder, step, row, done }
    }

    fn access(&mut self, address: u64, order: u32, written: Option<[u64; 2]>) -> Found {
        self.recorder.recording.cells.access(address, 8 * self.done.time + order, written)
    }

    fn read(&mut self, address: u64, order: u32) -> Access {
        let Found { held: [value, _], gap } = self.access(address, order, None);
        Access { value, gap }
    }

    fn write(&mut self, address: u64, order: u32, value: u64) -> Write {
        let Found { held: [before, _], gap } = self.access(address, order, Some([value, 0]));
        Write { before, gap }
    }

    fn register(&self, number: u64) -> u64 {
        u64::from(self.step.fp) + number
    }

    fn first(&mut self) {
        self.done.a = self.read(self.register(self.row.a.into()), 1);
    }

    fn second(&mut self) {
        if !self.row.immediate {
            self.done.b = self.read(self.register(self.row.b.into()), 2);
        }
    }

    fn result(&mut self, order: u32) {
        if let Some(value) = self.step.d {
            self.done.d = self.write(self.register(self.row.d.into()), order, value);
        }
    }

    /// Reads a special cell, and writes it, if it changes.
    fn special(&mut self, address: u64, change: impl FnOnce(u64) -> u64) {
        let held = self.recorder.recording.cells.get(address).map_or(0, |cell| cell.held[0]);
        let Found { held: [value, _], gap } = self.access(address, 2, Some([change(held), 0]));
        self.done.special = Access { value, gap };
    }

    /// In the order in which the slot of this kind accesses its cells.
    fn accesses(&mut self, kind: Kind) {
        match kind {
            Kind::Go | Kind::Trap => {}
            Kind::Copy => {
                self.second();
                self.result(3);
            }
            Kind::Select => {
                self.first();
                self.done.b = self.read(self.register(self.row.b.into()), 2);
                self.done.condition = self.read(self.register(self.row.imm), 3);
                self.result(4);
            }
            Kind::Global => self.global(),
            Kind::Sum | Kind::Product | Kind::Division | Kind::Bitwise | Kind::Shift | Kind::Comparison => {
                self.first();
                self.second();
                self.result(3);
            }
            Kind::Branch | Kind::BranchUnsigned | Kind::TrapDivision => {
                self.first();
                self.second();
            }
            Kind::Extend | Kind::Zeros | Kind::Ones => {
                self.first();
                self.result(3);
            }
            Kind::BranchTable | Kind::Charge => self.first(),
            Kind::TrapGas => {
                if self.done.charges {
                    self.first();
                }
            }
            Kind::Load | Kind::LoadByte | Kind::LoadWord => {
                self.first();
                self.words(2);
                self.result(3);
            }
            Kind::Store | Kind::StoreWord => {
                self.first();
                self.second();
                self.words(3);
            }
            Kind::TrapMemory => {
                self.first();
                self.special(PAGES, |pages| pages);
            }
            Kind::Call => self.enter(1),
            Kind::Return => self.leave(),
            Kind::CallIndirect => {
                self.indirect();
                self.enter(3);
            }
            Kind::TrapCall => {
                if self.row.op == Op::CallIndirect {
                    self.indirect();
                }
            }
            Kind::Pages => self.pages(),
            Kind::Emit | Kind::Advise => self.outside(),
        }
    }

    fn global(&mut self) {
        let (register, global) = (self.register(self.row.a.into()), GLOBALS + self.row.imm);
        if self.row.op == Op::GlobalSet {
            self.done.a = self.read(register, 1);
            self.done.d = self.write(global, 2, self.done.a.value);
        } else {
            self.done.a = self.read(global, 1);
            self.result(2);
        }
    }

    fn words(&mut self, order: u32) {
        for (at, word) in self.step.words.into_iter().enumerate() {
            let Some(WordAccess { word, before, after }) = word else { continue };
            let address = MEMORY + u64::from(word);
            self.make_word(address, word, before);
            let Found { held: [value, _], gap } = self.access(address, order, Some([after, 0]));
            if let Some(place) = self.done.words.get_mut(at) {
                *place = Access { value, gap };
            }
        }
    }

    /// A word is there from the start, or since its page is.
    fn make_word(&mut self, address: u64, word: u32, value: u64) {
        let recording = &mut self.recorder.recording;
        if !recording.cells.has(address) {
            let page = word >> PAGE_WORDS;
            let brought =
                recording.growths.iter().find(|growth| (growth.before..growth.after).contains(&page));
            recording.cells.make(address, value, brought.map_or(0, |growth| 8 * growth.time));
        }
    }

    /// The link of the new frame says where this one goes on.
    fn enter(&mut self, order: u32) {
        let back = [self.done.pc + 1, self.step.fp.into()];
        let found = self.access(LINKS + u64::from(self.step.next_fp), order, Some(back));
        self.link(found);
    }

    fn leave(&mut self) {
        let found = self.access(LINKS + u64::from(self.step.fp), 1, None);
        self.link(found);
    }

    fn link(&mut self, Found { held: [pc, fp], gap }: Found) {
        self.done.link = Link { pc, fp: u32::try_from(fp).unwrap_or(u32::MAX), gap };
    }

    /// Looks an element up, if there is one with this number.
    fn indirect(&mut self) {
        self.first();
        self.special(PROGRAM, |program| program);
        let Ok(index) = u32::try_from(self.done.a.value) else { return };
        let Some(element) = self.recorder.program.table.get(index as usize) else { return };
        let place = |row| pc(self.recorder.recording.place.program, row);
        self.done.element =
            element.map_or_else(Element::default, |e| Element { place: place(e.row), ty: e.ty });
        *self.recorder.recording.elements.entry(index).or_default() += 1;
    }

    fn pages(&mut self) {
        if self.row.op == Op::MemoryGrow {
            self.first();
        }
        let after = u64::from(self.step.pages);
        self.special(PAGES, |held| held >> 32 << 32 | after);
        let before = u32::try_from(self.done.special.value & 0xffff_ffff).unwrap_or(u32::MAX);
        if before < self.step.pages {
            let growth = Growth { time: self.done.time, before, after: self.step.pages };
            self.recorder.recording.growths.push(growth);
        }
        self.result(3);
    }

    fn outside(&mut self) {
        let word = match self.step.outside {
            Some(Outside::Advised(word)) => {
                self.done.advised = word;
                (word, true)
            }
            Some(Outside::Emitted(word)) => {
                self.first();
                (word, false)
            }
            None => return,
        };
        self.recorder.recording.words.push(word);
        self.special(WORDS, |words| words + 1);
        self.result(3);
    }
}

/// Place of a row in the space of all programs' rows.
pub(crate) fn pc(program: u32, row: u32) -> u64 {
    u64::from(program) << 24 | u64::from(row)
}
