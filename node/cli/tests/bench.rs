//! What a proof costs, measured: `nectar bench prove`.

use std::process::Command;

use serde_json::Value;

/// What is said of each workload.
const FIELDS: [&str; 17] = [
    "arrange_ms",
    "chunks",
    "compress_ms",
    "constraints_by_part",
    "constraints_per_instruction",
    "fold_ms",
    "folding",
    "instructions_per_second",
    "ir_instructions",
    "peak_rss_mb",
    "proof_bytes",
    "random_instance_ms",
    "setup_ms",
    "verify_ms",
    "wasm_instructions",
    "wasm_instructions_per_second",
    "workload",
];

#[test]
#[ignore = "proves for half a minute: run it with --release"]
fn a_call_of_the_lean_contract_is_proven_and_what_it_took_is_said() {
    let run = Command::new(env!("CARGO_BIN_EXE_nectar"))
        .args(["bench", "prove", "--json", "--workload", "lean"])
        .output()
        .expect("the binary runs");
    let said = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "{}: {said}", run.status);
    let found: Value =
        serde_json::from_slice(&run.stdout).expect("standard output is one JSON value and nothing else");
    let [lean] = found.as_array().expect("a list").as_slice() else { panic!("one workload: {found}") };
    let fields: Vec<&str> = lean.as_object().expect("an object").keys().map(String::as_str).collect();
    assert_eq!(fields, FIELDS);
    let number = |field: &str| lean[field].as_f64().unwrap_or_else(|| panic!("{field} is a number"));
    assert_eq!(lean["workload"], "lean");
    // The proof's length follows from its chunks.
    assert_eq!(number("proof_bytes"), 6_124.0 + 224.0 * number("chunks"));
    assert!(
        number("ir_instructions") < number("wasm_instructions") * 2.0 && number("ir_instructions") > 100.0
    );
    let parts = lean["constraints_by_part"].as_object().expect("an object");
    let sum: f64 = parts.values().filter_map(Value::as_f64).sum();
    assert!((sum - number("constraints_per_instruction")).abs() < 1.0, "{sum}: {lean}");
}
