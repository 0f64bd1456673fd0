//! What modules are lowered to, and that it computes the same.
#![expect(clippy::unwrap_used, reason = "a test whose setting up fails has failed")]

use proptest::prelude::*;

use nectar_vm::{
    Host, Limits, LowerError, Machine, Op, Plain, Program, Refused, Stop, Trap, Unprovable, lower,
};

fn program(text: &str) -> Program {
    lower(&wat::parse_str(text).unwrap(), &Plain).unwrap()
}

/// Rows of the first function of a module, one a line.
fn rows(text: &str) -> String {
    let program = program(&format!("(module {text})"));
    let function = program.functions.iter().find(|function| !function.name.starts_with('[')).unwrap();
    let rows = function.rows.clone().map(|row| format!("{:?}", program.rows[row as usize]));
    let start = function.rows.start;
    // Rows that branches go to are numbered from the function's first.
    rows.map(|row| match row.split_once(' ') {
        Some((op, rest)) if op.starts_with("Br") && op != "BrTable" => {
            let (place, rest) = rest.split_once(' ').unwrap();
            let place: u32 = place[1..].parse().unwrap();
            format!("{op} @{} {rest}\n", place - start)
        }
        _ => row + "\n",
    })
    .collect()
}

struct Words(Vec<u64>, Vec<u64>);

impl Host for Words {
    fn emit(&mut self, word: u64) -> Result<(), Refused> {
        self.0.push(word);
        Ok(())
    }

    fn advise(&mut self) -> Result<u64, Refused> {
        self.1.pop().ok_or(Refused)
    }
}

/// Runs an export after initialisation, and returns its result and gas.
fn run(text: &str, name: &str, arguments: &[u64]) -> Result<(u64, u64), Stop> {
    let program = program(&format!("(module {text})"));
    let mut machine = Machine::new(&program, Limits::default());
    let mut host = Words(vec![], vec![]);
    machine.run(program.entries[""], &[], &mut host, &mut ()).unwrap();
    let result = machine.run(program.entries[name], arguments, &mut host, &mut ())?;
    Ok((result, machine.gas()))
}

#[test]
fn locals_and_constants_are_operands() {
    let f =
        "(func (param i32 i32) (result i32) (i32.mul (i32.add (local.get 0) (local.get 1)) (i32.const 3)))";
    assert_eq!(rows(f), "Add32 d2 a0 b1 imm 0 (4)\nMul32 d0 a2 #3 (2)\nReturn d0 a0 b0 imm 0\n");
}

#[test]
fn a_loop_has_no_rows_of_its_own() {
    let sum = "(func (param i32) (result i32) (local i32)
        loop (local.set 1 (i32.add (local.get 1) (local.get 0)))
             (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))) end
        local.get 1)";
    let expected = "Copy d1 a0 #0 (1)\n\
        Add32 d1 a1 b0 imm 0 (4)\n\
        Sub32 d0 a0 #1 (4)\n\
        BrNe @1 a0 #0 (1)\n\
        Copy d0 a0 b1 imm 0 (1)\n\
        Return d0 a0 b0 imm 0\n";
    assert_eq!(rows(sum), expected);
}

#[test]
fn comparisons_are_part_of_branches() {
    let f = "(func (param i32 i64)
        (block (br_if 0 (i32.gt_s (local.get 0) (i32.const 5))) (br_if 0 (i32.eqz (i64.le_u (local.get 1) (local.get 1))))
        (if (i32.lt_u (i32.const 7) (local.get 0)) (then (local.set 0 (i32.const 1)))) (local.set 0 (i32.const 2))))";
    let expected = "BrGeS32 @5 a0 #6 (5)\n\
        BrLtU @5 a1 b1 imm 0 (5)\n\
        BrLtU @4 a0 #8 (4)\n\
        Copy d0 a0 #1 (2)\n\
        Copy d0 a0 #2 (2)\n\
        Return d0 a0 b0 imm 0\n";
    assert_eq!(rows(f), expected);
}

#[test]
fn arms_return_where_the_function_ends() {
    let f = "(func (param i32) (result i32)
        (if (result i32) (local.get 0) (then (i32.const 1)) (else (i32.shl (local.get 0) (i32.const 33)))))";
    let expected = "BrEq @3 a0 #0 (3)\n\
        Copy d0 a0 #1 (1)\n\
        Return d0 a0 b0 imm 0\n\
        Shl32 d0 a0 #1 (3)\n\
        Return d0 a0 b0 imm 0\n";
    assert_eq!(rows(f), expected);
}

#[test]
fn arguments_lie_where_the_callee_begins() {
    let f = "(func (param i32) (result i32) (i32.add (call 1 (local.get 0) (i64.load offset=8 (local.get 0))) (i32.const 4)))
        (func (param i32 i64) (result i32) (i32.store (local.get 0) (i32.const -1)) (local.get 0)) (memory 1)";
    let program = program(&format!("(module {f})"));
    let callee = program.functions.iter().find(|function| function.name == "func[1]").unwrap().rows.start;
    let expected = format!(
        "Load64 d2 a0 b0 imm 8 (4)\n\
        Copy d1 a0 b0 imm 0 (1)\n\
        Call d1 a0 b0 imm {callee}\n\
        Add32 d0 a1 #4 (2)\n\
        Return d0 a0 b0 imm 0\n"
    );
    assert_eq!(rows(f), expected);
    let store = program.rows[callee as usize];
    assert_eq!((store.op, store.immediate, store.d, store.cost), (Op::Store32, true, u32::MAX, 4));
}

#[test]
fn a_call_without_operands_keeps_the_callers_way_back() {
    let f = r#"(func $g (result i32) i32.const 7) (func (export "f") (result i32) (call $g))"#;
    assert_eq!(run(f, "f", &[]), Ok((7, 4)));
}

#[test]
fn an_old_value_on_the_stack_outlives_a_write() {
    let f = r#"(func (export "f") (param i32) (result i32)
        local.get 0 local.get 0 (local.set 0 (i32.add (local.get 0) (i32.const 10))) i32.mul local.get 0 i32.add)"#;
    assert_eq!(run(f, "f", &[3]).unwrap().0, 9 + 13);
    let in_a_block = r#"(func (export "f") (param i32) (result i32)
        local.get 0 block (br_if 0 (i32.eqz (local.get 0))) (local.set 0 (i32.const 5)) end local.get 0 i32.sub)"#;
    assert_eq!(run(in_a_block, "f", &[9]).unwrap().0, 4);
    assert_eq!(run(in_a_block, "f", &[0]).unwrap().0, 0);
    let in_a_loop = r#"(func (export "f") (param i32) (result i32) (local i32)
        local.get 0
        loop (local.set 0 (i32.sub (local.get 0) (i32.const 1))) (br_if 0 (local.get 0)) end
        local.get 0 i32.add)"#;
    assert_eq!(run(in_a_loop, "f", &[9]).unwrap().0, 9);
}

#[test]
fn locals_start_at_zero_although_frames_overlap() {
    let f = r#"(func $dirty (param i64 i64 i64) (result i64) (local.get 2))
        (func $fresh (param i64) (result i64) (local i64 i64)
            (if (i64.eqz (local.get 0)) (then (local.set 1 (i64.const 9)))) (i64.add (local.get 1) (local.get 2)))
        (func (export "f") (param i64) (result i64)
            (drop (call $dirty (i64.const 1) (i64.const 2) (i64.const 3))) (call $fresh (local.get 0)))"#;
    assert_eq!(run(f, "f", &[1]).unwrap().0, 0);
    assert_eq!(run(f, "f", &[0]).unwrap().0, 9);
}

#[test]
fn a_branch_takes_values_along() {
    let table = r#"(func (export "f") (param i32) (result i32)
        i32.const 100
        block (result i32)
            i32.const 20
            block (result i32) i32.const 3 local.get 0 br_table 0 1 2 end
            i32.add
        end
        i32.add)"#;
    // The third target is the function: its result is what the branch takes along.
    for (index, result) in [(0, 123), (1, 103), (2, 3), (77, 3)] {
        assert_eq!(run(table, "f", &[index]).unwrap().0, result, "{index}");
    }
    let conditional = r#"(func (export "f") (param i32) (result i32)
        i32.const 1 (block (result i32) i32.const 10 i32.const 20 (br_if 0 (local.get 0)) i32.add) i32.add)"#;
    assert_eq!(run(conditional, "f", &[0]).unwrap().0, 31);
    assert_eq!(run(conditional, "f", &[1]).unwrap().0, 21);
}

#[test]
fn a_block_at_the_end_of_another_leaves_alone_what_lies_under_it() {
    let under = r#"(func (export "f") (param i32) (result i32)
        i32.const 7 block i32.const 3 local.get 0 br_if 0 drop (local.set 0 (i32.const 1)) end)"#;
    assert_eq!(run(under, "f", &[5]).unwrap().0, 7);
    assert_eq!(run(under, "f", &[0]).unwrap().0, 7);
    let in_arms = r#"(func (export "f") (param i32) (result i32)
        (i32.add (i32.const 100) (if (result i32) (local.get 0)
            (then i32.const 7 block block i32.const 3 br 1 end end)
            (else block (result i32) i32.const 9 loop (result i32) i32.const 1 br 1 end i32.add end))))"#;
    assert_eq!(run(in_arms, "f", &[5]).unwrap().0, 107);
    assert_eq!(run(in_arms, "f", &[0]).unwrap().0, 101);
}

#[test]
fn several_results_do_not_overwrite_each_other() {
    let swap = r#"(func $swap (param i32 i32) (result i32 i32) local.get 1 local.get 0)
        (func (export "f") (param i32 i32) (result i32) (call $swap (local.get 0) (local.get 1)) i32.sub)"#;
    assert_eq!(run(swap, "f", &[3, 10]).unwrap().0, 7);
    let rotate = r#"(func $rotate (param i32 i32 i32) (result i32 i32 i32) local.get 2 local.get 0 local.get 1)
        (func (export "f") (param i32 i32 i32) (result i32)
            (call $rotate (local.get 0) (local.get 1) (local.get 2)) (i32.mul (i32.const 10)) i32.add (i32.mul (i32.const 10)) i32.add)"#;
    assert_eq!(run(rotate, "f", &[1, 2, 3]).unwrap().0, 3 + 10 * (1 + 10 * 2));
}

#[test]
fn memory_moves_whichever_way_ranges_overlap() {
    let f = r#"(memory 1)
        (func (export "f") (param i32 i32 i32) (result i64) (local i32 i64)
            ;; Bytes 0..200 are their addresses.
            loop (i32.store8 (local.get 3) (local.get 3))
                 (br_if 0 (i32.lt_u (local.tee 3 (i32.add (local.get 3) (i32.const 1))) (i32.const 200))) end
            (memory.copy (local.get 0) (local.get 1) (local.get 2))
            (local.set 3 (i32.const 0))
            loop (local.set 4 (i64.add (i64.mul (local.get 4) (i64.const 31)) (i64.load8_u (local.get 3))))
                 (br_if 0 (i32.lt_u (local.tee 3 (i32.add (local.get 3) (i32.const 1))) (i32.const 200))) end
            local.get 4)"#;
    let program = program(&format!("(module {f})"));
    for length in (0..100).chain([127, 128, 129]) {
        for (to, from) in
            [(0, 1), (1, 0), (0, 7), (7, 0), (40, 40), (3, 48), (60, 3), (70, 0), (0, 70), (65, 64)]
        {
            let mut bytes: Vec<u8> = (0..200).collect();
            bytes.copy_within(from..from + length, to);
            let expected =
                bytes.iter().fold(0u64, |sum, byte| sum.wrapping_mul(31).wrapping_add((*byte).into()));
            let mut machine = Machine::new(&program, Limits::default());
            let arguments = [to as u64, from as u64, length as u64];
            let mut host = Words(vec![], vec![]);
            let result = machine.run(program.entries["f"], &arguments, &mut host, &mut ()).unwrap();
            assert_eq!(result, expected, "{length} bytes from {from} to {to}");
        }
    }
}

#[test]
fn memory_is_filled_to_the_byte_and_charged_by_the_byte() {
    let f = r#"(memory 1) (func (export "f") (param i32 i32 i32) (memory.fill (local.get 0) (local.get 1) (local.get 2)))"#;
    let program = program(&format!("(module {f})"));
    for length in (0..80).chain([511]) {
        for to in [0, 1, 8, 13] {
            let mut machine = Machine::new(&program, Limits::default());
            let mut host = Words(vec![], vec![]);
            machine.run(program.entries["f"], &[to, 0x1a5, length], &mut host, &mut ()).unwrap();
            let filled = |at: u64| if (to..to + length).contains(&at) { 0xa5 } else { 0 };
            assert!(
                (0..).zip(&machine.memory()[..1000]).all(|(at, byte)| *byte == filled(at)),
                "{to} {length}"
            );
            assert_eq!(machine.gas(), 5 + length);
        }
    }
}

#[test]
fn ranges_beyond_memory_are_not_begun() {
    let f = r#"(memory 1)
        (func (export "copy") (param i32 i32 i32) (memory.copy (local.get 0) (local.get 1) (local.get 2)))
        (func (export "fill") (param i32 i32 i32) (memory.fill (local.get 0) (local.get 1) (local.get 2)))"#;
    let outside = Err(Stop::Trap(Trap::MemoryOutOfBounds));
    for (to, from, length) in
        [(65_536, 0, 1), (65_530, 0, 7), (1, 0, 0xffff_ffff), (0xffff_ffff, 0, 0xffff_ffff), (65_537, 0, 0)]
    {
        assert_eq!(run(f, "copy", &[to, from, length]), outside);
        assert_eq!(run(f, "copy", &[from, to, length]), outside);
        assert_eq!(run(f, "fill", &[to, from, length]), outside);
    }
    assert!(run(f, "copy", &[65_536, 65_536, 0]).is_ok());
    assert!(run(f, "fill", &[65_530, 0, 6]).is_ok());
}

#[test]
fn floats_move_and_do_not_compute() {
    let f = r#"(memory 1) (global $g (mut f64) (f64.const 1.5))
        (func (export "moves") (param f32) (result i64) (local f64)
            (f32.store (i32.const 0) (local.get 0))
            (local.set 1 (select (global.get $g) (f64.const 2) (i32.load (i32.const 0))))
            (global.set $g (local.get 1)) (i64.reinterpret_f64 (global.get $g)))
        (func (export "computes") (param i32) (result f64)
            (if (result f64) (local.get 0) (then (f64.add (global.get $g) (f64.const 1))) (else (f64.const 3))))"#;
    assert_eq!(run(f, "moves", &[1]).unwrap().0, 1.5f64.to_bits());
    assert_eq!(run(f, "moves", &[0]).unwrap().0, 2f64.to_bits());
    assert_eq!(run(f, "computes", &[0]).unwrap().0, 3f64.to_bits());
    assert!(matches!(run(f, "computes", &[1]), Err(Stop::Unprovable { kind: Unprovable::Float, .. })));
}

#[test]
fn an_instance_starts_with_its_globals_and_its_start_function() {
    let f = r#"(global $a (mut i64) (i64.const -5)) (global $b i32 (i32.const 4)) (global $c (mut i32) (i32.const 0))
        (func $start (global.set $c (global.get $b))) (start $start)
        (func (export "f") (result i64) (i64.add (global.get $a) (i64.extend_i32_u (global.get $c))))"#;
    assert_eq!(run(f, "f", &[]).unwrap().0, (-1i64).cast_unsigned());
}

#[test]
fn equal_types_have_equal_numbers() {
    let f = r#"(type $a (func (result i32))) (type $b (func (result i64))) (type $c (func (result i32)))
        (table funcref (elem $f $g)) (func $f (type $a) i32.const 1) (func $g (type $b) i64.const 2)
        (func (export "f") (param i32) (result i32) (call_indirect (type $c) (local.get 0)))"#;
    assert_eq!(run(f, "f", &[0]).unwrap().0, 1);
    assert_eq!(run(f, "f", &[1]), Err(Stop::Trap(Trap::BadSignature)));
    assert_eq!(run(f, "f", &[2]), Err(Stop::Trap(Trap::TableOutOfBounds)));
}

#[test]
fn imports_emit_and_are_advised() {
    let text = r#"(module (import "env" "one" (func)) (import "env" "two" (func $two (param i32 i64) (result i32)))
        (func (export "f") (result i32) (i32.add (call $two (i32.const 5) (i64.const -1)) (i32.const 1))))"#;
    let program = program(text);
    let mut host = Words(vec![], vec![41]);
    let mut machine = Machine::new(&program, Limits::default());
    assert_eq!(machine.run(program.entries["f"], &[], &mut host, &mut ()), Ok(42));
    assert_eq!(host.0, [1, 5, u64::MAX]);
    let names: Vec<_> = program.functions.iter().map(|function| function.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "[initialise]",
            "[import env.one]",
            "[import env.two]",
            "f",
            "[memory.copy]",
            "[memory.fill]",
            "[entries]"
        ]
    );
}

#[test]
fn what_cannot_be_lowered_is_refused_by_name() {
    let refusal = |text: &str| {
        lower(&wat::parse_str(format!("(module {text})")).unwrap(), &Plain).unwrap_err().to_string()
    };
    for (text, part) in [
        ("(memory 1) (data \"x\")", "passive data segment"),
        ("(func) (table 1 funcref) (elem func 0)", "passive element segment"),
        (
            "(table 1 funcref) (func $f (table.copy (i32.const 0) (i32.const 0) (i32.const 0)))",
            "f has TableCopy",
        ),
        ("(import \"a\" \"m\" (memory 1))", "import `a.m`"),
        ("(import \"a\" \"g\" (global i32))", "import `a.g`"),
        ("(memory 1) (data (i32.const 65536) \"x\")", "data segment 0"),
        ("(func $f) (table 1 funcref) (elem (i32.const 1) $f)", "element segment 0"),
        ("(memory 513)", "513 pages of memory, the limit is 512"),
        ("(table 10001 funcref)", "10001 table elements, the limit is 10000"),
        ("(memory 512) (data (i32.const 0) \"x\") (data (i32.const 8000000) \"x\")", "8000001 bytes"),
        ("(func (param v128))", "not a valid module"),
        ("(func (result i32))", "not a valid module"),
    ] {
        assert!(refusal(text).contains(part), "{text}: {}", refusal(text));
    }
    let locals = format!("(func $many (local {}))", "i32 ".repeat(8193));
    assert!(refusal(&locals).contains("has 8193 parameters and locals, the limit is 8192"));
    let deep = format!("(func {} {})", "block ".repeat(10_001), "end ".repeat(10_001));
    assert!(refusal(&deep).contains("10001 blocks in one another"));
    let operands = format!("(func {} {})", "i32.const 0 ".repeat(1025), "drop ".repeat(1025));
    assert!(refusal(&operands).contains("1025 operands at once"));
    let wide = format!("(func (result {}) unreachable)", "i32 ".repeat(33));
    assert!(refusal(&wide).contains("33 results"));
    assert!(matches!(lower(&vec![0; 2 << 20 | 1], &Plain), Err(LowerError::TooLarge { .. })));
}

/// The modules that the examples ship as.
fn examples() -> impl Iterator<Item = (&'static str, Vec<u8>)> {
    ["consent", "health_records"].into_iter().map(|name| {
        let path = format!("{}/../../contracts/examples/artifacts/{name}.wasm", env!("CARGO_MANIFEST_DIR"));
        (name, std::fs::read(path).unwrap())
    })
}

#[test]
fn contracts_have_little_more_than_a_row_for_two_instructions() {
    for (name, wasm) in examples() {
        let program = lower(&wasm, &Plain).unwrap();
        assert_eq!(lower(&wasm, &Plain).unwrap(), program);
        let cost: u64 = program.rows.iter().map(|row| u64::from(row.cost)).sum();
        let rows = program.rows.len() as u64;
        assert!(rows * 100 < cost * 53, "{name}: {rows} rows for {cost} instructions");
        let unprovable: Vec<_> =
            (0..).zip(&program.rows).filter(|(_, row)| row.op == Op::Unprovable).collect();
        assert!(unprovable.len() < 20, "{name}: {unprovable:?}");
        assert!(program.functions.windows(2).all(|pair| pair[0].rows.end == pair[1].rows.start));
    }
}

#[test]
fn modules_that_are_made_to_be_slow_are_lowered_or_refused_soon() {
    let repeat = |part: &str, count| part.repeat(count);
    let many = repeat("local.get 0 ", 1000);
    let nested = |count| (repeat("block ", count), repeat("end ", count));
    let (open, close) = nested(9000);
    let bodies = [
        format!("{many} {} {}", repeat("block end ", 400_000), repeat("drop ", 1000)),
        format!("{many} {} {}", repeat("block local.get 0 local.set 1 end ", 150_000), repeat("drop ", 1000)),
        format!(
            "{many} {} {}",
            repeat("local.get 1 local.get 0 local.set 1 drop ", 150_000),
            repeat("drop ", 1000)
        ),
        format!("{open} {} {close}", repeat("local.get 0 br_if 0 ", 300_000)),
        format!("{open} {} {close}", repeat("local.get 0 br_if 8000 ", 300_000)),
        format!("{open} local.get 0 br_table {} {close}", repeat("0 ", 65_000)),
        format!("(local {}) {}", repeat("i32 ", 8000), repeat("local.get 0 if end ", 250_000)),
    ];
    for body in bodies {
        let locals = if body.starts_with("(local") { "" } else { "(local i32)" };
        let wasm = wat::parse_str(format!("(module (func (param i32) {locals} {body}))")).unwrap();
        let start = std::time::Instant::now();
        let program = lower(&wasm, &Plain).unwrap();
        assert!(program.rows.len() < wasm.len());
        assert!(start.elapsed().as_secs() < 5, "{} bytes, {}", wasm.len(), &body[..40]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_make_it_panic(bytes: Vec<u8>) {
        let _ = lower(&bytes, &Plain);
        let _ = lower(&[b"\0asm\x01\0\0\0".as_slice(), &bytes].concat(), &Plain);
    }

    #[test]
    fn no_mutation_makes_it_panic(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4), cut: prop::sample::Index) {
        let mut wasm = wat::parse_str(EVERYTHING).unwrap();
        for (at, byte) in changes {
            let at = at.index(wasm.len());
            wasm[at] = byte;
        }
        let _ = lower(&wasm, &Plain);
        wasm.truncate(cut.index(wasm.len()));
        let _ = lower(&wasm, &Plain);
    }
}

/// A bit of everything, to be mutated.
const EVERYTHING: &str = r#"(module
    (type $t (func (param i32) (result i32)))
    (import "env" "import" (func $import (param i32 i64) (result i32)))
    (table 3 5 funcref) (elem (i32.const 1) $f $g) (memory (export "memory") 1 3) (data (i32.const 7) "some data")
    (global $a (mut i32) (i32.const 65536)) (global $b i64 (i64.const 3))
    (func $f (export "f") (type $t) (local i32 i64 f64)
        (block (result i32)
            (loop (param) (result i32)
                (local.set 1 (i32.add (local.get 1) (i32.load8_s offset=3 (local.get 0))))
                (br_if 1 (i32.const 4) (i32.gt_u (local.tee 0 (i32.sub (local.get 0) (i32.const 1))) (local.get 1))) drop
                (br_if 0 (i64.ne (local.get 2) (i64.const 7)))
                (block (block (block (br_table 0 1 2 (local.get 0))) (memory.fill (local.get 0) (i32.const 1) (i32.const 2)))
                    (memory.copy (local.get 0) (i32.const 1) (i32.const 2)))
                (if (result i32) (i32.eqz (local.get 0)) (then (call $import (i32.const 1) (i64.extend_i32_u (local.get 0))))
                    (else (call_indirect (type $t) (i32.const 8) (local.get 1))))))
        (i32.store16 (memory.grow (global.get $a)) (i32.const 5))
        (local.set 3 (f64.add (local.get 3) (f64.const 1))))
    (func $g (export "g") (type $t) (select (i32.const 1) (local.get 0) (i32.popcnt (return (local.get 0))))))"#;
