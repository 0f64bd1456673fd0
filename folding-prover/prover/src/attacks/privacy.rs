//! Proofs of calls that differ in nothing but secrets: who looks at them tells no more than a coin does.

#[path = "../../../circuit/tests/common/program.rs"]
mod program;
#[path = "../../../circuit/tests/common/recorded.rs"]
mod recorded;
#[path = "../../../circuit/tests/common/told.rs"]
mod told;

use ff::Field;
use nectar_circuit::engine::Affine;
use nectar_circuit::execution::{Arranged, Batch, Capacity, ExecutionCircuit, Kind, Size};
use nectar_circuit::{Boundary, Frame, Phased as _, Position, Statement, Uniform as _};
use nectar_commitment::{Fr, to_bytes};
use nectar_verifier::{Transcript, verify};
use rand_core::{OsRng, RngCore as _};

use super::fold_and_compress;
use crate::fold::{Blinded, Committed, commit_from};
use crate::{ProverKey, prove_phased};
use program::{Named, program};
use told::{Call, HONEST, Teller};

/// Of two kinds of samples, so many are learned from, and as many more are to be told apart.
const EACH: usize = 12;
/// Of as many guesses of a coin, so many are right with a probability of 1.8e-5.
const UNLIKELY: usize = 22;

/// Two calls of the same length that go the same way. State, message and what is said differ.
const CALLS: [Call; 2] = [
    Call { message: 1 + (7 << 20), state: 41, ..HONEST },
    Call { message: 1 + (9 << 40), state: 1 << 50, ..HONEST },
];

/// A chunk that is cheap to prove: a call takes several.
fn size() -> Size {
    let mut steps: Capacity = Kind::ALL.map(|kind| (kind, 1)).into();
    steps.extend([(Kind::Copy, 8), (Kind::Emit, 4), (Kind::Advise, 3), (Kind::Go, 2), (Kind::Sum, 2)]);
    Size {
        steps,
        hashes: 14,
        nodes: 12,
        rows: 20,
        data: 1,
        elements: 1,
        programs: 1,
        runs: 1,
        growths: 1,
        zeros: 2,
        links: 1,
        image: 1,
        parts: 2,
        accesses: 1,
        items: 1,
        scans: 1,
        queries: 1,
        addresses: 1,
        entries: 1,
        receipts: 1,
    }
}

fn arranged(named: &Named, call: &Call) -> (Arranged, Statement) {
    let told = Teller::honest(&named.program).tells(call, 1, |_| ());
    let zero = Fr::zero();
    let statement = Statement {
        chain_id: 31_337,
        network: 1,
        batch: 2,
        pre_root: zero,
        post_root: zero,
        receipts_root: recorded::root(std::slice::from_ref(&told.receipt)),
        receipts: 1,
        program_registry_root: zero,
        window: (0, 0),
    };
    let batch = Batch { programs: vec![&named.program], runs: vec![told.run], receipts: vec![told.receipt] };
    (Arranged::new(batch, &size()).unwrap(), statement)
}

struct Prover {
    named: Named,
    key: ProverKey<ExecutionCircuit>,
}

impl Prover {
    fn new() -> Self {
        let circuit = ExecutionCircuit::new(size());
        let shape = circuit.shape();
        assert!(
            shape.A().len() + shape.B().len() + shape.C().len() < 1 << 17,
            "the next power takes twice as long"
        );
        Self { named: program(false), key: ProverKey::development(circuit).unwrap() }
    }

    /// Bytes of an honest proof of one of both calls.
    fn proves(&self, which: usize) -> Vec<u8> {
        let (arranged, statement) = arranged(&self.named, &CALLS[which]);
        let chunk = |number| arranged.chunk(number);
        let (proof, _) = prove_phased(&self.key, &statement, arranged.chunks(), chunk, &()).unwrap();
        verify(self.key.verifier(), &statement, &proof).unwrap();
        proof.encode()
    }

    /// The same, if first phases are committed to without a blind. It is as true as any.
    fn proves_openly(&self, which: usize) -> Vec<u8> {
        let (arranged, statement) = arranged(&self.named, &CALLS[which]);
        let (keys, circuit) = (self.key.keys(), self.key.circuit());
        let open = |number| {
            let point = commit_from(keys, 0, &circuit.first(&arranged.chunk(number))).unwrap();
            Blinded { point: nectar_circuit::engine::DlogGroup::affine(&point), blind: Fr::ZERO }
        };
        let first: Vec<Blinded> = (0..arranged.chunks()).map(open).collect();
        let points: Vec<Affine> = first.iter().map(|first| first.point).collect();
        let (transcript, challenges) =
            Transcript::new(&self.key.verifier().digest(), &statement).phased(&points);
        let mut start = Boundary { values: circuit.start(&statement), salt: Fr::random(OsRng) };
        let mut chunks = Vec::new();
        for (number, first) in first.iter().enumerate() {
            let position = Position { first: number == 0, last: number + 1 == arranged.chunks() };
            let end_salt = Fr::random(OsRng);
            let frame = Frame { statement: &statement, position, challenges, start: &start, end_salt };
            let assignment = circuit.second(&arranged.chunk(number), &frame);
            start = Boundary { values: assignment.end.clone(), salt: end_salt };
            let [from, to, ..] = assignment.public;
            chunks.push((Committed::phased(keys, first, assignment).unwrap(), [from, to]));
        }
        let proof = fold_and_compress(keys, transcript, chunks);
        verify(self.key.verifier(), &statement, &proof).unwrap();
        proof.encode()
    }
}

/// Learns from samples of both kinds how each of their bytes is on average and how far it strays, and takes what is new for what it is nearer to.
struct Distinguisher {
    means: [Vec<f64>; 2],
    spreads: Vec<f64>,
}

impl Distinguisher {
    fn new(samples: [&[Vec<u8>]; 2]) -> Self {
        let length = samples[0][0].len();
        let mean = |samples: &[Vec<u8>], at: usize| {
            samples.iter().map(|sample| f64::from(sample[at])).sum::<f64>() / samples.len() as f64
        };
        let means = samples.map(|samples| (0..length).map(|at| mean(samples, at)).collect::<Vec<_>>());
        let spread = |at: usize| {
            let square = |kind: usize, sample: &Vec<u8>| (f64::from(sample[at]) - means[kind][at]).powi(2);
            let squares =
                (0..2).flat_map(|kind| samples[kind].iter().map(move |sample| square(kind, sample)));
            // A byte that never strays says all there is to say.
            squares.sum::<f64>() + 1e-6
        };
        Self { spreads: (0..length).map(spread).collect(), means }
    }

    fn guess(&self, sample: &[u8]) -> usize {
        let distance = |means: &[f64]| {
            let all = sample.iter().zip(means).zip(&self.spreads);
            all.map(|((byte, mean), spread)| (f64::from(*byte) - mean).powi(2) / spread).sum::<f64>()
        };
        usize::from(distance(&self.means[1]) < distance(&self.means[0]))
    }

    /// How many of the second half of all samples it tells right, having learned from the first.
    fn right(all: [&[Vec<u8>]; 2]) -> usize {
        let half = all[0].len() / 2;
        let learned = Self::new(all.map(|samples| &samples[..half]));
        (0..2)
            .map(|kind| all[kind][half..].iter().filter(|sample| learned.guess(sample) == kind).count())
            .sum()
    }
}

/// As many samples of each kind, in turn.
fn samples(each: usize, mut sample: impl FnMut(usize) -> Vec<u8>) -> [Vec<Vec<u8>>; 2] {
    let mut all = [Vec::new(), Vec::new()];
    for _ in 0..each {
        (0..2).for_each(|kind| all[kind].push(sample(kind)));
    }
    all
}

/// Learns from so many proofs of each call, and tells as many others apart: fewer of them right than is unlikely for a coin.
fn proofs_are_told_apart_no_better_than_by_a_coin(each: usize, unlikely: usize) {
    let prover = Prover::new();
    let [one, other] = samples(2 * each, |which| prover.proves(which));
    assert!(one.iter().chain(&other).all(|proof| proof.len() == one[0].len()), "sizes say nothing");
    let right = Distinguisher::right([&one, &other]);
    assert!(right < unlikely, "{right} of {}", 2 * each);

    // Without blinds the same guesses are right.
    let [one, other] = samples(4, |which| prover.proves_openly(which));
    assert_eq!(Distinguisher::right([&one, &other]), 4);
}

/// All 16 guesses are right with a probability of 1.5e-5.
#[test]
fn proofs_of_other_secrets_are_told_apart_no_better_than_by_a_coin() {
    proofs_are_told_apart_no_better_than_by_a_coin(8, 16);
}

/// `cargo test -p nectar-prover --lib -- --ignored privacy`
#[test]
#[ignore = "56 proofs: the test above has 40"]
fn more_proofs_of_other_secrets_are_told_apart_no_better_either() {
    proofs_are_told_apart_no_better_than_by_a_coin(EACH, UNLIKELY);
}

#[test]
fn what_a_statement_says_of_secrets_is_salted() {
    let named = program(false);
    let root = |which: usize, salt: u64| {
        let (_, statement) = arranged(&named, &Call { salt, ..CALLS[which] });
        to_bytes(&statement.receipts_root).to_vec()
    };
    let [one, other] = samples(2 * EACH, |which| root(which, OsRng.next_u64()));
    let right = Distinguisher::right([&one, &other]);
    assert!(right < UNLIKELY, "{right} of {}", 2 * EACH);
    // The same salts every time would tell.
    let [one, other] = samples(2 * EACH, |which| root(which, 1));
    assert_eq!(Distinguisher::right([&one, &other]), 2 * EACH);
}
