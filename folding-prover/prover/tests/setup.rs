//! The development setup is what everybody else takes it for.

use nectar_circuit::execution::{ExecutionCircuit, Size};
use nectar_circuit::{SLOTS_PER_CHUNK, Uniform as _};
use nectar_prover::{ProverKey, SetupError, setup_development};
use nectar_verifier::{Kind, Setup, development_key};

#[test]
fn the_development_setup_yields_the_committed_verifier_keys() {
    let (state, made) = setup_development().unwrap();
    let way_out = "make it anew: nectar l1 verifier-key --out folding-prover/verifier/keys/development.nvky";
    assert_eq!(development_key(Kind::State).encode(), made.encode(), "{way_out}");

    let execution = state.beside(ExecutionCircuit::default()).unwrap();
    let way_out = "make it anew: nectar l1 verifier-key --kind execution --out \
                   folding-prover/verifier/keys/development-execution.nvky";
    assert_eq!(development_key(Kind::Execution).encode(), execution.verifier().encode(), "{way_out}");
}

#[test]
fn a_circuit_that_needs_more_powers_has_no_keys_beside_a_smaller_one() {
    let small = ProverKey::development(ExecutionCircuit::new(Size::default())).unwrap();
    let error = small.beside(ExecutionCircuit::default()).unwrap_err();
    assert!(matches!(error, SetupError::Points { needed, held } if needed > held), "{error}");
}

#[test]
fn the_committed_verifier_keys_are_called_insecure_and_are_for_the_circuits_in_use() {
    let slots = [(Kind::State, SLOTS_PER_CHUNK), (Kind::Execution, ExecutionCircuit::default().slots())];
    for (kind, slots) in slots {
        let key = development_key(kind);
        assert_eq!((key.kind(), key.setup_kind()), (kind, Setup::Development));
        assert_eq!(usize::try_from(key.slots()).unwrap(), slots);
    }
}
