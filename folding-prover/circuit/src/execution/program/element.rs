use nectar_vm::Element;

use super::{PLACE_BITS, Tree, fact, leaf, ranged};
use crate::builder::Builder;
use crate::execution::bus::{Bus, Tag, Tuple};
use crate::execution::number::two_to_the;
use crate::lc::Lc;

/// An element of a table to be opened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Listed {
    /// Number of the program.
    pub(crate) program: u32,
    /// Its index.
    pub(crate) index: u32,
    pub(crate) element: Option<Element>,
    /// How often it is received.
    pub(crate) times: u64,
}

/// Receives a leaf of a program's third tree, and sends it as an element. Behind the last element there are empty ones; whoever calls
/// knows how many there are.
pub(crate) fn element<B: Builder>(b: &mut B, bus: &mut Bus, listed: Option<&Listed>) {
    let used = Lc::from(b.boolean(listed.is_some()));
    let listed = listed.copied().unwrap_or_default();
    let program = ranged(b, bus, listed.program.into(), PLACE_BITS);
    let index = ranged(b, bus, listed.index.into(), PLACE_BITS);
    let full = b.boolean(listed.element.is_some());
    let (first, ty) = listed.element.map_or((0, 0), |element| (element.row, element.ty));
    let first = ranged(b, bus, first.into(), PLACE_BITS);
    let ty = ranged(b, bus, ty.into(), 32);
    let packed = first + ty * two_to_the(32);
    b.enforce(|| (Lc::one() - full, packed.clone(), Lc::default()));
    let tree = Tree::Table.weighed(b, bus, &program.into());
    leaf(b, bus, &used, tree, &index.into(), packed + full);

    // An empty element has no place, whatever the program.
    let base = b.product(full.into(), program * two_to_the(PLACE_BITS));
    let fields = vec![bus.weigh(b, 1, program), bus.weigh(b, 2, base + first), bus.weigh(b, 3, ty)];
    fact(b, bus, &used, listed.times, Tuple { tag: Tag::Element, first: index.into(), fields });
}
