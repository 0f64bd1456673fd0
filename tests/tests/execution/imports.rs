//! Every provable import, by hand-written modules: what a contract can see of its host goes into its state, and so into
//! what is compared.

use crate::node::Node;
use crate::replay::{Twin, replay};

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
          (func $id (result i32) (local $region i32)
            (local.set $region (call $copy (i32.const 1)))
            (local.get $region))
          ;; A fresh region of one byte, counting up: the next key.
          (global $count (mut i32) (i32.const 64))
          (func $copy (param $size i32) (result i32) (local $region i32)
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
