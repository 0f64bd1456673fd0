//! The types of nova-snark that prover and verifier need; no other crate names nova-snark.
//!
//! The engine is BN254 with KZG commitments; the argument for one relaxed instance is MicroSpartan
//! (`spartan::ppsnark`) with Mercury openings.

mod keys;
mod pairing;
mod points;
mod quiet;
mod snark;

use nova_snark::provider::{Bn256EngineKZG, hyperkzg, mercury};
use nova_snark::r1cs;
use nova_snark::spartan::ppsnark;
use nova_snark::traits::snark::RelaxedR1CSSNARKTrait;

pub use keys::{commitment_key, load_powers_of_tau};
pub use pairing::{g2_to_bytes, pairs_equally};
pub use points::{POINT_LEN, commitment_from_point, commitment_to_point, point_from_bytes, point_to_bytes};
pub use snark::{Argument, Rounds, SnarkKeyParts, combine, transcript_digest};

pub use nova_snark::errors::NovaError;
pub use nova_snark::provider::bn256_grumpkin::bn256::{Affine, Base, Point, Scalar};
pub use nova_snark::provider::traits::{DlogGroup, DlogGroupExt, PairingGroup};
pub use nova_snark::provider::write_ptau;
pub use nova_snark::spartan::ppsnark::{R1CSShapeSparkCommitment, R1CSShapeSparkRepr};
pub use nova_snark::traits::commitment::CommitmentEngineTrait;
pub use nova_snark::traits::snark::RelaxedR1CSSNARKTrait as SnarkTrait;

/// BN254 with KZG.
pub type E = Bn256EngineKZG;
/// The opening argument for multilinear polynomials.
pub type Opening = mercury::EvaluationEngine<E>;
/// MicroSpartan.
pub type Snark = ppsnark::RelaxedR1CSSNARK<E, Opening>;
/// Its prover's key.
pub type SnarkProverKey = <Snark as RelaxedR1CSSNARKTrait<E>>::ProverKey;
/// Its verifier's key.
pub type SnarkVerifierKey = <Snark as RelaxedR1CSSNARKTrait<E>>::VerifierKey;
/// Powers of tau and the generator that hides.
pub type CommitmentKey = hyperkzg::CommitmentKey<E>;
/// A commitment.
pub type Commitment = hyperkzg::Commitment<E>;
/// Commits.
pub type CommitmentEngine = hyperkzg::CommitmentEngine<E>;
/// Points of the second group.
pub type G2Affine = <<Point as PairingGroup>::G2 as DlogGroup>::AffineGroupElement;
/// An R1CS.
pub type Shape = r1cs::R1CSShape<E>;
/// A matrix in compressed rows.
pub type SparseMatrix = r1cs::SparseMatrix<Scalar>;
/// A strict instance.
pub type Instance = r1cs::R1CSInstance<E>;
/// Its witness.
pub type Witness = r1cs::R1CSWitness<E>;
/// A relaxed instance.
pub type RelaxedInstance = r1cs::RelaxedR1CSInstance<E>;
/// Its witness.
pub type RelaxedWitness = r1cs::RelaxedR1CSWitness<E>;

/// The label from which the hiding generator of every commitment key is hashed.
pub const HIDING_LABEL: &[u8] = b"ck";

/// The hiding generator: nobody knows its logarithm.
///
/// nova-snark hashes the same one when it loads a Powers-of-Tau file.
pub fn hiding_generator() -> Affine {
    Point::from_label(HIDING_LABEL, 1).into_iter().next().unwrap_or_default()
}

/// A relaxed instance of these parts, without the shape that nova-snark asks for and does not use.
///
/// # Errors
/// [`NovaError`] never, as long as nova-snark checks nothing but the number of inputs.
pub fn relaxed_instance(
    comm_w: Commitment,
    comm_e: Commitment,
    u: Scalar,
    x: Vec<Scalar>,
) -> Result<RelaxedInstance, NovaError> {
    let empty = || r1cs::SparseMatrix::empty();
    let shape = Shape::new(0, 0, x.len(), empty(), empty(), empty())?;
    RelaxedInstance::new(&shape, comm_w, comm_e, u, x)
}

/// The generator of the first group.
pub fn generator() -> Affine {
    Point::r#gen().affine()
}

/// The generator of the second group times a scalar.
pub fn g2_times(scalar: &Scalar) -> G2Affine {
    (<Point as PairingGroup>::G2::r#gen() * scalar).affine()
}
