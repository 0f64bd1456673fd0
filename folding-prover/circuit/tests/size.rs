//! Pins the circuit: a change of these numbers is a change of every key and proof.

use nectar_circuit::execution::{ExecutionCircuit, Size};
use nectar_circuit::{Circuit, SLOTS_PER_CHUNK, Uniform as _};
use nectar_commitment::to_bytes;

const DIGEST: &str = "0155e7841e0cb8f8cc37577c6eac4d7bf374b76604acaaf02ebf79f4f7f1e258";

fn numbers(circuit: &Circuit) -> (usize, usize, [usize; 3]) {
    let shape = circuit.shape();
    (shape.num_cons(), shape.num_vars(), [shape.A().len(), shape.B().len(), shape.C().len()])
}

#[test]
fn the_chunk_circuit_has_its_pinned_size_and_digest() {
    let circuit = Circuit::default();
    let (rows, variables, nonzeros) = numbers(&circuit);
    let total: usize = nonzeros.iter().sum();
    assert!(total < 1 << 20, "{total}");
    let digest: String = to_bytes(&circuit.shape().digest()).iter().map(|b| format!("{b:02x}")).collect();
    assert_eq!(
        (SLOTS_PER_CHUNK, rows, variables, nonzeros, digest.as_str()),
        (16, 209_860, 209_318, [176_422, 195_135, 629_352], DIGEST)
    );
}

const EXECUTION_DIGEST: &str = "00bd2e55f867ed940f234d32d5dfba5a065f2c1878634eb5eb14450d994766ae";

#[test]
fn the_chunk_circuit_of_executions_has_its_pinned_size_and_digest() {
    let circuit = ExecutionCircuit::new(Size::standard());
    let shape = circuit.shape();
    let nonzeros = [shape.A().len(), shape.B().len(), shape.C().len()];
    assert!(nonzeros.iter().sum::<usize>() < 1 << 20, "{nonzeros:?}");
    let digest: String = to_bytes(&shape.digest()).iter().map(|b| format!("{b:02x}")).collect();
    assert_eq!(
        (
            circuit.slots(),
            shape.num_cons(),
            circuit.first_variables(),
            shape.num_vars(),
            nonzeros,
            digest.as_str()
        ),
        (1_936, 187_191, 146_066, 256_140, [181_910, 461_503, 403_428], EXECUTION_DIGEST)
    );
}

#[test]
fn a_slot_costs_what_the_design_says() {
    let (one, two) = (numbers(&Circuit::new(1)), numbers(&Circuit::new(2)));
    let total = |n: (usize, usize, [usize; 3])| n.2.iter().sum::<usize>();
    assert_eq!((two.0 - one.0, two.1 - one.1, total(two) - total(one)), (12_885, 12_852, 61_447));
}
