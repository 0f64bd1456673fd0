//! Each operation against its definition, written with 128-bit integers and loops over bits instead of the
//! machine's instructions.

use proptest::prelude::*;

use super::*;

const TWO_32: i128 = 1 << 32;
const TWO_64: i128 = 1 << 64;

/// Values at which definitions change: around zero, signs, widths, bytes and shift amounts.
const EDGES: [u64; 31] = [
    0,
    1,
    2,
    7,
    8,
    0x7f,
    0x80,
    0xff,
    0x7fff,
    0x8000,
    0xffff,
    31,
    32,
    33,
    63,
    64,
    65,
    0x7fff_ffff,
    0x8000_0000,
    0x8000_0001,
    0xffff_fffe,
    0xffff_ffff,
    0x1_0000_0000,
    0x1_0000_001f,
    0x1_0000_0020,
    0x1234_5678_9abc_def0,
    0x7fff_ffff_ffff_ffff,
    0x8000_0000_0000_0000,
    0x8000_0000_0000_0001,
    0xffff_ffff_ffff_fffe,
    0xffff_ffff_ffff_ffff,
];

/// `value` as a number from 0 up to `modulus`.
fn modulo(value: i128, modulus: i128) -> u64 {
    u64::try_from(value.rem_euclid(modulus)).unwrap()
}

/// The signed number that the low bits of `a` stand for.
fn two_complement(a: u64, bits: u32) -> i128 {
    let modulus = 1i128 << bits;
    let low = i128::from(a) % modulus;
    if low >= modulus / 2 { low - modulus } else { low }
}

fn bit(a: u64, n: u32) -> bool {
    (i128::from(a) >> n) % 2 == 1
}

/// Rotated left: bit `n` of the result is bit `n - by` of `a`.
fn rotate(a: u64, by: u32, bits: u32) -> u64 {
    (0..bits).filter(|n| bit(a, (n + bits - by % bits) % bits)).map(|n| 1u64 << n).sum()
}

fn divide(a: i128, b: i128, modulus: i128, signed: bool) -> Result<u64, Trap> {
    match b {
        0 => Err(Trap::DivisionByZero),
        _ if signed && a / b >= modulus / 2 => Err(Trap::IntegerOverflow),
        _ => Ok(modulo(a / b, modulus)),
    }
}

fn remainder(a: i128, b: i128, modulus: i128) -> Result<u64, Trap> {
    if b == 0 { Err(Trap::DivisionByZero) } else { Ok(modulo(a % b, modulus)) }
}

/// What `src/op.rs` says, for 32-bit operations of the low halves.
fn defined(op: Op, a: u64, b: u64) -> Result<u64, Trap> {
    let (x, y) = (i128::from(a), i128::from(b));
    let (x32, y32) = (x % TWO_32, y % TWO_32);
    let a32 = a % (1 << 32);
    let (s32, t32) = (two_complement(a, 32), two_complement(b, 32));
    let (s64, t64) = (two_complement(a, 64), two_complement(b, 64));
    let (by32, by64) = (u32::try_from(y % 32).unwrap(), u32::try_from(y % 64).unwrap());
    let bitwise =
        |f: fn(bool, bool) -> bool| (0..64).filter(|n| f(bit(a, *n), bit(b, *n))).map(|n| 1u64 << n).sum();
    let leading = |bits: u32| (0..bits).rev().take_while(|n| !bit(a, *n)).count() as u64;
    let trailing = |bits: u32| (0..bits).take_while(|n| !bit(a, *n)).count() as u64;
    Ok(match op {
        Op::Copy => b,
        Op::Add32 => modulo(x32 + y32, TWO_32),
        Op::Add64 => modulo(x + y, TWO_64),
        Op::Sub32 => modulo(x32 - y32, TWO_32),
        Op::Sub64 => modulo(x - y, TWO_64),
        Op::Mul32 => modulo(x32 * y32, TWO_32),
        Op::Mul64 => modulo(s64 * t64, TWO_64),
        Op::DivU => return divide(x, y, TWO_64, false),
        Op::RemU => return remainder(x, y, TWO_64),
        Op::DivS32 => return divide(s32, t32, TWO_32, true),
        Op::DivS64 => return divide(s64, t64, TWO_64, true),
        Op::RemS32 => return remainder(s32, t32, TWO_32),
        Op::RemS64 => return remainder(s64, t64, TWO_64),
        Op::And => bitwise(|p, q| p && q),
        Op::Or => bitwise(|p, q| p || q),
        Op::Xor => bitwise(|p, q| p != q),
        Op::Shl32 => modulo(x32 << by32, TWO_32),
        Op::Shl64 => modulo((0..by64).fold(x, |x, _| x * 2 % TWO_64), TWO_64),
        Op::ShrU32 => modulo(x32 >> by32, TWO_32),
        Op::ShrU64 => modulo(x >> by64, TWO_64),
        Op::ShrS32 => modulo(s32 >> by32, TWO_32),
        Op::ShrS64 => modulo(s64 >> by64, TWO_64),
        Op::Rotl32 => rotate(a32, by32, 32),
        Op::Rotl64 => rotate(a, by64, 64),
        Op::Rotr32 => rotate(a32, 32 - by32, 32),
        Op::Rotr64 => rotate(a, 64 - by64, 64),
        Op::Clz32 => leading(32),
        Op::Clz64 => leading(64),
        Op::Ctz32 => trailing(32),
        Op::Ctz64 => trailing(64),
        Op::Popcnt => (0..64).map(|n| u64::from(bit(a, n))).sum(),
        Op::Wrap => a32,
        Op::Extend8S32 => modulo(two_complement(a, 8), TWO_32),
        Op::Extend16S32 => modulo(two_complement(a, 16), TWO_32),
        Op::Extend8S64 => modulo(two_complement(a, 8), TWO_64),
        Op::Extend16S64 => modulo(two_complement(a, 16), TWO_64),
        Op::Extend32S64 => modulo(s32, TWO_64),
        Op::Eq => (x == y).into(),
        Op::Ne => (x != y).into(),
        Op::LtU => (x < y).into(),
        Op::GeU => (x >= y).into(),
        Op::LtS32 => (s32 < t32).into(),
        Op::GeS32 => (s32 >= t32).into(),
        Op::LtS64 => (s64 < t64).into(),
        Op::GeS64 => (s64 >= t64).into(),
        _ => panic!("{op:?} does not compute"),
    })
}

/// The comparison that a branch makes.
fn comparison(op: Op) -> Option<Op> {
    Some(match op {
        Op::BrEq => Op::Eq,
        Op::BrNe => Op::Ne,
        Op::BrLtU => Op::LtU,
        Op::BrGeU => Op::GeU,
        Op::BrLtS32 => Op::LtS32,
        Op::BrGeS32 => Op::GeS32,
        Op::BrLtS64 => Op::LtS64,
        Op::BrGeS64 => Op::GeS64,
        _ => return None,
    })
}

fn check(op: Op, a: u64, b: u64) {
    if let Some(got) = result(op, a, b) {
        assert_eq!(got, defined(op, a, b), "{op:?} of {a:#x} and {b:#x}");
    }
    let branch = comparison(op).map(|comparison| defined(comparison, a, b) == Ok(1));
    assert_eq!(taken(op, a, b), branch, "{op:?} of {a:#x} and {b:#x}");
}

#[test]
fn every_operation_is_what_it_is_defined_to_be_at_the_edges() {
    for op in Op::ALL {
        for a in EDGES {
            for b in EDGES {
                check(*op, a, b);
            }
        }
    }
}

#[test]
fn operations_that_do_more_than_compute_are_not_computed_here() {
    let computing = Op::ALL.iter().filter(|op| result(**op, 1, 1).is_some()).count();
    let branching = Op::ALL.iter().filter(|op| taken(**op, 1, 1).is_some()).count();
    assert_eq!((computing, branching), (45, 8));
}

#[test]
fn quotients_that_do_not_fit_trap_and_their_remainders_are_zero() {
    let (min32, min64) = (0x8000_0000, 1 << 63);
    assert_eq!(result(Op::DivS32, min32, 0xffff_ffff), Some(Err(Trap::IntegerOverflow)));
    assert_eq!(result(Op::DivS64, min64, u64::MAX), Some(Err(Trap::IntegerOverflow)));
    assert_eq!(result(Op::RemS32, min32, 0xffff_ffff), Some(Ok(0)));
    assert_eq!(result(Op::RemS64, min64, u64::MAX), Some(Ok(0)));
    assert_eq!(result(Op::DivS32, min32, 0), Some(Err(Trap::DivisionByZero)));
}

/// Operations whose result is one of 32 bits whatever their operands hold.
const NARROW: [Op; 24] = [
    Op::Add32,
    Op::Sub32,
    Op::Mul32,
    Op::DivS32,
    Op::RemS32,
    Op::Shl32,
    Op::ShrU32,
    Op::ShrS32,
    Op::Rotl32,
    Op::Rotr32,
    Op::Clz32,
    Op::Ctz32,
    Op::Popcnt,
    Op::Wrap,
    Op::Extend8S32,
    Op::Extend16S32,
    Op::Eq,
    Op::Ne,
    Op::LtU,
    Op::GeU,
    Op::LtS32,
    Op::GeS32,
    Op::LtS64,
    Op::GeS64,
];

proptest! {
    #[test]
    fn every_operation_is_what_it_is_defined_to_be(a: u64, b: u64, edge in 0..EDGES.len()) {
        for op in Op::ALL {
            check(*op, a, b);
            check(*op, a, EDGES[edge]);
            check(*op, EDGES[edge], b);
        }
    }

    #[test]
    fn results_of_32_bits_are_zero_extended(a: u64, b: u64) {
        for op in NARROW {
            if let Some(Ok(value)) = result(op, a, b) {
                prop_assert!(value <= u64::from(u32::MAX), "{:?}", op);
            }
        }
    }
}
