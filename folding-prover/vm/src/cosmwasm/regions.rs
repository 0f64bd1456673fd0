//! How bytes cross between guest and host, written into each stub that needs it: a call and a return for each would
//! cost more rows to run than these do to store.
//!
//! A region is three little-endian `u32` in guest memory: offset, capacity, length. Nothing that the guest says of one is
//! believed before it is checked, in the runtime's order.

use super::gas;
use super::writer::{Reg, Writer};
use crate::{Label, Op, TooManyRows};

const REGION_BYTES: u64 = 12;
const LENGTH_AT: u64 = 8;
const WORD: u64 = 8;

/// Bytes in guest memory: from `offset`, `length` of them, and known to lie inside.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bytes {
    pub(super) offset: Reg,
    pub(super) length: Reg,
}

/// A region that was shown to lie inside of memory.
#[derive(Debug, Clone, Copy)]
struct Region {
    offset: Reg,
    capacity: Reg,
    length: Reg,
}

/// A region that the guest has named or allocated, with room for `length` bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Room {
    pub(super) pointer: Reg,
    pub(super) offset: Reg,
    pub(super) length: Reg,
}

/// What giving bytes to a contract needs of its module.
#[derive(Debug, Clone, Copy)]
pub(super) struct Guest {
    /// The contract's `allocate`.
    pub(super) allocate: Label,
    /// Number of the machine's global that says what the contract may do now: 0 or [`READ_ONLY`], and [`ALLOCATING`].
    pub(super) mode: u64,
}

/// Mode bit: the entry point is a query.
pub(super) const READ_ONLY: u64 = 1;
/// Mode bit: the contract's `allocate` runs for the host. A host call from there would put words between those of the
/// call that it is part of; no compiler makes such modules, and the log stays flat without them.
pub(super) const ALLOCATING: u64 = 2;

/// The region that `pointer` points to: not null, inside of memory, with an offset, and a buffer of its whole capacity
/// inside of memory.
fn region(w: &mut Writer<'_>, pointer: Reg) -> Region {
    let refuse = w.refuse();
    w.branch_if(Op::BrEq, pointer, 0, refuse);
    let size = w.memory_bytes();
    let end = w.compute(Op::Add64, pointer, REGION_BYTES);
    w.branch_if(Op::BrLtU, size, end, refuse);
    let offset = w.load(Op::Load32U, pointer, 0);
    w.branch_if(Op::BrEq, offset, 0, refuse);
    let capacity = w.load(Op::Load32U, pointer, 4);
    let length = w.load(Op::Load32U, pointer, LENGTH_AT);
    w.branch_if(Op::BrLtU, capacity, length, refuse);
    // Both have 32 bits: the sum does not wrap.
    w.set(end, Op::Add64, offset, capacity);
    w.branch_if(Op::BrLtU, size, end, refuse);
    Region { offset, capacity, length }
}

/// The bytes of the region at `pointer`, at most `limit` of them, charged for.
pub(super) fn take(w: &mut Writer<'_>, pointer: Reg, limit: usize) -> Bytes {
    let Region { offset, length, .. } = region(w, pointer);
    at_most(w, length, limit);
    w.charge_each(gas::BYTE, length);
    Bytes { offset, length }
}

/// Refuses numbers above a limit.
pub(super) fn at_most(w: &mut Writer<'_>, number: Reg, limit: usize) {
    let refuse = w.refuse();
    // Limits are far below 2^64.
    w.branch_if(Op::BrGeU, number, limit as u64 + 1, refuse);
}

/// Asks the guest for room for `length` bytes, after charging for them. The length is below 2^32.
pub(super) fn reserve(w: &mut Writer<'_>, guest: &Guest, length: Reg) -> Room {
    w.charge_each(gas::BYTE, length);
    let mode = w.global_get(guest.mode);
    let busy = w.compute(Op::Or, mode, ALLOCATING);
    w.global_set(guest.mode, busy);
    let result = w.call_with(guest.allocate, &[length]);
    let pointer = w.register();
    w.copy(pointer, result);
    w.global_set(guest.mode, mode);
    room(w, pointer, length)
}

/// The region at `pointer`, if it has room for `length` bytes.
pub(super) fn room(w: &mut Writer<'_>, pointer: Reg, length: Reg) -> Room {
    let Region { offset, capacity, .. } = region(w, pointer);
    let refuse = w.refuse();
    w.branch_if(Op::BrLtU, capacity, length, refuse);
    Room { pointer, offset, length }
}

/// Sets the length of a region whose bytes are written. It comes last: a region may overlap its own buffer.
pub(super) fn close(w: &mut Writer<'_>, room: Room) {
    w.store(Op::Store32, room.pointer, LENGTH_AT, room.length);
}

/// Takes as many bytes from outside as there is room for, and returns with the region in register 0.
pub(super) fn give(w: &mut Writer<'_>, room: Room) -> Result<(), TooManyRows> {
    let Room { pointer, offset, length } = room;
    advise_bytes(w, Bytes { offset, length })?;
    close(w, room);
    w.ret_with(pointer);
    Ok(())
}

/// Emits how many bytes there are, and the bytes.
pub(super) fn emit_bytes(w: &mut Writer<'_>, bytes: Bytes) -> Result<(), TooManyRows> {
    w.emit(bytes.length);
    emit_words(w, bytes)
}

/// Emits eight bytes a word, little-endian; what the last word has no bytes for is zero.
pub(super) fn emit_words(w: &mut Writer<'_>, bytes: Bytes) -> Result<(), TooManyRows> {
    w.scope(|w| write_emit(w, bytes))
}

fn write_emit(w: &mut Writer<'_>, bytes: Bytes) -> Result<(), TooManyRows> {
    let Bytes { offset, length } = bytes;
    let (next, tail, low, done) = (w.label(), w.label(), w.label(), w.label());
    let at = w.register();
    w.copy(at, offset);
    let whole = w.compute(Op::And, length, !(WORD - 1));
    let end = w.compute(Op::Add64, offset, whole);
    w.branch_if(Op::BrEq, at, end, tail);
    w.place(next)?;
    let word = w.load(Op::Load64, at, 0);
    w.emit(word);
    w.set(at, Op::Add64, at, WORD);
    w.branch_if(Op::BrLtU, at, end, next);
    w.place(tail)?;
    let rest = w.compute(Op::And, length, WORD - 1);
    w.branch_if(Op::BrEq, rest, 0, done);
    // 64 - 8 rest, as shifts count: modulo 64.
    let shift = w.compute(Op::Mul64, rest, WORD.wrapping_neg());
    // The word that ends with the last byte lies inside of memory, unless the bytes are among its first eight.
    w.branch_if(Op::BrLtU, at, WORD, low);
    w.set(at, Op::Sub64, at, WORD);
    w.set(at, Op::Add64, at, rest);
    let last = w.load(Op::Load64, at, 0);
    w.set(last, Op::ShrU64, last, shift);
    w.emit(last);
    w.branch(done);
    w.place(low)?;
    let first = w.load(Op::Load64, at, 0);
    w.set(first, Op::Shl64, first, shift);
    w.set(first, Op::ShrU64, first, shift);
    w.emit(first);
    w.place(done)
}

/// Writes words from outside as bytes. The last word has zeros where it has no bytes, or the call is refused.
pub(super) fn advise_bytes(w: &mut Writer<'_>, bytes: Bytes) -> Result<(), TooManyRows> {
    w.scope(|w| write_advise(w, bytes))
}

fn write_advise(w: &mut Writer<'_>, bytes: Bytes) -> Result<(), TooManyRows> {
    let Bytes { offset, length } = bytes;
    let (next, tail, done) = (w.label(), w.label(), w.label());
    let at = w.register();
    w.copy(at, offset);
    let whole = w.compute(Op::And, length, !(WORD - 1));
    let end = w.compute(Op::Add64, offset, whole);
    let word = w.register();
    w.branch_if(Op::BrEq, at, end, tail);
    w.place(next)?;
    w.advise_to(word);
    w.store(Op::Store64, at, 0, word);
    w.set(at, Op::Add64, at, WORD);
    w.branch_if(Op::BrLtU, at, end, next);
    w.place(tail)?;
    let rest = w.compute(Op::And, length, WORD - 1);
    w.branch_if(Op::BrEq, rest, 0, done);
    take_last(w, word, rest);
    store_last(w, at, word, rest)?;
    w.place(done)
}

/// Takes the last word of bytes from outside, which has `rest` of them and zeros behind, or the call is refused.
fn take_last(w: &mut Writer<'_>, word: Reg, rest: Reg) {
    let refuse = w.refuse();
    w.advise_to(word);
    let bits = w.compute(Op::Shl64, rest, 3);
    let beyond = w.compute(Op::ShrU64, word, bits);
    w.branch_if(Op::BrNe, beyond, 0, refuse);
}

/// Writes the low bytes of a word, in three steps: what lies behind belongs to the guest.
fn store_last(w: &mut Writer<'_>, at: Reg, word: Reg, rest: Reg) -> Result<(), TooManyRows> {
    for (size, op) in [(4, Op::Store32), (2, Op::Store16), (1, Op::Store8)] {
        let without = w.label();
        let bit = w.compute(Op::And, rest, size);
        w.branch_if(Op::BrEq, bit, 0, without);
        w.store(op, at, 0, word);
        if size > 1 {
            w.set(word, Op::ShrU64, word, size * 8);
            w.set(at, Op::Add64, at, size);
        }
        w.place(without)?;
    }
    Ok(())
}

/// Bytes from outside that wait in registers until there is room for them.
pub(super) struct Kept<I> {
    length: Reg,
    /// Registers for whole words: a loop cannot name them, so its rounds stand one behind the other.
    words: I,
    last: Reg,
}

/// Takes bytes from outside before there is room for them. `limit` is a number of whole words.
pub(super) fn keep(
    w: &mut Writer<'_>,
    length: Reg,
    limit: u16,
) -> Result<Kept<impl Iterator<Item = Reg> + Clone + use<>>, TooManyRows> {
    let (words, last) = (w.keep(limit), w.register());
    w.scope(|w| {
        let (tail, done) = (w.label(), w.label());
        let whole = w.compute(Op::ShrU64, length, 3);
        for (taken, word) in (0..).zip(words.clone()) {
            w.branch_if(Op::BrEq, whole, taken, tail);
            w.advise_to(word);
        }
        w.place(tail)?;
        let rest = w.compute(Op::And, length, WORD - 1);
        w.branch_if(Op::BrEq, rest, 0, done);
        take_last(w, last, rest);
        w.place(done)
    })?;
    Ok(Kept { length, words, last })
}

/// Writes what was kept.
pub(super) fn write_kept(
    w: &mut Writer<'_>,
    offset: Reg,
    kept: Kept<impl Iterator<Item = Reg>>,
) -> Result<(), TooManyRows> {
    let Kept { length, words, last } = kept;
    w.scope(|w| {
        let (tail, done) = (w.label(), w.label());
        let whole = w.compute(Op::ShrU64, length, 3);
        for (written, word) in (0..).zip(words) {
            w.branch_if(Op::BrEq, whole, written, tail);
            w.store(Op::Store64, offset, written * WORD, word);
        }
        w.place(tail)?;
        let rest = w.compute(Op::And, length, WORD - 1);
        w.branch_if(Op::BrEq, rest, 0, done);
        let at = w.compute(Op::Shl64, whole, 3);
        w.set(at, Op::Add64, at, offset);
        store_last(w, at, last, rest)?;
        w.place(done)
    })
}

/// Writes a length in four bytes, the highest first.
pub(super) fn write_length(w: &mut Writer<'_>, offset: Reg, length: Reg) {
    w.scope(|w| {
        let byte = w.register();
        w.copy(byte, length);
        for at in (0..4).rev() {
            w.store(Op::Store8, offset, at, byte);
            w.set(byte, Op::ShrU64, byte, 8);
        }
    });
}

/// Writes bytes that are known.
pub(super) fn write_text(w: &mut Writer<'_>, offset: Reg, text: &[u8]) {
    let (words, rest) = text.as_chunks::<8>();
    let bytes = rest.iter().map(|byte| (Op::Store8, 1, u64::from(*byte)));
    let words = words.iter().map(|word| (Op::Store64, WORD, u64::from_le_bytes(*word)));
    let mut at = 0;
    for (op, size, number) in words.chain(bytes) {
        w.scope(|w| {
            let value = w.register();
            w.copy(value, number);
            w.store(op, offset, at, value);
        });
        at += size;
    }
}
