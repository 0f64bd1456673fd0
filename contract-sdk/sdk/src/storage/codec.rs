use std::borrow::Cow;

use serde::{Serialize, de::DeserializeOwned};

use super::StorageError;

/// How a value of type `T` becomes stored bytes: one encoding per value, and bytes that nothing encodes to are refused.
pub trait Codec<T> {
    /// The stored bytes.
    ///
    /// # Errors
    /// [`StorageError::Malformed`] if the type cannot be encoded (it has no known length, say).
    fn encode(value: &T) -> Result<Cow<'_, [u8]>, StorageError>;

    /// The value of stored bytes.
    ///
    /// # Errors
    /// [`StorageError::Malformed`]
    fn decode(bytes: Vec<u8>) -> Result<T, StorageError>;
}

/// Postcard: fields in order without names, integers as varints, lengths before contents. A struct's stored form changes
/// with its fields, so a change of a stored type is a migration.
#[derive(Debug, Clone, Copy)]
pub struct Compact;

impl<T: Serialize + DeserializeOwned> Codec<T> for Compact {
    fn encode(value: &T) -> Result<Cow<'_, [u8]>, StorageError> {
        postcard::to_allocvec(value).map(Cow::Owned).map_err(|_| StorageError::Malformed)
    }

    fn decode(bytes: Vec<u8>) -> Result<T, StorageError> {
        match postcard::take_from_bytes(&bytes) {
            Ok((value, [])) => Ok(value),
            _ => Err(StorageError::Malformed),
        }
    }
}

/// The bytes themselves: no copy, no escaping, nothing to parse.
#[derive(Debug, Clone, Copy)]
pub struct Raw;

impl Codec<Vec<u8>> for Raw {
    fn encode(value: &Vec<u8>) -> Result<Cow<'_, [u8]>, StorageError> {
        Ok(Cow::Borrowed(value))
    }

    fn decode(bytes: Vec<u8>) -> Result<Vec<u8>, StorageError> {
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    struct Sample {
        count: u64,
        name: String,
        flags: Vec<Option<bool>>,
    }

    #[test]
    fn trailing_bytes_are_refused() {
        let mut bytes = <Compact as Codec<u64>>::encode(&300).unwrap().into_owned();
        assert_eq!(bytes.len(), 2);
        bytes.push(0);
        assert_eq!(<Compact as Codec<u64>>::decode(bytes), Err(StorageError::Malformed));
    }

    proptest! {
        #[test]
        fn a_value_survives_its_encoding(count: u64, name: String, flags: Vec<Option<bool>>) {
            let value = Sample { count, name, flags };
            let bytes = <Compact as Codec<Sample>>::encode(&value).unwrap().into_owned();
            prop_assert_eq!(<Compact as Codec<Sample>>::decode(bytes), Ok(value));
        }

        #[test]
        fn garbage_does_not_panic(bytes: Vec<u8>) {
            let _ = <Compact as Codec<Sample>>::decode(bytes);
        }
    }
}
