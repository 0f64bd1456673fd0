//! A backend that fails: what was not committed was not acknowledged, and the next request works.

use nectar_runtime::CallError;
use nectar_state::Fault;

use crate::support::{World, answer, key, refused};
use crate::wat::{KEY, Module, RESPONSE, VALUE};

const GO: &str = r#"{"go":{}}"#;

fn writer() -> Vec<u8> {
    Module::execute(&format!("(call $db_write {KEY} {VALUE}) {RESPONSE}"))
}

#[test]
fn at_every_operation_that_fails_nothing_is_acknowledged_and_the_next_call_works() {
    let world = World::new();
    let contract = world.contract(&writer(), "{}");
    let caller = key("caller");
    let token = world.token(&contract, caller.public(), &["execute/go"]);
    let mut acknowledged = 0;
    for operations in 0..40 {
        let state = (world.node().network_root(), world.node().receipts(), world.backend.records());
        world.backend.fail_after(operations, Fault::Before);
        let invocation = world.invocation(&token, "execute/go", GO).sign(&caller).unwrap();
        match world.node().invoke(&invocation) {
            Ok(reply) => {
                acknowledged += 1;
                assert_eq!(reply.receipt.receipt().position, state.1);
            }
            Err(CallError::Host(_)) => {
                assert_eq!((world.node().network_root(), world.node().receipts()), (state.0, state.1));
                assert!(world.backend.records() == state.2, "nothing was stored");
                // The same request, sent again, is no replay.
                world.backend.reopen();
                world.node().invoke(&invocation).unwrap();
            }
            other => panic!("{other:?}"),
        }
        world.backend.reopen();
        refused(world.node().invoke(&invocation));
    }
    assert!(acknowledged > 0 && acknowledged < 40, "{acknowledged}");
}

#[test]
fn directives_that_cannot_be_committed_are_not_acknowledged() {
    let world = World::new();
    let wasm = writer();
    let mut failed = 0;
    for operations in 0..30 {
        world.backend.fail_after(operations, Fault::Before);
        let code = match world.upload(&wasm) {
            Ok(code) => code,
            Err(CallError::Host(_)) => {
                failed += 1;
                world.backend.reopen();
                world.upload(&wasm).unwrap()
            }
            other => panic!("{other:?}"),
        };
        let receipts = world.node().receipts();
        match world.instantiate(code, "{}") {
            Ok(_) => assert_eq!(world.node().receipts(), receipts + 1),
            Err(CallError::Host(_)) => {
                failed += 1;
                assert_eq!(world.node().receipts(), receipts);
            }
            other => panic!("{other:?}"),
        }
        world.backend.reopen();
    }
    assert!(failed > 0);
    world.prove();
}

#[test]
fn a_commit_of_unknown_fate_stops_the_node_until_it_is_opened_again() {
    let mut world = World::new();
    let contract = world.contract(&writer(), "{}");
    let caller = key("caller");
    let token = world.token(&contract, caller.public(), &["execute/go"]);
    let invocation = world.invocation(&token, "execute/go", GO).sign(&caller).unwrap();
    let receipts = world.node().receipts();
    let mut operations = 0;
    loop {
        world.backend.fail_after(operations, Fault::After);
        match world.node().invoke(&world.invocation(&token, "execute/go", GO).sign(&caller).unwrap()) {
            Err(CallError::Host(error)) if error.to_string().contains("unknown") => break,
            Err(CallError::Host(_)) => operations += 1,
            other => panic!("{other:?}"),
        }
        assert!(operations < 60);
    }
    assert!(matches!(world.node().invoke(&invocation), Err(CallError::Host(_))));
    world.open();
    assert_eq!(world.node().receipts(), receipts + 1, "it was stored after all");
    assert!(answer(&world.node().invoke(&invocation).unwrap()).contains("attributes"));
}

#[test]
fn a_refusal_that_cannot_be_recorded_is_still_a_refusal_and_recorded_later() {
    let world = World::new();
    let contract = world.contract(&writer(), "{}");
    let caller = key("caller");
    let token = world.token(&contract, caller.public(), &["execute/go"]);
    world.revoke(&world.hospital, contract.id, token.leaf().hash()).unwrap();
    let invocation = world.invocation(&token, "execute/go", GO).sign(&caller).unwrap();
    let mut refusals = 0;
    for operations in 0..12 {
        world.backend.fail_after(operations, Fault::Before);
        match world.node().invoke(&invocation) {
            Err(CallError::Refused) => refusals += 1,
            Err(CallError::Host(_)) => {}
            other => panic!("{other:?}"),
        }
        world.backend.reopen();
    }
    assert_eq!(world.refusals(), vec!["revoked"; refusals]);
}
