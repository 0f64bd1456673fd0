//! Memory: bytes of it, and how much of it there is.

use nectar_commitment::Fr;
use nectar_vm::{Op, Row, Trap};

use super::terms::{GLOBALS, Place, SPECIAL, Terms, WORDS};
use super::{Verdict, bytes, no_step, number};

/// Loads and stores, by bytes: the state after them.
pub(super) fn access(place: &Place, row: &Row, terms: &mut Terms) -> Result<[Fr; 4], Verdict> {
    let stores = (Op::Store8..=Op::Store64).contains(&row.op);
    let base = terms.read(place.register(row.a.into(), 1))?;
    if base >> 32 != 0 || row.imm >> 32 != 0 {
        return Err(Verdict::NotSent);
    }
    let address = base + row.imm;
    // Who has no cell of memory at hand has to show that there is none.
    let pages = place.cell(GLOBALS, SPECIAL, 2);
    if terms.next_is(pages) {
        let pages = terms.read(pages)? & 0xffff_ffff;
        let beyond = address + u64::try_from(bytes(row.op)).unwrap() > pages << 16;
        return if beyond { Ok(place.trap(row, Trap::MemoryOutOfBounds)) } else { no_step("within memory") };
    }
    let stored = match (stores, row.immediate) {
        (false, _) => 0,
        (true, true) => row.d.into(),
        (true, false) => terms.read(place.register(row.b.into(), 2))?,
    };
    let accessed = words(place, row, terms, address, stores.then_some(stored))?;
    if !stores {
        terms.write(place.register(row.d.into(), 3), extended(row.op, &accessed))?;
    }
    Ok(place.next(row))
}

/// The bytes at an address, and those around them left as they were.
fn words(
    place: &Place,
    row: &Row,
    terms: &mut Terms,
    address: u64,
    stored: Option<u64>,
) -> Result<Vec<u8>, Verdict> {
    let bytes = bytes(row.op);
    let (word, byte) = (address / 8, usize::try_from(address % 8).unwrap());
    let order = if stored.is_some() { 3 } else { 2 };
    let mut held = Vec::new();
    let mut left = Vec::new();
    for word in word..=word + u64::from(byte + bytes > 8) {
        let [before, after] = terms.access(place.cell(WORDS, word, order))?;
        held.extend(number(&before, 64)?.to_le_bytes());
        left.push(after);
    }
    let accessed = held[byte..byte + bytes].to_vec();
    if let Some(stored) = stored {
        held[byte..byte + bytes].copy_from_slice(&stored.to_le_bytes()[..bytes]);
    }
    for (word, after) in held.chunks(8).zip(left) {
        if after != Fr::from(u64::from_le_bytes(word.try_into().unwrap())) {
            return no_step(format!("{:?} leaves {word:?}", row.op));
        }
    }
    Ok(accessed)
}

fn extended(op: Op, bytes: &[u8]) -> u64 {
    use Op::{Load8S32, Load8S64, Load16S32, Load16S64, Load32S64};
    let negative = bytes[bytes.len() - 1] >> 7 == 1;
    let length = match op {
        Load8S32 | Load16S32 if negative => 4,
        Load8S64 | Load16S64 | Load32S64 if negative => 8,
        _ => bytes.len(),
    };
    let mut value = bytes.to_vec();
    value.resize(length, 0xff);
    value.resize(8, 0);
    u64::from_le_bytes(value.try_into().unwrap())
}

/// `MemorySize`, `MemoryGrow`.
pub(super) fn pages(place: &Place, row: &Row, terms: &mut Terms) -> Result<[Fr; 4], Verdict> {
    let asked = match row.op {
        Op::MemoryGrow => Some(terms.read(place.register(row.a.into(), 1))?),
        _ => None,
    };
    let [before, after] = terms.access(place.cell(GLOBALS, SPECIAL, 2))?;
    let held = number(&before, 64)?;
    let (now, most) = (held & 0xffff_ffff, (held >> 32).min(512));
    let fits = asked.filter(|asked| u128::from(now) + u128::from(*asked) <= u128::from(most));
    if after != Fr::from(held + fits.unwrap_or_default()) {
        return no_step("another number of pages");
    }
    let failed = asked.is_some() && fits.is_none();
    terms.write(place.register(row.d.into(), 3), if failed { 0xffff_ffff } else { now })?;
    for growth in std::mem::take(&mut terms.growths) {
        let grown = fits.map(|more| vec![place.clock, Fr::from(now), Fr::from(now + more)]);
        if Some(growth) != grown {
            return no_step("pages that nobody brought");
        }
    }
    Ok(place.next(row))
}
