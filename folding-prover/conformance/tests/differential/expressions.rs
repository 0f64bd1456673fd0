//! Random functions of integer operations, with constants at the edges: denser than what a general generator makes.

use std::fmt::Write;

use crate::engine::engine;
use crate::how_many;
use crate::pair::{Outcome, Tally, compare};
use crate::values::Random;

const UNARY: [&str; 6] = ["clz", "ctz", "popcnt", "extend8_s", "extend16_s", "eqz"];
const BINARY: [&str; 15] = [
    "add", "sub", "mul", "div_s", "div_u", "rem_s", "rem_u", "and", "or", "xor", "shl", "shr_s", "shr_u",
    "rotl", "rotr",
];
const COMPARE: [&str; 10] = ["eq", "ne", "lt_s", "lt_u", "gt_s", "gt_u", "le_s", "le_u", "ge_s", "ge_u"];
const LOADS_32: [&str; 5] = ["load", "load8_s", "load8_u", "load16_s", "load16_u"];
const LOADS_64: [&str; 7] = ["load", "load8_s", "load8_u", "load16_s", "load16_u", "load32_s", "load32_u"];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Ty {
    I32,
    I64,
}

impl Ty {
    const fn name(self) -> &'static str {
        match self {
            Self::I32 => "i32",
            Self::I64 => "i64",
        }
    }
}

/// Parameters 0 and 1 are i32, 2 and 3 i64; locals 4 and 5 i32, 6 and 7 i64.
fn local(random: &mut Random, ty: Ty) -> usize {
    match ty {
        Ty::I32 => *random.pick(&[0, 1, 4, 5]),
        Ty::I64 => *random.pick(&[2, 3, 6, 7]),
    }
}

fn any_type(random: &mut Random) -> Ty {
    *random.pick(&[Ty::I32, Ty::I64])
}

/// An expression of this type.
fn expression(random: &mut Random, ty: Ty, depth: usize) -> String {
    if depth == 0 || random.below(10) == 0 {
        return leaf(random, ty);
    }
    let name = ty.name();
    let of = |random: &mut Random, ty| expression(random, ty, depth - 1);
    match random.below(16) {
        0..=4 => {
            let (op, mut second) = (*random.pick(&BINARY), of(random, ty));
            // Or almost everything would trap.
            if (op.starts_with("div") || op.starts_with("rem")) && random.below(8) > 0 {
                second = format!("({name}.or {second} ({name}.const 1))");
            }
            format!("({name}.{op} {} {second})", of(random, ty))
        }
        5 | 6 => unary(random, ty, depth),
        7 | 8 if ty == Ty::I32 => {
            let (op, operands) = (*random.pick(&COMPARE), any_type(random));
            format!("({}.{op} {} {})", operands.name(), of(random, operands), of(random, operands))
        }
        9 => {
            let (first, second) = (of(random, ty), of(random, ty));
            format!("(select {first} {second} {})", of(random, Ty::I32))
        }
        10 => format!("(local.tee {} {})", local(random, ty), of(random, ty)),
        11 => {
            let condition = of(random, Ty::I32);
            format!("(if (result {name}) {condition} (then {}) (else {}))", of(random, ty), of(random, ty))
        }
        12 => {
            let op = if ty == Ty::I32 { *random.pick(&LOADS_32) } else { *random.pick(&LOADS_64) };
            format!("({name}.{op} offset={} {})", random.below(70), address(random, depth))
        }
        13 => {
            let (value, condition) = (of(random, ty), of(random, Ty::I32));
            format!("(block (result {name}) (br_if 0 {value} {condition}) (drop) {})", of(random, ty))
        }
        14 => format!("(block (result {name}) {} {})", statement(random, depth), of(random, ty)),
        _ => format!("(call ${name} {} {})", of(random, Ty::I32), of(random, Ty::I64)),
    }
}

fn leaf(random: &mut Random, ty: Ty) -> String {
    if random.below(2) == 0 {
        return format!("(local.get {})", local(random, ty));
    }
    let number = random.number();
    match ty {
        Ty::I32 => format!("(i32.const {})", number & 0xffff_ffff),
        Ty::I64 => format!("(i64.const {number})"),
    }
}

fn unary(random: &mut Random, ty: Ty, depth: usize) -> String {
    let of = |random: &mut Random, ty| expression(random, ty, depth - 1);
    match (ty, random.below(9)) {
        (Ty::I32, 0) => format!("(i32.wrap_i64 {})", of(random, Ty::I64)),
        (Ty::I32, 1) => format!("(i64.eqz {})", of(random, Ty::I64)),
        (Ty::I64, 0) => format!("(i64.extend_i32_u {})", of(random, Ty::I32)),
        (Ty::I64, 1) => format!("(i64.extend_i32_s {})", of(random, Ty::I32)),
        (Ty::I64, 2) => format!("(i64.extend32_s {})", of(random, Ty::I64)),
        _ => {
            let op = *random.pick(if ty == Ty::I32 { &UNARY } else { &UNARY[..5] });
            format!("({}.{op} {})", ty.name(), of(random, ty))
        }
    }
}

/// Mostly within the page.
fn address(random: &mut Random, depth: usize) -> String {
    let mask = *random.pick(&[0x3f, 0xff, 0xff, 0xefff, 0xefff, 0xefff, 0xffff]);
    format!("(i32.and {} (i32.const {mask}))", expression(random, Ty::I32, depth - 1))
}

/// Something without a value.
fn statement(random: &mut Random, depth: usize) -> String {
    let ty = any_type(random);
    let value = expression(random, ty, depth - 1);
    match random.below(6) {
        0 | 1 => format!("(local.set {} {value})", local(random, ty)),
        2 => format!("(global.set ${} {value})", if ty == Ty::I32 { "g32" } else { "g64" }),
        3 | 4 => {
            let op = *random.pick(if ty == Ty::I32 {
                &["store", "store8", "store16"][..]
            } else {
                &["store", "store8", "store16", "store32"]
            });
            format!("({}.{op} offset={} {} {value})", ty.name(), random.below(70), address(random, depth))
        }
        _ => format!("(drop {value})"),
    }
}

fn module(random: &mut Random) -> String {
    const SIGNATURE: &str = "(param i32 i32 i64 i64)";
    let mut text = String::from(
        r#"(module (memory (export "memory") 1 1)
        (global $g32 (export "g32") (mut i32) (i32.const -7)) (global $g64 (export "g64") (mut i64) (i64.const 1))
        (func $i32 (param i32 i64) (result i32) (i32.xor (local.get 0) (i32.wrap_i64 (local.get 1))))
        (func $i64 (param i32 i64) (result i64) (local i64)
            (local.set 2 (i64.add (local.get 2) (local.get 1)))
            (i64.rotl (local.get 2) (i64.extend_i32_u (local.get 0))))"#,
    );
    for number in 0..6 {
        let ty = any_type(random);
        let statements: Vec<_> = (0..random.below(4)).map(|_| statement(random, 4)).collect();
        let (statements, value) = (statements.join(" "), expression(random, ty, 6));
        write!(
            text,
            r#"(func (export "f{number}") {SIGNATURE} (result {}) (local i32 i32 i64 i64) {statements} {value})"#,
            ty.name()
        )
        .unwrap();
    }
    text + ")"
}

#[test]
fn random_expressions_have_the_same_values() {
    let engine = engine();
    let mut tally = Tally::default();
    for seed in 0..how_many(150) {
        let mut random = Random::new(seed);
        let text = module(&mut random);
        let wasm = wat::parse_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        tally += compare(&engine, &format!("seed {seed}"), &wasm, |pair| {
            for (name, ty) in pair.functions() {
                for _ in 0..8 {
                    assert_ne!(pair.call(&name, &random.arguments(&ty)), Outcome::Apart);
                }
            }
        });
    }
    println!("{tally:?}");
    assert_eq!((tally.refused, tally.unprovable), (0, 0));
    assert!(tally.results > tally.traps && tally.traps > 0, "{tally:?}");
}
