//! Whether what a slot puts on the bus is a step of the machine, independently of circuit and interpreter.

mod calls;
mod memory;
mod reference;
mod terms;

use ff::Field;
use nectar_commitment::Fr;
use nectar_vm::{Op, Row, Trap};

use crate::execution::access::CLOCK;
use crate::execution::bus::Tag;
use crate::execution::number::low_bits;
pub(super) use reference::{accesses, bytes, has_second, narrow, reference, unary};
use terms::{GLOBALS, Place, SPECIAL, Terms};

/// Tag, multiplicity, coordinates of what a slot puts on the bus.
pub(super) type Log = Vec<(Tag, Fr, Vec<Fr>)>;

/// Why it is not.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It received what nobody can have sent: constraints need not refuse it, the bus does.
    NotSent,
    /// It is no step: constraints must refuse it.
    NoStep(String),
}

fn no_step<T>(why: impl Into<String>) -> Result<T, Verdict> {
    Err(Verdict::NoStep(why.into()))
}

/// A number that whoever sent the tuple has ranged.
fn number(value: &Fr, bits: u32) -> Result<u64, Verdict> {
    let number = low_bits(value);
    let ranged = Fr::from(number) == *value && (bits == 64 || number >> bits == 0);
    if ranged { Ok(number) } else { Err(Verdict::NotSent) }
}

/// Judges a slot's terms.
pub(super) fn judge(log: &Log) -> Result<(), Verdict> {
    let of = |tag: Tag, m: Fr| {
        log.iter().filter(move |entry| (entry.0, entry.1) == (tag, m)).map(|entry| &entry.2)
    };
    let (sent, received) = (Fr::ONE, -Fr::ONE);
    if log.iter().any(|(tag, m, _)| *m != sent && *m != received && *tag != Tag::Growth) {
        return no_step("a multiplicity that is neither 1 nor -1");
    }
    of(Tag::Limb, received).try_for_each(|limb| number(&limb[0], 12).map(|_| ()))?;
    of(Tag::And, received).try_for_each(|and| {
        let [left, right, both] = [&and[0], &and[1], &and[2]].map(|limb| number(limb, 6));
        if left? & right? == both? { Ok(()) } else { Err(Verdict::NotSent) }
    })?;
    of(Tag::Power, received).try_for_each(|power| {
        let is_power = number(&power[0], 7)? <= 64 && Fr::from(2).pow([number(&power[0], 7)?]) == power[1];
        if is_power { Ok(()) } else { Err(Verdict::NotSent) }
    })?;
    if log.iter().all(|(tag, ..)| [Tag::Limb, Tag::And, Tag::Power].contains(tag)) {
        return Ok(());
    }
    let only = |tag, m| match of(tag, m).collect::<Vec<_>>()[..] {
        [one] => Ok(one),
        _ => no_step("a part of a step"),
    };
    let (state, row, next) =
        (only(Tag::State, received)?, only(Tag::Row, received)?, only(Tag::State, sent)?);
    if row[1] != state[1] {
        return no_step("a row of another place");
    }
    let mut terms = Terms::of(log);
    let expected = step(&Place::of(state)?, &parse(row)?, &mut terms, next)?;
    if !terms.are_used() {
        return no_step("one access too many");
    }
    if next[..] == expected { Ok(()) } else { no_step("goes on elsewhere") }
}

/// The row, if a program can have it: numbers of registers and globals have 16 bits, which is for whoever opens programs to check.
fn parse(row: &[Fr]) -> Result<Row, Verdict> {
    let head = number(&row[2], 9)?;
    let op = u8::try_from(head & 0xff).ok().and_then(Op::from_number).ok_or(Verdict::NotSent)?;
    let field = |at: usize, bits| number(&row[at], bits);
    let is_register = !op.branches()
        && !matches!(op, Op::Call | Op::CallIndirect)
        && !(Op::Store8..=Op::Store64).contains(&op);
    let names = matches!(op, Op::Select | Op::GlobalGet | Op::GlobalSet);
    field(7, if names { 16 } else { 64 })?;
    Ok(Row {
        op,
        immediate: head >> 8 == 1,
        cost: u16::try_from(field(3, 16)?).unwrap(),
        d: u32::try_from(field(4, if is_register { 16 } else { 32 })?).unwrap(),
        a: u16::try_from(field(5, 16)?).unwrap(),
        b: u16::try_from(field(6, 16)?).unwrap(),
        imm: field(7, 64)?,
    })
}

/// Does the step, and gives the state after it.
fn step(place: &Place, row: &Row, terms: &mut Terms, claimed: &[Fr]) -> Result<[Fr; 4], Verdict> {
    // What the limit is, is for the run's end to show.
    let says_so = row.op == Op::Trap && row.imm == Trap::OutOfGas as u64 && claimed[2] == Fr::ZERO;
    if !says_so && claimed[1] == Fr::from(1 + Trap::OutOfGas as u64) {
        return out_of_gas(place, row, terms);
    }
    if row.immediate && !has_second(row.op) {
        return no_step("a constant where there is none");
    }
    match row.op {
        op if accesses(op) => memory::access(place, row, terms),
        Op::MemorySize | Op::MemoryGrow => memory::pages(place, row, terms),
        Op::Call | Op::CallIndirect => calls::call(place, row, terms),
        Op::Return => calls::leave(place, row, terms),
        Op::Trap => Ok(place.trap(row, Trap::from_number(row.imm).unwrap_or(Trap::Unreachable))),
        op if op == Op::Copy || unary(op) || has_second(op) => compute(place, row, terms),
        _ => other(place, row, terms),
    }
}

/// Gas did not suffice for the row, or not for what it charges.
fn out_of_gas(place: &Place, row: &Row, terms: &mut Terms) -> Result<[Fr; 4], Verdict> {
    let (mut spent, mut price) = (place.gas, u64::from(row.cost));
    if terms.accesses() {
        if row.op != Op::Charge || row.immediate {
            return no_step("an access of a row that did nothing");
        }
        spent += price;
        price = terms.read(place.register(row.a.into(), 1))?;
    }
    let place_of_trap = Fr::from(1 + Trap::OutOfGas as u64);
    Ok([place.clock + *CLOCK, place_of_trap, Fr::from(price), Fr::from(spent)])
}

/// Functions of operands, and branches on them.
fn compute(place: &Place, row: &Row, terms: &mut Terms) -> Result<[Fr; 4], Verdict> {
    let register = |r: u16, order| place.register(r.into(), order);
    let a = if row.op == Op::Copy { 0 } else { terms.read(register(row.a, 1))? };
    let b = if row.immediate || unary(row.op) { row.imm } else { terms.read(register(row.b, 2))? };
    if narrow(row.op) && (a >> 32 != 0 || !unary(row.op) && b >> 32 != 0) {
        return Err(Verdict::NotSent);
    }
    let Some(result) = reference(row.op, a, b) else {
        let trap = if b == 0 { Trap::DivisionByZero } else { Trap::IntegerOverflow };
        return Ok(place.trap(row, trap));
    };
    if !row.op.branches() {
        terms.write(place.register(row.d.into(), 3), result)?;
    }
    let taken = row.op.branches() && result == 1;
    Ok(if taken { place.at(row, place.further(row.d.into())) } else { place.next(row) })
}

/// Operations that are no function of two operands.
fn other(place: &Place, row: &Row, terms: &mut Terms) -> Result<[Fr; 4], Verdict> {
    let register = |r: u64, order| place.register(r, order);
    match row.op {
        Op::Nop => {}
        Op::Br => return Ok(place.at(row, place.further(row.d.into()))),
        Op::BrTable => {
            let further = terms.read(register(row.a.into(), 1))?.min(row.imm);
            return Ok(place.at(row, Fr::from(place.pc + 1) + Fr::from(further)));
        }
        Op::Select => {
            let (a, b) = (terms.read(register(row.a.into(), 1))?, terms.read(register(row.b.into(), 2))?);
            let condition = terms.read(register(row.imm, 3))?;
            terms.write(register(row.d.into(), 4), if condition == 0 { b } else { a })?;
        }
        Op::GlobalGet => {
            let value = terms.read(place.cell(GLOBALS, row.imm, 1))?;
            terms.write(register(row.d.into(), 2), value)?;
        }
        Op::GlobalSet => {
            let value = terms.read(register(row.a.into(), 1))?;
            terms.write(place.cell(GLOBALS, row.imm, 2), value)?;
        }
        Op::Charge => {
            let more = terms.read(register(row.a.into(), 1))?;
            let [clock, pc, fp, gas] = place.next(row);
            return Ok([clock, pc, fp, gas + Fr::from(more)]);
        }
        Op::Emit => {
            let word = terms.read(register(row.a.into(), 1))?;
            pass(place, terms, Some(word), 1)?;
        }
        Op::Advise => {
            let word = pass(place, terms, None, 2)?;
            terms.write(register(row.d.into(), 3), word)?;
        }
        _ => return no_step("no operation"),
    }
    Ok(place.next(row))
}

/// A word goes out or comes in.
fn pass(place: &Place, terms: &mut Terms, known: Option<u64>, direction: u64) -> Result<u64, Verdict> {
    let [position, next] = terms.access(place.cell(GLOBALS, SPECIAL + 1, 2))?;
    let Some(passed) = terms.words.pop_front() else { return no_step("no word") };
    // Nobody but the machine ranges what comes in.
    let Ok(word) = number(&passed[1], 64) else { return no_step("no word of 64 bits") };
    let expected = [position, Fr::from(known.unwrap_or(word)), Fr::from(direction)];
    let same = next == position + Fr::ONE && passed == expected;
    if same { Ok(word) } else { no_step("another word, or one that is not counted") }
}
