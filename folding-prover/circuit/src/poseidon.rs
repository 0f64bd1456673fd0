use nectar_commitment::{Domain, Fr, WIDTH, mds, round_constants};

use crate::builder::Builder;
use crate::lc::{Lc, Var};
use crate::tables::{FIRST_PARTIAL, IDLE, LAST_FULL, ROUNDS, Tables, dot};

/// Inputs of one hash.
pub(crate) const RATE: usize = WIDTH - 1;

/// An input of a hash, kept with the first round's constant added, as the S-box wants it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Input {
    /// `input + constant`
    pub(crate) shifted: Var,
    constant: Fr,
}

impl Input {
    /// A new free variable, at this place (0..4) among the inputs.
    pub(crate) fn free<B: Builder>(b: &mut B, place: usize, value: Fr) -> Self {
        let constant = round_constants()[0][place + 1];
        Self { shifted: b.alloc(value + constant), constant }
    }

    /// A variable equal to `lc`.
    pub(crate) fn equal<B: Builder>(b: &mut B, place: usize, lc: Lc) -> Self {
        let input = Self::free(b, place, lc.value);
        b.zero(|| input.lc() - lc);
        input
    }

    /// The input itself.
    pub(crate) fn lc(&self) -> Lc {
        self.shifted - Lc::constant(self.constant)
    }

    /// Its value.
    pub(crate) fn value(&self) -> Fr {
        self.shifted.value - self.constant
    }
}

/// The domain tag in the capacity element.
#[derive(Debug, Clone)]
pub(crate) enum Tag {
    /// Always the same.
    Fixed(Domain),
    /// Depends on the operation.
    Chosen(Lc),
}

/// Hash of four inputs: what [`nectar_commitment::hash4`] computes.
pub(crate) fn hash<B: Builder>(b: &mut B, tag: Tag, inputs: [Input; RATE]) -> Var {
    let state = first_round(b, tag, inputs);
    let state = (1..FIRST_PARTIAL).fold(state, |state, round| full_round(b, round, state));
    let state = partial_rounds(b, state);
    let state = (LAST_FULL..ROUNDS - 1).fold(state, |state, round| full_round(b, round, state));
    last_round(b, state)
}

/// Hash of four linear combinations.
pub(crate) fn hash_of<B: Builder>(b: &mut B, tag: Domain, inputs: [Lc; RATE]) -> Var {
    let mut place = 0;
    let inputs = inputs.map(|lc| {
        place += 1;
        Input::equal(b, place - 1, lc)
    });
    hash(b, Tag::Fixed(tag), inputs)
}

/// `x^5` of an S-box: `square = x^2` and `fourth = x^4` are variables, the fifth power is left to the caller's row.
#[derive(Debug, Clone, Copy)]
struct SBox {
    input: Var,
    fourth: Var,
    output: Fr,
}

fn sbox<B: Builder>(b: &mut B, input: Var) -> SBox {
    let square = b.alloc(input.value.square());
    let fourth = b.alloc(square.value.square());
    b.enforce(|| (input.into(), input.into(), square.into()));
    b.enforce(|| (square.into(), square.into(), fourth.into()));
    SBox { input, fourth, output: fourth.value * input.value }
}

/// The S-box's output as a variable.
fn sbox_output<B: Builder>(b: &mut B, input: Var) -> Var {
    let sbox = sbox(b, input);
    let output = b.alloc(sbox.output);
    b.enforce(|| (sbox.fourth.into(), sbox.input.into(), output.into()));
    output
}

fn mix(values: &[Fr; WIDTH]) -> [Fr; WIDTH] {
    mds().map(|row| dot(&row, values))
}

/// Variables for the next round's inputs: `mds * outputs + constants`.
fn next_state<B: Builder>(b: &mut B, round: usize, outputs: &[Fr; WIDTH]) -> [Var; WIDTH] {
    let mixed = mix(outputs);
    let constants = round_constants()[round + 1];
    std::array::from_fn(|i| b.alloc(mixed[i] + constants[i]))
}

/// Output `i` of a full round's S-boxes, from the next round's inputs: row `i` of `mds^-1 (state - constants)`.
fn output_from(round: usize, i: usize, next: &[Var; WIDTH]) -> Lc {
    let row = &Tables::get().inverse[i];
    let constant = dot(row, &round_constants()[round + 1]);
    next.iter().zip(row).map(|(var, factor)| *var * *factor).sum::<Lc>() - Lc::constant(constant)
}

fn full_round<B: Builder>(b: &mut B, round: usize, state: [Var; WIDTH]) -> [Var; WIDTH] {
    let boxes = state.map(|input| sbox(b, input));
    let next = next_state(b, round, &boxes.map(|s| s.output));
    for (i, sbox) in boxes.iter().enumerate() {
        b.enforce(|| (sbox.fourth.into(), sbox.input.into(), output_from(round, i, &next)));
    }
    next
}

/// As [`full_round`]; a fixed tag passes the S-box outside the circuit.
fn first_round<B: Builder>(b: &mut B, tag: Tag, inputs: [Input; RATE]) -> [Var; WIDTH] {
    let constant = round_constants()[0][0];
    let [i0, i1, i2, i3] = inputs.map(|input| input.shifted);
    match tag {
        Tag::Chosen(tag) => {
            let tag = b.alias(tag + Lc::constant(constant));
            full_round(b, 0, [tag, i0, i1, i2, i3])
        }
        Tag::Fixed(domain) => {
            let tag = domain.tag() + constant;
            let tag = tag.square().square() * tag;
            let boxes = [i0, i1, i2, i3].map(|input| sbox(b, input));
            let [o0, o1, o2, o3] = boxes.map(|s| s.output);
            let next = next_state(b, 0, &[tag, o0, o1, o2, o3]);
            b.zero(|| output_from(0, 0, &next) - Lc::constant(tag));
            for (i, sbox) in boxes.iter().enumerate() {
                b.enforce(|| (sbox.fourth.into(), sbox.input.into(), output_from(0, i + 1, &next)));
            }
            next
        }
    }
}

fn last_round<B: Builder>(b: &mut B, state: [Var; WIDTH]) -> Var {
    let outputs = state.map(|input| sbox_output(b, input));
    let row = &mds()[0];
    let hash = b.alloc(dot(row, &outputs.map(|o| o.value)));
    b.zero(|| outputs.iter().zip(row).map(|(o, m)| *o * *m).sum::<Lc>() - hash);
    hash
}

/// S-box inputs `x` and outputs `v` of the partial rounds, by round from the first; and the idle elements at both ends.
struct Partial {
    x: Vec<Var>,
    v: Vec<Var>,
    idle_first: [Var; IDLE],
    idle_last: [Var; IDLE],
}

fn partial_rounds<B: Builder>(b: &mut B, state: [Var; WIDTH]) -> [Var; WIDTH] {
    let [first, idle_first @ ..] = state;
    let mut values = state.map(|var| var.value);
    let rounds = LAST_FULL - FIRST_PARTIAL;
    let mut partial = Partial {
        x: Vec::with_capacity(rounds + 1),
        v: Vec::with_capacity(rounds),
        idle_first,
        idle_last: idle_first,
    };
    partial.x.push(first);
    let mut input = first;
    for round in FIRST_PARTIAL..LAST_FULL {
        let output = sbox_output(b, input);
        partial.v.push(output);
        values[0] = output.value;
        values = mix(&values);
        values.iter_mut().zip(&round_constants()[round + 1]).for_each(|(value, c)| *value += c);
        input = b.alloc(values[0]);
        partial.x.push(input);
    }
    let [_, idle @ ..] = values;
    partial.idle_last = idle.map(|value| b.alloc(value));
    for step in 0..rounds {
        b.zero(|| if step < IDLE { partial.opening(step) } else { partial.recurrence(step) });
    }
    for back in 0..IDLE {
        b.zero(|| partial.closing(back));
    }
    let [i0, i1, i2, i3] = partial.idle_last;
    [input, i0, i1, i2, i3]
}

impl Partial {
    /// `w` after `step` partial rounds: `b.y = x' - a v - c`.
    fn reading(&self, step: usize) -> Lc {
        let constant = round_constants()[FIRST_PARTIAL + step + 1][0];
        self.x[step + 1] - self.v[step] * mds()[0][0] - Lc::constant(constant)
    }

    /// `w_step = b A^step y_0 + sum over i < step of b A^(step-1-i) (d v_i + e_(i+1))`
    fn opening(&self, step: usize) -> Lc {
        let forward = &Tables::get().forward;
        let start = self.idle_first.iter().zip(&forward[step]).map(|(y, factor)| *y * *factor).sum::<Lc>();
        (0..step).fold(self.reading(step) - start, |lc, i| {
            let row = &forward[step - 1 - i];
            let constants = Tables::idle_constants(FIRST_PARTIAL + i + 1);
            lc - self.v[i] * dot(row, &Tables::drive()) - Lc::constant(dot(row, &constants))
        })
    }

    /// The relation of five rounds that [`Tables`] derives.
    fn recurrence(&self, step: usize) -> Lc {
        let tables = Tables::get();
        let readings = (0..=IDLE).map(|k| self.reading(step - k) * tables.characteristic[k]).sum::<Lc>();
        let driven = (0..IDLE).map(|i| self.v[step - IDLE + i] * tables.response[i]).sum::<Lc>();
        readings - driven - Lc::constant(tables.drift(FIRST_PARTIAL + step))
    }

    /// `w_(n-1-back)` from the idle elements `y_n` at the end, backwards: `y_i = A^-1 (y_(i+1) - d v_i - e_(i+1))`.
    fn closing(&self, back: usize) -> Lc {
        let backward = &Tables::get().backward;
        let last = self.v.len() - 1;
        let end = self.idle_last.iter().zip(&backward[back]).map(|(y, factor)| *y * *factor).sum::<Lc>();
        (0..=back).fold(self.reading(last - back) - end, |lc, k| {
            // The step `last - k` lies `back - k + 1` inversions away.
            let row = &backward[back - k];
            let constants = Tables::idle_constants(FIRST_PARTIAL + last - k + 1);
            lc + self.v[last - k] * dot(row, &Tables::drive()) + Lc::constant(dot(row, &constants))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::builder::{Filler, ShapeBuilder};
    use nectar_commitment::hash4;

    #[test]
    fn the_gadget_computes_the_native_hash() {
        let mut b = Filler::default();
        let values = [1, 2, 3, 4].map(Fr::from);
        let hashed = hash_of(&mut b, Domain::Leaf, values.map(Lc::constant));
        assert_eq!(hashed.value, hash4(Domain::Leaf, values));
        let mut place = 0;
        let inputs = values.map(|value| {
            place += 1;
            Input::free(&mut b, place - 1, value)
        });
        let chosen = hash(&mut b, Tag::Chosen(Lc::constant(Domain::Auth.tag())), inputs);
        assert_eq!(chosen.value, hash4(Domain::Auth, values));
    }

    #[test]
    fn a_permutation_costs_what_the_design_says() {
        let mut b = ShapeBuilder::default();
        let mut place = 0;
        let inputs = [(); RATE].map(|()| {
            place += 1;
            Input::free(&mut b, place - 1, Fr::from(0))
        });
        hash(&mut b, Tag::Fixed(Domain::Node), inputs);
        let shape = b.finish(0);
        let linear = shape.A().indptr.windows(2).filter(|w| w[0] == w[1]).count();
        let nonzeros = shape.A().len() + shape.B().len() + shape.C().len();
        assert_eq!((shape.num_cons(), linear, shape.num_vars() - RATE, nonzeros), (363, 66, 363, 1757));
    }
}
