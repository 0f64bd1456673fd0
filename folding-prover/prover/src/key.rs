use std::path::Path;
use std::sync::Arc;

use ff::Field;
use nectar_circuit::engine::{
    CommitmentKey, DlogGroup, NovaError, Point, Shape, Snark, SnarkKeyParts, SnarkProverKey, SnarkTrait,
    commitment_key, g2_times, hiding_generator,
};
use nectar_circuit::{Circuit, Uniform};
use nectar_commitment::Fr;
use nectar_verifier::{Setup, VerifierKey, development_tau};

use crate::fixed_base::FixedBase;
use crate::fold::Random;
use crate::spare::Spare;
use crate::{ProveError, SetupError, ptau};

/// What the prover knows of the circuit and the setup. The circuit is that of state unless another is named.
pub struct ProverKey<C = Circuit> {
    pub(crate) circuit: C,
    pub(crate) commitment: Arc<CommitmentKey>,
    pub(crate) snark: SnarkProverKey,
    pub(crate) verifier: VerifierKey,
    /// In memory only: in no copy of the key, and in no file.
    pub(crate) spare: Spare,
}

impl<C> std::fmt::Debug for ProverKey<C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ProverKey").field("verifier", &self.verifier).finish_non_exhaustive()
    }
}

impl<C: Uniform> ProverKey<C> {
    /// The key of those who check its proofs.
    pub fn verifier(&self) -> &VerifierKey {
        &self.verifier
    }

    /// The circuit.
    pub fn circuit(&self) -> &C {
        &self.circuit
    }

    /// Makes the random instance of the next proof beforehand, if none is made: it hides the batch, depends on nothing but the
    /// key, and takes as long as a few chunks. For when nothing is to be proven; from any thread, beside proofs, too. If two
    /// callers make one at the same time, one of them is dropped.
    ///
    /// It is used once at most. A proof takes it out when it seals what it folded, and it does not come back, even if that proof
    /// is cancelled or fails from there on; a proof that finds none makes one of its own. Of two proofs with the same random
    /// instance the folded witnesses are two equations in one unknown: they would tell of both batches. For the same reason
    /// it must not come back with a copy of the process's memory, such as a snapshot of a running machine.
    ///
    /// # Errors
    /// [`ProveError::Engine`]
    pub fn prepare(&self) -> Result<(), ProveError> {
        if !self.is_prepared() {
            // Made first and kept then, so that no proof waits for it.
            let random = Random::new(self.keys())?;
            self.spare.keep(random);
        }
        Ok(())
    }

    /// Whether the next proof has its random instance already.
    pub fn is_prepared(&self) -> bool {
        self.spare.is_made()
    }

    /// INSECURE keys for any circuit, see [`setup_development`].
    ///
    /// # Errors
    /// [`SetupError`]
    pub fn development(circuit: C) -> Result<Self, SetupError> {
        let commitment = development_commitment_key(points(&circuit))?;
        Self::new(circuit, Arc::new(commitment), Setup::Development)
    }

    /// Keys for any circuit, see [`setup_from_ptau`].
    ///
    /// # Errors
    /// [`SetupError`]
    pub fn from_ptau(circuit: C, dir: &Path) -> Result<Self, SetupError> {
        let commitment = ptau::load(dir, points(&circuit))?;
        Self::new(circuit, Arc::new(commitment), Setup::PowersOfTau)
    }

    /// Keys for another circuit from the same powers of tau, which are kept once.
    ///
    /// # Errors
    /// [`SetupError::Points`] if the other circuit needs more of them, or another [`SetupError`].
    pub fn beside<D: Uniform>(&self, circuit: D) -> Result<ProverKey<D>, SetupError> {
        let (needed, held) = (points(&circuit), self.commitment.ck().len());
        if needed > held {
            return Err(SetupError::Points { needed, held });
        }
        ProverKey::new(circuit, self.commitment.clone(), self.verifier.setup_kind())
    }

    fn new(circuit: C, commitment: Arc<CommitmentKey>, setup: Setup) -> Result<Self, SetupError> {
        let (shape, first) = (circuit.shape(), circuit.first_variables());
        if first >= shape.num_vars() {
            return Err(SetupError::Phases);
        }
        shape.precompute_sparse_matrices();
        let (snark, key) = Snark::setup(&commitment, shape)?;
        let parts = SnarkKeyParts::of(&key).ok_or(SetupError::Key)?;
        let slots = u32::try_from(circuit.slots()).map_err(|_| SetupError::Key)?;
        let verifier = match u32::try_from(first).map_err(|_| SetupError::Key)? {
            0 => VerifierKey::new(setup, slots, parts),
            first => VerifierKey::phased(setup, slots, first, parts),
        };
        let verifier = verifier.map_err(|_| SetupError::Key)?;
        Ok(Self { commitment, snark, verifier, circuit, spare: Spare::default() })
    }

    pub(crate) fn keys(&self) -> Keys<'_> {
        let Self { circuit, commitment, snark, verifier, spare } = self;
        Keys { shape: circuit.shape(), commitment, snark, verifier, spare }
    }
}

/// What folding and compressing need of a key, whatever the circuit.
#[derive(Clone, Copy)]
pub(crate) struct Keys<'a> {
    pub(crate) shape: &'a Shape,
    pub(crate) commitment: &'a CommitmentKey,
    pub(crate) snark: &'a SnarkProverKey,
    pub(crate) verifier: &'a VerifierKey,
    pub(crate) spare: &'a Spare,
}

impl Keys<'_> {
    /// Variables of the first phase; 0 if there is only one.
    pub(crate) fn first_variables(self) -> Result<usize, NovaError> {
        usize::try_from(self.verifier.first_variables()).map_err(|_| NovaError::InvalidWitnessLength)
    }
}

/// Powers of tau that the circuit needs: as many as its matrices have nonzeros, padded.
fn points(circuit: &impl Uniform) -> usize {
    let shape = circuit.shape();
    let nonzeros = Snark::ck_floor()(shape);
    let square = shape.num_cons().max(shape.num_vars()).next_power_of_two();
    nonzeros.max(2 * square).next_power_of_two()
}

/// INSECURE: keys whose tau is hashed from a public label, so that anyone can forge proofs. For development chains.
///
/// # Errors
/// [`SetupError`]
pub fn setup_development() -> Result<(ProverKey, VerifierKey), SetupError> {
    let key = ProverKey::development(Circuit::default())?;
    let verifier = key.verifier.clone();
    Ok((key, verifier))
}

/// Keys from the smallest Powers-of-Tau file in `dir` that is large enough: `ppot_pruned_NN.ptau` or `ppot_0080_NN.ptau`
/// of the Perpetual Powers of Tau, NN at least 20.
///
/// # Errors
/// [`SetupError`]
pub fn setup_from_ptau(dir: &Path) -> Result<(ProverKey, VerifierKey), SetupError> {
    let key = ProverKey::from_ptau(Circuit::default(), dir)?;
    let verifier = key.verifier.clone();
    Ok((key, verifier))
}

fn development_commitment_key(points: usize) -> Result<CommitmentKey, NovaError> {
    let tau = development_tau();
    let powers: Vec<Fr> =
        std::iter::successors(Some(Fr::ONE), |power| Some(*power * tau)).take(points).collect();
    let points = FixedBase::new(Point::r#gen()).times(&powers);
    commitment_key(points, hiding_generator(), g2_times(&tau))
}
