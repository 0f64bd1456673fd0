//! What an address is: 32 bytes, and one text for them, in lower-case hexadecimal. The rule is the runtime's, and so are the
//! words for what is wrong; no host is asked.

use super::gas;
use super::regions::{Bytes, Guest, close, reserve, room, write_text};
use super::writer::{Reg, Writer};
use crate::{Label, Op, TooManyRows};

/// Longest text of an address.
pub(super) const MAX_TEXT_BYTES: usize = 256;
/// Longest bytes that may be made an address.
pub(super) const MAX_CANONICAL_BYTES: usize = 64;
/// Bytes of an address.
const BYTES: u64 = 32;
/// Words of an address.
const WORDS: usize = 4;
/// Bytes of a word.
const WORD: u64 = 8;

/// Bytes of another length than an address has.
pub(super) const NOT_CANONICAL: &[u8] = b"a canonical address has 32 bytes";
const NO_TEXT: &[u8] = b"an address is text";
const WRONG_DIGIT: &[u8] = b"an address: an id is written in lower-case hexadecimal digits";
/// The length in decimal follows.
const WRONG_LENGTH: &[u8] = b"an address: expected 64 hexadecimal digits, got ";

/// The words of the address that a text says. Goes to `wrong` if it says none.
pub(super) fn parse(w: &mut Writer<'_>, text: Bytes, wrong: Label) -> Result<[Reg; WORDS], TooManyRows> {
    w.branch_if(Op::BrNe, text.length, 2 * BYTES, wrong);
    let words = [(); WORDS].map(|()| w.register());
    w.scope(|w| {
        let (at, end) = (w.register(), w.register());
        w.copy(at, text.offset);
        for word in words {
            w.scope(|w| parse_word(w, word, at, end, wrong))?;
        }
        Ok(words)
    })
}

/// The next sixteen digits.
fn parse_word(w: &mut Writer<'_>, word: Reg, at: Reg, end: Reg, wrong: Label) -> Result<(), TooManyRows> {
    let next = w.label();
    w.copy(word, 0);
    w.set(end, Op::Add64, at, 2 * WORD);
    w.place(next)?;
    let (high, low) = (parse_digit(w, at, 0, wrong)?, parse_digit(w, at, 1, wrong)?);
    w.set(high, Op::Shl64, high, 4);
    w.set(high, Op::Or, high, low);
    w.set(high, Op::Shl64, high, 56);
    w.set(word, Op::ShrU64, word, 8);
    w.set(word, Op::Or, word, high);
    w.set(at, Op::Add64, at, 2);
    w.branch_if(Op::BrLtU, at, end, next);
    Ok(())
}

fn parse_digit(w: &mut Writer<'_>, at: Reg, offset: u64, wrong: Label) -> Result<Reg, TooManyRows> {
    let done = w.label();
    let byte = w.load(Op::Load8U, at, offset);
    // What is below the first digit wraps to a large number.
    let digit = w.compute(Op::Sub64, byte, u64::from(b'0'));
    w.branch_if(Op::BrLtU, digit, 10, done);
    w.set(digit, Op::Sub64, byte, u64::from(b'a') - 10);
    w.branch_if(Op::BrLtU, digit, 10, wrong);
    w.branch_if(Op::BrGeU, digit, 16, wrong);
    w.place(done)?;
    Ok(digit)
}

/// The words of the text of an address. Goes to `wrong` if there are not as many bytes as it has.
pub(super) fn format(w: &mut Writer<'_>, bytes: Bytes, wrong: Label) -> [Reg; 2 * WORDS] {
    w.branch_if(Op::BrNe, bytes.length, BYTES, wrong);
    let words = [(); 2 * WORDS].map(|()| w.register());
    let mut at = 0;
    for word in words {
        w.scope(|w| format_word(w, word, bytes.offset, at));
        at += WORD / 2;
    }
    words
}

/// Eight digits of four bytes, all at once.
fn format_word(w: &mut Writer<'_>, word: Reg, offset: Reg, at: u64) {
    const EACH: u64 = 0x0101_0101_0101_0101;
    let spread = w.load(Op::Load32U, offset, at);
    let shifted = w.register();
    // A byte to every second place.
    for (bits, mask) in [(16, 0x0000_ffff_0000_ffff), (8, 0x00ff_00ff_00ff_00ff)] {
        w.set(shifted, Op::Shl64, spread, bits);
        w.set(spread, Op::Or, spread, shifted);
        w.set(spread, Op::And, spread, mask);
    }
    // The high half of each byte is the digit that comes first.
    w.set(word, Op::ShrU64, spread, 4);
    w.set(shifted, Op::Shl64, spread, 8);
    w.set(word, Op::Or, word, shifted);
    w.set(word, Op::And, word, 0x0f * EACH);
    let letters = w.compute(Op::Add64, word, 6 * EACH);
    w.set(letters, Op::ShrU64, letters, 4);
    w.set(letters, Op::And, letters, EACH);
    w.set(letters, Op::Mul64, letters, u64::from(b'a' - b'0') - 10);
    w.set(word, Op::Add64, word, letters);
    w.set(word, Op::Add64, word, u64::from(b'0') * EACH);
}

/// Writes words into a region that the guest has named, and returns 0.
pub(super) fn put(w: &mut Writer<'_>, pointer: Reg, words: &[Reg]) {
    let length = w.register();
    w.copy(length, WORD * words.len() as u64);
    w.charge_each(gas::BYTE, length);
    let room = room(w, pointer, length);
    let mut at = 0;
    for word in words {
        w.store(Op::Store64, room.offset, at, *word);
        at += WORD;
    }
    close(w, room);
    w.ret_with(0);
}

/// Returns a region with what is wrong with a text that is no address: it is no text at all, it is not as long, or it has
/// other digits.
pub(super) fn say_wrong(w: &mut Writer<'_>, guest: &Guest, text: Bytes) -> Result<(), TooManyRows> {
    let (no_text, wrong_length) = (w.label(), w.label());
    w.scope(|w| check_text(w, text, no_text))?;
    w.branch_if(Op::BrNe, text.length, 2 * BYTES, wrong_length);
    w.scope(|w| say(w, guest, WRONG_DIGIT));
    w.place(wrong_length)?;
    w.scope(|w| say_length(w, guest, text.length))?;
    w.place(no_text)?;
    w.scope(|w| say(w, guest, NO_TEXT));
    Ok(())
}

/// Goes to `wrong` if bytes are no UTF-8.
fn check_text(w: &mut Writer<'_>, text: Bytes, wrong: Label) -> Result<(), TooManyRows> {
    let (next, follows, passed, done) = (w.label(), w.label(), w.label(), w.label());
    // Bytes that the character still has, what it is so far, and the least that takes as many bytes.
    let (missing, character, least) = (w.register(), w.register(), w.register());
    w.copy(missing, 0);
    let at = w.register();
    w.copy(at, text.offset);
    let end = w.compute(Op::Add64, at, text.length);
    w.branch_if(Op::BrEq, at, end, done);
    w.place(next)?;
    let byte = w.load(Op::Load8U, at, 0);
    w.branch_if(Op::BrNe, missing, 0, follows);
    w.branch_if(Op::BrLtU, byte, 0x80, passed);
    w.branch_if(Op::BrLtU, byte, 0xc0, wrong);
    for (count, limit, mask, first) in
        [(1, 0xe0, 0x1f, 0x80), (2, 0xf0, 0x0f, 0x800), (3, 0xf8, 0x07, 0x1_0000)]
    {
        w.copy(missing, count);
        w.copy(least, first);
        w.set(character, Op::And, byte, mask);
        w.branch_if(Op::BrLtU, byte, limit, passed);
    }
    w.branch(wrong);
    w.place(follows)?;
    let kind = w.compute(Op::And, byte, 0xc0);
    w.branch_if(Op::BrNe, kind, 0x80, wrong);
    w.set(byte, Op::And, byte, 0x3f);
    w.set(character, Op::Shl64, character, 6);
    w.set(character, Op::Or, character, byte);
    w.set(missing, Op::Sub64, missing, 1);
    w.branch_if(Op::BrNe, missing, 0, passed);
    w.branch_if(Op::BrLtU, character, least, wrong);
    w.branch_if(Op::BrGeU, character, 0x11_0000, wrong);
    // Half of a pair of UTF-16.
    w.set(character, Op::Sub64, character, 0xd800);
    w.branch_if(Op::BrLtU, character, 0x800, wrong);
    w.place(passed)?;
    w.set(at, Op::Add64, at, 1);
    w.branch_if(Op::BrLtU, at, end, next);
    w.branch_if(Op::BrNe, missing, 0, wrong);
    w.place(done)
}

/// Returns a region with a text that is known.
pub(super) fn say(w: &mut Writer<'_>, guest: &Guest, text: &[u8]) {
    let length = w.register();
    w.copy(length, text.len() as u64);
    let room = reserve(w, guest, length);
    write_text(w, room.offset, text);
    close(w, room);
    w.ret_with(room.pointer);
}

/// Returns a region with a text that ends in a number below ten thousand.
fn say_length(w: &mut Writer<'_>, guest: &Guest, number: Reg) -> Result<(), TooManyRows> {
    // The first digit is the lowest byte.
    let (digits, count, left) = (w.register(), w.register(), w.register());
    w.copy(digits, 0);
    w.copy(count, 0);
    w.copy(left, number);
    let next = w.label();
    w.place(next)?;
    let digit = w.compute(Op::RemU, left, 10);
    w.set(digit, Op::Add64, digit, u64::from(b'0'));
    w.set(digits, Op::Shl64, digits, 8);
    w.set(digits, Op::Or, digits, digit);
    w.set(left, Op::DivU, left, 10);
    w.set(count, Op::Add64, count, 1);
    w.branch_if(Op::BrNe, left, 0, next);

    let length = w.compute(Op::Add64, count, WRONG_LENGTH.len() as u64);
    let room = reserve(w, guest, length);
    write_text(w, room.offset, WRONG_LENGTH);
    let at = w.compute(Op::Add64, room.offset, WRONG_LENGTH.len() as u64);
    let more = w.label();
    w.place(more)?;
    w.store(Op::Store8, at, 0, digits);
    w.set(digits, Op::ShrU64, digits, 8);
    w.set(at, Op::Add64, at, 1);
    w.set(count, Op::Sub64, count, 1);
    w.branch_if(Op::BrNe, count, 0, more);
    close(w, room);
    w.ret_with(room.pointer);
    Ok(())
}
