//! The scripts in `suite/`, and that the runner notices when one does not hold.
#![expect(clippy::unwrap_used, reason = "a test whose setting up fails has failed")]

use std::path::Path;
use std::process::Command;

use nectar_conformance::{run_directory, run_script};

fn suite() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("suite")
}

#[test]
fn every_script_of_our_own_holds() {
    let report = run_directory(&suite()).unwrap();
    assert_eq!(report.failed(), 0, "{report}");
    assert_eq!(report.files.len(), 6);
    assert!(report.passed() > 150, "{report}");
    let skipped: Vec<_> = report.skipped().into_iter().collect();
    assert_eq!(skipped, [("imports of other modules", 2), ("unprovable", 1)], "{report}");
}

/// Verdicts on the directives after a module that adds, divides, traps, and adds floats.
fn verdicts(directives: &str) -> (usize, Vec<String>, usize) {
    let module = r#"(module
        (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
        (func (export "div") (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))
        (func (export "float") (result f32) (f32.add (f32.const 1) (f32.const 2))))"#;
    let report = run_script("", &format!("{module} {directives}"));
    let failed = report.failed.into_iter().map(|failure| failure.what).collect();
    // The module itself has passed.
    (report.passed - 1, failed, report.skipped.values().sum())
}

#[test]
fn a_wrong_result_fails() {
    let (passed, failed, _) =
        verdicts(r#"(assert_return (invoke "add" (i32.const 1) (i32.const 1)) (i32.const 3))"#);
    assert_eq!((passed, failed.len()), (0, 1));
    assert!(failed[0].contains("result 0 is 0x2"), "{failed:?}");
}

#[test]
fn a_trap_in_place_of_a_result_fails_and_so_does_a_result_in_place_of_a_trap() {
    for directive in [
        r#"(assert_return (invoke "div" (i32.const 1) (i32.const 0)) (i32.const 0))"#,
        r#"(assert_trap (invoke "div" (i32.const 1) (i32.const 1)) "integer divide by zero")"#,
        r#"(assert_trap (invoke "div" (i32.const 1) (i32.const 0)) "integer overflow")"#,
        r#"(assert_trap (invoke "div" (i32.const 1) (i32.const 0)) "something else")"#,
        r#"(assert_exhaustion (invoke "add" (i32.const 1) (i32.const 1)) "call stack exhausted")"#,
        r#"(invoke "div" (i32.const 1) (i32.const 0))"#,
        r#"(invoke "nothing")"#,
    ] {
        let (passed, failed, skipped) = verdicts(directive);
        assert_eq!((passed, failed.len(), skipped), (0, 1, 0), "{directive}");
    }
}

#[test]
fn a_valid_module_that_was_to_be_refused_fails() {
    for directive in [
        r#"(assert_invalid (module (func (nop))) "type mismatch")"#,
        r#"(assert_malformed (module quote "(func (nop))") "unknown operator")"#,
    ] {
        let (passed, failed, _) = verdicts(directive);
        assert_eq!((passed, failed.len()), (0, 1), "{directive}");
    }
}

#[test]
fn an_invalid_module_that_was_to_run_fails() {
    let (passed, failed, _) = verdicts("(module (func (result i32)))");
    assert_eq!((passed, failed.len()), (0, 1));
}

#[test]
fn what_is_not_provable_or_not_enabled_is_skipped() {
    for directive in [
        r#"(assert_return (invoke "float") (f32.const 3))"#,
        r#"(assert_trap (invoke "float") "unreachable")"#,
        "(module (func (drop (v128.const i64x2 0 0))))",
        "(module (memory 1) (memory 1))",
        r#"(assert_invalid (module (table 1 externref) (func (result i32) (table.size 0))) "anything")"#,
        r#"(register "elsewhere")"#,
        r#"(assert_return (invoke "add" (ref.null extern)) (i32.const 0))"#,
    ] {
        let (passed, failed, skipped) = verdicts(directive);
        assert_eq!((passed, failed, skipped), (0, vec![], 1), "{directive}");
    }
}

#[test]
fn what_is_no_script_says_so() {
    let report = run_script("file", "(module)\n(assert_nothing)");
    assert_eq!((report.passed, report.failed.len()), (0, 0));
    assert!(
        report.skipped.keys().all(|reason| reason.starts_with("not a script")) && report.skipped.len() == 1
    );
}

#[test]
fn what_another_module_may_have_changed_is_skipped() {
    let script = r#"
        (module $A (memory (export "m") 1) (func (export "f") (result i32) (i32.load (i32.const 0))))
        (assert_return (invoke "f") (i32.const 0))
        (register "A")
        (assert_return (invoke $A "f") (i32.const 0))
        (module (import "A" "m" (memory 1)) (data (i32.const 0) "\07"))
        (assert_return (invoke $A "f") (i32.const 7))"#;
    let report = run_script("", script);
    assert_eq!((report.passed, report.failed.len()), (3, 0));
    let skipped: Vec<_> = report.skipped.into_iter().collect();
    assert_eq!(skipped, [("imports of other modules".to_owned(), 1), ("linking of modules".to_owned(), 2)]);
}

#[test]
fn a_folder_without_scripts_is_an_error() {
    let nothing = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    assert!(run_directory(&nothing).unwrap_err().to_string().contains("no .wast files"));
    assert!(run_directory(Path::new("/nonexistent")).is_err());
}

/// Output and exit status of `nectar-prover wast` on a script.
fn command(name: &str, script: &str) -> (String, Option<i32>) {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name).with_extension("wast");
    std::fs::write(&path, script).unwrap();
    let output =
        Command::new(env!("CARGO_BIN_EXE_nectar-prover")).arg("wast").arg(&path).arg("--json").output();
    let output = output.unwrap();
    (String::from_utf8(output.stdout).unwrap(), output.status.code())
}

#[test]
fn the_command_exits_with_1_if_anything_failed_or_nothing_passed() {
    let (json, status) = command("holds", "(module (func (export \"f\"))) (assert_return (invoke \"f\"))");
    let report: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((report["passed"].as_u64(), report["failed"].as_u64(), status), (Some(2), Some(0), Some(0)));
    let (json, status) =
        command("fails", "(module (func (export \"f\")))\n(assert_trap (invoke \"f\") \"unreachable\")");
    let report: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(report["files"][0]["failed"][0]["line"].as_u64(), Some(2));
    assert_eq!((report["passed"].as_u64(), report["failed"].as_u64(), status), (Some(1), Some(1), Some(1)));
    assert_eq!(command("says_nothing", "(module (memory 1) (memory 1))").1, Some(1));
    assert_eq!(command("no_script", "nonsense").1, Some(1));
}
