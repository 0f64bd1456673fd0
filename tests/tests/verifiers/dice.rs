//! Randomness that can be had again.

use nectar_commitment::Fr;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore as _, SeedableRng as _};

pub(crate) struct Dice(ChaCha8Rng);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    pub(crate) fn number(&mut self) -> u64 {
        self.0.next_u64()
    }

    pub(crate) fn byte(&mut self) -> u8 {
        self.bytes::<1>()[0]
    }

    pub(crate) fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.0.fill_bytes(&mut bytes);
        bytes
    }

    /// 0 to `end - 1`. Which numbers are a little likelier than others does not matter here.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.number() % end as u64).unwrap()
    }

    pub(crate) fn one_of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }

    /// Two different numbers below `end`, which is at least 2.
    pub(crate) fn pair(&mut self, end: usize) -> [usize; 2] {
        let first = self.below(end);
        [first, (first + 1 + self.below(end - 1)) % end]
    }

    pub(crate) fn scalar(&mut self) -> Fr {
        let [a, b, c, d] = [(); 4].map(|()| Fr::from(self.number()));
        let shift = Fr::from(u64::MAX);
        ((a * shift + b) * shift + c) * shift + d
    }
}
