//! The main job, as a newcomer starts it: `nectar demo --json`.

use std::process::Command;

use serde_json::Value;

const REFUSED: [&str; 6] = [
    "insurer without a grant",
    "expired grant",
    "wider child",
    "replayed request",
    "wrong purpose",
    "revoked grant",
];

fn demo(arguments: &[&str]) -> Value {
    let run = Command::new(env!("CARGO_BIN_EXE_nectar")).args(["demo", "--json"]).args(arguments).output();
    let run = run.expect("the binary runs");
    let said = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "{}: {said}", run.status);
    serde_json::from_slice(&run.stdout).expect("standard output is one JSON object and nothing else")
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().expect("an object").keys().map(String::as_str).collect()
}

#[test]
#[ignore = "proves for minutes without optimisation: run it with --release"]
fn the_demo_holds_and_reports_what_it_found() {
    let found = demo(&[]);
    let expected = [
        "bundles",
        "entries",
        "l1",
        "peak_rss_mb",
        "pending",
        "plaintext_hits",
        "proof",
        "refusals",
        "steps",
    ];
    assert_eq!(keys(&found), expected);
    assert_eq!((&found["bundles"], &found["entries"]), (&2.into(), &6.into()));
    assert_eq!(found["steps"].as_array().map(Vec::len), Some(6));
    assert_eq!(found["plaintext_hits"], 0);

    let refusals = found["refusals"].as_array().expect("a list");
    assert!(refusals.iter().all(|refusal| refusal["refused"] == true), "{refusals:?}");
    for case in REFUSED {
        assert!(refusals.iter().any(|refusal| refusal["case"] == case), "{case}");
    }
    let proof = ["bytes", "chunks", "compress_ms", "covers", "fold_ms", "instructions", "verify_ms"];
    assert_eq!(keys(&found["proof"]), proof);
    assert!(found["proof"]["bytes"].as_u64() > Some(1000));
    let l1 = &found["l1"];
    for refused in ["tampered_refused", "wrong_pre_root_refused", "unapproved_refused"] {
        assert_eq!(l1[refused], true, "{refused}");
    }
    assert_eq!((&l1["verifier"], &l1["chain_id"]), (&"nova".into(), &31337.into()));
    assert_ne!(l1["pre_root"], l1["post_root"]);
}

#[test]
fn a_folder_without_bundles_is_an_error_that_names_it() {
    let dir = tempfile::tempdir().expect("a folder");
    let run = Command::new(env!("CARGO_BIN_EXE_nectar")).args(["demo", "--fhir"]).arg(dir.path()).output();
    let run = run.expect("the binary runs");
    assert_eq!(run.status.code(), Some(1));
    let said = String::from_utf8_lossy(&run.stderr);
    assert!(said.contains("no FHIR Bundle") && said.contains(&dir.path().display().to_string()), "{said}");
}
