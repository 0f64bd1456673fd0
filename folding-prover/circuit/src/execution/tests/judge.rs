//! Whether what a slot puts on the bus is a step of the machine, independently of circuit and interpreter.

use ff::Field;
use nectar_commitment::Fr;
use nectar_vm::{Op, Row};

use crate::execution::access::{CLOCK, moment};
use crate::execution::bus::Tag;
use crate::execution::number::low_bits;

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

/// Whether the operation loads or stores.
pub(super) fn accesses(op: Op) -> bool {
    (Op::Load8U..=Op::Store64).contains(&op)
}

/// Whether the operation's first operand has 32 bits, and its second one, if it is not stored.
pub(super) fn narrow(op: Op) -> bool {
    use Op::{
        Add32, BrGeS32, BrLtS32, DivS32, GeS32, LtS32, Mul32, RemS32, Rotl32, Rotr32, Shl32, ShrS32, ShrU32,
        Sub32,
    };
    let arithmetic = matches!(op, Add32 | Sub32 | Mul32 | DivS32 | RemS32);
    let bits = matches!(op, Shl32 | ShrU32 | ShrS32 | Rotl32 | Rotr32);
    // Base addresses have 32 bits.
    accesses(op) || arithmetic || bits || matches!(op, LtS32 | GeS32 | BrLtS32 | BrGeS32)
}

/// What the operation's definition says; nothing if it traps, or has no slot.
pub(super) fn reference(op: Op, a: u64, b: u64) -> Option<u64> {
    let [a32, b32] = [a, b].map(|n| i32::from_le_bytes(n.to_le_bytes()[..4].try_into().unwrap()));
    let a8 = i8::from_le_bytes([a.to_le_bytes()[0]]);
    let a16 = i16::from_le_bytes(a.to_le_bytes()[..2].try_into().unwrap());
    let [a64, b64] = [a, b].map(u64::cast_signed);
    let (modulus, x, y) = (1u128 << if narrow(op) { 32 } else { 64 }, u128::from(a), u128::from(b));
    let distance = b32.cast_unsigned();
    let modulo = |n: u128| u64::try_from(n % modulus).unwrap();
    Some(match op {
        Op::Copy => b,
        Op::Add32 | Op::Add64 => modulo(x + y),
        Op::Sub32 | Op::Sub64 => modulo(x + modulus - y),
        Op::Mul32 | Op::Mul64 => modulo(x * y),
        Op::DivU => a.checked_div(b)?,
        Op::RemU => a.checked_rem(b)?,
        Op::DivS32 => a32.checked_div(b32)?.cast_unsigned().into(),
        Op::DivS64 => a64.checked_div(b64)?.cast_unsigned(),
        Op::RemS32 => (b32 != 0).then(|| a32.wrapping_rem(b32).cast_unsigned())?.into(),
        Op::RemS64 => (b64 != 0).then(|| a64.wrapping_rem(b64).cast_unsigned())?,
        Op::And => a & b,
        Op::Or => a | b,
        Op::Xor => a ^ b,
        Op::Shl32 => a32.cast_unsigned().wrapping_shl(distance).into(),
        Op::ShrU32 => a32.cast_unsigned().wrapping_shr(distance).into(),
        Op::ShrS32 => a32.wrapping_shr(distance).cast_unsigned().into(),
        Op::Rotl32 => a32.cast_unsigned().rotate_left(distance % 32).into(),
        Op::Rotr32 => a32.cast_unsigned().rotate_right(distance % 32).into(),
        Op::Shl64 => a.wrapping_shl(distance),
        Op::ShrU64 => a.wrapping_shr(distance),
        Op::ShrS64 => a64.wrapping_shr(distance).cast_unsigned(),
        Op::Rotl64 => a.rotate_left(distance % 64),
        Op::Rotr64 => a.rotate_right(distance % 64),
        Op::Wrap => a & 0xffff_ffff,
        Op::Extend8S32 => i32::from(a8).cast_unsigned().into(),
        Op::Extend16S32 => i32::from(a16).cast_unsigned().into(),
        Op::Extend8S64 => i64::from(a8).cast_unsigned(),
        Op::Extend16S64 => i64::from(a16).cast_unsigned(),
        Op::Extend32S64 => i64::from(a32).cast_unsigned(),
        Op::Eq | Op::BrEq => (a == b).into(),
        Op::Ne | Op::BrNe => (a != b).into(),
        Op::LtU | Op::BrLtU => (a < b).into(),
        Op::GeU | Op::BrGeU => (a >= b).into(),
        Op::LtS32 | Op::BrLtS32 => (a32 < b32).into(),
        Op::GeS32 | Op::BrGeS32 => (a32 >= b32).into(),
        Op::LtS64 | Op::BrLtS64 => (a64 < b64).into(),
        Op::GeS64 | Op::BrGeS64 => (a64 >= b64).into(),
        _ => return None,
    })
}

/// Judges a slot's terms.
pub(super) fn judge(log: &Log) -> Result<(), Verdict> {
    let of = |tag: Tag, m: Fr| {
        log.iter().filter(move |entry| (entry.0, entry.1) == (tag, m)).map(|entry| &entry.2)
    };
    let (sent, received) = (Fr::ONE, -Fr::ONE);
    if log.iter().any(|(_, m, _)| *m != sent && *m != received) {
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
    let mut cells = Cells { old: of(Tag::Cell, received), new: of(Tag::Cell, sent) };
    let expected = step(state, &parse(row)?, &mut cells)?;
    if cells.old.next().is_some() || cells.new.next().is_some() {
        return no_step("one access too many");
    }
    if next[..] == expected { Ok(()) } else { no_step("goes on elsewhere") }
}

/// The row, if a program can have it: numbers of registers and globals have 16 bits, which is for whoever opens programs to check.
fn parse(row: &[Fr]) -> Result<Row, Verdict> {
    let head = number(&row[2], 9)?;
    let op = u8::try_from(head & 0xff).ok().and_then(Op::from_number).ok_or(Verdict::NotSent)?;
    let field = |at: usize, bits| number(&row[at], bits);
    let is_register = !op.branches() && op != Op::Call && !(Op::Store8..=Op::Store64).contains(&op);
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
fn step<'a>(
    state: &[Fr],
    row: &Row,
    cells: &mut Cells<impl Iterator<Item = &'a Vec<Fr>>>,
) -> Result<[Fr; 4], Verdict> {
    let (pc, fp, gas) = (number(&state[1], 32)?, number(&state[2], 32)?, number(&state[3], 48)?);
    let place = |register: u64, order| state[0] + Fr::from(fp + register) + moment(order);
    if accesses(row.op) {
        access_memory(state, row, cells, place)?;
        return Ok([state[0] + *CLOCK, Fr::from(pc + 1), Fr::from(fp), Fr::from(gas + u64::from(row.cost))]);
    }
    if let Some(after) = other(state, row, cells)? {
        return Ok(after);
    }
    let extends = (Op::Wrap..=Op::Extend32S64).contains(&row.op);
    if extends && row.immediate {
        return no_step("a constant where there is none");
    }
    let a = if row.op == Op::Copy { 0 } else { cells.read(place(row.a.into(), 1))? };
    let b = if row.immediate || extends { row.imm } else { cells.read(place(row.b.into(), 2))? };
    if narrow(row.op) && (a >> 32 != 0 || b >> 32 != 0) {
        return Err(Verdict::NotSent);
    }
    let Some(result) = reference(row.op, a, b) else { return no_step("an operation without a slot") };
    let next = if row.op.branches() && result == 1 {
        Fr::from(pc) + Fr::from(u64::from(row.d)) - Fr::from(1 << 31)
    } else {
        Fr::from(pc + 1)
    };
    if !row.op.branches() && cells.access(place(row.d.into(), 3))?[1] != Fr::from(result) {
        return no_step(format!("{:?} of {a} and {b} is {result}", row.op));
    }
    Ok([state[0] + *CLOCK, next, Fr::from(fp), Fr::from(gas + u64::from(row.cost))])
}

/// Operations that are no function of two operands: the state after them.
fn other<'a>(
    state: &[Fr],
    row: &Row,
    cells: &mut Cells<impl Iterator<Item = &'a Vec<Fr>>>,
) -> Result<Option<[Fr; 4]>, Verdict> {
    let (pc, fp, gas) = (number(&state[1], 32)?, number(&state[2], 32)?, number(&state[3], 48)?);
    let cell = |space: u64, index: u64, order| state[0] + Fr::from((space << 32) + index) + moment(order);
    let register = |r: u64, order| cell(0, fp + r, order);
    let distance = |d: u64| Fr::from(pc) + Fr::from(d) - Fr::from(1 << 31);
    let after = |pc, fp, gas: u64| Ok(Some([state[0] + *CLOCK, pc, fp, Fr::from(gas)]));
    let gas = gas + u64::from(row.cost);
    let next = Fr::from(pc + 1);
    let expect = |written: Fr, value: u64| {
        if written == Fr::from(value) { Ok(()) } else { no_step(format!("{:?} gives {value}", row.op)) }
    };
    if row.immediate && !accesses(row.op) && matches!(row.op, Op::Select | Op::Call | Op::Return | Op::Charge)
    {
        return no_step("a constant where there is none");
    }
    match row.op {
        Op::Nop => after(next, Fr::from(fp), gas),
        Op::Br => after(distance(row.d.into()), Fr::from(fp), gas),
        Op::Select => {
            let (a, b) = (cells.read(register(row.a.into(), 1))?, cells.read(register(row.b.into(), 2))?);
            let condition = cells.read(register(row.imm, 3))?;
            expect(cells.access(register(row.d.into(), 4))?[1], if condition == 0 { b } else { a })?;
            after(next, Fr::from(fp), gas)
        }
        Op::GlobalGet => {
            let value = cells.read(cell(2, row.imm, 1))?;
            expect(cells.access(register(row.d.into(), 2))?[1], value)?;
            after(next, Fr::from(fp), gas)
        }
        Op::GlobalSet => {
            let value = cells.read(register(row.a.into(), 1))?;
            expect(cells.access(cell(2, row.imm, 2))?[1], value)?;
            after(next, Fr::from(fp), gas)
        }
        Op::Charge => {
            let more = cells.read(register(row.a.into(), 1))?;
            Ok(Some([state[0] + *CLOCK, next, Fr::from(fp), Fr::from(gas) + Fr::from(more)]))
        }
        Op::Call => {
            let frame = fp + u64::from(row.d);
            if frame == 0 || frame > 1 << 20 {
                return no_step("a frame beyond the stack");
            }
            let (_, written) = cells.link(cell(3, frame, 1))?;
            if written != [next, Fr::from(fp)] {
                return no_step("another way back");
            }
            after(distance(row.imm), Fr::from(frame), gas)
        }
        Op::Return => {
            let (held, written) = cells.link(cell(3, fp, 1))?;
            if held != written {
                return no_step("a read that changes");
            }
            after(held[0], held[1], gas)
        }
        _ => Ok(None),
    }
}

/// Loads and stores, by bytes.
fn access_memory<'a>(
    state: &[Fr],
    row: &Row,
    cells: &mut Cells<impl Iterator<Item = &'a Vec<Fr>>>,
    place: impl Fn(u64, u64) -> Fr,
) -> Result<(), Verdict> {
    use Op::{
        Load8S32, Load8S64, Load8U, Load16S32, Load16S64, Load16U, Load32S64, Load32U, Store8, Store16,
        Store32,
    };
    let base = cells.read(place(row.a.into(), 1))?;
    if base >> 32 != 0 || row.imm >> 32 != 0 {
        return Err(Verdict::NotSent);
    }
    let stores = (Store8..=Op::Store64).contains(&row.op);
    if !stores && row.immediate {
        return no_step("a load with a second operand");
    }
    let stored = match (stores, row.immediate) {
        (false, _) => 0,
        (true, true) => row.d.into(),
        (true, false) => cells.read(place(row.b.into(), 2))?,
    };
    let bytes = match row.op {
        Load8U | Load8S32 | Load8S64 | Store8 => 1,
        Load16U | Load16S32 | Load16S64 | Store16 => 2,
        Load32U | Load32S64 | Store32 => 4,
        _ => 8,
    };
    let address = base + row.imm;
    let (word, byte) = (address / 8, usize::try_from(address % 8).unwrap());
    let order = if stores { 3 } else { 2 };
    let word_place = |word: u64| state[0] + Fr::from(1 << 32) + Fr::from(word) + moment(order);
    let mut held = Vec::new();
    let mut left = Vec::new();
    for word in word..=word + u64::from(byte + bytes > 8) {
        let [before, after] = cells.access(word_place(word))?;
        held.extend(number(&before, 64)?.to_le_bytes());
        left.push(after);
    }
    let accessed = held[byte..byte + bytes].to_vec();
    if stores {
        held[byte..byte + bytes].copy_from_slice(&stored.to_le_bytes()[..bytes]);
    }
    for (word, after) in held.chunks(8).zip(left) {
        if after != Fr::from(u64::from_le_bytes(word.try_into().unwrap())) {
            return no_step(format!("{:?} leaves {word:?}", row.op));
        }
    }
    if !stores {
        let negative = accessed[bytes - 1] >> 7 == 1;
        let extended = match row.op {
            Load8S32 | Load16S32 if negative => 4,
            Load8S64 | Load16S64 | Load32S64 if negative => 8,
            _ => bytes,
        };
        let mut value = [accessed, vec![0xff; extended - bytes]].concat();
        value.resize(8, 0);
        let value = u64::from_le_bytes(value.try_into().unwrap());
        if cells.access(place(row.d.into(), 3))?[1] != Fr::from(value) {
            return no_step(format!("{:?} gives {value}", row.op));
        }
    }
    Ok(())
}

/// Accesses in order: what was received, and what was sent.
struct Cells<I> {
    old: I,
    new: I,
}

impl<'a, I: Iterator<Item = &'a Vec<Fr>>> Cells<I> {
    /// The value before and the value after, at this place and moment.
    fn access(&mut self, place: Fr) -> Result<[Fr; 2], Verdict> {
        let (Some(old), Some(new)) = (self.old.next(), self.new.next()) else {
            return no_step("an access is missing");
        };
        let moments = (place - old[0]) * moment(1).invert().unwrap();
        let is_earlier = number(&(moments - Fr::ONE), 24).is_ok();
        if new[0] != place || !is_earlier {
            return no_step("an access of another cell or time");
        }
        number(&old[1], 64)?;
        Ok([old[1], new[1]])
    }

    /// Row and frame before and after.
    fn link(&mut self, place: Fr) -> Result<([Fr; 2], [Fr; 2]), Verdict> {
        let (Some(old), Some(new)) = (self.old.next(), self.new.next()) else {
            return no_step("an access is missing");
        };
        let moments = (place - old[0]) * moment(1).invert().unwrap();
        if new[0] != place || number(&(moments - Fr::ONE), 24).is_err() {
            return no_step("an access of another cell or time");
        }
        Ok(([old[1], old[2]], [new[1], new[2]]))
    }

    fn read(&mut self, place: Fr) -> Result<u64, Verdict> {
        let [old, new] = self.access(place)?;
        if old == new { number(&old, 64) } else { no_step("a read that changes") }
    }
}
