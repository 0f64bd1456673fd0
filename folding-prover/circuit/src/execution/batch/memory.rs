use super::ArrangeError;
use crate::execution::access::{GLOBALS, LINKS, PAGES};
use crate::execution::cells::{Last, LastLink, Lived, Making};
use crate::execution::record::{Cell, Recording};
use crate::execution::runs::Program;

/// Words of a page.
const PAGE_WORDS: u64 = 1 << 13;

/// All cells that a run has touched, but for those that its own slot makes.
pub(super) fn making(recording: &Recording, program: &Program, data: &[u64]) -> Result<Making, ArrangeError> {
    let last = |(address, Cell { held: [value, _], moment }): (u64, Cell)| (address, Last { value, moment });
    let link = |(address, Cell { held: [pc, fp], moment }): (u64, Cell)| {
        (address - LINKS, LastLink { pc, fp: u32::try_from(fp).unwrap_or(u32::MAX), moment })
    };
    // Special cells are the globals from here on.
    let cells = recording.cells.range(0..PAGES).map(last).collect();
    let links = recording.cells.range(LINKS..u64::MAX).map(link).collect();
    let wrong = ArrangeError::Cell { run: recording.place.run };
    let small = |number: u64| u32::try_from(number).map_err(|_| wrong);
    let lived = Lived {
        run: recording.place.run,
        program: program.number,
        words: small(program.pages.saturating_mul(PAGE_WORDS))?,
        data: (small(program.data)?, data.to_vec()),
        grown: recording.growths.iter().map(|growth| (growth.time, growth.before, growth.after)).collect(),
        cells,
        links,
    };
    Making::new(&lived).map_err(|_| wrong)
}

/// Globals lie below the special cells, links above them.
const _: () = assert!(GLOBALS < PAGES && PAGES < LINKS);
