use std::marker::PhantomData;

use cosmwasm_std::{Order, StdResult, Storage};

use super::{Codec, Compact, Key, Split, StorageError, checked_key, checked_value, open_key};

/// Values by key. A namespace belongs to one item or map of a contract.
#[derive(Debug, Clone, Copy)]
pub struct Map<K, T, C = Compact> {
    namespace: &'static str,
    types: PhantomData<(K, T, C)>,
}

impl<K: Key, T, C: Codec<T>> Map<K, T, C> {
    /// Names it. Short names make short keys.
    pub const fn new(namespace: &'static str) -> Self {
        Self { namespace, types: PhantomData }
    }

    /// Reads a value. One read.
    ///
    /// # Errors
    /// [`StorageError::NotFound`], [`StorageError::Malformed`], or the key is too long.
    pub fn load(&self, storage: &dyn Storage, key: &K) -> StdResult<T> {
        self.may_load(storage, key)?
            .ok_or_else(|| StorageError::NotFound { namespace: self.namespace }.into())
    }

    /// Reads a value if there is one. One read.
    ///
    /// # Errors
    /// [`StorageError::Malformed`], or the key is too long.
    pub fn may_load(&self, storage: &dyn Storage, key: &K) -> StdResult<Option<T>> {
        Ok(storage.get(&self.bytes_of(key)?).map(C::decode).transpose()?)
    }

    /// Writes a value, whether or not there was one: it reads nothing first. One write.
    ///
    /// # Errors
    /// The key or the value is too long.
    pub fn save(&self, storage: &mut dyn Storage, key: &K, value: &T) -> StdResult<()> {
        storage.set(&self.bytes_of(key)?, checked_value(&C::encode(value)?)?);
        Ok(())
    }

    /// Removes a value, whether or not there was one. One write.
    ///
    /// # Errors
    /// The key is too long.
    pub fn remove(&self, storage: &mut dyn Storage, key: &K) -> StdResult<()> {
        storage.remove(&self.bytes_of(key)?);
        Ok(())
    }

    /// The part of the map below a prefix, to scan it.
    ///
    /// # Errors
    /// The prefix is too long.
    pub fn under<P: Key>(&self, prefix: &P) -> StdResult<Scope<K::Rest, T, C>>
    where
        K: Split<P>,
    {
        let mut bytes = open_key(self.namespace)?;
        prefix.write_part(&mut bytes)?;
        Ok(Scope { prefix: checked_key(bytes)?, types: PhantomData })
    }

    fn bytes_of(&self, key: &K) -> Result<Vec<u8>, StorageError> {
        let mut bytes = open_key(self.namespace)?;
        key.write_last(&mut bytes)?;
        checked_key(bytes)
    }
}

/// The part of a [`Map`] below a prefix: `K` is what remains of the key. Every scan has a limit, because each entry that
/// it visits is a state operation to prove.
#[derive(Debug, Clone)]
pub struct Scope<K, T, C = Compact> {
    prefix: Vec<u8>,
    types: PhantomData<(K, T, C)>,
}

impl<K: Key, T, C: Codec<T>> Scope<K, T, C> {
    /// Up to `limit` keys in ascending order, from the one after `after`.
    ///
    /// # Errors
    /// `after` is too long; an item is an error where a stored key is malformed.
    pub fn keys<'a>(
        &'a self,
        storage: &'a dyn Storage,
        after: Option<&K>,
        limit: usize,
    ) -> StdResult<impl Iterator<Item = StdResult<K::Owned>> + 'a> {
        let (start, end) = self.bounds(after)?;
        let keys = storage.range_keys(Some(&start), Some(&end), Order::Ascending).take(limit);
        Ok(keys.map(|key| self.rest(&key)))
    }

    /// Up to `limit` keys with their values in ascending order of keys, from the one after `after`.
    ///
    /// # Errors
    /// `after` is too long; an item is an error where a stored key or value is malformed.
    pub fn entries<'a>(
        &'a self,
        storage: &'a dyn Storage,
        after: Option<&K>,
        limit: usize,
    ) -> StdResult<impl Iterator<Item = StdResult<(K::Owned, T)>> + 'a> {
        let (start, end) = self.bounds(after)?;
        let entries = storage.range(Some(&start), Some(&end), Order::Ascending).take(limit);
        Ok(entries.map(|(key, value)| Ok((self.rest(&key)?, C::decode(value)?))))
    }

    /// From the key after `after`, or the prefix itself, to where the prefix ends.
    fn bounds(&self, after: Option<&K>) -> Result<(Vec<u8>, Vec<u8>), StorageError> {
        let mut start = self.prefix.clone();
        if let Some(after) = after {
            after.write_last(&mut start)?;
            start = checked_key(start)?;
            start.push(0);
        }
        Ok((start, successor(&self.prefix)))
    }

    fn rest(&self, key: &[u8]) -> StdResult<K::Owned> {
        let rest = key.strip_prefix(self.prefix.as_slice()).ok_or(StorageError::Malformed)?;
        Ok(K::read_last(rest)?)
    }
}

/// The first key that is above everything that begins with `prefix`. It exists because a namespace is text: some byte
/// is below 255.
fn successor(prefix: &[u8]) -> Vec<u8> {
    let mut end = prefix.to_vec();
    while let Some(last) = end.pop() {
        if let Some(next) = last.checked_add(1) {
            end.push(next);
            break;
        }
    }
    end
}

#[cfg(test)]
mod tests {
    use cosmwasm_std::testing::MockStorage;
    use proptest::prelude::*;

    use super::*;
    use crate::{Raw, limits};

    const LETTERS: Map<(u8, &str, &str), u64> = Map::new("l");
    const NUMBERS: Map<(u8, u64), Vec<u8>, Raw> = Map::new("ln");

    fn filled() -> MockStorage {
        let mut storage = MockStorage::new();
        for (n, (a, b, c)) in
            [(0, "a", "x"), (1, "a", "x"), (1, "a", "y"), (1, "b", "x"), (255, "a", "x")].iter().enumerate()
        {
            LETTERS.save(&mut storage, &(*a, b, c), &(n as u64)).unwrap();
        }
        NUMBERS.save(&mut storage, &(1, 7), &vec![9]).unwrap();
        storage
    }

    #[test]
    fn a_scan_stays_below_its_prefix() {
        let storage = filled();
        let scope = LETTERS.under(&1u8).unwrap();
        let keys: Vec<_> = scope.keys(&storage, None, 10).unwrap().collect::<StdResult<_>>().unwrap();
        assert_eq!(keys, [("a".into(), "x".into()), ("a".into(), "y".into()), ("b".into(), "x".into())]);
        let scope = LETTERS.under(&(1u8, "a")).unwrap();
        let found: Vec<_> = scope.entries(&storage, None, 10).unwrap().collect::<StdResult<_>>().unwrap();
        assert_eq!(found, [("x".into(), 1), ("y".into(), 2)]);
        assert_eq!(LETTERS.under(&255u8).unwrap().keys(&storage, None, 10).unwrap().count(), 1);
        assert_eq!(LETTERS.under(&(1u8, "c")).unwrap().keys(&storage, None, 10).unwrap().count(), 0);
    }

    #[test]
    fn a_scan_stops_at_its_limit_and_resumes_after_a_key() {
        let storage = filled();
        let scope = LETTERS.under(&(1u8, "a")).unwrap();
        let page = |after: Option<&&str>, limit| -> Vec<String> {
            scope.keys(&storage, after, limit).unwrap().collect::<StdResult<_>>().unwrap()
        };
        assert_eq!(page(None, 1), ["x"]);
        assert_eq!(page(Some(&"x"), 1), ["y"]);
        assert_eq!(page(Some(&"w"), 9), ["x", "y"]);
        assert!(page(Some(&"y"), 9).is_empty());
        assert!(page(None, 0).is_empty());
    }

    #[test]
    fn a_value_is_there_until_it_is_removed() {
        let mut storage = filled();
        assert_eq!(LETTERS.load(&storage, &(1, "b", "x")).unwrap(), 3);
        LETTERS.remove(&mut storage, &(1, "b", "x")).unwrap();
        assert_eq!(LETTERS.may_load(&storage, &(1, "b", "x")).unwrap(), None);
        assert!(LETTERS.load(&storage, &(1, "b", "x")).unwrap_err().is::<StorageError>());
        assert_eq!(NUMBERS.load(&storage, &(1, 7)).unwrap(), [9]);
    }

    #[test]
    fn what_the_host_would_refuse_is_refused_first() {
        let mut storage = MockStorage::new();
        let long = "x".repeat(limits::MAX_KEY_BYTES);
        assert!(LETTERS.save(&mut storage, &(1, "a", &long), &0).is_err());
        assert!(LETTERS.under(&(1u8, "a")).unwrap().keys(&storage, Some(&long.as_str()), 1).is_err());
        let large = vec![0; limits::MAX_VALUE_BYTES + 1];
        assert!(NUMBERS.save(&mut storage, &(0, 0), &large).is_err());
        assert!(NUMBERS.save(&mut storage, &(0, 0), &large[1..].to_vec()).is_ok());
    }

    proptest! {
        #[test]
        fn a_successor_is_above_all_that_begins_with_the_prefix(mut prefix: Vec<u8>, tail: Vec<u8>) {
            prefix.insert(0, 1);
            let end = successor(&prefix);
            prop_assert!(end > [prefix.clone(), tail].concat());
            prop_assert!(!end.starts_with(&prefix));
        }
    }
}
