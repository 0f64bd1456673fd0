use std::ops::{Add, Mul, Neg, Sub};

use ff::Field;
use nectar_commitment::Fr;

/// A place in the assignment `z = (witness, late witness, 1, public inputs)`. Ordered as there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Column {
    Witness(usize),
    /// A witness of the second phase: committed to after the challenges are known.
    Late(usize),
    One,
    Input(usize),
}

/// A variable with its value. Its column is absent while values alone are computed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Var {
    pub(crate) column: Option<Column>,
    pub(crate) value: Fr,
}

/// A linear combination with its value. Has no terms while values alone are computed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Lc {
    pub(crate) terms: Vec<(Column, Fr)>,
    pub(crate) value: Fr,
}

impl Lc {
    pub(crate) fn constant(value: Fr) -> Self {
        Self { terms: vec![(Column::One, value)], value }
    }

    pub(crate) fn one() -> Self {
        Self::constant(Fr::ONE)
    }

    /// Sorted by column, one term a column, no zeros.
    pub(crate) fn normal(mut self) -> Vec<(Column, Fr)> {
        self.terms.sort_unstable_by_key(|(column, _)| *column);
        let mut merged: Vec<(Column, Fr)> = Vec::with_capacity(self.terms.len());
        for (column, factor) in self.terms {
            match merged.last_mut() {
                Some((last, sum)) if *last == column => *sum += factor,
                _ => merged.push((column, factor)),
            }
        }
        merged.retain(|(_, factor)| *factor != Fr::ZERO);
        merged
    }
}

impl From<Var> for Lc {
    fn from(var: Var) -> Self {
        Self { terms: var.column.map(|column| (column, Fr::ONE)).into_iter().collect(), value: var.value }
    }
}

impl<T: Into<Lc>> Add<T> for Lc {
    type Output = Self;

    fn add(mut self, other: T) -> Self {
        let other = other.into();
        self.value += other.value;
        self.terms.extend(other.terms);
        self
    }
}

impl Neg for Lc {
    type Output = Self;

    fn neg(mut self) -> Self {
        self.value = -self.value;
        self.terms.iter_mut().for_each(|(_, factor)| *factor = -*factor);
        self
    }
}

impl<T: Into<Lc>> Sub<T> for Lc {
    type Output = Self;

    fn sub(self, other: T) -> Self {
        self + -other.into()
    }
}

impl Mul<Fr> for Lc {
    type Output = Self;

    fn mul(mut self, factor: Fr) -> Self {
        self.value *= factor;
        self.terms.iter_mut().for_each(|(_, f)| *f *= factor);
        self
    }
}

impl<T: Into<Lc>> Add<T> for Var {
    type Output = Lc;

    fn add(self, other: T) -> Lc {
        Lc::from(self) + other
    }
}

impl<T: Into<Lc>> Sub<T> for Var {
    type Output = Lc;

    fn sub(self, other: T) -> Lc {
        Lc::from(self) - other
    }
}

impl Mul<Fr> for Var {
    type Output = Lc;

    fn mul(self, factor: Fr) -> Lc {
        Lc::from(self) * factor
    }
}

impl std::iter::Sum for Lc {
    fn sum<I: Iterator<Item = Self>>(parts: I) -> Self {
        parts.fold(Self::default(), |sum, part| sum + part)
    }
}
