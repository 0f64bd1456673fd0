use ff::Field;
use nectar_circuit::engine::{Affine, DlogGroup, NovaError};
use nectar_commitment::Fr;
use nectar_verifier::{Digest, Transcript, challenge};

use crate::fold::commit_from;
use crate::key::Keys;

/// The second phase of a folded witness, moved to place 0: V with `W2(X) = X^n V(X)`, n being the number of variables of
/// the first phase.
pub(crate) struct Shifted<'a> {
    values: &'a [Fr],
    first: usize,
    commitment: Affine,
}

/// What shows that W2 is of this form.
pub(crate) struct SecondPhaseOpening {
    /// Commitment to V.
    pub(crate) shifted: Affine,
    /// Commitment to `(W2 - z^n V) / (X - z)`.
    pub(crate) quotient: Affine,
}

impl<'a> Shifted<'a> {
    /// Of all values of a folded witness.
    pub(crate) fn new(keys: Keys<'_>, witness: &'a [Fr]) -> Result<Self, NovaError> {
        let first = keys.first_variables()?;
        let values = witness.get(first..).unwrap_or_default();
        Ok(Self { values, first, commitment: commit_from(keys, 0, values)?.affine() })
    }

    /// Opens at the point that follows from the seal and the published blinds.
    pub(crate) fn open(
        &self,
        keys: Keys<'_>,
        seal: &Digest,
        blinds: [&Fr; 3],
    ) -> Result<SecondPhaseOpening, NovaError> {
        let point = challenge(&Transcript::point(seal, blinds, &self.commitment));
        let quotient = commit_from(keys, 0, &self.quotient(point))?.affine();
        Ok(SecondPhaseOpening { shifted: self.commitment, quotient })
    }

    /// `(X^n - z^n) V(X) / (X - z)`
    fn quotient(&self, z: Fr) -> Vec<Fr> {
        let power = z.pow_vartime([self.first as u64]);
        let places = self.first + self.values.len();
        let mut quotient = vec![Fr::ZERO; places - 1];
        let mut sum = Fr::ZERO;
        for place in (1..places).rev() {
            let above = place.checked_sub(self.first).and_then(|place| self.values.get(place));
            let below = self.values.get(place).map(|value| power * value);
            sum = sum * z + above.copied().unwrap_or_default() - below.unwrap_or_default();
            quotient[place - 1] = sum;
        }
        quotient
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(polynomial: &[Fr], x: Fr) -> Fr {
        polynomial.iter().rev().fold(Fr::ZERO, |sum, coefficient| sum * x + coefficient)
    }

    #[test]
    fn quotients_divide() {
        for (first, second) in [(1, 1), (1, 5), (5, 1), (4, 7), (7, 4), (3, 3)] {
            let values: Vec<Fr> = (0..second).map(|i| Fr::from(i * i + 7)).collect();
            let shifted = Shifted { values: &values, first, commitment: Affine::default() };
            let (z, x) = (Fr::from(12_345), Fr::from(678));
            let quotient = shifted.quotient(z);
            let powers = [x, z].map(|point| point.pow_vartime([first as u64]));
            assert_eq!(at(&quotient, x) * (x - z), (powers[0] - powers[1]) * at(&values, x));
        }
    }
}
