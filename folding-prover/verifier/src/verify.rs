use nectar_circuit::Statement;

use crate::fold::fold;
use crate::{MAX_CHUNKS, Proof, VerifierKey, VerifyError};

/// Checks a proof for a statement: repeats the fold from the chunks' instances, then checks MicroSpartan's argument for
/// the folded instance, and, where witnesses have two phases, that the second left the first as it was.
///
/// # Errors
/// [`VerifyError`] if the proof is refused, for whatever reason.
pub fn verify(key: &VerifierKey, statement: &Statement, proof: &Proof) -> Result<(), VerifyError> {
    if proof.kind() != key.kind() {
        return Err(VerifyError::Kind { expected: key.kind(), got: proof.kind() });
    }
    if proof.argument.rounds() != key.parts().rounds() {
        return Err(VerifyError::Circuit);
    }
    if u32::try_from(proof.chunks()).map_or(true, |chunks| chunks > MAX_CHUNKS) {
        return Err(VerifyError::Parts);
    }
    let folded = fold(key, statement, proof)?;
    proof.argument.verify(key.snark(), &folded.instance).map_err(VerifyError::Argument)?;
    match folded.second {
        Some(opening) if !opening.holds(key) => Err(VerifyError::SecondPhase),
        _ => Ok(()),
    }
}
