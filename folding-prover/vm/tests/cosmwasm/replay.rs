//! Runs against a recording: the same run goes through, and no other.

use nectar_vm::cosmwasm::{HostFault, Recorded, ReplayHost, Said};
use nectar_vm::{Limits, Machine, Program, Stop};

use crate::guest::{FREE, Guest, KEY, RESPONSE, VALUE};

/// What `execute` does: a write, a read, a scan to its end and beyond that must not be empty, a query, a removal.
fn program() -> Program {
    let body = format!(
        "(call $write {KEY} {VALUE}) (drop (call $read {KEY}))
         (local.set $i (call $scan (i32.const 0) (i32.const 0) (i32.const 1)))
         (if (i32.eqz (call $next_key (local.get $i))) (then (unreachable)))
         (drop (call $next (local.get $i))) (drop (call $next_key (local.get $i)))
         (drop (call $query_chain {VALUE})) (drop (call $canonicalize {KEY} {FREE})) (call $remove {KEY}) {RESPONSE}"
    );
    Guest::execute(&body).lower().unwrap()
}

const ANSWERS: [(&[u8], u64); 1] = [(b"answer", 7)];

fn recording() -> Vec<Recorded<'static>> {
    let (key, value) = (b"key".as_slice(), b"value".as_slice());
    vec![
        Recorded::Write(key, value),
        Recorded::Read(key, Some(value)),
        Recorded::Read(key, Some(value)),
        Recorded::End,
        Recorded::Remove(key),
    ]
}

/// How the run ends, why the host refused, and whether all that was recorded was asked for.
fn run(recorded: &[Recorded<'_>], answers: &[(&[u8], u64)]) -> (Result<(), Stop>, Option<HostFault>, bool) {
    let program = program();
    let inputs = ["env", "info", "message"].map(|input| input.as_bytes().to_vec());
    let mut host = ReplayHost::new(&inputs, recorded, answers).unwrap();
    let mut machine = Machine::new(&program, Limits::default());
    let ended = machine.run(program.entries["execute"], &[], &mut host, &mut ()).map(drop);
    if ended.is_ok() {
        assert_eq!(host.said(), Some(&Said::Response(b"done".to_vec())));
    }
    (ended, host.fault(), host.is_complete())
}

#[test]
fn the_recorded_run_goes_through() {
    assert_eq!(run(&recording(), &ANSWERS), (Ok(()), None, true));
}

#[test]
fn any_other_recording_is_refused() {
    let refused = |recorded: &[Recorded<'_>]| {
        let (ended, fault, complete) = run(recorded, &ANSWERS);
        assert!(ended.is_err() || !complete, "{recorded:?}");
        assert!(matches!(fault, Some(HostFault::Unrecorded) | None));
    };
    let all = recording();
    for at in 0..all.len() {
        let mut other = all.clone();
        other.remove(at);
        refused(&other);
        let mut other = all.clone();
        other.insert(at, all[at]);
        refused(&other);
        if at + 1 < all.len() && all[at] != all[at + 1] {
            let mut other = all.clone();
            other.swap(at, at + 1);
            refused(&other);
        }
    }
    let others = [
        (0, Recorded::Write(b"key", b"other")),
        (0, Recorded::Write(b"other", b"value")),
        (1, Recorded::Read(b"other", Some(b"value"))),
        (2, Recorded::Read(b"key", None)),
        (4, Recorded::Remove(b"other")),
        (4, Recorded::Write(b"key", b"value")),
    ];
    for (at, recorded) in others {
        let mut other = all.clone();
        other[at] = recorded;
        refused(&other);
    }
}

#[test]
fn answers_to_queries_are_as_many_as_were_recorded() {
    assert!(matches!(run(&recording(), &[]), (Err(Stop::Host(_)), Some(HostFault::Unrecorded), _)));
    let two = [ANSWERS[0], ANSWERS[0]];
    assert_eq!(run(&recording(), &two), (Ok(()), None, false));
}

#[test]
fn a_scan_gives_keys_within_its_bounds_in_order_alone() {
    let body = format!(
        "(local.set $i (call $scan {KEY} (i32.const 0) (i32.const 2)))
         (drop (call $next_key (local.get $i))) (drop (call $next_key (local.get $i))) {RESPONSE}"
    );
    let program = Guest::execute(&body).lower().unwrap();
    let ends = |keys: [&'static str; 2]| {
        let recorded = keys.map(|key| Recorded::Read(key.as_bytes(), Some(b"value")));
        let inputs = ["env", "info", "message"].map(|input| input.as_bytes().to_vec());
        let mut host = ReplayHost::new(&inputs, &recorded, &[]).unwrap();
        let mut machine = Machine::new(&program, Limits::default());
        machine.run(program.entries["execute"], &[], &mut host, &mut ()).is_ok()
    };
    assert!(ends(["kez", "key"]));
    assert!(!ends(["key", "kez"]), "another order");
    assert!(!ends(["kez", "kez"]), "the same twice");
    assert!(!ends(["kez", "kex"]), "before the first");
}

#[test]
fn nothing_recorded_is_shown() {
    let recorded = [Recorded::Read(b"secret", Some(b"secret"))];
    let host = ReplayHost::new(&[], &recorded, &[]).unwrap();
    assert!(!format!("{recorded:?} {host:?}").contains("secret"));
}
