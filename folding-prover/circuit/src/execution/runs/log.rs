use nectar_commitment::{Domain, Fr};

use crate::builder::Builder;
use crate::execution::bus::{Bus, Tag, Tuple};
use crate::execution::hash::hash_call;
use crate::lc::Lc;

/// What an entry does.
const CODES: [u64; 9] = [OPEN, CLOSE, FAILED, 4, 5, 8, 3, 6, 7];
const OPEN: u64 = 1;
const CLOSE: u64 = 2;
const FAILED: u64 = 9;

/// An entry of a receipt's log, and what came before: private.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct LogEntry {
    /// Its place: `2^32 receipt + n`.
    pub(crate) place: u64,
    /// The log before it.
    pub(crate) log: Fr,
    /// Key of the contract that is open before it; 0 if none is.
    pub(crate) contract: Fr,
    /// Binding of that contract.
    pub(crate) binding: Fr,
    /// What it does, 1 to 9.
    pub(crate) code: u64,
    /// Its key.
    pub(crate) key: Fr,
    /// Its value.
    pub(crate) value: Fr,
}

/// Only where and what.
impl std::fmt::Debug for LogEntry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LogEntry")
            .field("place", &self.place)
            .field("code", &self.code)
            .finish_non_exhaustive()
    }
}

/// An entry of a log: receives the log before it, sends the log with it. Reads, writes and runs are received from who did them; they are of
/// the contract, program and secret that are open.
pub(crate) fn log<B: Builder>(b: &mut B, bus: &mut Bus, entry: Option<&LogEntry>) {
    let kinds = CODES.map(|code| b.boolean(entry.is_some_and(|entry| entry.code == code)));
    let used = kinds.iter().map(|kind| Lc::from(*kind)).sum::<Lc>();
    b.enforce(|| (used.clone(), used.clone(), used.clone()));
    let code = kinds.iter().zip(CODES).map(|(kind, code)| *kind * Fr::from(code)).sum::<Lc>();
    let [opens, closes, fails, read, write, run, ..] = kinds;

    let place = b.alloc(Fr::from(entry.map_or(0, |entry| entry.place)));
    let mut value = |of: fn(&LogEntry) -> Fr| b.alloc(entry.map_or_else(Fr::zero, of));
    let [before, contract, binding] =
        [value(|entry| entry.log), value(|entry| entry.contract), value(|entry| entry.binding)];
    let [key, value] = [value(|entry| entry.key), value(|entry| entry.value)];
    let owner = [bus.weigh(b, 2, contract), bus.weigh(b, 3, binding)];
    let [owner_contract, owner_binding] = owner.clone();
    let fields = vec![bus.weigh(b, 1, before), owner_contract, owner_binding];
    bus.receive(b, used.clone(), Tuple { tag: Tag::Log, first: place.into(), fields });

    let accesses = read + write + run + fails;
    let [owner_contract, owner_binding] = owner;
    let code_field = bus.weigh(b, 1, code.clone());
    let fields =
        vec![code_field, owner_contract, owner_binding, bus.weigh(b, 4, key), bus.weigh(b, 5, value)];
    bus.receive(b, accesses, Tuple { tag: Tag::Access, first: place.into(), fields });

    let after = hash_call(b, bus, &used, Domain::Log, [before.into(), code, key.into(), value.into()]);
    let ends = closes + fails;
    let mut fields = vec![bus.weigh(b, 1, after)];
    for (power, (open, new)) in (2..).zip([(contract, key), (binding, value)]) {
        let opened = b.product(opens.into(), new - open);
        let ended = b.product(ends.clone(), open.into());
        fields.push(bus.weigh(b, power, open + opened - ended));
    }
    bus.send(b, used, Tuple { tag: Tag::Log, first: place + Lc::one(), fields });
}
