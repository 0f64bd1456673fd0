//! Modules by hand: each instruction's gas, and what generators rarely make.

use wasmtime::Val;

use nectar_vm::{Limits, Machine, Plain, Stop, Trap, lower};

use crate::engine::{engine, instantiate};
use crate::pair::{Outcome, Tally, compare};
use crate::values::Random;

/// Calls each exported function many times.
fn compare_text(name: &str, text: &str) -> Tally {
    let wasm = wat::parse_str(text).unwrap_or_else(|error| panic!("{name}: {error}"));
    let mut random = Random::new(1);
    compare(&engine(), name, &wasm, |pair| {
        for (function, ty) in pair.functions() {
            for _ in 0..40 {
                pair.call(&function, &random.arguments(&ty));
            }
        }
    })
}

#[test]
fn control_costs_the_same_on_every_path() {
    let tally = compare_text(
        "control",
        r#"(module
        (global (export "g") (mut i32) (i32.const 3))
        (func (export "if") (param i32) (result i32)
            (if (result i32) (local.get 0) (then (nop) (i32.const 1)) (else (i32.const 2) (drop) (i32.const 3))))
        (func (export "if_without_else") (param i32) (if (local.get 0) (then (global.set 0 (i32.const 9)))))
        (func (export "empty"))
        (func (export "constant") (result i64) (i64.const 5))
        (func (export "unused") (param i32) (result i32)
            (local.get 0) (i32.const 1) (i32.add) (drop) (local.get 0))
        (func (export "loop") (param i32) (result i32) (local i32)
            (local.set 0 (i32.and (local.get 0) (i32.const 15)))
            (loop $l (result i32)
                (local.set 1 (i32.add (local.get 1) (local.get 0)))
                (br_if $l (i32.gt_s (local.tee 0 (i32.sub (local.get 0) (i32.const 1))) (i32.const 0)))
                (local.get 1)))
        (func (export "table") (param i32) (result i32)
            (block $c (block $b (block $a (br_table $a $b $c $a (local.get 0)))
                (nop) (return (i32.const 7))) (global.set 0 (i32.const 1)) (br $c))
            (global.get 0))
        (func (export "table_with_value") (param i32) (result i32)
            (block $b (result i32)
                (drop (block $a (result i32) (br_table $a $b $a (i32.const 5) (local.get 0))))
                (i32.const 6)))
        (func (export "early") (param i32) (result i32)
            (block (br_if 0 (i32.eqz (local.get 0))) (return (i32.const 1)))
            (i32.const 2))
        (func (export "dead") (param i32) (result i32)
            (block (result i32) (br 0 (local.get 0)) (i32.add (i32.const 1)) (drop) (i32.const 4)))
        (func (export "branch_out_of_loop") (param i32) (result i32)
            (block $out (result i32) (loop (br_if $out (i32.const 3) (local.get 0)) (drop) (br $out (i32.const 4)))
                (unreachable)))
        (func (export "br_if_value") (param i32) (result i32)
            (block (result i32) (br_if 0 (i32.const 10) (local.get 0)) (i32.add (i32.const 1))))
        (func (export "select") (param i32 i64 i64) (result i64)
            (select (local.get 1) (local.get 2) (local.get 0)))
        (func (export "block_parameters") (param i32) (result i32)
            (local.get 0) (block (param i32) (result i32) (i32.const 1) (i32.add)) (i32.const 2) (i32.mul))
        (func (export "unreachable") (param i32) (if (local.get 0) (then (unreachable)))))"#,
    );
    assert_eq!((tally.refused, tally.unprovable), (0, 0));
    assert!(tally.results > 400 && tally.traps > 10, "{tally:?}");
}

#[test]
fn calls_cost_the_same_and_recursion_ends_in_the_same_trap() {
    let tally = compare_text(
        "calls",
        r#"(module
        (type $t (func (param i32) (result i32)))
        (type $u (func (param i64) (result i64)))
        (table (export "table") 6 6 funcref)
        (elem (i32.const 0) $half $wide $count $half)
        (func $half (type $t) (i32.shr_u (local.get 0) (i32.const 1)))
        (func $wide (type $u) (i64.add (local.get 0) (i64.const 1)))
        (func $count (type $t)
            (if (result i32) (i32.le_u (local.get 0) (i32.const 1)) (then (i32.const 0))
                (else (i32.add (i32.const 1) (call $count (call $half (local.get 0)))))))
        (func (export "count") (param i32) (result i32) (call $count (local.get 0)))
        (func (export "indirect") (param i32 i32) (result i32)
            (call_indirect (type $t) (local.get 1) (i32.and (local.get 0) (i32.const 7))))
        (func (export "indirect_anywhere") (param i32) (result i32)
            (i32.add (i32.const 5) (call_indirect (type $t) (i32.const 100) (local.get 0))))
        (func (export "two") (param i32) (result i32 i32) (local.get 0) (call $half (local.get 0)))
        )"#,
    );
    assert!(tally.results > 80 && tally.traps > 20, "{tally:?}");
    let forever = r#"(module (func $f (export "f") (param i32) (result i32)
        (i32.add (call $f (i32.add (local.get 0) (i32.const 1))) (i32.const 1))))"#;
    compare(&engine(), "forever", &wat::parse_str(forever).unwrap(), |pair| {
        assert_eq!(pair.call("f", &[Val::I32(0)]), Outcome::Trapped(Trap::StackOverflow));
    });
}

#[test]
fn memory_costs_the_same_by_page_and_by_byte() {
    let tally = compare_text(
        "memory",
        r#"(module
        (memory (export "memory") 1 4)
        (data (i32.const 100) "some bytes that are not zero, longer than a few words")
        (func (export "size") (result i32) (memory.size))
        (func (export "grow") (param i32) (result i32) (memory.grow (i32.and (local.get 0) (i32.const 1))))
        (func (export "grow_constant") (result i32) (memory.grow (i32.const 70000)))
        (func (export "grow_any") (param i32) (result i32) (memory.grow (local.get 0)))
        (func (export "fill") (param i32 i32 i32)
            (memory.fill (i32.and (local.get 0) (i32.const 0xfff)) (local.get 1) (i32.and (local.get 2) (i32.const 0x3ff))))
        (func (export "copy") (param i32 i32 i32)
            (memory.copy (i32.and (local.get 0) (i32.const 0xff)) (i32.and (local.get 1) (i32.const 0xff))
                (i32.and (local.get 2) (i32.const 0xff))))
        (func (export "fill_any") (param i32 i32 i32) (memory.fill (local.get 0) (local.get 1) (local.get 2)))
        (func (export "copy_any") (param i32 i32 i32) (memory.copy (local.get 0) (local.get 1) (local.get 2)))
        (func (export "fill_constant") (memory.fill (i32.const 33) (i32.const 255) (i32.const 19)))
        (func (export "load") (param i32) (result i64) (i64.load offset=5 (local.get 0)))
        (func (export "store") (param i32 i64) (i64.store offset=3 align=1 (local.get 0) (local.get 1)))
        (func (export "store_constant") (param i32) (i64.store (local.get 0) (i64.const -1))
            (i32.store16 offset=9 (local.get 0) (i32.const 0x8001)))
        (func (export "far") (param i32) (result i32) (i32.load8_s offset=0xfffffff0 (local.get 0))))"#,
    );
    assert!(tally.results > 200 && tally.traps > 50, "{tally:?}");
    assert_eq!((tally.refused, tally.unprovable), (0, 0));
}

#[test]
fn a_start_function_runs_first_and_may_trap() {
    let start = |body: &str| {
        format!(
            r#"(module (global $g (export "g") (mut i32) (i32.const 5)) (global (export "h") i64 (i64.const -1))
            (memory (export "memory") 1) (func $s {body}) (start $s) (func (export "f") (result i32) (global.get $g)))"#
        )
    };
    let well = start(
        "(global.set $g (i32.mul (global.get $g) (i32.const 3))) (i32.store (i32.const 8) (global.get $g))",
    );
    assert_eq!(compare_text("start", &well).results, 40);
    let tally = compare_text("start", &start("(unreachable)"));
    assert_eq!((tally.results, tally.traps), (0, 1));
}

#[test]
fn segments_that_do_not_fit_are_refused_where_wasmtime_traps() {
    let data = r#"(module (memory 1) (data (i32.const 65535) "ab"))"#;
    let elements = "(module (table 1 1 funcref) (func $f) (elem (i32.const 1) $f))";
    assert_eq!([data, elements].map(|text| compare_text("segment", text).refused), [1, 1]);
    let fits = r#"(module (memory (export "memory") 1) (data (i32.const 65534) "ab") (data (i32.const 65535) "c")
        (data (i32.const 65536) ""))"#;
    assert_eq!(compare_text("segments that fit", fits).refused, 0);
}

#[test]
fn floats_are_moved_and_not_computed_with() {
    let text = r#"(module (memory (export "memory") 1) (global $g (export "g") (mut f64) (f64.const nan:0x123))
        (func (export "keep") (param f32 f64) (result f64) (local f64)
            (f32.store offset=4 (i32.const 0) (local.get 0)) (global.set $g (local.get 1))
            (local.set 2 (f64.load (i32.const 0))) (select (local.get 2) (global.get $g) (i32.const 1)))
        (func (export "bits") (param f32) (result i32) (i32.reinterpret_f32 (local.get 0)))
        (func (export "constant") (result f32) (f32.const -nan:0x200001))
        (func (export "sum") (param f64) (result f64) (f64.add (local.get 0) (f64.const 1))))"#;
    let tally = compare_text("floats", text);
    assert_eq!((tally.results, tally.unprovable), (120, 40), "{tally:?}");
}

#[test]
fn results_are_those_of_the_call_that_was_made() {
    let wasm = wat::parse_str(
        r#"(module (func (export "div") (param i32 i32) (result i32)
        (i32.div_s (local.get 0) (local.get 1))))"#,
    );
    compare(&engine(), "division", &wasm.unwrap(), |pair| {
        assert_eq!(pair.call("div", &[Val::I32(-9), Val::I32(2)]), Outcome::Results);
        assert_eq!(pair.result(), 0xffff_fffc);
        let overflow = pair.call("div", &[Val::I32(i32::MIN), Val::I32(-1)]);
        assert_eq!(overflow, Outcome::Trapped(Trap::IntegerOverflow));
    });
}

/// How the call ends in wasmtime with this much fuel, and in the machine with a limit of one less.
fn with_fuel(text: &str, fuel: u64) -> (bool, u64, bool) {
    let wasm = wat::parse_str(text).unwrap();
    let module = wasmtime::Module::from_binary(&engine(), &wasm).unwrap();
    let (mut store, instance) = instantiate(&module);
    let function = instance.unwrap().get_func(&mut store, "f").unwrap();
    store.set_fuel(fuel).unwrap();
    let well = function.call(&mut store, &[], &mut []).is_ok();
    let program = lower(&wasm, &Plain).unwrap();
    let mut machine = Machine::new(&program, Limits { gas: fuel - 1, ..Limits::default() });
    let ours = machine.run(program.entries["f"], &[], &mut (), &mut ());
    assert!(ours.is_ok() || ours == Err(Stop::Trap(Trap::OutOfGas)), "{ours:?}");
    (well, store.get_fuel().unwrap(), ours.is_ok())
}

#[test]
fn a_run_ends_well_here_if_it_does_in_wasmtime_with_fuel_left() {
    // A call of itself once, with a loop, and a tail in which wasmtime does not look at fuel.
    let text = r#"(module (global $again (mut i32) (i32.const 0))
        (func $f (export "f")
            (if (i32.eqz (global.get $again)) (then (global.set $again (i32.const 1)) (call $f)))
            (loop (drop (i32.add (i32.const 1) (i32.const 2)))) (drop (i32.const 3)) (drop (i32.const 4))))"#;
    let needed = 21;
    let mut unnoticed = 0;
    for fuel in 1..40 {
        let (well, left, ours) = with_fuel(text, fuel);
        assert_eq!(ours, well && left > 0, "{fuel}");
        assert_eq!(ours, fuel > needed, "{fuel}");
        unnoticed += u32::from(well && left == 0);
    }
    assert!(unnoticed > 0, "wasmtime looks at fuel everywhere now: the host's rule is not needed any more");
}
