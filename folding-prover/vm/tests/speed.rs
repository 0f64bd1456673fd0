//! How fast the machine is: `cargo test --release -p nectar-vm --test speed -- --ignored --nocapture`.
#![expect(clippy::unwrap_used, reason = "a test whose setting up fails has failed")]

use std::collections::BTreeMap;
use std::time::Instant;

use nectar_vm::{DataImage, Limits, Machine, Op, Program, Row, Step, Tracer};

/// A sum over memory with a call in each round: what compiled loops are made of.
fn program() -> Program {
    let row = |op, d, a, b| Row { d, a, b, cost: 1, ..Row::new(op) };
    let with = |op, d, a, imm| Row { imm, immediate: true, ..row(op, d, a, 0) };
    let rows = vec![
        with(Op::And, 2, 0, 0xfff8),
        row(Op::Load64, 3, 2, 0),
        row(Op::Add64, 3, 3, 1),
        with(Op::Xor, 1, 3, 0x55),
        row(Op::Store64, 0, 2, 1),
        row(Op::Copy, 4, 0, 1),
        with(Op::Call, 4, 0, 11),
        row(Op::Copy, 1, 0, 4),
        with(Op::Sub64, 0, 0, 1),
        with(Op::BrNe, 0, 0, 0),
        row(Op::Return, 0, 0, 0),
        with(Op::Rotl64, 0, 0, 7),
        with(Op::Mul64, 0, 0, 0x9e37_79b9),
        row(Op::Return, 0, 0, 0),
    ];
    Program {
        rows,
        data: DataImage::default(),
        table: Vec::new(),
        pages: (1, 1),
        entries: BTreeMap::new(),
        functions: Vec::new(),
    }
}

/// Looks at every step, and keeps none.
#[derive(Default)]
struct Sum(u64);

impl Tracer for Sum {
    fn step(&mut self, step: &Step) {
        self.0 = self.0.wrapping_add(step.a ^ step.gas);
    }
}

fn rows_per_second(tracer: &mut impl Tracer) -> u128 {
    let program = program();
    let mut machine = Machine::new(&program, Limits::default());
    let started = Instant::now();
    machine.run(0, &[10_000_000, 1], &mut (), tracer).unwrap();
    u128::from(machine.rows()) * 1_000_000 / started.elapsed().as_micros()
}

#[test]
#[ignore = "measures, and takes a few seconds"]
fn rows_per_second_are_printed() {
    println!("alone: {} M/s", rows_per_second(&mut ()) / 1_000_000);
    let mut sum = Sum::default();
    println!("watched: {} M/s ({})", rows_per_second(&mut sum) / 1_000_000, sum.0 & 1);
}
