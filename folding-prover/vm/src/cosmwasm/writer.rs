use crate::{Assembler, Label, Op, Row, TooManyRows, Trap, Unprovable};

/// Most registers of a stub, beside those that it [keeps](Writer::keep).
const REGISTERS: u16 = 64;

/// A register of a stub.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reg(u16);

/// A second operand.
#[derive(Debug, Clone, Copy)]
pub(super) enum Operand {
    Register(Reg),
    Number(u64),
}

impl From<Reg> for Operand {
    fn from(register: Reg) -> Self {
        Self::Register(register)
    }
}

impl From<u64> for Operand {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

/// Writes one stub: a function of the machine that no WebAssembly stands behind.
///
/// Every value gets a register of its own, for as long as its [scope](Self::scope). Registers are written before they are
/// read on every path, so that nothing of frames that lay here before is ever seen.
pub(super) struct Writer<'a> {
    code: &'a mut Assembler,
    registers: u16,
    /// Where the frame of a contract's function begins that the stub calls: behind all of the stub's own registers.
    callee: u16,
    /// Cost that the next row carries.
    cost: u16,
    refuse: Label,
    reentry: Label,
}

impl<'a> Writer<'a> {
    /// A stub with this many arguments, in its first registers.
    pub(super) fn new(code: &'a mut Assembler, arguments: u16) -> Self {
        let (refuse, reentry) = (code.label(), code.label());
        Self { code, registers: arguments, callee: REGISTERS, cost: 0, refuse, reentry }
    }

    /// What the checks of an entry end in: it stands behind its last row.
    pub(super) fn finish(mut self) -> Result<(), TooManyRows> {
        let refuse = self.refuse;
        self.place(refuse)?;
        self.trap(Trap::HostCall);
        Ok(())
    }

    /// The same for an import.
    pub(super) fn finish_import(mut self) -> Result<(), TooManyRows> {
        let reentry = self.reentry;
        self.place(reentry)?;
        self.unprovable(Unprovable::Reentry);
        self.finish()
    }

    /// Argument number `n`, or register 0 for the result.
    pub(super) const fn argument(n: u16) -> Reg {
        Reg(n)
    }

    /// A register of its own.
    pub(super) fn register(&mut self) -> Reg {
        let register = Reg(self.registers);
        self.registers += 1;
        debug_assert!(self.registers <= REGISTERS, "a stub has at most {REGISTERS} registers");
        register
    }

    /// Registers in a row, for words that wait for room in memory. No other registers are made by it.
    pub(super) fn keep(&mut self, count: u16) -> impl Iterator<Item = Reg> + Clone + use<> {
        let first = self.callee;
        self.callee += count;
        (first..self.callee).map(Reg)
    }

    /// Writes rows whose own registers others may have afterwards.
    pub(super) fn scope<T>(&mut self, write: impl FnOnce(&mut Self) -> T) -> T {
        let before = self.registers;
        let written = write(self);
        self.registers = before;
        written
    }

    pub(super) fn label(&mut self) -> Label {
        self.code.label()
    }

    /// Control that goes against the rules of the interface comes here.
    pub(super) const fn refuse(&self) -> Label {
        self.refuse
    }

    /// Control that came from within another host call comes here.
    pub(super) const fn reentry(&self) -> Label {
        self.reentry
    }

    pub(super) fn place(&mut self, label: Label) -> Result<(), TooManyRows> {
        if self.cost > 0 {
            self.push(Row::new(Op::Nop));
        }
        self.code.place(label)
    }

    fn push(&mut self, row: Row) {
        let cost = std::mem::take(&mut self.cost);
        self.code.push(Row { cost, ..row });
    }

    fn push_to(&mut self, row: Row, label: Label) {
        let cost = std::mem::take(&mut self.cost);
        self.code.push_to(Row { cost, ..row }, label);
    }

    /// `d = a op b`.
    pub(super) fn set(&mut self, d: Reg, op: Op, a: Reg, b: impl Into<Operand>) {
        let row = Row { d: d.0.into(), a: a.0, ..Row::new(op) };
        self.push(with(row, b.into()));
    }

    /// `a op b` in a register of its own.
    pub(super) fn compute(&mut self, op: Op, a: Reg, b: impl Into<Operand>) -> Reg {
        let d = self.register();
        self.set(d, op, a, b);
        d
    }

    pub(super) fn copy(&mut self, d: Reg, from: impl Into<Operand>) {
        let row = Row { d: d.0.into(), ..Row::new(Op::Copy) };
        self.push(with(row, from.into()));
    }

    pub(super) fn load(&mut self, op: Op, base: Reg, offset: u64) -> Reg {
        let d = self.register();
        self.push(Row { d: d.0.into(), a: base.0, imm: offset, ..Row::new(op) });
        d
    }

    pub(super) fn store(&mut self, op: Op, base: Reg, offset: u64, value: Reg) {
        self.push(Row { a: base.0, b: value.0, imm: offset, ..Row::new(op) });
    }

    pub(super) fn global_get(&mut self, global: u64) -> Reg {
        let d = self.register();
        self.push(Row { d: d.0.into(), imm: global, ..Row::new(Op::GlobalGet) });
        d
    }

    pub(super) fn global_set(&mut self, global: u64, value: Reg) {
        self.push(Row { a: value.0, imm: global, ..Row::new(Op::GlobalSet) });
    }

    /// Bytes of memory.
    pub(super) fn memory_bytes(&mut self) -> Reg {
        let pages = self.register();
        self.push(Row { d: pages.0.into(), ..Row::new(Op::MemorySize) });
        self.set(pages, Op::Shl64, pages, 16);
        pages
    }

    pub(super) fn branch(&mut self, to: Label) {
        self.push_to(Row::new(Op::Br), to);
    }

    /// Goes to `to` if `a op b`, for an operation that branches.
    pub(super) fn branch_if(&mut self, op: Op, a: Reg, b: impl Into<Operand>, to: Label) {
        self.push_to(with(Row { a: a.0, ..Row::new(op) }, b.into()), to);
    }

    /// Calls a function without arguments and results.
    pub(super) fn call(&mut self, function: Label) {
        self.push_to(Row { d: self.callee.into(), ..Row::new(Op::Call) }, function);
    }

    /// Calls a function with arguments, and gives the register that its result is in until the next call.
    pub(super) fn call_with(&mut self, function: Label, arguments: &[Reg]) -> Reg {
        for (at, argument) in (self.callee..).zip(arguments) {
            self.copy(Reg(at), *argument);
        }
        self.call(function);
        Reg(self.callee)
    }

    pub(super) fn emit(&mut self, word: Reg) {
        self.push(Row { a: word.0, ..Row::new(Op::Emit) });
    }

    pub(super) fn emit_number(&mut self, number: u64) {
        let word = self.register();
        self.copy(word, number);
        self.emit(word);
    }

    pub(super) fn advise(&mut self) -> Reg {
        let d = self.register();
        self.advise_to(d);
        d
    }

    pub(super) fn advise_to(&mut self, d: Reg) {
        self.push(Row { d: d.0.into(), ..Row::new(Op::Advise) });
    }

    /// The run costs what is in the register.
    pub(super) fn charge(&mut self, cost: Reg) {
        self.push(Row { a: cost.0, ..Row::new(Op::Charge) });
    }

    /// The run costs that much more, from the next row on.
    pub(super) fn charge_number(&mut self, cost: u64) {
        match u16::try_from(cost).ok().and_then(|cost| self.cost.checked_add(cost)) {
            Some(cost) => self.cost = cost,
            None => {
                let amount = self.register();
                self.copy(amount, cost);
                self.charge(amount);
            }
        }
    }

    /// The run costs `price` for each of `count`.
    pub(super) fn charge_each(&mut self, price: u64, count: Reg) {
        let cost = self.compute(Op::Mul64, count, price);
        self.charge(cost);
    }

    pub(super) fn trap(&mut self, trap: Trap) {
        self.push(Row { imm: trap as u64, ..Row::new(Op::Trap) });
    }

    pub(super) fn unprovable(&mut self, kind: Unprovable) {
        self.push(Row { imm: kind as u64, ..Row::new(Op::Unprovable) });
    }

    pub(super) fn ret(&mut self) {
        self.push(Row::new(Op::Return));
    }

    /// Returns a value.
    pub(super) fn ret_with(&mut self, value: impl Into<Operand>) {
        self.copy(Self::argument(0), value);
        self.ret();
    }
}

fn with(row: Row, b: Operand) -> Row {
    match b {
        Operand::Register(register) => Row { b: register.0, ..row },
        Operand::Number(number) => Row { immediate: true, imm: number, ..row },
    }
}
