use std::collections::BTreeMap;

use nectar_commitment::Fr;

use crate::{Committed, Row};

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

/// Words of memory that do not start at zero: from the first to the last byte of all data segments, gaps as zeros. A lowered program's image begins
/// and ends at a multiple of eight words.
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
    /// What a proof names the program by: [`Committed::hash`]. Of its entries `instantiate`, `execute` and `query` count.
    pub fn commitment(&self) -> Fr {
        self.committed().hash()
    }

    /// What the commitment is made of.
    pub fn committed(&self) -> Committed {
        Committed::of(self)
    }

    /// The function that a row belongs to.
    pub fn function_at(&self, row: u32) -> Option<&Function> {
        let after = self.functions.partition_point(|function| function.rows.start <= row);
        let function = self.functions.get(after.checked_sub(1)?)?;
        function.rows.contains(&row).then_some(function)
    }
}
