use std::marker::PhantomData;

use cosmwasm_std::{StdResult, Storage};

use super::{Codec, Compact, StorageError, checked_value, open_key};

/// One value under a fixed name. A namespace belongs to one item or map of a contract.
#[derive(Debug, Clone, Copy)]
pub struct Item<T, C = Compact> {
    namespace: &'static str,
    types: PhantomData<(T, C)>,
}

impl<T, C: Codec<T>> Item<T, C> {
    /// Names it. Short names make short keys.
    pub const fn new(namespace: &'static str) -> Self {
        Self { namespace, types: PhantomData }
    }

    /// Reads the value. One read.
    ///
    /// # Errors
    /// [`StorageError::NotFound`] or [`StorageError::Malformed`]
    pub fn load(&self, storage: &dyn Storage) -> StdResult<T> {
        self.may_load(storage)?.ok_or_else(|| StorageError::NotFound { namespace: self.namespace }.into())
    }

    /// Reads the value if there is one. One read.
    ///
    /// # Errors
    /// [`StorageError::Malformed`]
    pub fn may_load(&self, storage: &dyn Storage) -> StdResult<Option<T>> {
        Ok(storage.get(&open_key(self.namespace)?).map(C::decode).transpose()?)
    }

    /// Writes the value. One write.
    ///
    /// # Errors
    /// [`StorageError::ValueTooLarge`]
    pub fn save(&self, storage: &mut dyn Storage, value: &T) -> StdResult<()> {
        storage.set(&open_key(self.namespace)?, checked_value(&C::encode(value)?)?);
        Ok(())
    }
}
