use nectar_commitment::{Domain, Fr, hash4};

use super::field::receive_word;
use super::form::{Form, Unread, UnreadBits};
use crate::builder::Builder;
use crate::execution::bus::{Bus, Tag, Tuple, Weighed};
use crate::execution::hash::hash_weighed;
use crate::execution::number::two_to_the;
use crate::execution::range;
use crate::lc::{Lc, Var};

/// Words of a permutation: three elements of three words each.
const PART_WORDS: usize = 9;
/// Words of an element.
const ELEMENT_WORDS: usize = 3;
/// Bits of a number of words.
const MISSING_BITS: u32 = 24;
/// Bits of the bytes that the last word has no use for.
const SPARE_BITS: u32 = 3;

/// Bytes outside, as far as one permutation absorbs them: private.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Part {
    /// Position of the length: `2^32 run + n`.
    pub(crate) start: u64,
    /// How the bytes are written.
    pub(crate) form: Form,
    /// How many there are, unless they are optional and none.
    pub(crate) length: Option<u64>,
    /// The hash so far; none in the first part.
    pub(crate) before: Option<Fr>,
    /// Position of this part's first word. Words that are not read count nothing.
    pub(crate) at: u64,
    /// Words from this part's first to the last.
    pub(crate) missing: u64,
    /// This part's words, zeros behind the last.
    pub(crate) words: [u64; PART_WORDS],
    /// The first word of all.
    pub(crate) first: u64,
}

/// How long, nothing of what.
impl std::fmt::Debug for Part {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Part")
            .field("start", &self.start)
            .field("missing", &self.missing)
            .finish_non_exhaustive()
    }
}

impl Part {
    /// The parts of bytes whose length is at this position.
    pub(crate) fn all(start: u64, form: Form, bytes: Option<&[u8]>) -> Vec<Self> {
        let words: Vec<u64> = bytes.unwrap_or_default().chunks(8).map(word).collect();
        let at = start + u64::from(form.unread != Unread::All);
        let length = bytes.map(|bytes| bytes.len() as u64);
        let first = words.first().copied().unwrap_or_default();
        let missing = words.len() as u64;
        let mut part = Self { start, form, length, at, missing, first, ..Self::default() };
        let mut parts = Vec::new();
        for words in words.chunks(PART_WORDS) {
            part.words = [0; PART_WORDS];
            part.words.iter_mut().zip(words).for_each(|(to, from)| *to = *from);
            parts.push(part);
            part.before = Some(part.hash());
            part.missing -= words.len() as u64;
            part.at += if form.unread == Unread::Nothing { words.len() as u64 } else { 0 };
        }
        if parts.is_empty() {
            parts.push(part);
        }
        parts
    }

    /// The hash behind this part.
    pub(crate) fn hash(&self) -> Fr {
        let [a, b, c] = self.elements();
        let before = self.before.unwrap_or_else(|| Fr::from(self.length.unwrap_or_default()));
        hash4(Domain::Words, [before, a, b, c])
    }

    /// Whether these are all of its words: three elements, the last one short of a word, and that word's bytes.
    pub(crate) fn ends_with(&self, [first, second, third]: [Fr; 3], tail: &[u8]) -> bool {
        let third = third + two_to_the(128) * Fr::from(word(tail));
        self.count() == PART_WORDS && self.elements() == [first, second, third]
    }

    fn elements(&self) -> [Fr; PART_WORDS / ELEMENT_WORDS] {
        let mut elements = self.words.chunks(ELEMENT_WORDS);
        [(); PART_WORDS / ELEMENT_WORDS].map(|()| {
            let words = elements.next().unwrap_or_default();
            words.iter().rev().fold(Fr::zero(), |sum, word| sum * two_to_the(64) + Fr::from(*word))
        })
    }

    /// Words that are here.
    fn count(&self) -> usize {
        usize::try_from(self.missing).map_or(PART_WORDS, |missing| missing.min(PART_WORDS))
    }
}

/// At most eight bytes, little-endian.
fn word(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte))
}

/// What of a part is variables.
struct Slot {
    opens: Var,
    continues: Var,
    /// Another part follows.
    more: Var,
    /// One of them is 1 in a used slot: how many words there are.
    counts: Vec<Var>,
    incoming: Var,
    optional: Var,
    /// Optional bytes that are none.
    none: Var,
    unread: UnreadBits,
    start: Var,
    at: Var,
    missing: Var,
    spare: Var,
    /// Length and one, zero if there are none.
    tagged: Var,
    before: Var,
    first: Var,
    words: Vec<Var>,
}

/// A part of bytes: receives their length or what came before, and up to nine words; sends what came so far, or the bytes.
pub(crate) fn bytes<B: Builder>(b: &mut B, bus: &mut Bus, part: Option<&Part>) {
    let slot = Slot::alloc(b, part);
    slot.choose(b);
    slot.open(b);
    range::bits(b, bus, slot.missing.into(), MISSING_BITS);
    range::bits(b, bus, slot.spare.into(), SPARE_BITS);
    let read = slot.receive_words(b, bus);

    let before = bus.weigh(b, 1, slot.before);
    let mut power = 2..;
    let [first, second, third] =
        slot.elements().map(|element| bus.weigh(b, power.next().unwrap_or_default(), element));
    let hashes = slot.used() - slot.none;
    let hash = hash_weighed(b, bus, &hashes, Domain::Words, [before.clone(), first, second, third]);

    let form = slot.form();
    let shared = [bus.weigh(b, 3, slot.tagged), bus.weigh(b, 4, slot.first), bus.weigh(b, 5, form)];
    slot.pass_on(b, bus, before, shared, hash, read);
}

impl Slot {
    fn alloc<B: Builder>(b: &mut B, part: Option<&Part>) -> Self {
        let some = part.copied().unwrap_or_default();
        let is = |test: &dyn Fn(&Part) -> bool| part.is_some_and(test);
        let opens = b.boolean(is(&|part| part.before.is_none()));
        let continues = b.boolean(is(&|part| part.before.is_some()));
        let more = b.boolean(is(&|part| part.missing > PART_WORDS as u64));
        let counts = (0..=PART_WORDS).map(|n| b.boolean(is(&|part| part.count() == n))).collect();
        let incoming = b.boolean(some.form.incoming);
        let optional = b.boolean(some.form.optional);
        let none = b.boolean(is(&|part| part.length.is_none()));
        let unread = UnreadBits::alloc(b, some.form.unread);
        let mut number = |n: u64| b.alloc(Fr::from(n));
        let [start, at, missing] = [some.start, some.at, some.missing].map(&mut number);
        let spare = match (some.before, some.length) {
            (None, Some(length)) => (8 * some.missing).saturating_sub(length),
            _ => 0,
        };
        let spare = number(spare);
        let tagged = number(some.length.map_or(0, |length| length + 1));
        let words = some.words.map(&mut number).to_vec();
        let first = number(some.first);
        let before = b.alloc(some.before.unwrap_or_else(|| Fr::from(some.length.unwrap_or_default())));
        Self {
            opens,
            continues,
            more,
            counts,
            incoming,
            optional,
            none,
            unread,
            start,
            at,
            missing,
            spare,
            tagged,
            before,
            first,
            words,
        }
    }

    fn used(&self) -> Lc {
        self.opens + self.continues
    }

    /// Whether there is a word number `n`: if there are more than `n`.
    fn has(&self, n: usize) -> Lc {
        self.counts.iter().skip(n + 1).map(|count| Lc::from(*count)).sum()
    }

    fn form(&self) -> Lc {
        self.used() + self.incoming + self.optional * Fr::from(2) + self.unread.number()
    }

    fn elements(&self) -> [Lc; PART_WORDS / ELEMENT_WORDS] {
        let mut elements = self.words.chunks(ELEMENT_WORDS);
        [(); PART_WORDS / ELEMENT_WORDS].map(|()| {
            let words = elements.next().unwrap_or_default();
            words.iter().rev().fold(Lc::default(), |sum, word| sum * two_to_the(64) + *word)
        })
    }

    /// One number of words, all nine if more follow, at least one behind the first part; zeros behind the last.
    fn choose<B: Builder>(&self, b: &mut B) {
        let used = self.used();
        b.enforce(|| (used.clone(), used.clone(), used.clone()));
        b.zero(|| self.counts.iter().fold(used.clone(), |sum, count| sum - *count));
        let [empty, full] = [self.counts.first(), self.counts.last()]
            .map(|count| count.map_or(Lc::default(), |count| (*count).into()));
        b.zero_if(self.more.into(), || Lc::one() - full);
        b.zero_if(self.continues.into(), || empty);
        for (n, word) in self.words.iter().enumerate() {
            b.enforce(|| (Lc::one() - self.has(n), (*word).into(), Lc::default()));
        }
        // The last part has the last word.
        let count = (0..).zip(&self.counts).map(|(n, count)| *count * Fr::from(n)).sum::<Lc>();
        b.zero_if(used - self.more, || self.missing - count);
    }

    /// What the length says, in the first part: how many words there are, and how many of the last one's bytes are spare.
    fn open<B: Builder>(&self, b: &mut B) {
        let opens = || Lc::from(self.opens);
        let length = || self.missing * Fr::from(8) - self.spare;
        b.zero_if(self.none.into(), || Lc::constant(Fr::from(2)) - self.opens - self.optional);
        b.zero_if(self.none.into(), length);
        // Without a word no byte is spare.
        b.enforce(|| (self.spare.into(), Lc::one() - self.has(0), Lc::default()));
        b.zero_if(opens(), || self.tagged - length() - Lc::one() + self.none);
        b.zero_if(opens(), || self.before - length());
        b.zero_if(opens(), || self.words.first().map_or(Lc::default(), |word| self.first - *word));
        b.zero_if(opens(), || self.at - self.start - Lc::one() + self.unread.all);
    }

    /// The length and the words, unless the run has not read them. Gives how many words were read.
    fn receive_words<B: Builder>(&self, b: &mut B, bus: &mut Bus) -> Lc {
        let direction = bus.weigh(b, 2, self.incoming + Lc::one());
        let length_read = b.product(self.opens.into(), Lc::one() - self.unread.all);
        // Without one if it is optional.
        let length = self.tagged + self.optional - Lc::one();
        receive_word(b, bus, length_read.into(), self.start.into(), length, &direction);
        let mut total = Lc::default();
        for (n, word) in self.words.iter().enumerate() {
            let read = b.product(self.has(n), Lc::one() - self.unread.cut);
            let position = self.at + Lc::constant(Fr::from(n as u64));
            receive_word(b, bus, read.into(), position, (*word).into(), &direction);
            total = total + read;
        }
        total
    }

    /// Receives what came before, and sends what is there now.
    fn pass_on<B: Builder>(
        &self,
        b: &mut B,
        bus: &mut Bus,
        before: Weighed,
        [tagged, first, form]: [Weighed; 3],
        hash: Var,
        read: Lc,
    ) {
        let start = bus.weigh(b, 2, self.start);
        let missing = bus.weigh(b, 6, self.missing);
        let hash = bus.weigh(b, 1, hash);
        let left = bus.shift(&missing, -Fr::from(PART_WORDS as u64));
        let behind = self.at + read;
        let part = |place: Lc, hash: Weighed, missing: Weighed| {
            let fields = vec![hash, start.clone(), tagged.clone(), first.clone(), form.clone(), missing];
            Tuple { tag: Tag::Part, first: place, fields }
        };
        bus.receive(b, self.continues.into(), part(self.at.into(), before, missing));
        bus.send(b, self.more.into(), part(behind.clone(), hash.clone(), left));
        let behind = bus.weigh(b, 2, behind);
        let fields = vec![hash, behind, tagged, first, form];
        bus.send(b, self.used() - self.more, Tuple { tag: Tag::Bytes, first: self.start.into(), fields });
    }
}
