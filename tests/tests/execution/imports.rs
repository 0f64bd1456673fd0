//! Every provable import, by hand-written modules: what a contract can see of its host goes into its state, and so into
//! what is compared.

use nectar_runtime::{CallError, HostError, NotProvable};
use nectar_vm::{Stop, Trap};

use crate::node::Node;
use crate::replay::{Twin, ending, replay};

/// Regions at fixed places, and names for them.
const ENV: u32 = 0;
const RESPONSE: u32 = 16;
const ANSWER: u32 = 32;
const KEYS: [u32; 4] = [48, 64, 80, 96];
const BAD: u32 = 112;
const ADDRESS: u32 = 128;
const FREE: u32 = 144;
const CALLER: u32 = 160;
const ODD: u32 = 176;
const UTF8: u32 = 192;

fn module(execute: &str, query: &str) -> Vec<u8> {
    let texts: [(u32, String); 12] = [
        (RESPONSE, r#"{"ok":{"messages":[],"attributes":[],"events":[],"data":null}}"#.into()),
        (ANSWER, r#"{"ok":"e30="}"#.into()),
        (KEYS[0], "a".into()),
        (KEYS[1], "bcdefgh1".into()),
        (KEYS[2], "c-nine-b9".into()),
        (KEYS[3], "d".repeat(23)),
        (BAD, "no address".into()),
        (ADDRESS, "0123456789abcdef".repeat(4)),
        (FREE, String::new()),
        (CALLER, r#"{"custom":{"caller":{}}}"#.into()),
        (ODD, r#"{"bank":{"balance":{"address":"a","denom":"b"}}}"#.into()),
        (UTF8, "\u{e9}".repeat(32)),
    ];
    let mut data = String::new();
    for (number, (at, text)) in (1..).zip(&texts) {
        let offset: u32 = 1000 * number + 3;
        let words = [offset, 128, u32::try_from(text.len()).unwrap()];
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("\\{byte:02x}")).collect::<String>();
        let region: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        data += &format!("(data (i32.const {at}) \"{}\")", hex(&region));
        data += &format!("(data (i32.const {offset}) \"{}\")", hex(text.as_bytes()));
    }
    let text = format!(
        r#"(module
          (import "env" "abort" (func $abort (param i32)))
          (import "env" "debug" (func $debug (param i32)))
          (import "env" "db_read" (func $read (param i32) (result i32)))
          (import "env" "db_write" (func $write (param i32 i32)))
          (import "env" "db_remove" (func $remove (param i32)))
          (import "env" "db_scan" (func $scan (param i32 i32 i32) (result i32)))
          (import "env" "db_next" (func $next (param i32) (result i32)))
          (import "env" "db_next_key" (func $next_key (param i32) (result i32)))
          (import "env" "db_next_value" (func $next_value (param i32) (result i32)))
          (import "env" "addr_validate" (func $validate (param i32) (result i32)))
          (import "env" "addr_canonicalize" (func $canonicalize (param i32 i32) (result i32)))
          (import "env" "addr_humanize" (func $humanize (param i32 i32) (result i32)))
          (import "env" "query_chain" (func $query_chain (param i32) (result i32)))
          (memory (export "memory") 2)
          (global $heap (mut i32) (i32.const 20001))
          (func (export "interface_version_8"))
          (func (export "deallocate") (param i32))
          (func (export "allocate") (param $size i32) (result i32) (local $region i32)
            (local.set $region (global.get $heap))
            (global.set $heap (i32.add (i32.add (local.get $region) (i32.const 13)) (local.get $size)))
            (i32.store (local.get $region) (i32.add (local.get $region) (i32.const 12)))
            (i32.store offset=4 (local.get $region) (local.get $size))
            (local.get $region))
          ;; A fresh region of one byte, counting up: the next key.
          (global $count (mut i32) (i32.const 64))
          (func $id (result i32) (local $region i32)
            (local.set $region (global.get $heap))
            (global.set $heap (i32.add (local.get $region) (i32.const 16)))
            (i32.store (local.get $region) (i32.add (local.get $region) (i32.const 12)))
            (i32.store offset=4 (local.get $region) (i32.const 1))
            (i32.store offset=8 (local.get $region) (i32.const 1))
            (global.set $count (i32.add (global.get $count) (i32.const 1)))
            (i32.store8 offset=12 (local.get $region) (global.get $count))
            (local.get $region))
          ;; Writes what a region holds under the next key.
          (func $keep (param $region i32) (call $write (call $id) (local.get $region)))
          ;; Writes a number under the next key.
          (func $keep_number (param $number i32) (local $region i32)
            (local.set $region (call $id))
            (i32.store8 offset=12 (local.get $region) (i32.add (local.get $number) (i32.const 48)))
            (call $keep (local.get $region)))
          (func (export "instantiate") (param i32 i32 i32) (result i32) (i32.const {RESPONSE}))
          (func (export "execute") (param $env i32) (param $info i32) (param $msg i32) (result i32)
            (local $i i32) (local $j i32) {execute} (i32.const {RESPONSE}))
          (func (export "query") (param $env i32) (param $msg i32) (result i32)
            (local $i i32) (local $j i32) {query} (i32.const {ANSWER}))
          {data})"#
    );
    wat::parse_str(&text).unwrap()
}

/// `execute` and then `query`, in the runtime and on the machine.
fn same(execute: &str, query: &str) {
    assert_eq!(ENV, 0, "no region is at the null pointer");
    let (node, wasm) = (Node::new(), module(execute, query));
    let mut twin = Twin::new(&wasm);
    let contract = node.contract(&wasm, "{}");
    replay(&node.trace(), contract.id, &mut twin, None, None);
    let contract = node.granted(contract, &["execute/go", "query/go"]);
    for method in ["execute/go", "query/go"] {
        let reply = node.call(&contract, method, r#"{"go":{}}"#, &[]);
        assert!(reply.result.is_ok(), "{method}: {:?} {:?}", reply.result, reply.failure);
        let caller = node.caller(&contract, method);
        replay(&node.trace(), contract.id, &mut twin, Some(caller), None);
    }
    assert!(!twin.store.is_empty(), "something was written to compare");
}

/// Four keys with values of many lengths.
fn four() -> String {
    let values = [ADDRESS, BAD, KEYS[2], KEYS[1]];
    KEYS.iter()
        .zip(values)
        .map(|(key, value)| format!("(call $write (i32.const {key}) (i32.const {value}))"))
        .collect()
}

#[test]
fn inputs_lie_in_memory_as_in_the_runtime() {
    same("(call $keep (local.get $env)) (call $keep (local.get $info)) (call $keep (local.get $msg))", "");
}

#[test]
fn values_are_written_read_and_removed() {
    let [a, b, c, _] = KEYS;
    let body = format!(
        "{} (call $keep (call $read (i32.const {a}))) (call $keep (call $read (i32.const {b})))
         (call $remove (i32.const {c})) (call $keep_number (call $read (i32.const {c})))",
        four()
    );
    same(&body, &format!("(drop (call $read (i32.const {a}))) (drop (call $read (i32.const {c})))"));
}

#[test]
fn iterators_go_both_ways_and_see_what_is_written_between() {
    let [a, b, _, d] = KEYS;
    let body = format!(
        "{}
         (local.set $i (call $scan (i32.const 0) (i32.const 0) (i32.const 1)))
         (local.set $j (call $scan (i32.const {a}) (i32.const {d}) (i32.const 2)))
         (call $keep_number (local.get $i)) (call $keep_number (local.get $j))
         (call $keep (call $next (local.get $i))) (call $keep (call $next (local.get $i)))
         (call $keep (call $next (local.get $j))) (call $keep (call $next_key (local.get $j)))
         (call $keep (call $next_value (local.get $j))) (call $keep (call $next (local.get $j)))
         (call $keep_number (call $next_key (local.get $j))) (call $keep_number (call $next_value (local.get $j)))
         (local.set $j (call $scan (i32.const {d}) (i32.const {b}) (i32.const 1)))
         (call $keep (call $next (local.get $j)))",
        four()
    );
    let query = "(local.set $i (call $scan (i32.const 0) (i32.const 0) (i32.const 2)))
        (loop $all (local.set $j (call $next_key (local.get $i))) (br_if $all (local.get $j)))";
    same(&body, query);
}

#[test]
fn addresses_are_checked_and_converted_or_named_wrong() {
    let body = format!(
        "(call $keep_number (call $validate (i32.const {ADDRESS}))) (call $keep (call $validate (i32.const {BAD})))
         (call $keep (call $validate (i32.const {UTF8})))
         (call $keep_number (call $canonicalize (i32.const {ADDRESS}) (i32.const {FREE}))) (call $keep (i32.const {FREE}))
         (call $keep_number (call $humanize (i32.const {FREE}) (i32.const {BAD}))) (call $keep (i32.const {BAD}))
         (call $keep (call $canonicalize (i32.const {UTF8}) (i32.const {FREE})))
         (call $keep (call $humanize (i32.const {UTF8}) (i32.const {FREE}))) (call $keep (i32.const {FREE}))"
    );
    same(&body, "");
}

#[test]
fn queries_and_debug_messages_cost_the_same() {
    let body = format!(
        "(call $keep (call $query_chain (i32.const {CALLER}))) (call $keep (call $query_chain (i32.const {ODD})))
         (call $keep (call $query_chain (i32.const {BAD}))) (call $debug (i32.const {BAD})) (call $debug (i32.const {FREE}))"
    );
    same(&body, &format!("(drop (call $query_chain (i32.const {CALLER})))"));
}

/// `execute` that the runtime refuses traps on the machine; one that it does not, does not.
fn refused_alike(bodies: &[String], refused: bool) {
    let node = Node::new().unbounded();
    for body in bodies {
        let wasm = module(body, "");
        let mut twin = Twin::new(&wasm);
        let contract = node.contract(&wasm, "{}");
        replay(&node.trace(), contract.id, &mut twin, None, None);
        let contract = node.granted(contract, &["execute/go"]);
        let reply = node.call(&contract, "execute/go", r#"{"go":{}}"#, &[]);
        assert_eq!(reply.failure.is_some(), refused, "{body}: {:?}", reply.failure);
        let ended = ending(&node.trace(), &twin);
        let trapped = matches!(ended, Err(Stop::Trap(Trap::HostCall | Trap::Abort)));
        assert_eq!(trapped, refused, "{body}: {ended:?}");
    }
}

/// Every import with this region, and with an ordinary one beside it where there are two.
fn everywhere(region: &str) -> Vec<String> {
    let [a, ..] = KEYS;
    [
        format!("(drop (call $read {region}))"),
        format!("(call $write {region} (i32.const {a}))"),
        format!("(call $write (i32.const {a}) {region})"),
        format!("(call $remove {region})"),
        format!("(drop (call $scan {region} (i32.const {a}) (i32.const 1)))"),
        format!("(drop (call $scan (i32.const {a}) {region} (i32.const 1)))"),
        format!("(drop (call $validate {region}))"),
        format!("(drop (call $canonicalize {region} (i32.const {FREE})))"),
        format!("(drop (call $canonicalize (i32.const {ADDRESS}) {region}))"),
        format!("(drop (call $humanize {region} (i32.const {FREE})))"),
        format!("(drop (call $query_chain {region}))"),
        format!("(call $debug {region})"),
    ]
    .into()
}

/// A region at 12000.
fn at_12000(offset: i64, capacity: i64, length: i64, calls: &[String]) -> Vec<String> {
    let region = format!(
        "(i32.store (i32.const 12000) (i32.const {offset})) (i32.store (i32.const 12004) (i32.const {capacity}))
         (i32.store (i32.const 12008) (i32.const {length}))"
    );
    calls.iter().map(|call| format!("{region} {call}")).collect()
}

#[test]
fn what_the_runtime_refuses_the_machine_refuses() {
    for pointer in ["0", "131072", "131061", "-1"] {
        let calls = everywhere(&format!("(i32.const {pointer})"));
        // A scan takes a null pointer for no bound.
        let calls: Vec<_> =
            calls.into_iter().filter(|call| pointer != "0" || !call.contains("$scan")).collect();
        refused_alike(&calls, true);
    }
    let calls = everywhere("(i32.const 12000)");
    for (offset, capacity, length) in
        [(0, 1, 1), (13_000, 2, 3), (131_072, 1, 1), (131_071, 2, 1), (-1, -1, 0)]
    {
        refused_alike(&at_12000(offset, capacity, length, &calls), true);
    }
    let [a, ..] = KEYS;
    let others = [
        format!("(call $write (i32.const {a}) (i32.const {FREE}))"),
        "(drop (call $scan (i32.const 0) (i32.const 0) (i32.const 0)))".into(),
        "(drop (call $scan (i32.const 0) (i32.const 0) (i32.const 3)))".into(),
        "(drop (call $next (i32.const 0)))".into(),
        "(drop (call $next_key (i32.const 1)))".into(),
        "(drop (call $next_value (i32.const -1)))".into(),
        format!("(call $abort (i32.const {a}))"),
    ];
    refused_alike(&others, true);
}

#[test]
fn limits_are_the_runtimes_to_the_byte() {
    let region = "(i32.const 12000)";
    let [a, ..] = KEYS;
    let calls: [(i64, String); 7] = [
        (1024, format!("(drop (call $read {region}))")),
        (256 * 1024, format!("(call $write (i32.const {a}) {region})")),
        (256, format!("(drop (call $validate {region}))")),
        (64, format!("(drop (call $humanize {region} (i32.const {FREE})))")),
        (16 * 1024, format!("(call $debug {region})")),
        (512 * 1024, format!("(drop (call $query_chain {region}))")),
        (1024, format!("(drop (call $scan {region} (i32.const 0) (i32.const 2)))")),
    ];
    for (limit, call) in calls {
        let call = [format!("(drop (memory.grow (i32.const 10))) {call}")];
        refused_alike(&at_12000(22_000, limit, limit, &call), false);
        refused_alike(&at_12000(22_000, limit + 1, limit + 1, &call), true);
    }
}

#[test]
fn what_no_transaction_has_room_for_is_refused_before_it_is_committed() {
    let node = Node::new();
    let [a, ..] = KEYS;
    let write = |length: i64| {
        let call =
            format!("(drop (memory.grow (i32.const 10))) (call $write (i32.const {a}) (i32.const 12000))");
        at_12000(22_000, length, length, &[call]).remove(0)
    };
    let wasm = module(&write(256 * 1024), "");
    let contract = node.contract(&wasm, "{}");
    let contract = node.granted(contract, &["execute/go"]);
    let receipts = node.batch().traces().len();
    let refused = node.invoke(&contract, "execute/go", r#"{"go":{}}"#, &[]);
    let Err(CallError::Host(HostError::NotProvable(NotProvable::TooLarge { got, limit: 384 }))) = refused
    else {
        panic!("{refused:?}")
    };
    assert!(got > 3000, "{got} chunks");
    assert_eq!(node.batch().traces().len(), receipts);
    // A tenth of it has a proof.
    let wasm = module(&write(24 * 1024), "");
    let contract = node.contract(&wasm, "{}");
    let contract = node.granted(contract, &["execute/go"]);
    assert!(node.call(&contract, "execute/go", r#"{"go":{}}"#, &[]).failure.is_none());
}
