//! State, twice: as the SDK's items for `instantiate` and `query`, and as the keys and bytes that these are, for
//! `execute`.

use std::borrow::Cow;

use nectar_sdk::{Codec, Item, Raw, StorageError};

use crate::ContractError;

pub(crate) const COUNT: Item<u64, Fixed> = Item::new("c");
/// `MessageInfo`'s sender while the contract was instantiated, as text.
pub(crate) const OWNER: Item<Vec<u8>, Raw> = Item::new("o");

// A key is its namespace behind one byte of length: known before the contract runs, so nothing is put together.
pub(crate) const COUNT_KEY: &[u8] = b"\x01c";
pub(crate) const OWNER_KEY: &[u8] = b"\x01o";

/// What `execute` needs of its host; in tests, a store in memory.
pub trait Store {
    /// Reads a value, if there is one.
    fn read(&self, key: &[u8]) -> Option<Vec<u8>>;

    /// Writes a value.
    fn write(&mut self, key: &[u8], value: &[u8]);
}

/// Eight bytes, little-endian, as WebAssembly loads and stores them. A varint would be shorter, and a loop.
#[derive(Debug)]
pub(crate) struct Fixed;

impl Codec<u64> for Fixed {
    fn encode(value: &u64) -> Result<Cow<'_, [u8]>, StorageError> {
        Ok(Cow::Owned(to_bytes(*value).to_vec()))
    }

    fn decode(bytes: Vec<u8>) -> Result<u64, StorageError> {
        from_bytes(&bytes).map_err(|_| StorageError::Malformed)
    }
}

pub(crate) const fn to_bytes(count: u64) -> [u8; 8] {
    count.to_le_bytes()
}

pub(crate) fn from_bytes(bytes: &[u8]) -> Result<u64, ContractError> {
    bytes.try_into().map(u64::from_le_bytes).map_err(|_| ContractError::State)
}
