use std::time::Instant;

use nectar_circuit::Statement;
use nectar_verifier::{Proof, VerifierKey, verify};

use crate::error::CliError;

/// How often a proof is verified; the median counts.
const VERIFICATIONS: usize = 5;

/// Median time of a verification that succeeds.
pub(super) fn median_ms(key: &VerifierKey, statement: &Statement, proof: &Proof) -> Result<u64, CliError> {
    let mut times = [0; VERIFICATIONS];
    for time in &mut times {
        let begun = Instant::now();
        let holds = verify(key, statement, proof);
        holds.map_err(|e| CliError::DoesNotHold(format!("the proof: {e}")))?;
        *time = ms_since(begun);
    }
    times.sort_unstable();
    Ok(times[VERIFICATIONS / 2])
}

pub(super) fn ms_since(begun: Instant) -> u64 {
    u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX)
}
