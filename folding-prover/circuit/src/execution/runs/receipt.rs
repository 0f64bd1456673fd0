use nectar_commitment::{Domain, Fr};

use crate::builder::Builder;
use crate::execution::bus::{Bus, Tag, Tuple};
use crate::execution::hash::hash_call;
use crate::execution::number::two_to_the;
use crate::execution::range;
use crate::lc::{Lc, Var};

/// Number of the tree of receipts.
const TREE: u64 = 3;
/// Number of a tree's first leaf.
const FIRST_LEAF: u64 = (1 << 28) / 3 + 1;
/// Bits of the number of entries of a log, and of their numbers: with gaps of as many bits, no run reaches from one receipt to the next.
const ENTRIES_BITS: u32 = 24;

/// A receipt of the batch: private.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Receipt {
    /// Its log.
    pub(crate) log: Fr,
    /// How many entries it has.
    pub(crate) entries: u64,
    /// Number of the outermost run's entry, if there is a run.
    pub(crate) outermost: Option<u64>,
    /// Its body.
    pub(crate) body: Fr,
    /// The grants that were used.
    pub(crate) auth: Fr,
}

/// How many entries.
impl std::fmt::Debug for Receipt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Receipt").field("entries", &self.entries).finish_non_exhaustive()
    }
}

/// A receipt: its leaf has the log that is sent empty and received whole, and it has one outermost run, or none. `before` counts the receipts before it; gives the number behind it.
pub(crate) fn receipt<B: Builder>(b: &mut B, bus: &mut Bus, before: Var, receipt: Option<&Receipt>) -> Var {
    let used = b.boolean(receipt.is_some());
    let mut value = |of: fn(&Receipt) -> Fr| b.alloc(receipt.map_or_else(Fr::zero, of));
    let [log, body, auth] =
        [value(|receipt| receipt.log), value(|receipt| receipt.body), value(|receipt| receipt.auth)];
    let entries = b.alloc(Fr::from(receipt.map_or(0, |receipt| receipt.entries)));
    range::bits(b, bus, entries.into(), ENTRIES_BITS);

    let leaf = hash_call(
        b,
        bus,
        &used.into(),
        Domain::Receipt,
        [log.into(), body.into(), auth.into(), Lc::default()],
    );
    let fields = vec![bus.constant(1, Fr::from(TREE)), bus.weigh(b, 2, leaf)];
    let node = before + Lc::constant(Fr::from(FIRST_LEAF));
    bus.receive(b, used.into(), Tuple { tag: Tag::Node, first: node, fields });

    // No contract is open before and after.
    let first = before * two_to_the(32);
    bus.send(b, used.into(), Tuple { tag: Tag::Log, first: first.clone(), fields: Vec::new() });
    let fields = vec![bus.weigh(b, 1, log)];
    bus.receive(b, used.into(), Tuple { tag: Tag::Log, first: first.clone() + entries, fields });

    let outermost = receipt.and_then(|receipt| receipt.outermost);
    let runs = b.boolean(outermost.is_some());
    b.zero_if(runs.into(), || Lc::one() - used);
    let entry = b.alloc(Fr::from(outermost.unwrap_or_default()));
    range::bits(b, bus, entry.into(), ENTRIES_BITS);
    bus.receive(b, runs.into(), Tuple { tag: Tag::Outermost, first: first + entry, fields: Vec::new() });
    b.alias(before + used)
}
