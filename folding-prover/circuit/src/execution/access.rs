use std::sync::LazyLock;

use nectar_commitment::Fr;

use super::bus::{Bus, Tag, Tuple, Weighed};
use super::range;
use crate::builder::Builder;
use crate::lc::{Lc, Var};

/// Bits of a difference of times.
const GAP_BITS: u32 = 24;

/// What a step adds to the clock: times are `8 time + order`, above the 54 bits of an address.
pub(crate) static CLOCK: LazyLock<Fr> = LazyLock::new(|| moment(8));

/// Spaces of cells, beside registers: what their addresses begin with.
pub(crate) const MEMORY: u64 = 1 << 32;
pub(crate) const GLOBALS: u64 = 2 << 32;
pub(crate) const LINKS: u64 = 3 << 32;

/// Special cells of a run, which only the machine writes: globals from 2^16 on, which no row can name.
const SPECIAL: u64 = GLOBALS + (1 << 16);
/// `pages + 2^32 maximum`
pub(crate) const PAGES: u64 = SPECIAL;
/// `2^32 run + words outside so far`
pub(crate) const WORDS: u64 = SPECIAL + 1;
/// `program + 2^32 elements of its table`
pub(crate) const PROGRAM: u64 = SPECIAL + 2;

/// The part of a cell's tuple that says when within a step: 1 to 7.
pub(crate) fn moment(order: u64) -> Fr {
    Fr::from(order << 6) * Fr::from(1 << 48)
}

/// A read of a cell.
#[derive(Debug, Clone, Copy, Default)]
pub struct Access {
    /// What it held.
    pub value: u64,
    /// Moments since the last access, less one.
    pub gap: u32,
}

/// A write to a cell.
#[derive(Debug, Clone, Copy, Default)]
pub struct Write {
    /// What it held.
    pub before: u64,
    /// Moments since the last access, less one.
    pub gap: u32,
}

/// What a link held, or holds: the row to return to, and the frame.
#[derive(Debug, Clone, Copy, Default)]
pub struct Link {
    /// The row.
    pub pc: u32,
    /// The frame.
    pub fp: u32,
    /// Moments since the last access, less one.
    pub gap: u32,
}

/// Reads a link, or writes one that is given, if `m` is 1. Gives what it held.
pub(crate) fn link<B: Builder>(
    b: &mut B,
    bus: &mut Bus,
    m: &Lc,
    place: Lc,
    held: Link,
    written: Option<[Weighed; 2]>,
) -> [Weighed; 2] {
    let [pc, fp] = [held.pc, held.fp].map(|part| b.alloc(Fr::from(u64::from(part))));
    let held_fields = [bus.weigh(b, 1, pc), bus.weigh(b, 2, fp)];
    let old = earlier(b, bus, &place, held.gap);
    let fields = written.unwrap_or_else(|| held_fields.clone()).to_vec();
    bus.receive(b, m.clone(), Tuple { tag: Tag::Cell, first: old, fields: held_fields.to_vec() });
    bus.send(b, m.clone(), Tuple { tag: Tag::Cell, first: place, fields });
    held_fields
}

/// Reads the cell if `m` is 1. `place` is the cell's address with the present moment.
pub(crate) fn read<B: Builder>(b: &mut B, bus: &mut Bus, m: &Lc, place: Lc, access: Access) -> Var {
    let value = b.alloc(Fr::from(access.value));
    let weighed = bus.weigh(b, 1, value);
    let old = earlier(b, bus, &place, access.gap);
    let cell = |first| Tuple { tag: Tag::Cell, first, fields: vec![weighed.clone()] };
    bus.receive(b, m.clone(), cell(old));
    bus.send(b, m.clone(), cell(place));
    value
}

/// Writes a value into the cell if `m` is 1. The value is ranged by whoever made it.
pub(crate) fn write<B: Builder>(b: &mut B, bus: &mut Bus, m: &Lc, place: Lc, access: Write, value: Lc) {
    let before = b.alloc(Fr::from(access.before));
    exchange(b, bus, m, place, access.gap, [before.into(), value]);
}

/// Takes one value from the cell and leaves another there, if `m` is 1.
pub(crate) fn exchange<B: Builder>(b: &mut B, bus: &mut Bus, m: &Lc, place: Lc, gap: u32, values: [Lc; 2]) {
    let old = earlier(b, bus, &place, gap);
    let [before, after] = values.map(|value| bus.weigh(b, 1, value));
    bus.receive(b, m.clone(), Tuple { tag: Tag::Cell, first: old, fields: vec![before] });
    bus.send(b, m.clone(), Tuple { tag: Tag::Cell, first: place, fields: vec![after] });
}

/// The same address at an earlier moment.
fn earlier<B: Builder>(b: &mut B, bus: &mut Bus, place: &Lc, gap: u32) -> Lc {
    let gap = b.alloc(Fr::from(u64::from(gap)));
    range::bits(b, bus, gap.into(), GAP_BITS);
    place.clone() - (gap + Lc::one()) * moment(1)
}
