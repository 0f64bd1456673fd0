use std::collections::BTreeMap;

use super::{BLOCK, Begun, Block, Grown, Last, LastLink, Stretch};
use crate::execution::access::MEMORY;

/// A run, as far as its cells are concerned.
#[derive(Clone, Default)]
pub(crate) struct Lived {
    /// From 1.
    pub(crate) run: u32,
    pub(crate) program: u32,
    /// Words of memory at the start.
    pub(crate) words: u32,
    /// The first word of data, and all of them.
    pub(crate) data: (u32, Vec<u64>),
    /// Steps at which memory grew, pages before and after.
    pub(crate) grown: Vec<(u32, u32, u32)>,
    /// What cells of registers, globals and memory held at last, by their address in the run.
    pub(crate) cells: BTreeMap<u64, Last>,
    /// What links held at last, by frame.
    pub(crate) links: BTreeMap<u64, LastLink>,
}

/// What slots have to do so that a run has its cells.
#[derive(Clone, Default)]
pub(crate) struct Making {
    pub(crate) begun: Begun,
    pub(crate) grown: Vec<Grown>,
    pub(crate) zeros: Vec<Block<Last, BLOCK>>,
    pub(crate) links: Vec<Block<LastLink, BLOCK>>,
    pub(crate) image: Vec<(Block<Last, 1>, u64)>,
}

impl std::fmt::Debug for Lived {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lived")
            .field("run", &self.run)
            .field("cells", &self.cells.len())
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Making {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Making").field("zeros", &self.zeros.len()).finish_non_exhaustive()
    }
}

/// A cell where none can be made: at an address of no space, or in a page that there is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NoCell(pub(crate) u64);

impl Making {
    /// # Errors
    /// [`NoCell`]
    pub(crate) fn new(lived: &Lived) -> Result<Self, NoCell> {
        let Lived { run, program, words, .. } = *lived;
        let (first, image) = (lived.data.0, &lived.data.1);
        let count = u32::try_from(image.len()).map_err(|_| NoCell(MEMORY))?;
        let begun = Begun { run, program, words, data: (first, count), ..Begun::default() };
        let grown = lived.grown.iter().map(|(time, before, after)| Grown {
            run,
            time: *time,
            pages: (*before, *after),
            times: 0,
        });
        let mut making = Self { begun, grown: grown.collect(), ..Self::default() };
        let [registers, globals, links, before, behind, data] = begun.stretches();
        for (address, last) in &lived.cells {
            let address = u64::from(run) << 34 | *address;
            let holds = |stretch: &Stretch| (stretch.from..stretch.to).contains(&address);
            if holds(&data) {
                let word = usize::try_from(address - data.from).ok().and_then(|at| image.get(at));
                let block = Block { stretch: data, first: address, cells: [*last] };
                making.image.push((block, *word.ok_or(NoCell(address))?));
                making.begun.times[5] += 1;
                continue;
            }
            let at_start = [registers, globals, before, behind].into_iter().zip([0, 1, 3, 4]);
            let mut found =
                at_start.filter(|(stretch, _)| holds(stretch)).map(|(stretch, at)| (stretch, Ok(at)));
            let grown = making.grown.iter().enumerate();
            let mut later = grown
                .filter(|(_, grown)| holds(&grown.stretch()))
                .map(|(at, grown)| (grown.stretch(), Err(at)));
            let (stretch, place) = found.next().or_else(|| later.next()).ok_or(NoCell(address))?;
            let untouched = Last { value: 0, moment: stretch.detail << 3 };
            let more = add(&mut making.zeros, stretch, address, [untouched, *last]).ok_or(NoCell(address))?;
            match place {
                Ok(at) => making.begun.times[at] += more,
                Err(at) => making.grown[at].times += more,
            }
        }
        for (frame, last) in &lived.links {
            let address = links.from + *frame;
            making.begun.times[2] += add(&mut making.links, links, address, [LastLink::default(), *last])
                .ok_or(NoCell(address))?;
        }
        Ok(making)
    }
}

/// Puts a cell into its block, whose other cells nobody touched so far, and says how many blocks that are more. Addresses come in order.
fn add<L: Copy>(
    blocks: &mut Vec<Block<L, BLOCK>>,
    stretch: Stretch,
    address: u64,
    [untouched, last]: [L; 2],
) -> Option<u64> {
    let at = (address - stretch.from) % BLOCK as u64;
    let first = address - at;
    let more = blocks.last().is_none_or(|block| block.first != first);
    if more {
        blocks.push(Block { stretch, first, cells: [untouched; BLOCK] });
    }
    *blocks.last_mut()?.cells.get_mut(usize::try_from(at).ok()?)? = last;
    Some(more.into())
}
