//! Constraints and values of a circuit of two phases, written once, without the gadgets of the circuits in use.

use std::collections::BTreeMap;
use std::ops::{Add, Sub};

use ff::Field as _;
use nectar_circuit::engine::{Shape, SparseMatrix};
use nectar_commitment::{Domain, FULL_ROUNDS, Fr, PARTIAL_ROUNDS, WIDTH, mds, round_constants};

/// Ordered as in an assignment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Column {
    First(usize),
    Second(usize),
    One,
    Input(usize),
}

/// A linear combination with its value.
#[derive(Debug, Clone, Default)]
pub(crate) struct Lc {
    terms: BTreeMap<Column, Fr>,
    pub(crate) value: Fr,
}

impl Lc {
    fn of(column: Column, value: Fr) -> Self {
        Self { terms: BTreeMap::from([(column, Fr::ONE)]), value }
    }

    pub(crate) fn input(place: usize, value: Fr) -> Self {
        Self::of(Column::Input(place), value)
    }

    fn constant(value: Fr) -> Self {
        Self { terms: BTreeMap::from([(Column::One, value)]), value }
    }

    fn times(mut self, factor: Fr) -> Self {
        self.terms.values_mut().for_each(|term| *term *= factor);
        self.value *= factor;
        self
    }
}

impl Add for Lc {
    type Output = Self;

    fn add(mut self, other: Self) -> Self {
        for (column, factor) in other.terms {
            *self.terms.entry(column).or_default() += factor;
        }
        self.value += other.value;
        self
    }
}

impl Sub for Lc {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        self + other.times(-Fr::ONE)
    }
}

#[derive(Debug, Default)]
pub(crate) struct Sheet {
    pub(crate) first: Vec<Fr>,
    pub(crate) second: Vec<Fr>,
    rows: Option<Vec<[Lc; 3]>>,
}

impl Sheet {
    /// Keeps the constraints.
    pub(crate) fn recording() -> Self {
        Self { rows: Some(Vec::new()), ..Self::default() }
    }

    pub(crate) fn first(&mut self, value: Fr) -> Lc {
        self.first.push(value);
        Lc::of(Column::First(self.first.len() - 1), value)
    }

    pub(crate) fn second(&mut self, value: Fr) -> Lc {
        self.second.push(value);
        Lc::of(Column::Second(self.second.len() - 1), value)
    }

    /// `a * b = c`
    pub(crate) fn row(&mut self, a: Lc, b: Lc, c: Lc) {
        if let Some(rows) = &mut self.rows {
            rows.push([a, b, c]);
        }
    }

    pub(crate) fn zero(&mut self, lc: Lc) {
        self.row(Lc::default(), Lc::default(), lc);
    }

    pub(crate) fn product(&mut self, a: Lc, b: Lc) -> Lc {
        let product = self.second(a.value * b.value);
        self.row(a, b, product.clone());
        product
    }

    pub(crate) fn alias(&mut self, lc: Lc) -> Lc {
        let alias = self.second(lc.value);
        self.zero(lc - alias.clone());
        alias
    }

    /// What [`nectar_commitment::hash4`] computes for registers.
    pub(crate) fn hash(&mut self, [a, b, c, d]: [Lc; 4]) -> Lc {
        let partial = FULL_ROUNDS / 2..FULL_ROUNDS / 2 + PARTIAL_ROUNDS;
        let mut state = [Lc::constant(Domain::Registers.tag()), a, b, c, d];
        for (round, constants) in round_constants().iter().enumerate() {
            let boxes = if partial.contains(&round) { 1 } else { WIDTH };
            for (i, (element, constant)) in state.iter_mut().zip(constants).enumerate() {
                let input = std::mem::take(element) + Lc::constant(*constant);
                *element = if i < boxes { self.fifth_power(input) } else { input };
            }
            state = std::array::from_fn(|i| {
                let terms =
                    mds()[i].iter().zip(&state).map(|(factor, element)| element.clone().times(*factor));
                terms.fold(Lc::default(), Lc::add)
            });
            // Else sums grow with every round.
            if round % 6 == 0 {
                state = state.map(|element| self.alias(element));
            }
        }
        let [hash, ..] = state;
        self.alias(hash)
    }

    fn fifth_power(&mut self, x: Lc) -> Lc {
        let square = self.product(x.clone(), x.clone());
        let fourth = self.product(square.clone(), square);
        self.product(fourth, x)
    }

    /// The constraints with so many public inputs.
    pub(crate) fn shape(self, inputs: usize) -> Shape {
        let (first, variables) = (self.first.len(), self.first.len() + self.second.len());
        let place = |column: &Column| match *column {
            Column::First(i) => i,
            Column::Second(i) => first + i,
            Column::One => variables,
            Column::Input(i) => variables + 1 + i,
        };
        let rows = self.rows.unwrap_or_default();
        let [a, b, c] = [0, 1, 2].map(|matrix| {
            let (mut data, mut indices, mut indptr) = (Vec::new(), Vec::new(), vec![0]);
            for row in &rows {
                for (column, factor) in row[matrix].terms.iter().filter(|(_, factor)| **factor != Fr::ZERO) {
                    data.push(*factor);
                    indices.push(place(column));
                }
                indptr.push(data.len());
            }
            SparseMatrix { data, indices, indptr, cols: variables + 1 + inputs }
        });
        Shape::new(rows.len(), variables, inputs, a, b, c)
            .unwrap_or_else(|_| unreachable!("columns are those of the sheet"))
    }
}
