use super::LowerError;
use super::error::at_most;

/// Most operands at once. Compilers need some dozens.
const MAX_OPERANDS: u64 = 1024;

/// Where an operand's value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operand {
    Constant(u64),
    /// In the register of a local, which has not been written since.
    Local(u16),
    /// In its home.
    Home,
}

/// An operand taken from the stack, with its home.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Taken {
    pub(super) operand: Operand,
    pub(super) home: u16,
}

impl Taken {
    /// The register that holds it, unless it is a constant.
    pub(super) fn register(self) -> Option<u16> {
        match self.operand {
            Operand::Constant(_) => None,
            Operand::Local(local) => Some(local),
            Operand::Home => Some(self.home),
        }
    }
}

/// The operand stack, as far as it is known: the register that follows the locals is the home of the lowest operand, and so on.
#[derive(Debug)]
pub(super) struct Operands {
    stack: Vec<Operand>,
    /// Home of the lowest operand.
    first: u16,
    /// How often each local is on the stack.
    uses: Vec<u32>,
    /// How often any local is.
    locals: u32,
    place: String,
}

impl Operands {
    /// An empty stack over this many locals.
    pub(super) fn new(locals: u16, place: String) -> Self {
        // A callee's frame never begins where the caller's does: that is where the caller's way back is kept.
        let first = locals.max(1);
        Self { stack: Vec::new(), first, uses: vec![0; usize::from(locals)], locals: 0, place }
    }

    pub(super) fn len(&self) -> usize {
        self.stack.len()
    }

    /// Home of the operand at this depth; locals and operands are limited such that it is a register.
    pub(super) fn home(&self, depth: usize) -> u16 {
        u16::try_from(depth).unwrap_or(u16::MAX).saturating_add(self.first)
    }

    pub(super) fn push(&mut self, operand: Operand) -> Result<(), LowerError> {
        // One beyond an operand may serve as a scratch register.
        at_most("operands at once", &self.place, self.stack.len() as u64 + 1, MAX_OPERANDS)?;
        self.count(operand, true);
        self.stack.push(operand);
        Ok(())
    }

    pub(super) fn pop(&mut self) -> Result<Taken, LowerError> {
        let operand = self.stack.pop().ok_or_else(|| self.unbalanced())?;
        self.count(operand, false);
        Ok(Taken { operand, home: self.home(self.stack.len()) })
    }

    pub(super) fn get(&self, depth: usize) -> Option<Taken> {
        let operand = *self.stack.get(depth)?;
        Some(Taken { operand, home: self.home(depth) })
    }

    /// The uppermost operands, lowest first.
    pub(super) fn top(&self, count: usize) -> Result<Vec<Taken>, LowerError> {
        let from = self.stack.len().checked_sub(count).ok_or_else(|| self.unbalanced())?;
        Ok((from..self.stack.len()).filter_map(|depth| self.get(depth)).collect())
    }

    /// The operand has been brought to its home.
    pub(super) fn moved_home(&mut self, depth: usize) {
        if let Some(operand) = self.stack.get(depth).copied() {
            self.count(operand, false);
            if let Some(place) = self.stack.get_mut(depth) {
                *place = Operand::Home;
            }
        }
    }

    pub(super) fn truncate(&mut self, depth: usize) {
        while self.stack.len() > depth {
            if let Some(operand) = self.stack.pop() {
                self.count(operand, false);
            }
        }
    }

    pub(super) fn push_homes(&mut self, count: usize) -> Result<(), LowerError> {
        (0..count).try_for_each(|_| self.push(Operand::Home))
    }

    /// Depths at which a local lies, lowest first.
    pub(super) fn depths_of(&self, local: u16) -> Vec<usize> {
        if self.uses.get(usize::from(local)).is_none_or(|uses| *uses == 0) {
            return Vec::new();
        }
        let at = |(depth, operand): (usize, &Operand)| (*operand == Operand::Local(local)).then_some(depth);
        self.stack.iter().enumerate().filter_map(at).collect()
    }

    /// Whether any local is on the stack.
    pub(super) fn any_local(&self) -> bool {
        self.locals > 0
    }

    fn count(&mut self, operand: Operand, added: bool) {
        if let Operand::Local(local) = operand
            && let Some(uses) = self.uses.get_mut(usize::from(local))
        {
            let change = |count: &mut u32| *count = if added { *count + 1 } else { count.saturating_sub(1) };
            change(uses);
            change(&mut self.locals);
        }
    }

    /// Not for valid modules.
    pub(super) fn unbalanced(&self) -> LowerError {
        LowerError::Invalid { reason: format!("{}: operands out of balance", self.place), offset: 0 }
    }
}
