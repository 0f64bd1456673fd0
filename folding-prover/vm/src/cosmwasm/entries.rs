//! Entry points: from inputs outside to the contract's function, and its response outside again.

use nectar_abi::limits::{MAX_MESSAGE_BYTES, MAX_RESPONSE_BYTES};

use super::regions::{
    ALLOCATING, Bytes, Guest, READ_ONLY, advise_bytes, at_most, close, emit_bytes, reserve, take,
};
use super::writer::{Reg, Writer};
use super::{Tag, gas};
use crate::{Label, TooManyRows};

/// An entry point of a contract.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    pub(super) name: &'static str,
    pub(super) inputs: usize,
    /// Whether contracts may lack it.
    pub(super) optional: bool,
    pub(super) read_only: bool,
}

/// All of them.
pub(super) const ENTRIES: [Entry; 3] = [
    Entry { name: "instantiate", inputs: 3, optional: false, read_only: false },
    Entry { name: "execute", inputs: 3, optional: true, read_only: false },
    Entry { name: "query", inputs: 2, optional: true, read_only: true },
];

impl Entry {
    /// Writes the code that a run of this entry point begins with.
    pub(super) fn write(
        self,
        mut w: Writer<'_>,
        guest: &Guest,
        initialise: Label,
        function: Label,
    ) -> Result<(), TooManyRows> {
        w.charge_number(gas::FRAME);
        let mode = w.register();
        // A start function would call the host before the inputs.
        w.copy(mode, ALLOCATING);
        w.global_set(guest.mode, mode);
        w.call(initialise);
        w.copy(mode, if self.read_only { READ_ONLY } else { 0 });
        w.global_set(guest.mode, mode);
        let mut pointers = Vec::new();
        for _ in 0..self.inputs {
            let pointer = w.register();
            w.scope(|w| input(w, guest, pointer))?;
            pointers.push(pointer);
        }
        let pointer = w.call_with(function, &pointers);
        let response = w.register();
        w.copy(response, pointer);
        let response = take(&mut w, response, MAX_RESPONSE_BYTES);
        w.emit_number(Tag::Response as u64);
        emit_bytes(&mut w, response)?;
        w.ret_with(0);
        w.finish()
    }
}

/// Takes an input and gives it to the contract, as a region at `pointer`.
fn input(w: &mut Writer<'_>, guest: &Guest, pointer: Reg) -> Result<(), TooManyRows> {
    let length = w.advise();
    at_most(w, length, MAX_MESSAGE_BYTES);
    let room = reserve(w, guest, length);
    advise_bytes(w, Bytes { offset: room.offset, length })?;
    close(w, room);
    w.copy(pointer, room.pointer);
    Ok(())
}
