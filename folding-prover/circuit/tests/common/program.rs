//! A small program with every kind of step: what its run does is chosen by the length of its first input.
#![allow(
    dead_code,
    clippy::allow_attributes,
    reason = "each of those who include this file uses a part of it"
)]

use std::collections::BTreeMap;

use nectar_vm::{Assembler, DataImage, Element, Label, Op, Program, Row};

/// The case, of the first input's length, with which the program goes through everything; with others it traps.
pub(crate) const MAIN: usize = 0;
/// The message that it asks itself.
pub(crate) const ASKED: u64 = 78;
/// Bytes of the first input behind what tells cases apart: the id of a contract, and what an env ends with.
const TAIL: u64 = 67;
/// Bytes more for each case.
const STEP: u8 = 72;
/// Lengths that it tells apart.
pub(crate) const CASES: usize = 12;
/// Operations of one result, in order: the register of the first operand, and the constant of the second, or its register.
const COMPUTED: [(Op, u16, Result<u64, u16>); 22] = [
    (Op::Add32, 20, Ok(0x25)),
    (Op::Sub64, 21, Err(20)),
    (Op::Mul32, 20, Ok(3)),
    (Op::Mul64, 22, Err(20)),
    (Op::DivU, 20, Ok(7)),
    (Op::DivS32, 20, Ok(3)),
    (Op::RemS64, 22, Err(21)),
    (Op::And, 20, Err(22)),
    (Op::Or, 20, Ok(3)),
    (Op::Xor, 20, Err(22)),
    (Op::Shl32, 20, Ok(33)),
    (Op::ShrU32, 20, Ok(5)),
    (Op::ShrS64, 22, Ok(65)),
    (Op::Rotl64, 22, Ok(5)),
    (Op::Eq, 20, Err(20)),
    (Op::LtU, 20, Ok(5)),
    (Op::LtS32, 20, Ok(5)),
    (Op::Wrap, 22, Err(0)),
    (Op::Extend8S32, 21, Err(0)),
    (Op::Clz64, 20, Err(0)),
    (Op::Ctz32, 20, Err(0)),
    (Op::Popcnt, 22, Err(0)),
];
/// What the response begins with, and all of it.
pub(crate) const RESPONSE: u64 = u64::from_le_bytes(*b"{\"ok\":{}");

/// Rows that compute, by what they do, which is their name.
pub(crate) fn computed() -> impl Iterator<Item = Op> {
    COMPUTED.into_iter().map(|(op, ..)| op)
}

/// A program whose rows have names.
#[derive(Clone)]
pub(crate) struct Named {
    pub(crate) program: Program,
    marks: BTreeMap<String, u32>,
}

/// The first input of a run of this contract that chooses a case.
pub(crate) fn env(contract: &[u8; 32], case: usize) -> Vec<u8> {
    let digits: String = contract.iter().map(|byte| format!("{byte:02x}")).collect();
    [vec![b'e'; usize::from(STEP) * case], digits.into_bytes(), b"\"}}".to_vec()].concat()
}

impl Named {
    /// The number of a row.
    pub(crate) fn row(&self, name: &str) -> u32 {
        self.marks[name]
    }

    /// The same program with this row changed.
    pub(crate) fn with(&self, name: &str, change: impl FnOnce(&mut Row)) -> Program {
        let mut program = self.program.clone();
        change(&mut program.rows[self.row(name) as usize]);
        program
    }
}

#[derive(Default)]
struct Writer {
    assembler: Assembler,
    marks: BTreeMap<String, u32>,
}

impl Writer {
    fn mark(&mut self, name: impl Into<String>) {
        let known = self.marks.insert(name.into(), self.assembler.next().unwrap());
        assert_eq!(known, None, "a name is one row's");
    }

    fn place(&mut self, label: Label) {
        self.assembler.place(label).unwrap();
    }

    fn row(&mut self, row: Row) {
        self.assembler.push(Row { cost: 1, ..row });
    }

    fn copy(&mut self, d: u32, imm: u64) {
        self.row(Row { d, imm, immediate: true, ..Row::new(Op::Copy) });
    }

    fn go(&mut self, row: Row, to: Label) {
        self.assembler.push_to(Row { cost: 1, ..row }, to);
    }

    fn emit(&mut self, word: u64) {
        self.copy(10, word);
        self.row(Row { a: 10, ..Row::new(Op::Emit) });
    }

    fn advise(&mut self, d: u32) {
        self.row(Row { d, ..Row::new(Op::Advise) });
    }

    fn emits(&mut self, words: &[u64]) {
        words.iter().for_each(|word| self.emit(*word));
    }

    fn advises(&mut self, registers: &[u32]) {
        registers.iter().for_each(|register| self.advise(*register));
    }

    fn compute(&mut self) {
        self.copy(20, 0xffff_fff0);
        self.copy(21, 0xa5);
        self.copy(22, u64::MAX - 0x1234);
        for (d, (op, a, second)) in (23..).zip(COMPUTED) {
            self.mark(format!("{op:?}"));
            let (b, imm, immediate) =
                second.map_or_else(|register| (register, 0, false), |constant| (0, constant, true));
            self.row(Row { d, a, b, imm, immediate, ..Row::new(op) });
        }
        self.mark("select");
        self.row(Row { d: 45, a: 20, b: 21, imm: 22, ..Row::new(Op::Select) });
        self.row(Row { a: 21, imm: 3, ..Row::new(Op::GlobalSet) });
        self.mark("global");
        self.row(Row { d: 46, imm: 3, ..Row::new(Op::GlobalGet) });
        self.mark("first written");
        self.copy(48, 1);
        self.mark("read");
        self.row(Row { d: 47, b: 48, ..Row::new(Op::Copy) });
        self.mark("written");
        self.copy(48, 2);
        self.mark("read again");
        self.row(Row { d: 52, b: 48, ..Row::new(Op::Copy) });
        self.mark("fresh");
        self.row(Row { d: 63, b: 49, ..Row::new(Op::Copy) });
    }

    fn flow(&mut self, function: Label) {
        let [one, other, last] = [(); 3].map(|()| self.assembler.label());
        self.mark("branch");
        self.go(Row { a: 21, imm: 0xa5, immediate: true, ..Row::new(Op::BrEq) }, one);
        self.copy(50, 9);
        self.place(one);
        self.go(Row { a: 20, imm: 0, immediate: true, ..Row::new(Op::BrLtS32) }, other);
        self.copy(50, 8);
        self.place(other);
        self.go(Row { a: 20, b: 21, ..Row::new(Op::BrNe) }, last);
        self.place(last);
        self.mark("call");
        self.go(Row { d: 64, ..Row::new(Op::Call) }, function);
        self.mark("behind");
        self.copy(51, 4);
        // The message chooses one of four elements.
        self.row(Row { d: 6, a: 6, imm: 3, immediate: true, ..Row::new(Op::And) });
        self.mark("indirect");
        self.row(Row { d: 64, a: 6, imm: 3, ..Row::new(Op::CallIndirect) });
    }

    fn memory(&mut self) {
        let mut access = |name: &str, op: Op, d: u32, imm: u64| {
            self.mark(name);
            let stores = (Op::Store8..=Op::Store64).contains(&op);
            let (d, b) = if stores { (0, 22) } else { (d, 0) };
            self.row(Row { d, a: 7, b, imm, ..Row::new(op) });
        };
        access("image", Op::Load64, 53, 64);
        access("byte", Op::Load8U, 54, 66);
        access("unaligned", Op::Load32S64, 55, 70);
        access("store", Op::Store64, 0, 1024);
        access("half", Op::Load32U, 56, 1028);
        access("half store", Op::Store32, 0, 1036);
        access("crossing store", Op::Store16, 0, 1031);
        access("stored", Op::Load64, 57, 1024);
        self.row(Row { d: 58, ..Row::new(Op::MemorySize) });
        self.copy(59, 1);
        self.mark("grow");
        self.row(Row { d: 60, a: 59, ..Row::new(Op::MemoryGrow) });
        self.mark("page crossing");
        self.row(Row { d: 61, a: 7, imm: 65_532, ..Row::new(Op::Load64) });
        self.mark("too much");
        self.row(Row { d: 62, a: 59, ..Row::new(Op::MemoryGrow) });
        self.mark("charge");
        self.row(Row { a: 21, ..Row::new(Op::Charge) });
    }

    /// A read of `key1`, and a write of it.
    fn messages(&mut self) {
        let key = u64::from_le_bytes(*b"key1\0\0\0\0");
        self.emits(&[3, 4, key]);
        self.advise(13);
        self.mark("answer");
        self.advise(14);
        self.emits(&[4, 4, key, 8]);
        self.row(Row { d: 16, a: 14, imm: 1, immediate: true, ..Row::new(Op::Add64) });
        self.mark("said");
        self.row(Row { a: 16, ..Row::new(Op::Emit) });
    }

    /// A removal, a scan with all that can be asked of it, a query, and one of the contract itself.
    fn more_messages(&mut self) {
        let [gone, end] = [b"key0\0\0\0\0", b"keyz\0\0\0\0"].map(|key| u64::from_le_bytes(*key));
        self.emits(&[5, 4, gone, 6, 0, 5, end, 1, 7, 1]);
        self.advises(&[13, 14, 15, 16]);
        self.emits(&[8, 1]);
        self.advises(&[13, 14]);
        self.emits(&[9, 1]);
        self.advises(&[13, 14]);
        self.emits(&[7, 1]);
        self.advise(13);
        // `compact::CALLER`: one byte.
        self.emits(&[13, 1, 1]);
        self.advises(&[13, 14, 15]);
        self.emits(&[14, 0, 0, 0, 5 << 48, 8, ASKED]);
        self.advises(&[13, 14, 15]);
    }

    /// A query of the least case reads `key1` and responds; others refuse.
    fn query(&mut self, refuses: Label) {
        self.advise(1);
        self.go(Row { a: 1, imm: TAIL, immediate: true, ..Row::new(Op::BrNe) }, refuses);
        self.advises(&[2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 4]);
        self.emits(&[3, 4, u64::from_le_bytes(*b"key1\0\0\0\0")]);
        self.advises(&[13, 14]);
        self.emits(&[1, 8, RESPONSE]);
        self.row(Row::new(Op::Return));
    }

    fn respond(&mut self) {
        self.emits(&[1, 8]);
        self.mark("response");
        self.emit(RESPONSE);
        self.mark("return");
        self.row(Row::new(Op::Return));
    }
}

/// The program; with all kinds of messages, or with a read and a write alone.
pub(crate) fn program(all: bool) -> Named {
    let mut w = Writer::default();
    let cases = [(); CASES].map(|()| w.assembler.label());
    let [function, other, query] = [(); 3].map(|()| w.assembler.label());
    w.advise(1);
    w.row(Row { d: 2, a: 1, imm: TAIL, immediate: true, ..Row::new(Op::Sub64) });
    w.row(Row { d: 2, a: 2, imm: STEP.into(), immediate: true, ..Row::new(Op::DivU) });
    w.row(Row { a: 2, imm: CASES as u64 - 1, ..Row::new(Op::BrTable) });
    for case in cases {
        w.go(Row::new(Op::Br), case);
    }
    w.place(cases[MAIN]);
    w.advises(&[2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 4, 5, 6]);
    w.compute();
    w.flow(function);
    w.memory();
    w.messages();
    if all {
        w.more_messages();
    }
    w.respond();
    w.place(function);
    w.mark("function");
    w.copy(1, 5);
    w.mark("middle");
    w.row(Row { d: 1, a: 1, imm: 1, immediate: true, ..Row::new(Op::Add64) });
    w.mark("leave");
    w.row(Row::new(Op::Return));
    w.place(other);
    w.row(Row::new(Op::Nop));
    w.row(Row::new(Op::Return));

    let [_, zero, overflow, beyond, missing, empty, typed, deep, refuses, wraps, edge, deeper] = cases;
    let refuse = Row { imm: 9, ..Row::new(Op::Trap) };
    w.place(query);
    w.query(refuses);
    w.place(refuses);
    w.row(refuse);
    w.place(zero);
    w.row(Row { d: 40, a: 7, immediate: true, ..Row::new(Op::DivU) });
    w.place(overflow);
    w.copy(20, 1 << 31);
    w.row(Row { d: 40, a: 20, imm: 0xffff_ffff, immediate: true, ..Row::new(Op::DivS32) });
    w.place(beyond);
    w.mark("beyond");
    w.row(Row { d: 40, a: 7, imm: 1 << 16, ..Row::new(Op::Load8U) });
    w.row(refuse);
    w.place(missing);
    w.row(Row { d: 64, a: 1, imm: 3, ..Row::new(Op::CallIndirect) });
    w.place(empty);
    w.row(Row { d: 64, a: 7, imm: 3, ..Row::new(Op::CallIndirect) });
    w.place(typed);
    w.copy(20, 2);
    w.row(Row { d: 64, a: 20, imm: 3, ..Row::new(Op::CallIndirect) });
    w.place(deep);
    w.go(Row { d: 0xffff, ..Row::new(Op::Call) }, deep);
    w.place(wraps);
    w.copy(20, 0xffff_ffff);
    w.mark("wraps");
    w.row(Row { d: 40, a: 20, imm: 67, ..Row::new(Op::Load8U) });
    w.row(refuse);
    w.place(edge);
    w.mark("edge");
    w.row(Row { d: 40, a: 7, imm: 65_532, ..Row::new(Op::Load64) });
    w.row(refuse);

    w.place(deeper);
    w.copy(20, 3);
    w.row(Row { d: 0xffff, a: 20, imm: 3, ..Row::new(Op::CallIndirect) });

    let element = |label, ty| Some(Element { row: w.assembler.place_of(label).unwrap(), ty });
    let of_query = w.assembler.place_of(query).unwrap();
    let table = vec![None, element(function, 3), element(other, 9), element(deeper, 3)];
    let program = Program {
        rows: w.assembler.finish().unwrap(),
        data: DataImage { first: 8, words: (1..=8).map(|n| 0x0123_4567_89ab_cdef * n).collect() },
        table,
        pages: (1, 2),
        entries: [("execute", 0), ("query", of_query)].map(|(name, row)| (name.to_owned(), row)).into(),
        functions: Vec::new(),
    };
    Named { program, marks: w.marks }
}
