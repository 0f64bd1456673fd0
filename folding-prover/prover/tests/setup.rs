//! The development setup is what everybody else takes it for.

use nectar_circuit::SLOTS_PER_CHUNK;
use nectar_prover::setup_development;
use nectar_verifier::{Setup, development_key};

#[test]
fn the_development_setup_yields_the_committed_verifier_key() {
    let (_, made) = setup_development().unwrap();
    let way_out = "make it anew: nectar l1 verifier-key --out folding-prover/verifier/keys/development.nvky";
    assert_eq!(development_key().encode(), made.encode(), "{way_out}");
}

#[test]
fn the_committed_verifier_key_is_called_insecure_and_is_for_the_circuit_in_use() {
    let key = development_key();
    assert_eq!(key.setup_kind(), Setup::Development);
    assert_eq!(usize::try_from(key.slots()).unwrap(), SLOTS_PER_CHUNK);
}
