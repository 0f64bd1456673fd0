//! How many pages memory has.

use nectar_commitment::Fr;
use nectar_vm::{MAX_PAGES, Op};

use super::{first_if, one_of, result, unused};
use crate::builder::Builder;
use crate::execution::access::{PAGES, exchange};
use crate::execution::bus::{Bus, Tag, Tuple};
use crate::execution::number::{low_bits, two_to_the};
use crate::execution::range;
use crate::execution::step::{Core, Step};
use crate::lc::{Lc, Var};

/// Bits of a number of pages: there are 512 at most.
const PAGE_BITS: u32 = 12;
/// Bits of a program's maximum, which has 32.
const MAXIMUM_BITS: u32 = 36;

/// What the special cell of pages holds: `now + 2^32 maximum`, in one way only.
pub(crate) struct Pages {
    pub(crate) now: Var,
    maximum: Var,
}

impl Pages {
    fn alloc<B: Builder>(b: &mut B, bus: &mut Bus, held: u64) -> Self {
        let now = b.alloc(Fr::from(held & 0xffff_ffff));
        let maximum = b.alloc(Fr::from(held >> 32));
        range::bits(b, bus, now.into(), PAGE_BITS);
        range::bits(b, bus, maximum.into(), MAXIMUM_BITS);
        Self { now, maximum }
    }

    /// As they are, in a used slot.
    pub(crate) fn read<B: Builder>(b: &mut B, bus: &mut Bus, core: &Core, order: u64, step: &Step) -> Self {
        let pages = Self::alloc(b, bus, step.special.value);
        pages.become_more(b, bus, core, order, step, Lc::default());
        pages
    }

    /// There are more from now on.
    fn become_more<B: Builder>(
        &self,
        b: &mut B,
        bus: &mut Bus,
        core: &Core,
        order: u64,
        step: &Step,
        more: Lc,
    ) {
        let held = self.now + self.maximum * two_to_the(32);
        let place = core.cell(PAGES, Lc::default(), order);
        exchange(b, bus, &core.used, place, step.special.gap, [held.clone(), held + more]);
    }

    /// How many there may be: the program's maximum or the machine's, whichever is smaller.
    fn limit<B: Builder>(&self, b: &mut B, bus: &mut Bus) -> Var {
        let most = Lc::constant(Fr::from(u64::from(MAX_PAGES)));
        let limit = b.alloc(Fr::from(low_bits(&self.maximum.value).min(MAX_PAGES.into())));
        range::bits(b, bus, self.maximum - limit, MAXIMUM_BITS);
        range::bits(b, bus, most.clone() - limit, PAGE_BITS);
        b.zero_if(self.maximum - limit, || most - limit);
        limit
    }
}

/// `MemorySize`, `MemoryGrow`.
pub(crate) fn pages<B: Builder>(b: &mut B, bus: &mut Bus, step: Option<&Step>) {
    let which = step.map(|step| match (step.row.op, grows(step)) {
        (Op::MemoryGrow, true) => 1,
        (Op::MemoryGrow, false) => 2,
        _ => 0,
    });
    let [sizes, grows, fails] = one_of(b, which);
    let step = step.copied().unwrap_or_else(unused);
    let number = sizes * Fr::from(Op::MemorySize as u64) + (grows + fails) * Fr::from(Op::MemoryGrow as u64);
    let core = Core::new(b, bus, sizes + grows + fails, (number, Lc::default()), &step);
    let asked = first_if(b, bus, &core, &(grows + fails), &step);
    let pages = Pages::alloc(b, bus, step.special.value);
    let limit = pages.limit(b, bus);

    // If it grows, `limit - after` is not negative; if it fails, `after - limit - 1` is not.
    let room = b.product(grows - fails, limit - pages.now - asked);
    range::bits(b, bus, room - fails, 64);
    let more = b.product(grows.into(), asked.into());
    pages.become_more(b, bus, &core, 2, &step, more.into());
    let value = b.select(fails.into(), Lc::constant(Fr::from(u64::from(u32::MAX))), pages.now.into());
    result(b, bus, &core, &step, value.into());

    let fields = vec![bus.weigh(b, 1, pages.now), bus.weigh(b, 2, pages.now + more)];
    let growths = b.alloc(Fr::from(step.growths));
    b.zero_if(growths.into(), || Lc::one() - grows);
    bus.send(b, growths.into(), Tuple { tag: Tag::Growth, first: core.clock.into(), fields });
    core.next(b, bus);
}

/// Whether there may be as many pages as are asked for.
fn grows(step: &Step) -> bool {
    let (now, maximum) = (step.special.value & 0xffff_ffff, step.special.value >> 32);
    now.checked_add(step.a.value).is_some_and(|after| after <= maximum.min(MAX_PAGES.into()))
}
