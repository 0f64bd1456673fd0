use crate::{MAX_ROWS, Op, Row, Trap};

/// A place in the program that rows can go to before it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Label(usize);

/// The program has more than [`MAX_ROWS`] rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooManyRows;

/// Writes rows, and fills in the places of labels at the end.
#[derive(Debug, Default)]
pub struct Assembler {
    rows: Vec<Row>,
    labels: Vec<Option<u32>>,
    /// Rows whose `d` (a branch) or `imm` (a call) is a label's place.
    fixups: Vec<(usize, Label)>,
}

impl Assembler {
    /// Number of the next row.
    ///
    /// # Errors
    /// [`TooManyRows`]
    pub fn next(&self) -> Result<u32, TooManyRows> {
        if self.rows.len() >= MAX_ROWS {
            Err(TooManyRows)
        } else {
            u32::try_from(self.rows.len()).map_err(|_| TooManyRows)
        }
    }

    /// A new label, without a place.
    pub fn label(&mut self) -> Label {
        self.labels.push(None);
        Label(self.labels.len() - 1)
    }

    /// The label's place is the next row.
    ///
    /// # Errors
    /// [`TooManyRows`]
    pub fn place(&mut self, label: Label) -> Result<(), TooManyRows> {
        let next = self.next()?;
        if let Some(place) = self.labels.get_mut(label.0) {
            debug_assert!(place.is_none(), "a label has one place");
            *place = Some(next);
        }
        Ok(())
    }

    /// Adds a row.
    pub fn push(&mut self, row: Row) {
        self.rows.push(row);
    }

    /// Adds a branch to a label, or a call of the function that begins there.
    pub fn push_to(&mut self, row: Row, label: Label) {
        self.fixups.push((self.rows.len(), label));
        self.rows.push(row);
    }

    /// The last row, to be improved.
    pub fn last_mut(&mut self) -> Option<&mut Row> {
        self.rows.last_mut()
    }

    /// Takes the last row back, with the label that it goes to. Labels placed before it stay where they are.
    pub fn pop(&mut self) -> Option<Row> {
        let row = self.rows.pop()?;
        self.fixups.pop_if(|(at, _)| *at == self.rows.len());
        Some(row)
    }

    /// All rows, with every label in its place; a label without one leads to a trap.
    ///
    /// # Errors
    /// [`TooManyRows`]
    pub fn finish(mut self) -> Result<Vec<Row>, TooManyRows> {
        let nowhere = self.next()?;
        for (at, label) in &self.fixups {
            let place = self.labels.get(label.0).copied().flatten().unwrap_or(nowhere);
            if let Some(row) = self.rows.get_mut(*at) {
                if row.op == Op::Call { row.imm = u64::from(place) } else { row.d = place }
            }
        }
        self.rows.push(Row { imm: Trap::Unreachable as u64, ..Row::new(Op::Trap) });
        Ok(self.rows)
    }

    /// Where a label is, once it has a place.
    pub fn place_of(&self, label: Label) -> Option<u32> {
        self.labels.get(label.0).copied().flatten()
    }
}
