//! A small circuit of two phases: what its chunks send, (a, a^2), is what they receive, in any order and in any chunk,
//! because a sum that runs through all chunks is zero in the end (LogUp, eprint 2022/1530).
#![allow(
    dead_code,
    clippy::allow_attributes,
    reason = "each of those who include this file uses a part of it, some of them all"
)]

#[path = "sheet.rs"]
mod sheet;

use ff::{BatchInvert as _, Field as _};
use nectar_circuit::engine::Shape;
use nectar_circuit::{Frame, PUBLIC_INPUTS, Phased, PhasedAssignment, Statement, Uniform};
use nectar_commitment::Fr;

use sheet::{Lc, Sheet};

/// A pair that is sent, and one that is received.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Exchange {
    pub(crate) sent: Fr,
    pub(crate) received: [Fr; 2],
}

/// First-phase values of an exchange: whether it is used, both pairs.
pub(crate) const PER_EXCHANGE: usize = 5;
/// Place of the second coordinate of what is received among them, behind that of the first.
pub(crate) const RECEIVED: [usize; 2] = [3, 4];

/// The circuit with some exchanges a chunk.
#[derive(Debug, Clone)]
pub(crate) struct Tally {
    exchanges: usize,
    shape: Shape,
}

impl Tally {
    pub(crate) fn new(exchanges: usize) -> Self {
        let mut sheet = Sheet::recording();
        let first = first_part(&mut sheet, exchanges, &[]);
        second_part(&mut sheet, &first, [Fr::ZERO; 2], [Fr::ZERO; 2], [Fr::ZERO; PUBLIC_INPUTS]);
        Self { exchanges, shape: sheet.shape(PUBLIC_INPUTS) }
    }
}

impl Uniform for Tally {
    fn shape(&self) -> &Shape {
        &self.shape
    }

    fn slots(&self) -> usize {
        self.exchanges
    }

    fn first_variables(&self) -> usize {
        PER_EXCHANGE * self.exchanges
    }
}

impl Phased for Tally {
    type Chunk = Vec<Exchange>;

    fn first(&self, chunk: &Self::Chunk) -> Vec<Fr> {
        let mut sheet = Sheet::default();
        first_part(&mut sheet, self.exchanges, chunk);
        sheet.first
    }

    fn second(&self, chunk: &Self::Chunk, frame: &Frame<'_>) -> PhasedAssignment {
        let mut sheet = Sheet::default();
        let first = first_part(&mut sheet, self.exchanges, chunk);
        let start = [frame.start.values[0], frame.start.values[1]];
        // The commitments to the boundaries are computed on the way.
        let inputs = frame.public_inputs(Fr::ZERO, Fr::ZERO);
        let ([start, end], values) =
            second_part(&mut sheet, &first, start, [frame.start.salt, frame.end_salt], inputs);
        let Sheet { first, second, .. } = sheet;
        PhasedAssignment { first, second, public: frame.public_inputs(start, end), end: values.into() }
    }

    fn start(&self, _: &Statement) -> Vec<Fr> {
        vec![Fr::ZERO; 2]
    }

    fn may_end(&self, statement: &Statement, end: &[Fr]) -> bool {
        end == [Fr::ZERO, Fr::from(statement.receipts)]
    }
}

/// Whether it is used, what is sent, what is received.
struct Pairs {
    used: Lc,
    sent: [Lc; 2],
    received: [Lc; 2],
}

fn first_part(sheet: &mut Sheet, exchanges: usize, chunk: &[Exchange]) -> Vec<Pairs> {
    let padded = chunk.iter().map(Some).chain(std::iter::repeat(None)).take(exchanges);
    let slot = |exchange: Option<&Exchange>| {
        let used = sheet.first(Fr::from(u64::from(exchange.is_some())));
        sheet.row(used.clone(), used.clone(), used.clone());
        let Exchange { sent, received } =
            exchange.copied().unwrap_or(Exchange { sent: Fr::ZERO, received: [Fr::ZERO; 2] });
        let sent = [sheet.first(sent), sheet.first(sent.square())];
        sheet.row(sent[0].clone(), sent[0].clone(), sent[1].clone());
        Pairs { used, sent, received: received.map(|value| sheet.first(value)) }
    };
    padded.map(slot).collect()
}

/// The boundaries' commitments, and what is behind the one at the end: the sum, and the number of exchanges so far.
fn second_part(
    sheet: &mut Sheet,
    pairs: &[Pairs],
    start: [Fr; 2],
    salts: [Fr; 2],
    inputs: [Fr; PUBLIC_INPUTS],
) -> ([Fr; 2], [Fr; 2]) {
    let mut place = 0;
    let [claimed_start, claimed_end, first, last, gamma, alpha, _, receipts, context] = inputs.map(|value| {
        place += 1;
        Lc::input(place - 1, value)
    });
    let start = start.map(|value| sheet.second(value));
    let fingerprints: Vec<Lc> = pairs
        .iter()
        .flat_map(|pair| [&pair.sent, &pair.received])
        .map(|[a, b]| gamma.clone() + a.clone() + sheet.product(alpha.clone(), b.clone()))
        .collect();
    let mut inverses: Vec<Fr> = fingerprints.iter().map(|fingerprint| fingerprint.value).collect();
    inverses.iter_mut().batch_invert();
    let [mut sum, mut count] = start.clone();
    let terms = fingerprints.into_iter().zip(inverses).enumerate();
    for (i, (fingerprint, inverse)) in terms {
        let used = pairs[i / 2].used.clone();
        let term = sheet.second(inverse * used.value);
        sheet.row(term.clone(), fingerprint, used.clone());
        if i % 2 == 0 {
            (sum, count) = (sum + term, count + used);
        } else {
            sum = sum - term;
        }
    }
    let end = [sheet.alias(sum), sheet.alias(count)];
    let [start_salt, end_salt] = salts.map(|salt| sheet.second(salt));
    let commitments = [(start.clone(), start_salt, claimed_start), (end.clone(), end_salt, claimed_end)].map(
        |([sum, count], salt, claimed)| {
            let commitment = sheet.hash([sum, count, context.clone(), salt]);
            sheet.zero(commitment.clone() - claimed);
            commitment.value
        },
    );
    let [end_sum, end_count] = end.clone();
    for value in start {
        sheet.row(first.clone(), value, Lc::default());
    }
    sheet.row(last.clone(), end_sum, Lc::default());
    sheet.row(last, end_count - receipts, Lc::default());
    (commitments, end.map(|value| value.value))
}

/// A batch that sends the numbers from 1 on and receives their squares in the opposite order.
pub(crate) fn tally_batch(circuit: &Tally, chunks: usize) -> (Statement, Vec<Vec<Exchange>>) {
    // One place of each chunk stays empty, where there is more than one.
    let used = (circuit.exchanges - 1).max(1);
    let all = (used * chunks) as u64;
    let exchange = |n: u64| {
        let other = Fr::from(all + 1 - n);
        Exchange { sent: Fr::from(n), received: [other, other.square()] }
    };
    let exchanges: Vec<Exchange> = (1..=all).map(exchange).collect();
    let root = |n: u64| Fr::from(n);
    let statement = Statement {
        chain_id: 31_337,
        network: 7,
        batch: 3,
        pre_root: root(1),
        post_root: root(2),
        receipts_root: root(3),
        receipts: all,
        program_registry_root: root(4),
        window: (1_700_000_000, 1_700_000_600),
    };
    (statement, exchanges.chunks(used).map(<[Exchange]>::to_vec).collect())
}
