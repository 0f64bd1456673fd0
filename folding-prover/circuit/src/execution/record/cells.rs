use std::collections::BTreeMap;

/// A cell of a run: what it holds, and since when.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Cell {
    /// A value; or the row and the frame of a link.
    pub(crate) held: [u64; 2],
    /// The moment of its last access: `8 time + order`, or 0.
    pub(crate) moment: u32,
}

/// All cells that a run has touched, by space and index.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cells(BTreeMap<u64, Cell>);

/// What an access found.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Found {
    pub(crate) held: [u64; 2],
    /// Moments since the last access, less one.
    pub(crate) gap: u32,
}

impl Cells {
    /// Makes a cell before it is touched: others begin with zeros at moment 0.
    pub(crate) fn make(&mut self, address: u64, value: u64, moment: u32) {
        self.0.entry(address).or_insert(Cell { held: [value, 0], moment });
    }

    /// Whether a cell has been touched or made.
    pub(crate) fn has(&self, address: u64) -> bool {
        self.0.contains_key(&address)
    }

    /// Reads a cell, and writes it, if there is something to write.
    pub(crate) fn access(&mut self, address: u64, moment: u32, written: Option<[u64; 2]>) -> Found {
        let cell = self.0.entry(address).or_default();
        let found = Found { held: cell.held, gap: moment.wrapping_sub(cell.moment).wrapping_sub(1) };
        *cell = Cell { held: written.unwrap_or(cell.held), moment };
        found
    }

    /// A cell, if it has been touched or made.
    pub(crate) fn get(&self, address: u64) -> Option<Cell> {
        self.0.get(&address).copied()
    }

    /// Those from one address up to another, in order.
    pub(crate) fn range(&self, addresses: std::ops::Range<u64>) -> impl Iterator<Item = (u64, Cell)> {
        self.0.range(addresses).map(|(address, cell)| (*address, *cell))
    }
}
