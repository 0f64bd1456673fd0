/// What a row does. `d`, `a`, `b`, `imm` are the row's fields; `A` and `B` are operand values: `A` is register `a`, `B` is register `b`, or
/// `imm` if the row says so ([`crate::Row::immediate`]). `D = ...` writes register `d`. The next row follows, unless something else
/// is said.
///
/// Registers hold 64 bits. A 32-bit value is held zero-extended; operations named `..32` keep it so, and rely on it: they compute with
/// the low 32 bits of their operands. Operations without a width are the same for both.
///
/// Each row means something, also if no lowering makes it. A row's cost is added before anything else happens; if the run then costs
/// more than its limit, it traps with [`crate::Trap::OutOfGas`], and the row does nothing. A trap leaves registers, memory and globals as
/// they were before the row. A row number that the program does not have is a `Trap 0`. Where a register's number has more than 16
/// bits (`d`, `imm`), the low 16 count.
///
/// The numbers are part of the program commitment: a number is never used for anything else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Op {
    /// Ends the run with the trap whose number is `imm` ([`crate::Trap`]; 0, if there is no such). A row of zeros is `Trap 0`, unreachable:
    /// running off the program ends a run.
    Trap = 0,
    /// An instruction that no proof covers: a call that reaches it is refused. `imm` is a [`crate::Unprovable`];
    /// what has no number here is an import.
    Unprovable = 1,
    /// Nothing; carries a cost.
    Nop = 2,

    /// `D = B`.
    Copy = 3,
    /// `D = A` if register `imm` is not zero, else `B`, which is always a register.
    Select = 4,
    /// `D = global imm`. From 2^16 there are no globals: `Trap 0`.
    GlobalGet = 5,
    /// `global imm = A`. From 2^16 likewise.
    GlobalSet = 6,

    /// `D = A + B`, modulo 2^32.
    Add32 = 16,
    /// `D = A + B`, modulo 2^64.
    Add64 = 17,
    /// `D = A - B`, modulo 2^32.
    Sub32 = 18,
    /// `D = A - B`, modulo 2^64.
    Sub64 = 19,
    /// `D = A * B`, modulo 2^32.
    Mul32 = 20,
    /// `D = A * B`, modulo 2^64.
    Mul64 = 21,
    /// `D = A / B`, unsigned; traps if `B = 0`.
    DivU = 22,
    /// `D = A mod B`, unsigned; traps if `B = 0`.
    RemU = 23,
    /// `D = A / B`, signed, rounded to zero; traps if `B = 0`, and on `-2^31 / -1`.
    DivS32 = 24,
    /// The same with 64 bits.
    DivS64 = 25,
    /// `D = A mod B` with the sign of `A`; traps if `B = 0`; `-2^31 mod -1 = 0`.
    RemS32 = 26,
    /// The same with 64 bits.
    RemS64 = 27,

    /// `D = A and B`, bit by bit.
    And = 32,
    /// `D = A or B`.
    Or = 33,
    /// `D = A xor B`.
    Xor = 34,
    /// `D = A` shifted left by `B mod 32`, modulo 2^32.
    Shl32 = 35,
    /// `D = A` shifted left by `B mod 64`, modulo 2^64.
    Shl64 = 36,
    /// `D = A` shifted right by `B mod 32`.
    ShrU32 = 37,
    /// `D = A` shifted right by `B mod 64`.
    ShrU64 = 38,
    /// The same, with the sign.
    ShrS32 = 39,
    /// The same, with the sign.
    ShrS64 = 40,
    /// `D = A` rotated left by `B mod 32`.
    Rotl32 = 41,
    /// `D = A` rotated left by `B mod 64`.
    Rotl64 = 42,
    /// `D = A` rotated right by `B mod 32`.
    Rotr32 = 43,
    /// `D = A` rotated right by `B mod 64`.
    Rotr64 = 44,

    /// `D = ` number of leading zeros of `A`, of 32 bits.
    Clz32 = 48,
    /// The same of 64 bits.
    Clz64 = 49,
    /// `D = ` number of trailing zeros of `A`; 32 for zero.
    Ctz32 = 50,
    /// The same; 64 for zero.
    Ctz64 = 51,
    /// `D = ` number of ones in `A`.
    Popcnt = 52,
    /// `D = ` the low 32 bits of `A`.
    Wrap = 53,
    /// `D = ` the low 8 bits of `A`, sign-extended to 32.
    Extend8S32 = 54,
    /// The low 16 bits, to 32.
    Extend16S32 = 55,
    /// The low 8 bits, to 64.
    Extend8S64 = 56,
    /// The low 16 bits, to 64.
    Extend16S64 = 57,
    /// The low 32 bits, to 64.
    Extend32S64 = 58,

    /// `D = 1` if `A = B`, else 0.
    Eq = 64,
    /// `A != B`.
    Ne = 65,
    /// `A < B`, unsigned.
    LtU = 66,
    /// `A >= B`, unsigned.
    GeU = 67,
    /// `A < B`, signed 32.
    LtS32 = 68,
    /// `A >= B`, signed 32.
    GeS32 = 69,
    /// `A < B`, signed 64.
    LtS64 = 70,
    /// `A >= B`, signed 64.
    GeS64 = 71,

    /// `D = ` the byte at `A + imm`. Addresses are sums of two 32-bit numbers, without wrapping; an access that is not wholly
    /// within memory traps, and writes nothing.
    Load8U = 80,
    /// Two bytes, little-endian.
    Load16U = 81,
    /// Four bytes.
    Load32U = 82,
    /// Eight bytes.
    Load64 = 83,
    /// A byte, sign-extended to 32 bits.
    Load8S32 = 84,
    /// Two bytes, sign-extended to 32 bits.
    Load16S32 = 85,
    /// A byte, sign-extended to 64 bits.
    Load8S64 = 86,
    /// Two bytes, sign-extended to 64 bits.
    Load16S64 = 87,
    /// Four bytes, sign-extended to 64 bits.
    Load32S64 = 88,
    /// The byte at `A + imm` is the low one of register `b`; or of the number `d`, if the row is immediate.
    Store8 = 89,
    /// Two bytes.
    Store16 = 90,
    /// Four bytes.
    Store32 = 91,
    /// Eight bytes.
    Store64 = 92,
    /// `D = ` pages (64 KiB) of memory.
    MemorySize = 93,
    /// `D = ` pages before; memory has `A` more. `D = 2^32 - 1` and nothing changes, if that is more than the program's maximum, or
    /// than 512.
    MemoryGrow = 94,

    /// Goes on at row `d`.
    Br = 96,
    /// Goes on at row `d` if `A = B`. Here and below `d` is no register.
    BrEq = 97,
    /// If `A != B`.
    BrNe = 98,
    /// If `A < B`, unsigned.
    BrLtU = 99,
    /// If `A >= B`, unsigned.
    BrGeU = 100,
    /// If `A < B`, signed 32.
    BrLtS32 = 101,
    /// If `A >= B`, signed 32.
    BrGeS32 = 102,
    /// If `A < B`, signed 64.
    BrLtS64 = 103,
    /// If `A >= B`, signed 64.
    BrGeS64 = 104,
    /// Goes on `1 + min(A, imm)` rows further: one of the `imm + 1` rows that follow, which are all `Br`.
    /// A number above 2^32 - 1 is that.
    BrTable = 105,
    /// Runs the function at row `imm` in a frame that begins at register `d` of this one. Traps with
    /// [`crate::Trap::StackOverflow`] if that is beyond the limit of the register stack. With `d = 0` the callee's frame is the caller's, and so is its link:
    /// what the caller went back to is lost.
    Call = 106,
    /// Runs the function in element `A` of the table, in a frame that begins at register `d`. Traps if there is no such element or
    /// it is empty, or if its type is not number `imm`, in this order; then as `Call`.
    CallIndirect = 107,
    /// Goes on behind the call, in the caller's frame. From the frame at cell 0: the run is at its end.
    Return = 108,

    /// `A` is the next word that leaves the machine.
    Emit = 112,
    /// `D = ` the next word that comes from outside.
    Advise = 113,
    /// The run costs `A` more, and traps as above if that is more than its limit.
    Charge = 114,
}

impl Op {
    /// All of them, by number.
    pub const ALL: &'static [Self] = &{
        use Op::{
            Add32, Add64, Advise, And, Br, BrEq, BrGeS32, BrGeS64, BrGeU, BrLtS32, BrLtS64, BrLtU, BrNe,
            BrTable, Call, CallIndirect, Charge, Clz32, Clz64, Copy, Ctz32, Ctz64, DivS32, DivS64, DivU,
            Emit, Eq, Extend8S32, Extend8S64, Extend16S32, Extend16S64, Extend32S64, GeS32, GeS64, GeU,
            GlobalGet, GlobalSet, Load8S32, Load8S64, Load8U, Load16S32, Load16S64, Load16U, Load32S64,
            Load32U, Load64, LtS32, LtS64, LtU, MemoryGrow, MemorySize, Mul32, Mul64, Ne, Nop, Or, Popcnt,
            RemS32, RemS64, RemU, Return, Rotl32, Rotl64, Rotr32, Rotr64, Select, Shl32, Shl64, ShrS32,
            ShrS64, ShrU32, ShrU64, Store8, Store16, Store32, Store64, Sub32, Sub64, Trap, Unprovable, Wrap,
            Xor,
        };
        [
            Trap,
            Unprovable,
            Nop,
            Copy,
            Select,
            GlobalGet,
            GlobalSet,
            Add32,
            Add64,
            Sub32,
            Sub64,
            Mul32,
            Mul64,
            DivU,
            RemU,
            DivS32,
            DivS64,
            RemS32,
            RemS64,
            And,
            Or,
            Xor,
            Shl32,
            Shl64,
            ShrU32,
            ShrU64,
            ShrS32,
            ShrS64,
            Rotl32,
            Rotl64,
            Rotr32,
            Rotr64,
            Clz32,
            Clz64,
            Ctz32,
            Ctz64,
            Popcnt,
            Wrap,
            Extend8S32,
            Extend16S32,
            Extend8S64,
            Extend16S64,
            Extend32S64,
            Eq,
            Ne,
            LtU,
            GeU,
            LtS32,
            GeS32,
            LtS64,
            GeS64,
            Load8U,
            Load16U,
            Load32U,
            Load64,
            Load8S32,
            Load16S32,
            Load8S64,
            Load16S64,
            Load32S64,
            Store8,
            Store16,
            Store32,
            Store64,
            MemorySize,
            MemoryGrow,
            Br,
            BrEq,
            BrNe,
            BrLtU,
            BrGeU,
            BrLtS32,
            BrGeS32,
            BrLtS64,
            BrGeS64,
            BrTable,
            Call,
            CallIndirect,
            Return,
            Emit,
            Advise,
            Charge,
        ]
    };

    /// Whether `d` is the row that it goes to.
    pub const fn branches(self) -> bool {
        (Self::Br as u8) <= self as u8 && (self as u8) <= Self::BrGeS64 as u8
    }

    /// The operation with this number.
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.iter().find(|op| **op as u8 == number).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_unique_and_in_order() {
        assert!(Op::ALL.is_sorted_by(|a, b| (*a as u8) < (*b as u8)));
        for op in Op::ALL {
            assert_eq!(Op::from_number(*op as u8), Some(*op));
        }
        let all = (0..=255).filter(|number| Op::from_number(*number).is_some()).count();
        assert_eq!(all, Op::ALL.len());
    }
}
