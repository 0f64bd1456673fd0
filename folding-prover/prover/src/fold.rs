use ff::Field;
use nectar_circuit::engine::{
    Affine, Commitment, CommitmentEngine, CommitmentEngineTrait, Instance, NovaError, RelaxedInstance,
    RelaxedWitness, Witness, commitment_to_point,
};
use nectar_circuit::{Assignment, PUBLIC_INPUTS};
use nectar_commitment::Fr;
use nectar_verifier::{Digest, RandomInstance, Transcript, challenge};
use rand_core::OsRng;

use crate::ProverKey;

/// A chunk with the commitment to its values.
pub(crate) struct Committed {
    instance: Instance,
    witness: Witness,
}

impl Committed {
    pub(crate) fn new(key: &ProverKey, assignment: &Assignment) -> Result<Self, NovaError> {
        let shape = key.circuit.shape();
        let witness = Witness::new(shape, &assignment.witness, &mut OsRng)?;
        let commitment = witness.commit(&key.commitment);
        let instance = Instance::new(shape, &commitment, &assignment.public)?;
        Ok(Self { instance, witness })
    }

    pub(crate) fn commitment(&self) -> Affine {
        commitment_to_point(self.instance.comm_W())
    }
}

/// A folded instance with its witness and the hash that binds what it was folded from.
pub(crate) struct Folded {
    pub(crate) digest: Digest,
    instance: RelaxedInstance,
    witness: RelaxedWitness,
}

impl Folded {
    pub(crate) fn leaf(key: &ProverKey, digest: Digest, committed: &Committed) -> Self {
        let shape = key.circuit.shape();
        Self {
            digest,
            instance: RelaxedInstance::from_r1cs_instance(&key.commitment, shape, &committed.instance),
            witness: RelaxedWitness::from_r1cs_witness(shape, &committed.witness),
        }
    }

    /// Folds two and returns the commitment to the cross term, too.
    pub(crate) fn merge(
        key: &ProverKey,
        transcript: &Transcript,
        left: &Self,
        right: &Self,
    ) -> Result<(Self, Affine), NovaError> {
        let cross = Cross::new(key, left, (&right.instance, &right.witness))?;
        let comm_t = commitment_to_point(&cross.commitment);
        let digest = transcript.node(&left.digest, &right.digest, &comm_t);
        let (instance, witness) = cross.fold(left, (&right.instance, &right.witness), challenge(&digest))?;
        Ok((Self { digest, instance, witness }, comm_t))
    }

    /// Folds a random instance in, so that the folded witness is uniformly random, and takes the blinds off.
    pub(crate) fn seal(
        self,
        key: &ProverKey,
        transcript: &Transcript,
        chunks: u32,
    ) -> Result<Sealed, NovaError> {
        let shape = key.circuit.shape();
        let (instance, witness) = shape.sample_random_instance_witness(&key.commitment)?;
        let mut x = [Fr::ZERO; PUBLIC_INPUTS];
        x.iter_mut().zip(instance.X()).for_each(|(to, from)| *to = *from);
        let random = RandomInstance {
            comm_w: commitment_to_point(instance.comm_W()),
            comm_e: commitment_to_point(instance.comm_E()),
            u: instance.u(),
            x,
        };
        let cross = Cross::new(key, &self, (&instance, &witness))?;
        let random_cross_term = commitment_to_point(&cross.commitment);
        let r = challenge(&transcript.seal(chunks, &self.digest, &random, &random_cross_term));
        let (folded, folded_witness) = cross.fold(&self, (&instance, &witness), r)?;
        let (witness, blind_w, blind_e) = folded_witness.derandomize();
        let derandomizer = CommitmentEngine::derand_key(&key.commitment);
        let instance = folded.derandomize(&derandomizer, &blind_w, &blind_e);
        Ok(Sealed { random, random_cross_term, blind_w, blind_e, instance, witness })
    }
}

/// What remains to be proven, and what the verifier needs to know which instance that is.
pub(crate) struct Sealed {
    pub(crate) random: RandomInstance,
    pub(crate) random_cross_term: Affine,
    pub(crate) blind_w: Fr,
    pub(crate) blind_e: Fr,
    pub(crate) instance: RelaxedInstance,
    pub(crate) witness: RelaxedWitness,
}

/// The cross term of two instances.
struct Cross {
    term: Vec<Fr>,
    blind: Fr,
    commitment: Commitment,
}

impl Cross {
    fn new(
        key: &ProverKey,
        left: &Folded,
        (instance, witness): (&RelaxedInstance, &RelaxedWitness),
    ) -> Result<Self, NovaError> {
        let blind = Fr::random(OsRng);
        let (term, commitment) = key.circuit.shape().commit_T_relaxed(
            &key.commitment,
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
