use std::collections::{BTreeMap, BTreeSet};

use nectar_commitment::{Fr, binding};
use nectar_vm::Trap;

use super::answers::{self, Child, Expected};
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
use crate::execution::outside::{Address, ID_WORDS, Message, id_of, last_of, text_of, words_of};
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
        let family = answers::family(&batch.runs)?;
        let mut expected: BTreeMap<usize, Expected> = BTreeMap::new();
        let asked: BTreeSet<usize> = family.iter().flatten().copied().collect();
        let outermost = batch.runs.iter().enumerate().filter(|(at, _)| !asked.contains(at));
        let outermost = outermost.map(|(_, run)| (run.receipt.into(), run.entry_in_log.into())).collect();
        let kept = ledger::kept(&batch.receipts, &outermost);
        contents.addresses = addresses(&batch.runs);
        let children: Vec<Vec<Child>> =
            family.iter().map(|numbers| answers::children(&batch.runs, numbers)).collect();
        for (at, (run, children)) in batch.runs.into_iter().zip(&children).enumerate() {
            let number = run.recording.place.run;
            let program = programs.get_mut(run.program).ok_or(ArrangeError::Program { run: number })?;
            let (program, _, meta, wanted) = program;
            want(&run.recording, wanted);
            let made = making(&run.recording, meta, &program.data.words)?;
            for (word, _) in &made.image {
                let number = word.first - word.stretch.from;
                *wanted.words.entry(u32::try_from(number).unwrap_or(u32::MAX)).or_default() += 1;
            }
            let asked = expected.remove(&at);
            let said = said(&run, meta, asked, children, &kept)?;
            let begun = family.get(at).into_iter().flatten().copied();
            expected.extend(begun.zip(said.children.iter().copied()));
            contents.add_run(&run, meta, &said, asked, made)?;
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
fn said(
    run: &RunRecord,
    program: &Program,
    asked: Option<Expected>,
    children: &[Child],
    kept: &ledger::Kept,
) -> Result<Said, ArrangeError> {
    let wrong = ArrangeError::Log { run: run.recording.place.run, access: 0 };
    let place = own_place(run);
    if !kept.entries.iter().any(|entry| entry.place == place) {
        return Err(wrong);
    }
    let bound = binding(&program.commitment, &run.secret);
    let begins = asked.unwrap_or_else(|| begins(run));
    Reader::new(run, first_message(run, bound, answers::block(run)?, begins), children).read()
}

/// Place of the run's own entry in the log.
fn own_place(run: &RunRecord) -> u64 {
    u64::from(run.receipt) << 32 | u64::from(run.entry_in_log)
}

/// What an outermost run begins with: behind the first entry, which is an opening.
fn begins(run: &RunRecord) -> Expected {
    Expected { position: 0, place: u64::from(run.receipt) << 32, told: Fr::zero() }
}

/// Ids of the contracts of these runs, as often as envs have them.
fn addresses(runs: &[RunRecord]) -> Vec<Address> {
    let mut counts: BTreeMap<[u8; 32], u64> = BTreeMap::new();
    for run in runs {
        *counts.entry(run.contract).or_default() += 1;
    }
    counts.into_iter().map(|(id, in_envs)| Address { id, in_envs, in_queries: 0 }).collect()
}

impl Contents {
    fn add_run(
        &mut self,
        run: &RunRecord,
        program: &Program,
        said: &Said,
        asked: Option<Expected>,
        made: Making,
    ) -> Result<(), ArrangeError> {
        let recording = &run.recording;
        let number = recording.place.run;
        if !recording.ended {
            return Err(ArrangeError::Unfinished { run: number });
        }
        let last = self.runs.len();
        let before = u32::try_from(last).unwrap_or(u32::MAX);
        let own = own_place(run);
        let wrong = ArrangeError::Log { run: number, access: run.accesses.len() };
        let (block, begins) = (answers::block(run)?, asked.unwrap_or_else(|| begins(run)));
        let first = first_message(run, binding(&program.commitment, &run.secret), block, begins);
        let (time, moments) = ends(recording);
        self.runs.push(Run {
            gap: number.saturating_sub(before).saturating_sub(1),
            program: *program,
            entry: run.entry,
            inputs: Inputs {
                fields: said.inputs,
                salt: run.salts[0],
                block,
                address: text_of(&run.contract),
                last: last_of(&run.contract),
            },
            message: Message { at: said.at, place: said.place, told: said.told, ..first },
            asked: asked.map(|asked| asked.position),
            place: begins.place,
            told: begins.told,
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
        self.scans.extend(&said.scans);
        self.queries.extend(&said.queries);
        said.queries.iter().filter_map(|query| query.id).for_each(|id| self.count_id(id));
        Ok(())
    }

    /// A query asks for this contract.
    fn count_id(&mut self, id: [u64; ID_WORDS]) {
        match self.addresses.iter_mut().find(|address| words_of(&address.id) == id) {
            Some(address) => address.in_queries += 1,
            None => self.addresses.push(Address { id: id_of(id), in_envs: 0, in_queries: 1 }),
        }
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
