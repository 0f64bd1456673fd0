use crate::{Element, Op, Program, Row, Trap, Unprovable};

use super::memory::Memory;
use super::stack::{Link, Stack};
use super::{End, Host, Outside, Step, Stop, Tracer, alu};

/// Most globals: their numbers have 16 bits.
pub const MAX_GLOBALS: usize = 1 << 16;

/// What a run may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Costs of one run; one that needs more traps.
    pub gas: u64,
    /// Highest cell of the register stack at which a frame may begin; a call beyond it traps. A cell has eight bytes.
    pub registers: u32,
    /// Rows of one run: a bound for programs that no lowering made, in which rows without costs may go round in
    /// circles.
    pub rows: u64,
}

/// Deeper than native stacks of the runtime go, and more rows than anyone proves.
impl Default for Limits {
    fn default() -> Self {
        Self { gas: u64::MAX, registers: 1 << 20, rows: 1 << 40 }
    }
}

/// Runs a program. Memory and globals stay between runs, registers do not.
#[derive(Debug)]
pub struct Machine<'p> {
    program: &'p Program,
    limits: Limits,
    memory: Memory,
    globals: Globals,
    stack: Stack,
    gas: u64,
    rows: u64,
}

impl<'p> Machine<'p> {
    /// A machine before its first run: registers and globals are zero, memory is the program's data image.
    pub fn new(program: &'p Program, limits: Limits) -> Self {
        Self {
            program,
            limits,
            memory: Memory::new(program.pages, &program.data),
            globals: Globals::default(),
            stack: Stack::new(limits.registers),
            gas: 0,
            rows: 0,
        }
    }

    /// Runs the function that begins at `row`, with these arguments in its first registers, and returns its register
    /// 0. What it did before it stopped stays done.
    ///
    /// # Errors
    /// [`Stop`]
    pub fn run<H: Host, T: Tracer>(
        &mut self,
        row: u32,
        arguments: &[u64],
        host: &mut H,
        tracer: &mut T,
    ) -> Result<u64, Stop> {
        (self.gas, self.rows) = (0, 0);
        self.stack.clear(arguments).map_err(Stop::Trap)?;
        let mut place = (row, 0);
        while self.rows < self.limits.rows {
            self.rows += 1;
            let mut step = Step::at(place.0, place.1);
            let done = self.execute::<H, T>(&mut step, host);
            if let Err(Stop::Trap(trap)) = done {
                (step.next, step.next_fp, step.end) = place_of_end(place, trap);
            }
            if T::WATCHES && matches!(done, Ok(()) | Err(Stop::Trap(_))) {
                (step.pages, step.gas) = (self.memory.pages(), self.gas);
                tracer.step(&step);
            }
            done?;
            if step.end.is_some() {
                return Ok(self.registers().first().copied().unwrap_or(0));
            }
            place = (step.next, step.next_fp);
        }
        Err(Stop::TooManyRows { limit: self.limits.rows })
    }

    /// What the last run cost. If it ran out of gas, more than the limit.
    pub fn gas(&self) -> u64 {
        self.gas
    }

    /// Rows of the last run.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Linear memory.
    pub fn memory(&self) -> &[u8] {
        self.memory.bytes()
    }

    /// A global; zero, if nothing was written to it.
    pub fn global(&self, number: usize) -> u64 {
        self.globals.values.get(number).copied().unwrap_or(0)
    }

    /// Registers of the outermost frame, as the last run left them: a function with several results has them in the
    /// first ones.
    pub fn registers(&self) -> &[u64] {
        self.stack.cells()
    }

    /// One row. `step` comes with its place, and is filled in.
    #[inline(always)]
    fn execute<H: Host, T: Tracer>(&mut self, step: &mut Step, host: &mut H) -> Result<(), Stop> {
        let program = self.program;
        let Some(row) = program.rows.get(step.row as usize) else {
            return Err(Stop::Trap(Trap::Unreachable));
        };
        let Some(frame) = self.stack.frame(step.fp) else {
            return Err(Stop::Trap(Trap::StackOverflow));
        };
        let a = frame[usize::from(row.a)];
        let b = if row.immediate { row.imm } else { frame[usize::from(row.b)] };
        (step.a, step.b) = (a, b);
        self.gas = self.gas.saturating_add(row.cost.into());
        if self.gas > self.limits.gas {
            return Err(Stop::Trap(Trap::OutOfGas));
        }
        step.next = step.row.wrapping_add(1);
        if let Some(result) = alu::result(row.op, a, b) {
            step.d = Some(result.map_err(Stop::Trap)?);
        } else if let Some(taken) = alu::taken(row.op, a, b) {
            if taken {
                step.next = row.d;
            }
        } else {
            self.effect::<H, T>(row, step, host)?;
            // The borrow of the frame has ended; a callee's begins elsewhere.
        }
        if let Some(value) = step.d
            && let Some(frame) = self.stack.frame(step.fp)
        {
            frame[usize::from(low_16(row.d.into()))] = value;
        }
        Ok(())
    }

    /// A row that does more than compute.
    #[inline(always)]
    fn effect<H: Host, T: Tracer>(&mut self, row: &Row, step: &mut Step, host: &mut H) -> Result<(), Stop> {
        let a = step.a;
        match row.op {
            Op::Trap => return Err(Stop::Trap(Trap::from_number(row.imm).unwrap_or(Trap::Unreachable))),
            Op::Unprovable => {
                let kind = Unprovable::from_number(row.imm).unwrap_or(Unprovable::Import);
                return Err(Stop::Unprovable { kind, row: step.row });
            }
            Op::Select => {
                step.c = self.register(step.fp, low_16(row.imm));
                let b = self.register(step.fp, row.b);
                step.d = Some(if step.c != 0 { a } else { b });
            }
            Op::GlobalGet => step.d = Some(self.globals.get(row.imm).map_err(Stop::Trap)?),
            Op::GlobalSet => self.globals.set(row.imm, a).map_err(Stop::Trap)?,
            Op::MemorySize => step.d = Some(self.memory.pages().into()),
            Op::MemoryGrow => step.d = Some(self.memory.grow(a).unwrap_or(u32::MAX).into()),
            Op::Br => step.next = row.d,
            Op::BrTable => {
                let further = a.min(row.imm).saturating_add(step.next.into());
                step.next = row_number(further);
            }
            Op::Call => self.call(row_number(row.imm), row.d, step).map_err(Stop::Trap)?,
            Op::CallIndirect => {
                let callee = element(&self.program.table, a, row.imm).map_err(Stop::Trap)?;
                self.call(callee, row.d, step).map_err(Stop::Trap)?;
            }
            Op::Return => match self.stack.leave(step.fp) {
                Some(back) => (step.next, step.next_fp) = (back.row, back.fp),
                None => (step.next, step.end) = (step.row, Some(End::Returned)),
            },
            Op::Emit => {
                host.emit(a)?;
                step.outside = Some(Outside::Emitted(a));
            }
            Op::Advise => {
                let word = host.advise()?;
                (step.d, step.outside) = (Some(word), Some(Outside::Advised(word)));
            }
            Op::Charge => {
                self.gas = self.gas.saturating_add(a);
                if self.gas > self.limits.gas {
                    return Err(Stop::Trap(Trap::OutOfGas));
                }
            }
            Op::Store8 | Op::Store16 | Op::Store32 | Op::Store64 => {
                self.store::<T>(row, step).map_err(Stop::Trap)?;
            }
            _ => self.load::<T>(row, step).map_err(Stop::Trap)?,
        }
        Ok(())
    }

    #[inline(always)]
    fn call(&mut self, callee: u32, above: u32, step: &mut Step) -> Result<(), Trap> {
        step.next_fp = self.stack.enter(above, Link { row: step.next, fp: step.fp })?;
        step.next = callee;
        Ok(())
    }

    /// Loads; any other operation that comes here does nothing.
    #[inline(always)]
    fn load<T: Tracer>(&mut self, row: &Row, step: &mut Step) -> Result<(), Trap> {
        let (memory, a, imm) = (&self.memory, step.a, row.imm);
        if T::WATCHES {
            step.words = access_bytes(row.op).map_or([None, None], |length| memory.words(a, imm, length));
        }
        step.d = Some(match row.op {
            Op::Load8U => u64::from(u8::from_le_bytes(memory.load(a, imm)?)),
            Op::Load16U => u64::from(u16::from_le_bytes(memory.load(a, imm)?)),
            Op::Load32U => u64::from(u32::from_le_bytes(memory.load(a, imm)?)),
            Op::Load64 => u64::from_le_bytes(memory.load(a, imm)?),
            Op::Load8S32 => alu::sign_extend_32(u8::from_le_bytes(memory.load(a, imm)?).into(), 8),
            Op::Load16S32 => alu::sign_extend_32(u16::from_le_bytes(memory.load(a, imm)?).into(), 16),
            Op::Load8S64 => alu::sign_extend_64(u8::from_le_bytes(memory.load(a, imm)?).into(), 8),
            Op::Load16S64 => alu::sign_extend_64(u16::from_le_bytes(memory.load(a, imm)?).into(), 16),
            Op::Load32S64 => alu::sign_extend_64(u32::from_le_bytes(memory.load(a, imm)?).into(), 32),
            _ => return Ok(()),
        });
        Ok(())
    }

    #[inline(always)]
    fn store<T: Tracer>(&mut self, row: &Row, step: &mut Step) -> Result<(), Trap> {
        step.c = if row.immediate { row.d.into() } else { self.register(step.fp, row.b) };
        let (memory, a, imm, c) = (&mut self.memory, step.a, row.imm, step.c);
        if T::WATCHES {
            step.words = access_bytes(row.op).map_or([None, None], |length| memory.words(a, imm, length));
        }
        let [b0, b1, b2, b3, ..] = c.to_le_bytes();
        match row.op {
            Op::Store8 => memory.store(a, imm, [b0]),
            Op::Store16 => memory.store(a, imm, [b0, b1]),
            Op::Store32 => memory.store(a, imm, [b0, b1, b2, b3]),
            _ => memory.store(a, imm, c.to_le_bytes()),
        }?;
        if T::WATCHES {
            memory.update(&mut step.words);
        }
        Ok(())
    }

    #[inline(always)]
    fn register(&mut self, fp: u32, number: u16) -> u64 {
        self.stack.frame(fp).map_or(0, |frame| frame[usize::from(number)])
    }
}

#[derive(Default)]
struct Globals {
    values: Vec<u64>,
}

impl Globals {
    fn get(&self, number: u64) -> Result<u64, Trap> {
        let number = Self::place(number)?;
        Ok(self.values.get(number).copied().unwrap_or(0))
    }

    fn set(&mut self, number: u64, value: u64) -> Result<(), Trap> {
        let number = Self::place(number)?;
        if number >= self.values.len() {
            self.values.resize(number + 1, 0);
        }
        if let Some(place) = self.values.get_mut(number) {
            *place = value;
        }
        Ok(())
    }

    fn place(number: u64) -> Result<usize, Trap> {
        usize::try_from(number).ok().filter(|number| *number < MAX_GLOBALS).ok_or(Trap::Unreachable)
    }
}

/// Without what is in them.
impl std::fmt::Debug for Globals {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Globals({})", self.values.len())
    }
}

/// The row of the function in an element of the table, if it is there and has this type.
fn element(table: &[Option<Element>], number: u64, ty: u64) -> Result<u32, Trap> {
    let element = usize::try_from(number).ok().and_then(|number| table.get(number));
    let element = element.ok_or(Trap::TableOutOfBounds)?.ok_or(Trap::IndirectCallToNull)?;
    if u64::from(element.ty) == ty { Ok(element.row) } else { Err(Trap::BadSignature) }
}

/// Bytes that a load or store touches.
const fn access_bytes(op: Op) -> Option<usize> {
    Some(match op {
        Op::Load8U | Op::Load8S32 | Op::Load8S64 | Op::Store8 => 1,
        Op::Load16U | Op::Load16S32 | Op::Load16S64 | Op::Store16 => 2,
        Op::Load32U | Op::Load32S64 | Op::Store32 => 4,
        Op::Load64 | Op::Store64 => 8,
        _ => return None,
    })
}

/// A row, or one that no program has.
#[inline(always)]
fn row_number(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[inline(always)]
fn low_16(number: u64) -> u16 {
    (number & 0xffff) as u16
}

/// A trap ends the run where it is.
fn place_of_end((row, fp): (u32, u32), trap: Trap) -> (u32, u32, Option<End>) {
    (row, fp, Some(End::Trapped(trap)))
}
