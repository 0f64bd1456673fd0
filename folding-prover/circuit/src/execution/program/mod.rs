//! Opening programs: from their commitments to the rows, words and elements that runs touch.
//!
//! A [`program`] slot takes a commitment apart and sends the roots of its trees; [`node`] slots take nodes apart into their children; [`row`],
//! [`data`] and [`element`] slots take leaves apart. All that is sent is a fact: it is true however often it is received, as long as the slot
//! that sends it has received what it follows from. That is what `used` is for, in each of them.

mod data;
mod element;
mod node;
mod opening;
mod operation;
mod row;
mod scan;
#[cfg(test)]
pub(super) mod tests;

pub(crate) use data::{Data, data};
pub(crate) use element::{Listed, element};
pub(crate) use node::{Node, node};
pub(crate) use opening::{Opening, Wanted};
pub(crate) use operation::{OPERATIONS, operation, send_operations};
pub(crate) use row::{Opened, row};
pub(crate) use scan::{Scanned, program};

use nectar_commitment::{ARITY, DEPTH, Fr};

use super::bus::{Bus, Tag, Tuple, Weighed};
use super::range;
use crate::builder::Builder;
use crate::lc::{Lc, Var};

/// Bits of the numbers of programs.
pub(crate) const PROGRAM_BITS: u32 = 20;
/// Bits of the numbers of rows, of elements, and of leaves of data.
pub(crate) const PLACE_BITS: u32 = 24;
/// Number of a tree's first leaf: nodes are numbered as a heap, the root is 1, children of x begin at `4 x - 2`.
pub(crate) const FIRST_LEAF: u64 = ((1 << (2 * DEPTH)) - 1) / (ARITY as u64 - 1) + 1;

/// Trees of a program: `4 program` and this.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Tree {
    Rows = 0,
    Data = 1,
    Table = 2,
}

impl Tree {
    /// Its number, weighed as a node's tuple has it.
    fn weighed<B: Builder>(self, b: &mut B, bus: &Bus, program: &Lc) -> Weighed {
        let first = bus.weigh(b, 1, program.clone() * Fr::from(ARITY as u64));
        bus.shift(&first, Fr::from(self as u64))
    }
}

/// Sends a fact `times` times, if `used` is 1; not at all, if it is 0.
pub(crate) fn fact<B: Builder>(b: &mut B, bus: &mut Bus, used: &Lc, times: u64, tuple: Tuple) {
    let times = b.alloc(Fr::from(times));
    b.zero_if(times.into(), || Lc::one() - used.clone());
    bus.send(b, times.into(), tuple);
}

/// Receives leaf `number` of a program's tree, if `used` is 1. Whoever calls this ranges the number, and the program's: tree `4 (g + 1/2)` is
/// the table of program g.
fn leaf<B: Builder>(b: &mut B, bus: &mut Bus, used: &Lc, tree: Weighed, number: &Lc, value: Lc) {
    let first = number.clone() + Lc::constant(Fr::from(FIRST_LEAF));
    let fields = vec![tree, bus.weigh(b, 2, value)];
    bus.receive(b, used.clone(), Tuple { tag: Tag::Node, first, fields });
}

/// A variable of so many bits.
pub(crate) fn ranged<B: Builder>(b: &mut B, bus: &mut Bus, value: u64, bits: u32) -> Var {
    let var = b.alloc(Fr::from(value));
    range::bits(b, bus, var.into(), bits);
    var
}

/// The next value of a scan: further by `step` if `used` is 1, else the same.
pub(crate) fn next<B: Builder>(b: &mut B, last: Var, used: Var, step: Lc) -> Var {
    let next = b.alloc(last.value + used.value * step.value);
    b.enforce(|| (used.into(), step, next - last));
    next
}
