//! Looks at each step of a run, as a prover will: do the steps alone tell a consistent story?

use std::collections::HashMap;

use nectar_vm::{Op, Program, Step, Tracer};

/// Registers and memory as the steps say that they are.
pub(crate) struct Observer<'p> {
    program: &'p Program,
    registers: HashMap<u32, u64>,
    words: HashMap<u32, u64>,
}

impl<'p> Observer<'p> {
    pub(crate) fn new(program: &'p Program) -> Self {
        let data = program.data.words.iter().zip(program.data.first..);
        let words = data.map(|(word, number)| (number, *word)).collect();
        Self { program, registers: HashMap::new(), words }
    }

    /// Registers do not stay between runs.
    pub(crate) fn begin(&mut self, arguments: &[u64]) {
        self.registers = (0..).zip(arguments.iter().copied()).collect();
    }

    fn holds(&self, step: &Step, register: u64) -> u64 {
        let cell = step.fp + u32::try_from(register).unwrap();
        self.registers.get(&cell).copied().unwrap_or(0)
    }
}

impl Tracer for Observer<'_> {
    fn step(&mut self, step: &Step) {
        let row = self.program.rows[step.row as usize];
        let shown = (step.row, row);
        assert_eq!(step.a, self.holds(step, row.a.into()), "a of {shown:?}");
        let b = if row.immediate { row.imm } else { self.holds(step, row.b.into()) };
        assert_eq!(step.b, b, "b of {shown:?}");
        let c = match (row.op, row.immediate) {
            (Op::Select, _) => self.holds(step, row.imm),
            (Op::Store8 | Op::Store16 | Op::Store32 | Op::Store64, true) => row.d.into(),
            (Op::Store8 | Op::Store16 | Op::Store32 | Op::Store64, false) => b,
            _ => 0,
        };
        assert_eq!(step.c, c, "c of {shown:?}");
        let (narrow_a, narrow_b) = narrow(row.op);
        assert!(!narrow_a || step.a >> 32 == 0, "a of {shown:?} is not zero-extended: {:#x}", step.a);
        assert!(!narrow_b || step.b >> 32 == 0, "b of {shown:?} is not zero-extended: {:#x}", step.b);
        for word in step.words.iter().flatten() {
            let before = self.words.insert(word.word, word.after).unwrap_or(0);
            assert_eq!(word.before, before, "word {} at {shown:?}", word.word);
        }
        if let Some(value) = step.d {
            self.registers.insert(step.fp + row.d, value);
        }
    }
}

/// Whether operands are 32-bit values, which registers hold zero-extended.
fn narrow(op: Op) -> (bool, bool) {
    match op {
        Op::Add32
        | Op::Sub32
        | Op::Mul32
        | Op::DivS32
        | Op::RemS32
        | Op::Shl32
        | Op::ShrU32
        | Op::ShrS32
        | Op::Rotl32
        | Op::Rotr32
        | Op::LtS32
        | Op::GeS32
        | Op::BrLtS32
        | Op::BrGeS32 => (true, true),
        Op::Clz32
        | Op::Ctz32
        | Op::Extend8S32
        | Op::Extend16S32
        | Op::Load8U
        | Op::Load16U
        | Op::Load32U
        | Op::Load64
        | Op::Load8S32
        | Op::Load16S32
        | Op::Load8S64
        | Op::Load16S64
        | Op::Load32S64
        | Op::Store8
        | Op::Store16
        | Op::Store32
        | Op::Store64
        | Op::MemoryGrow
        | Op::BrTable
        | Op::CallIndirect => (true, false),
        _ => (false, false),
    }
}
