//! What a contract learns by asking: its caller, and other contracts that the request names.

use cosmwasm_std::Binary;
use nectar_abi::compact;
use nectar_runtime::ContractFailure;

use crate::support::{Contract, World, answer, key};
use crate::wat::{ANSWER, KEY, Module, RESPONSE, VALUE, escaped, says};

/// Forwards its message to the host as a query, and answers with what came back as `{"ok":"<base64>"}` would be too much
/// for hand-written code: it reports the first byte that differs from `{"ok":{"ok":` by trapping.
fn asks(expected: &str) -> Vec<u8> {
    let data = expected.replace('"', "\\\"");
    let length = expected.len();
    Module {
        head: format!(r#"(data (i32.const 7000) "{data}")"#),
        query: format!(
            "(local.set $i (i32.load (call $query_chain (local.get $msg))))
             (loop $next
               (if (i32.ne (i32.load8_u (i32.add (local.get $i) (local.get $j))) (i32.load8_u (i32.add (i32.const 7000) (local.get $j))))
                 (then (unreachable)))
               (local.set $j (i32.add (local.get $j) (i32.const 1)))
               (br_if $next (i32.lt_u (local.get $j) (i32.const {length}))))
             {ANSWER}"
        ),
        ..Module::default()
    }
    .build()
}

/// Whether the answer to this query starts as expected.
fn answered(world: &World, contract: &Contract, touches: &[&Contract], query: &str) -> bool {
    let caller = key("caller");
    let method = query.trim_start_matches("{\"").split('"').next().unwrap().to_owned();
    let method = format!("query/{method}");
    let token = world.token(contract, caller.public(), &[&method]);
    let mut invocation = world.invocation(&token, &method, query);
    invocation.touches = touches.iter().map(|contract| contract.id).collect();
    invocation.touches.sort_unstable();
    let reply = world.node().invoke(&invocation.sign(&caller).unwrap()).unwrap();
    match reply.failure {
        None => answer(&reply) == "{}",
        Some(ContractFailure::Trap("unreachable")) => false,
        Some(other) => panic!("{other:?}"),
    }
}

fn smart(contract: &Contract) -> String {
    let message = Binary::from(b"{}".as_slice()).to_base64();
    format!(r#"{{"wasm":{{"smart":{{"contract_addr":"{}","msg":"{message}"}}}}}}"#, contract.id)
}

#[test]
fn a_contract_learns_who_calls() {
    let world = World::new();
    let contract = world.contract(&asks(r#"{"ok":{"ok":""#), "{}");
    assert!(answered(&world, &contract, &[], r#"{"custom":{"caller":{}}}"#));
}

#[test]
fn a_named_contract_of_the_same_owner_answers() {
    let world = World::new();
    let (asker, other) = (
        world.contract(&asks(r#"{"ok":{"ok":"e30="}}"#), "{}"),
        world.contract(&Module::default().build(), "{}"),
    );
    assert!(answered(&world, &asker, &[&other], &smart(&other)));
}

#[test]
fn unnamed_foreign_and_missing_contracts_look_the_same() {
    let mut world = World::new();
    let asker = world.contract(&asks(r#"{"error":{"no_such_contract":{"addr":""#), "{}");
    let other = world.contract(&Module::default().build(), "{}");
    assert!(answered(&world, &asker, &[], &smart(&other)));
    let missing = Contract { id: nectar_abi::ContractId::new([7; 32]), ..other };
    assert!(answered(&world, &asker, &[&missing], &smart(&missing)));
    let hospital = std::mem::replace(&mut world.hospital, key("another hospital"));
    let foreign = world.contract(&Module::default().build(), "{}");
    world.hospital = hospital;
    assert!(answered(&world, &asker, &[&foreign], &smart(&foreign)));
}

#[test]
fn a_contract_that_fails_is_an_error_for_the_one_that_asked() {
    let world = World::new();
    let asker = world.contract(&asks(r#"{"ok":{"error":"the contract trapped: unreachable"}}"#), "{}");
    let failing = world.contract(&Module::query("(unreachable)"), "{}");
    assert!(answered(&world, &asker, &[&failing], &smart(&failing)));
    let asker = world.contract(&asks(r#"{"ok":{"error":"a query must not write"}}"#), "{}");
    let writing = world.contract(&Module::query(&format!("(call $db_write {KEY} {VALUE}) {ANSWER}")), "{}");
    assert!(answered(&world, &asker, &[&writing], &smart(&writing)));
}

#[test]
fn what_this_chain_does_not_have_is_unsupported() {
    let world = World::new();
    let contract = world.contract(&asks(r#"{"error":{"unsupported_request":"#), "{}");
    for query in [
        r#"{"bank":{"balance":{"address":"a","denom":"b"}}}"#,
        r#"{"wasm":{"raw":{"contract_addr":"a","key":""}}}"#,
        r#"{"wasm":{"contract_info":{"contract_addr":"a"}}}"#,
    ] {
        assert!(answered(&world, &contract, &[], query), "{query}");
    }
    let contract = world.contract(&asks(r#"{"error":{"invalid_request":"#), "{}");
    for query in [r#"{"custom":{"anything":{}}}"#, r#"{"nonsense":1}"#] {
        assert!(answered(&world, &contract, &[], query), "{query}");
    }
}

#[test]
fn gas_is_one_budget_for_all_frames() {
    let world = World::poor(20_000_000);
    let module = Module {
        query: format!("(drop (call $query_chain (local.get $msg))) {ANSWER}"),
        ..Module::default()
    };
    let asker = world.contract(&module.build(), "{}");
    let endless = world.contract(&Module::query("(loop $forever (br $forever)) (unreachable)"), "{}");
    let caller = key("caller");
    let token = world.token(&asker, caller.public(), &["query/wasm"]);
    let mut invocation = world.invocation(&token, "query/wasm", &smart(&endless));
    invocation.touches = vec![endless.id];
    let reply = world.node().invoke(&invocation.sign(&caller).unwrap()).unwrap();
    assert_eq!(reply.failure, Some(ContractFailure::OutOfGas { limit: 20_000_000 }));
    assert_eq!(reply.gas, 19_999_999, "all that it may have cost");
}

#[test]
fn who_asks_in_bytes_gets_the_grant_in_bytes() {
    let world = World::new();
    // The request is one byte; so is what is looked at of the answer.
    let module = Module {
        head: r#"(data (i32.const 7000) "\01")"#.into(),
        query: format!(
            "(i32.store (i32.const 80) (i32.const 7000)) (i32.store offset=8 (i32.const 80) (i32.const 1))
             (local.set $i (call $query_chain (i32.const 80)))
             (if (i32.ne (i32.load8_u (i32.load (local.get $i))) (i32.const 1)) (then (unreachable)))
             (if (i32.ne (i32.load offset=8 (local.get $i)) (i32.const 157)) (then (unreachable))) {ANSWER}"
        ),
        ..Module::default()
    };
    let contract = world.contract(&module.build(), "{}");
    assert!(answered(&world, &contract, &[], r#"{"whoam":{}}"#), "152 bytes and the five of the name");
}

/// Asks `other` in bytes, while it is asked itself, and traps unless the answer is exactly this.
fn asks_in_bytes(world: &World, other: &Contract, expected: &[u8]) -> Contract {
    let request = nectar_abi::compact::smart(&other.id, b"{}");
    let (length, answer) = (request.len(), expected.len());
    let module = Module {
        head: format!(
            r#"(data (i32.const 7000) "{}") (data (i32.const 7100) "{}")"#,
            escaped(&request),
            escaped(expected)
        ),
        query: format!(
            "(i32.store (i32.const 80) (i32.const 7000)) (i32.store offset=8 (i32.const 80) (i32.const {length}))
             (local.set $i (call $query_chain (i32.const 80)))
             (if (i32.ne (i32.load offset=8 (local.get $i)) (i32.const {answer})) (then (unreachable)))
             (local.set $i (i32.load (local.get $i)))
             (loop $next
               (if (i32.ne (i32.load8_u (i32.add (local.get $i) (local.get $j))) (i32.load8_u (i32.add (i32.const 7100) (local.get $j))))
                 (then (unreachable)))
               (local.set $j (i32.add (local.get $j) (i32.const 1)))
               (br_if $next (i32.lt_u (local.get $j) (i32.const {answer}))))
             {ANSWER}"
        ),
        ..Module::default()
    };
    world.contract(&module.build(), "{}")
}

#[test]
fn who_asks_another_contract_in_bytes_gets_what_it_said_byte_by_byte() {
    let world = World::new();
    for said in [
        br#"{"ok":"e30="}"#.as_slice(),
        br#"{"error":"no"}"#,
        br#" {"ok":"e30="}"#,
        br#"{"ok" : "e30="}"#,
        b"garbage \0\xff",
        b"2",
    ] {
        let other = world.contract(&says(said), "{}");
        let asker = asks_in_bytes(&world, &other, said);
        assert!(answered(&world, &asker, &[&other], r#"{"go":{}}"#), "{}", said.escape_ascii());
    }
}

#[test]
fn a_contract_that_comes_to_no_end_has_one_answer_in_bytes() {
    let world = World::new();
    for body in [
        "(unreachable)".to_owned(),
        format!("(call $abort {VALUE}) {ANSWER}"),
        format!("(call $db_write {KEY} {VALUE}) {ANSWER}"),
    ] {
        let other = world.contract(&Module::query(&body), "{}");
        let asker = asks_in_bytes(&world, &other, compact::FAILED);
        assert!(answered(&world, &asker, &[&other], r#"{"go":{}}"#), "{body}");
    }
}

#[test]
fn whom_nobody_may_ask_is_unknown_in_bytes() {
    let mut world = World::new();
    let other = world.contract(&Module::default().build(), "{}");
    let asker = asks_in_bytes(&world, &other, compact::UNKNOWN);
    assert!(answered(&world, &asker, &[], r#"{"go":{}}"#), "unnamed");
    let missing = Contract { id: nectar_abi::ContractId::new([7; 32]), ..other };
    let asker = asks_in_bytes(&world, &missing, compact::UNKNOWN);
    assert!(answered(&world, &asker, &[&missing], r#"{"go":{}}"#), "missing");
    let hospital = std::mem::replace(&mut world.hospital, key("another hospital"));
    let foreign = world.contract(&Module::default().build(), "{}");
    world.hospital = hospital;
    let asker = asks_in_bytes(&world, &foreign, compact::UNKNOWN);
    assert!(answered(&world, &asker, &[&foreign], r#"{"go":{}}"#), "foreign");
}

#[test]
fn what_begins_as_a_success_and_is_none_is_for_who_asked_to_judge() {
    let world = World::new();
    let said = br#"{"ok":5}"#;
    let other = world.contract(&says(said), "{}");
    let asker = asks_in_bytes(&world, &other, said);
    assert!(answered(&world, &asker, &[&other], r#"{"go":{}}"#));
}

#[test]
fn there_is_no_caller_while_the_owner_instantiates() {
    let world = World::new();
    for request in [r#"{"custom":{"caller":{}}}"#, "\u{1}"] {
        let bytes = escaped(request.as_bytes());
        let module = Module {
            head: format!(r#"(data (i32.const 7000) "{bytes}")"#),
            // The answer begins with `{"e`: an error, not `{"o`.
            instantiate: format!(
                "(i32.store (i32.const 80) (i32.const 7000)) (i32.store offset=8 (i32.const 80) (i32.const {}))
                 (if (i32.ne (i32.load8_u offset=2 (i32.load (call $query_chain (i32.const 80)))) (i32.const 101))
                   (then (unreachable))) {RESPONSE}",
                request.len()
            ),
            ..Module::default()
        };
        world.contract(&module.build(), "{}");
    }
}
