//! Folds whatever values of two phases it likes.

use std::sync::OnceLock;

use nectar_circuit::engine::{Affine, Commitment, DlogGroup, Point, relaxed_instance};
use nectar_circuit::execution::Challenges;
use nectar_circuit::{Boundary, Frame, Phased, PhasedAssignment, Position, Statement};
use nectar_commitment::Fr;
use nectar_verifier::{Proof, Transcript, VerifyError, verify};

use crate::attacks::fold_and_compress;
use crate::fold::{Blinded, Committed, commit_from};
use crate::testing::{Exchange, Tally, fr, tally_batch};
use crate::{ProveError, ProverKey, prove_phased};

pub(super) fn key() -> &'static ProverKey<Tally> {
    static KEY: OnceLock<ProverKey<Tally>> = OnceLock::new();
    KEY.get_or_init(|| ProverKey::development(Tally::new(4)).unwrap())
}

/// Two chunks.
pub(super) fn batch() -> (Statement, Vec<Vec<Exchange>>) {
    tally_batch(key().circuit(), 2)
}

pub(super) fn honest() -> &'static Proof {
    static PROOF: OnceLock<Proof> = OnceLock::new();
    PROOF.get_or_init(|| prove(&batch().0, &batch().1).unwrap())
}

pub(super) fn prove(statement: &Statement, chunks: &[Vec<Exchange>]) -> Result<Proof, ProveError> {
    prove_phased(key(), statement, chunks.len(), |i| chunks[i].clone(), &()).map(|(proof, _)| proof)
}

pub(super) fn verdict(statement: &Statement, proof: &Proof) -> Result<(), VerifyError> {
    verify(key().verifier(), statement, proof)
}

/// Whether MicroSpartan's argument is what fails.
pub(super) fn refused(statement: &Statement, proof: &Proof) -> bool {
    matches!(verdict(statement, proof), Err(VerifyError::Argument(_)))
}

/// Whether the argument holds, but not that the second phase left the first as it was.
pub(super) fn refused_for_its_phases(proof: &Proof) -> bool {
    matches!(verdict(&batch().0, proof), Err(VerifyError::SecondPhase))
}

/// What a forger commits to for a chunk.
pub(super) struct Lie {
    /// Values that count, of both phases.
    assignment: PhasedAssignment,
    /// Values that it committed to before the challenges.
    first: Vec<Fr>,
}

/// Values of all chunks, under any challenges.
pub(super) fn assignments(
    statement: &Statement,
    chunks: &[Vec<Exchange>],
    challenges: Challenges,
) -> Vec<PhasedAssignment> {
    let circuit = key().circuit();
    let mut start = Boundary { values: circuit.start(statement), salt: fr(100) };
    let assign = |(i, chunk): (usize, &Vec<Exchange>)| {
        let position = Position { first: i == 0, last: i + 1 == chunks.len() };
        let end_salt = fr(101 + i as u64);
        let frame = Frame { statement, position, challenges, start: &start, end_salt };
        let assignment = circuit.second(chunk, &frame);
        start = Boundary { values: assignment.end.clone(), salt: end_salt };
        assignment
    };
    chunks.iter().enumerate().map(assign).collect()
}

/// Commits to `first` before the challenges, and in the second phase to the difference of all that counts to it: in
/// whatever place. `drawn` is what the challenges are drawn from.
pub(super) fn forge(
    statement: &Statement,
    first: &[Vec<Fr>],
    drawn: impl FnOnce(&[Affine]) -> Vec<Affine>,
    respond: impl FnOnce(Challenges) -> Vec<PhasedAssignment>,
) -> Proof {
    let keys = key().keys();
    let committed: Vec<Blinded> = first.iter().map(|values| Blinded::new(keys, 0, values).unwrap()).collect();
    let points: Vec<Affine> = committed.iter().map(|first| first.point).collect();
    let transcript = Transcript::new(&key().verifier.digest(), statement);
    let (_, challenges) = transcript.phased(&drawn(&points));
    let lies = respond(challenges).into_iter().zip(first);
    let lies = lies.map(|(assignment, first)| Lie { assignment, first: first.clone() });
    let chunks = lies.zip(&committed).map(|(lie, first)| {
        let [start, end, ..] = lie.assignment.public;
        (lie.commit(first), [start, end])
    });
    fold_and_compress(keys, transcript.phased(&points).0, chunks.collect())
}

impl Lie {
    fn commit(self, first: &Blinded) -> Committed {
        let keys = key().keys();
        let Self { assignment, first: before } = self;
        let moved: Vec<Fr> = assignment.first.iter().zip(&before).map(|(now, then)| *now - then).collect();
        let mut committed = Committed::phased(keys, first, assignment).unwrap();
        let moved = commit_from(keys, 0, &moved).unwrap();
        let mut second = committed.second.unwrap();
        second.point = (moved + second.point).affine();
        committed.second = Some(second);
        let commitment = Point::group(&first.point) + second.point;
        let (u, x) = (committed.instance.u(), committed.instance.X().to_vec());
        committed.instance =
            relaxed_instance(Commitment::new(commitment), Commitment::default(), u, x).unwrap();
        committed
    }
}

pub(super) fn first_values(chunks: &[Vec<Exchange>]) -> Vec<Vec<Fr>> {
    chunks.iter().map(|chunk| key().circuit().first(chunk)).collect()
}

/// A forgery whose first phase is what it should be.
pub(super) fn forge_honestly(statement: &Statement, chunks: &[Vec<Exchange>]) -> Proof {
    forge(statement, &first_values(chunks), <[Affine]>::to_vec, |challenges| {
        assignments(statement, chunks, challenges)
    })
}
