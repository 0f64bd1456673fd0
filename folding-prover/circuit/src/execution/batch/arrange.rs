use std::collections::BTreeMap;

use nectar_commitment::binding;
use nectar_vm::Trap;

use super::error::ArrangeError;
use super::memory::making;
use super::padding::bucket;
use super::record::{Batch, RunRecord};
use super::words::{Reader, Said, first_message};
use super::{facts, ledger};
use crate::execution::Kind;
use crate::execution::access::{PAGES, PROGRAM, WORDS};
use crate::execution::cells::Making;
use crate::execution::chunk::{ChunkContents, Contents, Scans, Size};
use crate::execution::hash::Hash;
use crate::execution::outside::Message;
use crate::execution::program::{Opening, Wanted};
use crate::execution::record::Recording;
use crate::execution::runs::{End, Inputs, Program, Run, SpecialCells};

/// Most runs of a batch: their numbers have 20 bits.
const MAX_RUNS: usize = (1 << 20) - 1;
/// Most programs, likewise.
const MAX_PROGRAMS: usize = (1 << 20) - 1;

/// A batch, arranged: what all slots of all chunks show. Private.
pub struct Arranged {
    contents: Contents,
    size: Size,
    chunks: usize,
}

/// How much it is.
impl std::fmt::Debug for Arranged {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Arranged").field("chunks", &self.chunks).finish_non_exhaustive()
    }
}

impl Arranged {
    /// Arranges a batch for chunks of this size.
    ///
    /// # Errors
    /// [`ArrangeError`]
    pub fn new(batch: Batch<'_>, size: &Size) -> Result<Self, ArrangeError> {
        too_many(batch.runs.len(), "runs", MAX_RUNS)?;
        too_many(batch.programs.len(), "programs", MAX_PROGRAMS)?;
        let mut contents = Contents::default();
        let mut programs = Vec::new();
        for (number, program) in (1..).zip(&batch.programs) {
            let committed = program.committed();
            let meta = Program::of(number, &committed);
            programs.push((*program, committed, meta, Wanted::default()));
        }
        let kept = ledger::kept(&batch.receipts);
        for run in batch.runs {
            let number = run.recording.place.run;
            let program = programs.get_mut(run.program).ok_or(ArrangeError::Program { run: number })?;
            let (program, _, meta, wanted) = program;
            want(&run.recording, wanted);
            let made = making(&run.recording, meta, &program.data.words)?;
            for (word, _) in &made.image {
                let number = word.first - word.stretch.from;
                *wanted.words.entry(u32::try_from(number).unwrap_or(u32::MAX)).or_default() += 1;
            }
            let said = said(&run, meta, &kept)?;
            contents.add_run(&run, meta, &said, made)?;
            contents.add_steps(run.recording);
        }
        for (number, (program, committed, _, wanted)) in (1..).zip(&programs) {
            let Opening { program, nodes, rows, data, elements } =
                Opening::new(number, program, committed, wanted);
            contents.programs.push(program);
            contents.nodes.extend(nodes);
            contents.rows.extend(rows);
            contents.data.extend(data);
            contents.elements.extend(elements);
        }
        contents.receipts_root = u64::from(!kept.receipts.is_empty());
        contents.nodes.extend(kept.nodes);
        contents.entries = kept.entries;
        contents.receipts = kept.receipts;
        contents.hashes = Hash::distinct(facts::asked(&contents));
        let chunks = contents.fit(size).ok_or(ArrangeError::NoSlots)?;
        Ok(Self { contents, size: size.clone(), chunks })
    }

    /// The same in as many chunks as the [`bucket`] has that they fit, the last of them empty. A proof does not hide how many chunks it is of.
    #[must_use]
    pub fn padded(self) -> Self {
        Self { chunks: bucket(self.chunks), ..self }
    }

    #[cfg(test)]
    pub(crate) fn contents(&self) -> &Contents {
        &self.contents
    }

    /// What somebody says that slots show, with all hashes that these ask for.
    #[cfg(test)]
    pub(crate) fn of(mut contents: Contents, size: &Size) -> Result<Self, ArrangeError> {
        contents.hashes = Hash::distinct(facts::asked(&contents));
        let chunks = contents.fit(size).ok_or(ArrangeError::NoSlots)?;
        Ok(Self { contents, size: size.clone(), chunks })
    }

    /// How many chunks it takes.
    pub fn chunks(&self) -> usize {
        self.chunks
    }

    /// How many slots of each kind are in use, in all chunks together.
    pub fn filled(&self) -> Size {
        Size::exactly(&self.contents)
    }

    /// One of them, from 0.
    pub fn chunk(&self, number: usize) -> ChunkContents {
        ChunkContents {
            contents: self.contents.chunk(&self.size, number),
            scans: self.contents.scans_before(&self.size, number),
        }
    }
}

fn too_many(count: usize, what: &'static str, limit: usize) -> Result<(), ArrangeError> {
    if count > limit { Err(ArrangeError::TooMany { what, limit }) } else { Ok(()) }
}

/// What the run receives of its program.
fn want(recording: &Recording, wanted: &mut Wanted) {
    wanted.program += 1;
    let add = |to: &mut BTreeMap<u32, u64>, from: &BTreeMap<u32, u64>| {
        from.iter().for_each(|(at, times)| *to.entry(*at).or_default() += times);
    };
    add(&mut wanted.rows, &recording.rows);
    add(&mut wanted.elements, &recording.elements);
}

/// What the run said, and where its entries in the log are.
fn said(run: &RunRecord, program: &Program, kept: &ledger::Kept) -> Result<Said, ArrangeError> {
    let first = run.accesses.first().map_or(run.entry_in_log, |access| access.entry);
    let wrong = ArrangeError::Log { run: run.recording.place.run, access: 0 };
    let place = u64::from(run.receipt) << 32 | u64::from(first);
    if !kept.entries.iter().any(|entry| entry.place == place) {
        return Err(wrong);
    }
    let before = place.checked_sub(1).ok_or(wrong)?;
    let bound = binding(&program.commitment, &run.secret);
    Reader::new(run, first_message(run, bound, before)).read()
}

impl Contents {
    fn add_run(
        &mut self,
        run: &RunRecord,
        program: &Program,
        said: &Said,
        made: Making,
    ) -> Result<(), ArrangeError> {
        let recording = &run.recording;
        let number = recording.place.run;
        if !recording.ended {
            return Err(ArrangeError::Unfinished { run: number });
        }
        let last = self.runs.len();
        let before = u32::try_from(last).unwrap_or(u32::MAX);
        let own = u64::from(run.receipt) << 32 | u64::from(run.entry_in_log);
        let wrong = ArrangeError::Log { run: number, access: run.accesses.len() };
        let first = first_message(run, binding(&program.commitment, &run.secret), 0);
        let (time, moments) = ends(recording);
        let place = run.accesses.first().map_or(run.entry_in_log, |access| access.entry);
        let before_first = (u64::from(run.receipt) << 32 | u64::from(place)).checked_sub(1).ok_or(wrong)?;
        self.runs.push(Run {
            gap: number.saturating_sub(before).saturating_sub(1),
            program: *program,
            entry: run.entry,
            inputs: Inputs { fields: said.inputs, salt: run.salts[0] },
            message: Message { at: said.at, place: said.place, ..first },
            place: before_first,
            cut: said.cut,
            end: End {
                time,
                code: recording.trap.map_or(0, |trap: Trap| trap as u8 + 1),
                price: recording.price,
                gas: recording.gas,
                limit: run.limit,
                said: said.last,
                salt: run.salts[1],
            },
            cells: SpecialCells {
                times: moments,
                pages: recording.cells.get(PAGES).map_or(0, |cell| cell.held[0]),
            },
            log_gap: own.checked_sub(said.place + 1).ok_or(wrong)?,
            makes: 1,
        });
        self.begun.push(made.begun);
        self.growths.extend(made.grown);
        self.zeros.extend(made.zeros);
        self.links.extend(made.links);
        self.image.extend(made.image);
        self.parts.extend(&said.parts);
        self.accesses.extend(&said.accesses);
        self.items.extend(&said.items);
        self.asks.extend(&said.asks);
        Ok(())
    }

    fn add_steps(&mut self, recording: Recording) {
        let growths: Vec<u32> = recording.growths.iter().map(|growth| growth.time).collect();
        for mut step in recording.steps {
            step.growths = u64::from(growths.contains(&step.time));
            if let Some(kind) = Kind::of(&step.row, step.a.value, step.trap) {
                self.steps.entry(kind).or_default().push(step);
            }
        }
    }

    /// Where the scans are before a chunk.
    fn scans_before(&self, size: &Size, number: usize) -> Scans {
        let last = |slots: usize, count: usize| slots.saturating_mul(number).min(count).checked_sub(1);
        let behind = |first: u64, cells: usize| first + cells as u64;
        let zeros = last(size.zeros, self.zeros.len()).and_then(|at| self.zeros.get(at));
        let links = last(size.links, self.links.len()).and_then(|at| self.links.get(at));
        let image = last(size.image, self.image.len()).and_then(|at| self.image.get(at));
        let begun = last(size.runs, self.begun.len()).and_then(|at| self.begun.get(at));
        let program = last(size.programs, self.programs.len()).and_then(|at| self.programs.get(at));
        Scans {
            zeros: zeros.map_or(0, |block| behind(block.first, block.cells.len())),
            links: links.map_or(0, |block| behind(block.first, block.cells.len())),
            image: image.map_or(0, |(block, _)| behind(block.first, 1)),
            run: begun.map_or(0, |begun| begun.run.into()),
            program: program.map_or(0, |program| program.number.into()),
            receipts: size.receipts.saturating_mul(number).min(self.receipts.len()) as u64,
        }
    }
}

/// Time of the last state, and moments of the last accesses to the special cells.
fn ends(recording: &Recording) -> (u32, [u32; 3]) {
    let time = u32::try_from(recording.steps.len() + 1).unwrap_or(u32::MAX);
    let moment = |address| recording.cells.get(address).map_or(0, |cell| cell.moment);
    (time, [PAGES, WORDS, PROGRAM].map(moment))
}
