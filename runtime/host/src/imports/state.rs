use nectar_abi::limits::{MAX_KEY_BYTES, MAX_VALUE_BYTES};
use nectar_state::Pair;

use crate::error::Stop;
use crate::failure::{ContractFailure, MAX_ITERATORS};
use crate::frame::Guest;
use crate::gas;
use crate::region::encode_sections;
use crate::run::Cursor;

const KEY: &str = "storage key";
const VALUE: &str = "storage value";

pub(super) fn read(guest: &mut Guest<'_>, key: u32) -> Result<u32, Stop> {
    guest.charge(gas::READ)?;
    let key = guest.take(key, KEY, MAX_KEY_BYTES)?;
    match guest.run()?.read(&key)? {
        Some(value) => give(guest, &value),
        None => Ok(0),
    }
}

pub(super) fn write(guest: &mut Guest<'_>, key: u32, value: u32) -> Result<(), Stop> {
    guest.charge(gas::WRITE)?;
    let key = guest.take(key, KEY, MAX_KEY_BYTES)?;
    let value = guest.take(value, VALUE, MAX_VALUE_BYTES)?;
    guest.charge(gas::times(gas::WRITE_BYTE, value.len()))?;
    guest.require_write()?;
    if value.is_empty() {
        return Err(ContractFailure::EmptyValue.into());
    }
    guest.run()?.write(&key, &value)
}

pub(super) fn remove(guest: &mut Guest<'_>, key: u32) -> Result<(), Stop> {
    guest.charge(gas::WRITE)?;
    let key = guest.take(key, KEY, MAX_KEY_BYTES)?;
    guest.require_write()?;
    guest.run()?.remove(&key)
}

/// Opens an iterator over keys from `start` up to, not including, `end`; null for no bound.
pub(super) fn scan(guest: &mut Guest<'_>, start: u32, end: u32, order: i32) -> Result<u32, Stop> {
    guest.charge(gas::SCAN)?;
    let mut bound = |pointer: u32| match pointer {
        0 => Ok(None),
        pointer => guest.take(pointer, KEY, MAX_KEY_BYTES).map(Some),
    };
    let (start, end) = (bound(start)?, bound(end)?);
    let descending = match order {
        1 => false,
        2 => true,
        _ => return Err(ContractFailure::Order.into()),
    };
    let cursors = &mut guest.frame().cursors;
    if cursors.len() >= MAX_ITERATORS {
        return Err(ContractFailure::TooManyIterators.into());
    }
    cursors.push(Cursor::new(start, end, descending));
    // The limit above keeps this small; ids start at one.
    Ok(u32::try_from(cursors.len()).unwrap_or(u32::MAX))
}

/// Key and value as sections; an empty key at the end.
pub(super) fn next(guest: &mut Guest<'_>, id: u32) -> Result<u32, Stop> {
    let (key, value) = advance(guest, id)?.unwrap_or_default();
    give(guest, &encode_sections(&[&key, &value]))
}

pub(super) fn next_key(guest: &mut Guest<'_>, id: u32) -> Result<u32, Stop> {
    match advance(guest, id)? {
        Some((key, _)) => give(guest, &key),
        None => Ok(0),
    }
}

pub(super) fn next_value(guest: &mut Guest<'_>, id: u32) -> Result<u32, Stop> {
    match advance(guest, id)? {
        Some((_, value)) => give(guest, &value),
        None => Ok(0),
    }
}

fn advance(guest: &mut Guest<'_>, id: u32) -> Result<Option<Pair>, Stop> {
    guest.charge(gas::READ)?;
    let index =
        usize::try_from(id).ok().and_then(|id| id.checked_sub(1)).ok_or(ContractFailure::NoIterator)?;
    let frame = guest.frame();
    let cursor = frame.cursors.get_mut(index).ok_or(ContractFailure::NoIterator)?;
    let run =
        frame.run.as_deref_mut().ok_or(crate::HostError::Invariant("a frame has its run while it runs"))?;
    run.next(cursor)
}

fn give(guest: &mut Guest<'_>, data: &[u8]) -> Result<u32, Stop> {
    guest.charge(gas::times(gas::READ_BYTE, data.len()))?;
    guest.give(data)
}
