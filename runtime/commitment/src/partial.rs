use ff::Field;

use crate::Fr;
use crate::poseidon::{FULL_ROUNDS, PARTIAL_ROUNDS, WIDTH, dot, fifth};

/// Elements that a partial round does not pass through the S-box.
const IDLE: usize = WIDTH - 1;

type Idle = [Fr; IDLE];
type IdleMatrix = [Idle; IDLE];

/// The partial rounds with 9 products each beside the S-box, in place of 25 (after eprint 2019/458, appendix B).
///
/// Write a round as `x' = a v + b.y + c`, `y' = A y + d v + e`: `x` the S-box's input, `v` its output, `y` the idle elements,
/// `[[a, b], [d, A]]` the mixing matrix, `(c, e)` the next round's constants. With `y_r = A^r (z_r + k_r)` and
/// `k_(r+1) = k_r + A^-(r+1) e_(r+1)` the idle elements only grow: `z_(r+1) = z_r + A^-(r+1) d v_r`, and
/// `x_(r+1) = a v_r + b A^r z_r + (c_(r+1) + b A^r k_r)`.
pub(crate) struct PartialRounds {
    /// Constants of the first round.
    first: [Fr; WIDTH],
    rounds: Vec<Round>,
    /// `a`
    corner: Fr,
    /// `A^n` and `A^n k_n` behind the last of n rounds.
    last: (IdleMatrix, Idle),
}

struct Round {
    /// `b A^r`
    read: Idle,
    /// `A^-(r+1) d`
    drive: Idle,
    /// `c_(r+1) + b A^r k_r`
    constant: Fr,
}

impl PartialRounds {
    pub(crate) fn new(constants: &[[Fr; WIDTH]], mds: &[[Fr; WIDTH]; WIDTH]) -> Self {
        let [[corner, b @ ..], lower @ ..] = mds;
        let matrix: IdleMatrix = lower.map(|[_, row @ ..]| row);
        let mut drive: Idle = lower.map(|[d, ..]| d);
        let inverse = invert(&matrix);
        let (mut power, mut inverse_power) = (identity(), identity());
        let mut shift = [Fr::ZERO; IDLE];
        let mut rounds = Vec::with_capacity(PARTIAL_ROUNDS);
        let constants_of = |round: usize| constants.get(FULL_ROUNDS / 2 + round).copied().unwrap_or_default();
        for round in 0..PARTIAL_ROUNDS {
            let [c, e @ ..] = constants_of(round + 1);
            let read = row_times(b, &power);
            let constant = c + dot(&read, &shift);
            drive = times_column(&inverse, &drive);
            rounds.push(Round { read, drive, constant });
            (power, inverse_power) = (times(&power, &matrix), times(&inverse_power, &inverse));
            let added = times_column(&inverse_power, &e);
            shift = std::array::from_fn(|i| shift[i] + added[i]);
        }
        let last = (power, times_column(&power, &shift));
        Self { first: constants_of(0), rounds, corner: *corner, last }
    }

    /// From the state before the first partial round's constants to the one behind the last, the constants of the round
    /// that follows included.
    pub(crate) fn apply(&self, state: &mut [Fr; WIDTH]) {
        let [mut x, mut z @ ..]: [Fr; WIDTH] = std::array::from_fn(|i| state[i] + self.first[i]);
        for Round { read, drive, constant } in &self.rounds {
            let v = fifth(x);
            x = dot(read, &z) + self.corner * v + constant;
            z.iter_mut().zip(drive).for_each(|(z, drive)| *z += drive * v);
        }
        let (matrix, shift) = &self.last;
        let [a, b, c, d] = std::array::from_fn(|i| dot(&matrix[i], &z) + shift[i]);
        *state = [x, a, b, c, d];
    }
}

fn identity() -> IdleMatrix {
    std::array::from_fn(|i| std::array::from_fn(|j| if i == j { Fr::ONE } else { Fr::ZERO }))
}

fn row_times(row: &Idle, matrix: &IdleMatrix) -> Idle {
    std::array::from_fn(|j| (0..IDLE).map(|i| row[i] * matrix[i][j]).sum())
}

fn times_column(matrix: &IdleMatrix, column: &Idle) -> Idle {
    matrix.map(|row| dot(&row, column))
}

fn times(a: &IdleMatrix, b: &IdleMatrix) -> IdleMatrix {
    a.map(|row| row_times(&row, b))
}

/// Gauss and Jordan, without looking for pivots: Cauchy matrices and what elimination leaves of them have none that are
/// zero, and the tests compare every product that is made of this with the rounds as defined.
fn invert(matrix: &IdleMatrix) -> IdleMatrix {
    let (mut left, mut right) = (*matrix, identity());
    for column in 0..IDLE {
        let scale = Option::<Fr>::from(left[column][column].invert()).unwrap_or_default();
        left[column].iter_mut().chain(right[column].iter_mut()).for_each(|e| *e *= scale);
        for row in (0..IDLE).filter(|row| *row != column) {
            let factor = left[row][column];
            for j in 0..IDLE {
                let (l, r) = (left[column][j], right[column][j]);
                left[row][j] -= factor * l;
                right[row][j] -= factor * r;
            }
        }
    }
    right
}
