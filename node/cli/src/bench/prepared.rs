use std::time::Instant;

use nectar_circuit::Uniform;
use nectar_prover::ProverKey;

use super::verification::ms_since;
use crate::error::CliError;

/// Has the random instance of the next proof made, as nodes do while they wait, and says how many milliseconds that took.
pub(super) fn prepare<C: Uniform>(keys: &ProverKey<C>) -> Result<u64, CliError> {
    let begun = Instant::now();
    keys.prepare().map_err(|e| CliError::failed("making the random instance")(e.into()))?;
    Ok(ms_since(begun))
}
