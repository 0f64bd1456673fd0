use std::path::Path;

use ff::Field;
use nectar_circuit::Circuit;
use nectar_circuit::engine::{
    CommitmentKey, DlogGroup, NovaError, Point, Snark, SnarkKeyParts, SnarkProverKey, SnarkTrait,
    commitment_key, g2_times, hiding_generator,
};
use nectar_commitment::Fr;
use nectar_verifier::{Setup, VerifierKey, development_tau};

use crate::fixed_base::FixedBase;
use crate::{SetupError, ptau};

/// What the prover knows of the circuit and the setup.
pub struct ProverKey {
    pub(crate) circuit: Circuit,
    pub(crate) commitment: CommitmentKey,
    pub(crate) snark: SnarkProverKey,
    pub(crate) verifier: VerifierKey,
}

impl std::fmt::Debug for ProverKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ProverKey").field("verifier", &self.verifier).finish_non_exhaustive()
    }
}

impl ProverKey {
    /// The key of those who check its proofs.
    pub fn verifier(&self) -> &VerifierKey {
        &self.verifier
    }

    /// INSECURE keys for any circuit, see [`setup_development`].
    ///
    /// # Errors
    /// [`SetupError`]
    pub fn development(circuit: Circuit) -> Result<Self, SetupError> {
        let commitment = development_commitment_key(points(&circuit))?;
        Self::new(circuit, commitment, Setup::Development)
    }

    /// Keys for any circuit, see [`setup_from_ptau`].
    ///
    /// # Errors
    /// [`SetupError`]
    pub fn from_ptau(circuit: Circuit, dir: &Path) -> Result<Self, SetupError> {
        let commitment = ptau::load(dir, points(&circuit))?;
        Self::new(circuit, commitment, Setup::PowersOfTau)
    }

    fn new(circuit: Circuit, commitment: CommitmentKey, setup: Setup) -> Result<Self, SetupError> {
        circuit.shape().precompute_sparse_matrices();
        let (snark, key) = Snark::setup(&commitment, circuit.shape())?;
        let parts = SnarkKeyParts::of(&key).ok_or(SetupError::Key)?;
        let slots = u32::try_from(circuit.slots()).map_err(|_| SetupError::Key)?;
        let verifier = VerifierKey::new(setup, slots, parts).map_err(|_| SetupError::Key)?;
        Ok(Self { circuit, commitment, snark, verifier })
    }
}

/// Powers of tau that the circuit needs: as many as its matrices have nonzeros, padded.
fn points(circuit: &Circuit) -> usize {
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
