use std::sync::OnceLock;

use ff::Field;
use nectar_commitment::{FULL_ROUNDS, Fr, PARTIAL_ROUNDS, WIDTH, mds, round_constants};

/// Elements that a partial round does not pass through the S-box.
pub(crate) const IDLE: usize = WIDTH - 1;
/// First partial round.
pub(crate) const FIRST_PARTIAL: usize = FULL_ROUNDS / 2;
/// First full round after them.
pub(crate) const LAST_FULL: usize = FIRST_PARTIAL + PARTIAL_ROUNDS;
/// All rounds.
pub(crate) const ROUNDS: usize = FULL_ROUNDS + PARTIAL_ROUNDS;

type Idle = [Fr; IDLE];
type IdleMatrix = [Idle; IDLE];

/// Linear relations between the values that the Poseidon gadget keeps.
///
/// Write a partial round as `x' = a v + b.y + c`, `y' = A y + d v + e`: `v` the S-box's output, `x` its input, `y` the four
/// idle elements, `[[a, b], [d, A]]` the mixing matrix, `(c, e)` the next round's constants. With `w = b.y = x' - a v - c`
/// and the characteristic polynomial `z^4 + p1 z^3 + .. + p4` of A, the theorem of Cayley and Hamilton removes `y`:
/// `w_r + p1 w_(r-1) + .. + p4 w_(r-4) = sum over i < 4 of b G_i (d v_(r-4+i) + e_(r-3+i))`, `G_i = sum over j > i of
/// p_(4-j) A^(j-1-i)`. So every partial round costs a linear relation of constant length.
#[derive(Debug)]
pub(crate) struct Tables {
    /// Inverse of the mixing matrix.
    pub(crate) inverse: [[Fr; WIDTH]; WIDTH],
    /// 1, p1, .., p4
    pub(crate) characteristic: [Fr; IDLE + 1],
    /// `b G_i d`
    pub(crate) response: Idle,
    /// `b A^k` for k = 0..4
    pub(crate) forward: [Idle; IDLE],
    /// `b A^-k` for k = 1..=4
    pub(crate) backward: [Idle; IDLE],
    /// `b G_i`, to be applied to constants.
    weights: [Idle; IDLE],
}

impl Tables {
    pub(crate) fn get() -> &'static Self {
        static TABLES: OnceLock<Tables> = OnceLock::new();
        TABLES.get_or_init(Self::new)
    }

    fn new() -> Self {
        let m = mds();
        let matrix: IdleMatrix = std::array::from_fn(|i| std::array::from_fn(|j| m[i + 1][j + 1]));
        let (characteristic, faddeev) = faddeev_leverrier(&matrix);
        let read = Self::read();
        // G_i is the Faddeev matrix of index 3 - i.
        let weights = std::array::from_fn(|i| row_times(&read, &faddeev[IDLE - 1 - i]));
        let response = weights.map(|weight| dot(&weight, &Self::drive()));
        let mut forward = [read; IDLE];
        for k in 1..IDLE {
            forward[k] = row_times(&forward[k - 1], &matrix);
        }
        let inverse_idle = invert(&matrix);
        let mut backward = [row_times(&read, &inverse_idle); IDLE];
        for k in 1..IDLE {
            backward[k] = row_times(&backward[k - 1], &inverse_idle);
        }
        Self { inverse: invert(m), characteristic, response, forward, backward, weights }
    }

    /// `b`: how the idle elements enter the first one.
    pub(crate) fn read() -> Idle {
        std::array::from_fn(|j| mds()[0][j + 1])
    }

    /// `d`: how the S-box's output enters the idle elements.
    pub(crate) fn drive() -> Idle {
        std::array::from_fn(|i| mds()[i + 1][0])
    }

    /// `e` of a round: constants of the idle elements.
    pub(crate) fn idle_constants(round: usize) -> Idle {
        std::array::from_fn(|j| round_constants()[round][j + 1])
    }

    /// `sum over i < 4 of b G_i e_(r-3+i)`
    pub(crate) fn drift(&self, round: usize) -> Fr {
        (0..IDLE).map(|i| dot(&self.weights[i], &Self::idle_constants(round + i + 1 - IDLE))).sum()
    }
}

pub(crate) fn dot<const N: usize>(a: &[Fr; N], b: &[Fr; N]) -> Fr {
    a.iter().zip(b).map(|(a, b)| *a * b).sum()
}

fn row_times<const N: usize>(row: &[Fr; N], matrix: &[[Fr; N]; N]) -> [Fr; N] {
    std::array::from_fn(|j| (0..N).map(|i| row[i] * matrix[i][j]).sum())
}

fn times<const N: usize>(a: &[[Fr; N]; N], b: &[[Fr; N]; N]) -> [[Fr; N]; N] {
    a.map(|row| row_times(&row, b))
}

/// Coefficients of the characteristic polynomial from the highest down, and the matrices `F_k = A F_(k-1) + p_k I`,
/// `F_0 = I` (the method of Faddeev and LeVerrier).
fn faddeev_leverrier(matrix: &IdleMatrix) -> ([Fr; IDLE + 1], [IdleMatrix; IDLE]) {
    let identity: IdleMatrix =
        std::array::from_fn(|i| std::array::from_fn(|j| if i == j { Fr::ONE } else { Fr::ZERO }));
    let mut coefficients = [Fr::ONE; IDLE + 1];
    let mut matrices = [identity; IDLE];
    for k in 1..=IDLE {
        let mut next = times(matrix, &matrices[k - 1]);
        let trace: Fr = (0..IDLE).map(|i| next[i][i]).sum();
        let k_inverse = Option::<Fr>::from(Fr::from(k as u64).invert()).unwrap_or_default();
        coefficients[k] = -trace * k_inverse;
        if k < IDLE {
            next.iter_mut().enumerate().for_each(|(i, row)| row[i] += coefficients[k]);
            matrices[k] = next;
        }
    }
    (coefficients, matrices)
}

/// Gauss and Jordan; the zero matrix if there is no inverse (the tests exclude it).
fn invert<const N: usize>(matrix: &[[Fr; N]; N]) -> [[Fr; N]; N] {
    let mut left = *matrix;
    let mut right: [[Fr; N]; N] =
        std::array::from_fn(|i| std::array::from_fn(|j| if i == j { Fr::ONE } else { Fr::ZERO }));
    for column in 0..N {
        let Some(pivot) = (column..N).find(|row| left[*row][column] != Fr::ZERO) else {
            return [[Fr::ZERO; N]; N];
        };
        left.swap(column, pivot);
        right.swap(column, pivot);
        let scale = Option::<Fr>::from(left[column][column].invert()).unwrap_or_default();
        left[column].iter_mut().chain(right[column].iter_mut()).for_each(|e| *e *= scale);
        for row in (0..N).filter(|row| *row != column) {
            let factor = left[row][column];
            for j in 0..N {
                let (l, r) = (left[column][j], right[column][j]);
                left[row][j] -= factor * l;
                right[row][j] -= factor * r;
            }
        }
    }
    right
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_identity<const N: usize>(m: &[[Fr; N]; N]) -> bool {
        (0..N).all(|i| (0..N).all(|j| m[i][j] == if i == j { Fr::ONE } else { Fr::ZERO }))
    }

    #[test]
    fn the_mixing_matrix_and_its_inner_part_have_inverses() {
        let tables = Tables::get();
        assert!(is_identity(&times(&tables.inverse, mds())));
        let m = mds();
        let inner: IdleMatrix = std::array::from_fn(|i| std::array::from_fn(|j| m[i + 1][j + 1]));
        assert!(is_identity(&times(&invert(&inner), &inner)));
    }

    /// Without this the idle elements after the partial rounds would not be determined by what is constrained.
    #[test]
    fn the_idle_elements_can_be_observed_from_the_first() {
        let tables = Tables::get();
        assert!(is_identity(&times(&invert(&tables.backward), &tables.backward)));
        assert!(is_identity(&times(&invert(&tables.forward), &tables.forward)));
    }
}
