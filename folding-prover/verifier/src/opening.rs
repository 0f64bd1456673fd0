#![expect(clippy::arithmetic_side_effects, reason = "arithmetic in the field and the group cannot overflow")]

use ff::Field;
use nectar_circuit::engine::{Point, pairs_equally};
use nectar_commitment::Fr;

use crate::VerifierKey;

/// The claim that the folded second phase W2 has zeros in all places of the first: `W2(X) = X^n V(X)`, n being the
/// number of variables of the first phase, because `W2 - z^n V` is zero at a random point z.
pub(crate) struct SecondPhaseOpening {
    /// Commitment to W2, without its blind.
    pub(crate) commitment: Point,
    /// Commitment to V.
    pub(crate) shifted: Point,
    /// Commitment to `(W2 - z^n V) / (X - z)`.
    pub(crate) quotient: Point,
    /// z
    pub(crate) point: Fr,
}

impl SecondPhaseOpening {
    /// `e(C2 - z^n V + z Q, H) = e(Q, tau H)`
    pub(crate) fn holds(&self, key: &VerifierKey) -> bool {
        let power = self.point.pow_vartime([u64::from(key.first_variables())]);
        let left = self.commitment - self.shifted * power + self.quotient * self.point;
        pairs_equally(&left, &self.quotient, key.tau())
    }
}
