//! What of a program no proof covers, and from where calls may lead there.
#![expect(clippy::unwrap_used, reason = "a test whose setting up fails has failed")]

use std::collections::BTreeMap;

use nectar_vm::{Plain, Unprovable, lower};

fn unproven(wat: &str) -> BTreeMap<String, (u32, Vec<String>)> {
    let program = lower(&wat::parse_str(wat).unwrap(), &Plain).unwrap();
    let floats =
        |kinds: BTreeMap<Unprovable, u32>| kinds.get(&Unprovable::Float).copied().unwrap_or_default();
    program
        .unproven()
        .into_iter()
        .map(|found| (found.function, (floats(found.kinds), found.entries)))
        .collect()
}

#[test]
fn calls_are_followed_directly_through_the_table_by_type_and_round_in_circles() {
    let found = unproven(
        r#"(module
          (type $none (func)) (type $one (func (param i32)))
          (table 3 3 funcref) (elem (i32.const 0) $float $other)
          (func $float (drop (f64.add (f64.const 1) (f64.const 2))) (drop (f32.sqrt (f32.const 2))))
          (func $other (param i32) (drop (f64.mul (f64.const 1) (f64.const 2))))
          (func $round (call $again)) (func $again (call $round) (call $float))
          (func $alone (drop (f64.sub (f64.const 1) (f64.const 2))))
          (func (export "direct") (call $float))
          (func (export "by_type") (call_indirect (type $one) (i32.const 7) (i32.const 1)))
          (func (export "circle") (call $round))
          (func (export "none")))"#,
    );
    let entries = |name: &str| found[name].1.iter().map(String::as_str).collect::<Vec<_>>();
    assert_eq!(found.len(), 3);
    // What stands behind the first is never run, and has no rows.
    assert_eq!((found["float"].0, entries("float")), (1, vec!["circle", "direct"]));
    assert_eq!((found["other"].0, entries("other")), (1, vec!["by_type"]));
    assert_eq!((found["alone"].0, entries("alone")), (1, vec![]));
}

#[test]
fn moving_floats_is_provable() {
    let found = unproven(
        r#"(module (memory 1) (global $g (mut f64) (f64.const 1.5))
          (func (export "move") (param f64) (result i64)
            (f64.store (i32.const 8) (local.get 0)) (global.set $g (f64.load (i32.const 8)))
            (i64.reinterpret_f64 (select (global.get $g) (local.get 0) (i32.const 1)))))"#,
    );
    assert!(found.is_empty(), "{found:?}");
}
