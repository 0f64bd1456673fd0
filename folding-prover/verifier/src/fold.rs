#![expect(clippy::arithmetic_side_effects, reason = "arithmetic in the field cannot overflow")]

use std::ops::Range;

use ff::Field;
use nectar_circuit::engine::{Affine, Commitment, Point, RelaxedInstance, combine, relaxed_instance};
use nectar_circuit::{PUBLIC_INPUTS, Position, Statement, public_inputs};
use nectar_commitment::Fr;

use crate::transcript::{Digest, challenge};
use crate::{FoldTree, Proof, Transcript, VerifierKey, VerifyError};

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

/// The folded instance without its blinds, from the instances: nothing of it is read from the proof.
pub(crate) fn fold(
    key: &VerifierKey,
    statement: &Statement,
    proof: &Proof,
) -> Result<RelaxedInstance, VerifyError> {
    let instances = instances(statement, proof)?;
    let transcript = Transcript::new(&key.digest(), statement);
    let mut weights = Weights { leaves: vec![Fr::ONE; instances.len()], nodes: Vec::new() };
    let mut tree = FoldTree::default();
    let mut number = 0u32;
    for (i, instance) in instances.iter().enumerate() {
        let [start, end, ..] = &instance.x;
        let digest = transcript.leaf(number, instance.position, instance.witness, start, end);
        let nodes = weights.nodes.len()..weights.nodes.len();
        let leaf = Subtree { digest, leaves: i..i.saturating_add(1), nodes };
        tree.push(leaf, |a, b| weights.merge(&transcript, proof, a, b).ok_or(VerifyError::Parts))?;
        number = number.saturating_add(1);
    }
    let root = tree.finish(|a, b| weights.merge(&transcript, proof, a, b).ok_or(VerifyError::Parts))?;
    let root = root.ok_or(VerifyError::Parts)?;

    let random = &proof.random;
    let r = challenge(&transcript.seal(number, &root.digest, random, &proof.random_cross_term));
    let u = weights.leaves.iter().sum::<Fr>() + r * random.u;
    let mut x = random.x.map(|value| r * value);
    for (instance, weight) in instances.iter().zip(&weights.leaves) {
        x.iter_mut().zip(instance.x).for_each(|(sum, value)| *sum += *weight * value);
    }
    let comm_w = weights.leaves.iter().copied().zip(proof.witnesses.iter().copied());
    let comm_w: Vec<(Fr, Affine)> =
        comm_w.chain([(r, random.comm_w), (-proof.blind_w, *key.hiding())]).collect();
    let comm_e = weights.nodes.iter().copied().zip(proof.cross_terms.iter().copied());
    let comm_e: Vec<(Fr, Affine)> = comm_e
        .chain([(r, proof.random_cross_term), (r.square(), random.comm_e), (-proof.blind_e, *key.hiding())])
        .collect();
    relaxed_instance(commitment(combine(&comm_w)), commitment(combine(&comm_e)), u, x.to_vec())
        .map_err(VerifyError::Argument)
}

fn commitment(point: Point) -> Commitment {
    Commitment::new(point)
}

struct ChunkInstance<'a> {
    position: Position,
    witness: &'a Affine,
    x: [Fr; PUBLIC_INPUTS],
}

/// The strict instances, joined at their boundaries: where one ends the next one starts.
fn instances<'a>(statement: &Statement, proof: &'a Proof) -> Result<Vec<ChunkInstance<'a>>, VerifyError> {
    let chunks = proof.chunks();
    let joined = proof.boundaries.len().checked_sub(1) == Some(chunks);
    if !joined || proof.cross_terms.len().checked_add(1) != Some(chunks) {
        return Err(VerifyError::Parts);
    }
    let ends = proof.boundaries.iter().zip(proof.boundaries.iter().skip(1));
    let instances = proof.witnesses.iter().zip(ends).enumerate().map(|(i, (witness, (start, end)))| {
        let position = Position { first: i == 0, last: i.checked_add(1) == Some(chunks) };
        ChunkInstance { position, witness, x: public_inputs(statement, *start, *end, position) }
    });
    Ok(instances.collect())
}
