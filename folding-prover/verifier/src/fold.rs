#![expect(clippy::arithmetic_side_effects, reason = "arithmetic in the field cannot overflow")]

use std::ops::Range;

use ff::Field;
use nectar_circuit::engine::{Affine, Commitment, Point, RelaxedInstance, combine, relaxed_instance};
use nectar_circuit::execution::Challenges;
use nectar_circuit::{PUBLIC_INPUTS, Position, Statement, phased_inputs, public_inputs};
use nectar_commitment::Fr;

use crate::opening::SecondPhaseOpening;
use crate::transcript::{Digest, challenge};
use crate::{FoldTree, Proof, SecondPhase, Transcript, VerifierKey, VerifyError};

/// A subtree: its hash, and which leaves and nodes lie in it.
struct Subtree {
    digest: Digest,
    leaves: Range<usize>,
    nodes: Range<usize>,
}

/// What each instance and each cross term counts for in the folded instance.
struct Weights {
    leaves: Vec<Fr>,
    nodes: Vec<Fr>,
}

impl Weights {
    /// Folding with challenge r multiplies the right instance by r and the right error term by r^2, and adds r times the
    /// cross term.
    fn merge(
        &mut self,
        transcript: &Transcript,
        proof: &Proof,
        left: Subtree,
        right: Subtree,
    ) -> Option<Subtree> {
        let cross_term = proof.cross_terms.get(self.nodes.len())?;
        let digest = transcript.node(&left.digest, &right.digest, cross_term);
        let r = challenge(&digest);
        let square = r.square();
        self.leaves.get_mut(right.leaves.clone())?.iter_mut().for_each(|weight| *weight *= r);
        self.nodes.get_mut(right.nodes)?.iter_mut().for_each(|weight| *weight *= square);
        self.nodes.push(r);
        Some(Subtree {
            digest,
            leaves: left.leaves.start..right.leaves.end,
            nodes: left.nodes.start..self.nodes.len(),
        })
    }
}

/// What is left to check.
pub(crate) struct Folded {
    /// The folded instance without its blinds.
    pub(crate) instance: RelaxedInstance,
    /// That its second phase is one, if there are two.
    pub(crate) second: Option<SecondPhaseOpening>,
}

/// Folds the instances: nothing of what comes out is read from the proof.
pub(crate) fn fold(key: &VerifierKey, statement: &Statement, proof: &Proof) -> Result<Folded, VerifyError> {
    require_fitting_parts(proof)?;
    let second = proof.second.as_ref();
    let mut transcript = Transcript::new(&key.digest(), statement);
    let mut challenges = None;
    if second.is_some() {
        let (phased, drawn) = transcript.phased(&proof.witnesses);
        (transcript, challenges) = (phased, Some(drawn));
    }
    let instances = instances(statement, proof, challenges);
    let mut weights = Weights { leaves: vec![Fr::ONE; instances.len()], nodes: Vec::new() };
    let mut tree = FoldTree::default();
    let mut number = 0u32;
    for (i, instance) in instances.iter().enumerate() {
        let [start, end, ..] = &instance.x;
        let ChunkInstance { position, witness, second, .. } = instance;
        let digest = transcript.leaf(number, *position, witness, *second, [start, end]);
        let nodes = weights.nodes.len()..weights.nodes.len();
        let leaf = Subtree { digest, leaves: i..i.saturating_add(1), nodes };
        tree.push(leaf, |a, b| weights.merge(&transcript, proof, a, b).ok_or(VerifyError::Parts))?;
        number = number.saturating_add(1);
    }
    let root = tree.finish(|a, b| weights.merge(&transcript, proof, a, b).ok_or(VerifyError::Parts))?;
    let root = root.ok_or(VerifyError::Parts)?;

    let random = &proof.random;
    let random_second = second.map(|second| &second.random);
    let seal = transcript.seal(number, &root.digest, random, random_second, &proof.random_cross_term);
    let r = challenge(&seal);
    let u = weights.leaves.iter().sum::<Fr>() + r * random.u;
    let mut x = random.x.map(|value| r * value);
    for (instance, weight) in instances.iter().zip(&weights.leaves) {
        x.iter_mut().zip(instance.x).for_each(|(sum, value)| *sum += *weight * value);
    }
    let mut comm_w = weigh(&weights.leaves, &proof.witnesses, (r, random.comm_w));
    let opening = second.map(|second| {
        let commitment = weigh(&weights.leaves, &second.witnesses, (r, second.random));
        comm_w += commitment;
        opening(key, proof, second, &seal, commitment)
    });
    comm_w -= Point::from(*key.hiding()) * proof.blind_w;
    let comm_e = weights.nodes.iter().copied().zip(proof.cross_terms.iter().copied());
    let comm_e: Vec<(Fr, Affine)> = comm_e
        .chain([(r, proof.random_cross_term), (r.square(), random.comm_e), (-proof.blind_e, *key.hiding())])
        .collect();
    let comm_e = Commitment::new(combine(&comm_e));
    let instance = relaxed_instance(Commitment::new(comm_w), comm_e, u, x.to_vec());
    Ok(Folded { instance: instance.map_err(VerifyError::Argument)?, second: opening })
}

/// The sum of weighted commitments, with the random instance's.
fn weigh(weights: &[Fr], commitments: &[Affine], random: (Fr, Affine)) -> Point {
    let chunks = weights.iter().copied().zip(commitments.iter().copied());
    combine(&chunks.chain([random]).collect::<Vec<_>>())
}

fn opening(
    key: &VerifierKey,
    proof: &Proof,
    second: &SecondPhase,
    seal: &Digest,
    commitment: Point,
) -> SecondPhaseOpening {
    let blinds = [&proof.blind_w, &proof.blind_e, &second.blind];
    SecondPhaseOpening {
        commitment: commitment - Point::from(*key.hiding()) * second.blind,
        shifted: second.shifted.into(),
        quotient: second.quotient.into(),
        point: challenge(&Transcript::point(seal, blinds, &second.shifted)),
    }
}

struct ChunkInstance<'a> {
    position: Position,
    witness: &'a Affine,
    second: Option<&'a Affine>,
    x: [Fr; PUBLIC_INPUTS],
}

fn require_fitting_parts(proof: &Proof) -> Result<(), VerifyError> {
    let chunks = proof.chunks();
    let joined = proof.boundaries.len().checked_sub(1) == Some(chunks);
    let folded = proof.cross_terms.len().checked_add(1) == Some(chunks);
    let phased = proof.second.as_ref().is_none_or(|second| second.witnesses.len() == chunks);
    if joined && folded && phased { Ok(()) } else { Err(VerifyError::Parts) }
}

/// The strict instances, joined at their boundaries: where one ends the next one starts.
fn instances<'a>(
    statement: &Statement,
    proof: &'a Proof,
    challenges: Option<Challenges>,
) -> Vec<ChunkInstance<'a>> {
    let chunks = proof.chunks();
    let ends = proof.boundaries.iter().zip(proof.boundaries.iter().skip(1));
    let instances = proof.witnesses.iter().zip(ends).enumerate();
    let instances = instances.map(|(i, (witness, (start, end)))| {
        let position = Position { first: i == 0, last: i.checked_add(1) == Some(chunks) };
        let second = proof.second.as_ref().and_then(|second| second.witnesses.get(i));
        let x = match challenges {
            Some(challenges) => phased_inputs(statement, *start, *end, position, challenges),
            None => public_inputs(statement, *start, *end, position),
        };
        ChunkInstance { position, witness, second, x }
    });
    instances.collect()
}
