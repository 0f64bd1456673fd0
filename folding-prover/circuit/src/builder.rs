use ff::{BatchInvert as _, Field};
use nectar_commitment::Fr;

use crate::engine::{Shape, SparseMatrix};
use crate::lc::{Column, Lc, Var};

/// What gadgets are written against, once: [`ShapeBuilder`] records the constraints, [`Filler`] the values.
pub(crate) trait Builder {
    /// A new witness variable.
    fn alloc(&mut self, value: Fr) -> Var;

    /// A new witness variable of the second phase, whose value may depend on challenges.
    fn late(&mut self, value: Fr) -> Var;

    /// A late variable `f` with `f * denominator = numerator`. Its value is known after [`Self::settle`].
    fn fraction(&mut self, numerator: Lc, denominator: Lc) -> Var;

    /// Computes all fractions; their sum.
    fn settle(&mut self) -> Fr;

    /// Requires `a * b = c`. Not evaluated while values alone are computed.
    fn enforce(&mut self, row: impl FnOnce() -> (Lc, Lc, Lc));

    /// Requires `lc = 0`, in the matrix C alone: such rows never add to the cross term of a fold.
    fn zero(&mut self, lc: impl FnOnce() -> Lc) {
        self.enforce(|| (Lc::default(), Lc::default(), lc()));
    }

    /// A variable equal to `lc`.
    fn alias(&mut self, lc: Lc) -> Var {
        let var = self.alloc(lc.value);
        self.zero(|| lc - var);
        var
    }

    /// A variable that is 0 or 1.
    fn boolean(&mut self, value: bool) -> Var {
        let var = self.alloc(Fr::from(u64::from(value)));
        self.enforce(|| (var.into(), var.into(), var.into()));
        var
    }

    /// `a * b`
    fn product(&mut self, a: Lc, b: Lc) -> Var {
        let var = self.alloc(a.value * b.value);
        self.enforce(|| (a, b, var.into()));
        var
    }

    /// `a * b`, in the second phase.
    fn late_product(&mut self, a: Lc, b: Lc) -> Var {
        let var = self.late(a.value * b.value);
        self.enforce(|| (a, b, var.into()));
        var
    }

    /// `yes` if `choice` is 1, `no` if it is 0.
    fn select(&mut self, choice: Lc, yes: Lc, no: Lc) -> Var {
        let var = self.alloc(no.value + choice.value * (yes.value - no.value));
        self.enforce(|| (choice, yes - no.clone(), var - no));
        var
    }

    /// Requires `lc = 0` if `condition` is not zero.
    fn zero_if(&mut self, condition: Lc, lc: impl FnOnce() -> Lc) {
        self.enforce(|| (condition, lc(), Lc::default()));
    }

    /// Requires that `lc` is not zero if `condition` is 1. `condition` must be 0 or 1.
    fn nonzero_if(&mut self, condition: Lc, lc: Lc) {
        let inverse = Option::<Fr>::from(lc.value.invert()).unwrap_or_default() * condition.value;
        let inverse = self.alloc(inverse);
        self.enforce(|| (lc, inverse.into(), condition));
    }
}

/// A builder whose new variables are all of the second phase: for gadgets over values that depend on challenges.
pub(crate) struct Second<'b, B>(pub(crate) &'b mut B);

impl<B: Builder> Builder for Second<'_, B> {
    fn alloc(&mut self, value: Fr) -> Var {
        self.0.late(value)
    }

    fn late(&mut self, value: Fr) -> Var {
        self.0.late(value)
    }

    fn fraction(&mut self, numerator: Lc, denominator: Lc) -> Var {
        self.0.fraction(numerator, denominator)
    }

    fn settle(&mut self) -> Fr {
        self.0.settle()
    }

    fn enforce(&mut self, row: impl FnOnce() -> (Lc, Lc, Lc)) {
        self.0.enforce(row);
    }
}

/// Computes values.
#[derive(Debug, Default)]
pub(crate) struct Filler {
    pub(crate) witness: Vec<Fr>,
    pub(crate) late: Vec<Fr>,
    /// Fractions to be computed: place in `late`, numerator, denominator.
    fractions: Vec<(usize, Fr, Fr)>,
    /// First-phase values that a malicious prover changes, and by how much: what follows from them follows.
    #[cfg(test)]
    pub(crate) tampered: Vec<(usize, Fr)>,
}

impl Filler {
    /// For about this many values of the first phase.
    pub(crate) fn with_capacity(values: usize) -> Self {
        Self { witness: Vec::with_capacity(values), ..Self::default() }
    }

    /// Of a prover who changes these values of the first phase by so much.
    #[cfg(test)]
    pub(crate) fn tampering(tampered: &[(usize, Fr)]) -> Self {
        Self { tampered: tampered.to_vec(), ..Self::default() }
    }
}

impl Builder for Filler {
    fn alloc(&mut self, value: Fr) -> Var {
        #[cfg(test)]
        let value = {
            let at = self.witness.len();
            let changes = self.tampered.iter().filter(|(place, _)| *place == at);
            changes.fold(value, |value, (_, by)| value + by)
        };
        self.witness.push(value);
        Var { column: None, value }
    }

    fn late(&mut self, value: Fr) -> Var {
        self.late.push(value);
        Var { column: None, value }
    }

    fn fraction(&mut self, numerator: Lc, denominator: Lc) -> Var {
        self.fractions.push((self.late.len(), numerator.value, denominator.value));
        self.late(Fr::ZERO)
    }

    fn settle(&mut self) -> Fr {
        let mut denominators: Vec<Fr> =
            self.fractions.iter().map(|(_, _, denominator)| *denominator).collect();
        denominators.iter_mut().batch_invert();
        let mut sum = Fr::ZERO;
        for ((at, numerator, _), inverse) in self.fractions.drain(..).zip(denominators) {
            let value = numerator * inverse;
            self.late[at] = value;
            sum += value;
        }
        sum
    }

    fn enforce(&mut self, _: impl FnOnce() -> (Lc, Lc, Lc)) {}
}

/// Records constraints.
#[derive(Debug, Default)]
pub(crate) struct ShapeBuilder {
    variables: usize,
    late: usize,
    matrices: [Matrix; 3],
}

#[derive(Debug, Default)]
struct Matrix {
    terms: Vec<(Column, Fr)>,
    ends: Vec<usize>,
}

impl Builder for ShapeBuilder {
    fn alloc(&mut self, value: Fr) -> Var {
        let column = Column::Witness(self.variables);
        self.variables += 1;
        Var { column: Some(column), value }
    }

    fn late(&mut self, value: Fr) -> Var {
        let column = Some(Column::Late(self.late));
        self.late += 1;
        Var { column, value }
    }

    fn fraction(&mut self, numerator: Lc, denominator: Lc) -> Var {
        let var = self.late(Fr::ZERO);
        self.enforce(|| (var.into(), denominator, numerator));
        var
    }

    fn settle(&mut self) -> Fr {
        Fr::ZERO
    }

    fn enforce(&mut self, row: impl FnOnce() -> (Lc, Lc, Lc)) {
        let (a, b, c) = row();
        for (matrix, lc) in self.matrices.iter_mut().zip([a, b, c]) {
            matrix.terms.extend(lc.normal());
            matrix.ends.push(matrix.terms.len());
        }
    }
}

impl ShapeBuilder {
    /// Variables of the first phase so far.
    pub(crate) fn first_variables(&self) -> usize {
        self.variables
    }

    /// The R1CS, with its public inputs after the constant one.
    pub(crate) fn finish(self, inputs: usize) -> Shape {
        let (first, variables) = (self.variables, self.variables + self.late);
        let rows = self.matrices[0].ends.len();
        let [a, b, c] = self.matrices.map(|matrix| matrix.finish(first, variables, inputs));
        Shape::new(rows, variables, inputs, a, b, c)
            .unwrap_or_else(|_| unreachable!("columns come from alloc and from the inputs"))
    }
}

impl Matrix {
    fn finish(self, first: usize, variables: usize, inputs: usize) -> SparseMatrix {
        let place = |column: Column| match column {
            Column::Witness(i) => i,
            Column::Late(i) => first + i,
            Column::One => variables,
            Column::Input(i) => variables + 1 + i,
        };
        let (indices, data) = self.terms.into_iter().map(|(column, factor)| (place(column), factor)).unzip();
        let indptr = std::iter::once(0).chain(self.ends).collect();
        SparseMatrix { data, indices, indptr, cols: variables + 1 + inputs }
    }
}
