use wasmparser::{FunctionBody, Operator, ValType};

use super::arithmetic;
use super::control::{Frame, Kind};
use super::emitter::Emitter;
use super::error::at_most;
use super::module::{Module, block_fits};
use super::operands::{Operand, Operands, Taken};
use super::survey::Survey;
use super::{LowerError, Places};
use crate::{Assembler, Op, Row, Trap};

/// Most parameters and locals of a function.
const MAX_LOCALS: u64 = 8192;
/// What a page that memory grows by costs, in the runtime's gas schedule.
const GAS_PER_PAGE: u64 = 250;

/// The lowering of one function.
pub(super) struct Lowering<'c, 'm> {
    pub(super) module: &'m Module<'m>,
    pub(super) places: &'m Places,
    pub(super) out: Emitter<'c>,
    pub(super) operands: Operands,
    pub(super) survey: Survey,
    pub(super) frames: Vec<Frame>,
    /// Whether the next instruction can be reached; if not, how many blocks within the innermost frame are open.
    pub(super) reachable: bool,
    pub(super) skipped: u32,
    /// Number of the instruction, and of blocks opened before it.
    pub(super) number: u32,
    pub(super) opened: usize,
    pub(super) place: String,
}

/// Writes a function's rows.
pub(super) fn lower_function(
    module: &Module<'_>,
    places: &Places,
    function: u32,
    body: &FunctionBody<'_>,
    code: &mut Assembler,
) -> Result<(), LowerError> {
    let place = module.name_of(function);
    let ty = module.type_of(function);
    let (parameters, results) = ty.map_or((0, 0), |ty| (ty.params().len(), ty.results().len()));
    let mut locals = parameters as u64;
    for local in body.get_locals_reader()? {
        locals += u64::from(local?.0);
    }
    at_most("parameters and locals", &place, locals, MAX_LOCALS)?;
    let register = |count: u64| u16::try_from(count).unwrap_or(u16::MAX);
    let survey = Survey::of(body, register(parameters as u64), register(locals), &place)?;
    let mut out = Emitter::new(code)?;
    let frame = Frame::function(out.label(), results, survey.end);
    let mut lowering = Lowering {
        module,
        places,
        out,
        operands: Operands::new(register(locals), place.clone()),
        survey,
        frames: vec![frame],
        reachable: true,
        skipped: 0,
        number: 0,
        opened: 0,
        place,
    };
    lowering.zero_locals()?;
    let mut reader = body.get_operators_reader()?;
    while !reader.eof() {
        let operator = reader.read()?;
        if lowering.reachable {
            lowering.operator(&operator)?
        } else {
            lowering.skip(&operator)?
        }
        lowering.number += 1;
    }
    Ok(())
}

impl Lowering<'_, '_> {
    fn zero_locals(&mut self) -> Result<(), LowerError> {
        for (local, _) in (0..).zip(&self.survey.zeroed).filter(|(_, zeroed)| **zeroed) {
            self.out.row(copy(local, Taken { operand: Operand::Constant(0), home: 0 }))?;
        }
        Ok(())
    }

    fn operator(&mut self, operator: &Operator<'_>) -> Result<(), LowerError> {
        self.out.spend(cost(operator));
        if let Some(shape) = arithmetic::shape_of(operator) {
            return self.shape(shape);
        }
        match operator {
            Operator::Nop => {}
            Operator::Drop => _ = self.operands.pop()?,
            Operator::I32Const { value } => self.constant(value.cast_unsigned().into())?,
            Operator::I64Const { value } => self.constant(value.cast_unsigned())?,
            Operator::F32Const { value } => self.constant(value.bits().into())?,
            Operator::F64Const { value } => self.constant(value.bits())?,
            Operator::LocalGet { local_index } => {
                self.operands.push(Operand::Local(self.local(*local_index)?))?;
            }
            Operator::LocalSet { local_index } => _ = self.set_local(*local_index)?,
            Operator::LocalTee { local_index } => {
                let operand = self.set_local(*local_index)?;
                self.operands.push(operand)?;
            }
            Operator::GlobalGet { global_index } => self.get_global(*global_index)?,
            Operator::GlobalSet { global_index } => {
                let value = self.pop_register()?;
                self.out.row(Row { a: value, imm: (*global_index).into(), ..Row::new(Op::GlobalSet) })?;
            }
            Operator::Select => self.select()?,
            Operator::MemorySize { .. } => self.push_made(Row::new(Op::MemorySize))?,
            Operator::MemoryGrow { .. } => self.grow()?,
            Operator::MemoryCopy { .. } => self.call(self.places.copy, 3, 0)?,
            Operator::MemoryFill { .. } => self.call(self.places.fill, 3, 0)?,
            Operator::Call { function_index } => self.call_function(*function_index)?,
            Operator::CallIndirect { type_index, .. } => self.call_indirect(*type_index)?,
            Operator::Unreachable => {
                self.out.leave(Row { imm: Trap::Unreachable as u64, ..Row::new(Op::Trap) })?;
                self.stop();
            }
            Operator::Block { blockty } => self.open(Kind::Block, *blockty)?,
            Operator::Loop { blockty } => self.open(Kind::Loop, *blockty)?,
            Operator::If { blockty } => self.open(Kind::If, *blockty)?,
            Operator::Else => self.other_arm()?,
            Operator::End => self.close()?,
            Operator::Br { relative_depth } => self.br(*relative_depth)?,
            Operator::BrIf { relative_depth } => self.br_if(*relative_depth)?,
            Operator::BrTable { targets } => self.br_table(targets)?,
            Operator::Return => {
                self.br(u32::try_from(self.frames.len().saturating_sub(1)).unwrap_or(u32::MAX))?
            }
            other => return Err(self.unsupported(other)),
        }
        Ok(())
    }

    fn unsupported(&self, operator: &Operator<'_>) -> LowerError {
        let what = format!("{operator:?}").chars().take_while(|c| c.is_alphanumeric()).collect();
        let instead = "tables never change, and segments are copied once, at the start";
        LowerError::Unsupported { what, place: self.place.clone(), instead }
    }

    /// No instruction is reached until a block ends.
    pub(super) fn stop(&mut self) {
        self.reachable = false;
        self.skipped = 0;
        self.out.never();
    }

    fn local(&self, index: u32) -> Result<u16, LowerError> {
        u16::try_from(index).map_err(|_| self.operands.unbalanced())
    }

    pub(super) fn constant(&mut self, value: u64) -> Result<(), LowerError> {
        self.operands.push(Operand::Constant(value))
    }

    /// The register of an operand; a constant is brought to its home.
    pub(super) fn register(&mut self, taken: Taken) -> Result<u16, LowerError> {
        match taken.register() {
            Some(register) => Ok(register),
            None => {
                self.out.row(copy(taken.home, taken))?;
                Ok(taken.home)
            }
        }
    }

    pub(super) fn pop_register(&mut self) -> Result<u16, LowerError> {
        let taken = self.operands.pop()?;
        self.register(taken)
    }

    /// Brings the operand at this depth to its home.
    pub(super) fn bring_home(&mut self, depth: usize) -> Result<(), LowerError> {
        if let Some(taken) = self.operands.get(depth)
            && taken.operand != Operand::Home
        {
            self.out.row(copy(taken.home, taken))?;
            self.operands.moved_home(depth);
        }
        Ok(())
    }

    /// Writes a row whose result is a new operand, in its home.
    pub(super) fn push_made(&mut self, row: Row) -> Result<(), LowerError> {
        let d = self.operands.home(self.operands.len()).into();
        self.out.row(Row { d, ..row })?;
        self.operands.push(Operand::Home)
    }

    /// The last row, if it made this operand: it is of this basic block, and nothing has read its result.
    pub(super) fn maker(&mut self, taken: Taken) -> Option<&mut Row> {
        if taken.operand != Operand::Home {
            return None;
        }
        self.out.last().filter(|row| arithmetic::writes(row.op) && row.d == u32::from(taken.home))
    }

    /// Pops a local's new value, and says where that value is now.
    fn set_local(&mut self, index: u32) -> Result<Operand, LowerError> {
        let local = self.local(index)?;
        let value = self.operands.pop()?;
        if value.operand == Operand::Local(local) {
            return Ok(value.operand);
        }
        // Operands that are this local's old value are brought home before it is lost; the row that made the new value reads neither
        // those homes, which were free, nor anything that changes here.
        let made = if self.maker(value).is_some() { self.out.take_last() } else { None };
        for depth in self.operands.depths_of(local) {
            self.bring_home(depth)?;
        }
        self.out.row(match made {
            Some(row) => Row { d: local.into(), ..row },
            None => copy(local, value),
        })?;
        Ok(match value.operand {
            Operand::Constant(_) => value.operand,
            _ => Operand::Local(local),
        })
    }

    fn get_global(&mut self, index: u32) -> Result<(), LowerError> {
        match self.module.globals.get(index as usize) {
            Some(global) if !global.mutable => self.constant(global.start),
            _ => self.push_made(Row { imm: index.into(), ..Row::new(Op::GlobalGet) }),
        }
    }

    fn select(&mut self) -> Result<(), LowerError> {
        let condition = self.pop_register()?;
        let b = self.pop_register()?;
        let a = self.pop_register()?;
        self.push_made(Row { a, b, imm: condition.into(), ..Row::new(Op::Select) })
    }

    fn grow(&mut self) -> Result<(), LowerError> {
        let pages = self.operands.pop()?;
        let a = self.register(pages)?;
        let scratch = pages.home.saturating_add(1);
        let price = Row { immediate: true, imm: GAS_PER_PAGE, ..Row::new(Op::Mul64) };
        self.out.row(Row { d: scratch.into(), a, ..price })?;
        self.out.row(Row { a: scratch, ..Row::new(Op::Charge) })?;
        self.push_made(Row { a, ..Row::new(Op::MemoryGrow) })
    }

    fn call_function(&mut self, function: u32) -> Result<(), LowerError> {
        let ty = self.module.type_of(function).ok_or_else(|| self.operands.unbalanced())?;
        let label = self.places.functions.get(function as usize).copied();
        let label = label.ok_or_else(|| self.operands.unbalanced())?;
        self.call(label, ty.params().len(), ty.results().len())
    }

    fn call(&mut self, label: crate::Label, arguments: usize, results: usize) -> Result<(), LowerError> {
        let d = self.arguments(arguments)?;
        self.out.call(Row { d, ..Row::new(Op::Call) }, label)?;
        self.operands.push_homes(results)
    }

    fn call_indirect(&mut self, type_index: u32) -> Result<(), LowerError> {
        let ty = self.module.types.get(type_index as usize).ok_or_else(|| self.operands.unbalanced())?;
        let number = self.module.type_numbers.get(type_index as usize).copied().unwrap_or(type_index);
        let a = self.pop_register()?;
        let d = self.arguments(ty.params().len())?;
        self.out.row(Row { d, a, imm: number.into(), ..Row::new(Op::CallIndirect) })?;
        self.operands.push_homes(ty.results().len())
    }

    /// Pops arguments, each from its home, and returns where the callee's frame begins.
    fn arguments(&mut self, count: usize) -> Result<u32, LowerError> {
        let first = self.operands.len().checked_sub(count).ok_or_else(|| self.operands.unbalanced())?;
        for depth in first..self.operands.len() {
            self.bring_home(depth)?;
        }
        self.operands.truncate(first);
        Ok(self.operands.home(first).into())
    }

    /// Parameters and results of a block.
    pub(super) fn arity(&self, ty: wasmparser::BlockType) -> Result<(usize, usize), LowerError> {
        match ty {
            wasmparser::BlockType::Empty => Ok((0, 0)),
            wasmparser::BlockType::Type(ValType::I32 | ValType::I64 | ValType::F32 | ValType::F64) => {
                Ok((0, 1))
            }
            wasmparser::BlockType::Type(_) => Err(self.operands.unbalanced()),
            wasmparser::BlockType::FuncType(index) => {
                let ty = self.module.types.get(index as usize).ok_or_else(|| self.operands.unbalanced())?;
                block_fits(&self.place, ty)?;
                Ok((ty.params().len(), ty.results().len()))
            }
        }
    }
}

/// `register = operand`
pub(super) fn copy(register: u16, taken: Taken) -> Row {
    let row = Row { d: register.into(), ..Row::new(Op::Copy) };
    match taken.operand {
        Operand::Constant(imm) => Row { immediate: true, imm, ..row },
        Operand::Local(b) => Row { b, ..row },
        Operand::Home => Row { b: taken.home, ..row },
    }
}

/// What an instruction costs in the runtime's gas schedule, besides what depends on values.
fn cost(operator: &Operator<'_>) -> u64 {
    let free = matches!(
        operator,
        Operator::Nop
            | Operator::Drop
            | Operator::Block { .. }
            | Operator::Loop { .. }
            | Operator::Unreachable
            | Operator::Return
            | Operator::Else
            | Operator::End
    );
    u64::from(!free)
}
