//! Calls and returns.

use nectar_commitment::Fr;
use nectar_vm::{Op, Row, Trap};

use super::terms::{GLOBALS, LINKS, Place, SPECIAL, Terms};
use super::{Verdict, no_step, number};

/// Highest cell at which a frame may begin.
const STACK: u64 = 1 << 20;

/// `Call`, `CallIndirect`: the state after it.
pub(super) fn call(place: &Place, row: &Row, terms: &mut Terms) -> Result<[Fr; 4], Verdict> {
    let (target, order) = if row.op == Op::Call {
        (place.further(row.imm), 1)
    } else {
        match callee(place, row, terms)? {
            Ok(target) => (Fr::from(target), 3),
            Err(trap) => return Ok(place.trap(row, trap)),
        }
    };
    let frame = place.fp + u64::from(row.d);
    if frame > STACK {
        return Ok(place.trap(row, Trap::StackOverflow));
    }
    if frame == 0 {
        return no_step("a call that takes the outermost frame's way back");
    }
    let [_, written] = terms.link(place.cell(LINKS, frame, order))?;
    if written != [Fr::from(place.pc + 1), Fr::from(place.fp)] {
        return no_step("another way back");
    }
    Ok(place.after(row, target, Fr::from(frame)))
}

/// The place of the function that is called by way of the table.
fn callee(place: &Place, row: &Row, terms: &mut Terms) -> Result<Result<u64, Trap>, Verdict> {
    let index = terms.read(place.register(row.a.into(), 1))?;
    let held = terms.read(place.cell(GLOBALS, SPECIAL + 2, 2))?;
    let (program, elements) = (held & 0xffff_ffff, held >> 32);
    if index >= elements {
        return Ok(Err(Trap::TableOutOfBounds));
    }
    let Some(element) = terms.elements.pop_front() else { return no_step("no element") };
    if element[..2] != [index, program].map(Fr::from) {
        return no_step("another element");
    }
    let (target, ty) = (number(&element[2], 44)?, number(&element[3], 32)?);
    Ok(match target {
        0 => Err(Trap::IndirectCallToNull),
        _ if ty != row.imm => Err(Trap::BadSignature),
        _ => Ok(target),
    })
}

/// `Return`.
pub(super) fn leave(place: &Place, row: &Row, terms: &mut Terms) -> Result<[Fr; 4], Verdict> {
    let [held, written] = terms.link(place.cell(LINKS, place.fp, 1))?;
    if held != written {
        return no_step("a read that changes");
    }
    Ok(place.after(row, held[0], held[1]))
}
