//! Which cells slots may make, by what they received: a definition without the circuit.

use ff::Field;
use nectar_commitment::{Fr, to_bytes};

use super::fr;
use crate::builder::Builder;
use crate::execution::bus::{Bus, Tag};
use crate::execution::cells::{BLOCK, Begun, Block, Grown, Last, LastLink, begin, grow, image, links, zeros};
use crate::execution::trial::{Entry, Log, Slot, Verdict, bits, number, only, received, wrong};
use crate::lc::Var;

/// A slot of a scan, and the address behind the last block.
pub(in crate::execution) struct Zeros(
    pub(in crate::execution) u64,
    pub(in crate::execution) Option<Block<Last, BLOCK>>,
);
pub(in crate::execution) struct Links(
    pub(in crate::execution) u64,
    pub(in crate::execution) Option<Block<LastLink, BLOCK>>,
);
pub(in crate::execution) struct Image(
    pub(in crate::execution) u64,
    pub(in crate::execution) Option<(Block<Last, 1>, u64)>,
);

/// The stretch, and the address of the first cell, if the block of this size is within the stretch and behind the last one.
fn within(before: Fr, after: Fr, size: u64, kind: u64, stretch: &[Fr]) -> Result<u64, Verdict> {
    let last = number(&before, 55)?;
    let (from, to) = (number(&stretch[0], 54)?, number(&stretch[1], 54)?);
    if stretch[3] != fr(kind) {
        return wrong("another kind");
    }
    match bits(&(after - fr(size)), 60) {
        Some(first) if first >= last && first >= from && first + size <= to => Ok(first),
        _ => wrong("a block elsewhere"),
    }
}

/// Cells from the first on, each sent as it is at first and received whenever.
fn cells(log: &[Entry], first: Fr, made: &[Vec<Fr>], coordinates: usize) -> Result<(), Verdict> {
    if log.len() != 2 * made.len() {
        return wrong("not all cells");
    }
    for ((at, pair), value) in (0..).zip(log.chunks(2)).zip(made) {
        let [(Tag::Cell, sent, cell), (Tag::Cell, received, last)] = pair else { return wrong("no cell") };
        let expected = [vec![first + fr(at)], value.clone()].concat();
        if (*sent, *received) != (Fr::ONE, -Fr::ONE) || *cell != expected || last.len() != coordinates {
            return wrong("not what a cell begins with");
        }
    }
    Ok(())
}

fn idle(before: Fr, after: Fr) -> Result<(), Verdict> {
    if before == after { Ok(()) } else { wrong("an unused slot goes on") }
}

impl Slot for Zeros {
    fn put<B: Builder>(&self, b: &mut B, bus: &mut Bus, last: Var) -> Var {
        zeros(b, bus, last, self.1.as_ref())
    }

    fn last(&self) -> Fr {
        fr(self.0)
    }

    fn judge(&self, before: Fr, after: Fr, log: &Log) -> Result<(), Verdict> {
        if log.is_empty() {
            return idle(before, after);
        }
        let (received, rest) = received(log, &[Tag::Stretch])?;
        let first = within(before, after, 8, 0, received[0])?;
        cells(rest, fr(first) + received[0][2], &[const { Vec::new() }; 8], 2)
    }
}

impl Slot for Links {
    fn put<B: Builder>(&self, b: &mut B, bus: &mut Bus, last: Var) -> Var {
        links(b, bus, last, self.1.as_ref())
    }

    fn last(&self) -> Fr {
        fr(self.0)
    }

    fn judge(&self, before: Fr, after: Fr, log: &Log) -> Result<(), Verdict> {
        if log.is_empty() {
            return idle(before, after);
        }
        let (received, rest) = received(log, &[Tag::Stretch])?;
        // Whoever sends links sends them with zero.
        if received[0][2] != Fr::ZERO {
            return Err(Verdict::NotSent);
        }
        let first = within(before, after, 8, 2, received[0])?;
        cells(rest, fr(first), &[const { Vec::new() }; 8], 3)
    }
}

impl Slot for Image {
    fn put<B: Builder>(&self, b: &mut B, bus: &mut Bus, last: Var) -> Var {
        image(b, bus, last, self.1.as_ref().map(|(block, word)| (block, *word)))
    }

    fn last(&self) -> Fr {
        fr(self.0)
    }

    fn judge(&self, before: Fr, after: Fr, log: &Log) -> Result<(), Verdict> {
        if log.is_empty() {
            return idle(before, after);
        }
        let (received, rest) = received(log, &[Tag::Stretch, Tag::Data])?;
        let (stretch, data) = (received[0], received[1]);
        let first = within(before, after, 1, 1, stretch)?;
        if data[0] != fr(first) - stretch[0] || data[2] != stretch[2] {
            return wrong("another word of data");
        }
        cells(rest, fr(first), &[vec![data[1]]], 2)
    }
}

impl Slot for Option<Begun> {
    fn put<B: Builder>(&self, b: &mut B, bus: &mut Bus, last: Var) -> Var {
        begin(b, bus, self.as_ref());
        last
    }

    fn judge(&self, _: Fr, _: Fr, log: &Log) -> Result<(), Verdict> {
        if log.is_empty() {
            return Ok(());
        }
        let (received, facts) = received(log, &[Tag::Run])?;
        let run = received[0];
        let (Some(number), program) = (bits(&run[0], 20), run[1]) else { return wrong("a run that is none") };
        let [words, first, count] =
            [run[2], run[3], run[4]].map(|words| bits(&words, 26).unwrap_or(u64::MAX / 4));
        if first + count > words {
            return wrong("an image beyond memory");
        }
        let base = number * (1 << 34);
        let stretch = |space: u64, from: u64, to: u64, detail: Fr, kind: u64| {
            let space = base + space * (1 << 32);
            (Tag::Stretch, vec![fr(space + from), fr(space + to), detail, fr(kind)])
        };
        let allowed = [
            stretch(0, 0, (1 << 20) + (1 << 16), Fr::ZERO, 0),
            stretch(2, 0, 1 << 16, Fr::ZERO, 0),
            stretch(3, 0, (1 << 20) + 8, Fr::ZERO, 2),
            stretch(1, 0, first, Fr::ZERO, 0),
            stretch(1, first + count, words, Fr::ZERO, 0),
            stretch(1, first, first + count, program, 1),
        ];
        only(facts, &allowed)
    }
}

impl Slot for Option<Grown> {
    fn put<B: Builder>(&self, b: &mut B, bus: &mut Bus, last: Var) -> Var {
        grow(b, bus, self.as_ref());
        last
    }

    fn judge(&self, _: Fr, _: Fr, log: &Log) -> Result<(), Verdict> {
        if log.is_empty() {
            return Ok(());
        }
        let (received, facts) = received(log, &[Tag::Growth])?;
        let bytes = to_bytes(&received[0][0]);
        let clock = u128::from_be_bytes(bytes[16..].try_into().unwrap());
        let (run, step) =
            (u64::try_from(clock >> 34 & 0xf_ffff).unwrap(), u64::try_from(clock >> 57 & 0x1f_ffff).unwrap());
        let parts = u128::from(run) << 34 | u128::from(step) << 57;
        if bytes[..16].iter().any(|byte| *byte != 0) || clock != parts {
            return wrong("a clock of no run");
        }
        let (Some(before), Some(after)) = (bits(&received[0][1], 12), bits(&received[0][2], 12)) else {
            return wrong("more pages than there are");
        };
        let place = |pages: u64| fr((run << 34) + (1 << 32) + pages * 8192);
        // Moments are eight a step, above the 54 bits of an address.
        let since = fr(step << 3) * fr(1 << 54);
        only(facts, &[(Tag::Stretch, vec![place(before), place(after), since, Fr::ZERO])])
    }
}
