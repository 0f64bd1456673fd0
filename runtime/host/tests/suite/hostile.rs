//! Contracts that try to harm their host. Each fails with a typed error, is charged, and changes nothing.

use nectar_commitment::Op;
use nectar_runtime::{
    CallError, ContractFailure, HostError, MAX_DEPTH, MAX_ITERATORS, MAX_STATE_OPERATIONS, Reply,
};

use crate::support::{Contract, World, answer, error, key};
use crate::wat::{ANSWER, FREE, KEY, Module, RESPONSE, VALUE};

/// Executes the contract's only method.
fn execute(world: &World, contract: &Contract) -> Reply {
    let caller = key("caller");
    let token = world.token(contract, caller.public(), &["execute/go", "query/go"]);
    world.call(&token, &caller, "execute/go", r#"{"go":{}}"#).unwrap()
}

fn query(world: &World, contract: &Contract) -> Reply {
    let caller = key("caller");
    let token = world.token(contract, caller.public(), &["query/go"]);
    world.call(&token, &caller, "query/go", r#"{"go":{}}"#).unwrap()
}

/// How `execute` with this body fails; its receipt commits to the error, and no state was changed.
fn failure(wasm: &[u8]) -> ContractFailure {
    failure_in(&World::new(), wasm)
}

fn failure_in(world: &World, wasm: &[u8]) -> ContractFailure {
    let contract = world.contract(wasm, "{}");
    let reply = execute(world, &contract);
    let failure = reply.failure.clone().unwrap();
    assert_eq!(error(&reply), failure.to_string());
    assert!(reply.gas > 0 && reply.receipt.receipt().gas == reply.gas);
    assert!(reply.opening.opens(reply.receipt.receipt()));
    let batch = world.node().pending(usize::MAX, usize::MAX).unwrap().unwrap();
    let trace = batch.traces().last().unwrap();
    let ends = trace.slots.iter().filter(|slot| slot.op == Op::Fail).count();
    assert_eq!(ends, 1, "the log says that everything was taken back");
    assert!(trace.runs[0].outcome().failed() && trace.runs[0].gas == reply.gas);
    failure
}

#[test]
fn an_ordinary_contract_works() {
    let world = World::new();
    let body = format!("(call $db_write {KEY} {VALUE}) {RESPONSE}");
    let contract = world.contract(&Module::execute(&body), "{}");
    let reply = execute(&world, &contract);
    assert!(answer(&reply).contains("attributes"));
    assert!(reply.failure.is_none());
    assert_eq!(answer(&query(&world, &contract)), "{}");
}

#[test]
fn an_endless_loop_runs_out_of_gas() {
    let world = World::poor(10_000_000);
    let failure = failure_in(&world, &Module::execute("(loop $forever (br $forever)) (unreachable)"));
    assert_eq!(failure, ContractFailure::OutOfGas { limit: 10_000_000 });
}

#[test]
fn a_fill_of_all_memory_is_charged_by_the_byte() {
    let world = World::poor(100_000_000);
    let body = "(loop $forever (memory.fill (i32.const 65536) (i32.const 1) (i32.const 65536)) (br $forever)) (unreachable)";
    let start = std::time::Instant::now();
    assert!(matches!(failure_in(&world, &Module::execute(body)), ContractFailure::OutOfGas { .. }));
    assert!(start.elapsed().as_secs() < 20);
}

#[test]
fn endless_recursion_overflows_the_fixed_stack() {
    let head = "(func $deep (param i32) (result i32) (i32.add (i32.const 1) (call $deep (i32.add (local.get 0) (i32.const 1)))))";
    let module =
        Module { head: head.into(), execute: "(call $deep (i32.const 0))".into(), ..Module::default() };
    assert_eq!(failure(&module.build()), ContractFailure::StackOverflow);
}

#[test]
fn traps_are_named() {
    for (body, name) in [
        ("(unreachable)", "unreachable"),
        ("(i32.div_u (i32.const 1) (i32.const 0))", "division by zero"),
        ("(i32.load (i32.const -4))", "memory access out of bounds"),
        ("(i32.div_s (i32.const 0x80000000) (i32.const -1))", "integer overflow"),
    ] {
        assert_eq!(failure(&Module::execute(body)), ContractFailure::Trap(name));
    }
}

#[test]
fn memory_does_not_grow_past_the_limit() {
    // -1 comes back from memory.grow, 512 pages are the most.
    let body = format!(
        "(if (i32.ne (memory.grow (i32.const 510)) (i32.const 2)) (then (unreachable)))
         (if (i32.ne (memory.grow (i32.const 1)) (i32.const -1)) (then (unreachable))) {RESPONSE}"
    );
    let world = World::new();
    let contract = world.contract(&Module::execute(&body), "{}");
    let reply = execute(&world, &contract);
    assert!(reply.failure.is_none(), "{:?}", reply.failure);
}

#[test]
fn regions_outside_of_memory_are_refused() {
    for pointer in ["(i32.const 0)", "(i32.const -1)", "(i32.const -12)", "(i32.const 131070)"] {
        let body = format!("(drop (call $db_read {pointer})) {RESPONSE}");
        assert!(matches!(failure(&Module::execute(&body)), ContractFailure::Region(_)), "{pointer}");
    }
    for pointer in ["(i32.const 0)", "(i32.const -1)"] {
        assert!(matches!(failure(&Module::execute(pointer)), ContractFailure::Region(_)), "{pointer}");
    }
}

#[test]
fn a_region_with_a_huge_length_is_refused() {
    let body = format!("(i32.store offset=8 {KEY} (i32.const -1)) (drop (call $db_read {KEY})) {RESPONSE}");
    assert!(matches!(failure(&Module::execute(&body)), ContractFailure::Region(_)));
    // Within its capacity and within memory, but longer than a key may be.
    let body = format!(
        "(i32.store offset=4 {KEY} (i32.const 2000)) (i32.store offset=8 {KEY} (i32.const 2000))
         (drop (call $db_read {KEY})) {RESPONSE}"
    );
    let failure = failure(&Module::execute(&body));
    assert_eq!(failure, ContractFailure::TooLong { what: "storage key", got: 2000, limit: 1024 });
}

#[test]
fn an_allocate_that_lies_fails_the_contract_only() {
    for lie in ["(i32.const 0)", "(i32.const -1)", "(i32.const 80)", "(i32.const 131064)", "(unreachable)"] {
        let allocate = format!(r#"(func (export "allocate") (param i32) (result i32) {lie})"#);
        let world = World::new();
        let code = world.upload(&Module { allocate, ..Module::default() }.build()).unwrap();
        let result = world.instantiate(code, "{}");
        assert!(
            matches!(result, Err(nectar_runtime::CallError::Invalid(nectar_runtime::Invalid::Failed(_)))),
            "{lie}: {result:?}"
        );
    }
}

#[test]
fn an_allocate_that_calls_the_host_again_is_stopped() {
    let allocate =
        format!(r#"(func (export "allocate") (param $size i32) (result i32) (call $addr_validate {KEY}))"#);
    let world = World::new();
    let code = world.upload(&Module { allocate, ..Module::default() }.build()).unwrap();
    let result = world.instantiate(code, "{}");
    let expected = nectar_runtime::Invalid::Failed(ContractFailure::StackOverflow);
    assert!(
        matches!(&result, Err(nectar_runtime::CallError::Invalid(found)) if *found == expected),
        "{result:?}"
    );
}

#[test]
fn a_response_that_is_too_large_is_refused() {
    let body = "(drop (memory.grow (i32.const 100)))
        (i32.store (i32.const 80) (i32.const 8192))
        (i32.store offset=4 (i32.const 80) (i32.const 4194305))
        (i32.store offset=8 (i32.const 80) (i32.const 4194305)) (i32.const 80)";
    let failure = failure(&Module::execute(body));
    assert_eq!(failure, ContractFailure::TooLong { what: "response", got: 4_194_305, limit: 4_194_304 });
}

#[test]
fn a_response_that_is_no_json_is_refused() {
    assert_eq!(failure(&Module::execute(VALUE)), ContractFailure::Response);
    // A query's answer is not an execution's response: it begins as one, so that no outcome would be true.
    let world = World::new();
    let contract = world.contract(&Module::execute(ANSWER), "{}");
    let caller = key("caller");
    let token = world.token(&contract, caller.public(), &["execute/go"]);
    let refused = world.call(&token, &caller, "execute/go", r#"{"go":{}}"#);
    let why = ContractFailure::Response;
    assert!(matches!(refused, Err(CallError::Host(HostError::Answer("execute", found))) if found == why));
}

#[test]
fn a_query_does_not_write() {
    for call in [format!("(call $db_write {KEY} {VALUE})"), format!("(call $db_remove {KEY})")] {
        let world = World::new();
        let contract = world.contract(&Module::query(&format!("{call} {ANSWER}")), "{}");
        let reply = query(&world, &contract);
        assert_eq!(reply.failure, Some(ContractFailure::ReadOnly));
    }
}

#[test]
fn an_empty_value_is_refused() {
    let body = format!("(call $db_write {KEY} {FREE}) {RESPONSE}");
    assert_eq!(failure(&Module::execute(&body)), ContractFailure::EmptyValue);
}

#[test]
fn iterators_are_few_and_their_own() {
    let scan = "(call $db_scan (i32.const 0) (i32.const 0) (i32.const 1))";
    let body = format!(
        "(loop $more (drop {scan}) (local.set $i (i32.add (local.get $i) (i32.const 1)))
         (br_if $more (i32.lt_u (local.get $i) (i32.const {})))) {RESPONSE}",
        MAX_ITERATORS + 1
    );
    assert_eq!(failure(&Module::execute(&body)), ContractFailure::TooManyIterators);
    for id in [0, 1, 7, -1] {
        let body = format!("(drop (call $db_next (i32.const {id}))) {RESPONSE}");
        assert_eq!(failure(&Module::execute(&body)), ContractFailure::NoIterator);
    }
    let body = format!("(drop (call $db_scan (i32.const 0) (i32.const 0) (i32.const 3))) {RESPONSE}");
    assert_eq!(failure(&Module::execute(&body)), ContractFailure::Order);
}

#[test]
fn scanning_and_reading_without_end_is_stopped() {
    let body = format!(
        "(call $db_write {KEY} {VALUE})
         (loop $more
           (drop (call $db_next (call $db_scan (i32.const 0) (i32.const 0) (i32.const 2)))) (br $more)) {RESPONSE}"
    );
    assert_eq!(failure(&Module::execute(&body)), ContractFailure::TooManyIterators);
    let body = format!("(loop $more (drop (call $db_read {KEY})) (br $more)) {RESPONSE}");
    assert_eq!(failure(&Module::execute(&body)), ContractFailure::TooManyOperations);
    assert!(matches!(
        failure_in(&World::poor(50_000_000), &Module::execute(&body)),
        ContractFailure::OutOfGas { .. }
    ));
    const { assert!(MAX_STATE_OPERATIONS > 1000) };
}

#[test]
fn an_abort_says_its_words_to_the_caller_only() {
    let world = World::new();
    let contract = world.contract(&Module::execute(&format!("(call $abort {VALUE}) {RESPONSE}")), "{}");
    let reply = execute(&world, &contract);
    assert_eq!(error(&reply), "the contract aborted: value");
    assert!(world.audit().iter().any(|entry| entry.outcome == "abort"));
    assert!(!format!("{:?} {reply:?}", world.audit()).contains("value"));
}

#[test]
fn a_canonical_address_that_does_not_fit_is_refused() {
    // 64 hexadecimal digits at 5000, and a region of 16 bytes for the 32 that come back.
    let digits = "ab".repeat(32);
    let module = Module {
        head: format!(
            r#"(data (i32.const 5000) "{digits}") (data (i32.const 5200) "\88\13\00\00\40\00\00\00\40\00\00\00")
               (data (i32.const 5300) "\00\10\00\00\10\00\00\00\00\00\00\00")"#
        ),
        execute: format!("(drop (call $addr_canonicalize (i32.const 5200) (i32.const 5300))) {RESPONSE}"),
        ..Module::default()
    };
    assert!(matches!(failure(&module.build()), ContractFailure::Region(_)));
}

#[test]
fn submessages_are_refused_and_not_forgotten() {
    let json = r#"{"ok":{"messages":[{"id":1,"payload":"","msg":{"bank":{"send":{"to_address":"a","amount":[]}}},"gas_limit":null,"reply_on":"never"}],"attributes":[],"events":[],"data":null}}"#;
    let data = json.replace('"', "\\\"");
    let length = json.len();
    let module = Module {
        head: format!(r#"(data (i32.const 6000) "{data}")"#),
        execute: format!(
            "(call $db_write {KEY} {VALUE}) (i32.store {FREE} (i32.const 6000))
             (i32.store offset=4 {FREE} (i32.const {length})) (i32.store offset=8 {FREE} (i32.const {length})) {FREE}"
        ),
        ..Module::default()
    };
    let world = World::new();
    let contract = world.contract(&module.build(), "{}");
    let caller = key("caller");
    let token = world.token(&contract, caller.public(), &["execute/go"]);
    let receipts = world.node().receipts();
    let invocation = world.invocation(&token, "execute/go", r#"{"go":{}}"#).sign(&caller).unwrap();
    for _ in 0..2 {
        // It says that it went well and cannot have: nothing is done, and the same request may come again.
        let refused = world.node().invoke(&invocation);
        let why = ContractFailure::Messages(1);
        assert!(matches!(refused, Err(CallError::Host(HostError::Answer("execute", found))) if found == why));
    }
    assert_eq!(world.node().receipts(), receipts);
}

#[test]
fn a_missing_entry_point_is_the_contracts_failure() {
    let text = String::from_utf8(wasmprinter(&Module::default())).unwrap();
    let world = World::new();
    let contract = world.contract(&::wat::parse_str(text.replace("\"query\"", "\"other\"")).unwrap(), "{}");
    assert_eq!(query(&world, &contract).failure, Some(ContractFailure::NoEntryPoint("query")));
}

/// The text of a module, by way of its parts.
fn wasmprinter(module: &Module) -> Vec<u8> {
    format!(
        r#"(module {} (global $heap (mut i32) (i32.const 8192)) {} {}
           (func (export "deallocate") (param i32))
           (func (export "instantiate") (param i32 i32 i32) (result i32) {RESPONSE})
           (func (export "query") (param i32 i32) (result i32) {ANSWER})
           (data (i32.const 16) "\00\04\00\00\40\00\00\00\3e\00\00\00")
           (data (i32.const 1024) "{{\"ok\":{{\"messages\":[],\"attributes\":[],\"events\":[],\"data\":null}}}}"))"#,
        module.memory, module.version, module.allocate
    )
    .into_bytes()
}

#[test]
fn not_a_number_has_one_form() {
    // 0/0 with a payload that hardware would keep: the bits that come out are the canonical ones.
    let body = format!(
        "(if (i64.ne (i64.reinterpret_f64 (f64.add (f64.reinterpret_i64 (i64.const 0x7ff8dead00000001)) (f64.const 1)))
                     (i64.const 0x7ff8000000000000)) (then (unreachable))) {RESPONSE}"
    );
    let world = World::new();
    let contract = world.contract(&Module::execute(&body), "{}");
    assert!(execute(&world, &contract).failure.is_none());
}

/// Calls a contract with a message that is a query of itself, with a message that is a query of itself, and so on.
fn query_itself(world: &World, contract: &Contract) -> Reply {
    let caller = key("caller");
    let token = world.token(contract, caller.public(), &["query/wasm"]);
    let message = |inner: &str| {
        let inner = cosmwasm_std::Binary::from(inner.as_bytes()).to_base64();
        format!(r#"{{"wasm":{{"smart":{{"contract_addr":"{}","msg":"{inner}"}}}}}}"#, contract.id)
    };
    let nested = (0..MAX_DEPTH + 2).fold("{}".to_owned(), |inner, _| message(&inner));
    let mut invocation = world.invocation(&token, "query/wasm", &nested);
    invocation.touches = vec![contract.id];
    world.node().invoke(&invocation.sign(&caller).unwrap()).unwrap()
}

#[test]
fn contracts_that_query_themselves_end() {
    // The query asks its own contract, whose address the message brings, until it is too deep.
    let world = World::new();
    let module = Module {
        query: format!("(drop (call $query_chain (local.get $msg))) {ANSWER}"),
        ..Module::default()
    };
    let contract = world.contract(&module.build(), "{}");
    let reply = query_itself(&world, &contract);
    // The deepest frame fails; those above it get its error as an answer.
    assert_eq!(answer(&reply), "{}");
}

#[test]
fn frames_that_use_up_their_stacks_fit_into_an_ordinary_thread() {
    // Each frame goes deep, then asks its own contract, which does the same.
    let head = "(func $deep (param $n i32) (param $msg i32) (result i32)
        (if (result i32) (i32.eqz (local.get $n)) (then (call $query_chain (local.get $msg)))
          (else (i32.add (i32.const 0) (call $deep (i32.sub (local.get $n) (i32.const 1)) (local.get $msg))))))";
    std::thread::Builder::new()
        .stack_size(2 << 20)
        .spawn(move || {
            let (mut fine, mut overflowed) = (0, 0);
            for depth in [1000, 2000, 3000, 4000, 5000, 6000, 8000, 16_000] {
                let world = World::new();
                let query = format!("(drop (call $deep (i32.const {depth}) (local.get $msg))) {ANSWER}");
                let module = Module { head: head.into(), query, ..Module::default() };
                let contract = world.contract(&module.build(), "{}");
                match query_itself(&world, &contract).failure {
                    None => fine += 1,
                    Some(ContractFailure::StackOverflow) => overflowed += 1,
                    Some(other) => panic!("{other:?}"),
                }
            }
            assert!(fine > 0 && overflowed > 0, "{fine} {overflowed}");
        })
        .unwrap()
        .join()
        .unwrap();
}
