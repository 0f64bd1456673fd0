use crate::execution::{Capacity, Kind};

/// How many slots of each kind a chunk has.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Size {
    /// Steps.
    pub steps: Capacity,
    /// Permutations.
    pub hashes: usize,
    /// Inner nodes of programs and of the tree of receipts.
    pub nodes: usize,
    /// Rows of programs.
    pub rows: usize,
    /// Leaves of data.
    pub data: usize,
    /// Elements of tables.
    pub elements: usize,
    /// Programs.
    pub programs: usize,
    /// Runs, and where their cells may be.
    pub runs: usize,
    /// Growths of memory.
    pub growths: usize,
    /// Blocks of cells that begin with zero.
    pub zeros: usize,
    /// Blocks of links.
    pub links: usize,
    /// Words of images.
    pub image: usize,
    /// Parts of bytes outside.
    pub parts: usize,
    /// Messages that read, write or remove.
    pub accesses: usize,
    /// Messages to iterators.
    pub items: usize,
    /// Messages that open iterators.
    pub scans: usize,
    /// Queries.
    pub queries: usize,
    /// Ids of contracts.
    pub addresses: usize,
    /// Entries of logs.
    pub entries: usize,
    /// Receipts.
    pub receipts: usize,
}

impl Size {
    /// The chunk of a network's proofs: as much as keeps the nonzeros of its matrices just below 2^20. Steps in the shares that they
    /// have in batches of `nectar demo`; hashes and rows for batches of few calls, which open thousands of a program's rows; of rare
    /// things as many as let a call of `lean` fit a few chunks.
    pub fn standard() -> Self {
        let steps = [
            (Kind::Go, 42),
            (Kind::Copy, 144),
            (Kind::Select, 15),
            (Kind::Global, 41),
            (Kind::Sum, 425),
            (Kind::Product, 11),
            (Kind::Division, 1),
            (Kind::Bitwise, 224),
            (Kind::Shift, 93),
            (Kind::Extend, 13),
            (Kind::Comparison, 14),
            (Kind::Branch, 8),
            (Kind::BranchUnsigned, 303),
            (Kind::LoadByte, 84),
            (Kind::LoadWord, 175),
            (Kind::Load, 39),
            (Kind::StoreWord, 123),
            (Kind::Store, 40),
            (Kind::Call, 28),
            (Kind::Return, 27),
            (Kind::Charge, 6),
            (Kind::Zeros, 10),
            (Kind::Ones, 1),
            (Kind::BranchTable, 18),
            (Kind::CallIndirect, 3),
            (Kind::Pages, 9),
            (Kind::Emit, 10),
            (Kind::Advise, 24),
            (Kind::Trap, 1),
            (Kind::TrapDivision, 1),
            (Kind::TrapMemory, 1),
            (Kind::TrapCall, 1),
            (Kind::TrapGas, 1),
        ];
        Self {
            steps: Capacity::from(steps),
            hashes: 144,
            nodes: 141,
            rows: 268,
            data: 12,
            elements: 8,
            programs: 1,
            runs: 1,
            growths: 1,
            zeros: 12,
            links: 5,
            image: 7,
            parts: 6,
            accesses: 4,
            items: 2,
            scans: 1,
            queries: 1,
            addresses: 1,
            entries: 8,
            receipts: 2,
        }
    }
}

#[cfg(test)]
impl Size {
    /// Slots for any small batch, in one chunk.
    pub(crate) fn ample() -> Self {
        Self::of(Kind::ALL.map(|kind| (kind, 1 << 20)).into(), [1 << 20; 19])
    }

    /// The same size with so many slots in place of each number.
    pub(crate) fn map(&self, slots: impl Fn(usize) -> usize) -> Self {
        let steps = self.steps.iter().map(|(kind, steps)| (*kind, slots(*steps))).collect();
        Self::of(steps, self.others().map(slots))
    }

    /// Slots that are no steps', in order of declaration.
    fn others(&self) -> [usize; 19] {
        let Self { hashes, nodes, rows, data, elements, programs, runs, growths, zeros, links, .. } = *self;
        let Self { image, parts, accesses, items, scans, queries, addresses, entries, receipts, .. } = *self;
        [
            hashes, nodes, rows, data, elements, programs, runs, growths, zeros, links, image, parts,
            accesses, items, scans, queries, addresses, entries, receipts,
        ]
    }

    fn of(steps: Capacity, others: [usize; 19]) -> Self {
        let [hashes, nodes, rows, data, elements, programs, runs, growths, zeros, links, rest @ ..] = others;
        let [image, parts, accesses, items, scans, queries, addresses, entries, receipts] = rest;
        Self {
            steps,
            hashes,
            nodes,
            rows,
            data,
            elements,
            programs,
            runs,
            growths,
            zeros,
            links,
            image,
            parts,
            accesses,
            items,
            scans,
            queries,
            addresses,
            entries,
            receipts,
        }
    }
}

impl Size {
    /// As many slots as there is something for.
    pub(crate) fn exactly(contents: &super::Contents) -> Self {
        Self {
            steps: contents.steps.iter().map(|(kind, steps)| (*kind, steps.len())).collect(),
            hashes: contents.hashes.len(),
            nodes: contents.nodes.len(),
            rows: contents.rows.len(),
            data: contents.data.len(),
            elements: contents.elements.len(),
            programs: contents.programs.len(),
            runs: contents.runs.len(),
            growths: contents.growths.len(),
            zeros: contents.zeros.len(),
            links: contents.links.len(),
            image: contents.image.len(),
            parts: contents.parts.len(),
            accesses: contents.accesses.len(),
            items: contents.items.len(),
            scans: contents.scans.len(),
            queries: contents.queries.len(),
            addresses: contents.addresses.len(),
            entries: contents.entries.len(),
            receipts: contents.receipts.len(),
        }
    }
}
