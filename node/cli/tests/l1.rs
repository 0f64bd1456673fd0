//! The contracts on a chain, from the command line.

use std::path::Path;
use std::process::Command;

use nectar_abi::Digest;
use nectar_commitment::{Ledger, to_bytes};
use nectar_l1::{DevChain, keys_digest};
use nectar_verifier::{Kind, development_key};
use serde_json::{Value, json};

/// Runs a command in a folder, and reads the object that it prints.
fn nectar(dir: &Path, url: &str, arguments: &[&str]) -> Value {
    let run = Command::new(env!("CARGO_BIN_EXE_nectar"))
        .args(arguments)
        .arg("--json")
        .current_dir(dir)
        .env("NECTAR_PASSPHRASE", "only for tests")
        .env("NECTAR_L1", url)
        .output()
        .expect("the binary runs");
    assert!(run.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&run.stderr));
    serde_json::from_slice(&run.stdout).expect("standard output is JSON and nothing else")
}

#[test]
fn a_network_begins_with_the_deployed_verifier_and_can_be_given_another() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let chain = runtime.block_on(DevChain::start(([127, 0, 0, 1], 0).into())).expect("a chain");
    let folder = tempfile::tempdir().expect("a folder");
    let run = |arguments: &[&str]| nectar(folder.path(), &chain.url(), arguments);

    let key = ["--key", "admin.key"];
    run(&["key", "new", "--kind", "wallet", "--insecure-dev-account", "admin", "--out", "admin.key"]);
    let deployed = run(&[&["l1", "deploy"], &key[..]].concat());
    let began = run(&[&["l1", "network"], &key[..]].concat());
    assert_eq!(began["verifier"], deployed["verifier"]);

    let genesis = Digest::new(to_bytes(&Ledger::default().root()));
    let [state, execution] = [Kind::State, Kind::Execution].map(development_key);
    let digest = Digest::new(keys_digest(state.digest(), Some(execution.digest())));
    let head = run(&["l1", "status"])["head"].clone();
    assert_eq!((&head["batch"], &head["root"]), (&json!(0), &json!(genesis)));
    assert_eq!(head["verifier"], deployed["verifier"]);
    assert_eq!((&head["verifier_key"], &head["secure"]), (&json!(digest), &json!(false)));

    assert_eq!(head["execution_verifier"], deployed["execution_verifier"]);

    std::fs::write(folder.path().join("key.nvky"), state.encode()).expect("a file");
    let replace = ["l1", "verifier", "--verifier-key", "key.nvky", "--no-execution"];
    let replaced = run(&[&replace[..], &key[..]].concat());
    assert_ne!(replaced["verifier"], deployed["verifier"]);
    let head = run(&["l1", "status"])["head"].clone();
    assert_eq!((&head["verifier"], &head["execution_verifier"]), (&replaced["verifier"], &Value::Null));
    assert_eq!(head["verifier_key"], json!(Digest::new(state.digest())));
}
