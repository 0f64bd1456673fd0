//! `memory.copy` and `memory.fill` as routines of the machine.
//!
//! Both check the whole range before they write, cost one a byte, and go by words of eight bytes. What is left over at an end is not
//! copied byte by byte, but as one word that overlaps the others.

use super::LowerError;
use crate::{Assembler, Label, Op, Row, Trap};

// Arguments, where the caller has left them.
const TO: u16 = 0;
/// Where to copy from, or what to fill with.
const FROM: u16 = 1;
const LENGTH: u16 = 2;
// Registers of the routines' own.
const SIZE: u16 = 3;
const END: u16 = 4;
/// Where the last word of each range begins.
const LAST_TO: u16 = 5;
const LAST_FROM: u16 = 6;
const WORD: u16 = 7;
/// The word that overlaps: read before anything is written.
const REST: u16 = 8;
/// Where fewer than four words are left.
const NEARLY: u16 = 9;

/// Bytes of a round of the long loops.
const ROUND: u64 = 32;

/// `memory.copy`: to, from, length.
pub(super) fn copy(code: &mut Assembler) -> Result<(), LowerError> {
    let mut w = Writer { code };
    let [short, long, backward, forward, rounds, words, last, outside] = w.labels();
    w.check(&[TO, FROM], outside);
    w.branch_constant(Op::BrLtU, LENGTH, 8, short);
    w.constant(Op::Sub32, END, LENGTH, 8);
    w.register(Op::Add32, LAST_TO, TO, END);
    w.register(Op::Add32, LAST_FROM, FROM, END);
    w.load(Op::Load64, REST, LAST_FROM, 0);
    w.branch_constant(Op::BrGeU, LENGTH, 17, long);
    w.load(Op::Load64, WORD, FROM, 0);
    w.store(Op::Store64, TO, WORD, 0);
    w.store(Op::Store64, LAST_TO, REST, 0);
    w.leave(Op::Return);

    // Words are written where nothing is still to be read: upwards, if the distance up from source to destination is no less than
    // the length.
    w.place(long)?;
    w.register(Op::Sub32, WORD, TO, FROM);
    w.branch(Op::BrLtU, WORD, LENGTH, backward);
    w.branch_constant(Op::BrLtU, END, ROUND, words);
    w.constant(Op::Sub32, NEARLY, LAST_TO, ROUND - 8);
    w.place(rounds)?;
    for offset in (0..ROUND).step_by(8) {
        w.load(Op::Load64, WORD, FROM, offset);
        w.store(Op::Store64, TO, WORD, offset);
    }
    w.constant(Op::Add32, FROM, FROM, ROUND);
    w.constant(Op::Add32, TO, TO, ROUND);
    w.branch(Op::BrLtU, TO, NEARLY, rounds);
    w.place(words)?;
    w.branch(Op::BrGeU, TO, LAST_TO, last);
    w.place(forward)?;
    w.load(Op::Load64, WORD, FROM, 0);
    w.store(Op::Store64, TO, WORD, 0);
    w.constant(Op::Add32, FROM, FROM, 8);
    w.constant(Op::Add32, TO, TO, 8);
    w.branch(Op::BrLtU, TO, LAST_TO, forward);
    w.place(last)?;
    w.store(Op::Store64, LAST_TO, REST, 0);
    w.leave(Op::Return);

    // Downwards, with 64 bits and a sign: behind the last word there may be no address.
    w.place(backward)?;
    w.load(Op::Load64, REST, FROM, 0);
    let [down] = w.labels();
    w.place(down)?;
    w.load(Op::Load64, WORD, LAST_FROM, 0);
    w.store(Op::Store64, LAST_TO, WORD, 0);
    w.constant(Op::Sub64, LAST_FROM, LAST_FROM, 8);
    w.constant(Op::Sub64, LAST_TO, LAST_TO, 8);
    w.branch(Op::BrLtS64, TO, LAST_TO, down);
    w.store(Op::Store64, TO, REST, 0);
    w.leave(Op::Return);

    w.place(short)?;
    w.ends(Ends { least: 4, load: Op::Load32U, store: Op::Store32 }, Ends::copy)?;
    w.ends(Ends { least: 2, load: Op::Load16U, store: Op::Store16 }, Ends::copy)?;
    w.ends(Ends { least: 1, load: Op::Load8U, store: Op::Store8 }, Ends::copy)?;
    w.leave(Op::Return);
    w.refuse(outside)
}

/// `memory.fill`: to, value, length.
pub(super) fn fill(code: &mut Assembler) -> Result<(), LowerError> {
    let mut w = Writer { code };
    let [short, rounds, words, forward, last, outside] = w.labels();
    w.check(&[TO], outside);
    w.constant(Op::And, FROM, FROM, 0xff);
    w.constant(Op::Mul64, FROM, FROM, 0x0101_0101_0101_0101);
    w.branch_constant(Op::BrLtU, LENGTH, 8, short);
    w.constant(Op::Sub32, END, LENGTH, 8);
    w.register(Op::Add32, LAST_TO, TO, END);
    w.branch_constant(Op::BrLtU, END, ROUND, words);
    w.constant(Op::Sub32, NEARLY, LAST_TO, ROUND - 8);
    w.place(rounds)?;
    for offset in (0..ROUND).step_by(8) {
        w.store(Op::Store64, TO, FROM, offset);
    }
    w.constant(Op::Add32, TO, TO, ROUND);
    w.branch(Op::BrLtU, TO, NEARLY, rounds);
    w.place(words)?;
    w.branch(Op::BrGeU, TO, LAST_TO, last);
    w.place(forward)?;
    w.store(Op::Store64, TO, FROM, 0);
    w.constant(Op::Add32, TO, TO, 8);
    w.branch(Op::BrLtU, TO, LAST_TO, forward);
    w.place(last)?;
    w.store(Op::Store64, LAST_TO, FROM, 0);
    w.leave(Op::Return);

    w.place(short)?;
    w.ends(Ends { least: 4, load: Op::Nop, store: Op::Store32 }, Ends::fill)?;
    w.ends(Ends { least: 2, load: Op::Nop, store: Op::Store16 }, Ends::fill)?;
    w.ends(Ends { least: 1, load: Op::Nop, store: Op::Store8 }, Ends::fill)?;
    w.leave(Op::Return);
    w.refuse(outside)
}

/// Ranges of `least` to twice as many bytes: a piece at each end.
#[derive(Clone, Copy)]
struct Ends {
    least: u64,
    load: Op,
    store: Op,
}

impl Ends {
    fn copy(self, w: &mut Writer<'_>) {
        w.register(Op::Add32, LAST_FROM, FROM, END);
        w.load(self.load, WORD, FROM, 0);
        w.load(self.load, REST, LAST_FROM, 0);
        w.store(self.store, TO, WORD, 0);
        w.store(self.store, LAST_TO, REST, 0);
    }

    fn fill(self, w: &mut Writer<'_>) {
        w.store(self.store, TO, FROM, 0);
        w.store(self.store, LAST_TO, FROM, 0);
    }
}

struct Writer<'c> {
    code: &'c mut Assembler,
}

impl Writer<'_> {
    fn labels<const N: usize>(&mut self) -> [Label; N] {
        std::array::from_fn(|_| self.code.label())
    }

    fn place(&mut self, label: Label) -> Result<(), LowerError> {
        Ok(self.code.place(label)?)
    }

    fn register(&mut self, op: Op, d: u16, a: u16, b: u16) {
        self.code.push(Row { d: d.into(), a, b, ..Row::new(op) });
    }

    fn constant(&mut self, op: Op, d: u16, a: u16, imm: u64) {
        self.code.push(Row { d: d.into(), a, immediate: true, imm, ..Row::new(op) });
    }

    fn load(&mut self, op: Op, d: u16, a: u16, imm: u64) {
        self.code.push(Row { d: d.into(), a, imm, ..Row::new(op) });
    }

    fn store(&mut self, op: Op, a: u16, b: u16, imm: u64) {
        self.code.push(Row { a, b, imm, ..Row::new(op) });
    }

    fn branch(&mut self, op: Op, a: u16, b: u16, label: Label) {
        self.code.push_to(Row { a, b, ..Row::new(op) }, label);
    }

    fn branch_constant(&mut self, op: Op, a: u16, imm: u64, label: Label) {
        self.code.push_to(Row { a, immediate: true, imm, ..Row::new(op) }, label);
    }

    fn leave(&mut self, op: Op) {
        self.code.push(Row::new(op));
    }

    /// Charges for the length, and leaves if a range that begins at one of these does not end within memory.
    fn check(&mut self, starts: &[u16], outside: Label) {
        self.code.push(Row { a: LENGTH, ..Row::new(Op::Charge) });
        self.code.push(Row { d: SIZE.into(), ..Row::new(Op::MemorySize) });
        self.constant(Op::Shl64, SIZE, SIZE, 16);
        for start in starts {
            self.register(Op::Add64, END, *start, LENGTH);
            self.branch(Op::BrLtU, SIZE, END, outside);
        }
    }

    /// If there are that many bytes, treats both ends and returns.
    fn ends(&mut self, ends: Ends, treat: fn(Ends, &mut Self)) -> Result<(), LowerError> {
        let [fewer] = self.labels();
        self.branch_constant(Op::BrLtU, LENGTH, ends.least, fewer);
        self.constant(Op::Sub32, END, LENGTH, ends.least);
        self.register(Op::Add32, LAST_TO, TO, END);
        treat(ends, self);
        self.leave(Op::Return);
        self.place(fewer)
    }

    fn refuse(&mut self, outside: Label) -> Result<(), LowerError> {
        self.place(outside)?;
        self.code.push(Row { imm: Trap::MemoryOutOfBounds as u64, ..Row::new(Op::Trap) });
        Ok(())
    }
}
