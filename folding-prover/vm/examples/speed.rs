//! How fast the machine is: `cargo run --release -p nectar-vm --example speed`.
#![expect(clippy::print_stdout, reason = "it is for people")]

use std::collections::BTreeMap;
use std::time::Instant;

use nectar_vm::{DataImage, Limits, Machine, Op, Program, Row, Step, Stop, Tracer};

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

/// Millions of rows a second.
fn speed(tracer: &mut impl Tracer) -> Result<u128, Stop> {
    let program = program();
    let mut machine = Machine::new(&program, Limits::default());
    let started = Instant::now();
    machine.run(0, &[10_000_000, 1], &mut (), tracer)?;
    Ok(u128::from(machine.rows()) / started.elapsed().as_micros().max(1))
}

fn main() -> Result<(), Stop> {
    println!("alone: {} M rows/s", speed(&mut ())?);
    let mut sum = Sum::default();
    println!("watched: {} M rows/s (last bit {})", speed(&mut sum)?, sum.0 & 1);
    Ok(())
}
