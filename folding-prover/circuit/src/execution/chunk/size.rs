use crate::execution::Capacity;

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
    /// Other messages.
    pub asks: usize,
    /// Entries of logs.
    pub entries: usize,
    /// Receipts.
    pub receipts: usize,
}

#[cfg(test)]
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
            asks: contents.asks.len(),
            entries: contents.entries.len(),
            receipts: contents.receipts.len(),
        }
    }
}
