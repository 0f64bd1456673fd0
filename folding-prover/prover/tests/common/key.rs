//! Keys that the integration tests share.

/// Insecure keys of a circuit with one slot a chunk, so that proofs are small and batches have many chunks.
pub(crate) fn prover_key() -> &'static nectar_prover::ProverKey {
    static KEY: std::sync::OnceLock<nectar_prover::ProverKey> = std::sync::OnceLock::new();
    KEY.get_or_init(|| nectar_prover::ProverKey::development(nectar_circuit::Circuit::new(1)).unwrap())
}
