use nectar_commitment::Fr;

use super::stretch::{Kind, STRETCH_BITS, Stretch};
use crate::builder::Builder;
use crate::execution::access::moment;
use crate::execution::bus::{Bus, Tag, Tuple, Weighed};
use crate::execution::number::low_bits;
use crate::execution::program::{next, ranged};
use crate::lc::{Lc, Var};

/// Cells of a block of zeros or links. Stretches of them have a multiple of it: images of lowered programs do, pages do.
pub(crate) const BLOCK: usize = 8;
/// Bits of the distance between blocks: more than addresses have, and so few that no sum of them wraps.
const FURTHER_BITS: u32 = 60;

/// What a cell holds at last.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Last {
    pub(crate) value: u64,
    /// When it was accessed: 8 times the step, and which access of it.
    pub(crate) moment: u32,
}

impl std::fmt::Debug for Last {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Last").finish_non_exhaustive()
    }
}

impl std::fmt::Debug for LastLink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LastLink").finish_non_exhaustive()
    }
}

/// What a link holds at last: row and frame, and when it was accessed.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct LastLink {
    pub(crate) pc: u32,
    pub(crate) fp: u32,
    pub(crate) moment: u32,
}

/// Neighbouring cells to be made.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Block<L, const N: usize> {
    /// Where they are.
    pub(crate) stretch: Stretch,
    /// Address of the first, with its run.
    pub(crate) first: u64,
    pub(crate) cells: [L; N],
}

/// Without what its cells hold.
impl<L, const N: usize> std::fmt::Debug for Block<L, N> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Block").field("first", &self.first).finish_non_exhaustive()
    }
}

/// Where a block is, if it is used.
struct Place {
    used: Lc,
    address: Lc,
    /// Cells of the stretch before it.
    offset: Var,
    /// When cells of it come into being, or the program.
    detail: Var,
    /// The same as the stretch's tuple has it.
    weighed: Weighed,
    /// The address behind the last block.
    end: Var,
}

impl Place {
    /// Receives the stretch, and shows that the block is within, and behind the last one.
    fn new<B: Builder, L, const N: usize>(
        b: &mut B,
        bus: &mut Bus,
        last: Var,
        (kind, detail): (Kind, Fr),
        block: Option<&Block<L, N>>,
    ) -> Self {
        let used = b.boolean(block.is_some());
        let known = |value: fn(&Block<L, N>, u64) -> u64| {
            block.map_or(0, |block| value(block, low_bits(&last.value)))
        };
        let size = Fr::from(N as u64);
        let further = known(|block, last| block.first.wrapping_sub(last));
        let offset = known(|block, _| block.first.wrapping_sub(block.stretch.from));
        let rest = known(|block, _| block.stretch.to.wrapping_sub(block.first).wrapping_sub(N as u64));
        let further = ranged(b, bus, further, FURTHER_BITS);
        let offset = ranged(b, bus, offset, STRETCH_BITS);
        let rest = ranged(b, bus, rest, STRETCH_BITS);
        let address = last + further;
        let end = next(b, last, used, further + Lc::constant(size));

        let detail = b.alloc(detail);
        let weighed = bus.weigh(b, 2, detail);
        let to = bus.weigh(b, 1, address.clone() + rest + Lc::constant(size));
        let fields = vec![to, weighed.clone(), kind.weighed(bus)];
        let used = Lc::from(used);
        bus.receive(b, used.clone(), Tuple { tag: Tag::Stretch, first: address.clone() - offset, fields });
        Self { used, address, offset, detail, weighed, end }
    }

    fn cell(&self, place: u64) -> Lc {
        self.address.clone() + Lc::constant(Fr::from(place))
    }

    /// Sends a cell.
    fn made<B: Builder>(&self, b: &mut B, bus: &mut Bus, first: Lc, value: Option<Weighed>) {
        bus.send(b, self.used.clone(), Tuple { tag: Tag::Cell, first, fields: value.into_iter().collect() });
    }

    /// Receives it at its end, whatever it holds since whenever.
    fn ended<B: Builder>(&self, b: &mut B, bus: &mut Bus, place: u64, last: u32, fields: Vec<Weighed>) {
        let since = b.alloc(moment(last.into()));
        bus.receive(b, self.used.clone(), Tuple { tag: Tag::Cell, first: self.cell(place) + since, fields });
    }
}

/// Makes cells that hold zero, from the run's start or from a growth of its memory on: registers, globals, words of memory outside of the image.
/// Gives the address behind the last block.
pub(crate) fn zeros<B: Builder>(
    b: &mut B,
    bus: &mut Bus,
    last: Var,
    block: Option<&Block<Last, BLOCK>>,
) -> Var {
    let since = block.map_or_else(Fr::zero, |block| moment(u64::from(block.stretch.detail) << 3));
    let place = Place::new(b, bus, last, (Kind::Zeros, since), block);
    let cells = block.map(|block| block.cells).unwrap_or_default();
    for (at, cell) in (0..).zip(cells) {
        let first = place.cell(at) + place.detail;
        place.made(b, bus, first, None);
        let value = b.alloc(Fr::from(cell.value));
        let fields = vec![bus.weigh(b, 1, value)];
        place.ended(b, bus, at, cell.moment, fields);
    }
    place.end
}

/// Makes links: two zeros each, which is no row.
pub(crate) fn links<B: Builder>(
    b: &mut B,
    bus: &mut Bus,
    last: Var,
    block: Option<&Block<LastLink, BLOCK>>,
) -> Var {
    let place = Place::new(b, bus, last, (Kind::Links, Fr::zero()), block);
    let cells = block.map(|block| block.cells).unwrap_or_default();
    for (at, cell) in (0..).zip(cells) {
        let first = place.cell(at);
        place.made(b, bus, first, None);
        let [pc, fp] = [cell.pc, cell.fp].map(|part| b.alloc(Fr::from(u64::from(part))));
        let fields = vec![bus.weigh(b, 1, pc), bus.weigh(b, 2, fp)];
        place.ended(b, bus, at, cell.moment, fields);
    }
    place.end
}

/// Makes a word of memory that holds what the program's data says. Few are touched, and those lie apart.
pub(crate) fn image<B: Builder>(
    b: &mut B,
    bus: &mut Bus,
    last: Var,
    block: Option<(&Block<Last, 1>, u64)>,
) -> Var {
    let program = block.map_or(0, |(block, _)| block.stretch.detail);
    let detail = (Kind::Image, Fr::from(u64::from(program)));
    let place = Place::new(b, bus, last, detail, block.map(|(block, _)| block));
    let ([cell], word) = block.map(|(block, word)| (block.cells, word)).unwrap_or_default();
    let word = b.alloc(Fr::from(word));
    let word = bus.weigh(b, 1, word);
    let fields = vec![word.clone(), place.weighed.clone()];
    bus.receive(b, place.used.clone(), Tuple { tag: Tag::Data, first: place.offset.into(), fields });
    let first = place.cell(0);
    place.made(b, bus, first, Some(word));
    let value = b.alloc(Fr::from(cell.value));
    let fields = vec![bus.weigh(b, 1, value)];
    place.ended(b, bus, 0, cell.moment, fields);
    place.end
}
