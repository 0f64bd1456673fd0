use nectar_commitment::Fr;

use super::{PLACE_BITS, Tree, fact, leaf, ranged};
use crate::builder::Builder;
use crate::execution::bus::{Bus, Tag, Tuple};
use crate::execution::number::two_to_the;
use crate::lc::Lc;

/// Words of a leaf.
const WORDS: usize = 3;

/// A leaf of data to be opened.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Data {
    /// Number of the program.
    pub(crate) program: u32,
    /// Number of the leaf.
    pub(crate) leaf: u32,
    pub(crate) words: [u64; WORDS],
    /// How often each is received.
    pub(crate) times: [u64; WORDS],
}

/// Without the words: who knows them knows the program.
impl std::fmt::Debug for Data {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Data").field("leaf", &self.leaf).finish_non_exhaustive()
    }
}

/// Receives a leaf of a program's second tree, and sends its words. Behind the last word of the image there are zeros; whoever makes memory
/// knows where it ends.
pub(crate) fn data<B: Builder>(b: &mut B, bus: &mut Bus, data: Option<&Data>) {
    let used = Lc::from(b.boolean(data.is_some()));
    let data = data.copied().unwrap_or_default();
    let program = ranged(b, bus, data.program.into(), PLACE_BITS);
    let number = ranged(b, bus, data.leaf.into(), PLACE_BITS);
    let words = data.words.map(|word| ranged(b, bus, word, 64));
    let packed = words.iter().rev().fold(Lc::default(), |sum, word| sum * two_to_the(64) + *word);
    let tree = Tree::Data.weighed(b, bus, &program.into());
    leaf(b, bus, &used, tree, &number.into(), packed);

    let program = bus.weigh(b, 2, program);
    for ((place, word), times) in (0..).zip(words).zip(data.times) {
        let first = number * Fr::from(WORDS as u64) + Lc::constant(Fr::from(place));
        let fields = vec![bus.weigh(b, 1, word), program.clone()];
        fact(b, bus, &used, times, Tuple { tag: Tag::Data, first, fields });
    }
}
