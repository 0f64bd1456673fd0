use nectar_commitment::Fr;

use super::BLOCK;
use crate::builder::Builder;
use crate::execution::access::{CLOCK, GLOBALS, LINKS, MEMORY};
use crate::execution::bus::{Bus, Tag, Tuple, Weighed};
use crate::execution::number::two_to_the;
use crate::execution::program::{fact, ranged};
use crate::lc::Lc;

/// Bits of how many cells a stretch has.
pub(super) const STRETCH_BITS: u32 = 24;
/// Bits of the numbers of runs, and where a run is in an address.
const RUN_BITS: u32 = 20;
const RUN: u32 = 34;
/// Bits of how many steps a run has.
const TIME_BITS: u32 = 21;
/// Words of a page.
const PAGE_WORDS: u64 = 1 << 13;
/// Bits of how many pages there are.
const PAGE_BITS: u32 = 12;
/// Registers: a frame begins at 2^20 at most, and has 2^16.
const REGISTERS: u64 = (1 << 20) + (1 << 16);
/// Globals that rows can name. From here on there are those that only the machine writes, made by the run's slot.
const NAMED_GLOBALS: u64 = 1 << 16;
/// Links: one where each frame begins.
const FRAMES: u64 = (1 << 20) + BLOCK as u64;

/// What cells of a stretch begin with: the last field of its tuple, `from; to, since or program, kind`.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    /// Zero, at the moment that the tuple says.
    Zeros = 0,
    /// Words of data of the program that the tuple says.
    Image = 1,
    /// Two zeros.
    Links = 2,
}

impl Kind {
    pub(super) fn weighed(self, bus: &Bus) -> Weighed {
        bus.constant(3, Fr::from(self as u64))
    }
}

/// Addresses, with their run, of cells that begin alike.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Stretch {
    /// The first.
    pub(crate) from: u64,
    /// The one behind the last.
    pub(crate) to: u64,
    /// The step that brought zeros, 0 if they were there at the start; or the program of words of data.
    pub(crate) detail: u32,
}

/// A run that begins.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Begun {
    /// From 1.
    pub(crate) run: u32,
    pub(crate) program: u32,
    /// Words of memory at the start.
    pub(crate) words: u32,
    /// Number of the first word of data, and how many there are.
    pub(crate) data: (u32, u32),
    /// How often each stretch is received: registers, globals, links, memory before the image and behind it, the image.
    pub(crate) times: [u64; 6],
}

impl Begun {
    /// In the order of `times`.
    pub(super) fn stretches(&self) -> [Stretch; 6] {
        let ((first, count), run) = (self.data, u64::from(self.run) << RUN);
        let [first, behind, end] = [first, first.saturating_add(count), self.words].map(u64::from);
        let at = |space: u64, from: u64, to: u64| Stretch {
            from: run + space + from,
            to: run + space + to,
            detail: 0,
        };
        [
            at(0, 0, REGISTERS),
            at(GLOBALS, 0, NAMED_GLOBALS),
            at(LINKS, 0, FRAMES),
            at(MEMORY, 0, first),
            at(MEMORY, behind, end),
            Stretch { detail: self.program, ..at(MEMORY, first, behind) },
        ]
    }
}

/// Memory that grows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Grown {
    pub(crate) run: u32,
    /// The step.
    pub(crate) time: u32,
    /// Pages before and after.
    pub(crate) pages: (u32, u32),
    /// How often the stretch is received.
    pub(crate) times: u64,
}

impl Grown {
    pub(super) fn stretch(&self) -> Stretch {
        let (before, after) = self.pages;
        let at = |pages: u32| (u64::from(self.run) << RUN) + MEMORY + u64::from(pages) * PAGE_WORDS;
        Stretch { from: at(before), to: at(after), detail: self.time }
    }
}

fn send<B: Builder>(
    b: &mut B,
    bus: &mut Bus,
    used: &Lc,
    times: u64,
    [from, to]: [Lc; 2],
    (kind, detail): (Kind, Weighed),
) {
    let fields = vec![bus.weigh(b, 1, to), detail, kind.weighed(bus)];
    fact(b, bus, used, times, Tuple { tag: Tag::Stretch, first: from, fields });
}

/// Receives a run, and sends what cells it may have at its start.
///
/// A program whose image is not within its memory has no run: no lowering makes one.
pub(crate) fn begin<B: Builder>(b: &mut B, bus: &mut Bus, begun: Option<&Begun>) {
    let used = Lc::from(b.boolean(begun.is_some()));
    let begun = begun.copied().unwrap_or_default();
    let run = ranged(b, bus, begun.run.into(), RUN_BITS);
    let program = b.alloc(Fr::from(u64::from(begun.program)));
    let (first, count) = begun.data;
    let behind = begun.words.wrapping_sub(first).wrapping_sub(count);
    let [first, count, behind] =
        [first, count, behind].map(|words| ranged(b, bus, words.into(), STRETCH_BITS));
    let words = first + count + behind;
    let program = [1, 2].map(|power| bus.weigh(b, power, program));
    let [in_run, in_stretch] = program;
    let rest = [words.clone(), first.into(), count.into()];
    let fields = (2..).zip(rest).map(|(power, field)| bus.weigh(b, power, field));
    let fields = std::iter::once(in_run).chain(fields).collect();
    bus.receive(b, used.clone(), Tuple { tag: Tag::Run, first: run.into(), fields });

    let at = |space: u64, index: Lc| run * two_to_the(RUN) + Lc::constant(Fr::from(space)) + index;
    let number = |index: u64| Lc::constant(Fr::from(index));
    let zeros = (Kind::Zeros, bus.constant(2, Fr::zero()));
    let links = (Kind::Links, bus.constant(2, Fr::zero()));
    let stretches = [
        ([at(0, number(0)), at(0, number(REGISTERS))], zeros.clone()),
        ([at(GLOBALS, number(0)), at(GLOBALS, number(NAMED_GLOBALS))], zeros.clone()),
        ([at(LINKS, number(0)), at(LINKS, number(FRAMES))], links),
        ([at(MEMORY, number(0)), at(MEMORY, first.into())], zeros.clone()),
        ([at(MEMORY, first + count), at(MEMORY, words)], zeros),
        ([at(MEMORY, first.into()), at(MEMORY, first + count)], (Kind::Image, in_stretch)),
    ];
    for ((stretch, kind), times) in stretches.into_iter().zip(begun.times) {
        send(b, bus, &used, times, stretch, kind);
    }
}

/// Receives a growth of memory, and sends the words that it brings. They are there from the step on that grows, so an access before it
/// would have to come from the future.
pub(crate) fn grow<B: Builder>(b: &mut B, bus: &mut Bus, grown: Option<&Grown>) {
    let used = Lc::from(b.boolean(grown.is_some()));
    let grown = grown.copied().unwrap_or_default();
    // The run of this clock is no other's: both parts are ranged.
    let run = ranged(b, bus, grown.run.into(), RUN_BITS);
    let time = ranged(b, bus, grown.time.into(), TIME_BITS);
    let (before, after) = grown.pages;
    let [before, after] = [before, after].map(|pages| ranged(b, bus, pages.into(), PAGE_BITS));
    let clock = run * two_to_the(RUN) + time * *CLOCK;
    let fields = vec![bus.weigh(b, 1, before), bus.weigh(b, 2, after)];
    bus.receive(b, used.clone(), Tuple { tag: Tag::Growth, first: clock, fields });

    let at =
        |pages: Lc| run * two_to_the(RUN) + Lc::constant(Fr::from(MEMORY)) + pages * Fr::from(PAGE_WORDS);
    let stretch = [at(before.into()), at(after.into())];
    let since = bus.weigh(b, 2, time * *CLOCK);
    send(b, bus, &used, grown.times, stretch, (Kind::Zeros, since));
}
