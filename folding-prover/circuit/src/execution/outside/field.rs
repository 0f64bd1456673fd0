use nectar_commitment::{Fr, hash_words};

use super::bytes::Part;
use super::form::{Form, Unread};
use crate::builder::Builder;
use crate::execution::bus::{Bus, Tag, Tuple, Weighed};
use crate::lc::{Lc, Var};

/// Bytes in a message, as whoever hashed them says: private.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Field {
    /// The position behind them.
    pub(crate) behind: u64,
    /// Their hash, nothing if there are none.
    pub(crate) hash: Fr,
    /// Their length and one, or zero if there are none.
    pub(crate) tagged: u64,
    /// Their first word.
    pub(crate) first: u64,
}

/// Where it ends.
impl std::fmt::Debug for Field {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Field").field("behind", &self.behind).finish_non_exhaustive()
    }
}

impl Field {
    /// Bytes whose length is at this position.
    pub(crate) fn new(start: u64, form: Form, bytes: Option<&[u8]>) -> Self {
        let words = bytes.unwrap_or_default().len().div_ceil(8) as u64;
        let behind = start
            + match form.unread {
                Unread::Nothing => 1 + words,
                Unread::Words => 1,
                Unread::All => 0,
            };
        // What the slot of the bytes sends: of none, the hash that it does not ask for.
        let parts = Part::all(start, form, bytes);
        let hash = bytes.map(hash_words).or_else(|| parts.last().map(Part::hash)).unwrap_or_default();
        let first = parts.first().map(|part| part.first).unwrap_or_default();
        Self { behind, hash, tagged: bytes.map_or(0, |bytes| bytes.len() as u64 + 1), first }
    }
}

/// Bytes that a message has.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Received {
    /// The position behind them.
    pub(crate) behind: Var,
    /// Their hash; anything if there are none.
    pub(crate) hash: Var,
    /// Their length and one, zero if there are none.
    pub(crate) tagged: Var,
    /// Their first word, zero if they are empty.
    pub(crate) first: Var,
}

/// Receives the bytes whose length is at `place`, if `m` is 1.
pub(crate) fn receive_bytes<B: Builder>(
    b: &mut B,
    bus: &mut Bus,
    m: Lc,
    place: Lc,
    form: Lc,
    field: &Field,
) -> Received {
    let [behind, tagged, first] = [field.behind, field.tagged, field.first].map(|n| b.alloc(Fr::from(n)));
    let received = Received { behind, hash: b.alloc(field.hash), tagged, first };
    let fields = [received.hash, behind, tagged, first].into_iter().zip(1..);
    let mut fields: Vec<Weighed> = fields.map(|(field, power)| bus.weigh(b, power, field)).collect();
    fields.push(bus.weigh(b, 5, form));
    bus.receive(b, m, Tuple { tag: Tag::Bytes, first: place, fields });
    received
}

/// Receives the word at `place`, if `m` is 1. The direction is weighed with the square of alpha: 1 out, 2 in.
pub(crate) fn receive_word<B: Builder>(
    b: &mut B,
    bus: &mut Bus,
    m: Lc,
    place: Lc,
    word: Lc,
    direction: &Weighed,
) {
    let word = bus.weigh(b, 1, word);
    bus.receive(b, m, Tuple { tag: Tag::Word, first: place, fields: vec![word, direction.clone()] });
}
