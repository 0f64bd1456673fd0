use crate::execution::access::{GLOBALS, LINKS, MEMORY};
use crate::execution::cells::{BLOCK, Begun, Block, Grown, Last, LastLink, Stretch};
use crate::execution::chunk::{ImageWord, LinkBlock, ZeroBlock};
use crate::execution::record::{Cell, Recording};
use crate::execution::runs::Program;

/// Words of a page.
const PAGE_WORDS: u64 = 1 << 13;
/// Cells of a block.
const SIZE: u64 = BLOCK as u64;

/// All cells of a run, in blocks, and where they may be.
pub(super) struct Made {
    pub(super) begun: Begun,
    pub(super) growths: Vec<Grown>,
    pub(super) zeros: Vec<ZeroBlock>,
    pub(super) links: Vec<LinkBlock>,
    pub(super) image: Vec<ImageWord>,
}

/// A part of a run's addresses whose cells begin alike.
struct Part {
    from: u64,
    to: u64,
    detail: u32,
}

impl Made {
    /// Blocks around the cells that the run has touched.
    pub(super) fn new(recording: &Recording, program: &Program, data: &[u64]) -> Self {
        let run = recording.place.run;
        let words = u64::from(program.pages) * PAGE_WORDS;
        let (first, count) = (u64::from(program.data), u64::from(program.data_words));
        let at = |space: u64, from: u64, to: u64| Part { from: space + from, to: space + to, detail: 0 };
        let registers = at(0, 0, (1 << 20) + (1 << 16));
        let below = at(MEMORY, 0, first);
        let behind = at(MEMORY, first + count, words);
        let globals = at(GLOBALS, 0, 1 << 16);
        let links = at(LINKS, 0, (1 << 20) + SIZE);
        let growths: Vec<Part> = recording
            .growths
            .iter()
            .map(|growth| Part {
                detail: growth.time,
                ..at(MEMORY, u64::from(growth.before) * PAGE_WORDS, u64::from(growth.after) * PAGE_WORDS)
            })
            .collect();

        let mut zeros = Vec::new();
        let mut times = [0; 6];
        let mut blocks = |part: &Part| {
            let made = blocks(recording, part, |cell, since| Last {
                value: cell.map_or(0, |cell| cell.held[0]),
                moment: cell.map_or(since, |cell| cell.moment),
            });
            let count = made.len() as u64;
            zeros.extend(made);
            count
        };
        times[0] = blocks(&registers);
        times[3] = blocks(&below);
        times[4] = blocks(&behind);
        let grown: Vec<u64> = growths.iter().map(&mut blocks).collect();
        times[1] = blocks(&globals);
        let links = self::blocks(recording, &links, |cell, _| {
            let [pc, fp] = cell.map_or([0, 0], |cell| cell.held);
            LastLink {
                pc,
                fp: u32::try_from(fp).unwrap_or(u32::MAX),
                moment: cell.map_or(0, |cell| cell.moment),
            }
        });
        times[2] = links.len() as u64;
        let image = image(recording, program, data);
        times[5] = image.len() as u64;
        let words = u32::try_from(words).unwrap_or(u32::MAX);
        let begun =
            Begun { run, program: program.number, words, data: (program.data, program.data_words), times };
        let growths = recording.growths.iter().zip(grown).map(|(growth, times)| Grown {
            run,
            time: growth.time,
            pages: (growth.before, growth.after),
            times,
        });
        Self { begun, growths: growths.collect(), zeros, links, image }
    }
}

/// Blocks within a part, each with a touched cell at least, in order.
fn blocks<L: Copy + Default>(
    recording: &Recording,
    part: &Part,
    last: impl Fn(Option<Cell>, u32) -> L,
) -> Vec<Block<L, BLOCK>> {
    let run = u64::from(recording.place.run) << 34;
    let stretch = Stretch { from: run + part.from, to: run + part.to, detail: part.detail };
    let mut firsts: Vec<u64> = recording
        .cells
        .range(part.from..part.to)
        .map(|(address, _)| part.from + (address - part.from) / SIZE * SIZE)
        .collect();
    firsts.dedup();
    let block = |first: u64| {
        let mut cells = [L::default(); BLOCK];
        for (address, cell) in (first..).zip(&mut cells) {
            *cell = last(recording.cells.get(address), 8 * part.detail);
        }
        Block { stretch, first: run + first, cells }
    };
    firsts.into_iter().map(block).collect()
}

/// The words of the image that were touched, one by one.
fn image(recording: &Recording, program: &Program, data: &[u64]) -> Vec<ImageWord> {
    let run = u64::from(recording.place.run) << 34;
    let from = MEMORY + u64::from(program.data);
    let to = from + u64::from(program.data_words);
    let stretch = Stretch { from: run + from, to: run + to, detail: program.number };
    let word = |(address, cell): (u64, Cell)| {
        let number = usize::try_from(address - from).unwrap_or(usize::MAX);
        let value = data.get(number).copied().unwrap_or_default();
        let last = Last { value: cell.held[0], moment: cell.moment };
        (Block { stretch, first: run + address, cells: [last] }, value)
    };
    recording.cells.range(from..to).map(word).collect()
}
