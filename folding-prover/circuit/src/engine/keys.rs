use std::io::{Read, Seek};

use nova_snark::errors::NovaError;
use nova_snark::provider::ptau::PtauFileError;
use nova_snark::traits::commitment::CommitmentEngineTrait;

use super::quiet::quietly;
use super::{Affine, CommitmentEngine, CommitmentKey, G2Affine, HIDING_LABEL};

/// A commitment key of these powers of tau, of the generator of blinds, and of tau in the second group.
///
/// # Errors
/// [`NovaError`] if a point is not on its curve or not in its group.
pub fn commitment_key(
    powers: Vec<Affine>,
    hiding: Affine,
    tau: G2Affine,
) -> Result<CommitmentKey, NovaError> {
    quietly(|| CommitmentKey::new(powers, hiding, tau))
}

/// Reads a commitment key of this many powers from a Powers-of-Tau file.
///
/// # Errors
/// [`PtauFileError`]
pub fn load_powers_of_tau(
    reader: &mut (impl Read + Seek),
    powers: usize,
) -> Result<CommitmentKey, PtauFileError> {
    quietly(|| CommitmentEngine::load_setup(reader, HIDING_LABEL, powers))
}
