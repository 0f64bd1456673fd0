//! What WebAssembly's numeric and memory instructions are in rows.

use wasmparser::{MemArg, Operator};

use crate::Op;

/// An instruction that takes and gives operands, and nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// Two operands.
    Binary(Op),
    /// Two operands, one of 0 and 1 as result.
    Compare(Comparison),
    /// Whether the operand is zero.
    IsZero,
    Unary(Op),
    /// The result has the operand's bits.
    Same,
    Load(Op, MemArg),
    Store(Op, MemArg),
    /// Computes with floats.
    Float,
}

/// A relation, and the operation that decides `A < B` for its kind of numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    Eq,
    Ne,
    Lt(Op),
    Gt(Op),
    Le(Op),
    Ge(Op),
}

/// The shape of an instruction, if it has one.
pub(super) fn shape_of(operator: &Operator<'_>) -> Option<Shape> {
    binary(operator)
        .map(Shape::Binary)
        .or_else(|| comparison(operator).map(Shape::Compare))
        .or_else(|| unary(operator))
        .or_else(|| load(operator).map(|(op, memory)| Shape::Load(op, memory)))
        .or_else(|| store(operator).map(|(op, memory)| Shape::Store(op, memory)))
        .or_else(|| is_float(operator).then_some(Shape::Float))
}

fn binary(operator: &Operator<'_>) -> Option<Op> {
    Some(match operator {
        Operator::I32Add => Op::Add32,
        Operator::I64Add => Op::Add64,
        Operator::I32Sub => Op::Sub32,
        Operator::I64Sub => Op::Sub64,
        Operator::I32Mul => Op::Mul32,
        Operator::I64Mul => Op::Mul64,
        Operator::I32DivU | Operator::I64DivU => Op::DivU,
        Operator::I32RemU | Operator::I64RemU => Op::RemU,
        Operator::I32DivS => Op::DivS32,
        Operator::I64DivS => Op::DivS64,
        Operator::I32RemS => Op::RemS32,
        Operator::I64RemS => Op::RemS64,
        Operator::I32And | Operator::I64And => Op::And,
        Operator::I32Or | Operator::I64Or => Op::Or,
        Operator::I32Xor | Operator::I64Xor => Op::Xor,
        Operator::I32Shl => Op::Shl32,
        Operator::I64Shl => Op::Shl64,
        Operator::I32ShrU => Op::ShrU32,
        Operator::I64ShrU => Op::ShrU64,
        Operator::I32ShrS => Op::ShrS32,
        Operator::I64ShrS => Op::ShrS64,
        Operator::I32Rotl => Op::Rotl32,
        Operator::I64Rotl => Op::Rotl64,
        Operator::I32Rotr => Op::Rotr32,
        Operator::I64Rotr => Op::Rotr64,
        _ => return None,
    })
}

fn comparison(operator: &Operator<'_>) -> Option<Comparison> {
    use Comparison::{Eq, Ge, Gt, Le, Lt, Ne};
    Some(match operator {
        Operator::I32Eq | Operator::I64Eq => Eq,
        Operator::I32Ne | Operator::I64Ne => Ne,
        Operator::I32LtU | Operator::I64LtU => Lt(Op::LtU),
        Operator::I32LtS => Lt(Op::LtS32),
        Operator::I64LtS => Lt(Op::LtS64),
        Operator::I32GtU | Operator::I64GtU => Gt(Op::LtU),
        Operator::I32GtS => Gt(Op::LtS32),
        Operator::I64GtS => Gt(Op::LtS64),
        Operator::I32LeU | Operator::I64LeU => Le(Op::LtU),
        Operator::I32LeS => Le(Op::LtS32),
        Operator::I64LeS => Le(Op::LtS64),
        Operator::I32GeU | Operator::I64GeU => Ge(Op::LtU),
        Operator::I32GeS => Ge(Op::LtS32),
        Operator::I64GeS => Ge(Op::LtS64),
        _ => return None,
    })
}

fn unary(operator: &Operator<'_>) -> Option<Shape> {
    Some(match operator {
        Operator::I32Eqz | Operator::I64Eqz => Shape::IsZero,
        Operator::I64ExtendI32U
        | Operator::I32ReinterpretF32
        | Operator::I64ReinterpretF64
        | Operator::F32ReinterpretI32
        | Operator::F64ReinterpretI64 => Shape::Same,
        Operator::I32Clz => Shape::Unary(Op::Clz32),
        Operator::I64Clz => Shape::Unary(Op::Clz64),
        Operator::I32Ctz => Shape::Unary(Op::Ctz32),
        Operator::I64Ctz => Shape::Unary(Op::Ctz64),
        Operator::I32Popcnt | Operator::I64Popcnt => Shape::Unary(Op::Popcnt),
        Operator::I32WrapI64 => Shape::Unary(Op::Wrap),
        Operator::I32Extend8S => Shape::Unary(Op::Extend8S32),
        Operator::I32Extend16S => Shape::Unary(Op::Extend16S32),
        Operator::I64Extend8S => Shape::Unary(Op::Extend8S64),
        Operator::I64Extend16S => Shape::Unary(Op::Extend16S64),
        Operator::I64Extend32S | Operator::I64ExtendI32S => Shape::Unary(Op::Extend32S64),
        _ => return None,
    })
}

fn load(operator: &Operator<'_>) -> Option<(Op, MemArg)> {
    Some(match *operator {
        Operator::I32Load8U { memarg } | Operator::I64Load8U { memarg } => (Op::Load8U, memarg),
        Operator::I32Load16U { memarg } | Operator::I64Load16U { memarg } => (Op::Load16U, memarg),
        Operator::I32Load { memarg } | Operator::I64Load32U { memarg } | Operator::F32Load { memarg } => {
            (Op::Load32U, memarg)
        }
        Operator::I64Load { memarg } | Operator::F64Load { memarg } => (Op::Load64, memarg),
        Operator::I32Load8S { memarg } => (Op::Load8S32, memarg),
        Operator::I32Load16S { memarg } => (Op::Load16S32, memarg),
        Operator::I64Load8S { memarg } => (Op::Load8S64, memarg),
        Operator::I64Load16S { memarg } => (Op::Load16S64, memarg),
        Operator::I64Load32S { memarg } => (Op::Load32S64, memarg),
        _ => return None,
    })
}

fn store(operator: &Operator<'_>) -> Option<(Op, MemArg)> {
    Some(match *operator {
        Operator::I32Store8 { memarg } | Operator::I64Store8 { memarg } => (Op::Store8, memarg),
        Operator::I32Store16 { memarg } | Operator::I64Store16 { memarg } => (Op::Store16, memarg),
        Operator::I32Store { memarg } | Operator::I64Store32 { memarg } | Operator::F32Store { memarg } => {
            (Op::Store32, memarg)
        }
        Operator::I64Store { memarg } | Operator::F64Store { memarg } => (Op::Store64, memarg),
        _ => return None,
    })
}

/// Whether an instruction computes with floats; to move their bits is no computation.
#[rustfmt::skip]
fn is_float(operator: &Operator<'_>) -> bool {
    use Operator::*;
    matches!(
        operator,
        F32Eq | F32Ne | F32Lt | F32Gt | F32Le | F32Ge | F64Eq | F64Ne | F64Lt | F64Gt | F64Le | F64Ge
            | F32Abs | F32Neg | F32Ceil | F32Floor | F32Trunc | F32Nearest | F32Sqrt | F32Add | F32Sub
            | F32Mul | F32Div | F32Min | F32Max | F32Copysign
            | F64Abs | F64Neg | F64Ceil | F64Floor | F64Trunc | F64Nearest | F64Sqrt | F64Add | F64Sub
            | F64Mul | F64Div | F64Min | F64Max | F64Copysign
            | I32TruncF32S | I32TruncF32U | I32TruncF64S | I32TruncF64U
            | I64TruncF32S | I64TruncF32U | I64TruncF64S | I64TruncF64U
            | I32TruncSatF32S | I32TruncSatF32U | I32TruncSatF64S | I32TruncSatF64U
            | I64TruncSatF32S | I64TruncSatF32U | I64TruncSatF64S | I64TruncSatF64U
            | F32ConvertI32S | F32ConvertI32U | F32ConvertI64S | F32ConvertI64U | F32DemoteF64
            | F64ConvertI32S | F64ConvertI32U | F64ConvertI64S | F64ConvertI64U | F64PromoteF32
    )
}

/// Whether operands may change places.
pub(super) fn commutes(op: Op) -> bool {
    matches!(op, Op::Add32 | Op::Add64 | Op::Mul32 | Op::Mul64 | Op::And | Op::Or | Op::Xor | Op::Eq | Op::Ne)
}

/// A constant second operand as the machine likes it: rotations are to the left, shifts less than the width.
pub(super) fn with_constant(op: Op, constant: u64) -> (Op, u64) {
    match op {
        Op::Shl32 | Op::ShrU32 | Op::ShrS32 | Op::Rotl32 => (op, constant % 32),
        Op::Shl64 | Op::ShrU64 | Op::ShrS64 | Op::Rotl64 => (op, constant % 64),
        Op::Rotr32 => (Op::Rotl32, constant.wrapping_neg() % 32),
        Op::Rotr64 => (Op::Rotl64, constant.wrapping_neg() % 64),
        _ => (op, constant),
    }
}

/// The result of an operation on constants, where it is short to say.
pub(super) fn fold(op: Op, a: u64, b: u64) -> Option<u64> {
    let low = |value: u64| value & 0xffff_ffff;
    Some(match op {
        Op::Add32 => low(a.wrapping_add(b)),
        Op::Add64 => a.wrapping_add(b),
        Op::Sub32 => low(a.wrapping_sub(b)),
        Op::Sub64 => a.wrapping_sub(b),
        Op::Mul32 => low(a.wrapping_mul(b)),
        Op::Mul64 => a.wrapping_mul(b),
        Op::And => a & b,
        Op::Or => a | b,
        Op::Xor => a ^ b,
        Op::Shl32 => low(a << (b % 32)),
        Op::Shl64 => a << (b % 64),
        Op::Eq => u64::from(a == b),
        Op::Ne => u64::from(a != b),
        Op::LtU => u64::from(a < b),
        Op::GeU => u64::from(a >= b),
        _ => return None,
    })
}

/// The branch that is taken when this comparison gives 1.
pub(super) fn branch_on(op: Op) -> Option<Op> {
    Some(match op {
        Op::Eq => Op::BrEq,
        Op::Ne => Op::BrNe,
        Op::LtU => Op::BrLtU,
        Op::GeU => Op::BrGeU,
        Op::LtS32 => Op::BrLtS32,
        Op::GeS32 => Op::BrGeS32,
        Op::LtS64 => Op::BrLtS64,
        Op::GeS64 => Op::BrGeS64,
        _ => return None,
    })
}

/// The comparison that gives 0 when this one gives 1, or the branch that is taken when this one is not.
pub(super) fn inverse(op: Op) -> Option<Op> {
    Some(match op {
        Op::Eq => Op::Ne,
        Op::Ne => Op::Eq,
        Op::LtU => Op::GeU,
        Op::GeU => Op::LtU,
        Op::LtS32 => Op::GeS32,
        Op::GeS32 => Op::LtS32,
        Op::LtS64 => Op::GeS64,
        Op::GeS64 => Op::LtS64,
        Op::BrEq => Op::BrNe,
        Op::BrNe => Op::BrEq,
        Op::BrLtU => Op::BrGeU,
        Op::BrGeU => Op::BrLtU,
        Op::BrLtS32 => Op::BrGeS32,
        Op::BrGeS32 => Op::BrLtS32,
        Op::BrLtS64 => Op::BrGeS64,
        Op::BrGeS64 => Op::BrLtS64,
        _ => return None,
    })
}

/// The number after this constant, in the order by which `less` compares; nothing after the greatest.
///
/// Unsigned comparisons are the same for both widths, so a 32-bit constant may have a successor of 33 bits there.
pub(super) fn successor(less: Op, constant: u64) -> Option<u64> {
    match less {
        Op::LtS32 => {
            let value = u32::try_from(constant).ok()?.cast_signed().checked_add(1)?;
            Some(value.cast_unsigned().into())
        }
        Op::LtS64 => constant.cast_signed().checked_add(1).map(i64::cast_unsigned),
        _ => constant.checked_add(1),
    }
}

/// Whether an operation writes register `d`.
pub(super) fn writes(op: Op) -> bool {
    let number = op as u8;
    matches!(op, Op::Copy | Op::Select | Op::GlobalGet | Op::MemorySize | Op::MemoryGrow | Op::Advise)
        || (Op::Add32 as u8..=Op::GeS64 as u8).contains(&number)
        || (Op::Load8U as u8..=Op::Load32S64 as u8).contains(&number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inverses_and_branches_agree() {
        for op in Op::ALL {
            if let Some(inverted) = inverse(*op) {
                assert_eq!(inverse(inverted), Some(*op));
            }
            if let Some(branch) = branch_on(*op) {
                assert_eq!(branch as u8 - *op as u8, Op::BrEq as u8 - Op::Eq as u8);
                assert_eq!(branch_on(inverse(*op).unwrap()), inverse(branch));
            }
        }
    }

    #[test]
    fn the_greatest_number_has_no_successor() {
        assert_eq!(successor(Op::LtS32, 0x7fff_ffff), None);
        assert_eq!(successor(Op::LtS32, 0xffff_ffff), Some(0));
        assert_eq!(successor(Op::LtS64, i64::MAX.cast_unsigned()), None);
        assert_eq!(successor(Op::LtS64, u64::MAX), Some(0));
        assert_eq!(successor(Op::LtU, u64::MAX), None);
        assert_eq!(successor(Op::LtU, 0xffff_ffff), Some(1 << 32));
    }

    #[test]
    fn constant_rotations_turn_left() {
        assert_eq!(with_constant(Op::Rotr32, 8), (Op::Rotl32, 24));
        assert_eq!(with_constant(Op::Rotr64, 64), (Op::Rotl64, 0));
        assert_eq!(with_constant(Op::Rotr32, 0xffff_ffff), (Op::Rotl32, 1));
        assert_eq!(with_constant(Op::Shl32, 33), (Op::Shl32, 1));
    }
}
