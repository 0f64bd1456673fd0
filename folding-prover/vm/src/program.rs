use std::collections::BTreeMap;

use nectar_commitment::{Domain, Fr, Tree, from_u64, hash4};

use crate::Row;

/// Most rows of a program: row numbers have 24 bits.
pub const MAX_ROWS: usize = 1 << 24;
/// Bytes of a word of linear memory, as the machine accesses it.
pub const WORD_BYTES: usize = 8;

/// A lowered module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    /// The instructions; a row's number is its place here.
    pub rows: Vec<Row>,
    /// What memory holds at the start.
    pub data: DataImage,
    /// The table of functions: `None` is an empty element.
    pub table: Vec<Option<Element>>,
    /// Pages (64 KiB) of memory at the start, and at most.
    pub pages: (u32, u32),
    /// Where runs may begin: name and row.
    pub entries: BTreeMap<String, u32>,
    /// Where functions lie, in order of their rows; not part of the commitment.
    pub functions: Vec<Function>,
}

/// Words of memory that do not start at zero: from the first to the last byte of all data segments, gaps as zeros.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DataImage {
    /// Number of the first word: its address divided by eight.
    pub first: u32,
    /// Little-endian words.
    pub words: Vec<u64>,
}

/// A function in the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Element {
    /// Its first row.
    pub row: u32,
    /// Number of its type: equal types have equal numbers.
    pub ty: u32,
}

/// A function, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function {
    /// From the module's name section or exports; otherwise `func[n]`.
    pub name: String,
    /// Its rows.
    pub rows: std::ops::Range<u32>,
}

impl Program {
    /// What a proof names the program by:
    /// `hash4(Program, rows, data, table, hash4(Program, pages, first data word and count, entries, 0))`.
    ///
    /// Rows ([`Row::relative`]) and elements are leaves of Merkle trees; three words of data make one leaf.
    pub fn commitment(&self) -> Fr {
        let rows = (0..).zip(&self.rows).map(|(at, row)| row.relative(at).pack()).collect();
        let data = self.data.words.chunks(3).map(pack_words).collect();
        let table = self.table.iter().map(|element| element.map_or(Fr::zero(), Element::pack)).collect();
        let (pages, maximum) = self.pages;
        let count = self.data.words.len() as u64;
        let meta = [
            pair(pages, maximum),
            from_u64(u64::from(self.data.first) | count << 32),
            self.entries_digest(),
            Fr::zero(),
        ];
        let root = |leaves| Tree::from_leaves(leaves).root();
        hash4(Domain::Program, [root(rows), root(data), root(table), hash4(Domain::Program, meta)])
    }

    /// Names in order, each with its row.
    fn entries_digest(&self) -> Fr {
        self.entries.iter().fold(Fr::zero(), |digest, (name, row)| {
            let name = nectar_commitment::hash_bytes(name.as_bytes());
            hash4(Domain::Program, [digest, name, from_u64(u64::from(*row)), Fr::one()])
        })
    }

    /// The function that a row belongs to.
    pub fn function_at(&self, row: u32) -> Option<&Function> {
        let after = self.functions.partition_point(|function| function.rows.start <= row);
        let function = self.functions.get(after.checked_sub(1)?)?;
        function.rows.contains(&row).then_some(function)
    }
}

impl Element {
    /// `1 + row + 2^32 type`, so that no element packs to what an empty one does.
    fn pack(self) -> Fr {
        from_u64(1) + pair(self.row, self.ty)
    }
}

fn pair(low: u32, high: u32) -> Fr {
    from_u64(u64::from(low) | u64::from(high) << 32)
}

fn pack_words(words: &[u64]) -> Fr {
    let shift = from_u64(1 << 32).square();
    words.iter().rev().fold(Fr::zero(), |packed, word| packed * shift + from_u64(*word))
}
