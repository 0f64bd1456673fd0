//! Cells come into being: each address of a batch once, in blocks of neighbours.
//!
//! A [`begin`] slot a run and a [`grow`] slot a growth of memory say where cells may be: they send *stretches* of addresses, by what cells there
//! begin with. [`zeros`], [`links`] and [`image`] slots make blocks of cells within them. Each of the three kinds is a scan of its own through the
//! whole batch: a block begins where the last one ended or behind that, so no address of a kind is made twice; and stretches of different kinds
//! have no address in common.
//!
//! A made cell is sent as it is at first and received as it is at last. When and what that is is free: every access receives one tuple of an address
//! and sends a later one of the same address. So all tuples of an address are received as often as they are sent only if one chain leads from
//! what is sent here to what is received here. A cell that nobody accesses is received as it was sent.

mod block;
mod making;
mod stretch;
#[cfg(test)]
pub(super) mod tests;

pub(crate) use block::{BLOCK, Block, Last, LastLink, image, links, zeros};
pub(crate) use making::{Lived, Making, NoCell};
pub(crate) use stretch::{Begun, Grown, Stretch, begin, grow};
