//! Which first-phase value of a chunk is whose.

use nectar_commitment::Fr;

use super::forgery::CHALLENGES;
use crate::builder::{Builder as _, Filler};
use crate::execution::bus::Bus;
use crate::execution::chunk::{Contents, Scans, Size};
use crate::execution::counts::Counts;
use crate::execution::{cells, hash, outside, program, runs};
use crate::lc::Var;

/// Values of one slot, or of what every chunk has once.
#[derive(Debug, Clone)]
pub(super) struct Span {
    pub(super) slot: String,
    /// Whether something is in the slot.
    pub(super) used: bool,
    pub(super) from: usize,
    pub(super) width: usize,
}

#[derive(Default)]
struct Layout {
    spans: Vec<Span>,
    next: usize,
}

impl Layout {
    fn add(&mut self, slot: &str, width: usize, items: usize, slots: usize) {
        for number in 0..slots {
            self.spans.push(Span { slot: slot.to_owned(), used: number < items, from: self.next, width });
            self.next += width;
        }
    }
}

/// First-phase values of an unused slot.
fn width(put: impl FnOnce(&mut Filler, &mut Bus, Var)) -> usize {
    let mut filler = Filler::default();
    let [gamma, alpha] = [CHALLENGES.gamma, CHALLENGES.alpha].map(|value| Var { column: None, value });
    let mut bus = Bus::new(&mut filler, gamma, alpha);
    let last = filler.alloc(Fr::zero());
    put(&mut filler, &mut bus, last);
    filler.witness.len() - 1
}

/// All of a chunk's, in order.
pub(super) fn spans(size: &Size, contents: &Contents) -> Vec<Span> {
    let mut layout = Layout::default();
    layout.add("boundary", Scans::COUNT, 1, 1);
    for (kind, slots) in &size.steps {
        let width = width(|b, bus, _| kind.slot(b, bus, None));
        let items = contents.steps.get(kind).map_or(0, Vec::len);
        layout.add(&format!("{kind:?}"), width, items, *slots);
    }
    let c = contents;
    let program_width = width(|b, bus, last| {
        _ = program::program(b, bus, last, None);
    });
    layout.add("program", program_width, c.programs.len(), size.programs);
    layout.add("node", width(|b, bus, _| program::node(b, bus, None)), c.nodes.len(), size.nodes);
    layout.add("row", width(|b, bus, _| program::row(b, bus, None)), c.rows.len(), size.rows);
    layout.add("data", width(|b, bus, _| program::data(b, bus, None)), c.data.len(), size.data);
    layout.add("element", width(|b, bus, _| program::element(b, bus, None)), c.elements.len(), size.elements);

    layout.add(
        "run",
        width(|b, bus, last| {
            _ = runs::run(b, bus, last, None);
        }),
        c.runs.len(),
        size.runs,
    );
    layout.add("begin", width(|b, bus, _| cells::begin(b, bus, None)), c.begun.len(), size.runs);
    layout.add("grow", width(|b, bus, _| cells::grow(b, bus, None)), c.growths.len(), size.growths);
    layout.add(
        "zeros",
        width(|b, bus, last| {
            _ = cells::zeros(b, bus, last, None);
        }),
        c.zeros.len(),
        size.zeros,
    );
    layout.add(
        "links",
        width(|b, bus, last| {
            _ = cells::links(b, bus, last, None);
        }),
        c.links.len(),
        size.links,
    );
    layout.add(
        "image",
        width(|b, bus, last| {
            _ = cells::image(b, bus, last, None);
        }),
        c.image.len(),
        size.image,
    );

    layout.add("bytes", width(|b, bus, _| outside::bytes(b, bus, None)), c.parts.len(), size.parts);
    layout.add("access", width(|b, bus, _| outside::access(b, bus, None)), c.accesses.len(), size.accesses);
    layout.add("item", width(|b, bus, _| outside::item(b, bus, None)), c.items.len(), size.items);
    layout.add("scan", width(|b, bus, _| outside::scan(b, bus, None)), c.scans.len(), size.scans);
    layout.add("query", width(|b, bus, _| outside::query(b, bus, None)), c.queries.len(), size.queries);
    let address_width = width(|b, bus, _| outside::address(b, bus, None));
    layout.add("address", address_width, c.addresses.len(), size.addresses);
    layout.add("log", width(|b, bus, _| runs::log(b, bus, None)), c.entries.len(), size.entries);
    let receipt_width = width(|b, bus, last| {
        _ = runs::receipt(b, bus, last, None);
    });
    layout.add("receipt", receipt_width, c.receipts.len(), size.receipts);
    layout.add("hash", width(|b, bus, _| hash::hash(b, bus, None)), c.hashes.len(), size.hashes);
    layout.add("root of receipts", 1, 1, 1);
    layout.add("tables", tables(), 1, 1);
    layout.spans
}

/// Entries of all tables, whose multiplicities are a chunk's last values.
pub(super) fn tables() -> usize {
    let Counts { limbs, ands, powers, operations } = Counts::default();
    limbs.len() + ands.len() + powers.len() + operations.len()
}
