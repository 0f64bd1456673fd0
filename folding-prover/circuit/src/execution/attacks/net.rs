//! A satisfied chunk, and what becomes of it if some values are others: what follows from them is computed anew, row by row, and only where it
//! does.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

use ff::Field;
use nectar_commitment::{Fr, to_bytes};

use crate::PhasedAssignment;
use crate::engine::Shape;

/// A place in a row: the matrix, and the factor.
type Factor = (usize, Fr);

/// Constraints by their variables, under values that satisfy them.
pub(super) struct Net {
    /// Values of all variables, one, and the public inputs.
    values: Vec<Fr>,
    /// What rows of the three matrices come to.
    sums: [Vec<Fr>; 3],
    /// By variable: rows that it is in.
    columns: Vec<Vec<(usize, Factor)>>,
    /// By row: the variable that it says, if it says one: that is computed from the others, and not checked.
    says: Vec<Option<usize>>,
    /// By row: when it is looked at. What a row says is said before it is asked for, and what is only checked is checked at once.
    order: Vec<usize>,
    /// Rows that are looked at.
    rows: Vec<usize>,
    first: usize,
    /// By variable: whether it is a term of the sum over the bus: said by its product with something, and added up.
    terms: Vec<bool>,
    /// Rows that commitments to boundaries take.
    pub(super) skipped: usize,
}

/// What a change comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// This row is violated.
    Refused(usize),
    /// All rows hold, and nothing goes over the bus but what went before, from where it went.
    Silent,
    /// All rows hold, and the same goes over the bus, but others send or receive it: slots and cells have no order.
    Exchanged,
    /// All rows hold, and something else goes over the bus.
    Accepted,
}

impl Net {
    /// Rows say second-phase variables, each the one that was new in it, and the commitments to both boundaries.
    pub(super) fn new(shape: &Shape, assignment: &PhasedAssignment) -> Self {
        let PhasedAssignment { first, second, public, .. } = assignment;
        let values: Vec<Fr> = first.iter().chain(second).copied().chain([Fr::ONE]).chain(*public).collect();
        let (first, constant) = (first.len(), first.len() + second.len());
        let mut net = Self {
            sums: [(); 3].map(|()| vec![Fr::ZERO; shape.num_cons()]),
            columns: vec![Vec::new(); values.len()],
            says: vec![None; shape.num_cons()],
            order: vec![0; shape.num_cons()],
            rows: Vec::new(),
            first,
            terms: vec![false; values.len()],
            skipped: 0,
            values,
        };
        // When a variable is known.
        let mut known: Vec<Option<usize>> = vec![None; net.values.len()];
        known[..first].fill(Some(0));
        known[constant] = Some(0);
        // All inputs but the commitments.
        known[constant + 3..].fill(Some(0));
        let mut summed = false;
        for row in 0..shape.num_cons() {
            let mut variables = BTreeSet::new();
            for (at, matrix) in [shape.A(), shape.B(), shape.C()].into_iter().enumerate() {
                for entry in matrix.indptr[row]..matrix.indptr[row + 1] {
                    let (column, factor) = (matrix.indices[entry], matrix.data[entry]);
                    net.sums[at][row] += factor * net.values[column];
                    net.columns[column].push((row, (at, factor)));
                    variables.insert(column);
                }
            }
            let mut new: Vec<usize> = variables.iter().copied().filter(|at| known[*at].is_none()).collect();
            if summed && !new.is_empty() {
                // Commitments to boundaries are hashes: whatever is committed to, there are values for them.
                net.skipped += 1;
                continue;
            }
            net.says[row] = new.pop();
            if let [sum] = new[..] {
                // The sum over the chunks before is new in the row that says it with this one's.
                known[sum] = Some(0);
                summed = true;
            }
            net.rows.push(row);
            let last = variables.iter().filter_map(|at| known[*at]).max().unwrap_or_default();
            net.order[row] = if let Some(said) = net.says[row] {
                known[said] = Some(2 * row + 2);
                2 * row + 2
            } else {
                last + 1
            };
        }
        assert!(summed, "the sum is in no row");
        for (row, said) in net.says.iter().enumerate() {
            if let Some(said) = *said {
                let in_product = net.columns[said].iter().any(|(at, (matrix, _))| *at == row && *matrix < 2);
                net.terms[said] = in_product && !net.is_alone(said);
            }
        }
        for column in &mut net.columns {
            column.retain(|(row, _)| net.rows.binary_search(row).is_ok());
        }
        net
    }

    pub(super) fn value(&self, at: usize) -> Fr {
        self.values[at]
    }

    /// Variables of the first phase.
    pub(super) fn first(&self) -> usize {
        self.first
    }

    /// Variables of the second phase, but the sum before and what is hashed at boundaries.
    pub(super) fn second(&self) -> impl Iterator<Item = usize> {
        self.says.iter().filter_map(|said| *said)
    }

    /// Whether a variable is in no row but one: an inverse, which shows that something is not zero.
    pub(super) fn is_alone(&self, at: usize) -> bool {
        self.columns[at].iter().all(|(row, _)| *row == self.columns[at][0].0)
    }

    /// Whether rows hold if these variables have these values, and all that rows say of others follows.
    pub(super) fn judge(&mut self, changes: &[(usize, Fr)]) -> Verdict {
        let mut done = Change { net: self, values: Vec::new(), sums: Vec::new(), dirty: BinaryHeap::new() };
        for (variable, value) in changes {
            done.set(*variable, *value);
        }
        let verdict = done.spread(changes);
        done.undo();
        verdict
    }

    /// The value that a row says, the others given; nothing if it says none.
    fn said(&self, row: usize, variable: usize) -> Option<Fr> {
        let mut factors = [Fr::ZERO; 3];
        for (_, (matrix, factor)) in self.columns[variable].iter().filter(|(at, _)| *at == row) {
            factors[*matrix] += factor;
        }
        let old = self.values[variable];
        let [a, b, c] = [0, 1, 2].map(|at| self.sums[at][row] - factors[at] * old);
        assert!(factors[0] == Fr::ZERO || factors[1] == Fr::ZERO, "a square says two values");
        let factor = factors[0] * b + factors[1] * a - factors[2];
        let inverse = if factor == -Fr::ONE { Some(factor) } else { factor.invert().into() };
        inverse.map(|inverse: Fr| (c - a * b) * inverse)
    }
}

/// A change on its way.
struct Change<'n> {
    net: &'n mut Net,
    /// What was before.
    values: Vec<(usize, Fr)>,
    sums: Vec<(usize, usize, Fr)>,
    dirty: BinaryHeap<Reverse<(usize, usize)>>,
}

impl Change<'_> {
    fn set(&mut self, variable: usize, value: Fr) {
        let Net { values, sums, columns, order, .. } = &mut *self.net;
        let by = value - values[variable];
        if by == Fr::ZERO {
            return;
        }
        self.values.push((variable, values[variable]));
        values[variable] = value;
        for (row, (matrix, factor)) in &columns[variable] {
            let sum = &mut sums[*matrix][*row];
            self.sums.push((*matrix, *row, *sum));
            *sum += *factor * by;
            self.dirty.push(Reverse((order[*row], *row)));
        }
    }

    fn spread(&mut self, changes: &[(usize, Fr)]) -> Verdict {
        let mut last = None;
        while let Some(Reverse((_, row))) = self.dirty.pop() {
            if last == Some(row) {
                continue;
            }
            last = Some(row);
            let said = self.net.says[row].filter(|said| changes.iter().all(|(changed, _)| changed != said));
            if let Some(said) = said {
                // A denominator of zero: who has it cannot prove, but for one in 2^248.
                let Some(value) = self.net.said(row, said) else { return Verdict::Refused(row) };
                self.set(said, value);
                // What it says holds now.
                last = Some(row);
            } else {
                let [a, b, c] = [0, 1, 2].map(|at| self.net.sums[at][row]);
                if a * b != c {
                    return Verdict::Refused(row);
                }
            }
        }
        let terms = self.values.iter().filter(|(at, _)| self.net.terms[*at]);
        let [mut before, mut after] = [Vec::new(), Vec::new()];
        for (at, old) in terms {
            before.push(to_bytes(old));
            after.push(to_bytes(&self.net.values[*at]));
        }
        if before == after {
            return Verdict::Silent;
        }
        before.sort_unstable();
        after.sort_unstable();
        if before == after { Verdict::Exchanged } else { Verdict::Accepted }
    }

    fn undo(self) {
        for (variable, value) in self.values.into_iter().rev() {
            self.net.values[variable] = value;
        }
        for (matrix, row, sum) in self.sums.into_iter().rev() {
            self.net.sums[matrix][row] = sum;
        }
    }
}
