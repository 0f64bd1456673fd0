use std::collections::BTreeMap;

use super::Scans;
use crate::execution::cells::{BLOCK, Begun, Block, Grown, Last, LastLink};
use crate::execution::hash::Hash;
use crate::execution::outside::{Address, Item, Part, Query, Scan, StateAccess};
use crate::execution::program::{Data, Listed, Node, Opened, Scanned};
use crate::execution::runs::{LogEntry, Receipt, Run};
use crate::execution::{Kind, Size, Step};

/// A block of cells that begin with zero.
pub(crate) type ZeroBlock = Block<Last, BLOCK>;
/// A block of links.
pub(crate) type LinkBlock = Block<LastLink, BLOCK>;
/// A word of an image, and what it begins with.
pub(crate) type ImageWord = (Block<Last, 1>, u64);

/// What is in the slots of a chunk, or of a whole batch: private.
#[derive(Default, Clone)]
pub(crate) struct Contents {
    pub(crate) steps: BTreeMap<Kind, Vec<Step>>,
    pub(crate) hashes: Vec<Hash>,
    pub(crate) nodes: Vec<Node>,
    pub(crate) rows: Vec<Opened>,
    pub(crate) data: Vec<Data>,
    pub(crate) elements: Vec<Listed>,
    pub(crate) programs: Vec<Scanned>,
    pub(crate) runs: Vec<Run>,
    pub(crate) begun: Vec<Begun>,
    pub(crate) growths: Vec<Grown>,
    pub(crate) zeros: Vec<ZeroBlock>,
    pub(crate) links: Vec<LinkBlock>,
    pub(crate) image: Vec<ImageWord>,
    pub(crate) parts: Vec<Part>,
    pub(crate) accesses: Vec<StateAccess>,
    pub(crate) items: Vec<Item>,
    pub(crate) scans: Vec<Scan>,
    pub(crate) queries: Vec<Query>,
    pub(crate) addresses: Vec<Address>,
    pub(crate) entries: Vec<LogEntry>,
    pub(crate) receipts: Vec<Receipt>,
    /// How often the root of the tree of receipts is received.
    pub(crate) receipts_root: u64,
}

/// What one chunk proves: private.
#[derive(Clone)]
pub struct ChunkContents {
    pub(crate) contents: Contents,
    /// Where the scans are before it.
    pub(crate) scans: Scans,
}

/// How many steps.
impl std::fmt::Debug for ChunkContents {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let steps: usize = self.contents.steps.values().map(Vec::len).sum();
        f.debug_struct("ChunkContents").field("steps", &steps).finish_non_exhaustive()
    }
}

impl Contents {
    /// How many chunks of this size it takes, at least one; nothing if there are no slots for something. Steps for which there are not slots
    /// enough move to wider ones.
    pub(crate) fn fit(&mut self, size: &Size) -> Option<usize> {
        let others = [
            (self.hashes.len(), size.hashes),
            (self.nodes.len(), size.nodes),
            (self.rows.len(), size.rows),
            (self.data.len(), size.data),
            (self.elements.len(), size.elements),
            (self.programs.len(), size.programs),
            (self.runs.len(), size.runs),
            (self.growths.len(), size.growths),
            (self.zeros.len(), size.zeros),
            (self.links.len(), size.links),
            (self.image.len(), size.image),
            (self.parts.len(), size.parts),
            (self.accesses.len(), size.accesses),
            (self.items.len(), size.items),
            (self.scans.len(), size.scans),
            (self.queries.len(), size.queries),
            (self.addresses.len(), size.addresses),
            (self.entries.len(), size.entries),
            (self.receipts.len(), size.receipts),
        ];
        let least = others.into_iter().map(|(items, slots)| match (items, slots) {
            (0, _) => Some(0),
            (_, 0) => None,
            (items, slots) => Some(items.div_ceil(slots)),
        });
        let least = least.collect::<Option<Vec<_>>>()?.into_iter().max();
        let most = self.steps.values().map(Vec::len).max().unwrap_or_default();
        let least = least.unwrap_or_default().max(1);
        let chunks = (least..=most.max(least)).find(|chunks| self.excess(size, *chunks).is_some())?;
        for (kind, wider, excess) in self.excess(size, chunks).unwrap_or_default() {
            let steps = self.steps.entry(kind).or_default();
            let moved = steps.split_off(steps.len().saturating_sub(excess));
            self.steps.entry(wider).or_default().extend(moved);
        }
        Some(chunks)
    }

    /// How many steps of each kind go to a wider one if there are so many chunks; nothing if that does not suffice.
    fn excess(&self, size: &Size, chunks: usize) -> Option<Vec<(Kind, Kind, usize)>> {
        let room = |kind: &Kind| size.steps.get(kind).copied().unwrap_or_default().saturating_mul(chunks);
        let mut counts: BTreeMap<Kind, usize> =
            self.steps.iter().map(|(kind, steps)| (*kind, steps.len())).collect();
        let mut moved = Vec::new();
        for kind in Kind::ALL {
            let excess = counts.get(&kind).copied().unwrap_or_default().saturating_sub(room(&kind));
            if let (1.., Some(wider)) = (excess, kind.wider()) {
                *counts.entry(wider).or_default() += excess;
                *counts.entry(kind).or_default() -= excess;
                moved.push((kind, wider, excess));
            }
        }
        counts.iter().all(|(kind, count)| *count <= room(kind)).then_some(moved)
    }

    /// The part of chunk number `number`, if chunks have this size. Scans keep their order.
    pub(crate) fn chunk(&self, size: &Size, number: usize) -> Self {
        let steps = self.steps.iter().map(|(kind, steps)| {
            (*kind, part(steps, size.steps.get(kind).copied().unwrap_or_default(), number))
        });
        Self {
            steps: steps.collect(),
            hashes: part(&self.hashes, size.hashes, number),
            nodes: part(&self.nodes, size.nodes, number),
            rows: part(&self.rows, size.rows, number),
            data: part(&self.data, size.data, number),
            elements: part(&self.elements, size.elements, number),
            programs: part(&self.programs, size.programs, number),
            runs: part(&self.runs, size.runs, number),
            begun: part(&self.begun, size.runs, number),
            growths: part(&self.growths, size.growths, number),
            zeros: part(&self.zeros, size.zeros, number),
            links: part(&self.links, size.links, number),
            image: part(&self.image, size.image, number),
            parts: part(&self.parts, size.parts, number),
            accesses: part(&self.accesses, size.accesses, number),
            items: part(&self.items, size.items, number),
            scans: part(&self.scans, size.scans, number),
            queries: part(&self.queries, size.queries, number),
            addresses: part(&self.addresses, size.addresses, number),
            entries: part(&self.entries, size.entries, number),
            receipts: part(&self.receipts, size.receipts, number),
            receipts_root: if number == 0 { self.receipts_root } else { 0 },
        }
    }
}

fn part<T: Clone>(all: &[T], slots: usize, number: usize) -> Vec<T> {
    all.iter().skip(slots.saturating_mul(number)).take(slots).cloned().collect()
}
