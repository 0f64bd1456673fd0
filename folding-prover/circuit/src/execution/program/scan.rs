use nectar_commitment::{ARITY, Domain, Fr};

use super::{PROGRAM_BITS, fact, next, ranged};
use crate::builder::Builder;
use crate::execution::bus::{Bus, Tag, Tuple};
use crate::execution::hash::{hash_call, hash_weighed};
use crate::execution::number::low_bits;
use crate::execution::range;
use crate::lc::{Lc, Var};

/// Trees of a program.
const TREES: usize = 3;

/// A program of a batch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Scanned {
    /// From 1, and greater than that of the one before.
    pub(crate) number: u32,
    /// Roots of its trees.
    pub(crate) roots: [Fr; TREES],
    /// As [`nectar_vm::Committed`] has them: pages, data, digest of entries, elements.
    pub(crate) meta: [Fr; ARITY],
    /// How often it is received by runs.
    pub(crate) times: u64,
    /// How often each root is.
    pub(crate) opened: [u64; TREES],
}

/// Sends one commitment for a number that is greater than the last one's, and the roots of its trees. Gives the last number.
///
/// Numbers are below 2^20 and one program has each, so places of rows of one program are no other's. That the commitment is
/// the right one is for whoever receives it.
pub(crate) fn program<B: Builder>(b: &mut B, bus: &mut Bus, last: Var, scanned: Option<&Scanned>) -> Var {
    let used = b.boolean(scanned.is_some());
    let further =
        scanned.map_or(0, |scanned| u64::from(scanned.number).wrapping_sub(low_bits(&last.value) + 1));
    let scanned = scanned.copied().unwrap_or_default();
    let further = ranged(b, bus, further, PROGRAM_BITS);
    let number = next(b, last, used, further + Lc::one());
    range::bits(b, bus, number.into(), PROGRAM_BITS);
    let used = Lc::from(used);

    let meta = scanned.meta.map(|part| b.alloc(part));
    let digest = hash_call(b, bus, &used, Domain::Program, meta.map(Lc::from));
    let roots = scanned.roots.map(|root| b.alloc(root));
    let [rows, data, table] = roots;
    let mut power = 1..;
    let parts = [rows, data, table, digest].map(|part| bus.weigh(b, power.next().unwrap_or_default(), part));
    let commitment = hash_weighed(b, bus, &used, Domain::Program, parts);

    let fields = std::iter::once(commitment).chain(meta);
    let fields = (1..).zip(fields).map(|(power, field)| bus.weigh(b, power, field)).collect();
    fact(b, bus, &used, scanned.times, Tuple { tag: Tag::Program, first: number.into(), fields });
    let tree = bus.weigh(b, 1, number * Fr::from(ARITY as u64));
    for ((place, root), times) in (0u64..).zip(roots).zip(scanned.opened) {
        let fields = vec![bus.shift(&tree, Fr::from(place)), bus.weigh(b, 2, root)];
        fact(b, bus, &used, times, Tuple { tag: Tag::Node, first: Lc::one(), fields });
    }
    number
}
