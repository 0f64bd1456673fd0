use super::LowerError;
use super::arithmetic::{self, Comparison, Shape};
use super::function::Lowering;
use super::operands::{Operand, Taken};
use crate::{Op, Row, Unprovable};

impl Lowering<'_, '_> {
    /// An instruction that takes and gives operands, and nothing else.
    pub(super) fn shape(&mut self, shape: Shape) -> Result<(), LowerError> {
        match shape {
            Shape::Binary(op) => {
                let (b, a) = (self.operands.pop()?, self.operands.pop()?);
                self.binary(op, a, b)
            }
            Shape::Compare(comparison) => {
                let (b, a) = (self.operands.pop()?, self.operands.pop()?);
                self.compare(comparison, a, b)
            }
            Shape::IsZero => {
                let a = self.operands.pop()?;
                self.compare(Comparison::Eq, a, Taken { operand: Operand::Constant(0), home: a.home })
            }
            Shape::Unary(op) => {
                let a = self.pop_register()?;
                self.push_made(Row { a, ..Row::new(op) })
            }
            Shape::Same => Ok(()),
            Shape::Load(op, memory) => {
                let a = self.pop_register()?;
                self.push_made(Row { a, imm: memory.offset, ..Row::new(op) })
            }
            Shape::Store(op, memory) => self.store(op, memory.offset),
            Shape::Float => {
                // A run ends here, so that what follows is not reached.
                self.out.leave(Row { imm: Unprovable::Float as u64, ..Row::new(Op::Unprovable) })?;
                self.stop();
                Ok(())
            }
        }
    }

    fn store(&mut self, op: Op, offset: u64) -> Result<(), LowerError> {
        let (value, address) = (self.operands.pop()?, self.operands.pop()?);
        let a = self.register(address)?;
        let row = Row { a, imm: offset, ..Row::new(op) };
        let number =
            if let Operand::Constant(number) = value.operand { u32::try_from(number).ok() } else { None };
        let row = match number {
            Some(d) => Row { d, immediate: true, ..row },
            None => Row { b: self.register(value)?, ..row },
        };
        self.out.row(row)
    }

    /// One row of a binary operation, or none. The result's home is that of the lower operand, which is `a`.
    fn binary(&mut self, op: Op, a: Taken, b: Taken) -> Result<(), LowerError> {
        let (a, b) = match (a.operand, b.operand) {
            (Operand::Constant(a), Operand::Constant(b)) if arithmetic::fold(op, a, b).is_some() => {
                return self.constant(arithmetic::fold(op, a, b).unwrap_or_default());
            }
            (Operand::Constant(_), _) if arithmetic::commutes(op) => (b, a),
            _ => (a, b),
        };
        if let Operand::Constant(constant) = b.operand {
            if self.improve(op, a, constant)? {
                return Ok(());
            }
            let (op, imm) = arithmetic::with_constant(op, constant);
            let a = self.register(a)?;
            return self.push_made(Row { a, immediate: true, imm, ..Row::new(op) });
        }
        let a = self.register(a)?;
        let b = self.register(b)?;
        self.push_made(Row { a, b, ..Row::new(op) })
    }

    /// Negates the comparison that made `a`, or keeps it as it is, where that is all that an operation with 0 or 1 does.
    fn improve(&mut self, op: Op, a: Taken, constant: u64) -> Result<bool, LowerError> {
        let negates = match (op, constant) {
            (Op::Eq, 0) | (Op::Xor, 1) => true,
            (Op::Ne, 0) | (Op::And, 1) => false,
            _ => return Ok(false),
        };
        let home = self.operands.home(self.operands.len());
        let Some(row) = self.maker(a).filter(|row| row.d == u32::from(home)) else { return Ok(false) };
        let (true, Some(inverse)) = (arithmetic::branch_on(row.op).is_some(), arithmetic::inverse(row.op))
        else {
            return Ok(false);
        };
        if negates {
            row.op = inverse;
        }
        self.operands.push(Operand::Home)?;
        Ok(true)
    }

    /// The machine compares for `=`, `!=`, `<`, `>=` and takes constants on the right only: everything else is turned round, or moved by one.
    fn compare(&mut self, comparison: Comparison, a: Taken, b: Taken) -> Result<(), LowerError> {
        use Comparison::{Eq, Ge, Gt, Le, Lt, Ne};
        let constant = |taken: Taken| if let Operand::Constant(c) = taken.operand { Some(c) } else { None };
        let (comparison, a, b) = match (comparison, constant(a), constant(b)) {
            // A constant on the left goes to the right.
            (Lt(less), Some(_), None) => (Gt(less), b, a),
            (Gt(less), Some(_), None) => (Lt(less), b, a),
            (Le(less), Some(_), None) => (Ge(less), b, a),
            (Ge(less), Some(_), None) => (Le(less), b, a),
            _ => (comparison, a, b),
        };
        let not = |less| arithmetic::inverse(less).unwrap_or(less);
        match (comparison, constant(b)) {
            (Eq, _) => self.binary(Op::Eq, a, b),
            (Ne, _) => self.binary(Op::Ne, a, b),
            (Lt(less), _) => self.binary(less, a, b),
            (Ge(less), _) => self.binary(not(less), a, b),
            (Gt(less), None) => self.binary(less, b, a),
            (Le(less), None) => self.binary(not(less), b, a),
            (Gt(less), Some(constant)) => match arithmetic::successor(less, constant) {
                Some(next) => self.binary(not(less), a, Taken { operand: Operand::Constant(next), ..b }),
                None => self.constant(0),
            },
            (Le(less), Some(constant)) => match arithmetic::successor(less, constant) {
                Some(next) => self.binary(less, a, Taken { operand: Operand::Constant(next), ..b }),
                None => self.constant(1),
            },
        }
    }
}
