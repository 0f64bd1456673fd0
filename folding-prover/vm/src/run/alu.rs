//! Results of the operations that read two operands and write a register, and conditions of branches. Functions of
//! their operands only: nothing here can fail but division.
//!
//! Operations named `..32` take the low 32 bits of each operand, so that they mean something for every register value.

use crate::{Op, Trap};

/// What `op` writes for these operands; `None` for an operation that does more than compute.
#[inline(always)]
pub(super) fn result(op: Op, a: u64, b: u64) -> Option<Result<u64, Trap>> {
    let value = match op {
        Op::Copy => b,
        Op::Add32 => wide(low(a).wrapping_add(low(b))),
        Op::Add64 => a.wrapping_add(b),
        Op::Sub32 => wide(low(a).wrapping_sub(low(b))),
        Op::Sub64 => a.wrapping_sub(b),
        Op::Mul32 => wide(low(a).wrapping_mul(low(b))),
        Op::Mul64 => a.wrapping_mul(b),
        Op::DivU => return Some(a.checked_div(b).ok_or(Trap::DivisionByZero)),
        Op::RemU => return Some(a.checked_rem(b).ok_or(Trap::DivisionByZero)),
        Op::DivS32 => return Some(div_s32(signed(a), signed(b))),
        Op::DivS64 => return Some(div_s64(a.cast_signed(), b.cast_signed())),
        Op::RemS32 => return Some(rem_s32(signed(a), signed(b))),
        Op::RemS64 => return Some(rem_s64(a.cast_signed(), b.cast_signed())),
        Op::And => a & b,
        Op::Or => a | b,
        Op::Xor => a ^ b,
        // The amounts are reduced by the wrapping shifts.
        Op::Shl32 => wide(low(a).wrapping_shl(low(b))),
        Op::Shl64 => a.wrapping_shl(low(b)),
        Op::ShrU32 => wide(low(a).wrapping_shr(low(b))),
        Op::ShrU64 => a.wrapping_shr(low(b)),
        Op::ShrS32 => unsigned(signed(a).wrapping_shr(low(b))),
        Op::ShrS64 => a.cast_signed().wrapping_shr(low(b)).cast_unsigned(),
        Op::Rotl32 => wide(low(a).rotate_left(low(b) % 32)),
        Op::Rotl64 => a.rotate_left(low(b) % 64),
        Op::Rotr32 => wide(low(a).rotate_right(low(b) % 32)),
        Op::Rotr64 => a.rotate_right(low(b) % 64),
        Op::Clz32 => low(a).leading_zeros().into(),
        Op::Clz64 => a.leading_zeros().into(),
        Op::Ctz32 => low(a).trailing_zeros().into(),
        Op::Ctz64 => a.trailing_zeros().into(),
        Op::Popcnt => a.count_ones().into(),
        Op::Wrap => wide(low(a)),
        Op::Extend8S32 => sign_extend_32(a, 8),
        Op::Extend16S32 => sign_extend_32(a, 16),
        Op::Extend8S64 => sign_extend_64(a, 8),
        Op::Extend16S64 => sign_extend_64(a, 16),
        Op::Extend32S64 => sign_extend_64(a, 32),
        Op::Eq => u64::from(a == b),
        Op::Ne => u64::from(a != b),
        Op::LtU => u64::from(a < b),
        Op::GeU => u64::from(a >= b),
        Op::LtS32 => u64::from(signed(a) < signed(b)),
        Op::GeS32 => u64::from(signed(a) >= signed(b)),
        Op::LtS64 => u64::from(a.cast_signed() < b.cast_signed()),
        Op::GeS64 => u64::from(a.cast_signed() >= b.cast_signed()),
        _ => return None,
    };
    Some(Ok(value))
}

/// Whether a conditional branch is taken; `None` for anything else.
#[inline(always)]
pub(super) fn taken(op: Op, a: u64, b: u64) -> Option<bool> {
    Some(match op {
        Op::BrEq => a == b,
        Op::BrNe => a != b,
        Op::BrLtU => a < b,
        Op::BrGeU => a >= b,
        Op::BrLtS32 => signed(a) < signed(b),
        Op::BrGeS32 => signed(a) >= signed(b),
        Op::BrLtS64 => a.cast_signed() < b.cast_signed(),
        Op::BrGeS64 => a.cast_signed() >= b.cast_signed(),
        _ => return None,
    })
}

/// The low `bits` bits of `a` with their sign, in 32 bits.
#[inline(always)]
pub(super) fn sign_extend_32(a: u64, bits: u32) -> u64 {
    let above = 32 - bits;
    unsigned(signed(a) << above >> above)
}

/// The low `bits` bits of `a` with their sign, in 64 bits.
#[inline(always)]
pub(super) fn sign_extend_64(a: u64, bits: u32) -> u64 {
    let above = 64 - bits;
    (a.cast_signed() << above >> above).cast_unsigned()
}

#[inline(always)]
fn low(a: u64) -> u32 {
    (a & 0xffff_ffff) as u32
}

#[inline(always)]
fn signed(a: u64) -> i32 {
    low(a).cast_signed()
}

#[inline(always)]
fn wide(a: u32) -> u64 {
    u64::from(a)
}

#[inline(always)]
fn unsigned(a: i32) -> u64 {
    wide(a.cast_unsigned())
}

fn div_s32(a: i32, b: i32) -> Result<u64, Trap> {
    if b == 0 {
        return Err(Trap::DivisionByZero);
    }
    a.checked_div(b).map(unsigned).ok_or(Trap::IntegerOverflow)
}

fn div_s64(a: i64, b: i64) -> Result<u64, Trap> {
    if b == 0 {
        return Err(Trap::DivisionByZero);
    }
    a.checked_div(b).map(i64::cast_unsigned).ok_or(Trap::IntegerOverflow)
}

fn rem_s32(a: i32, b: i32) -> Result<u64, Trap> {
    if b == 0 { Err(Trap::DivisionByZero) } else { Ok(unsigned(a.wrapping_rem(b))) }
}

fn rem_s64(a: i64, b: i64) -> Result<u64, Trap> {
    if b == 0 { Err(Trap::DivisionByZero) } else { Ok(a.wrapping_rem(b).cast_unsigned()) }
}

#[cfg(test)]
mod tests;
