use std::fmt;

use nectar_commitment::{Fr, from_u64};

use crate::Op;

/// One instruction.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Row {
    /// What it does.
    pub op: Op,
    /// Whether the second operand is a constant.
    pub immediate: bool,
    /// What it costs: the WebAssembly instructions that it stands for, as the runtime's gas schedule counts them.
    pub cost: u16,
    /// Destination register; or the row that a branch goes to; or where a callee's frame begins.
    pub d: u32,
    /// Register of the first operand.
    pub a: u16,
    /// Register of the second operand.
    pub b: u16,
    /// A constant: the second operand's, an offset, a number of something.
    pub imm: u64,
}

impl Row {
    /// A row that costs nothing, of an operation without operands.
    pub const fn new(op: Op) -> Self {
        Self { op, immediate: false, cost: 0, d: 0, a: 0, b: 0, imm: 0 }
    }

    /// The row as it is committed to: the row that it goes to (`d` of a branch, `imm` of a call) is a distance from its own place
    /// `at`, plus 2^31, so that a program means the same wherever it lies.
    #[must_use]
    pub fn relative(&self, at: u32) -> Self {
        let distance = |target: u32| target.wrapping_sub(at).wrapping_add(1 << 31);
        match self.op {
            Op::Call => {
                let target = u32::try_from(self.imm).unwrap_or(u32::MAX);
                Self { imm: distance(target).into(), ..*self }
            }
            op if op.branches() => Self { d: distance(self.d), ..*self },
            _ => *self,
        }
    }

    /// The row as one field element: from the low end op (8 bits), immediate (8), cost (16), d (32), a (16), b (16), imm (64).
    pub fn pack(&self) -> Fr {
        let Self { op, immediate, cost, d, a, b, imm } = *self;
        let low =
            u64::from(op as u8) | u64::from(immediate) << 8 | u64::from(cost) << 16 | u64::from(d) << 32;
        let middle = u64::from(a) | u64::from(b) << 16 | (imm & 0xffff_ffff) << 32;
        let shift = from_u64(1 << 32).square();
        from_u64(low) + shift * (from_u64(middle) + shift * from_u64(imm >> 32))
    }
}

/// As in a listing: `Add32 r7 <- r3, 5`.
impl fmt::Debug for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { op, immediate, cost, d, a, b, imm } = self;
        write!(f, "{op:?} d{d} a{a} ")?;
        if *immediate {
            write!(f, "#{imm}")?
        } else {
            write!(f, "b{b} imm {imm}")?
        }
        if *cost > 0 { write!(f, " ({cost})") } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nectar_commitment::to_bytes;
    use proptest::prelude::*;

    #[test]
    fn a_row_of_zeros_is_unreachable() {
        assert_eq!(Row::new(Op::Trap).pack(), Fr::zero());
    }

    #[test]
    fn places_are_distances_wherever_the_program_lies() {
        let branch = Row { d: 7, ..Row::new(Op::BrNe) };
        assert_eq!(branch.relative(5).d, (1 << 31) + 2);
        assert_eq!(Row { d: 1007, ..branch }.relative(1005), branch.relative(5));
        let call = Row { imm: 3, d: 9, ..Row::new(Op::Call) };
        assert_eq!(call.relative(5), Row { imm: (1 << 31) - 2, ..call });
        let other = Row { imm: 3, d: 9, ..Row::new(Op::Copy) };
        assert_eq!(other.relative(5), other);
    }

    proptest! {
        #[test]
        fn packing_keeps_every_field_apart(op in 0..Op::ALL.len(), immediate: bool, cost: u16, d: u32, a: u16, b: u16, imm: u64) {
            let row = Row { op: Op::ALL[op], immediate, cost, d, a, b, imm };
            let bytes = to_bytes(&row.pack());
            let mut expected = [0; 32];
            expected[12..20].copy_from_slice(&imm.to_be_bytes());
            expected[20..22].copy_from_slice(&b.to_be_bytes());
            expected[22..24].copy_from_slice(&a.to_be_bytes());
            expected[24..28].copy_from_slice(&d.to_be_bytes());
            expected[28..30].copy_from_slice(&cost.to_be_bytes());
            expected[30..].copy_from_slice(&[u8::from(immediate), row.op as u8]);
            prop_assert_eq!(bytes, expected);
        }
    }
}
