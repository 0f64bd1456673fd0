use ff::{Field, PrimeField};
use halo2curves::group::{Curve, Group, prime::PrimeCurveAffine};
use nectar_circuit::engine::{Affine, Base, Point};
use nectar_commitment::Fr;
use rayon::prelude::*;

/// Bits of a window; a scalar has 16 of them.
const WINDOW: usize = 16;
const WINDOWS: usize = 256 / WINDOW;
/// Points added side by side, so that they share one inversion.
const BLOCK: usize = 1024;

/// Multiples of one point.
///
/// `table[w][d - 1]` is `d * 2^(16 w)` times the point; sums are taken in affine coordinates with one shared inversion a
/// block (Montgomery's trick).
pub(crate) struct FixedBase {
    table: Vec<Vec<Affine>>,
}

impl FixedBase {
    pub(crate) fn new(base: Point) -> Self {
        let bases: Vec<Point> =
            std::iter::successors(Some(base), |point| Some((0..WINDOW).fold(*point, |sum, _| sum.double())))
                .take(WINDOWS)
                .collect();
        let table = bases
            .par_iter()
            .map(|base| {
                let affine = base.to_affine();
                let multiples: Vec<Point> = std::iter::successors(Some(*base), |sum| Some(sum + affine))
                    .take((1 << WINDOW) - 1)
                    .collect();
                let mut normal = vec![Affine::identity(); multiples.len()];
                Point::batch_normalize(&multiples, &mut normal);
                normal
            })
            .collect();
        Self { table }
    }

    /// Scalars times the point.
    pub(crate) fn times(&self, scalars: &[Fr]) -> Vec<Affine> {
        scalars.par_chunks(BLOCK).flat_map_iter(|block| self.block(block)).collect()
    }

    fn block(&self, scalars: &[Fr]) -> Vec<Affine> {
        let digits: Vec<[u8; 32]> = scalars.iter().map(|scalar| scalar.to_repr().into()).collect();
        let mut sums: Vec<Affine> = vec![Affine::identity(); scalars.len()];
        for (window, table) in self.table.iter().enumerate() {
            let mut pending = Vec::with_capacity(scalars.len());
            for (i, bytes) in digits.iter().enumerate() {
                let digit = usize::from(u16::from_le_bytes([bytes[2 * window], bytes[2 * window + 1]]));
                let Some(addend) = digit.checked_sub(1).and_then(|d| table.get(d)) else { continue };
                if bool::from(sums[i].is_identity()) {
                    sums[i] = *addend;
                } else if sums[i].x == addend.x {
                    sums[i] = (sums[i].to_curve() + addend).to_affine();
                } else {
                    pending.push((i, *addend));
                }
            }
            add(&mut sums, &pending);
        }
        sums
    }
}

/// Adds points with different x, sharing one inversion.
fn add(sums: &mut [Affine], pending: &[(usize, Affine)]) {
    let mut running = Base::ONE;
    let products: Vec<Base> = pending
        .iter()
        .map(|(i, addend)| {
            let before = running;
            running *= addend.x - sums[*i].x;
            before
        })
        .collect();
    // No factor is zero.
    let mut inverse = Option::<Base>::from(running.invert()).unwrap_or_default();
    for ((i, addend), before) in pending.iter().zip(products).rev() {
        let sum = sums[*i];
        let difference = addend.x - sum.x;
        let slope = (addend.y - sum.y) * inverse * before;
        inverse *= difference;
        let x = slope.square() - sum.x - addend.x;
        sums[*i] = Affine { x, y: slope * (sum.x - x) - sum.y };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn multiples_are_those_of_the_group() {
        let base = Point::generator();
        let fixed = FixedBase::new(base);
        let tau = Fr::from(0x1234_5678_9abc_def0).square().square();
        let mut scalars: Vec<Fr> =
            std::iter::successors(Some(Fr::ONE), |s| Some(*s * tau)).take(40).collect();
        scalars.extend([Fr::ZERO, Fr::from(0xffff), Fr::from(0x1_0000), -Fr::ONE, -Fr::from(2)]);
        let expected: Vec<Affine> = scalars.iter().map(|s| (base * s).to_affine()).collect();
        assert_eq!(fixed.times(&scalars), expected);
    }
}
