use ff::Field;
use nectar_circuit::engine::{
    Affine, Commitment, CommitmentEngine, CommitmentEngineTrait, DlogGroup, DlogGroupExt, NovaError, Point,
    RelaxedInstance, RelaxedWitness, commitment_to_point,
};
use nectar_circuit::{Assignment, PUBLIC_INPUTS, PhasedAssignment};
use nectar_commitment::Fr;
use nectar_verifier::{Digest, RandomInstance, SecondPhase, Transcript, challenge};
use rand_core::OsRng;
use rayon::prelude::*;

use crate::key::Keys;
use crate::shift::{SecondPhaseOpening, Shifted};

/// A commitment with its blind.
#[derive(Clone, Copy)]
pub(crate) struct Blinded {
    pub(crate) point: Affine,
    pub(crate) blind: Fr,
}

impl Blinded {
    /// Commits to values in the places from `from` on, with a new blind. Only these places cost anything.
    pub(crate) fn new(keys: Keys<'_>, from: usize, values: &[Fr]) -> Result<Self, NovaError> {
        let blind = Fr::random(OsRng);
        let point = commit_from(keys, from, values)? + Point::group(keys.commitment.h()) * blind;
        Ok(Self { point: point.affine(), blind })
    }
}

/// Commits to values in the places from `from` on, without a blind.
pub(crate) fn commit_from(keys: Keys<'_>, from: usize, values: &[Fr]) -> Result<Point, NovaError> {
    let bases = keys.commitment.ck().get(from..from + values.len());
    let bases = bases.ok_or(NovaError::InvalidCommitmentKeyLength)?;
    Ok(Point::vartime_multiscalar_mul(values, bases))
}

/// A chunk with the commitments to its values.
pub(crate) struct Committed {
    pub(crate) instance: RelaxedInstance,
    pub(crate) witness: RelaxedWitness,
    /// To all values, or to those of the first phase.
    pub(crate) first: Affine,
    /// To those of the second phase, if there is one.
    pub(crate) second: Option<Blinded>,
}

impl Committed {
    /// All values at once.
    pub(crate) fn new(keys: Keys<'_>, assignment: Assignment) -> Result<Self, NovaError> {
        let Assignment { witness, public, .. } = assignment;
        let Blinded { point, blind } = Blinded::new(keys, 0, &witness)?;
        Self::strict(keys, witness, blind, &public, point, None)
    }

    /// The second phase's values, in the places behind those of the first, which have a commitment already.
    pub(crate) fn phased(
        keys: Keys<'_>,
        first: &Blinded,
        assignment: PhasedAssignment,
    ) -> Result<Self, NovaError> {
        let PhasedAssignment { first: mut witness, second: values, public, .. } = assignment;
        let second = Blinded::new(keys, keys.first_variables()?, &values)?;
        witness.extend(values);
        Self::strict(keys, witness, first.blind + second.blind, &public, first.point, Some(second))
    }

    fn strict(
        keys: Keys<'_>,
        witness: Vec<Fr>,
        blind: Fr,
        public: &[Fr],
        first: Affine,
        second: Option<Blinded>,
    ) -> Result<Self, NovaError> {
        let point = second.iter().fold(Point::group(&first), |sum, second| sum + second.point);
        let (commitment, none) = (Commitment::new(point), Commitment::default());
        let error = vec![Fr::ZERO; keys.shape.num_cons()];
        Ok(Self {
            instance: RelaxedInstance::new(keys.shape, commitment, none, Fr::ONE, public.to_vec())?,
            witness: RelaxedWitness::new(keys.shape, witness, blind, error, Fr::ZERO)?,
            first,
            second,
        })
    }
}

/// A folded instance with its witness and the hash that binds what it was folded from.
pub(crate) struct Folded {
    pub(crate) digest: Digest,
    instance: RelaxedInstance,
    witness: RelaxedWitness,
    /// Blind of the folded second phase.
    second_blind: Fr,
}

impl Folded {
    pub(crate) fn leaf(digest: Digest, committed: Committed) -> Self {
        let Committed { instance, witness, second, .. } = committed;
        let second_blind = second.map(|second| second.blind).unwrap_or_default();
        Self { digest, instance, witness, second_blind }
    }

    /// Folds two and returns the commitment to the cross term, too.
    pub(crate) fn merge(
        keys: Keys<'_>,
        transcript: &Transcript,
        left: &Self,
        right: &Self,
    ) -> Result<(Self, Affine), NovaError> {
        let cross = Cross::new(keys, left, (&right.instance, &right.witness))?;
        let comm_t = commitment_to_point(&cross.commitment);
        let digest = transcript.node(&left.digest, &right.digest, &comm_t);
        let r = challenge(&digest);
        let (instance, witness) = cross.fold(left, (&right.instance, &right.witness), r)?;
        let second_blind = left.second_blind + r * right.second_blind;
        Ok((Self { digest, instance, witness, second_blind }, comm_t))
    }

    /// Folds a random instance in, so that the folded witness is uniformly random, and takes the blinds off. The random
    /// instance is used up by it.
    pub(crate) fn seal(
        self,
        keys: Keys<'_>,
        transcript: &Transcript,
        chunks: u32,
        random: Random,
    ) -> Result<Sealed, NovaError> {
        let Random { instance, witness, public, second } = random;
        let cross = Cross::new(keys, &self, (&instance, &witness))?;
        let random_cross_term = commitment_to_point(&cross.commitment);
        let second_point = second.as_ref().map(|second| &second.point);
        let seal = transcript.seal(chunks, &self.digest, &public, second_point, &random_cross_term);
        let r = challenge(&seal);
        let (folded, folded_witness) = cross.fold(&self, (&instance, &witness), r)?;
        let (witness, blind_w, blind_e) = folded_witness.derandomize();
        let derandomizer = CommitmentEngine::derand_key(keys.commitment);
        let instance = folded.derandomize(&derandomizer, &blind_w, &blind_e);
        let second = second
            .map(|second| SealedSecond { random: second.point, blind: self.second_blind + r * second.blind });
        Ok(Sealed { seal, random: public, random_cross_term, blind_w, blind_e, second, instance, witness })
    }
}

/// A random instance, for one proof at most: see [`crate::ProverKey::prepare`].
pub(crate) struct Random {
    instance: RelaxedInstance,
    witness: RelaxedWitness,
    /// What of it is in the proof.
    pub(crate) public: RandomInstance,
    /// Its second phase.
    second: Option<Blinded>,
}

impl Random {
    /// Uniform values, and the error that they make. Each phase is committed to by itself: that is the commitment to both.
    pub(crate) fn new(keys: Keys<'_>) -> Result<Self, NovaError> {
        let variables = keys.shape.num_vars();
        let all = variables + 1 + PUBLIC_INPUTS;
        let z: Vec<Fr> = (0..all).into_par_iter().map(|_| Fr::random(OsRng)).collect();
        let (values, outer) = z.split_at(variables);
        let (u, x) = outer.split_first().ok_or(NovaError::InvalidInputLength)?;
        let (a, b, c) = keys.shape.multiply_vec(&z)?;
        let error = a.par_iter().zip(&b).zip(&c).map(|((a, b), c)| *a * b - *u * c);
        let error: Vec<Fr> = error.collect();

        let (first, second) = match keys.first_variables()? {
            0 => (Blinded::new(keys, 0, values)?, None),
            first => {
                let (values, late) = values.split_at_checked(first).ok_or(NovaError::InvalidWitnessLength)?;
                (Blinded::new(keys, 0, values)?, Some(Blinded::new(keys, first, late)?))
            }
        };
        let errors = Blinded::new(keys, 0, &error)?;
        let both = second.iter().fold(Point::group(&first.point), |sum, second| sum + second.point);
        let blind = second.iter().fold(first.blind, |sum, second| sum + second.blind);
        let [comm_w, comm_e] = [both, Point::group(&errors.point)].map(Commitment::new);
        let mut public = [Fr::ZERO; PUBLIC_INPUTS];
        public.iter_mut().zip(x).for_each(|(to, from)| *to = *from);
        Ok(Self {
            instance: RelaxedInstance::new(keys.shape, comm_w, comm_e, *u, x.to_vec())?,
            witness: RelaxedWitness::new(keys.shape, values.to_vec(), blind, error, errors.blind)?,
            public: RandomInstance { comm_w: first.point, comm_e: errors.point, u: *u, x: public },
            second,
        })
    }
}

/// What remains to be proven, and what the verifier needs to know which instance that is.
pub(crate) struct Sealed {
    /// Hash of all that was folded.
    seal: Digest,
    pub(crate) random: RandomInstance,
    pub(crate) random_cross_term: Affine,
    pub(crate) blind_w: Fr,
    pub(crate) blind_e: Fr,
    second: Option<SealedSecond>,
    pub(crate) instance: RelaxedInstance,
    pub(crate) witness: RelaxedWitness,
}

/// What belongs to the second phase alone.
struct SealedSecond {
    /// Commitment to the random instance's.
    random: Affine,
    blind: Fr,
}

impl Sealed {
    /// Where there are two phases, shows that the second left the first as it was: what a proof says of it, with the chunks'
    /// commitments to it.
    pub(crate) fn second_phase(
        &self,
        keys: Keys<'_>,
        witnesses: Vec<Affine>,
    ) -> Result<Option<SecondPhase>, NovaError> {
        let Some(SealedSecond { random, blind }) = &self.second else { return Ok(None) };
        let shifted = Shifted::new(keys, self.witness.W())?;
        let opening = shifted.open(keys, &self.seal, [&self.blind_w, &self.blind_e, blind])?;
        let SecondPhaseOpening { shifted, quotient } = opening;
        Ok(Some(SecondPhase { witnesses, random: *random, blind: *blind, shifted, quotient }))
    }
}

/// The cross term of two instances.
struct Cross {
    term: Vec<Fr>,
    blind: Fr,
    commitment: Commitment,
}

impl Cross {
    fn new(
        keys: Keys<'_>,
        left: &Folded,
        (instance, witness): (&RelaxedInstance, &RelaxedWitness),
    ) -> Result<Self, NovaError> {
        let blind = Fr::random(OsRng);
        let (term, commitment) = keys.shape.commit_T_relaxed(
            keys.commitment,
            &left.instance,
            &left.witness,
            instance,
            witness,
            &blind,
        )?;
        Ok(Self { term, blind, commitment })
    }

    fn fold(
        &self,
        left: &Folded,
        (instance, witness): (&RelaxedInstance, &RelaxedWitness),
        r: Fr,
    ) -> Result<(RelaxedInstance, RelaxedWitness), NovaError> {
        let instance = left.instance.fold_relaxed(instance, &self.commitment, &r);
        let witness = left.witness.fold_relaxed(witness, &self.term, &self.blind, &r)?;
        Ok((instance, witness))
    }
}
