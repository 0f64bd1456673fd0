//! The register stack, and beside it the links: where each frame goes back to.

use std::fmt;

use crate::Trap;

/// Registers of a frame: as many as 16 bits can name. The stack is as long as the frame at its highest place needs,
/// so that naming a register never fails and only calls need to be checked.
pub(super) const FRAME: usize = 1 << 16;

/// Where a frame goes back to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Link {
    pub(super) row: u32,
    pub(super) fp: u32,
}

pub(super) struct Stack {
    cells: Vec<u64>,
    /// By the cell at which the frame begins.
    links: Vec<Link>,
    /// Highest cell at which a frame may begin.
    limit: u32,
}

impl Stack {
    pub(super) const fn new(limit: u32) -> Self {
        Self { cells: Vec::new(), links: Vec::new(), limit }
    }

    /// An outermost frame with these arguments, and zeros everywhere else.
    pub(super) fn clear(&mut self, arguments: &[u64]) -> Result<(), Trap> {
        self.links.clear();
        self.cells.clear();
        self.cells.resize(FRAME, 0);
        self.cells.get_mut(..arguments.len()).ok_or(Trap::StackOverflow)?.copy_from_slice(arguments);
        Ok(())
    }

    pub(super) fn cells(&self) -> &[u64] {
        &self.cells
    }

    /// The registers of the frame at `fp`; there are some wherever [`Self::enter`] has led.
    #[inline(always)]
    pub(super) fn frame(&mut self, fp: u32) -> Option<&mut [u64; FRAME]> {
        self.cells.get_mut(fp as usize..)?.first_chunk_mut()
    }

    /// Begins a frame `above` cells higher, and returns where that is.
    #[inline(always)]
    pub(super) fn enter(&mut self, above: u32, back: Link) -> Result<u32, Trap> {
        let fp = back.fp.checked_add(above).filter(|fp| *fp <= self.limit).ok_or(Trap::StackOverflow)?;
        let place = fp as usize;
        if place >= self.links.len() {
            self.reach(place);
        }
        if let Some(link) = self.links.get_mut(place) {
            *link = back;
        }
        Ok(fp)
    }

    /// Where the frame at `fp` goes back to; the outermost one has nowhere to go.
    #[inline(always)]
    pub(super) fn leave(&self, fp: u32) -> Option<Link> {
        if fp == 0 { None } else { self.links.get(fp as usize).copied() }
    }

    #[cold]
    fn reach(&mut self, place: usize) {
        self.links.resize(place + 1, Link::default());
        if self.cells.len() < place + FRAME {
            self.cells.resize(place + FRAME, 0);
        }
    }
}

/// Without what is in it.
impl fmt::Debug for Stack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stack")
            .field("cells", &self.cells.len())
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}
