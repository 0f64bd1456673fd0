//! A module of a script, running.

use std::collections::BTreeMap;

use nectar_vm::{Limits, Machine, Program, Stop, Trap};

use crate::Scripted;
use crate::linkage::INITIALISE;
use crate::module::{Global, Loaded};
use crate::verdict::Verdict;

/// More gas than copying all that an address can name, and so few rows that what does not terminate ends soon.
const LIMITS: Limits = Limits { gas: 1 << 40, registers: 1 << 20, rows: 4_000_000_000 };

#[derive(Debug)]
pub(crate) struct Instance<'p> {
    machine: Machine<'p>,
    program: &'p Program,
    globals: &'p BTreeMap<String, Global>,
    /// A call ended unprovable: what it would have changed, nobody knows.
    unsure: bool,
}

impl<'p> Instance<'p> {
    /// A fresh instance, unless its start stops.
    pub(crate) fn start(loaded: &'p Loaded) -> Result<Result<Self, Stop>, Verdict> {
        let (program, globals) = match loaded {
            Loaded::Program { program, globals } => (program, globals),
            Loaded::Traps(trap) => return Ok(Err(Stop::Trap(*trap))),
        };
        let machine = Machine::new(program, LIMITS);
        let mut instance = Self { machine, program, globals, unsure: false };
        let started = instance.entry(INITIALISE, &[])?;
        Ok(started.map(|()| instance))
    }

    /// Whether what it does now may differ from what a script expects.
    pub(crate) fn is_unsure(&self) -> bool {
        self.unsure
    }

    /// Calls an exported function. Its results are in the first registers.
    pub(crate) fn call(
        &mut self,
        function: &str,
        arguments: &[u64],
    ) -> Result<Result<&[u64], Stop>, Verdict> {
        let done = self.entry(&Scripted::entry(function), arguments)?;
        Ok(done.map(|()| self.machine.registers()))
    }

    pub(crate) fn global(&self, name: &str) -> Result<u64, Verdict> {
        match self.globals.get(name) {
            Some(Global::Variable(number)) => {
                Ok(usize::try_from(*number).map_or(0, |number| self.machine.global(number)))
            }
            Some(Global::Constant(value)) => Ok(*value),
            None => Err(Verdict::Failed(format!("no exported global `{name}`"))),
        }
    }

    fn entry(&mut self, name: &str, arguments: &[u64]) -> Result<Result<(), Stop>, Verdict> {
        let row = self.program.entries.get(name);
        let row = *row.ok_or_else(|| Verdict::Failed(format!("no entry `{name}`")))?;
        let done = self.machine.run(row, arguments, &mut (), &mut ());
        self.unsure |= matches!(done, Err(Stop::Unprovable { .. }));
        Ok(done.map(|_| ()))
    }
}

/// The trap that a script's words mean.
pub(crate) fn trap(message: &str) -> Option<Trap> {
    const WORDS: [(&str, Trap); 9] = [
        ("unreachable", Trap::Unreachable),
        ("integer divide by zero", Trap::DivisionByZero),
        ("integer overflow", Trap::IntegerOverflow),
        ("out of bounds memory access", Trap::MemoryOutOfBounds),
        ("out of bounds table access", Trap::TableOutOfBounds),
        ("undefined element", Trap::TableOutOfBounds),
        ("uninitialized element", Trap::IndirectCallToNull),
        ("indirect call type mismatch", Trap::BadSignature),
        ("call stack exhausted", Trap::StackOverflow),
    ];
    WORDS.iter().find(|(words, _)| message.starts_with(words)).map(|(_, trap)| *trap)
}
