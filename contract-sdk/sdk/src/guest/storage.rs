//! The contract's state.
#![expect(unsafe_code, reason = "imports")]

use cosmwasm_std::{Order, Record, Storage};

use super::region::{Region, returned};

unsafe extern "C" {
    fn db_read(key: u32) -> u32;
    fn db_write(key: u32, value: u32);
    fn db_remove(key: u32);
    fn db_scan(start: u32, end: u32, order: i32) -> u32;
    fn db_next(iterator: u32) -> u32;
    fn db_next_key(iterator: u32) -> u32;
    fn db_next_value(iterator: u32) -> u32;
}

/// Bytes of a length behind a key or value that `db_next` returns.
const LENGTH: usize = 4;

#[derive(Clone, Copy)]
pub(super) struct HostStorage;

// SAFETY of all calls: regions live until the import returns; what it returns is had from `allocate` and filled.
impl Storage for HostStorage {
    fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        let key = Region::of(key);
        // SAFETY: As above.
        unsafe { returned(db_read(key.address())) }
    }

    #[expect(clippy::panic, reason = "as CosmWasm: an empty value is none for many hosts")]
    fn set(&mut self, key: &[u8], value: &[u8]) {
        if value.is_empty() {
            panic!("a stored value must not be empty: remove the key instead");
        }
        let (key, value) = (Region::of(key), Region::of(value));
        // SAFETY: As above.
        unsafe { db_write(key.address(), value.address()) }
    }

    fn remove(&mut self, key: &[u8]) {
        let key = Region::of(key);
        // SAFETY: As above.
        unsafe { db_remove(key.address()) }
    }

    fn range<'a>(
        &'a self,
        start: Option<&[u8]>,
        end: Option<&[u8]>,
        order: Order,
    ) -> Box<dyn Iterator<Item = Record> + 'a> {
        // SAFETY: As above.
        Box::new(Scan::new(start, end, order, |id| unsafe { record(returned(db_next(id))?) }))
    }

    fn range_keys<'a>(
        &'a self,
        start: Option<&[u8]>,
        end: Option<&[u8]>,
        order: Order,
    ) -> Box<dyn Iterator<Item = Vec<u8>> + 'a> {
        // SAFETY: As above.
        Box::new(Scan::new(start, end, order, |id| unsafe { returned(db_next_key(id)) }))
    }

    fn range_values<'a>(
        &'a self,
        start: Option<&[u8]>,
        end: Option<&[u8]>,
        order: Order,
    ) -> Box<dyn Iterator<Item = Vec<u8>> + 'a> {
        // SAFETY: As above.
        Box::new(Scan::new(start, end, order, |id| unsafe { returned(db_next_value(id)) }))
    }
}

/// An iterator of the host's.
struct Scan<T> {
    id: u32,
    next: fn(u32) -> Option<T>,
}

impl<T> Scan<T> {
    fn new(start: Option<&[u8]>, end: Option<&[u8]>, order: Order, next: fn(u32) -> Option<T>) -> Self {
        let (start, end) = (start.map(Region::of), end.map(Region::of));
        let address = |region: &Option<Region>| region.as_ref().map_or(0, Region::address);
        // SAFETY: As above.
        let id = unsafe { db_scan(address(&start), address(&end), order.into()) };
        Self { id, next }
    }
}

impl<T> Iterator for Scan<T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        (self.next)(self.id)
    }

    /// What is passed over is not copied with its values.
    fn nth(&mut self, count: usize) -> Option<T> {
        for _ in 0..count {
            // SAFETY: As above.
            unsafe { returned(db_next_key(self.id)) }?;
        }
        self.next()
    }
}

/// A key and a value, each with its length behind it, big-endian. An empty key is the end.
fn record(mut bytes: Vec<u8>) -> Option<Record> {
    let value = last(&mut bytes)?;
    let key = last(&mut bytes)?;
    (!key.is_empty()).then_some((key, value))
}

fn last(bytes: &mut Vec<u8>) -> Option<Vec<u8>> {
    let (rest, length) = bytes.split_last_chunk::<LENGTH>()?;
    let start = rest.len().checked_sub(u32::from_be_bytes(*length) as usize)?;
    let taken = rest.get(start..)?.to_vec();
    bytes.truncate(start);
    Some(taken)
}
