//! What works.

use nectar_vm::cosmwasm::{AccessKind, CosmWasm, MemoryHost, Said};
use nectar_vm::{LowerError, Stop, Trap, Unprovable, lower};

use crate::guest::{Guest, KEY, RESPONSE, VALUE, run};

#[test]
fn a_contract_says_its_response() {
    let program = Guest::default().lower().unwrap();
    for entry in ["instantiate", "execute", "query"] {
        let mut host = MemoryHost::new();
        run(&program, entry, &mut host).unwrap();
        assert_eq!(host.said(), Some(&Said::Response(b"done".to_vec())));
        assert_eq!((host.fault(), host.accesses().len()), (None, 0));
        // Each input is one length and one word; a tag, a length and one word come back.
        assert_eq!(host.words(), if entry == "query" { (4, 3) } else { (6, 3) });
    }
}

#[test]
fn inputs_of_every_length_arrive_as_they_are_and_leave_what_is_behind_alone() {
    // The response is the message's own region, or that of sixteen bytes that begin with its.
    let guest = Guest {
        allocate: "(i32.store (i32.const 100) (i32.const 4096)) (i32.store (i32.const 104) (i32.const 64))
            (i64.store (i32.const 4096) (i64.const -1)) (i64.store (i32.const 4104) (i64.const -1))
            (i32.const 100)"
            .into(),
        execute: "(i32.store (i32.const 108) (i32.const 16)) (local.get $msg)".into(),
        ..Guest::default()
    };
    let program = guest.lower().unwrap();
    for length in 0..=16u8 {
        let message: Vec<u8> = (1..=length).collect();
        let mut host = MemoryHost::new();
        host.begin(&[Vec::new(), Vec::new(), message.clone()]).unwrap();
        let mut machine = nectar_vm::Machine::new(&program, nectar_vm::Limits::default());
        machine.run(program.entries["execute"], &[], &mut host, &mut ()).unwrap();
        let mut expected = message;
        expected.resize(16, 0xff);
        assert_eq!(host.said(), Some(&Said::Response(expected)));
    }
}

#[test]
fn bytes_at_the_edges_of_memory_leave_it() {
    for (offset, length) in
        [(1, 0), (1, 1), (1, 7), (3, 8), (131_071, 1), (131_065, 7), (131_061, 11), (131_064, 8)]
    {
        let body = format!(
            "(i32.store8 (i32.const {offset}) (i32.const 7))
             (i32.store (i32.const 5000) (i32.const {offset})) (i32.store (i32.const 5004) (i32.const {length}))
             (i32.store (i32.const 5008) (i32.const {length})) (i32.const 5000)"
        );
        let mut host = MemoryHost::new();
        run(&Guest::execute(&body).lower().unwrap(), "execute", &mut host).unwrap();
        let Some(Said::Response(response)) = host.said() else { panic!("{offset}, {length}") };
        assert_eq!(response.len(), length);
        assert_eq!(response.first().copied(), (length > 0).then_some(7), "{offset}, {length}");
    }
}

#[test]
fn what_is_written_is_read_and_a_failed_call_is_taken_back() {
    let program = Guest {
        execute: format!("(call $write {KEY} {VALUE}) (call $read {KEY})"),
        query: format!("(drop (call $read {KEY})) (unreachable)"),
        ..Guest::default()
    }
    .lower()
    .unwrap();
    let mut host = MemoryHost::new();
    run(&program, "execute", &mut host).unwrap();
    assert_eq!(host.said(), Some(&Said::Response(b"value".to_vec())));
    let kinds: Vec<_> = host.accesses().iter().map(|access| access.kind).collect();
    assert_eq!(kinds, [AccessKind::Write, AccessKind::Read]);
    host.undo();
    assert!(host.store().is_empty());
    assert_eq!(run(&program, "query", &mut host), Err(Stop::Trap(Trap::Unreachable)));
}

#[test]
fn an_item_has_its_key_and_its_value_whatever_their_lengths() {
    let program = Guest {
        query: "(drop (call $scan (i32.const 0) (i32.const 0) (i32.const 1))) (call $next (i32.const 1))"
            .into(),
        ..Guest::default()
    };
    let program = program.lower().unwrap();
    for length in (0..=17).chain([1015, 1016, 1023, 1024]) {
        let bytes = |count: usize, first: u8| -> Vec<u8> { (first..=255).cycle().take(count).collect() };
        let (key, value) = (bytes(length, 1), bytes(1 + length / 3, 7));
        let mut host = MemoryHost::new();
        host.set_store([(key.clone(), value.clone())].into());
        run(&program, "query", &mut host).unwrap();
        let sections: Vec<u8> = [key, value]
            .into_iter()
            .flat_map(|part| {
                let length = u32::try_from(part.len()).unwrap().to_be_bytes();
                [part, length.to_vec()].concat()
            })
            .collect();
        assert_eq!(host.said(), Some(&Said::Response(sections)), "{length}");
    }
    let mut host = MemoryHost::new();
    run(&program, "query", &mut host).unwrap();
    assert_eq!(host.said(), Some(&Said::Response(vec![0; 8])), "no item");
}

#[test]
fn the_last_words_of_a_contract_are_heard() {
    let mut host = MemoryHost::new();
    let program = Guest::execute(&format!("(call $abort {VALUE}) (unreachable)")).lower().unwrap();
    assert_eq!(run(&program, "execute", &mut host), Err(Stop::Trap(Trap::Abort)));
    assert_eq!(host.said(), Some(&Said::Abort(b"value".to_vec())));
}

#[test]
fn a_debug_message_never_leaves() {
    let mut host = MemoryHost::new();
    let program = Guest::execute(&format!("(call $debug {VALUE}) {RESPONSE}")).lower().unwrap();
    run(&program, "execute", &mut host).unwrap();
    assert_eq!(host.words(), (6, 3));
}

#[test]
fn a_signature_check_is_not_provable_and_its_import_is_named() {
    let body = format!("(drop (call $verify {KEY} {KEY} {KEY})) {RESPONSE}");
    let program = Guest::execute(&body).lower().unwrap();
    let Err(Stop::Unprovable { kind: Unprovable::Import, row }) =
        run(&program, "execute", &mut MemoryHost::new())
    else {
        panic!("not provable")
    };
    assert_eq!(program.function_at(row).unwrap().name, "[import env.ed25519_verify]");
    let unproven = program.unproven();
    let verify = unproven.iter().find(|unproven| unproven.function.contains("ed25519_verify")).unwrap();
    assert_eq!(verify.entries, ["execute"]);
}

#[test]
fn modules_of_another_interface_are_refused_by_name() {
    let lowered = |wat: &str| lower(&wat::parse_str(wat).unwrap(), &CosmWasm).unwrap_err();
    let unknown = lowered(r#"(module (import "env" "time" (func (result i64))) (memory 1))"#);
    assert!(matches!(&unknown, LowerError::Import { name, .. } if name == "time"), "{unknown}");
    let other = lowered(r#"(module (import "wasi" "db_read" (func (param i32) (result i32))) (memory 1))"#);
    assert!(matches!(&other, LowerError::Import { module, .. } if module == "wasi"), "{other}");
    let wrong = lowered(r#"(module (import "env" "db_read" (func (param i64) (result i32))) (memory 1))"#);
    assert!(matches!(wrong, LowerError::Import { .. }), "{wrong}");
    let bare = lowered("(module (memory 1))");
    assert_eq!(bare, LowerError::Export("allocate".into()));
    let no_entry =
        lowered(r#"(module (memory 1) (func (export "allocate") (param i32) (result i32) (i32.const 0)))"#);
    assert_eq!(no_entry, LowerError::Export("instantiate".into()));
}

#[test]
fn entries_are_those_that_the_module_has() {
    let wat = r#"(module (memory 1) (func (export "allocate") (param i32) (result i32) (i32.const 0))
        (func (export "instantiate") (param i32 i32 i32) (result i32) (i32.const 0)))"#;
    let program = lower(&wat::parse_str(wat).unwrap(), &CosmWasm).unwrap();
    assert_eq!(program.entries.keys().collect::<Vec<_>>(), ["instantiate"]);
}
