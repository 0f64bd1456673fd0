use super::LowerError;
use crate::{Assembler, Label, Op, Row};

/// Writes rows with their costs, and knows which of them run together.
///
/// Costs wait until a row takes them. They may go to any row of the same basic block: a run that ends well runs through all of it.
#[derive(Debug)]
pub(super) struct Emitter<'c> {
    code: &'c mut Assembler,
    waiting: u64,
    /// First row of the basic block.
    block: u32,
}

impl<'c> Emitter<'c> {
    /// Begins a function: entering one costs 1.
    pub(super) fn new(code: &'c mut Assembler) -> Result<Self, LowerError> {
        let block = code.next()?;
        Ok(Self { code, waiting: 1, block })
    }

    pub(super) fn spend(&mut self, cost: u64) {
        self.waiting += cost;
    }

    pub(super) fn label(&mut self) -> Label {
        self.code.label()
    }

    pub(super) fn row(&mut self, row: Row) -> Result<(), LowerError> {
        let row = self.with_cost(row)?;
        self.code.push(row);
        Ok(())
    }

    /// A row that names a label, after which the basic block goes on: a call.
    pub(super) fn call(&mut self, row: Row, label: Label) -> Result<(), LowerError> {
        let row = self.with_cost(row)?;
        self.code.push_to(row, label);
        Ok(())
    }

    /// A row that ends the basic block.
    pub(super) fn leave(&mut self, row: Row) -> Result<(), LowerError> {
        self.overflow()?;
        self.row(row)?;
        self.begin()
    }

    /// A branch: it ends the basic block.
    pub(super) fn branch(&mut self, row: Row, label: Label) -> Result<(), LowerError> {
        self.overflow()?;
        self.call(row, label)?;
        self.begin()
    }

    /// The label's place is here.
    pub(super) fn place(&mut self, label: Label) -> Result<(), LowerError> {
        self.settle()?;
        self.code.place(label)?;
        self.begin()
    }

    /// Code from here on is never reached, up to the next label.
    pub(super) fn never(&mut self) {
        self.waiting = 0;
    }

    /// The last row, if it is of this basic block.
    pub(super) fn last(&mut self) -> Option<&mut Row> {
        if self.code.next().ok()? > self.block { self.code.last_mut() } else { None }
    }

    /// Takes back the last row; its cost waits again. For rows without labels, after [`Self::last`].
    pub(super) fn take_last(&mut self) -> Option<Row> {
        self.last()?;
        let row = self.code.pop()?;
        self.waiting += u64::from(row.cost);
        Some(Row { cost: 0, ..row })
    }

    fn with_cost(&mut self, mut row: Row) -> Result<Row, LowerError> {
        self.code.next()?;
        row.cost = u16::try_from(self.waiting).unwrap_or(u16::MAX);
        self.waiting -= u64::from(row.cost);
        Ok(row)
    }

    fn begin(&mut self) -> Result<(), LowerError> {
        self.block = self.code.next()?;
        Ok(())
    }

    /// Leaves no more waiting than one row can take.
    fn overflow(&mut self) -> Result<(), LowerError> {
        while self.waiting > u64::from(u16::MAX) {
            self.row(Row::new(Op::Nop))?;
        }
        Ok(())
    }

    /// Leaves nothing waiting.
    fn settle(&mut self) -> Result<(), LowerError> {
        let waiting = self.waiting;
        let room = self.last().and_then(|row| {
            row.cost = u16::try_from(u64::from(row.cost) + waiting).ok()?;
            Some(())
        });
        if room.is_some() {
            self.waiting = 0;
        }
        while self.waiting > 0 {
            self.row(Row::new(Op::Nop))?;
        }
        Ok(())
    }
}
