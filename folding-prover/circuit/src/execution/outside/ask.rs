use nectar_commitment::Fr;

use super::field::{Field, receive_bytes, receive_word};
use super::form::{Form, Unread, UnreadBits};
use super::message::{Chain, Message, ended};
use crate::builder::Builder;
use crate::execution::bus::Bus;
use crate::lc::Lc;

/// Messages that leave nothing in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AskKind {
    /// `Scan`: two bounds, and the order.
    Scan,
    /// `Query`: the request, its gas, and the answer.
    Query,
}

/// A message that leaves nothing in the log: private.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ask {
    /// What came before.
    pub(crate) message: Message,
    /// What is asked.
    pub(crate) kind: AskKind,
    /// The first bound, or the request.
    pub(crate) first: Field,
    /// The bound behind it, or the answer.
    pub(crate) second: Field,
    /// The order, or the gas.
    pub(crate) number: u64,
    /// What of the answer a run that trapped has not read.
    pub(crate) unread: Unread,
}

/// Only where.
impl std::fmt::Debug for Ask {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ask").field("message", &self.message).finish_non_exhaustive()
    }
}

/// A scan or a query: receives its words and bytes, and nothing else. What a query is answered, and what it costs, is whatever the prover says.
pub(crate) fn ask<B: Builder>(b: &mut B, bus: &mut Bus, ask: Option<&Ask>) {
    let [scan, query] =
        [AskKind::Scan, AskKind::Query].map(|kind| b.boolean(ask.is_some_and(|ask| ask.kind == kind)));
    let used = scan + query;
    b.enforce(|| (used.clone(), used.clone(), used.clone()));
    let unread = UnreadBits::alloc(b, ask.map(|ask| ask.unread).unwrap_or_default());
    b.zero_if(unread.cut.into(), || Lc::one() - query);
    let tag = scan * Fr::from(6) + query * Fr::from(13);
    let message = ask.map(|ask| ask.message).unwrap_or_default();
    let chain = Chain::receive(b, bus, &used, &message, tag);

    let form = scan * Fr::from(Form::SAID_OPTIONAL) + query * Fr::from(Form::SAID);
    let field = ask.map(|ask| ask.first).unwrap_or_default();
    let first = receive_bytes(b, bus, used.clone(), chain.at + Lc::one(), form, &field);
    // The number stands behind both bounds, or between request and answer.
    let form = scan * Fr::from(Form::SAID_OPTIONAL) + query * Fr::from(Form::HEARD) + unread.number();
    let field = ask.map(|ask| ask.second).unwrap_or_default();
    let second = receive_bytes(b, bus, used.clone(), first.behind + query, form, &field);
    let at_number = b.select(scan.into(), second.behind.into(), first.behind.into());
    let number = b.alloc(Fr::from(ask.map_or(0, |ask| ask.number)));
    let direction = bus.weigh(b, 2, scan + query * Fr::from(2));
    receive_word(b, bus, used.clone(), at_number.into(), number.into(), &direction);

    let place = bus.weigh(b, 1, chain.place);
    chain.send(b, bus, used, second.behind + scan + ended(unread.cut), place);
}
