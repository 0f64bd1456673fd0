//! CosmWasm's imports, each in the runtime's order: charge, bounded read, authorise, act.

use nectar_abi::compact;
use nectar_abi::limits::{MAX_KEY_BYTES, MAX_MESSAGE_BYTES, MAX_VALUE_BYTES};

use super::addresses::{self, MAX_CANONICAL_BYTES, MAX_TEXT_BYTES as MAX_ADDRESS_BYTES};
use super::regions::{
    ALLOCATING, Bytes, Guest, advise_bytes, at_most, close, emit_bytes, emit_words, give, keep, reserve,
    take, write_kept, write_length,
};
use super::writer::{Reg, Writer};
use super::{MAX_ANSWER_BYTES, MAX_ITERATORS, MAX_TEXT_BYTES, Tag, gas};
use crate::{Op, TooManyRows, Trap, Unprovable};

/// Words of the longest key.
const KEY_WORDS: u16 = 128;
const _: () = assert!(KEY_WORDS as usize * 8 == MAX_KEY_BYTES);

/// Name, number of 32-bit parameters, and result: a letter, `i` for i32, `I` for i64.
pub(super) type Signature = (&'static str, u16, &'static str);

/// What the runtime links.
pub(super) const IMPORTS: [Signature; 17] = [
    ("abort", 1, ""),
    ("debug", 1, ""),
    ("db_read", 1, "i"),
    ("db_write", 2, ""),
    ("db_remove", 1, ""),
    ("db_scan", 3, "i"),
    ("db_next", 1, "i"),
    ("db_next_key", 1, "i"),
    ("db_next_value", 1, "i"),
    ("addr_validate", 1, "i"),
    ("addr_canonicalize", 2, "i"),
    ("addr_humanize", 2, "i"),
    ("query_chain", 1, "i"),
    ("secp256k1_verify", 3, "i"),
    ("secp256k1_recover_pubkey", 3, "I"),
    ("ed25519_verify", 3, "i"),
    ("ed25519_batch_verify", 3, "i"),
];

/// What the stubs of one module share.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stubs {
    pub(super) guest: Guest,
    /// Number of the machine's global that counts iterators.
    pub(super) iterators: u64,
}

impl Stubs {
    /// Writes the stub of an import; `None` if there is no such import.
    pub(super) fn write(&self, name: &str, mut w: Writer<'_>) -> Option<Result<(), TooManyRows>> {
        let write = match name {
            "abort" => Self::abort,
            "debug" => Self::debug,
            "db_read" => Self::read,
            "db_write" => Self::write_value,
            "db_remove" => Self::remove,
            "db_scan" => Self::scan,
            "db_next" => Self::next,
            "db_next_key" => Self::next_key,
            "db_next_value" => Self::next_value,
            "addr_validate" => Self::validate,
            "addr_canonicalize" => Self::canonicalize,
            "addr_humanize" => Self::humanize,
            "query_chain" => Self::query,
            "secp256k1_verify" | "secp256k1_recover_pubkey" | "ed25519_verify" | "ed25519_batch_verify" => {
                w.unprovable(Unprovable::Import);
                return Some(Ok(()));
            }
            _ => return None,
        };
        Some(write(self, &mut w).and_then(|()| w.finish_import()))
    }

    /// What every host call begins with; gives the mode: 0 or `READ_ONLY`.
    fn begin(&self, w: &mut Writer<'_>, price: u64) -> Reg {
        let mode = w.global_get(self.guest.mode);
        let reentry = w.reentry();
        w.branch_if(Op::BrGeU, mode, ALLOCATING, reentry);
        w.charge_number(gas::CALL + price);
        mode
    }

    fn abort(&self, w: &mut Writer<'_>) -> Result<(), TooManyRows> {
        self.begin(w, 0);
        let text = take(w, Writer::argument(0), MAX_TEXT_BYTES);
        w.emit_number(Tag::Abort as u64);
        emit_bytes(w, text)?;
        w.trap(Trap::Abort);
        Ok(())
    }

    /// Charged like any text and forgotten, as in the runtime: nothing depends on it, so nothing of it leaves.
    fn debug(&self, w: &mut Writer<'_>) -> Result<(), TooManyRows> {
        self.begin(w, 0);
        take(w, Writer::argument(0), MAX_TEXT_BYTES);
        w.ret();
        Ok(())
    }

    fn read(&self, w: &mut Writer<'_>) -> Result<(), TooManyRows> {
        self.begin(w, gas::READ);
        let key = take(w, Writer::argument(0), MAX_KEY_BYTES);
        w.emit_number(Tag::Read as u64);
        emit_bytes(w, key)?;
        self.give_optional(w, MAX_VALUE_BYTES)
    }

    fn write_value(&self, w: &mut Writer<'_>) -> Result<(), TooManyRows> {
        let mode = self.begin(w, gas::WRITE);
        let key = take(w, Writer::argument(0), MAX_KEY_BYTES);
        let value = take(w, Writer::argument(1), MAX_VALUE_BYTES);
        w.charge_each(gas::WRITE_BYTE, value.length);
        let refuse = w.refuse();
        w.branch_if(Op::BrNe, mode, 0, refuse);
        w.branch_if(Op::BrEq, value.length, 0, refuse);
        w.emit_number(Tag::Write as u64);
        emit_bytes(w, key)?;
        emit_bytes(w, value)?;
        w.ret();
        Ok(())
    }

    fn remove(&self, w: &mut Writer<'_>) -> Result<(), TooManyRows> {
        let mode = self.begin(w, gas::WRITE);
        let key = take(w, Writer::argument(0), MAX_KEY_BYTES);
        let refuse = w.refuse();
        w.branch_if(Op::BrNe, mode, 0, refuse);
        w.emit_number(Tag::Remove as u64);
        emit_bytes(w, key)?;
        w.ret();
        Ok(())
    }

    fn scan(&self, w: &mut Writer<'_>) -> Result<(), TooManyRows> {
        self.begin(w, gas::SCAN);
        let mut bounds = Vec::new();
        for pointer in [Writer::argument(0), Writer::argument(1)] {
            let none = w.label();
            let tagged = w.register();
            w.copy(tagged, 0);
            w.branch_if(Op::BrEq, pointer, 0, none);
            let bytes = take(w, pointer, MAX_KEY_BYTES);
            w.set(tagged, Op::Add64, bytes.length, 1);
            w.place(none)?;
            bounds.push((tagged, bytes));
        }
        let (order, ordered, refuse) = (Writer::argument(2), w.label(), w.refuse());
        w.branch_if(Op::BrEq, order, 1, ordered);
        w.branch_if(Op::BrNe, order, 2, refuse);
        w.place(ordered)?;
        let id = w.global_get(self.iterators);
        w.branch_if(Op::BrGeU, id, MAX_ITERATORS, refuse);
        w.set(id, Op::Add64, id, 1);
        w.global_set(self.iterators, id);
        w.emit_number(Tag::Scan as u64);
        for (tagged, bytes) in bounds {
            let none = w.label();
            w.emit(tagged);
            w.branch_if(Op::BrEq, tagged, 0, none);
            emit_words(w, bytes)?;
            w.place(none)?;
        }
        w.emit(order);
        w.ret_with(id);
        Ok(())
    }

    /// Key and value, each followed by its length in four bytes, the highest first; both empty at the end.
    fn next(&self, w: &mut Writer<'_>) -> Result<(), TooManyRows> {
        self.advance(w, Tag::Next);
        let (key, value, sections) = (w.register(), w.register(), w.label());
        w.copy(value, 0);
        w.advise_to(key);
        w.branch_if(Op::BrEq, key, 0, sections);
        w.set(key, Op::Sub64, key, 1);
        at_most(w, key, MAX_KEY_BYTES);
        // The room is for both, and the value's length stands behind the key.
        let kept = keep(w, key, KEY_WORDS)?;
        w.advise_to(value);
        at_most(w, value, MAX_VALUE_BYTES);
        w.place(sections)?;
        let all = w.compute(Op::Add64, key, value);
        w.set(all, Op::Add64, all, 8);
        w.charge_each(gas::READ_BYTE, all);
        let room = reserve(w, &self.guest, all);
        write_kept(w, room.offset, kept)?;
        let end = w.compute(Op::Add64, room.offset, key);
        write_length(w, end, key);
        let offset = w.compute(Op::Add64, end, 4);
        advise_bytes(w, Bytes { offset, length: value })?;
        w.set(end, Op::Add64, offset, value);
        write_length(w, end, value);
        close(w, room);
        w.ret_with(room.pointer);
        Ok(())
    }

    fn next_key(&self, w: &mut Writer<'_>) -> Result<(), TooManyRows> {
        self.advance(w, Tag::NextKey);
        self.give_optional(w, MAX_KEY_BYTES)
    }

    fn next_value(&self, w: &mut Writer<'_>) -> Result<(), TooManyRows> {
        self.advance(w, Tag::NextValue);
        self.give_optional(w, MAX_VALUE_BYTES)
    }

    /// Asks for the next item of an iterator that was opened.
    fn advance(&self, w: &mut Writer<'_>, tag: Tag) {
        self.begin(w, gas::READ);
        let (id, refuse) = (Writer::argument(0), w.refuse());
        w.branch_if(Op::BrEq, id, 0, refuse);
        let opened = w.global_get(self.iterators);
        w.branch_if(Op::BrLtU, opened, id, refuse);
        w.emit_number(tag as u64);
        w.emit(id);
    }

    fn validate(&self, w: &mut Writer<'_>) -> Result<(), TooManyRows> {
        self.begin(w, 0);
        let text = take(w, Writer::argument(0), MAX_ADDRESS_BYTES);
        let wrong = w.label();
        addresses::parse(w, text, wrong)?;
        w.ret_with(0);
        w.place(wrong)?;
        addresses::say_wrong(w, &self.guest, text)
    }

    fn canonicalize(&self, w: &mut Writer<'_>) -> Result<(), TooManyRows> {
        self.begin(w, 0);
        let text = take(w, Writer::argument(0), MAX_ADDRESS_BYTES);
        let wrong = w.label();
        let words = addresses::parse(w, text, wrong)?;
        addresses::put(w, Writer::argument(1), &words);
        w.place(wrong)?;
        addresses::say_wrong(w, &self.guest, text)
    }

    fn humanize(&self, w: &mut Writer<'_>) -> Result<(), TooManyRows> {
        self.begin(w, 0);
        let bytes = take(w, Writer::argument(0), MAX_CANONICAL_BYTES);
        let wrong = w.label();
        let words = addresses::format(w, bytes, wrong);
        addresses::put(w, Writer::argument(1), &words);
        w.place(wrong)?;
        addresses::say(w, &self.guest, addresses::NOT_CANONICAL);
        Ok(())
    }

    /// The first word is what the answer cost elsewhere: the gas of a composed call. A compact query goes out as the contract's words and the
    /// message, so that these are what the other contract's run is of.
    fn query(&self, w: &mut Writer<'_>) -> Result<(), TooManyRows> {
        self.begin(w, 0);
        let request = take(w, Writer::argument(0), MAX_MESSAGE_BYTES);
        let (json, asked) = (w.label(), w.label());
        w.branch_if(Op::BrLtU, request.length, compact::SMART_HEAD as u64, json);
        let head = w.load(Op::Load64, request.offset, 0);
        w.branch_if(Op::BrNe, head, u64::from_le_bytes(compact::SMART), json);
        w.emit_number(Tag::Smart as u64);
        for at in (8..compact::SMART_HEAD as u64).step_by(8) {
            let word = w.load(Op::Load64, request.offset, at);
            w.emit(word);
        }
        let offset = w.compute(Op::Add64, request.offset, compact::SMART_HEAD as u64);
        let length = w.compute(Op::Sub64, request.length, compact::SMART_HEAD as u64);
        emit_bytes(w, Bytes { offset, length })?;
        w.branch(asked);
        w.place(json)?;
        w.emit_number(Tag::Query as u64);
        emit_bytes(w, request)?;
        w.place(asked)?;
        let cost = w.advise();
        w.charge(cost);
        let length = w.advise();
        at_most(w, length, MAX_ANSWER_BYTES);
        let room = reserve(w, &self.guest, length);
        give(w, room)
    }

    /// Returns null if the answer is nothing, else a region with it.
    fn give_optional(&self, w: &mut Writer<'_>, limit: usize) -> Result<(), TooManyRows> {
        let (some, tagged) = (w.label(), w.advise());
        w.branch_if(Op::BrNe, tagged, 0, some);
        w.ret_with(0);
        w.place(some)?;
        let length = w.compute(Op::Sub64, tagged, 1);
        at_most(w, length, limit);
        w.charge_each(gas::READ_BYTE, length);
        let room = reserve(w, &self.guest, length);
        give(w, room)
    }
}
