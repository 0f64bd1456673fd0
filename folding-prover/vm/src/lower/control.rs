use std::collections::BTreeMap;

use wasmparser::{BlockType, BrTable, Operator};

use super::LowerError;
use super::arithmetic;
use super::function::{Lowering, copy};
use super::operands::{Operand, Taken};
use crate::{Label, Op, Row};

/// What a block is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Function,
    Block,
    Loop,
    If,
    Else,
}

/// A block that is open.
#[derive(Debug)]
pub(super) struct Frame {
    kind: Kind,
    /// Where branches to it go.
    label: Label,
    /// Whether one does.
    targeted: bool,
    /// Where the other arm of an `if` begins, and which parameters it begins with.
    other_arm: Option<(Label, Vec<Operand>)>,
    /// Number of the instruction that ends it, or the arm of it that is open, and of its `end`.
    ends: (u32, u32),
    /// Place of the block that is left where this one is left.
    exit: usize,
    /// Operands below its parameters.
    below: usize,
    parameters: usize,
    results: usize,
}

impl Frame {
    pub(super) fn function(label: Label, results: usize, end: u32) -> Self {
        let (kind, ends) = (Kind::Function, (end, end));
        Self {
            kind,
            label,
            targeted: false,
            other_arm: None,
            ends,
            exit: 0,
            below: 0,
            parameters: 0,
            results,
        }
    }

    /// How many values a branch takes along.
    fn arity(&self) -> usize {
        if self.kind == Kind::Loop { self.parameters } else { self.results }
    }
}

/// A branch to be: its operation and operands, without a target.
#[derive(Debug, Clone, Copy)]
struct Condition(Row);

impl Condition {
    fn inverse(self) -> Row {
        Row { op: arithmetic::inverse(self.0.op).unwrap_or(self.0.op), ..self.0 }
    }
}

impl Lowering<'_, '_> {
    /// An instruction that is not reached: only blocks matter, to find where the innermost frame goes on.
    pub(super) fn skip(&mut self, operator: &Operator<'_>) -> Result<(), LowerError> {
        match operator {
            Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } => {
                self.opened += 1;
                self.skipped += 1;
            }
            Operator::End if self.skipped > 0 => self.skipped -= 1,
            Operator::End => return self.close(),
            Operator::Else if self.skipped == 0 => return self.other_arm(),
            _ => {}
        }
        Ok(())
    }

    pub(super) fn open(&mut self, kind: Kind, ty: BlockType) -> Result<(), LowerError> {
        let (parameters, results) = self.arity(ty)?;
        let condition = if kind == Kind::If { Some(self.condition()?) } else { None };
        let below = self.operands.len().checked_sub(parameters).ok_or_else(|| self.operands.unbalanced())?;
        self.keep_across(below)?;
        let label = self.out.label();
        let mut other_arm = None;
        if let Some(Condition(row)) = condition {
            let other = self.out.label();
            let begins_with = self.operands.top(parameters)?.iter().map(|taken| taken.operand).collect();
            self.out.branch(Condition(row).inverse(), other)?;
            other_arm = Some((other, begins_with));
        }
        if kind == Kind::Loop {
            for depth in below..self.operands.len() {
                self.bring_home(depth)?;
            }
            self.out.place(label)?;
        }
        let (arm, end) = self.survey.end_of(self.opened);
        let ends = (arm.unwrap_or(end), end);
        let exit = self.exit_of(end, results);
        self.opened += 1;
        self.frames.push(Frame {
            kind,
            label,
            targeted: false,
            other_arm,
            ends,
            exit,
            below,
            parameters,
            results,
        });
        Ok(())
    }

    /// Operands under a block are the same on every way out of it: a local that is written inside is brought home before.
    fn keep_across(&mut self, below: usize) -> Result<(), LowerError> {
        if !self.operands.any_local() {
            return Ok(());
        }
        let (_, end) = self.survey.end_of(self.opened);
        // What lies under the block around this one is kept across that one.
        let from = self.frames.last().map_or(0, |around| around.below);
        for depth in self.survey.written(self.number, end, &self.operands, from..below) {
            self.bring_home(depth)?;
        }
        Ok(())
    }

    pub(super) fn other_arm(&mut self) -> Result<(), LowerError> {
        let Some(mut frame) = self.frames.pop() else { return Err(self.operands.unbalanced()) };
        let Some((other, begins_with)) = frame.other_arm.take() else {
            return Err(self.operands.unbalanced());
        };
        let (below, end, target) = (frame.below, frame.ends.1, frame.exit);
        self.frames.push(frame);
        if self.reachable {
            self.deliver_to(target)?;
            self.go(target)?;
        }
        if let Some(frame) = self.frames.last_mut() {
            (frame.kind, frame.ends) = (Kind::Else, (end, end));
        }
        self.operands.truncate(below);
        self.out.place(other)?;
        begins_with.into_iter().try_for_each(|operand| self.operands.push(operand))?;
        self.reachable = true;
        Ok(())
    }

    pub(super) fn close(&mut self) -> Result<(), LowerError> {
        if self.frames.last().is_some_and(|frame| frame.kind == Kind::If) {
            self.close_without_else()?;
        }
        let Some(frame) = self.frames.pop() else { return Err(self.operands.unbalanced()) };
        if frame.kind == Kind::Function {
            return self.close_function(&frame);
        }
        // If nothing branches here, the way goes straight on, with operands as they are.
        if frame.targeted && frame.kind != Kind::Loop {
            if self.reachable {
                self.deliver(&frame)?;
            }
            self.operands.truncate(frame.below);
            self.operands.push_homes(frame.results)?;
            self.out.place(frame.label)?;
            self.reachable = true;
        } else if !self.reachable {
            self.operands.truncate(frame.below);
        }
        Ok(())
    }

    /// Without `else`, what an `if` was given is what it gives when the condition is not met.
    fn close_without_else(&mut self) -> Result<(), LowerError> {
        let simple = self.frames.last().is_some_and(|frame| frame.results == 0);
        if !simple {
            return self.other_arm();
        }
        let Some(frame) = self.frames.last_mut() else { return Ok(()) };
        frame.kind = Kind::Block;
        let other = frame.other_arm.take();
        self.operands.truncate(frame.below);
        if let Some((label, _)) = other {
            self.out.place(label)?;
        }
        self.reachable = true;
        Ok(())
    }

    fn close_function(&mut self, frame: &Frame) -> Result<(), LowerError> {
        if self.reachable {
            self.deliver(frame)?;
        }
        if frame.targeted {
            self.out.place(frame.label)?;
        }
        if self.reachable || frame.targeted {
            self.out.leave(Row::new(Op::Return))?;
        }
        self.stop();
        Ok(())
    }

    pub(super) fn br(&mut self, depth: u32) -> Result<(), LowerError> {
        let target = self.target(depth)?;
        self.deliver_to(target)?;
        self.go(target)?;
        self.stop();
        Ok(())
    }

    pub(super) fn br_if(&mut self, depth: u32) -> Result<(), LowerError> {
        let condition = self.condition()?;
        let target = self.target(depth)?;
        if self.is_delivered(target)? {
            let label = self.aim(target);
            return self.out.branch(condition.0, label);
        }
        let around = self.out.label();
        self.out.branch(condition.inverse(), around)?;
        self.deliver_to(target)?;
        self.go(target)?;
        self.out.place(around)
    }

    pub(super) fn br_table(&mut self, targets: &BrTable<'_>) -> Result<(), LowerError> {
        let index = self.operands.pop()?;
        let a = self.register(index)?;
        self.out.leave(Row { a, imm: targets.len().into(), ..Row::new(Op::BrTable) })?;
        let mut detours = BTreeMap::new();
        for depth in targets.targets().chain(std::iter::once(Ok(targets.default()))) {
            let target = self.target(depth?)?;
            let label = if self.is_delivered(target)? {
                self.aim(target)
            } else {
                *detours.entry(target).or_insert_with(|| self.out.label())
            };
            self.out.branch(Row::new(Op::Br), label)?;
        }
        for (target, label) in detours {
            self.out.place(label)?;
            self.deliver_to(target)?;
            self.go(target)?;
        }
        self.stop();
        Ok(())
    }

    /// Pops what a branch depends on; the comparison that made it becomes part of the branch.
    fn condition(&mut self) -> Result<Condition, LowerError> {
        let taken = self.operands.pop()?;
        if let Some(op) = self.maker(taken).and_then(|row| arithmetic::branch_on(row.op))
            && let Some(row) = self.out.take_last()
        {
            return Ok(Condition(Row { op, d: 0, ..row }));
        }
        let a = self.register(taken)?;
        Ok(Condition(Row { a, immediate: true, ..Row::new(Op::BrNe) }))
    }

    /// Place in `frames` of a branch's target.
    fn target(&self, depth: u32) -> Result<usize, LowerError> {
        let target =
            self.frames.len().checked_sub(1 + depth as usize).ok_or_else(|| self.operands.unbalanced())?;
        let ahead = self.frames.get(target).filter(|frame| frame.kind != Kind::Loop);
        Ok(ahead.map_or(target, |frame| frame.exit))
    }

    /// Place of the outermost block that ends where a new one will end, with nothing between, and gives as many values: who leaves the
    /// one leaves the other, with the same values. (One that gives more gives what lies under the new one, too.) The new one's own
    /// place, if there is none.
    fn exit_of(&self, end: u32, results: usize) -> usize {
        let own = self.frames.len();
        let goes_on =
            |around: &&Frame| end.checked_add(1) == Some(around.ends.0) && around.results == results;
        let around = self.frames.last().filter(goes_on);
        let exit = around.map_or(own, |around| around.exit);
        // Leaving a loop by its end goes on behind it, a branch to it does not.
        let is_loop = self.frames.get(exit).is_some_and(|frame| frame.kind == Kind::Loop);
        if is_loop { own } else { exit }
    }

    /// The label of a frame that a branch will go to.
    fn aim(&mut self, target: usize) -> Label {
        match self.frames.get_mut(target) {
            Some(frame) => {
                frame.targeted = true;
                frame.label
            }
            None => self.out.label(),
        }
    }

    /// Goes to a frame, unconditionally: the function's is a return.
    fn go(&mut self, target: usize) -> Result<(), LowerError> {
        if target == 0 {
            return self.out.leave(Row::new(Op::Return));
        }
        let label = self.aim(target);
        self.out.branch(Row::new(Op::Br), label)
    }

    /// Whether the values that go along with a branch are where its target expects them.
    fn is_delivered(&self, target: usize) -> Result<bool, LowerError> {
        let Some(frame) = self.frames.get(target) else { return Ok(true) };
        let values = self.operands.top(frame.arity())?;
        Ok(self.moves(frame, &values).next().is_none())
    }

    fn deliver_to(&mut self, target: usize) -> Result<(), LowerError> {
        if let Some(frame) = self.frames.get(target) {
            let (kind, below, arity) = (frame.kind, frame.below, frame.arity());
            let shape = Frame { kind, below, parameters: arity, results: arity, other_arm: None, ..*frame };
            self.deliver(&shape)?;
        }
        Ok(())
    }

    /// Moves the uppermost operands to where a frame expects them, and leaves what is known of operands as it is.
    fn deliver(&mut self, frame: &Frame) -> Result<(), LowerError> {
        let mut values = self.operands.top(frame.arity())?;
        if let [value] = values[..]
            && let Some((register, _)) = self.moves(frame, &values).next()
            && let Some(row) = self.maker(value)
        {
            row.d = register.into();
            return Ok(());
        }
        // Results go to a function's first registers, which may be locals that are results themselves.
        if frame.kind == Kind::Function {
            for (place, value) in values.iter_mut().enumerate() {
                if let Operand::Local(local) = value.operand
                    && usize::from(local) < place
                {
                    self.out.row(copy(value.home, *value))?;
                    value.operand = Operand::Home;
                }
            }
        }
        // A value goes to its own home or to a lower one, so that no move overwrites what a later one reads.
        let rows: Vec<Row> =
            self.moves(frame, &values).map(|(register, value)| copy(register, value)).collect();
        rows.into_iter().try_for_each(|row| self.out.row(row))
    }

    /// Values that are not where a frame expects them, and the registers where it does.
    fn moves(&self, frame: &Frame, values: &[Taken]) -> impl Iterator<Item = (u16, Taken)> + use<> {
        let first = if frame.kind == Kind::Function { 0 } else { self.operands.home(frame.below) };
        let places: Vec<_> = (first..=u16::MAX).zip(values.iter().copied()).collect();
        places.into_iter().filter(|(register, value)| value.register() != Some(*register))
    }
}
