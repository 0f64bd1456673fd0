use nectar_commitment::Fr;

use super::field::{Field, receive_bytes, receive_word};
use super::form::Form;
use super::message::{Chain, Message};
use crate::builder::Builder;
use crate::execution::bus::Bus;
use crate::lc::Lc;

/// A message that opens an iterator: private.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Scan {
    /// What came before.
    pub(crate) message: Message,
    /// The first bound.
    pub(crate) start: Field,
    /// The bound behind it.
    pub(crate) end: Field,
    /// The order.
    pub(crate) order: u64,
}

/// Only where.
impl std::fmt::Debug for Scan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scan").field("message", &self.message).finish_non_exhaustive()
    }
}

/// A scan: receives its words and bytes, and nothing else.
pub(crate) fn scan<B: Builder>(b: &mut B, bus: &mut Bus, scan: Option<&Scan>) {
    let used = Lc::from(b.boolean(scan.is_some()));
    let message = scan.map(|scan| scan.message).unwrap_or_default();
    let chain = Chain::receive(b, bus, &used, &message, used.clone() * Fr::from(6));
    let form = Lc::constant(Fr::from(Form::SAID_OPTIONAL));
    let field = scan.map(|scan| scan.start).unwrap_or_default();
    let start = receive_bytes(b, bus, used.clone(), chain.at + Lc::one(), form.clone(), &field);
    let field = scan.map(|scan| scan.end).unwrap_or_default();
    let end = receive_bytes(b, bus, used.clone(), start.behind.into(), form, &field);
    let order = b.alloc(Fr::from(scan.map_or(0, |scan| scan.order)));
    let said = bus.constant(2, Fr::one());
    receive_word(b, bus, used.clone(), end.behind.into(), order.into(), &said);
    let place = bus.weigh(b, 1, chain.place);
    chain.send(b, bus, used, end.behind + Lc::one(), place);
}
