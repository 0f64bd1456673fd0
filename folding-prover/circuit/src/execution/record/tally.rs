use nectar_vm::{End, Op, Outside, Program, Step, Tracer, Trap, WordAccess};

use crate::execution::{Kind, Size};

/// Cells of a block.
const BLOCK: u64 = 8;
/// Blocks of registers: they end at 2^20 + 2^16.
const REGISTER_BLOCKS: u64 = ((1 << 20) + (1 << 16)) / BLOCK;
/// Blocks of named globals behind them.
const GLOBAL_BLOCKS: u64 = (1 << 16) / BLOCK;
/// Words that a slot of bytes takes.
const PART_WORDS: u64 = 9;
/// Children of a tree's node, and its levels.
const ARITY: u64 = 4;
const DEPTH: u32 = 14;

/// Counts what a run needs of a proof while the machine runs it, without keeping any of it: an upper bound, for who must know before a run is
/// committed whether a proof of it can be had.
pub struct Tally<'p> {
    program: &'p Program,
    steps: [u64; Kind::ALL.len()],
    rows: Seen,
    elements: Seen,
    image: Seen,
    zeros: Seen,
    links: Seen,
    growths: u64,
    /// Words that left.
    said: u64,
}

/// How much.
impl std::fmt::Debug for Tally<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tally").field("steps", &self.steps.iter().sum::<u64>()).finish_non_exhaustive()
    }
}

/// What a run has asked its host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Asked {
    /// Reads, writes, removals, and items of scans, their ends too.
    pub accesses: u64,
    /// Scans, at most.
    pub scans: u64,
    /// Queries.
    pub queries: u64,
    /// Words of what it was given, read or not: inputs, answers, keys and values.
    pub heard: u64,
}

/// Numbers that have occurred.
#[derive(Default)]
struct Seen {
    bits: Vec<u64>,
    count: u64,
}

impl Seen {
    /// Numbers are below 2^32; memory grows with the greatest.
    fn insert(&mut self, number: u64) {
        let Ok(at) = usize::try_from(number / 64) else { return };
        if at >= self.bits.len() {
            self.bits.resize(at + 1, 0);
        }
        if let Some(word) = self.bits.get_mut(at) {
            let bit = 1 << (number % 64);
            self.count += u64::from(*word & bit == 0);
            *word |= bit;
        }
    }

    fn numbers(&self) -> impl Iterator<Item = u64> + '_ {
        (0u64..).zip(&self.bits).flat_map(|(at, word)| {
            (0..64).filter(move |bit| *word >> bit & 1 == 1).map(move |bit| at * 64 + bit)
        })
    }

    /// Inner nodes above leaves, `leaf_of` numbers each; none above none.
    fn nodes(&self, leaf_of: u64) -> u64 {
        let mut level: Vec<u64> = self.numbers().map(|number| number / leaf_of).collect();
        let mut nodes = 0;
        for _ in 0..DEPTH {
            level.iter_mut().for_each(|node| *node /= ARITY);
            level.dedup();
            nodes += level.len() as u64;
        }
        nodes
    }
}

impl<'p> Tally<'p> {
    /// Before a run of the program.
    pub fn new(program: &'p Program) -> Self {
        let [rows, elements, image, zeros, links] = [(); 5].map(|()| Seen::default());
        let steps = [0; Kind::ALL.len()];
        Self { program, steps, rows, elements, image, zeros, links, growths: 0, said: 0 }
    }

    /// Chunks of this size that a proof of the run alone takes, at most; [`u64::MAX`] if there are no slots for something.
    pub fn chunks(&self, size: &Size, asked: Asked) -> u64 {
        let Asked { accesses, scans, queries, heard } = asked;
        // A message has two strings at most; a run three inputs and its last words.
        let strings = 2 * (accesses + scans + queries) + 4;
        let parts = (self.said + heard) / PART_WORDS + strings;
        // The run's own entry, and what opens and closes contracts around it.
        let entries = accesses + 6;
        let nodes = self.rows.nodes(1) + self.image.nodes(3) + self.elements.nodes(1) + u64::from(DEPTH);
        let hashes = nodes + parts + 2 * accesses + 2 * queries + entries + 10;
        let others = [
            (hashes, size.hashes),
            (nodes, size.nodes),
            (self.rows.count, size.rows),
            (self.image.count, size.data),
            (self.elements.count, size.elements),
            (self.growths, size.growths),
            (self.zeros.count, size.zeros),
            (self.links.count, size.links),
            (self.image.count, size.image),
            (parts, size.parts),
            (accesses, size.accesses),
            (accesses, size.items),
            (scans, size.scans),
            (queries, size.queries),
            (queries + 1, size.addresses),
            (entries, size.entries),
        ];
        let others = others.into_iter().map(|(items, slots)| chunks(items, slots as u64));
        others.chain(Kind::ALL.into_iter().map(|kind| self.steps_of(kind, size))).max().unwrap_or_default()
    }

    /// Chunks for steps of a kind, with those that would find no slot of their own kind and take one of this: as if all of these had only what
    /// they have together.
    fn steps_of(&self, kind: Kind, size: &Size) -> u64 {
        let count = |kind: Kind| self.steps.get(kind as usize).copied().unwrap_or_default();
        let slots = |kind: Kind| size.steps.get(&kind).copied().unwrap_or_default() as u64;
        if kind.wider().is_some() {
            // Those that find no slot are counted with the wider kind.
            return 0;
        }
        let narrower = || Kind::ALL.into_iter().filter(move |other| other.wider() == Some(kind));
        let fits = |chunks: u64| {
            let moved =
                narrower().map(|other| count(other).saturating_sub(chunks.saturating_mul(slots(other))));
            count(kind) + moved.sum::<u64>() <= chunks.saturating_mul(slots(kind))
        };
        let all = count(kind) + narrower().map(count).sum::<u64>();
        if all == 0 {
            return 0;
        }
        // With as many chunks as all of them would take of this kind's slots they fit.
        let (mut least, mut most) = (1, chunks(all, slots(kind)));
        if most == u64::MAX {
            return most;
        }
        while least < most {
            let middle = least + (most - least) / 2;
            if fits(middle) { most = middle } else { least = middle + 1 }
        }
        most
    }

    fn register(&mut self, fp: u32, number: u64) {
        self.zeros.insert((u64::from(fp) + number) / BLOCK);
    }
}

fn chunks(items: u64, slots: u64) -> u64 {
    match (items, slots) {
        (0, _) => 0,
        (_, 0) => u64::MAX,
        (items, slots) => items.div_ceil(slots),
    }
}

impl Tracer for Tally<'_> {
    fn step(&mut self, step: &Step) {
        let Some(row) = self.program.rows.get(step.row as usize) else { return };
        let trap: Option<Trap> = match step.end {
            Some(End::Trapped(trap)) => Some(trap),
            _ => None,
        };
        if let Some(count) = Kind::of(row, step.a, trap).and_then(|kind| self.steps.get_mut(kind as usize)) {
            *count += 1;
        }
        self.rows.insert(step.row.into());
        // Operands that an operation does not have are those of register 0.
        self.register(step.fp, row.a.into());
        self.register(step.fp, row.b.into());
        if step.d.is_some() {
            self.register(step.fp, row.d.into());
        }
        match row.op {
            Op::Select => self.register(step.fp, row.imm),
            Op::GlobalGet | Op::GlobalSet => self.zeros.insert(REGISTER_BLOCKS + row.imm / BLOCK),
            Op::Call | Op::CallIndirect => self.links.insert(u64::from(step.next_fp) / BLOCK),
            Op::Return => self.links.insert(u64::from(step.fp) / BLOCK),
            Op::MemoryGrow => self.growths += 1,
            _ => {}
        }
        if row.op == Op::CallIndirect {
            self.elements.insert(step.a & 0xff_ffff);
        }
        let data = &self.program.data;
        for WordAccess { word, .. } in step.words.into_iter().flatten() {
            match word.checked_sub(data.first) {
                Some(at) if (at as usize) < data.words.len() => self.image.insert(at.into()),
                _ => self.zeros.insert(REGISTER_BLOCKS + GLOBAL_BLOCKS + u64::from(word) / BLOCK),
            }
        }
        self.said += u64::from(matches!(step.outside, Some(Outside::Emitted(_))));
    }
}
