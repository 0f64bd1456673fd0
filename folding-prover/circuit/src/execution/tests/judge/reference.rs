//! Results of operations, from their definitions.

use nectar_vm::Op;

/// Whether the operation loads or stores.
pub(crate) fn accesses(op: Op) -> bool {
    (Op::Load8U..=Op::Store64).contains(&op)
}

/// Whether the operation's first operand has 32 bits, and its second one, if it is not stored.
pub(crate) fn narrow(op: Op) -> bool {
    use Op::{
        Add32, BrGeS32, BrLtS32, Clz32, Ctz32, DivS32, GeS32, LtS32, Mul32, RemS32, Rotl32, Rotr32, Shl32,
        ShrS32, ShrU32, Sub32,
    };
    let arithmetic = matches!(op, Add32 | Sub32 | Mul32 | DivS32 | RemS32 | Clz32 | Ctz32);
    let bits = matches!(op, Shl32 | ShrU32 | ShrS32 | Rotl32 | Rotr32);
    // Base addresses have 32 bits.
    accesses(op) || arithmetic || bits || matches!(op, LtS32 | GeS32 | BrLtS32 | BrGeS32)
}

/// Whether the operation reads one operand and writes a function of it.
pub(crate) fn unary(op: Op) -> bool {
    (Op::Clz32..=Op::Extend32S64).contains(&op)
}

/// Whether its second operand may be a constant.
pub(crate) fn has_second(op: Op) -> bool {
    let ranges = [
        Op::Add32..=Op::RemS64,
        Op::And..=Op::Rotr64,
        Op::Eq..=Op::GeS64,
        Op::Store8..=Op::Store64,
        Op::BrEq..=Op::BrGeS64,
    ];
    op == Op::Copy || ranges.iter().any(|range| range.contains(&op))
}

/// How many bytes it loads or stores.
pub(crate) fn bytes(op: Op) -> usize {
    use Op::{
        Load8S32, Load8S64, Load8U, Load16S32, Load16S64, Load16U, Load32S64, Load32U, Store8, Store16,
        Store32,
    };
    match op {
        Load8U | Load8S32 | Load8S64 | Store8 => 1,
        Load16U | Load16S32 | Load16S64 | Store16 => 2,
        Load32U | Load32S64 | Store32 => 4,
        _ => 8,
    }
}

/// What the operation's definition says; nothing if it traps, or is no function of its operands.
pub(crate) fn reference(op: Op, a: u64, b: u64) -> Option<u64> {
    let [a32, b32] = [a, b].map(|n| i32::from_le_bytes(n.to_le_bytes()[..4].try_into().unwrap()));
    let a8 = i8::from_le_bytes([a.to_le_bytes()[0]]);
    let a16 = i16::from_le_bytes(a.to_le_bytes()[..2].try_into().unwrap());
    let [a64, b64] = [a, b].map(u64::cast_signed);
    let (modulus, x, y) = (1u128 << if narrow(op) { 32 } else { 64 }, u128::from(a), u128::from(b));
    let distance = b32.cast_unsigned();
    let modulo = |n: u128| u64::try_from(n % modulus).unwrap();
    Some(match op {
        Op::Copy => b,
        Op::Add32 | Op::Add64 => modulo(x + y),
        Op::Sub32 | Op::Sub64 => modulo(x + modulus - y),
        Op::Mul32 | Op::Mul64 => modulo(x * y),
        Op::DivU => a.checked_div(b)?,
        Op::RemU => a.checked_rem(b)?,
        Op::DivS32 => a32.checked_div(b32)?.cast_unsigned().into(),
        Op::DivS64 => a64.checked_div(b64)?.cast_unsigned(),
        Op::RemS32 => (b32 != 0).then(|| a32.wrapping_rem(b32).cast_unsigned())?.into(),
        Op::RemS64 => (b64 != 0).then(|| a64.wrapping_rem(b64).cast_unsigned())?,
        Op::And => a & b,
        Op::Or => a | b,
        Op::Xor => a ^ b,
        Op::Shl32 => a32.cast_unsigned().wrapping_shl(distance).into(),
        Op::ShrU32 => a32.cast_unsigned().wrapping_shr(distance).into(),
        Op::ShrS32 => a32.wrapping_shr(distance).cast_unsigned().into(),
        Op::Rotl32 => a32.cast_unsigned().rotate_left(distance % 32).into(),
        Op::Rotr32 => a32.cast_unsigned().rotate_right(distance % 32).into(),
        Op::Shl64 => a.wrapping_shl(distance),
        Op::ShrU64 => a.wrapping_shr(distance),
        Op::ShrS64 => a64.wrapping_shr(distance).cast_unsigned(),
        Op::Rotl64 => a.rotate_left(distance % 64),
        Op::Rotr64 => a.rotate_right(distance % 64),
        Op::Clz32 => a32.leading_zeros().into(),
        Op::Clz64 => a.leading_zeros().into(),
        Op::Ctz32 => a32.trailing_zeros().into(),
        Op::Ctz64 => a.trailing_zeros().into(),
        Op::Popcnt => a.count_ones().into(),
        Op::Wrap => a & 0xffff_ffff,
        Op::Extend8S32 => i32::from(a8).cast_unsigned().into(),
        Op::Extend16S32 => i32::from(a16).cast_unsigned().into(),
        Op::Extend8S64 => i64::from(a8).cast_unsigned(),
        Op::Extend16S64 => i64::from(a16).cast_unsigned(),
        Op::Extend32S64 => i64::from(a32).cast_unsigned(),
        Op::Eq | Op::BrEq => (a == b).into(),
        Op::Ne | Op::BrNe => (a != b).into(),
        Op::LtU | Op::BrLtU => (a < b).into(),
        Op::GeU | Op::BrGeU => (a >= b).into(),
        Op::LtS32 | Op::BrLtS32 => (a32 < b32).into(),
        Op::GeS32 | Op::BrGeS32 => (a32 >= b32).into(),
        Op::LtS64 | Op::BrLtS64 => (a64 < b64).into(),
        Op::GeS64 | Op::BrGeS64 => (a64 >= b64).into(),
        _ => return None,
    })
}
