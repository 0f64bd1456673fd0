//! Arguments: mostly values at which definitions change.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use wasmtime::{FuncType, Val, ValType};

pub(crate) const EDGES: [u64; 22] = [
    0,
    1,
    2,
    7,
    8,
    31,
    32,
    33,
    63,
    64,
    0x7f,
    0x80,
    0xff,
    0x8000,
    0xffff,
    0x1_0000,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_ffff,
    0x7fff_ffff_ffff_ffff,
    0x8000_0000_0000_0000,
    0xffff_ffff_ffff_ffff,
];

pub(crate) struct Random(ChaCha8Rng);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    pub(crate) fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.0.next_u64() % n as u64).unwrap()
    }

    pub(crate) fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }

    pub(crate) fn bytes(&mut self, count: usize) -> Vec<u8> {
        let mut bytes = vec![0; count];
        self.0.fill_bytes(&mut bytes);
        bytes
    }

    /// An edge, a small number, or anything.
    pub(crate) fn number(&mut self) -> u64 {
        match self.below(8) {
            0 => self.0.next_u64(),
            1 => self.0.next_u64() % 100,
            2 => u64::MAX - self.0.next_u64() % 100,
            _ => *self.pick(&EDGES),
        }
    }

    /// Arguments for a function.
    pub(crate) fn arguments(&mut self, ty: &FuncType) -> Vec<Val> {
        ty.params().map(|ty| self.value(&ty)).collect()
    }

    fn value(&mut self, ty: &ValType) -> Val {
        let bits = self.number();
        let low = u32::try_from(bits & 0xffff_ffff).unwrap();
        match ty {
            ValType::I32 => Val::I32(low.cast_signed()),
            ValType::I64 => Val::I64(bits.cast_signed()),
            ValType::F32 => Val::F32(low),
            ValType::F64 => Val::F64(bits),
            other => panic!("no arguments of type {other}"),
        }
    }
}

/// What a register holds for a value.
pub(crate) fn register(value: &Val) -> u64 {
    match value {
        Val::I32(value) => value.cast_unsigned().into(),
        Val::I64(value) => value.cast_unsigned(),
        Val::F32(bits) => (*bits).into(),
        Val::F64(bits) => *bits,
        other => panic!("no register holds {other:?}"),
    }
}
